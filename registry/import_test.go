package registry

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/namekeep/namekeep/registry/pg"
)

// csvFiles makes the files of an import; the arguments are names and contents
// in turn.
func csvFiles(pairs ...string) fs.FS {
	files := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		files[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return files
}

const (
	someContacts = `handle,name,org,street,city,postal-code,country,voice,email,type
IMP-1,Ann Archer,,1 Mill Lane;Upper Floor,Leeds,LS1 4AP,GB,+44.1130000000,ann@mail.example,IND
IMP-2,Paul Miller,Miller Mills Ltd,2 High Street,London,SW1A 1AA,GB,,paul@mail.example,LTD
IMP-3,Nobody Uses,,3 High Street,London,SW1A 1AA,GB,,nobody@mail.example,
`
	someHosts = `host,addresses
ns1.dns.example,
ns1.first.co.test,192.0.2.1;2001:db8::1
`
	someDomains = `name,tag,registrant,admin,tech,hosts,ds,created,expires,statuses,auto-bill
first.co.test,A-ONE,IMP-1,IMP-2,,ns1.first.co.test;ns1.second.co.test/192.0.2.2,4711 13 2 ` + someDigest + `,2020-03-01,2028-03-01,clientHold,30
second.co.test,B-TWO,IMP-2,,IMP-1;IMP-2,ns1.dns.example;ns1.first.co.test,,,2026-07-01,,
café.co.test,A-ONE,IMP-1,,,,,2025-06-01,2027-06-01,,
third.gen,A-ONE,IMP-2,,,ns1.dns.example,,,2027-01-01,,
`
	someDigest = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
)

func someFiles() fs.FS {
	return csvFiles(ImportContacts, someContacts, ImportHosts, someHosts, ImportDomains, someDomains)
}

// importer is the actor of an import.
func importer() Actor { return staff(RoleOperator) }

func TestImportWaitsUnassigned(t *testing.T) {
	r := newRegister(t)
	var progress []string
	o := ImportOptions{ChunkSize: 2, Progress: func(done, total int) { progress = append(progress, fmt.Sprintf("%d/%d", done, total)) }}
	report, err := r.Import(r.ctx, importer(), someFiles(), o)
	must(t, err)
	want := ImportReport{Domains: ImportCount{Added: 4}, Contacts: ImportCount{Added: 3}, Hosts: ImportCount{Added: 3}}
	if report != want {
		t.Errorf("report %+v, want %+v", report, want)
	}
	// first needs second's host and second first's: they go together.
	if got := strings.Join(progress, " "); got != "2/4 4/4" {
		t.Errorf("progress %s", got)
	}
	view, err := r.InfoDomain(r.ctx, staff(RoleSupport), InfoDomainParams{Name: "first.co.test"})
	must(t, err)
	switch {
	case !view.Unassigned || view.Sponsor != "REGISTRY" || !view.FirstPaid:
		t.Errorf("not waiting: unassigned %v, sponsor %s, paid %v", view.Unassigned, view.Sponsor, view.FirstPaid)
	case view.Expires != NewDate(2028, 3, 1) || DateOf(view.Created, r.loc) != NewDate(2020, 3, 1):
		t.Errorf("dates %s, %s", view.Created, view.Expires)
	case !slices.Equal(view.Hosts, []string{"ns1.first.co.test", "ns1.second.co.test"}) ||
		!slices.Equal(view.Subordinate, []string{"ns1.first.co.test"}):
		t.Errorf("hosts %v, below it %v", view.Hosts, view.Subordinate)
	case len(view.DNSSEC.DS) != 1 || view.DNSSEC.DS[0].KeyTag != 4711:
		t.Errorf("DS %v", view.DNSSEC)
	case view.Bill.Auto != 30 || !view.Statuses.Has(StatusClientHold) || view.Registrant != "IMP-1":
		t.Errorf("%+v", view.Domain)
	}
	if !slices.Equal(view.Contacts, []DomainContact{{Role: "admin", Handle: "IMP-2"}}) {
		t.Errorf("contacts %v", view.Contacts)
	}
	if got := one[string](r, `SELECT string_agg(host(a), ' ' ORDER BY a) FROM host, unnest(addresses) a WHERE name = 'ns1.first.co.test'`); got != "192.0.2.1 2001:db8::1" {
		t.Errorf("glue %s", got)
	}
	if n := one[int](r, `SELECT count(*) FROM history WHERE action = 'import' AND staff = 'test-operator' AND reason = 'a test'`); n != 10 {
		t.Errorf("%d history rows, want 10", n)
	}
	if n := one[int](r, `SELECT count(*) FROM charge`); n != 0 {
		t.Errorf("an import charged %d names", n)
	}
	// A waiting name is nobody's: no tag may change it.
	_, err = r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: "second.co.test", CurExpiry: NewDate(2026, 7, 1), Years: 1})
	refused(t, err, KindAuthorization, CodeNotYours)
}

func TestImportTwice(t *testing.T) {
	r := newRegister(t)
	_, err := r.Import(r.ctx, importer(), someFiles(), ImportOptions{Only: []string{"second.co.test", "first.co.test"}})
	must(t, err)
	if n := one[int](r, `SELECT count(*) FROM domain`); n != 2 {
		t.Errorf("%d names, want the two on the list", n)
	}
	if n := one[int](r, `SELECT count(*) FROM contact WHERE handle = 'IMP-3'`); n != 0 {
		t.Error("a contact of no name on the list was loaded")
	}
	must(t, onlyError(r.AssignImported(r.ctx, importer(), "A-ONE", []string{"first.co.test"}, nil)))
	report, err := r.Import(r.ctx, importer(), someFiles(), ImportOptions{})
	must(t, err)
	want := ImportReport{Domains: ImportCount{Added: 2, There: 2}, Contacts: ImportCount{Added: 1, There: 2}, Hosts: ImportCount{There: 3}}
	if report != want {
		t.Errorf("second run %+v, want %+v", report, want)
	}
	if got := one[string](r, `SELECT r.tag FROM domain d JOIN registrar r ON r.id = d.sponsor WHERE d.name = 'first.co.test'`); got != "A-ONE" {
		t.Errorf("the second run gave an assigned name to %s", got)
	}
}

func onlyError(_ int, err error) error { return err }

func TestImportAssignsByTag(t *testing.T) {
	r := newRegister(t)
	_, err := r.Import(r.ctx, System("IMPORT-1"), someFiles(), ImportOptions{AssignTags: true})
	must(t, err)
	got := one[string](r, `SELECT string_agg(d.name || '=' || r.tag || CASE WHEN unassigned THEN '?' ELSE '' END, ' ' ORDER BY d.name)
		FROM domain d JOIN registrar r ON r.id = d.sponsor`)
	if got != "first.co.test=A-ONE second.co.test=B-TWO third.gen=A-ONE xn--caf-dma.co.test=A-ONE" {
		t.Error(got)
	}
	// A contact goes to the tag of the first name that uses it, a host to that of
	// the name it lies below.
	got = one[string](r, `SELECT string_agg(handle || '=' || tag, ' ' ORDER BY handle) FROM contact c JOIN registrar r ON r.id = c.sponsor WHERE handle LIKE 'IMP%'`)
	if got != "IMP-1=A-ONE IMP-2=A-ONE IMP-3=REGISTRY" {
		t.Error(got)
	}
	got = one[string](r, `SELECT string_agg(h.name || '=' || tag, ' ' ORDER BY h.name) FROM host h JOIN registrar r ON r.id = h.sponsor WHERE h.name ~ 'co.test|dns'`)
	if got != "ns1.dns.example=B-TWO ns1.first.co.test=A-ONE ns1.second.co.test=B-TWO" {
		t.Error(got)
	}
}

// C8: shared contacts need a price in every zone concerned.
func TestAssignImported(t *testing.T) {
	r := newRegister(t)
	_, err := r.Import(r.ctx, importer(), someFiles(), ImportOptions{})
	must(t, err)
	assign := func(tag string, names ...string) (int, error) {
		return r.AssignImported(r.ctx, importer(), tag, names, nil)
	}
	_, err = r.db.Pool.Exec(r.ctx, `UPDATE registrar SET currency = 'EUR' WHERE tag = 'C-THREE'`)
	must(t, err)
	// IMP-2 is the registrant of second.co.test and of third.gen.
	_, err = assign("C-THREE", "second.co.test")
	refused(t, err, KindBillingFailure, "")
	if !strings.Contains(err.Error(), "co.test, gen.") {
		t.Errorf("the zones are not listed: %v", err)
	}
	_, err = r.db.Pool.Exec(r.ctx, `INSERT INTO price (zone_id, operation, tier, years, currency, amount, valid_from)
		SELECT id, 'renew', 'member', 1, 'EUR', 100, '2020-01-01' FROM zone WHERE name = 'co.test'`)
	must(t, err)
	_, err = assign("C-THREE", "second.co.test")
	if refused(t, err, KindBillingFailure, ""); !strings.Contains(err.Error(), "contacts: gen.") {
		t.Errorf("the zones are not listed: %v", err)
	}
	if n := one[int](r, `SELECT count(*) FROM domain WHERE unassigned`); n != 4 {
		t.Errorf("%d names wait after a refusal, want 4", n)
	}
	_, err = assign("NO-TAG", "second.co.test")
	refused(t, err, KindNotFound, "")
	_, err = assign("DETAGGED", "second.co.test")
	refused(t, err, KindStatusProhibits, "")
	_, err = assign("A-ONE", "second.co.test", "other.co.test")
	refused(t, err, KindNotFound, "")
	if _, err = r.AssignImported(r.ctx, staff(RoleSupport), "A-ONE", nil, nil); KindOf(err) != KindAuthorization {
		t.Errorf("support may assign: %v", err)
	}

	n, err := assign("B-TWO", "SECOND.co.test")
	if must(t, err); n != 1 {
		t.Errorf("%d assigned, want 1", n)
	}
	_, err = assign("A-ONE", "second.co.test")
	refused(t, err, KindStatusProhibits, "")
	if n, err = assign("A-ONE"); err != nil || n != 3 {
		t.Errorf("the rest: %d, %v", n, err)
	}
	got := one[string](r, `SELECT string_agg(handle || '=' || tag, ' ' ORDER BY handle) FROM contact c JOIN registrar r ON r.id = c.sponsor WHERE handle LIKE 'IMP%'`)
	if got != "IMP-1=B-TWO IMP-2=B-TWO IMP-3=REGISTRY" {
		t.Errorf("contacts: %s", got)
	}
	if n := one[int](r, `SELECT count(*) FROM history WHERE action = 'assign' AND object = 'domain' AND changes->'sponsor'->>1 IN ('A-ONE', 'B-TWO')`); n != 4 {
		t.Errorf("%d history rows, want 4", n)
	}
	status, err := r.ImportStatus(r.ctx)
	must(t, err)
	if want := []ImportStatus{{"co.test", 3, 0}, {"gen", 1, 0}}; !slices.Equal(status, want) {
		t.Errorf("status %v, want %v", status, want)
	}
	e := NewDate(2026, 7, 1)
	_, err = r.RenewDomain(r.ctx, r.as("B-TWO"), RenewDomainParams{Name: "second.co.test", CurExpiry: e, Years: 1})
	must(t, err)
}

func TestImportFaults(t *testing.T) {
	r := newRegister(t)
	_, err := r.db.Pool.Exec(r.ctx, `INSERT INTO domain (name, zone_id, sponsor, expires, first_paid, creator, created_at)
		SELECT 'taken.gen', z.id, g.id, '2030-01-01', true, g.id, '2020-01-01' FROM zone z, registrar g WHERE z.name = 'gen' AND g.tag = 'A-ONE'`)
	must(t, err)
	contact := "handle,name,city,country,email\n"
	heading := "name,registrant,hosts,expires\n"
	full := "name,tag,registrant,hosts,ds,created,expires,statuses,suspended,suspended-reason,auto-bill,next-bill,recur-bill,renew-not-required\n"
	tests := []struct {
		name  string
		files fs.FS
		o     ImportOptions
		want  string // the fault's text has this, or the faults joined with |
	}{
		{"no such column", csvFiles(ImportDomains, "name,expires,colour\n"), ImportOptions{}, "domains.csv:1: colour: there is no such column"},
		{"column missing", csvFiles(ImportDomains, "name\n"), ImportOptions{}, "domains.csv:1: expires: the column is missing"},
		{"column twice", csvFiles(ImportDomains, "name,name,expires\n"), ImportOptions{}, "domains.csv:1: name: the column comes twice"},
		{"empty file", csvFiles(ImportDomains, ""), ImportOptions{}, "domains.csv:1: there is no heading line"},
		{"short line", csvFiles(ImportDomains, heading+"a.gen,,\n"), ImportOptions{}, "domains.csv:2: the line has 3 fields, the heading 4"},
		{"bad quotes", csvFiles(ImportDomains, heading+"a.gen,\"x\"y,,2027-01-01\n"), ImportOptions{}, "domains.csv:2: "},
		{"name", csvFiles(ImportDomains, heading+"a_b.gen,,,2027-01-01\n"), ImportOptions{}, "domains.csv:2: name: "},
		{"no zone", csvFiles(ImportDomains, heading+"a.elsewhere,,,2027-01-01\n"), ImportOptions{}, "domains.csv:2: name: a.elsewhere lies in no zone"},
		{"two labels", csvFiles(ImportDomains, heading+"a.b.gen,,,2027-01-01\n"), ImportOptions{}, "directly below gen"},
		{"letters of no table", csvFiles(ImportDomains, heading+"é.gen,,,2027-01-01\n"), ImportOptions{}, "characters that this zone does not offer"},
		{"twice", csvFiles(ImportDomains, heading+"a.gen,,,2027-01-01\nA.gen,,,2027-01-01\n"), ImportOptions{}, "domains.csv:3: name: a.gen is in line 2 already"},
		{"registered", csvFiles(ImportDomains, heading+"taken.gen,,,2027-01-01\n"), ImportOptions{}, "taken.gen is registered, and not by an import"},
		{"date", csvFiles(ImportDomains, heading+"a.gen,,,2027-02-30\n"), ImportOptions{}, "domains.csv:2: expires: "},
		{"no date", csvFiles(ImportDomains, heading+"a.gen,,,\n"), ImportOptions{}, "domains.csv:2: expires: the date is missing"},
		{"relative date", csvFiles(ImportDomains, heading+"a.gen,,,today+3\n"), ImportOptions{}, "relative dates need a reference day"},
		{"nonsense date", csvFiles(ImportDomains, heading+"a.gen,,,today+x\n"), ImportOptions{Reference: NewDate(2026, 6, 1)}, "is not a date"},
		{"too far", csvFiles(ImportDomains, heading+"a.gen,,,2036-06-02\n"), ImportOptions{}, "more than 10 years away"},
		{"created to come", csvFiles(ImportDomains, full+"a.gen,,,,,2026-06-02,2027-01-01,,,,,,,\n"), ImportOptions{}, "domains.csv:2: created: the day is to come"},
		{"created after expiry", csvFiles(ImportDomains, full+"a.gen,,,,,2026-02-02,2026-01-01,,,,,,,\n"), ImportOptions{}, "the name expires before"},
		{"registrant missing", csvFiles(ImportDomains, heading+"a.co.test,,,2027-01-01\n"), ImportOptions{}, "domains.csv:2: registrant: a name in co.test needs one"},
		{"registrant unknown", csvFiles(ImportDomains, heading+"a.co.test,NOBODY,,2027-01-01\n"), ImportOptions{}, `the contact "NOBODY" is neither in contacts.csv nor in the register`},
		{"a registrar's contact", csvFiles(ImportDomains, heading+"a.co.test,a-owner,,2027-01-01\n"), ImportOptions{}, "not from an import"},
		{"a registrar's handle", csvFiles(ImportContacts, contact+"a-owner,X,Leeds,GB,x@mail.example\n", ImportDomains, heading), ImportOptions{}, "contacts.csv:2: handle: a-owner is in the register"},
		{"contact values", csvFiles(ImportContacts, contact+"IMP-9,X,,UK,x@mail\n", ImportDomains, heading), ImportOptions{}, "contacts.csv:2: city: "},
		{"handle twice", csvFiles(ImportContacts, contact+"IMP-9,X,L,GB,x@mail.example\nIMP-9,X,L,GB,x@mail.example\n", ImportDomains, heading), ImportOptions{}, "contacts.csv:3: handle: IMP-9 is in line 2 already"},
		{"glue missing", csvFiles(ImportDomains, heading+"a.gen,,ns1.a.gen,2027-01-01\n"), ImportOptions{}, "domains.csv:2: ns1.a.gen lies in a zone of this registry and needs an address"},
		{"glue outside", csvFiles(ImportDomains, heading+"a.gen,,ns1.a.example/192.0.2.1,2027-01-01\n"), ImportOptions{}, "takes no addresses"},
		{"glue private", csvFiles(ImportDomains, heading+"a.gen,,ns1.a.gen/10.0.0.1,2027-01-01\n"), ImportOptions{}, "domains.csv:2: hosts: 10.0.0.1 is not a public address"},
		{"glue of no name", csvFiles(ImportDomains, heading+"a.gen,,ns1.b.gen/192.0.2.1,2027-01-01\n"), ImportOptions{}, "lies below b.gen, which is neither in domains.csv nor registered"},
		{"DS", csvFiles(ImportDomains, full+"a.gen,,,,1 13 2 abcd,,2027-01-01,,,,,,,\n"), ImportOptions{}, "domains.csv:2: ds: "},
		{"DS form", csvFiles(ImportDomains, full+"a.gen,,,,nonsense,,2027-01-01,,,,,,,\n"), ImportOptions{}, "is not a DS record"},
		{"status", csvFiles(ImportDomains, full+"a.gen,,,,,,2027-01-01,pendingDelete,,,,,,\n"), ImportOptions{}, "domains.csv:2: statuses: "},
		{"no status", csvFiles(ImportDomains, full+"a.gen,,,,,,2027-01-01,lost,,,,,,\n"), ImportOptions{}, "domains.csv:2: statuses: "},
		{"suspension in gtld", csvFiles(ImportDomains, full+"a.gen,,,,,,2027-01-01,,2026-01-01,,,,,\n"), ImportOptions{}, "zone gen has no renewal settings and no suspension"},
		{"R11", csvFiles(ImportDomains, full+"a.gen,,,,,,2027-01-01,,,,3,4,,\n"), ImportOptions{}, "(R11)"},
		{"R21", csvFiles(ImportDomains, full+"a.gen,,,,,,2027-01-01,,,,3,,bc,\n"), ImportOptions{}, "(R21)"},
		{"R10", csvFiles(ImportDomains, full+"a.gen,,,,,,2027-01-01,,,,183,,,\n"), ImportOptions{}, "not a number from 1 to 182"},
		{"neither yes nor no", csvFiles(ImportDomains, full+"a.gen,,,,,,2027-01-01,,,,,,,perhaps\n"), ImportOptions{}, "is neither yes nor no"},
		{"tag", csvFiles(ImportDomains, full+"a.gen,NONE,,,,,2027-01-01,,,,,,,\n"), ImportOptions{AssignTags: true}, `domains.csv:2: tag: "NONE" is no tag`},
		{"not in the file", csvFiles(ImportDomains, heading+"a.gen,,,2027-01-01\n"), ImportOptions{Only: []string{"b.gen"}}, "b.gen is asked for and not in the file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := r.Import(r.ctx, importer(), tt.files, tt.o)
			var faults ImportFaults
			if !errors.As(err, &faults) {
				t.Fatalf("error %v, want faults", err)
			}
			if !strings.Contains(faults.Error(), tt.want) {
				t.Errorf("faults:\n%v\nwant %s", faults, tt.want)
			}
			if n := one[int](r, `SELECT count(*) FROM history WHERE action = 'import'`); n != 0 {
				t.Errorf("a file with faults loaded %d rows", n)
			}
		})
	}
}

// Every fault is reported, and one bad line keeps all from being loaded.
func TestImportReportsAllFaults(t *testing.T) {
	r := newRegister(t)
	const bad = 2500
	var b strings.Builder
	b.WriteString("name,expires\nwell.gen,2027-01-01\n")
	for i := range bad {
		fmt.Fprintf(&b, "bad%d.gen,never\n", i)
	}
	_, err := r.Import(r.ctx, importer(), csvFiles(ImportDomains, b.String()), ImportOptions{})
	var faults ImportFaults
	if !errors.As(err, &faults) || len(faults) != bad || faults[bad-1].Line != bad+2 {
		t.Fatalf("%d faults", len(faults))
	}
	if n := one[int](r, `SELECT count(*) FROM domain`); n != 0 {
		t.Errorf("%d names were loaded", n)
	}
}

func TestImportWho(t *testing.T) {
	r := newRegister(t)
	_, err := r.Import(r.ctx, r.as("A-ONE"), someFiles(), ImportOptions{})
	refused(t, err, KindAuthorization, "")
	_, err = r.Import(r.ctx, staff(RoleSupport), someFiles(), ImportOptions{})
	refused(t, err, KindAuthorization, "")
	a := importer()
	a.Reason = ""
	_, err = r.Import(r.ctx, a, someFiles(), ImportOptions{})
	refused(t, err, KindParamMissing, "")
	_, err = r.Import(r.ctx, importer(), csvFiles(), ImportOptions{})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no files: %v", err)
	}
}

// A name that somebody registers between the check and the copying is found out
// by the next attempt.
func TestImportRace(t *testing.T) {
	r := newRegister(t)
	zones, err := r.Zones(r.ctx)
	must(t, err)
	im := newImporting(r.Registry, importer(), ImportOptions{ChunkSize: importChunk}, zones)
	must(t, im.read(someFiles()))
	must(t, im.check(r.ctx))
	held := make(chan error)
	err = r.db.InTx(r.ctx, func(tx *pg.Tx) error {
		_, err := tx.Exec(r.ctx, `INSERT INTO contact (handle, sponsor, postal, email, natural_person, creator, created_at)
			SELECT 'IMP-1', id, '[]', 'x@mail.example', true, id, '2020-01-01' FROM registrar WHERE tag = 'A-ONE'`)
		if err != nil {
			return err
		}
		go func() { held <- im.load(context.WithoutCancel(r.ctx)) }()
		for range 200 { // until the import waits for us
			var waiting bool
			err = r.db.Pool.QueryRow(r.ctx, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waiting)
			if err != nil || waiting {
				return err
			}
		}
		return nil
	})
	must(t, err)
	must(t, <-held)
	if im.report.Contacts.There != 1 || im.report.Domains.Added != 4 {
		t.Errorf("report %+v", im.report)
	}
}
