package notify

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// N5: staff see what failed and why, try it again, and never see a link.
func TestStaffSeeAndRetry(t *testing.T) {
	db := pgtest.New(t)
	ctx := context.Background()
	queue(t, db, RenewalConfirmation, "bad", "good@dommelsen.example")
	server := startSink(t, &sink{}, SecurityNone, nil)
	s := newSender(t, db, server.address)
	runUntil(t, s, settled(t, db))
	failed, err := ListOutbox(ctx, db, OutboxFilter{State: Failed})
	if err != nil || len(failed) != 1 || failed[0].To != "bad" || failed[0].Error == "" || failed[0].Attempts != 1 {
		t.Fatalf("failed: %+v, %v", failed, err)
	}
	for filter, want := range map[OutboxFilter]int{
		{}: 2, {State: Sent}: 1, {State: Waiting}: 0, {Kind: Receipt}: 0, {To: "bad"}: 1, {TAG: "NOBODY"}: 0,
		{Before: failed[0].ID}: 0, {Name: "nothing.example"}: 0, {Limit: 1}: 1,
	} {
		list, err := ListOutbox(ctx, db, filter)
		if err != nil || len(list) != want {
			t.Errorf("%+v: %d, want %d, %v", filter, len(list), want, err)
		}
	}
	q, err := ShowOutbox(ctx, db, failed[0].ID)
	if err != nil || strings.Contains(string(q.Payload), "7KQF") {
		t.Errorf("shown: %s, %v", q.Payload, err)
	}
	m, err := s.Templates.PreviewOutbox(q)
	if err != nil || strings.Contains(m.Text, "7KQF") || !strings.Contains(m.Text, "hidden") {
		t.Errorf("preview: %s, %v", m.Text, err)
	}
	if _, err = ShowOutbox(ctx, db, 999); err != ErrNoMessage {
		t.Errorf("unknown: %v", err)
	}
	_, err = db.Pool.Exec(ctx, `UPDATE outbox SET recipient = 'better@dommelsen.example' WHERE recipient = 'bad'`)
	if err != nil {
		t.Fatal(err)
	}
	n, err := retry(t, db, failed[0].ID)
	if err != nil || n != 1 {
		t.Fatalf("retry: %d, %v", n, err)
	}
	runUntil(t, s, settled(t, db))
	if len(server.all()) != 2 || count(t, db, `sent_at IS NOT NULL`) != 2 {
		t.Errorf("sent %d", len(server.all()))
	}
	if n, err = retry(t, db); err != nil || n != 0 {
		t.Errorf("what was sent is sent again: %d, %v", n, err)
	}
}

func retry(t *testing.T, db *pg.DB, ids ...int64) (n int64, err error) {
	t.Helper()
	err = db.InTx(context.Background(), func(tx *pg.Tx) error {
		n, err = RetryOutbox(context.Background(), tx, ids, time.Now())
		return err
	})
	return n, err
}
