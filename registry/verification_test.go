package registry

import (
	"errors"
	"slices"
	"testing"

	"github.com/namekeep/namekeep/notify"
)

// verifyRegister is changeRegister with a zone that wants addresses confirmed
// within ten days and suspends names otherwise.
func verifyRegister(t *testing.T) *register {
	t.Helper()
	r := changeRegister(t)
	must(t, r.UpdateZone(r.ctx, staff(RoleOperator), "co.test", func(s *ZoneSettings) { s.VerifyDays, s.VerifySuspends = 10, true }))
	return r
}

func (r *register) verification(handle string) *Verification {
	r.t.Helper()
	v, err := r.ContactVerification(r.ctx, one[int64](r, `SELECT id FROM contact WHERE handle = $1`, handle))
	must(r.t, err)
	return v
}

func (r *register) wantVerification(handle string, state VerificationState) {
	r.t.Helper()
	v := r.verification(handle)
	if v == nil && state != "" || v != nil && v.State != state {
		r.t.Errorf("%s: %+v, want %q", handle, v, state)
	}
}

// verifyLink is the token that was mailed to a contact last.
func (r *register) verifyLink(handle string) string {
	r.t.Helper()
	path := one[string](r, `SELECT payload->>'path' FROM outbox WHERE kind = $1 AND payload->'contact'->>'number' = $2 ORDER BY id DESC LIMIT 1`,
		notify.ContactVerification, handle)
	return path[len(VerifyPage):]
}

func (r *register) batchOn(day Date) {
	r.t.Helper()
	r.day(day)
	must(r.t, r.RunUntil(r.ctx, day, BatchOptions{}))
}

func (r *register) wantHeld(name string, held bool) {
	r.t.Helper()
	if d := r.domain(name); d.Statuses.Has(StatusServerHold) != held {
		r.t.Errorf("%s: statuses %v, want held %v", name, d.Statuses, held)
	}
}

func TestVerification(t *testing.T) { // C7
	r := verifyRegister(t)
	today := DateOf(testNow, r.Location())
	r.wantVerification("ann", "") // nobody asked: the name was there before
	_, err := r.CreateDomain(r.ctx, r.as("A-ONE"), CreateDomainParams{Name: "new.co.test", Registrant: "bea", Years: 2})
	must(t, err)
	r.wantVerification("bea", Unverified)
	_, err = r.CreateDomain(r.ctx, r.as("A-ONE"), CreateDomainParams{Name: "more.co.test", Registrant: "bea", Years: 2})
	must(t, err)
	if n := one[int64](r, `SELECT count(*) FROM outbox WHERE kind = 'contact-verification'`); n != 1 {
		t.Fatalf("asked %d times", n)
	}
	link := r.verifyLink("bea")
	v, err := r.FindVerification(r.ctx, link)
	must(t, err)
	if v.Handle != "bea" || v.Email != "bea@example.org" || v.LastDay != today.AddDays(10) || !v.Suspends || !slices.Equal(v.Names, []string{"new.co.test"}) && len(v.Names) != 2 {
		t.Errorf("the link finds %+v", v)
	}
	r.batchOn(today)
	r.batchOn(today.AddDays(10))
	r.wantVerification("bea", Unverified)
	r.batchOn(today.AddDays(11))
	r.wantVerification("bea", VerificationFailed)
	for _, name := range []string{"new.co.test", "more.co.test"} {
		r.wantHeld(name, true)
	}
	r.wantHeld("shop.co.test", false)
	list := r.polled("A-ONE")
	if len(list) != 2 || list[0].Kind != PollVerification || list[1].Kind != PollSuspended {
		t.Fatalf("the tag was told %s", kinds(list))
	}
	p := list[0].Payload.(*VerificationNotice)
	if p.Handle != "bea" || p.AnswerBy != today.AddDays(10) || p.SuspendOn != today.AddDays(11) || !slices.Equal(p.Names, []string{"new.co.test"}) ||
		list[0].Registrant == nil || list[0].Registrant.Handle != "bea" {
		t.Errorf("the tag was told %+v of %+v", p, list[0].Registrant)
	}
	v, err = r.VerifyByToken(r.ctx, link)
	must(t, err)
	if v.State != Verified || v.Proof != ProofLink {
		t.Errorf("%+v", v)
	}
	for _, name := range []string{"new.co.test", "more.co.test"} {
		r.wantHeld(name, false)
	}
	_, err = r.VerifyByToken(r.ctx, link)
	if !errors.Is(err, ErrLinkUsed) {
		t.Errorf("again: %v", err)
	}
	_, err = r.VerifyByToken(r.ctx, "nonsense")
	if !errors.Is(err, ErrLinkUnknown) {
		t.Errorf("a wrong link: %v", err)
	}
	// A changed address is asked anew; the names in processing, so it changes at once.
	email := "bea@new.example"
	_, _, err = r.UpdateContact(r.ctx, r.as("A-ONE"), UpdateContactParams{Handle: "bea", Email: &email})
	must(t, err)
	r.wantVerification("bea", Unverified)
	must(t, r.UpdateZone(r.ctx, staff(RoleOperator), "co.test", func(s *ZoneSettings) { s.VerifyDays, s.VerifySuspends = 0, false }))
	other := "bea@third.example"
	link = r.verifyLink("bea")
	_, _, err = r.UpdateContact(r.ctx, r.as("A-ONE"), UpdateContactParams{Handle: "bea", Email: &other})
	must(t, err)
	_, err = r.FindVerification(r.ctx, link)
	if !errors.Is(err, ErrLinkExpired) {
		t.Errorf("the link to an address before: %v", err)
	}
	r.checkMails()
}

// By default a zone asks nobody, and where it only asks it suspends nothing (C7).
func TestVerificationIsOffByDefault(t *testing.T) {
	r := changeRegister(t)
	_, err := r.CreateDomain(r.ctx, r.as("A-ONE"), CreateDomainParams{Name: "new.co.test", Registrant: "bea", Years: 2})
	must(t, err)
	r.wantVerification("bea", "")
	must(t, r.UpdateZone(r.ctx, staff(RoleOperator), "co.test", func(s *ZoneSettings) { s.VerifyDays = 10 }))
	r.exec(`UPDATE contact SET email = 'ann@example.com' WHERE handle = 'ann'`)
	_, err = r.CreateDomain(r.ctx, r.as("A-ONE"), CreateDomainParams{Name: "next.co.test", Registrant: "ann", Years: 2})
	must(t, err)
	today := DateOf(testNow, r.Location())
	r.batchOn(today)
	r.batchOn(today.AddDays(11))
	r.wantVerification("ann", VerificationFailed)
	r.wantHeld("next.co.test", false)
	wantKind(t, r.UpdateZone(r.ctx, staff(RoleOperator), "co.test", func(s *ZoneSettings) { s.VerifyDays, s.VerifySuspends = 0, true }), KindParamRange)
}

// The three reasons for which a name may be out of the zone do not mix: lifting
// one lifts no other (C7, R30).
func TestHoldsDoNotMix(t *testing.T) {
	r := verifyRegister(t)
	op := staff(RoleOperator)
	today := DateOf(testNow, r.Location())
	r.active("held.co.test", "bea")
	r.exec(`UPDATE contact_verification SET state = 'failed', failed_on = $1`, today.AddDays(-1))
	r.exec(`DELETE FROM contact_verification`)
	r.exec(`INSERT INTO contact_verification (contact_id, email, state, asked_on, due_on, failed_on)
		SELECT id, email, 'failed', $1::date, $1::date, $1::date FROM contact WHERE handle = 'bea'`, today.AddDays(-1))
	r.batchOn(today)
	r.wantHeld("held.co.test", true)
	// Renewal: the life cycle's suspension comes and goes on its own.
	r.exec(`UPDATE domain SET suspended_on = $1, suspended_reason = 'renewal unpaid', expires = $1 WHERE name = 'held.co.test'`, today)
	_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: "held.co.test", CurExpiry: today, Years: 2})
	must(t, err)
	if d := r.domain("held.co.test"); d.Suspended() || !d.Statuses.Has(StatusServerHold) {
		t.Errorf("after the renewal: suspended %v, %v", d.Suspended(), d.Statuses)
	}
	// Staff cannot resume what they did not suspend.
	_, err = r.ResumeDomain(r.ctx, op, "held.co.test")
	refused(t, err, KindStatusProhibits, "")
	_, err = r.UpdateDomain(r.ctx, op, UpdateDomainParams{Name: "held.co.test", RemoveStatuses: []Status{StatusServerHold}})
	refused(t, err, KindStatusProhibits, "")
	_, err = r.SuspendDomain(r.ctx, op, "held.co.test")
	must(t, err)
	_, err = r.SuspendDomain(r.ctx, op, "held.co.test")
	refused(t, err, KindStatusProhibits, "")
	must(t, r.VerifyContact(r.ctx, op, "bea"))
	r.wantHeld("held.co.test", true) // staff hold it still
	_, err = r.ResumeDomain(r.ctx, op, "held.co.test")
	must(t, err)
	r.wantHeld("held.co.test", false)
	// The other way round: staff first, and they let go first.
	_, err = r.SuspendDomain(r.ctx, op, "held.co.test")
	must(t, err)
	r.exec(`UPDATE contact_verification SET state = 'failed', failed_on = $1, verified_on = NULL, proof = NULL`, today)
	r.batchOn(today.AddDays(1))
	_, err = r.UpdateDomain(r.ctx, op, UpdateDomainParams{Name: "held.co.test", RemoveStatuses: []Status{StatusServerHold}})
	must(t, err)
	r.wantHeld("held.co.test", true)
	r.exec(`UPDATE domain SET suspended_on = $1, suspended_reason = 'renewal unpaid' WHERE name = 'held.co.test'`, today)
	must(t, r.VerifyContact(r.ctx, op, "bea"))
	if d := r.domain("held.co.test"); !d.Suspended() || d.Statuses.Has(StatusServerHold) {
		t.Errorf("after the verification: suspended %v, %v", d.Suspended(), d.Statuses)
	}
}

// The way back from a suspension: the tag gives another address at once, and the
// names return when that is confirmed.
func TestSuspendedNamesGetAnotherAddress(t *testing.T) { // C5, C7
	r := verifyRegister(t)
	today := DateOf(testNow, r.Location())
	r.active("held.co.test", "bea")
	r.exec(`UPDATE contact_verification SET due_on = $1::date, asked_on = $1::date`, today.AddDays(-1))
	r.batchOn(today)
	r.wantHeld("held.co.test", true)
	email := "bea@right.example"
	c, _, err := r.UpdateContact(r.ctx, r.as("A-ONE"), UpdateContactParams{Handle: "bea", Email: &email})
	must(t, err)
	if c.Waiting != 0 || c.Email != email {
		t.Errorf("%+v", c)
	}
	r.wantHeld("held.co.test", true)
	_, err = r.VerifyByToken(r.ctx, r.verifyLink("bea"))
	must(t, err)
	r.wantHeld("held.co.test", false)
	// Another registrant instead: it is asked, and the name waits for it.
	r.exec(`UPDATE contact_verification SET state = 'failed', failed_on = $1, verified_on = NULL, proof = NULL`, today)
	r.batchOn(today.AddDays(1))
	r.wantHeld("held.co.test", true)
	ann := "ann"
	_, err = r.UpdateDomain(r.ctx, r.as("A-ONE"), UpdateDomainParams{Name: "held.co.test", Registrant: &ann})
	must(t, err)
	r.wantHeld("held.co.test", true)
	_, err = r.VerifyByToken(r.ctx, r.verifyLink("ann"))
	must(t, err)
	r.wantHeld("held.co.test", false)
	r.checkMails()
}

func TestStaffVerify(t *testing.T) { // C7
	r := verifyRegister(t)
	op := staff(RoleOperator)
	wantKind(t, r.VerifyContact(r.ctx, Actor{Kind: ActorStaff, Role: RoleAdmin}, "ann"), KindParamMissing)
	wantKind(t, r.VerifyContact(r.ctx, staff(RoleBilling), "ann"), KindAuthorization)
	wantKind(t, r.VerifyContact(r.ctx, r.as("A-ONE"), "ann"), KindAuthorization)
	wantKind(t, r.VerifyContact(r.ctx, op, "nobody"), KindNotFound)
	must(t, r.AskVerification(r.ctx, op, "ann"))
	first := r.verifyLink("ann")
	must(t, r.AskVerification(r.ctx, op, "ann"))
	_, err := r.FindVerification(r.ctx, first)
	if !errors.Is(err, ErrLinkUnknown) {
		t.Errorf("the link before: %v", err)
	}
	must(t, r.VerifyContact(r.ctx, op, "ann"))
	if v := r.verification("ann"); v.Proof != ProofStaff || v.Verified.IsZero() {
		t.Errorf("%+v", v)
	}
	wantKind(t, r.VerifyContact(r.ctx, op, "ann"), KindStatusProhibits)
	wantKind(t, r.AskVerification(r.ctx, op, "ann"), KindStatusProhibits)
	r.checkMails()
}
