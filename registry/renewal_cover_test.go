package registry

import (
	"testing"

	"github.com/namekeep/namekeep/billing"
)

// twoRequests is a name of B-TWO with an E of 2026-08-01 that A-ONE and then
// B-TWO asked to renew (R41), the first by two years, so that E is 2028-08-01.
func twoRequests(t *testing.T, name string, yearsOfB int) *register {
	t.Helper()
	r := newRegister(t)
	e := NewDate(2026, 8, 1)
	r.held("A-ONE", name, e.String())
	_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: name, CurExpiry: e, Years: 2})
	must(t, err)
	_, err = r.ReleaseDomains(r.ctx, r.as("A-ONE"), ReleaseParams{Name: name, To: "B-TWO"})
	must(t, err)
	d, err := r.RenewDomain(r.ctx, r.as("B-TWO"), RenewDomainParams{Name: name, CurExpiry: e.AddYears(2), Years: yearsOfB})
	must(t, err)
	if d.Covers != "A-ONE" || d.Expires != e.AddYears(2) {
		t.Fatalf("covers %q, E %s", d.Covers, d.Expires)
	}
	return r
}

// settled sets a tag's request as an invoice and its payment leave it.
func (r *register) settled(tag string, state RequestState, due Date) {
	r.t.Helper()
	r.exec(`UPDATE renewal_request SET state = $2, due = $3 WHERE registrar_id = (SELECT id FROM registrar WHERE tag = $1)`, tag, state, due)
}

// Change of tag 5, R41: the name stays renewed if either pays, whichever that
// is and however the other's request ends.
func TestNameStaysRenewedIfEitherPays(t *testing.T) {
	due := NewDate(2026, 7, 1)
	for _, c := range []struct {
		paid, unpaid string
		yearsOfB     int
		want         Date
	}{
		{"A-ONE", "B-TWO", 2, NewDate(2028, 8, 1)},
		{"B-TWO", "A-ONE", 2, NewDate(2028, 8, 1)},
		{"B-TWO", "A-ONE", 1, NewDate(2027, 8, 1)}, // what B paid for
		{"A-ONE", "B-TWO", 3, NewDate(2028, 8, 1)},
	} {
		t.Run(c.paid+" pays", func(t *testing.T) {
			r := twoRequests(t, "both.co.test", c.yearsOfB)
			r.settled(c.paid, RequestPaid, due)
			r.settled(c.unpaid, RequestInvoiced, due)
			r.at(due.AddDays(1).Start(r.loc).Add(5 * 60e9))
			must(t, r.RunDay(r.ctx, due.AddDays(1), BatchOptions{}))
			if got := r.expiry("both.co.test"); got != c.want {
				t.Errorf("E %s after the lapse of %s, want %s", got, c.unpaid, c.want)
			}
			if got := one[string](r, `SELECT string_agg(state, ' ' ORDER BY state) FROM renewal_request`); got != "lapsed paid" {
				t.Errorf("requests: %s", got)
			}
		})
	}
}

// R5, R41: a withdrawn request leaves the name renewed by the one that is paid.
func TestWithdrawalLeavesThePaidRequest(t *testing.T) {
	r := twoRequests(t, "kept.co.test", 2)
	r.settled("A-ONE", RequestPaid, NewDate(2026, 7, 1))
	d, err := r.WithdrawRenewal(r.ctx, staff(RoleBilling), "kept.co.test", "B-TWO")
	must(t, err)
	if want := NewDate(2028, 8, 1); d.Expires != want || r.expiry("kept.co.test") != want {
		t.Errorf("E %s, in the register %s, want %s", d.Expires, r.expiry("kept.co.test"), want)
	}
}

// R5: a credit under the distance-selling exception takes E back only where no
// other paid request covers the name.
func TestCreditLeavesTheOtherPaidRequest(t *testing.T) {
	r := twoRequests(t, "credit.co.test", 2)
	r.run(NewDate(2026, 6, 2))
	for _, tag := range []string{"A-ONE", "B-TWO"} {
		r.paid(tag, 240, "")
	}
	if got := one[string](r, `SELECT string_agg(state, ' ') FROM renewal_request`); got != "paid paid" {
		t.Fatalf("requests: %s", got)
	}
	invoices, err := billing.Invoices(r.ctx, r.db, billing.InvoiceFilter{TAG: "A-ONE"})
	must(t, err)
	_, err = r.IssueCreditNote(r.ctx, billingStaff, billing.Credit{Invoice: invoices[0].DocumentNumber(),
		Names: []string{"credit.co.test"}, Reason: billing.ReasonDistanceSelling})
	must(t, err)
	if got, want := r.expiry("credit.co.test"), NewDate(2028, 8, 1); got != want {
		t.Errorf("E %s, want %s", got, want)
	}
}
