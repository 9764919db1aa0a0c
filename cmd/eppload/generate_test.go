package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// emptyRegister is a migrated register with a zone, prices and the tags, each
// with a password and a certificate.
func emptyRegister(t testing.TB, profile registry.Profile, p population) (*pg.DB, certSet, string) {
	t.Helper()
	set, err := openCertSet(filepath.Join(t.TempDir(), "certs"), append([]string{bareTags[0]}, p.tags...))
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.New(t)
	password, err := newRegister(context.Background(), pgtest.URL(db), profile, p, set)
	if err != nil {
		t.Fatal(err)
	}
	return db, set, password
}

func todayPopulation(names int64, tags ...string) population {
	now := time.Now().UTC()
	return population{names: names, zone: "co.uk", tags: tags, spread: compareSpread,
		base: time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)}
}

func count(t testing.TB, db *pg.DB, sql string, args ...any) int64 {
	t.Helper()
	var n int64
	err := db.Pool.QueryRow(context.Background(), sql, args...).Scan(&n)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func TestGenerate(t *testing.T) {
	ctx := context.Background()
	p := todayPopulation(2000, "LOAD-A", "LOAD-B")
	db, _, _ := emptyRegister(t, registry.ProfileUK, p)
	args := []string{"generate", "--database", pgtest.URL(db), "--names", "2000", "--zone", "co.uk", "--tag", "LOAD-A", "--tag", "LOAD-B"}
	var stdout, stderr bytes.Buffer
	code := run(ctx, args, &stdout, &stderr)
	if code != 0 || !strings.Contains(stdout.String(), "--generated 2000 --zone co.uk") {
		t.Fatalf("code %d: %s%s", code, stdout.String(), stderr.String())
	}
	for sql, want := range map[string]int64{
		`SELECT count(*) FROM domain`:                          2000,
		`SELECT count(*) FROM contact`:                         667,
		`SELECT count(*) FROM host`:                            8,
		`SELECT count(*) FROM history WHERE object = 'domain'`: 2000,
		`SELECT count(*) FROM renewal_request r JOIN domain d ON d.id = domain_id AND expires = new_expires AND period < d.created_at`: 1000,
		`SELECT count(*) FROM domain_host`: 4000,
		`SELECT count(*) FROM domain JOIN contact ON contact.id = registrant AND contact.sponsor = domain.sponsor`: 2000,
		// Every foreign key holds, though the generator does not have them checked.
		`SELECT count(*) FROM domain_host JOIN domain ON domain.id = domain_id JOIN host ON host.id = host_id`:                             4000,
		`SELECT count(*) FROM domain JOIN zone ON zone.id = zone_id JOIN registrar ON registrar.id = domain.sponsor AND tag LIKE 'LOAD-%'`: 2000,
		`SELECT count(*) FROM (SELECT domain_id FROM domain_host GROUP BY 1 HAVING count(*) = 2) x`:                                        2000,
	} {
		if got := count(t, db, sql); got != want {
			t.Errorf("%s: %d, expected %d", sql, got, want)
		}
	}
	if n := count(t, db, `SELECT count(DISTINCT expires) FROM domain`); n < 600 {
		t.Errorf("expiries on %d days of 730", n)
	}
	if n := count(t, db, `SELECT max(count) - min(count) FROM (SELECT count(*) FROM domain GROUP BY sponsor) x`); n > namesPerRegistrant {
		t.Errorf("the tags differ by %d names", n)
	}
	// The ids of what is made later follow.
	if n := count(t, db, `SELECT nextval(pg_get_serial_sequence('domain', 'id')) - max(id) FROM domain`); n < 1 {
		t.Errorf("the next domain's id is %d from the last", n)
	}
	code = run(ctx, args, &stdout, &stderr)
	if code != 1 || !strings.Contains(stderr.String(), "generated here before") {
		t.Errorf("second time: code %d: %s", code, stderr.String())
	}
}

func TestGenerateRefuses(t *testing.T) {
	ctx := context.Background()
	p := todayPopulation(100, "LOAD-A")
	db, _, _ := emptyRegister(t, registry.ProfileUK, p)
	for says, args := range map[string][]string{
		"registrar NONE":         {"--names", "100", "--tag", "NONE"},
		"zone example":           {"--names", "100", "--tag", "LOAD-A", "--zone", "example"},
		"at least 1":             {"--names", "0", "--tag", "LOAD-A"},
		"names: at most":         {"--names", "20000001", "--tag", "LOAD-A"},
		"names: at least 3":      {"--names", "2", "--tag", "LOAD-A"},
		"spread: from 1 to 3650": {"--names", "100", "--tag", "LOAD-A", "--spread", "0"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(ctx, append([]string{"generate", "--database", pgtest.URL(db)}, args...), &stdout, &stderr)
		if code != 1 || !strings.Contains(stderr.String(), says) {
			t.Errorf("%v: code %d, expected %q: %s", args, code, says, stderr.String())
		}
	}
	_, err := db.Pool.Exec(ctx, `UPDATE installation SET test_bed = false`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = generate(ctx, pgtest.URL(db), p, 1)
	if err == nil || !strings.Contains(err.Error(), "no test bed") {
		t.Errorf("a register that is no test bed: %v", err)
	}
	if n := count(t, db, `SELECT count(*) FROM domain`); n != 0 {
		t.Errorf("%d names were made", n)
	}
}

// The bare servers do what they are compared for: the query finds the name's
// row, the renewal moves its expiry and writes a row each of request, charge
// and history.
func TestBareDatabase(t *testing.T) {
	ctx := context.Background()
	p := todayPopulation(300, bareTags...)
	db, set, _ := emptyRegister(t, registry.ProfileUK, todayPopulation(100, "LOAD-A"))
	creds, err := set.credentials(bareTags, "")
	if err != nil {
		t.Fatal(err)
	}
	for kind, op := range map[string]operation{"query": opBareQuery, "renew": opBareRenew} {
		scratch := db.Pool.Config().ConnConfig.Database + "_" + kind
		t.Cleanup(func() { dropForTest(t, db, scratch) })
		addr := startBare(t, "bare", kind, "--listen", "127.0.0.1:0", "--dir", set.dir, "--database", pgtest.URL(db), "--scratch", scratch,
			"--names", "300", "--spread", "180", "--connections", "2", "--base", p.base.Format(time.DateOnly))
		l := testLoad(addr, op)
		l.stock, l.target.creds, l.count = newStock(p, 1), creds, 60
		r, err := l.run(ctx)
		if err != nil || r.Failed != 0 || r.Commands != 60 {
			t.Fatalf("%s: %v, %+v", kind, err, r)
		}
		if kind == "renew" {
			checkBareRenewals(t, db, scratch)
			// A second run begins again with the same names, which have moved on.
			l = testLoad(addr, op)
			l.stock, l.target.creds, l.count = newStock(p, 1), creds, 5
			r, err = l.run(ctx)
			if err != nil || r.Failed != 5 {
				t.Errorf("renewing again: %v, %+v", err, r)
			}
		}
	}
}

func checkBareRenewals(t *testing.T, db *pg.DB, scratch string) {
	t.Helper()
	address, err := withDatabase(pgtest.URL(db), scratch)
	if err != nil {
		t.Fatal(err)
	}
	own, err := pg.Open(context.Background(), pg.Config{URL: address, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	n := count(t, own, `SELECT count(*) FROM domain d JOIN renewal_request r ON r.domain_id = d.id AND r.new_expires = d.expires
		AND r.period + interval '1 year' = d.expires JOIN charge c ON c.request_id = r.id JOIN history h ON h.object_id = d.id AND h.object = 'domain' AND h.action = 'renew'`)
	if n != 60 {
		t.Errorf("%d renewals are whole, expected 60", n)
	}
}

func dropForTest(t *testing.T, db *pg.DB, name string) {
	conn, err := db.Pool.Acquire(context.Background())
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Release()
	err = dropScratch(context.Background(), conn.Conn(), name)
	if err != nil {
		t.Error(err)
	}
}

// A database that eppload did not make is never dropped.
func TestScratchIsOurs(t *testing.T) {
	db := pgtest.New(t)
	name := db.Pool.Config().ConnConfig.Database
	_, err := openBare(context.Background(), pgtest.URL(db), name, todayPopulation(10, "A"), certSet{}, 1)
	if err == nil || !strings.Contains(err.Error(), "must not be") {
		t.Errorf("the database itself: %v", err)
	}
	address, err := withDatabase(pgtest.URL(db), "postgres")
	if err != nil {
		t.Fatal(err)
	}
	_, err = openBare(context.Background(), address, name, todayPopulation(10, "A"), certSet{}, 1)
	if err == nil || !strings.Contains(err.Error(), "not of eppload") {
		t.Errorf("another's database: %v", err)
	}
}
