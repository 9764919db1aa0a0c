package registry

import (
	"context"
	"slices"
)

// LockType is a kind of lock that a tag puts on its names and contacts
// (std-locks). The registry's own locks are server statuses, which staff set.
type LockType string

// The types of lock.
const (
	// LockInvestigation keeps the object as it is: the client statuses against
	// update, transfer and delete. A name may still be renewed.
	LockInvestigation LockType = "investigation"
	// LockOptOut leaves the address of the contact, or of the name's registrant,
	// out of WHOIS.
	LockOptOut LockType = "opt-out"
)

// investigationLock are the statuses of LockInvestigation.
var investigationLock = []Status{StatusClientDeleteProhibited, StatusClientTransferProhibited, StatusClientUpdateProhibited}

// LockParams asks to set or remove a lock. One of Domain and Contact is set.
type LockParams struct {
	Domain, Contact string
	Type            LockType
	Unlock          bool
}

// SetLock sets or removes a lock of the acting tag.
//
// Refusals: KindPolicy V910 for a type that is not known, V911 for a lock that is
// set, or not set, already; KindNotFound, KindAuthorization V096,
// KindStatusProhibits.
func (r *Registry) SetLock(ctx context.Context, actor Actor, p LockParams) error {
	if p.Type != LockInvestigation && p.Type != LockOptOut {
		return Refuse(KindPolicy, actor.code(CodeLockUnknown), "The types of lock are %s and %s.", LockInvestigation, LockOptOut).
			About("locks:lock", string(p.Type))
	}
	return r.mutate(ctx, actor, func(tx *Tx) error {
		if p.Domain == "" {
			return tx.lockObject(ctx, p, p.Contact)
		}
		d, err := tx.lockDomainWith(ctx, normalName(p.Domain), partRegistrant)
		switch {
		case err != nil:
			return err
		case actor.IsRegistrar() && d.SponsorID != actor.Registrar:
			return notYours(d)
		case p.Type == LockOptOut:
			return tx.lockObject(ctx, p, d.Registrant)
		}
		after, err := d.Statuses.lock(ObjectDomain, p, d.Name)
		if err != nil {
			return err
		}
		tx.Queue(`UPDATE domain SET statuses = $2, updater = $3, updated_at = $4 WHERE id = $1`,
			d.ID, orEmpty(after), tx.updaterID(), tx.Now)
		c := changes{}
		noteList(c, "statuses", d.Statuses, after)
		tx.record("domain", d.ID, d.Name, p.action(), c)
		return nil
	})
}

func (p LockParams) action() string {
	if p.Unlock {
		return "unlock"
	}
	return "lock"
}

// lockObject sets or removes a lock of a contact.
func (tx *Tx) lockObject(ctx context.Context, p LockParams, handle string) error {
	c, _, err := tx.lockContact(ctx, handle)
	if err == nil {
		err = c.checkSponsor(tx.actor)
	}
	if err != nil {
		return err
	}
	after := *c
	if p.Type == LockInvestigation {
		after.Statuses, err = c.Statuses.lock(ObjectContact, p, handle)
	} else {
		after.OptOut, err = !p.Unlock, c.Statuses.CheckOperation(ObjectContact, OpUpdate)
		if err == nil && c.OptOut == after.OptOut {
			err = p.refuseState(ObjectContact, handle)
		}
	}
	if err != nil {
		return err
	}
	tx.Queue(`UPDATE contact SET statuses = $2, opt_out = $3, updater = $4, updated_at = $5 WHERE id = $1`,
		c.ID, orEmpty(after.Statuses), after.OptOut, tx.updaterID(), tx.Now)
	tx.record("contact", c.ID, c.Handle, p.action(), c.compare(&after, changes{}))
	return nil
}

// lock is the set with the investigation lock set or removed. A part of it that
// is set by itself counts as the tag's own and goes with it.
func (set StatusSet) lock(o Object, p LockParams, name string) (StatusSet, error) {
	err := set.Without(StatusClientUpdateProhibited).CheckOperation(o, OpUpdate)
	if err != nil {
		return nil, err
	}
	after := slices.Clone(set)
	for _, s := range investigationLock {
		if p.Unlock {
			after = after.Without(s)
		} else {
			after = after.With(s)
		}
	}
	if slices.Equal(after, set) {
		return nil, p.refuseState(o, name)
	}
	if a, b := after.conflict(); a != "" {
		return nil, Refuse(KindStatusProhibits, "", "The statuses %s and %s cannot be combined.", a, b).About(string(o)+":status", string(a))
	}
	return after, nil
}

// refuseState refuses a lock that is set, or not set, already.
func (p LockParams) refuseState(o Object, name string) error {
	state := "is set already"
	if p.Unlock {
		state = "is not set"
	}
	field := "domain:name"
	if o == ObjectContact {
		field = "contact:id"
	}
	return Refuse(KindPolicy, CodeLockState, "The lock %s of %s %s.", p.Type, name, state).About(field, name)
}
