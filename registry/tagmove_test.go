package registry

import (
	"encoding/json"
	"strings"
	"testing"
)

func (r *register) exec(sql string, args ...any) {
	r.t.Helper()
	_, err := r.db.Pool.Exec(r.ctx, sql, args...)
	must(r.t, err)
}

// registered makes a name of A-ONE whose first registration is paid.
func (r *register) registered(name string, expires Date) *Domain {
	r.t.Helper()
	d := r.create("A-ONE", name)
	r.exec(`UPDATE domain SET first_paid = true, expires = $2 WHERE id = $1`, d.ID, expires)
	return d
}

func (r *register) domain(name string) *Domain {
	r.t.Helper()
	v, err := r.InfoDomain(r.ctx, System("test"), InfoDomainParams{Name: name})
	must(r.t, err)
	return v.Domain
}

// polled empties a tag's queue and returns what was in it.
func (r *register) polled(tag string) []PollEntry {
	r.t.Helper()
	var all []PollEntry
	for {
		e, _, err := r.PollRequest(r.ctx, r.as(tag))
		must(r.t, err)
		if e == nil {
			return all
		}
		all = append(all, *e)
		_, _, err = r.PollAck(r.ctx, r.as(tag), e.ID)
		must(r.t, err)
	}
}

func kinds(list []PollEntry) string {
	var out []string
	for _, e := range list {
		out = append(out, string(e.Kind))
	}
	return strings.Join(out, " ")
}

// The seven situations of renewals.md "Change of tag", over the database: what
// B is told, and what becomes of the name.
func TestSevenSituationsOfAChangeOfTag(t *testing.T) {
	june, august, winter := NewDate(2026, 6, 1), NewDate(2026, 8, 1), NewDate(2028, 8, 1)
	for _, c := range []struct {
		name     string
		want     Situation
		status   RegistrationStatus
		request  RequestState // of A, made on 1 June; "" for none
		due      Date
		change   Date // when the tag changes
		expires  Date // E before and after
		bCovers  string
		bExpires Date // E after B's own renewal
		bRefused bool
	}{
		{name: "1 nothing requested, before E", want: SituationNothingBeforeE, status: RegisteredUntilExpiry,
			change: june, expires: august, bExpires: winter},
		{name: "2 nothing requested, after E", want: SituationNothingAfterE, status: RenewalRequired,
			change: NewDate(2026, 8, 9), expires: august, bExpires: winter},
		{name: "3 paid, before E", want: SituationPaidBeforeE, status: RegisteredUntilExpiry, request: RequestPaid,
			due: NewDate(2026, 7, 1), change: NewDate(2026, 7, 2), expires: winter, bRefused: true},
		{name: "4 paid, after E", want: SituationPaidAfterE, status: RegisteredUntilExpiry, request: RequestPaid,
			due: NewDate(2026, 7, 1), change: NewDate(2026, 8, 9), expires: winter, bRefused: true},
		{name: "5 open, before E", want: SituationRequestOpen, status: RenewalBeingProcessed, request: RequestInvoiced,
			due: NewDate(2026, 8, 20), change: NewDate(2026, 7, 2), expires: winter, bCovers: "A-ONE", bExpires: winter},
		{name: "6 lapsed, before E", want: SituationLapsedBeforeE, status: RegisteredUntilExpiry, request: RequestLapsed,
			due: NewDate(2026, 7, 1), change: NewDate(2026, 7, 10), expires: august, bExpires: winter},
		{name: "7 open, after E", want: SituationRequestOpenPast, status: RenewalBeingProcessed, request: RequestUninvoiced,
			change: NewDate(2026, 8, 9), expires: winter, bCovers: "A-ONE", bExpires: winter},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRegister(t)
			d := r.registered("moves.co.test", august)
			if c.request != "" {
				_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: d.Name, CurExpiry: august})
				must(t, err)
				r.exec(`UPDATE renewal_request SET state = $1, due = $2`, c.request, nullDate(c.due))
				r.exec(`UPDATE domain SET expires = $1`, c.expires)
			}
			r.exec(`UPDATE domain SET auto_bill = 10, auto_period = 3, renew_not_required = $1`, c.request == "")
			r.day(c.change)
			// Paid requests of past periods are not read with a name: nothing depends on them.
			if got := r.domain(d.Name).renewalName().situation(c.change, r.policy); got != c.want && c.request != RequestPaid {
				t.Fatalf("situation %d, want %d", got, c.want)
			}
			_, err := r.ReleaseDomains(r.ctx, r.as("A-ONE"), ReleaseParams{Name: d.Name, To: "B-TWO"})
			must(t, err)

			after := r.domain(d.Name)
			if after.Sponsor != "B-TWO" || after.Expires != c.expires || !after.TagChanged {
				t.Errorf("on %s until %s, want B-TWO, %s", after.Sponsor, after.Expires, c.expires)
			}
			if after.Bill != (BillSettings{}) || after.RenewNotRequired {
				t.Errorf("R13, R32: bills %+v, not required %v", after.Bill, after.RenewNotRequired)
			}
			told := r.polled("B-TWO")
			if kinds(told) != "tag-changed tag-status" {
				t.Fatalf("B was told %s", kinds(told))
			}
			n := told[0].Payload.(*TagChangeNotice).Names[0]
			if n.Status != c.status || n.Expires != c.expires || !strings.Contains(told[1].Text, string(c.status)) {
				t.Errorf("B was told %+v and %q, want %s", n, told[1].Text, c.status)
			}
			// R41: B may ask too, with E as shown.
			renewed, err := r.RenewDomain(r.ctx, r.as("B-TWO"), RenewDomainParams{Name: d.Name, CurExpiry: c.expires})
			if c.bRefused {
				refused(t, err, KindNotRenewable, CodeRenewRefused)
				return
			}
			must(t, err)
			if renewed.Expires != c.bExpires || renewed.Covers != c.bCovers {
				t.Errorf("B renews to %s covering %q, want %s covering %q", renewed.Expires, renewed.Covers, c.bExpires, c.bCovers)
			}
		})
	}
}

func TestReleaseTakesTheRegistrantAlongOrCopiesIt(t *testing.T) {
	r := newRegister(t)
	r.registered("first.co.test", NewDate(2026, 8, 1))
	r.registered("second.co.test", NewDate(2026, 8, 1))
	r.exec(`INSERT INTO host (name, sponsor, superordinate, addresses, creator, created_at)
		SELECT 'ns.first.co.test', sponsor, id, '{192.0.2.1}', sponsor, '2020-01-01' FROM domain WHERE name = 'first.co.test'`)

	out, err := r.ReleaseDomains(r.ctx, r.as("A-ONE"), ReleaseParams{Name: "first.co.test", To: "B-TWO"})
	must(t, err)
	if len(out.Contacts) != 1 || !out.Contacts[0].Copied || out.Contacts[0].Original != "a-owner" {
		t.Fatalf("contacts %+v", out.Contacts)
	}
	d := r.domain("first.co.test")
	if d.Registrant != out.Contacts[0].Final || d.Registrant == "a-owner" {
		t.Errorf("registrant %s", d.Registrant)
	}
	owner := `SELECT r.tag FROM contact c JOIN registrar r ON r.id = c.sponsor WHERE c.handle = $1`
	if a, b := one[string](r, owner, "a-owner"), one[string](r, owner, d.Registrant); a != "A-ONE" || b != "B-TWO" {
		t.Errorf("original on %s, copy on %s", a, b)
	}
	if got := one[string](r, `SELECT r.tag FROM host h JOIN registrar r ON r.id = h.sponsor WHERE h.name = 'ns.first.co.test'`); got != "B-TWO" {
		t.Errorf("the host below it is on %s", got)
	}
	if n := one[int64](r, `SELECT count(*) FROM history WHERE object = 'host' AND action = 'transfer'`); n != 1 {
		t.Errorf("%d history rows of the host", n)
	}
	// A whole customer is released without its gtld names, which need it too.
	r.create("A-ONE", "third.gen")
	r.registered("fourth.co.test", NewDate(2026, 8, 1))
	r.exec(`UPDATE domain SET registrant = (SELECT id FROM contact WHERE handle = 'a-owner') WHERE name = 'third.gen'`)
	out, err = r.ReleaseDomains(r.ctx, r.as("A-ONE"), ReleaseParams{Registrant: "a-owner", To: "C-THREE"})
	must(t, err)
	if len(out.Names) != 2 || !out.Contacts[0].Copied || r.domain("third.gen").Sponsor != "A-ONE" {
		t.Errorf("released %+v", out)
	}
	for _, name := range []string{"second.co.test", "fourth.co.test"} {
		if d := r.domain(name); d.Sponsor != "C-THREE" || d.Registrant != out.Contacts[0].Final {
			t.Errorf("%s on %s with %s", name, d.Sponsor, d.Registrant)
		}
	}
	r.registered("second-again.co.test", NewDate(2026, 8, 1))
	r.exec(`UPDATE domain SET registrant = NULL WHERE name = 'third.gen'`)
	// Now only this name has it: it goes along.
	out, err = r.ReleaseDomains(r.ctx, r.as("A-ONE"), ReleaseParams{Name: "second-again.co.test", To: "B-TWO"})
	must(t, err)
	if out.Contacts[0].Copied || one[string](r, owner, "a-owner") != "B-TWO" {
		t.Errorf("contacts %+v", out.Contacts)
	}
	if r.polled("A-ONE") != nil {
		t.Error("A was told what it did itself")
	}
}

func TestReleaseRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		p      ReleaseParams
		before string
		kind   Kind
		code   string
	}{
		"to the registry, judged before the name": {ReleaseParams{Name: "nobody.co.test", To: "REGISTRY"}, "", KindPolicy, CodeReleaseRegistry},
		"to no tag, judged before the name":       {ReleaseParams{Name: "nobody.co.test", To: "NO-TAG"}, "", KindPolicy, CodeReleaseUnknown},
		"to a closed tag":                         {ReleaseParams{Name: "x.co.test", To: "B-TWO"}, `UPDATE registrar SET state = 'closed' WHERE tag = 'B-TWO'`, KindPolicy, CodeReleaseUnknown},
		"to a tag that takes none":                {ReleaseParams{Name: "x.co.test", To: "B-TWO"}, `UPDATE registrar SET handshake = 'reject' WHERE tag = 'B-TWO'`, KindPolicy, CodeReleaseRejected},
		"no such name":                            {ReleaseParams{Name: "nobody.co.test", To: "B-TWO"}, "", KindNotFound, ""},
		"not on the tag":                          {ReleaseParams{Name: "x.co.test", To: "B-TWO"}, `UPDATE domain SET sponsor = (SELECT id FROM registrar WHERE tag = 'C-THREE')`, KindAuthorization, CodeNotYours},
		"prohibited":                              {ReleaseParams{Name: "x.co.test", To: "B-TWO"}, `UPDATE domain SET statuses = '{clientTransferProhibited}'`, KindStatusProhibits, ""},
		"to itself":                               {ReleaseParams{Name: "x.co.test", To: "a-one"}, "", KindNotTransferable, CodeReleaseOwn},
		"a gtld name":                             {ReleaseParams{Name: "x.gen", To: "B-TWO"}, "", KindUnimplementedOption, ""},
		"no such registrant":                      {ReleaseParams{Registrant: "nobody", To: "B-TWO"}, "", KindNotFound, ""},
		"another tag's registrant":                {ReleaseParams{Registrant: "b-owner", To: "B-TWO"}, "", KindAuthorization, CodeNotYours},
		"transfer pending":                        {ReleaseParams{Name: "x.co.test", To: "B-TWO"}, `UPDATE domain SET statuses = '{pendingTransfer}'`, KindPendingTransfer, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRegister(t)
			r.registered("x.co.test", NewDate(2026, 8, 1))
			r.create("A-ONE", "x.gen")
			if c.before != "" {
				r.exec(c.before)
			}
			n := one[int64](r, `SELECT count(*) FROM history`)
			_, err := r.ReleaseDomains(r.ctx, r.as("A-ONE"), c.p)
			refused(t, err, c.kind, c.code)
			if one[int64](r, `SELECT count(*) FROM history`) != n {
				t.Error("a refusal left a trace")
			}
		})
	}
}

func TestDetagIsFinalForTheTag(t *testing.T) { // R40
	r := newRegister(t)
	r.registered("gone.co.test", NewDate(2026, 8, 1))
	auth, err := r.IssueAuthInfo(r.ctx, r.as("A-ONE"), "gone.co.test")
	must(t, err)
	_, err = r.ReleaseDomains(r.ctx, r.as("A-ONE"), ReleaseParams{Name: "gone.co.test", To: "DETAGGED"})
	must(t, err)
	d := r.domain("gone.co.test")
	if d.Sponsor != TagDetagged || len(d.authHash) != 0 {
		t.Fatalf("on %s, authInfo %v", d.Sponsor, d.authHash)
	}
	_, err = r.ReleaseDomains(r.ctx, r.as("A-ONE"), ReleaseParams{Name: "gone.co.test", To: "A-ONE"})
	refused(t, err, KindAuthorization, CodeNotYours)
	_, err = r.RequestDomainTransfer(r.ctx, r.as("A-ONE"), TransferDomainParams{Name: "gone.co.test", AuthInfo: auth})
	refused(t, err, KindBadAuthInfo, "") // it was cleared
	// The registrant's choice: staff hand out a new authInfo, and the pull is
	// complete at once, as nobody is there to answer.
	auth, err = r.IssueAuthInfo(r.ctx, staff(RoleOperator), "gone.co.test")
	must(t, err)
	got, err := r.RequestDomainTransfer(r.ctx, r.as("C-THREE"), TransferDomainParams{Name: "gone.co.test", AuthInfo: auth})
	must(t, err)
	if got.State != transferServerApproved || r.domain("gone.co.test").Sponsor != "C-THREE" || got.Status != RegisteredUntilExpiry {
		t.Errorf("transfer %+v", got)
	}
	if n := one[int64](r, `SELECT count(*) FROM poll_message m JOIN registrar r ON r.id = m.registrar_id WHERE r.kind <> 'registrar'`); n != 0 {
		t.Errorf("%d messages for the registry's own tags", n)
	}
}

func TestStaffMoveTellsBoth(t *testing.T) {
	r := newRegister(t)
	r.registered("moved.co.test", NewDate(2026, 8, 1))
	r.exec(`UPDATE domain SET statuses = '{clientTransferProhibited}'`)
	_, err := r.TransferByStaff(r.ctx, r.as("B-TWO"), "moved.co.test", "B-TWO")
	refused(t, err, KindAuthorization, "")
	_, err = r.TransferByStaff(r.ctx, Actor{Kind: ActorStaff, Role: RoleOperator, Staff: "x"}, "moved.co.test", "B-TWO")
	refused(t, err, KindParamMissing, "")
	_, err = r.TransferByStaff(r.ctx, staff(RoleOperator), "moved.co.test", "NO-TAG")
	refused(t, err, KindNotFound, "")
	_, err = r.TransferByStaff(r.ctx, staff(RoleOperator), "moved.co.test", "A-ONE")
	refused(t, err, KindNotTransferable, "")
	out, err := r.TransferByStaff(r.ctx, staff(RoleOperator), "moved.co.test", "B-TWO")
	must(t, err)
	if out.From != "A-ONE" || out.Domain.Sponsor != "B-TWO" || out.Change.Status != RegisteredUntilExpiry {
		t.Errorf("got %+v", out)
	}
	if a, b := kinds(r.polled("A-ONE")), kinds(r.polled("B-TWO")); a != "released" || b != "tag-changed tag-status" {
		t.Errorf("A told %s, B told %s", a, b)
	}
	_, err = r.Detag(r.ctx, staff(RoleOperator), "moved.co.test")
	must(t, err)
	if r.domain("moved.co.test").Sponsor != TagDetagged {
		t.Error("not detagged")
	}
}

func TestDecideReferral(t *testing.T) {
	r := newRegister(t)
	for _, name := range []string{"yes.ref.test", "no.ref.test"} {
		r.create("A-ONE", name)
	}
	r.day(NewDate(2026, 6, 10))
	if n := one[int64](r, `SELECT count(*) FROM charge`); n != 0 {
		t.Fatalf("%d charges before the decision", n)
	}
	_, err := r.DecideReferral(r.ctx, r.as("A-ONE"), "yes.ref.test", true, "")
	refused(t, err, KindAuthorization, "")
	_, err = r.DecideReferral(r.ctx, staff(RoleOperator), "no.ref.test", false, "")
	refused(t, err, KindParamMissing, "")
	d, err := r.DecideReferral(r.ctx, staff(RoleOperator), "yes.ref.test", true, "")
	must(t, err)
	if len(d.Statuses) != 0 || d.Expires != NewDate(2028, 6, 1) || r.domain("yes.ref.test").Referred != at(nil) {
		t.Errorf("accepted: %+v", d)
	}
	_, err = r.DecideReferral(r.ctx, staff(RoleOperator), "no.ref.test", false, "not eligible")
	must(t, err)
	_, err = r.InfoDomain(r.ctx, r.as("A-ONE"), InfoDomainParams{Name: "no.ref.test"})
	refused(t, err, KindNotFound, "")
	_, err = r.DecideReferral(r.ctx, staff(RoleOperator), "yes.ref.test", true, "")
	refused(t, err, KindStatusProhibits, "")
	if got := one[string](r, `SELECT string_agg(domain_name || years || amount, ' ') FROM charge`); got != "yes.ref.test2200" {
		t.Errorf("charges %s", got)
	}
	told := r.polled("A-ONE")
	if kinds(told) != "referral referral" {
		t.Fatalf("told %s", kinds(told))
	}
	yes, no := told[0].Payload.(*PendingNotice), told[1].Payload.(*PendingNotice)
	if !yes.Done || yes.ClTRID != "cl-A-ONE" || yes.SvTRID != "sv-A-ONE" || no.Done || no.Reason != "not eligible" {
		t.Errorf("told %+v, %+v", yes, no)
	}
}

func TestPollQueue(t *testing.T) {
	r := newRegister(t)
	a, b := r.as("A-ONE"), r.as("B-TWO")
	e, n, err := r.PollRequest(r.ctx, a)
	must(t, err)
	if e != nil || n != 0 {
		t.Fatalf("got %+v in an empty queue", e)
	}
	queue := func(who Actor, text, dedup string) {
		must(t, r.mutate(r.ctx, System("x"), func(tx *Tx) error {
			tx.queuePoll(who.Registrar, PollMessage{Kind: PollRenewalLapsed, Text: text, Dedup: dedup,
				Payload: LapseNotice{Name: text, Due: NewDate(2026, 6, 1)}})
			return nil
		}))
	}
	queue(a, "one", "e:1")
	queue(a, "again", "e:1") // the same event
	queue(b, "theirs", "")
	queue(a, "two", "")
	queue(a, "three", "")
	first, n, err := r.PollRequest(r.ctx, a)
	must(t, err)
	again, _, _ := r.PollRequest(r.ctx, a)
	if n != 3 || first.Text != "one" || again.ID != first.ID || !first.Queued.Equal(testNow) ||
		first.Payload.(*LapseNotice).Due != NewDate(2026, 6, 1) {
		t.Fatalf("got %+v, %d", first, n)
	}
	_, _, err = r.PollAck(r.ctx, b, first.ID)
	refused(t, err, KindNotFound, "") // not B's
	next, n, err := r.PollAck(r.ctx, a, first.ID)
	must(t, err)
	if n != 2 || next <= first.ID {
		t.Errorf("next %d, %d left", next, n)
	}
	_, _, err = r.PollAck(r.ctx, a, first.ID)
	refused(t, err, KindNotFound, "") // gone
	// Any of the queue may be acknowledged.
	next2, n, err := r.PollAck(r.ctx, a, next+1)
	must(t, err)
	if n != 1 || next2 != next {
		t.Errorf("next %d, %d left", next2, n)
	}
	next, n, err = r.PollAck(r.ctx, a, next)
	must(t, err)
	if n != 0 || next != 0 {
		t.Errorf("next %d, %d left", next, n)
	}
}

func TestEveryPollKindIsReadBack(t *testing.T) {
	for _, k := range PollKinds() {
		empty := pollPayloads[k]()
		b, err := json.Marshal(empty)
		must(t, err)
		_, err = k.decode(b)
		must(t, err)
		if _, err := k.decode([]byte(`{"names": 7, "name": 7, "currency": 7, "fingerprint": 7, "id": 7}`)); err == nil {
			t.Errorf("%s: nonsense was read", k)
		}
	}
	if _, err := PollKind("nonsense").decode([]byte(`{}`)); err == nil {
		t.Error("an unknown kind was read")
	}
}
