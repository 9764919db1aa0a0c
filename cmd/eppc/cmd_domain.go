package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/namekeep/namekeep/eppserver/eppclient"
)

type domainCheck struct {
	Names []string `arg:"" name:"name" help:"Domain names."`
}

func (c *domainCheck) Run(s *session) error {
	return s.do(eppclient.DomainCheck(s.clTRID(), c.Names...))
}

type domainInfo struct {
	Name  string  `arg:"" help:"Domain name."`
	Hosts string  `enum:"all,del,sub,none" default:"all" help:"Name servers to show: ${enum} (del: those it is delegated to; sub: hosts below it)."`
	Auth  *string `placeholder:"PW" help:"authInfo, to see another tag's name."`
}

func (c *domainInfo) Run(s *session) error {
	return s.do(eppclient.DomainInfo(s.clTRID(), eppclient.DomainInfoOptions{Name: c.Name, Hosts: c.Hosts, AuthInfo: c.Auth}))
}

// nomFlags are the uk extension's fields that create and update share. An
// empty value (--auto-bill=) clears.
type nomFlags struct {
	FirstBill  *string  `group:"uk" placeholder:"th|bc" help:"Who pays the registration."`
	RecurBill  *string  `group:"uk" placeholder:"th|bc" help:"Who pays renewals: tag holder or bill customer."`
	AutoBill   *string  `group:"uk" placeholder:"DAYS" help:"Renew each period this many days before expiry; 0 or empty: off."`
	NextBill   *string  `group:"uk" placeholder:"DAYS" help:"The same, once."`
	AutoPeriod *string  `group:"uk" placeholder:"YEARS" help:"Years that auto-bill renews for."`
	NextPeriod *string  `group:"uk" placeholder:"YEARS" help:"Years that next-bill renews for."`
	Notes      []string `group:"uk" sep:"none" placeholder:"TEXT" help:"Notes, in place of those there are; may be repeated."`
	Reseller   *string  `group:"uk" placeholder:"NAME" help:"Reseller."`
}

// extension returns the fields, nil if none is given.
func (n *nomFlags) extension(notRequired *string) *eppclient.DomainNom {
	e := &eppclient.DomainNom{
		FirstBill: n.FirstBill, RecurBill: n.RecurBill, AutoBill: n.AutoBill, NextBill: n.NextBill,
		AutoPeriod: n.AutoPeriod, NextPeriod: n.NextPeriod, RenewNotRequired: notRequired,
		Notes: n.Notes, Reseller: n.Reseller,
	}
	for _, p := range []*string{e.FirstBill, e.RecurBill, e.AutoBill, e.NextBill, e.AutoPeriod, e.NextPeriod, notRequired, e.Reseller} {
		if p != nil {
			return e
		}
	}
	if len(e.Notes) > 0 {
		return e
	}
	return nil
}

type domainCreate struct {
	Name       string   `arg:"" help:"Domain name."`
	Years      int      `short:"y" help:"Years (default: the registry's)."`
	NS         []string `name:"ns" placeholder:"HOST" help:"Name servers; HOST/ADDRESS sends the address along."`
	Registrant string   `short:"r" placeholder:"ID" help:"Registrant contact."`
	Contact    []string `placeholder:"TYPE=ID" help:"Further contacts: admin=, billing=, tech=."`
	Auth       string   `placeholder:"PW" help:"authInfo."`
	DS         []string `name:"ds" sep:"none" placeholder:"DS" help:"DS record: \"KEYTAG ALG TYPE DIGEST\"; may be repeated."`
	DNSKey     []string `name:"dnskey" sep:"none" placeholder:"KEY" help:"Key: \"FLAGS PROTOCOL ALG BASE64\"; may be repeated."`
	nomFlags
}

func (c *domainCreate) Run(s *session) error {
	contacts, err := parseContacts(c.Contact)
	if err != nil {
		return err
	}
	o := eppclient.DomainCreateOptions{
		Name: c.Name, Years: c.Years, NS: c.NS, Registrant: c.Registrant,
		Contacts: contacts, AuthInfo: c.Auth, Nom: c.extension(nil),
	}
	if len(c.DS)+len(c.DNSKey) > 0 {
		o.SecDNS = &eppclient.SecDNSCreate{}
		if o.SecDNS.DS, o.SecDNS.Keys, err = parseSecDNS(c.DS, c.DNSKey); err != nil {
			return err
		}
	}
	return s.do(eppclient.DomainCreate(s.clTRID(), o))
}

type domainRenew struct {
	Name   string `arg:"" help:"Domain name."`
	CurExp string `placeholder:"DATE" help:"Its expiry date as known, such as 2027-03-20; without it the server is asked first."`
	Years  int    `short:"y" help:"Years (default: the registry's)."`
}

func (c *domainRenew) Run(s *session) error {
	date := c.CurExp
	if date == "" {
		answer, err := s.ask(eppclient.DomainInfo(s.clTRID(), eppclient.DomainInfoOptions{Name: c.Name, Hosts: "none"}))
		if err != nil {
			return err
		}
		if eppclient.Refusal(answer) != nil {
			return s.finish(answer)
		}
		if date, err = expiry(answer); err != nil {
			return err
		}
	}
	date, _, _ = strings.Cut(date, "T")
	return s.do(eppclient.DomainRenew(s.clTRID(), c.Name, date, c.Years))
}

type domainUpdate struct {
	Name             string   `arg:"" help:"Domain name."`
	AddNS            []string `name:"add-ns" placeholder:"HOST" help:"Name servers to add."`
	RemNS            []string `name:"rem-ns" placeholder:"HOST" help:"Name servers to remove."`
	AddContact       []string `placeholder:"TYPE=ID" help:"Contacts to add."`
	RemContact       []string `placeholder:"TYPE=ID" help:"Contacts to remove."`
	AddStatus        []string `placeholder:"STATUS" help:"Statuses to set, such as clientHold."`
	RemStatus        []string `placeholder:"STATUS" help:"Statuses to clear."`
	Registrant       *string  `short:"r" placeholder:"ID" help:"New registrant."`
	Auth             *string  `placeholder:"PW" help:"New authInfo; empty (--auth=) removes it."`
	AddDS            []string `name:"add-ds" sep:"none" placeholder:"DS" help:"DS record to add: \"KEYTAG ALG TYPE DIGEST\"."`
	RemDS            []string `name:"rem-ds" sep:"none" placeholder:"DS" help:"DS record to remove."`
	AddDNSKey        []string `name:"add-dnskey" sep:"none" placeholder:"KEY" help:"Key to add: \"FLAGS PROTOCOL ALG BASE64\"."`
	RemDNSKey        []string `name:"rem-dnskey" sep:"none" placeholder:"KEY" help:"Key to remove."`
	RemAllDS         bool     `name:"rem-all-ds" help:"Remove all DS records and keys."`
	Restore          bool     `help:"Ask for a deleted name back (RFC 3915)."`
	RenewNotRequired *string  `group:"uk" placeholder:"y|n" help:"Do not renew: let the name expire without reminders."`
	nomFlags
}

func (c *domainUpdate) Run(s *session) error {
	o := eppclient.DomainUpdateOptions{
		Name: c.Name, AddNS: c.AddNS, RemNS: c.RemNS, AddStatus: c.AddStatus, RemStatus: c.RemStatus,
		Registrant: c.Registrant, AuthInfo: c.Auth, Nom: c.extension(c.RenewNotRequired),
	}
	var err error
	if o.AddContacts, err = parseContacts(c.AddContact); err != nil {
		return err
	}
	if o.RemContacts, err = parseContacts(c.RemContact); err != nil {
		return err
	}
	if c.Restore {
		o.Restore = "request"
	}
	if c.RemAllDS || len(c.AddDS)+len(c.RemDS)+len(c.AddDNSKey)+len(c.RemDNSKey) > 0 {
		u := &eppclient.SecDNSUpdate{RemAll: c.RemAllDS}
		if u.AddDS, u.AddKeys, err = parseSecDNS(c.AddDS, c.AddDNSKey); err != nil {
			return err
		}
		if u.RemDS, u.RemKeys, err = parseSecDNS(c.RemDS, c.RemDNSKey); err != nil {
			return err
		}
		o.SecDNS = u
	}
	return s.do(eppclient.DomainUpdate(s.clTRID(), o))
}

type domainDelete struct {
	Name string `arg:"" help:"Domain name."`
}

func (c *domainDelete) Run(s *session) error {
	return s.do(eppclient.DomainDelete(s.clTRID(), c.Name))
}

type domainTransfer struct {
	Op    string  `arg:"" enum:"request,query,approve,reject,cancel" help:"${enum}."`
	Name  string  `arg:"" help:"Domain name."`
	Auth  *string `placeholder:"PW" help:"authInfo, for a request."`
	Years int     `short:"y" help:"Years to renew for, for a request."`
}

func (c *domainTransfer) Run(s *session) error {
	return s.do(eppclient.DomainTransfer(s.clTRID(), c.Op, c.Name, c.Auth, c.Years))
}

// parseContacts reads TYPE=ID.
func parseContacts(list []string) ([]eppclient.DomainContact, error) {
	var out []eppclient.DomainContact
	for _, s := range list {
		kind, id, ok := strings.Cut(s, "=")
		if !ok || kind == "" || id == "" {
			return nil, usageError(fmt.Sprintf("contact %q is not TYPE=ID", s))
		}
		out = append(out, eppclient.DomainContact{Type: kind, ID: id})
	}
	return out, nil
}

// parseSecDNS reads DS records and keys in the form of zone files. Spaces
// within digest and key are allowed.
func parseSecDNS(ds, keys []string) ([]eppclient.DS, []eppclient.Key, error) {
	var outDS []eppclient.DS
	for _, s := range ds {
		n, data, err := threeNumbers(s)
		if err != nil {
			return nil, nil, usageError(fmt.Sprintf("DS %q is not \"KEYTAG ALG TYPE DIGEST\"", s))
		}
		outDS = append(outDS, eppclient.DS{KeyTag: n[0], Algorithm: n[1], DigestType: n[2], Digest: data})
	}
	var outKeys []eppclient.Key
	for _, s := range keys {
		n, data, err := threeNumbers(s)
		if err != nil {
			return nil, nil, usageError(fmt.Sprintf("key %q is not \"FLAGS PROTOCOL ALG BASE64\"", s))
		}
		outKeys = append(outKeys, eppclient.Key{Flags: n[0], Protocol: n[1], Algorithm: n[2], PublicKey: data})
	}
	return outDS, outKeys, nil
}

// threeNumbers reads three numbers and what follows them, joined.
func threeNumbers(s string) ([3]int, string, error) {
	var n [3]int
	fields := strings.Fields(s)
	if len(fields) < 4 {
		return n, "", usageError("too short")
	}
	for i := range n {
		value, err := strconv.Atoi(fields[i])
		if err != nil {
			return n, "", err
		}
		n[i] = value
	}
	return n, strings.Join(fields[3:], ""), nil
}
