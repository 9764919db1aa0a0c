package registry

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"github.com/namekeep/namekeep/registry/pg"
)

// UpdateHostParams asks to change a host. Nil and empty parts change nothing.
type UpdateHostParams struct {
	Name            string
	NewName         string // renames the host wherever it is used
	AddAddresses    []HostAddress
	RemoveAddresses []HostAddress
	AddStatuses     []Status
	RemoveStatuses  []Status
}

func (p UpdateHostParams) changesData() bool {
	return p.NewName != "" || len(p.AddAddresses)+len(p.RemoveAddresses) > 0
}

// HostUpdate is a host after its change.
type HostUpdate struct {
	*Host
	Ignored []Ignored    // addresses given for an external host (uk)
	Removed []netip.Addr // addresses that went because the host is external now (uk)
}

// UpdateHost changes a host of the acting tag (RFC 5732 section 3.2.4) in one
// transaction of two round trips. All of it happens, or nothing. A rename takes
// effect for every name that uses the host; an external host that other tags'
// names use keeps its name, and none moves below another tag's name.
//
// Refusals: KindParamMissing for a command that asks for nothing and for a host
// left without the address it needs, KindParamSyntax, KindParamRange,
// KindNotFound, KindAuthorization, KindStatusProhibits, KindExists,
// KindAssociation, KindPolicy.
func (r *Registry) UpdateHost(ctx context.Context, actor Actor, p UpdateHostParams) (HostUpdate, error) {
	err := errors.Join(actor.needRole(RoleOperator), actor.needReason())
	if err != nil {
		return HostUpdate{}, err
	}
	if !p.changesData() && len(p.AddStatuses)+len(p.RemoveStatuses) == 0 {
		return HostUpdate{}, Refuse(KindParamMissing, "", "The command asks for no change.").About("host:name", p.Name)
	}
	var below superordinate
	if p.NewName != "" {
		p.NewName, err = ParseHostName(p.NewName)
		if err != nil {
			return HostUpdate{}, err
		}
		below.name, err = r.superordinateOf(ctx, p.NewName)
		if err != nil {
			return HostUpdate{}, err
		}
	}
	var u *hostUpdate
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		h, use, err := tx.lockHost(ctx, normalName(p.Name), p.NewName != "", &below)
		if err != nil {
			return err
		}
		u = &hostUpdate{tx: tx, p: p, before: h, use: use, below: below, after: HostUpdate{Host: new(*h)}}
		err = u.decide()
		if err != nil {
			return err
		}
		return u.write(ctx)
	})
	switch pg.ConstraintName(err) {
	case "host_name_key":
		err = hostExists(p.NewName)
	case "host_superordinate_fkey":
		below.id = 0
		err = below.check(actor, p.NewName)
	}
	if err != nil {
		return HostUpdate{}, err
	}
	return u.after, nil
}

// hostUpdate is one change of a host on its way.
type hostUpdate struct {
	tx     *Tx
	p      UpdateHostParams
	before *Host
	after  HostUpdate
	use    hostUse
	below  superordinate // of the new name
}

// decide judges the change and makes the host as it is to be.
func (u *hostUpdate) decide() error {
	actor := u.tx.actor
	err := u.before.checkSponsor(actor)
	if err != nil {
		return err
	}
	u.after.Statuses, err = u.before.Statuses.CheckUpdate(ObjectHost, StatusChange{
		Add: u.p.AddStatuses, Remove: u.p.RemoveStatuses, Other: u.p.changesData()}, actor.IsStaff())
	if err != nil || !u.p.changesData() {
		return err
	}
	err = u.rename()
	if err != nil {
		return err
	}
	return u.changeAddresses()
}

// rename gives the host its new name, and with it the name that it lies below.
func (u *hostUpdate) rename() error {
	name := u.p.NewName
	switch {
	case name == "":
		return nil
	case name == u.before.Name:
		return hostExists(name)
	case u.before.Superordinate == "" && u.use.another != "" && u.tx.actor.IsRegistrar():
		return Refuse(KindAssociation, "", "%s of another tag uses the host %s, which lies outside our zones.", u.use.another, u.before.Name).
			About("host:name", u.before.Name)
	}
	err := u.below.check(u.tx.actor, name)
	if err != nil {
		return err
	}
	u.after.Name, u.after.Superordinate, u.after.superordinateID = name, u.below.name, u.below.id
	if u.below.name != "" {
		u.after.SponsorID = u.below.sponsor
	}
	return nil
}

// changeAddresses removes first, then adds. An external host has none: in uk
// those that it had go with its old name, and those given are ignored.
func (u *hostUpdate) changeAddresses() error {
	internal := u.after.Superordinate != ""
	drop := !internal && u.tx.actor.profile() == ProfileUK
	add := u.p.AddAddresses
	if drop {
		u.after.Ignored, add = ignoredGlue(add), nil
	}
	given, err := parseGiven(add)
	if err != nil {
		return err
	}
	have := slices.Clone(u.before.Addresses)
	for _, gone := range u.p.RemoveAddresses {
		// Whatever it is, an address that the host has can be removed.
		a, err := netip.ParseAddr(gone.Text)
		i := slices.Index(have, a)
		if err != nil || i < 0 {
			return Refuse(KindPolicy, "", "%s does not have the address %s.", u.before.Name, gone.Text).About(fieldHostAddr, gone.Text)
		}
		have = slices.Delete(have, i, i+1)
	}
	if drop {
		u.after.Removed, have = have, nil
	}
	have = append(have, given...)
	slices.SortFunc(have, netip.Addr.Compare)
	u.after.Addresses = have
	return CheckHostAddresses(u.after.Name, internal, have)
}

// write queues the rows that change; they travel with the commit.
func (u *hostUpdate) write(ctx context.Context) error {
	tx, h := u.tx, u.after.Host
	tags, err := tx.r.tags(ctx, h.SponsorID)
	if err != nil {
		return err
	}
	h.Sponsor, h.Updater, h.Updated = tags[0], tx.updaterTag(), tx.Now
	tx.Queue(`UPDATE host SET name = $2, sponsor = $3, superordinate = $4, statuses = $5, addresses = $6::inet[],
		updater = $7, updated_at = $8 WHERE id = $1`,
		h.ID, h.Name, h.SponsorID, nullID(h.superordinateID), orEmpty(h.Statuses), orEmpty(h.Addresses), tx.updaterID(), tx.Now)
	c := changes{}
	noteValue(c, "name", u.before.Name, h.Name)
	noteValue(c, "sponsor", u.before.Sponsor, h.Sponsor)
	noteList(c, "addresses", u.before.Addresses, h.Addresses)
	noteList(c, "statuses", u.before.Statuses, h.Statuses)
	tx.record("host", h.ID, h.Name, "update", c)
	tx.tellStaffChange(ObjectHost, h.Name, h.SponsorID, "update")
	return nil
}
