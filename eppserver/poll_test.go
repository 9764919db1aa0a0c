package eppserver_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

func TestPollOverTLS(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	a, b := h.Login("DEMO-A"), h.Login("DEMO-B")
	r := a.Want(eppclient.Poll("cl-p"), xml.CodeOKNoMessages)
	if r.MsgQ != nil {
		t.Errorf("msgQ %+v", r.MsgQ)
	}
	for _, text := range []string{"first & foremost", "second"} {
		h.Exec(`INSERT INTO poll_message (registrar_id, queued_at, kind, text) VALUES ($1, $2, 'maintenance', $3)`,
			h.RegistrarID("DEMO-A"), at, text)
	}
	r = a.Want(eppclient.Poll("cl-p"), xml.CodeOKAckToDequeue)
	if r.MsgQ.Count != 2 || r.MsgQ.Msg != "first & foremost" || !r.MsgQ.QDate.Equal(at) {
		t.Errorf("msgQ %+v", r.MsgQ)
	}
	first := r.MsgQ.ID
	b.Want(eppclient.PollAck("cl-a", first), xml.CodeNotFound)
	a.Want(eppclient.PollAck("cl-a", "99999999"), xml.CodeNotFound)
	a.Want(eppclient.PollAck("cl-a", "no-number"), xml.CodeNotFound)
	a.Want([]byte(`<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><poll op="ack"/></command></epp>`), xml.CodeMissingParameter)
	r = a.Want(eppclient.PollAck("cl-a", first), xml.CodeOK)
	if r.MsgQ == nil || r.MsgQ.Count != 1 || r.MsgQ.ID == first {
		t.Errorf("after the first: %+v", r.MsgQ)
	}
	a.Want(eppclient.PollAck("cl-a", first), xml.CodeNotFound)
	r = a.Want(eppclient.PollAck("cl-a", r.MsgQ.ID), xml.CodeOK)
	if r.MsgQ != nil {
		t.Errorf("after the last: %+v", r.MsgQ)
	}
	a.Want(eppclient.Poll("cl-p"), xml.CodeOKNoMessages)
}

// Every kind is shown in both profiles, with the exact texts that uk clients
// know; the schemas are checked at the end of the run.
func TestPollShowsEveryKind(t *testing.T) {
	h, a, _, _, name, _ := transferring(t, false)
	owner := int64(h.Count(`SELECT id FROM contact WHERE handle = 'OWNER-A'`))
	names := []registry.NoticeName{{Name: name, Expires: registry.NewDate(2028, 6, 1), Status: registry.RegisteredUntilExpiry}}
	day := registry.NewDate(2026, 8, 1)
	change := registry.TagChangeNotice{From: "DEMO-B", To: "DEMO-A", By: "DEMO-B", Names: names, Registrant: owner}
	pending := registry.PendingNotice{Name: name, ClTRID: "c", SvTRID: "sv-1", Date: at}
	done := pending
	done.Done = true
	samples := []struct {
		kind    registry.PollKind
		payload any
		uk      string // the text in uk, "" for the message's own
		show    string // in the answer, both profiles unless uk has its own
	}{
		{registry.PollTagChanged, change, "Registrar Change Notification", "rcData"},
		{registry.PollTagStatus, change, "", ""},
		{registry.PollReleased, registry.ReleaseNotice{From: "DEMO-A", To: "DEMO-B", Names: names, Moved: true}, "Domains Released Notification", "[{moved Y}]"},
		{registry.PollHandshakeRequest, registry.HandshakeNotice{Case: "7", From: "DEMO-B", To: "DEMO-A", Names: names, Registrant: owner}, "Registrar Change Authorisation Request", "<caseId []>7"},
		{registry.PollHandshakeResult, registry.HandshakeNotice{Case: "7", From: "DEMO-A", To: "DEMO-B", Names: names, Outcome: registry.HandshakeRejected}, "Registrar Change Handshake Rejected", "hanData"},
		{registry.PollHandshakeResult, registry.HandshakeNotice{Case: "8", From: "DEMO-A", To: "DEMO-B", Outcome: registry.HandshakeExpired}, "", "<caseId []>8"},
		{registry.PollDomainTransfer, registry.TransferNotice{Name: name, State: "serverApproved", Gaining: "DEMO-A", Losing: "DEMO-B", Requested: at, ActBy: at, Expires: day}, "", "serverApproved"},
		{registry.PollContactTransfer, registry.TransferNotice{Name: "OWNER-A", State: "pending", Gaining: "DEMO-A", Losing: "DEMO-B", Requested: at, ActBy: at}, "", "pending"},
		{registry.PollRegistrantChange, done, "", "panData"},
		{registry.PollContactChange, registry.PendingNotice{Name: "OWNER-A", SvTRID: "sv-1", Date: at}, "", "panData"},
		{registry.PollReferral, done, "Referral Accepted Notification", "panData"},
		{registry.PollReferral, pending, "Referral Rejected Notification", "domainFailData"},
		{registry.PollRenewed, registry.RenewalNotice{Name: name, Origin: registry.OriginAutoBill, Years: 2, Expires: day}, "", ""},
		{registry.PollRenewalLapsed, registry.LapseNotice{Name: name, Due: day, Expires: day}, "", ""},
		{registry.PollSuspended, registry.SuspensionNotice{Names: []string{name}, Reason: "renewal unpaid", CancelOn: day}, "Domains Suspended Notification", "2026-08-01T00:00:00Z"},
		{registry.PollCancelled, registry.CancellationNotice{Names: []string{name}, By: "REGISTRY"}, "Domain name Cancellation Notification", "cancData"},
		{registry.PollHostsCancelled, registry.HostsCancelledNotice{Hosts: []string{"ns1.gone.uk.test"}, Names: []string{name}}, "Host cancellation notification", ""},
		{registry.PollVerification, registry.VerificationNotice{Registrant: owner, Handle: "OWNER-A", AnswerBy: day, SuspendOn: day, Names: []string{name}}, "DQ Workflow process commenced notification", ""},
		{registry.PollLowBalance, registry.BalanceNotice{Currency: "GBP", Balance: 100, Threshold: 500}, "", ""},
		{registry.PollCertificateExpires, registry.CertificateNotice{Subject: "CN=a", NotAfter: at}, "", ""},
		{registry.PollMaintenance, registry.MaintenanceNotice{ID: "m1", Systems: []string{"EPP"}, Starts: at, Ends: at}, "", ""},
		{registry.PollStaffChange, registry.StaffChangeNotice{Object: registry.ObjectContact, Name: "GONE-1", Operation: "delete", Date: at, SvTRID: "sv-3", Who: "REGISTRY", ROID: "C99-TEST"}, "", "changeData"},
		{registry.PollStaffChange, registry.StaffChangeNotice{Object: registry.ObjectDomain, Name: name, Operation: "update", Date: at, SvTRID: "sv-2", Who: "REGISTRY", Reason: "court order"}, "", "changeData"},
	}
	seen := map[registry.PollKind]bool{}
	for _, s := range samples {
		seen[s.kind] = true
		payload, err := json.Marshal(s.payload)
		if err != nil {
			t.Fatal(err)
		}
		h.Exec(`INSERT INTO poll_message (registrar_id, queued_at, kind, text, payload) VALUES ($1, $2, $3, $4, $5)`,
			h.RegistrarID("DEMO-A"), at, s.kind, "About "+string(s.kind)+".", payload)
	}
	for _, k := range registry.PollKinds() {
		if !seen[k] {
			t.Errorf("no sample of %s", k)
		}
	}
	g := h.LoginGTLD("DEMO-A")
	for _, s := range samples {
		own := "About " + string(s.kind) + "."
		r := g.Want(eppclient.Poll("cl-g"), xml.CodeOKAckToDequeue)
		if r.MsgQ.Msg != own {
			t.Errorf("%s in gtld: %q", s.kind, r.MsgQ.Msg)
		}
		if strings.Contains(tree(r.ResData), "n:") || len(r.ResData) > 0 && strings.HasPrefix(r.ResData[0].NS, "http") {
			t.Errorf("%s in gtld: %s", s.kind, tree(r.ResData))
		}
		r = a.Want(eppclient.Poll("cl-u"), xml.CodeOKAckToDequeue)
		want := s.uk
		if want == "" {
			want = own
		}
		if r.MsgQ.Msg != want {
			t.Errorf("%s in uk: %q, want %q", s.kind, r.MsgQ.Msg, want)
		}
		has(t, append(r.ResData, r.Ext...), s.show)
		a.Want(eppclient.PollAck("cl-a", r.MsgQ.ID), xml.CodeOK)
	}
}

// A contact that is gone leaves a message that can still be read and removed.
func TestPollWithoutItsContact(t *testing.T) {
	h, a, _, _, name, _ := transferring(t, false)
	payload, err := json.Marshal(registry.TagChangeNotice{From: "DEMO-B", To: "DEMO-A", Registrant: 987654,
		Names: []registry.NoticeName{{Name: name}}})
	if err != nil {
		t.Fatal(err)
	}
	h.Exec(`INSERT INTO poll_message (registrar_id, queued_at, kind, text, payload) VALUES ($1, $2, 'tag-changed', 'It came.', $3)`,
		h.RegistrarID("DEMO-A"), at, payload)
	r := a.Want(eppclient.Poll("cl-p"), xml.CodeOKAckToDequeue)
	if r.MsgQ.Msg != "It came." || len(r.ResData) != 0 {
		t.Errorf("%q with %s", r.MsgQ.Msg, tree(r.ResData))
	}
	a.Want(eppclient.PollAck("cl-a", r.MsgQ.ID), xml.CodeOK)
}

// Referral over the wire: 1001, then the outcome by poll.
func TestReferralOutcomeByPoll(t *testing.T) {
	h, a, _, _, _, _ := transferring(t, false)
	by := registry.Actor{Kind: registry.ActorStaff, Staff: "clerk", Role: registry.RoleOperator, Reason: "papers seen", SvTRID: "staff-1"}
	for name, accept := range map[string]bool{"yes." + epptest.ZoneReferred: true, "no." + epptest.ZoneReferred: false} {
		r := a.Want(eppclient.DomainCreate("asked", eppclient.DomainCreateOptions{Name: name, Registrant: "OWNER-A", AuthInfo: "x"}), xml.CodeOKPending)
		_, err := h.Registry.DecideReferral(context.Background(), by, name, accept, "not eligible")
		if err != nil {
			t.Fatal(err)
		}
		texts, nodes := drained(a)
		if len(texts) != 1 {
			t.Fatalf("told %q", texts)
		}
		if accept {
			has(t, nodes, "[{paResult 1}]>"+name, "<clTRID []>asked", r.SvTRID)
		} else {
			has(t, nodes, "domainFailData", name, "not eligible")
		}
	}
}
