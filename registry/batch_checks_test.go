package registry

import (
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
)

// zoneSetSQL is the names that go into the zones: delegated, and kept out
// neither by a hold, nor by the life cycle, nor by a deletion.
const zoneSetSQL = `SELECT d.name FROM domain d WHERE EXISTS (SELECT FROM domain_host h WHERE h.domain_id = d.id)
	AND d.suspended_on IS NULL AND d.delete_phase IS NULL AND NOT d.statuses && '{clientHold,serverHold}'`

// checkDay: what was booked since the last night sums to zero, registrants got
// the mails and letters that the rules send and nothing else, and the zone holds
// exactly the names that no rule keeps out.
func (w *world) checkDay() {
	w.t.Helper()
	var sum, letters int
	var sent, zone []string
	must(w.t, w.db.ReadBatch(w.ctx, func(b *pgx.Batch) {
		b.Queue(`SELECT coalesce(sum(amount), 0)::int, coalesce(max(id), $1) FROM entry WHERE id > $1`, w.lastEntry).
			QueryRow(func(row pgx.Row) error { return row.Scan(&sum, &w.lastEntry) })
		b.Queue(`SELECT count(*)::int, coalesce(max(id), $1) FROM post_item WHERE id > $1`, w.lastLetter).
			QueryRow(func(row pgx.Row) error { return row.Scan(&letters, &w.lastLetter) })
		b.Queue(`SELECT kind || ' ' || (payload->>'name') || ' ' || (created_at AT TIME ZONE 'Europe/London')::date
			FROM outbox WHERE id > $1 AND recipient = 'owner@example.net'`, w.lastMail).Query(collect(&sent))
		b.Queue(`SELECT coalesce(max(id), $1) FROM outbox WHERE id > $1`, w.lastMail).
			QueryRow(func(row pgx.Row) error { return row.Scan(&w.lastMail) })
		b.Queue(zoneSetSQL).Query(collect(&zone))
	}))
	if sum != 0 {
		w.t.Errorf("%s: the ledger's day sums to %d", w.today, sum)
	}
	var want []string
	forms := 0
	for m, n := range w.mail {
		want = append(want, slices.Repeat([]string{m}, n)...)
		if strings.HasPrefix(m, "pro-forma ") {
			forms += n
		}
	}
	clear(w.mail)
	slices.Sort(sent)
	slices.Sort(want)
	if !slices.Equal(sent, want) {
		w.t.Fatalf("%s: mails to registrants\n  sent  %q\n  rules %q", w.today, sent, want)
	}
	if letters != forms {
		w.t.Errorf("%s: %d letters for %d pro formas", w.today, letters, forms)
	}
	w.checkZone(zone)
}

func collect(into *[]string) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var err error
		*into, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	}
}

func (w *world) checkZone(zone []string) {
	w.t.Helper()
	want := 0
	for _, n := range w.names {
		if n.SuspendedOn.IsZero() {
			want++
		}
	}
	for _, g := range w.gtld {
		if g.Phase == "" {
			want++
		}
	}
	for _, name := range zone {
		n, g := w.names[name], w.gtld[name]
		if n != nil && !n.SuspendedOn.IsZero() || g != nil && g.Phase != "" || n == nil && g == nil {
			w.t.Fatalf("%s: %s is in the zone", w.today, name)
		}
	}
	if len(zone) != want {
		w.t.Errorf("%s: %d names in the zone, by the rules %d", w.today, len(zone), want)
	}
}

// checkBooks: every line of an invoice is explained by one request of that tag
// for that name, or by its registration; what asks a registrant and what is open
// for it agree; and the books are sound.
func (w *world) checkBooks() {
	w.t.Helper()
	for what, sql := range map[string]string{
		"the ledger's sum": `SELECT sum(amount)::text FROM entry HAVING sum(amount) <> 0`,
		"a line without its request": `SELECT c.domain_name FROM charge c JOIN zone z ON z.id = c.zone_id LEFT JOIN renewal_request q ON q.id = c.request_id
			AND q.registrar_id = c.registrar_id AND q.domain_id = c.domain_id AND q.period = c.period_from AND q.years = c.years
			WHERE c.operation = 'renew' AND z.profile = 'uk' AND q.id IS NULL`,
		"a request with two lines":     `SELECT min(domain_name) FROM charge WHERE request_id IS NOT NULL GROUP BY request_id HAVING count(*) > 1`,
		"registered twice on invoices": `SELECT min(domain_name) FROM charge WHERE operation = 'create' GROUP BY domain_id HAVING count(*) > 1`,
		"a request without a line": `SELECT domain_name FROM renewal_request q WHERE state <> 'withdrawn'
			AND NOT EXISTS (SELECT FROM charge c WHERE c.request_id = q.id AND c.reversed_at IS NULL)`,
		"an open pro forma, and is not asked": `SELECT domain_name || ' ' || period FROM pro_forma p WHERE state = 'open'
			AND NOT EXISTS (SELECT FROM domain d WHERE d.id = p.domain_id AND d.pro_forma_on = p.issued_on)`,
		"asked without a pro forma": `SELECT name FROM domain d WHERE pro_forma_on IS NOT NULL
			AND NOT EXISTS (SELECT FROM pro_forma p WHERE p.domain_id = d.id AND p.state = 'open' AND d.pro_forma_on = p.issued_on)`,
		"the batch failed with a tag that can pay": `SELECT domain_name || ' ' || reason FROM batch_failure WHERE registrar_id IS NULL
			OR registrar_id <> (SELECT id FROM registrar WHERE tag = 'E-FIVE')`,
	} {
		rows, err := w.db.Pool.Query(w.ctx, sql+` LIMIT 5`)
		must(w.t, err)
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(w.t, err)
		if len(list) > 0 {
			w.t.Errorf("%s: %s: %v\n%s", w.today, what, list, strings.Join(w.line(strings.Fields(list[0])[0]), "\n"))
		}
	}
	checks, err := billing.Verify(w.ctx, w.db)
	must(w.t, err)
	for _, c := range checks {
		if len(c.Differences) > 0 {
			w.t.Errorf("%s: %s: %s", w.today, c.Name, c.Differences[0])
		}
	}
	w.checkGraces()
	for _, g := range w.gtld {
		w.checkCharges(g)
	}
}
