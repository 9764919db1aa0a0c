package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// serverStale is how long after its last sign of life a server's sessions no
// longer count; serverGone is when its rows are removed.
const (
	serverStale = 30 * time.Second
	serverGone  = time.Hour
)

// SessionParams describes a session to be opened. Times are real time.
type SessionParams struct {
	Server  string // as given to Heartbeat
	Address string
	Max     int // sessions of one registrar over all servers; 0: no limit
	At      time.Time
}

// OpenSession notes a session of a registrar that Authenticate let in, and
// stores its new password if it gave one, both or neither. It returns the
// session's number. With as many sessions open on all live servers as the
// registrar may have it is refused with KindSessionLimit (E4).
func (r *Registry) OpenSession(ctx context.Context, actor Actor, l Login, p SessionParams) (int64, error) {
	limit := p.Max
	if l.MaxSessions > 0 {
		limit = l.MaxSessions
	}
	var id int64
	err := r.mutate(ctx, actor, func(tx *Tx) error {
		// Logins of one registrar go one by one, so that two servers do not
		// both take the last place. It does not wait for foreign keys.
		tx.Queue(`SELECT FROM registrar WHERE id = $1 FOR NO KEY UPDATE`, l.Registrar)
		err := tx.QueryRow(ctx, `INSERT INTO epp_session (server_id, registrar_id, address, started_at)
			SELECT $1, $2, $3, $4
			WHERE $5 = 0 OR $5 > (SELECT count(*) FROM epp_session s JOIN server v ON v.id = s.server_id
				WHERE s.registrar_id = $2 AND v.seen_at > $6)
			RETURNING id`, p.Server, l.Registrar, p.Address, p.At, limit, p.At.Add(-serverStale)).Scan(&id)
		if ignoreNoRow(err) != nil {
			return fmt.Errorf("open session of %s: %w", l.TAG, err)
		}
		if err != nil {
			return Refuse(KindSessionLimit, "", "No more than %d sessions may be open.", limit)
		}
		if len(l.failed) > 0 {
			tx.Queue(`DELETE FROM login_failure WHERE key = ANY($1)`, l.failed)
		}
		return tx.storePassword(ctx, l)
	})
	if err != nil {
		return 0, err
	}
	if l.newHash != "" {
		r.logins.remember(l.Registrar, r.logins.remembered(l.newHash, l.new))
	}
	return id, nil
}

// storePassword writes the hash that Authenticate made, unless the password
// was changed by somebody else meanwhile.
func (tx *Tx) storePassword(ctx context.Context, l Login) error {
	if l.newHash == "" {
		return nil
	}
	if l.rehash {
		tx.Queue(`UPDATE registrar SET password_hash = $3 WHERE id = $1 AND password_hash = $2`,
			l.Registrar, l.hash, l.newHash)
		return nil
	}
	tag, err := tx.Exec(ctx, `UPDATE registrar SET password_hash = $3,
			password_expires_at = $4::timestamptz + (password_expires_at - password_changed_at),
			password_changed_at = $4, updated_at = $4
		WHERE id = $1 AND password_hash = $2`, l.Registrar, l.hash, l.newHash, tx.Now)
	if err != nil {
		return fmt.Errorf("store password of %s: %w", l.TAG, err)
	}
	if tag.RowsAffected() == 0 {
		return FaultWrongPassword
	}
	tx.record("registrar", int64(l.Registrar), l.TAG, "password", nil)
	return nil
}

// CloseSession removes a session; one that is gone already is no error.
func (r *Registry) CloseSession(ctx context.Context, id int64) error {
	err := r.db.InTx(ctx, func(tx *pg.Tx) error {
		tx.Queue(`DELETE FROM epp_session WHERE id = $1`, id)
		return nil
	})
	if err != nil {
		return fmt.Errorf("close session %d: %w", id, err)
	}
	return nil
}

// Heartbeat says that a server is alive at the real time at, with these
// sessions open, and returns how many servers are, itself included. It is to be
// called every few seconds; sessions of a server that was silent for half a
// minute no longer count. It also removes rows that were left behind: of the
// server's own sessions that ended while the database was away, and of servers
// that are gone for good.
func (r *Registry) Heartbeat(ctx context.Context, server string, open []int64, at time.Time) (live int, err error) {
	if open == nil {
		open = []int64{}
	}
	err = r.db.InTx(ctx, func(tx *pg.Tx) error {
		tx.Queue(`INSERT INTO server (id, started_at, seen_at) VALUES ($1, $2, $2)
			ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`, server, at)
		// A session that was noted just now may not be among those open yet.
		tx.Queue(`DELETE FROM epp_session WHERE server_id = $1 AND started_at < $2 AND id <> ALL ($3)`,
			server, at.Add(-serverStale), open)
		tx.Queue(`DELETE FROM server WHERE seen_at < $1`, at.Add(-serverGone))
		tx.Queue(`DELETE FROM login_failure WHERE last_at < $1`, at.Add(-failureRowDropped))
		return tx.QueryRow(ctx, `SELECT count(*) FROM server WHERE seen_at > $1`, at.Add(-serverStale)).Scan(&live)
	})
	if err != nil {
		return 0, fmt.Errorf("heartbeat of %s: %w", server, err)
	}
	return live, nil
}

// RemoveServer takes a server that stops out of the count, with its sessions.
func (r *Registry) RemoveServer(ctx context.Context, server string) error {
	_, err := r.db.Pool.Exec(ctx, `DELETE FROM server WHERE id = $1`, server)
	if err != nil {
		return fmt.Errorf("remove server %s: %w", server, err)
	}
	return nil
}

// ActiveSession is a session as its server knows it.
type ActiveSession struct {
	Registrar   int32
	Fingerprint string // "" if it was opened without a certificate
}

// SessionsToEnd tells which of a server's sessions may not go on at the real
// time at: the registrar was suspended or closed, or the certificate revoked,
// removed or expired. It returns indexes into open, with the fault.
func (r *Registry) SessionsToEnd(ctx context.Context, open []ActiveSession, at time.Time) (map[int]LoginFault, error) {
	registrars := map[int32]bool{}
	certificates := map[string]bool{}
	for _, s := range open {
		registrars[s.Registrar] = false
		if s.Fingerprint != "" {
			certificates[s.Fingerprint] = false
		}
	}
	if len(registrars) == 0 {
		return nil, nil
	}
	err := r.db.ReadBatch(ctx, func(b *pgx.Batch) {
		b.Queue(`SELECT id FROM registrar WHERE id = ANY($1) AND state = 'active'`, keysOf(registrars)).
			Query(markIn(registrars))
		if len(certificates) > 0 {
			b.Queue(`SELECT fingerprint FROM registrar_certificate
				WHERE fingerprint = ANY($1) AND revoked_at IS NULL AND not_after > $2`, keysOf(certificates), at).
				Query(markIn(certificates))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("look after sessions: %w", err)
	}
	end := map[int]LoginFault{}
	for i, s := range open {
		switch {
		case !registrars[s.Registrar]:
			end[i] = FaultSuspended
		case s.Fingerprint != "" && !certificates[s.Fingerprint]:
			end[i] = FaultCertificateEnded
		}
	}
	return end, nil
}

func keysOf[K comparable](m map[K]bool) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// markIn sets the keys that a query returns.
func markIn[K comparable](m map[K]bool) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		for rows.Next() {
			var k K
			err := rows.Scan(&k)
			if err != nil {
				return err
			}
			m[k] = true
		}
		return rows.Err()
	}
}
