package pg

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrNotWritten is in the error of Once when certainly nothing was written.
var ErrNotWritten = errors.New("not written")

// onceLockWait bounds the wait for rows that others hold: whoever waits with
// Once makes others wait who have nothing to do with those rows.
const onceLockWait = 100 * time.Millisecond

// Once sends what fn queues as one transaction of one round trip: no BEGIN, no
// reads before it, no second attempt. The statements themselves have to see to
// it that they write only to what is still as the caller saw it.
//
// Results go to the callbacks of the queued queries. The error, if any, is
// ErrNotWritten when nothing was written, and the caller may turn to InTx; or
// ErrOutcomeUnknown when the connection was lost before the answer.
func (db *DB) Once(ctx context.Context, fn func(b *pgx.Batch)) error {
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), db.txTimeout)
	defer cancel()
	conn, err := db.Pool.Acquire(own)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotWritten, err)
	}
	defer conn.Release()
	b := &pgx.Batch{}
	// The setting ends with the transaction.
	b.Queue(`SELECT set_config('lock_timeout', $1, true)`, strconv.FormatInt(onceLockWait.Milliseconds(), 10))
	fn(b)
	err = conn.SendBatch(own, b).Close()
	var preprocessing pgx.ErrPreprocessingBatch
	switch {
	case err == nil:
		return nil
	case isPlainError(err), pgconn.SafeToRetry(err), errors.As(err, &preprocessing):
		return fmt.Errorf("%w: %w", ErrNotWritten, err)
	}
	return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
}
