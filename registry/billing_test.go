package registry

import (
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry/pg"
)

var billingStaff = Actor{Kind: ActorStaff, Staff: "bill", Role: RoleBilling, Reason: "test", SvTRID: "CTL-1"}

// bought registers a name for a tag, for a number of years.
func (r *register) bought(tag, name string, years int) *Domain {
	r.t.Helper()
	p := CreateDomainParams{Name: name, Years: years}
	if strings.HasSuffix(name, ".test") {
		p.Registrant = strings.ToLower(tag[:1]) + "-owner"
	} else {
		p.AuthInfo = "a-secret-Auth-1-of-Ours"
	}
	d, err := r.CreateDomain(r.ctx, r.as(tag), p)
	must(r.t, err)
	return d
}

func (r *register) run(day Date) InvoiceRun {
	r.t.Helper()
	r.day(day)
	run, err := r.RunInvoices(r.ctx, System("batch"), day, nil)
	must(r.t, err)
	return run
}

func gbp(minor int64) billing.Money { return billing.Money{Minor: minor, Currency: "GBP"} }

// paid records a payment of today.
func (r *register) paid(tag string, minor int64, invoice string) billing.Paid {
	r.t.Helper()
	p, err := r.RecordPayment(r.ctx, billingStaff, billing.Payment{TAG: tag, Amount: gbp(minor), ReceivedOn: r.Today().EPPTime(), Invoice: invoice})
	must(r.t, err)
	return p
}

// sound checks the books: billing verify finds nothing.
func (r *register) sound() {
	r.t.Helper()
	checks, err := billing.Verify(r.ctx, r.db)
	must(r.t, err)
	for _, c := range checks {
		for _, d := range c.Differences {
			r.t.Errorf("%s: %s", c.Name, d)
		}
	}
}

func (r *register) status(name string) RegistrationStatus {
	r.t.Helper()
	d, err := r.showDomain(r.ctx, name)
	must(r.t, err)
	return d.RegistrationStatus(r.Today(), r.policy)
}

func (r *register) expiry(name string) Date {
	r.t.Helper()
	return one[Date](r, `SELECT expires FROM domain WHERE name = $1`, name)
}

// B12, R6: lines go on two invoices of the day, their requests get the due day;
// paid, the names are registered until expiry.
func TestInvoiceAndPayment(t *testing.T) {
	r := newRegister(t)
	created := r.bought("A-ONE", "one.co.test", 2) // 2.00 + 0.40
	r.bought("A-ONE", "two.co.test", 2)
	r.day(created.Expires.AddDays(-100))
	_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: "one.co.test", CurExpiry: created.Expires, Years: 2})
	must(t, err)
	if got := r.status("one.co.test"); got != RegistrationBeingProcessed {
		t.Errorf("before the first invoice: %s", got)
	}
	day := created.Expires.AddDays(-90)
	run := r.run(day)
	if len(run.Invoices) != 2 || run.Invoices[0].Kind != billing.Registrations && run.Invoices[0].Kind != billing.Renewals {
		t.Fatalf("invoices: %+v", run.Invoices)
	}
	byKind := map[string]billing.Invoice{}
	for _, i := range run.Invoices {
		byKind[i.Kind] = i
		if i.Due.Sub(i.Dated) != 30*24*time.Hour || dateFromUTC(i.Dated) != day {
			t.Errorf("%s dated %s due %s", i.Kind, i.Dated, i.Due)
		}
	}
	if n := byKind[billing.Registrations]; n.Net != 400 || n.Tax != 80 || n.Lines != 2 {
		t.Errorf("registrations: %+v", n)
	}
	if n := byKind[billing.Renewals]; n.Net != 200 || n.Tax != 40 || n.Lines != 1 {
		t.Errorf("renewals: %+v", n)
	}
	if n := one[int](r, `SELECT count(*)::int FROM renewal_request WHERE state = 'invoiced' AND due = $1`, day.AddDays(30)); n != 1 {
		t.Errorf("%d requests invoiced", n)
	}
	r.sound()
	t.Run("the same day again adds nothing", func(t *testing.T) {
		if again := r.run(day); len(again.Invoices) != 0 {
			t.Errorf("again: %+v", again)
		}
	})
	t.Run("no line, no invoice", func(t *testing.T) {
		if next := r.run(day.AddDays(1)); len(next.Invoices) != 0 || next.Tags != 0 {
			t.Errorf("next day: %+v", next)
		}
	})
	// B13: part of the money leaves the invoice open; the rest settles it.
	registrations := byKind[billing.Registrations].DocumentNumber()
	p := r.paid("A-ONE", 400, registrations)
	if len(p.Settled) != 0 || r.status("two.co.test") != RegistrationBeingProcessed {
		t.Errorf("part paid: %+v", p)
	}
	p = r.paid("A-ONE", 80, registrations)
	if len(p.Settled) != 1 || r.status("two.co.test") != RegisteredUntilExpiry || r.status("one.co.test") != RenewalBeingProcessed {
		t.Errorf("paid: %+v; %s, %s", p, r.status("two.co.test"), r.status("one.co.test"))
	}
	p = r.paid("A-ONE", 1000, "")
	if p.OnAccount != 760 || r.status("one.co.test") != RegisteredUntilExpiry {
		t.Errorf("overpaid: %+v, %s", p, r.status("one.co.test"))
	}
	r.sound()
	// The credit pays the next invoice at once.
	r.bought("A-ONE", "three.co.test", 1)
	run = r.run(r.Today())
	if len(run.Invoices) != 1 || run.Invoices[0].Number != 3 {
		t.Fatalf("invoices: %+v", run.Invoices)
	}
	if r.status("three.co.test") != RegisteredUntilExpiry {
		t.Error("credit on account did not settle the invoice")
	}
	r.sound()
}

// B13, bad input: what is wrong with a payment is said, and nothing changes.
func TestRefusedPayments(t *testing.T) {
	r := newRegister(t)
	r.bought("A-ONE", "one.co.test", 1)
	r.run(NewDate(2026, 6, 2))
	today := r.Today().EPPTime()
	for _, c := range []struct {
		name string
		p    billing.Payment
		kind Kind
	}{
		{"unknown invoice", billing.Payment{TAG: "A-ONE", Amount: gbp(10), ReceivedOn: today, Invoice: "INV-000099"}, KindNotFound},
		{"not a number", billing.Payment{TAG: "A-ONE", Amount: gbp(10), ReceivedOn: today, Invoice: "x"}, KindParamRange},
		{"another's invoice", billing.Payment{TAG: "B-TWO", Amount: gbp(10), ReceivedOn: today, Invoice: "INV-000001"}, KindParamRange},
		{"unknown tag", billing.Payment{TAG: "NOBODY", Amount: gbp(10), ReceivedOn: today}, KindNotFound},
		{"the registry's own tag", billing.Payment{TAG: "DETAGGED", Amount: gbp(10), ReceivedOn: today}, KindNotFound},
		{"negative", billing.Payment{TAG: "A-ONE", Amount: gbp(-1), ReceivedOn: today}, KindParamRange},
		{"nothing", billing.Payment{TAG: "A-ONE", Amount: gbp(0), ReceivedOn: today}, KindParamRange},
		{"wrong currency", billing.Payment{TAG: "A-ONE", Amount: billing.Money{Minor: 10, Currency: "EUR"}, ReceivedOn: today}, KindParamRange},
		{"no currency", billing.Payment{TAG: "A-ONE", Amount: billing.Money{Minor: 10, Currency: "XX"}, ReceivedOn: today}, KindParamRange},
		{"tomorrow's", billing.Payment{TAG: "A-ONE", Amount: gbp(10), ReceivedOn: today.AddDate(0, 0, 1)}, KindParamRange},
		{"undated", billing.Payment{TAG: "A-ONE", Amount: gbp(10)}, KindParamRange},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := r.RecordPayment(r.ctx, billingStaff, c.p)
			refused(t, err, c.kind, "")
		})
	}
	_, err := r.RecordPayment(r.ctx, r.as("A-ONE"), billing.Payment{TAG: "A-ONE", Amount: gbp(10), ReceivedOn: today})
	refused(t, err, KindAuthorization, "")
	if n := one[int](r, `SELECT (SELECT count(*) FROM payment)::int + (SELECT count(*) FROM allocation)::int`); n != 0 {
		t.Errorf("%d rows written", n)
	}
	r.sound()
}

// B11: a prepaid tag pays at once, and only what its deposit covers.
func TestPrepaid(t *testing.T) {
	r := newRegister(t)
	_, err := r.db.Pool.Exec(r.ctx, `UPDATE registrar SET terms = 'prepaid', low_balance = 300 WHERE tag = 'B-TWO'`)
	must(t, err)
	_, err = r.CreateDomain(r.ctx, r.as("B-TWO"), CreateDomainParams{Name: "poor.co.test", Years: 1, Registrant: "b-owner"})
	refused(t, err, KindBillingFailure, "")
	if n := one[int](r, `SELECT (SELECT count(*) FROM domain)::int + (SELECT count(*) FROM charge)::int`); n != 0 {
		t.Errorf("%d rows after a refusal", n)
	}
	r.paid("B-TWO", 600, "")
	d := r.bought("B-TWO", "rich.co.test", 1) // 1.20
	if !d.FirstPaid || r.status("rich.co.test") != RegisteredUntilExpiry {
		t.Errorf("created: %s", r.status("rich.co.test"))
	}
	r.day(d.Expires.AddDays(-10))
	d, err = r.RenewDomain(r.ctx, r.as("B-TWO"), RenewDomainParams{Name: "rich.co.test", CurExpiry: d.Expires, Years: 2}) // 2.40
	must(t, err)
	if r.status("rich.co.test") != RegisteredUntilExpiry || d.Requests[0].State != RequestPaid {
		t.Errorf("renewed: %s, %+v", r.status("rich.co.test"), d.Requests)
	}
	// 2.40 left: below the threshold of 3.00 for the first time.
	if n := one[int64](r, `SELECT (payload->>'balance')::bigint FROM poll_message WHERE kind = 'low-balance'`); n != 240 {
		t.Errorf("low balance %d", n)
	}
	_, err = r.CreateDomain(r.ctx, r.as("B-TWO"), CreateDomainParams{Name: "more.co.test", Years: 3, Registrant: "b-owner"}) // 3.60
	refused(t, err, KindBillingFailure, "")
	r.bought("B-TWO", "less.co.test", 2) // 2.40: to the penny
	r.sound()
	// The invoice is settled by the deposit.
	run := r.run(r.Today())
	if len(run.Invoices) != 2 || one[int64](r, `SELECT sum(open)::bigint FROM open_item`) != 0 {
		t.Errorf("invoices: %+v", run.Invoices)
	}
	if n := one[int](r, `SELECT count(*)::int FROM renewal_request WHERE state <> 'paid'`); n != 0 {
		t.Errorf("%d requests are not paid any more", n)
	}
	r.sound()
}

// A prepaid charge that is taken back before its invoice returns to the deposit.
func TestPrepaidReversal(t *testing.T) {
	r := newRegister(t)
	_, err := r.db.Pool.Exec(r.ctx, `UPDATE registrar SET terms = 'prepaid' WHERE tag = 'A-ONE'`)
	must(t, err)
	r.paid("A-ONE", 1000, "")
	r.bought("A-ONE", "gone.gen", 1)
	_, err = r.DeleteDomain(r.ctx, r.as("A-ONE"), "gone.gen")
	must(t, err)
	err = r.db.InTx(r.ctx, func(tx *pg.Tx) error {
		f, err := billing.LockFunds(r.ctx, tx, r.as("A-ONE").Registrar)
		if f.Available != 1000 {
			t.Errorf("deposit %d", f.Available)
		}
		return err
	})
	must(t, err)
	r.sound()
}

// B11: the credit limit counts what is charged and what is open.
func TestCreditLimit(t *testing.T) {
	r := newRegister(t)
	_, err := r.db.Pool.Exec(r.ctx, `UPDATE registrar SET credit_limit = 360 WHERE tag = 'A-ONE'`)
	must(t, err)
	r.bought("A-ONE", "one.co.test", 1) // 1.20 of 3.60
	r.run(NewDate(2026, 6, 1))
	r.bought("A-ONE", "two.co.test", 2) // 2.40
	_, err = r.CreateDomain(r.ctx, r.as("A-ONE"), CreateDomainParams{Name: "three.co.test", Years: 1, Registrant: "a-owner"})
	refused(t, err, KindBillingFailure, "")
	r.paid("A-ONE", 120, "")
	r.bought("A-ONE", "three.co.test", 1)
	r.sound()
}

// RFC 3915: a gtld name deleted in its grace period after the invoice run is
// credited by the next one.
func TestRefundAfterInvoice(t *testing.T) {
	r := newRegister(t)
	r.bought("A-ONE", "gone.gen", 1)
	r.run(NewDate(2026, 6, 2))
	_, err := r.DeleteDomain(r.ctx, r.as("A-ONE"), "gone.gen")
	must(t, err)
	run := r.run(NewDate(2026, 6, 3))
	if len(run.Credits) != 1 || run.Credits[0].Reason != billing.ReasonGracePeriod || run.Credits[0].Gross() != 120 {
		t.Errorf("credits: %+v", run.Credits)
	}
	if again := r.run(NewDate(2026, 6, 4)); again.Tags != 0 {
		t.Errorf("again: %+v", again)
	}
	r.sound()
}
