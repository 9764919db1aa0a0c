package main

import (
	"strings"
	"testing"

	"github.com/namekeep/namekeep/registry"
)

func TestTestbedReset(t *testing.T) {
	d := newDesk(t)
	d.expect(exitRefused, "the role operator may not do this", "operator", "--yes", "testbed", "reset")
	d.expect(exitUsage, "Give --yes to do it", "admin", "testbed", "reset", "--tag", "ALPHA")
	d.expect(exitRefused, "There is no registrar NOBODY", "admin", "--yes", "testbed", "reset", "--tag", "NOBODY")
	for range 2 { // the clone that the first run made has no data set of its own
		v := parsed[[]registry.TestBedReport](t, d.must("admin", "--yes", "--json", "testbed", "reset"))
		if len(v) != 1 || v[0].Tag != "ALPHA" || v[0].Clone != "ALPHA_" || len(v[0].Names) < 15 || v[0].Names[0].Name != "test-alpha-fresh.co.example" {
			t.Errorf("%+v", v)
		}
	}
	if out := d.must("support", "domain", "list", "--tag", "ALPHA_"); !strings.Contains(out, "test-alpha-theirs.co.example") {
		t.Errorf("the clone has\n%s", out)
	}
	// What is left when a part cannot be made, here for want of prices, is said.
	_, err := d.db.Pool.Exec(t.Context(), `DELETE FROM price`)
	if err != nil {
		t.Fatal(err)
	}
	d.expect(exitRefused, "2 parts could not be made", "admin", "--yes", "testbed", "reset")
	_, err = d.db.Pool.Exec(t.Context(), `UPDATE installation SET test_bed = false`)
	if err != nil {
		t.Fatal(err)
	}
	d.expect(exitRefused, "no test bed", "admin", "--yes", "testbed", "reset")
}
