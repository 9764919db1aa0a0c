package registry

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// A transaction that was under way when the deposit before read the register
// has numbers in the history below the last one that was seen. Its time is that
// of its begin, at most some seconds before; the batch alone writes other days'
// times. So among the last numbers those are looked at again.
const escrowOverlapTime = 10 * time.Minute

// changedSQL is the history since a deposit. $1 the last number in it, $2 its
// watermark less the overlap, $3 whether a batch was under way.
const changedSQL = `SELECT object_id, object_name, action, changes FROM history WHERE object = '%s' AND id > $1 - 50000
	AND (id > $1 OR at >= $2 OR $3 AND svtrid LIKE 'BATCH-%%')`

// findChanges finds what changed since the base, and what is gone.
func (e *escrow) findChanges(ctx context.Context) error {
	b := e.since
	args := []any{b.HistoryID, b.Watermark.Add(-escrowOverlapTime), b.BatchOpen}
	whole := ``
	if !e.c.Whole {
		whole = ` OR true` // what the names use may be new to these zones
	}
	for _, part := range []struct {
		into *[]int64
		sql  string
		more []any
	}{
		{&e.domains, `SELECT id FROM domain WHERE zone_id = ANY($4) AND id IN (
			SELECT object_id FROM (` + fmt.Sprintf(changedSQL, "domain") + `) h
			UNION SELECT domain_id FROM grace_period WHERE ends_at > $2 AND ends_at <= $5
			UNION SELECT dh.domain_id FROM domain_host dh JOIN (` + fmt.Sprintf(changedSQL, "host") + `) h ON h.object_id = dh.host_id AND h.changes ? 'name'
			UNION SELECT d.id FROM domain d JOIN (` + fmt.Sprintf(changedSQL, "contact") + `) h ON h.object_id = d.registrant AND h.action = 'rename'
			UNION SELECT dc.domain_id FROM domain_contact dc JOIN (` + fmt.Sprintf(changedSQL, "contact") + `) h ON h.object_id = dc.contact_id AND h.action = 'rename')
			ORDER BY id`, []any{e.zones, e.c.Watermark}},
		{&e.hosts, `SELECT h.id FROM host h WHERE ` + hostScope + ` AND (id IN (SELECT object_id FROM (` + fmt.Sprintf(changedSQL, "host") + `) c)
			OR superordinate = ANY($6) OR EXISTS (SELECT FROM domain_host WHERE host_id = h.id AND domain_id = ANY($6)) AND (false` + whole + `)) ORDER BY id`, nil},
		{&e.contacts, `SELECT c.id FROM contact c WHERE ` + contactScope + ` AND (id IN (SELECT object_id FROM (` + fmt.Sprintf(changedSQL, "contact") + `) c)
			OR (false` + whole + `) AND (EXISTS (SELECT FROM domain WHERE registrant = c.id AND id = ANY($6))
				OR EXISTS (SELECT FROM domain_contact WHERE contact_id = c.id AND domain_id = ANY($6)))) ORDER BY id`, nil},
	} {
		given := append(slices.Clone(args), part.more...)
		if part.more == nil {
			given = append(given, e.zones, e.c.Whole, orEmpty(e.domains))
		}
		rows, err := e.tx.Query(ctx, part.sql, given...)
		if err != nil {
			return fmt.Errorf("find what changed: %w", err)
		}
		*part.into, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return fmt.Errorf("find what changed: %w", err)
		}
	}
	return e.findGone(ctx, args)
}

// hostScope and contactScope choose what belongs to the zones $4; $5 is the
// whole register.
const (
	hostScope = `($5 OR EXISTS (SELECT FROM domain s WHERE s.id = h.superordinate AND s.zone_id = ANY($4))
		OR EXISTS (SELECT FROM domain_host dh JOIN domain d ON d.id = dh.domain_id WHERE dh.host_id = h.id AND d.zone_id = ANY($4)))`
	contactScope = `($5 OR EXISTS (SELECT FROM domain d WHERE d.registrant = c.id AND d.zone_id = ANY($4))
		OR EXISTS (SELECT FROM domain_contact dc JOIN domain d ON d.id = dc.domain_id WHERE dc.contact_id = c.id AND d.zone_id = ANY($4)))`
)

// findGone finds the names that occur in the history since the base and are not
// in use now.
func (e *escrow) findGone(ctx context.Context, args []any) error {
	list := func(sql string) ([]string, error) {
		rows, err := e.tx.Query(ctx, sql, args...)
		if err != nil {
			return nil, fmt.Errorf("find what is gone: %w", err)
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("find what is gone: %w", err)
		}
		return names, nil
	}
	domains, err := list(`SELECT DISTINCT object_name FROM (` + fmt.Sprintf(changedSQL, "domain") + `) h
		WHERE NOT EXISTS (SELECT FROM domain WHERE name = h.object_name) ORDER BY 1`)
	if err != nil {
		return err
	}
	for _, name := range domains {
		_, zone, err := SplitName(name, e.zoneNames())
		if err == nil && zone != "" {
			e.c.Gone.Domains = append(e.c.Gone.Domains, name)
		}
	}
	// A name that was given up is the one before of a change of name.
	e.c.Gone.Hosts, err = list(`SELECT DISTINCT n FROM (` + fmt.Sprintf(changedSQL, "host") + `) h,
		unnest(ARRAY[object_name, changes->'name'->>0]) n
		WHERE n IS NOT NULL AND NOT EXISTS (SELECT FROM host WHERE name = n) ORDER BY 1`)
	if err != nil {
		return err
	}
	e.c.Gone.Contacts, err = list(`SELECT DISTINCT n FROM (` + fmt.Sprintf(changedSQL, "contact") + `) h,
		unnest(ARRAY[object_name, CASE WHEN action = 'rename' THEN changes->'id'->>0 END]) n
		WHERE n IS NOT NULL AND NOT EXISTS (SELECT FROM contact WHERE handle = n) ORDER BY 1`)
	if err != nil {
		return err
	}
	labels, err := list(`SELECT DISTINCT l || '.' || h.object_name FROM (` + fmt.Sprintf(changedSQL, "zone") + `) h, jsonb_object_keys(changes) l
		WHERE action = 'free' ORDER BY 1`)
	if err != nil {
		return err
	}
	for _, name := range labels {
		for _, z := range e.c.Zones {
			label, inZone := cutZone(name, z.Name)
			if inZone && !slices.ContainsFunc(z.Reserved, func(v Reservation) bool { return v.Label == label }) {
				e.c.Gone.Reserved = append(e.c.Gone.Reserved, name)
			}
		}
	}
	return nil
}

func (e *escrow) zoneNames() []string {
	names := make([]string, len(e.c.Zones))
	for i, z := range e.c.Zones {
		names[i] = z.Name
	}
	return names
}
