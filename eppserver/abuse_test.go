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

// C1: a name server given as an attribute is made only below its own name or
// outside our zones. Otherwise a tag could take the host names of another's
// names, or of names to come, for its own.
func TestAttributeHostsBelowOtherNames(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	a, b := h.Login("DEMO-A"), h.Login("DEMO-B")
	victim := glueName(a, "vict."+epptest.ZoneUK)
	b.Want(eppclient.ContactCreate("", newPerson("B-OWN")), xml.CodeOK)
	create := func(name, ns string) []byte {
		return eppclient.DomainCreate("", eppclient.DomainCreateOptions{Name: name + "." + epptest.ZoneUK, Years: 1, Registrant: "B-OWN",
			NS: []string{ns + "/192.0.2.1"}, AuthInfo: strongAuth})
	}
	b.Want(create("good", "ns1.good."+epptest.ZoneUK), xml.CodeOK)
	b.Want(create("fine", "ns1.example.net"), xml.CodeOK)
	for ns, code := range map[string]xml.ResultCode{
		victim: xml.CodeNotFound, "NS1." + victim: xml.CodeNotFound, "ns1.nobody." + epptest.ZoneUK: xml.CodeNotFound,
		"ns1.x." + epptest.ZoneGTLD: xml.CodeNotFound, epptest.ZoneUK: xml.CodePolicy,
	} {
		b.Want(create("squat", ns), code)
		b.Want(eppclient.DomainUpdate("", eppclient.DomainUpdateOptions{Name: "fine." + epptest.ZoneUK, AddNS: []string{ns + "/192.0.2.1"}}), code)
	}
	if n := h.Count(`SELECT count(*) FROM host WHERE superordinate IS NULL AND name <> 'ns1.example.net'`); n != 0 {
		t.Errorf("%d hosts were made", n)
	}
	// One that is there may be used.
	a.Want(eppclient.HostCreate("", "ns1."+victim, "192.0.2.1"), xml.CodeOK)
	b.Want(create("uses", "ns1."+victim), xml.CodeOK)
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
