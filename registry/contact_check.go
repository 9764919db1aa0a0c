package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// CheckContacts tells which contact ids are free. It says nothing of whose the
// others are. Bad ids are answered, not refused. One round trip.
func (r *Registry) CheckContacts(ctx context.Context, handles []string) ([]Availability, error) {
	out := make([]Availability, len(handles))
	var ask []string
	for i, handle := range handles {
		out[i].Name = handle
		if CheckHandle(handle) != nil {
			out[i].Reason = "Not a valid id"
			continue
		}
		ask = append(ask, handle)
	}
	taken, err := r.existing(ctx, `SELECT handle FROM contact WHERE handle = ANY($1)`, ask)
	if err != nil {
		return nil, fmt.Errorf("check contacts: %w", err)
	}
	for i := range out {
		if out[i].Reason != "" {
			continue
		}
		out[i].Available = !taken[out[i].Name]
		if !out[i].Available {
			out[i].Reason = "In use"
		}
	}
	return out, nil
}

// existing is the set of those keys that sql finds.
func (r *Registry) existing(ctx context.Context, sql string, keys []string) (map[string]bool, error) {
	found := map[string]bool{}
	if len(keys) == 0 {
		return found, nil
	}
	rows, err := r.db.Pool.Query(ctx, sql, keys)
	if err != nil {
		return nil, err
	}
	var key string
	_, err = pgx.ForEachRow(rows, []any{&key}, func() error {
		found[key] = true
		return nil
	})
	return found, err
}
