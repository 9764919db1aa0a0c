package pg

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// With is db on another pool and with another time limit, for tests.
func With(db *DB, pool *pgxpool.Pool, txTimeout time.Duration) *DB {
	c := *db
	c.Pool, c.txTimeout = pool, txTimeout
	return &c
}

// Of the tests on small sets of migrations.
var (
	MigrateFiles = migrate
	CheckFiles   = checkVersion
)
