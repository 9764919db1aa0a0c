package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/namekeep/namekeep/registry/pg"
)

// Config is what a Registry needs to know beside its database.
type Config struct {
	Policy   Policy
	TimeZone string // of civil dates, default Europe/London
	// InvoiceDays says when the batch invoices registrars; empty is monthly.
	InvoiceDays InvoiceDays
	ZoneTTL     time.Duration // how long a server may work with an old zone table, default 2 s
}

// Registry is the register: its methods are the commands of registrars, staff
// and the batch. Any number of them may work on one database.
type Registry struct {
	db     *pg.DB
	policy Policy
	loc    *time.Location
	inst   Installation
	// invoiceDays is when the batch invoices registrars.
	invoiceDays InvoiceDays
	zones       zoneTable
	tagTable    tagTable
	logins      *loginDesk
	usage       usageBook
	quotes      quoteBook
	checks      joint[*checkCall]
	renewals    joint[*renewCall]
	updates     joint[*updateCall]
	reads       [allParts + 1]joint[*readCall] // by the children read along
}

// Installation is the one row that describes this register.
type Installation struct {
	TestBed      bool
	RepositoryID string // the suffix of every roid
	RegistryTag  string // the tag of names that the registry looks after itself
	TimeZone     string
}

// New opens the register in db. The database must be migrated.
func New(ctx context.Context, db *pg.DB, cfg Config) (*Registry, error) {
	inst, err := loadInstallation(ctx, db)
	if err != nil {
		return nil, err
	}
	cfg.Policy.RegistryTag = inst.RegistryTag // the database decides
	err = cfg.Policy.Validate()
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	err = cfg.InvoiceDays.Check()
	if err != nil {
		return nil, err
	}
	if cfg.TimeZone == "" {
		cfg.TimeZone = inst.TimeZone
	}
	loc, err := time.LoadLocation(cfg.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("time zone: %w", err)
	}
	if cfg.ZoneTTL == 0 {
		cfg.ZoneTTL = 2 * time.Second
	}
	r := &Registry{db: db, policy: cfg.Policy, loc: loc, inst: inst, invoiceDays: cfg.InvoiceDays, logins: newLoginDesk()}
	r.zones.ttl = cfg.ZoneTTL
	r.renewals.runs, r.updates.runs = writeRuns, writeRuns
	return r, nil
}

// DB is the database of the register.
func (r *Registry) DB() *pg.DB { return r.db }

// Policy is the policy in force.
func (r *Registry) Policy() Policy { return r.policy }

// Installation describes this register.
func (r *Registry) Installation() Installation { return r.inst }

// Location is the time zone of civil dates.
func (r *Registry) Location() *time.Location { return r.loc }

// Now is the registry clock.
func (r *Registry) Now() time.Time { return r.db.Now() }

// Today is the registry's civil day.
func (r *Registry) Today() Date { return DateOf(r.db.Now(), r.loc) }

func (r *Registry) roid(kind string, id int64) string {
	return fmt.Sprintf("%s%d-%s", kind, id, r.inst.RepositoryID)
}

// Tx is a transaction of the register: it knows who acts and which day it is.
type Tx struct {
	*pg.Tx
	r     *Registry
	actor Actor
	today Date
}

// mutate runs fn in one transaction for actor. A returned error rolls
// everything back, so a refused command changes nothing. A registrar that is no
// longer active is refused with KindAuthorization.
func (r *Registry) mutate(ctx context.Context, actor Actor, fn func(*Tx) error) error {
	if actor.IsStaff() {
		ctx = pg.WithPatience(ctx, batchPatience) // they may have much to do
	}
	err := r.db.InTx(ctx, func(ptx *pg.Tx) error {
		if actor.IsRegistrar() {
			ptx.Queue(`SELECT need_active_tag($1)`, actor.Registrar) // travels with the first read
		}
		return fn(&Tx{Tx: ptx, r: r, actor: actor, today: DateOf(ptx.Now, r.loc)})
	})
	if pg.ConstraintName(err) == "registrar_active" {
		return Refuse(KindAuthorization, "", "The tag is suspended.")
	}
	return err
}

// Install writes the row that describes this register and its two own tags,
// once. It is part of setting up a database, not of serving.
func Install(ctx context.Context, db *pg.DB, inst Installation) error {
	return db.InTx(ctx, func(tx *pg.Tx) error {
		tx.Queue(`INSERT INTO installation (test_bed, repository_id, registry_tag, time_zone, created_at)
			VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			inst.TestBed, inst.RepositoryID, inst.RegistryTag, inst.TimeZone, tx.Now)
		tx.Queue(`INSERT INTO registrar (tag, kind, name, created_at)
			VALUES ($1, 'registry', 'The registry', $2), ('DETAGGED', 'detagged', 'No registrar', $2)
			ON CONFLICT DO NOTHING`, inst.RegistryTag, tx.Now)
		return nil
	})
}

func loadInstallation(ctx context.Context, db *pg.DB) (Installation, error) {
	var i Installation
	err := db.Pool.QueryRow(ctx, `SELECT test_bed, repository_id, registry_tag, time_zone FROM installation`).
		Scan(&i.TestBed, &i.RepositoryID, &i.RegistryTag, &i.TimeZone)
	if err != nil {
		return i, fmt.Errorf("read the installation row: %w", err)
	}
	return i, nil
}
