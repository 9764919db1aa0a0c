package pg

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// refreshEvery is how often a test bed's processes look for a moved clock.
const refreshEvery = time.Second

// ErrNotTestBed is returned when somebody tries to move the clock of an
// installation that is no test bed, or that has no installation row yet.
var ErrNotTestBed = errors.New("the clock can be moved on a test bed only")

// clock is the machine's clock plus the test bed's offset. The offset lives in
// the database, so that every process of one test bed agrees on the time.
type clock struct {
	offset  atomic.Int64 // nanoseconds
	start   sync.Once
	stopped context.Context
	stop    context.CancelFunc
}

func newClock() *clock {
	c := &clock{}
	c.stopped, c.stop = context.WithCancel(context.Background())
	return c
}

func (c *clock) now() time.Time {
	return time.Now().UTC().Add(time.Duration(c.offset.Load())).Truncate(time.Microsecond)
}

// forward takes an offset that was read, unless a later one is known: a read
// that was overtaken by AdvanceClock must not turn the clock back.
func (c *clock) forward(offset int64) {
	for {
		known := c.offset.Load()
		if offset <= known || c.offset.CompareAndSwap(known, offset) {
			return
		}
	}
}

// RefreshClock reads the test bed's offset now. On a test bed the first call
// also starts a refresh every second, until Close. In production, or without
// the installation row, the offset is zero whatever the row says.
func (db *DB) RefreshClock(ctx context.Context) error {
	testBed, offset, err := db.readClock(ctx)
	if err != nil {
		return fmt.Errorf("read the registry clock: %w", err)
	}
	db.clock.offset.Store(int64(offset))
	if testBed {
		db.clock.start.Do(func() { go db.keepClock() })
	}
	return nil
}

func (db *DB) readClock(ctx context.Context) (bool, time.Duration, error) {
	var testBed bool
	var offset time.Duration
	err := db.Pool.QueryRow(ctx, `select test_bed, clock_offset from installation`).Scan(&testBed, &offset)
	if errors.Is(err, pgx.ErrNoRows) || SQLState(err) == undefinedTable {
		return false, 0, nil
	}
	if err != nil {
		return false, 0, err
	}
	if !testBed {
		offset = 0
	}
	return testBed, offset, nil
}

// keepClock follows the offset. A failed read keeps the last offset: the time
// must not jump because the database was away.
func (db *DB) keepClock() {
	tick := time.NewTicker(refreshEvery)
	defer tick.Stop()
	for {
		select {
		case <-db.clock.stopped.Done():
			return
		case <-tick.C:
			ctx, cancel := context.WithTimeout(db.clock.stopped, DefaultConnectTimeout)
			_, offset, err := db.readClock(ctx)
			cancel()
			if err == nil {
				db.clock.forward(int64(offset))
			}
		}
	}
}

// SetClockOffset puts the registry clock ahead of the machine's by offset.
// Going back from the present offset is refused: history would run backwards.
// Other processes follow within about a second.
func SetClockOffset(ctx context.Context, db *DB, offset time.Duration) error {
	_, present, err := db.readClock(ctx)
	if err != nil {
		return fmt.Errorf("set clock: %w", err)
	}
	return AdvanceClock(ctx, db, offset-present)
}

// AdvanceClock moves the registry clock of a test bed forward by d, which must
// not be negative. It returns ErrNotTestBed elsewhere. Other processes follow
// within about a second.
func AdvanceClock(ctx context.Context, db *DB, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("the clock cannot go back by %s", -d)
	}
	tag, err := db.Pool.Exec(ctx, `update installation set clock_offset = clock_offset + $1 where test_bed`, d)
	if err != nil {
		return fmt.Errorf("advance clock: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return ErrNotTestBed
	}
	return db.RefreshClock(ctx)
}
