package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/namekeep/namekeep/registry"
)

const bareQuery = `SELECT name, expires FROM domain WHERE name = $1`

// bareRenew is all that a renewal writes, in one statement, hence one transaction
// and one round trip; the update takes the row's lock. The tables are the
// register's own, with their indexes and constraints: what is left out is XML,
// the rules and all that they read.
const bareRenew = `WITH renewed AS (
	UPDATE domain SET expires = ($2::date + interval '1 year')::date, updater = sponsor, updated_at = $3
	WHERE name = $1 AND expires = $2 RETURNING id, name, zone_id, sponsor, expires
), request AS (
	INSERT INTO renewal_request (domain_id, domain_name, period, registrar_id, years, new_expires, origin, requested_at)
	SELECT id, name, $2, sponsor, 1, expires, 'command', $3 FROM renewed RETURNING id
), charged AS (
	INSERT INTO charge (registrar_id, operation, zone_id, domain_id, domain_name, request_id, years, period_from, period_to,
		currency, amount, tax_rate, tax, charged_at, charged_on)
	SELECT r.sponsor, 'renew', r.zone_id, r.id, r.name, q.id, 1, $2, r.expires, 'GBP', 375, 2000, 75, $3, $3::date FROM renewed r, request q
), noted AS (
	INSERT INTO history (at, object, object_id, object_name, action, registrar_id, cltrid, svtrid, changes)
	SELECT $3, 'domain', id, name, 'renew', sponsor, 'bare', 'bare',
		jsonb_build_object('expires', jsonb_build_array($2::date, expires)) FROM renewed
) SELECT name, expires FROM renewed`

// bareDB is the scratch database of a bare server.
type bareDB struct {
	pool *pgxpool.Pool
}

// openBare makes the scratch database anew: a register filled with names.
func openBare(ctx context.Context, address, scratch string, p population, set certSet, connections int32) (*bareDB, error) {
	if address == "" {
		return nil, errors.New("give the --database")
	}
	err := checkLocalDatabase(address)
	if err != nil {
		return nil, err
	}
	admin, err := pgx.Connect(ctx, address)
	if err != nil {
		return nil, err
	}
	defer admin.Close(context.WithoutCancel(ctx))
	own, err := withDatabase(address, scratch)
	if err != nil {
		return nil, err
	}
	if admin.Config().Database == scratch {
		return nil, errors.New("the scratch database must not be the one named by --database")
	}
	id := pgx.Identifier{scratch}.Sanitize()
	err = dropScratch(ctx, admin, scratch)
	if err != nil {
		return nil, err
	}
	for _, sql := range []string{"CREATE DATABASE " + id, "COMMENT ON DATABASE " + id + " IS '" + scratchMark + "'"} {
		_, err = admin.Exec(ctx, sql)
		if err != nil {
			return nil, fmt.Errorf("scratch database: %w", err)
		}
	}
	return fillBare(ctx, own, p, set, connections)
}

// scratchMark tells a database of ours from any other of the same name.
const scratchMark = "scratch database of eppload"

// dropScratch drops a database left by an earlier run, and refuses to drop any
// other.
func dropScratch(ctx context.Context, admin *pgx.Conn, name string) error {
	var mark string
	err := admin.QueryRow(ctx, `SELECT coalesce(shobj_description(oid, 'pg_database'), '')
		FROM pg_database WHERE datname = $1`, name).Scan(&mark)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	case mark != scratchMark:
		return fmt.Errorf("database %s is there and not of eppload: drop it, or name another with --scratch", name)
	}
	_, err = admin.Exec(ctx, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
	return err
}

func fillBare(ctx context.Context, address string, p population, set certSet, connections int32) (*bareDB, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	config.MaxConns, config.MinConns = connections, connections
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	d := &bareDB{pool: pool}
	_, err = newRegister(ctx, address, registry.ProfileUK, p, set)
	if err == nil {
		_, err = generate(ctx, address, p, 2)
	}
	if err == nil {
		_, err = pool.Exec(ctx, "VACUUM (ANALYZE) domain")
	}
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("scratch tables: %w", err)
	}
	return d, nil
}

func (d *bareDB) close() { d.pool.Close() }

// query is one prepared point query.
func (d *bareDB) query(ctx context.Context, name, _ []byte) ([]byte, error) {
	return found(d.pool.QueryRow(ctx, bareQuery, string(name)))
}

// renew is the writes of a renewal.
func (d *bareDB) renew(ctx context.Context, name, curExpDate []byte) ([]byte, error) {
	date, err := time.Parse(time.DateOnly, string(curExpDate))
	if err != nil {
		return nil, err
	}
	return found(d.pool.QueryRow(ctx, bareRenew, string(name), date, time.Now().UTC()))
}

func found(row pgx.Row) ([]byte, error) {
	var name string
	var expires time.Time
	err := row.Scan(&name, &expires)
	return []byte(name + " " + expires.Format(time.DateOnly)), err
}
