package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// UnsubscribePath is where the pages of the registry take the token of an
// unsubscribe link: GET asks, POST ends the subscription (RFC 8058).
const UnsubscribePath = "unsubscribe/"

// Subscription is a list that somebody gets.
type Subscription struct {
	Kind     Kind
	TAG      string
	Contact  int64     // contact.id; 0: the registrar's own
	OptedOut time.Time // UTC, registry clock; zero: not
}

// ErrNoSubscription is returned for a token that is none.
var ErrNoSubscription = errors.New("there is no such subscription")

// FindSubscription returns what a token is for.
func FindSubscription(ctx context.Context, db *pg.DB, token string) (Subscription, error) {
	var s Subscription
	var out *time.Time
	// Compared as text: a token that is no UUID is unknown, not an error.
	err := db.Pool.QueryRow(ctx, `SELECT s.kind, r.tag, s.contact_id, s.opted_out_at FROM subscription s
		JOIN registrar r ON r.id = s.registrar_id WHERE s.token = CASE WHEN $1 ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
		THEN $1::uuid END`, token).Scan(&s.Kind, &s.TAG, &s.Contact, &out)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, ErrNoSubscription
	}
	if err != nil {
		return s, fmt.Errorf("subscription: %w", err)
	}
	if out != nil {
		s.OptedOut = *out
	}
	return s, nil
}

// OptOut ends the subscription of a token. Doing it again changes nothing.
// ErrNoSubscription: the token is none.
func OptOut(ctx context.Context, db *pg.DB, token string) (Subscription, error) {
	s, err := FindSubscription(ctx, db, token)
	if err != nil || !s.OptedOut.IsZero() {
		return s, err
	}
	err = db.InTx(ctx, func(tx *pg.Tx) error {
		s.OptedOut = tx.Now
		tx.Queue(`UPDATE subscription SET opted_out_at = $2 WHERE token = $1::uuid AND opted_out_at IS NULL`, token, tx.Now)
		return nil
	})
	return s, err
}
