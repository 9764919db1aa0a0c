package registry

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// ForkContactParams asks to copy a contact for some of its names.
type ForkContactParams struct {
	Handle string   // "": the registrant that all the names have
	New    string   // id of the copy; "": the registry makes one
	Names  []string // that get the copy; none: it is only made
}

// ForkContact copies a contact of the acting tag and puts the copy in its place
// on the names (std-fork), in whatever role they have it. The data is the same,
// so no registrant has to consent (rule C4 is about another one). All names
// change, or none.
//
// Refusals: KindParamMissing without contact and names, KindParamSyntax for the
// new id, KindExists, KindNotFound, KindAuthorization V096, KindStatusProhibits,
// KindPolicy V909 for a name that does not have the contact.
func (r *Registry) ForkContact(ctx context.Context, actor Actor, p ForkContactParams) (*Contact, error) {
	if p.New == "" {
		p.New = newHandle()
	}
	err := CheckHandle(p.New)
	if err != nil {
		return nil, err
	}
	p.Names = normalNames(p.Names)
	if p.Handle == "" && len(p.Names) == 0 {
		return nil, Refuse(KindParamMissing, "", "Give a contact, or names that have it as registrant.").About("fork:contactId", "")
	}
	var made *Contact
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		made, err = tx.forkContact(ctx, p)
		return err
	})
	if pg.ConstraintName(err) == "contact_handle_key" {
		err = contactExists(p.New)
	}
	if err != nil {
		return nil, err
	}
	return made, nil
}

func (tx *Tx) forkContact(ctx context.Context, p ForkContactParams) (*Contact, error) {
	names, err := tx.lockSelected(ctx, byNames(p.Names), readNothing, readNothing)
	if err != nil {
		return nil, err
	}
	names, err = inOrder(names, p.Names)
	if err != nil {
		return nil, err
	}
	for _, d := range names {
		err = d.checkFork(tx.actor)
		if err != nil {
			return nil, err
		}
	}
	if p.Handle == "" {
		p.Handle = names[0].Registrant
	}
	taken, id := false, int64(0)
	c, _, err := tx.lockContact(ctx, p.Handle, func(b *pgx.Batch) {
		queueTaken(b, p.New, &taken)
		b.Queue(`SELECT nextval('contact_id_seq')`).QueryRow(func(row pgx.Row) error { return row.Scan(&id) })
	})
	if err != nil {
		return nil, err
	}
	err = c.checkSponsor(tx.actor)
	if err != nil {
		return nil, err
	}
	if taken {
		return nil, contactExists(p.New)
	}
	tx.copyContact(c.ID, c.Handle, id, p.New, c.SponsorID, c.Sponsor)
	for _, d := range names {
		err = tx.putInPlace(d, c, id, p.New)
		if err != nil {
			return nil, err
		}
	}
	for _, d := range names {
		tx.queueVerification(id, d.Zone)
	}
	made := *c
	made.ID, made.Handle, made.Created, made.Linked, made.Statuses = id, p.New, tx.Now, len(names) > 0, nil
	return &made, nil
}

// checkFork refuses a name whose contacts the actor may not change.
func (d *Domain) checkFork(actor Actor) error {
	if d.SponsorID != actor.Registrar {
		return notYours(d)
	}
	return d.Statuses.CheckOperation(ObjectDomain, OpUpdate)
}

// putInPlace puts a copy in a contact's place on a name.
func (tx *Tx) putInPlace(d *Domain, c *Contact, id int64, handle string) error {
	uses := func(k DomainContact) bool { return k.Handle == c.Handle }
	if d.RegistrantID != c.ID && !slices.ContainsFunc(d.Contacts, uses) {
		return d.renewalName().refuse(KindPolicy, CodeNotItsContact, "%s does not have the contact %s.", d.Name, c.Handle).
			About("domain:name", d.Name)
	}
	tx.Queue(`UPDATE domain SET registrant = CASE WHEN registrant = $2 THEN $3 ELSE registrant END, updater = $4, updated_at = $5
		WHERE id = $1`, d.ID, c.ID, id, tx.updaterID(), tx.Now)
	tx.Queue(`UPDATE domain_contact SET contact_id = $3 WHERE domain_id = $1 AND contact_id = $2`, d.ID, c.ID, id)
	tx.record("domain", d.ID, d.Name, "fork", changes{}.add("contact", c.Handle, handle))
	return nil
}
