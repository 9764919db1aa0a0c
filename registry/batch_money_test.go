package registry

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
)

// payments lets somebody pay, or staff credit something.
func (w *world) payments() {
	switch w.rnd.IntN(9) {
	case 0:
		w.credit()
	case 8:
		w.reverse()
	case 1:
		if name := w.askedName(); name != "" {
			w.registrantPays(w.names[name])
		}
	default:
		w.pay([]string{"A-ONE", "B-TWO", "C-THREE"}[w.rnd.IntN(3)])
	}
}

// pay has a tag pay what its oldest open invoice comes to, sometimes a part of
// it or more.
func (w *world) pay(tag string) {
	open := one[int64](w.register, `SELECT coalesce((SELECT o.open FROM open_item o JOIN registrar r ON r.id = o.registrar_id
		WHERE r.tag = $1 AND o.open > 0 ORDER BY o.invoice_id LIMIT 1), 0)`, tag)
	if open == 0 {
		return
	}
	amount, what := open, "payment"
	switch w.rnd.IntN(8) {
	case 0:
		amount, what = 1+w.rnd.Int64N(open), "part payment"
	case 1:
		amount, what = open+w.rnd.Int64N(5000), "over-payment"
	}
	_, err := w.RecordPayment(w.ctx, billingStaff, billing.Payment{TAG: tag, Amount: billing.Money{Minor: amount, Currency: "GBP"}, ReceivedOn: w.today.EPPTime()})
	must(w.t, err)
	w.count(what)
	w.sync()
}

// sync plays what follows for the names of invoices that have been settled since
// it looked last: by a payment, by credit on account, by a credit note.
func (w *world) sync() {
	rows, err := w.db.Pool.Query(w.ctx, `SELECT invoice_id FROM open_item WHERE open = 0 ORDER BY invoice_id`)
	must(w.t, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	must(w.t, err)
	var fresh []int64
	now := map[int64]bool{}
	for _, id := range ids {
		now[id] = true
		if !w.settled[id] {
			fresh = append(fresh, id)
		}
	}
	w.settled = now
	if len(fresh) > 0 {
		w.paid(`c.invoice_id = ANY ($1)`, fresh)
	}
}

// paid plays the payment of lines: open requests first, then those that lapsed.
func (w *world) paid(where string, ids []int64) {
	for _, lapsed := range []bool{false, true} {
		rows, err := w.db.Pool.Query(w.ctx, `SELECT c.domain_name, r.tag, coalesce(q.period, '1900-01-01'), c.operation FROM charge c
			JOIN registrar r ON r.id = c.registrar_id LEFT JOIN renewal_request q ON q.id = c.request_id
			WHERE (q.id IS NULL OR q.state <> 'withdrawn') AND `+where+` ORDER BY c.domain_id, c.id`, ids)
		must(w.t, err)
		var name, tag, operation string
		var period Date
		_, err = pgx.ForEachRow(rows, []any{&name, &tag, &period, &operation}, func() error {
			if n := w.names[name]; n != nil {
				w.paidFor(n, tag, period, operation, lapsed)
			}
			return nil
		})
		must(w.t, err)
	}
}

// paidFor plays the payment of one line by the rules.
func (w *world) paidFor(n *Name, tag string, period Date, operation string, lapsed bool) {
	if operation == "create" {
		n.FirstPaid = true
		if n.SuspendReason == SuspendedRegistrationUnpaid {
			n.SuspendedOn, n.SuspendReason = Date{}, ""
		}
		return
	}
	for i := range n.Requests {
		q := n.Requests[i]
		if q.Tag != tag || q.Period != period || q.State != RequestInvoiced && q.State != RequestLapsed || (q.State == RequestLapsed) != lapsed {
			continue
		}
		dec := DecideInvoicePaid(*n, q)
		before := n.Expiry
		if dec.Expiry != before {
			w.count("late payment renews")
			*n = n.renewed(dec.Expiry, dec.Effects)
		}
		n.Requests[i].State = RequestPaid
		w.settleMove(n.Name, before, n.Expiry)
	}
}

// credit has staff credit one line of an invoice.
func (w *world) credit() {
	var invoice int64
	var name string
	err := w.db.Pool.QueryRow(w.ctx, `SELECT i.number, c.domain_name FROM charge c JOIN invoice i ON i.id = c.invoice_id
		WHERE c.operation = 'renew' AND c.reversed_at IS NULL AND NOT c.prepaid AND c.zone_id = (SELECT id FROM zone WHERE name = 'co.test')
			AND NOT EXISTS (SELECT FROM credit_note_line l WHERE l.charge_id = c.id)
		ORDER BY c.id DESC OFFSET $1 LIMIT 1`, w.rnd.IntN(30)).Scan(&invoice, &name)
	if err == pgx.ErrNoRows {
		return
	}
	must(w.t, err)
	reason := []string{billing.ReasonDistanceSelling, billing.ReasonGoodwill}[w.rnd.IntN(2)]
	before := w.withdrawable(name)
	done, err := w.IssueCreditNote(w.ctx, billingStaff, billing.Credit{Invoice: fmt.Sprint(invoice), Names: []string{name}, Reason: reason})
	if AsRefusal(err) != nil && strings.Contains(err.Error(), "withdrawn before") {
		return // once per period
	}
	must(w.t, err)
	if reason != billing.ReasonDistanceSelling {
		w.count("credit note, fee waived")
		for _, l := range done.Lines {
			w.paid(`c.id = ANY ($1)`, []int64{l.ID})
		}
		w.sync()
		return
	}
	w.count("credit note, distance selling")
	for _, l := range done.Lines {
		w.withdrawn(w.names[name], l.ID, before)
	}
	w.sync()
}

// withdrawable keeps a name as it is before a credit note.
func (w *world) withdrawable(name string) Name {
	if n := w.names[name]; n != nil {
		return *n
	}
	return Name{}
}

// withdrawn plays the withdrawal of a credited request (R5).
func (w *world) withdrawn(n *Name, charge int64, before Name) {
	if n == nil {
		return
	}
	period := one[Date](w.register, `SELECT q.period FROM charge c JOIN renewal_request q ON q.id = c.request_id WHERE c.id = $1`, charge)
	tag := one[string](w.register, `SELECT r.tag FROM charge c JOIN registrar r ON r.id = c.registrar_id WHERE c.id = $1`, charge)
	for i := range n.Requests {
		q := n.Requests[i]
		if q.Period != period || q.Tag != tag || q.State == RequestUninvoiced || q.State == RequestWithdrawn {
			continue
		}
		if n.Expiry == q.Expiry() && q.State != RequestLapsed && !one[bool](w.register, `SELECT `+registrantPaidSQL("$1", "$2"), w.ids[n.Name], period) {
			e, _ := before.expiryWithout(q)
			old := n.Expiry
			w.expire(n, e)
			w.settleMove(n.Name, old, e)
		}
		n.Requests[i].State, n.Requests[i].Ended = RequestWithdrawn, w.today
	}
}

// askedName is a name whose registrant has an open pro forma.
func (w *world) askedName() string {
	return one[string](w.register, `SELECT coalesce((SELECT domain_name FROM pro_forma WHERE state = 'open' ORDER BY id OFFSET $1 LIMIT 1), '')`, w.rnd.IntN(20))
}

// registrantPays pays the last pro forma of a name, open or not, now and then
// too little.
func (w *world) registrantPays(n *Name) {
	var number int64
	var gross int64
	var period Date
	var state string
	err := w.db.Pool.QueryRow(w.ctx, `SELECT number, amount + tax, period, state FROM pro_forma WHERE domain_id = $1 ORDER BY id DESC LIMIT 1`,
		w.ids[n.Name]).Scan(&number, &gross, &period, &state)
	if err == pgx.ErrNoRows {
		return
	}
	must(w.t, err)
	amount := gross
	if w.rnd.IntN(4) == 0 {
		amount = 1 + w.rnd.Int64N(gross)
	}
	paid, err := w.RecordProFormaPayment(w.ctx, billingStaff, fmt.Sprintf("PRO-%06d", number),
		billing.Payment{Amount: billing.Money{Minor: amount, Currency: "GBP"}, ReceivedOn: w.today.EPPTime()})
	must(w.t, err)
	dec, rules := DecideRegistrantPayment(*n, w.today, w.p)
	if rules == nil && (state != "open" || period != n.Expiry) {
		rules = errBroke
	}
	if (paid.Receipt != nil) != (rules == nil && (paid.Receipt != nil || paid.Balance >= gross)) {
		w.t.Fatalf("%s: the registrant of %s paid %d of %d: receipt %v, %s; rules %v", w.today, n.Name, amount, gross, paid.Receipt, paid.Reason, rules)
	}
	if paid.Receipt == nil {
		w.count("registrant's payment in vain")
		return
	}
	w.count("registrant's payment")
	w.receipted[n.Name] = true
	w.mail[fmt.Sprintf("receipt %s %s", n.Name, w.today)]++
	before := n.Expiry
	*n = n.renewed(dec.Expiry, dec.Effects)
	w.settleMove(n.Name, before, n.Expiry)
}

// reverse has the bank take a payment of the last weeks back.
func (w *world) reverse() {
	var id int64
	err := w.db.Pool.QueryRow(w.ctx, `SELECT p.id FROM payment p JOIN registrar r ON r.id = p.registrar_id
		WHERE r.terms = 'credit' AND p.received_on > $1 AND NOT EXISTS (SELECT FROM payout o WHERE o.payment_id = p.id)
		UNION ALL SELECT p.id FROM payment p WHERE p.customer_id IS NOT NULL AND p.received_on > $1
			AND NOT EXISTS (SELECT FROM payout o WHERE o.payment_id = p.id)
		ORDER BY id DESC OFFSET $2 LIMIT 1`, w.today.AddDays(-60), w.rnd.IntN(6)).Scan(&id)
	if err == pgx.ErrNoRows {
		return
	}
	must(w.t, err)
	before := map[int64]bool{}
	for invoice := range w.settled {
		before[invoice] = true
	}
	done, err := w.ReversePayment(w.ctx, billingStaff, billing.Payout{Payment: id, PaidOn: w.today.EPPTime()})
	must(w.t, err)
	w.count("payment taken back")
	if n := w.names[done.Name]; n != nil && !done.Expires.IsZero() {
		w.count("registrant's payment taken back")
		old := n.Expiry
		if old != done.Expires.AddYears(w.p.RegistrantPaymentYears) {
			w.t.Fatalf("%s: E of %s goes from %s back to %s", w.today, n.Name, old, done.Expires)
		}
		n.Expiry = done.Expires
		w.settleMove(n.Name, old, n.Expiry)
	}
	for _, invoice := range done.Reopened {
		if !before[invoice] {
			w.t.Fatalf("%s: invoice %d is said to be open again; it was not settled", w.today, invoice)
		}
		w.unpaid(invoice)
	}
	w.sync()
}

// unpaid plays that an invoice is open again: what it paid for is within terms
// as it was, if E rests on it.
func (w *world) unpaid(invoice int64) {
	rows, err := w.db.Pool.Query(w.ctx, `SELECT c.domain_name, r.tag, coalesce(q.period, '1900-01-01'), c.operation, i.due,
			EXISTS (SELECT FROM credit_note_line l WHERE l.charge_id = c.id), `+registrantPaidSQL("c.domain_id", "coalesce(q.period, '1900-01-01')")+`
		FROM charge c JOIN invoice i ON i.id = c.invoice_id JOIN registrar r ON r.id = c.registrar_id
		LEFT JOIN renewal_request q ON q.id = c.request_id
		WHERE c.invoice_id = $1 AND (q.id IS NULL OR q.state <> 'withdrawn') ORDER BY c.domain_id, c.id`, invoice)
	must(w.t, err)
	var name, tag, operation string
	var period, due Date
	var credited, registrant bool
	_, err = pgx.ForEachRow(rows, []any{&name, &tag, &period, &operation, &due, &credited, &registrant}, func() error {
		n := w.names[name]
		if n == nil || credited {
			return nil
		}
		live := slices.DeleteFunc(slices.Clone(n.Requests), func(q RenewalRequest) bool { return q.State == RequestWithdrawn })
		if operation == "create" && len(live) == 0 && !w.receipted[name] {
			n.FirstPaid, n.FirstDue = false, due
		}
		for i := range n.Requests {
			q := &n.Requests[i]
			if q.Tag == tag && q.Period == period && q.State == RequestPaid && q.Expiry() == n.Expiry && !registrant {
				q.State, q.Due, q.Ended = RequestInvoiced, due, Date{}
			}
		}
		return nil
	})
	must(w.t, err)
}
