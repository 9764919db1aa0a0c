package registry

import (
	"flag"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/namekeep/namekeep/billing"
)

// B2: whatever is charged, invoiced, paid, credited and taken back, in any
// order: the ledger sums to zero, every balance and open item is that of its
// documents, and every prepaid deposit stays at or above zero.
//
// Each history has a database of its own, so there are few unless the command
// line asks for more.
func TestMoneyHistories(t *testing.T) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		must(t, f.Value.Set("15"))
		defer func() { must(t, f.Value.Set(f.DefValue)) }()
	}
	rapid.Check(t, func(rt *rapid.T) {
		r := newRegister(t)
		_, err := r.db.Pool.Exec(r.ctx, `UPDATE registrar SET terms = 'prepaid', low_balance = 200 WHERE tag = 'B-TWO'`)
		must(t, err)
		_, err = r.db.Pool.Exec(r.ctx, `UPDATE registrar SET credit_limit = 2000, tax_rate = 1750 WHERE tag = 'C-THREE'`)
		must(t, err)
		h := &moneyHistory{register: r, rt: rt}
		rt.Repeat(map[string]func(*rapid.T){
			"create": h.create, "delete": h.delete, "invoice": h.invoice, "pay": h.pay, "credit": h.credit, "terms": h.terms,
			"": func(rt *rapid.T) { h.check(rt) },
		})
	})
}

type moneyHistory struct {
	*register
	rt    *rapid.T
	n     int
	names [][2]string // tag and gtld name, not deleted
}

var moneyTags = []string{"A-ONE", "B-TWO", "C-THREE"}

// allowed lets refusals pass: they change nothing, which check proves.
func allowed(rt *rapid.T, err error, kinds ...Kind) bool {
	if err == nil {
		return true
	}
	for _, k := range kinds {
		if KindOf(err) == k {
			return false
		}
	}
	rt.Fatalf("%v", err)
	return false
}

func (h *moneyHistory) create(rt *rapid.T) {
	tag := rapid.SampledFrom(moneyTags).Draw(rt, "tag")
	h.n++
	p := CreateDomainParams{Name: fmt.Sprintf("m%d.gen", h.n), Years: rapid.IntRange(1, 4).Draw(rt, "years"), AuthInfo: "a-secret-Auth-1-of-Ours"}
	_, err := h.CreateDomain(h.ctx, h.as(tag), p)
	if allowed(rt, err, KindBillingFailure) {
		h.names = append(h.names, [2]string{tag, p.Name})
	}
}

func (h *moneyHistory) delete(rt *rapid.T) {
	if len(h.names) == 0 {
		rt.Skip("no name")
	}
	i := rapid.IntRange(0, len(h.names)-1).Draw(rt, "name")
	_, err := h.DeleteDomain(h.ctx, h.as(h.names[i][0]), h.names[i][1])
	allowed(rt, err)
	h.names = append(h.names[:i], h.names[i+1:]...)
}

func (h *moneyHistory) invoice(rt *rapid.T) {
	h.at(h.Now().AddDate(0, 0, rapid.IntRange(0, 2).Draw(rt, "days")))
	_, err := h.RunInvoices(h.ctx, System("batch"), h.Today(), nil)
	allowed(rt, err)
}

func (h *moneyHistory) pay(rt *rapid.T) {
	p := billing.Payment{TAG: rapid.SampledFrom(moneyTags).Draw(rt, "tag"), Amount: gbp(rapid.Int64Range(1, 1500).Draw(rt, "amount")),
		ReceivedOn: h.Today().EPPTime()}
	if rapid.Bool().Draw(rt, "names an invoice") {
		p.Invoice = fmt.Sprint(rapid.IntRange(1, 5).Draw(rt, "invoice"))
	}
	_, err := h.RecordPayment(h.ctx, billingStaff, p)
	allowed(rt, err, KindNotFound, KindParamRange)
}

func (h *moneyHistory) credit(rt *rapid.T) {
	c := billing.Credit{Invoice: fmt.Sprint(rapid.IntRange(1, 5).Draw(rt, "invoice")), Reason: rapid.SampledFrom(billing.Reasons()).Draw(rt, "reason")}
	if rapid.Bool().Draw(rt, "one name") {
		c.Names = []string{fmt.Sprintf("m%d.gen", rapid.IntRange(1, h.n+1).Draw(rt, "name"))}
	}
	_, err := h.IssueCreditNote(h.ctx, billingStaff, c)
	allowed(rt, err, KindNotFound, KindPolicy)
}

func (h *moneyHistory) terms(rt *rapid.T) {
	_, err := h.db.Pool.Exec(h.ctx, `UPDATE registrar SET terms = $1 WHERE tag = 'C-THREE'`,
		rapid.SampledFrom([]string{"credit", "prepaid"}).Draw(rt, "terms"))
	must(h.t, err)
}

func (h *moneyHistory) check(rt *rapid.T) {
	checks, err := billing.Verify(h.ctx, h.db)
	must(h.t, err)
	for _, c := range checks {
		for _, d := range c.Differences {
			rt.Errorf("%s: %s", c.Name, d)
		}
	}
	if n := one[int](h.register, `SELECT count(*)::int FROM ledger_account a WHERE kind = 'deposit' AND balance_of(id) > 0`); n != 0 {
		rt.Errorf("%d deposits overdrawn", n)
	}
}
