//go:build faults

package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/namekeep/namekeep/registry/pg/cluster"
)

var (
	lasting = flag.Duration("for", 0, "how long each fault is repeated; 0: 30 s, or 6 s with -short")
	record  = flag.String("record", "", "append the figures of each test to this file, a JSON line each")
)

// programs is the folder with the built programs.
var programs string

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := build(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		code = 1
	}
	os.Exit(code)
}

func build(m *testing.M) (int, error) {
	var err error
	programs, err = os.MkdirTemp("", "namekeep-faults-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(programs)
	out, err := exec.Command("go", "build", "-o", programs+string(filepath.Separator), "../../registryd", "../../registryctl").CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("build: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// span is how long a fault is repeated.
func span() time.Duration {
	switch {
	case *lasting > 0:
		return *lasting
	case testing.Short():
		return 6 * time.Second
	}
	return 30 * time.Second
}

// tags are the registrars; the last one pays in advance.
var tags = []string{"FAULT-A", "FAULT-B", "FAULT-P"}

const (
	password = "faults-pass"
	zone     = "fault"       // gtld
	zoneUK   = "co.fault.uk" // uk
	role     = "namekeep_server"
)

// world is a register with its database and servers.
type world struct {
	t       *testing.T
	dir     string
	cluster *cluster.Cluster
	options cluster.Options
	pool    *pgxpool.Pool // of the owner, to look and to count
	owner   string        // URL of the owner
	server  string        // URL of the servers
	nodes   []*node
	mail    string // host:port, "" for none
	figures figures
}

// figures are what a test reports.
type figures struct {
	Test      string         `json:"test"`
	Seconds   float64        `json:"seconds"`
	Commands  int            `json:"commands"`
	OK        int            `json:"answered_1000"`
	Refused   int            `json:"refused"`
	Unknown   int            `json:"unanswered"`
	Happened  int            `json:"unanswered_but_done"`
	Faults    map[string]int `json:"faults"`
	Lost      int            `json:"lost"`
	Twice     int            `json:"twice"`
	HalfDone  int            `json:"half_done"`
	LongestMS int64          `json:"longest_pause_ms"`
}

// newWorld brings up a database in a folder and a register in it.
func newWorld(t *testing.T, settings map[string]string) *world {
	t.Helper()
	// Not t.TempDir: the database's own account has to walk there.
	dir, err := os.MkdirTemp("", "nkfault")
	must(t, err)
	must(t, os.Chmod(dir, 0o711))
	t.Cleanup(func() { os.RemoveAll(dir) })
	return newWorldIn(t, dir, settings)
}

func newWorldIn(t *testing.T, dir string, settings map[string]string) *world {
	t.Helper()
	w := &world{t: t, dir: dir, figures: figures{Test: t.Name(), Faults: map[string]int{}}}
	all := map[string]string{"max_wal_size": "256MB", "shared_buffers": "32MB", "max_connections": "80"}
	for name, value := range settings {
		all[name] = value
	}
	w.options = cluster.Options{Dir: filepath.Join(dir, "pg"), Settings: all, Sync: true}
	w.startDatabase()
	t.Cleanup(func() {
		w.stopServers()
		if w.pool != nil {
			w.pool.Close()
		}
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		_ = w.cluster.Halt(ctx)
	})
	must(t, w.cluster.EnsureDatabase(t.Context(), "fault"))
	w.owner = w.cluster.URL("fault")
	w.open()
	w.fill()
	return w
}

// startDatabase starts PostgreSQL; after a kill the rest of the old one may
// still be ending.
func (w *world) startDatabase() {
	w.t.Helper()
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		w.cluster, err = cluster.Start(w.t.Context(), w.options)
		if err == nil {
			return
		}
	}
	w.t.Fatal(err)
}

// open connects as the owner.
func (w *world) open() {
	w.t.Helper()
	cfg, err := pgxpool.ParseConfig(w.owner)
	must(w.t, err)
	cfg.MaxConns = 3
	w.pool, err = pgxpool.NewWithConfig(w.t.Context(), cfg)
	must(w.t, err)
}

// fill makes the register as an operator would.
func (w *world) fill() {
	w.t.Helper()
	w.ctl("db", "migrate")
	w.ctl("user", "grant", "root", "--role", "admin")
	w.ctl("zone", "create", zone, "--profile", "gtld")
	w.ctl("zone", "create", zoneUK)
	for _, z := range []string{zone, zoneUK} {
		for _, op := range []string{"create", "renew"} {
			w.ctl("price", "set", z, op, "--amount", "5.00", "--pro-rata")
		}
	}
	secret := filepath.Join(w.dir, "password")
	must(w.t, os.WriteFile(secret, []byte(password+"\n"), 0o600))
	for i, tag := range tags {
		terms := "credit"
		if i == len(tags)-1 {
			terms = "prepaid"
		}
		w.ctl("registrar", "create", tag, "--name", tag+" Ltd", "--terms", terms, "--max-sessions", "1000",
			"--billing-email", "bills@example.net", "--sales-email", "sales@example.net")
		w.ctl("registrar", "passwd", tag, "--password-file", secret)
	}
	w.ctl("payment", "record", "--tag", tags[len(tags)-1], "--amount", "9000000.00")
	w.ctl("db", "roles")
	_, err := w.pool.Exec(w.t.Context(), `ALTER ROLE `+role+` PASSWORD 'server'`)
	must(w.t, err)
	w.server = asRole(w.t, w.owner)
}

// asRole is the URL of the owner with the servers' role.
func asRole(t *testing.T, owner string) string {
	t.Helper()
	u, err := url.Parse(owner)
	must(t, err)
	u.User = url.UserPassword(role, "server")
	return u.String()
}

// ctl runs registryctl as the owner.
func (w *world) ctl(args ...string) string {
	w.t.Helper()
	cmd := exec.Command(filepath.Join(programs, "registryctl"),
		append([]string{"--database", w.owner, "--user", "root", "--yes", "--reason", "a fault test"}, args...)...)
	// Only what is given here counts, and the clock may be moved.
	cmd.Env = append(os.Environ(), "NAMEKEEP_CONFIG=", "NAMEKEEP_INSTALLATION_TEST_BED=true")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err != nil {
		w.t.Fatalf("registryctl %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), errs.String())
	}
	return out.String()
}

// postmaster is the process of the database.
func (w *world) postmaster() int {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.cluster.Dir(), "data", "postmaster.pid"))
	must(w.t, err)
	var pid int
	_, err = fmt.Sscan(string(data), &pid)
	must(w.t, err)
	return pid
}

// signalDatabase sends a signal to the postmaster and waits for its end.
func (w *world) signalDatabase(s syscall.Signal) {
	w.t.Helper()
	pid := w.postmaster()
	must(w.t, syscall.Kill(pid, s))
	for end := time.Now().Add(30 * time.Second); syscall.Kill(pid, 0) == nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("PostgreSQL does not end on %s", s)
		}
	}
}

// sound checks the books and the audit log with the programs that staff use.
func (w *world) sound() {
	w.t.Helper()
	w.ctl("audit", "seal")
	w.ctl("audit", "verify")
	w.ctl("billing", "verify")
}

// report prints the figures and keeps them.
func (w *world) report() {
	w.t.Helper()
	line, err := json.Marshal(w.figures)
	must(w.t, err)
	w.t.Logf("%s", line)
	if *record == "" {
		return
	}
	f, err := os.OpenFile(*record, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	must(w.t, err)
	_, err = f.Write(append(line, '\n'))
	must(w.t, errors.Join(err, f.Close()))
}

// count reads one number as the owner.
func (w *world) count(sql string, args ...any) int {
	w.t.Helper()
	rows, err := w.pool.Query(w.t.Context(), sql, args...)
	must(w.t, err)
	n, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
	must(w.t, err)
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
