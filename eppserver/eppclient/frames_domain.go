package eppclient

import (
	"strconv"
	"strings"
)

// Contact types of a domain (RFC 5731).
const (
	ContactAdmin   = "admin"
	ContactBilling = "billing"
	ContactTech    = "tech"
)

// DomainContact is a contact of a domain in one function.
type DomainContact struct {
	Type, ID string
}

// DomainInfoOptions are the fields of a domain info.
type DomainInfoOptions struct {
	Name string
	// Hosts is all, del, sub or none; "" leaves it out.
	Hosts string
	// AuthInfo is sent unless nil.
	AuthInfo *string
}

// DomainCreateOptions are the fields of a domain create. Zero values are left
// out, save AuthInfo: RFC 5731 demands the element, so "" sends an empty one.
type DomainCreateOptions struct {
	Name  string
	Years int
	// NS are host names, or host/address[/address] to send host attributes.
	// One with an address makes all of them attributes.
	NS         []string
	Registrant string
	Contacts   []DomainContact
	AuthInfo   string
	SecDNS     *SecDNSCreate
	Nom        *DomainNom
}

// DomainUpdateOptions are the fields of a domain update. Zero values are left
// out.
type DomainUpdateOptions struct {
	Name                     string
	AddNS, RemNS             []string
	AddContacts, RemContacts []DomainContact
	AddStatus, RemStatus     []string
	// Registrant and AuthInfo are changed unless nil. AuthInfo "" removes it.
	Registrant, AuthInfo *string
	SecDNS               *SecDNSUpdate
	// Restore is the operation of RFC 3915: "request" or, with Report,
	// "report".
	Restore string
	Report  *RestoreReport
	Nom     *DomainNom
}

// DomainNom is domain-nom-ext-1.2. Nil is left out, a pointer to "" clears
// (update only).
type DomainNom struct {
	FirstBill, RecurBill   *string // th or bc
	AutoBill, NextBill     *string // days before expiry
	AutoPeriod, NextPeriod *string // years
	RenewNotRequired       *string // y or n; update only
	// Notes replace those there are.
	Notes    []string
	Reseller *string
}

// RestoreReport is the report of RFC 3915 section 4.2.5.
type RestoreReport struct {
	PreData, PostData string
	// DelTime and ResTime are RFC 3339 times.
	DelTime, ResTime string
	Reason           string
	Statements       [2]string
	Other            string
}

// DomainCheck returns a check of several names.
func DomainCheck(clTRID string, names ...string) []byte {
	return check(clTRID, "domain", nsDomain, "domain:name", names)
}

// DomainInfo returns a domain info.
func DomainInfo(clTRID string, o DomainInfoOptions) []byte {
	f := command()
	f.object("info", "domain", nsDomain, func() {
		if o.Hosts != "" {
			f.text("domain:name", o.Name, "hosts", o.Hosts)
		} else {
			f.text("domain:name", o.Name)
		}
		if o.AuthInfo != nil {
			f.authInfo("domain", *o.AuthInfo)
		}
	})
	return f.end(clTRID)
}

// DomainCreate returns a domain create.
func DomainCreate(clTRID string, o DomainCreateOptions) []byte {
	f := command()
	f.object("create", "domain", nsDomain, func() {
		f.text("domain:name", o.Name)
		f.years("domain:period", o.Years)
		f.nameServers(o.NS)
		f.given("domain:registrant", o.Registrant)
		f.contacts(o.Contacts)
		f.authInfo("domain", o.AuthInfo)
	})
	if o.SecDNS != nil {
		f.extension(func() { f.secDNSCreate(o.SecDNS) })
	}
	if o.Nom != nil {
		f.extension(func() { f.domainNom("create", o.Nom) })
	}
	return f.end(clTRID)
}

// DomainRenew returns a domain renew. curExpDate is a date such as
// 2027-03-20; years of 0 leaves the period to the server.
func DomainRenew(clTRID, name, curExpDate string, years int) []byte {
	f := command()
	f.object("renew", "domain", nsDomain, func() {
		f.text("domain:name", name)
		f.text("domain:curExpDate", curExpDate)
		f.years("domain:period", years)
	})
	return f.end(clTRID)
}

// DomainUpdate returns a domain update.
func DomainUpdate(clTRID string, o DomainUpdateOptions) []byte {
	f := command()
	f.object("update", "domain", nsDomain, func() {
		f.text("domain:name", o.Name)
		f.domainChange("domain:add", o.AddNS, o.AddContacts, o.AddStatus)
		f.domainChange("domain:rem", o.RemNS, o.RemContacts, o.RemStatus)
		if o.Registrant != nil || o.AuthInfo != nil || o.Restore != "" {
			f.open("domain:chg")
			f.optional("domain:registrant", o.Registrant)
			switch {
			case o.AuthInfo == nil:
			case *o.AuthInfo == "":
				f.open("domain:authInfo")
				f.empty("domain:null")
				f.close("domain:authInfo")
			default:
				f.authInfo("domain", *o.AuthInfo)
			}
			f.close("domain:chg")
		}
	})
	if o.SecDNS != nil {
		f.extension(func() { f.secDNSUpdate(o.SecDNS) })
	}
	if o.Restore != "" {
		f.extension(func() { f.restore(o.Restore, o.Report) })
	}
	if o.Nom != nil {
		f.extension(func() { f.domainNom("update", o.Nom) })
	}
	return f.end(clTRID)
}

// DomainDelete returns a domain delete.
func DomainDelete(clTRID, name string) []byte {
	return remove(clTRID, "domain", nsDomain, "domain:name", name)
}

// DomainTransfer returns a domain transfer; op is request, query, approve,
// reject or cancel. authInfo is sent unless nil, years unless 0.
func DomainTransfer(clTRID, op, name string, authInfo *string, years int) []byte {
	f := command()
	f.open("transfer", "op", op)
	f.open("domain:transfer", "xmlns:domain", nsDomain)
	f.text("domain:name", name)
	f.years("domain:period", years)
	if authInfo != nil {
		f.authInfo("domain", *authInfo)
	}
	f.close("domain:transfer")
	f.close("transfer")
	return f.end(clTRID)
}

// years writes a period unless it is 0.
func (f *builder) years(tag string, years int) {
	if years != 0 {
		f.text(tag, strconv.Itoa(years), "unit", "y")
	}
}

// nameServers writes the ns element: host objects, or attributes if one has
// an address.
func (f *builder) nameServers(list []string) {
	if len(list) == 0 {
		return
	}
	attributes := strings.Contains(strings.Join(list, " "), "/")
	f.open("domain:ns")
	for _, host := range list {
		if !attributes {
			f.text("domain:hostObj", host)
			continue
		}
		parts := strings.Split(host, "/")
		f.open("domain:hostAttr")
		f.text("domain:hostName", parts[0])
		for _, addr := range parts[1:] {
			f.text("domain:hostAddr", addr, "ip", ipVersion(addr))
		}
		f.close("domain:hostAttr")
	}
	f.close("domain:ns")
}

func (f *builder) contacts(list []DomainContact) {
	for _, c := range list {
		f.text("domain:contact", c.ID, "type", c.Type)
	}
}

// domainChange writes add or rem unless all is empty.
func (f *builder) domainChange(tag string, ns []string, contacts []DomainContact, status []string) {
	if len(ns)+len(contacts)+len(status) == 0 {
		return
	}
	f.open(tag)
	f.nameServers(ns)
	f.contacts(contacts)
	f.statuses("domain:status", status)
	f.close(tag)
}

// domainNom writes the uk extension, its children in the schema's order.
func (f *builder) domainNom(verb string, n *DomainNom) {
	const prefix = "domain-nom-ext:"
	f.open(prefix+verb, "xmlns:domain-nom-ext", nsNominet+"domain-nom-ext-1.2")
	f.optional(prefix+"first-bill", n.FirstBill)
	f.optional(prefix+"recur-bill", n.RecurBill)
	f.optional(prefix+"auto-bill", n.AutoBill)
	f.optional(prefix+"next-bill", n.NextBill)
	f.optional(prefix+"auto-period", n.AutoPeriod)
	f.optional(prefix+"next-period", n.NextPeriod)
	f.optional(prefix+"renew-not-required", n.RenewNotRequired)
	f.texts(prefix+"notes", n.Notes)
	f.optional(prefix+"reseller", n.Reseller)
	f.close(prefix + verb)
}

// restore writes the RFC 3915 extension.
func (f *builder) restore(op string, report *RestoreReport) {
	f.open("rgp:update", "xmlns:rgp", nsRGP)
	f.open("rgp:restore", "op", op)
	if report != nil {
		f.open("rgp:report")
		f.text("rgp:preData", report.PreData)
		f.text("rgp:postData", report.PostData)
		f.text("rgp:delTime", report.DelTime)
		f.text("rgp:resTime", report.ResTime)
		f.text("rgp:resReason", report.Reason)
		f.texts("rgp:statement", report.Statements[:])
		f.given("rgp:other", report.Other)
		f.close("rgp:report")
	}
	f.close("rgp:restore")
	f.close("rgp:update")
}
