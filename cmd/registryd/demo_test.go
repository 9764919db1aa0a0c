package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// metricsOfEPP are the metrics of operations.md "Monitoring" that concern EPP
// and the database, and what the process itself offers.
var metricsOfEPP = []string{
	"epp_commands_total{", "epp_command_duration_seconds_bucket{", "epp_sessions{", "epp_connections{", "epp_logins_total{",
	"epp_frames_total{", "epp_frame_bytes_total{", "epp_panics_total 0",
	`epp_tls_handshake_failures_total{`,
	`db_pool_connections{state="idle"}`, `db_pool_connections{state="in-use"}`, "db_pool_max_connections 16", "db_pool_acquires_total",
	"db_pool_empty_acquires_total", "db_pool_acquire_seconds_total",
	`certificate_expiry_timestamp_seconds{certificate="ca"}`, `certificate_expiry_timestamp_seconds{certificate="server"}`,
	`certificate_expiry_timestamp_seconds{certificate="registrar"}`, `registrar_certificates_expiring{days="30"} 0`,
	`job_last_success_timestamp_seconds{job="transfers approved"}`, "go_goroutines", "process_open_fds",
	`zone_serial{zone="co.demo"}`, `zone_names{zone="co.demo"}`, `zone_age_seconds{zone="co.demo"}`, `zone_serial_age_seconds{zone="co.demo"}`,
	`zone_stopped{zone="co.demo"} 0`, `zone_file_bytes{zone="co.demo"}`, `zone_file_age_seconds{zone="co.demo"}`, `zone_file_behind{zone="co.demo"} `,
	`job_last_success_timestamp_seconds{job="zone changes"}`, "zone_transfer_records_total ",
}

// wantMetrics waits for all metrics: some come with the first turn of a job.
func wantMetrics(t *testing.T, d *eppclient.Demo) {
	t.Helper()
	var missing []string
	for range 100 {
		_, page := get(t, d.Metrics, "/metrics")
		missing = slices.DeleteFunc(slices.Clone(metricsOfEPP), func(m string) bool { return strings.Contains(page, "\n"+m) })
		if len(missing) == 0 {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Errorf("there is no metric %s", strings.Join(missing, ", "))
}

// The demo from nothing: the check passes, a second start is warm and keeps the
// data, a kill leaves nothing that hinders the next start, and Ctrl-C takes
// everything down.
func TestDemo(t *testing.T) {
	dir := demoDir(t)
	cold := start(t, anyPorts(dir, "--check")...)
	cold.wait(exitDone)
	if out := cold.stdout.String(); !strings.Contains(out, "steps went as they should") || strings.Contains(out, "WRONG") {
		t.Fatalf("check:\n%s", out)
	}
	info, err := os.Stat(filepath.Join(dir, eppclient.DemoFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("demo.json: %v, %v: it holds passwords", info, err)
	}
	first, err := eppclient.LoadDemo(dir)
	if err != nil {
		t.Fatal(err)
	}

	began := time.Now()
	p, d := startDemo(t, dir)
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("a warm start took %s", took)
	}
	if strings.Contains(p.stderr.String(), "loading") {
		t.Error("a warm start loads the register again")
	}
	a, was := d.Registrars[0], first.Registrars[0]
	if a.Tag != was.Tag || a.Password != was.Password {
		t.Errorf("a warm start has other passwords")
	}
	c := login(t, d, d.EPP["uk"], "DEMO-A")
	want(t, c, eppclient.DomainCreate("", eppclient.DomainCreateOptions{Name: "kept.co.demo", Years: 2, Registrant: "A-BAKER"}), 1000)
	stranger, err := net.Dial("tcp", d.EPP["uk"])
	if err == nil {
		_, err = fmt.Fprint(stranger, "GET / HTTP/1.1\r\n\r\n")
	}
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, stranger) // until it is hung up on
	stranger.Close()
	wantMetrics(t, d)
	again := start(t, anyPorts(dir)...)
	again.wait(exitUsage)

	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.done
	pid := filepath.Join(dir, "postgres", "data", "postmaster.pid")
	if _, err := os.Stat(pid); err != nil {
		t.Errorf("the database did not outlive the demo: %v", err)
	}
	p, d = startDemo(t, dir)
	if !strings.Contains(p.stderr.String(), "using the PostgreSQL server that is running") {
		t.Errorf("the running database was not adopted:\n%s", p.stderr.String())
	}
	want(t, login(t, d, d.EPP["uk"], "DEMO-A"), eppclient.DomainInfo("", eppclient.DomainInfoOptions{Name: "kept.co.demo"}), 1000)
	runPrinted(t, p, dir)
	p.stop(syscall.SIGINT)
	if _, err := os.Stat(pid); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the database was not stopped: %v", err)
	}
	log, err := os.ReadFile(filepath.Join(dir, "registryd.log"))
	if err != nil {
		t.Fatal(err)
	}
	jsonLines(t, string(log))
	for _, r := range d.Registrars {
		if strings.Contains(string(log), r.Password) {
			t.Error("a password is in the log")
		}
	}
}

// With a database given the demo uses that one, starts none of its own, and
// the plain-text listener is there when it is asked for.
// A demo whose address is taken says so and leaves nothing behind.
func TestDemoAddressTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := filepath.Join(t.TempDir(), "new")
	p := start(t, anyPorts(dir, "--listen-gtld="+taken.Addr().String())...)
	p.wait(exitFault)
	if text := p.stderr.String(); !strings.Contains(text, "--listen-gtld") {
		t.Errorf("it says: %s", text)
	}
	if _, err = os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
}

func TestDemoOnGivenDatabase(t *testing.T) {
	db, dir := pgtest.New(t), demoDir(t)
	p, d := startDemo(t, dir, "--database", pgtest.URL(db), "--plain-epp=127.0.0.1:0")
	if _, err := os.Stat(filepath.Join(dir, "postgres")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a database of its own beside the one given: %v", err)
	}
	plain, err := eppclient.Dial(t.Context(), d.PlainEPP, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	r, _ := d.Registrar("DEMO-C")
	want(t, plain, eppclient.Login(plain.Greeting(), r.Tag, r.Password, eppclient.LoginOptions{}), 1000)
	var names int
	err = db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM domain`).Scan(&names)
	if err != nil || names < 200 {
		t.Errorf("%d names in the database given: %v", names, err)
	}
	p.stop(syscall.SIGTERM)
}

// runPrinted pastes every line that the demo printed into a shell.
func runPrinted(t *testing.T, p *process, dir string) {
	t.Helper()
	lines := 0
	for line := range strings.Lines(p.stdout.String()) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, binary(t, "eppc")+" ") && !strings.HasPrefix(line, binary(t, "registryctl")+" ") {
			continue
		}
		lines++
		cmd := exec.Command("sh", "-c", line)
		cmd.Dir = t.TempDir()
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s\n%v: %s", line, err, out)
		}
	}
	if lines < 14 {
		t.Errorf("only %d lines to paste in\n%s", lines, p.stdout.String())
	}
	if !strings.Contains(p.stdout.String(), "--demo "+dir) {
		t.Error("the lines do not say where the demo is")
	}
}

// Every registration status of renewals.md occurs, and so do the other states
// that a demo is to show.
func TestDemoRegister(t *testing.T) {
	d := newDemoDB(t)
	for _, q := range []struct {
		what, sql string
		least     int
	}{
		{"names", `SELECT count(*) FROM domain`, 200},
		{"first registration unpaid", `SELECT count(*) FROM domain WHERE NOT first_paid`, 3},
		{"renewal requested", `SELECT count(*) FROM renewal_request WHERE state = 'uninvoiced'`, 3},
		{"charged", `SELECT count(*) FROM charge`, 10},
		{"expired", `SELECT count(*) FROM domain WHERE expires < current_date - 1 AND NOT renew_not_required AND suspended_on IS NULL`, 10},
		{"no longer required", `SELECT count(*) FROM domain WHERE renew_not_required`, 3},
		{"suspended", `SELECT count(*) FROM domain WHERE suspended_on IS NOT NULL`, 3},
		{"detagged", `SELECT count(*) FROM domain d JOIN registrar r ON r.id = d.sponsor WHERE r.tag = 'DETAGGED'`, 3},
		{"auto-bill", `SELECT count(*) FROM domain WHERE auto_bill IS NOT NULL`, 3},
		{"billed directly", `SELECT count(*) FROM domain WHERE recur_bill = 'bc'`, 3},
		{"IDN", `SELECT count(*) FROM domain WHERE name LIKE 'xn--%'`, 5},
		{"DS", `SELECT count(*) FROM domain_ds`, 5},
		{"glue", `SELECT count(*) FROM host WHERE addresses <> '{}'`, 5},
		{"natural persons", `SELECT count(*) FROM contact WHERE natural_person`, 30},
		{"legal entities", `SELECT count(*) FROM contact WHERE NOT natural_person`, 30},
		{"statuses", `SELECT count(DISTINCT s) FROM domain, unnest(statuses) s`, 6},
		{"referred", `SELECT count(*) FROM domain WHERE referred_at IS NOT NULL`, 1},
		{"redemption", `SELECT count(*) FROM domain WHERE delete_phase = 'redemptionPeriod'`, 1},
		{"staff", `SELECT count(DISTINCT role) FROM staff_user`, 4},
	} {
		var n int
		err := d.Pool.QueryRow(t.Context(), q.sql).Scan(&n)
		if err != nil {
			t.Fatalf("%s: %v", q.what, err)
		}
		if n < q.least {
			t.Errorf("%s: %d, want %d or more", q.what, n, q.least)
		}
	}
}
