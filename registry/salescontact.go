package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/notify"
)

// SignInPath is the page of a sign-in link, below the address of the registry's
// pages; the token follows.
const SignInPath = salesPage + "sign-in/"

// How long a sign-in link and a session last (N30).
const (
	signInMinutes = 15
	sessionHours  = 8
)

// RequestSignIn mails a link to sign in to the sales contact of a tag (N30). It
// does not tell whether there is such a tag; a tag is mailed three times in a
// quarter of an hour at most.
//
// Errors: ErrTooMany for an address that asks too often.
func (r *Registry) RequestSignIn(ctx context.Context, actor Actor, address, tag string) error {
	tag = strings.ToUpper(strings.TrimSpace(tag))
	token := newToken()
	return r.mutate(ctx, actor, func(tx *Tx) error {
		err := tx.countAttempts(ctx, attempt{"sign-in-address", address, signInsByAddress})
		if err != nil {
			return err
		}
		var id int32
		var to, language string
		err = tx.QueryRow(ctx, `SELECT r.id, `+salesAddress+`, r.language FROM registrar r
			WHERE r.tag = $1 AND r.kind = 'registrar' AND r.state = 'active' AND `+salesAddress+` IS NOT NULL`, tag).Scan(&id, &to, &language)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("sign in: %w", err)
		}
		err = tx.countAttempts(ctx, attempt{"sign-in-tag", tag, signInsByTag})
		if errors.Is(err, ErrTooMany) {
			return nil // whoever asks is not to learn that the tag exists
		}
		if err != nil {
			return err
		}
		tx.addToken(tokenSignIn, token, id, signInMinutes*time.Minute)
		tx.record("registrar", int64(id), tag, "send sign-in link", nil)
		tx.mailTo(to, notify.SalesSignIn, language, notify.SignInNotice{Tag: tag, Path: SignInPath + token, Minutes: signInMinutes}, id, 0, "")
		return nil
	})
}

func (tx *Tx) addToken(page, token string, registrar int32, valid time.Duration) {
	tx.Queue(`INSERT INTO page_token (hash, page, contact_id, registrar_id, created_at, expires_at) VALUES ($1, $2, 0, $3, $4, $5)`,
		tokenHash(token), page, registrar, tx.Now, tx.Now.Add(valid))
}

// FindSignIn returns the tag that a sign-in link is for. It uses nothing up.
//
// Errors: ErrLinkUnknown, ErrLinkUsed, ErrLinkExpired.
func (r *Registry) FindSignIn(ctx context.Context, token string) (tag string, err error) {
	_, id, err := r.findToken(ctx, tokenSignIn, token)
	if err != nil {
		return "", err
	}
	tags, err := r.tags(ctx, id)
	if err != nil {
		return "", err
	}
	return tags[0], nil
}

// SignIn uses a sign-in link up and begins a session, whose secret it returns.
//
// Errors: those of FindSignIn.
func (r *Registry) SignIn(ctx context.Context, actor Actor, token string) (session string, err error) {
	_, id, err := r.findToken(ctx, tokenSignIn, token)
	if err != nil {
		return "", err
	}
	tags, err := r.tags(ctx, id)
	if err != nil {
		return "", err
	}
	session = newToken()
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE page_token SET used_at = $3 WHERE hash = $1 AND page = $2 AND used_at IS NULL`,
			tokenHash(token), tokenSignIn, tx.Now)
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrLinkUsed
		}
		if err != nil {
			return err
		}
		tx.addToken(tokenSession, session, id, sessionHours*time.Hour)
		tx.record("registrar", int64(id), tags[0], "sign in", nil)
		return nil
	})
	return session, err
}

// SalesContact is who is signed in: for one tag.
type SalesContact struct {
	ID        int32 // registrar.id
	TAG       string
	Name      string
	Mode      DecisionMode
	SalesMail string
}

// Actor is the sales contact as the register knows it: the tag, as over EPP.
func (s SalesContact) Actor(svTRID string) Actor {
	return Actor{Kind: ActorRegistrar, TAG: s.TAG, Registrar: s.ID, SvTRID: svTRID, Profile: ProfileUK}
}

// FindSession returns who a session is of. A registrar that is suspended or
// closed has none.
//
// Errors: ErrLinkUnknown, ErrLinkExpired.
func (r *Registry) FindSession(ctx context.Context, session string) (SalesContact, error) {
	_, id, err := r.findToken(ctx, tokenSession, session)
	if err != nil {
		return SalesContact{}, err
	}
	s := SalesContact{ID: id}
	err = r.db.Pool.QueryRow(ctx, `SELECT r.tag, r.name, r.decisions, coalesce(`+salesAddress+`, '') FROM registrar r
		WHERE r.id = $1 AND r.state = 'active'`, id).Scan(&s.TAG, &s.Name, &s.Mode, &s.SalesMail)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, ErrLinkExpired
	}
	if err != nil {
		return s, fmt.Errorf("session: %w", err)
	}
	return s, nil
}

// SignOut ends a session.
func (r *Registry) SignOut(ctx context.Context, session string) error {
	_, err := r.db.Pool.Exec(ctx, `DELETE FROM page_token WHERE hash = $1 AND page = $2`, tokenHash(session), tokenSession)
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// ExpiringNames lists a tag's names that expire from a day to before another,
// and those that did before a renewal that was decided on the pages.
func (r *Registry) ExpiringNames(ctx context.Context, tag string, from, before Date, after LineCursor, limit int) ([]RenewalLine, error) {
	id, err := r.registrarID(ctx, tag)
	if err != nil {
		return nil, err
	}
	return r.lines(ctx, `d.sponsor = @registrar AND d.expires >= @from::date AND d.expires < @before::date`,
		pgx.StrictNamedArgs{"registrar": id, "from": from, "before": before}, after, limit)
}
