package main

import (
	"strings"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/xml"
)

// Texts that are random enough for the server (RFC 9154); the second one is set
// by the gaining tag.
const (
	checkAuthInfo    = "k7Wq-nR4t-Zp2x-Hd8v-Ly5m"
	checkNewAuthInfo = "V3bz-Qe9s-Jm6c-Tg1w-Xk8n"
	wrongAuthInfo    = "n0Td-aL1q-Bx7u-Rf3y-Wc5e"
)

// gtld runs the commands of the gtld profile, with the transfers and the
// restoring that only it has.
func (c *checkRun) gtld(a, b *checkSession) {
	handle := "CG-" + strings.ToUpper(c.id)
	name := "check-" + c.id + ".shop"
	a.do("contact create", eppclient.ContactCreate(a.next(), checkContact(handle, "check@mail.example")), xml.CodeOK)
	o := eppclient.DomainCreateOptions{Name: name, Years: 1, Registrant: handle, AuthInfo: checkAuthInfo,
		NS:       []string{"ns1.hosting.example", "ns2.hosting.example"},
		Contacts: []eppclient.DomainContact{{Type: "admin", ID: handle}, {Type: "tech", ID: handle}},
		SecDNS:   &eppclient.SecDNSCreate{DS: []eppclient.DS{checkDS}}}
	a.do("domain check", eppclient.DomainCheck(a.next(), name, "tulip.shop", "nic.shop"), xml.CodeOK)
	created := a.do("domain create", eppclient.DomainCreate(a.next(), o), xml.CodeOK)
	a.do("domain info", eppclient.DomainInfo(a.next(), eppclient.DomainInfoOptions{Name: name, Hosts: "all"}), xml.CodeOK)
	a.do("domain renew", eppclient.DomainRenew(a.next(), name, expiry(created), 1), xml.CodeOK)
	a.do("domain renew, repeated", eppclient.DomainRenew(a.next(), name, expiry(created), 1), xml.CodeValueRange)
	a.do("domain update: status, DS", eppclient.DomainUpdate(a.next(), eppclient.DomainUpdateOptions{Name: name,
		AddStatus: []string{"clientHold"}, SecDNS: &eppclient.SecDNSUpdate{RemAll: true}}), xml.CodeOK)
	c.glue(a, name)
	c.transfers(a, b, name)
	c.contactTransfer(a, b)
	a.do("domain create, to be deleted", eppclient.DomainCreate(a.next(), eppclient.DomainCreateOptions{
		Name: "brief-" + c.id + ".shop", Years: 1, Registrant: handle, AuthInfo: checkAuthInfo}), xml.CodeOK)
	a.do("domain delete in the add grace period", eppclient.DomainDelete(a.next(), "brief-"+c.id+".shop"), xml.CodeOK)
	c.restore(a, "kettle.shop")
}

// glue makes a host below a name, changes its addresses and deletes it.
func (c *checkRun) glue(a *checkSession, name string) {
	host := "ns1." + name
	a.do("host create with glue", eppclient.HostCreate(a.next(), host, "192.0.2.77", "2001:db8::77"), xml.CodeOK)
	a.do("host update: addresses", eppclient.HostUpdate(a.next(), eppclient.HostUpdateOptions{Name: host,
		AddAddrs: []string{"198.51.100.77"}, RemAddrs: []string{"192.0.2.77"}}), xml.CodeOK)
	a.do("host delete", eppclient.HostDelete(a.next(), host), xml.CodeOK)
}

// transfers pulls a name with every operation.
func (c *checkRun) transfers(a, b *checkSession, name string) {
	transfer := func(s *checkSession, op string, authInfo *string, years int) []byte {
		return eppclient.DomainTransfer(s.next(), op, name, authInfo, years)
	}
	b.do("transfer with a wrong authInfo", transfer(b, "request", pointer(wrongAuthInfo), 1), xml.CodeBadAuthInfo)
	b.do("transfer request", transfer(b, "request", pointer(checkAuthInfo), 1), xml.CodeOKPending)
	a.do("transfer query", transfer(a, "query", nil, 0), xml.CodeOK)
	b.do("transfer cancel", transfer(b, "cancel", nil, 0), xml.CodeOK)
	b.do("transfer request", transfer(b, "request", pointer(checkAuthInfo), 1), xml.CodeOKPending)
	a.do("transfer reject", transfer(a, "reject", nil, 0), xml.CodeOK)
	b.do("transfer request", transfer(b, "request", pointer(checkAuthInfo), 1), xml.CodeOKPending)
	a.do("transfer approve", transfer(a, "approve", nil, 0), xml.CodeOK)
	a.drain("transfers", 1)
	b.drain("transfers", 1)
	b.do("domain update: authInfo", eppclient.DomainUpdate(b.next(), eppclient.DomainUpdateOptions{Name: name,
		AuthInfo: pointer(checkNewAuthInfo)}), xml.CodeOK)
	a.do("domain update, another's by now", eppclient.DomainUpdate(a.next(), eppclient.DomainUpdateOptions{Name: name,
		RemStatus: []string{"clientHold"}}), xml.CodeAuthorization)
}

func (c *checkRun) contactTransfer(a, b *checkSession) {
	handle := "CT-" + strings.ToUpper(c.id)
	a.do("contact create", eppclient.ContactCreate(a.next(), checkContact(handle, "mover@mail.example")), xml.CodeOK)
	b.do("contact transfer request", eppclient.ContactTransfer(b.next(), "request", handle, pointer(checkAuthInfo)), xml.CodeOKPending)
	b.do("contact transfer query", eppclient.ContactTransfer(b.next(), "query", handle, nil), xml.CodeOK)
	a.do("contact transfer approve", eppclient.ContactTransfer(a.next(), "approve", handle, nil), xml.CodeOK)
	b.do("contact delete", eppclient.ContactDelete(b.next(), handle), xml.CodeOK)
}

// restore brings a name back that is in its redemption period (RFC 3915); the
// first run finds it there, later ones delete it first.
func (c *checkRun) restore(a *checkSession, name string) {
	info := a.do("domain info "+name, eppclient.DomainInfo(a.next(), eppclient.DomainInfoOptions{Name: name}), xml.CodeOK)
	if info == nil {
		return
	}
	if !redeemable(info) {
		a.do("domain delete", eppclient.DomainDelete(a.next(), name), xml.CodeOKPending, xml.CodeOK)
	}
	a.do("restore request", eppclient.DomainUpdate(a.next(), eppclient.DomainUpdateOptions{Name: name, Restore: "request"}), xml.CodeOK)
	now := time.Now().UTC().Format(time.RFC3339)
	a.do("restore report", eppclient.DomainUpdate(a.next(), eppclient.DomainUpdateOptions{Name: name, Restore: "report",
		Report: &eppclient.RestoreReport{PreData: "the name as it was", PostData: "the name as it is", DelTime: now, ResTime: now,
			Reason: "deleted by mistake", Statements: [2]string{"restored for its registrant", "this is true"}}}), xml.CodeOK)
}

// redeemable tells whether a name's info shows the redemption period.
func redeemable(info *xml.ParsedResponse) bool {
	for _, n := range info.Ext {
		for _, s := range n.Children {
			for _, a := range s.Attrs {
				if a.Key == "s" && a.Value == "redemptionPeriod" {
					return true
				}
			}
		}
	}
	return false
}
