package registry

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ContactFilter chooses contacts. Empty fields choose all.
type ContactFilter struct {
	TAG    string // sponsor
	Handle string // the beginning of the id
	Email  string
	Domain string // a name that uses the contact
	After  string // ids behind this one only: the next page
	Limit  int    // default 100
}

// ContactUse says that a name uses a contact in a role: "registrant", "admin",
// "tech" or "billing".
type ContactUse struct {
	Name string
	Role string
}

// Contacts lists contacts by id.
func (r *Registry) Contacts(ctx context.Context, f ContactFilter) ([]*Contact, error) {
	q := listQuery{sql: contactSQL, key: "c.handle"}
	q.where(f.TAG, "c.sponsor = (SELECT id FROM registrar WHERE tag = %s)")
	q.where(f.Handle, "starts_with(c.handle, %s)")
	q.where(f.Email, "lower(c.email) = lower(%s)")
	q.where(normalName(f.Domain), `c.id IN (SELECT registrant FROM domain WHERE name = %[1]s UNION ALL
		SELECT dc.contact_id FROM domain_contact dc JOIN domain d ON d.id = dc.domain_id WHERE d.name = %[1]s)`)
	q.where(f.After, "c.handle > %s")
	sql, args := q.finish(f.Limit)
	rows, err := r.db.Pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list contacts: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*contactRow, error) {
		w := &contactRow{}
		return w, w.scan(row)
	})
	if err != nil {
		return nil, fmt.Errorf("list contacts: %w", err)
	}
	list := make([]*Contact, len(found))
	for i, w := range found {
		list[i], err = r.finishContact(ctx, w)
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// ContactUses lists the names that use a contact (C3), from behind the
// name after; limit 0 means 100 rows. A name's rows are never cut in two.
func (r *Registry) ContactUses(ctx context.Context, handle, after string, limit int) ([]ContactUse, error) {
	if limit <= 0 {
		limit = defaultListLimit
	}
	rows, err := r.db.Pool.Query(ctx, `WITH c AS (SELECT id FROM contact WHERE handle = $1)
		SELECT name, role FROM (
			SELECT d.name, 'registrant' AS role FROM domain d, c WHERE d.registrant = c.id AND d.name > $2
			UNION ALL
			SELECT d.name, dc.role FROM domain_contact dc JOIN domain d ON d.id = dc.domain_id, c
				WHERE dc.contact_id = c.id AND d.name > $2) use
		ORDER BY name FETCH FIRST $3 ROWS WITH TIES`, handle, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list the names of %s: %w", handle, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ContactUse])
}

// defaultListLimit is the length of a page where none is asked for.
const defaultListLimit = 100

// listQuery puts a list's statement together from the conditions that are
// wanted, so that an index serves each.
type listQuery struct {
	sql   string
	key   string // the column that orders the list and its pages
	conds []string
	args  []any
}

// where adds a condition on a value, unless that is empty; %s stands for the
// value's place.
func (q *listQuery) where(value, condition string) {
	if value == "" {
		return
	}
	q.args = append(q.args, value)
	q.conds = append(q.conds, fmt.Sprintf(condition, "$"+strconv.Itoa(len(q.args))))
}

func (q *listQuery) finish(limit int) (string, []any) {
	if limit <= 0 {
		limit = defaultListLimit
	}
	sql := q.sql
	if len(q.conds) > 0 {
		sql += " WHERE " + strings.Join(q.conds, " AND ")
	}
	q.args = append(q.args, limit)
	return sql + " ORDER BY " + q.key + " LIMIT $" + strconv.Itoa(len(q.args)), q.args
}
