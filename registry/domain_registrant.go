package registry

import (
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
)

// registrantFacts is what a replacement of a registrant depends on.
type registrantFacts struct {
	previous, next Identity
	changeID       int64
	from           correspondent
}

// readRegistrants reads them, if the registrant is to change. The new one is
// locked so that its identity stays what both parties are told.
func (u *update) readRegistrants(b *pgx.Batch, name string) {
	f := &u.registrants
	if u.p.Registrant == nil || *u.p.Registrant == "" {
		u.held.read(b, u.p, name)
		return
	}
	*f = registrantFacts{}
	identity := func(to *Identity) func(pgx.Row) error {
		return func(row pgx.Row) error {
			var postal []PostalValues
			err := row.Scan(&to.Contact, &to.Handle, &postal, &to.Email)
			if errors.Is(err, pgx.ErrNoRows) {
				return nil
			}
			*to = identityOf(to.Contact, to.Handle, postal, to.Email)
			return err
		}
	}
	const columns = `SELECT id, handle, postal, email FROM contact WHERE `
	b.Queue(columns+`handle = $1 FOR SHARE`, *u.p.Registrant).QueryRow(identity(&f.next))
	b.Queue(columns+`id = (SELECT registrant FROM domain WHERE name = $1)`, name).QueryRow(identity(&f.previous))
	readChangeID(b, &f.changeID)
	f.from.read(b, `(SELECT sponsor FROM domain WHERE name = $1)`, name)
	u.held.read(b, u.p, name)
}

// use is the name as the rules of changes see it.
func (d *Domain) use(held bool) RegistrantUse {
	return RegistrantUse{Changes: d.Zone.RegistrantChanges, Processing: !d.FirstPaid || !d.Referred.IsZero(),
		Suspended: d.Suspended() || held, HasRegistrant: d.RegistrantID != 0}
}

// changeRegistrant puts another contact on the name, or asks both parties first
// (rule C4).
func (u *update) changeRegistrant() error {
	if u.p.Registrant == nil {
		return nil
	}
	d, staff := u.before, u.tx.actor.IsStaff()
	if d.Statuses.Has(StatusPendingUpdate) { // staff too: C6
		return Refuse(KindStatusProhibits, "", "A change of the registrant of %s waits to be confirmed; cancel it first.", d.Name).
			About("domain:status", string(StatusPendingUpdate))
	}
	handle := *u.p.Registrant
	if handle == "" {
		if d.Zone.Profile == ProfileUK {
			return Refuse(KindParamMissing, "", "A name has a registrant.").About("domain:registrant", "")
		}
		u.after.Registrant, u.after.RegistrantID = "", 0
		return nil
	}
	err := u.refs.checkContacts(d.Zone.Profile, d.SponsorID, handle, nil)
	if err != nil || handle == d.Registrant {
		return err
	}
	u.wait, err = DecideRegistrantChange(d.Name, d.use(u.held.found), staff)
	if err != nil {
		return err
	}
	if !u.wait {
		u.after.Registrant, u.after.RegistrantID = handle, u.refs.contacts[handle].id
		return nil
	}
	u.after.Statuses = u.after.Statuses.With(StatusPendingUpdate)
	if a, b := u.after.Statuses.conflict(); a != "" {
		return Refuse(KindStatusProhibits, "", "The statuses %s and %s cannot be combined.", a, b).About("domain:status", string(b))
	}
	u.after.Waiting = u.registrants.changeID
	return nil
}

// writeRegistrant writes what a replacement brings along beside the name's row.
func (u *update) writeRegistrant() {
	tx, d, f := u.tx, &u.after, &u.registrants
	switch {
	case u.wait:
		tx.queueChange(changeRequest{id: f.changeID, object: ObjectDomain, objectID: d.ID, objectName: d.Name, sponsor: d.SponsorID,
			proposed: f.next.Contact, before: f.previous, after: f.next, names: []string{d.Name}, correspondent: f.from})
	case d.RegistrantID != u.before.RegistrantID && d.RegistrantID != 0:
		tx.queueVerification(d.RegistrantID, d.Zone)
		tx.queueLift(d.RegistrantID)
	}
}

// heldBy says whether the register holds a name because its registrant's address
// is not verified (C7), and whether staff do too. Both show as serverHold; it goes
// when neither is left.
type heldBy struct{ found, staff bool }

// suspend notes that staff hold the name; the statuses are those afterwards.
func (h *heldBy) suspend(d *Domain) (StatusSet, error) {
	if d.Statuses.Has(StatusServerHold) && (!h.found || h.staff) {
		return nil, Refuse(KindStatusProhibits, "", "%s is suspended already.", d.Name).About("domain:name", d.Name)
	}
	h.staff = true
	return d.Statuses.With(StatusServerHold), nil
}

// resume notes that staff hold the name no more; the statuses are those
// afterwards.
func (h *heldBy) resume(d *Domain) (StatusSet, error) {
	switch {
	case h.found && !h.staff:
		return nil, Refuse(KindStatusProhibits, "", "%s is suspended because the e-mail address of its registrant is not verified. "+
			"The verification ends that.", d.Name).About("domain:name", d.Name)
	case h.found:
		h.staff = false
		return d.Statuses, nil
	}
	return d.Statuses.Without(StatusServerHold), nil
}

// write queues what staff did; without a hold of the register the status says
// it all.
func (h *heldBy) write(tx *Tx, d *Domain) {
	if h.found {
		tx.Queue(`UPDATE verification_hold SET staff_too = $2 WHERE domain_id = $1`, d.ID, h.staff)
	}
}

// checkHold keeps a status that is not only the staff's.
func (u *update) checkHold() error {
	if !slices.Contains(u.p.RemoveStatuses, StatusServerHold) || !u.held.found {
		return nil
	}
	_, err := u.held.resume(u.before)
	u.after.Statuses = u.after.Statuses.With(StatusServerHold)
	return err
}

// read looks, where the command may touch it.
func (h *heldBy) read(b *pgx.Batch, p UpdateDomainParams, name string) {
	*h = heldBy{}
	if p.Registrant == nil && len(p.AddStatuses)+len(p.RemoveStatuses) == 0 {
		return
	}
	h.readOf(b, name)
}

func (h *heldBy) readOf(b *pgx.Batch, name string) {
	*h = heldBy{}
	b.Queue(`SELECT true, staff_too FROM verification_hold WHERE domain_id = (SELECT id FROM domain WHERE name = $1)`, name).
		QueryRow(func(row pgx.Row) error { return orNone(row.Scan(&h.found, &h.staff)) })
}
