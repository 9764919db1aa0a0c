package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// transfersSQL reads transfers of one object.
const transfersSQL = `SELECT t.id, t.state, t.gaining, t.losing, t.requested_at, t.act_by, t.acted_at,
	coalesce(t.years, 0), t.expires FROM transfer t`

// transferRow is a row of transfersSQL before tags are looked up.
type transferRow struct {
	t               Transfer
	gaining, losing int32
	acted           *time.Time
	found           bool
}

func (w *transferRow) scan(row pgx.Row) error {
	var expires *Date
	err := row.Scan(&w.t.ID, &w.t.State, &w.gaining, &w.losing, &w.t.Requested, &w.t.ActBy, &w.acted, &w.t.Years, &expires)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	w.found = true
	if expires != nil {
		w.t.Expires = *expires
	}
	if w.acted != nil {
		w.t.ActBy = *w.acted
	}
	return err
}

// finish turns the row into a Transfer, nil where there was none.
func (w *transferRow) finish(ctx context.Context, r *Registry) (*Transfer, error) {
	if !w.found {
		return nil, nil
	}
	tags, err := r.tags(ctx, w.gaining, w.losing)
	if err != nil {
		return nil, err
	}
	w.t.Gaining, w.t.Losing = tags[0], tags[1]
	return &w.t, nil
}

// insertTransfer queues the row of a new transfer.
func (tx *Tx) insertTransfer(s TransferSubject, objectID int64, t *Transfer) error {
	gaining, losing := tx.r.tagTable.id(t.Gaining), tx.r.tagTable.id(t.Losing)
	if gaining == 0 || losing == 0 {
		return fmt.Errorf("transfer of %s from %s to %s: a tag is not known", s.Name, t.Losing, t.Gaining)
	}
	var acted *time.Time
	if t.State != transferPending {
		acted = &t.ActBy
	}
	tx.Queue(`INSERT INTO transfer (id, object, object_id, object_name, gaining, losing, years, state, requested_at, act_by, acted_at, expires)
		OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		t.ID, s.Object, objectID, s.Name, gaining, losing, nullInt(t.Years), t.State, t.Requested, t.ActBy, acted, nullDate(t.Expires))
	return nil
}

// queueTransferState writes how a pending transfer ended.
func (tx *Tx) queueTransferState(t *Transfer) {
	tx.Queue(`UPDATE transfer SET state = $2, acted_at = $3, expires = $4 WHERE id = $1 AND state = 'pending'`,
		t.ID, t.State, t.ActBy, nullDate(t.Expires))
}

// transferText says in a sentence what a transfer notice is about.
func transferText(name string, t *Transfer, status RegistrationStatus) string {
	var text string
	switch t.State {
	case transferPending:
		text = fmt.Sprintf("Transfer of %s requested by %s; it is approved at %s unless you answer.",
			name, t.Gaining, t.ActBy.UTC().Format(time.RFC3339))
	case "clientApproved", transferServerApproved:
		text = fmt.Sprintf("Transfer of %s from %s to %s approved.", name, t.Losing, t.Gaining)
	case "clientRejected":
		text = fmt.Sprintf("Transfer of %s to %s rejected by %s.", name, t.Gaining, t.Losing)
	default:
		text = fmt.Sprintf("Transfer of %s to %s cancelled.", name, t.Gaining)
	}
	if status != "" {
		text += fmt.Sprintf(" Registration status: %s.", status)
	}
	return text
}

// tellTransfer queues the state of a transfer: a request goes to the losing tag
// alone, its outcome to both. The registration status is for the gaining one.
func (tx *Tx) tellTransfer(kind PollKind, name string, t *Transfer, status RegistrationStatus) {
	notice := TransferNotice{Name: name, State: t.State, Gaining: t.Gaining, Requested: t.Requested,
		Losing: t.Losing, ActBy: t.ActBy, Expires: t.Expires}
	tx.queuePoll(tx.r.tagTable.id(t.Losing), PollMessage{Kind: kind, Payload: notice, Text: transferText(name, t, "")})
	if t.State == transferPending {
		return
	}
	notice.Status = status
	tx.queuePoll(tx.r.tagTable.id(t.Gaining), PollMessage{Kind: kind, Payload: notice, Text: transferText(name, t, status)})
}
