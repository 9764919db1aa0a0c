package pgtest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/cluster"
)

// makeTemplate makes the migrated database that tests get copies of, unless
// another test binary has. Its name is the hash of the migrations, and it gets
// that name when it is ready.
func (e *environment) makeTemplate(ctx context.Context) (string, error) {
	name, err := templateName()
	if err != nil {
		return "", err
	}
	_, lockFile := place()
	lock, err := cluster.LockFile(ctx, filepath.Join(filepath.Dir(lockFile), filepath.Base(lockFile)+".template"), false)
	if err != nil {
		return "", err
	}
	defer lock.Unlock()
	var there bool
	err = e.admin.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, name).Scan(&there)
	if err != nil || there {
		return name, err
	}
	making := name + "_making"
	quoted, final := pgx.Identifier{making}.Sanitize(), pgx.Identifier{name}.Sanitize()
	err = e.run(ctx,
		"drop database if exists "+quoted+" with (force)",
		"create database "+quoted+" template template0"+e.copyWith)
	if err != nil {
		return "", err
	}
	err = e.migrate(ctx, making)
	if err != nil {
		return "", err
	}
	// An open connection to a template would block copying it.
	return name, e.run(ctx,
		"alter database "+quoted+" rename to "+final,
		"alter database "+final+" with allow_connections false is_template true")
}

func (e *environment) migrate(ctx context.Context, name string) error {
	db, err := pg.Open(ctx, pg.Config{URL: e.urlOf(name), MaxConns: 2})
	if err != nil {
		return err
	}
	defer db.Close()
	return pg.Migrate(ctx, db, nil)
}

func (e *environment) run(ctx context.Context, statements ...string) error {
	for _, sql := range statements {
		_, err := e.admin.Exec(ctx, sql)
		if err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

func templateName() (string, error) {
	hash := sha256.New()
	files := pg.Migrations()
	names, err := fs.Glob(files, "*.sql") // sorted
	if err != nil {
		return "", err
	}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%s %d\n%s", name, len(content), content)
	}
	return fmt.Sprintf("nktemplate_%x", hash.Sum(nil)[:8]), nil
}

// tempDir is where the cluster goes without a file system in memory.
func tempDir() string { return os.TempDir() }
