package registry

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Availability answers a check for one name.
type Availability struct {
	Name      string // as asked
	Available bool
	Reason    string // why not, at most 32 characters
}

// CheckDomains tells which names can be registered. Bad names are answered, not
// refused. One round trip at most, shared with checks of other sessions that
// wait at the same time.
func (r *Registry) CheckDomains(ctx context.Context, names []string) ([]Availability, error) {
	out := make([]Availability, len(names))
	ask := make([]string, 0, len(names))
	index := make([]int, 0, len(names))
	for i, name := range names {
		out[i].Name = name
		zone, normal, err := r.registrable(ctx, name)
		if err != nil && AsRefusal(err) == nil {
			return nil, err
		}
		switch {
		case err != nil:
			out[i].Reason = checkReason(AsRefusal(err))
		case zone.reservation(normal) != nil:
			out[i].Reason = "Reserved"
		default:
			ask, index = append(ask, normal), append(index, i)
		}
	}
	if len(ask) == 0 {
		return out, nil
	}
	taken, err := r.checks.ask(ctx, r.db.Pool, ask)
	if err != nil {
		return nil, fmt.Errorf("check names: %w", err)
	}
	for j, name := range ask {
		if taken[name] {
			out[index[j]].Reason = "In use"
		} else {
			out[index[j]].Available = true
		}
	}
	return out, nil
}

// checkReason shortens a refusal to what fits into a check's reason (32
// characters in RFC 5731's schema).
func checkReason(e *Error) string {
	if e.Kind == KindParamSyntax {
		return "Not a valid name"
	}
	return "Not a name of our zones"
}

// checkTimeout bounds one query, and with it the wait of all it serves.
const checkTimeout = 10 * time.Second

// maxCheckBatch bounds the names in one joined query.
const maxCheckBatch = 512

// checkQueue joins the names of checks that wait at the same time into one
// query. A check never waits for a timer: while fewer than its share of queries
// run it asks at once; otherwise the next query to finish takes all that wait.
type checkQueue struct {
	mu      sync.Mutex
	running int
	waiting []*checkCall
}

type checkCall struct {
	names []string
	done  chan checkTurn
}

// checkTurn tells a waiting call either its result or that it is its turn to
// ask for the whole batch.
type checkTurn struct {
	batch []*checkCall
	taken map[string]bool
	err   error
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// ask returns the set of names that are registered; it may hold others' names.
func (q *checkQueue) ask(ctx context.Context, db querier, names []string) (map[string]bool, error) {
	call := &checkCall{names: names}
	q.mu.Lock()
	if q.running < 2*runtime.GOMAXPROCS(0) {
		q.running++
		q.mu.Unlock()
		return q.lead(ctx, db, call, []*checkCall{call})
	}
	call.done = make(chan checkTurn, 1)
	q.waiting = append(q.waiting, call)
	q.mu.Unlock()
	// The query that serves this call is bounded by its own time limit, so the
	// wait is too.
	turn := <-call.done
	if turn.batch != nil {
		return q.lead(ctx, db, call, turn.batch)
	}
	return turn.taken, turn.err
}

// lead asks for a batch, hands out the results and passes the lead on.
func (q *checkQueue) lead(ctx context.Context, db querier, own *checkCall, batch []*checkCall) (map[string]bool, error) {
	names := own.names
	if len(batch) > 1 {
		names = nil
		for _, c := range batch {
			names = append(names, c.names...)
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTimeout)
	defer cancel()
	taken, err := queryTaken(ctx, db, names)
	q.pass()
	for _, c := range batch {
		if c != own {
			c.done <- checkTurn{taken: taken, err: err}
		}
	}
	return taken, err
}

// pass gives the lead to the oldest call that waits, with all that wait up to
// the bound, or ends it.
func (q *checkQueue) pass() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.running--
		return
	}
	n, names := 0, 0
	for n < len(q.waiting) && (n == 0 || names+len(q.waiting[n].names) <= maxCheckBatch) {
		names += len(q.waiting[n].names)
		n++
	}
	batch := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	if len(q.waiting) == 0 {
		q.waiting = nil
	}
	batch[0].done <- checkTurn{batch: batch}
}

func queryTaken(ctx context.Context, db querier, names []string) (map[string]bool, error) {
	rows, err := db.Query(ctx, `SELECT name FROM domain WHERE name = ANY($1)`, names)
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	var name string
	_, err = pgx.ForEachRow(rows, []any{&name}, func() error {
		taken[name] = true
		return nil
	})
	return taken, err
}
