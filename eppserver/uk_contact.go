package eppserver

import (
	"slices"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// unrenew takes renewals back, all or none (std-unrenew-1.0, rule R5).
func unrenew(c *call) (answer, error) {
	return answer{}, c.reg.UnrenewDomains(c.ctx, c.actor, c.cmd.Action.(*xml.Unrenew).Domains)
}

// fork copies a contact for some of its names (std-fork-1.0). The answer names
// the copy, whose id may be the registry's choice.
func fork(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.Fork)
	made, err := c.reg.ForkContact(c.ctx, c.actor, registry.ForkContactParams{Handle: a.ContactID, New: a.NewContactID, Names: a.Domains})
	if err != nil {
		return answer{}, err
	}
	return answer{resData: &xml.ContactCreateData{ID: made.Handle, CrDate: made.Created}}, nil
}

// lock sets or removes a lock (std-locks-1.0).
func lock(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.Lock)
	return answer{}, c.reg.SetLock(c.ctx, c.actor, registry.LockParams{
		Domain: a.Domain, Contact: a.ContactID, Type: registry.LockType(a.Type), Unlock: a.Unlock})
}

// renameContact gives a contact another id (std-contact-id-1.0).
func renameContact(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.ContactIDUpdate)
	return answer{}, c.reg.RenameContact(c.ctx, c.actor, a.ID, a.NewID)
}

// directRights is the check of nom-direct-rights-1.0 by itself. It names no
// domain, so there is nothing to have a right to.
func directRights(*call) (answer, error) {
	return answer{resData: &xml.DirectRightsCheckData{}}, nil
}

// directRight answers the check that extends a domain check.
func (c *call) directRight(names []string, x *xml.DirectRightsCheck) (xml.Payload, error) {
	if len(names) != 1 {
		return nil, registry.Refuse(registry.KindPolicy, "", "A right is asked for one name at a time.").About("domain:name", names[1])
	}
	p := registry.DirectRightsParams{Name: names[0], Registrant: x.Registrant, Email: x.Email}
	if x.Postal != nil {
		p.Postal = addressOf(x.Postal.Addr)
		p.Postal.Name, p.Postal.Org = x.Postal.Name, x.Postal.Org
	}
	right, err := c.reg.DirectRight(c.ctx, c.actor, p)
	// A name that nobody can register is told of by the check itself.
	fault := registry.AsRefusal(err)
	if fault != nil && slices.Contains([]string{"domain:name", ""}, fault.Field) {
		err = nil
	}
	return &xml.DirectRightsCheckData{ROR: right}, err
}
