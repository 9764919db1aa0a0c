package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// HandshakeResult tells how a case ended.
type HandshakeResult struct {
	Case     string
	Outcome  HandshakeOutcome
	Names    []string
	Contacts []ContactMove // once accepted
}

// handshake is a case.
type handshake struct {
	id           int64
	fromID, toID int32
	from, to     string
	state        HandshakeOutcome
	actBy        time.Time
}

const handshakeNames = `d.id IN (SELECT domain_id FROM handshake_domain WHERE handshake_id = $1 AND open)`

func noCase(text string) error {
	return Refuse(KindNotFound, "", "There is no case %s for your tag.", text).About("handshake:caseId", text)
}

// lockHandshake reads a case with its names and locks both, names first.
func (tx *Tx) lockHandshake(ctx context.Context, id int64, more ...reader) (*handshake, []*Domain, registrants, error) {
	sel := selection{handshakeNames, []any{id}}
	names, refs, err := tx.lockNames(ctx, sel)
	if err != nil {
		return nil, nil, nil, err
	}
	h := &handshake{id: id}
	err = tx.Batch(ctx, func(b *pgx.Batch) {
		b.Queue(`SELECT losing, gaining, state, act_by FROM handshake WHERE id = $1 FOR UPDATE`, id).
			QueryRow(func(row pgx.Row) error { return row.Scan(&h.fromID, &h.toID, &h.state, &h.actBy) })
		for _, add := range more {
			add(b)
		}
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil, nil, noCase(caseText(id))
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("read handshake %d: %w", id, err)
	}
	tags, err := tx.r.tags(ctx, h.fromID, h.toID)
	if err != nil {
		return nil, nil, nil, err
	}
	h.from, h.to = tags[0], tags[1]
	return h, names, refs, nil
}

// checkOpen refuses a case that is not the actor's or has ended. tag is who may
// act on it: the receiver, or for a withdrawal the releasing tag.
func (h *handshake) checkOpen(actor Actor, tag int32, now time.Time) error {
	if actor.IsRegistrar() && tag != actor.Registrar {
		return noCase(caseText(h.id))
	}
	text := caseText(h.id)
	switch {
	case h.state != HandshakePending:
		return Refuse(KindStatusProhibits, "", "The case %s has ended: %s.", text, h.state).About("handshake:caseId", text)
	case !now.Before(h.actBy):
		return Refuse(KindStatusProhibits, "", "The case %s expired at %s.", text, h.actBy.UTC().Format(time.RFC3339)).
			About("handshake:caseId", text)
	}
	return nil
}

// AcceptHandshake takes the names of a case (epp.md "transfer"). registrant, if
// not empty, is a contact of the acting tag with the same data as the
// registrant, which the names get instead of a copy.
//
// Refusals: KindNotFound for a case that is not the tag's, KindStatusProhibits
// for one that has ended and for names that a status keeps, KindAuthorization
// and KindPolicy for the registrant.
func (r *Registry) AcceptHandshake(ctx context.Context, actor Actor, caseID, registrant string) (*HandshakeResult, error) {
	id := parseCase(caseID)
	if id == 0 {
		return nil, noCase(caseID)
	}
	err := actor.staffMay(RoleOperator)
	if err != nil {
		return nil, err
	}
	var out *HandshakeResult
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		var given replacement
		h, names, refs, err := tx.lockHandshake(ctx, id, func(b *pgx.Batch) { given.read(b, id, registrant) })
		if err != nil {
			return err
		}
		err = h.checkOpen(actor, h.toID, tx.Now)
		if err != nil {
			return err
		}
		replace, err := given.judge(registrant, h.toID)
		if err != nil {
			return err
		}
		for _, d := range names {
			err := d.Statuses.CheckOperation(ObjectDomain, OpTransfer)
			if err != nil {
				return err
			}
		}
		tx.endHandshake(h, HandshakeAccepted)
		m := &tagMove{tx: tx, from: h.from, fromID: h.fromID, to: h.to, toID: h.toID, refs: refs, replace: replace,
			action: "release", tellLosing: true}
		out = &HandshakeResult{Case: caseText(id), Outcome: HandshakeAccepted}
		if len(names) > 0 {
			done := m.release(names)
			out.Names, out.Contacts = done.Names, done.Contacts
		}
		return nil
	})
	return out, err
}

// replacement is a contact that the receiver names as registrant.
type replacement struct {
	found bool
	ref   registrantRef
	same  bool
}

func (p *replacement) read(b *pgx.Batch, caseID int64, handle string) {
	if handle == "" {
		return
	}
	b.Queue(`SELECT c.id, c.handle, c.sponsor, NOT EXISTS (SELECT FROM domain d JOIN contact o ON o.id = d.registrant
			WHERE `+handshakeNames+` AND (o.postal <> c.postal OR lower(o.email) <> lower(c.email) OR o.natural_person <> c.natural_person))
		FROM contact c WHERE c.handle = $2 FOR UPDATE OF c`, caseID, handle).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&p.ref.id, &p.ref.handle, &p.ref.sponsor, &p.same}, func() error {
			p.found = true
			return nil
		})
		return err
	})
}

// judge refuses a registrant that is not the receiver's, or another person: a
// change of registrant goes the way of rule C4.
func (p *replacement) judge(handle string, to int32) (*registrantRef, error) {
	switch {
	case handle == "":
		return nil, nil
	case !p.found || p.ref.sponsor != to:
		return nil, Refuse(KindAuthorization, "", "There is no contact %q on your tag.", handle).About("handshake:registrant", handle)
	case !p.same:
		return nil, Refuse(KindPolicy, "", "The contact %q has other data than the registrant; accept the case first, then change the registrant.", handle).
			About("handshake:registrant", handle)
	}
	return &p.ref, nil
}

// RejectHandshake refuses the names of a case; they stay where they are.
// Refusals: as AcceptHandshake.
func (r *Registry) RejectHandshake(ctx context.Context, actor Actor, caseID string) (*HandshakeResult, error) {
	return r.closeHandshake(ctx, actor, caseID, HandshakeRejected)
}

// CancelHandshake withdraws a release that waits for its handshake: by the tag
// that released, or by staff. Refusals: as AcceptHandshake.
func (r *Registry) CancelHandshake(ctx context.Context, actor Actor, caseID string) (*HandshakeResult, error) {
	return r.closeHandshake(ctx, actor, caseID, HandshakeCancelled)
}

func (r *Registry) closeHandshake(ctx context.Context, actor Actor, caseID string, outcome HandshakeOutcome) (*HandshakeResult, error) {
	id := parseCase(caseID)
	if id == 0 {
		return nil, noCase(caseID)
	}
	err := actor.staffMay(RoleOperator)
	if err != nil {
		return nil, err
	}
	var out *HandshakeResult
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		h, names, _, err := tx.lockHandshake(ctx, id)
		if err != nil {
			return err
		}
		party := h.toID
		if outcome == HandshakeCancelled {
			party = h.fromID
		}
		err = h.checkOpen(actor, party, tx.Now)
		if err != nil {
			return err
		}
		tx.endHandshake(h, outcome)
		tx.tellHandshake(h, outcome, names)
		out = &HandshakeResult{Case: caseText(id), Outcome: outcome}
		for _, d := range names {
			out.Names = append(out.Names, d.Name)
			tx.record("domain", d.ID, d.Name, "release "+string(outcome), changes{}.add("case", nil, out.Case))
		}
		return nil
	})
	return out, err
}

// endHandshake writes how a case ended.
func (tx *Tx) endHandshake(h *handshake, outcome HandshakeOutcome) {
	tx.Queue(`UPDATE handshake SET state = $2, acted_at = $3 WHERE id = $1 AND state = 'pending'`, h.id, outcome, tx.Now)
	tx.Queue(`UPDATE handshake_domain SET open = false WHERE handshake_id = $1 AND open`, h.id)
}

// tellHandshake asks the receiver, or tells how a case ended: of a rejection
// the releasing tag, of a withdrawal the receiver, of the expiry both.
func (tx *Tx) tellHandshake(h *handshake, outcome HandshakeOutcome, names []*Domain) {
	n := HandshakeNotice{Case: caseText(h.id), From: h.from, To: h.to, Outcome: outcome, ActBy: h.actBy}
	for i, d := range names {
		if i == 0 {
			n.Registrant = d.RegistrantID
		}
		if i < noticeNames {
			n.Names = append(n.Names, NoticeName{Name: d.Name, Expires: d.Expires, Status: d.RegistrationStatus(tx.today, tx.r.policy)})
		}
	}
	what := fmt.Sprintf("%d names", len(names))
	if len(names) == 1 {
		what = names[0].Name
	}
	result := PollMessage{Kind: PollHandshakeResult, Payload: n,
		Text: fmt.Sprintf("Release of %s from %s to %s (case %s): %s.", what, h.from, h.to, n.Case, outcome)}
	switch outcome {
	case HandshakePending:
		tx.queuePoll(h.toID, PollMessage{Kind: PollHandshakeRequest, Payload: n,
			Text: fmt.Sprintf("%s releases %s to you (case %s); accept or reject until %s.", h.from, what, n.Case, h.actBy.UTC().Format(time.RFC3339))})
	case HandshakeRejected:
		tx.queuePoll(h.fromID, result)
	case HandshakeCancelled:
		tx.queuePoll(h.toID, result)
	case HandshakeExpired:
		tx.queuePoll(h.fromID, result)
		tx.queuePoll(h.toID, result)
	}
}

// ExpireHandshakes ends the cases that nobody answered in time, each in a
// transaction of its own, and returns how many. It may run at any time, twice
// at once too.
func (r *Registry) ExpireHandshakes(ctx context.Context) (int, error) {
	done := 0
	var failed []error
	for after := int64(0); ctx.Err() == nil; {
		rows, err := r.db.Pool.Query(ctx, `SELECT id FROM handshake WHERE state = 'pending' AND act_by <= $1 AND id > $2
			ORDER BY id LIMIT 200`, r.db.Now(), after)
		if err != nil {
			return done, fmt.Errorf("find expired handshakes: %w", err)
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return done, fmt.Errorf("find expired handshakes: %w", err)
		}
		if len(ids) == 0 {
			break
		}
		for _, id := range ids {
			ok, err := r.expireHandshake(ctx, id)
			if err != nil {
				failed = append(failed, fmt.Errorf("handshake %d: %w", id, err))
			}
			if ok {
				done++
			}
			after = id
		}
	}
	return done, errors.Join(append(failed, ctx.Err())...)
}

func (r *Registry) expireHandshake(ctx context.Context, id int64) (bool, error) {
	done := false
	err := r.mutate(ctx, System("handshake-"+caseText(id)), func(tx *Tx) error {
		done = false
		h, names, _, err := tx.lockHandshake(ctx, id)
		if err != nil {
			return err
		}
		if h.state != HandshakePending || tx.Now.Before(h.actBy) {
			return nil
		}
		done = true
		tx.endHandshake(h, HandshakeExpired)
		tx.tellHandshake(h, HandshakeExpired, names)
		for _, d := range names {
			tx.record("domain", d.ID, d.Name, "release expired", changes{}.add("case", nil, caseText(id)))
		}
		return nil
	})
	return done && err == nil, err
}
