package pg_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

func migration(sql string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("-- +goose Up\n" + sql)}
}

// unmigrated is a database without tables: the template's are dropped.
func unmigrated(t *testing.T) *pg.DB {
	t.Helper()
	db := pgtest.New(t)
	_, err := db.Pool.Exec(t.Context(), `drop schema public cascade; create schema public`)
	if err != nil {
		t.Fatal(err)
	}
	db.Pool.Reset()
	return db
}

func TestMigrateStepByStep(t *testing.T) {
	db := unmigrated(t)
	files := fstest.MapFS{"0001_one.sql": migration(`create table one (id int);`)}
	check := func(want string) {
		t.Helper()
		err := pg.CheckFiles(t.Context(), db, files)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("check: %v, want %q", err, want)
		}
	}
	var told []string
	migrate := func() error {
		told = nil
		return pg.MigrateFiles(t.Context(), db, files, func(s string) { told = append(told, s) })
	}
	check("at version 0, this program needs 1: run registryctl db migrate")
	err := migrate()
	if err != nil || len(told) != 1 || !strings.HasPrefix(told[0], "applied 0001_one.sql in ") {
		t.Fatalf("%v, told %q", err, told)
	}
	check("")
	err = migrate()
	if err != nil || len(told) != 0 {
		t.Errorf("again: %v, told %q", err, told)
	}
	// The second of two fails: the first stays, the failed one leaves nothing.
	files["0002_two.sql"] = migration(`create table two (id int);`)
	files["0003_three.sql"] = migration("create table three (id int);\ncreate table one (id int);")
	err = migrate()
	if pg.SQLState(err) != "42P07" || len(told) != 1 {
		t.Errorf("failing: %v, told %q", err, told)
	}
	check("at version 2, this program needs 3")
	var there bool
	err = db.Pool.QueryRow(t.Context(), `select to_regclass('three') is not null`).Scan(&there)
	if err != nil || there {
		t.Errorf("a failed migration left its table: %t %v", there, err)
	}
	delete(files, "0003_three.sql")
	delete(files, "0002_two.sql")
	check("knows only 1: install the newer program")
}

func TestMigrateTogether(t *testing.T) {
	db := unmigrated(t)
	files := fstest.MapFS{"0001_slow.sql": migration("create table slow (id int);\nselect pg_sleep(0.1);")}
	var wg sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		wg.Go(func() {
			own, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(db), MaxConns: 1})
			if err != nil {
				errs[i] = err
				return
			}
			defer own.Close()
			errs[i] = pg.MigrateFiles(t.Context(), own, files, nil)
		})
	}
	wg.Wait()
	err := errors.Join(errs...)
	if err != nil {
		t.Error(err)
	}
}

func TestStatusOfRealMigrations(t *testing.T) {
	db := pgtest.New(t)
	current, latest, err := pg.Status(t.Context(), db)
	if err != nil || current != latest || latest < 1 {
		t.Errorf("versions %d and %d, %v", current, latest, err)
	}
}

func TestRegistryClock(t *testing.T) {
	plain := pgtest.New(t)
	ctx := t.Context()
	open := func() *pg.DB {
		db, err := pg.Open(ctx, pg.Config{URL: pgtest.URL(plain), MaxConns: 2})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(db.Close)
		return db
	}
	ahead := func(db *pg.DB) time.Duration { return time.Until(db.Now()).Round(time.Minute) }
	db := open()
	err := pg.AdvanceClock(ctx, db, time.Hour)
	if !errors.Is(err, pg.ErrNotTestBed) {
		t.Errorf("without an installation: %v", err)
	}
	// Production ignores an offset, however it came there.
	_, err = db.Pool.Exec(ctx, `insert into installation (clock_offset, created_at) values ('1 day', $1)`, db.Now())
	if err != nil {
		t.Fatal(err)
	}
	err = db.RefreshClock(ctx)
	if err != nil || ahead(db) != 0 {
		t.Errorf("production is %s ahead, %v", ahead(db), err)
	}
	err = pg.SetClockOffset(ctx, db, time.Hour)
	if !errors.Is(err, pg.ErrNotTestBed) {
		t.Errorf("production: %v", err)
	}
	_, err = db.Pool.Exec(ctx, `update installation set test_bed = true, clock_offset = '0'`)
	if err != nil {
		t.Fatal(err)
	}
	other := open()
	err = errors.Join(pg.SetClockOffset(ctx, db, time.Hour), pg.AdvanceClock(ctx, db, 400*24*time.Hour))
	const want = 400*24*time.Hour + time.Hour
	if err != nil || ahead(db) != want {
		t.Errorf("test bed is %s ahead, want %s, %v", ahead(db), want, err)
	}
	if now := db.Now(); now.Location() != time.UTC || now.Nanosecond()%1000 != 0 {
		t.Errorf("%v is not UTC in microseconds", now)
	}
	err = pg.SetClockOffset(ctx, db, time.Hour)
	if err == nil {
		t.Error("the clock went back")
	}
	for deadline := time.Now().Add(10 * time.Second); ahead(other) != want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("another process is still %s ahead", ahead(other))
		}
	}
}
