package registry

import (
	"testing"

	"github.com/namekeep/namekeep/billing"
)

// notices.md "statement": to the billing address, by hand or on the 1st (B15).
func TestStatementsByMail(t *testing.T) {
	r := newRegister(t)
	july := NewDate(2026, 7, 1)
	r.day(NewDate(2026, 6, 30))
	_, err := r.CreateDomain(r.ctx, r.as("A-ONE"), CreateDomainParams{Name: "shop.co.test", Registrant: "a-owner", Years: 2})
	must(t, err)
	_, err = r.RunInvoices(r.ctx, staff(RoleBilling), july.AddDays(-1), nil)
	must(t, err)
	r.exec(`UPDATE registrar SET billing_email = lower(tag) || '@example.net' WHERE tag IN ('A-ONE', 'C-THREE')`)
	r.exec(`DELETE FROM outbox`)
	queueTwiceZero := func() {
		for range 2 {
			if n, err := r.QueueStatements(r.ctx, july); n != 0 || err != nil {
				t.Errorf("queued %d, %v", n, err)
			}
		}
	}
	queueTwiceZero() // off by default
	r.policy.MonthlyStatements = true
	if n, err := r.QueueStatements(r.ctx, july.AddDays(1)); n != 0 || err != nil {
		t.Errorf("on the 2nd: %d, %v", n, err)
	}
	for range 2 { // again: nothing more
		if _, err = r.QueueStatements(r.ctx, july); err != nil {
			t.Fatal(err)
		}
	}
	mails := outboxOf(r, "statement") // C-THREE's account did not move
	if len(mails) != 1 {
		t.Fatalf("mailed: %v", mails)
	}
	if got := one[string](r, `SELECT concat_ws(' ', payload->>'from', payload->>'to', payload->'balance'->>'minor') FROM outbox WHERE kind = 'statement'`); got != "2026-06-01 2026-06-30 240" {
		t.Errorf("the statement: %s", got)
	}
	_, err = r.SendStatement(r.ctx, staff(RoleSupport), "A-ONE", july.AddMonths(-1), july)
	wantKind(t, err, KindAuthorization)
	_, err = r.SendStatement(r.ctx, staff(RoleBilling), "B-TWO", july.AddMonths(-1), july)
	wantKind(t, err, KindPolicy)
	_, err = r.SendStatement(r.ctx, staff(RoleBilling), "NONE", july.AddMonths(-1), july)
	if billing.AsRefusal(err) == nil {
		t.Errorf("an unknown tag: %v", err)
	}
	_, err = r.SendStatement(r.ctx, staff(RoleBilling), "C-THREE", july.AddMonths(-1), july)
	must(t, err)
	if mails = outboxOf(r, "statement"); len(mails) != 2 {
		t.Errorf("mailed: %v", mails)
	}
}
