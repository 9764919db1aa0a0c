package epptest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/eppserver"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
	"github.com/namekeep/namekeep/xml"
	"github.com/namekeep/namekeep/xml/xmltest"
)

// The zones of a harness: one label above the names.
const (
	ZoneUK       = "uk.test"   // uk
	ZoneReferred = "ref.test"  // uk; creations wait for the staff
	ZoneGTLD     = "gtld.test" // gtld
)

// Tags lists the registrars of a harness. All have Password.
var Tags = []string{"DEMO-A", "DEMO-B", "DEMO-C"}

// Password is every registrar's password.
const Password = "demo-passw0rd"

// collected are the answers of all tests of the run.
var collected xmltest.Collector

// grantMu has one test at a time make roles.
var grantMu sync.Mutex

// Main runs a package's tests and then checks all answers against the schemas.
// It does not return.
func Main(m *testing.M) { pgtest.Main(runner{m}) }

type runner struct{ m *testing.M }

// Run runs the tests and the check.
func (r runner) Run() int { return collected.Main(r.m) }

// Options may be changed by the functions given to New.
type Options struct {
	Config eppserver.Config
	// UK, GTLD and Plain are the listeners. TLS is set by the harness. Plain is
	// of the uk profile, in plain text, with all leniency.
	UK, GTLD, Plain eppserver.ListenerConfig
	Registry        registry.Config
	// ClientCerts says what becomes of a client without a certificate.
	ClientCerts certs.ClientCertMode
}

// Harness is a server with its register.
type Harness struct {
	T        testing.TB
	DB       *pg.DB
	Registry *registry.Registry
	// Metrics holds the metrics of the first server.
	Metrics *prometheus.Registry
	// Node is the first server; Start adds others on the same database.
	*Node

	options Options
	logs    *logBuffer
}

// Node is one server and its addresses.
type Node struct {
	Server          *eppserver.Server
	UK, GTLD, Plain string // host:port

	stop func(context.Context) error
}

// New starts a server that ends with the test.
func New(t testing.TB, change ...func(*Options)) *Harness {
	t.Helper()
	h := &Harness{T: t, DB: pgtest.New(t), Metrics: prometheus.NewRegistry(), logs: &logBuffer{}}
	all := eppserver.Lenient{Unframed: true, LeadingSpace: true, Schema: true}
	h.options = Options{
		Config: eppserver.Config{
			Name:          "Namekeep test",
			Log:           slog.New(slog.NewTextHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
			DebugXML:      true,
			WatchInterval: 50 * time.Millisecond,
		},
		UK:       eppserver.ListenerConfig{Name: "uk", Profile: xml.ProfileUK, Lenient: eppserver.Lenient{Schema: true}},
		GTLD:     eppserver.ListenerConfig{Name: "gtld", Profile: xml.ProfileGTLD},
		Plain:    eppserver.ListenerConfig{Name: "plain", Profile: xml.ProfileUK, Lenient: all},
		Registry: registry.Config{Policy: registry.DefaultPolicy()},
	}
	for _, f := range change {
		f(&h.options)
	}
	ctx := context.Background()
	h.fill(ctx)
	var err error
	h.Registry, err = registry.New(ctx, h.DB, h.options.Registry)
	if err != nil {
		t.Fatal(err)
	}
	cfg := h.options.Config
	if cfg.Metrics == nil {
		cfg.Metrics = h.Metrics
	}
	h.Node = h.start(cfg)
	t.Cleanup(h.showFaults)
	return h
}

// Start starts another server on the same database. It has its own Registry,
// as another process would, and ends with the test.
func (h *Harness) Start() *Node {
	h.T.Helper()
	return h.start(h.options.Config)
}

func (h *Harness) start(cfg eppserver.Config) *Node {
	h.T.Helper()
	ctx := context.Background()
	reg, db := h.Registry, h.serverDB(ctx)
	if h.Node != nil || db != h.DB {
		var err error
		reg, err = registry.New(ctx, db, h.options.Registry)
		if err != nil {
			h.T.Fatal(err)
		}
	}
	book, err := eppserver.NewCertificateBook(ctx, reg)
	if err != nil {
		h.T.Fatal(err)
	}
	cfg.Certificates = book
	srv, err := eppserver.New(ctx, cfg, reg)
	if err != nil {
		h.T.Fatal(err)
	}
	tlsConfig := h.serverTLS(book)
	n := &Node{Server: srv}
	serving := &sync.WaitGroup{}
	n.UK = h.listen(srv, serving, h.options.UK, tlsConfig)
	n.GTLD = h.listen(srv, serving, h.options.GTLD, tlsConfig)
	n.Plain = h.listen(srv, serving, h.options.Plain, nil)
	var once sync.Once
	n.stop = func(ctx context.Context) (err error) {
		once.Do(func() {
			err = srv.Shutdown(ctx)
			serving.Wait()
		})
		return err
	}
	h.T.Cleanup(func() {
		late, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := n.stop(late); err != nil {
			h.T.Errorf("shutdown: %v", err)
		}
	})
	return n
}

// Stop shuts the server down as Shutdown does; the test's end does it otherwise.
func (n *Node) Stop(ctx context.Context) error { return n.stop(ctx) }

func (h *Harness) listen(srv *eppserver.Server, serving *sync.WaitGroup, cfg eppserver.ListenerConfig, tlsConfig *tls.Config) string {
	h.T.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.T.Fatal(err)
	}
	cfg.TLS = tlsConfig
	serving.Go(func() {
		err := srv.Serve(context.Background(), ln, cfg)
		if !errors.Is(err, eppserver.ErrClosed) {
			h.T.Errorf("serve %s: %v", cfg.Name, err)
		}
	})
	return ln.Addr().String()
}

// SetNow stops the registry clock at a time.
func (h *Harness) SetNow(at time.Time) {
	h.T.Helper()
	pgtest.SetNow(h.T, h.DB, at)
}

// Advance moves the registry clock on and stops it there.
func (h *Harness) Advance(d time.Duration) {
	h.T.Helper()
	pgtest.Advance(h.T, h.DB, d)
}

// Exec runs a statement in the database, for what no command can do.
func (h *Harness) Exec(sql string, args ...any) {
	h.T.Helper()
	_, err := h.DB.Pool.Exec(context.Background(), sql, args...)
	if err != nil {
		h.T.Fatalf("%s: %v", sql, err)
	}
}

// Count runs a query for one number.
func (h *Harness) Count(sql string, args ...any) int {
	h.T.Helper()
	var n int
	err := h.DB.Pool.QueryRow(context.Background(), sql, args...).Scan(&n)
	if err != nil {
		h.T.Fatalf("%s: %v", sql, err)
	}
	return n
}

// Eventually waits, up to some seconds, until done says so.
func (h *Harness) Eventually(what string, done func() bool) {
	h.T.Helper()
	for deadline := time.Now().Add(5 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.T.Fatalf("not within 5 s: %s", what)
		}
	}
}

// showFaults shows what went wrong in the servers when a test failed.
func (h *Harness) showFaults() {
	if !h.T.Failed() {
		return
	}
	for line := range strings.SplitSeq(h.Log(), "\n") {
		if strings.Contains(line, "level=ERROR") {
			h.T.Log(line)
		}
	}
}

// Log is what the servers have logged so far.
func (h *Harness) Log() string { return h.logs.String() }

// logBuffer is a buffer for many goroutines.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
