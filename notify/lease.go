package notify

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

const (
	// leaseTime is how long a sender has for the rows it took. One that died
	// leaves them to others after it.
	leaseTime = 10 * time.Minute
	// leaseRows are taken at once; the last of them must be done in the time.
	leaseRows = 25
	// smallPayload is read with the lease; larger ones are read one by one, so
	// that memory stays bounded.
	smallPayload = 16 << 10

	giveUpAfter  = 72 * time.Hour // N1
	firstRetry   = time.Minute
	longestRetry = 2 * time.Hour
)

// item is a leased row of the outbox.
type item struct {
	id        int64
	kind      Kind
	recipient string
	language  string
	payload   []byte // nil: too large to come with the lease
	attempts  int    // this one included
	queued    time.Time
}

// leaseSQL takes rows that have never been tried, and then those whose time has
// come; a row whose lease ran out is one of these, because the lease moves
// due_at along.
const leaseSQL = `WITH taken AS (
	(SELECT id FROM outbox WHERE sent_at IS NULL AND failed_at IS NULL AND due_at %s
		ORDER BY due_at, id FOR UPDATE SKIP LOCKED LIMIT $1))
	UPDATE outbox o SET locked_until = $3, due_at = $3, attempts = o.attempts + 1
	FROM taken WHERE o.id = taken.id AND $2::timestamptz IS NOT NULL
	RETURNING o.id, o.kind, o.recipient, o.language,
		CASE WHEN pg_column_size(o.payload) <= $4 THEN o.payload END, o.attempts, o.queued_at`

// lease takes rows for this sender until the time returned, in a transaction of
// its own. Now is real time.
func lease(ctx context.Context, db *pg.DB, now time.Time, rows int) ([]item, time.Time, error) {
	until := now.Add(leaseTime)
	var items []item
	err := db.InTx(ctx, func(tx *pg.Tx) error {
		items = nil
		// Retries first: they are few, and new mail must not starve them.
		for _, due := range []string{"<= $2", "IS NULL"} {
			if len(items) == rows {
				break
			}
			found, err := tx.Query(ctx, fmt.Sprintf(leaseSQL, due), rows-len(items), now, until, smallPayload)
			if err != nil {
				return err
			}
			more, err := pgx.CollectRows(found, func(row pgx.CollectableRow) (item, error) {
				var i item
				err := row.Scan(&i.id, &i.kind, &i.recipient, &i.language, &i.payload, &i.attempts, &i.queued)
				return i, err
			})
			if err != nil {
				return err
			}
			items = append(items, more...)
		}
		return nil
	})
	if err != nil {
		return nil, until, fmt.Errorf("lease messages: %w", err)
	}
	return items, until, nil
}

// load reads a payload that did not come with the lease.
func (i *item) load(ctx context.Context, db *pg.DB) error {
	if i.payload != nil {
		return nil
	}
	err := db.Pool.QueryRow(ctx, `SELECT payload FROM outbox WHERE id = $1`, i.id).Scan(&i.payload)
	if err != nil {
		return fmt.Errorf("read message %d: %w", i.id, err)
	}
	return nil
}

// release gives back rows that were leased and not tried.
func release(ctx context.Context, db *pg.DB, items []item, now time.Time) error {
	if len(items) == 0 {
		return nil
	}
	ids := make([]int64, len(items))
	for i := range items {
		ids[i] = items[i].id
	}
	return db.InTx(ctx, func(tx *pg.Tx) error {
		tx.Queue(`UPDATE outbox SET locked_until = NULL, due_at = $2, attempts = attempts - 1
			WHERE id = ANY($1) AND sent_at IS NULL AND failed_at IS NULL`, ids, now)
		return nil
	})
}

// markSent notes that the server has accepted a message. Tokens and codes leave
// the database with it.
func markSent(ctx context.Context, db *pg.DB, i item, messageID string, now time.Time) error {
	return db.InTx(ctx, func(tx *pg.Tx) error {
		tx.Queue(`UPDATE outbox SET sent_at = $2, failed_at = NULL, message_id = $3, locked_until = NULL, due_at = NULL,
			last_error = NULL, smtp_code = NULL,
			payload = CASE WHEN $4 THEN `+withoutSecrets+` ELSE payload END WHERE id = $1`, i.id, now, messageID, notices[i.kind].secret)
		return nil
	})
}

// withoutSecrets is a payload without its personal link and code.
const withoutSecrets = `payload - 'path' - 'code'`

// markFailed notes a failure: for good, or to be tried again at due.
func markFailed(ctx context.Context, db *pg.DB, i item, messageID string, v verdict, forGood bool, now, due time.Time) error {
	return db.InTx(ctx, func(tx *pg.Tx) error {
		var code *int
		if v.code != 0 {
			code = &v.code
		}
		tx.Queue(`UPDATE outbox SET failed_at = CASE WHEN $2 THEN $3::timestamptz END, due_at = $4, locked_until = NULL,
			message_id = $5, last_error = $6, smtp_code = $7 WHERE id = $1 AND sent_at IS NULL`,
			i.id, forGood, now, due, messageID, oneLine(v.reason), code)
		return nil
	})
}

// giveUp marks what has been tried for three days as failed, whether or not
// there was a server to try it with.
func giveUp(ctx context.Context, db *pg.DB, now time.Time) (int64, error) {
	var n int64
	err := db.InTx(ctx, func(tx *pg.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE outbox SET failed_at = $1, locked_until = NULL,
			last_error = coalesce(last_error, 'the mail server was not to be reached')
			WHERE id IN (SELECT id FROM outbox WHERE sent_at IS NULL AND failed_at IS NULL AND queued_at <= $2
				AND (locked_until IS NULL OR locked_until <= $1) FOR UPDATE SKIP LOCKED LIMIT 10000)`, now, now.Add(-giveUpAfter))
		n = tag.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("give up on messages: %w", err)
	}
	return n, nil
}

// backoff is how long to wait before the next attempt: doubling from a minute to
// two hours, each up to a half longer, so that what failed together does not
// come back together.
func backoff(attempts int) time.Duration {
	d := longestRetry
	if attempts < 8 {
		d = min(longestRetry, firstRetry<<max(0, attempts-1))
	}
	return d + rand.N(d/2)
}
