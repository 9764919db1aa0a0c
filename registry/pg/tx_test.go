package pg_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

const (
	lockSQL   = `select balance from account where id = $1 for update`
	addSQL    = `update account set balance = balance + $2 where id = $1`
	insertSQL = `insert into account (id, balance) values ($1, $2)`
)

// add is the usual shape: one locked read, then queued writes.
func add(ctx context.Context, id, n int) func(tx *pg.Tx) error {
	return func(tx *pg.Tx) error {
		var have int
		err := tx.QueryRow(ctx, lockSQL, id).Scan(&have)
		if err != nil {
			return err
		}
		tx.Queue(addSQL, id, n)
		return nil
	}
}

func TestRoundTrips(t *testing.T) {
	db, w := wired(t, account(t), 10*time.Second)
	ctx := t.Context()
	inTx := func(fn func(tx *pg.Tx) error) func() error {
		return func() error { return db.InTx(ctx, fn) }
	}
	tests := []struct {
		name string
		want int
		run  func() error
	}{
		{"nothing", 0, inTx(func(*pg.Tx) error { return nil })},
		{"locked read, three writes", 2, inTx(func(tx *pg.Tx) error {
			tx.Queue(addSQL, 2, 1)
			tx.Queue(addSQL, 2, -1)
			return add(ctx, 1, 1)(tx)
		})},
		{"writes only", 1, inTx(func(tx *pg.Tx) error {
			tx.Queue(addSQL, 1, 1)
			tx.Queue(addSQL, 1, -1)
			return nil
		})},
		{"read only", 2, inTx(func(tx *pg.Tx) error {
			var n int
			return tx.QueryRow(ctx, lockSQL, 1).Scan(&n)
		})},
		{"batch of reads, a write", 2, inTx(func(tx *pg.Tx) error {
			err := tx.Batch(ctx, func(b *pgx.Batch) {
				for id := 1; id <= 2; id++ {
					b.Queue(lockSQL, id).QueryRow(func(row pgx.Row) error { var n int; return row.Scan(&n) })
				}
			})
			tx.Queue(addSQL, 1, 1)
			return err
		})},
		{"rows, an immediate write", 3, inTx(func(tx *pg.Tx) error {
			rows, err := tx.Query(ctx, `select id from account order by id`)
			if err != nil {
				return err
			}
			ids, err := pgx.CollectRows(rows, pgx.RowTo[int])
			if err != nil || len(ids) != 2 {
				t.Error("ids", ids, err)
			}
			tag, err := tx.Exec(ctx, addSQL, 1, 1)
			if err != nil || tag.RowsAffected() != 1 {
				t.Error("exec", tag, err)
			}
			return err
		})},
		{"batch of reads, no transaction", 1, func() error {
			return db.ReadBatch(ctx, func(b *pgx.Batch) {
				for range 3 {
					b.Queue(`select balance from account where id = 1`).QueryRow(func(row pgx.Row) error { var n int; return row.Scan(&n) })
				}
			})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.run() // prepares the statements, once for each connection
			if err != nil {
				t.Fatal(err)
			}
			w.reset()
			err = tt.run()
			if err != nil {
				t.Fatal(err)
			}
			trips, sent := w.count()
			if trips != tt.want {
				t.Errorf("%d round trips, want %d", trips, tt.want)
			}
			// The statement cache must hold for BEGIN and COMMIT as well.
			for _, text := range []string{"select", "update", "begin", "commit"} {
				if strings.Contains(sent, text) {
					t.Errorf("the text of %q was sent again", text)
				}
			}
		})
	}
}

func TestFailedQueuedStatementStopsCommit(t *testing.T) {
	plain := account(t)
	db, _ := wired(t, plain, 10*time.Second)
	pid := backend(t, db)
	for _, readFirst := range []bool{false, true} {
		err := db.InTx(t.Context(), func(tx *pg.Tx) error {
			tx.AfterCommit(func() { t.Error("AfterCommit was called") })
			if readFirst {
				err := add(t.Context(), 2, 7)(tx)
				if err != nil {
					return err
				}
			}
			tx.Queue(insertSQL, 3, 1)
			tx.Queue(insertSQL, 1, 1) // is there
			tx.Queue(insertSQL, 4, 1)
			return nil
		})
		if pg.SQLState(err) != "23505" || pg.ConstraintName(err) != "account_key" || errors.Is(err, pg.ErrOutcomeUnknown) {
			t.Errorf("error %v", err)
		}
	}
	var n, sum int
	err := plain.Pool.QueryRow(t.Context(), `select count(*), sum(balance) from account`).Scan(&n, &sum)
	if err != nil || n != 2 || sum != 200 {
		t.Errorf("%d rows with %d after the rollback, %v", n, sum, err)
	}
	if backend(t, db) != pid {
		t.Error("a failed statement cost the connection")
	}
}

func backend(t *testing.T, db *pg.DB) int {
	t.Helper()
	var pid int
	err := db.Pool.QueryRow(t.Context(), `select pg_backend_pid()`).Scan(&pid)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestQueueKeepsOrderBeforeReads(t *testing.T) {
	db := account(t)
	err := db.InTx(t.Context(), func(tx *pg.Tx) error {
		tx.Queue(insertSQL, 3, 1)
		tx.Queue(addSQL, 3, 41)
		var n int
		err := tx.QueryRow(t.Context(), lockSQL, 3).Scan(&n)
		if n != 42 {
			t.Errorf("read %d, want 42", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCallersErrorsDoNotAbort(t *testing.T) {
	db := account(t)
	refusal := errors.New("refused")
	err := db.InTx(t.Context(), func(tx *pg.Tx) error {
		var n int
		err := tx.QueryRow(t.Context(), lockSQL, 99).Scan(&n)
		if !errors.Is(err, pgx.ErrNoRows) {
			t.Errorf("missing row: %v", err)
		}
		err = tx.QueryRow(t.Context(), lockSQL, 1).Scan(&n, &n)
		if err == nil {
			t.Error("Scan of one column into two worked")
		}
		err = tx.Batch(t.Context(), func(b *pgx.Batch) {
			b.Queue(lockSQL, 1).QueryRow(func(pgx.Row) error { return refusal })
			b.Queue(lockSQL, 2)
		})
		if !errors.Is(err, refusal) {
			t.Errorf("callback's error became %v", err)
		}
		rows, err := tx.Query(t.Context(), `select generate_series(1, 1000)`)
		if err != nil {
			return err
		}
		rows.Next()
		_, err = tx.Exec(t.Context(), addSQL, 1, 1)
		if err == nil {
			t.Error("Exec with open rows worked")
		}
		rows.Close()
		tx.Queue(addSQL, 1, 5)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := balance(t, db, 1); got != 105 {
		t.Errorf("balance %d, want 105", got)
	}
}

func TestSwallowedFailureIsNotACommit(t *testing.T) {
	db := account(t)
	called := false
	err := db.InTx(t.Context(), func(tx *pg.Tx) error {
		tx.AfterCommit(func() { called = true })
		_, err := tx.Exec(t.Context(), insertSQL, 1, 1)
		if pg.SQLState(err) != "23505" {
			t.Errorf("error %v", err)
		}
		return nil
	})
	if pg.SQLState(err) != "23505" || called {
		t.Errorf("error %v, AfterCommit called: %t", err, called)
	}
}

func TestNestedIsRefused(t *testing.T) {
	db := account(t)
	ctx := t.Context()
	nothing := func(*pg.Tx) error { return nil }
	err := db.InTx(ctx, func(tx *pg.Tx) error {
		return db.InTx(tx.Context(), nothing)
	})
	if !errors.Is(err, pg.ErrNested) {
		t.Errorf("inside: %v", err)
	}
	var after error = errors.New("not called")
	err = db.InTx(ctx, func(tx *pg.Tx) error {
		tx.AfterCommit(func() { after = db.InTx(ctx, nothing) })
		return nil
	})
	if err != nil || after != nil {
		t.Errorf("beside: %v, after: %v", err, after)
	}
}

func TestCallerHangingUpDoesNotCancelCommit(t *testing.T) {
	db := account(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.InTx(ctx, func(tx *pg.Tx) error {
		cancel()
		return add(ctx, 1, 1)(tx)
	})
	if err != nil || balance(t, db, 1) != 101 {
		t.Errorf("error %v, balance %d", err, balance(t, db, 1))
	}
	err = db.InTx(ctx, add(ctx, 1, 1))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a transaction began for a caller who was gone: %v", err)
	}
}

func TestPanicRollsBack(t *testing.T) {
	db := account(t)
	func() {
		defer func() {
			if got := recover(); got != "bug" {
				t.Errorf("recovered %v", got)
			}
		}()
		_ = db.InTx(t.Context(), func(tx *pg.Tx) error {
			_, err := tx.Exec(t.Context(), addSQL, 1, 1)
			if err != nil {
				t.Error(err)
			}
			panic("bug")
		})
	}()
	if n := db.Pool.Stat().AcquiredConns(); n != 0 || balance(t, db, 1) != 100 {
		t.Errorf("%d connections kept, balance %d", n, balance(t, db, 1))
	}
}

func TestTimesAreUTC(t *testing.T) {
	db := account(t)
	at := time.Date(2025, 7, 1, 12, 0, 0, 123456000, time.UTC)
	var one time.Time
	var many []time.Time
	err := db.Pool.QueryRow(t.Context(), `select $1::timestamptz, array[$1::timestamptz]`, at).Scan(&one, &many)
	if err != nil {
		t.Fatal(err)
	}
	if one != at || many[0] != at {
		t.Errorf("got %v and %v, want %v in UTC", one, many, at)
	}
}

// WithPatience gives one transaction more time than the others have.
func TestWithPatience(t *testing.T) {
	db := account(t)
	quick := pg.With(db, db.Pool, 200*time.Millisecond)
	sleep := func(tx *pg.Tx) error { _, err := tx.Exec(t.Context(), `SELECT pg_sleep(0.5)`); return err }
	if err := quick.InTx(t.Context(), sleep); err == nil {
		t.Error("it was not limited")
	}
	if err := quick.InTx(pg.WithPatience(t.Context(), time.Minute), sleep); err != nil {
		t.Error(err)
	}
}
