package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// FailVerifications notes, on a civil day, the registrants whose address nobody
// confirmed in time, and holds the names that their zone's policy suspends for it
// (C7). It returns how many names it held. Running it again changes nothing.
func (r *Registry) FailVerifications(ctx context.Context, day Date) (failed, held int, err error) {
	failed, err = r.eachDue(ctx, `SELECT contact_id FROM contact_verification WHERE state = 'unverified' AND due_on < $1 AND contact_id > $2
		ORDER BY contact_id LIMIT 200`, day, func(id int64) (bool, error) { return r.failVerification(ctx, id, day) })
	if err != nil {
		return failed, 0, err
	}
	_, err = r.eachDue(ctx, `SELECT v.contact_id FROM contact_verification v WHERE v.state = 'failed' AND v.failed_on <= $1
		AND v.contact_id > $2 AND EXISTS (SELECT `+heldFrom+` AND d.registrant = v.contact_id)
		ORDER BY v.contact_id LIMIT 200`, day, func(id int64) (bool, error) {
		n, err := r.holdNames(ctx, id, day)
		held += n
		return n > 0, err
	})
	return failed, held, err
}

func (r *Registry) failVerification(ctx context.Context, contact int64, day Date) (bool, error) {
	done := false
	err := r.mutate(ctx, System("VERIFY-"+itoa64(contact)), func(tx *Tx) error {
		done, tx.today = false, day
		var v Verification
		err := tx.Batch(ctx, func(b *pgx.Batch) {
			b.Queue(`SELECT FROM contact WHERE id = $1 FOR NO KEY UPDATE`, contact)
			b.Queue(`SELECT c.handle, v.state, v.due_on FROM contact_verification v JOIN contact c ON c.id = v.contact_id
				WHERE v.contact_id = $1`, contact).QueryRow(func(row pgx.Row) error {
				return orNone(row.Scan(&v.Handle, &v.State, &v.LastDay))
			})
		})
		if err != nil || !v.FailsOn(day) {
			return err
		}
		done = true
		tx.Queue(`UPDATE contact_verification SET state = 'failed', failed_on = $2 WHERE contact_id = $1`, contact, day)
		tx.record("contact", contact, v.Handle, "verification failed", changes{}.add("verification", Unverified, VerificationFailed))
		return nil
	})
	return done && err == nil, err
}

// heldFrom are the names d that are to be held for their registrant's failed
// verification, and are not.
const heldFrom = `FROM domain d JOIN zone z ON z.id = d.zone_id AND z.verify_suspends
	WHERE NOT EXISTS (SELECT FROM verification_hold h WHERE h.domain_id = d.id) AND d.delete_phase IS NULL`

// holdNames takes the names of a registrant out of the zone, at most a thousand
// in one transaction, and tells their tags.
func (r *Registry) holdNames(ctx context.Context, contact int64, day Date) (int, error) {
	total := 0
	for {
		n, err := r.holdSome(ctx, contact, day)
		total += n
		if err != nil || n < holdChunk {
			return total, err
		}
	}
}

// holdChunk is how many names are held in one transaction, and told in one
// message: noticeNames keeps the answer that shows it below clients' limits.
const holdChunk = noticeNames

func (r *Registry) holdSome(ctx context.Context, contact int64, day Date) (int, error) {
	count := 0
	err := r.mutate(ctx, System("VERIFY-"+itoa64(contact)), func(tx *Tx) error {
		tx.today = day
		byTag := map[int32][]string{}
		var tags []int32
		count = 0
		var id int64
		var name string
		var sponsor int32
		rows, err := tx.Query(ctx, `WITH due AS MATERIALIZED (
				SELECT d.id, d.name, d.sponsor, d.statuses `+heldFrom+` AND d.registrant = $1
					AND EXISTS (SELECT FROM contact_verification v WHERE v.contact_id = $1 AND v.state = 'failed')
				ORDER BY d.id LIMIT $2 FOR NO KEY UPDATE OF d
			), held AS (
				INSERT INTO verification_hold (domain_id, since, staff_too)
				SELECT id, $3, 'serverHold' = ANY(statuses) FROM due ON CONFLICT DO NOTHING
			), out AS (
				UPDATE domain SET statuses = ARRAY(SELECT DISTINCT s FROM unnest(domain.statuses || 'serverHold'::text) s ORDER BY s),
					updater = $4, updated_at = $5 FROM due WHERE domain.id = due.id
			), noted AS (
				INSERT INTO history (at, object, object_id, object_name, action, svtrid, changes)
				SELECT $5, 'domain', id, name, 'verification hold', $6::text, jsonb_build_object('held', jsonb_build_array(NULL, $3::date)) FROM due
			)
			SELECT id, name, sponsor FROM due`, contact, holdChunk, day, tx.updaterID(), tx.Now, null(tx.actor.SvTRID))
		if err != nil {
			return fmt.Errorf("hold the names of contact %d: %w", contact, err)
		}
		_, err = pgx.ForEachRow(rows, []any{&id, &name, &sponsor}, func() error {
			if byTag[sponsor] == nil {
				tags = append(tags, sponsor)
			}
			byTag[sponsor] = append(byTag[sponsor], name)
			count++
			return nil
		})
		if err != nil {
			return fmt.Errorf("hold the names of contact %d: %w", contact, err)
		}
		for _, tag := range tags {
			tx.queuePoll(tag, PollMessage{Kind: PollSuspended, Payload: SuspensionNotice{Names: byTag[tag], Reason: holdReason},
				Text: "Names were suspended: the e-mail address of their registrant is not verified."})
		}
		return nil
	})
	return count, err
}

// holdReason is what a tag is told of such a suspension.
const holdReason = "registrant's e-mail address not verified"
