package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A zone has an apex, is published to a file, and is not when it would shrink.
func TestZonePublish(t *testing.T) {
	d := newDesk(t)
	dir := filepath.Join(t.TempDir(), "zones")
	d.expect(exitUsage, "no zone has an apex", "operator", "zone", "publish", "--dir", dir)
	d.expect(exitRefused, "has no apex", "operator", "zone", "publish", "co.example", "--dir", dir)
	d.expect(exitRefused, "e-mail address", "operator", "zone", "apex", "co.example", "--ns", "ns1.example.net")
	d.expect(exitRefused, "role support", "support", "zone", "apex", "co.example", "--ns", "ns1.example.net", "--mailbox", "h@nic.example")
	d.must("operator", "zone", "apex", "co.example", "--ns", "ns1.nic.co.example/192.0.2.53", "--ns", "ns2.example.net",
		"--mailbox", "hostmaster@nic.example", "--ttl", "3600")
	_, err := d.db.Pool.Exec(t.Context(), `INSERT INTO host (name, sponsor, creator, created_at) SELECT 'ns1.example.net', id, id, '2020-01-01' FROM registrar WHERE tag = 'ALPHA'`)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		d.register("name" + string(rune('a'+i)) + ".co.example")
		d.must("operator", "-y", "--reason", "set up", "domain", "set", "name"+string(rune('a'+i))+".co.example", "--add-ns", "ns1.example.net")
	}
	d.expect(exitRefused, "role support", "support", "zone", "publish", "--dir", dir)
	v := parsed[[]published](t, d.must("operator", "--json", "zone", "publish", "--dir", dir))
	if len(v) != 1 || v[0].Names != 12 || v[0].Records != 16 || v[0].Serial == 0 {
		t.Errorf("%+v", v)
	}
	good, err := os.ReadFile(filepath.Join(dir, "co.example.zone"))
	if err != nil || !strings.Contains(string(good), "namea.co.example.\t3600\tIN\tNS ns1.example.net.\n") {
		t.Errorf("%v\n%s", err, good)
	}
	for i := range 11 {
		d.must("operator", "-y", "domain", "suspend", "name"+string(rune('a'+i))+".co.example")
	}
	d.expect(exitRefused, "11 of 12 names would go, more than 10 percent", "operator", "zone", "publish", "--dir", dir)
	now, err := os.ReadFile(filepath.Join(dir, "co.example.zone"))
	if err != nil || string(now) != string(good) {
		t.Errorf("a stopped zone was written: %v\n%s", err, now)
	}
	show := parsed[zoneView](t, d.must("support", "--json", "zone", "show", "co.example"))
	if p := show.DNS; p == nil || p.Stopped == "" || p.Serial != v[0].Serial || p.Names != 12 || p.FileSerial != p.Serial {
		t.Errorf("%+v", show.DNS)
	}
	d.must("operator", "--reason", "they were test names", "zone", "publish", "co.example", "--force", "--dir", dir)
	now, err = os.ReadFile(filepath.Join(dir, "co.example.zone"))
	if err != nil || strings.Count(string(now), "\n") != 5 {
		t.Errorf("forced: %v\n%s", err, now)
	}
	if old, err := os.ReadFile(filepath.Join(dir, "co.example.zone.previous")); err != nil || string(old) != string(good) {
		t.Errorf("the previous file: %v\n%s", err, old)
	}
	if log := d.must("support", "audit", "list", "--object", "zone"); !strings.Contains(log, "publish") || !strings.Contains(log, "they were test names") {
		t.Errorf("the audit log:\n%s", log)
	}
	show = parsed[zoneView](t, d.must("support", "--json", "zone", "show", "co.example"))
	if p := show.DNS; p == nil || p.Stopped != "" || p.Names != 1 {
		t.Errorf("%+v", show.DNS)
	}
}
