package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// C6: staff ask, see, withdraw and decide changes of registrants.
func TestChangeCommands(t *testing.T) {
	d := newDesk(t)
	for _, c := range [][2]string{{"ANN-1", "Ann Other"}, {"BEA-1", "Bea New"}} {
		d.must("operator", "contact", "create", c[0], "--tag", "ALPHA", "--name", c[1], "--street", "1 High St", "--city", "London",
			"--country", "GB", "--email", strings.ToLower(c[0])+"@example.net", "--type", "IND")
	}
	d.must("operator", "-y", "domain", "register", "shop.co.example", "--tag", "ALPHA", "--registrant", "ANN-1", "--years", "2")
	if _, err := d.db.Pool.Exec(t.Context(), `UPDATE domain SET first_paid = true`); err != nil {
		t.Fatal(err)
	}
	v := parsed[domainView](t, d.must("operator", "--json", "domain", "set", "shop.co.example", "--registrant", "BEA-1"))
	if v.Change == nil || v.Registrant != "ANN-1" {
		t.Fatalf("asked: %+v", v)
	}
	number := strconv.FormatInt(v.Change.Number, 10)
	golden(t, "change-list.txt", d.must("support", "change", "list"))
	golden(t, "change-show.txt", regexp.MustCompile(`CTL-[A-Z0-9]+`).ReplaceAllString(d.must("support", "change", "show", number), "CTL-X"))
	golden(t, "change-domain.txt", d.must("support", "domain", "show", "shop.co.example"))
	d.expect(exitRefused, "waits to be confirmed", "operator", "domain", "set", "shop.co.example", "--registrant", "BEA-1")
	d.expect(exitUsage, "is carried out", "operator", "change", "decide", number, "accept")
	d.expect(exitRefused, "role support", "support", "-y", "change", "decide", number, "accept")
	c := parsed[changeView](t, d.must("operator", "--json", "-y", "change", "decide", number, "accept", "--why", "letters of both"))
	if c.State != "done" || !strings.Contains(c.Reason, "letters of both") {
		t.Errorf("decided: %+v", c)
	}
	if v = parsed[domainView](t, d.must("support", "--json", "domain", "show", "shop.co.example")); v.Registrant != "BEA-1" || v.Change != nil {
		t.Errorf("afterwards: %+v", v)
	}
	d.expect(exitRefused, "has ended", "operator", "-y", "change", "decide", number, "refuse")
	d.expect(exitRefused, "no change 999", "support", "change", "show", "999")
	// The contact's identity (C5).
	k := parsed[contactView](t, d.must("operator", "--json", "contact", "update", "BEA-1", "--email", "bea@new.example", "--voice", "+44.2079460000"))
	if k.Email != "bea-1@example.net" || k.Voice != "+44.2079460000" || len(k.Revisions) != 2 || k.Revisions[1].Label != "(Initial data)" || k.Revisions[0].Email != "bea@new.example" {
		t.Errorf("contact: %+v", k)
	}
	c = parsed[changeView](t, d.must("operator", "--json", "change", "cancel", "BEA-1", "--contact"))
	if c.State != "cancelled" || c.Object != "contact" {
		t.Errorf("cancelled: %+v", c)
	}
	d.expect(exitRefused, "No change of BEA-1 waits", "operator", "change", "cancel", "BEA-1", "--contact")
	if list := parsed[[]changeView](t, d.must("support", "--json", "change", "list", "--state", "all", "--limit", "1")); len(list) != 1 || list[0].State != "cancelled" {
		t.Errorf("listed: %+v", list)
	}
}

// C7: the policy of a zone, and verification by staff.
func TestVerifyCommands(t *testing.T) {
	d := newDesk(t)
	d.expect(exitRefused, "set the days too", "operator", "zone", "update", "co.example", "--verify-suspends")
	v := parsed[zoneView](t, d.must("operator", "--json", "zone", "update", "co.example", "--verify-days", "10", "--verify-suspends", "--registrant-changes", "at-once"))
	if v.VerifyDays != 10 || !v.VerifySuspends || v.RegistrantChanges != "at-once" {
		t.Errorf("zone: %+v", v)
	}
	d.must("operator", "contact", "create", "ANN-1", "--tag", "ALPHA", "--name", "Ann Other", "--street", "1 High St", "--city", "London",
		"--country", "GB", "--email", "ann@example.net", "--type", "IND")
	d.must("operator", "-y", "domain", "register", "shop.co.example", "--tag", "ALPHA", "--registrant", "ANN-1", "--years", "2")
	k := parsed[contactView](t, d.must("support", "--json", "contact", "show", "ANN-1"))
	if k.Verification == nil || k.Verification.State != "unverified" {
		t.Fatalf("asked: %+v", k.Verification)
	}
	d.must("operator", "contact", "verify", "ANN-1", "--ask")
	golden(t, "contact-verified.txt", d.must("operator", "contact", "verify", "ANN-1"))
	d.expect(exitRefused, "has been verified", "operator", "contact", "verify", "ANN-1")
}
