package pg

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// txRow is sent by Scan, so that a row nobody reads leaves nothing open.
type txRow struct {
	tx   *Tx
	ctx  context.Context
	sql  string
	args []any
}

// Scan sends the query and reads its row; pgx.ErrNoRows if there is none.
func (r *txRow) Scan(dest ...any) error {
	br, err := r.tx.send(func(b *pgx.Batch) { b.Queue(r.sql, r.args...) })
	if err != nil {
		return err
	}
	err = br.QueryRow().Scan(dest...)
	return r.tx.close(br, err)
}

// txRows ends its batch when the rows are closed or read to the end.
type txRows struct {
	pgx.Rows
	tx     *Tx
	br     pgx.BatchResults
	closed bool
	err    error
}

func (r *txRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *txRows) Close() {
	if r.closed {
		return
	}
	r.closed = true
	r.Rows.Close()
	r.err = r.tx.close(r.br, r.Rows.Err())
	r.tx.rows = nil
}

func (r *txRows) Err() error {
	if r.closed {
		return r.err
	}
	return r.Rows.Err()
}
