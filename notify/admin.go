package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// State is how far a message is.
type State string

// The states of a message.
const (
	Waiting State = "waiting"
	Sent    State = "sent"
	Failed  State = "failed"
)

// Queued is a message of the outbox as staff see it.
type Queued struct {
	ID        int64
	Kind      Kind
	To        string
	Language  string
	TAG       string // "" for none
	Name      string // the domain name concerned, "" for none or one that has gone
	State     State
	Created   time.Time // UTC, registry clock
	Due       time.Time // UTC, real time; zero: at once, or not any more
	Attempts  int
	Settled   time.Time // sent or failed; UTC, real time
	MessageID string
	SMTPCode  int // of the last refusal; 0 for none
	Error     string
	Payload   json.RawMessage // of ShowOutbox: without tokens and codes
}

// OutboxFilter chooses messages; zero fields choose all.
type OutboxFilter struct {
	State  State
	Kind   Kind
	To     string // the whole address
	Name   string // domain name
	TAG    string
	Before int64 // ids below it: the next page
	Limit  int   // default 100
}

// ErrNoMessage is returned for an id that the outbox has not.
var ErrNoMessage = errors.New("there is no such message")

const outboxColumns = `SELECT o.id, o.kind, o.recipient, o.language, coalesce(r.tag, ''), coalesce(d.name, ''),
	CASE WHEN o.sent_at IS NOT NULL THEN 'sent' WHEN o.failed_at IS NOT NULL THEN 'failed' ELSE 'waiting' END,
	o.created_at, o.due_at, o.attempts, coalesce(o.sent_at, o.failed_at), coalesce(o.message_id, ''),
	coalesce(o.smtp_code, 0), coalesce(o.last_error, '')
	FROM outbox o LEFT JOIN registrar r ON r.id = o.registrar_id LEFT JOIN domain d ON d.id = o.domain_id`

func (q *Queued) scan(row pgx.CollectableRow) error {
	var due, settled *time.Time
	err := row.Scan(&q.ID, &q.Kind, &q.To, &q.Language, &q.TAG, &q.Name, &q.State, &q.Created, &due, &q.Attempts, &settled,
		&q.MessageID, &q.SMTPCode, &q.Error)
	if due != nil {
		q.Due = *due
	}
	if settled != nil {
		q.Settled = *settled
	}
	return err
}

// ListOutbox returns messages, newest first, without their payloads.
func ListOutbox(ctx context.Context, db *pg.DB, f OutboxFilter) ([]Queued, error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	rows, err := db.Pool.Query(ctx, outboxColumns+` WHERE (@state = '' OR @state = 'waiting' AND o.sent_at IS NULL AND o.failed_at IS NULL
			OR @state = 'sent' AND o.sent_at IS NOT NULL OR @state = 'failed' AND o.failed_at IS NOT NULL)
		AND (@kind = '' OR o.kind = @kind) AND (@to = '' OR o.recipient = @to) AND (@tag = '' OR r.tag = @tag)
		AND (@name = '' OR o.domain_id = (SELECT id FROM domain WHERE name = @name)) AND (@before = 0 OR o.id < @before)
		ORDER BY o.id DESC LIMIT @limit`, pgx.StrictNamedArgs{"state": string(f.State), "kind": f.Kind, "to": f.To,
		"tag": f.TAG, "name": f.Name, "before": f.Before, "limit": f.Limit})
	if err != nil {
		return nil, fmt.Errorf("list the outbox: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Queued, error) {
		var q Queued
		err := q.scan(row)
		return q, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the outbox: %w", err)
	}
	return list, nil
}

// ShowOutbox returns a message with its payload. Tokens and codes are left out:
// they are for the recipient alone. ErrNoMessage: there is none.
func ShowOutbox(ctx context.Context, db *pg.DB, id int64) (Queued, error) {
	var q Queued
	rows, err := db.Pool.Query(ctx, outboxColumns+` WHERE o.id = $1`, id)
	if err == nil {
		q, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (Queued, error) {
			var q Queued
			err := q.scan(row)
			return q, err
		})
	}
	if err == nil {
		err = db.Pool.QueryRow(ctx, `SELECT CASE WHEN $2 THEN payload || $3::jsonb ELSE payload END FROM outbox WHERE id = $1`,
			id, notices[q.Kind].secret, hidden(q.Kind)).Scan(&q.Payload)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return q, ErrNoMessage
	}
	if err != nil {
		return q, fmt.Errorf("show message %d: %w", id, err)
	}
	return q, nil
}

// hidden is what stands for the secrets of a payload.
func hidden(kind Kind) []byte {
	if kind == RenewalConfirmation {
		return []byte(`{"path": "hidden", "code": "hidden"}`)
	}
	return []byte(`{"path": "hidden"}`)
}

// PreviewOutbox renders a message of the outbox as it is or was sent, but for
// tokens and codes (rule N5).
func (t *Templates) PreviewOutbox(q Queued) (Mail, error) {
	return t.Preview(q.Kind, q.Language, q.Payload)
}

// RetryOutbox puts failed messages back into the queue, with three days anew,
// and returns how many. A message whose payload is broken fails again. No ids:
// all that failed. Now is real time.
func RetryOutbox(ctx context.Context, tx *pg.Tx, ids []int64, now time.Time) (int64, error) {
	tag, err := tx.Exec(ctx, `UPDATE outbox SET failed_at = NULL, due_at = $2, queued_at = $2, attempts = 0, locked_until = NULL
		WHERE failed_at IS NOT NULL AND (id = ANY($1) OR $1 = '{}'::bigint[])`, append([]int64{}, ids...), now)
	if err != nil {
		return 0, fmt.Errorf("retry messages: %w", err)
	}
	return tag.RowsAffected(), nil
}
