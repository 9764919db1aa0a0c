package deposit

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var testNow = time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)

// register is a register for one test.
type register struct {
	*registry.Registry
	t  *testing.T
	db *pg.DB
}

// operator is who makes deposits and imports.
var operator = registry.Actor{Kind: registry.ActorStaff, Staff: "test-operator", Role: registry.RoleOperator, Reason: "a test", SvTRID: "CTL-TEST"}

// empty is a register as "db migrate" leaves it.
func empty(t *testing.T) *register {
	t.Helper()
	db := pgtest.New(t)
	pgtest.SetNow(t, db, testNow)
	must(t, registry.Install(t.Context(), db, registry.Installation{TestBed: true, RepositoryID: "UK", RegistryTag: "REGISTRY", TimeZone: "Europe/London"}))
	r, err := registry.New(t.Context(), db, registry.Config{Policy: registry.DefaultPolicy()})
	must(t, err)
	return &register{r, t, db}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *register) exec(sql string, args ...any) {
	r.t.Helper()
	_, err := r.db.Pool.Exec(r.t.Context(), sql, args...)
	must(r.t, err)
}

func (r *register) text(sql string, args ...any) string {
	r.t.Helper()
	rows, err := r.db.Pool.Query(r.t.Context(), sql, args...)
	must(r.t, err)
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
	must(r.t, err)
	return v
}

func (r *register) as(tag string, profile registry.Profile) registry.Actor {
	r.t.Helper()
	reg, err := r.Registrar(r.t.Context(), tag)
	must(r.t, err)
	return registry.Actor{Kind: registry.ActorRegistrar, TAG: tag, Registrar: reg.ID, SvTRID: "SV-" + tag, Profile: profile}
}

const digest = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

// populated is a register with every value that a deposit can carry.
func populated(t *testing.T) *register {
	t.Helper()
	r := empty(t)
	ctx := t.Context()
	uk := registry.DefaultZoneSettings()
	uk.IDNTable = "latin"
	must(t, r.CreateZone(ctx, operator, "co.test", uk))
	gtld := registry.DefaultZoneSettings()
	gtld.Profile, gtld.DNSSECData, gtld.MaxNS = registry.ProfileGTLD, "both", 7
	must(t, r.CreateZone(ctx, operator, "gen.test", gtld))
	must(t, r.ReserveLabels(ctx, operator, "co.test", []registry.Reservation{{Label: "www", Kind: registry.LabelBlocked, Reason: "confusing"},
		{Label: "xn--caf-dma", Kind: registry.LabelReserved, Reason: "a <quoted> & \"odd\" reason"}}))
	for _, tag := range []string{"ALPHA", "BETA", "GAMMA"} {
		s := registry.DefaultRegistrarSettings()
		s.Name, s.BillingEmail, s.URL = "Registrar "+tag, "bills@"+strings.ToLower(tag)+".example", "https://"+strings.ToLower(tag)+".example"
		must(t, r.CreateRegistrar(ctx, operator, tag, s))
	}
	r.exec(`INSERT INTO price (zone_id, operation, tier, years, currency, amount, valid_from)
		SELECT z.id, op, 'member', y, 'GBP', y * 100, '2020-01-01' FROM zone z, unnest(ARRAY['create', 'renew', 'transfer', 'restore']) op, generate_series(0, 10) y`)
	r.contacts()
	r.names()
	return r
}

func (r *register) contacts() {
	r.t.Helper()
	ctx := r.t.Context()
	both := registry.CreateContactParams{ContactValues: registry.ContactValues{Handle: "BOTH-1", Email: "pat@example.net",
		Voice: "+44.1865332211", VoiceExt: "12", Fax: "+44.1865332212",
		Postal: []registry.PostalValues{
			{Form: registry.PostalInt, Name: "Pat Moeller", Org: "Moeller Ltd", Street: []string{"1 High Street", "Upper Floor", "Back"}, City: "Oxford", Province: "Oxon", PostalCode: "OX1 1AA", Country: "GB"},
			{Form: registry.PostalLoc, Name: "Pat Möller", Org: "Möller & <Söhne>", Street: []string{"1 High Street"}, City: "Oxford", Country: "GB"}}},
		AuthInfo: "correct-horse-battery-staple-1", Disclose: &registry.Disclosure{Flag: true, Name: []registry.PostalForm{registry.PostalLoc, registry.PostalInt}, Addr: []registry.PostalForm{registry.PostalInt}, Email: true}}
	_, _, err := r.CreateContact(ctx, r.as("ALPHA", registry.ProfileGTLD), both)
	must(r.t, err)
	for i, tag := range []string{"ALPHA", "BETA", "GAMMA"} {
		_, _, err = r.CreateContact(ctx, r.as(tag, registry.ProfileUK), registry.CreateContactParams{ContactValues: registry.ContactValues{
			Handle: fmt.Sprintf("UK-%d", i+1), Email: "owner@example.net", Type: "LTD", CompanyNo: "12345", TradName: "Trading, \"As\"",
			Postal: []registry.PostalValues{{Form: registry.PostalLoc, Name: "Ann Archer", Org: "Archer Ltd", Street: []string{"1 Mill Lane"}, City: "Leeds", PostalCode: "LS1 4AP", Country: "GB"}}},
			OptOut: i == 1, Disclose: &registry.Disclosure{Voice: true}})
		must(r.t, err)
	}
	r.exec(`UPDATE contact SET statuses = '{clientTransferProhibited,clientUpdateProhibited}', updater = creator, updated_at = $1, transferred_at = $2 WHERE handle = 'UK-2'`,
		testNow.Add(-time.Hour), testNow.Add(-48*time.Hour))
}

func (r *register) create(tag string, profile registry.Profile, p registry.CreateDomainParams) {
	r.t.Helper()
	_, err := r.CreateDomain(r.t.Context(), r.as(tag, profile), p)
	must(r.t, err)
}

func (r *register) names() {
	r.t.Helper()
	ctx := r.t.Context()
	alpha, gen := r.as("ALPHA", registry.ProfileUK), r.as("ALPHA", registry.ProfileGTLD)
	for _, name := range []string{"ns1.dns.example", "ns2.dns.example"} {
		_, _, err := r.CreateHost(ctx, alpha, registry.CreateHostParams{Name: name})
		must(r.t, err)
	}
	r.create("ALPHA", registry.ProfileUK, registry.CreateDomainParams{Name: "first.co.test", Years: 2, Registrant: "UK-1",
		Contacts: []registry.DomainContact{{Role: "admin", Handle: "BOTH-1"}, {Role: "tech", Handle: "UK-1"}, {Role: "tech", Handle: "BOTH-1"}},
		Bill:     registry.BillSettings{Auto: 30, AutoPeriod: 5}, Notes: []string{"one, note", "second"}, Reseller: "Shop \"R\" Us", FirstBill: registry.BillTagHolder})
	_, _, err := r.CreateHost(ctx, alpha, registry.CreateHostParams{Name: "ns1.first.co.test", Addresses: []registry.HostAddress{{Text: "192.0.2.1"}, {Text: "192.0.2.2"}, {Text: "2001:db8::1"}}})
	must(r.t, err)
	r.exec(`INSERT INTO domain_host SELECT d.id, h.id FROM domain d, host h WHERE d.name = 'first.co.test'`)
	r.exec(`INSERT INTO domain_ds (domain_id, ordinal, key_tag, algorithm, digest_type, digest) SELECT id, 0, 4711, 13, 2, decode($1, 'hex') FROM domain WHERE name = 'first.co.test'`, digest)
	r.exec(`UPDATE domain SET statuses = '{clientHold,serverUpdateProhibited}', updater = sponsor, updated_at = $1, transferred_at = $2, tag_changed = true,
		auth_hash = decode(repeat('ab', 48), 'hex'), auth_set_at = $1 WHERE name = 'first.co.test'`, testNow.Add(-3*time.Hour), testNow.Add(-72*time.Hour))
	r.create("BETA", registry.ProfileUK, registry.CreateDomainParams{Name: "suspended.co.test", Registrant: "UK-2", Years: 1, RecurBill: registry.BillCustomer})
	r.exec(`UPDATE domain SET expires = '2026-03-01', suspended_on = '2026-05-01', suspended_reason = 'renewal unpaid', statuses = '{serverHold}',
		advance_warning_on = '2026-01-01', reminder_on = '2026-03-02', pro_forma_on = '2026-04-01', created_at = '2020-03-01 12:34:56.789012Z' WHERE name = 'suspended.co.test'`)
	r.create("GAMMA", registry.ProfileUK, registry.CreateDomainParams{Name: "xn--mller-kva.co.test", Registrant: "UK-3", Years: 1})
	r.exec(`UPDATE domain SET renew_not_required = true, not_required_on = '2026-05-30' WHERE name = 'xn--mller-kva.co.test'`)
	r.create("ALPHA", registry.ProfileGTLD, registry.CreateDomainParams{Name: "keys.gen.test", Years: 3, AuthInfo: "another-very-random-Text-42"})
	r.exec(`INSERT INTO domain_ds (domain_id, ordinal, key_flags, key_proto, key_alg, public_key) SELECT id, 0, 257, 3, 13, decode(repeat('0c', 64), 'hex') FROM domain WHERE name = 'keys.gen.test'`)
	r.create("ALPHA", registry.ProfileGTLD, registry.CreateDomainParams{Name: "gone.gen.test", Years: 1})
	r.exec(`DELETE FROM grace_period WHERE domain_id = (SELECT id FROM domain WHERE name = 'gone.gen.test')`)
	_, err = r.DeleteDomain(ctx, gen, "gone.gen.test")
	must(r.t, err)
	r.create("ALPHA", registry.ProfileGTLD, registry.CreateDomainParams{Name: "moving.gen.test", Years: 1, AuthInfo: "yet-another-very-random-Text-43"})
	_, err = r.RequestDomainTransfer(ctx, r.as("BETA", registry.ProfileGTLD), registry.TransferDomainParams{Name: "moving.gen.test", AuthInfo: "yet-another-very-random-Text-43", Years: 1})
	must(r.t, err)
	r.exec(`UPDATE domain SET unassigned = true, sponsor = (SELECT id FROM registrar WHERE tag = 'REGISTRY') WHERE name = 'xn--mller-kva.co.test'`)
	// Identifiers are not in order, and have gaps.
	r.exec(`SELECT setval('domain_id_seq', 5000)`)
	r.create("BETA", registry.ProfileUK, registry.CreateDomainParams{Name: "last.co.test", Registrant: "UK-2", Years: 1})
}

// Columns that a deposit does not carry: money, and what the register derives.
const notCarried = `{first_paid,first_due,recheck}`

// state is everything that a deposit must carry, as text: tags and zones by
// name, as their numbers may differ.
func (r *register) state() string {
	r.t.Helper()
	var out strings.Builder
	for _, sql := range []string{
		`SELECT 'domain ' || (to_jsonb(d) - $1::text[] || jsonb_build_object('zone_id', z.name, 'sponsor', s.tag, 'creator', c.tag, 'updater', u.tag))::text AS line
			FROM domain d JOIN zone z ON z.id = d.zone_id JOIN registrar s ON s.id = d.sponsor JOIN registrar c ON c.id = d.creator LEFT JOIN registrar u ON u.id = d.updater`,
		`SELECT 'contact ' || (to_jsonb(d) - $1::text[] || jsonb_build_object('sponsor', s.tag, 'creator', c.tag, 'updater', u.tag))::text AS line
			FROM contact d JOIN registrar s ON s.id = d.sponsor JOIN registrar c ON c.id = d.creator LEFT JOIN registrar u ON u.id = d.updater`,
		`SELECT 'host ' || (to_jsonb(d) - $1::text[] || jsonb_build_object('sponsor', s.tag, 'creator', c.tag, 'updater', u.tag))::text AS line
			FROM host d JOIN registrar s ON s.id = d.sponsor JOIN registrar c ON c.id = d.creator LEFT JOIN registrar u ON u.id = d.updater`,
		`SELECT 'use ' || to_jsonb(d)::text AS line FROM domain_contact d WHERE $1::text[] IS NOT NULL`,
		`SELECT 'delegation ' || to_jsonb(d)::text AS line FROM domain_host d WHERE $1::text[] IS NOT NULL`,
		`SELECT 'ds ' || to_jsonb(d)::text AS line FROM domain_ds d WHERE $1::text[] IS NOT NULL`,
		`SELECT 'grace ' || (to_jsonb(d) - $1::text[] - 'id' - 'charge_id' || jsonb_build_object('registrar_id', s.tag))::text AS line FROM grace_period d JOIN registrar s ON s.id = d.registrar_id`,
		`SELECT 'transfer ' || (to_jsonb(d) - $1::text[] - 'id' || jsonb_build_object('gaining', s.tag, 'losing', l.tag))::text AS line FROM transfer d
			JOIN registrar s ON s.id = d.gaining JOIN registrar l ON l.id = d.losing`,
		`SELECT 'zone ' || (to_jsonb(d) - $1::text[] - 'id' - 'created_at' - 'updated_at')::text AS line FROM zone d`,
		`SELECT 'label ' || (to_jsonb(d) - $1::text[] || jsonb_build_object('zone_id', z.name))::text AS line FROM reserved_name d JOIN zone z ON z.id = d.zone_id`,
		`SELECT 'registrar ' || (to_jsonb(d) - $1::text[] - 'id')::text AS line FROM registrar d WHERE kind = 'registrar'`,
	} {
		rows, err := r.db.Pool.Query(r.t.Context(), `SELECT line FROM (`+sql+`) x ORDER BY 1`, notCarried)
		must(r.t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(r.t, err)
		out.WriteString(strings.Join(lines, "\n") + "\n")
	}
	return out.String()
}

// same compares two states line by line.
func same(t *testing.T, want, got string) {
	t.Helper()
	if want == got {
		return
	}
	has := func(text, line string) bool { return strings.Contains("\n"+text, "\n"+line+"\n") }
	for line := range strings.Lines(want) {
		if line = strings.TrimSuffix(line, "\n"); !has(got, line) {
			t.Errorf("lost:  %s", line)
		}
	}
	for line := range strings.Lines(got) {
		if line = strings.TrimSuffix(line, "\n"); !has(want, line) {
			t.Errorf("added: %s", line)
		}
	}
}

// make makes a deposit in a folder of its own.
func (r *register) make(o Options) Result {
	r.t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(r.t.TempDir(), "deposits")
	}
	if o.Type == "" {
		o.Type = registry.EscrowFull
	}
	if o.Format == "" {
		o.Format = "xml"
	}
	o.AuthInfo = true
	res, err := Make(r.t.Context(), r.Registry, operator, o)
	must(r.t, err)
	return res
}

func open(t *testing.T, file string, keys Keys) *Opened {
	t.Helper()
	o, err := Open(file, keys)
	must(t, err)
	t.Cleanup(func() { must(t, o.Close()) })
	return o
}

// load imports a deposit.
func (r *register) load(ctx context.Context, o *Opened, io registry.ImportOptions) (registry.ImportReport, error) {
	return r.ImportDeposit(ctx, operator, NewSource(o), io)
}
