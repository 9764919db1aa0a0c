package registry

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

var (
	batchNames = flag.Int("batch.names", 120, "names in the random histories of the batch")
	batchDays  = flag.Int("batch.days", 500, "civil days of the random histories of the batch")
	batchSeed  = flag.Uint64("batch.seed", 1, "seed of the random histories of the batch")
)

// The tags of a world. Those with credit get 30, 14 and 60 days; D-FOUR is
// prepaid with money, E-FIVE prepaid without any until half of the time is over.
var worldTags = []string{"A-ONE", "B-TWO", "C-THREE", "D-FOUR", "E-FIVE"}

var worldTerms = map[string]int{"A-ONE": 30, "B-TWO": 14, "C-THREE": 60}

// world is a register whose names live a random life: every command and every
// day's batch is played against the database, and beside it by the pure rules.
type world struct {
	*register
	rnd    *rand.Rand
	p      Policy
	today  Date
	behind Date // the first day whose batch was not run
	names  map[string]*Name
	gtld   map[string]*worldGTLD
	ids    map[string]int64 // of all names there ever were
	moving map[string]worldMove
	made   int
	seen   map[string]int // what happened, how often

	mail       map[string]int // "kind name day" that the rules say goes to registrants today
	moves      map[string]int // "name E": how often E moved on from E, less how often it came back
	settled    map[int64]bool // invoices on which nothing is open
	receipted  map[string]bool
	broke      map[string]bool
	lastEntry  int64
	lastMail   int64
	lastLetter int64
}

// worldMove is a change of tag that waits for somebody.
type worldMove struct {
	to    string
	id    int64
	actBy time.Time
	hand  string // the case of a handshake, "" for a pull transfer
}

// count notes that something happened.
func (w *world) count(what string) { w.seen[what]++ }

// step plays the events of a batch day by the rules: renewals only, or all.
func (w *world) step(day Date, renewals bool) {
	for _, name := range sortedKeysOf(w.names) {
		n := w.names[name]
		bill := n.Bill
		for {
			e, ok := n.nextEvent(day, w.p)
			if !ok || e.Day.After(day) || renewals && e.Kind != EventRenewal {
				break
			}
			if e.Kind == EventRenewal && w.broke[n.Sponsor] {
				n.Bill = BillSettings{} // it cannot be charged: everything else goes on
				w.count("renewal that cannot be charged")
				continue
			}
			w.event(name, e)
			if e.Kind == EventCancellation {
				break
			}
			if e.Kind == EventRenewal {
				bill = n.Bill
			}
		}
		n.Bill = bill
	}
}

// event carries out one event by the rules.
func (w *world) event(name string, e Event) {
	n := w.names[name]
	before := n.Expiry
	*n = n.after(e)
	if e.Kind == EventRenewal && worldTerms[e.Tag] == 0 {
		n.Requests[len(n.Requests)-1].State = RequestPaid // B11
	}
	w.count(e.Kind.String())
	w.settleMove(name, before, n.Expiry)
	if kind := noticeKinds[e.Kind]; kind != "" {
		w.mail[fmt.Sprintf("%s %s %s", kind, name, w.today)]++
	}
	if e.Kind == EventCancellation {
		delete(w.names, name)
		delete(w.moving, name)
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
func (w *world) invoice(day Date) {
	if day.Day != 1 {
		return
	}
	for _, n := range w.names {
		for i := range n.Requests {
			if q := &n.Requests[i]; q.State == RequestUninvoiced && !dateFromUTC(q.Requested).After(day) {
				q.State, q.Due = RequestInvoiced, day.AddDays(worldTerms[q.Tag])
			}
		}
	}
	// A first registration's line is its creator's, whose terms hold.
	rows, err := w.db.Pool.Query(w.ctx, `SELECT c.domain_name, i.due FROM charge c JOIN invoice i ON i.id = c.invoice_id
		WHERE i.dated = $1 AND c.operation = 'create' AND i.kind = 'registrations'`, day)
	must(w.t, err)
	var name string
	var due Date
	_, err = pgx.ForEachRow(rows, []any{&name, &due}, func() error {
		if n := w.names[name]; n != nil && !n.FirstPaid && n.FirstDue.IsZero() {
			n.FirstDue = due
		}
		return nil
	})
	must(w.t, err)
}

// night runs the batch of the days that were not run, on both sides, and
// compares. Sometimes the batch is down for a few days.
func (w *world) night() {
	w.at(w.today.Start(w.loc).Add(5 * time.Minute))
	if w.rnd.IntN(40) == 0 {
		w.count("night without a batch")
		return
	}
	o := BatchOptions{Chunk: max(7, *batchNames/10)}
	for day := w.behind; !day.After(w.today); day = day.AddDays(1) {
		w.step(day, true)
		w.gtldRenewals(day)
		must(w.t, w.RunStep(w.ctx, day, StepRenewals, o))
		must(w.t, w.RunStep(w.ctx, day, StepInvoices, o))
		w.invoice(day)
		w.sync()
		w.step(day, false)
		w.gtldPhases(day)
		w.movesDue()
		must(w.t, w.RunDay(w.ctx, day, o))
	}
	w.behind = w.today.AddDays(1)
	w.compare()
	w.checkDay()
}

// compare holds every name of the database against the rules.
func (w *world) compare() {
	w.t.Helper()
	dir, err := w.readDirectory(w.ctx)
	must(w.t, err)
	got := w.read(dir)
	if len(got) != len(w.names)+len(w.gtld) {
		w.t.Errorf("%s: %d names, the rules have %d", w.today, len(got), len(w.names)+len(w.gtld))
	}
	for _, d := range got {
		if d.zone.Profile == ProfileGTLD {
			w.compareGTLD(d)
			continue
		}
		n := w.names[d.rule.Name]
		if n == nil {
			w.t.Fatalf("%s: %s is there, by the rules it is gone", w.today, d.rule.Name)
		}
		if !sameFacts(d.rule, *n) {
			w.t.Fatalf("%s: %s\n  database %s\n  rules    %s\n%s", w.today, d.rule.Name, facts(d.rule), facts(*n), w.told(n.Name))
		}
		w.oneStatus(d.rule)
	}
}

// read reads all names as the batch does, without locks.
func (w *world) read(dir directory) []*dueName {
	var got []*dueName
	byID := map[int64]*dueName{}
	must(w.t, w.db.ReadBatch(w.ctx, func(b *pgx.Batch) {
		got, byID = nil, map[int64]*dueName{}
		b.Queue(dueColumnsSQL + ` ORDER BY id`).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				d, err := dir.scanDue(rows)
				if err != nil {
					return err
				}
				got, byID[d.id] = append(got, d), d
			}
			return rows.Err()
		})
		b.Queue(dueRequestColumnsSQL + ` WHERE ` + requestsThatCount + ` ORDER BY q.id`).Query(func(rows pgx.Rows) error {
			return dir.scanDueRequests(rows, byID)
		})
	}))
	return got
}

// told is what the history says of a name, with what changed.
func (w *world) told(name string) string {
	return one[string](w.register, `SELECT string_agg(at || ' ' || action || ' ' || svtrid || ' ' || coalesce(changes::text, ''), E'\n' ORDER BY id) FROM history
		WHERE object = 'domain' AND object_name = $1`, name)
}

// oneStatus holds the status of a name against the table of renewals.md: the
// conditions of exactly one hold.
func (w *world) oneStatus(n Name) {
	open := n.OpenRequest() != nil
	first, required := !n.FirstPaid, n.RenewNotRequired && !open
	rest := !first && !open && !required
	holds := map[RegistrationStatus]bool{
		RegistrationBeingProcessed: first, RenewalBeingProcessed: open && !first, NoLongerRequired: required && !first,
		RenewalRequired: rest && w.today.After(n.Expiry), RegisteredUntilExpiry: rest && !w.today.After(n.Expiry),
	}
	got, count := n.Status(w.today, w.p), 0
	for _, yes := range holds {
		if yes {
			count++
		}
	}
	if count != 1 || !holds[got] {
		w.t.Fatalf("%s: %s has the status %q; conditions %v", w.today, n.Name, got, holds)
	}
}

// sameFacts compares what the rules know of a name.
func sameFacts(a, b Name) bool {
	x, y := liveRequests(a), liveRequests(b)
	return a.Sponsor == b.Sponsor && a.Expiry == b.Expiry && a.FirstPaid == b.FirstPaid && a.FirstDue == b.FirstDue &&
		a.SuspendedOn == b.SuspendedOn && a.SuspendReason == b.SuspendReason && a.RecurBill == b.RecurBill && a.Bill == b.Bill &&
		a.RenewNotRequired == b.RenewNotRequired && a.Notices == b.Notices && slices.Equal(x, y) &&
		slices.Equal(a.Statuses, b.Statuses)
}

// liveRequests are the requests that a rule may still look at, as texts.
func liveRequests(n Name) []string {
	var list []string
	for _, q := range n.Requests {
		if q.State != RequestWithdrawn && (q.Open() || !q.Period.Before(n.Expiry)) {
			list = append(list, fmt.Sprintf("%s/%s/%d/%s/%s/%s", q.Period, q.Tag, q.Years, q.State, q.Due, q.Ended))
		}
	}
	sort.Strings(list)
	return list
}

// facts writes what the rules know of a name.
func facts(n Name) string {
	return fmt.Sprintf("%s E %s paid %v first due %s suspended %s %s %s %+v not required %v notices %+v %v requests %v",
		n.Sponsor, n.Expiry, n.FirstPaid, n.FirstDue, n.SuspendedOn, n.SuspendReason, n.RecurBill, n.Bill, n.RenewNotRequired,
		n.Notices, n.Statuses, liveRequests(n))
}

func sortedKeysOf[V any](m map[string]V) []string {
	list := make([]string, 0, len(m))
	for name := range m {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// newWorld makes a register of names of all ages.
func newWorld(t *testing.T) *world {
	w := &world{register: newRegister(t), rnd: rand.New(rand.NewPCG(*batchSeed, 2)), p: DefaultPolicy(), today: NewDate(2027, 1, 15),
		names: map[string]*Name{}, gtld: map[string]*worldGTLD{}, ids: map[string]int64{}, moving: map[string]worldMove{},
		seen: map[string]int{}, mail: map[string]int{}, moves: map[string]int{}, settled: map[int64]bool{}, receipted: map[string]bool{}, broke: map[string]bool{"E-FIVE": true}}
	w.p.Unrenew, w.policy.Unrenew = true, true
	w.behind = w.today
	w.day(w.today)
	w.exec(`INSERT INTO registrar (tag, name, created_at, terms) VALUES ('D-FOUR', 'Delta', '2020-01-01', 'prepaid'), ('E-FIVE', 'Epsilon', '2020-01-01', 'prepaid')`)
	w.exec(`INSERT INTO contact (handle, sponsor, postal, email, natural_person, creator, created_at)
		SELECT lower(left(tag, 1)) || '-owner', id, '[]', 'owner@example.net', true, id, '2020-01-01' FROM registrar WHERE tag IN ('D-FOUR', 'E-FIVE')`)
	for tag, days := range worldTerms {
		w.exec(`UPDATE registrar SET credit_days = $2, handshake = CASE WHEN tag = 'B-TWO' THEN 'always' ELSE 'accept' END WHERE tag = $1`, tag, days)
	}
	w.deposit("D-FOUR", 1_000_000_00)
	w.deposit("E-FIVE", int64(*batchNames/10)*240) // just its registrations
	for i := range *batchNames {
		if i%10 == 9 {
			w.aged(w.createGTLD(worldTags[i%4]))
			continue
		}
		n := w.createUK(worldTags[i%len(worldTags)])
		if n.Sponsor == "E-FIVE" && i%3 == 0 { // it will not have the money
			n.Bill = BillSettings{Auto: 10, AutoPeriod: 1}
			w.exec(`UPDATE domain SET auto_bill = 10, auto_period = 1 WHERE name = $1`, n.Name)
		}
		if i%5 != 0 { // the others are new, and unpaid save the prepaid ones
			n.Expiry, n.FirstPaid = w.today.AddDays(w.rnd.IntN(min(730, *batchDays))), true
			w.exec(`UPDATE domain SET expires = $2, first_paid = true WHERE name = $1`, n.Name, n.Expiry)
			w.exec(`UPDATE charge SET reversed_at = charged_at WHERE domain_name = $1 AND NOT prepaid`, n.Name)
		}
	}
	return w
}

// aged makes a new gtld name an older one that expires soon.
func (w *world) aged(g *worldGTLD) {
	g.Expiry, g.Graces = w.today.AddDays(w.rnd.IntN(min(730, *batchDays))), nil
	w.exec(`UPDATE domain SET expires = $2 WHERE name = $1`, g.Name, g.Expiry)
	w.exec(`DELETE FROM grace_period WHERE domain_id = $1`, w.ids[g.Name])
}

// TestBatchEqualsRules plays random lives: commands of tags and staff, payments
// of registrars and registrants, credit notes, and every night the batch. Each
// day the database says of every name what the pure rules say, E moves once per
// period, each name has exactly one status and none that is suspended is in the
// zone, the ledger's day sums to zero, and nobody gets a mail that the rules do
// not send. Each month every line of an invoice is explained by one request.
func TestBatchEqualsRules(t *testing.T) {
	w := newWorld(t)
	start := time.Now()
	first := w.today
	for end := w.today.AddDays(*batchDays); w.today.Before(end); w.today = w.today.AddDays(1) {
		w.night()
		if w.today == first.AddDays(*batchDays/2) {
			w.day(w.today)
			w.deposit("E-FIVE", 1_000_000_00)
			w.broke["E-FIVE"] = false
		}
		w.act()
		if w.today.Day == 2 {
			w.checkBooks()
		}
	}
	w.today = w.today.AddDays(-1)
	w.checkBooks()
	if *batchSeed == 1 || *batchNames**batchDays > 500_000 { // a small one with another seed may lack something
		for _, what := range slices.Concat(worldActs, slices.Collect(maps.Values(eventTexts))) {
			if w.seen[what] == 0 {
				t.Errorf("the histories had no: %s", what)
			}
		}
	}
	t.Logf("%d days of %d names made in %s: %v", *batchDays, w.made, time.Since(start).Round(time.Second), w.seen)
}
