package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/namekeep/namekeep/registry/pg"
)

// updateCall is a change of a name's own row in the queue for a joint statement.
type updateCall struct {
	u       *update
	written bool
	err     error
}

func (c *updateCall) seatKey() string { return c.u.before.Name }
func (c *updateCall) weight() int     { return 1 }

// onlyRow tells that nothing but the name's own row is to change.
func (p UpdateDomainParams) onlyRow() bool {
	return len(p.AddHosts)+len(p.RemoveHosts)+len(p.AddContacts)+len(p.RemoveContacts) == 0 && p.Registrant == nil && p.DNSSEC == nil
}

// updateJointly changes a name as UpdateDomain does, without a lock: it reads the
// name, decides, and writes together with others, each only if its name is still
// as it was read. done is false when more than the row is to change or the name
// was changed meanwhile; nothing has happened then.
func (r *Registry) updateJointly(ctx context.Context, actor Actor, p UpdateDomainParams, name string) (after *Domain, done bool, err error) {
	if !actor.IsRegistrar() || !p.onlyRow() {
		return nil, false, nil
	}
	// The decision needs the moment and the actor; nothing is sent through it.
	now := r.db.Now()
	call := &updateCall{err: errNotRun, u: &update{p: p,
		tx: &Tx{Tx: &pg.Tx{Now: now}, r: r, actor: actor, today: DateOf(now, r.loc)}}}
	u := call.u
	u.before, err = r.readDomain(ctx, name, p.parts())
	if err != nil {
		return nil, true, err
	}
	u.after = *u.before
	err = u.decide()
	if err != nil {
		return nil, true, err
	}
	u.after.Updater, u.after.Updated = u.tx.updaterTag(), now
	r.updates.do(call, func(batch []*updateCall) { r.runUpdates(ctx, batch) })
	if call.err != nil || !call.written {
		return nil, call.err != nil, call.err
	}
	return &u.after, true, nil
}

// updateJointlySQL writes the rows of names that are still as they were read;
// the rest is left out. Lists are null where they stay.
const updateJointlySQL = `WITH w AS MATERIALIZED (
		SELECT * FROM unnest($1::bigint[], $2::xid[], $3::text[], $4::smallint[], $5::smallint[], $6::smallint[], $7::smallint[], $8::text[],
			$9::text[], $10::boolean[], $11::text[], $12::text[], $13::bytea[], $14::timestamptz[], $15::timestamptz[], $16::text[], $17::text[], $18::text[])
			AS t (id, version, statuses, auto_bill, next_bill, auto_period, next_period, first_bill,
			recur_bill, not_required, notes, reseller, auth_hash, auth_set_at, at, cltrid, svtrid, changes)
		LIMIT $19), -- of an unknown size, or each length would be planned anew
	updated AS (
		UPDATE domain d SET statuses = coalesce(w.statuses::text[], d.statuses), auto_bill = w.auto_bill, next_bill = w.next_bill,
			auto_period = w.auto_period, next_period = w.next_period, first_bill = w.first_bill, recur_bill = w.recur_bill,
			renew_not_required = w.not_required, notes = coalesce(w.notes::text[], d.notes), reseller = w.reseller,
			auth_hash = w.auth_hash, auth_set_at = w.auth_set_at, updater = d.sponsor, updated_at = w.at
		FROM w, registrar r WHERE d.id = w.id AND d.xmin = w.version AND r.id = d.sponsor AND r.state = 'active'
		RETURNING d.id, d.name, d.sponsor, w.at, w.cltrid, w.svtrid, w.changes),
	noted AS (
		INSERT INTO history (at, object, object_id, object_name, action, registrar_id, cltrid, svtrid, changes)
		SELECT at, 'domain', id, name, 'update', sponsor, cltrid, svtrid, changes::jsonb FROM updated)
	SELECT id FROM updated`

// runUpdates writes the changes of all calls in one statement.
func (r *Registry) runUpdates(ctx context.Context, batch []*updateCall) {
	byID := map[int64]*updateCall{}
	var c updateColumns
	for _, call := range batch {
		call.err = c.add(call.u)
		if call.err != nil {
			continue
		}
		byID[call.u.before.ID] = call
	}
	if len(byID) == 0 {
		return
	}
	err := r.db.Once(ctx, func(b *pgx.Batch) {
		b.Queue(updateJointlySQL, c.ids, c.versions, c.statuses, c.autoBill, c.nextBill, c.autoPeriod, c.nextPeriod, c.firstBill,
			c.recurBill, c.notRequired, c.notes, c.reseller, c.authHash, c.authSetAt, c.at, c.cltrids, c.svtrids, c.changes,
			len(c.ids)).Query(func(rows pgx.Rows) error {
			var id int64
			_, err := pgx.ForEachRow(rows, []any{&id}, func() error {
				byID[id].written = true
				return nil
			})
			return err
		})
	})
	if err == nil {
		return
	}
	for _, call := range byID {
		call.written = false
		if !errors.Is(err, pg.ErrNotWritten) {
			call.err = fmt.Errorf("update %s: %w", call.u.before.Name, err)
		}
	}
}

// updateColumns are the parameters of updateJointlySQL, an element for each call.
type updateColumns struct {
	ids                                        []int64
	versions                                   []uint32
	statuses, notes                            []*string // as PostgreSQL writes arrays
	autoBill, nextBill, autoPeriod, nextPeriod []*int
	firstBill, reseller                        []*string
	recurBill                                  []string
	notRequired                                []bool
	authHash                                   [][]byte
	authSetAt                                  []*time.Time
	at                                         []time.Time
	cltrids, svtrids, changes                  []*string
}

func (c *updateColumns) add(u *update) error {
	d, actor := &u.after, u.tx.actor
	statuses, err := arrayText(u.before.Statuses, d.Statuses)
	if err != nil {
		return err
	}
	notes, err := arrayText(u.before.Notes, d.Notes)
	if err != nil {
		return err
	}
	c.ids, c.versions = append(c.ids, d.ID), append(c.versions, d.version)
	c.statuses, c.notes = append(c.statuses, statuses), append(c.notes, notes)
	c.autoBill, c.nextBill = append(c.autoBill, nullInt(d.Bill.Auto)), append(c.nextBill, nullInt(d.Bill.Next))
	c.autoPeriod, c.nextPeriod = append(c.autoPeriod, nullInt(d.Bill.AutoPeriod)), append(c.nextPeriod, nullInt(d.Bill.NextPeriod))
	c.firstBill, c.reseller = append(c.firstBill, null(string(d.FirstBill))), append(c.reseller, null(d.Reseller))
	c.recurBill, c.notRequired = append(c.recurBill, string(d.RecurBill)), append(c.notRequired, d.RenewNotRequired)
	c.authHash, c.authSetAt = append(c.authHash, d.authHash), append(c.authSetAt, nullTime(d.authSetAt))
	c.at = append(c.at, u.tx.Now)
	c.cltrids, c.svtrids = append(c.cltrids, null(actor.ClTRID)), append(c.svtrids, null(actor.SvTRID))
	c.changes = append(c.changes, null(string(u.changes.json())))
	return nil
}

// arrayText writes a list of texts as PostgreSQL does, nil if it stays as it is.
// An array of arrays would not do: its rows are of one length.
func arrayText[S ~[]T, T ~string](before, after S) (*string, error) {
	if slices.Equal(before, after) {
		return nil, nil
	}
	list := make([]string, len(after))
	for i, v := range after {
		list[i] = string(v)
	}
	text, err := pgtype.NewMap().Encode(pgtype.TextArrayOID, pgtype.TextFormatCode, list, nil)
	if err != nil {
		return nil, fmt.Errorf("write a list: %w", err)
	}
	s := string(text)
	return &s, nil
}
