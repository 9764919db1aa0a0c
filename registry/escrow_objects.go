package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// cutZone cuts the zone off a name directly below it.
func cutZone(name, zone string) (label string, inZone bool) {
	label, inZone = strings.CutSuffix(name, "."+zone)
	return label, inZone && !strings.Contains(label, ".")
}

func readRegistrars(ctx context.Context, tx pgx.Tx) ([]Registrar, error) {
	rows, err := tx.Query(ctx, registrarSQL+` ORDER BY tag`)
	if err != nil {
		return nil, fmt.Errorf("read the registrars: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Registrar, error) { return scanRegistrar(row) })
	if err != nil {
		return nil, fmt.Errorf("read the registrars: %w", err)
	}
	return list, nil
}

// count says how much there will be.
func (e *escrow) count(ctx context.Context) error {
	e.c.Domains = map[string]int64{}
	for _, z := range e.c.Zones {
		e.c.Domains[z.Name] = 0
	}
	rows, err := e.tx.Query(ctx, `SELECT z.name, count(*) FROM domain d JOIN zone z ON z.id = d.zone_id
		WHERE z.id = ANY($1) AND ($2 OR d.id = ANY($3)) GROUP BY z.name`, e.zones, e.since == nil, orEmpty(e.domains))
	if err != nil {
		return fmt.Errorf("count the names: %w", err)
	}
	var zone string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&zone, &n}, func() error { e.c.Domains[zone] = n; return nil })
	if err != nil {
		return fmt.Errorf("count the names: %w", err)
	}
	if e.since != nil {
		e.c.Hosts, e.c.Contacts = int64(len(e.hosts)), int64(len(e.contacts))
		return nil
	}
	err = e.tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM host h WHERE `+scope(hostScope)+`), (SELECT count(*) FROM contact c WHERE `+scope(contactScope)+`)`,
		e.zones, e.c.Whole).Scan(&e.c.Hosts, &e.c.Contacts)
	if err != nil {
		return fmt.Errorf("count hosts and contacts: %w", err)
	}
	return nil
}

// scope renumbers the parameters of hostScope and contactScope to $1 and $2.
func scope(condition string) string {
	return strings.NewReplacer("$4", "$1", "$5", "$2").Replace(condition)
}

// pages calls fn with the ids of what is to be written, some at a time.
func (e *escrow) pages(ctx context.Context, changed []int64, sql string, fn func(ids []int64) error) error {
	if e.since != nil {
		for ids := range slices.Chunk(changed, escrowPage) {
			err := fn(ids)
			if err != nil {
				return err
			}
		}
		return nil
	}
	for last := int64(0); ; {
		rows, err := e.tx.Query(ctx, sql, e.zones, e.c.Whole, last, escrowPage)
		if err != nil {
			return fmt.Errorf("read the register: %w", err)
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return fmt.Errorf("read the register: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		err = fn(ids)
		if err != nil {
			return err
		}
		last = ids[len(ids)-1]
	}
}

func (e *escrow) progress(n int) error {
	e.done += n
	if e.o.Progress != nil {
		e.o.Progress(e.done, int(e.c.DomainTotal()+e.c.Hosts+e.c.Contacts))
	}
	return nil
}

// rowsOf reads a page into rows of a type.
func rowsOf[T any](ctx context.Context, tx pgx.Tx, sql string, ids []int64, scan func(*T, pgx.Row) error) ([]*T, error) {
	rows, err := tx.Query(ctx, sql, ids)
	if err != nil {
		return nil, fmt.Errorf("read the register: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*T, error) {
		v := new(T)
		return v, scan(v, row)
	})
	if err != nil {
		return nil, fmt.Errorf("read the register: %w", err)
	}
	return list, nil
}

func (e *escrow) writeContacts(ctx context.Context) error {
	return e.pages(ctx, e.contacts, `SELECT c.id FROM contact c WHERE `+scope(contactScope)+` AND c.id > $3 ORDER BY c.id LIMIT $4`, func(ids []int64) error {
		list, err := rowsOf(ctx, e.tx, contactSQL+` WHERE c.id = ANY($1) ORDER BY c.id`, ids, (*contactRow).scan)
		if err != nil {
			return err
		}
		transfers, err := e.transfers(ctx, "contact", ids)
		if err != nil {
			return err
		}
		for _, row := range list {
			c, err := e.r.finishContact(ctx, row)
			if err != nil {
				return err
			}
			out := EscrowContact{Contact: c, ROID: e.r.ContactROID(c), Last: transfers[c.ID]}
			if e.o.AuthInfo {
				out.Auth, out.AuthSet = c.authHash, c.authSetAt
			}
			err = e.sink.Contact(out)
			if err != nil {
				return err
			}
		}
		return e.progress(len(ids))
	})
}

func (e *escrow) writeHosts(ctx context.Context) error {
	return e.pages(ctx, e.hosts, `SELECT h.id FROM host h WHERE `+scope(hostScope)+` AND h.id > $3 ORDER BY h.id LIMIT $4`, func(ids []int64) error {
		list, err := rowsOf(ctx, e.tx, hostSQL+` WHERE h.id = ANY($1) ORDER BY h.id`, ids, (*hostRow).scan)
		if err != nil {
			return err
		}
		for _, row := range list {
			h, err := e.r.finishHost(ctx, row)
			if err == nil {
				err = e.sink.Host(EscrowHost{h, e.r.HostROID(h)})
			}
			if err != nil {
				return err
			}
		}
		return e.progress(len(ids))
	})
}

// escrowParts are the children of a name that a deposit holds.
const escrowParts = partRegistrant | partHosts | partContacts | partDNSSEC | partGrace

func (e *escrow) writeDomains(ctx context.Context) error {
	sql := selectSQL(escrowParts) + ` WHERE d.id = ANY($1) ORDER BY d.id`
	return e.pages(ctx, e.domains, `SELECT d.id FROM domain d WHERE (d.zone_id = ANY($1) OR $2) AND d.id > $3 ORDER BY d.id LIMIT $4`, func(ids []int64) error {
		list, err := rowsOf(ctx, e.tx, sql, ids, (*domainRow).scan)
		if err != nil {
			return err
		}
		transfers, err := e.transfers(ctx, "domain", ids)
		if err != nil {
			return err
		}
		for _, row := range list {
			d, err := e.r.finishDomain(ctx, row.d.Name, row, nil)
			if err != nil {
				return err
			}
			out := EscrowDomain{Domain: d, ROID: e.r.DomainROID(d), RGP: d.RGPStates(e.c.Watermark), Last: transfers[d.ID]}
			if e.o.AuthInfo {
				out.Auth, out.AuthSet = d.authHash, d.authSetAt
			}
			err = e.sink.Domain(out)
			if err != nil {
				return err
			}
		}
		return e.progress(len(ids))
	})
}

// transfers reads the last transfer of each object.
func (e *escrow) transfers(ctx context.Context, object string, ids []int64) (map[int64]*Transfer, error) {
	rows, err := e.tx.Query(ctx, `SELECT DISTINCT ON (object_id) object_id, id, state, gaining, losing, requested_at, coalesce(acted_at, act_by),
		coalesce(years, 0), expires FROM transfer WHERE object = $1 AND object_id = ANY($2) ORDER BY object_id, id DESC`, object, ids)
	if err != nil {
		return nil, fmt.Errorf("read the transfers: %w", err)
	}
	out := map[int64]*Transfer{}
	for rows.Next() {
		var t Transfer
		var id int64
		var gaining, losing int32
		var expires *Date
		err = rows.Scan(&id, &t.ID, &t.State, &gaining, &losing, &t.Requested, &t.ActBy, &t.Years, &expires)
		if err != nil {
			break
		}
		if expires != nil {
			t.Expires = *expires
		}
		tags, tagErr := e.r.tags(ctx, gaining, losing)
		if tagErr != nil {
			err = tagErr
			break
		}
		t.Gaining, t.Losing = tags[0], tags[1]
		out[id] = &t
	}
	rows.Close()
	if err == nil {
		err = rows.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("read the transfers: %w", err)
	}
	return out, nil
}
