package registry

import (
	"errors"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/notify"
)

// changeRegister has an active name, shop.co.test, of ann on A-ONE, and a
// contact bea there.
func changeRegister(t *testing.T) *register {
	t.Helper()
	r := newRegister(t)
	for handle, c := range map[string][3]string{"ann": {"Ann Other", "", "ann@example.net"}, "bea": {"Bea New", "Bea Ltd", "bea@example.org"}} {
		r.exec(`INSERT INTO contact (handle, sponsor, postal, email, natural_person, creator, created_at)
			SELECT $1, id, jsonb_build_array(jsonb_build_object('type', 'loc', 'name', $2::text, 'org', $3::text, 'street', '["1 High St"]'::jsonb,
				'city', 'London', 'cc', 'GB')), $4, $3 = '', id, '2020-01-01' FROM registrar WHERE tag = 'A-ONE'`, handle, c[0], c[1], c[2])
	}
	r.active("shop.co.test", "ann")
	return r
}

// active registers a name whose first invoice is paid.
func (r *register) active(name, registrant string) {
	r.t.Helper()
	_, err := r.CreateDomain(r.ctx, r.as("A-ONE"), CreateDomainParams{Name: name, Registrant: registrant, Years: 2})
	must(r.t, err)
	r.exec(`UPDATE domain SET first_paid = true WHERE name = $1`, name)
	r.exec(`DELETE FROM outbox`)
}

// askRegistrant asks for another registrant, which has to be confirmed.
func (r *register) askRegistrant(name, handle string) int64 {
	r.t.Helper()
	d, err := r.UpdateDomain(r.ctx, r.as("A-ONE"), UpdateDomainParams{Name: name, Registrant: &handle})
	must(r.t, err)
	if d.Waiting == 0 || !d.Statuses.Has(StatusPendingUpdate) {
		r.t.Fatalf("%s: the change does not wait: %+v", name, d.Statuses)
	}
	return d.Waiting
}

// tokens are the links of the mails of a kind by what the field of the payload
// says.
func (r *register) tokens(kind notify.Kind, field string) map[string]string {
	r.t.Helper()
	out := map[string]string{}
	rows, err := r.db.Pool.Query(r.ctx, `SELECT payload FROM outbox WHERE kind = $1 ORDER BY id`, kind)
	must(r.t, err)
	defer rows.Close()
	for rows.Next() {
		var p map[string]any
		must(r.t, rows.Scan(&p))
		path, _ := p["path"].(string)
		_, token, _ := strings.Cut(path, "/")
		key, _ := p[field].(string)
		out[key] = token
	}
	must(r.t, rows.Err())
	return out
}

// checkMails reads every mail of the outbox as the sender will.
func (r *register) checkMails() {
	r.t.Helper()
	rows, err := r.db.Pool.Query(r.ctx, `SELECT kind, payload FROM outbox`)
	must(r.t, err)
	defer rows.Close()
	for rows.Next() {
		var kind string
		var payload []byte
		must(r.t, rows.Scan(&kind, &payload))
		if err := notify.CheckPayload(kind, payload); err != nil {
			r.t.Errorf("%s: %v\n%s", kind, err, payload)
		}
	}
	must(r.t, rows.Err())
}

// pan is the panData that waits for a tag.
func (r *register) pan(tag string) []PendingNotice {
	r.t.Helper()
	var out []PendingNotice
	for _, e := range r.polled(tag) {
		if n, ok := e.Payload.(*PendingNotice); ok {
			out = append(out, *n)
		}
	}
	return out
}

func (r *register) wantPan(tag, name string, done bool, reason string) {
	r.t.Helper()
	list := r.pan(tag)
	if len(list) != 1 || list[0].Name != name || list[0].Done != done || !strings.Contains(list[0].Reason, reason) ||
		list[0].ClTRID != "cl-A-ONE" || list[0].SvTRID != "sv-A-ONE" {
		r.t.Errorf("panData of %s: %+v, want one about %s, done %v, %q", tag, list, name, done, reason)
	}
}

func (r *register) wantRegistrant(name, handle string, waiting bool) {
	r.t.Helper()
	d := r.domain(name)
	if d.Registrant != handle || d.Statuses.Has(StatusPendingUpdate) != waiting {
		r.t.Errorf("%s: registrant %s, statuses %v; want %s, waiting %v", name, d.Registrant, d.Statuses, handle, waiting)
	}
}

// outcomesMailed are the sides and outcomes that were mailed at the end.
func (r *register) outcomesMailed() string {
	r.t.Helper()
	return one[string](r, `SELECT coalesce(string_agg(payload->>'side' || ' ' || recipient || ' ' || (payload->>'outcome'), ', ' ORDER BY id), '')
		FROM outbox WHERE kind = 'registrant-changed'`)
}

func TestRegistrantIsChangedWhenBothConfirm(t *testing.T) { // C4, N40
	r := changeRegister(t)
	r.askRegistrant("shop.co.test", "bea")
	r.wantRegistrant("shop.co.test", "ann", true)
	links := r.tokens(notify.RegistrantChange, "side")
	if len(links) != 2 || links["previous"] == links["new"] {
		t.Fatalf("links: %v", links)
	}
	found, err := r.FindChangeConfirmation(r.ctx, links["previous"])
	must(t, err)
	if found.Side != SidePrevious || found.Change.Before.Name() != "Ann Other" || found.Change.After.Org() != "Bea Ltd" ||
		found.Change.LastDay != NewDate(2026, 6, 15) || found.Change.Names[0] != "shop.co.test" || found.Change.Agent.Name != "Alpha" {
		t.Errorf("the link of the previous one finds %+v", found)
	}
	got, err := r.DecideChangeByToken(r.ctx, links["new"], true)
	must(t, err)
	if got.Change.State != ChangePending || got.Answer != AnswerConfirmed {
		t.Errorf("after one: %s, %s", got.Change.State, got.Answer)
	}
	r.wantRegistrant("shop.co.test", "ann", true)
	_, err = r.DecideChangeByToken(r.ctx, links["new"], true)
	if !errors.Is(err, ErrLinkUsed) {
		t.Errorf("a link used again: %v", err)
	}
	got, err = r.DecideChangeByToken(r.ctx, links["previous"], true)
	must(t, err)
	if got.Change.State != ChangeDone {
		t.Errorf("after both: %s", got.Change.State)
	}
	r.wantRegistrant("shop.co.test", "bea", false)
	r.wantPan("A-ONE", "shop.co.test", true, "Both parties")
	if got := r.outcomesMailed(); got != "previous ann@example.net confirmed, new bea@example.org confirmed" {
		t.Errorf("mailed: %s", got)
	}
	r.checkMails()
	if n := one[int64](r, `SELECT count(*) FROM registrant_change_party WHERE token_hash = sha256(convert_to($1, 'UTF8'))`, links["new"]); n != 1 {
		t.Error("the token is not kept as a hash")
	}
	if v, err := r.ContactVerification(r.ctx, one[int64](r, `SELECT id FROM contact WHERE handle = 'bea'`)); err != nil || v == nil || v.Proof != ProofChange {
		t.Errorf("the new address was confirmed, its verification is %+v, %v", v, err) // C7
	}
	// Nothing waits any more: the next change may be asked for.
	r.askRegistrant("shop.co.test", "ann")
}

func TestTwoMailsToOneAddress(t *testing.T) { // C4
	r := changeRegister(t)
	r.exec(`UPDATE contact SET email = 'ann@example.net' WHERE handle = 'bea'`)
	r.askRegistrant("shop.co.test", "bea")
	if n := one[int64](r, `SELECT count(*) FROM outbox WHERE kind = 'registrant-change' AND recipient = 'ann@example.net'`); n != 2 {
		t.Errorf("%d mails", n)
	}
}

func TestRegistrantStaysWhenOneRefuses(t *testing.T) { // C4
	for _, side := range []string{"previous", "new"} {
		r := changeRegister(t)
		r.askRegistrant("shop.co.test", "bea")
		links := r.tokens(notify.RegistrantChange, "side")
		got, err := r.DecideChangeByToken(r.ctx, links[side], false)
		must(t, err)
		if got.Change.State != ChangeRefused {
			t.Errorf("%s refuses: %s", side, got.Change.State)
		}
		r.wantRegistrant("shop.co.test", "ann", false)
		r.wantPan("A-ONE", "shop.co.test", false, side+" registrant refused")
		for _, other := range []string{"previous", "new"} {
			want := ErrChangeEnded
			if other == side {
				want = ErrLinkUsed
			}
			_, err = r.DecideChangeByToken(r.ctx, links[other], true)
			if !errors.Is(err, want) {
				t.Errorf("%s after the refusal of %s: %v", other, side, err)
			}
		}
		r.wantRegistrant("shop.co.test", "ann", false)
		r.checkMails()
	}
}

func TestRegistrantStaysWhenNobodyAnswers(t *testing.T) { // C4, R50
	r := changeRegister(t)
	r.askRegistrant("shop.co.test", "bea")
	links := r.tokens(notify.RegistrantChange, "side")
	_, err := r.DecideChangeByToken(r.ctx, links["new"], true)
	must(t, err)
	today := DateOf(testNow, r.Location())
	must(t, r.RunUntil(r.ctx, today, BatchOptions{}))
	r.day(today.AddDays(14))
	must(t, r.RunUntil(r.ctx, today.AddDays(14), BatchOptions{}))
	r.wantRegistrant("shop.co.test", "ann", true)
	r.day(today.AddDays(15))
	_, err = r.DecideChangeByToken(r.ctx, links["previous"], true)
	if !errors.Is(err, ErrLinkExpired) {
		t.Errorf("on the 15th day, before the batch: %v", err)
	}
	r.day(today.AddDays(17)) // the batch was down: the day is made up
	must(t, r.RunUntil(r.ctx, Date{}, BatchOptions{}))
	must(t, r.RunDay(r.ctx, today.AddDays(17), BatchOptions{}))
	r.wantRegistrant("shop.co.test", "ann", false)
	r.wantPan("A-ONE", "shop.co.test", false, "by 2026-06-15")
	if day := one[string](r, `SELECT payload->>'day' FROM outbox WHERE kind = 'registrant-changed' LIMIT 1`); day != today.AddDays(15).String() {
		t.Errorf("the mail bears %s", day)
	}
	_, err = r.FindChangeConfirmation(r.ctx, links["previous"])
	if !errors.Is(err, ErrLinkExpired) {
		t.Errorf("the link afterwards: %v", err)
	}
	_, err = r.FindChangeConfirmation(r.ctx, "nonsense")
	if !errors.Is(err, ErrLinkUnknown) {
		t.Errorf("a wrong link: %v", err)
	}
	r.checkMails()
}

func TestIdentityIsChangedWhenBothConfirm(t *testing.T) { // C5
	r := changeRegister(t)
	name, org, email := "Ann Married", "", "ann@new.example"
	address := PostalValues{Street: []string{"2 Low St"}, City: "Leeds", Country: "GB"}
	c, _, err := r.UpdateContact(r.ctx, r.as("A-ONE"), UpdateContactParams{Handle: "ann", Email: &email,
		Postal: []PostalChange{{Form: PostalLoc, Name: &name, Org: &org, Address: &address}}})
	must(t, err)
	if c.Waiting == 0 || c.Email != "ann@example.net" || c.Postal[0].Name != "Ann Other" || c.Postal[0].City != "Leeds" {
		t.Errorf("asked: %+v", c) // the address at once, who she is not
	}
	read := func() *Contact {
		v, err := r.InfoContact(r.ctx, r.as("A-ONE"), InfoContactParams{Handle: "ann"})
		must(t, err)
		return v.Contact
	}
	if k := read(); !k.Statuses.Has(StatusPendingUpdate) || k.Postal[0].Name != "Ann Other" || k.Postal[0].City != "Leeds" {
		t.Errorf("while it waits: %+v", k)
	}
	links := r.tokens(notify.RegistrantChange, "side")
	to := one[string](r, `SELECT string_agg(recipient, ' ' ORDER BY id) FROM outbox WHERE kind = 'registrant-change'`)
	if to != "ann@example.net ann@new.example" {
		t.Errorf("mailed to %s", to)
	}
	// Other fields go on changing at once; a second change of who she is does not.
	voice := Phone{Number: "+44.2079460000"}
	c, _, err = r.UpdateContact(r.ctx, r.as("A-ONE"), UpdateContactParams{Handle: "ann", Voice: &voice})
	must(t, err)
	if c.Waiting != 0 {
		t.Error("a telephone number waits")
	}
	_, _, err = r.UpdateContact(r.ctx, r.as("A-ONE"), UpdateContactParams{Handle: "ann", Email: &email})
	refused(t, err, KindStatusProhibits, "")
	_, _, err = r.UpdateContact(r.ctx, staff(RoleOperator), UpdateContactParams{Handle: "ann", Email: &email})
	refused(t, err, KindStatusProhibits, "")
	for _, side := range []string{"previous", "new"} {
		_, err = r.DecideChangeByToken(r.ctx, links[side], true)
		must(t, err)
	}
	if k := read(); k.Statuses.Has(StatusPendingUpdate) || k.Postal[0].Name != name || k.Email != email || k.Voice != voice.Number || k.Postal[0].City != "Leeds" {
		t.Errorf("afterwards: %+v", k)
	}
	r.wantPan("A-ONE", "ann", true, "Both parties")
	list, err := r.Changes(r.ctx, ChangeFilter{Object: ObjectContact, Name: "ann"})
	must(t, err)
	if len(list) != 1 || list[0].Before.Email != "ann@example.net" || list[0].After.Email != email || list[0].State != ChangeDone {
		t.Errorf("kept: %+v", list[0])
	}
	r.checkMails()
}

func TestIdentityStaysWhenRefused(t *testing.T) { // C5
	r := changeRegister(t)
	email := "ann@new.example"
	_, _, err := r.UpdateContact(r.ctx, r.as("A-ONE"), UpdateContactParams{Handle: "ann", Email: &email})
	must(t, err)
	links := r.tokens(notify.RegistrantChange, "side")
	_, err = r.DecideChangeByToken(r.ctx, links["previous"], false)
	must(t, err)
	v, err := r.InfoContact(r.ctx, r.as("A-ONE"), InfoContactParams{Handle: "ann"})
	must(t, err)
	if v.Email != "ann@example.net" || v.Statuses.Has(StatusPendingUpdate) {
		t.Errorf("%+v", v.Contact)
	}
	r.wantPan("A-ONE", "ann", false, "previous registrant refused")
	r.checkMails()
}

func TestStaffDecideChanges(t *testing.T) { // C6
	r := changeRegister(t)
	op := staff(RoleOperator)
	id := r.askRegistrant("shop.co.test", "bea")
	_, err := r.DecideChange(r.ctx, staff(RoleSupport), id, true, "")
	wantKind(t, err, KindAuthorization)
	_, err = r.DecideChange(r.ctx, Actor{Kind: ActorStaff, Role: RoleAdmin}, id, true, "")
	wantKind(t, err, KindParamMissing)
	_, err = r.DecideChange(r.ctx, r.as("A-ONE"), id, true, "")
	wantKind(t, err, KindAuthorization)
	_, err = r.DecideChange(r.ctx, op, id+1, true, "")
	wantKind(t, err, KindNotFound)
	c, err := r.DecideChange(r.ctx, op, id, true, "letter of both")
	must(t, err)
	if c.State != ChangeDone {
		t.Errorf("state %s", c.State)
	}
	r.wantRegistrant("shop.co.test", "bea", false)
	r.wantPan("A-ONE", "shop.co.test", true, "letter of both")
	if got := r.outcomesMailed(); got != "previous ann@example.net decided-confirmed, new bea@example.org decided-confirmed" {
		t.Errorf("mailed: %s", got)
	}
	if n := one[int64](r, `SELECT count(*) FROM history WHERE action = 'registrant change done' AND staff = 'test-operator'
		AND reason = 'a test' AND changes->'why'->>1 LIKE '%letter of both'`); n != 1 {
		t.Errorf("%d entries in the audit log", n)
	}
	_, err = r.DecideChange(r.ctx, op, id, false, "")
	wantKind(t, err, KindStatusProhibits)
	id = r.askRegistrant("shop.co.test", "ann")
	c, err = r.DecideChange(r.ctx, op, id, false, "a dispute")
	must(t, err)
	if c.State != ChangeRefused {
		t.Errorf("state %s", c.State)
	}
	r.wantRegistrant("shop.co.test", "bea", false)
	r.wantPan("A-ONE", "shop.co.test", false, "a dispute")
	// Staff ask like a tag, and withdraw like one (C4, C6).
	handle := "ann"
	d, err := r.UpdateDomain(r.ctx, op, UpdateDomainParams{Name: "shop.co.test", Registrant: &handle})
	must(t, err)
	if d.Waiting == 0 {
		t.Error("a change by staff does not wait")
	}
	_, err = r.UpdateDomain(r.ctx, op, UpdateDomainParams{Name: "shop.co.test", Registrant: &handle})
	refused(t, err, KindStatusProhibits, "")
	_, err = r.CancelChange(r.ctx, r.as("B-TWO"), ObjectDomain, "shop.co.test")
	refused(t, err, KindAuthorization, CodeNotYours)
	_, err = r.CancelChange(r.ctx, op, ObjectDomain, "shop.co.test")
	must(t, err)
	list, err := r.Changes(r.ctx, ChangeFilter{Name: "shop.co.test", TAG: "A-ONE", State: ChangeCancelled})
	must(t, err)
	if len(list) != 1 || list[0].Reason != "The registry withdrew it." {
		t.Errorf("listed: %+v", list)
	}
	r.checkMails()
}

// Both confirmed, and the new registrant's contact went to another tag meanwhile.
func TestChangeThatIsNotPossibleAnyMore(t *testing.T) {
	r := changeRegister(t)
	r.askRegistrant("shop.co.test", "bea")
	links := r.tokens(notify.RegistrantChange, "side")
	r.exec(`UPDATE contact SET sponsor = (SELECT id FROM registrar WHERE tag = 'B-TWO') WHERE handle = 'bea'`)
	_, err := r.DecideChangeByToken(r.ctx, links["new"], true)
	must(t, err)
	c, err := r.DecideChangeByToken(r.ctx, links["previous"], true)
	must(t, err)
	if c.Change.State != ChangeFailed {
		t.Errorf("state %s", c.Change.State)
	}
	r.wantRegistrant("shop.co.test", "ann", false)
	r.wantPan("A-ONE", "shop.co.test", false, "another tag")
	r.checkMails()
}

// Who is to be the registrant stays who both parties were told of.
func TestAwaitedRegistrantKeepsItsIdentity(t *testing.T) {
	r := changeRegister(t)
	r.askRegistrant("shop.co.test", "bea")
	email, voice := "other@example.org", Phone{Number: "+44.2079460000"}
	_, _, err := r.UpdateContact(r.ctx, r.as("A-ONE"), UpdateContactParams{Handle: "bea", Email: &email})
	refused(t, err, KindStatusProhibits, "")
	_, _, err = r.UpdateContact(r.ctx, r.as("A-ONE"), UpdateContactParams{Handle: "bea", Voice: &voice})
	must(t, err)
	refused(t, r.DeleteContact(r.ctx, r.as("A-ONE"), "bea"), KindAssociation, "")
}

// C5: a change holds for the names of all zones that support it; the others stay
// with the initial data, on a contact of their own.
func TestIdentityInSeveralZones(t *testing.T) {
	for _, confirmed := range []bool{true, false} {
		r := changeRegister(t)
		r.exec(`INSERT INTO zone (name, profile, registrant_changes, created_at) VALUES ('fixed.test', 'uk', 'never', '2020-01-01')`)
		r.exec(`INSERT INTO price (zone_id, operation, tier, years, currency, amount, valid_from)
			SELECT z.id, 'create', 'member', 2, 'GBP', 100, '2020-01-01' FROM zone z WHERE name = 'fixed.test'`)
		r.ForgetZones()
		r.active("shop.fixed.test", "ann")
		if !confirmed {
			r.exec(`UPDATE domain SET first_paid = false WHERE name = 'shop.co.test'`)
		}
		bea := "bea"
		_, err := r.UpdateDomain(r.ctx, r.as("A-ONE"), UpdateDomainParams{Name: "shop.fixed.test", Registrant: &bea})
		refused(t, err, KindPolicy, "")
		email := "ann@new.example"
		c, _, err := r.UpdateContact(r.ctx, r.as("A-ONE"), UpdateContactParams{Handle: "ann", Email: &email})
		must(t, err)
		if confirmed != (c.Waiting != 0) {
			t.Fatalf("waiting %d", c.Waiting)
		}
		if confirmed {
			if names := one[string](r, `SELECT payload->>'names' FROM outbox WHERE kind = 'registrant-change' LIMIT 1`); names != `["shop.co.test"]` {
				t.Errorf("the parties were told of %s", names)
			}
			for _, token := range r.tokens(notify.RegistrantChange, "side") {
				_, err = r.DecideChangeByToken(r.ctx, token, true)
				must(t, err)
			}
		}
		r.wantRegistrant("shop.co.test", "ann", false)
		kept := r.domain("shop.fixed.test").Registrant
		if kept == "ann" {
			t.Fatal("the name in the other zone changed too")
		}
		for handle, want := range map[string]string{"ann": email, kept: "ann@example.net"} {
			v, err := r.InfoContact(r.ctx, r.as("A-ONE"), InfoContactParams{Handle: handle})
			must(t, err)
			if v.Email != want || v.Postal[0].Name != "Ann Other" || v.Sponsor != "A-ONE" {
				t.Errorf("%s: %+v", handle, v.Contact)
			}
		}
		if n := one[int64](r, `SELECT count(*) FROM history WHERE object_name = $1 AND changes::text LIKE '%(Initial data)%'`, kept); n != 1 {
			t.Error("the copy is not labelled")
		}
		_, _, err = r.UpdateContact(r.ctx, r.as("A-ONE"), UpdateContactParams{Handle: kept, Email: &email})
		refused(t, err, KindPolicy, "")
		_, _, err = r.UpdateContact(r.ctx, staff(RoleOperator), UpdateContactParams{Handle: kept, Email: &email})
		must(t, err)
		if v, err := r.InfoContact(r.ctx, r.as("A-ONE"), InfoContactParams{Handle: kept}); err != nil || v.Email != email || r.domain("shop.fixed.test").Registrant != kept {
			t.Errorf("by staff: %+v, %v", v.Contact, err)
		}
		r.checkMails()
	}
}

// A contact that goes to another tag with its names takes no change along.
func TestIdentityOfAContactThatGoes(t *testing.T) {
	r := changeRegister(t)
	email := "ann@new.example"
	_, _, err := r.UpdateContact(r.ctx, r.as("A-ONE"), UpdateContactParams{Handle: "ann", Email: &email})
	must(t, err)
	_, err = r.ReleaseDomains(r.ctx, r.as("A-ONE"), ReleaseParams{Name: "shop.co.test", To: "B-TWO"})
	must(t, err)
	v, err := r.InfoContact(r.ctx, r.as("B-TWO"), InfoContactParams{Handle: "ann"})
	must(t, err)
	if v.Statuses.Has(StatusPendingUpdate) || v.Email != "ann@example.net" {
		t.Errorf("%+v", v.Contact)
	}
	r.wantPan("A-ONE", "ann", false, "another tag")
	r.checkMails()
}

// What the batch cancels ends its changes too.
func TestChangeOfANameThatTheBatchCancels(t *testing.T) {
	r := changeRegister(t)
	r.askRegistrant("shop.co.test", "bea")
	today := DateOf(testNow, r.Location())
	r.exec(`UPDATE domain SET suspended_on = $1, suspended_reason = 'renewal unpaid', expires = $2`, today.AddDays(-60), today.AddDays(-97))
	must(t, r.RunUntil(r.ctx, today, BatchOptions{}))
	if n := one[int64](r, `SELECT count(*) FROM domain`); n != 0 {
		t.Fatal("the name is still there")
	}
	r.wantPan("A-ONE", "shop.co.test", false, "cancelled")
	must(t, r.DeleteContact(r.ctx, r.as("A-ONE"), "bea"))
	r.checkMails()
}
