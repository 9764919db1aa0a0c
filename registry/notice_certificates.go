package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/notify"
	"github.com/namekeep/namekeep/registry/pg"
)

// endingCertificate is a registrar's certificate that has reached a threshold.
type endingCertificate struct {
	Registrar   int32
	TAG         string
	Email       string // "" for none
	Language    string
	Fingerprint string
	Subject     string
	Serial      string
	Issued      bool
	NotAfter    time.Time
}

// QueueCertificateWarnings tells registrars, by poll message and mail, of
// certificates that end within 30, 14 and 3 days of the end of a day: once for
// each threshold, and only the nearest if several have passed. It returns how
// many it queued at most; running it again queues nothing.
func (r *Registry) QueueCertificateWarnings(ctx context.Context, day Date) (int64, error) {
	end := day.Midnight(r.loc)
	rows, err := r.db.Pool.Query(ctx, `SELECT r.id, r.tag, coalesce(nullif(r.technical_email, ''), `+salesAddress+`, ''), r.language,
			c.fingerprint, c.subject, c.serial, c.issued, c.not_after
		FROM registrar_certificate c JOIN registrar r ON r.id = c.registrar_id
		WHERE c.revoked_at IS NULL AND c.not_after > $1 AND c.not_after <= $2 AND r.state <> 'closed' ORDER BY c.id`,
		end, end.AddDate(0, 0, certs.Thresholds[0]))
	if err != nil {
		return 0, fmt.Errorf("certificates that end: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[endingCertificate])
	if err != nil {
		return 0, fmt.Errorf("certificates that end: %w", err)
	}
	queued := int64(0)
	for _, c := range list {
		n, err := r.warnOfCertificate(ctx, c, end)
		if err != nil {
			return queued, fmt.Errorf("certificate of %s: %w", c.TAG, err)
		}
		queued += n
	}
	return queued, nil
}

// warnOfCertificate queues the warning of the nearest threshold, unless it was
// queued before; it returns 1 or 0.
func (r *Registry) warnOfCertificate(ctx context.Context, c endingCertificate, end time.Time) (int64, error) {
	days := certs.Thresholds[0]
	for _, t := range certs.Thresholds {
		if !c.NotAfter.After(end.AddDate(0, 0, t)) {
			days = t
		}
	}
	dedup := fmt.Sprintf("certificate:%s:%d", c.Fingerprint, days)
	var n int64
	err := r.db.InTx(ctx, func(ptx *pg.Tx) error {
		tx := &Tx{Tx: ptx, r: r}
		var told bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM poll_message WHERE dedup = $1)`, dedup).Scan(&told)
		if err != nil || told {
			return err
		}
		n = 1
		ends := DateOf(c.NotAfter, time.UTC)
		tx.queuePoll(c.Registrar, PollMessage{Kind: PollCertificateExpires, Dedup: dedup,
			Text:    fmt.Sprintf("Your client certificate %s ends on %s.", c.Subject, ends),
			Payload: CertificateNotice{Fingerprint: c.Fingerprint, Subject: c.Subject, NotAfter: c.NotAfter}})
		if c.Email == "" {
			return nil
		}
		return notify.Enqueue(ptx, notify.Message{Kind: notify.CertificateExpiry, To: c.Email, Language: c.Language,
			Registrar: c.Registrar, Dedup: dedup, Payload: notify.CertificateNotice{Tag: c.TAG, Subject: c.Subject, Serial: c.Serial,
				Fingerprint: c.Fingerprint, Expires: notify.Date(ends.String()), Days: days, Issued: c.Issued}})
	})
	return n, err
}
