package zonefile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
)

const (
	// maxDiffers bounds the owners that a comparison remembers; those beyond are
	// found by the next one.
	maxDiffers = 200_000
	// repairRows is how many owners one transaction brings up to date.
	repairRows = 5_000
)

// Compared is what a comparison of a whole zone with the register found.
type Compared struct {
	Zone    string
	Filled  bool // the zone was published for the first time
	Names   int64
	Entries int64
	Differ  int // entries that differed; those of the last seconds are no fault
}

// Compare reads the whole of a zone as the register has it now, and publishes
// what differs. A zone that was never published is filled. force goes past the
// shrink guard, which otherwise leaves all as it is: a StoppedError; and it gives
// the zone a new serial and journal in any case. A comparison ends a stop. Memory does not grow with the zone. Refusals: KindNotFound, KindPolicy
// for a zone without apex.
func (p *Publisher) Compare(ctx context.Context, zone string, force bool) (Compared, error) {
	as, err := p.areas(ctx)
	if err != nil {
		return Compared{}, err
	}
	a := as.byName[zone]
	switch {
	case a == nil:
		return Compared{}, registry.Refuse(registry.KindNotFound, "", "There is no zone %s.", zone).About("zone", zone)
	case !a.serves:
		return Compared{}, registry.Refuse(registry.KindPolicy, "", "The zone %s has no apex: set it with registryctl zone apex.", zone).About("zone", zone)
	}
	total := Compared{Zone: zone}
	for {
		c, full, err := p.compareOnce(ctx, as, a, force)
		c.Differ += total.Differ
		c.Filled = c.Filled || total.Filled
		total = c
		if err != nil || !full {
			return total, err
		}
	}
}

// compareOnce is one comparison; full says that more differed than it could
// remember.
func (p *Publisher) compareOnce(ctx context.Context, as *areas, a *area, force bool) (Compared, bool, error) {
	var m *merge
	filled := false
	err := p.reg.DB().InSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		m, filled = newMerge(p, tx, as, a), false
		err := m.open(ctx)
		if err == nil && !m.published {
			filled = true
			return m.fill(ctx)
		}
		if err == nil {
			err = m.run(ctx)
		}
		return err
	})
	if pg.ConstraintName(err) == "zone_publication_pkey" {
		return Compared{}, true, nil // another publisher has filled it: compare
	}
	if err != nil {
		return Compared{}, false, fmt.Errorf("compare %s with the register: %w", a.name, err)
	}
	c := Compared{Zone: a.name, Filled: filled, Names: m.names, Entries: m.entries, Differ: len(m.differ)}
	if filled {
		return c, false, nil
	}
	err = p.repair(ctx, as, a, m, force)
	return c, len(m.differ) == maxDiffers, err
}

// repair brings what differs up to date and ends a stop.
func (p *Publisher) repair(ctx context.Context, as *areas, a *area, m *merge, force bool) error {
	if !force {
		err := p.askGuard(ctx, as, a, m.names)
		if err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(m.differ, repairRows) {
		err := p.publishAs(ctx, as, a, func(b *batch) {
			for _, k := range chunk {
				if k.kind == KindDelegation {
					b.names[k.owner] = true
				} else {
					b.places[k.place] = true
				}
			}
		})
		if err != nil {
			return fmt.Errorf("publish what differs in %s: %w", a.name, err)
		}
	}
	if len(m.differ) == maxDiffers {
		return nil
	}
	if force {
		err := p.publishAs(ctx, as, a, func(b *batch) { b.anew = true })
		if err != nil {
			return fmt.Errorf("publish %s: %w", a.name, err)
		}
	}
	return p.finish(ctx, a, m, force)
}

// publishAs publishes one zone, past the guard, with what note adds.
func (p *Publisher) publishAs(ctx context.Context, as *areas, a *area, note func(*batch)) error {
	return p.reg.DB().InSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := lockWatch(ctx, tx)
		if err != nil {
			return err
		}
		b, err := p.batch(ctx, tx, as)
		if err != nil {
			return err
		}
		b.only, b.free = a, true
		note(b)
		_, _, err = b.publish(ctx)
		return err
	})
}

// finish notes that a zone is as the register was at a comparison. A stop ends;
// the changes since are made up for by the next pass.
func (p *Publisher) finish(ctx context.Context, a *area, m *merge, force bool) error {
	now := p.reg.Now()
	return p.reg.DB().InSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := lockWatch(ctx, tx)
		if err == nil {
			_, err = tx.Exec(ctx, `UPDATE zone_publication SET compare = compare AND fixed <> $2, checked_at = $3, compared_at = $3,
				catch_up = CASE WHEN stopped_at IS NULL THEN catch_up ELSE least(catch_up, $4) END, stopped_at = NULL, stopped_why = NULL,
				guard_names = CASE WHEN $5 THEN names ELSE guard_names END, guard_at = CASE WHEN $5 THEN $3 ELSE guard_at END
				WHERE zone_id = $1`, a.id, m.fixed, now, m.settled, force)
		}
		return err
	})
}

// askGuard asks the shrink guard whether a zone may have a number of names.
func (p *Publisher) askGuard(ctx context.Context, as *areas, a *area, names int64) error {
	var stopped error
	err := p.reg.DB().InSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := lockWatch(ctx, tx)
		if err != nil {
			return err
		}
		b, err := p.batch(ctx, tx, as)
		if err != nil {
			return err
		}
		z := b.zones[a.id]
		stopped = p.guard(z, a.name, names, p.reg.Now())
		if stopped == nil {
			return nil
		}
		err = b.stop(ctx, z, stopped, p.reg.Now())
		if !errors.Is(err, stopped) {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE zone_publication SET compared_at = $2 WHERE zone_id = $1`, a.id, p.reg.Now())
		return err
	})
	return errors.Join(err, stopped)
}

// fill publishes a zone for the first time, in the transaction of the snapshot.
func (m *merge) fill(ctx context.Context) error {
	now := m.p.reg.Now()
	serial := NextSerial(0, now)
	head, err := json.Marshal(headOf(m.a.apex))
	if err != nil {
		return err
	}
	// First of all, so that a second publisher waits for this one.
	_, err = m.tx.Exec(ctx, `INSERT INTO zone_publication (zone_id, serial, version, published_at, checked_at, compared_at, names, head,
		fixed, compare, catch_up, guard_names, guard_at) VALUES ($1, $2, 1, $3, $3, $3, 0, $4, $5, false, $6, 0, $3)`,
		m.a.id, int64(serial), now, head, m.fixed, m.settled)
	if err != nil {
		return err
	}
	var rows [][]any
	flush := func() error {
		_, err := m.tx.CopyFrom(ctx, pgx.Identifier{"zone_entry"}, entryColumns, pgx.CopyFromRows(rows))
		rows = rows[:0]
		return err
	}
	for {
		e, err := m.wanted.next(ctx)
		if err != nil {
			return err
		}
		if e.Owner == "" {
			break
		}
		m.count(e)
		rows = append(rows, []any{m.a.id, e.Owner, string(e.Kind), e.Records})
		if len(rows) == fetchRows {
			err = flush()
			if err != nil {
				return err
			}
		}
	}
	err = flush()
	if err == nil {
		_, err = m.tx.Exec(ctx, `UPDATE zone_publication SET names = $2, guard_names = $2 WHERE zone_id = $1`, m.a.id, m.names)
	}
	if err == nil {
		_, err = m.tx.Exec(ctx, `INSERT INTO zone_version (zone_id, version, serial, at) VALUES ($1, 1, $2, $3)`, m.a.id, int64(serial), now)
	}
	return err
}
