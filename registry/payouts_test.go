package registry

import (
	"fmt"
	"testing"

	"github.com/namekeep/namekeep/billing"
)

// reversed takes a payment back today.
func (r *register) reversed(payment int64) ReversedPayment {
	r.t.Helper()
	done, err := r.ReversePayment(r.ctx, billingStaff, billing.Payout{Payment: payment, PaidOn: r.Today().EPPTime()})
	must(r.t, err)
	r.sound()
	return done
}

// renewedName makes a name that expires on e and has its tag renew it.
func (r *register) renewedName(tag, name, e string) {
	r.t.Helper()
	r.held(tag, name, e)
	_, err := r.RenewDomain(r.ctx, r.as(tag), RenewDomainParams{Name: name, CurExpiry: date(r.t, e), Years: 2})
	must(r.t, err)
}

// R6, R7: an invoice whose payment the bank took back is open again; its renewal
// is within terms as before, lapses when they pass, and a new payment renews.
func TestReversedPayment(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 1, 20))
	r.renewedName("A-ONE", "back.co.test", "2027-02-25")
	r.runTo("2027-02-10") // invoiced on 1 February, due on 3 March
	paid := r.paid("A-ONE", 240, "")
	done := r.reversed(paid.ID)
	if len(done.Numbers) != 1 || done.Requests != 1 || done.Firsts != 0 || done.OnAccount != 0 {
		t.Errorf("%+v", done)
	}
	if s := r.status("back.co.test"); s != RenewalBeingProcessed || r.shownE("back.co.test") != "2029-02-25" {
		t.Errorf("status %s, E %s", s, r.shownE("back.co.test"))
	}
	r.runTo("2027-03-03")
	again := r.paid("A-ONE", 240, "")
	r.runTo("2027-03-20")
	if s := r.status("back.co.test"); s != RegisteredUntilExpiry {
		t.Errorf("paid again: %s", s)
	}
	r.reversed(again.ID) // after the terms: the next batch ends it
	r.runTo("2027-03-21")
	wantLine(t, "taken back late", r.line("back.co.test"), "2027-01-20 renew", "2027-02-10 renewal paid", "2027-02-10 renewal unpaid again",
		"2027-03-03 renewal paid", "2027-03-20 renewal unpaid again", "2027-03-21 lapse", "2027-03-21 pro forma", "2027-03-21 suspend")
	r.paid("A-ONE", 240, "")
	if s := r.status("back.co.test"); s != RegisteredUntilExpiry || r.shownE("back.co.test") != "2029-02-25" {
		t.Errorf("paid late: %s, E %s", s, r.shownE("back.co.test"))
	}
	r.sound()
}

// Credit on account that a payment left, and that paid for another invoice, goes
// back with it; other money then settles what it can.
func TestReversedPaymentReachesItsCredit(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 1, 20))
	r.renewedName("A-ONE", "one.co.test", "2027-06-25")
	r.runTo("2027-02-10")
	big := r.paid("A-ONE", 500, "") // 240 now, 260 on account
	r.renewedName("A-ONE", "two.co.test", "2027-06-25")
	r.runTo("2027-03-02") // the credit pays for the second
	if s := r.status("two.co.test"); s != RegisteredUntilExpiry {
		t.Fatalf("two: %s", s)
	}
	r.paid("A-ONE", 100, "")
	done := r.reversed(big.ID)
	if len(done.Numbers) != 2 || done.Requests != 2 || done.OnAccount != 0 {
		t.Errorf("%+v", done)
	}
	// 20 of the 260 had stayed on account, and so had 100: only 140 are missing.
	if open := one[string](r, `SELECT string_agg(open::text, ' ' ORDER BY invoice_id) FROM open_item WHERE open > 0`); open != "240 140" {
		t.Errorf("open: %s", open)
	}
}

// A name that was renewed again since keeps its renewal; the debt remains.
func TestReversedPaymentOfAnOldPeriod(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 1, 20))
	r.renewedName("A-ONE", "old.co.test", "2027-02-25")
	r.runTo("2027-02-10")
	paid := r.paid("A-ONE", 240, "")
	r.exec(`UPDATE domain SET expires = '2031-02-25' WHERE name = 'old.co.test'`)
	if done := r.reversed(paid.ID); done.Requests != 0 || len(done.Numbers) != 1 {
		t.Errorf("%+v", done)
	}
	r.runTo("2027-04-10")
	if e := r.shownE("old.co.test"); e != "2031-02-25" {
		t.Errorf("E %s", e)
	}
}

// A first registration is unpaid again, and suspended with the next batch if its
// terms have passed.
func TestReversedFirstPayment(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 1, 20))
	r.create("A-ONE", "new.co.test")
	r.runTo("2027-02-10")
	paid := r.paid("A-ONE", 240, "")
	r.runTo("2027-03-20")
	if done := r.reversed(paid.ID); done.Firsts != 1 {
		t.Errorf("%+v", done)
	}
	if s := r.status("new.co.test"); s != RegistrationBeingProcessed {
		t.Errorf("status %s", s)
	}
	r.runTo("2027-03-21")
	if on := one[string](r, `SELECT suspended_on || ' ' || suspended_reason FROM domain`); on != "2027-03-21 registration unpaid" {
		t.Errorf("suspended %s", on)
	}
	r.paid("A-ONE", 240, "")
	if s := r.status("new.co.test"); s != RegisteredUntilExpiry {
		t.Errorf("paid: %s", s)
	}
}

// A registrant's payment takes the renewal and its receipt back, and the registry
// asks again the next night.
func TestReversedRegistrantsPayment(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 1, 20))
	r.held("A-ONE", "own.co.test", "2027-02-10")
	r.runTo("2027-02-20")
	number := one[int64](r, `SELECT number FROM pro_forma`)
	p, err := r.RecordProFormaPayment(r.ctx, billingStaff, "PRO-"+pad6(number), billing.Payment{Amount: gbp(240), ReceivedOn: r.Today().EPPTime()})
	must(t, err)
	if p.Receipt == nil || r.shownE("own.co.test") != "2029-02-10" {
		t.Fatalf("%+v", p)
	}
	done := r.reversed(one[int64](r, `SELECT max(id) FROM payment`))
	if done.Receipt != p.Receipt.DocumentNumber() || done.Expires != NewDate(2027, 2, 10) || done.OnAccount != 0 || r.shownE("own.co.test") != "2027-02-10" {
		t.Errorf("%+v", done)
	}
	r.runTo("2027-02-21")
	line := r.line("own.co.test")
	wantLine(t, "asked again", line[len(line)-2:], "2027-02-20 renewal unpaid again", "2027-02-21 pro forma")
	r.sound()
}

// What is refused changes nothing.
func TestPayoutsRefused(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 1, 20))
	today := r.Today()
	paid := r.paid("A-ONE", 500, "")
	reverse := func(a Actor, p billing.Payout) error { _, err := r.ReversePayment(r.ctx, a, p); return err }
	refund := func(a Actor, p billing.Payout) error { _, err := r.RefundDeposit(r.ctx, a, p); return err }
	silent := billingStaff
	silent.Reason = ""
	on := today.EPPTime()
	wantKind(t, reverse(r.as("A-ONE"), billing.Payout{Payment: paid.ID, PaidOn: on}), KindAuthorization)
	wantKind(t, reverse(silent, billing.Payout{Payment: paid.ID, PaidOn: on}), KindParamMissing)
	wantKind(t, reverse(billingStaff, billing.Payout{Payment: 99, PaidOn: on}), KindNotFound)
	wantKind(t, reverse(billingStaff, billing.Payout{Payment: paid.ID, PaidOn: today.AddDays(-1).EPPTime()}), KindParamRange)
	wantKind(t, reverse(billingStaff, billing.Payout{Payment: paid.ID, PaidOn: today.AddDays(1).EPPTime()}), KindParamRange)
	wantKind(t, refund(r.as("A-ONE"), billing.Payout{TAG: "A-ONE", Amount: gbp(1), PaidOn: on}), KindAuthorization)
	wantKind(t, refund(silent, billing.Payout{TAG: "A-ONE", Amount: gbp(1), PaidOn: on}), KindParamMissing)
	wantKind(t, refund(billingStaff, billing.Payout{TAG: "NOBODY", Amount: gbp(1), PaidOn: on}), KindNotFound)
	wantKind(t, refund(billingStaff, billing.Payout{TAG: "A-ONE", Amount: gbp(-1), PaidOn: on}), KindParamRange)
	wantKind(t, refund(billingStaff, billing.Payout{TAG: "A-ONE", Amount: gbp(501), PaidOn: on}), KindPolicy)
	wantKind(t, refund(billingStaff, billing.Payout{TAG: "A-ONE", Amount: billing.Money{Minor: 5, Currency: "EUR"}, PaidOn: on}), KindPolicy)
	must(t, refund(billingStaff, billing.Payout{TAG: "A-ONE", Amount: gbp(200), PaidOn: on, BankRef: "X1"}))
	wantKind(t, refund(billingStaff, billing.Payout{TAG: "A-ONE", Amount: gbp(200), PaidOn: on, BankRef: "X1"}), KindPolicy)
	must(t, reverse(billingStaff, billing.Payout{Payment: paid.ID, PaidOn: on}))
	wantKind(t, reverse(billingStaff, billing.Payout{Payment: paid.ID, PaidOn: on}), KindPolicy)
	// 500 came, 200 were refunded, 500 went back: the deposit is overdrawn.
	if owed := one[int64](r, `SELECT balance_of(id) FROM ledger_account WHERE kind = 'deposit'`); owed != 200 {
		t.Errorf("the deposit stands at %d", owed)
	}
	r.sound()
}

func pad6(n int64) string { return fmt.Sprintf("%06d", n) }
