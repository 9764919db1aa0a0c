package registry

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
)

// held puts a name into the register that expires on e, its first registration
// paid and the request for it long past.
func (r *register) held(tag, name, e string) int64 {
	r.t.Helper()
	d := r.create(tag, name)
	r.exec(`UPDATE domain SET expires = $2, first_paid = true WHERE id = $1`, d.ID, e)
	r.exec(`UPDATE charge SET reversed_at = charged_at WHERE domain_id = $1`, d.ID)
	r.exec(`UPDATE domain SET recheck = false WHERE id = $1`, d.ID)
	return d.ID
}

// runTo moves the clock to the morning of a day and runs the batch up to it,
// each day passed with its own morning.
func (r *register) runTo(day string) {
	r.t.Helper()
	to := date(r.t, day)
	last, err := r.lastBatchDay(r.ctx)
	must(r.t, err)
	if last.IsZero() {
		last = r.Today()
	}
	for d := last.AddDays(1); !d.After(to); d = d.AddDays(1) {
		r.at(d.Start(r.loc).Add(5 * 60e9))
		must(r.t, r.RunDay(r.ctx, d, BatchOptions{}))
	}
}

// line is what the register's history says of a name since the day, day by day.
func (r *register) line(name string) []string {
	r.t.Helper()
	rows, err := r.db.Pool.Query(r.ctx, `SELECT to_char(at AT TIME ZONE 'Europe/London', 'YYYY-MM-DD') || ' ' || action
		FROM history WHERE object = 'domain' AND object_name = $1 AND action NOT IN ('create', 'update') ORDER BY id`, name)
	must(r.t, err)
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(r.t, err)
	return out
}

func wantLine(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", what, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// The table of renewals.md, "Nothing requested by E", and R22, R32 beside it,
// day by day; every notice has its day in the name's row and its mail in the
// outbox.
func TestBatchOrdinaryLife(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 4, 1))
	r.held("A-ONE", "plain.co.test", "2027-06-30")
	r.held("A-ONE", "bc.co.test", "2027-06-30")
	r.held("A-ONE", "declined.co.test", "2027-06-30")
	r.exec(`UPDATE domain SET recur_bill = 'bc' WHERE name = 'bc.co.test'`)
	r.exec(`UPDATE domain SET renew_not_required = true WHERE name = 'declined.co.test'`)
	r.runTo("2027-10-06")
	wantLine(t, "E+1, E+7, E+37, E+97", r.line("plain.co.test"),
		"2027-07-01 reminder", "2027-07-07 pro forma", "2027-08-06 suspend", "2027-10-05 cancel")
	wantLine(t, "R22", r.line("bc.co.test"),
		"2027-05-01 advance warning", "2027-06-30 pro forma", "2027-07-30 suspend", "2027-09-28 cancel")
	wantLine(t, "R32", r.line("declined.co.test"),
		"2027-04-02 not-required notice", "2027-08-06 suspend", "2027-10-05 cancel")
	if n := one[int](r, `SELECT count(*)::int FROM domain`); n != 0 {
		t.Errorf("%d names are left", n)
	}
	mail := one[string](r, `SELECT string_agg(kind || ' ' || (payload->>'name'), ', ' ORDER BY id) FROM outbox`)
	if want := "renewal-not-required declined.co.test, advance-warning bc.co.test, pro-forma bc.co.test, renewal-reminder plain.co.test, pro-forma plain.co.test"; mail != want {
		t.Errorf("mail: %s\nwant: %s", mail, want)
	}
	if post := one[string](r, `SELECT string_agg(kind || ' ' || (payload->>'name') || ' ' || day, ', ' ORDER BY id) FROM post_item`); post != "pro-forma bc.co.test 2027-06-30, pro-forma plain.co.test 2027-07-07" {
		t.Errorf("post: %s", post)
	}
}

// deposit records a payment of a tag that stays on account.
func (r *register) deposit(tag string, minor int64) {
	r.t.Helper()
	must(r.t, r.mutate(r.ctx, System("test"), func(tx *Tx) error {
		_, err := billing.RecordPayment(r.ctx, tx.Tx, billing.Payment{TAG: tag, Amount: billing.Money{Minor: minor, Currency: "GBP"},
			ReceivedOn: tx.today.EPPTime(), Method: billing.ByHand}, tx.today.EPPTime())
		return err
	}))
}
