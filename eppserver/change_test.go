package eppserver_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// change is a name of DEMO-A whose registrant, OWNER-A, is to be asked.
type change struct {
	h    *epptest.Harness
	c, b *epptest.Client
	name string
}

func newChange(t *testing.T) *change {
	h := epptest.New(t)
	h.SetNow(at)
	ownContact(h, "DEMO-A", "spare-a")
	x := &change{h: h, c: h.Login("DEMO-A"), b: h.Login("DEMO-B"), name: "change." + epptest.ZoneUK}
	for id, email := range map[string]string{"OWNER-A": "a@example.net", "OWNER-B": "b@example.org"} {
		o := newPerson(id)
		o.Email = email
		x.c.Want(eppclient.ContactCreate("make-1", o), xml.CodeOK)
	}
	registerDomain(x.c, x.name, "OWNER-A")
	return x
}

// active marks the first invoice as paid.
func (x *change) active() *change {
	x.h.Exec(`UPDATE domain SET first_paid = true WHERE name = $1`, x.name)
	return x
}

func (x *change) ask(registrant string, code xml.ResultCode) *xml.ParsedResponse {
	x.h.T.Helper()
	return x.c.Want(eppclient.DomainUpdate("ask-1", eppclient.DomainUpdateOptions{Name: x.name, Registrant: &registrant}), code)
}

func (x *change) info() string {
	x.h.T.Helper()
	r := x.c.Want(eppclient.DomainInfo("info-1", eppclient.DomainInfoOptions{Name: x.name}), xml.CodeOK)
	return tree(r.ResData) + tree(r.Ext)
}

func (x *change) wantInfo(has ...string) {
	x.h.T.Helper()
	got := x.info()
	for _, s := range has {
		if no, found := strings.CutPrefix(s, "!"); found == strings.Contains(got, no) {
			x.h.T.Errorf("info: want %s in %s", s, got)
		}
	}
}

// links are the tokens that were mailed, by side.
func (x *change) links() map[string]string {
	x.h.T.Helper()
	rows, err := x.h.DB.Pool.Query(x.h.T.Context(), `SELECT payload FROM outbox WHERE kind = 'registrant-change' ORDER BY id`)
	if err != nil {
		x.h.T.Fatal(err)
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var payload []byte
		var p struct{ Side, Path string }
		if err := rows.Scan(&payload); err != nil {
			x.h.T.Fatal(err)
		}
		if err := json.Unmarshal(payload, &p); err != nil {
			x.h.T.Fatal(err)
		}
		out[p.Side] = strings.TrimPrefix(p.Path, registry.ChangePage)
	}
	return out
}

func (x *change) answer(side string, confirm bool) error {
	_, err := x.h.Registry.DecideChangeByToken(x.h.T.Context(), x.links()[side], confirm)
	return err
}

// pan polls the one message that says how the change ended; the client checks it
// against the schemas.
func (x *change) pan(result string, has ...string) {
	x.h.T.Helper()
	r := x.c.Want(eppclient.Poll("poll-1"), xml.CodeOKAckToDequeue)
	got := r.MsgQ.Msg + tree(r.ResData)
	for _, s := range append(has, "panData", "paResult "+result, "<clTRID []>ask-1") {
		if !strings.Contains(got, s) {
			x.h.T.Errorf("panData lacks %q: %s", s, got)
		}
	}
	x.c.Want(eppclient.PollAck("ack-1", r.MsgQ.ID), xml.CodeOK)
	x.c.Want(eppclient.Poll("poll-2"), xml.CodeOKNoMessages)
}

func TestRegistrantChangeOverTLS(t *testing.T) { // C4
	x := newChange(t).active()
	x.ask("OWNER-B", xml.CodeOKPending)
	x.wantInfo("OWNER-A", "pendingUpdate", "<registrant []>OWNER-B", "<answerBy []>2026-06-15", "!<confirmed")
	if err := x.answer("new", true); err != nil {
		t.Fatal(err)
	}
	x.wantInfo("<confirmed []>new", "!<confirmed []>previous")
	// A second one is refused (C6), also where it is the same; the rest goes on (C1).
	x.ask("OWNER-A", xml.CodeStatusProhibits)
	x.ask("OWNER-B", xml.CodeStatusProhibits)
	x.c.Want(eppclient.DomainUpdate("ns-1", eppclient.DomainUpdateOptions{Name: x.name, RemNS: []string{"ns1.example.net"}}), xml.CodeOK)
	x.c.Want(eppclient.DomainUpdate("lock-1", eppclient.DomainUpdateOptions{Name: x.name, AddStatus: []string{"clientUpdateProhibited"}}), xml.CodeStatusProhibits)
	if err := x.answer("previous", true); err != nil {
		t.Fatal(err)
	}
	x.wantInfo("!pendingUpdate", "<registrant []>OWNER-B", "!<change")
	x.pan("1", x.name, "is done")
}

func TestRegistrantChangeAtOnceOverTLS(t *testing.T) { // C4
	x := newChange(t)
	x.ask("OWNER-B", xml.CodeOK) // in processing
	x.active()
	x.h.Exec(`UPDATE domain SET suspended_on = '2026-05-01', suspended_reason = 'renewal unpaid'`)
	x.ask("OWNER-A", xml.CodeOK)
	x.wantInfo("!pendingUpdate", "<registrant []>OWNER-A")
	if len(x.links()) != 0 {
		t.Error("somebody was asked")
	}
	x.ask("OWNER-A", xml.CodeOK) // the same: nothing to confirm
}

func TestRegistrantChangeRefusedOverTLS(t *testing.T) { // C4
	x := newChange(t).active()
	x.ask("OWNER-B", xml.CodeOKPending)
	if err := x.answer("previous", false); err != nil {
		t.Fatal(err)
	}
	x.wantInfo("!pendingUpdate", "<registrant []>OWNER-A")
	x.pan("0", x.name, "previous registrant refused")
}

func TestRegistrantChangeExpiresOverTLS(t *testing.T) { // C4, R50
	x := newChange(t).active()
	x.ask("OWNER-B", xml.CodeOKPending)
	x.h.SetNow(at.AddDate(0, 0, 15))
	for range 2 {
		if err := x.h.Registry.RunUntil(t.Context(), registry.Date{}, registry.BatchOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	x.wantInfo("!pendingUpdate", "<registrant []>OWNER-A")
	x.pan("0", x.name, "by 2026-06-15")
}

func TestCancelChangeOverTLS(t *testing.T) { // C6
	x := newChange(t).active()
	cancel := renewalCommand("update", `<renewal:cancelChange><renewal:name>`+x.name+`</renewal:name></renewal:cancelChange>`)
	x.c.Want(cancel, xml.CodeStatusProhibits)
	x.ask("OWNER-B", xml.CodeOKPending)
	x.b.Want(cancel, xml.CodeAuthorization)
	x.c.Want(renewalCommand("update", `<renewal:cancelChange><renewal:name>none.`+epptest.ZoneUK+`</renewal:name></renewal:cancelChange>`), xml.CodeNotFound)
	x.c.Want(cancel, xml.CodeOK)
	x.wantInfo("!pendingUpdate", "<registrant []>OWNER-A")
	x.pan("0", x.name, "withdrew")
	x.c.Want(cancel, xml.CodeStatusProhibits)
	if err := x.answer("new", true); err != registry.ErrChangeEnded {
		t.Errorf("a link of a cancelled change: %v", err)
	}
}

func TestIdentityChangeOverTLS(t *testing.T) { // C5
	x := newChange(t).active()
	email, voice := "new@example.net", "+44.2079460001"
	update := func(o eppclient.ContactUpdateOptions, code xml.ResultCode) {
		t.Helper()
		o.ID = "OWNER-A"
		x.c.Want(eppclient.ContactUpdate("ask-1", o), code)
	}
	info := func() string {
		t.Helper()
		return tree(x.c.Want(eppclient.ContactInfo("info-1", "OWNER-A", nil), xml.CodeOK).ResData)
	}
	update(eppclient.ContactUpdateOptions{Voice: &voice}, xml.CodeOK)
	voice = "+44.2079460002"
	update(eppclient.ContactUpdateOptions{Voice: &voice, Email: &email}, xml.CodeOKPending) // mixed: the telephone at once
	if got := info(); !strings.Contains(got, voice) || !strings.Contains(got, "a@example.net") || !strings.Contains(got, "pendingUpdate") {
		t.Errorf("while it waits: %s", got)
	}
	update(eppclient.ContactUpdateOptions{Email: &email}, xml.CodeStatusProhibits) // C6
	x.c.Want(eppclient.ContactDelete("del-1", "OWNER-A"), xml.CodeStatusProhibits)
	for _, side := range []string{"previous", "new"} {
		if err := x.answer(side, true); err != nil {
			t.Fatal(err)
		}
	}
	if got := info(); !strings.Contains(got, email) || strings.Contains(got, "pendingUpdate") {
		t.Errorf("afterwards: %s", got)
	}
	x.pan("1", "OWNER-A", "is done")
	again := "third@example.net"
	update(eppclient.ContactUpdateOptions{Email: &again}, xml.CodeOKPending)
	x.c.Want(renewalCommand("update", `<renewal:cancelChange><renewal:contact>OWNER-A</renewal:contact></renewal:cancelChange>`), xml.CodeOK)
	x.pan("0", "OWNER-A", "withdrew")
}

// Two confirmations at once carry the change out once; a confirmation, the tag's
// cancellation and the batch at once end it once, whoever is first (C4, C6).
func TestChangeRaces(t *testing.T) {
	x := newChange(t).active()
	together := func(fns ...func()) {
		var wg sync.WaitGroup
		for _, fn := range fns {
			wg.Go(fn)
		}
		wg.Wait()
	}
	ended := func(state string) int {
		return x.h.Count(`SELECT count(*) FROM registrant_change WHERE state LIKE $1`, state)
	}
	owners := []string{"OWNER-B", "OWNER-A"}
	for i := range 6 {
		x.h.Exec(`DELETE FROM outbox`)
		x.ask(owners[i%2], xml.CodeOKPending)
		links := x.links()
		confirm := func(side string) func() {
			return func() {
				_, err := x.h.Registry.DecideChangeByToken(t.Context(), links[side], true)
				if err != nil && registry.AsRefusal(err) == nil {
					t.Error(err)
				}
			}
		}
		together(confirm("previous"), confirm("new"), confirm("new"), confirm("previous"))
		if n := ended("done"); n != i+1 {
			t.Fatalf("%d changes are done, want %d", n, i+1)
		}
	}
	for i := range 6 {
		x.h.Exec(`DELETE FROM outbox`)
		x.ask(owners[i%2], xml.CodeOKPending)
		links := x.links()
		if _, err := x.h.Registry.DecideChangeByToken(t.Context(), links["new"], true); err != nil {
			t.Fatal(err)
		}
		x.h.Exec(`UPDATE registrant_change SET asked_at = asked_at - interval '30 days', act_by = act_by - interval '14 days' WHERE state = 'pending'`)
		today := registry.DateOf(x.h.DB.Now(), x.h.Registry.Location())
		together(
			func() { _, _ = x.h.Registry.DecideChangeByToken(t.Context(), links["previous"], false) },
			func() {
				if _, err := x.h.Registry.ExpireChanges(t.Context(), today.AddDays(1)); err != nil {
					t.Error(err)
				}
			},
			func() {
				x.c.Send(renewalCommand("update", `<renewal:cancelChange><renewal:name>`+x.name+`</renewal:name></renewal:cancelChange>`))
			})
		if x.h.Count(`SELECT count(*) FROM registrant_change WHERE state = 'pending'`) != 0 {
			t.Fatal("it waits still")
		}
		x.wantInfo("!pendingUpdate", "<registrant []>OWNER-A")
		owners = []string{"OWNER-B", "OWNER-B"} // the registrant stays OWNER-A
	}
	if n := x.h.Count(`SELECT count(*) FROM poll_message WHERE kind = 'registrant-change'`); n != 12 {
		t.Errorf("%d messages about 12 changes", n)
	}
	if n := x.h.Count(`SELECT count(*) FROM outbox WHERE kind = 'registrant-changed'`); n != 2 {
		t.Errorf("%d mails about the end of the last change", n)
	}
}

// What ends a name's stay on its tag ends its change too, and tells the old tag.
func TestChangeOfANameThatGoes(t *testing.T) {
	staff := registry.Actor{Kind: registry.ActorStaff, Staff: "test", Role: registry.RoleAdmin, Reason: "a test", SvTRID: "CTL-1"}
	for what, do := range map[string]func(x *change) error{
		"went to another tag": func(x *change) error {
			_, err := x.h.Registry.TransferByStaff(t.Context(), staff, x.name, "DEMO-B")
			return err
		},
		"was deleted": func(x *change) error { return x.h.Registry.CancelDomain(t.Context(), staff, x.name) },
		"locked the name": func(x *change) error {
			_, err := x.h.Registry.LockDomain(t.Context(), staff, x.name, false)
			return err
		},
	} {
		x := newChange(t).active()
		x.ask("OWNER-B", xml.CodeOKPending)
		// The tag itself lets a name with a change that waits go nowhere.
		x.c.Want(eppclient.Release("rel-1", x.name, "DEMO-B"), xml.CodeStatusProhibits)
		x.c.Want(eppclient.DomainDelete("del-1", x.name), xml.CodeStatusProhibits)
		x.c.Want(eppclient.ContactDelete("del-2", "OWNER-B"), xml.CodeAssociation)
		x.c.Want(eppclient.DomainRenew("ren-1", x.name, "2028-06-01", 1), xml.CodeNotRenewable) // by the window alone
		if err := do(x); err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		got := ""
		for range 5 {
			r := x.c.Send(eppclient.Poll("poll-1"))
			if r.Results[0].Code != xml.CodeOKAckToDequeue {
				break
			}
			got += r.MsgQ.Msg + tree(r.ResData) + "\n"
			x.c.Want(eppclient.PollAck("ack-1", r.MsgQ.ID), xml.CodeOK)
		}
		if !strings.Contains(got, what) || !strings.Contains(got, "paResult 0") {
			t.Errorf("%s: the tag was told %s", what, got)
		}
		if n := x.h.Count(`SELECT count(*) FROM registrant_change WHERE state = 'pending' OR proposed IS NOT NULL`); n != 0 {
			t.Errorf("%s: the change waits still", what)
		}
		if n := x.h.Count(`SELECT count(*) FROM domain WHERE 'pendingUpdate' = ANY(statuses)`); n != 0 {
			t.Errorf("%s: pendingUpdate stays", what)
		}
	}
}

// A change that waits does not touch renewals.
func TestRenewalBesideAChange(t *testing.T) {
	x := newChange(t).active()
	x.h.SetNow(at.AddDate(2, 0, -100))
	x.ask("OWNER-B", xml.CodeOKPending)
	x.c.Want(eppclient.DomainRenew("ren-1", x.name, "2028-06-01", 1), xml.CodeOK)
	x.wantInfo("pendingUpdate", "2029-06-01")
}
