package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// HistoryEntry is one change, as it was recorded with it.
type HistoryEntry struct {
	ID      int64
	At      time.Time // UTC
	Object  string    // domain, contact, host, registrar, zone, price, user …
	Name    string
	Action  string
	TAG     string // the registrar that acted, or
	Staff   string // the staff user; neither: the registry itself
	Reason  string
	ClTRID  string
	SvTRID  string
	Changes json.RawMessage // field: [before, after]; nil for none
}

// Actor is who did it, in one word.
func (e HistoryEntry) Actor() string {
	switch {
	case e.TAG != "":
		return e.TAG
	case e.Staff != "":
		return e.Staff
	}
	return "registry"
}

// HistoryFilter chooses entries. Empty fields choose all.
type HistoryFilter struct {
	Object, Name, Action string
	TAG, Staff           string
	SvTRID               string
	Since, Until         time.Time // Since ≤ At < Until
	Before               int64     // entries with a smaller ID only: the next page
	Limit                int       // default 100
}

// History returns entries, the latest first.
func (r *Registry) History(ctx context.Context, f HistoryFilter) ([]HistoryEntry, error) {
	sql, args := f.query()
	rows, err := r.db.Pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (HistoryEntry, error) {
		var e HistoryEntry
		var changes []byte
		err := row.Scan(&e.ID, &e.At, &e.Object, &e.Name, &e.Action, &e.TAG, &e.Staff, &e.Reason, &e.ClTRID, &e.SvTRID, &changes)
		e.Changes = changes
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	return list, nil
}

// query builds the statement: only the conditions that are wanted, so that an
// index serves each. The order by id is that of time, and serves paging.
func (f HistoryFilter) query() (string, []any) {
	var where []string
	var args []any
	add := func(condition string, value any) {
		args = append(args, value)
		where = append(where, condition+"$"+strconv.Itoa(len(args)))
	}
	for _, c := range []struct{ condition, value string }{
		{"h.object = ", f.Object}, {"h.object_name = ", f.Name}, {"h.action = ", f.Action},
		{"r.tag = ", f.TAG}, {"h.staff = ", f.Staff}, {"h.svtrid = ", f.SvTRID},
	} {
		if c.value != "" {
			add(c.condition, c.value)
		}
	}
	if !f.Since.IsZero() {
		add("h.at >= ", f.Since)
	}
	if !f.Until.IsZero() {
		add("h.at < ", f.Until)
	}
	if f.Before > 0 {
		add("h.id < ", f.Before)
	}
	sql := `SELECT h.id, h.at, h.object, h.object_name, h.action, coalesce(r.tag, ''), coalesce(h.staff, ''),
		coalesce(h.reason, ''), coalesce(h.cltrid, ''), coalesce(h.svtrid, ''), h.changes
		FROM history h LEFT JOIN registrar r ON r.id = h.registrar_id`
	if len(where) > 0 {
		sql += " WHERE " + strings.Join(where, " AND ")
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	args = append(args, limit)
	return sql + " ORDER BY h.id DESC LIMIT $" + strconv.Itoa(len(args)), args
}
