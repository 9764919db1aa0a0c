package registry

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"sync"
	"time"
)

// joint joins calls that wait at the same time into one run: one query or one
// transaction for all of them. A call never waits for a timer: while fewer than
// the allowed runs are under way it runs at once, alone; otherwise the next run
// to finish is followed by one for all that wait. So what is gained grows with
// the load, and a lone session pays nothing.
type joint[C jointCall] struct {
	mu      sync.Mutex
	runs    int // that may be under way at once; 0: readRuns
	running int
	waiting []*seat[C]
}

// jointCall is what is joined. Its result is in the call itself.
type jointCall interface {
	comparable
	// seatKey keeps two calls on the same object out of one run; "" is alike to
	// nothing.
	seatKey() string
	// weight counts towards maxJointWeight.
	weight() int
}

// errNotRun is what a call holds until a run has dealt with it.
var errNotRun = errors.New("the joint run ended before this call")

// jointTimeout bounds one run, and with it the wait of all that it serves.
const jointTimeout = 10 * time.Second

// jointContext is for a run: the caller that leads it may hang up, but the others
// still wait for their answers.
func jointContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), jointTimeout)
}

// maxJointWeight bounds one run.
const maxJointWeight = 512

// readRuns is how many queries of a kind may be under way at once: half the
// cores, as the database works on the same commands meanwhile. More runs would
// be smaller ones. writeRuns are more, for a run waits for the disk.
var (
	readRuns  = max(1, runtime.GOMAXPROCS(0)/2)
	writeRuns = max(2, runtime.GOMAXPROCS(0))
)

// seat is a call that waits. Its channel gets the batch that it is to lead, or
// nil when its call has been run by another.
type seat[C jointCall] struct {
	call C
	turn chan []*seat[C]
}

// do returns when a run has dealt with call: run is called with it and others,
// by this goroutine or another's. run must end by itself and leave results, or
// errors, in all its calls; what a call holds before stays if run panics.
func (j *joint[C]) do(call C, run func([]C)) {
	own := &seat[C]{call: call, turn: make(chan []*seat[C], 1)}
	j.mu.Lock()
	j.waiting = append(j.waiting, own)
	if j.running < cmp.Or(j.runs, readRuns) {
		j.running++
		j.mu.Unlock()
		j.gather()
		j.pass()
	} else {
		j.mu.Unlock()
	}
	batch := <-own.turn
	if batch != nil {
		j.lead(own, batch, run)
	}
}

// gather lets the sessions that are about to call do so, as long as more come.
// Without it the first to come after a run would always run alone.
func (j *joint[C]) gather() {
	for n := 0; ; {
		runtime.Gosched()
		j.mu.Lock()
		more := len(j.waiting)
		j.mu.Unlock()
		if more <= n {
			return
		}
		n = more
	}
}

// lead runs a batch, passes the lead on and wakes those whose calls were run.
func (j *joint[C]) lead(own *seat[C], batch []*seat[C], run func([]C)) {
	defer func() {
		j.pass()
		for _, s := range batch {
			if s != own {
				s.turn <- nil
			}
		}
	}()
	calls := make([]C, len(batch))
	for i, s := range batch {
		calls[i] = s.call
	}
	run(calls)
}

// pass gives the lead to the oldest call that waits, with all that wait up to
// the bound, or ends it.
func (j *joint[C]) pass() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.waiting) == 0 {
		j.running--
		return
	}
	var batch, rest []*seat[C]
	weight, seen := 0, map[string]bool{}
	for _, s := range j.waiting {
		key := s.call.seatKey()
		fits := weight+s.call.weight() <= maxJointWeight && !seen[key]
		if len(batch) > 0 && !fits {
			rest = append(rest, s)
			continue
		}
		batch, weight = append(batch, s), weight+s.call.weight()
		if key != "" {
			seen[key] = true
		}
	}
	j.waiting = rest
	batch[0].turn <- batch
}

// plannedNames is the length that PostgreSQL takes a list to have that it does
// not know yet.
const plannedNames = 10

// padded repeats the first name until the list is as long as the plan expects.
// For a shorter list PostgreSQL would find a plan made just for it cheaper than
// the prepared one, and plan every query anew; repetitions cost it next to
// nothing.
func padded(names []string) []string {
	for len(names) < plannedNames {
		names = append(names, names[0])
	}
	return names
}
