package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg/cluster"
)

// CompareCommand is eppload compare: the whole measurement of
// docs/performance.md in one run. It starts a PostgreSQL of its own, the
// server and the bare servers as processes of their own, and puts the same
// load on them in turn.
type CompareCommand struct {
	Dir        string        `help:"Folder for the database and the certificates; by default one that is removed." type:"path"`
	Profile    string        `help:"Profile of the listener." enum:"uk,gtld" default:"uk"`
	Names      int64         `help:"Names in the register." default:"1000000"`
	SmallNames int64         `help:"Names in the small register, to compare with." default:"10000"`
	Sessions   []int         `help:"Numbers of sessions." default:"8,64"`
	Rounds     int           `help:"Rounds; the median counts." default:"3"`
	Round      time.Duration `help:"Measured time of each operation in a round." default:"4s"`
	Warmup     time.Duration `help:"Time before it that does not count." default:"1s"`
	Lone       int64         `help:"Commands of the lone session." default:"3000"`
	Idle       []int         `help:"Numbers of idle sessions." default:"1000,5000"`
	Settle     time.Duration `help:"Time before the memory of idle sessions is read." default:"5s"`
	JSON       string        `name:"json" help:"File for all results as JSON." type:"path"`
}

// compareTags sponsor the names of the registers measured.
var compareTags = []string{"LOAD-A", "LOAD-B"}

// compareSpread keeps all expiries within reach of a renewal (rule R2).
const compareSpread = 180

// pgSettings are those of both sides; commits are durable (synchronous_commit
// is on unless turned off). They are what the operator's guide recommends.
var pgSettings = map[string]string{"max_connections": "200", "shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}

func (c *CompareCommand) check() error {
	switch {
	case c.Rounds < 1 || c.Rounds > 20:
		return errors.New("rounds: from 1 to 20")
	case c.Round <= 0 || c.Round > time.Minute || c.Warmup < 0 || c.Warmup > time.Minute || c.Settle < 0 || c.Settle > time.Minute:
		return errors.New("round, warm-up and settling: at most a minute")
	case c.Lone < 1 || c.Lone > 100_000:
		return errors.New("lone: from 1 to 100000 commands")
	case c.SmallNames < 100 || c.Names < c.SmallNames:
		return errors.New("names: at least as many as small-names, which is at least 100")
	}
	for _, n := range append(append([]int{}, c.Sessions...), c.Idle...) {
		if n < 1 || n > maxSessions {
			return fmt.Errorf("sessions: from 1 to %d", maxSessions)
		}
	}
	return nil
}

// Run measures, and prints the table as Markdown.
func (c *CompareCommand) Run(ctx context.Context, out *console) error {
	err := c.check()
	if err != nil {
		return err
	}
	dir := c.Dir
	if dir == "" {
		dir, err = os.MkdirTemp("", "eppload-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	b := &bench{CompareCommand: c, dir: dir, log: &sharedLog{w: out.stderr}, result: comparison{Machine: describeMachine(), Start: time.Now().UTC(), Dir: dir}}
	err = b.run(ctx)
	err = errors.Join(err, b.stop(context.WithoutCancel(ctx)))
	if err != nil {
		return err
	}
	b.result.judge(c)
	if c.JSON != "" {
		err = writeFileJSON(c.JSON, &b.result)
		if err != nil {
			return err
		}
	}
	err = b.result.writeMarkdown(out.stdout)
	if err == nil && b.result.failed() > 0 {
		err = errFailures
	}
	return err
}

func writeFileJSON(name string, v any) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(writeJSON(f, v), f.Close())
}

// bench is the set-up of one comparison.
type bench struct {
	*CompareCommand
	dir      string
	log      io.Writer
	set      certSet
	cluster  *cluster.Cluster
	pgPID    int
	children []*child
	big      *contender
	small    *contender
	echo     *contender
	query    *contender
	renewal  *contender
	result   comparison
}

// contender is a server that load is put on, with the names it works on.
type contender struct {
	*child
	database string
	target   target
	stock    *stock
	answer   int // length of a bare server's answers
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.log, "%s "+format+"\n", append([]any{time.Now().Format(time.TimeOnly)}, args...)...)
}

func (b *bench) run(ctx context.Context) error {
	err := b.setUp(ctx)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{b.alternate, b.lone, b.flatness, b.idle} {
		err = step(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// stop ends all that was started: servers first, then the database.
func (b *bench) stop(ctx context.Context) error {
	var errs []error
	for _, c := range b.children {
		errs = append(errs, c.stop())
	}
	if b.cluster != nil {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		errs = append(errs, b.cluster.Stop(ctx))
		if b.Dir == "" && b.cluster.Dir() != filepath.Join(b.dir, "pg") {
			errs = append(errs, os.RemoveAll(b.cluster.Dir()))
		}
	}
	return errors.Join(errs...)
}

// setUp starts the database, fills the registers and starts the servers.
func (b *bench) setUp(ctx context.Context) error {
	var err error
	b.set, err = openCertSet(filepath.Join(b.dir, "certs"), append([]string{bareTags[0]}, compareTags...))
	if err != nil {
		return err
	}
	b.cluster, err = cluster.Start(ctx, cluster.Options{Dir: filepath.Join(b.dir, "pg"), Settings: pgSettings, Sync: true, Log: b.log})
	if err != nil {
		return err
	}
	err = b.lookAtPostgres(ctx)
	if err != nil {
		return err
	}
	b.big, err = b.register(ctx, "load", b.Names)
	if err != nil {
		return err
	}
	b.small, err = b.register(ctx, "load_small", b.SmallNames)
	if err != nil {
		return err
	}
	return b.bareServers(ctx)
}

// lookAtPostgres finds the server's process and version.
func (b *bench) lookAtPostgres(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, b.cluster.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var backend int
	err = conn.QueryRow(ctx, `SELECT pg_backend_pid(), current_setting('server_version')`).Scan(&backend, &b.result.Machine.PostgreSQL)
	if err != nil {
		return err
	}
	s, err := readStat(backend)
	b.pgPID = s.ppid
	return err
}

// register makes and fills a register and starts its server.
func (b *bench) register(ctx context.Context, database string, names int64) (*contender, error) {
	p, err := newPopulation(names, "co.uk", compareTags, "", compareSpread)
	if err != nil {
		return nil, err
	}
	err = b.cluster.EnsureDatabase(ctx, database)
	if err != nil {
		return nil, err
	}
	password, err := newRegister(ctx, b.cluster.URL(database), registry.Profile(b.Profile), p, b.set)
	if err != nil {
		return nil, err
	}
	b.say("filling %s with %d names", database, names)
	g, err := generate(ctx, b.cluster.URL(database), p, 2)
	if err != nil {
		return nil, err
	}
	b.say("filled %s: %.0f names a second", database, g.PerSecond)
	b.result.Generated = append(b.result.Generated, *g)
	creds, err := b.set.credentials(compareTags, password)
	if err != nil {
		return nil, err
	}
	c := &contender{database: database, stock: newStock(p, len(creds)), target: target{profile: b.Profile, creds: creds}}
	c.child, err = b.server(ctx, c)
	if err == nil {
		c.target.addr = c.child.Listen
	}
	return c, err
}

// server starts a server for a contender's register.
func (b *bench) server(ctx context.Context, c *contender) (*child, error) {
	s, err := startChild(ctx, "server of "+c.database, b.log, "serve-for-test", "--database", b.cluster.URL(c.database),
		"--dir", b.set.dir, "--profile", b.Profile)
	if err == nil {
		b.children = append(b.children, s)
	}
	return s, err
}

// bareServers starts the bare servers. Their answers are as long as the
// server's: to a check for echo and query, to a renewal for the renewal.
func (b *bench) bareServers(ctx context.Context) error {
	check, err := b.answerLength(ctx, opCheck)
	if err != nil {
		return err
	}
	renew, err := b.answerLength(ctx, opRenew)
	if err != nil {
		return err
	}
	b.say("starting the bare servers: answers of %d and %d bytes", check, renew)
	for _, bare := range []struct {
		to     **contender
		kind   string
		length int
	}{{&b.echo, "echo", check}, {&b.query, "query", check}, {&b.renewal, "renew", renew}} {
		*bare.to, err = b.bare(ctx, bare.kind, bare.length)
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) bare(ctx context.Context, kind string, length int) (*contender, error) {
	p, err := newPopulation(b.Names, "co.uk", bareTags, b.big.stock.base.Format(time.DateOnly), compareSpread)
	if err != nil {
		return nil, err
	}
	s, err := startChild(ctx, "bare "+kind, b.log, "bare", kind, "--child", "--listen", "127.0.0.1:0", "--dir", b.set.dir,
		"--answer-bytes", strconv.Itoa(length), "--database", b.cluster.URL("postgres"), "--scratch", "eppload_bare_"+kind,
		"--names", strconv.FormatInt(p.names, 10), "--zone", p.zone, "--spread", strconv.Itoa(p.spread), "--base", p.base.Format(time.DateOnly))
	if err != nil {
		return nil, err
	}
	b.children = append(b.children, s)
	creds, err := b.set.credentials(bareTags, "")
	if err != nil {
		return nil, err
	}
	c := &contender{child: s, stock: newStock(p, 1), target: target{addr: s.Listen, profile: "uk", creds: creds}}
	c.answer = length
	return c, nil
}

// answerLength asks the server once and returns how long the answer is.
func (b *bench) answerLength(ctx context.Context, op operation) (int, error) {
	l := b.load(b.big, op, 1)
	l.count, l.warmup, l.duration = 1, 0, time.Minute
	r, err := l.run(ctx)
	if err != nil {
		return 0, err
	}
	if r.Failed > 0 {
		return 0, fmt.Errorf("%s: %s", op, r.Failures[0])
	}
	return max(r.AnswerBytes, 100), nil
}
