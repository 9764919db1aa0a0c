package notify

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// The environment by which TestSenderChild knows that it is the child.
const (
	childDatabase = "NOTIFY_TEST_DATABASE"
	childSMTP     = "NOTIFY_TEST_SMTP"
)

// TestSenderChild is the sender that TestKilledBetweenAcceptAndMark kills. By
// itself it only shows that it is not the child.
func TestSenderChild(t *testing.T) {
	url := os.Getenv(childDatabase)
	if url == "" {
		return
	}
	db, err := pg.Open(context.Background(), pg.Config{URL: url, MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = newSender(t, db, os.Getenv(childSMTP)).Run(context.Background())
	t.Fatal(err) // it never ends by itself
}

// N1: a sender that is killed after the server's word and before it could note
// it: the message is repeated once at most, with the same Message-ID.
func TestKilledBetweenAcceptAndMark(t *testing.T) {
	db := pgtest.New(t)
	ctx := context.Background()
	queue(t, db, AdvanceWarning, "info@dommelsen.example")
	lock, err := db.Pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Rollback(ctx)
	first := true
	server := startSink(t, &sink{onData: func(received) error {
		if first {
			// The row is held before the sender hears that the message is
			// accepted, so that it cannot note it.
			first = false
			_, err := lock.Exec(ctx, `SELECT FROM outbox FOR UPDATE`)
			return err
		}
		return nil
	}}, SecurityNone, nil)

	child := exec.Command(os.Args[0], "-test.run=^TestSenderChild$")
	child.Env = append(os.Environ(), childDatabase+"="+pgtest.URL(db), childSMTP+"="+server.address)
	var output bytes.Buffer
	child.Stdout, child.Stderr = &output, &output
	err = child.Start()
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the child to wait for the row", func() bool {
		var waits bool
		err := db.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'UPDATE outbox SET sent_at%')`).Scan(&waits)
		if err != nil {
			t.Fatal(err)
		}
		return waits
	})
	err = child.Process.Kill()
	if err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // "signal: killed"
	// The statement it had sent would still be carried out: the kill is to come
	// before it, as on a machine that lost its power.
	_, err = db.Pool.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'UPDATE outbox SET sent_at%'`)
	if err == nil {
		err = lock.Rollback(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	if n := len(server.all()); n != 1 || count(t, db, `sent_at IS NULL AND failed_at IS NULL`) != 1 {
		t.Fatalf("accepted %d, and the row is not waiting\n%s", n, output.String())
	}

	// While the lease lasts, nobody touches the message.
	items, _, err := lease(ctx, db, time.Now(), 10)
	if err != nil || len(items) != 0 {
		t.Fatalf("leased again at once: %v, %v", items, err)
	}
	s := newSender(t, db, server.address)
	s.Clock = func() time.Time { return time.Now().Add(leaseTime + time.Minute) }
	runUntil(t, s, settled(t, db))
	got := server.all()
	if len(got) != 2 {
		t.Fatalf("accepted %d times", len(got))
	}
	a, b := got[0].header(t).Get("Message-Id"), got[1].header(t).Get("Message-Id")
	if a == "" || a != b {
		t.Errorf("Message-IDs %q and %q", a, b)
	}
	var noted string
	err = db.Pool.QueryRow(ctx, `SELECT '<' || message_id || '>' FROM outbox WHERE sent_at IS NOT NULL`).Scan(&noted)
	if err != nil || noted != a {
		t.Errorf("noted %q, %v", noted, err)
	}
	s.Clock = func() time.Time { return time.Now().Add(24 * time.Hour) }
	items, _, err = lease(ctx, db, s.Clock(), 10)
	if err != nil || len(items) != 0 {
		t.Errorf("taken once more: %v, %v", items, err)
	}
}

func waitFor(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}
