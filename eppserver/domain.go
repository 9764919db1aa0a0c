package eppserver

import (
	"strconv"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// domainCommands are the commands on domains.
var domainCommands = map[commandKey]handlerFunc{
	{verb: xml.VerbCheck, object: "domain"}:  domainCheck,
	{verb: xml.VerbInfo, object: "domain"}:   domainInfo,
	{verb: xml.VerbCreate, object: "domain"}: domainCreate,
	{verb: xml.VerbRenew, object: "domain"}:  domainRenew,
	{verb: xml.VerbUpdate, object: "domain"}: domainUpdate,
	{verb: xml.VerbDelete, object: "domain"}: domainDelete,
}

// domainCheck answers RFC 5731 section 3.1.1. In uk the daily allowance left is
// part of the answer; it falls by one for each name.
func domainCheck(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.DomainCheck)
	var right xml.Payload
	if x := c.cmd.Ext.DirectRights; x != nil {
		var err error
		right, err = c.directRight(a.Names, x)
		if err != nil {
			return answer{}, err
		}
	}
	left, ok := c.reg.CountChecked(c.actor.Registrar, len(a.Names))
	if !ok {
		return answer{}, registry.Refuse(registry.KindPolicy, "",
			"The names that your tag may check in a day are used up; only %d are left.", left)
	}
	found, err := c.reg.CheckDomains(c.ctx, a.Names)
	if err != nil {
		return answer{}, err
	}
	data := &xml.DomainCheckData{Items: make([]xml.CheckItem, len(found))}
	for i, f := range found {
		data.Items[i] = xml.CheckItem{Name: f.Name, Avail: f.Available, Reason: f.Reason}
	}
	out := answer{resData: data}
	if c.uk() {
		out.ext = []xml.Payload{&xml.DomainNomCheckData{AbuseLimit: int(left)}}
	}
	if c.cmd.Ext.FeeCheck != nil {
		fees, err := feeCheck(c, a.Names, c.cmd.Ext.FeeCheck)
		if err != nil {
			return answer{}, err
		}
		out.ext = append(out.ext, fees)
	}
	if right != nil {
		out.ext = append(out.ext, right)
	}
	return out, nil
}

// domainCreate registers a name (RFC 5731 section 3.2.1).
func domainCreate(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.DomainCreate)
	years, err := years(a.Period)
	if err != nil {
		return answer{}, err
	}
	p := registry.CreateDomainParams{
		Name: a.Name, Years: years, Registrant: a.Registrant, Contacts: contactsOf(a.Contacts),
		Hosts: hostsOf(a.NS), AuthInfo: registry.AuthInfo(a.AuthInfo.PW.Reveal()),
	}
	if x := c.cmd.Ext.SecDNSCreate; x != nil {
		p.DNSSEC, err = dnssecOf(x)
		if err != nil {
			return answer{}, err
		}
	}
	createNom(&p, c.cmd.Ext.DomainNom)
	p.Fee = declaredFee(c.cmd.Ext.Fee)
	d, err := c.reg.CreateDomain(c.ctx, c.actor, p)
	if err != nil {
		return answer{}, err
	}
	out := answer{
		resData: &xml.DomainCreateData{Name: d.Name, CrDate: d.Created, ExDate: d.Expires.EPPTime()},
		ext:     append(c.warnings(d, &a.AuthInfo, a.NS), c.fundsWarning(d)...),
	}
	if !d.Referred.IsZero() {
		out.code = xml.CodeOKPending
	}
	out.addFees(xml.VerbCreate, d.Fees)
	return out, nil
}

// domainRenew renews a name (RFC 5731 section 3.2.3, rules R1-R4).
func domainRenew(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.DomainRenew)
	years, err := years(a.Period)
	if err != nil {
		return answer{}, err
	}
	d, err := c.reg.RenewDomain(c.ctx, c.actor, registry.RenewDomainParams{
		Name: a.Name, CurExpiry: registry.DateOf(a.CurExpDate, time.UTC), Years: years,
		Fee: declaredFee(c.cmd.Ext.Fee)})
	if err != nil {
		return answer{}, err
	}
	out := answer{resData: &xml.DomainRenewData{Name: d.Name, ExDate: d.Expires.EPPTime()}, ext: c.fundsWarning(d)}
	if d.Covers != "" {
		out.values = []xml.ExtValue{{Element: element("domain:name", d.Name), Reason: "It covers the unpaid renewal request of " +
			d.Covers + " for the same period, so the expiry date stays."}}
	}
	out.addFees(xml.VerbRenew, d.Fees)
	return out, nil
}

// domainDelete deletes a name (RFC 5731 section 3.2.2). What only begins to go
// is answered 1001.
func domainDelete(c *call) (answer, error) {
	out, err := c.reg.DeleteDomain(c.ctx, c.actor, c.cmd.Action.(*xml.DomainDelete).Name)
	if err != nil {
		return answer{}, err
	}
	var a answer
	if !out.Purged {
		a.code = xml.CodeOKPending
	}
	a.addFees(xml.VerbDelete, out.Credits)
	return a, nil
}

// uk tells whether the session is of the uk profile.
func (c *call) uk() bool { return c.s.profile() == xml.ProfileUK }

// years reads a period; months are taken where they make whole years.
func years(p *xml.Period) (int, error) {
	switch {
	case p == nil:
		return 0, nil
	case p.Unit == "y":
		return p.Value, nil
	case p.Value%12 == 0:
		return p.Value / 12, nil
	}
	return 0, registry.Refuse(registry.KindParamRange, "", "A period is of whole years.").
		About("domain:period", strconv.Itoa(p.Value))
}

func contactsOf(list []xml.DomainContact) []registry.DomainContact {
	var out []registry.DomainContact
	for _, k := range list {
		out = append(out, registry.DomainContact{Role: k.Type, Handle: k.ID})
	}
	return out
}

func hostsOf(ns *xml.NS) []registry.HostSpec {
	if ns == nil {
		return nil
	}
	var out []registry.HostSpec
	for _, host := range ns.HostObjs {
		out = append(out, registry.HostSpec{Name: host})
	}
	for _, h := range ns.HostAttrs {
		spec := registry.HostSpec{Name: h.Host, Attribute: true}
		for _, a := range h.Addrs {
			spec.Addresses = append(spec.Addresses, a.Addr)
		}
		out = append(out, spec)
	}
	return out
}
