package pgtest_test

import (
	"testing"
	"time"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestNewGivesMigratedDatabasesOfTheirOwn(t *testing.T) {
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			err := pg.CheckVersion(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			_, err = db.Pool.Exec(t.Context(), `insert into installation (created_at) values ($1)`, db.Now())
			if err != nil {
				t.Fatal("the database is not empty:", err)
			}
		})
	}
}

func TestClock(t *testing.T) {
	db := pgtest.New(t)
	before := db.Now()
	if d := time.Since(before); d < 0 || d > time.Minute {
		t.Errorf("unset clock is off by %s", d)
	}
	at := time.Date(2024, 2, 29, 23, 0, 0, 1999, time.FixedZone("", 3600))
	pgtest.SetNow(t, db, at)
	want := time.Date(2024, 2, 29, 22, 0, 0, 1000, time.UTC)
	if got := db.Now(); got != want {
		t.Errorf("Now = %v, want %v", got, want)
	}
	pgtest.Advance(t, db, 24*time.Hour)
	err := db.InTx(t.Context(), func(tx *pg.Tx) error {
		if want = want.Add(24 * time.Hour); tx.Now != want {
			t.Errorf("tx.Now = %v, want %v", tx.Now, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
