package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// ContactTransfer is the state of a transfer of a contact.
type ContactTransfer struct {
	Transfer
	Handle string
}

// contactSubject is a contact as the transfer rules see it, with its row's id.
type contactSubject struct {
	TransferSubject
	id      int64
	sponsor int32
}

// batch sends reads in one round trip, in a transaction or without.
type batch func(ctx context.Context, fn func(b *pgx.Batch)) error

// loadContactSubject reads a contact and its last transfer in one round trip.
// With lock the contact's row is locked first.
func (r *Registry) loadContactSubject(ctx context.Context, batch batch, sel string, arg any, lock bool, more ...reader) (*contactSubject, *Transfer, error) {
	s := &contactSubject{TransferSubject: TransferSubject{Object: ObjectContact, Profile: ProfileGTLD}}
	var row transferRow
	err := batch(ctx, func(b *pgx.Batch) {
		for _, add := range more {
			add(b)
		}
		if lock {
			b.Queue(`SELECT FROM contact c WHERE `+sel+` FOR UPDATE OF c`, arg)
		}
		b.Queue(`SELECT c.id, c.handle, c.sponsor, c.statuses, c.auth_hash FROM contact c WHERE `+sel, arg).
			QueryRow(func(row pgx.Row) error {
				return row.Scan(&s.id, &s.Name, &s.sponsor, &s.Statuses, &s.AuthHash)
			})
		b.Queue(transfersSQL+` WHERE t.object = 'contact' AND t.object_id = (SELECT c.id FROM contact c WHERE `+sel+`)
			ORDER BY t.id DESC LIMIT 1`, arg).QueryRow(row.scan)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil, noContact(fmt.Sprint(arg))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read contact %v: %w", arg, err)
	}
	tags, err := r.tags(ctx, s.sponsor)
	if err != nil {
		return nil, nil, err
	}
	s.Sponsor = tags[0]
	t, err := row.finish(ctx, r)
	if t != nil && t.State == transferPending {
		s.Pending = t
	}
	return s, t, err
}

const contactByHandle = `c.handle = $1`

// RequestContactTransfer asks for a contact of another tag (RFC 5733 section
// 3.2.4; gtld) with its authInfo.
//
// Refusals: KindNotFound, those of DecideTransferRequest,
// KindUnimplementedCommand in uk, where contacts go along with their names.
func (r *Registry) RequestContactTransfer(ctx context.Context, actor Actor, handle string, given AuthInfo) (*ContactTransfer, error) {
	if !actor.IsRegistrar() {
		return nil, Refuse(KindAuthorization, "", "Only a registrar requests a transfer.")
	}
	err := actor.gtldOnly()
	if err != nil {
		return nil, err
	}
	var out *ContactTransfer
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		var id int64
		s, _, err := r.loadContactSubject(ctx, tx.Batch, contactByHandle, handle, true, func(b *pgx.Batch) {
			b.Queue(`SELECT nextval('transfer_id_seq')`).QueryRow(func(row pgx.Row) error { return row.Scan(&id) })
		})
		if err != nil {
			return err
		}
		immediate, err := DecideTransferRequest(s.TransferSubject, actor.TAG, given, r.policy)
		if err != nil {
			return err
		}
		t := &Transfer{ID: id, State: transferPending, Gaining: actor.TAG, Losing: s.Sponsor, Requested: tx.Now,
			ActBy: tx.Now.Add(days24(r.policy.TransferDays))}
		if immediate {
			t.State, t.ActBy = transferServerApproved, tx.Now
		}
		err = tx.insertTransfer(s.TransferSubject, s.id, t)
		if err != nil {
			return err
		}
		if immediate {
			tx.moveContact(s, t)
		} else {
			statuses := s.Statuses.With(StatusPendingTransfer)
			tx.setContactStatuses(s, statuses)
			tx.record("contact", s.id, s.Name, "transfer request",
				changes{}.add("statuses", s.Statuses, statuses).add("gaining", nil, t.Gaining))
			tx.tellTransfer(PollContactTransfer, s.Name, t, "")
		}
		out = &ContactTransfer{Transfer: *t, Handle: s.Name}
		return nil
	})
	if pg.ConstraintName(err) == "transfer_one_pending" {
		return nil, Refuse(KindPendingTransfer, "", "A transfer of %s is pending already.", handle).About("contact:id", handle)
	}
	return out, err
}

// gtldOnly refuses registrars of the uk profile.
func (a Actor) gtldOnly() error {
	if a.Profile != ProfileUK || !a.IsRegistrar() {
		return nil
	}
	return Refuse(KindUnimplementedCommand, "", "Contacts change tag together with their names.")
}

// AnswerContactTransfer approves, rejects or cancels the pending transfer of a
// contact. Refusals: KindNotFound, those of DecideTransferAction.
func (r *Registry) AnswerContactTransfer(ctx context.Context, actor Actor, handle string, action TransferAction) (*ContactTransfer, error) {
	err := errors.Join(actor.staffMay(RoleOperator), actor.gtldOnly())
	if err != nil {
		return nil, err
	}
	var out *ContactTransfer
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		s, _, err := r.loadContactSubject(ctx, tx.Batch, contactByHandle, handle, true)
		if err != nil {
			return err
		}
		err = DecideTransferAction(s.TransferSubject, actor.transferParty(s.Pending, action), action, tx.Now)
		if err != nil {
			return err
		}
		out = tx.endContactTransfer(s, transferStates[action])
		return nil
	})
	return out, err
}

// QueryContactTransfer returns the pending transfer of a contact, or the last
// one. Refusals: KindNotFound and those of CheckTransferQuery.
func (r *Registry) QueryContactTransfer(ctx context.Context, actor Actor, handle string, given AuthInfo) (*ContactTransfer, error) {
	err := actor.gtldOnly()
	if err != nil {
		return nil, err
	}
	for {
		s, t, err := r.loadContactSubject(ctx, r.db.ReadBatch, contactByHandle, handle, false)
		if err != nil {
			return nil, err
		}
		if t != nil && t.Due(r.db.Now()) {
			done, err := r.approveDue(ctx, t.ID)
			if err != nil {
				return nil, err
			}
			if done {
				continue
			}
		}
		err = CheckTransferQuery(s.TransferSubject, t, actor.TAG, given)
		if err != nil {
			return nil, err
		}
		return &ContactTransfer{Transfer: *t, Handle: s.Name}, nil
	}
}

// approveDueContact is approveDue for a contact.
func (tx *Tx) approveDueContact(ctx context.Context, id int64) (bool, error) {
	s, t, err := tx.r.loadContactSubject(ctx, tx.Batch, `c.id = (SELECT object_id FROM transfer WHERE id = $1 AND object = 'contact')`, id, true)
	if err != nil {
		return false, err
	}
	if t == nil || t.ID != id || !t.Due(tx.Now) {
		return false, nil
	}
	tx.endContactTransfer(s, transferServerApproved)
	return true, nil
}

// endContactTransfer ends the pending transfer of a locked contact.
func (tx *Tx) endContactTransfer(s *contactSubject, state string) *ContactTransfer {
	t := s.Pending
	t.State, t.ActBy = state, tx.Now
	tx.queueTransferState(t)
	if state == "clientApproved" || state == transferServerApproved {
		tx.moveContact(s, t)
	} else {
		statuses := s.Statuses.Without(StatusPendingTransfer)
		tx.setContactStatuses(s, statuses)
		tx.record("contact", s.id, s.Name, "transfer "+state, changes{}.add("statuses", s.Statuses, statuses))
		tx.tellTransfer(PollContactTransfer, s.Name, t, "")
	}
	return &ContactTransfer{Transfer: *t, Handle: s.Name}
}

// moveContact hands a contact to the gaining tag and clears its authInfo.
func (tx *Tx) moveContact(s *contactSubject, t *Transfer) {
	tx.Queue(`UPDATE contact SET sponsor = $2, statuses = $3, auth_hash = NULL, auth_set_at = NULL,
		transferred_at = $4, updater = $5, updated_at = $4 WHERE id = $1`,
		s.id, tx.r.tagTable.id(t.Gaining), orEmpty(s.Statuses.Without(StatusPendingTransfer)), tx.Now, tx.updaterID())
	tx.record("contact", s.id, s.Name, "transfer", changes{}.add("sponsor", s.Sponsor, t.Gaining))
	tx.tellTransfer(PollContactTransfer, s.Name, t, "")
}

func (tx *Tx) setContactStatuses(s *contactSubject, statuses StatusSet) {
	tx.Queue(`UPDATE contact SET statuses = $2, updater = $3, updated_at = $4 WHERE id = $1`,
		s.id, orEmpty(statuses), tx.updaterID(), tx.Now)
}
