package registry

import (
	"strings"
	"testing"
)

// queued lists the kinds of the messages that wait for a tag, oldest first.
func (r *register) queued(tag string) string {
	r.t.Helper()
	rows, err := r.db.Pool.Query(r.ctx, `SELECT p.kind FROM poll_message p JOIN registrar g ON g.id = p.registrar_id
		WHERE g.tag = $1 ORDER BY p.id`, tag)
	must(r.t, err)
	var kinds []string
	for rows.Next() {
		var kind string
		must(r.t, rows.Scan(&kind))
		kinds = append(kinds, kind)
	}
	must(r.t, rows.Err())
	return strings.Join(kinds, " ")
}

// epp.md "Poll": the sponsor is told what the registry's staff do to its names,
// and not why.
func TestStaffChangesAreTold(t *testing.T) {
	r := newRegister(t)
	op := staff(RoleOperator)
	_, err := r.CreateDomain(r.ctx, r.as("A-ONE"), CreateDomainParams{Name: "shop.co.test", Years: 2, Registrant: "a-owner"})
	must(t, err)
	reseller := "R"
	steps := []func() error{
		func() error {
			_, err := r.UpdateDomain(r.ctx, op, UpdateDomainParams{Name: "shop.co.test", Reseller: &reseller})
			return err
		},
		func() error { _, err := r.LockDomain(r.ctx, op, "shop.co.test", false); return err },
		func() error { _, err := r.SuspendDomain(r.ctx, op, "shop.co.test"); return err },
		func() error { _, err := r.ResumeDomain(r.ctx, op, "shop.co.test"); return err },
		func() error { return r.CancelDomain(r.ctx, op, "shop.co.test") },
	}
	for _, step := range steps {
		must(t, step())
	}
	if got := r.queued("A-ONE"); got != "staff-change staff-change suspended staff-change cancelled" {
		t.Errorf("told: %s", got)
	}
	if n := one[int](r, `SELECT count(*) FROM poll_message WHERE text LIKE '%a test%' OR payload::text LIKE '%a test%'
		OR payload::text LIKE '%test-operator%'`); n != 0 {
		t.Errorf("%d messages tell the reason or the staff user", n)
	}
}

// What staff do to a name is refused to registrars, without a reason, and where
// the name's state forbids it; then nothing changes.
func TestStaffDomainRefused(t *testing.T) {
	r := newRegister(t)
	_, err := r.CreateDomain(r.ctx, r.as("A-ONE"), CreateDomainParams{Name: "shop.co.test", Years: 2, Registrant: "a-owner"})
	must(t, err)
	silent := staff(RoleOperator)
	silent.Reason = ""
	for what, do := range map[string]func(Actor, string) error{
		"lock":    func(a Actor, n string) error { _, err := r.LockDomain(r.ctx, a, n, true); return err },
		"unlock":  func(a Actor, n string) error { _, err := r.UnlockDomain(r.ctx, a, n); return err },
		"suspend": func(a Actor, n string) error { _, err := r.SuspendDomain(r.ctx, a, n); return err },
		"resume":  func(a Actor, n string) error { _, err := r.ResumeDomain(r.ctx, a, n); return err },
		"cancel":  func(a Actor, n string) error { return r.CancelDomain(r.ctx, a, n) },
	} {
		t.Run(what, func(t *testing.T) {
			wantKind(t, do(r.as("A-ONE"), "shop.co.test"), KindAuthorization)
			wantKind(t, do(staff(RoleSupport), "shop.co.test"), KindAuthorization)
			wantKind(t, do(silent, "shop.co.test"), KindParamMissing)
			wantKind(t, do(staff(RoleOperator), "none.co.test"), KindNotFound)
		})
	}
	_, err = r.UnlockDomain(r.ctx, staff(RoleOperator), "shop.co.test")
	wantKind(t, err, KindStatusProhibits)
	// A suspension of the life cycle is not lifted by hand.
	_, err = r.db.Pool.Exec(r.ctx, `UPDATE domain SET suspended_on = '2026-05-01', suspended_reason = 'renewal unpaid'`)
	must(t, err)
	_, err = r.ResumeDomain(r.ctx, staff(RoleOperator), "shop.co.test")
	wantKind(t, err, KindStatusProhibits)
	if err == nil || !strings.Contains(err.Error(), "renewal unpaid") {
		t.Errorf("the reason is missing: %v", err)
	}
	if n := one[int](r, `SELECT count(*) FROM history WHERE object = 'domain' AND staff IS NOT NULL`); n != 0 {
		t.Errorf("%d changes are in the history", n)
	}
}

// Locks bind the registrar and not the staff.
func TestLock(t *testing.T) {
	r := newRegister(t)
	op := staff(RoleOperator)
	_, err := r.CreateDomain(r.ctx, r.as("A-ONE"), CreateDomainParams{Name: "shop.co.test", Years: 2, Registrant: "a-owner"})
	must(t, err)
	d, err := r.LockDomain(r.ctx, op, "SHOP.co.test", false)
	must(t, err)
	if len(d.Statuses) != 3 || d.Updater != "REGISTRY" {
		t.Errorf("locked: %v by %s", d.Statuses, d.Updater)
	}
	reseller := "R"
	p := UpdateDomainParams{Name: "shop.co.test", Reseller: &reseller}
	_, err = r.UpdateDomain(r.ctx, r.as("A-ONE"), p)
	wantKind(t, err, KindStatusProhibits)
	_, err = r.UpdateDomain(r.ctx, op, p)
	must(t, err)
	_, err = r.UnlockDomain(r.ctx, op, "shop.co.test")
	must(t, err)
	_, err = r.UpdateDomain(r.ctx, r.as("A-ONE"), p)
	must(t, err)
}

// Forecasts follow the rules: E, then the phases of RFC 3915.
func TestForecastGTLD(t *testing.T) {
	r := newRegister(t)
	d, err := r.CreateDomain(r.ctx, r.as("A-ONE"), CreateDomainParams{Name: "shop.gen", Years: 1, AuthInfo: NewAuthInfo()})
	must(t, err)
	list := r.Forecast(d)
	if len(list) != 1 || list[0].Day != d.Expires.AddDays(1) {
		t.Errorf("forecast %v, expires %s", list, d.Expires)
	}
	d.DeletePhase, d.DeletePhaseEnds = RGPRedemption, testNow.AddDate(0, 0, 30)
	list = r.Forecast(d)
	if len(list) != 2 || list[1].Day.Sub(list[0].Day) != r.Policy().PendingDeleteDays || list[1].Text != "deleted for good" {
		t.Errorf("forecast of a deleted name: %v", list)
	}
}

// Every filter of the list filters, and pages fit together.
func TestDomainsList(t *testing.T) {
	r := newRegister(t)
	for _, c := range []struct{ tag, name, owner string }{
		{"A-ONE", "a.co.test", "a-owner"}, {"A-ONE", "b.co.test", "a-owner"}, {"B-TWO", "c.co.test", "b-owner"},
	} {
		_, err := r.CreateDomain(r.ctx, r.as(c.tag), CreateDomainParams{Name: c.name, Years: 2, Registrant: c.owner})
		must(t, err)
	}
	_, err := r.SuspendDomain(r.ctx, staff(RoleOperator), "b.co.test")
	must(t, err)
	e := DateOf(testNow, r.loc).AddYears(2)
	for want, filters := range map[string][]DomainFilter{
		"a b c": {{}, {Zone: "co.test"}, {ExpiresFrom: e}, {ExpiresBefore: e.AddDays(1)}},
		"a b":   {{TAG: "A-ONE"}, {Registrant: "a-owner"}},
		"b":     {{Suspended: true}, {Status: StatusServerHold}, {Prefix: "b."}},
		"c":     {{After: "b.co.test"}, {TAG: "B-TWO"}},
		"":      {{Zone: "gen"}, {ExpiresBefore: e}, {ExpiresFrom: e.AddDays(1)}, {TAG: "NONE"}},
	} {
		for _, f := range filters {
			f.Limit = 1
			var got []string
			for {
				page, err := r.Domains(r.ctx, f)
				must(t, err)
				if len(page) == 0 {
					break
				}
				if page[0].Status != RegistrationBeingProcessed {
					t.Errorf("%s is %s", page[0].Name, page[0].Status)
				}
				label, _, _ := strings.Cut(page[0].Name, ".")
				got, f.After = append(got, label), page[0].Name
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%+v: %v, want %s", f, got, want)
			}
		}
	}
}
