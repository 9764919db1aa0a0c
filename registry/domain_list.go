package registry

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// DomainFilter chooses names. Empty fields choose all.
type DomainFilter struct {
	TAG           string // sponsor
	Zone          string
	Profile       Profile // of the zone
	Registrant    string  // contact handle
	Status        Status  // one that is set; derived ones such as ok are not stored
	ExpiresFrom   Date
	ExpiresBefore Date
	Suspended     bool   // by the life cycle, or held by staff
	Prefix        string // beginning of the name
	After         string // names after this one only: the next page
	Limit         int    // default 100
}

// DomainSummary is a line of a list of names.
type DomainSummary struct {
	Name      string
	Sponsor   string // tag
	Expires   Date
	Status    RegistrationStatus
	Statuses  StatusSet
	Suspended Date // zero: not by the life cycle
	Created   time.Time
}

// Domains lists names in order.
func (r *Registry) Domains(ctx context.Context, f DomainFilter) ([]DomainSummary, error) {
	sql, args := f.query()
	rows, err := r.db.Pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list names: %w", err)
	}
	today := r.Today()
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (DomainSummary, error) {
		var d DomainSummary
		var g Registration
		var suspended *Date
		err := row.Scan(&d.Name, &d.Sponsor, &d.Expires, &d.Statuses, &suspended, &d.Created,
			&g.FirstPaid, &g.RenewNotRequired, &g.OpenRequest)
		if suspended != nil {
			d.Suspended = *suspended
		}
		g.Expiry = d.Expires
		d.Status = g.Status(today, r.policy)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("list names: %w", err)
	}
	return list, nil
}

// query builds the statement with only the conditions that are wanted, so that
// an index serves each; the name is the key of paging.
func (f DomainFilter) query() (string, []any) {
	var where []string
	var args []any
	add := func(condition string, value any) {
		args = append(args, value)
		where = append(where, fmt.Sprintf(condition, "$"+strconv.Itoa(len(args))))
	}
	for _, c := range []struct{ condition, value string }{
		{"r.tag = %s", f.TAG}, {"d.zone_id IN (SELECT id FROM zone WHERE profile = %s)", string(f.Profile)}, {"d.zone_id = (SELECT id FROM zone WHERE name = %s)", f.Zone},
		{"d.registrant = (SELECT id FROM contact WHERE handle = %s)", f.Registrant},
		{"%s = ANY(d.statuses)", string(f.Status)}, {"starts_with(d.name, %s)", f.Prefix}, {"d.name > %s", f.After},
	} {
		if c.value != "" {
			add(c.condition, c.value)
		}
	}
	if !f.ExpiresFrom.IsZero() {
		add("d.expires >= %s", f.ExpiresFrom)
	}
	if !f.ExpiresBefore.IsZero() {
		add("d.expires < %s", f.ExpiresBefore)
	}
	if f.Suspended {
		where = append(where, "(d.suspended_on IS NOT NULL OR 'serverHold' = ANY(d.statuses))")
	}
	sql := `SELECT d.name, r.tag, d.expires, d.statuses, d.suspended_on, d.created_at, d.first_paid, d.renew_not_required,
		EXISTS (SELECT FROM renewal_request q WHERE q.domain_id = d.id AND q.state IN ('uninvoiced', 'invoiced'))
		FROM domain d JOIN registrar r ON r.id = d.sponsor`
	if len(where) > 0 {
		sql += " WHERE " + strings.Join(where, " AND ")
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	args = append(args, limit)
	return sql + " ORDER BY d.name LIMIT $" + strconv.Itoa(len(args)), args
}
