package registry

import (
	"errors"
	"testing"
)

// A suspended registrar is charged nothing on its registrants' word: what they
// decide waits, in mode automatic too.
func TestNothingIsCarriedOutForASuspendedTag(t *testing.T) { // N11
	r, token := decisionRegister(t)
	r.exec(`UPDATE registrar SET decisions = 'automatic', state = 'suspended' WHERE tag = 'A-ONE'`)
	today := NewDate(2026, 6, 1)
	res, err := r.RecordDecisions(r.ctx, pageActor, token, []NameDecision{{Name: "today.co.test", Period: today, Choice: ChoiceRenew, Years: 2}})
	must(t, err)
	if res[0].State != DecisionWaiting {
		t.Errorf("%+v", res[0])
	}
	if n := one[int](r, `SELECT count(*) FROM charge`); n != 0 {
		t.Errorf("%d charges", n)
	}
}

// Links, codes and decisions belong to a person at an address: they end when
// another identity stands behind the contact.
func TestLinksEndWithTheIdentity(t *testing.T) { // C5, N10, N21
	r, token := decisionRegister(t)
	today := NewDate(2026, 6, 1)
	_, err := r.RecordDecisions(r.ctx, pageActor, token, []NameDecision{{Name: "today.co.test", Period: today, Choice: ChoiceRenew, Years: 2}})
	must(t, err)
	_, err = r.RequestConfirmation(r.ctx, r.as("A-ONE"), "today.co.test")
	must(t, err)
	id := one[int64](r, `SELECT id FROM contact WHERE handle = 'dommelsen'`)
	must(t, r.mutate(r.ctx, System("test"), func(tx *Tx) error {
		tx.endLinksOf(id)
		return nil
	}))
	_, err = r.RecordDecisions(r.ctx, pageActor, token, []NameDecision{{Name: "today.co.test", Period: today, Choice: ChoiceDecline}})
	if !errors.Is(err, ErrLinkUnknown) {
		t.Errorf("the link: %v", err)
	}
	if n := one[int](r, `SELECT count(*) FROM renewal_decision`); n != 0 {
		t.Errorf("%d decisions are left", n)
	}
	if n := one[int](r, `SELECT count(*) FROM renewal_confirmation WHERE used_at IS NULL AND expires_at > $1`, r.Now()); n != 0 {
		t.Errorf("%d codes still work", n)
	}
}

// The change of identity itself ends them, confirmed or at once.
func TestChangeOfIdentityEndsLinks(t *testing.T) { // C5
	r := changeRegister(t)
	link := func() {
		r.exec(`INSERT INTO page_token (hash, page, contact_id, registrar_id, created_at, expires_at)
			SELECT sha256('x'), 'renewal', id, sponsor, '2026-05-01', '2026-12-01' FROM contact WHERE handle = 'ann'`)
	}
	left := func() int { return one[int](r, `SELECT count(*) FROM page_token WHERE page = 'renewal'`) }
	link()
	voice := Phone{Number: "+44.2079460000"}
	_, _, err := r.UpdateContact(r.ctx, r.as("A-ONE"), UpdateContactParams{Handle: "ann", Voice: &voice})
	must(t, err)
	if left() != 1 {
		t.Error("a telephone number ends a link")
	}
	email := "ann@new.example"
	_, _, err = r.UpdateContact(r.ctx, r.as("A-ONE"), UpdateContactParams{Handle: "ann", Email: &email})
	must(t, err)
	if left() != 1 {
		t.Error("a change that waits ends a link")
	}
	for _, token := range r.tokens("registrant-change", "side") {
		_, err = r.DecideChangeByToken(r.ctx, token, true)
		must(t, err)
	}
	if left() != 0 {
		t.Error("the link outlives the change")
	}
	link()
	r.exec(`UPDATE domain SET first_paid = false WHERE name = 'shop.co.test'`) // in processing: at once
	email = "ann@third.example"
	c, _, err := r.UpdateContact(r.ctx, r.as("A-ONE"), UpdateContactParams{Handle: "ann", Email: &email})
	must(t, err)
	if c.Waiting != 0 || left() != 0 {
		t.Errorf("at once: waiting %d, links %d", c.Waiting, left())
	}
}
