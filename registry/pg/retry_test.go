package pg_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

func TestDeadlockIsRetried(t *testing.T) {
	db := account(t)
	_, err := db.Pool.Exec(t.Context(), `alter database `+db.Pool.Config().ConnConfig.Database+` set deadlock_timeout = '20ms'`)
	if err != nil {
		t.Fatal(err)
	}
	db.Pool.Reset()
	var meet sync.WaitGroup // both hold their first row
	meet.Add(2)
	var wg sync.WaitGroup
	attempts := make([]int, 2)
	errs := make([]error, 2)
	for i := range 2 {
		wg.Go(func() {
			errs[i] = db.InTx(t.Context(), func(tx *pg.Tx) error {
				attempts[i]++
				err := add(t.Context(), 1+i, 1)(tx)
				if err != nil {
					return err
				}
				if attempts[i] == 1 {
					meet.Done()
					meet.Wait()
				}
				return add(t.Context(), 2-i, 1)(tx)
			})
		})
	}
	wg.Wait()
	if errors.Join(errs...) != nil || attempts[0]+attempts[1] != 3 {
		t.Errorf("errors %v, attempts %v", errs, attempts)
	}
	if balance(t, db, 1) != 102 || balance(t, db, 2) != 102 {
		t.Errorf("balances %d and %d, want 102", balance(t, db, 1), balance(t, db, 2))
	}
}

// raise fails with a SQLSTATE.
func raise(ctx context.Context, tx *pg.Tx, state string) error {
	_, err := tx.Exec(ctx, `do $$ begin raise exception 'by test' using errcode = '`+state+`'; end $$`)
	return err
}

func TestRetryBySQLState(t *testing.T) {
	db := account(t)
	hidden := errors.New("what fn made of it")
	for _, tt := range []struct {
		state string
		hide  bool
		fails int
		want  int // attempts
		ok    bool
	}{
		{"40001", false, 2, 3, true},
		{"40P01", false, 1, 2, true},
		{"40001", true, 2, 3, true},
		{"40001", false, 1000, 8, false},
		{"23505", false, 1, 1, false},
		{"0A000", false, 1, 1, false}, // not the stale plan
	} {
		attempts := 0
		err := db.InTx(t.Context(), func(tx *pg.Tx) error {
			attempts++
			tx.Queue(addSQL, 1, 1)
			if attempts > tt.fails {
				return nil
			}
			err := raise(t.Context(), tx, tt.state)
			if tt.hide {
				return hidden
			}
			return err
		})
		if attempts != tt.want || (err == nil) != tt.ok || err != nil && pg.SQLState(err) != tt.state {
			t.Errorf("%+v: %d attempts, error %v", tt, attempts, err)
		}
	}
	if got := balance(t, db, 1); got != 103 {
		t.Errorf("balance %d, want 103: once for each success", got)
	}
}

func TestStandbyIsLeft(t *testing.T) {
	db := account(t)
	name := db.Pool.Config().ConnConfig.Database
	_, err := db.Pool.Exec(t.Context(), `alter database `+name+` set default_transaction_read_only = on`)
	if err != nil {
		t.Fatal(err)
	}
	// Connections from now on are read-only.
	admin := db
	db, _ = wired(t, db, 10*time.Second)
	attempts := 0
	err = db.InTx(t.Context(), func(tx *pg.Tx) error {
		attempts++
		_, err := tx.Exec(t.Context(), addSQL, 1, 1)
		if pg.SQLState(err) == "25006" {
			// The fail-over is over.
			_, adminErr := admin.Pool.Exec(t.Context(), `begin read write; alter database `+name+` reset default_transaction_read_only; commit`)
			return errors.Join(err, adminErr)
		}
		return err
	})
	if err != nil || attempts < 2 || balance(t, admin, 1) != 101 {
		t.Errorf("error %v after %d attempts, balance %d", err, attempts, balance(t, admin, 1))
	}
}

func TestStalePlanIsRetried(t *testing.T) {
	plain := account(t)
	db, _ := wired(t, plain, 10*time.Second)
	read := func() error {
		return db.InTx(t.Context(), func(tx *pg.Tx) error {
			rows, err := tx.Query(t.Context(), `select * from account where id = $1`, 1)
			if err != nil {
				return err
			}
			_, err = pgx.CollectRows(rows, pgx.RowToMap)
			return err
		})
	}
	err := read()
	if err != nil {
		t.Fatal(err)
	}
	_, err = plain.Pool.Exec(t.Context(), `alter table account add column note text`)
	if err != nil {
		t.Fatal(err)
	}
	err = read()
	if err != nil {
		t.Error("after a migration:", err)
	}
}

func kill(t *testing.T, db *pg.DB, pid int) {
	t.Helper()
	_, err := db.Pool.Exec(t.Context(), `select pg_terminate_backend($1, 5000)`, pid)
	if err != nil {
		t.Error(err)
	}
}

func TestServerKilledInBetween(t *testing.T) {
	for _, where := range []string{"before the second read", "before commit"} {
		t.Run(where, func(t *testing.T) {
			plain := account(t)
			db, _ := wired(t, plain, 10*time.Second)
			attempts := 0
			err := db.InTx(t.Context(), func(tx *pg.Tx) error {
				attempts++
				var pid int
				err := tx.QueryRow(t.Context(), `select pg_backend_pid()`).Scan(&pid)
				if err != nil {
					return err
				}
				if attempts == 1 {
					kill(t, plain, pid)
				}
				if where == "before commit" {
					tx.Queue(addSQL, 1, 1)
					return nil
				}
				return add(t.Context(), 1, 1)(tx)
			})
			got := balance(t, plain, 1)
			if errors.Is(err, pg.ErrOutcomeUnknown) && where == "before commit" && got == 100 && attempts == 1 {
				return // the socket broke before the server's word came: honest too
			}
			if err != nil || attempts != 2 || got != 101 {
				t.Errorf("error %v after %d attempts, balance %d", err, attempts, got)
			}
		})
	}
}

func TestAnswerToCommitLost(t *testing.T) {
	plain := account(t)
	db, w := wired(t, plain, 10*time.Second)
	attempts := 0
	for _, warm := range []bool{true, false} {
		err := db.InTx(t.Context(), func(tx *pg.Tx) error {
			err := add(t.Context(), 1, 1)(tx)
			if !warm {
				attempts++
				w.cutNextAnswer()
				tx.AfterCommit(func() { t.Error("AfterCommit was called") })
			}
			return err
		})
		if warm && err != nil || !warm && !errors.Is(err, pg.ErrOutcomeUnknown) {
			t.Errorf("warm %t: %v", warm, err)
		}
	}
	if got := balance(t, plain, 1); got != 102 || attempts != 1 {
		t.Errorf("balance %d after %d attempts: it was committed once and must not be repeated", got, attempts)
	}
}

func TestConnectionIsTriedAgain(t *testing.T) {
	plain := account(t)
	db, w := wired(t, plain, 10*time.Second)
	db.Pool.Reset()
	w.mu.Lock()
	w.refuse = 3
	w.mu.Unlock()
	err := db.InTx(t.Context(), add(t.Context(), 1, 1))
	if err != nil || balance(t, plain, 1) != 101 {
		t.Errorf("error %v, balance %d", err, balance(t, plain, 1))
	}
}

func TestTimeLimit(t *testing.T) {
	plain := account(t)
	db, _ := wired(t, plain, 200*time.Millisecond)
	begun := time.Now()
	err := db.InTx(t.Context(), func(tx *pg.Tx) error {
		_, err := tx.Exec(t.Context(), addSQL, 1, 1)
		if err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), `select pg_sleep(30)`)
		return err
	})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) > 10*time.Second {
		t.Errorf("error %v after %s", err, time.Since(begun))
	}
	if got := balance(t, plain, 1); got != 100 {
		t.Errorf("balance %d, want 100", got)
	}
}

func TestOpenRefusesWithoutWaiting(t *testing.T) {
	db := pgtest.New(t)
	cfg := db.Pool.Config().ConnConfig
	for _, url := range []string{"postgres://%zz", "host=" + cfg.Host + " user=" + cfg.User + " password=wrong dbname=" + cfg.Database} {
		begun := time.Now()
		other, err := pg.Open(t.Context(), pg.Config{URL: url})
		if err == nil {
			other.Close()
			t.Errorf("opened %s", url)
		}
		if time.Since(begun) > 5*time.Second {
			t.Errorf("took %s", time.Since(begun))
		}
	}
}
