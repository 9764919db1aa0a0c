package registry

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// Step is one step of the nightly batch.
type Step string

// The steps of a civil day, in their order (R50). Renewals come before the
// invoice run, so that a day's lines are on that day's invoices. What happens to
// a name that nobody renews, from the lapse to the cancellation, is one step:
// one event may lead to the next on the same day, and a name's events belong
// into one transaction.
const (
	StepRenewals   Step = "renewals"   // auto-bill, next-bill (R10); automatic renewal in gtld
	StepInvoices   Step = "invoices"   // B12, on invoice days
	StepLife       Step = "life"       // lapses, notices, pro formas, suspensions, cancellations; the phases of RFC 3915
	StepTransfers  Step = "transfers"  // pull transfers that nobody answered
	StepHandshakes Step = "handshakes" // releases that nobody accepted
	// StepConfirmations: changes of registrants that not both confirmed (C4, C5),
	// addresses that nobody did (C7).
	StepConfirmations Step = "confirmations"
	StepNotices       Step = "notices" // advance lists, reminder lists, certificates that end
)

// Steps returns the steps of a day in their order.
func Steps() []Step {
	return []Step{StepRenewals, StepInvoices, StepLife, StepTransfers, StepHandshakes, StepConfirmations, StepNotices}
}

// BatchOptions says how the batch works. The zero value is usable.
type BatchOptions struct {
	Chunk    int           // names in one transaction, default 1,000
	Workers  int           // transactions at once, default 2
	Pause    time.Duration // of a worker after each transaction, to leave room for others
	Progress func(BatchProgress)
}

// BatchProgress tells how far a step is. Done and Total count names; they are 0
// for steps that do not go name by name.
type BatchProgress struct {
	Day         Date
	Step        Step
	Done, Total int64
	Finished    bool
}

func (o BatchOptions) withDefaults() BatchOptions {
	if o.Chunk <= 0 {
		o.Chunk = 1000
	}
	if o.Workers <= 0 {
		o.Workers = 2
	}
	if o.Progress == nil {
		o.Progress = func(BatchProgress) {}
	}
	return o
}

// RunUntil runs the batch of every civil day that has not been run, up to and
// with day, in order (R15, R50). A register whose batch never ran starts with
// day. The zero day is today.
//
// Refusals: KindPolicy for a day in the future or before the last one that was
// run.
func (r *Registry) RunUntil(ctx context.Context, day Date, o BatchOptions) error {
	if day.IsZero() {
		day = r.Today()
	}
	first, err := r.nextBatchDay(ctx, day)
	if err != nil {
		return err
	}
	for d := first; !d.After(day); d = d.AddDays(1) {
		err = r.RunDay(ctx, d, o)
		if err != nil {
			return err
		}
	}
	return nil
}

// RunDay runs the batch of one civil day: each step that has not been finished.
// Running it again changes nothing. Any number may run it at once; they share
// the work. It can be stopped at any point and goes on where it was.
//
// Refusals: KindPolicy for a day in the future, before the last one that was
// run, or after one that was not.
func (r *Registry) RunDay(ctx context.Context, day Date, o BatchOptions) error {
	err := r.checkBatchDay(ctx, day, StepRenewals)
	if err != nil {
		return err
	}
	for _, step := range Steps() {
		err = r.runStep(ctx, day, step, o)
		if err != nil {
			return err
		}
	}
	return nil
}

// RunStep runs one step of a day, as RunDay does.
//
// Refusals: KindPolicy as for RunDay, or when a step before it was not finished.
func (r *Registry) RunStep(ctx context.Context, day Date, step Step, o BatchOptions) error {
	if !slices.Contains(Steps(), step) {
		return Refuse(KindParamSyntax, "", "%q is not a step of the batch.", step)
	}
	err := r.checkBatchDay(ctx, day, step)
	if err != nil {
		return err
	}
	return r.runStep(ctx, day, step, o)
}

func (r *Registry) runStep(ctx context.Context, day Date, step Step, o BatchOptions) error {
	run := &batchStep{r: r, day: day, step: step, o: o.withDefaults()}
	err := run.do(ctx)
	if err != nil {
		return fmt.Errorf("batch of %s, %s: %w", day, step, err)
	}
	return nil
}

// nextBatchDay returns the first day that RunUntil(day) has to run: the last one
// that was begun, or the one after it if that is finished.
func (r *Registry) nextBatchDay(ctx context.Context, day Date) (Date, error) {
	var last Date
	var finished int
	err := r.db.Pool.QueryRow(ctx, `SELECT max(day), count(finished_at) FROM batch_run WHERE day = (SELECT max(day) FROM batch_run)`).
		Scan(&last, &finished)
	if err != nil {
		return last, fmt.Errorf("read the batch runs: %w", err)
	}
	switch {
	case day.After(r.Today()):
		return Date{}, refuseFuture(day, r.Today())
	case last.IsZero():
		return day, nil
	case day.Before(last):
		return Date{}, refusePast(day, last)
	case finished == len(Steps()):
		return last.AddDays(1), nil
	}
	return last, nil
}

func refuseFuture(day, today Date) error {
	return Refuse(KindPolicy, "", "%s lies in the future: today is %s.", day, today)
}

func refusePast(day, last Date) error {
	return Refuse(KindPolicy, "", "The batch has been run up to %s; %s cannot be run any more.", last, day)
}

// checkBatchDay refuses a step out of its turn.
func (r *Registry) checkBatchDay(ctx context.Context, day Date, step Step) error {
	last, err := r.lastBatchDay(ctx)
	switch {
	case err != nil:
		return err
	case day.After(r.Today()):
		return refuseFuture(day, r.Today())
	case last.IsZero():
	case day.Before(last):
		return refusePast(day, last)
	case day.After(last.AddDays(1)):
		return Refuse(KindPolicy, "", "The batch of %s has not been run.", last.AddDays(1))
	case day.After(last):
		err = r.checkStepsBefore(ctx, last, "")
		if err != nil {
			return err
		}
	}
	return r.checkStepsBefore(ctx, day, step)
}

// checkStepsBefore refuses when a step of the day before step ("": any) is not
// finished.
func (r *Registry) checkStepsBefore(ctx context.Context, day Date, step Step) error {
	rows, err := r.db.Pool.Query(ctx, `SELECT step FROM batch_run WHERE day = $1 AND finished_at IS NOT NULL`, day)
	if err != nil {
		return fmt.Errorf("read the batch runs of %s: %w", day, err)
	}
	done, err := pgx.CollectRows(rows, pgx.RowTo[Step])
	if err != nil {
		return fmt.Errorf("read the batch runs of %s: %w", day, err)
	}
	for _, s := range Steps() {
		if s == step {
			return nil
		}
		if !slices.Contains(done, s) {
			return Refuse(KindPolicy, "", "The step %s of %s must be run first.", s, day)
		}
	}
	return nil
}

// lastBatchDay returns the last day of which a step was begun; zero if the batch
// never ran.
func (r *Registry) lastBatchDay(ctx context.Context) (Date, error) {
	var last Date
	err := r.db.Pool.QueryRow(ctx, `SELECT max(day) FROM batch_run`).Scan(&last)
	if err != nil {
		return last, fmt.Errorf("read the batch runs: %w", err)
	}
	return last, nil
}

// digest tells whether what fillSQL counts from the day of the last run is the
// same as then. If not, the next run looks at every name that has expired.
func (p Policy) digest() string {
	h := fnv.New64a()
	fmt.Fprintln(h, p.RegistryTag, p.AdvanceWarningDays, p.ReminderDay, p.ProFormaDay)
	return fmt.Sprintf("%016x", h.Sum64())
}

// batchStep is one step of one day on its way, in this process.
type batchStep struct {
	r    *Registry
	day  Date
	step Step
	o    BatchOptions

	dir      directory
	progress progress
}

// batchWait is how often a runner looks whether the last chunks of another one
// are done.
const batchWait = 20 * time.Millisecond

func (s *batchStep) do(ctx context.Context) error {
	if s.step == StepRenewals || s.step == StepLife {
		dir, err := s.r.readDirectory(ctx)
		if err != nil {
			return err
		}
		s.dir = dir
	}
	total, finished, err := s.begin(ctx)
	if err != nil || finished {
		return err
	}
	s.progress.total = total
	switch s.step {
	case StepRenewals, StepLife:
		err = s.names(ctx)
	case StepInvoices:
		err = s.invoices(ctx)
	case StepTransfers:
		err = s.transfers(ctx)
	case StepHandshakes:
		err = s.handshakes(ctx)
	case StepConfirmations:
		err = s.confirmations(ctx)
	case StepNotices:
		err = s.lists(ctx)
	}
	if err != nil {
		return err
	}
	return s.finish(ctx)
}

// names has the workers take chunk by chunk until no name is left, also none in
// the hands of another process.
func (s *batchStep) names(ctx context.Context) error {
	for {
		g, gctx := errgroup.WithContext(ctx)
		for range s.o.Workers {
			g.Go(func() error { return s.work(gctx) })
		}
		err := g.Wait()
		if errors.Is(err, errUnlisted) {
			s.dir, err = s.r.readDirectory(ctx)
		}
		if err != nil {
			return err
		}
		var left bool
		err = s.r.db.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM batch_work WHERE step = $1 AND day = $2)`, s.step, s.day).Scan(&left)
		if err != nil || !left {
			return err
		}
		err = pause(ctx, batchWait)
		if err != nil {
			return err
		}
	}
}

// work takes chunks until none is to be had. It goes on from the last name, so
// that it does not read over those that are done, and comes back once for names
// that another runner had and gave up.
func (s *batchStep) work(ctx context.Context) error {
	for after := int64(0); ; {
		n, last, err := s.chunk(ctx, after)
		if err != nil || n == 0 && after == 0 {
			return err
		}
		after = last
		s.progress.add(s, n)
		err = errors.Join(ctx.Err(), pause(ctx, s.o.Pause))
		if err != nil {
			return err
		}
	}
}
