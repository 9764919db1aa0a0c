package registry

import (
	"github.com/jackc/pgx/v5"
	"slices"
)

// registrantUses is how names use a contact as their registrant, which decides
// what a change of its identity needs (C5).
type registrantUses struct {
	zones    []ZoneUse
	names    []string // of zones that support the change, changeNames at most
	count    int      // of such names
	awaited  string   // a name whose change to this registrant waits, "" for none
	changeID int64
	from     correspondent
}

// namesIdentity tells that the command gives a name, organisation or e-mail.
func (p UpdateContactParams) namesIdentity() bool {
	for _, c := range p.Postal {
		if c.Name != nil || c.Org != nil {
			return true
		}
	}
	return p.Email != nil
}

// activeSQL tells that a name d counts as active: RegistrantUse.Active in SQL.
const activeSQL = `d.first_paid AND d.referred_at IS NULL AND d.suspended_on IS NULL
	AND NOT EXISTS (SELECT FROM verification_hold h WHERE h.domain_id = d.id)`

// readUses reads them behind the contact's lock, if the identity may change.
func (u *contactUpdate) readUses(b *pgx.Batch) {
	f := &u.uses
	*f = registrantUses{}
	if !u.p.namesIdentity() {
		return
	}
	b.Queue(`SELECT z.id, z.registrant_changes, EXISTS (SELECT FROM domain d WHERE d.registrant = c.id AND d.zone_id = z.id AND `+activeSQL+`)
		FROM contact c JOIN zone z ON EXISTS (SELECT FROM domain d WHERE d.registrant = c.id AND d.zone_id = z.id)
		WHERE c.handle = $1 ORDER BY z.id`, u.p.Handle).Query(func(rows pgx.Rows) error {
		var err error
		f.zones, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ZoneUse])
		return err
	})
	b.Queue(`SELECT d.name, count(*) OVER () FROM domain d JOIN contact c ON c.id = d.registrant JOIN zone z ON z.id = d.zone_id
		WHERE c.handle = $1 AND z.registrant_changes <> 'never' ORDER BY d.name LIMIT $2`, u.p.Handle, changeNames).
		Query(func(rows pgx.Rows) error {
			var name string
			_, err := pgx.ForEachRow(rows, []any{&name, &f.count}, func() error { f.names = append(f.names, name); return nil })
			return err
		})
	b.Queue(`SELECT object_name FROM registrant_change WHERE proposed = (SELECT id FROM contact WHERE handle = $1) LIMIT 1`, u.p.Handle).
		QueryRow(func(row pgx.Row) error { return orNone(row.Scan(&f.awaited)) })
	readChangeID(b, &f.changeID)
	f.from.read(b, `(SELECT sponsor FROM contact WHERE handle = $1)`, u.p.Handle)
}

// judgeIdentity decides whether the contact's new identity has to be confirmed
// first (C5). If so it is taken back here, and the rest of the command stays.
func (u *contactUpdate) judgeIdentity() error {
	before, after := u.before.identity(), u.after.identity()
	if after.Same(before) {
		return nil
	}
	c := u.before
	if c.Statuses.Has(StatusPendingUpdate) { // staff too: C6
		return Refuse(KindStatusProhibits, "", "A change of %s waits to be confirmed; cancel it first.", c.Handle).
			About("contact:status", string(StatusPendingUpdate))
	}
	if u.uses.awaited != "" {
		return Refuse(KindStatusProhibits, "", "%s waits to be confirmed as the registrant of %s: who it is cannot change meanwhile.",
			c.Handle, u.uses.awaited).About("contact:id", c.Handle)
	}
	wait, kept, err := DecideIdentityChange(c.Handle, u.uses.zones, u.tx.actor.IsStaff())
	u.kept = kept
	if err != nil || !wait {
		return err
	}
	if len(u.after.Postal) != len(u.before.Postal) {
		return Refuse(KindPolicy, "", "A form of postalInfo is added while no active name has %s as its registrant.", c.Handle).
			About(fieldPostalInfo, "")
	}
	u.wait = &after
	before.apply(&u.after)
	u.after.Statuses = u.after.Statuses.With(StatusPendingUpdate)
	if a, b := u.after.Statuses.conflict(); a != "" {
		return Refuse(KindStatusProhibits, "", "The statuses %s and %s cannot be combined.", a, b).About("contact:status", string(b))
	}
	u.after.Waiting = u.uses.changeID
	return nil
}

// writeIdentity asks both addresses, or where nobody has to confirm it, whether
// a new address is the contact's own (C7).
func (u *contactUpdate) writeIdentity() {
	tx, f, c := u.tx, &u.uses, u.before
	switch {
	case u.wait != nil:
		tx.queueChange(changeRequest{id: f.changeID, object: ObjectContact, objectID: c.ID, objectName: c.Handle, sponsor: c.SponsorID,
			before: c.identity(), after: *u.wait, names: f.names, more: f.count - len(f.names), correspondent: f.from})
	case c.Email != u.after.Email:
		tx.queueVerification(c.ID, nil)
	}
	if was, is := c.identity(), u.after.identity(); u.wait == nil && (was.Email != is.Email || !slices.Equal(was.Postal, is.Postal)) {
		tx.endLinksOf(c.ID)
	}
}
