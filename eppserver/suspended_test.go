package eppserver_test

import (
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

// A tag suspended in the middle of a session changes nothing from that moment
// on, before anybody has closed the session.
func TestSuspendedTagChangesNothingAtOnce(t *testing.T) {
	h := epptest.New(t, func(o *epptest.Options) { o.Config.WatchInterval = time.Hour })
	h.SetNow(at)
	ownContact(h, "DEMO-A", "owner-a")
	c := h.Login("DEMO-A")
	name := "mine." + epptest.ZoneUK
	registerDomain(c, name, "owner-a")
	h.Exec(`UPDATE domain SET expires = $2, first_paid = true WHERE name = $1`, name, at.AddDate(0, 1, 0))
	h.Exec(`UPDATE registrar SET state = 'suspended' WHERE tag = 'DEMO-A'`)
	before := h.Count(`SELECT count(*) FROM history`)
	reseller, email := "Other", "other@example.net"
	for what, frame := range map[string][]byte{
		"renew":          eppclient.DomainRenew("held-1", name, at.AddDate(0, 1, 0).Format("2006-01-02"), 1),
		"update of row":  eppclient.DomainUpdate("held-2", eppclient.DomainUpdateOptions{Name: name, Nom: &eppclient.DomainNom{Reseller: &reseller}}),
		"update of ns":   eppclient.DomainUpdate("held-3", eppclient.DomainUpdateOptions{Name: name, AddNS: []string{"ns1.elsewhere.example"}}),
		"delete":         eppclient.DomainDelete("held-4", name),
		"create":         eppclient.DomainCreate("held-5", eppclient.DomainCreateOptions{Name: "new." + epptest.ZoneUK, Registrant: "owner-a", AuthInfo: strongAuth}),
		"contact update": eppclient.ContactUpdate("held-6", eppclient.ContactUpdateOptions{ID: "owner-a", Email: &email}),
		"host create":    eppclient.HostCreate("held-7", "ns9.elsewhere.example"),
		"release":        eppclient.Release("held-8", name, "DEMO-B"),
	} {
		t.Run(what, func(t *testing.T) {
			c.Want(frame, xml.CodeAuthorization)
		})
	}
	if n := h.Count(`SELECT count(*) FROM history`); n != before {
		t.Errorf("%d changes", n-before)
	}
}
