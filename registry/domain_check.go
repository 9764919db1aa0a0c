package registry

import (
	"context"
	"fmt"

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
	call := &checkCall{names: ask, err: errNotRun}
	r.checks.do(call, func(batch []*checkCall) { r.runChecks(ctx, batch) })
	if call.err != nil {
		return nil, fmt.Errorf("check names: %w", call.err)
	}
	for j, name := range ask {
		if call.taken[name] {
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

// checkCall is a check in the queue for a joint query.
type checkCall struct {
	names []string
	taken map[string]bool // those that are registered; may hold others' names
	err   error
}

func (c *checkCall) seatKey() string { return "" }
func (c *checkCall) weight() int     { return len(c.names) }

// runChecks asks for the names of all calls in one query.
func (r *Registry) runChecks(ctx context.Context, batch []*checkCall) {
	var names []string
	for _, c := range batch {
		names = append(names, c.names...)
	}
	taken, err := r.queryTaken(ctx, names)
	for _, c := range batch {
		c.taken, c.err = taken, err
	}
}

func (r *Registry) queryTaken(ctx context.Context, names []string) (map[string]bool, error) {
	ctx, cancel := jointContext(ctx)
	defer cancel()
	rows, err := r.db.Pool.Query(ctx, `SELECT name FROM domain WHERE name = ANY($1)`, padded(names))
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
