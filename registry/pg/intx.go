package pg

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// maxConflicts is how often a transaction that collides with others is tried.
	maxConflicts = 8
	firstBackoff = 5 * time.Millisecond
	maxBackoff   = 250 * time.Millisecond
)

// inTxKey marks the context of a running transaction.
type inTxKey struct{}

// InTx runs fn in one transaction at read committed and commits it. If fn
// returns an error or panics, nothing happened.
//
// Round trips: BEGIN goes with the first read, what was given to tx.Queue goes
// with COMMIT. One locked read and any number of queued writes take two, queued
// writes alone one, a function that sends nothing none.
//
// fn must bear being called again with a new Tx, for it is after a
// serialization failure or deadlock, a lost connection before COMMIT was sent,
// a server that turned out to be a standby, and a plan that a migration made
// stale. When COMMIT was sent and not answered the error is ErrOutcomeUnknown.
//
// The transaction, with its retries, runs under Config.TxTimeout, or what
// WithPatience says, and not under ctx: a caller that hangs up must not cancel a COMMIT. InTx with the context of
// a transaction (tx.Context) returns ErrNested.
func (db *DB) InTx(ctx context.Context, fn func(tx *Tx) error) error {
	if ctx.Value(inTxKey{}) != nil {
		return ErrNested
	}
	err := ctx.Err()
	if err != nil {
		return fmt.Errorf("transaction not begun: %w", err)
	}
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), db.limit(ctx))
	defer cancel()
	own = context.WithValue(own, inTxKey{}, true)
	err = db.txs.Acquire(own, 1)
	if err != nil {
		return fmt.Errorf("transaction not begun: %w", err)
	}
	var after []func()
	err = db.inTurn(own, func() (bool, error) {
		tx := &Tx{db: db, ctx: own, Now: db.Now()}
		err := tx.run(fn)
		after = tx.after
		// What fn made of a failed statement does not hide that it failed.
		if err != nil && tx.err != nil && retryFor(tx.err, tx.lost) != retryNever {
			err = tx.err
		}
		return tx.lost, err
	})
	if err != nil {
		return err
	}
	for _, f := range after {
		f()
	}
	return nil
}

// patienceKey marks a context whose transactions may take longer.
type patienceKey struct{}

// WithPatience returns a context whose transactions may take so long instead of
// Config.TxTimeout: for work that no client waits for, such as finding what is
// due among millions of names.
func WithPatience(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, patienceKey{}, d)
}

func (db *DB) limit(ctx context.Context) time.Duration {
	d, ok := ctx.Value(patienceKey{}).(time.Duration)
	if ok {
		return d
	}
	return db.txTimeout
}

// inTurn retries and gives the transaction's turn back, also when fn panics.
func (db *DB) inTurn(ctx context.Context, attempt func() (bool, error)) error {
	defer db.txs.Release(1)
	return db.retry(ctx, attempt)
}

// run is one attempt.
func (tx *Tx) run(fn func(tx *Tx) error) error {
	// Not recover: a panic keeps its stack, and t.FailNow passes too.
	defer tx.end()
	err := fn(tx)
	if err != nil {
		return err
	}
	return tx.commit()
}

// ReadBatch sends several reads in one round trip, without a transaction.
// Results go to the callbacks of the queued queries, which must bear being
// called again. The first error of a query or callback is returned.
func (db *DB) ReadBatch(ctx context.Context, fn func(b *pgx.Batch)) error {
	own, cancel := context.WithTimeout(ctx, db.txTimeout)
	defer cancel()
	return db.retry(own, func() (bool, error) {
		conn, err := db.Pool.Acquire(own)
		if err != nil {
			return false, err
		}
		defer conn.Release()
		b := &pgx.Batch{}
		fn(b)
		err = conn.SendBatch(own, b).Close()
		return conn.Conn().IsClosed(), err
	})
}

// retry repeats attempt, which reports whether its connection broke, as long as
// retryFor allows.
func (db *DB) retry(ctx context.Context, attempt func() (bool, error)) error {
	backoff := firstBackoff
	for n := 1; ; n++ {
		lost, err := attempt()
		if err == nil {
			return nil
		}
		kind := retryFor(err, lost)
		if kind == retryNever || kind != retryReconnect && n >= maxConflicts {
			return err
		}
		if kind == retryReset {
			db.Pool.Reset()
		}
		// Half fixed, half random: those who collided should not meet again.
		select {
		case <-ctx.Done():
			return err
		case <-time.After(backoff/2 + rand.N(backoff/2)):
		}
		backoff = min(2*backoff, maxBackoff)
	}
}
