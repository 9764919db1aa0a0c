package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ChangeConfirmation is a change as the party that has a link sees it.
type ChangeConfirmation struct {
	Side   ChangeSide // who is asked
	Change RegistrantChange
	// Answer is what the party said already, "" for nothing.
	Answer ChangeAnswer
}

// FindChangeConfirmation returns what a link of a change asks (N40). It changes
// nothing. The change is returned with each error but the first.
//
// Errors: ErrLinkUnknown, ErrLinkUsed for a party that has answered,
// ErrLinkExpired, ErrChangeEnded.
func (r *Registry) FindChangeConfirmation(ctx context.Context, token string) (ChangeConfirmation, error) {
	found, err := r.findChange(ctx, token)
	if err != nil {
		return ChangeConfirmation{}, err
	}
	return found, found.Change.progress().CheckOpen(found.Side, r.db.Now())
}

// findChange looks a token up.
func (r *Registry) findChange(ctx context.Context, token string) (ChangeConfirmation, error) {
	var out ChangeConfirmation
	row := r.db.Pool.QueryRow(ctx, `SELECT c.*, t.side FROM registrant_change_party t
		CROSS JOIN LATERAL (`+changeSQL+` WHERE h.id = t.change_id) c WHERE t.token_hash = $1`, tokenHash(token))
	c, err := r.scanChange(row, &out.Side)
	if errors.Is(err, pgx.ErrNoRows) {
		return out, ErrLinkUnknown
	}
	if err != nil {
		return out, fmt.Errorf("find a change by its link: %w", err)
	}
	out.Change, out.Answer = *c, c.party(out.Side).Answer
	return out, nil
}

// DecideChangeByToken takes the answer of the party that has the link (C4, C5):
// one refusal ends the change, the second confirmation carries it out. It
// returns the change as it is afterwards, also with each error but
// ErrLinkUnknown.
//
// Errors: those of FindChangeConfirmation.
func (r *Registry) DecideChangeByToken(ctx context.Context, token string, confirm bool) (ChangeConfirmation, error) {
	found, err := r.findChange(ctx, token)
	if err != nil {
		return found, err
	}
	id := found.Change.ID
	err = r.mutate(ctx, System(fmt.Sprintf("CHANGE-%d", id)), func(tx *Tx) error {
		l, err := tx.lockChange(ctx, id)
		if err != nil {
			return err
		}
		found.Change = *l.change
		next, err := l.change.progress().DecideAnswer(found.Side, confirm, tx.Now)
		if err != nil {
			return err
		}
		tx.answer(l, found.Side, confirm)
		switch next {
		case ChangeRefused:
			tx.endLocked(l, ChangeRefused, "The "+string(found.Side)+" registrant refused it.")
		case ChangeDone:
			tx.complete(l, "Both parties confirmed it.")
		}
		found.Change = *l.change
		return nil
	})
	found.Answer = found.Change.party(found.Side).Answer
	return found, err
}

// answer notes what a party said.
func (tx *Tx) answer(l *lockedChange, side ChangeSide, confirm bool) {
	p := l.change.party(side)
	p.Answer, p.Answered = AnswerRefused, tx.Now
	if confirm {
		p.Answer = AnswerConfirmed
	}
	tx.Queue(`UPDATE registrant_change_party SET answer = $3, answered_at = $4 WHERE change_id = $1 AND side = $2`,
		l.change.ID, side, p.Answer, tx.Now)
	tx.record(string(l.change.Object), l.change.ObjectID, l.change.Name, "registrant change "+string(p.Answer),
		changes{}.add("party", nil, string(side)))
}

// lockedChange is a change with the object it is about, both locked.
type lockedChange struct {
	change  *RegistrantChange
	domain  *Domain  // nil for an identity, or when the name is gone
	contact *Contact // whose identity changes; nil for another registrant, or when it is gone
	owner   int32    // who sponsors the new registrant; 0: it is gone
}

// lockChange locks a change after the object that it is about, as every command
// on the object does, and reads both. Refusal: KindNotFound.
func (tx *Tx) lockChange(ctx context.Context, id int64) (*lockedChange, error) {
	var object Object
	var objectID int64
	err := tx.QueryRow(ctx, `SELECT object, object_id FROM registrant_change WHERE id = $1`, id).Scan(&object, &objectID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, Refuse(KindNotFound, "", "There is no change %d.", id)
	}
	if err != nil {
		return nil, fmt.Errorf("read change %d: %w", id, err)
	}
	l := &lockedChange{}
	if object == ObjectDomain {
		names, err := tx.lockSelected(ctx, selection{`d.id = $1`, []any{objectID}}, readNothing, readNothing)
		if err != nil {
			return nil, err
		}
		if len(names) > 0 {
			l.domain = names[0]
		}
	} else {
		l.contact, err = tx.lockContactID(ctx, objectID)
		if err != nil {
			return nil, err
		}
	}
	err = tx.Batch(ctx, func(b *pgx.Batch) {
		b.Queue(`SELECT FROM registrant_change WHERE id = $1 FOR UPDATE`, id)
		b.Queue(changeSQL+` WHERE h.id = $1`, id).QueryRow(func(row pgx.Row) error {
			l.change, err = tx.r.scanChange(row)
			return err
		})
		b.Queue(`SELECT sponsor FROM contact WHERE id = (SELECT proposed FROM registrant_change WHERE id = $1) FOR SHARE`, id).
			QueryRow(func(row pgx.Row) error { return orNone(row.Scan(&l.owner)) })
	})
	if err != nil {
		return nil, fmt.Errorf("lock change %d: %w", id, err)
	}
	return l, nil
}

// lockContactID reads a contact by its id for a change and locks its row; nil
// when it is gone.
func (tx *Tx) lockContactID(ctx context.Context, id int64) (*Contact, error) {
	var row contactRow
	err := tx.Batch(ctx, func(b *pgx.Batch) {
		row = contactRow{}
		b.Queue(contactSQL+` WHERE c.id = $1 FOR NO KEY UPDATE OF c`, id).
			QueryRow(func(found pgx.Row) error { return orNone(row.scan(found)) })
	})
	if err != nil {
		return nil, fmt.Errorf("read contact %d: %w", id, err)
	}
	if row.c.ID == 0 {
		return nil, nil
	}
	return tx.r.finishContact(ctx, &row)
}

// ExpireChanges ends the changes that not both parties confirmed by the end of
// the day before (C4, C5, R50), each in a transaction of its own, and returns how
// many. Running it again changes nothing.
func (r *Registry) ExpireChanges(ctx context.Context, day Date) (int, error) {
	late := day.Start(r.loc)
	return r.eachDue(ctx, `SELECT id FROM registrant_change WHERE state = 'pending' AND act_by <= $1 AND id > $2
		ORDER BY id LIMIT 200`, late, func(id int64) (bool, error) { return r.expireChange(ctx, id, day, late) })
}

func (r *Registry) expireChange(ctx context.Context, id int64, day Date, late time.Time) (bool, error) {
	done := false
	err := r.mutate(ctx, System(fmt.Sprintf("CHANGE-%d", id)), func(tx *Tx) error {
		done, tx.today = false, day
		l, err := tx.lockChange(ctx, id)
		if err != nil {
			return err
		}
		if l.change.State != ChangePending || l.change.ActBy.After(late) {
			return nil
		}
		done = true
		tx.endLocked(l, ChangeExpired, fmt.Sprintf("Not both parties confirmed it by %s.", l.change.LastDay))
		return nil
	})
	return done && err == nil, err
}

// eachDue runs do for each id that the statement finds with a limit and after
// the last id; it goes on after an error and reports all.
func (r *Registry) eachDue(ctx context.Context, sql string, limit any, do func(id int64) (bool, error)) (int, error) {
	done, failed := 0, []error{}
	for after := int64(0); ctx.Err() == nil; {
		rows, err := r.db.Pool.Query(ctx, sql, limit, after)
		if err != nil {
			return done, err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return done, err
		}
		if len(ids) == 0 {
			break
		}
		for _, id := range ids {
			ok, err := do(id)
			if err != nil {
				failed = append(failed, fmt.Errorf("%d: %w", id, err))
			}
			if ok {
				done++
			}
			after = id
		}
	}
	return done, errors.Join(append(failed, ctx.Err())...)
}
