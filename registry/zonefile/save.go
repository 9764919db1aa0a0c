package zonefile

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// save publishes the changes of one zone under a new serial. It returns nil if
// there are none, and a StoppedError if the shrink guard says no: then only that
// is noted.
func (b *batch) save(ctx context.Context, a *area, z *publication, diff []change) (*Published, error) {
	head := headOf(a.apex)
	fixed, err := b.as.fixed(a)
	if err != nil {
		return nil, err
	}
	if fixed != z.fixed {
		z.compare = true
	}
	anew := b.anew || !head.equal(z.head)
	if len(diff) == 0 && !anew {
		return nil, b.saveFlags(ctx, z, fixed)
	}
	names := z.names + delegated(diff)
	now := b.p.reg.Now()
	if err := b.p.guard(z, a.name, names, now); err != nil && !b.free {
		return nil, b.stop(ctx, z, err, now)
	}
	z.version++
	z.serial = NextSerial(z.serial, now)
	if anew {
		err = dropJournal(ctx, b.tx, z.zone)
	} else {
		err = b.writeJournal(ctx, z, diff)
	}
	if err == nil {
		err = b.writeEntries(ctx, z.zone, diff)
	}
	if err != nil {
		return nil, fmt.Errorf("publish %s: %w", a.name, err)
	}
	data, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	_, err = b.tx.Exec(ctx, `WITH v AS (INSERT INTO zone_version (zone_id, version, serial, at) VALUES ($1, $3, $2, $4))
		UPDATE zone_publication SET serial = $2, version = $3, published_at = $4, names = $5, head = $6, fixed = $7, compare = $8,
			guard_names = $9, guard_at = $10 WHERE zone_id = $1`,
		z.zone, int64(z.serial), z.version, now, names, data, fixed, z.compare, z.guardNames, z.guardAt)
	if err == nil {
		err = b.prune(ctx, z)
	}
	if err != nil {
		return nil, fmt.Errorf("publish %s: %w", a.name, err)
	}
	return &Published{Zone: a.name, Serial: z.serial, Names: names, Changes: len(diff)}, nil
}

// saveFlags notes that other zones' apexes have changed: the whole is compared
// then.
func (b *batch) saveFlags(ctx context.Context, z *publication, fixed string) error {
	if fixed == z.fixed {
		return nil
	}
	_, err := b.tx.Exec(ctx, `UPDATE zone_publication SET fixed = $2, compare = true WHERE zone_id = $1`, z.zone, fixed)
	return err
}

// stop notes that the shrink guard stopped a zone, and returns why.
func (b *batch) stop(ctx context.Context, z *publication, why error, now any) error {
	_, err := b.tx.Exec(ctx, `UPDATE zone_publication SET stopped_at = coalesce(stopped_at, $2), stopped_why = $3, compare = true,
		guard_names = $4, guard_at = $5 WHERE zone_id = $1`, z.zone, now, Stopped(why).Why, z.guardNames, z.guardAt)
	if err != nil {
		return err
	}
	return why
}

// delegated is by how many names changes make a zone longer.
func delegated(diff []change) (n int64) {
	for _, c := range diff {
		if c.new.Kind != KindDelegation {
			continue
		}
		if len(c.old.Records) > 0 {
			n--
		}
		if len(c.new.Records) > 0 {
			n++
		}
	}
	return n
}

var changeColumns = []string{"zone_id", "version", "owner", "kind", "removed", "added"}

func (b *batch) writeJournal(ctx context.Context, z *publication, diff []change) error {
	_, err := b.tx.CopyFrom(ctx, pgx.Identifier{"zone_change"}, changeColumns, pgx.CopyFromSlice(len(diff), func(i int) ([]any, error) {
		c := diff[i]
		return []any{z.zone, z.version, c.new.Owner, string(c.new.Kind), orNone(without(c.old.Records, c.new.Records)),
			orNone(without(c.new.Records, c.old.Records))}, nil
	}))
	return err
}

func orNone(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

var entryColumns = []string{"zone_id", "owner", "kind", "records"}

// writeEntries replaces what is published of the entries that changed.
func (b *batch) writeEntries(ctx context.Context, zone int32, diff []change) error {
	var owners, kinds []string
	var rows [][]any
	for _, c := range diff {
		if len(c.old.Records) > 0 {
			owners, kinds = append(owners, c.old.Owner), append(kinds, string(c.old.Kind))
		}
		if len(c.new.Records) > 0 {
			rows = append(rows, []any{zone, c.new.Owner, string(c.new.Kind), c.new.Records})
		}
	}
	_, err := b.tx.Exec(ctx, `DELETE FROM zone_entry e USING unnest($2::text[], $3::text[]) AS v (owner, kind)
		WHERE e.zone_id = $1 AND e.owner = v.owner AND e.kind = v.kind`, zone, owners, kinds)
	if err == nil {
		_, err = b.tx.CopyFrom(ctx, pgx.Identifier{"zone_entry"}, entryColumns, pgx.CopyFromRows(rows))
	}
	return err
}

// dropJournal makes secondaries transfer the whole zone.
func dropJournal(ctx context.Context, tx pgx.Tx, zone int32) error {
	_, err := tx.Exec(ctx, `DELETE FROM zone_change WHERE zone_id = $1`, zone)
	if err == nil {
		_, err = tx.Exec(ctx, `DELETE FROM zone_version WHERE zone_id = $1`, zone)
	}
	return err
}

// prune removes the journal's oldest part. The serial of now stays.
func (b *batch) prune(ctx context.Context, z *publication) error {
	tag, err := b.tx.Exec(ctx, `DELETE FROM zone_version WHERE zone_id = $1 AND version < $2 AND at < $3`,
		z.zone, z.version, b.p.reg.Now().Add(-b.p.o.Keep))
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	_, err = b.tx.Exec(ctx, `DELETE FROM zone_change WHERE zone_id = $1
		AND version <= (SELECT min(version) FROM zone_version WHERE zone_id = $1)`, z.zone)
	return err
}
