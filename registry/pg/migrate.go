package pg

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var embedded embed.FS

// migrateCommand is what an operator has to run when versions differ.
const migrateCommand = "registryctl db migrate"

// Migrations are the numbered SQL files of the whole database.
func Migrations() fs.FS {
	sub, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic(err) // the folder's name is a constant above
	}
	return sub
}

// Migrate brings the database to the latest version and tells report, if not
// nil, about each file applied. Several processes may start it at once: one
// works, the others wait, looking again every second. It takes a session-level
// advisory lock, so it must not go through a pooler in transaction mode.
func Migrate(ctx context.Context, db *DB, report func(string)) error {
	return migrate(ctx, db, Migrations(), report)
}

func migrate(ctx context.Context, db *DB, files fs.FS, report func(string)) error {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	sqlDB := stdlib.OpenDBFromPool(db.Pool)
	defer sqlDB.Close() // its own bookkeeping, not the pool
	provider, err := goose.NewProvider(goose.DialectPostgres, sqlDB, files, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	results, err := provider.Up(ctx)
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		results = partial.Applied
	}
	if report != nil {
		for _, r := range results {
			report(fmt.Sprintf("applied %s in %s", path.Base(r.Source.Path), r.Duration.Round(time.Millisecond)))
		}
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Status is the version the database has and the latest this program knows;
// 0 for a database without tables. It changes nothing.
func Status(ctx context.Context, db *DB) (int64, int64, error) {
	return status(ctx, db, Migrations())
}

func status(ctx context.Context, db *DB, files fs.FS) (int64, int64, error) {
	latest, err := latestVersion(files)
	if err != nil {
		return 0, 0, err
	}
	var current int64
	// Forward only: a version once applied stays applied.
	err = db.Pool.QueryRow(ctx, `select version_id from goose_db_version where is_applied
		order by version_id desc limit 1`).Scan(&current)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) && SQLState(err) != undefinedTable {
		return 0, 0, fmt.Errorf("read the database's version: %w", err)
	}
	return current, latest, nil
}

func latestVersion(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, err
	}
	var latest int64
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		v, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("migration %s: the name must start with a number", name)
		}
		latest = max(latest, v)
	}
	return latest, nil
}

// CheckVersion returns an error that names the command to run unless the
// database has exactly the version this program knows.
func CheckVersion(ctx context.Context, db *DB) error {
	return checkVersion(ctx, db, Migrations())
}

func checkVersion(ctx context.Context, db *DB, files fs.FS) error {
	current, latest, err := status(ctx, db, files)
	switch {
	case err != nil:
		return err
	case current < latest:
		return fmt.Errorf("the database is at version %d, this program needs %d: run %s", current, latest, migrateCommand)
	case current > latest:
		return fmt.Errorf("the database is at version %d, this program knows only %d: install the newer program", current, latest)
	}
	return nil
}
