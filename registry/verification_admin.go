package registry

import (
	"context"
	"errors"
)

// VerifyContact notes, for staff, that a contact's address is its own (C7);
// names held because it was not verified are back. Refusals: KindAuthorization
// and KindParamMissing for the actor, KindNotFound, KindStatusProhibits for an
// address that is verified already.
func (r *Registry) VerifyContact(ctx context.Context, actor Actor, handle string) error {
	return r.onVerification(ctx, actor, handle, func(tx *Tx, c *Contact, v *Verification) error {
		before := VerificationState("")
		if v != nil {
			before = v.State
			if v.State == Verified && v.Email == c.Email {
				return Refuse(KindStatusProhibits, "", "%s of %s has been verified.", c.Email, handle).About("contact:email", c.Email)
			}
		}
		tx.queueVerified(c.ID, c.Email, ProofStaff)
		tx.record("contact", c.ID, c.Handle, "verify", changes{}.add("email", nil, c.Email).add("verification", before, Verified))
		return nil
	})
}

// AskVerification writes to a contact's address again, with a new link and new
// time; the link before is void. Its refusals are those of VerifyContact.
func (r *Registry) AskVerification(ctx context.Context, actor Actor, handle string) error {
	return r.onVerification(ctx, actor, handle, func(tx *Tx, c *Contact, v *Verification) error {
		if v != nil && v.State == Verified && v.Email == c.Email {
			return Refuse(KindStatusProhibits, "", "%s of %s has been verified.", c.Email, handle).About("contact:email", c.Email)
		}
		tx.queueAsk(c.ID, true)
		tx.record("contact", c.ID, c.Handle, "ask verification", changes{}.add("email", nil, c.Email))
		return nil
	})
}

func (r *Registry) onVerification(ctx context.Context, actor Actor, handle string, do func(*Tx, *Contact, *Verification) error) error {
	err := errors.Join(actor.staffOnly(RoleOperator, RoleSupport), actor.needReason())
	if err != nil {
		return err
	}
	return r.mutate(ctx, actor, func(tx *Tx) error {
		c, _, err := tx.lockContact(ctx, handle)
		if err != nil {
			return err
		}
		v, err := readVerification(tx.QueryRow(ctx, verificationSQL+` WHERE v.contact_id = $1`, c.ID))
		switch {
		case errors.Is(err, ErrLinkUnknown):
			return do(tx, c, nil)
		case err != nil:
			return err
		}
		return do(tx, c, &v)
	})
}

// ContactVerification returns the state of a contact's address, nil where nobody
// has asked for it (C7).
func (r *Registry) ContactVerification(ctx context.Context, contact int64) (*Verification, error) {
	v, err := readVerification(r.db.Pool.QueryRow(ctx, verificationSQL+` WHERE v.contact_id = $1`, contact))
	switch {
	case errors.Is(err, ErrLinkUnknown):
		return nil, nil
	case err != nil:
		return nil, err
	case v.Email != v.current:
		return nil, nil // the contact has another address, which nobody asks for
	}
	return &v, nil
}
