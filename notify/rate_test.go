package notify

import (
	"context"
	"flag"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// mails is how many messages TestManyMails sends:
// go test ./notify -run ManyMails -v -mails 100000
var mails = flag.Int("mails", 300, "messages to send through a local sink, for the measurement in docs/performance.md")

// heapLimit is how much the heap may grow while messages are sent, however many
// there are.
const heapLimit = 64 << 20

// Issue 4: many mails due at once are queued by one statement and sent at the
// rate that the server takes, each once, with bounded memory.
func TestManyMails(t *testing.T) {
	db := pgtest.New(t)
	var accepted atomic.Int64
	box := startSink(t, &sink{forget: true, onData: func(received) error { accepted.Add(1); return nil }}, SecurityNone, nil)
	start := time.Now()
	tag, err := db.Pool.Exec(t.Context(), OutboxInsert+`SELECT 'renewal-reminder', 'owner' || n || '@example.net', 'en', $2::jsonb, NULL, n,
		'rate:' || n, now() FROM generate_series(1, $1) n`+OnRepeat, *mails, Samples(RenewalReminder)[0])
	if err != nil || tag.RowsAffected() != int64(*mails) {
		t.Fatal(tag, err)
	}
	queued := time.Since(start)

	s := newSender(t, db, box.address)
	s.Workers = 4
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan error, 1)
	runtime.GC()
	before, peak := heap(), uint64(0)
	start = time.Now()
	go func() { end <- s.Run(ctx) }()
	for accepted.Load() < int64(*mails) {
		peak = max(peak, heap())
		time.Sleep(20 * time.Millisecond)
		if time.Since(start) > time.Minute+time.Duration(*mails)*10*time.Millisecond {
			t.Errorf("only %d were sent", accepted.Load())
			break
		}
	}
	took := time.Since(start)
	cancel() // what is on its way is brought to its end
	if err := <-end; err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, `sent_at IS NOT NULL AND attempts = 1`); n != *mails || accepted.Load() != int64(*mails) {
		t.Errorf("%d marked as sent, %d accepted, want %d of each", n, accepted.Load(), *mails)
	}
	grown := int64(peak) - int64(before)
	if grown > heapLimit {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
	t.Logf("%d mails: queued in %s, sent in %s: %.0f a second; the heap grew by %d MiB at most",
		*mails, queued.Round(time.Millisecond), took.Round(time.Millisecond), float64(*mails)/took.Seconds(), max(0, grown)>>20)
}

// heap is what is allocated now.
func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
