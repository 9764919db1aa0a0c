package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// HostFilter chooses hosts. Empty fields choose all.
type HostFilter struct {
	TAG           string // sponsor
	Name          string // the beginning of the name
	Superordinate string // the name that the host lies below
	Domain        string // a name that uses the host
	Address       string // an address of the host
	After         string // names behind this one only: the next page
	Limit         int    // default 100
}

// Hosts lists hosts by name. Refusal: KindParamSyntax for the address.
func (r *Registry) Hosts(ctx context.Context, f HostFilter) ([]*Host, error) {
	if f.Address != "" {
		_, err := ParseHostAddress(f.Address, "")
		if err != nil {
			return nil, err
		}
	}
	q := listQuery{sql: hostSQL, key: "h.name"}
	q.where(f.TAG, "coalesce(s.sponsor, h.sponsor) = (SELECT id FROM registrar WHERE tag = %s)")
	q.where(normalName(f.Name), "starts_with(h.name, %s)")
	q.where(normalName(f.Superordinate), "s.name = %s")
	q.where(normalName(f.Domain), "h.id IN (SELECT host_id FROM domain_host dh JOIN domain d ON d.id = dh.domain_id WHERE d.name = %s)")
	q.where(f.Address, "%s::inet = ANY(h.addresses)")
	q.where(normalName(f.After), "h.name > %s")
	sql, args := q.finish(f.Limit)
	rows, err := r.db.Pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list hosts: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*hostRow, error) {
		w := &hostRow{}
		return w, w.scan(row)
	})
	if err != nil {
		return nil, fmt.Errorf("list hosts: %w", err)
	}
	list := make([]*Host, len(found))
	for i, w := range found {
		list[i], err = r.finishHost(ctx, w)
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// HostUses lists the names that use a host, by name, from behind the name after;
// limit 0 means 100.
func (r *Registry) HostUses(ctx context.Context, host, after string, limit int) ([]string, error) {
	if limit <= 0 {
		limit = defaultListLimit
	}
	rows, err := r.db.Pool.Query(ctx, `SELECT d.name FROM host h JOIN domain_host dh ON dh.host_id = h.id
		JOIN domain d ON d.id = dh.domain_id WHERE h.name = $1 AND d.name > $2 ORDER BY d.name LIMIT $3`,
		normalName(host), normalName(after), limit)
	if err != nil {
		return nil, fmt.Errorf("list the names of %s: %w", host, err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
