package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// InfoHost shows a host to anybody: what it holds is public. One round trip.
// Refusal: KindNotFound.
func (r *Registry) InfoHost(ctx context.Context, name string) (*Host, error) {
	name = normalName(name)
	var row hostRow
	err := row.scan(r.db.Pool.QueryRow(ctx, hostSQL+` WHERE h.name = $1`, name))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, noHost(name)
	}
	if err != nil {
		return nil, fmt.Errorf("read host %s: %w", name, err)
	}
	return r.finishHost(ctx, &row)
}

// CheckHosts tells which host names are free. Bad names are answered, not
// refused. One round trip.
func (r *Registry) CheckHosts(ctx context.Context, names []string) ([]Availability, error) {
	out := make([]Availability, len(names))
	normal := make([]string, len(names))
	var ask []string
	for i, name := range names {
		out[i].Name = name
		host, err := ParseHostName(name)
		if err == nil {
			_, err = r.superordinateOf(ctx, host)
		}
		switch refusal := AsRefusal(err); {
		case refusal != nil && refusal.Kind == KindPolicy:
			out[i].Reason = "A zone of this registry"
		case refusal != nil:
			out[i].Reason = "Not a valid host name"
		case err != nil:
			return nil, err
		default:
			normal[i] = host
			ask = append(ask, host)
		}
	}
	taken, err := r.existing(ctx, `SELECT name FROM host WHERE name = ANY($1)`, ask)
	if err != nil {
		return nil, fmt.Errorf("check hosts: %w", err)
	}
	for i := range out {
		if out[i].Reason != "" {
			continue
		}
		out[i].Available = !taken[normal[i]]
		if !out[i].Available {
			out[i].Reason = "In use"
		}
	}
	return out, nil
}
