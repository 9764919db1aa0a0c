package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/cluster"
)

// NightlyCommand is eppload nightly: the measurement of the nightly batch in
// docs/performance.md. The register it fills stays in its folder, so that the
// days can be measured again without filling it again.
type NightlyCommand struct {
	Dir       string   `help:"Folder for the database and the certificates; it stays." required:"" type:"path"`
	Registryd string   `help:"The server program that runs a day as the leader." default:"registryd"`
	Names     int64    `help:"Names in the register." default:"10000000"`
	Due       int64    `help:"Names that renew themselves on a busy day." default:"100000"`
	Sessions  int      `help:"EPP sessions that check names meanwhile." default:"8"`
	FillOnly  bool     `help:"Fill the register and stop."`
	Only      []string `help:"Measure only these parts: busy, load, invoices, empty, verify."`
	JSON      string   `name:"json" help:"File for the results as JSON." type:"path"`
}

// nightlyTags sponsor the names.
var nightlyTags = []string{"LOAD-A", "LOAD-B", "LOAD-C", "LOAD-D"}

const (
	nightlyZone = "co.uk"
	// nightlySpread is over how many days the names expire: about two years, the
	// usual period.
	nightlySpread = 730
	// nightlyAhead keeps all names from expiring by themselves during the
	// measurement, and off the reminder lists, which look three months ahead: a day
	// with nothing due has nothing due.
	nightlyAhead = 110
)

// nightlySettings are those of the operator's guide for a machine of this size.
var nightlySettings = map[string]string{"max_connections": "200", "shared_buffers": "4GB", "max_wal_size": "16GB",
	"checkpoint_timeout": "30min", "wal_compression": "lz4", "maintenance_work_mem": "512MB"}

// nightly is the set-up of one measurement.
type nightly struct {
	*NightlyCommand
	log     io.Writer
	set     certSet
	cluster *cluster.Cluster
	state   nightlyState
	db      *pg.DB
	reg     *registry.Registry
	result  nightlyResult
}

// nightlyState is what is kept beside the register.
type nightlyState struct {
	Password string     `json:"password"`
	Base     string     `json:"base"` // of the population
	Names    int64      `json:"names"`
	Filled   *generated `json:"filled"`
	Busy     int64      `json:"busy_days"` // that were measured; each took other names
}

// Run fills the register if it is not there, measures, and prints Markdown.
func (c *NightlyCommand) Run(ctx context.Context, out *console) error {
	if c.Names < 1000*int64(len(nightlyTags)) || c.Due < 100 || c.Due > c.Names/20 || c.Sessions < 1 || c.Sessions > 64 {
		return errors.New("names: at least 4000; due: 100 to a twentieth of them; sessions: 1 to 64")
	}
	n := &nightly{NightlyCommand: c, log: out.stderr, result: nightlyResult{Machine: describeMachine(), Start: time.Now().UTC()}}
	err := n.setUp(ctx)
	if err == nil && !c.FillOnly {
		err = n.measure(ctx)
	}
	if n.db != nil {
		n.db.Close()
	}
	if n.cluster != nil {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Minute)
		defer cancel()
		err = errors.Join(err, n.cluster.Stop(stopping))
	}
	if err != nil || c.FillOnly {
		return err
	}
	if c.JSON != "" {
		err = writeFileJSON(c.JSON, &n.result)
		if err != nil {
			return err
		}
	}
	return n.result.writeMarkdown(out.stdout)
}

func (n *nightly) say(format string, args ...any) {
	fmt.Fprintf(n.log, "%s "+format+"\n", append([]any{time.Now().Format(time.TimeOnly)}, args...)...)
}

func (n *nightly) stateFile() string { return filepath.Join(n.Dir, "nightly.json") }

// setUp starts the database and opens the register, filled.
func (n *nightly) setUp(ctx context.Context) error {
	err := os.MkdirAll(n.Dir, 0o755)
	if err != nil {
		return err
	}
	n.set, err = openCertSet(filepath.Join(n.Dir, "certs"), nightlyTags)
	if err != nil {
		return err
	}
	n.cluster, err = cluster.Start(ctx, cluster.Options{Dir: filepath.Join(n.Dir, "pg"), Settings: nightlySettings, Sync: true, Log: n.log})
	if err != nil {
		return err
	}
	err = n.fill(ctx)
	if err != nil {
		return err
	}
	n.result.Filled = n.state.Filled
	n.db, err = pg.Open(ctx, pg.Config{URL: n.url(), MaxConns: 8, TxTimeout: 10 * time.Minute})
	if err != nil {
		return err
	}
	err = pg.Migrate(ctx, n.db, nil) // a register kept from before
	if err != nil {
		return err
	}
	n.reg, err = registry.New(ctx, n.db, registry.Config{Policy: registry.DefaultPolicy()})
	return err
}

func (n *nightly) url() string { return n.cluster.URL("nightly") }

// population describes the register of this folder.
func (n *nightly) population() (population, error) {
	return newPopulation(n.state.Names, nightlyZone, nightlyTags, n.state.Base, nightlySpread)
}

// fill makes the register, unless an earlier run did.
func (n *nightly) fill(ctx context.Context) error {
	data, err := os.ReadFile(n.stateFile())
	if err == nil {
		return json.Unmarshal(data, &n.state)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	n.state = nightlyState{Names: n.Names, Base: time.Now().UTC().AddDate(0, 0, nightlyAhead).Format(time.DateOnly)}
	p, err := n.population()
	if err != nil {
		return err
	}
	err = n.cluster.EnsureDatabase(ctx, "nightly")
	if err != nil {
		return err
	}
	n.state.Password, err = newRegister(ctx, n.url(), registry.ProfileUK, p, n.set)
	if err != nil {
		return err
	}
	n.say("filling the register with %d names", n.Names)
	n.state.Filled, err = generate(ctx, n.url(), p, 2)
	if err != nil {
		return err
	}
	n.say("filled: %.0f names a second", n.state.Filled.PerSecond)
	return n.keep()
}

// keep writes the state down.
func (n *nightly) keep() error { return writeFileJSON(n.stateFile(), &n.state) }
