package main

import (
	"strings"

	"github.com/namekeep/namekeep/registry"
)

type domainCommands struct {
	Show     domainShow     `cmd:"" help:"Show a name, what happened to it and what will."`
	List     domainList     `cmd:"" help:"List names."`
	History  domainHistory  `cmd:"" help:"Show all changes of a name."`
	Register domainRegister `cmd:"" help:"Register a name for a registrar."`
	Renew    domainRenew    `cmd:"" help:"Renew a name for its registrar."`
	Set      domainSet      `cmd:"" help:"Change a name."`
	Transfer domainTransfer `cmd:"" help:"Move a name to another registrar."`
	Detag    domainDetag    `cmd:"" help:"Take a name from its registrar: from then on the registry bills the registrant (R40)."`
	Authinfo domainAuthInfo `cmd:"" help:"Issue an authInfo, with which another registrar can ask for the name."`
	Decide   domainDecide   `cmd:"" help:"Accept or refuse a creation that waits in a referred zone."`
	Lock     domainLock     `cmd:"" help:"Keep a name as it is: no change, transfer or deletion by its registrar."`
	Unlock   domainUnlock   `cmd:"" help:"End a lock."`
	Suspend  domainSuspend  `cmd:"" help:"Take a name out of the zone."`
	Resume   domainResume   `cmd:"" help:"Put a suspended name back into the zone."`
	Cancel   domainCancel   `cmd:"" help:"Remove a name at once; it is free again."`
}

type domainList struct {
	Tag           string `help:"On this tag."`
	Zone          string `help:"In this zone."`
	Registrant    string `placeholder:"CONTACT" help:"Of this registrant contact."`
	Status        string `help:"With this status, such as serverHold."`
	Suspended     bool   `help:"Suspended, by the life cycle or by staff."`
	ExpiresFrom   day    `placeholder:"DATE" help:"Expiring on this day or later."`
	ExpiresBefore day    `placeholder:"DATE" help:"Expiring before this day."`
	Prefix        string `placeholder:"TEXT" help:"Names that begin so."`
	After         string `placeholder:"NAME" help:"Names after this one: the next page."`
	Limit         int    `default:"100" help:"How many."`
}

func (c *domainList) Run(s *session) error {
	if c.Limit < 1 || c.Limit > 100_000 {
		return usage("--limit: 1 to 100000")
	}
	if c.Status != "" {
		_, err := registry.ParseStatus(registry.ObjectDomain, c.Status)
		if err != nil {
			return usage("--status: %v", err)
		}
	}
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	list, err := r.Domains(s.ctx, registry.DomainFilter{
		TAG: c.Tag, Zone: c.Zone, Registrant: c.Registrant, Status: registry.Status(c.Status), Suspended: c.Suspended,
		ExpiresFrom: c.ExpiresFrom.date(), ExpiresBefore: c.ExpiresBefore.date(),
		Prefix: c.Prefix, After: c.After, Limit: c.Limit})
	if err != nil {
		return err
	}
	views, rows := []domainLine{}, [][]string{}
	for _, d := range list {
		views = append(views, domainLine{d.Name, d.Sponsor, d.Expires.String(), string(d.Status), d.Statuses, d.Suspended.String(), d.Created})
		statuses := join(d.Statuses, " ")
		if !d.Suspended.IsZero() {
			statuses = strings.TrimSpace("suspended " + statuses)
		}
		rows = append(rows, []string{registry.ToUnicode(d.Name), d.Sponsor, d.Expires.String(), string(d.Status), statuses})
	}
	err = s.list(views, []string{"Name", "Tag", "Expires", "Registration status", "Statuses"}, rows, "No names.")
	if err == nil && len(list) == c.Limit {
		s.hint("There may be more: --after %s", list[len(list)-1].Name)
	}
	return err
}

type domainHistory struct {
	Name string `arg:"" help:"Name."`
	historyFlags
}

func (c *domainHistory) Run(s *session) error {
	name, err := registry.ToASCII(c.Name)
	if err != nil {
		return err
	}
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	f, err := c.filter(r)
	if err != nil {
		return err
	}
	f.Object, f.Name = "domain", name
	list, err := r.History(s.ctx, f)
	if err != nil {
		return err
	}
	return s.listHistory(list, f.Limit)
}

type domainRegister struct {
	Name       string   `arg:"" help:"Name."`
	Tag        string   `required:"" help:"Registrar it is for."`
	Registrant string   `placeholder:"CONTACT" help:"Registrant contact, on the tag."`
	Years      int      `help:"Period. Default: the policy's."`
	NS         []string `name:"ns" placeholder:"HOST" help:"Name servers; ns1.NAME/192.0.2.1 gives an address."`
	Admin      []string `placeholder:"CONTACT" help:"Admin contacts."`
	Tech       []string `placeholder:"CONTACT" help:"Technical contacts."`
	Billing    []string `placeholder:"CONTACT" help:"Billing contacts."`
}

func (c *domainRegister) Run(s *session) error {
	name, err := registry.ToASCII(c.Name)
	if err != nil {
		return err
	}
	p := registry.CreateDomainParams{Name: name, Sponsor: c.Tag, Years: c.Years, Registrant: c.Registrant, Hosts: hostSpecs(c.NS)}
	for role, handles := range map[string][]string{"admin": c.Admin, "tech": c.Tech, "billing": c.Billing} {
		p.Contacts = append(p.Contacts, domainContacts(role, handles)...)
	}
	err = s.confirm("%s will be registered for %s, who is charged for it.", name, c.Tag)
	if err != nil {
		return err
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	_, err = r.CreateDomain(s.ctx, actor, p)
	if err != nil {
		return err
	}
	return s.showDomain(r, actor, name)
}

func domainContacts(role string, handles []string) []registry.DomainContact {
	var list []registry.DomainContact
	for _, h := range handles {
		list = append(list, registry.DomainContact{Role: role, Handle: h})
	}
	return list
}

// hostSpecs reads name servers as C1 has them written for staff:
// ns1.example.uk, or ns1.example.uk/192.0.2.1 with an address; several
// addresses of one host may be given one after the other.
func hostSpecs(list []string) []registry.HostSpec {
	var specs []registry.HostSpec
	index := map[string]int{}
	for _, text := range list {
		name, address, given := strings.Cut(text, "/")
		i, ok := index[name]
		if !ok {
			i = len(specs)
			index[name] = i
			specs = append(specs, registry.HostSpec{Name: name})
		}
		if given {
			specs[i].Attribute = true
			specs[i].Addresses = append(specs[i].Addresses, strings.Split(address, "/")...)
		}
	}
	return specs
}

type domainRenew struct {
	Name   string `arg:"" help:"Name."`
	Years  int    `help:"Period. Default: the policy's."`
	Expiry day    `placeholder:"DATE" help:"Expiry it has now, so that nothing is done twice."`
}

func (c *domainRenew) Run(s *session) error {
	name, err := registry.ToASCII(c.Name)
	if err != nil {
		return err
	}
	err = s.confirm("%s will be renewed; its registrar is charged.", name)
	if err != nil {
		return err
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	_, err = r.RenewDomain(s.ctx, actor, registry.RenewDomainParams{Name: name, CurExpiry: c.Expiry.date(), Years: c.Years})
	if err != nil {
		return err
	}
	return s.showDomain(r, actor, name)
}

type domainSet struct {
	Name         string   `arg:"" help:"Name."`
	Registrant   *string  `placeholder:"CONTACT" help:"Registrant contact."`
	AddNS        []string `name:"add-ns" placeholder:"HOST" help:"Name servers to add; ns1.NAME/192.0.2.1 gives an address."`
	RemNS        []string `name:"rem-ns" placeholder:"HOST" help:"Name servers to remove."`
	AddStatus    []string `placeholder:"STATUS" help:"Statuses to set, client's or server's."`
	RemStatus    []string `placeholder:"STATUS" help:"Statuses to remove."`
	AutoBill     *int     `placeholder:"DAYS" help:"auto-bill, days before expiry; 0 is off."`
	NextBill     *int     `placeholder:"DAYS" help:"next-bill, days before expiry; 0 is off."`
	AutoPeriod   *int     `placeholder:"YEARS" help:"Period of auto-bill; 0 is the default."`
	NextPeriod   *int     `placeholder:"YEARS" help:"Period of next-bill; 0 is the default."`
	RecurBill    *string  `placeholder:"WHOM" help:"Who pays renewals: th (tag holder) or bc (customer)."`
	NotRequired  *bool    `name:"renew-not-required" negatable:"" help:"No renewal is wanted."`
	Reseller     *string  `help:"Reseller."`
	RemoveDNSSEC bool     `name:"remove-dnssec" help:"Remove all DS records and keys."`
}

func (c *domainSet) Run(s *session) error {
	name, err := registry.ToASCII(c.Name)
	if err != nil {
		return err
	}
	p := registry.UpdateDomainParams{Name: name, Registrant: c.Registrant, AddHosts: hostSpecs(c.AddNS), RemoveHosts: c.RemNS,
		AutoBill: c.AutoBill, NextBill: c.NextBill, AutoPeriod: c.AutoPeriod, NextPeriod: c.NextPeriod,
		RenewNotRequired: c.NotRequired, Reseller: c.Reseller}
	if c.RecurBill != nil {
		recur := registry.RecurBill(*c.RecurBill)
		if recur != "th" && recur != "bc" {
			return usage("--recur-bill: th or bc")
		}
		p.RecurBill = &recur
	}
	if c.RemoveDNSSEC {
		p.DNSSEC = &registry.DNSSECChange{RemoveAll: true}
	}
	p.AddStatuses, err = statuses(c.AddStatus)
	if err == nil {
		p.RemoveStatuses, err = statuses(c.RemStatus)
	}
	if err != nil {
		return err
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	after, err := r.UpdateDomain(s.ctx, actor, p)
	if err != nil {
		return err
	}
	if after.Waiting != 0 {
		s.hint("The registrant changes when both parties have confirmed it: change %d.", after.Waiting)
	}
	return s.showDomain(r, actor, name)
}

func statuses(texts []string) ([]registry.Status, error) {
	var list []registry.Status
	for _, text := range texts {
		st, err := registry.ParseStatus(registry.ObjectDomain, text)
		if err != nil {
			return nil, usage("%v", err)
		}
		list = append(list, st)
	}
	return list, nil
}
