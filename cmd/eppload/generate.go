package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/namekeep/namekeep/registry"
)

const (
	// maxNames bounds a generated register.
	maxNames = 20_000_000
	// chunkNames is how many names one transaction loads. It bounds the memory
	// for the queue of foreign key checks in the server, where they are made.
	chunkNames = 30_000
)

// GenerateCommand is eppload generate.
type GenerateCommand struct {
	Database string   `help:"URL of the register, migrated, on this machine." required:"" env:"DATABASE_URL"`
	Names    int64    `help:"Names to make." required:""`
	Zone     string   `help:"Zone of the names." default:"co.uk"`
	Tag      []string `help:"Registrars that sponsor them, in turn." required:""`
	Base     string   `help:"Day from which expiries count (YYYY-MM-DD); by default today."`
	Spread   int      `help:"Days over which expiries are spread." default:"730"`
	Workers  int      `help:"Transactions at once." default:"2"`
	JSON     bool     `name:"json" help:"Write JSON."`
}

// Run fills the register and prints how long it took.
func (c *GenerateCommand) Run(ctx context.Context, out *console) error {
	if c.Names < 1 || c.Workers < 1 || c.Workers > 16 {
		return errors.New("names: at least 1; workers: from 1 to 16")
	}
	p, err := newPopulation(c.Names, c.Zone, c.Tag, c.Base, c.Spread)
	if err != nil {
		return err
	}
	err = checkLocalDatabase(c.Database)
	if err != nil {
		return err
	}
	g, err := generate(ctx, c.Database, p, c.Workers)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(out.stdout, g)
	}
	_, err = fmt.Fprintf(out.stdout, "%d names, %d contacts, %d hosts in %.1f s: %.0f names a second\nfor run: %s\n",
		g.Names, g.Contacts, g.Hosts, g.Seconds, g.PerSecond, g.RunFlags)
	return err
}

// generated is what generate tells about its work.
type generated struct {
	Names     int64   `json:"names"`
	Contacts  int64   `json:"contacts"`
	Hosts     int64   `json:"hosts"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"names_per_second"`
	// Unchecked says that foreign keys were not checked row by row.
	Unchecked bool   `json:"foreign_keys_unchecked"`
	RunFlags  string `json:"run_flags"`
}

// generate fills the register with a population. It needs it for itself: ids
// are given out here, past the sequences, which are moved on first.
func generate(ctx context.Context, database string, p population, workers int) (*generated, error) {
	config, err := pgxpool.ParseConfig(database)
	if err != nil {
		return nil, err
	}
	config.MaxConns = int32(workers)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	start := time.Now()
	g := &generator{population: p, pool: pool, at: p.base}
	err = g.look(ctx)
	if err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	err = g.hosts(ctx)
	if err != nil {
		return nil, fmt.Errorf("generate: hosts: %w", err)
	}
	err = g.load(ctx, workers)
	if err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	_, err = pool.Exec(ctx, `VACUUM (ANALYZE) contact, host, domain, domain_host, history, renewal_request`)
	if err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	seconds := time.Since(start).Seconds()
	flags := fmt.Sprintf("--generated %d --zone %s --base %s --spread %d", p.names, p.zone, p.base.Format(time.DateOnly), p.spread)
	for _, tag := range p.tags {
		flags += " --tag " + tag
	}
	return &generated{Names: p.names, Contacts: p.contacts(), Hosts: 2 * p.providers(), Seconds: seconds,
		PerSecond: float64(p.names) / seconds, Unchecked: g.superuser, RunFlags: flags}, nil
}

// contacts is how many registrants there are.
func (p population) contacts() int64 { return (p.names + namesPerRegistrant - 1) / namesPerRegistrant }

// generator loads one population.
type generator struct {
	population
	pool       *pgxpool.Pool
	at         time.Time // of every creation
	registrars []int32   // of the tags
	zoneID     int32
	superuser  bool
	// The first ids of each table.
	contactID, hostID, domainID int64
	next                        atomic.Int64 // first name of the next chunk
}

// look finds the zone, the tags and the next ids, and refuses a register that
// is somebody's.
func (g *generator) look(ctx context.Context) error {
	var testBed, generatedBefore bool
	err := g.pool.QueryRow(ctx, `SELECT test_bed, current_setting('is_superuser')::boolean,
		EXISTS (SELECT FROM contact WHERE handle = $1) FROM installation`, g.contact(0)).
		Scan(&testBed, &g.superuser, &generatedBefore)
	switch {
	case err != nil:
		return fmt.Errorf("read the installation: %w", err)
	case !testBed:
		return errors.New("this register is no test bed: it may hold real names")
	case generatedBefore:
		return errors.New("names were generated here before")
	}
	err = g.pool.QueryRow(ctx, `SELECT id FROM zone WHERE name = $1`, g.zone).Scan(&g.zoneID)
	if err != nil {
		return fmt.Errorf("zone %s: %w", g.zone, err)
	}
	for _, tag := range g.tags {
		var id int32
		err = g.pool.QueryRow(ctx, `SELECT id FROM registrar WHERE tag = $1 AND kind = 'registrar'`, tag).Scan(&id)
		if err != nil {
			return fmt.Errorf("registrar %s: %w", tag, err)
		}
		g.registrars = append(g.registrars, id)
	}
	for table, want := range map[string]struct {
		first *int64
		n     int64
	}{"contact": {&g.contactID, g.contacts()}, "host": {&g.hostID, 2 * g.providers()}, "domain": {&g.domainID, g.names}} {
		var last int64
		err = g.pool.QueryRow(ctx, `SELECT setval(pg_get_serial_sequence($1, 'id'),
			nextval(pg_get_serial_sequence($1, 'id')) + $2)`, table, want.n).Scan(&last)
		if err != nil {
			return fmt.Errorf("ids of %s: %w", table, err)
		}
		*want.first = last - want.n
	}
	return nil
}

// unchecked turns the row-by-row checks of foreign keys off for a transaction,
// if the role may. They would cost most of the time, and the generator's rows
// refer to each other by construction.
func (g *generator) unchecked(ctx context.Context, tx pgx.Tx) error {
	if !g.superuser {
		return nil
	}
	_, err := tx.Exec(ctx, `SET LOCAL session_replication_role = replica`)
	return err
}

// hosts loads the name servers: all external, so without addresses.
func (g *generator) hosts(ctx context.Context) error {
	return pgx.BeginFunc(ctx, g.pool, func(tx pgx.Tx) error {
		var i int64
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"host"}, []string{"id", "name", "sponsor", "creator", "created_at"},
			pgx.CopyFromFunc(func() ([]any, error) {
				if i >= 2*g.providers() {
					return nil, nil
				}
				registrar := g.registrars[i/2%int64(len(g.registrars))]
				row := []any{g.hostID + i, host(i/2, int(i%2)), registrar, registrar, g.at}
				i++
				return row, nil
			}))
		return err
	})
}

// load loads names with their registrants, chunk by chunk.
func (g *generator) load(ctx context.Context, workers int) error {
	all, allCtx := errgroup.WithContext(ctx)
	for range workers {
		all.Go(func() error {
			for {
				from := g.next.Add(chunkNames) - chunkNames
				if from >= g.names {
					return nil
				}
				err := g.chunk(allCtx, from, min(from+chunkNames, g.names))
				if err != nil {
					return fmt.Errorf("names from %d: %w", from, err)
				}
			}
		})
	}
	return all.Wait()
}

// chunk loads the names from one to another, which starts at a new registrant.
func (g *generator) chunk(ctx context.Context, from, to int64) error {
	return pgx.BeginFunc(ctx, g.pool, func(tx pgx.Tx) error {
		err := g.unchecked(ctx, tx)
		if err != nil {
			return err
		}
		err = g.copyContacts(ctx, tx, from, to)
		if err != nil {
			return err
		}
		err = g.copyDomains(ctx, tx, from, to)
		if err != nil {
			return err
		}
		err = g.copyDelegations(ctx, tx, from, to)
		if err != nil {
			return err
		}
		return g.copyPast(ctx, tx, from, to)
	})
}

func (g *generator) copyContacts(ctx context.Context, tx pgx.Tx, from, to int64) error {
	postal, err := json.Marshal([]registry.PostalValues{{Form: registry.PostalLoc, Name: "Load Test",
		Street: []string{"1 Test Street"}, City: "Oxford", PostalCode: "OX1 1AA", Country: "GB"}})
	if err != nil {
		return err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"contact"},
		[]string{"id", "handle", "sponsor", "postal", "voice", "email", "natural_person", "creator", "created_at"},
		rows(from, to, namesPerRegistrant, func(i int64) []any {
			registrar := g.registrars[g.tag(i)]
			return []any{g.contactID + i/namesPerRegistrant, g.contact(i), registrar, postal, "+44.1234567890",
				"load@example.com", true, registrar, g.at}
		}))
	return err
}

func (g *generator) copyDomains(ctx context.Context, tx pgx.Tx, from, to int64) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"domain"},
		[]string{"id", "name", "zone_id", "sponsor", "registrant", "expires", "first_paid", "creator", "created_at"},
		rows(from, to, 1, func(i int64) []any {
			registrar := g.registrars[g.tag(i)]
			return []any{g.domainID + i, g.name(i), g.zoneID, registrar, g.contactID + i/namesPerRegistrant, g.expiry(i),
				true, registrar, g.at}
		}))
	return err
}

func (g *generator) copyDelegations(ctx context.Context, tx pgx.Tx, from, to int64) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"domain_host"}, []string{"domain_id", "host_id"},
		rows(2*from, 2*to, 1, func(n int64) []any {
			return []any{g.domainID + n/2, g.hostID + 2*g.provider(n/2) + n%2}
		}))
	return err
}

// copyPast gives every name the history row of its creation and every second
// one a renewal that was paid long ago: commands must be as fast with these
// tables full as with them empty.
func (g *generator) copyPast(ctx context.Context, tx pgx.Tx, from, to int64) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"history"},
		[]string{"at", "object", "object_id", "object_name", "action", "registrar_id", "cltrid", "svtrid"},
		rows(from, to, 1, func(i int64) []any {
			return []any{g.at, "domain", g.domainID + i, g.name(i), "create", g.registrars[g.tag(i)], "generate", "generate"}
		}))
	if err != nil {
		return err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"renewal_request"},
		[]string{"domain_id", "domain_name", "period", "registrar_id", "years", "new_expires", "origin", "requested_at", "state"},
		rows(from+from%2, to, 2, func(i int64) []any {
			expiry := g.expiry(i)
			past := expiry.AddDate(-2, 0, 0)
			return []any{g.domainID + i, g.name(i), past, g.registrars[g.tag(i)], 2, expiry, "command", past, "paid"}
		}))
	return err
}

// rows gives COPY a row for each number from one to another, by steps.
func rows(from, to, step int64, row func(i int64) []any) pgx.CopyFromSource {
	i := from
	return pgx.CopyFromFunc(func() ([]any, error) {
		if i >= to {
			return nil, nil
		}
		r := row(i)
		i += step
		return r, nil
	})
}
