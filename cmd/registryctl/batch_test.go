package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/registry"
)

// The batch, auto-bill for a tag and the clock, as staff use them.
func TestBatchCommands(t *testing.T) {
	d := newDesk(t)
	d.register("shop.co.example")
	d.expect(exitDone, "never run", "support", "batch", "status")
	d.expect(exitRefused, "role support", "support", "batch", "run")
	d.expect(exitUsage, "--date", "operator", "batch", "run", "--date", "tomorrow")
	d.expect(exitUsage, "--chunk", "operator", "batch", "run", "--chunk", "0")
	d.expect(exitRefused, "in the future", "operator", "batch", "run", "--date", "2999-01-01")
	d.expect(exitRefused, "must be run first", "operator", "batch", "run", "--step", "life")
	d.expect(exitRefused, "not a step", "operator", "batch", "run", "--step", "tea")
	d.must("operator", "batch", "run", "--step", "renewals")
	out := d.must("operator", "batch", "run")
	for _, step := range registry.Steps() {
		if !strings.Contains(out, string(step)) {
			t.Errorf("no %s in:\n%s", step, out)
		}
	}
	d.expect(exitRefused, "cannot be run any more", "operator", "batch", "run", "--date", "2020-01-01")
	if v := parsed[registry.BatchStatus](t, d.must("support", "--json", "batch", "status")); len(v.Runs) != len(registry.Steps()) || v.LastDay.IsZero() {
		t.Errorf("status %+v", v)
	}
}

// R14: it says what it will do, and a dry run does nothing.
func TestAutobillCommand(t *testing.T) {
	d := newDesk(t)
	d.register("shop.co.example")
	d.expect(exitUsage, "--yes", "operator", "--reason", "a test", "autobill", "set", "--tag", "ALPHA", "--days", "30")
	dry := d.must("operator", "--reason", "a test", "autobill", "set", "--tag", "ALPHA", "--days", "30", "--dry-run")
	if dry != "1 names would be set, 0 had the value, 0 were passed over.\n" {
		t.Errorf("dry run: %s", dry)
	}
	d.must("operator", "-y", "--reason", "a test", "autobill", "set", "--tag", "ALPHA", "--days", "30")
	again := d.must("operator", "-y", "--reason", "a test", "autobill", "set", "--tag", "ALPHA", "--days", "30")
	if again != "0 names were set, 1 had the value, 0 were passed over.\n" {
		t.Errorf("again: %s", again)
	}
	d.expect(exitRefused, "1 to 182", "operator", "-y", "--reason", "a test", "autobill", "set", "--tag", "ALPHA", "--days", "200")
	d.expect(exitRefused, "no open renewal request", "operator", "-y", "--reason", "a test", "renewal", "withdraw", "shop.co.example", "--tag", "ALPHA")
}

// A scenario is played beside the register, which stays as it is.
func TestSimulateCommand(t *testing.T) {
	d := newDesk(t)
	out := d.must("support", "simulate", "../../registry/scenario/testdata/1-nothing-before-expiry.txt")
	for _, want := range []string{"E-20", "tag BRAVO", "2027-08-06  E+37", "free to be registered"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	var scratch int
	err := d.db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_database WHERE datname LIKE 'namekeep_simulate%'`).Scan(&scratch)
	if err != nil || scratch != 0 {
		t.Errorf("%d scratch databases are left, %v", scratch, err)
	}
	d.expect(exitUsage, "line 1", "support", "simulate", "batch_test.go")
}

// The help of --step names every step that there is.
func TestStepHelp(t *testing.T) {
	field, _ := reflect.TypeOf(batchRun{}).FieldByName("Step")
	for _, step := range registry.Steps() {
		if !strings.Contains(field.Tag.Get("help"), string(step)) {
			t.Errorf("the help of --step lacks %s", step)
		}
	}
}
