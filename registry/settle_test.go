package registry

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry/pg"
)

// lapsed makes a name whose renewal request by A-ONE was invoiced and lapsed, on
// the day its terms ended: E is back.
func lapsed(r *register, name string) (*Domain, string) {
	r.t.Helper()
	d := r.bought("A-ONE", name, 2)
	first := r.run(NewDate(2026, 6, 1))
	r.paid("A-ONE", first.Invoices[0].Gross(), "")
	r.day(d.Expires.AddDays(-60))
	_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: name, CurExpiry: d.Expires, Years: 2})
	must(r.t, err)
	run := r.run(d.Expires.AddDays(-60))
	must(r.t, r.db.InTx(r.ctx, func(tx *pg.Tx) error {
		tx.Queue(`UPDATE renewal_request SET state = 'lapsed', ended_on = due WHERE state = 'invoiced' AND domain_name = $1`, name)
		tx.Queue(`UPDATE domain SET expires = $2 WHERE name = $1`, name, d.Expires)
		return nil
	}))
	r.day(d.Expires.AddDays(-30))
	return d, run.Invoices[0].DocumentNumber()
}

// R7: paying late still renews the name.
func TestLatePaymentRenews(t *testing.T) {
	r := newRegister(t)
	d, invoice := lapsed(r, "late.co.test")
	r.day(d.Expires.AddDays(100))
	_, err := r.db.Pool.Exec(r.ctx, `UPDATE domain SET suspended_on = $1, suspended_reason = 'renewal unpaid'`, d.Expires.AddDays(37))
	must(t, err)
	r.paid("A-ONE", 240, invoice)
	if e := r.expiry("late.co.test"); e != d.Expires.AddYears(2) {
		t.Errorf("E is %s", e)
	}
	if n := one[int](r, `SELECT count(*)::int FROM domain WHERE suspended_on IS NOT NULL`); n != 0 {
		t.Error("the suspension was not lifted (R30)")
	}
	if s := r.status("late.co.test"); s != RegisteredUntilExpiry {
		t.Error(s)
	}
	if n := one[int](r, `SELECT count(*)::int FROM poll_message WHERE kind = 'renewed'`); n != 1 {
		t.Errorf("the tag was told %d times", n)
	}
	r.sound()
}

// R7: it does not, if something else has; the invoice is settled all the same.
func TestLatePaymentAfterAnotherRenewal(t *testing.T) {
	r := newRegister(t)
	d, invoice := lapsed(r, "late.co.test")
	_, err := r.db.Pool.Exec(r.ctx, `UPDATE domain SET sponsor = (SELECT id FROM registrar WHERE tag = 'B-TWO')`)
	must(t, err)
	after, err := r.RenewDomain(r.ctx, r.as("B-TWO"), RenewDomainParams{Name: "late.co.test", CurExpiry: d.Expires, Years: 1})
	must(t, err)
	p := r.paid("A-ONE", 240, invoice)
	if len(p.Settled) != 1 || r.expiry("late.co.test") != after.Expires {
		t.Errorf("settled %v, E %s", p.Settled, r.expiry("late.co.test"))
	}
	if n := one[int](r, `SELECT count(*)::int FROM renewal_request WHERE state = 'paid'`); n != 1 {
		t.Errorf("%d requests paid", n)
	}
	r.sound()
}

// R7: the invoice stays due whatever happens to the name.
func TestLatePaymentOfAnotherName(t *testing.T) {
	r := newRegister(t)
	_, invoice := lapsed(r, "late.co.test")
	must(t, r.db.InTx(r.ctx, func(tx *pg.Tx) error {
		tx.Queue(`DELETE FROM domain WHERE name = 'late.co.test'`)
		return nil
	}))
	fresh := r.bought("C-THREE", "late.co.test", 1)
	r.paid("A-ONE", 240, invoice)
	if r.expiry("late.co.test") != fresh.Expires {
		t.Error("the payment renewed another registration of the same name")
	}
	r.sound()
}

// A first registration that was suspended unpaid is lifted by its payment.
func TestFirstRegistrationPaidLate(t *testing.T) {
	r := newRegister(t)
	r.bought("A-ONE", "one.co.test", 2)
	r.run(NewDate(2026, 6, 1))
	if due := one[Date](r, `SELECT first_due FROM domain`); due != NewDate(2026, 7, 1) {
		t.Errorf("first due %s", due)
	}
	_, err := r.db.Pool.Exec(r.ctx, `UPDATE domain SET suspended_on = '2026-07-01', suspended_reason = 'registration unpaid'`)
	must(t, err)
	r.day(NewDate(2026, 7, 5))
	r.paid("A-ONE", 240, "")
	if n := one[int](r, `SELECT count(*)::int FROM domain WHERE first_paid AND suspended_on IS NULL`); n != 1 {
		t.Error("still suspended")
	}
	r.sound()
}

// proForma issues the pro forma of a name.
func (r *register) proForma(d *Domain) string {
	r.t.Helper()
	var number string
	must(r.t, r.db.InTx(r.ctx, func(tx *pg.Tx) error {
		prices, err := billing.ProFormaPrices(r.ctx, tx, 2, r.Today().EPPTime())
		if err != nil {
			return err
		}
		f := billing.ProFormaFor{Registrar: d.SponsorID, ContactID: d.RegistrantID, ContactHandle: d.Registrant, Zone: d.Zone.ID,
			DomainID: d.ID, DomainName: d.Name, Period: d.Expires.EPPTime(), To: billing.Addressee{Name: "Ann Owner"}, Price: prices[d.Zone.ID]}
		list, err := billing.IssueProFormas(r.ctx, tx, 2, r.Today().EPPTime(), []billing.ProFormaFor{f})
		if err == nil {
			number = list[0].DocumentNumber()
		}
		return err
	}))
	return number
}

// R31: the registrant's payment renews for two years from the old E, with a
// receipt; the pro forma is closed. R30: the suspension is lifted.
func TestProFormaPaid(t *testing.T) {
	r := newRegister(t)
	d := r.bought("A-ONE", "own.co.test", 1)
	r.day(d.Expires.AddDays(7))
	number := r.proForma(d)
	r.day(d.Expires.AddDays(40))
	_, err := r.db.Pool.Exec(r.ctx, `UPDATE domain SET suspended_on = $1, suspended_reason = 'renewal unpaid', first_paid = true`, d.Expires.AddDays(37))
	must(t, err)
	pay := func(minor int64) ProFormaPaid {
		t.Helper()
		p, err := r.RecordProFormaPayment(r.ctx, billingStaff, number, billing.Payment{Amount: gbp(minor), ReceivedOn: r.Today().EPPTime()})
		must(t, err)
		return p
	}
	if p := pay(100); p.Receipt != nil || p.Balance != 100 || !strings.Contains(p.Reason, "1.40 GBP is still missing") {
		t.Errorf("part paid: %+v", p)
	}
	p := pay(150)
	if p.Receipt == nil || p.Receipt.DocumentNumber() != "REC-000001" || p.Balance != 10 || p.Expires != d.Expires.AddYears(2) {
		t.Fatalf("paid: %+v", p)
	}
	if r.expiry("own.co.test") != d.Expires.AddYears(2) || r.status("own.co.test") != RegisteredUntilExpiry {
		t.Errorf("E %s, %s", r.expiry("own.co.test"), r.status("own.co.test"))
	}
	if n := one[int](r, `SELECT count(*)::int FROM outbox WHERE kind = 'receipt' AND recipient = 'owner@example.net'`); n != 1 {
		t.Errorf("%d receipts mailed", n)
	}
	if p := pay(240); p.Receipt != nil || p.Balance != 250 || !strings.Contains(p.Reason, "is paid since") {
		t.Errorf("paid twice: %+v", p)
	}
	r.sound()
}

// A renewal by the tag voids the pro forma; money for it stays on account.
func TestProFormaVoid(t *testing.T) {
	r := newRegister(t)
	d := r.bought("A-ONE", "own.co.test", 1)
	r.day(d.Expires.AddDays(7))
	number := r.proForma(d)
	after, err := r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: d.Name, CurExpiry: d.Expires, Years: 1})
	must(t, err)
	p, err := r.RecordProFormaPayment(r.ctx, billingStaff, number, billing.Payment{Amount: gbp(240), ReceivedOn: r.Today().EPPTime()})
	must(t, err)
	if p.Receipt != nil || p.Balance != 240 || r.expiry(d.Name) != after.Expires {
		t.Errorf("%+v", p)
	}
	_, err = r.RecordProFormaPayment(r.ctx, billingStaff, "PRO-000099", billing.Payment{Amount: gbp(240), ReceivedOn: r.Today().EPPTime()})
	refused(t, err, KindNotFound, "")
	_, err = r.RecordProFormaPayment(r.ctx, billingStaff, number, billing.Payment{Amount: billing.Money{Minor: 1, Currency: "EUR"}, ReceivedOn: r.Today().EPPTime()})
	refused(t, err, KindParamRange, "")
	r.sound()
}

// B14, R5: distance selling credits the line and takes E back; other reasons
// waive the fee and leave the renewal.
func TestCreditNotes(t *testing.T) {
	r := newRegister(t)
	var names []string
	day := NewDate(2028, 4, 1)
	for i := range 3 {
		d := r.bought("A-ONE", fmt.Sprintf("n%d.co.test", i), 2)
		names = append(names, d.Name)
	}
	r.paid("A-ONE", r.run(NewDate(2026, 6, 1)).Invoices[0].Gross(), "")
	r.day(day)
	e := r.expiry(names[0])
	for _, n := range names {
		_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: n, CurExpiry: e, Years: 2})
		must(t, err)
	}
	invoice := r.run(day).Invoices[0]
	credit := func(reason string, list ...string) (billing.Credited, error) {
		return r.IssueCreditNote(r.ctx, billingStaff, billing.Credit{Invoice: invoice.DocumentNumber(), Names: list, Reason: reason})
	}
	n, err := credit(billing.ReasonDistanceSelling, names[0])
	must(t, err)
	if n.Gross() != 240 || n.Applied != 240 || r.expiry(names[0]) != e || r.status(names[0]) != RegisteredUntilExpiry {
		t.Errorf("distance selling: %+v, E %s", n.CreditNote, r.expiry(names[0]))
	}
	n, err = credit(billing.ReasonGoodwill, names[1])
	must(t, err)
	if r.expiry(names[1]) != e.AddYears(2) || r.status(names[1]) != RegisteredUntilExpiry || r.status(names[2]) != RenewalBeingProcessed {
		t.Errorf("goodwill: E %s, %s, %s", r.expiry(names[1]), r.status(names[1]), r.status(names[2]))
	}
	_, err = credit(billing.ReasonGoodwill, names[1])
	refused(t, err, KindPolicy, "")
	_, err = credit(billing.ReasonGoodwill, "else.co.test")
	refused(t, err, KindNotFound, "")
	_, err = credit("because")
	refused(t, err, KindParamRange, "")
	silent := billingStaff
	silent.Reason = ""
	_, err = r.IssueCreditNote(r.ctx, silent, billing.Credit{Invoice: invoice.DocumentNumber(), Reason: billing.ReasonGoodwill})
	refused(t, err, KindParamMissing, "")
	r.paid("A-ONE", 240, "")
	if r.status(names[2]) != RegisteredUntilExpiry {
		t.Error("the rest was paid")
	}
	// All is paid: what is credited now goes on account.
	n, err = credit(billing.ReasonBillingError)
	must(t, err)
	if n.Applied != 0 || n.Gross() != 240 {
		t.Errorf("after the payment: %+v", n.CreditNote)
	}
	if got := one[int64](r, `SELECT sum(net + tax)::bigint FROM invoice WHERE number = 2`); got != 720 {
		t.Errorf("the invoice was altered: %d", got)
	}
	r.sound()
}

func bankFile(t *testing.T, text string) billing.BankFile {
	t.Helper()
	f, err := billing.ReadBankCSV("bank.csv", []byte(text))
	must(t, err)
	return f
}

// B13: a bank file is recorded as a whole or not at all, and once.
func TestImportPayments(t *testing.T) {
	r := newRegister(t)
	r.bought("A-ONE", "one.co.test", 1)
	r.bought("B-TWO", "two.co.test", 1)
	r.run(NewDate(2026, 6, 2))
	head := "reference,date,amount,currency,tag,invoice,text\n"
	good := head + "B-1,2026-06-02,1.20,GBP,A-ONE,,\nB-2,2026-06-02,1.00,GBP,,,Payment for inv-2\nB-3,2026-06-02,5.00,GBP,,,from C-THREE with thanks\n"
	for _, c := range []struct{ name, line, want string }{
		{"unknown invoice", "B-4,2026-06-02,1.20,GBP,A-ONE,INV-000077,\n", "Line 5: There is no invoice INV-000077."},
		{"wrong currency", "B-4,2026-06-02,1.20,EUR,A-ONE,,\n", "Line 5: A-ONE is billed in GBP, not in EUR."},
		{"unknown payer", "B-4,2026-06-02,1.20,GBP,,,hello\n", "Line 5: Nothing tells who paid"},
		{"a day to come", "B-4,2026-06-03,1.20,GBP,A-ONE,,\n", "Line 5: 2026-06-03 has not come yet."},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := r.ImportPayments(r.ctx, billingStaff, bankFile(t, good+c.line))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	if n := one[int](r, `SELECT (SELECT count(*) FROM payment)::int + (SELECT count(*) FROM bank_file)::int`); n != 0 {
		t.Fatalf("%d rows of refused files", n)
	}
	done, err := r.ImportPayments(r.ctx, billingStaff, bankFile(t, good))
	must(t, err)
	if done.Recorded != 3 || done.Total[0] != gbp(720) {
		t.Errorf("imported: %+v", done)
	}
	if got := one[int64](r, `SELECT sum(open)::bigint FROM open_item`); got != 20 {
		t.Errorf("open %d", got)
	}
	again, err := r.ImportPayments(r.ctx, billingStaff, bankFile(t, good))
	must(t, err)
	if !again.Known || again.Recorded != 0 {
		t.Errorf("the same file again: %+v", again)
	}
	// Another file with a line of the first one: only what is new counts.
	more, err := r.ImportPayments(r.ctx, billingStaff, bankFile(t, good+"B-4,2026-06-02,0.20,GBP,B-TWO,,\n"))
	must(t, err)
	if more.Repeated != 3 || more.Recorded != 1 || one[int64](r, `SELECT sum(open)::bigint FROM open_item`) != 0 {
		t.Errorf("overlapping file: %+v", more)
	}
	_, err = r.ImportPayments(r.ctx, billingStaff, bankFile(t, head+"B-1,2026-06-02,9.99,GBP,A-ONE,,\n"))
	refused(t, err, KindPolicy, "")
	r.sound()
}

// Two invoice runs at once: every line once, no gap. Payments meanwhile.
func TestConcurrentMoney(t *testing.T) {
	r := newRegister(t)
	for i := range 12 {
		for _, tag := range []string{"A-ONE", "B-TWO", "C-THREE"} {
			r.bought(tag, fmt.Sprintf("n%d-%s.co.test", i, strings.ToLower(tag[:1])), 1)
		}
	}
	day := r.Today()
	var wg sync.WaitGroup
	faults := make(chan error, 64)
	for range 3 {
		wg.Go(func() {
			_, err := r.RunInvoices(r.ctx, System("batch"), day, nil)
			faults <- err
		})
	}
	wg.Wait()
	for i := range 12 {
		wg.Go(func() {
			_, err := r.RecordPayment(r.ctx, billingStaff, billing.Payment{TAG: "A-ONE", Amount: gbp(150), ReceivedOn: day.EPPTime(), BankRef: fmt.Sprint("X", i/2)})
			faults <- err
		})
	}
	wg.Wait()
	close(faults)
	for err := range faults {
		must(t, err)
	}
	if n := one[int](r, `SELECT count(*)::int FROM invoice`); n != 3 {
		t.Errorf("%d invoices", n)
	}
	if n := one[int](r, `SELECT count(*)::int FROM payment`); n != 6 {
		t.Errorf("%d payments of 6 references", n)
	}
	if n := one[int](r, `SELECT count(*)::int FROM charge WHERE invoice_id IS NULL`); n != 0 {
		t.Errorf("%d lines left out", n)
	}
	r.sound()
}

// B11: many commands at once never overdraw a deposit.
func TestConcurrentPrepaid(t *testing.T) {
	r := newRegister(t)
	_, err := r.db.Pool.Exec(r.ctx, `UPDATE registrar SET terms = 'prepaid' WHERE tag = 'A-ONE'`)
	must(t, err)
	r.paid("A-ONE", 600, "") // for five names
	actor := r.as("A-ONE")
	var wg sync.WaitGroup
	var mu sync.Mutex
	done, short := 0, 0
	for i := range 12 {
		wg.Go(func() {
			_, err := r.CreateDomain(r.ctx, actor, CreateDomainParams{Name: fmt.Sprintf("p%d.co.test", i), Years: 1, Registrant: "a-owner"})
			mu.Lock()
			defer mu.Unlock()
			switch KindOf(err) {
			case KindBillingFailure:
				short++
			default:
				if err != nil {
					t.Error(err)
				}
				done++
			}
		})
	}
	wg.Wait()
	if done != 5 || short != 7 {
		t.Errorf("%d done, %d refused", done, short)
	}
	r.sound()
}
