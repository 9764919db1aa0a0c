package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/namekeep/namekeep/registry/pg"
)

// CatchUp runs the batch of every civil day that has begun and was not run, up
// to today, and reports whether there was one. A server calls it every minute:
// shortly after midnight in the registry's time zone the new day is run. When
// nothing is left to do it costs one small query.
func (r *Registry) CatchUp(ctx context.Context, o BatchOptions) (ran bool, err error) {
	today := r.Today()
	var done int
	err = r.db.Pool.QueryRow(ctx, `SELECT count(*) FROM batch_run WHERE day = $1 AND finished_at IS NOT NULL`, today).Scan(&done)
	if err != nil {
		return false, fmt.Errorf("read the batch runs: %w", err)
	}
	if done >= len(Steps()) {
		return false, nil
	}
	return true, r.RunUntil(ctx, today, o)
}

// Schedule calls CatchUp now and at every interval of real time until ctx ends,
// as long as leads allows it: one of many servers need do it, and two at once do
// no harm. What fails is told to report and tried again.
func (r *Registry) Schedule(ctx context.Context, every time.Duration, leads func() bool, o BatchOptions, report func(error)) {
	for {
		if leads() {
			_, err := r.CatchUp(ctx, o)
			if err != nil && ctx.Err() == nil {
				report(err)
			}
		}
		if pause(ctx, every) != nil {
			return
		}
	}
}

// AdvanceClock moves the clock of a test bed forward to an instant and runs the
// batch of every civil day passed, each on its own morning (R52). A batch that
// never ran begins with the first day passed.
//
// It returns pg.ErrNotTestBed in production. Refusals: KindPolicy for an instant
// in the past.
func (r *Registry) AdvanceClock(ctx context.Context, to time.Time, o BatchOptions) error {
	if to.Before(r.Now()) {
		return Refuse(KindPolicy, "", "The clock cannot go back: it is %s.", r.Now().Format(time.RFC3339))
	}
	last := DateOf(to, r.loc)
	for day := r.Today().AddDays(1); !day.After(last); day = day.AddDays(1) {
		err := r.clockTo(ctx, day.Start(r.loc))
		if err != nil {
			return err
		}
		err = r.RunUntil(ctx, day, o)
		if err != nil {
			return fmt.Errorf("the clock stands at %s: %w", r.Now().Format(time.RFC3339), err)
		}
	}
	return r.clockTo(ctx, to)
}

// clockTo moves the clock to an instant, or leaves it if that has passed.
func (r *Registry) clockTo(ctx context.Context, to time.Time) error {
	return pg.AdvanceClock(ctx, r.db, max(to.Sub(r.Now()), 0))
}
