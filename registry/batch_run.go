package registry

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// begin enters the step into batch_run and, the first time, notes the names that
// it has to look at. The row is the lock: of several runners one finds the
// names. A step with nothing to do is finished at once.
func (s *batchStep) begin(ctx context.Context) (total int64, finished bool, err error) {
	var filled bool
	err = s.note(ctx, func(tx *Tx) error {
		tx.Queue(`INSERT INTO batch_run (step, day, policy, started_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			s.step, s.day, s.r.policy.digest(), tx.Now)
		err := tx.QueryRow(ctx, `SELECT work, filled_at IS NOT NULL, finished_at IS NOT NULL FROM batch_run
			WHERE step = $1 AND day = $2 FOR UPDATE`, s.step, s.day).Scan(&total, &filled, &finished)
		if err != nil || filled {
			return err
		}
		if s.step == StepRenewals || s.step == StepLife {
			total, err = s.fill(ctx, tx)
			if err != nil {
				return err
			}
			finished = total == 0
		}
		tx.Queue(`UPDATE batch_run SET work = $3, filled_at = $4, finished_at = CASE WHEN $5 THEN $4::timestamptz END
			WHERE step = $1 AND day = $2`, s.step, s.day, total, tx.Now, finished)
		return nil
	})
	if err == nil && finished && !filled { // what was done before is no news
		s.o.Progress(BatchProgress{Day: s.day, Step: s.step, Done: total, Total: total, Finished: true})
	}
	return total, finished, err
}

// finish notes that the step is done. Whoever comes second changes nothing.
func (s *batchStep) finish(ctx context.Context) error {
	err := s.note(ctx, func(tx *Tx) error {
		tx.Queue(`UPDATE batch_run SET finished_at = $3 WHERE step = $1 AND day = $2 AND finished_at IS NULL`,
			s.step, s.day, tx.Now)
		return nil
	})
	if err == nil {
		s.o.Progress(BatchProgress{Day: s.day, Step: s.step, Done: s.progress.total, Total: s.progress.total, Finished: true})
	}
	return err
}

// batchPatience limits a transaction of the batch: no client waits for it, and
// the first night of a large register looks at every name that has expired.
const batchPatience = 10 * time.Minute

// tx runs fn in a transaction of the registry itself on the step's day: what it
// writes bears that date, also when the day is made up later.
func (s *batchStep) tx(ctx context.Context, fn func(*Tx) error) error {
	actor := System("BATCH-" + s.day.String())
	return s.r.db.InTx(pg.WithPatience(ctx, batchPatience), func(ptx *pg.Tx) error {
		return fn(&Tx{Tx: ptx, r: s.r, actor: actor, today: s.day})
	})
}

// note is tx for what the batch writes about itself: the commit does not wait
// for the disk. Whatever of it a crash of the database takes away is done again,
// and a later commit that was waited for brings it to the disk too.
func (s *batchStep) note(ctx context.Context, fn func(*Tx) error) error {
	return s.tx(ctx, func(tx *Tx) error {
		tx.Queue(`SELECT set_config('synchronous_commit', 'off', true)`)
		return fn(tx)
	})
}

// progress counts what this process has done of a step.
type progress struct {
	total int64
	done  atomic.Int64
}

func (p *progress) add(s *batchStep, n int) {
	done := p.done.Add(int64(n))
	s.o.Progress(BatchProgress{Day: s.day, Step: s.step, Done: done, Total: p.total})
}

// BatchRun is the record of one step of a day.
type BatchRun struct {
	Day      Date
	Step     Step
	Names    int64 // that were looked at, or are to be
	Left     int64 // of these, not yet
	Started  time.Time
	Finished time.Time // zero: not finished
	Counts   map[string]int64
	Failures int64
}

// BatchFailure is a name with which a step could not do what was due.
type BatchFailure struct {
	Day    Date
	Step   Step
	Name   string
	Tag    string
	Event  string
	Reason string
}

// BatchStatus tells about the last days of the batch.
type BatchStatus struct {
	LastDay  Date       // the last day that was finished; zero: none
	NextDay  Date       // the day to be run next; zero: the batch never ran
	Runs     []BatchRun // latest day first, steps in their order
	Failures []BatchFailure
}

// BatchStatus returns the runs of the last days, at most days of them, with the
// failures of those days (the first thousand).
func (r *Registry) BatchStatus(ctx context.Context, days int) (BatchStatus, error) {
	var st BatchStatus
	err := r.db.ReadBatch(ctx, func(b *pgx.Batch) {
		st = BatchStatus{}
		const last = `(SELECT min(day) FROM (SELECT DISTINCT day FROM batch_run ORDER BY day DESC LIMIT $1) d)`
		b.Queue(`SELECT b.day, b.step, b.work, b.started_at, b.finished_at,
			(SELECT count(*) FROM batch_work w WHERE w.step = b.step AND w.day = b.day),
			(SELECT count(*) FROM batch_failure f WHERE f.step = b.step AND f.day = b.day),
			coalesce((SELECT jsonb_object_agg(event, n) FROM batch_count c WHERE c.step = b.step AND c.day = b.day), '{}')
			FROM batch_run b WHERE b.day >= `+last+` ORDER BY b.day DESC, b.started_at`, days).Query(st.scanRuns)
		b.Queue(`SELECT f.day, f.step, f.domain_name, coalesce(r.tag, ''), f.event, f.reason FROM batch_failure f
			LEFT JOIN registrar r ON r.id = f.registrar_id WHERE f.day >= `+last+`
			ORDER BY f.day DESC, f.domain_name LIMIT 1000`, days).Query(st.scanFailures)
	})
	if err != nil {
		return st, fmt.Errorf("read the batch runs: %w", err)
	}
	st.summarise()
	return st, nil
}

func (st *BatchStatus) scanRuns(rows pgx.Rows) error {
	for rows.Next() {
		var b BatchRun
		var finished *time.Time
		err := rows.Scan(&b.Day, &b.Step, &b.Names, &b.Started, &finished, &b.Left, &b.Failures, &b.Counts)
		if err != nil {
			return err
		}
		b.Finished = at(finished)
		st.Runs = append(st.Runs, b)
	}
	return rows.Err()
}

func (st *BatchStatus) scanFailures(rows pgx.Rows) error {
	for rows.Next() {
		var f BatchFailure
		err := rows.Scan(&f.Day, &f.Step, &f.Name, &f.Tag, &f.Event, &f.Reason)
		if err != nil {
			return err
		}
		st.Failures = append(st.Failures, f)
	}
	return rows.Err()
}

// summarise finds the last day whose steps are all finished.
func (st *BatchStatus) summarise() {
	done := map[Date]int{}
	for _, b := range st.Runs {
		if !b.Finished.IsZero() {
			done[b.Day]++
		}
		if done[b.Day] == len(Steps()) {
			st.LastDay = latest(st.LastDay, b.Day)
		}
	}
	if len(st.Runs) > 0 {
		st.NextDay = st.Runs[0].Day
		if st.NextDay == st.LastDay {
			st.NextDay = st.LastDay.AddDays(1)
		}
	}
}
