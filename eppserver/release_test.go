package eppserver_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

func TestReleaseOverTLS(t *testing.T) {
	h, a, b, _, name, _ := transferring(t, false)
	for tag, reason := range map[string]string{"REGISTRY": "V055", "NO-SUCH-TAG": "V016"} {
		r := a.Want(eppclient.Release("tr-x", "nobody."+epptest.ZoneUK, tag), xml.CodePolicy)
		wantRefusal(t, r, reason, "registrarTag")
	}
	a.Want(eppclient.Release("cl-r", "nobody."+epptest.ZoneUK, "DEMO-B"), xml.CodeNotFound)
	wantRefusal(t, b.Want(eppclient.Release("tr-x", name, "DEMO-C"), xml.CodeAuthorization), "V096", "name")
	wantRefusal(t, a.Want(eppclient.Release("tr-x", name, "DEMO-A"), xml.CodeNotTransferable), "V908", "registrarTag")

	r := a.Want(eppclient.Release("cl-r", name, "DEMO-B"), xml.CodeOK)
	has(t, r.Ext, "registrar-account-forked")
	a.Want(eppclient.Release("cl-r", name, "DEMO-B"), xml.CodeAuthorization)
	texts, nodes := drained(b)
	if len(texts) != 2 || texts[0] != "Registrar Change Notification" ||
		!strings.Contains(texts[1], name+": Registration request being processed (2028-06-01)") {
		t.Errorf("B was told %q", texts)
	}
	has(t, nodes, "rcData", "<registrarTag []>DEMO-B", "[{noDomains 1}]><domainName []>"+name, "Pat Möller")

	// The registrant's other name: the registrant goes along.
	r = a.Want(eppclient.ReleaseRegistrant("cl-r", "OWNER-A", "DEMO-B"), xml.CodeOK)
	lacks(t, r.Ext, "registrar-account-forked")
	has(t, b.Want(eppclient.ContactInfo("cl-i", "OWNER-A", nil), xml.CodeOK).ResData, "<clID []>DEMO-B")
	wantRefusal(t, a.Want(eppclient.ReleaseRegistrant("tr-x", "OWNER-A", "DEMO-B"), xml.CodeAuthorization), "V096", "registrant")
	a.Want(eppclient.ReleaseRegistrant("cl-r", "NOBODY", "DEMO-B"), xml.CodeNotFound)

	b.Want(eppclient.Release("cl-r", name, "DETAGGED"), xml.CodeOK) // R40
	b.Want(eppclient.DomainUpdate("cl-u", eppclient.DomainUpdateOptions{Name: name, AddStatus: []string{"clientHold"}}), xml.CodeAuthorization)
	if n := h.Count(`SELECT count(*) FROM domain d JOIN registrar r ON r.id = d.sponsor WHERE r.tag = 'DETAGGED'`); n != 1 {
		t.Errorf("%d names are detagged", n)
	}
}

func TestHandshakeOverTLS(t *testing.T) {
	h, a, b, c, name, _ := transferring(t, false)
	h.Exec(`UPDATE registrar SET handshake = 'always' WHERE tag = 'DEMO-B'`)
	h.Exec(`UPDATE registrar SET handshake = 'reject' WHERE tag = 'DEMO-C'`)
	wantRefusal(t, a.Want(eppclient.Release("tr-x", name, "DEMO-C"), xml.CodePolicy), "V907", "registrarTag")
	ask := func() string {
		t.Helper()
		r := a.Want(eppclient.Release("cl-r", name, "DEMO-B"), xml.CodeOKPending)
		has(t, r.ResData, "releasePending", "DEMO-B has to accept")
		a.Want(eppclient.Release("cl-r", name, "DEMO-B"), xml.CodeStatusProhibits)
		r = b.Want(eppclient.Poll("cl-p"), xml.CodeOKAckToDequeue)
		if r.MsgQ.Msg != "Registrar Change Authorisation Request" {
			t.Errorf("B is asked with %q", r.MsgQ.Msg)
		}
		b.Want(eppclient.PollAck("cl-a", r.MsgQ.ID), xml.CodeOK)
		id := r.ResData[0].Child(xml.NSNotifications, "caseId")
		if id == nil || id.Text == "" || len(id.Text) > 12 {
			t.Fatalf("no case in %s", tree(r.ResData))
		}
		return id.Text
	}
	first := ask()
	c.Want(eppclient.HandshakeAccept("cl-h", first, ""), xml.CodeNotFound)
	b.Want(eppclient.HandshakeAccept("cl-h", "987654321098", ""), xml.CodeNotFound)
	b.Want(eppclient.HandshakeAccept("cl-h", first, "NOBODY"), xml.CodeAuthorization)
	has(t, b.Want(eppclient.HandshakeReject("cl-h", first), xml.CodeOK).ResData, "hanData", first, name)
	b.Want(eppclient.HandshakeReject("cl-h", first), xml.CodeStatusProhibits)
	if texts, nodes := drained(a); !slices.Equal(texts, []string{"Registrar Change Handshake Rejected"}) {
		t.Errorf("A was told %q, %s", texts, tree(nodes))
	}
	second := ask()
	r := b.Want(eppclient.HandshakeAccept("cl-h", second, ""), xml.CodeOK)
	has(t, r.ResData, second, name)
	has(t, r.Ext, "registrar-account-forked")
	texts, nodes := drained(a)
	if !slices.Equal(texts, []string{"Domains Released Notification"}) {
		t.Errorf("A was told %q", texts)
	}
	has(t, nodes, "[{moved N}]>OWNER-A", "<from []>DEMO-A", "<registrarTag []>DEMO-B")
	b.Want(eppclient.Release("cl-r", name, "DEMO-A"), xml.CodeOK)
	drained(b)
	third := ask()
	h.Advance(5 * 24 * time.Hour)
	b.Want(eppclient.HandshakeAccept("cl-h", third, ""), xml.CodeStatusProhibits)
}

// R41: the answer to the new tag says that its renewal covers an unpaid one.
func TestRenewalAfterAReleaseSaysWhatItCovers(t *testing.T) {
	h, a, b, _, name, _ := transferring(t, false)
	h.Exec(`UPDATE domain SET first_paid = true`)
	h.SetNow(time.Date(2028, 3, 1, 12, 0, 0, 0, time.UTC))
	r := a.Want(eppclient.DomainRenew("cl-n", name, "2028-06-01", 2), xml.CodeOK)
	if len(r.Results[0].Values) != 0 {
		t.Errorf("the first renewal covers %+v", r.Results[0].Values)
	}
	a.Want(eppclient.Release("cl-r", name, "DEMO-B"), xml.CodeOK)
	texts, _ := drained(b)
	if len(texts) != 2 || !strings.Contains(texts[1], "Renewal request being processed (2030-06-01)") {
		t.Errorf("B was told %q", texts)
	}
	r = b.Want(eppclient.DomainRenew("cl-n", name, "2030-06-01", 2), xml.CodeOK)
	has(t, r.ResData, "2030-06-01T00:00:00Z")
	if got := epptest.Reason(r); !strings.Contains(got, "covers the unpaid renewal request of DEMO-A") {
		t.Errorf("the answer says %q", got)
	}
	b.Want(eppclient.DomainRenew("cl-n", name, "2030-06-01", 2), xml.CodeNotRenewable) // R3
}

func TestListsOverTLS(t *testing.T) {
	h, a, b, _, name, _ := transferring(t, false)
	for month, want := range map[string]string{"2028-06": "[{noDomains 2}]>", "2028-05": "[{noDomains 0}]>", "2028-07": "[{noDomains 0}]>"} {
		has(t, a.Want(eppclient.ListExpiry("cl-l", month), xml.CodeOK).ResData, want)
	}
	has(t, a.Want(eppclient.ListExpiry("cl-l", "2028-06"), xml.CodeOK).ResData, name)
	has(t, b.Want(eppclient.ListExpiry("cl-l", "2028-06"), xml.CodeOK).ResData, "[{noDomains 0}]>") // A's names
	// A month is one of the registry's time zone: in summer it begins at 23:00 UTC.
	h.Exec(`UPDATE domain SET created_at = '2026-05-31T23:00:00Z' WHERE name = $1`, name)
	h.Exec(`UPDATE domain SET created_at = '2026-05-31T22:59:59Z' WHERE name <> $1`, name)
	r := a.Want(eppclient.ListMonth("cl-l", "2026-06"), xml.CodeOK)
	has(t, r.ResData, "[{noDomains 1}]>", name)
	lacks(t, a.Want(eppclient.ListMonth("cl-l", "2026-05"), xml.CodeOK).ResData, name)

	h.Exec(`UPDATE registrar SET handshake = 'always' WHERE tag = 'DEMO-B'`)
	h.Exec(`UPDATE registrar SET state = 'closed' WHERE tag = 'DEMO-C'`)
	r = a.Want(eppclient.TagList("cl-t"), xml.CodeOK)
	has(t, r.ResData, "DEMO-A<name []>DEMO-A Ltd<handshake []>N", "DEMO-B<name []>DEMO-B Ltd<handshake []>Y")
	lacks(t, r.ResData, "DEMO-C", "DETAGGED", "REGISTRY")
}
