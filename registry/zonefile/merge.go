package zonefile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// fetchRows is how many rows of a cursor are held at a time.
const fetchRows = 5_000

// merge walks through a zone as it is to be and as it is published, side by
// side, in one snapshot.
type merge struct {
	p  *Publisher
	tx pgx.Tx
	as *areas
	a  *area

	published bool
	fixed     string
	settled   int64 // the history up to here is in the snapshot
	wanted    *union
	names     int64
	entries   int64
	differ    []key
}

func newMerge(p *Publisher, tx pgx.Tx, as *areas, a *area) *merge {
	return &merge{p: p, tx: tx, as: as, a: a}
}

// open begins the reads.
func (m *merge) open(ctx context.Context) error {
	var err error
	m.fixed, err = m.as.fixed(m.a)
	if err != nil {
		return err
	}
	err = m.tx.QueryRow(ctx, `SELECT settled, EXISTS (SELECT FROM zone_publication WHERE zone_id = $1) FROM zone_watch`, m.a.id).
		Scan(&m.settled, &m.published)
	if err != nil {
		return err
	}
	// The whole will be read, so plans that start late and end early are right.
	_, err = m.tx.Exec(ctx, `SET LOCAL cursor_tuple_fraction = 1`)
	if err != nil {
		return err
	}
	names, err := declare(ctx, m.tx, "zone_names", nameSQL+` WHERE d.zone_id = `+strconv.Itoa(int(m.a.id))+` ORDER BY d.name`, m.scanName)
	if err != nil {
		return err
	}
	hosts, err := declare(ctx, m.tx, "zone_hosts", `SELECT `+hostSQL+` FROM (SELECT `+strconv.Itoa(int(m.a.id))+` AS z) zone, host h, `+coveredSQL+`
		WHERE h.superordinate IS NOT NULL AND h.addresses <> '{}' AND right(h.name, `+strconv.Itoa(len(m.a.name)+1)+`) = '.`+m.a.name+`'
		ORDER BY h.name`, m.scanHost)
	if err != nil {
		return err
	}
	fixed, err := m.fixedEntries(ctx)
	m.wanted = &union{sources: []source{fixed, names, hosts}}
	return err
}

// leftOut logs what must not get into the zone and goes on without it.
func (m *merge) leftOut(e Entry, err error) (Entry, error) {
	if err != nil {
		m.p.log.Error("left out of the zone", "zone", m.a.name, "error", err)
		e.Records = nil
	}
	return e, nil
}

func (m *merge) scanName(row pgx.CollectableRow) (Entry, error) {
	n, _, err := scanName(row)
	if err != nil {
		return Entry{}, err
	}
	if b := m.as.byName[n.Name]; b != nil && b.serves {
		return Entry{Owner: n.Name, Kind: KindDelegation}, nil // a zone of ours comes with fixedEntries
	}
	return m.leftOut(n.Delegation())
}

func (m *merge) scanHost(row pgx.CollectableRow) (Entry, error) {
	h, err := scanHost(row)
	if err != nil {
		return Entry{}, err
	}
	if _, fixed := slices.BinarySearch(m.as.fixedHosts(m.a), h.Name); fixed {
		return Entry{Owner: h.Name, Kind: KindAddress}, nil // comes with fixedEntries
	}
	return m.leftOut(m.as.host(h, m.a).Glue())
}

// fixedEntries are the zones of ours below this one and the hosts of apexes.
func (m *merge) fixedEntries(ctx context.Context) (*list, error) {
	var out []Entry
	for _, b := range m.as.below(m.a) {
		e, err := m.leftOut(b.delegation())
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	var places []place
	for _, h := range m.as.fixedHosts(m.a) {
		places = append(places, place{m.a.id, h})
	}
	hosts, err := readHosts(ctx, m.tx, places)
	if err != nil {
		return nil, err
	}
	for _, at := range places {
		h := hosts[at]
		h.Name = at.owner
		e, err := m.leftOut(m.as.host(h, m.a).Glue())
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	slices.SortFunc(out, Entry.compare)
	return &list{out}, nil
}

func (m *merge) count(e Entry) {
	m.entries++
	if e.Kind == KindDelegation {
		m.names++
	}
}

// run notes what differs.
func (m *merge) run(ctx context.Context) error {
	old, err := declare(ctx, m.tx, "zone_published", `SELECT owner, kind, records FROM zone_entry
		WHERE zone_id = `+strconv.Itoa(int(m.a.id))+` ORDER BY owner, kind`, scanEntry)
	if err != nil {
		return err
	}
	have, err := old.next(ctx)
	if err != nil {
		return err
	}
	want, err := m.wanted.next(ctx)
	for err == nil && (have.Owner != "" || want.Owner != "") {
		order := have.compare(want)
		switch {
		case have.Owner == "":
			order = 1
		case want.Owner == "":
			order = -1
		}
		if order != 0 || !slices.Equal(have.Records, want.Records) {
			e := want
			if order < 0 {
				e = have
			}
			if len(m.differ) < maxDiffers {
				m.differ = append(m.differ, key{place{m.a.id, e.Owner}, e.Kind})
			}
		}
		if order >= 0 {
			m.count(want)
			want, err = m.wanted.next(ctx)
		}
		if order <= 0 && err == nil {
			have, err = old.next(ctx)
		}
	}
	return err
}

func scanEntry(row pgx.CollectableRow) (Entry, error) {
	var e Entry
	err := row.Scan(&e.Owner, &e.Kind, &e.Records)
	return e, err
}

// source yields entries in order, with records; one without owner is the end.
type source interface {
	next(ctx context.Context) (Entry, error)
}

// list is a source in memory.
type list struct{ entries []Entry }

func (l *list) next(context.Context) (Entry, error) {
	for len(l.entries) > 0 {
		e := l.entries[0]
		l.entries = l.entries[1:]
		if len(e.Records) > 0 {
			return e, nil
		}
	}
	return Entry{}, nil
}

// cursor is a source in the database.
type cursor struct {
	tx   pgx.Tx
	name string
	scan func(pgx.CollectableRow) (Entry, error)
	held []Entry
	end  bool
}

func declare(ctx context.Context, tx pgx.Tx, name, sql string, scan func(pgx.CollectableRow) (Entry, error)) (*cursor, error) {
	_, err := tx.Exec(ctx, `DECLARE `+name+` NO SCROLL CURSOR FOR `+sql)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return &cursor{tx: tx, name: name, scan: scan}, nil
}

func (c *cursor) next(ctx context.Context) (Entry, error) {
	for {
		for len(c.held) > 0 {
			e := c.held[0]
			c.held = c.held[1:]
			if len(e.Records) > 0 {
				return e, nil
			}
		}
		if c.end {
			return Entry{}, nil
		}
		rows, err := c.tx.Query(ctx, `FETCH `+strconv.Itoa(fetchRows)+` FROM `+c.name)
		if err != nil {
			return Entry{}, fmt.Errorf("read %s: %w", c.name, err)
		}
		c.held, err = pgx.CollectRows(rows, c.scan)
		if err != nil {
			return Entry{}, fmt.Errorf("read %s: %w", c.name, err)
		}
		c.end = len(c.held) < fetchRows
	}
}

// union yields the entries of several sources in order. No two may have the
// same.
type union struct {
	sources []source
	held    []Entry
	last    Entry
}

var errTwice = errors.New("two sources have one entry")

func (u *union) next(ctx context.Context) (Entry, error) {
	if u.held == nil {
		u.held = make([]Entry, len(u.sources))
		for i, s := range u.sources {
			var err error
			u.held[i], err = s.next(ctx)
			if err != nil {
				return Entry{}, err
			}
		}
	}
	first := -1
	for i, e := range u.held {
		if e.Owner != "" && (first < 0 || e.compare(u.held[first]) < 0) {
			first = i
		}
	}
	if first < 0 {
		return Entry{}, nil
	}
	e := u.held[first]
	if u.last.Owner != "" && e.compare(u.last) <= 0 {
		return e, fmt.Errorf("%s %s: %w", e.Kind, e.Owner, errTwice)
	}
	u.last = e
	var err error
	u.held[first], err = u.sources[first].next(ctx)
	return e, err
}
