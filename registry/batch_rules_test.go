package registry

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

func (r *register) shownE(name string) string {
	r.t.Helper()
	return one[string](r, `SELECT expires::text FROM domain WHERE name = $1`, name)
}

// R10, R12, R15: the worked example E = 20th, n = 10, next-bill, the periods, a
// 29 February, both clock changes and the turn of a year, all through nights on
// which the batch was down and is made up in order.
func TestBatchAutoBill(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 1, 20))
	for _, c := range []struct{ name, e, set string }{
		{"example", "2027-02-20", "auto_bill = 10"},
		{"next", "2027-02-21", "next_bill = 1, next_period = 1"},
		{"leap", "2028-02-29", "auto_bill = 1"},
		{"spring", "2027-03-29", "auto_bill = 1"}, // the 28th has 23 hours
		{"autumn", "2027-11-01", "auto_bill = 1"}, // the 31st has 25
		{"newyear", "2028-01-01", "auto_bill = 1, auto_period = 9"},
	} {
		r.held("A-ONE", c.name+".co.test", c.e)
		r.exec(`UPDATE domain SET `+c.set+` WHERE name = $1`, c.name+".co.test")
	}
	r.runTo("2027-01-21")
	// R12: on the 8th the value can still be changed, on the 9th not.
	five := 5
	r.day(NewDate(2027, 2, 9))
	_, err := r.UpdateDomain(r.ctx, r.as("A-ONE"), UpdateDomainParams{Name: "example.co.test", AutoBill: &five})
	refused(t, err, KindPolicy, CodeClearDay)
	r.runTo("2027-02-09")
	if e := r.shownE("example.co.test"); e != "2027-02-20" {
		t.Errorf("on the 9th E is %s", e)
	}
	// The batch is down for three nights: each is made up, in order, dated its day.
	r.at(NewDate(2027, 2, 12).EPPTime().Add(8 * time.Hour))
	must(t, r.RunUntil(r.ctx, Date{}, BatchOptions{}))
	if e := r.shownE("example.co.test"); e != "2029-02-20" {
		t.Errorf("made up, E is %s", e)
	}
	if on := one[string](r, `SELECT charged_on::text FROM charge WHERE domain_name = 'example.co.test' AND operation = 'renew'`); on != "2027-02-10" {
		t.Errorf("the line is dated %s", on)
	}
	if days := one[int](r, `SELECT count(DISTINCT day)::int FROM batch_run WHERE day BETWEEN '2027-02-10' AND '2027-02-12' AND finished_at IS NOT NULL`); days != 3 {
		t.Errorf("%d days were made up", days)
	}
	r.runTo("2027-02-20")
	if reset := one[bool](r, `SELECT next_bill IS NULL AND next_period IS NULL FROM domain WHERE name = 'next.co.test'`); !reset {
		t.Error("next-bill was not reset")
	}
	r.runTo("2028-03-01")
	for name, want := range map[string]string{
		"next": "2028-02-21", "leap": "2030-02-28", "spring": "2029-03-29", "autumn": "2029-11-01", "newyear": "2037-01-01",
	} {
		if e := one[string](r, `SELECT min(new_expires)::text FROM renewal_request WHERE domain_name = $1`, name+".co.test"); e != want {
			t.Errorf("%s: renewed to %s, want %s", name, e, want)
		}
	}
	for name, want := range map[string]string{"spring": "2027-03-28", "autumn": "2027-10-31", "newyear": "2027-12-31", "leap": "2028-02-28"} {
		if on := one[string](r, `SELECT charged_on::text FROM charge WHERE domain_name = $1 AND operation = 'renew'`, name+".co.test"); on != want {
			t.Errorf("%s was renewed on %s, want %s", name, on, want)
		}
	}
	if n := one[int](r, `SELECT count(*)::int FROM poll_message WHERE kind = 'renewed'`); n != 6 {
		t.Errorf("%d messages for 6 renewals", n)
	}
}

// R7: a request unpaid at the end of its terms, before E and after.
func TestBatchLapse(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 1, 20))
	r.held("A-ONE", "before.co.test", "2027-06-30")
	r.held("A-ONE", "after.co.test", "2027-06-30")
	r.runTo("2027-03-10")
	_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: "before.co.test", CurExpiry: NewDate(2027, 6, 30)})
	must(t, err)
	r.runTo("2027-06-20")
	if e := r.shownE("before.co.test"); e != "2027-06-30" {
		t.Errorf("after the lapse E is %s", e)
	}
	_, err = r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: "after.co.test", CurExpiry: NewDate(2027, 6, 30)})
	must(t, err)
	r.runTo("2027-10-10")
	wantLine(t, "terms end before E", r.line("before.co.test"), "2027-03-10 renew", "2027-05-02 lapse",
		"2027-06-30 pro forma", "2027-07-30 suspend", "2027-09-28 cancel")
	wantLine(t, "terms end after E", r.line("after.co.test"), "2027-06-20 renew", "2027-08-01 lapse",
		"2027-08-01 pro forma", "2027-08-01 suspend", "2027-09-30 cancel")
	if owed := one[int64](r, `SELECT sum(open)::bigint FROM open_item`); owed != 480 {
		t.Errorf("A-ONE owes %d", owed)
	}
}

// R6, R7: a payment on the last day of the terms is in time; nothing lapses, and
// a first registration is not suspended. Until its midnight the request is open.
func TestPaidOnTheLastDayOfTheTerms(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 1, 20))
	r.held("A-ONE", "intime.co.test", "2027-02-25")
	r.create("B-TWO", "fresh.co.test")
	_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: "intime.co.test", CurExpiry: NewDate(2027, 2, 25)})
	must(t, err)
	r.runTo("2027-03-03") // invoiced on 1 February, due on 3 March
	if due := one[string](r, `SELECT string_agg(due::text, ' ') FROM invoice`); due != "2027-03-03 2027-03-03" {
		t.Fatalf("due %s", due)
	}
	if s := one[string](r, `SELECT state FROM renewal_request`); s != "invoiced" {
		t.Errorf("on its last day the request is %s", s)
	}
	r.at(NewDate(2027, 3, 4).Start(r.loc).Add(-time.Second))
	for _, tag := range []string{"A-ONE", "B-TWO"} {
		r.paid(tag, one[int64](r, `SELECT open FROM open_item o JOIN registrar r ON r.id = o.registrar_id WHERE tag = $1`, tag), "")
	}
	r.runTo("2027-03-04")
	wantLine(t, "paid in time", r.line("intime.co.test"), "2027-01-20 renew", "2027-03-03 renewal paid")
	wantLine(t, "first registration", r.line("fresh.co.test"), "2027-03-03 registration paid")
	if e := r.shownE("intime.co.test"); e != "2029-02-25" {
		t.Errorf("E is %s", e)
	}
}

// B3, B11: what cannot be charged is listed and not renewed, and goes through
// once it can.
func TestBatchCannotCharge(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 1, 20))
	r.held("A-ONE", "priceless.co.test", "2027-02-10")
	r.held("B-TWO", "poor.co.test", "2027-02-10")
	r.held("C-THREE", "asked.co.test", "2027-01-15")
	r.exec(`UPDATE domain SET auto_bill = 15, auto_period = 3 WHERE name = 'priceless.co.test'`)
	r.exec(`UPDATE domain SET auto_bill = 15 WHERE name = 'poor.co.test'`)
	r.exec(`UPDATE registrar SET terms = 'prepaid' WHERE tag = 'B-TWO'`)
	r.exec(`DELETE FROM price WHERE years = 3 AND operation = 'renew'`)
	r.exec(`UPDATE price SET valid_from = '2027-02-01' WHERE tier = 'non-member'`)
	r.runTo("2027-01-28")
	st, err := r.BatchStatus(r.ctx, 1)
	must(t, err)
	var got []string
	for _, f := range st.Failures {
		got = append(got, fmt.Sprintf("%s %s %s: %s", f.Day, f.Name, f.Event, f.Reason))
	}
	wantLine(t, "failures", got,
		"2027-01-28 asked.co.test pro forma: There is no non-member price for 2 years in .co.test.",
		"2027-01-28 poor.co.test renew: The deposit of B-TWO does not cover 2.40 GBP.",
		"2027-01-28 priceless.co.test renew: There is no price for 3 years in .co.test for A-ONE.")
	if st.LastDay != NewDate(2027, 1, 28) || st.NextDay != NewDate(2027, 1, 29) {
		t.Errorf("status %s, %s", st.LastDay, st.NextDay)
	}
	r.exec(`INSERT INTO price (zone_id, operation, tier, years, currency, amount, valid_from)
		SELECT id, 'renew', 'member', 3, 'GBP', 300, '2027-01-01' FROM zone WHERE name = 'co.test'`)
	r.deposit("B-TWO", 1000)
	r.runTo("2027-02-01")
	if e := r.shownE("priceless.co.test") + r.shownE("poor.co.test"); e != "2030-02-102029-02-10" {
		t.Errorf("E: %s", e)
	}
	if s := one[string](r, `SELECT state FROM renewal_request WHERE domain_name = 'poor.co.test'`); s != "paid" {
		t.Errorf("prepaid: the request is %s", s)
	}
	wantLine(t, "the pro forma comes with the price", r.line("asked.co.test"), "2027-01-21 reminder", "2027-02-01 pro forma")
}

// A cancellation is stopped by nothing: hosts below the name that others use
// stay, without glue and above nothing; a pending change ends.
func TestBatchCancelKeepsUsedHosts(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 1, 20))
	gone := r.held("A-ONE", "gone.co.test", "2026-10-01")
	r.exec(`UPDATE domain SET suspended_on = '2026-11-22', suspended_reason = 'renewal unpaid' WHERE id = $1`, gone)
	r.exec(`INSERT INTO host (name, sponsor, superordinate, addresses, creator, created_at)
		SELECT h || '.gone.co.test', sponsor, id, '{192.0.2.1}', sponsor, created_at FROM domain, unnest('{used,idle,own}'::text[]) h WHERE id = $1`, gone)
	user := r.held("B-TWO", "user.co.test", "2028-10-01")
	r.exec(`INSERT INTO domain_host SELECT $1, id FROM host WHERE name = 'used.gone.co.test'`, user)
	r.exec(`INSERT INTO domain_host SELECT $1, id FROM host WHERE name = 'own.gone.co.test'`, gone)
	r.runTo("2027-01-21")
	if n := one[int](r, `SELECT count(*)::int FROM domain WHERE id = $1`, gone); n != 0 {
		t.Error("the name is still there")
	}
	if hosts := one[string](r, `SELECT string_agg(name || ' ' || (superordinate IS NULL) || ' ' || addresses::text, ',') FROM host WHERE name LIKE '%gone%'`); hosts != "used.gone.co.test true {}" {
		t.Errorf("hosts: %s", hosts)
	}
	if text := one[string](r, `SELECT text FROM poll_message WHERE kind = 'cancelled'`); text != "gone.co.test was cancelled." {
		t.Errorf("message %q", text)
	}
	// Who uses the hosts is told, and nobody else.
	list := r.polled("B-TWO")
	if len(list) != 1 || list[0].Kind != PollHostsCancelled {
		t.Fatalf("the user of the host was told %s", kinds(list))
	}
	if p := list[0].Payload.(*HostsCancelledNotice); fmt.Sprint(*p) != "{[used.gone.co.test] [user.co.test]}" {
		t.Errorf("it was told %+v", p)
	}
	if list := r.polled("A-ONE"); len(list) != 1 || list[0].Kind != PollCancelled {
		t.Errorf("the tag of the name was told %s", kinds(list))
	}
}

// Issue 3 item 0: in gtld a name is renewed the day after E, and the phases of
// a deleted one end, however long the batch was away.
func TestBatchGTLD(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 1, 20))
	r.create("A-ONE", "stay.gen")
	r.create("A-ONE", "leave.gen")
	r.create("A-ONE", "drop.gen")
	r.exec(`UPDATE domain SET expires = '2027-01-31' WHERE name <> 'drop.gen'`)
	r.day(NewDate(2027, 1, 28))
	_, err := r.DeleteDomain(r.ctx, r.as("A-ONE"), "drop.gen")
	must(t, err)
	r.runTo("2027-02-10")
	if e := r.shownE("stay.gen"); e != "2028-01-31" {
		t.Errorf("E of a renewed name is %s", e)
	}
	if g := one[string](r, `SELECT (starts_at AT TIME ZONE 'Europe/London') || ' ' || (ends_at - starts_at) FROM grace_period g JOIN domain d ON d.id = g.domain_id
		WHERE kind = 'autoRenewPeriod' AND d.name = 'stay.gen'`); g != "2027-02-01 00:00:00 45 days" {
		t.Errorf("grace %s", g)
	}
	_, err = r.DeleteDomain(r.ctx, r.as("A-ONE"), "leave.gen")
	must(t, err)
	if n := one[int](r, `SELECT count(*)::int FROM charge WHERE domain_name = 'leave.gen' AND operation = 'renew' AND reversed_at IS NOT NULL`); n != 1 {
		t.Error("the automatic renewal was not taken back")
	}
	if e := r.shownE("leave.gen"); e != "2027-01-31" {
		t.Errorf("after the delete in grace E is %s", e)
	}
	r.at(NewDate(2027, 4, 20).EPPTime())
	must(t, r.RunUntil(r.ctx, Date{}, BatchOptions{}))
	wantLine(t, "redemption, pendingDelete, purge", r.actions("drop.gen"), "delete", "phase", "purge")
	wantLine(t, "left", r.actions("leave.gen"), "auto-renew", "delete", "phase", "purge")
}

func (r *register) actions(name string) []string {
	var out []string
	for _, l := range r.line(name) {
		_, action, _ := strings.Cut(l, " ")
		out = append(out, action)
	}
	return out
}

// R50: days out of their turn.
func TestBatchDaysInOrder(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 1, 20))
	future := r.RunDay(r.ctx, NewDate(2027, 1, 21), BatchOptions{})
	refused(t, future, KindPolicy, "")
	refused(t, r.RunUntil(r.ctx, NewDate(2027, 1, 21), BatchOptions{}), KindPolicy, "")
	refused(t, r.RunStep(r.ctx, NewDate(2027, 1, 20), StepLife, BatchOptions{}), KindPolicy, "")
	refused(t, r.RunStep(r.ctx, NewDate(2027, 1, 20), "tea", BatchOptions{}), KindParamSyntax, "")
	must(t, r.RunDay(r.ctx, NewDate(2027, 1, 20), BatchOptions{}))
	must(t, r.RunDay(r.ctx, NewDate(2027, 1, 20), BatchOptions{}))
	r.day(NewDate(2027, 1, 25))
	refused(t, r.RunDay(r.ctx, NewDate(2027, 1, 22), BatchOptions{}), KindPolicy, "")
	refused(t, r.RunUntil(r.ctx, NewDate(2027, 1, 19), BatchOptions{}), KindPolicy, "")
	ran, err := r.CatchUp(r.ctx, BatchOptions{})
	if err != nil || !ran {
		t.Errorf("catch up: %v, %v", ran, err)
	}
	ran, err = r.CatchUp(r.ctx, BatchOptions{})
	if err != nil || ran {
		t.Errorf("a second time: %v, %v", ran, err)
	}
	if n := one[int](r, `SELECT count(*)::int FROM batch_run`); n != 6*len(Steps()) {
		t.Errorf("%d steps of 6 days", n)
	}
}

// R5: by the tag where the policy allows it, and by staff with a reason; E goes
// back, the line is taken off, and the next night looks at the name.
func TestUnrenew(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 7, 20))
	r.held("A-ONE", "oops.co.test", "2027-07-15")
	a := r.as("A-ONE")
	ask := func() {
		t.Helper()
		_, err := r.RenewDomain(r.ctx, a, RenewDomainParams{Name: "oops.co.test", CurExpiry: NewDate(2027, 7, 15)})
		must(t, err)
	}
	ask()
	unrenew := func() error { return r.UnrenewDomains(r.ctx, a, []string{"oops.co.test"}) }
	err := unrenew()
	refused(t, err, KindNotRenewable, CodeUnrenewRefused)
	r.policy.Unrenew = true
	must(t, unrenew())
	if got := r.shownE("oops.co.test"); got != "2027-07-15" {
		t.Errorf("E is %s", got)
	}
	if n := one[int](r, `SELECT count(*)::int FROM charge WHERE operation = 'renew' AND reversed_at IS NULL`); n != 0 {
		t.Error("the line is still there")
	}
	err = unrenew()
	refused(t, err, KindNotRenewable, CodeNothingToUnrenew)
	ask()
	err = unrenew()
	refused(t, err, KindNotRenewable, CodeUnrenewRefused) // once per period
	noReason := staff(RoleBilling)
	noReason.Reason = ""
	_, err = r.WithdrawRenewal(r.ctx, noReason, "oops.co.test", "A-ONE")
	wantKind(t, err, KindParamMissing)
	_, err = r.WithdrawRenewal(r.ctx, a, "oops.co.test", "A-ONE")
	wantKind(t, err, KindAuthorization)
}

// Staff may withdraw where the tag may not.
func TestWithdrawRenewal(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 7, 20))
	r.held("A-ONE", "sold.co.test", "2027-07-10")
	_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: "sold.co.test", CurExpiry: NewDate(2027, 7, 10)})
	must(t, err)
	r.runTo("2027-07-21")
	_, err = r.WithdrawRenewal(r.ctx, staff(RoleBilling), "sold.co.test", "A-ONE")
	must(t, err)
	if got := one[string](r, `SELECT reason FROM history WHERE action = 'withdraw renewal'`); got != "a test" {
		t.Errorf("reason %q", got)
	}
	r.runTo("2027-07-22")
	wantLine(t, "the next night asks", r.line("sold.co.test"), "2027-07-20 renew", "2027-07-21 withdraw renewal", "2027-07-22 pro forma")
}

// R14: one command for a tag; what R12 and R21 forbid is listed, a dry run says
// the same and changes nothing.
func TestTagAutoBill(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 7, 20))
	r.held("A-ONE", "far.co.test", "2028-01-10")
	r.held("A-ONE", "near.co.test", "2027-08-01")
	r.held("A-ONE", "bc.co.test", "2028-01-10")
	r.held("A-ONE", "has.co.test", "2028-01-10")
	r.held("B-TWO", "other.co.test", "2028-01-10")
	r.exec(`UPDATE domain SET recur_bill = 'bc' WHERE name = 'bc.co.test'`)
	r.exec(`UPDATE domain SET auto_bill = 30 WHERE name = 'has.co.test'`)
	for _, dry := range []bool{true, false} {
		got, err := r.SetTagAutoBill(r.ctx, staff(RoleOperator), "A-ONE", 30, dry)
		must(t, err)
		if got.Set != 1 || got.Unchanged != 1 || len(got.Refused) != 2 || !strings.Contains(got.Refused[0].Reason, "until midnight on 2027-06-30") {
			t.Errorf("dry run %v: %+v", dry, got)
		}
		if n := one[int](r, `SELECT count(*)::int FROM domain WHERE auto_bill = 30`); n != map[bool]int{true: 1, false: 2}[dry] {
			t.Errorf("dry run %v: %d names have it", dry, n)
		}
	}
	_, err := r.SetTagAutoBill(r.ctx, staff(RoleOperator), "A-ONE", 183, false)
	wantKind(t, err, KindParamRange)
	_, err = r.SetTagAutoBill(r.ctx, r.as("B-TWO"), "A-ONE", 1, false) // over EPP a tag does it for itself
	wantKind(t, err, KindAuthorization)
	got, err := r.SetTagAutoBill(r.ctx, staff(RoleOperator), "A-ONE", 0, false)
	must(t, err)
	if got.Set != 2 || got.Unchanged != 2 {
		t.Errorf("off: %+v", got)
	}
}

// R52: the clock of a test bed runs each day passed; production refuses.
func TestAdvanceClockRunsTheBatch(t *testing.T) {
	set := newRegister(t)
	ctx := context.Background()
	db, err := pg.Open(ctx, pg.Config{URL: pgtest.URL(set.db), MaxConns: 4})
	must(t, err)
	defer db.Close()
	r, err := New(ctx, db, Config{Policy: DefaultPolicy()})
	must(t, err)
	today := r.Today()
	set.held("A-ONE", "move.co.test", today.AddDays(3).String())
	must(t, r.AdvanceClock(ctx, today.AddDays(10).EPPTime().Add(15*time.Hour), BatchOptions{}))
	if r.Today() != today.AddDays(10) {
		t.Errorf("today is %s", r.Today())
	}
	wantLine(t, "passed", set.line("move.co.test"), today.AddDays(4).String()+" reminder", today.AddDays(10).String()+" pro forma")
	refused(t, r.AdvanceClock(ctx, today.EPPTime(), BatchOptions{}), KindPolicy, "")
	set.exec(`UPDATE installation SET test_bed = false`)
	if err := r.AdvanceClock(ctx, today.AddDays(500).EPPTime(), BatchOptions{}); err != pg.ErrNotTestBed {
		t.Errorf("production: %v", err)
	}
}
