package registry

import (
	"github.com/namekeep/namekeep/notify"
)

// endChangesSQL ends the pending changes of objects: it writes the history, tells
// the tag that asked (panData) and both parties. It is one statement for any
// number, because a name may go by every way that names go.
//
// $1 object, $2 ids, $3 state, $4 now, $5 why, $6 civil day, $7 what the parties
// are told of the outcome, $8 to $12 who acts: actorArgs.
const endChangesSQL = `WITH ended AS (
		UPDATE registrant_change SET state = $3, ended_at = $4, reason = $5, proposed = NULL
		WHERE object = $1 AND object_id = ANY($2::bigint[]) AND state = 'pending' RETURNING *
	), noted AS (
		INSERT INTO history (at, object, object_id, object_name, action, registrar_id, staff, reason, cltrid, svtrid, changes)
		SELECT $4, object, object_id, object_name, 'registrant change ' || $3::text, $8::integer, $9::text, $10::text, $11::text, $12::text,
			jsonb_build_object('change', jsonb_build_array(NULL, id), 'why', jsonb_build_array(NULL, $5::text)) FROM ended ORDER BY id
	), told AS (
		INSERT INTO poll_message (registrar_id, queued_at, kind, text, payload, dedup)
		SELECT e.registrar_id, $4, CASE e.object WHEN 'domain' THEN 'registrant-change' ELSE 'contact-change' END,
			CASE e.object WHEN 'domain' THEN 'The change of the registrant of ' ELSE 'The change of the identity of ' END
				|| e.object_name || CASE WHEN $3 = 'done' THEN ' is done: ' ELSE ' was not done: ' END || $5,
			jsonb_build_object('name', e.object_name, 'done', $3 = 'done', 'cltrid', coalesce(e.cltrid, ''),
				'svtrid', coalesce(e.svtrid, ''), 'date', $4::timestamptz, 'reason', $5::text),
			'registrant-change:' || e.id
		FROM ended e JOIN registrar r ON r.id = e.registrar_id AND r.kind = 'registrar' ORDER BY e.id
		ON CONFLICT (dedup) DO NOTHING
	)
	` + notify.OutboxInsert + `
	SELECT '` + notify.RegistrantChanged + `', p.email, r.language,
		e.notice || jsonb_build_object('side', p.side, 'outcome', $7::text, 'day', $6::date), r.id,
		CASE e.object WHEN 'domain' THEN e.object_id END, 'registrant-changed:' || e.id || ':' || p.side, $4
	FROM ended e JOIN registrant_change_party p ON p.change_id = e.id JOIN registrar r ON r.id = e.registrar_id
	ORDER BY e.id, p.side DESC` + notify.OnRepeat

// outcomes are how the parties are told of an end.
var outcomes = map[ChangeState]string{ChangeDone: "confirmed", ChangeRefused: "refused", ChangeExpired: "expired",
	ChangeCancelled: "cancelled", ChangeFailed: "failed"}

// endChangesOf ends the pending changes of objects without carrying them out;
// there may be none. pendingUpdate is the caller's affair.
func (tx *Tx) endChangesOf(object Object, state ChangeState, reason string, ids ...int64) {
	outcome := outcomes[state]
	if tx.actor.IsStaff() && (state == ChangeDone || state == ChangeRefused) {
		outcome = "decided-" + outcome
	}
	tx.Queue(endChangesSQL, append([]any{object, ids, state, tx.Now, reason, tx.today, outcome}, tx.actorArgs()...)...)
}

// endLocked ends a change without carrying it out, and takes pendingUpdate away.
func (tx *Tx) endLocked(l *lockedChange, state ChangeState, reason string) {
	c := l.change
	tx.endChangesOf(c.Object, state, reason, c.ObjectID)
	c.State, c.Ended, c.Reason = state, tx.Now, reason
	switch {
	case l.domain != nil:
		tx.setStatuses(l.domain, l.domain.Statuses.Without(StatusPendingUpdate))
	case l.contact != nil:
		tx.Queue(`UPDATE contact SET statuses = array_remove(statuses, 'pendingUpdate'), updater = $2, updated_at = $3 WHERE id = $1`,
			l.contact.ID, tx.updaterID(), tx.Now)
	}
}

func (tx *Tx) setStatuses(d *Domain, statuses StatusSet) {
	tx.Queue(`UPDATE domain SET statuses = $2, updater = $3, updated_at = $4 WHERE id = $1`,
		d.ID, orEmpty(statuses), tx.updaterID(), tx.Now)
}

// complete carries a change out, if that is still possible.
func (tx *Tx) complete(l *lockedChange, reason string) {
	switch {
	case l.change.Object == ObjectDomain:
		tx.completeRegistrant(l, reason)
	case l.contact == nil:
		tx.endLocked(l, ChangeFailed, "The contact is gone.")
	default:
		tx.completeIdentity(l, reason)
	}
}

// completeRegistrant puts the new registrant on the name (C4).
func (tx *Tx) completeRegistrant(l *lockedChange, reason string) {
	facts := CompletionFacts{Deleted: true, ContactOwner: l.owner}
	if l.domain != nil {
		facts.Sponsor, facts.Deleted = l.domain.SponsorID, l.domain.DeletePhase != ""
	}
	if fault := DecideCompletion(facts); fault != "" {
		tx.endLocked(l, ChangeFailed, fault)
		return
	}
	d, to := l.domain, l.change.After
	tx.endLocked(l, ChangeDone, reason)
	tx.Queue(`UPDATE domain SET registrant = $2 WHERE id = $1`, d.ID, to.Contact)
	tx.record("domain", d.ID, d.Name, "update", changes{}.add("registrant", d.Registrant, to.Handle))
	tx.verifiedByChange(l, to)
	tx.queueVerification(to.Contact, d.Zone)
}

// completeIdentity gives the contact its new identity (C5). Names in zones that
// do not support such changes stay with the data before, on a contact of their
// own.
func (tx *Tx) completeIdentity(l *lockedChange, reason string) {
	c := l.contact
	after := *c
	l.change.After.apply(&after)
	tx.endLocked(l, ChangeDone, reason)
	tx.keepInitial(c)
	tx.Queue(`UPDATE contact SET postal = $2, email = $3 WHERE id = $1`, c.ID, asJSON(after.Postal), after.Email)
	tx.record("contact", c.ID, c.Handle, "update", c.compare(&after, changes{}))
	tx.endLinksOf(c.ID)
	tx.verifiedByChange(l, l.change.After)
	if c.Email != after.Email {
		tx.queueVerification(c.ID, nil)
	}
}

// verifiedByChange takes the confirmation by the new address as the proof that
// it is the contact's own (C7).
func (tx *Tx) verifiedByChange(l *lockedChange, to Identity) {
	if p := l.change.party(SideNew); p.Answer == AnswerConfirmed && p.Email == to.Email {
		tx.queueVerified(to.Contact, to.Email, ProofChange)
	}
}

// keepInitialSQL puts the names of a contact that lie in zones without changes
// of identity on a copy of it with the data of now.
//
// $1 contact, $2 handle of the copy, $3 updater, $4 now, $5 svTRID, $6 its handle.
const keepInitialSQL = `WITH kept AS (
		SELECT d.id, d.name FROM domain d JOIN zone z ON z.id = d.zone_id
		WHERE d.registrant = $1 AND z.registrant_changes = 'never'
	), copy AS (
		INSERT INTO contact (handle, sponsor, postal, voice, voice_ext, fax, fax_ext, email, disclose,
			trad_name, type, company_no, opt_out, natural_person, creator, created_at)
		SELECT $2, sponsor, postal, voice, voice_ext, fax, fax_ext, email, disclose,
			trad_name, type, company_no, opt_out, natural_person, $3, $4 FROM contact
		WHERE id = $1 AND EXISTS (SELECT FROM kept) RETURNING id
	), moved AS (
		UPDATE domain SET registrant = copy.id, updater = $3, updated_at = $4 FROM copy
		WHERE domain.id IN (SELECT id FROM kept) RETURNING domain.id, domain.name
	), noted AS (
		INSERT INTO history (at, object, object_id, object_name, action, svtrid, changes)
		SELECT $4, 'domain', id, name, 'keep initial data', $5::text, jsonb_build_object('registrant', jsonb_build_array($6::text, $2)) FROM moved
	)
	INSERT INTO history (at, object, object_id, object_name, action, svtrid, changes)
	SELECT $4, 'contact', id, $2, 'copy', $5::text, jsonb_build_object('copy of', jsonb_build_array(NULL, $6 || ' (Initial data)')) FROM copy`

// keepInitial leaves names in zones without changes of identity with the data of
// before.
func (tx *Tx) keepInitial(c *Contact) {
	tx.Queue(keepInitialSQL, c.ID, newHandle(), tx.updaterID(), tx.Now, null(tx.actor.SvTRID), c.Handle)
}

// endLinksOf takes from a contact what its person was mailed and decided: behind
// the same contact there is another person, or address, now.
func (tx *Tx) endLinksOf(contact int64) {
	tx.Queue(`DELETE FROM page_token WHERE page = 'renewal' AND contact_id = $1`, contact)
	tx.Queue(`UPDATE renewal_confirmation SET expires_at = $2 WHERE domain_id IN (SELECT id FROM domain WHERE registrant = $1)
		AND contact_id = $1 AND used_at IS NULL AND expires_at > $2`, contact, tx.Now)
	tx.Queue(`DELETE FROM renewal_decision WHERE domain_id IN (SELECT id FROM domain WHERE registrant = $1) AND contact_id = $1`, contact)
}
