package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/namekeep/namekeep/registry/pg"
)

const (
	// patience covers one administrative step, the cluster's first start included.
	patience = 2 * time.Minute
	// connections of one test's pool; enough for a few workers and no more,
	// because each is a process of the server.
	connections = 4
)

// environment is the server of this test binary, brought up by the first New.
type environment struct {
	once     sync.Once
	err      error
	url      string // of the maintenance database
	admin    *pgxpool.Pool
	shared   *shared // nil with TEST_DATABASE_URL
	template string
	copyWith string // the STRATEGY clause
	serial   atomic.Int64
	drops    sync.WaitGroup
	dropping chan struct{} // limits the drops at work
}

var (
	env     *environment
	clocks  sync.Map // *pg.DB to *testClock
	mainRan atomic.Bool
)

// Main runs the tests, of a *testing.M or what stands around one, and leaves
// nothing behind. It does not return.
func Main(m interface{ Run() int }) {
	env = &environment{dropping: make(chan struct{}, 2)}
	mainRan.Store(true)
	code := m.Run()
	err := env.close()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// New gives the test an empty database at the latest version, on a pool of four
// connections. It is closed and dropped when the test ends. The installation
// row is not there: inserting it is the program's job.
func New(t testing.TB) *pg.DB {
	t.Helper()
	if !mainRan.Load() {
		t.Fatal("pgtest: TestMain must call pgtest.Main")
	}
	env.once.Do(func() { env.err = env.open() })
	if env.err != nil {
		t.Fatalf("pgtest: %v", env.err)
	}
	name := fmt.Sprintf("nktest_%d_%d", os.Getpid(), env.serial.Add(1))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := env.admin.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize()+
		" template "+pgx.Identifier{env.template}.Sanitize()+env.copyWith)
	if err != nil {
		t.Fatalf("pgtest: create database: %v", err)
	}
	db, err := pg.Open(ctx, pg.Config{URL: env.urlOf(name), MaxConns: connections})
	if err != nil {
		env.drop(name)
		t.Fatalf("pgtest: %v", err)
	}
	c := &testClock{real: db.Now}
	db.Now = c.now
	clocks.Store(db, c)
	t.Cleanup(func() {
		clocks.Delete(db)
		db.Close()
		env.drop(name)
	})
	return db
}

// URL is the address of the database New gave, for a second pool or process.
func URL(db *pg.DB) string { return db.Pool.Config().ConnString() }

// drop removes a database in the background: the server takes its time.
func (e *environment) drop(name string) {
	e.drops.Go(func() {
		e.dropping <- struct{}{}
		defer func() { <-e.dropping }()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_, err := e.admin.Exec(ctx, "drop database if exists "+pgx.Identifier{name}.Sanitize()+" with (force)")
		if err != nil {
			fmt.Fprintln(os.Stderr, "pgtest: drop database:", err)
		}
	})
}

// open finds the server and makes the template.
func (e *environment) open() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	e.url = os.Getenv("TEST_DATABASE_URL")
	if e.url == "" {
		s, err := join(ctx)
		if err != nil {
			return err
		}
		e.shared, e.url = s, s.cluster.URL("postgres")
		// Half the time of the default in memory, four times it on a disk.
		e.copyWith = " strategy file_copy"
	}
	cfg, err := pgxpool.ParseConfig(e.url)
	if err != nil {
		return err
	}
	cfg.MaxConns = connections
	e.admin, err = pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return err
	}
	e.template, err = e.makeTemplate(ctx)
	return err
}

// close waits for the drops and leaves the shared cluster.
func (e *environment) close() error {
	e.drops.Wait()
	if e.admin != nil {
		e.admin.Close()
	}
	if e.shared == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return e.shared.leave(ctx)
}

// urlOf is the server's address with another database.
func (e *environment) urlOf(name string) string {
	u, err := url.Parse(e.url)
	if err != nil {
		// Not a URL but "key=value" pairs, where the last one wins.
		return e.url + " dbname=" + name
	}
	u.Path = "/" + name
	return u.String()
}
