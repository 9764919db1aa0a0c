package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/domainr/epp"

	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// newDemoDB is a database with the demo register, without a server.
func newDemoDB(t *testing.T) *pg.DB {
	t.Helper()
	db := pgtest.New(t)
	prepareDemo(t, db, demoDir(t))
	return db
}

// prepareDemo fills a database as "registryd demo" does and writes demo.json
// and the certificates into dir.
func prepareDemo(t *testing.T, db *pg.DB, dir string) {
	t.Helper()
	d := &demo{demoCommand: &demoCommand{ListenEPP: "127.0.0.1:0", ListenGTLD: "127.0.0.1:0"}, dir: dir,
		p: &program{ctx: t.Context(), stdout: t.Output(), stderr: t.Output()}}
	d.json.DatabaseURL = pgtest.URL(db)
	issued, err := d.prepareCertificates()
	if err == nil {
		err = d.prepareRegister(t.Context(), d.config(), issued)
	}
	if err == nil {
		err = d.json.Save(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// serveConfig writes a configuration for the database and the certificates of a
// demo's folder.
func serveConfig(t *testing.T, db *pg.DB, dir, more string) string {
	t.Helper()
	file := filepath.Join(dir, fmt.Sprintf("registry-%d.toml", time.Now().UnixNano()))
	text := fmt.Sprintf(`[database]
url = %q
max-conns = 4
[epp]
name = "Namekeep serve"
watch-interval = "200ms"
[listener.uk]
address = "127.0.0.1:0"
%s
[metrics]
address = "127.0.0.1:0"
`, pgtest.URL(db), more)
	err := os.WriteFile(file, []byte(text), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

var listening = regexp.MustCompile(`"msg":"listening","listener":"(\w+)","address":"([^"]+)"`)

// addresses are those that a server has logged, by listener.
func addresses(p *process) map[string]string {
	out := map[string]string{}
	for _, m := range listening.FindAllStringSubmatch(p.stderr.String(), -1) {
		out[m[1]] = m[2]
	}
	return out
}

// startServe starts "registryd serve" and waits until it listens.
func startServe(t *testing.T, file string) (*process, map[string]string) {
	t.Helper()
	p := start(t, "serve", "--config", file)
	p.eventually("listening", func() bool { return len(addresses(p)) == 2 })
	return p, addresses(p)
}

func loadDemo(t *testing.T, dir string) *eppclient.Demo {
	t.Helper()
	d, err := eppclient.LoadDemo(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Two servers on one database: what one does the other shows, one of them does
// the due work, and the other takes over.
func TestTwoServers(t *testing.T) {
	db, dir := pgtest.New(t), demoDir(t)
	prepareDemo(t, db, dir)
	d := loadDemo(t, dir)
	file := serveConfig(t, db, dir, "")
	one, at1 := startServe(t, file)
	two, at2 := startServe(t, file)
	a, b := login(t, d, at1["uk"], "DEMO-A"), login(t, d, at2["uk"], "DEMO-A")
	want(t, a, eppclient.DomainCreate("", eppclient.DomainCreateOptions{Name: "both.co.demo", Years: 1, Registrant: "A-BAKER"}), 1000)
	want(t, b, eppclient.DomainInfo("", eppclient.DomainInfoOptions{Name: "both.co.demo"}), 1000)
	want(t, b, eppclient.DomainCreate("", eppclient.DomainCreateOptions{Name: "both.co.demo", Years: 1, Registrant: "A-BAKER"}), 2302)

	var holders, servers int
	err := db.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM lease WHERE job = 'due-work'), (SELECT count(*) FROM server)`).Scan(&holders, &servers)
	if err != nil || holders != 1 || servers != 2 {
		t.Errorf("%d leases, %d servers, %v", holders, servers, err)
	}
	one.stop(syscall.SIGTERM)
	err = db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM lease WHERE job = 'due-work'`).Scan(&holders)
	if err != nil || holders != 0 {
		t.Errorf("the lease was not given up: %d, %v", holders, err)
	}
	want(t, b, eppclient.DomainInfo("", eppclient.DomainInfoOptions{Name: "both.co.demo"}), 1000)
	if _, err := a.Do(eppclient.DomainCheck("", "x.co.demo")); err == nil {
		t.Error("a session outlived its server")
	}
	two.stop(syscall.SIGINT)
	jsonLines(t, two.stderr.String())
}

// The server certificate is replaced without dropping sessions.
func TestReloadOnHangup(t *testing.T) {
	db, dir := pgtest.New(t), demoDir(t)
	prepareDemo(t, db, dir)
	d := loadDemo(t, dir)
	p, at := startServe(t, serveConfig(t, db, dir, ""))
	c := login(t, d, at["uk"], "DEMO-A")
	serial := func() string {
		conn := login(t, d, at["uk"], "DEMO-B").Conn().(*tls.Conn)
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	before := serial()
	ca, err := certs.LoadCA(filepath.Join(dir, "certs", "ca.pem"), filepath.Join(dir, "certs", "ca.key"))
	if err != nil {
		t.Fatal(err)
	}
	pair, err := ca.IssueServer(certs.ServerRequest{Name: "new", DNSNames: []string{"localhost"},
		IPs: []net.IP{net.IPv4(127, 0, 0, 1)}, Validity: 10 * 24 * time.Hour})
	if err == nil {
		err = pair.Save(filepath.Join(dir, "certs", "server.pem"), filepath.Join(dir, "certs", "server.key"))
	}
	if err == nil {
		err = p.cmd.Process.Signal(syscall.SIGHUP)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.eventually("reloaded", func() bool { return strings.Contains(p.stderr.String(), "reloaded the server certificate") })
	if serial() == before {
		t.Error("new connections see the old certificate")
	}
	want(t, c, eppclient.DomainCheck("", "x.co.demo"), 1000)
	p.stop(syscall.SIGTERM)
}

// /readyz looks at the database, the schema and the end.
func TestReady(t *testing.T) {
	db, dir := pgtest.New(t), demoDir(t)
	prepareDemo(t, db, dir)
	p, at := startServe(t, serveConfig(t, db, dir, ""))
	metrics := "http://" + at["metrics"]
	for path, says := range map[string]string{"/healthz": "ok", "/readyz": "ready"} {
		if code, body := get(t, metrics, path); code != 200 || !strings.Contains(body, says) {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	_, err := db.Pool.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`)
	if err != nil {
		t.Fatal(err)
	}
	if code, body := get(t, metrics, "/readyz"); code != 503 || !strings.Contains(body, "schema") {
		t.Errorf("another schema: %d %s", code, body)
	}
	if code, _ := get(t, metrics, "/healthz"); code != 200 {
		t.Errorf("the process is well, and /healthz says %d", code)
	}
	p.stop(syscall.SIGTERM)
	// A server does not start on a schema that it does not know.
	wrong := start(t, "serve", "--config", serveConfig(t, db, dir, ""))
	wrong.wait(exitFault)
	if !strings.Contains(wrong.stderr.String(), "version") {
		t.Errorf("says: %s", wrong.stderr.String())
	}
}

// A server migrates an empty database only when told to.
func TestMigrateWhenTold(t *testing.T) {
	db, dir := pgtest.New(t), demoDir(t)
	prepareDemo(t, db, dir)
	_, err := db.Pool.Exec(t.Context(), `DROP SCHEMA public CASCADE; CREATE SCHEMA public`)
	if err != nil {
		t.Fatal(err)
	}
	file := serveConfig(t, db, dir, "")
	untold := start(t, "serve", "--config", file)
	untold.wait(exitFault)
	if !strings.Contains(untold.stderr.String(), "registryctl db migrate") {
		t.Errorf("does not say what to do: %s", untold.stderr.String())
	}
	p := start(t, "serve", "--migrate", "--config", file)
	p.eventually("listening", func() bool { return len(addresses(p)) == 2 })
	p.stop(syscall.SIGTERM)
}

// Another opinion: domainr/epp logs in and checks names.
func TestForeignClient(t *testing.T) {
	db, dir := pgtest.New(t), demoDir(t)
	prepareDemo(t, db, dir)
	d := loadDemo(t, dir)
	p, at := startServe(t, serveConfig(t, db, dir, ""))
	a, _ := d.Registrar("DEMO-A")
	cfg, err := eppclient.TLSConfig(d.CAFile, a.CertFile, a.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	raw, err := (&tls.Dialer{Config: cfg}).DialContext(ctx, "tcp", at["uk"])
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	c, err := epp.NewConn(raw)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Login(a.Tag, a.Password, "")
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.CheckDomain("bakery.co.demo", "free-for-all.co.demo")
	if err != nil {
		t.Fatal(err)
	}
	free := map[string]bool{}
	for _, v := range r.Checks {
		free[v.Domain] = v.Available
	}
	if len(free) != 2 || free["bakery.co.demo"] || !free["free-for-all.co.demo"] {
		t.Errorf("checks: %+v", r.Checks)
	}
	info, err := c.DomainInfo("bakery.co.demo", nil)
	if err != nil || info.Domain != "bakery.co.demo" || info.ClID != "DEMO-A" {
		t.Errorf("info: %+v, %v", info, err)
	}
	p.stop(syscall.SIGTERM)
}
