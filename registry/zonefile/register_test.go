package zonefile

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var testNow = time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)

// world is a small register with the zones test and, below it, co.test (both
// uk, published), deep.org.test two labels down, and gen (gtld).
type world struct {
	*registry.Registry
	t    *testing.T
	ctx  context.Context
	pub  *Publisher
	logs *bytes.Buffer
	dir  string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := pgtest.New(t)
	pgtest.SetNow(t, db, testNow)
	ctx := t.Context()
	must(t, registry.Install(ctx, db, registry.Installation{TestBed: true, RepositoryID: "UK", RegistryTag: "REGISTRY", TimeZone: "Europe/London"}))
	for _, sql := range []string{
		`INSERT INTO registrar (tag, name, created_at) VALUES ('A-ONE', 'Alpha', '2020-01-01'), ('B-TWO', 'Beta', '2020-01-01')`,
		`INSERT INTO zone (name, profile, idn_table, dnssec_data, created_at) VALUES ('test', 'uk', 'none', 'both', '2020-01-01'),
			('co.test', 'uk', 'latin', 'both', '2020-01-01'), ('deep.org.test', 'uk', 'none', 'both', '2020-01-01'), ('gen', 'gtld', 'none', 'both', '2020-01-01')`,
		`INSERT INTO price (zone_id, operation, tier, years, currency, amount, valid_from)
			SELECT z.id, op, tier, y, 'GBP', y * 100, '2020-01-01' FROM zone z, unnest(ARRAY['create', 'renew', 'transfer', 'restore']) op,
			unnest(ARRAY['member', 'non-member']) tier, generate_series(0, 10) y WHERE (op = 'restore') = (y = 0)`,
		`INSERT INTO contact (handle, sponsor, postal, email, natural_person, creator, created_at)
			SELECT lower(left(tag, 1)) || '-owner', id, '[]', 'owner@example.net', true, id, '2020-01-01' FROM registrar WHERE kind = 'registrar'`,
		`INSERT INTO host (name, sponsor, creator, created_at)
			SELECT h, r.id, r.id, '2020-01-01' FROM registrar r, unnest(ARRAY['ns1.example.net', 'ns2.example.net']) h WHERE tag = 'A-ONE'`,
	} {
		_, err := db.Pool.Exec(ctx, sql)
		must(t, err)
	}
	r, err := registry.New(ctx, db, registry.Config{Policy: registry.DefaultPolicy()})
	must(t, err)
	w := &world{Registry: r, t: t, ctx: ctx, logs: &bytes.Buffer{}, dir: t.TempDir()}
	w.pub = NewPublisher(r, DefaultOptions(), slog.New(slog.NewTextHandler(w.logs, nil)))
	for zone, servers := range map[string][]string{
		"test": {"ns1.nic.test/192.0.2.53/2001:db8::53", "ns.example.net"}, "co.test": {"ns1.nic.test", "ns1.nic.co.test/192.0.2.54"},
		"deep.org.test": {"ns1.nic.test"}, "gen": {"ns1.example.net"},
	} {
		must(t, r.SetZoneApex(ctx, staff(), zone, func(a *registry.ZoneApex) {
			a.Mailbox = "host.master@nic.test"
			for _, s := range servers {
				v, err := registry.ParseZoneServer(s)
				must(t, err)
				a.NameServers = append(a.NameServers, v)
			}
		}))
	}
	return w
}

func staff() registry.Actor {
	return registry.Actor{Kind: registry.ActorStaff, Staff: "olive", Role: registry.RoleOperator, Reason: "a test", SvTRID: "T-1"}
}

// as is the actor of a tag.
func (w *world) as(tag string) registry.Actor {
	w.t.Helper()
	reg, err := w.Registrar(w.ctx, tag)
	must(w.t, err)
	return registry.Actor{Kind: registry.ActorRegistrar, TAG: tag, Registrar: reg.ID, ClTRID: "cl", SvTRID: "sv"}
}

// create registers a name of A-ONE with name servers, host or host/address.
func (w *world) create(name string, hosts ...string) {
	w.t.Helper()
	p := registry.CreateDomainParams{Name: name, Registrant: "a-owner", Years: 2, Hosts: w.hosts(hosts)}
	if strings.HasSuffix(name, ".gen") {
		p.AuthInfo = "Secret-123456789-abcdef"
	}
	_, err := w.CreateDomain(w.ctx, w.as("A-ONE"), p)
	must(w.t, err)
}

func (w *world) hosts(list []string) []registry.HostSpec {
	var out []registry.HostSpec
	for _, h := range list {
		name, addresses, glue := strings.Cut(h, "/")
		s := registry.HostSpec{Name: name, Attribute: glue}
		if glue {
			s.Addresses = strings.Split(addresses, "/")
		}
		out = append(out, s)
	}
	return out
}

func (w *world) update(name string, change func(*registry.UpdateDomainParams)) {
	w.t.Helper()
	p := registry.UpdateDomainParams{Name: name}
	change(&p)
	_, err := w.UpdateDomain(w.ctx, w.as("A-ONE"), p)
	must(w.t, err)
}

// later moves the clock a little, as it does between two passes.
func (w *world) later() { pgtest.Advance(w.t, w.DB(), 10*time.Second) }

// changes makes one pass.
func (w *world) changes() []Published {
	w.t.Helper()
	w.later()
	done, more, err := w.pub.Changes(w.ctx)
	must(w.t, err)
	if more {
		w.t.Error("a pass over a small register left something")
	}
	return done
}

// fill publishes all zones for the first time.
func (w *world) fill() {
	w.t.Helper()
	for _, zone := range []string{"test", "co.test", "deep.org.test", "gen"} {
		_, err := w.pub.Compare(w.ctx, zone, false)
		must(w.t, err)
	}
	w.changes()
}

// zone is the file of a zone without its SOA, times and class, a record a line.
func (w *world) zone(zone string) string {
	w.t.Helper()
	f, err := w.pub.WriteFile(w.ctx, w.dir, zone)
	must(w.t, err)
	data, err := os.ReadFile(f.Path)
	must(w.t, err)
	var out []string
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if !strings.HasPrefix(fields[3], "SOA ") {
			out = append(out, strings.TrimSuffix(fields[0], ".")+" "+fields[3])
		}
	}
	return strings.Join(out, "\n")
}

func (w *world) want(zone string, lines ...string) {
	w.t.Helper()
	if got := w.zone(zone); got != strings.Join(lines, "\n") {
		w.t.Errorf("zone %s:\n%s\nwant:\n%s", zone, got, strings.Join(lines, "\n"))
	}
	w.same(zone)
}

// same fails the test if a comparison of the whole finds what the passes missed.
func (w *world) same(zone string) {
	w.t.Helper()
	c, err := w.pub.Compare(w.ctx, zone, false)
	must(w.t, err)
	if c.Differ != 0 {
		w.t.Errorf("zone %s: %d entries differ from the register after a pass", zone, c.Differ)
	}
}

func (w *world) serial(zone string) uint32 {
	w.t.Helper()
	list, err := w.pub.Statuses(w.ctx)
	must(w.t, err)
	for _, s := range list {
		if s.Zone == zone {
			return s.Serial
		}
	}
	w.t.Fatalf("zone %s is not published", zone)
	return 0
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
