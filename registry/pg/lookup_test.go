package pg_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// A transaction that holds a lock reads something beside it while more others
// wait for the lock than there are connections.
func TestReadBesideTransactionsThatWait(t *testing.T) {
	whole := pgtest.New(t)
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(whole), MaxConns: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	lock := func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(7)`)
		return err
	}
	var others sync.WaitGroup
	err = db.InTx(ctx, func(tx *pg.Tx) error {
		if err := lock(tx); err != nil {
			return err
		}
		for range 6 {
			others.Go(func() {
				if err := db.InTx(ctx, lock); err != nil {
					t.Errorf("one that waited: %v", err)
				}
			})
		}
		time.Sleep(100 * time.Millisecond) // they wait for the lock now
		soon, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		return db.ReadBatch(soon, func(b *pgx.Batch) { b.Queue(`SELECT 1`) })
	})
	if err != nil {
		t.Errorf("the one that reads: %v", err)
	}
	others.Wait()
}
