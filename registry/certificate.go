package registry

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/registry/pg"
)

// Certificate is a client certificate that belongs to a registrar.
type Certificate struct {
	ID          int64
	TAG         string
	Fingerprint string // SHA-256, as certs.Fingerprint writes it
	Subject     string
	Serial      string // hexadecimal
	Issued      bool   // by the registry's own CA; otherwise pinned
	NotBefore   time.Time
	NotAfter    time.Time
	Added       time.Time
	Revoked     time.Time // zero: in force
}

// Usable reports whether the certificate opens a connection at the instant at,
// as far as the register knows.
func (c Certificate) Usable(at time.Time) bool {
	return c.Revoked.IsZero() && !at.Before(c.NotBefore) && !at.After(c.NotAfter)
}

// AddCertificate gives a registrar a client certificate: one that the
// registry's CA issued, or the registrar's own to be pinned by its fingerprint.
// New connections may use it at once. Errors: KindNotFound, KindExists for one
// that belongs to a registrar already, KindPolicy, KindAuthorization.
func (r *Registry) AddCertificate(ctx context.Context, actor Actor, tag string, cert *x509.Certificate, issued bool) (Certificate, error) {
	err := actor.staffOnly()
	if err != nil {
		return Certificate{}, err
	}
	if cert.IsCA && !issued {
		return Certificate{}, Refuse(KindPolicy, "", "A certificate authority's certificate cannot be a client's.").About("certificate", cert.Subject.String())
	}
	c := Certificate{
		TAG: tag, Fingerprint: certs.Fingerprint(cert), Subject: cert.Subject.String(), Serial: cert.SerialNumber.Text(16),
		Issued: issued, NotBefore: cert.NotBefore.UTC(), NotAfter: cert.NotAfter.UTC(),
	}
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		reg, err := tx.lockRegistrar(ctx, tag)
		if err != nil {
			return err
		}
		c.Added = tx.Now
		err = tx.QueryRow(ctx, `INSERT INTO registrar_certificate
				(registrar_id, fingerprint, subject, serial, issued, not_before, not_after, added_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
			reg.ID, c.Fingerprint, c.Subject, c.Serial, c.Issued, c.NotBefore, c.NotAfter, c.Added).Scan(&c.ID)
		if pg.SQLState(err) == uniqueViolation {
			return Refuse(KindExists, "", "The certificate belongs to a registrar already.").About("certificate", c.Fingerprint)
		}
		if err != nil {
			return fmt.Errorf("add certificate of %s: %w", tag, err)
		}
		tx.record("registrar", int64(reg.ID), tag, "certificate-add", changes{}.add("certificate", nil, c.Fingerprint))
		return nil
	})
	if err != nil {
		return Certificate{}, err
	}
	return c, nil
}

// RevokeCertificate ends the use of a certificate: new connections are refused
// within a minute and open ones closed. It cannot be taken back. A reason is
// needed. Errors: KindNotFound, KindStatusProhibits for one that is revoked
// already, KindParamMissing, KindAuthorization.
func (r *Registry) RevokeCertificate(ctx context.Context, actor Actor, tag, fingerprint string) error {
	err := actor.staffOnly()
	if err == nil {
		err = actor.needReason()
	}
	if err != nil {
		return err
	}
	return r.mutate(ctx, actor, func(tx *Tx) error {
		reg, err := tx.lockRegistrar(ctx, tag)
		if err != nil {
			return err
		}
		var id int64
		var revoked *time.Time
		err = tx.QueryRow(ctx, `SELECT id, revoked_at FROM registrar_certificate
			WHERE registrar_id = $1 AND fingerprint = $2 FOR UPDATE`, reg.ID, fingerprint).Scan(&id, &revoked)
		if errors.Is(err, pgx.ErrNoRows) {
			return Refuse(KindNotFound, "", "%s has no certificate %s.", tag, fingerprint).About("certificate", fingerprint)
		}
		if err != nil {
			return fmt.Errorf("read certificate %s: %w", fingerprint, err)
		}
		if revoked != nil {
			return Refuse(KindStatusProhibits, "", "The certificate was revoked on %s.", DateOf(*revoked, r.loc)).About("certificate", fingerprint)
		}
		tx.Queue(`UPDATE registrar_certificate SET revoked_at = $2 WHERE id = $1`, id, tx.Now)
		tx.record("registrar", int64(reg.ID), tag, "certificate-revoke", changes{}.add("certificate", fingerprint, nil))
		return nil
	})
}

const certificateSQL = `SELECT c.id, r.tag, c.fingerprint, c.subject, c.serial, c.issued, c.not_before, c.not_after,
	c.added_at, c.revoked_at FROM registrar_certificate c JOIN registrar r ON r.id = c.registrar_id`

// Certificates returns the certificates of a registrar, those revoked too, or
// of all with the tag "", oldest first.
func (r *Registry) Certificates(ctx context.Context, tag string) ([]Certificate, error) {
	return r.certificates(ctx, certificateSQL+` WHERE $1 = '' OR r.tag = $1 ORDER BY r.tag, c.id`, tag)
}

// ExpiringCertificates returns the certificates in force that end before an
// instant, the first to end first; those that have ended already are among
// them. Validity is in real time, as TLS judges it.
func (r *Registry) ExpiringCertificates(ctx context.Context, before time.Time) ([]Certificate, error) {
	return r.certificates(ctx, certificateSQL+` WHERE c.revoked_at IS NULL AND c.not_after < $1
		ORDER BY c.not_after, c.id`, before)
}

func (r *Registry) certificates(ctx context.Context, sql string, args ...any) ([]Certificate, error) {
	rows, err := r.db.Pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read the certificates: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Certificate, error) {
		var c Certificate
		var revoked *time.Time
		err := row.Scan(&c.ID, &c.TAG, &c.Fingerprint, &c.Subject, &c.Serial, &c.Issued, &c.NotBefore, &c.NotAfter,
			&c.Added, &revoked)
		c.Revoked = timeOf(revoked)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the certificates: %w", err)
	}
	return list, nil
}
