package main

import (
	"strings"
	"testing"
)

// N20 and N11: staff ask a registrant on the registrar's word, see what was
// decided, and set what becomes of decisions.
func TestRenewalDecisionCommands(t *testing.T) {
	d := newDesk(t)
	d.register("shop.co.example")
	_, err := d.db.Pool.Exec(t.Context(), `UPDATE domain SET first_paid = true`)
	if err != nil {
		t.Fatal(err)
	}
	d.expect(exitRefused, "can be requested from", "support", "renewal", "request", "SHOP.co.example")
	_, err = d.db.Pool.Exec(t.Context(), `UPDATE domain SET expires = $1::timestamptz::date + 30`, d.db.Now())
	if err != nil {
		t.Fatal(err)
	}
	if out := d.must("support", "renewal", "request", "shop.co.example"); !strings.Contains(out, "OWNER-1") || !strings.Contains(out, "activation code") {
		t.Errorf("request: %s", out)
	}
	if out := d.must("support", "renewal", "decisions"); !strings.Contains(out, "No decisions wait.") {
		t.Errorf("none: %s", out)
	}
	_, err = d.db.Pool.Exec(t.Context(), `INSERT INTO renewal_decision (domain_id, period, registrar_id, contact_id, choice, years, via, decided_at)
		SELECT id, expires, sponsor, registrant, 'renew', 3, 'selection', $1 FROM domain`, d.db.Now())
	if err != nil {
		t.Fatal(err)
	}
	list := parsed[[]decisionView](t, d.must("support", "--json", "renewal", "decisions", "--tag", "ALPHA"))
	if len(list) != 1 || list[0].Choice != "renew" || list[0].Years != 3 || list[0].By != "OWNER-1" || list[0].State != "waiting" {
		t.Errorf("decisions %+v", list)
	}
	if next := parsed[[]decisionView](t, d.must("support", "--json", "renewal", "decisions", "--after", list[0].Period+","+list[0].Name)); len(next) != 0 {
		t.Errorf("next page %+v", next)
	}
	d.expect(exitUsage, "--after", "support", "renewal", "decisions", "--after", "tomorrow")
	d.expect(exitRefused, "no registrar", "support", "renewal", "decisions", "--tag", "NOBODY")
	if out := d.must("support", "domain", "show", "shop.co.example"); !strings.Contains(out, "renew for 3 years, by the registrant OWNER-1") {
		t.Errorf("show: %s", out)
	}
	out := d.must("operator", "registrar", "update", "ALPHA", "--decisions", "automatic", "--reminders", "both")
	if !strings.Contains(out, "automatic") || !strings.Contains(out, "both") {
		t.Errorf("update: %s", out)
	}
	d.expect(exitUsage, "automatic", "operator", "registrar", "update", "ALPHA", "--decisions", "sometimes")
}
