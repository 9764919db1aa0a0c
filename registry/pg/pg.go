package pg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/semaphore"
)

// Defaults of Config. Sixteen connections saturate the transactions of two
// cores, which mostly wait for flushes; more only cost memory.
const (
	DefaultMaxConns       = 16
	DefaultTxTimeout      = 10 * time.Second
	DefaultConnectTimeout = 3 * time.Second
	DefaultHealthCheck    = 5 * time.Second
)

// Config says which database to open and how. The zero value of every field
// but URL is usable.
//
// High availability belongs into the URL:
// postgres://u@a,b/db?target_session_attrs=read-write. Behind a pooler in
// transaction mode, such as pgbouncer, prepared statements do not survive, so
// the URL needs default_query_exec_mode=cache_describe as well. A Unix socket
// is named as postgres:///db?host=/run/x.
type Config struct {
	URL string
	// MaxConns is also the number of connections kept open: fresh server
	// processes are slow in their first seconds. Default 16.
	MaxConns int32
	// TxTimeout limits one InTx or ReadBatch with all its retries. Default 10 s.
	TxTimeout time.Duration
	// ConnectTimeout limits one attempt to connect to one host. Default 3 s.
	ConnectTimeout time.Duration
	// HealthCheckPeriod is how often idle connections are checked. Default 5 s.
	HealthCheckPeriod time.Duration
}

// DB is the registry's database: one pool for each process, and the registry
// clock.
type DB struct {
	// Pool is for plain reads. Writes go through InTx.
	Pool *pgxpool.Pool
	// Now is the registry clock: UTC, cut to microseconds as PostgreSQL keeps
	// it. On a test bed it may be ahead of the machine's clock.
	Now func() time.Time

	clock     *clock
	txTimeout time.Duration
	// txs leaves one connection to plain reads: a transaction that looks
	// something up meanwhile would else wait for the others, and they for the
	// rows that it has locked.
	txs *semaphore.Weighted
}

// Open connects and reads the registry clock. It fails if the server cannot be
// reached; a database without tables is no error. The caller closes the DB.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	poolConfig, err := cfg.pool()
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, poolConfig)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	c := newClock()
	db := &DB{Pool: pool, Now: c.now, clock: c, txTimeout: cfg.TxTimeout,
		txs: semaphore.NewWeighted(int64(max(1, poolConfig.MaxConns-1)))}
	if db.txTimeout <= 0 {
		db.txTimeout = DefaultTxTimeout
	}
	err = db.RefreshClock(ctx)
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	return db, nil
}

// Close ends the clock's refresh and closes the pool, waiting for connections
// in use.
func (db *DB) Close() {
	db.clock.stop()
	db.Pool.Close()
}

// pool turns the settings into pgx's. They win over pool_max_conns and the like
// in the URL.
func (cfg Config) pool() (*pgxpool.Config, error) {
	pc, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	pc.MaxConns = DefaultMaxConns
	if cfg.MaxConns > 0 {
		pc.MaxConns = cfg.MaxConns
	}
	pc.MinConns = pc.MaxConns
	// A short lifetime would bring back the cold server processes.
	pc.MaxConnLifetime = 4 * time.Hour
	pc.MaxConnLifetimeJitter = time.Hour
	pc.HealthCheckPeriod = DefaultHealthCheck
	if cfg.HealthCheckPeriod > 0 {
		pc.HealthCheckPeriod = cfg.HealthCheckPeriod
	}
	pc.ConnConfig.ConnectTimeout = DefaultConnectTimeout
	if cfg.ConnectTimeout > 0 {
		pc.ConnConfig.ConnectTimeout = cfg.ConnectTimeout
	}
	pc.AfterConnect = scanUTC
	return pc, nil
}

// scanUTC makes a connection return times in UTC; pgx's default is the
// machine's zone.
func scanUTC(_ context.Context, c *pgx.Conn) error {
	utc := &pgtype.Type{
		Name:  "timestamptz",
		OID:   pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	}
	c.TypeMap().RegisterType(utc)
	c.TypeMap().RegisterType(&pgtype.Type{
		Name:  "_timestamptz",
		OID:   pgtype.TimestamptzArrayOID,
		Codec: &pgtype.ArrayCodec{ElementType: utc},
	})
	return nil
}
