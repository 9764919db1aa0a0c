package zonefile

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// apexes of the world, as they stand in the zones.
const (
	testNS  = "test NS ns1.nic.test.\ntest NS ns.example.net."
	coNS    = "co.test NS ns1.nic.test.\nco.test NS ns1.nic.co.test."
	coInTop = "co.test NS ns1.nic.co.test.\nco.test NS ns1.nic.test."
	deepTop = "deep.org.test NS ns1.nic.test."
	coGlue  = "ns1.nic.co.test A 192.0.2.54"
	topGlue = "ns1.nic.test A 192.0.2.53\nns1.nic.test AAAA 2001:db8::53"
)

func TestNewZones(t *testing.T) {
	w := newWorld(t)
	w.create("a.co.test", "ns1.a.co.test/192.0.2.1/2001:db8::1", "ns1.example.net")
	w.create("b.deep.org.test", "ns1.example.net")
	w.fill()
	w.want("test", testNS, coInTop, deepTop, coGlue, topGlue)
	w.want("co.test", coNS, "a.co.test NS ns1.a.co.test.", "a.co.test NS ns1.example.net.", "ns1.a.co.test A 192.0.2.1",
		"ns1.a.co.test AAAA 2001:db8::1", coGlue)
	// Below an empty non-terminal, org.test.
	w.want("deep.org.test", "deep.org.test NS ns1.nic.test.", "b.deep.org.test NS ns1.example.net.")
	if done := w.changes(); len(done) != 0 {
		t.Errorf("nothing changed, yet %v", done)
	}
}

// Every way in and out of a zone, one pass after each.
func TestChanges(t *testing.T) {
	w := newWorld(t)
	w.fill()
	w.want("co.test", coNS, coGlue)
	before := w.serial("co.test")

	w.create("a.co.test", "ns1.a.co.test/192.0.2.1")
	done := w.changes()
	if len(done) != 1 || done[0].Zone != "co.test" || done[0].Changes != 2 || done[0].Names != 1 || !After(done[0].Serial, before) {
		t.Errorf("after a create: %+v, before %d", done, before)
	}
	inZone := []string{coNS, "a.co.test NS ns1.a.co.test.", "ns1.a.co.test A 192.0.2.1", coGlue}
	w.want("co.test", inZone...)

	_, err := w.SuspendDomain(w.ctx, staff(), "a.co.test")
	must(t, err)
	w.changes()
	w.want("co.test", coNS, coGlue)
	_, err = w.ResumeDomain(w.ctx, staff(), "a.co.test")
	must(t, err)
	w.changes()
	w.want("co.test", inZone...)

	// A sibling uses the host; it stays when the name leaves the zone.
	w.create("b.co.test", "ns1.a.co.test")
	w.create("c.test", "ns1.a.co.test") // in the zone above: sibling glue there
	w.changes()
	w.want("test", testNS, "c.test NS ns1.a.co.test.", coInTop, deepTop, "ns1.a.co.test A 192.0.2.1", coGlue, topGlue)
	_, err = w.SuspendDomain(w.ctx, staff(), "a.co.test")
	must(t, err)
	w.changes()
	w.want("co.test", coNS, "b.co.test NS ns1.a.co.test.", "ns1.a.co.test A 192.0.2.1", coGlue)

	// Only a name of another zone needs it: still there, since it lies here.
	_, err = w.SuspendDomain(w.ctx, staff(), "b.co.test")
	must(t, err)
	w.changes()
	w.want("co.test", coNS, "ns1.a.co.test A 192.0.2.1", coGlue)
	_, err = w.SuspendDomain(w.ctx, staff(), "c.test")
	must(t, err)
	w.changes()
	w.want("co.test", coNS, coGlue)
	w.want("test", testNS, coInTop, deepTop, coGlue, topGlue)
}

func TestChangedHosts(t *testing.T) {
	w := newWorld(t)
	w.create("a.co.test", "ns1.a.co.test/192.0.2.1")
	w.create("b.co.test", "ns1.a.co.test")
	w.fill()
	host := func(change func(*registry.UpdateHostParams)) {
		t.Helper()
		p := registry.UpdateHostParams{Name: "ns1.a.co.test"}
		change(&p)
		_, err := w.UpdateHost(w.ctx, w.as("A-ONE"), p)
		must(t, err)
		w.changes()
	}
	host(func(p *registry.UpdateHostParams) {
		p.AddAddresses = []registry.HostAddress{{Text: "192.0.2.2"}}
		p.RemoveAddresses = []registry.HostAddress{{Text: "192.0.2.1"}}
	})
	w.want("co.test", coNS, "a.co.test NS ns1.a.co.test.", "b.co.test NS ns1.a.co.test.", "ns1.a.co.test A 192.0.2.2", coGlue)
	// A rename concerns every name that uses the host.
	host(func(p *registry.UpdateHostParams) { p.NewName = "dns.a.co.test" })
	w.want("co.test", coNS, "a.co.test NS dns.a.co.test.", "b.co.test NS dns.a.co.test.", "dns.a.co.test A 192.0.2.2", coGlue)
	// Name servers change: C1.
	w.update("b.co.test", func(p *registry.UpdateDomainParams) {
		p.AddHosts, p.RemoveHosts = w.hosts([]string{"ns1.example.net"}), []string{"dns.a.co.test"}
	})
	w.changes()
	w.want("co.test", coNS, "a.co.test NS dns.a.co.test.", "b.co.test NS ns1.example.net.", "dns.a.co.test A 192.0.2.2", coGlue)
	w.update("a.co.test", func(p *registry.UpdateDomainParams) { p.RemoveHosts = []string{"dns.a.co.test"} })
	w.changes()
	w.want("co.test", coNS, "b.co.test NS ns1.example.net.", coGlue)
}

func TestSecureDelegation(t *testing.T) {
	w := newWorld(t)
	w.create("a.co.test", "ns1.example.net")
	w.fill()
	digest := make([]byte, 32)
	ds := registry.DSData{KeyTag: 7, Algorithm: 13, DigestType: 2, Digest: digest}
	w.update("a.co.test", func(p *registry.UpdateDomainParams) {
		p.DNSSEC = &registry.DNSSECChange{Add: registry.DNSSEC{DS: []registry.DSData{ds}}}
	})
	w.changes()
	w.want("co.test", coNS, "a.co.test DS "+ds.String(), "a.co.test NS ns1.example.net.", coGlue)
	key := registry.KeyData{Flags: 257, Protocol: 3, Algorithm: 15, PublicKey: digest}
	w.update("a.co.test", func(p *registry.UpdateDomainParams) {
		p.DNSSEC = &registry.DNSSECChange{RemoveAll: true, Add: registry.DNSSEC{Keys: []registry.KeyData{key}}}
	})
	w.changes()
	made := registry.DSData{KeyTag: key.Tag(), Algorithm: 15, DigestType: 2, Digest: key.Digest("a.co.test", 2)}
	w.want("co.test", coNS, "a.co.test DS "+made.String(), "a.co.test NS ns1.example.net.", coGlue)
	// A zone of ours below another brings its own DS.
	must(t, w.SetZoneApex(w.ctx, staff(), "co.test", func(a *registry.ZoneApex) { a.DS = []registry.DSData{ds} }))
	w.changes()
	_, err := w.pub.Compare(w.ctx, "test", false)
	must(t, err)
	w.want("test", testNS, "co.test DS "+ds.String(), coInTop, deepTop, coGlue, topGlue)
}

// The batch: E+37 suspends, E+97 cancels (renewals.md), a renewal brings back
// (R30). A gtld name leaves with redemption and returns with a restore request.
func TestLifeCycle(t *testing.T) {
	w := newWorld(t)
	w.create("a.co.test", "ns1.a.co.test/192.0.2.1")
	w.create("b.co.test", "ns1.a.co.test")
	w.create("c.gen", "ns1.example.net")
	w.fill()
	expiry := registry.DateOf(testNow, w.Location()).AddYears(2)
	run := func(day registry.Date) {
		t.Helper()
		pgtest.SetNow(t, w.DB(), day.EPPTime().Add(12*time.Hour))
		must(t, w.RunUntil(w.ctx, day, registry.BatchOptions{Chunk: 100, Workers: 1}))
		w.changes()
	}
	_, err := w.DB().Pool.Exec(w.ctx, `UPDATE domain SET first_paid = true`)
	must(t, err)
	run(expiry)
	run(expiry.AddDays(36))
	w.want("co.test", coNS, "a.co.test NS ns1.a.co.test.", "b.co.test NS ns1.a.co.test.", "ns1.a.co.test A 192.0.2.1", coGlue)
	run(expiry.AddDays(37))
	w.want("co.test", coNS, coGlue)
	_, err = w.RenewDomain(w.ctx, w.as("A-ONE"), registry.RenewDomainParams{Name: "b.co.test", CurExpiry: expiry, Years: 2})
	must(t, err)
	w.changes()
	w.want("co.test", coNS, "b.co.test NS ns1.a.co.test.", "ns1.a.co.test A 192.0.2.1", coGlue)
	_, err = w.DB().Pool.Exec(w.ctx, `UPDATE renewal_request SET state = 'paid'`)
	must(t, err)
	run(expiry.AddDays(98))
	// The host went with its name: b's delegation has no address left.
	w.want("co.test", coNS, "b.co.test NS ns1.a.co.test.", coGlue)

	_, err = w.DeleteDomain(w.ctx, w.as("A-ONE"), "c.gen")
	must(t, err)
	w.changes()
	w.want("gen", "gen NS ns1.example.net.")
}

// A change of the apex: a new serial, and the journal begins anew.
func TestApexChanges(t *testing.T) {
	w := newWorld(t)
	w.create("a.co.test", "ns1.example.net")
	w.fill()
	before := w.serial("co.test")
	must(t, w.SetZoneApex(w.ctx, staff(), "co.test", func(a *registry.ZoneApex) {
		a.TTL, a.NameServers = 600, a.NameServers[:1]
	}))
	done := w.changes()
	if len(done) != 1 || !After(w.serial("co.test"), before) {
		t.Fatalf("%+v", done)
	}
	must(t, w.pub.Read(w.ctx, "co.test", func(ctx context.Context, r *Reading) error {
		ok, err := r.Since(ctx, before, func(d Delta) error { return fmt.Errorf("%+v", d) })
		if ok {
			t.Error("the journal goes back beyond a change of the apex")
		}
		return err
	}))
	_, err := w.pub.Compare(w.ctx, "co.test", false)
	must(t, err)
	w.want("co.test", "co.test NS ns1.nic.test.", "a.co.test NS ns1.example.net.")
	_, err = w.pub.Compare(w.ctx, "test", false)
	must(t, err)
	w.want("test", testNS, "co.test NS ns1.nic.test.", deepTop, topGlue)
}

// Force: a new serial and journal though nothing differs, as after restoring a
// backup, when secondaries have later serials that the register knows nothing of.
func TestForceRenewsSerial(t *testing.T) {
	w := newWorld(t)
	w.create("a.co.test", "ns1.example.net")
	w.fill()
	before := w.serial("co.test")
	c, err := w.pub.Compare(w.ctx, "co.test", false)
	must(t, err)
	if c.Differ != 0 || w.serial("co.test") != before {
		t.Errorf("a comparison that found nothing gave a new serial: %+v", c)
	}
	_, err = w.pub.Compare(w.ctx, "co.test", true)
	must(t, err)
	if !After(w.serial("co.test"), before) {
		t.Errorf("serial %d after %d", w.serial("co.test"), before)
	}
	must(t, w.pub.Read(w.ctx, "co.test", func(ctx context.Context, r *Reading) error {
		ok, err := r.Since(ctx, before, func(d Delta) error { return fmt.Errorf("%+v", d) })
		if ok {
			t.Error("the old journal is still there")
		}
		return err
	}))
	w.want("co.test", coNS, "a.co.test NS ns1.example.net.", coGlue)
}
