package registry

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// RenameContact gives a contact of the acting tag another id (std-contact-id);
// its names keep it.
//
// Refusals: KindParamSyntax for the new id, KindNotFound, KindAuthorization V096,
// KindStatusProhibits, KindExists.
func (r *Registry) RenameContact(ctx context.Context, actor Actor, handle, to string) error {
	err := CheckHandle(to)
	if err != nil {
		return err
	}
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		taken := false
		c, _, err := tx.lockContact(ctx, handle, func(b *pgx.Batch) { queueTaken(b, to, &taken) })
		if err != nil {
			return err
		}
		err = c.checkChange(actor)
		if err != nil {
			return err
		}
		if taken {
			return contactExists(to)
		}
		tx.Queue(`UPDATE contact SET handle = $2, updater = $3, updated_at = $4 WHERE id = $1`, c.ID, to, tx.updaterID(), tx.Now)
		tx.record("contact", c.ID, to, "rename", changes{}.add("id", c.Handle, to))
		tx.tellStaffChange(ObjectContact, to, c.SponsorID, "update")
		return nil
	})
	if pg.ConstraintName(err) == "contact_handle_key" {
		return contactExists(to)
	}
	return err
}

// queueTaken asks whether a contact id is in use.
func queueTaken(b *pgx.Batch, handle string, taken *bool) {
	b.Queue(`SELECT EXISTS (SELECT FROM contact WHERE handle = $1)`, handle).
		QueryRow(func(row pgx.Row) error { return row.Scan(taken) })
}

// checkChange refuses a change that the contact's tag or statuses forbid.
func (c *Contact) checkChange(actor Actor) error {
	err := c.checkSponsor(actor)
	if err != nil || actor.IsStaff() {
		return err
	}
	return c.Statuses.CheckOperation(ObjectContact, OpUpdate)
}

// DataFault says what is wrong with the contact's data by the rules of today, ""
// if nothing is.
func (c *Contact) DataFault() string {
	profile := ProfileUK
	if len(c.Postal) > 1 {
		profile = ProfileGTLD
	}
	err := CheckContact(c.ContactValues, profile)
	if err == nil {
		return ""
	}
	return AsRefusal(err).Reason
}
