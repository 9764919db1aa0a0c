package registry

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
)

// UpdateDomainParams asks to change a name. Nil and empty parts change nothing.
type UpdateDomainParams struct {
	Name string

	AddHosts       []HostSpec
	RemoveHosts    []string
	AddContacts    []DomainContact
	RemoveContacts []DomainContact
	AddStatuses    []Status
	RemoveStatuses []Status
	Registrant     *string   // "" removes it (gtld only)
	AuthInfo       *AuthInfo // "" removes it; uk has none of the client's
	IssueAuthInfo  bool      // the registry makes one and returns it in Domain.Issued
	DNSSEC         *DNSSECChange

	// The uk fields: zero clears.
	AutoBill, NextBill     *int
	AutoPeriod, NextPeriod *int
	FirstBill, RecurBill   *RecurBill
	RenewNotRequired       *bool
	Notes                  *[]string
	Reseller               *string
}

// DNSSECChange removes first, then adds (RFC 5910 section 5.2.5).
type DNSSECChange struct {
	RemoveAll bool
	Remove    DNSSEC
	Add       DNSSEC
}

// onlyStatuses tells that nothing but statuses is to change, which decides what
// clientUpdateProhibited lets through.
func (p UpdateDomainParams) onlyStatuses() bool {
	return len(p.AddHosts)+len(p.RemoveHosts)+len(p.AddContacts)+len(p.RemoveContacts) == 0 &&
		p.Registrant == nil && p.AuthInfo == nil && !p.IssueAuthInfo && p.DNSSEC == nil && p.AutoBill == nil && p.NextBill == nil &&
		p.AutoPeriod == nil && p.NextPeriod == nil && p.FirstBill == nil && p.RecurBill == nil &&
		p.RenewNotRequired == nil && p.Notes == nil && p.Reseller == nil
}

// parts are the children of the name that the change has to know.
func (p UpdateDomainParams) parts() parts {
	var with parts
	if len(p.AddHosts)+len(p.RemoveHosts) > 0 {
		with |= partHosts
	}
	if len(p.AddContacts)+len(p.RemoveContacts) > 0 {
		with |= partContacts
	}
	if p.Registrant != nil {
		with |= partRegistrant
	}
	if p.DNSSEC != nil {
		with |= partDNSSEC
	}
	if p.AutoBill != nil || p.NextBill != nil || p.AutoPeriod != nil || p.NextPeriod != nil || p.RecurBill != nil {
		with |= partRequests
	}
	return with
}

// UpdateDomain changes a name of the acting tag (RFC 5731 section 3.2.5, rules
// C1, R10-R12, R20-R21, R32) in one transaction of two round trips. All of it
// happens, or nothing.
//
// Refusals: KindNotFound, KindAuthorization, KindStatusProhibits, KindPolicy,
// KindParamRange, KindParamMissing.
func (r *Registry) UpdateDomain(ctx context.Context, actor Actor, p UpdateDomainParams) (*Domain, error) {
	err := errors.Join(actor.needRole(RoleOperator), actor.needReason())
	if err != nil {
		return nil, err
	}
	err = r.checkNoZones(ctx, p.AddHosts)
	if err != nil {
		return nil, err
	}
	name := normalName(p.Name)
	after, done, err := r.updateJointly(ctx, actor, p, name)
	if done || err != nil {
		return after, err
	}
	return r.updateAlone(ctx, actor, p, name)
}

// updateAlone is UpdateDomain under a lock.
func (r *Registry) updateAlone(ctx context.Context, actor Actor, p UpdateDomainParams, name string) (*Domain, error) {
	var after *Domain
	err := r.mutate(ctx, actor, func(tx *Tx) error {
		u := &update{tx: tx, p: p}
		addHosts := hostNames(p.AddHosts)
		for i := range addHosts {
			addHosts[i] = lowerASCII(addHosts[i])
		}
		d, err := tx.lockDomainWith(ctx, name, p.parts(), func(b *pgx.Batch) {
			u.refs.read(b, u.handles(), addHosts)
			u.readRegistrants(b, name)
		})
		if err != nil {
			return err
		}
		u.before, u.after = d, *d
		err = u.decide()
		if err != nil {
			return err
		}
		u.write()
		after = &u.after
		return nil
	})
	if err != nil {
		return nil, createRefusal(err, name)
	}
	return after, nil
}

// update is one change of a name on its way.
type update struct {
	tx      *Tx
	p       UpdateDomainParams
	refs    references
	before  *Domain
	after   Domain
	hosts   []HostSpec // added
	changes changes
	// registrants is what a replacement of the registrant depends on, and wait
	// that both parties have to confirm it.
	registrants registrantFacts
	wait        bool
	held        heldBy
}

func (u *update) handles() []string {
	var out []string
	if u.p.Registrant != nil && *u.p.Registrant != "" {
		out = append(out, *u.p.Registrant)
	}
	for _, c := range u.p.AddContacts {
		out = append(out, c.Handle)
	}
	return out
}

// decide judges the change and makes the name as it is to be.
func (u *update) decide() error {
	d, actor := u.before, u.tx.actor
	if actor.IsRegistrar() && d.SponsorID != actor.Registrar {
		return notYours(d)
	}
	statuses, err := d.Statuses.CheckUpdate(ObjectDomain, StatusChange{
		Add: u.p.AddStatuses, Remove: u.p.RemoveStatuses, Other: !u.p.onlyStatuses(),
		Beside: u.p.Registrant == nil}, actor.IsStaff())
	if err != nil {
		return err
	}
	if d.DeletePhase != "" {
		return Refuse(KindStatusProhibits, "", "%s has been deleted (%s).", d.Name, d.DeletePhase).About("domain:name", d.Name)
	}
	u.changes = changes{}
	u.after.Statuses = statuses
	for _, step := range []func() error{u.checkHold, u.changeHosts, u.changeContacts, u.changeRegistrant, u.changeAuthInfo,
		u.changeDNSSEC, u.changeBilling} {
		err := step()
		if err != nil {
			return err
		}
	}
	u.note()
	return nil
}

// notYours refuses a name of another tag; the code is for uk clients.
func notYours(d *Domain) error {
	return d.renewalName().refuse(KindAuthorization, CodeNotYours, "%s is not on your tag.", d.Name).About("domain:name", d.Name)
}

func (u *update) changeHosts() error {
	have := slices.Clone(u.before.Hosts)
	for _, host := range u.p.RemoveHosts {
		i := slices.Index(have, lowerASCII(host))
		if i < 0 {
			return Refuse(KindPolicy, "", "%s is not a name server of %s.", host, u.before.Name).About("domain:hostObj", host)
		}
		have = slices.Delete(have, i, i+1)
	}
	zone := u.before.Zone
	hosts, err := zone.checkHosts(u.before.Name, u.p.AddHosts)
	if err != nil {
		return err
	}
	for _, h := range hosts {
		if slices.Contains(have, h.Name) {
			return Refuse(KindPolicy, "", "%s is a name server of %s already.", h.Name, u.before.Name).About("domain:hostObj", h.Name)
		}
		have = append(have, h.Name)
	}
	if len(have) > zone.MaxNS && len(hosts) > 0 {
		return Refuse(KindPolicy, "", "A name has at most %d name servers.", zone.MaxNS).About("domain:ns", "")
	}
	slices.Sort(have)
	u.hosts, u.after.Hosts = hosts, have
	return u.refs.checkHosts(hosts)
}

func (u *update) changeContacts() error {
	have := slices.Clone(u.before.Contacts)
	for _, c := range u.p.RemoveContacts {
		i := slices.Index(have, c)
		if i < 0 {
			return Refuse(KindPolicy, "", "%s is not the %s contact of %s.", c.Handle, c.Role, u.before.Name).About("domain:contact", c.Handle)
		}
		have = slices.Delete(have, i, i+1)
	}
	have = append(have, u.p.AddContacts...)
	u.after.Contacts = have
	err := checkDomainContacts(have, len(u.p.AddContacts) > 0)
	if err != nil {
		return err
	}
	return u.refs.checkContacts(u.before.Zone.Profile, u.before.SponsorID, "", u.p.AddContacts)
}

// changeAuthInfo issues, sets or clears the authInfo. In uk one of the client's
// own is ignored: the server warns, and the registry issues one on request.
func (u *update) changeAuthInfo() error {
	switch {
	case u.p.IssueAuthInfo:
		u.after.Issued = NewAuthInfo()
		u.after.authHash, u.after.authSetAt = u.after.Issued.Hash(), u.tx.Now
		return nil
	case u.p.AuthInfo == nil:
		return nil
	case *u.p.AuthInfo == "":
		u.after.authHash, u.after.authSetAt = nil, at(nil)
		return nil
	case u.before.Zone.Profile == ProfileUK && u.tx.actor.IsRegistrar():
		return nil
	}
	err := u.p.AuthInfo.Check()
	if err != nil {
		return err
	}
	u.after.authHash, u.after.authSetAt = u.p.AuthInfo.Hash(), u.tx.Now
	return nil
}

func (u *update) changeDNSSEC() error {
	c := u.p.DNSSEC
	if c == nil {
		return nil
	}
	next := DNSSEC{DS: slices.Clone(u.before.DNSSEC.DS), Keys: slices.Clone(u.before.DNSSEC.Keys)}
	if c.RemoveAll {
		next = DNSSEC{}
	}
	for _, d := range c.Remove.DS {
		i := slices.IndexFunc(next.DS, d.sameRecord)
		if i < 0 {
			return Refuse(KindPolicy, "", "%s has no such DS record.", u.before.Name).About("secDNS:keyTag", itoa(d.KeyTag))
		}
		next.DS = slices.Delete(next.DS, i, i+1)
	}
	for _, k := range c.Remove.Keys {
		i := slices.IndexFunc(next.Keys, k.sameKey)
		if i < 0 {
			return Refuse(KindPolicy, "", "%s has no such key.", u.before.Name).About("secDNS:alg", itoa(k.Algorithm))
		}
		next.Keys = slices.Delete(next.Keys, i, i+1)
	}
	next.DS = append(next.DS, c.Add.DS...)
	next.Keys = append(next.Keys, c.Add.Keys...)
	u.after.DNSSEC = next
	return u.before.Zone.checkDNSSEC(u.before.Name, next)
}

// changeBilling judges and sets the uk fields.
func (u *update) changeBilling() error {
	p, after := u.p, &u.after
	set(&after.Bill.Auto, p.AutoBill)
	set(&after.Bill.Next, p.NextBill)
	set(&after.Bill.AutoPeriod, p.AutoPeriod)
	set(&after.Bill.NextPeriod, p.NextPeriod)
	set(&after.FirstBill, p.FirstBill)
	set(&after.RecurBill, p.RecurBill)
	set(&after.RenewNotRequired, p.RenewNotRequired)
	set(&after.Notes, p.Notes)
	set(&after.Reseller, p.Reseller)
	if after.RecurBill == "" {
		after.RecurBill = BillTagHolder
	}
	if after.Bill == u.before.Bill && after.RecurBill == u.before.RecurBill {
		return nil
	}
	return DecideBilling(u.before.renewalName(), BillChange{Bill: after.Bill, Recur: after.RecurBill}, u.tx.today, u.tx.r.policy)
}

// set replaces a value where one is given.
func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// note lists what changed for the history.
func (u *update) note() {
	a, b := u.before, &u.after
	noteList(u.changes, "ns", a.Hosts, b.Hosts)
	noteList(u.changes, "contacts", a.Contacts, b.Contacts)
	noteList(u.changes, "statuses", a.Statuses, b.Statuses)
	noteList(u.changes, "notes", a.Notes, b.Notes)
	noteValue(u.changes, "registrant", a.Registrant, b.Registrant)
	if u.wait {
		u.changes.add("registrant to be confirmed", a.Registrant, *u.p.Registrant)
	}
	noteValue(u.changes, "auto-bill", a.Bill.Auto, b.Bill.Auto)
	noteValue(u.changes, "next-bill", a.Bill.Next, b.Bill.Next)
	noteValue(u.changes, "auto-period", a.Bill.AutoPeriod, b.Bill.AutoPeriod)
	noteValue(u.changes, "next-period", a.Bill.NextPeriod, b.Bill.NextPeriod)
	noteValue(u.changes, "first-bill", a.FirstBill, b.FirstBill)
	noteValue(u.changes, "recur-bill", a.RecurBill, b.RecurBill)
	noteValue(u.changes, "renew-not-required", a.RenewNotRequired, b.RenewNotRequired)
	noteValue(u.changes, "reseller", a.Reseller, b.Reseller)
	if u.p.DNSSEC != nil {
		u.changes.add("dnssec", a.DNSSEC, b.DNSSEC)
	}
	if !slices.Equal(a.authHash, b.authHash) {
		u.changes.add("authInfo", len(a.authHash) > 0, len(b.authHash) > 0) // whether one is set, never the value
	}
}

func noteValue[T comparable](c changes, field string, before, after T) {
	if before != after {
		c.add(field, before, after)
	}
}

func noteList[S ~[]T, T comparable](c changes, field string, before, after S) {
	if !slices.Equal(before, after) {
		c.add(field, before, after)
	}
}

// write queues the rows that change; they travel with the commit.
func (u *update) write() {
	tx, d := u.tx, &u.after
	u.held.write(tx, d)
	d.Updater, d.Updated = tx.updaterTag(), tx.Now
	tx.Queue(`UPDATE domain SET registrant = $2, statuses = $3, auto_bill = $4, next_bill = $5, auto_period = $6,
		next_period = $7, first_bill = $8, recur_bill = $9, renew_not_required = $10, notes = $11, reseller = $12,
		auth_hash = $13, auth_set_at = $14, updater = $15, updated_at = $16 WHERE id = $1`,
		d.ID, nullID(d.RegistrantID), orEmpty(d.Statuses), nullInt(d.Bill.Auto), nullInt(d.Bill.Next),
		nullInt(d.Bill.AutoPeriod), nullInt(d.Bill.NextPeriod), null(string(d.FirstBill)), d.RecurBill,
		d.RenewNotRequired, orEmpty(d.Notes), null(d.Reseller), d.authHash, nullTime(d.authSetAt), tx.updaterID(), tx.Now)
	if len(u.p.RemoveHosts) > 0 {
		gone := make([]string, len(u.p.RemoveHosts))
		for i, host := range u.p.RemoveHosts {
			gone[i] = lowerASCII(host)
		}
		tx.Queue(`DELETE FROM domain_host USING host h WHERE domain_id = $1 AND host_id = h.id AND h.name = ANY($2)`, d.ID, gone)
	}
	tx.queueHosts(d, u.hosts, u.refs)
	if len(u.p.RemoveContacts) > 0 {
		roles, handles := make([]string, len(u.p.RemoveContacts)), make([]string, len(u.p.RemoveContacts))
		for i, c := range u.p.RemoveContacts {
			roles[i], handles[i] = c.Role, c.Handle
		}
		tx.Queue(`DELETE FROM domain_contact dc USING contact c, unnest($2::text[], $3::text[]) AS gone (role, handle)
			WHERE dc.domain_id = $1 AND dc.contact_id = c.id AND dc.role = gone.role AND c.handle = gone.handle`, d.ID, roles, handles)
	}
	tx.queueContacts(d.ID, u.p.AddContacts, u.refs)
	if u.p.DNSSEC != nil {
		tx.Queue(`DELETE FROM domain_ds WHERE domain_id = $1`, d.ID)
		tx.queueDNSSEC(d.ID, d.DNSSEC)
	}
	tx.record("domain", d.ID, d.Name, "update", u.changes)
	u.writeRegistrant()
	tx.tellStaffChange(ObjectDomain, d.Name, d.SponsorID, "update")
}
