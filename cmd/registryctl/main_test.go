package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// Nothing of the machine's own settings may reach the tests.
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if strings.HasPrefix(name, "NAMEKEEP_") || name == "DATABASE_URL" {
			os.Unsetenv(name)
		}
	}
	pgtest.Main(m)
}

var update = flag.Bool("update", false, "write the golden files anew")

// desk is a register with staff, worked on through the command line only.
type desk struct {
	t   *testing.T
	db  *pg.DB
	url string
}

// result is what one command line gave.
type result struct {
	code           int
	stdout, stderr string
}

// newDesk sets up a register as an operator would: migrate, first admin, one
// user for each role, a zone, prices and a registrar.
func newDesk(t *testing.T) *desk {
	t.Helper()
	db := pgtest.New(t)
	d := &desk{t: t, db: db, url: pgtest.URL(db)}
	t.Setenv("NAMEKEEP_INSTALLATION_TEST_BED", "true")
	t.Setenv("NAMEKEEP_REASON", "a test")
	d.must("root", "db", "migrate")
	d.must("root", "user", "grant", "root", "--role", "admin")
	for _, role := range []string{"support", "billing", "operator", "admin"} {
		d.must("root", "user", "grant", role, "--role", role)
	}
	d.must("operator", "registrar", "create", "ALPHA", "--name", "Alpha Names Ltd", "--billing-email", "bills@alpha.example")
	d.must("operator", "zone", "create", "co.example")
	for _, op := range []string{"create", "renew"} {
		d.must("billing", "--yes", "price", "set", "co.example", op, "--amount", "5.00", "--pro-rata")
	}
	return d
}

func (d *desk) run(user string, args ...string) result {
	d.t.Helper()
	var out, errs bytes.Buffer
	args = append([]string{"--database", d.url, "--user", user}, args...)
	code := run(d.t.Context(), args, strings.NewReader(""), &out, &errs)
	return result{code, out.String(), errs.String()}
}

func (d *desk) must(user string, args ...string) string {
	d.t.Helper()
	r := d.run(user, args...)
	if r.code != exitDone {
		d.t.Fatalf("%s: status %d: %s", strings.Join(args, " "), r.code, r.stderr)
	}
	return r.stdout
}

// expect fails unless a command line ends with a status and says something.
func (d *desk) expect(code int, says, user string, args ...string) {
	d.t.Helper()
	r := d.run(user, args...)
	if r.code != code || !strings.Contains(r.stderr+r.stdout, says) {
		d.t.Errorf("%s %s: status %d, want %d with %q:\n%s%s", user, strings.Join(args, " "), r.code, code, says, r.stdout, r.stderr)
	}
}

// parsed decodes JSON output.
func parsed[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

var moving = regexp.MustCompile(`\d{4}-\d\d-\d\d( \d\d:\d\d:\d\dZ)?`)

// golden compares with testdata/NAME; what depends on the day is masked.
func golden(t *testing.T, name, got string) {
	t.Helper()
	got = moving.ReplaceAllStringFunc(got, func(s string) string {
		return strings.Map(func(r rune) rune {
			if '0' <= r && r <= '9' {
				return '9'
			}
			return r
		}, s)
	})
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}
