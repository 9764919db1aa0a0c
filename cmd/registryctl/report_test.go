package main

import (
	"encoding/csv"
	"path/filepath"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/registry"
)

// Reports come as table, CSV and JSON, with the same figures.
func TestReports(t *testing.T) {
	d := newDesk(t)
	d.register("shop.co.example")
	month := strings.TrimSpace(parsed[[]registry.GrowthMonth](t, d.must("support", "--json", "report", "growth", "--months", "1"))[0].Month.String())[:7]
	list := parsed[[]registry.Transactions](t, d.must("support", "--json", "report", "transactions", "--month", month))
	if len(list) != 1 || list[0].TAG != "ALPHA" || list[0].Adds[1] != 1 || list[0].Domains != 1 {
		t.Errorf("transactions %+v", list)
	}
	rows, err := csv.NewReader(strings.NewReader(d.must("support", "report", "transactions", "--month", month, "--csv"))).ReadAll()
	if err != nil || len(rows) != 2 || rows[0][8] != "net-adds-2-yr" || rows[1][8] != "1" || rows[1][5] != "1" {
		t.Errorf("CSV %v, %v", rows, err)
	}
	d.expect(exitDone, "ALPHA", "support", "report", "transactions", "--month", month)
	d.expect(exitDone, "ALPHA", "support", "report", "registrars")
	d.expect(exitDone, "ALPHA", "support", "report", "expiring", "--months", "30")
	d.expect(exitDone, "co.example", "support", "report", "growth")
	d.expect(exitUsage, "is not a month", "support", "report", "transactions", "--month", "March")
	d.expect(exitUsage, "not both", "support", "--json", "report", "registrars", "--csv")
	d.expect(exitRefused, "no registrar NONE", "support", "report", "registrars", "--tag", "NONE")
}

// A deposit is made, verified and refused when damaged, by the command line.
func TestEscrowCommands(t *testing.T) {
	d := newDesk(t)
	dir := t.TempDir()
	d.expect(exitUsage, "give --out, or set escrow.dir", "operator", "escrow", "deposit")
	d.expect(exitRefused, "role support", "support", "escrow", "deposit", "--out", dir)
	d.expect(exitRefused, "make a full one first", "operator", "escrow", "deposit", "--type", "diff", "--out", dir)
	d.must("operator", "escrow", "key", filepath.Join(dir, "key"), "--name", "Registry", "--email", "r@example.net")
	key, pub := filepath.Join(dir, "key", "escrow.key"), filepath.Join(dir, "key", "escrow.pub")
	made := parsed[depositView](t, d.must("operator", "--json", "escrow", "deposit", "--out", dir, "--format", "csv", "--sign-key", key, "--recipient", pub))
	if made.Type != "FULL" || made.Signature == "" || made.Counts["registrar"] != 3 {
		t.Errorf("made %+v", made)
	}
	d.expect(exitDone, "No faults were found.", "support", "escrow", "verify", made.File, "--key", key, "--signer", pub)
	d.expect(exitDone, made.ID, "support", "escrow", "list")
	d.expect(exitFault, "private key is needed", "support", "escrow", "verify", made.File)
	d.expect(exitDone, "No faults", "operator", "import", "load", "--check", made.File, "--key", key)
}
