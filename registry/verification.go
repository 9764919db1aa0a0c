package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/notify"
)

// VerificationState says whether a registrant's address is its own (C7).
type VerificationState string

// The states of a verification.
const (
	Unverified         VerificationState = "unverified"
	Verified           VerificationState = "verified"
	VerificationFailed VerificationState = "failed" // nobody confirmed it in time; it can still be confirmed
)

// VerificationProof is how an address was verified.
type VerificationProof string

// The proofs.
const (
	ProofLink   VerificationProof = "link"   // by the link of a verification message
	ProofChange VerificationProof = "change" // by the link of a change of registrant
	ProofStaff  VerificationProof = "staff"
)

// Verification is the state of a contact's e-mail address.
type Verification struct {
	Handle   string
	Name     string // of the contact
	Email    string // that was asked
	State    VerificationState
	Asked    Date
	LastDay  Date // to confirm it before it counts as failed
	Verified Date // zero: not
	Failed   Date // zero: not
	Proof    VerificationProof
	Names    []string // whose registrant it is, the first of them
	More     int      // names that are not listed
	Agent    notify.Agent
	Suspends bool // a zone of its names suspends those whose registrant failed
	Held     int  // names that are suspended because of it

	current string // the contact's address now
}

// CheckLink tells why the link of a verification does nothing: ErrLinkUsed when
// the address is verified, ErrLinkExpired when the contact has another one now.
// A failed one can still be confirmed, which lifts the suspension.
func (v Verification) CheckLink() error {
	switch {
	case v.State == Verified:
		return ErrLinkUsed
	case v.Email != v.current:
		return ErrLinkExpired
	}
	return nil
}

// FailsOn tells whether the batch of a civil day notes that nobody confirmed the
// address in time.
func (v Verification) FailsOn(day Date) bool { return v.State == Unverified && day.After(v.LastDay) }

// verificationSQL reads verifications; changeNames of the names are listed.
var verificationSQL = fmt.Sprintf(`SELECT c.handle, c.postal, c.email, v.email, v.state, v.asked_on, v.due_on, v.verified_on, v.failed_on,
	coalesce(v.proof, ''), r.name, coalesce(r.url, ''), r.kind <> 'registrar',
	ARRAY(SELECT d.name FROM domain d WHERE d.registrant = c.id ORDER BY d.name LIMIT %d),
	(SELECT count(*) FROM domain d WHERE d.registrant = c.id),
	EXISTS (SELECT FROM domain d JOIN zone z ON z.id = d.zone_id WHERE d.registrant = c.id AND z.verify_suspends),
	(SELECT count(*) FROM verification_hold h JOIN domain d ON d.id = h.domain_id WHERE d.registrant = c.id)
	FROM contact_verification v JOIN contact c ON c.id = v.contact_id JOIN registrar r ON r.id = c.sponsor`, changeNames)

// readVerification reads one; a row that is not there is ErrLinkUnknown.
func readVerification(row pgx.Row, more ...any) (Verification, error) {
	var v Verification
	var postal []PostalValues
	var count int
	err := row.Scan(append([]any{&v.Handle, &postal, &v.current, &v.Email, &v.State, &v.Asked, &v.LastDay, &v.Verified, &v.Failed,
		&v.Proof, &v.Agent.Name, &v.Agent.URL, &v.Agent.Own, &v.Names, &count, &v.Suspends, &v.Held}, more...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, ErrLinkUnknown
	}
	if err != nil {
		return v, fmt.Errorf("read a verification: %w", err)
	}
	v.Name = identityOf(0, v.Handle, postal, "").Name()
	v.More = count - len(v.Names)
	return v, nil
}

// FindVerification returns what the link of a verification is about. It changes
// nothing. The verification is returned with each error but the first.
//
// Errors: ErrLinkUnknown, ErrLinkUsed for an address that is verified,
// ErrLinkExpired when the contact has another address now.
func (r *Registry) FindVerification(ctx context.Context, token string) (Verification, error) {
	v, err := readVerification(r.db.Pool.QueryRow(ctx, verificationSQL+` WHERE v.token_hash = $1`, tokenHash(token)))
	if err != nil {
		return v, err
	}
	return v, v.CheckLink()
}

// VerifyByToken takes the link as the proof that the address is the contact's
// own; names that were suspended because it was not are back (C7). It returns
// the verification as it is afterwards.
//
// Errors: those of FindVerification.
func (r *Registry) VerifyByToken(ctx context.Context, token string) (Verification, error) {
	var v Verification
	err := r.mutate(ctx, System("VERIFY"), func(tx *Tx) error {
		var id int64
		err := tx.QueryRow(ctx, `SELECT contact_id FROM contact_verification WHERE token_hash = $1`, tokenHash(token)).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrLinkUnknown
		}
		if err != nil {
			return fmt.Errorf("find a verification by its link: %w", err)
		}
		err = tx.Batch(ctx, func(b *pgx.Batch) {
			b.Queue(`SELECT FROM contact WHERE id = $1 FOR NO KEY UPDATE`, id)
			b.Queue(verificationSQL+` WHERE v.token_hash = $1`, tokenHash(token)).QueryRow(func(row pgx.Row) error {
				v, err = readVerification(row)
				return err
			})
		})
		if err == nil {
			err = v.CheckLink()
		}
		if err != nil {
			return err
		}
		tx.actor.SvTRID = fmt.Sprintf("VERIFY-%d", id)
		tx.queueVerified(id, v.Email, ProofLink)
		tx.record("contact", id, v.Handle, "verify", changes{}.add("email", nil, v.Email).add("verification", v.State, Verified))
		v.State, v.Verified, v.Failed, v.Proof = Verified, tx.today, Date{}, ProofLink
		return nil
	})
	return v, err
}

// queueVerified notes that an address is a contact's own and lifts what was done
// because it was not.
func (tx *Tx) queueVerified(contact int64, email string, proof VerificationProof) {
	tx.Queue(`INSERT INTO contact_verification (contact_id, email, state, asked_on, due_on, verified_on, proof)
		VALUES ($1, $2, 'verified', $3, $3, $3, $4)
		ON CONFLICT (contact_id) DO UPDATE SET email = excluded.email, state = 'verified', verified_on = excluded.verified_on,
			failed_on = NULL, proof = excluded.proof`, contact, email, tx.today, proof)
	tx.queueLift(contact)
}

// liftSQL ends the holds of names whose registrant is verified by now. A name
// that staff hold too stays held.
//
// $1 contact, $2 updater, $3 now, $4 svTRID.
const liftSQL = `WITH lifted AS (
		DELETE FROM verification_hold h USING domain d, contact c, contact_verification v
		WHERE h.domain_id = d.id AND d.registrant = $1 AND c.id = $1 AND v.contact_id = $1 AND v.state = 'verified' AND v.email = c.email
		RETURNING d.id, d.name, h.staff_too, h.since
	), freed AS (
		UPDATE domain SET statuses = array_remove(statuses, 'serverHold'), updater = $2, updated_at = $3
		FROM lifted WHERE domain.id = lifted.id AND NOT lifted.staff_too
	)
	INSERT INTO history (at, object, object_id, object_name, action, svtrid, changes)
	SELECT $3, 'domain', id, name, 'verification hold ends', $4::text, jsonb_build_object('held', jsonb_build_array(since, NULL)) FROM lifted`

// queueLift is called wherever a name may have come to have a verified
// registrant.
func (tx *Tx) queueLift(contact int64) {
	tx.Queue(liftSQL, contact, tx.updaterID(), tx.Now, null(tx.actor.SvTRID))
}

// askSQL asks a registrant whether its address is its own, where a zone of its
// names wants to know and the address was not asked before. Staff may ask again.
// The contact's tag is told.
//
// $1 contact, $2 civil day, $3 hash of the token, $4 again, $5 page with the
// token, $6 now, $7 days where no zone wants to know.
var askSQL = fmt.Sprintf(`WITH asked AS (
		INSERT INTO contact_verification (contact_id, email, state, asked_on, due_on, token_hash)
		SELECT c.id, c.email, 'unverified', $2::date, $2::date + coalesce(p.days, $7::integer), $3::bytea
		FROM contact c CROSS JOIN LATERAL (SELECT min(z.verify_days)::integer AS days FROM zone z
			WHERE z.verify_days > 0 AND EXISTS (SELECT FROM domain d WHERE d.registrant = c.id AND d.zone_id = z.id)) p
		WHERE c.id = $1 AND (p.days IS NOT NULL OR $4::boolean)
		ON CONFLICT (contact_id) DO UPDATE SET email = excluded.email, state = 'unverified', asked_on = excluded.asked_on,
			due_on = excluded.due_on, verified_on = NULL, failed_on = NULL, proof = NULL, token_hash = excluded.token_hash
		WHERE contact_verification.email <> excluded.email OR $4
		RETURNING contact_id, email, asked_on, due_on
	), about AS (
		SELECT a.contact_id, a.due_on, c.sponsor, c.handle,
			coalesce((SELECT jsonb_agg(name ORDER BY name) FROM (SELECT d.name FROM domain d WHERE d.registrant = c.id
				ORDER BY d.name LIMIT %[1]d) n), '[]') AS names,
			EXISTS (SELECT FROM domain d JOIN zone z ON z.id = d.zone_id WHERE d.registrant = c.id AND z.verify_suspends) AS suspends
		FROM asked a JOIN contact c ON c.id = a.contact_id
	), told AS (
		INSERT INTO poll_message (registrar_id, queued_at, kind, text, payload)
		SELECT b.sponsor, $6::timestamptz, '`+string(PollVerification)+`', 'The contact ' || b.handle || ' was asked to confirm its e-mail address by ' ||
			b.due_on || '.', jsonb_build_object('registrant', b.contact_id, 'handle', b.handle, 'answer_by', b.due_on, 'names', b.names,
			'suspend_on', CASE WHEN b.suspends THEN (b.due_on + 1)::text ELSE '' END)
		FROM about b JOIN registrar r ON r.id = b.sponsor AND r.kind = 'registrar'
	)
	`+notify.OutboxInsert+`
	SELECT '`+notify.ContactVerification+`', a.email, r.language, jsonb_build_object(
			'contact', jsonb_build_object('number', c.handle, 'name', coalesce(nullif(c.postal->0->>'name', ''), c.handle), 'email', a.email),
			'registrar', jsonb_build_object('name', r.name, 'url', coalesce(r.url, ''), 'own', r.kind <> 'registrar'),
			'names', b.names, 'path', $5::text, 'answer_by', a.due_on, 'suspends', b.suspends),
		r.id, NULL, NULL, $6::timestamptz
	FROM asked a JOIN about b ON b.contact_id = a.contact_id JOIN contact c ON c.id = a.contact_id JOIN registrar r ON r.id = c.sponsor`, changeNames)

// queueVerification asks a registrant whether its address is its own, if the
// zone (nil: one of its zones) wants to know and it was not asked before (C7).
func (tx *Tx) queueVerification(contact int64, zone *Zone) {
	if contact != 0 && (zone == nil || zone.VerifyDays > 0) {
		tx.queueAsk(contact, false)
	}
}

func (tx *Tx) queueAsk(contact int64, again bool) {
	token := newToken()
	tx.Queue(askSQL, contact, tx.today, tokenHash(token), again, VerifyPage+token, tx.Now, tx.r.policy.RegistrantChangeDays)
}
