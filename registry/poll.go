package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// PollMessage is a message for a registrar's poll queue (RFC 5730 section
// 2.9.2.3).
type PollMessage struct {
	Kind PollKind
	// Text says in a sentence what happened, for a person. Where existing uk
	// software wants an exact text the server sends that instead.
	Text string
	// Payload is the value of the kind's own type (see PollKind), or nil.
	Payload any
	// Dedup, if not empty, names the event: the same event is queued once.
	Dedup string
}

// PollEntry is a message that waits in a queue.
type PollEntry struct {
	ID      int64
	Kind    PollKind
	Text    string
	Queued  time.Time // UTC
	Payload any       // a pointer to the kind's payload, nil without one
	// Registrant is the contact that the payload names, as it is now; nil when
	// it names none, the contact is gone, or the tag may not see it (rule C9):
	// it is another tag's and not, or no longer, offered by a handshake.
	Registrant *Contact
	// IDAndName is true when Registrant is another tag's, but that of a name which
	// came to this one: no more than id and name are in it (rule B34).
	IDAndName bool
}

// queuePoll puts a message on a registrar's queue; it is written with the
// commit. The registry's own two tags have no queue.
func (tx *Tx) queuePoll(registrar int32, m PollMessage) {
	var payload []byte
	if m.Payload != nil {
		var err error
		payload, err = json.Marshal(m.Payload)
		if err != nil {
			panic(err) // payloads are plain data; a failure is a bug that the change must not survive
		}
	}
	tx.Queue(`INSERT INTO poll_message (registrar_id, queued_at, kind, text, payload, dedup)
		SELECT id, $2, $3, $4, $5, $6 FROM registrar WHERE id = $1 AND kind = 'registrar'
		ON CONFLICT (dedup) DO NOTHING`, registrar, tx.Now, m.Kind, m.Text, payload, null(m.Dedup))
}

// PollRequest returns the oldest message of the acting tag's queue and how many
// wait, in one round trip. It is nil when none does. The message stays until it
// is acknowledged.
func (r *Registry) PollRequest(ctx context.Context, actor Actor) (*PollEntry, int, error) {
	var e PollEntry
	var payload []byte
	var count int
	var row contactRow
	var full, served bool
	err := r.db.ReadBatch(ctx, func(b *pgx.Batch) {
		row, full, served = contactRow{}, false, false
		b.Queue(`SELECT m.id, m.kind, m.text, m.queued_at, m.payload,
				(SELECT count(*) FROM poll_message WHERE registrar_id = $1 AND acked_at IS NULL)
			FROM poll_message m WHERE m.registrar_id = $1 AND m.acked_at IS NULL ORDER BY m.id LIMIT 1`, actor.Registrar).
			QueryRow(func(row pgx.Row) error {
				return row.Scan(&e.ID, &e.Kind, &e.Text, &e.Queued, &payload, &count)
			})
		b.Queue(contactColumns+`, c.sponsor = $1 OR EXISTS (SELECT FROM handshake h JOIN handshake_domain o ON o.handshake_id = h.id AND o.open
				JOIN domain d ON d.id = o.domain_id WHERE h.gaining = $1 AND h.losing = c.sponsor AND h.state = 'pending' AND d.registrant = c.id),
			EXISTS (SELECT FROM domain WHERE registrant = c.id AND sponsor = $1)`+contactFrom+`
			WHERE c.id = (SELECT (payload->>'registrant')::bigint FROM poll_message
				WHERE registrar_id = $1 AND acked_at IS NULL ORDER BY id LIMIT 1)`, actor.Registrar).
			QueryRow(func(found pgx.Row) error { return orNone(found.Scan(append(row.fields(), &full, &served)...)) })
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read the poll queue of %s: %w", actor.TAG, err)
	}
	if row.c.ID != 0 && (full || served && e.Kind == PollTagChanged) {
		e.Registrant, err = r.finishContact(ctx, &row)
		if err != nil {
			return nil, 0, err
		}
	}
	if e.Registrant != nil && !full {
		e.Registrant, e.IDAndName = e.Registrant.publicPart(), true
	}
	e.Payload, err = e.Kind.decode(payload)
	if err != nil {
		return nil, 0, fmt.Errorf("poll message %d: %w", e.ID, err)
	}
	return &e, count, nil
}

// PollAck removes a message from the acting tag's queue, in one round trip. Any
// message of the queue may be acknowledged, not only the first. It returns the
// id of the oldest one left, 0 when none is, and how many are.
//
// Refusals: KindNotFound for a message that is not, or no longer, in the queue.
func (r *Registry) PollAck(ctx context.Context, actor Actor, id int64) (next int64, count int, err error) {
	var acked bool
	err = r.db.Pool.QueryRow(ctx, `WITH acked AS (
			UPDATE poll_message SET acked_at = $3 WHERE id = $2 AND registrar_id = $1 AND acked_at IS NULL RETURNING id)
		SELECT EXISTS (SELECT FROM acked), coalesce(min(id), 0), count(*) FROM poll_message
		WHERE registrar_id = $1 AND acked_at IS NULL AND id <> $2`, actor.Registrar, id, r.db.Now()).
		Scan(&acked, &next, &count)
	if err != nil {
		return 0, 0, fmt.Errorf("acknowledge poll message %d: %w", id, err)
	}
	if !acked {
		return 0, 0, Refuse(KindNotFound, "", "There is no message %d in your queue.", id).About("msgID", fmt.Sprint(id))
	}
	return next, count, nil
}

// orNone takes a row that is not there for one that is empty.
func orNone(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}
