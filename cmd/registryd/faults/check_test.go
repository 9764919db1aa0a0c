//go:build faults

package faults

import (
	"github.com/jackc/pgx/v5"
)

// state is what the register holds of one name.
type state struct {
	Name    string
	There   bool
	Years   int // from creation to expiry; 0 if it is not there
	Held    bool
	Creates int // history rows
	Renews  int
	Updates int
	Deletes int
	Charged int // charges for creation
	Renewed int // charges for renewal
	Unpaid  int // charges of the prepaid tag without their journal entry
}

// check compares what was answered with the register, its history and its
// ledger, and adds to the figures.
func (l *load) check() {
	w, t, f := l.w, l.w.t, &l.w.figures
	t.Helper()
	rows, err := w.pool.Query(t.Context(), `SELECT cltrid, count(*)::int FROM history WHERE object = 'domain' AND cltrid LIKE 'F-%' GROUP BY 1`)
	must(t, err)
	written := map[string]int{}
	var id string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error { written[id] = n; return nil })
	must(t, err)
	for _, s := range l.steps {
		f.Commands++
		n := written[s.clTRID]
		delete(written, s.clTRID)
		switch {
		case n > 1:
			f.Twice++
			t.Errorf("%s %s (%s): %d rows of history", s.action, s.name, s.clTRID, n)
		case s.end == done && n == 0:
			f.Lost++
			t.Errorf("%s %s (%s) was answered with 1000 and is not in the history", s.action, s.name, s.clTRID)
		case s.end == refused && n > 0:
			f.HalfDone++
			t.Errorf("%s %s (%s) was refused and is in the history", s.action, s.name, s.clTRID)
		}
		switch s.end {
		case done:
			f.OK++
		case refused:
			f.Refused++
		default:
			f.Unknown++
			f.Happened += n
		}
	}
	for id := range written {
		t.Errorf("the history has %s, which nobody sent", id)
	}
	f.Commands += l.checks
	f.OK += l.checks
	f.LongestMS = max(f.LongestMS, l.longest.Milliseconds())
	l.checkNames()
	for _, odd := range l.odd {
		t.Errorf("refused for no reason: %s", odd)
	}
}

// checkNames compares each name with its own history.
func (l *load) checkNames() {
	w, t := l.w, l.w.t
	t.Helper()
	rows, err := w.pool.Query(t.Context(), `
		SELECT h.name, d.id IS NOT NULL, coalesce(extract(year FROM d.expires) - extract(year FROM d.created_at), 0)::int,
			coalesce('clientHold' = ANY (d.statuses), false), h.creates, h.renews, h.updates, h.deletes,
			coalesce(c.creates, 0), coalesce(c.renews, 0), coalesce(c.unpaid, 0)
		FROM (SELECT object_name AS name, count(*) FILTER (WHERE action = 'create')::int AS creates,
				count(*) FILTER (WHERE action = 'renew')::int AS renews, count(*) FILTER (WHERE action = 'update')::int AS updates,
				count(*) FILTER (WHERE action = 'delete')::int AS deletes
			FROM history WHERE object = 'domain' AND cltrid LIKE 'F-%' GROUP BY 1) h
		FULL JOIN (SELECT domain_name AS name, count(*) FILTER (WHERE operation = 'create')::int AS creates,
				count(*) FILTER (WHERE operation = 'renew')::int AS renews,
				count(*) FILTER (WHERE prepaid AND NOT EXISTS (SELECT FROM journal j WHERE j.source = 'charge' AND j.source_id = charge.id))::int AS unpaid
			FROM charge GROUP BY 1) c USING (name)
		FULL JOIN domain d USING (name)
		WHERE name LIKE $1`, "n%."+zone)
	must(t, err)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[state])
	must(t, err)
	for _, s := range list {
		years := 0
		if s.Deletes == 0 {
			years = 1 + s.Renews
		}
		if s.Creates != 1 || s.There != (s.Deletes == 0) || s.Years != years || s.There && s.Held != (s.Updates > 0) ||
			s.Charged != 1 || s.Renewed != s.Renews || s.Unpaid != 0 {
			w.figures.HalfDone++
			t.Errorf("half done: %+v", s)
		}
	}
	if len(list) == 0 {
		t.Error("no names at all: the load did nothing")
	}
}
