package main

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/xml"
)

func pointer[T any](v T) *T { return &v }

// checkDS is a DS record as a registrar sends it.
var checkDS = eppclient.DS{KeyTag: 12345, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("4F", 32)}

// checkContact is a contact in London.
func checkContact(handle, email string) eppclient.ContactCreateOptions {
	return eppclient.ContactCreateOptions{
		ID: handle, Email: email, Voice: "+44.2079460000", AuthInfo: "k7Wq-nR4t-Zp2x-Hd8v-Ly5m",
		Postal: []eppclient.Postal{{Name: pointer("Check Person"), HasAddr: true, Street: []string{"1 Mill Lane"},
			City: "London", Postcode: "SW1A 1AA", Country: "GB"}},
	}
}

// uk runs the commands of the uk profile, with the conversation of two and
// three tags that a release needs.
func (c *checkRun) uk(a, b, third *checkSession) {
	handle := "CK-" + strings.ToUpper(c.id)
	name, other := "check-"+c.id+".co.demo", "brief-"+c.id+".org.demo"
	c.ukContacts(a, handle)
	c.hosts(a)

	a.do("domain check", eppclient.DomainCheck(a.next(), name, "bakery.co.demo", "registry.co.demo"), xml.CodeOK)
	create := eppclient.DomainCreateOptions{Name: name, Years: 2, Registrant: handle,
		NS: []string{"ns1.hosting.example", "ns2.hosting.example"}, SecDNS: &eppclient.SecDNSCreate{DS: []eppclient.DS{checkDS}}}
	a.do("domain create", eppclient.DomainCreate(a.next(), create), xml.CodeOK)
	a.do("domain create, taken", eppclient.DomainCreate(a.next(), create), xml.CodeExists)
	created := a.do("domain info", eppclient.DomainInfo(a.next(), eppclient.DomainInfoOptions{Name: name, Hosts: "all"}), xml.CodeOK)
	b.do("domain info, another's", eppclient.DomainInfo(b.next(), eppclient.DomainInfoOptions{Name: name}), xml.CodeOK)
	a.do("domain renew, too early", eppclient.DomainRenew(a.next(), name, expiry(created), 2), xml.CodeNotRenewable)
	a.do("domain update: hosts, auto-bill", eppclient.DomainUpdate(a.next(), eppclient.DomainUpdateOptions{Name: name,
		AddNS: []string{"ns1.dns.example"}, RemNS: []string{"ns2.hosting.example"}, Nom: &eppclient.DomainNom{AutoBill: pointer("30")}}), xml.CodeOK)
	a.do("domain update: DS", eppclient.DomainUpdate(a.next(), eppclient.DomainUpdateOptions{Name: name,
		SecDNS: &eppclient.SecDNSUpdate{RemAll: true}}), xml.CodeOK)
	a.do("domain update: hold", eppclient.DomainUpdate(a.next(), eppclient.DomainUpdateOptions{Name: name, AddStatus: []string{"clientHold"}}), xml.CodeOK)
	b.do("domain update, another's", eppclient.DomainUpdate(b.next(), eppclient.DomainUpdateOptions{Name: name, RemStatus: []string{"clientHold"}}),
		xml.CodeAuthorization)
	a.do("domain create, referred zone", eppclient.DomainCreate(a.next(), eppclient.DomainCreateOptions{
		Name: "fund-" + c.id + ".trust.demo", Years: 2, Registrant: handle}), xml.CodeOKPending)
	a.do("domain create, to be deleted", eppclient.DomainCreate(a.next(), eppclient.DomainCreateOptions{
		Name: other, Years: 1, Registrant: handle}), xml.CodeOK)
	a.do("domain delete", eppclient.DomainDelete(a.next(), other), xml.CodeOK)
	a.do("contact delete, in use", eppclient.ContactDelete(a.next(), handle), xml.CodeAssociation)
	c.renewOne(a)
	c.releases(a, b, third, name)
}

func (c *checkRun) ukContacts(a *checkSession, handle string) {
	a.do("contact check", eppclient.ContactCheck(a.next(), handle, "A-BAKER"), xml.CodeOK)
	o := checkContact(handle, "check@mail.example")
	o.Nom = &eppclient.ContactNom{Type: pointer("IND"), OptOut: pointer("y")}
	a.do("contact create", eppclient.ContactCreate(a.next(), o), xml.CodeOK)
	a.do("contact info", eppclient.ContactInfo(a.next(), handle, nil), xml.CodeOK)
	a.do("contact update", eppclient.ContactUpdate(a.next(), eppclient.ContactUpdateOptions{ID: handle, Voice: pointer("+44.2079460001")}), xml.CodeOK)
	o.ID = handle + "X"
	a.do("contact create, to be deleted", eppclient.ContactCreate(a.next(), o), xml.CodeOK)
	a.do("contact delete", eppclient.ContactDelete(a.next(), o.ID), xml.CodeOK)
}

// hosts runs the commands on hosts, and leaves none.
func (c *checkRun) hosts(a *checkSession) {
	host := "ns1.check-" + c.id + ".example"
	a.do("host check", eppclient.HostCheck(a.next(), host, "ns1.hosting.example"), xml.CodeOK)
	a.do("host create", eppclient.HostCreate(a.next(), host), xml.CodeOK)
	a.do("host info", eppclient.HostInfo(a.next(), host), xml.CodeOK)
	a.do("host update", eppclient.HostUpdate(a.next(), eppclient.HostUpdateOptions{Name: host, NewName: "new-" + host}), xml.CodeOK)
	a.do("host delete", eppclient.HostDelete(a.next(), "new-"+host), xml.CodeOK)
}

// releases moves a name from tag to tag: one that is asked takes it, one
// refuses it, and then it is detagged.
func (c *checkRun) releases(a, b, third *checkSession, name string) {
	a.do("release to an unknown tag", eppclient.Release(a.next(), name, "NO-SUCH-TAG"), xml.CodePolicy, xml.CodeAuthorization, xml.CodeNotFound)
	a.do("release to DEMO-B, which is asked", eppclient.Release(a.next(), name, "DEMO-B"), xml.CodeOKPending)
	b.do("handshake accept", eppclient.HandshakeAccept(b.next(), b.drain("asked to take a name", 1), ""), xml.CodeOK)
	a.drain("what became of the release", 1)
	b.do("domain info, released", eppclient.DomainInfo(b.next(), eppclient.DomainInfoOptions{Name: name}), xml.CodeOK)
	b.do("release to DEMO-C, which is asked", eppclient.Release(b.next(), name, "DEMO-C"), xml.CodeOKPending)
	third.do("handshake reject", eppclient.HandshakeReject(third.next(), third.drain("asked to take a name", 1)), xml.CodeOK)
	b.drain("what became of the release", 1)
	b.do("release to DETAGGED", eppclient.Release(b.next(), name, "DETAGGED"), xml.CodeOK)
	b.do("domain update, detagged", eppclient.DomainUpdate(b.next(), eppclient.DomainUpdateOptions{Name: name, AddStatus: []string{"clientHold"}}),
		xml.CodeAuthorization)
}

// leftForPasting are the names that the README and a printed line renew: the
// check must not.
var leftForPasting = [...]string{"harbour.co.demo", "ivory.co.demo"}

// renewOne renews a name of the demo that is in its window (R2). Each run takes
// one; when none is left it says so.
func (c *checkRun) renewOne(a *checkSession) {
	f, err := demoFiles().Open("domains.csv")
	if err != nil {
		c.line(false, "domain renew", err.Error())
		return
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		c.line(false, "domain renew", err.Error())
		return
	}
	for _, l := range lines {
		if slices.Contains(leftForPasting[:], l[0]) || !strings.HasSuffix(l[0], ".demo") || l[1] != a.tag || strings.Trim(l[0], "abcdefghijklmnopqrstuvwxyz.-") != "" {
			continue
		}
		r, err := a.send(eppclient.DomainInfo(a.next(), eppclient.DomainInfoOptions{Name: l[0]}))
		if err != nil {
			c.line(false, a.tag+" domain info "+l[0], err.Error())
			return
		}
		e, err := time.Parse(time.DateOnly, expiry(r))
		days := time.Until(e).Hours() / 24
		if err != nil || days < 1 || days > 175 || find(r.Ext, "recur-bill") == "bc" {
			continue
		}
		first := expiry(r)
		done := a.do("domain renew "+l[0], eppclient.DomainRenew(a.next(), l[0], first, 2), xml.CodeOK)
		if done != nil {
			e2 := expiry(done)
			c.line(e2 > first, a.tag+" exDate afterwards", fmt.Sprintf("%s, was %s", e2, first))
			a.do("domain renew, repeated", eppclient.DomainRenew(a.next(), l[0], first, 2), xml.CodePolicy)
		}
		return
	}
	c.line(true, a.tag+" domain renew", "left out: earlier runs renewed every name in its window")
}
