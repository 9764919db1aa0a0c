package deposit

import (
	"testing"

	"github.com/namekeep/namekeep/registry"
)

// Escrow out, import into an empty database, compare everything: nothing is
// lost, in either model. What a deposit does not carry is listed in notCarried.
func TestRoundTrip(t *testing.T) {
	for _, format := range []string{"xml", "csv"} {
		t.Run(format, func(t *testing.T) {
			from := populated(t)
			made := from.make(Options{EscrowOptions: registry.EscrowOptions{Format: format}})
			rep, err := Verify(open(t, made.File, Keys{}))
			must(t, err)
			if rep.FaultCount != 0 || rep.Type != "FULL" || rep.TLD != "test" || rep.ID != made.ID || !rep.Watermark.Equal(testNow) {
				t.Fatalf("verify: %+v", rep)
			}
			to := empty(t)
			report, err := to.load(t.Context(), open(t, made.File, Keys{}), registry.ImportOptions{Restore: true, ChunkSize: 3})
			must(t, err)
			if report.Domains.Added != 7 || report.Contacts.Added != 4 || report.Hosts.Added != 3 || report.Zones != 2 || report.Registrars != 3 {
				t.Errorf("report %+v", report)
			}
			same(t, from.state(), to.state())
			// Again: nothing is added twice.
			report, err = to.load(t.Context(), open(t, made.File, Keys{}), registry.ImportOptions{Restore: true})
			must(t, err)
			if report.Domains.Added+report.Contacts.Added+report.Hosts.Added+report.Zones+report.Registrars != 0 || report.Domains.There != 7 {
				t.Errorf("second run %+v", report)
			}
			same(t, from.state(), to.state())
			// The sequences go on behind what was restored.
			to.exec(`INSERT INTO price (zone_id, operation, tier, years, currency, amount, valid_from)
				SELECT z.id, 'create', 'member', 1, 'GBP', 100, '2020-01-01' FROM zone z`)
			to.create("BETA", registry.ProfileUK, registry.CreateDomainParams{Name: "new.co.test", Registrant: "UK-2", Years: 1})
			if id := to.text(`SELECT id::text FROM domain WHERE name = 'new.co.test'`); id <= "5001" {
				t.Errorf("a new name has the number %s", id)
			}
		})
	}
}
