package registry

import (
	"context"
	"errors"

	"github.com/namekeep/namekeep/registry/pg"
)

// DeleteContact takes a contact of the acting tag out of the register (RFC 5733
// section 3.2.2), unless a name uses it (C3).
//
// Refusals: KindNotFound, KindAuthorization, KindStatusProhibits,
// KindAssociation.
func (r *Registry) DeleteContact(ctx context.Context, actor Actor, handle string) error {
	err := errors.Join(actor.needRole(RoleOperator), actor.needReason())
	if err != nil {
		return err
	}
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		c, usedBy, err := tx.lockContact(ctx, handle)
		if err != nil {
			return err
		}
		err = c.checkSponsor(actor)
		if err != nil {
			return err
		}
		if !actor.IsStaff() {
			err = c.Statuses.CheckOperation(ObjectContact, OpDelete)
			if err != nil {
				return err
			}
		}
		if usedBy != "" {
			return contactInUse(handle, usedBy)
		}
		if c.Statuses.Has(StatusPendingUpdate) {
			tx.endChangesOf(ObjectContact, ChangeCancelled, "The contact was deleted.", c.ID)
		}
		tx.Queue(`DELETE FROM contact WHERE id = $1`, c.ID)
		tx.record("contact", c.ID, c.Handle, "delete", c.compare(&Contact{}, changes{}.add("sponsor", c.Sponsor, nil)))
		tx.tellContactDeleted(c)
		return nil
	})
	switch pg.ConstraintName(err) {
	case "domain_registrant_fkey", "domain_contact_contact_id_fkey":
		return contactInUse(handle, "another name")
	case "registrant_change_proposed_fkey":
		return Refuse(KindAssociation, "", "The contact %s cannot be deleted: it waits to be confirmed as a registrant.", handle).
			About("contact:id", handle)
	}
	return err
}

func contactInUse(handle, usedBy string) error {
	return Refuse(KindAssociation, "", "The contact %s cannot be deleted: %s uses it.", handle, usedBy).
		About("contact:id", handle)
}
