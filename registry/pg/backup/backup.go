package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/cluster"
)

// Options say how a backup is made or restored.
type Options struct {
	// Keep is how many dumps stay in the folder; 0 keeps all.
	Keep int
	// Progress, if not nil, is told how far the work is, in tables.
	Progress func(done, total int)
	// Unchecked restores a dump without a manifest, and compares nothing.
	Unchecked bool
}

// Make dumps the database at address into a new file in dir and returns its
// manifest, and the older dumps that Options.Keep had removed. Servers may go on
// meanwhile: the dump and its sums are of one moment. What is not finished
// bears another name and counts for nothing.
//
// Errors: cluster.ErrNoClient says how to install pg_dump.
func Make(ctx context.Context, address, dir string, o Options) (Manifest, []string, error) {
	t, err := newTarget(address)
	if err != nil {
		return Manifest{}, nil, err
	}
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return Manifest{}, nil, fmt.Errorf("backup: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) // its transaction only reads
	// The clock of the machine: on a test bed the registry's may be years ahead.
	m := Manifest{Taken: time.Now().UTC().Truncate(time.Millisecond)}
	m.File = nameAt(m.Taken)
	err = os.MkdirAll(dir, 0o700)
	if err != nil {
		return m, nil, fmt.Errorf("backup: %w", err)
	}
	dump := filepath.Join(dir, m.File)
	// Made here, for nobody else to read: pg_dump keeps the rights of a file that exists.
	f, err := os.OpenFile(dump+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return m, nil, fmt.Errorf("backup: %w", err)
	}
	err = m.dump(ctx, conn, t, dump+".part", o)
	if err != nil {
		return m, nil, errors.Join(err, removeIfThere(dump+".part"))
	}
	m.SHA256, m.Bytes, err = sumFile(dump + ".part")
	if err == nil {
		err = os.Rename(dump+".part", dump)
	}
	if err == nil {
		err = m.write(dir)
	}
	if err != nil {
		return m, nil, fmt.Errorf("backup: %w", err)
	}
	removed, err := prune(dir, o.Keep)
	return m, removed, err
}

func removeIfThere(name string) error {
	err := os.Remove(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// dump adds up the tables and dumps them in one snapshot.
func (m *Manifest) dump(ctx context.Context, conn *pgx.Conn, t target, file string, o Options) error {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) // it only reads
	number, text, err := major(ctx, conn)
	if err != nil {
		return err
	}
	m.Server = text
	program, err := cluster.Client("pg_dump", number)
	if err != nil {
		return err
	}
	// pg_restore is needed to look at the result, and one day to restore it.
	reader, err := cluster.Client("pg_restore", number)
	if err != nil {
		return err
	}
	var snapshot string
	err = tx.QueryRow(ctx, `SELECT pg_export_snapshot()`).Scan(&snapshot)
	if err == nil {
		err = tx.QueryRow(ctx, `SELECT max(version_id) FROM goose_db_version WHERE is_applied`).Scan(&m.Version)
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	progress := halves{o.Progress}
	m.Tables, err = sums(ctx, tx, progress.first)
	if err != nil {
		return err
	}
	done := 0
	err = t.run(ctx, func(line string) {
		if strings.Contains(line, "dumping contents of table") {
			done++
			progress.second(min(done, len(m.Tables)), len(m.Tables))
		}
	}, program, "--format=custom", "--no-owner", "--no-privileges", "--verbose", "--snapshot="+snapshot, "--file="+file, "--dbname="+t.name)
	if err != nil {
		return err
	}
	progress.second(len(m.Tables), len(m.Tables))
	// A dump that its own reader cannot list is none.
	return t.run(ctx, func(string) {}, reader, "--list", "--file="+os.DevNull, file)
}

// halves shows work that goes over all tables twice as one.
type halves struct{ step func(done, total int) }

func (h halves) first(done, total int)  { h.tell(done, 2*total) }
func (h halves) second(done, total int) { h.tell(total+done, 2*total) }

func (h halves) tell(done, total int) {
	if h.step != nil {
		h.step(done, total)
	}
}

// ErrNotEmpty is in the error of Restore when the database has tables.
var ErrNotEmpty = errors.New("the database is not empty")

// Restore puts a dump into the empty database at address, in one transaction,
// and compares every table with the manifest. With an error before the
// comparison nothing was restored.
//
// Errors: ErrNotEmpty, ErrNoManifest, cluster.ErrNoClient, a file that is not
// what its manifest says, tables that differ.
func Restore(ctx context.Context, address, dump string, o Options) (Manifest, error) {
	m, err := Check(dump)
	if errors.Is(err, ErrNoManifest) && o.Unchecked {
		m, err = Manifest{File: filepath.Base(dump)}, nil
	}
	if err != nil {
		return m, err
	}
	t, err := newTarget(address)
	if err != nil {
		return m, err
	}
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return m, fmt.Errorf("restore: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) // its transactions only read
	err = needEmpty(ctx, conn)
	if err != nil {
		return m, err
	}
	number, _, err := major(ctx, conn)
	if err != nil {
		return m, err
	}
	program, err := cluster.Client("pg_restore", number)
	if err != nil {
		return m, err
	}
	progress, done, total := halves{o.Progress}, 0, max(1, len(m.Tables))
	err = t.run(ctx, func(line string) {
		if strings.Contains(line, "processing data for table") {
			done++
			progress.first(min(done, total), total)
		}
	}, program, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--verbose", "--dbname="+t.name, dump)
	if err != nil {
		return m, fmt.Errorf("nothing was restored: %w", err)
	}
	return m, m.prove(ctx, conn, progress.second)
}

// prove compares the database with the manifest.
func (m Manifest) prove(ctx context.Context, conn *pgx.Conn, step func(done, total int)) error {
	if len(m.Tables) == 0 {
		return nil
	}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return fmt.Errorf("compare with the backup: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) // it only reads
	got, err := sums(ctx, tx, step)
	if err != nil {
		return err
	}
	bad := compare(m.Tables, got)
	if len(bad) > 0 {
		return fmt.Errorf("what was restored is not what was backed up: %s", strings.Join(bad, "; "))
	}
	return nil
}

func needEmpty(ctx context.Context, conn *pgx.Conn) error {
	var n int
	var name string
	err := conn.QueryRow(ctx, `SELECT count(*)::int, current_database()::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_toast%' AND n.nspname NOT LIKE 'pg\_temp%'
		AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')`).Scan(&n, &name)
	if err != nil {
		return fmt.Errorf("look into the database: %w", err)
	}
	if n > 0 {
		return fmt.Errorf("%w: %s has %d tables and the like; create a new one", ErrNotEmpty, name, n)
	}
	return nil
}

// Facts describe a database and its server, for people.
type Facts struct {
	Server    string `json:"server"`
	Major     int    `json:"major"`
	Bytes     int64  `json:"bytes"`
	Archiving string `json:"archive_mode"` // on, off or always: WAL archiving, for recovery to a moment
	Standby   bool   `json:"standby"`
}

// Look reads the facts.
func Look(ctx context.Context, db *pg.DB) (Facts, error) {
	var f Facts
	err := db.Pool.QueryRow(ctx, `SELECT current_setting('server_version'), pg_database_size(current_database()),
		current_setting('archive_mode'), pg_is_in_recovery()`).Scan(&f.Server, &f.Bytes, &f.Archiving, &f.Standby)
	if err != nil {
		return f, fmt.Errorf("read the state of the server: %w", err)
	}
	f.Major, _, err = major(ctx, db.Pool)
	return f, err
}
