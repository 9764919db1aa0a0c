package eppserver_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

// C1: whoever gives its names hosts below another tag's name, or sets statuses
// on them, does not keep that tag from making them; a zone is no host.
func TestHostsBelowAnothersName(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	a, b := h.Login("DEMO-A"), h.Login("DEMO-B")
	victim := glueName(a, "vict."+epptest.ZoneUK)
	b.Want(eppclient.ContactCreate("", newPerson("B-OWN")), xml.CodeOK)
	create := func(name, ns string) []byte {
		return eppclient.DomainCreate("", eppclient.DomainCreateOptions{Name: name + "." + epptest.ZoneUK, Years: 1, Registrant: "B-OWN",
			NS: []string{ns + "/192.0.2.1"}, AuthInfo: strongAuth})
	}
	b.Want(create("zone", "UK.test"), xml.CodePolicy)
	b.Want(create("squat", "ns1."+victim), xml.CodeOK)
	squatted := eppclient.HostUpdateOptions{Name: "ns1." + victim, AddStatus: []string{"clientUpdateProhibited", "clientDeleteProhibited"}}
	b.Want(eppclient.HostUpdate("", squatted), xml.CodeOK)
	a.Want(eppclient.HostCreate("", "ns1."+victim, "192.0.2.7"), xml.CodeOK)
	b.Want(eppclient.HostDelete("", "ns1."+victim), xml.CodeAuthorization)
	a.Want(eppclient.HostUpdate("", eppclient.HostUpdateOptions{Name: "ns1." + victim, AddAddrs: []string{"192.0.2.8"}}), xml.CodeOK)
	b.Want(eppclient.DomainUpdate("", eppclient.DomainUpdateOptions{Name: "squat." + epptest.ZoneUK, AddNS: []string{epptest.ZoneGTLD + "/192.0.2.1"}}), xml.CodePolicy)
}

// C9: a message that waits shows no data of a contact that the tag may not see,
// or no longer.
func TestPollShowsNoContactOfOthers(t *testing.T) {
	h, a, b, _, name, _ := transferring(t, false)
	h.Exec(`UPDATE registrar SET handshake = 'always' WHERE tag = 'DEMO-B'`)
	a.Want(eppclient.Release("cl-r", name, "DEMO-B"), xml.CodeOKPending)
	r := b.Want(eppclient.Poll("cl-p"), xml.CodeOKAckToDequeue)
	has(t, r.ResData, "Pat Möller")
	b.Want(eppclient.HandshakeReject("cl-h", r.ResData[0].Child(xml.NSNotifications, "caseId").Text), xml.CodeOK)
	r = b.Want(eppclient.Poll("cl-p"), xml.CodeOKAckToDequeue)
	lacks(t, r.ResData, "Pat Möller", "pat@example.net")
	b.Want(eppclient.PollAck("", r.MsgQ.ID), xml.CodeOK)

	// The contact comes and goes again, before the message is read.
	h.Exec(`UPDATE registrar SET handshake = 'accept'`)
	a.Want(eppclient.ReleaseRegistrant("cl-r", "OWNER-A", "DEMO-B"), xml.CodeOK)
	r = b.Want(eppclient.Poll("cl-p"), xml.CodeOKAckToDequeue)
	has(t, r.ResData, "Pat Möller")
	b.Want(eppclient.ReleaseRegistrant("cl-r", "OWNER-A", "DEMO-A"), xml.CodeOK)
	r = b.Want(eppclient.Poll("cl-p"), xml.CodeOKAckToDequeue)
	lacks(t, r.ResData, "Pat Möller", "pat@example.net")
	if !strings.Contains(r.MsgQ.Msg, "came from DEMO-A") {
		t.Errorf("the message is %q", r.MsgQ.Msg)
	}
}

// E4: frames that cannot be read count as commands and are held back like them.
func TestBrokenFramesCountAsCommands(t *testing.T) {
	h := epptest.New(t, func(o *epptest.Options) { o.UK.Limits.CommandsPerSecond = 20 })
	c := h.Login("DEMO-A")
	began := time.Now()
	for range 40 {
		c.Want([]byte(`<epp/>`), xml.CodeSyntax)
	}
	// A second's worth may come at once, the other twenty take a second.
	if took := time.Since(began); took < 800*time.Millisecond {
		t.Errorf("40 broken frames were answered in %s at 20 commands per second", took)
	}
}

// A name's contacts are bounded, so that its info is.
func TestContactsPerName(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	c := h.Login("DEMO-A")
	name := glueName(c, "many."+epptest.ZoneUK)
	many := func(from, to int) (out []eppclient.DomainContact) {
		for i := from; i < to; i++ {
			id := fmt.Sprintf("MANY-%d", i)
			c.Want(eppclient.ContactCreate("", newPerson(id)), xml.CodeOK)
			out = append(out, eppclient.DomainContact{Type: eppclient.ContactTech, ID: id})
		}
		return out
	}
	c.Want(eppclient.DomainUpdate("", eppclient.DomainUpdateOptions{Name: name, AddContacts: many(0, 50)}), xml.CodeOK)
	more := many(50, 51)
	c.Want(eppclient.DomainUpdate("", eppclient.DomainUpdateOptions{Name: name, AddContacts: more}), xml.CodePolicy)
	c.Want(eppclient.DomainUpdate("", eppclient.DomainUpdateOptions{Name: name, AddContacts: more,
		RemContacts: []eppclient.DomainContact{{Type: eppclient.ContactTech, ID: "MANY-0"}}}), xml.CodeOK)
}
