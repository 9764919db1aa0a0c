package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Failed logins: each one doubles the wait before the next attempt of the same
// tag or address, on whichever server (E3). They are forgotten after a while.
const (
	firstLoginDelay   = 100 * time.Millisecond
	maxLoginDelay     = 10 * time.Second
	failureForgotten  = 15 * time.Minute
	failureRowDropped = 24 * time.Hour
)

// LoginParams is what somebody who wants to log in shows.
type LoginParams struct {
	TAG         string
	Password    string
	NewPassword string // "" leaves the password as it is
	// Fingerprint of the client's certificate (SHA-256, lower-case hex), "" if
	// none was shown.
	Fingerprint string
	// CertificateOptional lets a registrar in who shows none. One that is shown
	// must be the registrar's all the same.
	CertificateOptional bool
	Address             string // the client's, without port
	// Clock is real time: certificates and delays know no other. It is asked
	// again after a wait.
	Clock func() time.Time
}

// Login is a registrar that proved who it is.
type Login struct {
	Registrar          int32
	TAG                string
	MaxSessions        int       // 0: the listener's default
	CommandsPerSecond  int       // 0: the listener's default
	PasswordExpires    time.Time // registry clock; zero: never
	CertificateExpires time.Time // real time; zero: no certificate
	Fingerprint        string

	hash    string // as verified
	newHash string // to be stored with the session, "" if none
	rehash  bool   // newHash is of the same password, with today's parameters
	failed  []string
	new     string // the password of newHash
}

// LoginFault says why a login failed. It is for the log and the metrics; the
// client is told 2200 and nothing else.
type LoginFault string

// The faults.
const (
	FaultUnknownTag       LoginFault = "unknown tag"
	FaultNoPassword       LoginFault = "no password set"
	FaultWrongPassword    LoginFault = "wrong password"
	FaultExpiredPassword  LoginFault = "password expired"
	FaultSuspended        LoginFault = "registrar not active"
	FaultNoCertificate    LoginFault = "no client certificate"
	FaultCertificate      LoginFault = "certificate of another registrar or unknown"
	FaultCertificateEnded LoginFault = "certificate revoked or expired"
	FaultTooMany          LoginFault = "too many attempts at once"
)

// Error returns the fault.
func (f LoginFault) Error() string { return "login refused: " + string(f) }

// Unwrap makes every fault the same refusal.
func (f LoginFault) Unwrap() error { return &Error{Kind: KindAuthenticationFailed} }

// loginRow is what the database knows about a tag and a certificate.
type loginRow struct {
	Login
	known       bool
	active      bool
	certKnown   bool
	certOwner   int32
	certEnded   bool
	failures    int
	lastFailure time.Time
}

// Authenticate checks tag, password and certificate (E3). It holds no database
// connection while it waits: for its turn, as the guesses of one tag or address
// go one by one; for the delay, if the tag or the address failed before; and
// behind a limited number of other password checks. A password that this
// process knows to be right waits for none of it. A refusal is a LoginFault,
// which is an *Error of KindAuthenticationFailed. A new password that will not
// do is of KindPolicy. Nothing but a count of failures is written: OpenSession
// stores the new password.
func (r *Registry) Authenticate(ctx context.Context, p LoginParams) (Login, error) {
	row, err := r.readLogin(ctx, p)
	if err != nil {
		return Login{}, err
	}
	if !r.logins.knows(row.Registrar, row.hash, p.Password) {
		leave, err := r.logins.turns.take(ctx, failureKeys(p))
		if err != nil {
			return Login{}, FaultTooMany
		}
		defer leave()
		// Those who were ahead may have failed, or set the password.
		row, err = r.readLogin(ctx, p)
		if err != nil {
			return Login{}, err
		}
		if !r.logins.knows(row.Registrar, row.hash, p.Password) {
			err = pause(ctx, loginWait(row.failures, row.lastFailure, p.Clock()))
			if err != nil {
				return Login{}, FaultTooMany
			}
		}
	}
	l := row.Login
	if fault := row.judgeCertificate(p); fault != "" {
		return Login{}, r.loginFailed(ctx, p, row, fault)
	}
	needsHash, err := r.logins.verify(ctx, l.Registrar, l.hash, p.Password)
	if err != nil && !errors.Is(err, errWrongPassword) {
		return Login{}, err
	}
	if fault := row.judge(p, err == nil, r.db.Now()); fault != "" {
		return Login{}, r.loginFailed(ctx, p, row, fault)
	}
	if p.NewPassword != "" {
		err = checkNewPassword(p)
		if err != nil {
			return Login{}, err
		}
		l.new = p.NewPassword
	} else if needsHash {
		l.new, l.rehash = p.Password, true
	}
	if l.new != "" {
		l.newHash, err = r.logins.hash(ctx, l.new)
		if err != nil {
			return Login{}, err
		}
	}
	return l, nil
}

// readLogin is the one round trip of a login that reads.
func (r *Registry) readLogin(ctx context.Context, p LoginParams) (loginRow, error) {
	var row loginRow
	at := p.Clock()
	keys := failureKeys(p)
	err := r.db.ReadBatch(ctx, func(b *pgx.Batch) {
		row = loginRow{}
		b.Queue(`SELECT id, tag, kind = 'registrar' AND state = 'active', coalesce(max_sessions, 0),
				coalesce(commands_per_second, 0), coalesce(password_hash, ''), password_expires_at
			FROM registrar WHERE tag = $1`, p.TAG).QueryRow(func(q pgx.Row) error {
			var expires *time.Time
			err := q.Scan(&row.Registrar, &row.TAG, &row.active, &row.MaxSessions,
				&row.CommandsPerSecond, &row.hash, &expires)
			row.known = err == nil
			if expires != nil {
				row.PasswordExpires = *expires
			}
			return ignoreNoRow(err)
		})
		b.Queue(`SELECT registrar_id, not_after, not_after <= $2 OR not_before > $2 OR revoked_at IS NOT NULL
			FROM registrar_certificate WHERE fingerprint = $1`, p.Fingerprint, at).QueryRow(func(q pgx.Row) error {
			err := q.Scan(&row.certOwner, &row.CertificateExpires, &row.certEnded)
			row.certKnown = err == nil
			return ignoreNoRow(err)
		})
		b.Queue(`SELECT key, count, last_at FROM login_failure WHERE key = ANY($1) AND last_at > $2`,
			keys, at.Add(-failureForgotten)).Query(row.readFailures)
	})
	row.Fingerprint = p.Fingerprint
	if err != nil {
		return row, fmt.Errorf("login of %s: %w", p.TAG, err)
	}
	return row, nil
}

func (row *loginRow) readFailures(rows pgx.Rows) error {
	for rows.Next() {
		var key string
		var count int
		var last time.Time
		err := rows.Scan(&key, &count, &last)
		if err != nil {
			return err
		}
		row.failed = append(row.failed, key)
		if count > row.failures {
			row.failures = count
		}
		if last.After(row.lastFailure) {
			row.lastFailure = last
		}
	}
	return rows.Err()
}

// judgeCertificate refuses who cannot be the registrar whatever the password,
// before that costs a hash: else one registrar's wrong logins would keep all
// others waiting. The time tells no more than the client knows, that the
// certificate is not the tag's: it is the same for tags that do not exist.
func (row *loginRow) judgeCertificate(p LoginParams) LoginFault {
	switch {
	case p.Fingerprint == "" && p.CertificateOptional:
		return ""
	case p.Fingerprint != "" && row.known && row.certKnown && row.certOwner == row.Registrar:
		return ""
	case !row.known:
		return FaultUnknownTag
	case p.Fingerprint == "":
		return FaultNoCertificate
	}
	return FaultCertificate
}

// judge decides a login whose certificate is the tag's or need not be there,
// after the password was looked at so that the time taken tells nothing.
func (row *loginRow) judge(p LoginParams, passwordRight bool, now time.Time) LoginFault {
	switch {
	case !row.known:
		return FaultUnknownTag
	case p.Fingerprint != "" && row.certEnded:
		return FaultCertificateEnded
	case row.hash == "":
		return FaultNoPassword
	case !passwordRight:
		return FaultWrongPassword
	case !row.active:
		return FaultSuspended
	case !row.PasswordExpires.IsZero() && !now.Before(row.PasswordExpires) && p.NewPassword == "":
		return FaultExpiredPassword
	}
	return ""
}

// failureKeys are the counters that a login reads.
func failureKeys(p LoginParams) []string { return []string{"tag:" + p.TAG, "addr:" + p.Address} }

// loginFailed counts the failure and returns the fault. The tag's count grows
// only by somebody who may be the registrar: one who shows another's
// certificate must not be able to slow the tag down.
func (r *Registry) loginFailed(ctx context.Context, p LoginParams, row loginRow, fault LoginFault) error {
	keys := failureKeys(p)
	if !row.known || fault == FaultCertificate || fault == FaultNoCertificate {
		keys = keys[1:]
	}
	at := p.Clock()
	_, err := r.db.Pool.Exec(ctx, `INSERT INTO login_failure (key, count, last_at)
			SELECT k, 1, $2 FROM unnest($1::text[]) AS k ORDER BY k
		ON CONFLICT (key) DO UPDATE SET last_at = excluded.last_at,
			count = CASE WHEN login_failure.last_at > $3 THEN least(login_failure.count + 1, 1000) ELSE 1 END`,
		keys, at, at.Add(-failureForgotten))
	if err != nil {
		return fmt.Errorf("%w; not counted: %w", fault, err)
	}
	return fault
}

// loginWait is how long an attempt at the time at has to wait after count
// failures, the last of them at last.
func loginWait(count int, last, at time.Time) time.Duration {
	if count == 0 {
		return 0
	}
	delay := maxLoginDelay
	if count < 8 {
		delay = min(firstLoginDelay<<(count-1), maxLoginDelay)
	}
	return min(max(last.Add(delay).Sub(at), 0), maxLoginDelay)
}

// pause waits without holding anything.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func ignoreNoRow(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}
