package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// InSnapshot runs fn in one transaction at repeatable read and commits it:
// everything it reads is as it was at one instant. It is for exports and
// publications, which may take minutes: only ctx limits it, and it ends with
// ctx. fn is called again, with a new transaction, when it collides with
// another one; whatever it writes must bear being written again after a COMMIT
// that was not answered.
func (db *DB) InSnapshot(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	if ctx.Value(inTxKey{}) != nil {
		return ErrNested
	}
	err := db.txs.Acquire(ctx, 1)
	if err != nil {
		return fmt.Errorf("snapshot not begun: %w", err)
	}
	own := context.WithValue(ctx, inTxKey{}, true)
	return db.inTurn(ctx, func() (bool, error) {
		err := pgx.BeginTxFunc(own, db.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
			return fn(own, tx)
		})
		return false, err
	})
}
