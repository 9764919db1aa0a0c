package pg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	beginSQL  = "begin isolation level read committed"
	commitSQL = "commit"
	// rollbackTimeout limits a rollback; the server rolls back by itself when
	// the connection is closed instead.
	rollbackTimeout = 5 * time.Second
)

var errRowsOpen = errors.New("rows of the statement before are still open")

// Tx is one transaction at read committed. It is not safe for concurrent use
// and ends with the function it was given to.
//
// The context arguments are for the reader and for tracing: a transaction runs
// under its own time limit and no caller's hanging up interrupts it.
type Tx struct {
	// Now is the transaction's time, read from the registry clock once.
	Now time.Time

	db     *DB
	ctx    context.Context // the transaction's own, see Context
	conn   *pgxpool.Conn   // nil until the first statement is sent
	begun  bool            // BEGIN was sent
	queued []statement
	rows   *txRows // open, or nil
	after  []func()
	err    error // the first failure that has aborted the transaction
	lost   bool  // the connection broke; set by end
}

type statement struct {
	sql  string
	args []any
}

// Context is the transaction's own context: it is not cancelled with the
// caller's, ends with the transaction's time limit, and makes InTx refuse to
// nest.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Queue notes a statement whose result is not needed. It travels with the next
// read or with COMMIT, in order. If it fails, everything fails: the statements
// after it and COMMIT are not executed.
func (tx *Tx) Queue(sql string, args ...any) {
	tx.queued = append(tx.queued, statement{sql, args})
}

// AfterCommit has fn called once the transaction has been committed, outside
// it. It is not called after a rollback or an unknown outcome.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// Exec sends a statement now, with all that was queued, and returns its result.
func (tx *Tx) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	br, err := tx.send(func(b *pgx.Batch) { b.Queue(sql, args...) })
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := br.Exec()
	return tag, tx.close(br, err)
}

// Batch sends what fn queues now, with all that was queued before, in one round
// trip. Results go to the callbacks of the queued queries; the first error of a
// query or callback is returned.
func (tx *Tx) Batch(_ context.Context, fn func(b *pgx.Batch)) error {
	br, err := tx.send(fn)
	if err != nil {
		return err
	}
	return tx.close(br, nil)
}

// Query sends a query now, with all that was queued. The rows must be closed or
// read to the end before the next statement.
func (tx *Tx) Query(_ context.Context, sql string, args ...any) (pgx.Rows, error) {
	br, err := tx.send(func(b *pgx.Batch) { b.Queue(sql, args...) })
	if err != nil {
		return nil, err
	}
	rows, err := br.Query()
	if err != nil {
		return nil, tx.close(br, err)
	}
	tx.rows = &txRows{Rows: rows, tx: tx, br: br}
	return tx.rows, nil
}

// QueryRow is a query for at most one row. It is sent, with all that was
// queued, by Scan of the row.
func (tx *Tx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return &txRow{tx: tx, ctx: ctx, sql: sql, args: args}
}

// CopyFrom writes rows to a table with COPY, after all that was queued. columns
// are in the order of each row's values.
func (tx *Tx) CopyFrom(ctx context.Context, table string, columns []string, rows [][]any) error {
	err := tx.Batch(ctx, func(*pgx.Batch) {})
	if err != nil {
		return err
	}
	_, err = tx.conn.Conn().CopyFrom(tx.ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
	if err != nil {
		// COPY leaves the transaction aborted, whatever went wrong.
		return tx.fail(err)
	}
	return nil
}

// send sends BEGIN, if it has not been, all that was queued, and what fn adds,
// and reads the results up to fn's.
func (tx *Tx) send(fn func(b *pgx.Batch)) (pgx.BatchResults, error) {
	if tx.err != nil {
		return nil, tx.err
	}
	if tx.rows != nil {
		return nil, errRowsOpen
	}
	if tx.conn == nil {
		conn, err := tx.db.Pool.Acquire(tx.ctx)
		if err != nil {
			return nil, tx.fail(err)
		}
		tx.conn = conn
	}
	b := &pgx.Batch{}
	if !tx.begun {
		b.Queue(beginSQL)
		tx.begun = true
	}
	for _, s := range tx.queued {
		b.Queue(s.sql, s.args...)
	}
	tx.queued = nil
	before := b.Len()
	fn(b)
	br := tx.conn.SendBatch(tx.ctx, b)
	for range before {
		_, err := br.Exec()
		if err != nil {
			return nil, tx.close(br, err)
		}
	}
	return br, nil
}

// close ends a batch and returns the first error: of the statement read last,
// or else of the batch.
func (tx *Tx) close(br pgx.BatchResults, err error) error {
	closeErr := br.Close()
	if err == nil {
		err = closeErr
	}
	if err == nil || !tx.aborted(err) {
		return err
	}
	return tx.fail(err)
}

// aborted tells an error of the server or the connection from one of the
// caller's own: a callback's refusal, no row, a failed Scan.
func (tx *Tx) aborted(err error) bool {
	var preprocessing pgx.ErrPreprocessingBatch
	if tx.conn == nil || tx.conn.Conn().IsClosed() || errors.As(err, &preprocessing) {
		return true
	}
	return tx.conn.Conn().PgConn().TxStatus() != 'T'
}

func (tx *Tx) fail(err error) error {
	if tx.err == nil {
		tx.err = err
	}
	return err
}

// commit sends what is still queued together with COMMIT.
func (tx *Tx) commit() error {
	if tx.err != nil {
		return tx.err
	}
	if tx.rows != nil {
		return errRowsOpen
	}
	if !tx.begun && len(tx.queued) == 0 {
		return nil
	}
	br, err := tx.send(func(b *pgx.Batch) { b.Queue(commitSQL) })
	if err != nil {
		// An answer to an earlier statement came in COMMIT's stead, or none.
		return tx.outcome(err, SQLState(err) != "")
	}
	tag, err := br.Exec()
	err = tx.close(br, err)
	if err != nil {
		return tx.outcome(err, isPlainError(err))
	}
	if tag.String() == "ROLLBACK" {
		return tx.fail(pgx.ErrTxCommitRollback)
	}
	return nil
}

// outcome sorts the error of the last batch. refused says that the server's
// answer rules a commit out.
func (tx *Tx) outcome(err error, refused bool) error {
	var preprocessing pgx.ErrPreprocessingBatch
	if refused || tx.conn == nil || pgconn.SafeToRetry(err) || errors.As(err, &preprocessing) {
		return tx.fail(err)
	}
	// In place of what close noted: that alone would look like a reason to retry.
	tx.err = fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	return tx.err
}

// isPlainError reports an answer of severity ERROR. At COMMIT it means that
// nothing was committed; FATAL may also come while the server waits for a
// standby, after the commit.
func isPlainError(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.SeverityUnlocalized == "ERROR"
}

// end gives the connection back, rolled back if need be.
func (tx *Tx) end() {
	if tx.rows != nil {
		tx.rows.Close()
	}
	if tx.conn == nil {
		return
	}
	c := tx.conn.Conn()
	tx.lost = c.IsClosed()
	if !tx.lost && c.PgConn().TxStatus() != 'I' {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tx.ctx), rollbackTimeout)
		// A failed rollback closes the connection, which does the same.
		_, _ = c.Exec(ctx, "rollback")
		cancel()
	}
	tx.conn.Release()
}
