// Package lookuptest fills a register for the tests of WHOIS and RDAP: names in
// every state, in both profiles, in several scripts, with contacts that say
// different things about their publication.
//
// Imports: registry, registry/pg, the test packages. Only tests import it.
package lookuptest

import (
	"context"
	"encoding/hex"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// Now is where the registry clock of the register stands.
var Now = time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)

// Names in other scripts, in the form in which they are stored.
const (
	Latin    = "xn--bcher-kva.co.test" // bücher
	Cyrillic = "xn--e1afmkfd.co.test"  // пример
	Chinese  = "xn--fsqu00a.co.test"   // 例子
	Arabic   = "xn--mgbh0fb.co.test"   // مثال
	Digest   = "144ac86d05c00f559949c5db9d12a6c477292f690606ac2e8bdb2c9f9ee03406"
)

// Register is a filled register and a count of what it asks its database.
type Register struct {
	*registry.Registry
	DB *pg.DB

	t       testing.TB
	ctx     context.Context
	queries atomic.Int64
}

// New fills a register in a database of its own.
func New(t testing.TB) *Register {
	t.Helper()
	r := &Register{DB: pgtest.New(t), t: t, ctx: t.Context()}
	pgtest.SetNow(t, r.DB, Now)
	r.count()
	r.must(registry.Install(r.ctx, r.DB, registry.Installation{
		TestBed: true, RepositoryID: "TEST", RegistryTag: "REGISTRY", TimeZone: "Europe/London",
	}))
	var err error
	r.Registry, err = registry.New(r.ctx, r.DB, registry.Config{Policy: registry.DefaultPolicy()})
	r.must(err)
	r.parties()
	r.names()
	r.states()
	return r
}

// Queries counts the round trips to the database since the last call.
func (r *Register) Queries() int64 { return r.queries.Swap(0) }

// TraceQueryStart implements pgx.QueryTracer.
func (r *Register) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	r.queries.Add(1)
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (r *Register) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart implements pgx.BatchTracer.
func (r *Register) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	r.queries.Add(1)
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (r *Register) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd implements pgx.BatchTracer.
func (r *Register) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// count puts a pool that is traced in the place of the database's.
func (r *Register) count() {
	cfg := r.DB.Pool.Config()
	cfg.ConnConfig.Tracer = r
	pool, err := pgxpool.NewWithConfig(r.ctx, cfg)
	r.must(err)
	first := r.DB.Pool
	r.DB.Pool = pool
	r.t.Cleanup(first.Close)
}

func (r *Register) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// SQL puts something into the register that no command makes.
func (r *Register) SQL(sql string, args ...any) {
	r.t.Helper()
	_, err := r.DB.Pool.Exec(r.ctx, sql, args...)
	r.must(err)
}

func system() registry.Actor {
	a := registry.System("TEST-1")
	a.Reason = "a test"
	return a
}

// as is the actor of a tag.
func (r *Register) as(tag string, profile registry.Profile) registry.Actor {
	reg, err := r.Registrar(r.ctx, tag)
	r.must(err)
	return registry.Actor{Kind: registry.ActorRegistrar, TAG: tag, Registrar: reg.ID, SvTRID: "TEST-2", Profile: profile}
}

// parties makes zones, prices, registrars and contacts.
func (r *Register) parties() {
	for name, s := range map[string]registry.ZoneSettings{
		"co.test":   {IDNTable: "latin"},
		"ref.test":  {Referred: true},
		"full.test": {Publication: registry.PublishFull},
		"gen":       {Profile: registry.ProfileGTLD},
	} {
		all := registry.DefaultZoneSettings()
		all.Referred, all.Publication = s.Referred, s.Publication
		if s.IDNTable != "" {
			all.IDNTable = s.IDNTable
		}
		if s.Profile != "" {
			all.Profile = s.Profile
		}
		r.must(r.CreateZone(r.ctx, system(), name, all))
		for _, op := range []billing.Operation{"create", "renew"} {
			p := billing.Price{Zone: name, Operation: op, Tier: registry.TierMember, Years: 1,
				Amount: billing.Money{Minor: 400, Currency: "GBP"}, From: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}
			r.must(r.SetPrices(r.ctx, system(), name, p.ProRata(10)))
		}
	}
	for tag, name := range map[string]string{"A-ONE": "Alpha Names Ltd", "B-TWO": "Beta Domains plc"} {
		s := registry.DefaultRegistrarSettings()
		s.Name = name
		if tag == "A-ONE" {
			s.TradName, s.URL, s.IANAID = "Alpha", "https://alpha.example", 9901
			s.AbuseEmail, s.AbusePhone = "abuse@alpha.example", "+44.2079460001"
		}
		r.must(r.CreateRegistrar(r.ctx, system(), tag, s))
	}
	r.contact("PERSON", "IND", "", nil, false)
	r.contact("FIRM", "LTD", "Zebra Widgets Ltd", nil, false)
	all := []registry.PostalForm{registry.PostalLoc}
	r.contact("OPEN", "IND", "", &registry.Disclosure{Flag: true, Name: all, Email: true}, false)
	r.contact("SHY", "LTD", "Shy Holdings Ltd", &registry.Disclosure{Name: all, Addr: all, Voice: true}, false)
	r.contact("OPTOUT", "IND", "", nil, true)
}

// contact makes a contact of A-ONE, whose every value has its handle in it.
func (r *Register) contact(handle, kind, org string, d *registry.Disclosure, optOut bool) {
	r.t.Helper()
	_, _, err := r.CreateContact(r.ctx, r.as("A-ONE", registry.ProfileUK), registry.CreateContactParams{
		ContactValues: registry.ContactValues{
			Handle: handle, Type: kind,
			Postal: []registry.PostalValues{{
				Form: registry.PostalLoc, Name: "Zoë " + handle, Org: org, Street: []string{"1 " + handle + " Street", "Top floor"},
				City: "Town of " + handle, Province: "Kent", PostalCode: "CT1 1AA", Country: "GB",
			}},
			Voice: "+44.2079460000", VoiceExt: "12", Fax: "+44.2079460009", Email: handle + "@mail.example",
		},
		Disclose: d, OptOut: optOut,
	})
	r.must(err)
}

// names registers names of both profiles.
func (r *Register) names() {
	digest, err := hex.DecodeString(Digest)
	r.must(err)
	ds := registry.DNSSEC{DS: []registry.DSData{{KeyTag: 7165, Algorithm: 13, DigestType: 2, Digest: digest}}}
	for _, h := range []string{"ns1.example.net", "ns2.example.net"} {
		_, _, err := r.CreateHost(r.ctx, r.as("A-ONE", registry.ProfileUK), registry.CreateHostParams{Name: h})
		r.must(err)
	}
	hosts := []registry.HostSpec{{Name: "ns1.example.net"}, {Name: "ns2.example.net"}}
	for _, n := range []string{"paid.co.test", "expired.co.test", "suspended.co.test", "norenew.co.test", "renewing.co.test",
		"pending.ref.test", Latin, "fresh.co.test", "held.co.test"} {
		r.register("A-ONE", registry.ProfileUK, registry.CreateDomainParams{Name: n, Registrant: "PERSON", Hosts: hosts})
	}
	glue := []registry.HostSpec{{Name: "ns1.glue.co.test", Addresses: []string{"192.0.2.1", "2001:db8::1"}, Attribute: true}, {Name: "ns1.example.net"}}
	r.register("A-ONE", registry.ProfileUK, registry.CreateDomainParams{Name: "glue.co.test", Registrant: "FIRM", Hosts: glue, DNSSEC: ds})
	r.register("A-ONE", registry.ProfileUK, registry.CreateDomainParams{Name: "bare.co.test", Registrant: "PERSON"})
	for _, who := range []string{"PERSON", "FIRM", "OPEN", "SHY", "OPTOUT"} {
		for _, zone := range []string{".co.test", ".full.test"} {
			r.register("A-ONE", registry.ProfileUK, registry.CreateDomainParams{Name: "of-" + who + zone, Registrant: who, Hosts: hosts})
		}
	}
	r.register("A-ONE", registry.ProfileGTLD, registry.CreateDomainParams{Name: "tulip.gen", Years: 1, Registrant: "OPEN",
		Contacts: []registry.DomainContact{{Role: "admin", Handle: "OPEN"}, {Role: "tech", Handle: "PERSON"}, {Role: "billing", Handle: "OPEN"}},
		Hosts:    hosts, DNSSEC: ds, AuthInfo: "a-long-secret-of-the-name"})
}

func (r *Register) register(tag string, profile registry.Profile, p registry.CreateDomainParams) {
	r.t.Helper()
	if p.Years == 0 {
		p.Years = 2
	}
	_, err := r.CreateDomain(r.ctx, r.as(tag, profile), p)
	if err != nil {
		r.t.Fatalf("create %s: %v", p.Name, err)
	}
}

// states brings the names into the states that their names tell.
func (r *Register) states() {
	r.SQL(`UPDATE domain SET first_paid = true WHERE name NOT IN ('fresh.co.test', 'pending.ref.test')`)
	r.SQL(`UPDATE domain SET expires = '2026-05-20' WHERE name = 'expired.co.test'`)
	r.SQL(`UPDATE domain SET expires = '2026-04-01', suspended_on = '2026-05-08', suspended_reason = 'renewal unpaid' WHERE name = 'suspended.co.test'`)
	r.SQL(`UPDATE domain SET renew_not_required = true, expires = '2026-07-01' WHERE name = 'norenew.co.test'`)
	r.SQL(`UPDATE domain SET statuses = '{clientTransferProhibited,serverHold}' WHERE name = 'held.co.test'`)
	r.SQL(`UPDATE domain SET expires = '2026-08-01' WHERE name = 'renewing.co.test'`)
	_, err := r.RenewDomain(r.ctx, r.as("A-ONE", registry.ProfileUK), registry.RenewDomainParams{
		Name: "renewing.co.test", CurExpiry: registry.NewDate(2026, 8, 1), Years: 2})
	r.must(err)
	for _, n := range []string{Cyrillic, Chinese, Arabic} {
		r.SQL(`INSERT INTO domain (name, zone_id, sponsor, registrant, expires, first_paid, creator, created_at)
			SELECT $1, zone_id, sponsor, registrant, expires, true, creator, created_at FROM domain WHERE name = 'paid.co.test'`, n)
	}
}
