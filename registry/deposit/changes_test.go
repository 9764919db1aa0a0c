package deposit

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
	"github.com/namekeep/namekeep/xml/escrow"
)

// held is what an agent holds after reading deposits: objects by kind and key.
type held map[string]string

// apply reads a deposit over what was held before.
func (h held) apply(t *testing.T, file string) {
	t.Helper()
	h.read(t, open(t, file, Keys{}))
}

func (h held) read(t *testing.T, o *Opened) {
	t.Helper()
	rep, err := Verify(o)
	must(t, err)
	if rep.FaultCount != 0 {
		t.Fatalf("%s: %v", o.name, rep.Faults)
	}
	_, err = o.Read(func(x Object) error {
		text, err := json.Marshal(x.Value)
		must(t, err)
		switch v := x.Value.(type) {
		case *escrow.Delete:
			kind := map[string]string{escrow.NSDomain: objectDomain, escrow.NSHost: "host", escrow.NSContact: objectContact, escrow.NSNNDN: objectNNDN}[v.Object]
			for _, name := range v.Names {
				delete(h, kind+" "+name)
				delete(h, "extra "+kind+" "+name)
			}
		case *escrow.Host:
			h["host "+v.Name] = string(text)
		case *escrow.Extra:
			h["extra "+v.Object+" "+v.Key] = string(text)
		case *escrow.IDNTable:
			h["idn "+v.ID] = string(text)
		default:
			if key := keyOf(x.Value); key != "" {
				h[key] = string(text)
			}
		}
		return nil
	})
	must(t, err)
}

func (h held) equal(t *testing.T, what string, want held) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if h[key] != want[key] {
			t.Errorf("%s: %s:\n got %s\nwant %s", what, key, h[key], want[key])
		}
	}
	for key := range h {
		if _, ok := want[key]; !ok {
			t.Errorf("%s: %s is still held", what, key)
		}
	}
}

// changesOfLife are things that happen to a register, one after the other.
func changesOfLife(r *register) []func() {
	t, ctx := r.t, r.t.Context()
	alpha := r.as("ALPHA", registry.ProfileUK)
	update := func(actor registry.Actor, p registry.UpdateDomainParams) {
		t.Helper()
		_, err := r.UpdateDomain(ctx, actor, p)
		must(t, err)
	}
	return []func(){
		func() {}, // nothing
		func() {
			r.create("ALPHA", registry.ProfileUK, registry.CreateDomainParams{Name: "fresh.co.test", Years: 1, Registrant: "UK-1"})
		},
		func() {
			auto := 40
			update(alpha, registry.UpdateDomainParams{Name: "fresh.co.test", AutoBill: &auto, AddHosts: []registry.HostSpec{{Name: "ns1.dns.example"}}})
		},
		func() { // a host gets another name, which changes the names that use it
			_, err := r.UpdateHost(ctx, operator, registry.UpdateHostParams{Name: "ns1.dns.example", NewName: "ns9.dns.example"})
			must(t, err)
		},
		func() {
			_, _, err := r.UpdateContact(ctx, r.as("BETA", registry.ProfileUK), registry.UpdateContactParams{Handle: "UK-2", RemoveStatuses: []registry.Status{registry.StatusClientUpdateProhibited}})
			must(t, err)
		},
		func() { // hosts below a name change hands with it
			r.exec(`UPDATE domain SET statuses = '{}' WHERE name = 'first.co.test'`)
			_, err := r.TransferByStaff(ctx, operator, "first.co.test", "BETA")
			must(t, err)
		},
		func() { must(t, r.FreeLabels(ctx, operator, "co.test", []string{"www"})) },
		func() {
			_, err := r.DeleteDomain(ctx, alpha, "fresh.co.test")
			must(t, err)
		},
		func() { // time passes: grace periods end, the batch works
			pgtest.SetNow(t, r.db, testNow.Add(60*24*time.Hour))
			must(t, r.RunUntil(ctx, registry.Date{}, registry.BatchOptions{}))
		},
		func() { // and is late
			pgtest.SetNow(t, r.db, testNow.Add(100*24*time.Hour))
			must(t, r.RunUntil(ctx, registry.Date{}, registry.BatchOptions{}))
		},
	}
}

// A full deposit with all differential ones after it is what a full one is
// then, and so is a full one with the last incremental one.
func TestDifferentialsAddUp(t *testing.T) {
	for _, format := range []string{"xml", "csv"} {
		t.Run(format, func(t *testing.T) {
			r := populated(t)
			dir := t.TempDir()
			o := func(kind string) Options {
				return Options{Dir: dir, EscrowOptions: registry.EscrowOptions{Type: kind, Format: format}}
			}
			diffs, incrs := held{}, held{}
			pgtest.Advance(t, r.db, time.Hour) // what is just done is looked at twice
			full := r.make(o(registry.EscrowFull))
			diffs.apply(t, full.File)
			incrs.apply(t, full.File)
			base := maps.Clone(incrs)
			last := full
			for i, change := range changesOfLife(r) {
				pgtest.Advance(t, r.db, time.Hour)
				change()
				diff := r.make(o(registry.EscrowDifferential))
				if diff.PrevID != last.ID {
					t.Errorf("step %d builds on %s, not %s", i, diff.PrevID, last.ID)
				}
				last = diff
				diffs.apply(t, diff.File)
				if i == 0 && (diff.DomainTotal() > 0 || diff.Contacts > 0 || diff.Hosts > 0) {
					t.Errorf("nothing happened, and the deposit holds %v", diff.Counts())
				}
				incr := r.make(o(registry.EscrowIncremental))
				if incr.PrevID != full.ID {
					t.Errorf("step %d: the incremental one builds on %s, not %s", i, incr.PrevID, full.ID)
				}
				last = incr
				incrs = maps.Clone(base)
				incrs.apply(t, incr.File)
				now := held{}
				now.read(t, r.peek(format))
				diffs.equal(t, "differential", now)
				incrs.equal(t, "incremental", now)
				if t.Failed() {
					t.Fatalf("after step %d", i)
				}
			}
		})
	}
}

// peek is the whole register as a deposit would have it, but not one that
// others build on.
func (r *register) peek(format string) *Opened {
	r.t.Helper()
	m := &making{work: r.t.TempDir(), o: Options{EscrowOptions: registry.EscrowOptions{Type: registry.EscrowFull, Format: format, AuthInfo: true}}}
	_, _, err := m.write(r.t.Context(), r.Registry, operator)
	must(r.t, err)
	o := &Opened{name: "deposit.xml", xml: m.files[0]}
	if format == "csv" {
		o.dir = filepath.Dir(m.files[0])
	}
	return o
}

// A deposit that the agent could not use is made again and builds on what the
// first one built on; later ones build on the new one.
func TestResend(t *testing.T) {
	r := populated(t)
	dir := t.TempDir()
	make := func(kind string, resend bool) Result {
		pgtest.Advance(t, r.db, time.Minute)
		return r.make(Options{Dir: dir, EscrowOptions: registry.EscrowOptions{Type: kind, Resend: resend}})
	}
	full := make(registry.EscrowFull, false)
	pgtest.Advance(t, r.db, time.Hour)
	r.create("ALPHA", registry.ProfileUK, registry.CreateDomainParams{Name: "fresh.co.test", Years: 1, Registrant: "UK-1"})
	bad := make(registry.EscrowDifferential, false)
	again := make(registry.EscrowDifferential, true)
	if again.PrevID != full.ID || again.Resend != 1 || again.ID == bad.ID || again.DomainTotal() != bad.DomainTotal() {
		t.Errorf("sent again: %+v", again.EscrowContents)
	}
	if next := make(registry.EscrowDifferential, false); next.PrevID != again.ID {
		t.Errorf("the next builds on %s, not %s", next.PrevID, again.ID)
	}
	third := make(registry.EscrowDifferential, true)
	if third.PrevID != again.ID || third.Resend != 1 {
		t.Errorf("the next sent again: %+v", third.EscrowContents)
	}
	rep, err := Verify(open(t, third.File, Keys{}))
	must(t, err)
	if rep.Resend != 1 || rep.Type != escrow.Differential || rep.PrevID != again.ID {
		t.Errorf("in the file: %+v", rep)
	}
	list, err := r.EscrowDeposits(t.Context(), 10)
	must(t, err)
	if len(list) != 5 || !list[3].Replaced || list[2].Replaced {
		t.Errorf("list %+v", list)
	}
}

// Without a full deposit there is nothing to build on; a deposit of zones holds
// what their names use.
func TestDepositRefusals(t *testing.T) {
	r := populated(t)
	_, err := Make(t.Context(), r.Registry, operator, Options{Dir: t.TempDir(), EscrowOptions: registry.EscrowOptions{Type: registry.EscrowDifferential, Format: "xml"}})
	if registry.KindOf(err) != registry.KindStatusProhibits {
		t.Errorf("a first differential deposit: %v", err)
	}
	_, err = Make(t.Context(), r.Registry, operator, Options{Dir: t.TempDir(), EscrowOptions: registry.EscrowOptions{Type: registry.EscrowFull, Format: "xml", Zones: []string{"none.test"}}})
	if registry.KindOf(err) != registry.KindNotFound {
		t.Errorf("an unknown zone: %v", err)
	}
	support := operator
	support.Role = registry.RoleSupport
	_, err = Make(t.Context(), r.Registry, support, Options{Dir: t.TempDir(), EscrowOptions: registry.EscrowOptions{Type: registry.EscrowFull, Format: "xml"}})
	if registry.KindOf(err) != registry.KindAuthorization {
		t.Errorf("support: %v", err)
	}
	one := r.make(Options{EscrowOptions: registry.EscrowOptions{Zones: []string{"gen.test"}}})
	if one.DomainTotal() != 3 || one.Contacts != 0 || one.Hosts != 0 {
		t.Errorf("one zone: %v", one.Counts())
	}
	rep, err := Verify(open(t, one.File, Keys{}))
	must(t, err)
	if rep.FaultCount != 0 || rep.TLD != "gen.test" {
		t.Errorf("verify %+v", rep)
	}
}
