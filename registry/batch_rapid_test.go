package registry

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
)

var (
	batchNames = flag.Int("batch.names", 120, "names in the random histories of the batch")
	batchDays  = flag.Int("batch.days", 500, "civil days of the random histories of the batch")
	batchSeed  = flag.Uint64("batch.seed", 1, "seed of the random histories of the batch")
)

// world is a register whose names live a random life: every command and every
// day's batch is played against the database, and beside it by the pure rules.
type world struct {
	*register
	rnd   *rand.Rand
	p     Policy
	today Date
	names map[string]*Name // as the rules have it; gone ones are taken out
	mail  []string         // "kind name day" that the rules say went to registrants
	moves map[string]int   // "name E": how often E moved on from E, less how often it came back
	seen  map[EventKind]int
}

// step plays the events of the day by the rules: renewals only, or all.
func (w *world) step(renewals bool) {
	for _, name := range sortedNames(w.names) {
		n := w.names[name]
		for {
			e, ok := n.nextEvent(w.today, w.p)
			if !ok || e.Day.After(w.today) || renewals && e.Kind != EventRenewal {
				break
			}
			before := n.Expiry
			*n = n.after(e)
			w.seen[e.Kind]++
			w.settleMove(name, before, n.Expiry)
			if kind := noticeKinds[e.Kind]; kind != "" {
				w.mail = append(w.mail, fmt.Sprintf("%s %s %s", kind, name, w.today))
			}
			if e.Kind == EventCancellation {
				delete(w.names, name)
				break
			}
		}
	}
}

// settleMove checks that E never moves on from one period twice.
func (w *world) settleMove(name string, before, after Date) {
	switch key := name + " " + before.String(); {
	case after.After(before):
		w.moves[key]++
		if w.moves[key] > 1 {
			w.t.Fatalf("%s: E of %s moved twice from %s", w.today, name, before)
		}
	case after.Before(before):
		w.moves[name+" "+after.String()]--
	}
}

// invoice plays the invoice run of a 1st by the rules.
func (w *world) invoice() {
	if w.today.Day != 1 {
		return
	}
	due := w.today.AddDays(30)
	for _, n := range w.names {
		for i := range n.Requests {
			if q := &n.Requests[i]; q.State == RequestUninvoiced {
				q.State, q.Due = RequestInvoiced, due
			}
		}
		if !n.FirstPaid && n.FirstDue.IsZero() {
			n.FirstDue = due
		}
	}
}

// night runs the batch of the day on both sides and compares.
func (w *world) night() {
	w.at(w.today.Start(w.loc).Add(5 * time.Minute))
	w.step(true)
	w.invoice()
	w.step(false)
	must(w.t, w.RunDay(w.ctx, w.today, BatchOptions{Chunk: 7}))
	w.compare()
}

// compare holds every name of the database against the rules.
func (w *world) compare() {
	w.t.Helper()
	var got []*dueName
	dir, err := w.readDirectory(w.ctx)
	must(w.t, err)
	must(w.t, w.mutate(w.ctx, System("test"), func(tx *Tx) error {
		rows, err := tx.Query(w.ctx, `SELECT id FROM domain`)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		got, err = dir.lockDue(w.ctx, tx, ids)
		return err
	}))
	if len(got) != len(w.names) {
		w.t.Errorf("%s: %d names, the rules have %d", w.today, len(got), len(w.names))
	}
	for _, d := range got {
		n := w.names[d.rule.Name]
		if n == nil {
			w.t.Fatalf("%s: %s is there, by the rules it is gone", w.today, d.rule.Name)
		}
		if have, want := facts(d.rule), facts(*n); have != want {
			w.t.Fatalf("%s: %s\n  database %s\n  rules    %s", w.today, d.rule.Name, have, want)
		}
	}
}

// facts writes what the rules know of a name.
func facts(n Name) string {
	var requests []string
	for _, q := range n.Requests {
		if q.State != RequestWithdrawn && (q.Open() || !q.Period.Before(n.Expiry)) {
			requests = append(requests, fmt.Sprintf("%s/%s/%d/%s/%s/%s", q.Period, q.Tag, q.Years, q.State, q.Due, q.Ended))
		}
	}
	sort.Strings(requests)
	return fmt.Sprintf("%s E %s paid %v first due %s suspended %s %s %s %+v not required %v notices %+v requests %v",
		n.Sponsor, n.Expiry, n.FirstPaid, n.FirstDue, n.SuspendedOn, n.SuspendReason, n.RecurBill, n.Bill, n.RenewNotRequired, n.Notices, requests)
}

func sortedNames(m map[string]*Name) []string {
	var list []string
	for name := range m {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// day lets some people act.
func (w *world) act() {
	w.at(w.today.EPPTime().Add(12 * time.Hour))
	list := sortedNames(w.names)
	for range 1 + w.rnd.IntN(4) {
		if len(list) == 0 {
			return
		}
		name := list[w.rnd.IntN(len(list))]
		n := w.names[name]
		if w.p.BilledDirectly(n.Sponsor) && w.rnd.IntN(3) > 0 {
			continue // nobody but staff acts for the registry's own tags
		}
		switch w.rnd.IntN(7) {
		case 0, 1:
			w.renew(n)
		case 2:
			w.setBilling(n)
		case 3:
			w.changeTag(n)
		case 4, 5:
			w.pay([]string{"A-ONE", "B-TWO", "C-THREE"}[w.rnd.IntN(3)])
		case 6:
			w.notRequired(n)
		}
	}
}

// agree checks that both sides grant or refuse.
func (w *world) agree(what string, n *Name, database, rules error) bool {
	w.t.Helper()
	if (database == nil) != (rules == nil) || database != nil && AsRefusal(database) == nil {
		w.t.Fatalf("%s: %s %s: database %v, rules %v", w.today, what, n.Name, database, rules)
	}
	return rules == nil
}

func (w *world) renew(n *Name) {
	if w.p.BilledDirectly(n.Sponsor) {
		return
	}
	dec, err := DecideRenew(*n, RenewParams{Tag: n.Sponsor, CurExpiry: n.Expiry, Years: 1}, w.today, w.p)
	_, dberr := w.RenewDomain(w.ctx, w.as(n.Sponsor), RenewDomainParams{Name: n.Name, CurExpiry: n.Expiry, Years: 1})
	if !w.agree("renew", n, dberr, err) {
		return
	}
	before := n.Expiry
	n.Requests = append(n.Requests, RenewalRequest{Period: dec.Period, Tag: n.Sponsor, Years: 1, State: RequestUninvoiced})
	if dec.Covers == "" {
		*n = n.renewed(dec.Expiry, dec.Effects)
	} else {
		if dec.ClearNotRequired {
			n.RenewNotRequired, n.Notices.NotRequired = false, Date{}
		}
		if dec.ClearNextBill {
			n.Bill.Next, n.Bill.NextPeriod = 0, 0
		}
		if dec.LiftSuspension {
			n.SuspendedOn, n.SuspendReason = Date{}, ""
		}
	}
	w.settleMove(n.Name, before, n.Expiry)
}

func (w *world) setBilling(n *Name) {
	c := BillChange{Recur: BillTagHolder}
	switch w.rnd.IntN(4) {
	case 0:
		c.Recur = BillCustomer
	case 1:
		c.Bill.Next = 1 + w.rnd.IntN(60)
	default:
		c.Bill.Auto, c.Bill.AutoPeriod = w.rnd.IntN(60), 1
	}
	if c.Bill.Auto == 0 {
		c.Bill.AutoPeriod = 0
	}
	rules := error(nil)
	if c.Bill != n.Bill || c.Recur != n.RecurBill {
		rules = DecideBilling(*n, c, w.today, w.p)
	}
	_, dberr := w.UpdateDomain(w.ctx, w.as(n.Sponsor), UpdateDomainParams{Name: n.Name, AutoBill: &c.Bill.Auto,
		NextBill: &c.Bill.Next, AutoPeriod: &c.Bill.AutoPeriod, NextPeriod: &c.Bill.NextPeriod, RecurBill: &c.Recur})
	if w.agree("set billing of", n, dberr, rules) {
		n.Bill, n.RecurBill = c.Bill, c.Recur
	}
}

func (w *world) changeTag(n *Name) {
	to := []string{"A-ONE", "B-TWO", "C-THREE", TagDetagged}[w.rnd.IntN(4)]
	if to == n.Sponsor {
		return
	}
	_, err := w.TransferByStaff(w.ctx, staff(RoleOperator), n.Name, to)
	must(w.t, err)
	n.Sponsor, n.Bill, n.RenewNotRequired, n.Notices.NotRequired = to, BillSettings{}, false, Date{}
}

func (w *world) notRequired(n *Name) {
	yes := !n.RenewNotRequired
	_, err := w.UpdateDomain(w.ctx, w.as(n.Sponsor), UpdateDomainParams{Name: n.Name, RenewNotRequired: &yes})
	must(w.t, err)
	n.RenewNotRequired = yes
	if !yes {
		n.Notices.NotRequired = Date{}
	}
}

// pay pays the oldest open invoice of a tag.
func (w *world) pay(tag string) {
	var invoice int64
	var number string
	var open int64
	err := w.db.Pool.QueryRow(w.ctx, `SELECT i.id, 'INV-' || lpad(i.number::text, 6, '0'), o.open FROM open_item o JOIN invoice i ON i.id = o.invoice_id
		JOIN registrar r ON r.id = i.registrar_id WHERE r.tag = $1 AND o.open > 0 ORDER BY i.id LIMIT 1`, tag).Scan(&invoice, &number, &open)
	if err == pgx.ErrNoRows {
		return
	}
	must(w.t, err)
	must(w.t, w.mutate(w.ctx, System("test"), func(tx *Tx) error {
		paid, err := billing.RecordPayment(w.ctx, tx.Tx, billing.Payment{TAG: tag, Amount: billing.Money{Minor: open, Currency: "GBP"},
			ReceivedOn: w.today.EPPTime(), Method: billing.ByHand, Invoice: number}, w.today.EPPTime())
		if err != nil {
			return err
		}
		return tx.settle(w.ctx, paid.Settled, nil)
	}))
	rows, err := w.db.Pool.Query(w.ctx, `SELECT c.domain_name, coalesce(q.period, '1900-01-01'), c.operation FROM charge c
		LEFT JOIN renewal_request q ON q.id = c.request_id WHERE c.invoice_id = $1 ORDER BY c.id`, invoice)
	must(w.t, err)
	var name, operation string
	var period Date
	_, err = pgx.ForEachRow(rows, []any{&name, &period, &operation}, func() error {
		if n := w.names[name]; n != nil {
			w.paidFor(n, tag, period, operation)
		}
		return nil
	})
	must(w.t, err)
}

// paidFor plays the payment of one line by the rules.
func (w *world) paidFor(n *Name, tag string, period Date, operation string) {
	if operation == "create" {
		n.FirstPaid = true
		if n.SuspendReason == SuspendedRegistrationUnpaid {
			n.SuspendedOn, n.SuspendReason = Date{}, ""
		}
		return
	}
	for i := range n.Requests {
		q := n.Requests[i]
		if q.Tag != tag || q.Period != period || q.State == RequestPaid || q.State == RequestWithdrawn {
			continue
		}
		dec := DecideInvoicePaid(*n, q)
		before := n.Expiry
		if dec.Expiry != before {
			*n = n.renewed(dec.Expiry, dec.Effects)
		}
		n.Requests[i].State = RequestPaid
		n.Requests[i].Ended = q.Ended
		w.settleMove(n.Name, before, n.Expiry)
	}
}

// TestBatchEqualsRules plays random lives: commands of tags and staff,
// payments, and every night the batch. Each day the database says of every name
// what the pure rules (DueOn) say, E moves once per period, and nobody gets a
// mail that the rules do not send.
func TestBatchEqualsRules(t *testing.T) {
	w := &world{register: newRegister(t), rnd: rand.New(rand.NewPCG(*batchSeed, 2)), p: DefaultPolicy(),
		today: NewDate(2027, 1, 15), names: map[string]*Name{}, moves: map[string]int{}, seen: map[EventKind]int{}}
	w.day(w.today)
	for i := range *batchNames {
		name := fmt.Sprintf("n%04d.co.test", i)
		tag := []string{"A-ONE", "B-TWO", "C-THREE"}[i%3]
		d := w.create(tag, name)
		n := &Name{Name: name, Profile: ProfileUK, Sponsor: tag, Expiry: d.Expires, RecurBill: BillTagHolder}
		if i%5 != 0 { // the others are new, and unpaid
			n.Expiry, n.FirstPaid = w.today.AddDays(w.rnd.IntN(min(400, *batchDays))), true
			w.exec(`UPDATE domain SET expires = $2, first_paid = true WHERE id = $1`, d.ID, n.Expiry)
			w.exec(`UPDATE charge SET reversed_at = charged_at WHERE domain_id = $1`, d.ID)
		}
		w.names[name] = n
	}
	for end := w.today.AddDays(*batchDays); w.today.Before(end); w.today = w.today.AddDays(1) {
		w.night()
		w.act()
	}
	w.checkMail()
	w.checkMoney()
	for kind := range eventTexts {
		if w.seen[kind] == 0 {
			t.Errorf("the histories had no %s", kind)
		}
	}
}

// checkMail holds the outbox against the notices of the rules: to registrants
// nothing else, ever.
func (w *world) checkMail() {
	rows, err := w.db.Pool.Query(w.ctx, `SELECT kind || ' ' || (payload->>'name') || ' ' || (created_at AT TIME ZONE 'Europe/London')::date
		FROM outbox WHERE kind NOT IN ('invoice', 'tag-change') AND recipient = 'owner@example.net'`)
	must(w.t, err)
	sent, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(w.t, err)
	slices.Sort(sent)
	slices.Sort(w.mail)
	if !slices.Equal(sent, w.mail) {
		w.t.Errorf("%d mails, the rules send %d", len(sent), len(w.mail))
	}
	other := one[int](w.register, `SELECT count(*)::int FROM outbox WHERE recipient = 'owner@example.net'
		AND kind NOT IN ('advance-warning', 'renewal-reminder', 'pro-forma', 'renewal-not-required')`)
	if other != 0 {
		w.t.Errorf("%d mails of other kinds went to registrants", other)
	}
	letters := one[int](w.register, `SELECT count(*)::int FROM post_item`)
	forms := 0
	for _, m := range w.mail {
		if strings.HasPrefix(m, "pro-forma ") {
			forms++
		}
	}
	if letters != forms {
		w.t.Errorf("%d letters for %d pro formas", letters, forms)
	}
}

// checkMoney: the ledger sums to zero, and every line of an invoice is explained
// by one request of that tag for that name, or by its registration.
func (w *world) checkMoney() {
	for what, sql := range map[string]string{
		"the ledger's sum": `SELECT coalesce(sum(amount), 0)::int FROM entry`,
		"lines without their request": `SELECT count(*)::int FROM charge c LEFT JOIN renewal_request q ON q.id = c.request_id
			AND q.registrar_id = c.registrar_id AND q.domain_id = c.domain_id AND q.period = c.period_from AND q.years = c.years
			WHERE c.operation = 'renew' AND q.id IS NULL`,
		"requests without a line": `SELECT count(*)::int FROM renewal_request q WHERE state <> 'withdrawn'
			AND NOT EXISTS (SELECT FROM charge c WHERE c.request_id = q.id AND c.reversed_at IS NULL)`,
		"open pro formas of names that are not asked": `SELECT count(*)::int FROM pro_forma p WHERE state = 'open'
			AND NOT EXISTS (SELECT FROM domain d WHERE d.id = p.domain_id AND d.pro_forma_on = p.issued_on)`,
		"names that are asked without a pro forma": `SELECT count(*)::int FROM domain d WHERE pro_forma_on IS NOT NULL
			AND NOT EXISTS (SELECT FROM pro_forma p WHERE p.domain_id = d.id AND p.state = 'open' AND d.pro_forma_on = p.issued_on)`,
		"failures of the batch": `SELECT count(*)::int FROM batch_failure`,
	} {
		if n := one[int](w.register, sql); n != 0 {
			w.t.Errorf("%s: %d", what, n)
		}
	}
}
