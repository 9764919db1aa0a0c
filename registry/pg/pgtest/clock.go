package pgtest

import (
	"sync"
	"testing"
	"time"

	"github.com/namekeep/namekeep/registry/pg"
)

// testClock is the real clock until a test sets it; then it stands still.
type testClock struct {
	real func() time.Time
	mu   sync.Mutex
	at   time.Time // zero: real
}

func (c *testClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		return c.real()
	}
	return c.at
}

func (c *testClock) set(at time.Time) {
	c.at = at.UTC().Truncate(time.Microsecond)
}

// SetNow stops the registry clock of a database from New at a time.
func SetNow(t testing.TB, db *pg.DB, at time.Time) {
	t.Helper()
	c := clockOf(t, db)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(at)
}

// Advance moves the clock by d from where it is, and stops it there.
func Advance(t testing.TB, db *pg.DB, d time.Duration) time.Time {
	t.Helper()
	c := clockOf(t, db)
	c.mu.Lock()
	defer c.mu.Unlock()
	from := c.at
	if from.IsZero() {
		from = c.real()
	}
	c.set(from.Add(d))
	return c.at
}

func clockOf(t testing.TB, db *pg.DB) *testClock {
	t.Helper()
	c, ok := clocks.Load(db)
	if !ok {
		t.Fatal("pgtest: not a database from New, or its test has ended")
	}
	return c.(*testClock)
}
