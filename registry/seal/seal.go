package seal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

const (
	// blockRows is how many rows a block seals at most.
	blockRows = 1000
	// patience is how long the sealer waits for transactions that may still add
	// rows of lower ids. A table whose writers take longer is left for the next
	// time.
	patience  = 15 * time.Second
	firstLook = 5 * time.Millisecond
	lastLook  = 500 * time.Millisecond
)

// Head is the last block of the chain. Noted outside the database it shows
// later whether the chain up to it was written anew.
type Head struct {
	Number   int64 // 0: nothing is sealed
	Hash     string
	SealedAt time.Time // registry clock
}

// ReadHead returns the last block.
func ReadHead(ctx context.Context, db *pg.DB) (Head, error) {
	var h Head
	var hash []byte
	err := db.Pool.QueryRow(ctx, `SELECT number, hash, sealed_at FROM audit_block ORDER BY number DESC LIMIT 1`).
		Scan(&h.Number, &hash, &h.SealedAt)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return h, fmt.Errorf("read the head of the audit log: %w", err)
	}
	h.Hash = hex.EncodeToString(hash)
	return h, nil
}

// Seal seals all rows that are certain to be complete: of which no row with a
// lower id can still appear. It returns how many rows it sealed. Two at once
// do no harm: one of them ends early.
func Seal(ctx context.Context, db *pg.DB) (int, error) {
	ends, err := settled(ctx, db, patience)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, s := range Sources {
		end, ok := ends[s.Table]
		if !ok {
			continue
		}
		for {
			n, err := sealBlock(ctx, db, s, end)
			total += n
			if pg.ConstraintName(err) == "audit_block_pkey" {
				return total, nil // another sealer is at it
			}
			if err != nil {
				return total, fmt.Errorf("seal %s: %w", s.Table, err)
			}
			if n < blockRows {
				break
			}
		}
	}
	return total, nil
}

// sealBlock seals the next rows of s up to the id end.
func sealBlock(ctx context.Context, db *pg.DB, s Source, end int64) (int, error) {
	n := 0
	err := db.InTx(ctx, func(tx *pg.Tx) error {
		b := block{Number: 1, Source: s.Table, Form: int16(s.form()), AfterID: math.MinInt64, SealedAt: tx.Now,
			Previous: make([]byte, sha256.Size)}
		err := tx.Batch(ctx, func(q *pgx.Batch) {
			q.Queue(`SELECT number + 1, hash FROM audit_block ORDER BY number DESC LIMIT 1`).QueryRow(func(r pgx.Row) error {
				return ignoreNoRow(r.Scan(&b.Number, &b.Previous))
			})
			q.Queue(`SELECT last_id FROM audit_block WHERE source = $1 ORDER BY last_id DESC LIMIT 1`, s.Table).
				QueryRow(func(r pgx.Row) error { return ignoreNoRow(r.Scan(&b.AfterID)) })
		})
		if err != nil {
			return err
		}
		found, err := tx.Query(ctx, s.selectSQL(s.form())+` LIMIT $3`, b.AfterID, end, blockRows)
		if err != nil {
			return err
		}
		rows, err := pgx.CollectRows(found, scanRow)
		n = len(rows)
		if err != nil || n == 0 {
			return err
		}
		b.LastID, b.Rows, b.Digests = rows[n-1].id, int32(n), digests(rows)
		b.Hash = b.sum(rows)
		tx.Queue(`INSERT INTO audit_block (number, source, form, after_id, last_id, rows, digests, sealed_at, previous, hash)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			b.Number, b.Source, b.Form, b.AfterID, b.LastID, b.Rows, b.Digests, b.SealedAt, b.Previous, b.Hash)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

func scanRow(r pgx.CollectableRow) (row, error) {
	var id int64
	var values []*string
	err := r.Scan(&id, &values)
	return hashRow(id, values), err
}

// settled returns for each table the highest id below which nothing can appear
// any more. An id is drawn by a statement that holds a lock on the table until
// its transaction ends, so: read the highest id, note who holds such a lock,
// and wait until those are gone. New writers need not be waited for, for their
// ids are higher, and none of them waits for this.
func settled(ctx context.Context, db *pg.DB, patience time.Duration) (map[string]int64, error) {
	ends := map[string]int64{}
	err := db.ReadBatch(ctx, func(b *pgx.Batch) {
		clear(ends)
		for _, s := range Sources {
			b.Queue(`SELECT max(id) FROM ` + s.Table).QueryRow(func(r pgx.Row) error {
				var id *int64
				err := r.Scan(&id)
				if id != nil {
					ends[s.Table] = *id
				}
				return err
			})
		}
	})
	if err != nil {
		return nil, fmt.Errorf("look for the end of the audit log: %w", err)
	}
	writers, err := writing(ctx, db)
	if err != nil {
		return nil, err
	}
	giveUp := time.NewTimer(patience)
	defer giveUp.Stop()
	for wait := firstLook; len(writers) > 0; wait = min(2*wait, lastLook) {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-giveUp.C:
			for w := range writers {
				delete(ends, w.table)
			}
			return ends, nil
		case <-time.After(wait):
		}
		now, err := writing(ctx, db)
		if err != nil {
			return nil, err
		}
		for w := range writers {
			if !now[w] {
				delete(writers, w)
			}
		}
	}
	return ends, nil
}

// writer is a transaction that has begun to write to a table.
type writer struct{ table, transaction string }

// writing lists the transactions that may hold ids of rows nobody sees yet.
func writing(ctx context.Context, db *pg.DB) (map[writer]bool, error) {
	tables := make([]string, len(Sources))
	for i, s := range Sources {
		tables[i] = s.Table
	}
	rows, err := db.Pool.Query(ctx, `SELECT c.relname::text, l.virtualtransaction
		FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
		WHERE l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND l.granted
			AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND l.pid IS DISTINCT FROM pg_backend_pid() AND c.relkind = 'r' AND c.relname = ANY($1)`, tables)
	if err != nil {
		return nil, fmt.Errorf("look who writes: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (writer, error) {
		var w writer
		err := r.Scan(&w.table, &w.transaction)
		return w, err
	})
	if err != nil {
		return nil, fmt.Errorf("look who writes: %w", err)
	}
	set := map[writer]bool{}
	for _, w := range list {
		set[w] = true
	}
	return set, nil
}

func ignoreNoRow(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}
