package registry

import (
	"context"
	"errors"

	"github.com/namekeep/namekeep/registry/pg"
)

// DeleteHost takes a host of the acting tag out of the register (RFC 5732
// section 3.2.2), unless a name uses it.
//
// Refusals: KindNotFound, KindAuthorization, KindStatusProhibits,
// KindAssociation.
func (r *Registry) DeleteHost(ctx context.Context, actor Actor, name string) error {
	err := errors.Join(actor.needRole(RoleOperator), actor.needReason())
	if err != nil {
		return err
	}
	name = normalName(name)
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		h, use, err := tx.lockHost(ctx, name, false, &superordinate{})
		if err != nil {
			return err
		}
		err = h.checkSponsor(actor)
		if err != nil {
			return err
		}
		if !actor.IsStaff() {
			err = h.Statuses.CheckOperation(ObjectHost, OpDelete)
			if err != nil {
				return err
			}
		}
		if use.any != "" {
			return hostInUse(name, use.any)
		}
		tx.Queue(`DELETE FROM host WHERE id = $1`, h.ID)
		c := changes{}.add("sponsor", h.Sponsor, nil)
		noteList(c, "addresses", h.Addresses, nil)
		tx.record("host", h.ID, h.Name, "delete", c)
		tx.tellStaffChange(ObjectHost, h.Name, h.SponsorID, "delete")
		return nil
	})
	if pg.ConstraintName(err) == "domain_host_host_id_fkey" {
		return hostInUse(name, "another name")
	}
	return err
}

func hostInUse(name, usedBy string) error {
	return Refuse(KindAssociation, "", "The host %s cannot be deleted: %s uses it.", name, usedBy).About("host:name", name)
}
