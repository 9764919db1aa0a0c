package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/namekeep/namekeep/notify"
)

// askedCode asks for a confirmation and returns the code of the message.
func askedCode(r *register, name string) string {
	r.t.Helper()
	_, err := r.RequestConfirmation(r.ctx, r.as("A-ONE"), name)
	must(r.t, err)
	payload := one[json.RawMessage](r, `DELETE FROM outbox WHERE kind = 'renewal-confirmation' RETURNING payload`)
	must(r.t, notify.CheckPayload(notify.RenewalConfirmation, payload))
	var p notify.ConfirmationNotice
	must(r.t, json.Unmarshal(payload, &p))
	if !regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$`).MatchString(p.Code) || p.Path != ConfirmPath || p.ValidUntil != "2026-06-15" {
		r.t.Fatalf("message %+v", p)
	}
	return p.Code
}

// N20, N21: a code shows its name, works once, for fourteen days, and however it
// is typed.
func TestConfirmation(t *testing.T) {
	r, _ := decisionRegister(t)
	code := askedCode(r, "month.co.test")
	if n := one[int](r, `SELECT count(*) FROM renewal_confirmation WHERE code_hash = $1`, codeHash(normalCode(code))); n != 1 {
		t.Error("the code is not stored as its hash")
	}
	for _, typed := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", ""), " " + strings.ReplaceAll(code, "-", " "),
		strings.NewReplacer("0", "o", "1", "l").Replace(code)} {
		c, err := r.FindConfirmation(r.ctx, pageActor, "192.0.2.1", typed)
		if err != nil || c.Name != "month.co.test" || c.Expires != NewDate(2026, 7, 1) || c.Registrar.Name != "Alpha" || c.Decision != nil {
			t.Errorf("%q: %+v, %v", typed, c, err)
		}
	}
	// A refused decision leaves the code.
	res, err := r.DecideConfirmation(r.ctx, pageActor, "192.0.2.1", code, ChoiceRenew, 11)
	must(t, err)
	if res.Refused == "" {
		t.Error("eleven years were taken")
	}
	res, err = r.DecideConfirmation(r.ctx, pageActor, "192.0.2.1", code, ChoiceRenew, 2)
	must(t, err)
	if res.Refused != "" || !res.Changed || res.State != DecisionWaiting {
		t.Errorf("result %+v", res)
	}
	if mails := decided(r); len(mails) != 1 || mails[0].Decisions[0].Years != 2 {
		t.Errorf("mail %+v", mails)
	}
	_, err = r.FindConfirmation(r.ctx, pageActor, "192.0.2.1", code)
	if !errors.Is(err, ErrLinkUsed) {
		t.Errorf("a second time: %v", err)
	}
	_, err = r.DecideConfirmation(r.ctx, pageActor, "192.0.2.1", code, ChoiceDecline, 0)
	if !errors.Is(err, ErrLinkUsed) {
		t.Errorf("a second decision: %v", err)
	}
	d, err := r.InfoDomain(r.ctx, r.as("A-ONE"), InfoDomainParams{Name: "month.co.test"})
	must(t, err)
	view, err := r.ViewRenewal(r.ctx, r.as("A-ONE"), d)
	decision := view.Decision
	if err != nil || decision == nil || !decision.ByCode || decision.By != "dommelsen" || decision.Years != 2 {
		t.Errorf("decision %+v, %v", decision, err)
	}
}

// N21: a code ends after fourteen days, when another one is sent, when the name
// goes elsewhere or is renewed.
func TestConfirmationEnds(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(r *register)
	}{
		{"after fourteen days", func(r *register) { r.at(testNow.AddDate(0, 0, 14)) }},
		{"another code", func(r *register) { askedCode(r, "month.co.test") }},
		{"renewed", func(r *register) {
			_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: "month.co.test", CurExpiry: NewDate(2026, 7, 1), Years: 1})
			must(r.t, err)
		}},
		{"another tag", func(r *register) {
			_, err := r.db.Pool.Exec(r.ctx, `UPDATE domain SET sponsor = (SELECT id FROM registrar WHERE tag = 'B-TWO') WHERE name = 'month.co.test'`)
			must(r.t, err)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, _ := decisionRegister(t)
			code := askedCode(r, "month.co.test")
			tt.do(r)
			_, err := r.DecideConfirmation(r.ctx, pageActor, "192.0.2.1", code, ChoiceDecline, 0)
			if !errors.Is(err, ErrLinkExpired) {
				t.Errorf("%v, want %v", err, ErrLinkExpired)
			}
		})
	}
}

// N21: guessing stops after ten wrong codes of an address, or five tries of one
// code; nothing is told on the way, and a right code costs no try.
func TestConfirmationGuessing(t *testing.T) {
	r, _ := decisionRegister(t)
	code := askedCode(r, "month.co.test")
	try := func(address, code string) error {
		_, err := r.FindConfirmation(r.ctx, pageActor, address, code)
		return err
	}
	for range 20 {
		must(t, try("192.0.2.9", code))
	}
	for i := range wrongCodesByAddress {
		if err := try("192.0.2.1", fmt.Sprintf("0000-0000-00%02d", i)); !errors.Is(err, ErrLinkUnknown) {
			t.Fatalf("wrong code %d: %v", i, err)
		}
	}
	if err := try("192.0.2.1", code); !errors.Is(err, ErrTooMany) {
		t.Errorf("the address goes on: %v", err)
	}
	for i := range wrongCodesByCode {
		if err := try(fmt.Sprintf("198.51.100.%d", i), "month.co.test"); !errors.Is(err, ErrLinkUnknown) {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	if err := try("198.51.100.99", "month.co.test"); !errors.Is(err, ErrTooMany) {
		t.Errorf("the code goes on: %v", err)
	}
	must(t, try("192.0.2.9", code))
	r.at(testNow.Add(attemptSlot))
	must(t, try("192.0.2.1", code))

	// At once they are not more either.
	var wg sync.WaitGroup
	var mu sync.Mutex
	wrong := 0
	for i := range 30 {
		wg.Go(func() {
			if errors.Is(try("203.0.113.1", fmt.Sprintf("1111-1111-11%02d", i)), ErrLinkUnknown) {
				mu.Lock()
				wrong++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if wrong != wrongCodesByAddress {
		t.Errorf("%d guesses at once, want %d", wrong, wrongCodesByAddress)
	}
	r.at(testNow.AddDate(0, 0, 3))
	must(t, r.forgetLinks(r.ctx))
	if n := one[int](r, `SELECT count(*) FROM page_attempt`); n != 0 {
		t.Errorf("%d tries are kept for ever", n)
	}
}

// Two clicks at once use a code once.
func TestConfirmationRace(t *testing.T) {
	r, _ := decisionRegister(t)
	_, err := r.db.Pool.Exec(r.ctx, `UPDATE registrar SET decisions = 'automatic' WHERE tag = 'A-ONE'`)
	must(t, err)
	code := askedCode(r, "month.co.test")
	var wg sync.WaitGroup
	results := make([]error, 4)
	for i := range results {
		wg.Go(func() {
			res, err := r.DecideConfirmation(r.ctx, pageActor, "192.0.2.1", code, ChoiceRenew, 1)
			if err == nil && res.Refused != "" {
				err = errors.New(res.Refused)
			}
			results[i] = err
		})
	}
	wg.Wait()
	done := 0
	for _, err := range results {
		if err == nil {
			done++
		}
	}
	if n := one[int](r, `SELECT count(*) FROM renewal_request`); n != 1 || done != 1 || len(decided(r)) != 1 {
		t.Errorf("%d renewals, %d done: %v", n, done, results)
	}
}

// Who may ask, and about what (N20).
func TestRequestConfirmationRefused(t *testing.T) {
	r, _ := decisionRegister(t)
	ask := func(a Actor, name string) error {
		_, err := r.RequestConfirmation(r.ctx, a, name)
		return err
	}
	refused(t, ask(r.as("B-TWO"), "month.co.test"), KindAuthorization, CodeNotYours)
	refused(t, ask(r.as("A-ONE"), "none.co.test"), KindNotFound, "")
	refused(t, ask(Actor{Kind: ActorStaff, Role: RoleSupport, SvTRID: "x"}, "month.co.test"), KindParamMissing, "")
	_, err := r.db.Pool.Exec(r.ctx, `UPDATE domain SET expires = '2027-07-01' WHERE name = 'five.co.test'`)
	must(t, err)
	refused(t, ask(r.as("A-ONE"), "five.co.test"), KindNotRenewable, CodeRenewRefused) // R2: too early
	must(t, ask(staff(RoleSupport), "month.co.test"))
	must(t, ask(r.as("A-ONE"), "month.co.test"))
	must(t, ask(r.as("A-ONE"), "month.co.test"))
	refused(t, ask(r.as("A-ONE"), "month.co.test"), KindPolicy, "")
	r.at(testNow.AddDate(0, 0, 1))
	must(t, ask(r.as("A-ONE"), "month.co.test"))
}

// Codes are of 60 bits from an alphabet without look-alikes.
func TestCodes(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		c := newCode()
		if checkCode(c) != nil || normalCode(shownCode(c)) != c || seen[c] {
			t.Fatalf("code %q", c)
		}
		seen[c] = true
	}
	for typed, want := range map[string]string{"7kqf-2m9d-xh4t": "7KQF2M9DXH4T", "oil 0": "0110", "a\u2011b": "AB"} {
		if got := normalCode(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
	if checkCode("7KQF2M9DXH4U") == nil || checkCode("7KQF") == nil || checkCode("") == nil {
		t.Error("what is no code was taken for one")
	}
}

// N30: the link is for fifteen minutes, once, for one tag; nobody learns which
// tags there are.
func TestSalesContactSignIn(t *testing.T) {
	r, _ := decisionRegister(t)
	ask := func(tag string) { must(t, r.RequestSignIn(r.ctx, pageActor, "192.0.2.1", tag)) }
	tokens := func() []string {
		rows, err := r.db.Pool.Query(r.ctx, `DELETE FROM outbox WHERE kind = 'sales-sign-in' RETURNING recipient, payload`)
		must(t, err)
		defer rows.Close()
		var out []string
		for rows.Next() {
			var to string
			var payload json.RawMessage
			var p notify.SignInNotice
			must(t, rows.Scan(&to, &payload))
			must(t, notify.CheckPayload(notify.SalesSignIn, payload))
			must(t, json.Unmarshal(payload, &p))
			if to != "sales@alpha.example" || p.Tag != "A-ONE" || p.Minutes != 15 {
				t.Errorf("to %s: %+v", to, p)
			}
			out = append(out, strings.TrimPrefix(p.Path, SignInPath))
		}
		return out
	}
	for _, tag := range []string{"NOBODY", "C-THREE", "REGISTRY", "DETAGGED", "", "a-one'; --"} {
		ask(tag)
	}
	if list := tokens(); len(list) != 0 {
		t.Fatalf("links for nobody: %v", list)
	}
	ask(" a-one ")
	list := tokens()
	if len(list) != 1 {
		t.Fatalf("links %v", list)
	}
	tag, err := r.FindSignIn(r.ctx, list[0])
	if err != nil || tag != "A-ONE" {
		t.Errorf("%s, %v", tag, err)
	}
	session, err := r.SignIn(r.ctx, pageActor, list[0])
	must(t, err)
	_, err = r.SignIn(r.ctx, pageActor, list[0])
	if !errors.Is(err, ErrLinkUsed) {
		t.Errorf("a second time: %v", err)
	}
	s, err := r.FindSession(r.ctx, session)
	if err != nil || s.TAG != "A-ONE" || s.Actor("x").Registrar != s.ID {
		t.Errorf("session %+v, %v", s, err)
	}
	if _, err = r.FindSession(r.ctx, list[0]); !errors.Is(err, ErrLinkUnknown) {
		t.Errorf("a link is no session: %v", err)
	}
	_, err = r.db.Pool.Exec(r.ctx, `UPDATE registrar SET state = 'suspended' WHERE tag = 'A-ONE'`)
	must(t, err)
	if _, err = r.FindSession(r.ctx, session); !errors.Is(err, ErrLinkExpired) {
		t.Errorf("suspended: %v", err)
	}
	_, err = r.db.Pool.Exec(r.ctx, `UPDATE registrar SET state = 'active' WHERE tag = 'A-ONE'`)
	must(t, err)
	must(t, r.SignOut(r.ctx, session))
	if _, err = r.FindSession(r.ctx, session); !errors.Is(err, ErrLinkUnknown) {
		t.Errorf("signed out: %v", err)
	}
	// A tag gets three links in a quarter of an hour, an address asks ten times.
	r.at(testNow.Add(attemptSlot))
	for range 5 {
		ask("A-ONE")
	}
	if list = tokens(); len(list) != signInsByTag {
		t.Errorf("%d links", len(list))
	}
	for range 5 {
		ask("NOBODY")
	}
	if err = r.RequestSignIn(r.ctx, pageActor, "192.0.2.1", "A-ONE"); !errors.Is(err, ErrTooMany) {
		t.Errorf("the address goes on: %v", err)
	}
	r.at(testNow.Add(attemptSlot + 15*time.Minute))
	if _, err = r.SignIn(r.ctx, pageActor, list[0]); !errors.Is(err, ErrLinkExpired) {
		t.Errorf("after fifteen minutes: %v", err)
	}
}
