package registry

import (
	"context"
	"errors"
)

// transfers approves the pull transfers that nobody answered in time.
func (s *batchStep) transfers(ctx context.Context) error {
	n, err := s.r.ApproveDueTransfers(ctx)
	return s.counted(ctx, "transfer", n, err)
}

// handshakes ends the releases that nobody accepted in time.
func (s *batchStep) handshakes(ctx context.Context) error {
	n, err := s.r.ExpireHandshakes(ctx)
	return s.counted(ctx, "handshake expired", n, err)
}

// confirmations ends what nobody confirmed in time.
func (s *batchStep) confirmations(ctx context.Context) error {
	n, err := s.r.ExpireChanges(ctx, s.day)
	err = s.counted(ctx, "registrant change expired", n, err)
	if err != nil {
		return err
	}
	failed, held, err := s.r.FailVerifications(ctx, s.day)
	return errors.Join(s.counted(ctx, "verification failed", failed, err), s.counted(ctx, "verification hold", held, nil))
}

// lists queues what is sent by date alone: lists of names, and warnings of
// certificates that end.
func (s *batchStep) lists(ctx context.Context) error {
	for _, list := range []struct {
		event string
		queue func(context.Context, Date) (int64, error)
	}{
		{"advance list", s.r.QueueAdvanceLists},
		{"reminder list", s.r.QueueReminderLists},
		{"certificate warning", s.r.QueueCertificateWarnings},
		{"statement", s.r.QueueStatements},
	} {
		n, err := list.queue(ctx, s.day)
		err = s.counted(ctx, list.event, int(n), err)
		if err != nil {
			return err
		}
	}
	return nil
}

// counted notes how many were done. What a rule refused is listed and tried
// again by the next run; any other error stops the step.
func (s *batchStep) counted(ctx context.Context, event string, n int, err error) error {
	if err != nil && AsRefusal(err) == nil {
		return err
	}
	if n == 0 && err == nil {
		return nil
	}
	return s.note(ctx, func(tx *Tx) error {
		tx.Queue(`INSERT INTO batch_count (step, day, event, n) VALUES ($1, $2, $3, $4)
			ON CONFLICT (step, day, event) DO UPDATE SET n = batch_count.n + excluded.n`, s.step, s.day, event, n)
		if err != nil {
			tx.Queue(`INSERT INTO batch_failure (step, day, domain_id, domain_name, event, reason) VALUES ($1, $2, 0, '', $3, $4)
				ON CONFLICT (step, day, domain_id, event) DO UPDATE SET reason = excluded.reason`, s.step, s.day, event, err.Error())
		}
		return nil
	})
}
