package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// register adds a contact and a name of ALPHA.
func (d *desk) register(name string) {
	d.t.Helper()
	_, err := d.db.Pool.Exec(d.t.Context(), `INSERT INTO contact (handle, sponsor, postal, email, natural_person, creator, created_at)
		SELECT 'OWNER-1', id, '[]', 'owner@example.net', true, id, '2020-01-01' FROM registrar WHERE tag = 'ALPHA'
		ON CONFLICT DO NOTHING`)
	if err != nil {
		d.t.Fatal(err)
	}
	d.must("operator", "-y", "domain", "register", name, "--tag", "ALPHA", "--registrant", "OWNER-1", "--years", "2")
}

// The way from an empty database to a register.
func TestSetUp(t *testing.T) {
	db := pgtest.New(t)
	d := &desk{t: t, db: db, url: pgtest.URL(db)}
	if v := parsed[map[string]any](t, d.must("ann", "--json", "db", "status")); v["state"] != "up to date" {
		t.Errorf("status: %v", v)
	}
	d.expect(exitFault, "installation", "ann", "registrar", "list")
	d.must("ann", "db", "migrate")
	d.must("ann", "db", "migrate") // again: nothing to do
	d.expect(exitRefused, "first staff user must be", "ann", "user", "grant", "ann", "--role", "support")
	d.must("ann", "user", "grant", "ann", "--role", "admin")
	d.expect(exitRefused, "bob is not a staff user", "bob", "registrar", "list")
	d.expect(exitRefused, "bob is not a staff user", "bob", "user", "grant", "bob", "--role", "admin")
	d.expect(exitRefused, "bob is not a staff user", "bob", "db", "migrate")
	d.must("ann", "user", "grant", "bob", "--role", "support")
	d.expect(exitRefused, "role support", "bob", "db", "migrate")
	d.expect(exitRefused, "last admin", "ann", "-y", "user", "revoke", "ann")
	d.expect(exitUsage, "--yes", "ann", "user", "revoke", "bob")
	golden(t, "user-list.txt", d.must("ann", "-y", "user", "revoke", "bob"))
	d.expect(exitRefused, "bob is not a staff user", "bob", "registrar", "list")
	d.expect(exitRefused, "test bed only", "ann", "-y", "clock", "advance", "--days", "1")
}

func TestDomainCommands(t *testing.T) {
	d := newDesk(t)
	d.expect(exitUsage, "is charged", "operator", "domain", "register", "shop.co.example", "--tag", "ALPHA", "--registrant", "OWNER-1")
	d.register("shop.co.example")
	golden(t, "domain-show.txt", d.must("support", "domain", "show", "SHOP.co.example"))
	d.register("other.co.example")
	golden(t, "domain-list.txt", d.must("support", "domain", "list", "--tag", "ALPHA"))
	page := parsed[[]domainLine](t, d.must("support", "--json", "domain", "list", "--limit", "1"))
	next := parsed[[]domainLine](t, d.must("support", "--json", "domain", "list", "--after", page[0].Name))
	if len(page) != 1 || len(next) != 1 || next[0].Name != "shop.co.example" {
		t.Errorf("pages %+v, %+v", page, next)
	}
	show := func(args ...string) domainView {
		t.Helper()
		return parsed[domainView](t, d.must("operator", append([]string{"--json", "-y"}, args...)...))
	}
	has := func(v domainView, status string) bool { return strings.Contains(join(v.Statuses, " "), status) }
	if v := show("domain", "lock", "shop.co.example"); !has(v, "serverTransferProhibited") || has(v, "serverRenewProhibited") {
		t.Errorf("locked: %v", v.Statuses)
	}
	d.expect(exitRefused, "locked already", "operator", "domain", "lock", "shop.co.example")
	if v := show("domain", "lock", "shop.co.example", "--renewals"); !has(v, "serverRenewProhibited") {
		t.Errorf("locked: %v", v.Statuses)
	}
	if v := show("domain", "unlock", "shop.co.example"); has(v, "server") {
		t.Errorf("unlocked: %v", v.Statuses)
	}
	d.expect(exitRefused, "not locked", "operator", "domain", "unlock", "shop.co.example")
	if v := show("domain", "suspend", "shop.co.example"); !has(v, "serverHold") {
		t.Errorf("suspended: %v", v.Statuses)
	}
	d.expect(exitRefused, "suspended already", "operator", "-y", "domain", "suspend", "shop.co.example")
	if list := parsed[[]domainLine](t, d.must("support", "--json", "domain", "list", "--suspended")); len(list) != 1 {
		t.Errorf("suspended names: %+v", list)
	}
	d.must("operator", "domain", "resume", "shop.co.example")
	d.expect(exitRefused, "not suspended", "operator", "domain", "resume", "shop.co.example")
	if v := show("domain", "set", "shop.co.example", "--reseller", "Bob", "--add-status", "clientHold", "--auto-bill", "20"); v.Reseller != "Bob" || v.AutoBill != 20 || !has(v, "clientHold") {
		t.Errorf("set: %+v", v)
	}
	d.expect(exitUsage, "is not a status", "operator", "domain", "set", "shop.co.example", "--add-status", "nonsense")
	d.expect(exitRefused, "not registered", "support", "domain", "show", "none.co.example")
	golden(t, "domain-history.txt", d.must("support", "domain", "history", "shop.co.example"))
	d.expect(exitUsage, "no way back", "operator", "domain", "cancel", "shop.co.example")
	d.must("operator", "-y", "domain", "cancel", "shop.co.example")
	d.expect(exitRefused, "not registered", "support", "domain", "show", "shop.co.example")
	if h := parsed[[]historyView](t, d.must("support", "--json", "domain", "history", "shop.co.example", "--limit", "1")); h[0].Action != "cancel" {
		t.Errorf("history: %+v", h)
	}
}

// A move by staff, and R40: after detagging the registry bills the registrant.
func TestTagChangeCommands(t *testing.T) {
	d := newDesk(t)
	d.register("shop.co.example")
	d.must("operator", "registrar", "create", "BETA", "--name", "Beta Ltd")
	d.expect(exitUsage, "will move to BETA", "operator", "domain", "transfer", "shop.co.example", "--to", "BETA")
	d.expect(exitRefused, "role billing", "billing", "-y", "domain", "transfer", "shop.co.example", "--to", "BETA")
	d.expect(exitRefused, "NONE", "operator", "-y", "domain", "transfer", "shop.co.example", "--to", "NONE")
	v := parsed[domainView](t, d.must("operator", "--json", "-y", "domain", "transfer", "shop.co.example", "--to", "BETA"))
	if v.Tag != "BETA" || v.Transferred == nil {
		t.Errorf("moved: %+v", v)
	}
	d.expect(exitRefused, "already", "operator", "-y", "domain", "transfer", "shop.co.example", "--to", "BETA")
	if v = parsed[domainView](t, d.must("operator", "--json", "-y", "domain", "detag", "shop.co.example")); v.Tag != "DETAGGED" {
		t.Errorf("detagged: %+v", v)
	}
	first := parsed[map[string]string](t, d.must("operator", "--json", "-y", "domain", "authinfo", "shop.co.example"))["authinfo"]
	second := strings.TrimSpace(d.must("operator", "-y", "domain", "authinfo", "shop.co.example"))
	if len(first) < 16 || first == second || strings.Contains(first, "redacted") {
		t.Errorf("authInfo %q, %q", first, second)
	}
	for _, e := range parsed[[]historyView](t, d.must("support", "--json", "audit", "list")) {
		if strings.Contains(string(e.Changes), second) {
			t.Errorf("the authInfo is in the audit log: %s", e.Changes)
		}
	}
}

func TestContactAndHostCommands(t *testing.T) {
	d := newDesk(t)
	create := []string{"contact", "create", "ANN-1", "--tag", "ALPHA", "--name", "Ann Other", "--street", "1 High St, Flat 2",
		"--city", "London", "--postal-code", "SW1A 1AA", "--country", "gb", "--email", "ann@example.net", "--type", "IND"}
	d.expect(exitRefused, "role billing", "billing", create...)
	golden(t, "contact-show.txt", d.must("operator", create...))
	d.expect(exitRefused, "ANN-1", "operator", create...) // exists
	d.must("operator", "-y", "domain", "register", "ann.co.example", "--tag", "ALPHA", "--registrant", "ANN-1",
		"--ns", "ns1.ann.co.example/192.88.98.1/2a01:db8::1")
	v := parsed[contactView](t, d.must("operator", "--json", "contact", "update", "ANN-1", "--voice", "+44.2079460000",
		"--city", "Leeds", "--country", "GB"))
	if v.Voice != "+44.2079460000" || len(v.Postal) != 1 || v.Postal[0].City != "Leeds" || v.Postal[0].Name != "Ann Other" || len(v.Postal[0].Street) != 0 {
		t.Errorf("updated: %+v", v)
	}
	d.expect(exitUsage, "as a whole", "operator", "contact", "update", "ANN-1", "--city", "York")
	d.expect(exitRefused, "no change", "operator", "contact", "update", "ANN-1")
	d.expect(exitRefused, "NONE", "support", "contact", "show", "NONE")
	v = parsed[contactView](t, d.must("support", "--json", "contact", "show", "ANN-1"))
	if len(v.Uses) != 1 || v.Uses[0] != (contactUseView{"ann.co.example", "registrant"}) { // C3
		t.Errorf("uses: %+v", v.Uses)
	}
	golden(t, "contact-list.txt", d.must("support", "contact", "list", "--domain", "ann.co.example"))
	golden(t, "host-show.txt", d.must("support", "host", "show", "NS1.ann.co.example"))
	golden(t, "host-list.txt", d.must("support", "host", "list", "--below", "ann.co.example"))
	if h := parsed[[]hostView](t, d.must("support", "--json", "host", "list", "--address", "192.88.98.1")); len(h) != 1 || len(h[0].Addresses) != 2 {
		t.Errorf("hosts: %+v", h)
	}
	d.expect(exitRefused, "none.example", "support", "host", "show", "none.example")
}

// R2: a renewal is taken in the window only; the clock of a test bed moves there.
func TestRenewInTheWindow(t *testing.T) {
	d := newDesk(t)
	d.register("shop.co.example")
	// As if its first invoice were paid, which is the next issue's to do.
	if _, err := d.db.Pool.Exec(t.Context(), `UPDATE domain SET first_paid = true`); err != nil {
		t.Fatal(err)
	}
	d.expect(exitRefused, "V128", "operator", "-y", "domain", "renew", "shop.co.example")
	d.expect(exitUsage, "goes forward", "admin", "clock", "advance", "--days", "700")
	d.must("admin", "-y", "clock", "advance", "--days", "700")
	v := parsed[domainView](t, d.must("operator", "--json", "-y", "domain", "renew", "shop.co.example", "--years", "1"))
	if v.Status != "Renewal request being processed" || len(v.Requests) != 1 || v.Requests[0].Years != 1 {
		t.Errorf("renewed: %+v", v)
	}
	d.expect(exitRefused, "V128", "operator", "-y", "domain", "renew", "shop.co.example")
	d.expect(exitRefused, "role operator", "operator", "-y", "clock", "advance", "--days", "1")
	d.expect(exitRefused, "cannot go back", "admin", "-y", "clock", "set", "2020-01-01")
	d.expect(exitUsage, "neither a date", "admin", "-y", "clock", "set", "tomorrow")
	d.expect(exitUsage, "forward only", "admin", "-y", "clock", "advance", "--days=-1")
}

func TestZoneAndPriceCommands(t *testing.T) {
	d := newDesk(t)
	d.must("operator", "zone", "reserve", "co.example", "www", "--block", "--why", "confusing")
	d.must("operator", "zone", "reserve", "co.example", "police", "--why", "for the police")
	golden(t, "zone-show.txt", d.must("support", "zone", "show", "co.example"))
	d.expect(exitUsage, "Anybody", "operator", "zone", "free", "co.example", "www")
	d.must("operator", "-y", "zone", "free", "co.example", "www")
	d.expect(exitRefused, "not reserved", "operator", "-y", "zone", "free", "co.example", "www")
	if v := parsed[zoneView](t, d.must("operator", "--json", "zone", "update", "co.example", "--referred", "--max-ns", "4")); !v.Referred || v.MaxNS != 4 {
		t.Errorf("zone: %+v", v)
	}
	d.must("operator", "zone", "create", "gen", "--profile", "gtld")
	golden(t, "zone-list.txt", d.must("support", "zone", "list"))
	golden(t, "price-list.txt", d.must("support", "price", "list", "co.example", "--operation", "renew"))
	d.expect(exitUsage, "1 year 3.00 GBP", "billing", "price", "set", "co.example", "renew", "--amount", "6", "--pro-rata", "--from", "2099-01-01")
	d.expect(exitRefused, "holds today already", "billing", "-y", "price", "set", "co.example", "renew", "--amount", "6")
	d.expect(exitRefused, "at the earliest", "billing", "-y", "price", "set", "co.example", "renew", "--amount", "6", "--from", "2020-01-01")
	d.must("billing", "-y", "price", "set", "co.example", "renew", "--amount", "6", "--from", "2099-01-01")
	if all := parsed[[]priceView](t, d.must("support", "--json", "price", "list", "--all", "--operation", "renew")); len(all) != 11 {
		t.Errorf("%d prices", len(all))
	}
	d.expect(exitUsage, "--amount", "billing", "-y", "price", "set", "co.example", "renew", "--amount", "six")
	d.expect(exitUsage, "not a date", "billing", "-y", "price", "set", "co.example", "renew", "--amount", "6", "--from", "soon")
}

func TestAuditCommand(t *testing.T) {
	d := newDesk(t)
	all := parsed[[]historyView](t, d.must("support", "--json", "audit", "list"))
	byBilling := parsed[[]historyView](t, d.must("support", "--json", "audit", "list", "--staff", "billing", "--limit", "5"))
	if len(all) < 20 || len(byBilling) != 5 || byBilling[0].Object != "price" || byBilling[0].Reason != "a test" ||
		!strings.HasPrefix(byBilling[0].SvTRID, "CTL-") {
		t.Errorf("%d entries, of billing %+v", len(all), byBilling)
	}
	d.expect(exitDone, "Nothing.", "support", "audit", "list", "--until", "2020-01-01")
	d.expect(exitUsage, "--limit", "support", "audit", "list", "--limit", "0")
}

// Every command × every role: operations.md "Staff commands". A role that may
// not is refused with status 1 and nothing happens.
func TestRoles(t *testing.T) {
	d := newDesk(t)
	d.register("shop.co.example")
	ca, _ := certificates(t, d)
	reads := []string{"registrar list", "registrar show ALPHA", "registrar cert ALPHA", "domain show shop.co.example",
		"contact list", "contact show OWNER-1", "host list", "domain list", "domain history shop.co.example", "zone list", "zone show co.example", "price list", "certs list",
		"certs expiring", "audit list", "user list", "clock show"}
	for _, line := range reads {
		for _, role := range []string{"support", "billing", "operator", "admin"} {
			d.must(role, strings.Fields(line)...)
		}
		d.expect(exitRefused, "not a staff user", "nobody", strings.Fields(line)...)
	}
	for line, allowed := range map[string]string{
		"registrar update ALPHA --trad-name X":                                                "operator",
		"registrar update ALPHA --credit-days 31":                                             "operator billing",
		"registrar passwd ALPHA --generate":                                                   "operator",
		"registrar create NEW-R --name N":                                                     "operator",
		"registrar suspend ALPHA":                                                             "operator",
		"registrar resume ALPHA":                                                              "operator",
		"domain set shop.co.example --reseller R":                                             "operator",
		"contact update OWNER-1 --email x@example.net":                                        "operator",
		"contact create C-2 --tag ALPHA --name N --city C --country GB --email x@example.net": "operator",
		"domain lock shop.co.example":                                                         "operator",
		"domain unlock shop.co.example":                                                       "operator",
		"domain transfer shop.co.example --to NEW-R":                                          "operator",
		"domain detag shop.co.example":                                                        "operator",
		"domain authinfo shop.co.example":                                                     "operator",
		"domain decide shop.co.example accept":                                                "operator",
		"domain suspend shop.co.example":                                                      "operator",
		"domain resume shop.co.example":                                                       "operator",
		"zone create new.example":                                                             "operator",
		"zone update co.example --max-ds 3":                                                   "operator",
		"zone reserve co.example x --why y":                                                   "operator",
		"zone free co.example x":                                                              "operator",
		"price set co.example renew --amount 9 --from 2099-01-01":                             "billing",
		"user grant zoe --role support":                                                       "",
		"user revoke zoe":                                                                     "",
		"certs registrar issue ALPHA --out OUT --ca " + ca:                                    "",
		"domain register n.co.example --tag ALPHA --registrant OWNER-1":                       "operator",
		"domain cancel n.co.example":                                                          "operator",
		"clock advance --by 1s":                                                               "",
		"db migrate":                                                                          "",
	} {
		for _, role := range []string{"support", "billing", "operator", "admin"} {
			if role == "admin" || strings.Contains(allowed, role) {
				continue // below: those who may do change what the others see
			}
			args := append([]string{"-y"}, strings.Fields(strings.ReplaceAll(line, "OUT", t.TempDir()))...)
			d.expect(exitRefused, "the role "+role+" may not do this", role, args...)
		}
	}
	for _, step := range []struct{ role, line string }{
		{"operator", "registrar update ALPHA --trad-name X"}, {"billing", "registrar update ALPHA --credit-days 31"},
		{"operator", "registrar passwd ALPHA --generate"}, {"operator", "registrar create NEW-R --name N"},
		{"operator", "domain set shop.co.example --reseller R"}, {"operator", "zone create new.example"},
		{"operator", "zone reserve co.example x --why y"}, {"operator", "zone free co.example x"},
		{"billing", "price set co.example renew --amount 9 --from 2099-01-01"}, {"admin", "user grant zoe --role support"},
		{"admin", "user revoke zoe"}, {"operator", "domain register n.co.example --tag ALPHA --registrant OWNER-1"},
		{"operator", "domain cancel n.co.example"}, {"admin", "db migrate"},
	} {
		out := d.must(step.role, append([]string{"-y", "--json"}, strings.Fields(step.line)...)...)
		if !json.Valid([]byte(out)) {
			t.Errorf("%s: not JSON: %s", step.line, out)
		}
	}
	for _, line := range append(reads, "db status", "completion bash", "man") {
		out := d.must("support", append([]string{"--json"}, strings.Fields(line)...)...)
		if !json.Valid([]byte(out)) {
			t.Errorf("%s: not JSON: %s", line, out)
		}
	}
}

// C8: everything is validated first, and a second run adds nothing.
func TestImportCommand(t *testing.T) {
	d := newDesk(t)
	dir := t.TempDir()
	write := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	next := time.Now().AddDate(1, 0, 0).Format(time.DateOnly) // at most ten years ahead
	write("contacts.csv", "handle,name,city,country,email\nOLD-1,Ann Other,London,GB,ann@example.net\n")
	write("domains.csv", "name,expires,registrant\none.co.example,"+next+",OLD-1\ntwo.co.example,soon,OLD-1\n")
	d.expect(exitRefused, "domains.csv:3", "operator", "-y", "import", "load", dir)
	if f := d.run("operator", "--json", "-y", "import", "load", dir); f.code != exitRefused || !strings.Contains(f.stdout, `"faults"`) {
		t.Errorf("faults in JSON: %+v", f)
	}
	write("domains.csv", "name,expires,registrant\none.co.example,"+next+",OLD-1\ntwo.co.example,"+next+",OLD-1\n")
	d.expect(exitDone, "No faults", "operator", "import", "load", dir, "--check")
	d.expect(exitUsage, "will be loaded", "operator", "import", "load", dir)
	d.expect(exitRefused, "role support", "support", "-y", "import", "load", dir)
	only := filepath.Join(dir, "names.txt")
	write("names.txt", "# these\n\nTWO.co.example\n")
	d.expect(exitDone, "1 of 1 names loaded", "operator", "-y", "import", "load", dir, "--only", only)
	golden(t, "import.txt", d.must("operator", "-y", "import", "load", dir))
	golden(t, "import-again.txt", d.must("operator", "-y", "import", "load", dir))
	write("names.txt", "# none\n")
	d.expect(exitUsage, "no names", "operator", "-y", "import", "load", dir, "--only", only)
}

func TestRefusalInJSON(t *testing.T) {
	d := newDesk(t)
	r := d.run("support", "--json", "registrar", "show", "NONE")
	v := parsed[map[string]refusalView](t, r.stderr)
	if r.code != exitRefused || v["refused"].Kind != "not found" || v["refused"].Value != "NONE" || r.stdout != "" {
		t.Errorf("%+v", r)
	}
}

func TestExitStatuses(t *testing.T) {
	d := newDesk(t)
	d.expect(exitUsage, "unexpected", "support", "nonsense")
	d.expect(exitUsage, "--help", "support", "registrar", "show")
	d.expect(exitUsage, "unknown flag", "support", "registrar", "list", "--nonsense")
	bad := &desk{t: t, url: "postgres://127.0.0.1:1/none?connect_timeout=1"}
	bad.expect(exitFault, "open database", "support", "registrar", "list")
	bad.url = "nonsense://x"
	bad.expect(exitUsage, "database.url", "support", "registrar", "list")
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"--help"}, strings.NewReader(""), &out, &errs); code != exitDone || !strings.Contains(out.String(), "registrar create ALPHA") {
		t.Errorf("--help: status %d: %s%s", code, out.String(), errs.String())
	}
	t.Chdir(t.TempDir())
	if code := run(t.Context(), []string{"registrar", "list"}, strings.NewReader(""), &out, &errs); code != exitUsage {
		t.Errorf("without a database: status %d", code)
	}
}

// The demo says where its register is and who works there.
func TestDemo(t *testing.T) {
	d := newDesk(t)
	dir := t.TempDir()
	data, err := json.Marshal(demoFile{DatabaseURL: d.url, StaffUser: "operator"})
	if err != nil {
		t.Fatal(err)
	}
	if err = os.Mkdir(filepath.Join(dir, demoDir), 0o700); err != nil {
		t.Fatal(err)
	}
	if err = os.WriteFile(filepath.Join(dir, demoDir, "demo.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for _, args := range [][]string{{"--demo", demoDir}, {}} {
		var out, errs bytes.Buffer
		args = append(args, "registrar", "update", "ALPHA", "--url", "https://alpha.example")
		if code := run(t.Context(), args, strings.NewReader(""), &out, &errs); code != exitDone {
			t.Errorf("%v: status %d: %s", args, code, errs.String())
		}
	}
}

// A person at a terminal is asked; anything but yes does nothing.
func TestConfirm(t *testing.T) {
	for answer, want := range map[string]bool{"y\n": true, "YES\n": true, "\n": false, "n\n": false, "": false, "ye\n": false} {
		var errs bytes.Buffer
		s := &session{g: &globals{}, stdin: strings.NewReader(answer), stderr: &errs, terminal: func() bool { return true }}
		err := s.confirm("All will go.")
		if (err == nil) != want || !strings.Contains(errs.String(), "All will go.") {
			t.Errorf("answer %q: %v, asked %q", answer, err, errs.String())
		}
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), []string{"completion", shell}, strings.NewReader(""), &out, &errs); code != exitDone {
			t.Fatalf("%s: status %d: %s", shell, code, errs.String())
		}
		for _, word := range []string{"registrar", "--credit-days", "doctor"} {
			if !strings.Contains(out.String(), strings.TrimPrefix(word, "--")) {
				t.Errorf("%s: %s is missing", shell, word)
			}
		}
		path, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("%s is not installed: its script was not parsed", shell)
			continue
		}
		file := filepath.Join(t.TempDir(), "completion")
		if err = os.WriteFile(file, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if text, err := exec.Command(path, "-n", file).CombinedOutput(); err != nil {
			t.Errorf("%s -n: %v: %s", shell, err, text)
		}
		if shell == "bash" {
			askBash(t, path, file)
		}
	}
}

// askBash completes command lines as the shell would.
func askBash(t *testing.T, bash, file string) {
	t.Helper()
	for line, want := range map[string]string{
		"registryctl reg":                          "registrar",
		"registryctl registrar do":                 "doctor",
		"registryctl --json registrar suspend --y": "--yes",
		"registryctl completion z":                 "zsh",
		"registryctl domain history x --si":        "--since",
	} {
		words := strings.Fields(line)
		script := `. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _registryctl; printf '%s\n' "${COMPREPLY[@]}"`
		out, err := exec.Command(bash, append([]string{"-c", script, file}, words...)...).CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("%q completes to %q, %v; want %q", line, out, err, want)
		}
	}
}

// Every command is in the manual, has a help text, and the page is well-formed.
func TestManual(t *testing.T) {
	var c cli
	var out, errs bytes.Buffer
	k, err := newParser(&c, &out, &errs)
	if err != nil {
		t.Fatal(err)
	}
	if code := run(t.Context(), []string{"man"}, strings.NewReader(""), &out, &errs); code != exitDone {
		t.Fatalf("status %d: %s", code, errs.String())
	}
	page := out.String()
	err = kong.Visit(k.Model, func(v kong.Visitable, next kong.Next) error {
		if n, ok := v.(*kong.Node); ok && n.Type == kong.CommandNode {
			if n.Help == "" {
				t.Errorf("%s has no help", n.FullPath())
			}
			path := strings.TrimPrefix(n.FullPath(), "registryctl ")
			if n.Leaf() && !strings.Contains(page, `.SS "`+roff(path)) {
				t.Errorf("%s is not in the manual", path)
			}
		}
		return next(nil)
	})
	if err != nil {
		t.Fatal(err)
	}
}
