package registry

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
)

// TagTransfer is a change of tag by staff.
type TagTransfer struct {
	Domain   *Domain // afterwards
	From     string
	Change   TagChange
	Contacts []ContactMove
}

// TransferByStaff moves a name to another tag, whoever has it (renewals.md
// "Change of tag"): to a registrar's or one of the registry's own. Prohibitions
// do not bind staff; a pending transfer or handshake ends as cancelled. Both
// tags are told. In gtld no time is added and nothing is charged.
//
// Refusals: KindAuthorization and KindParamMissing for the actor,
// KindNotFound, KindStatusProhibits for names that are not registered yet or
// deleted, KindNotTransferable for the tag it is on, KindPolicy for a closed tag.
func (r *Registry) TransferByStaff(ctx context.Context, actor Actor, name, to string) (*TagTransfer, error) {
	err := errors.Join(actor.staffOnly(RoleOperator), actor.needReason())
	if err != nil {
		return nil, err
	}
	return r.moveName(ctx, actor, normalName(name), strings.ToUpper(strings.TrimSpace(to)), "transfer by staff")
}

// Detag moves a name to DETAGGED (R40): final for its tag. From then on the
// registry bills the registrant (R22).
//
// Refusals: KindNotFound, KindAuthorization V096, KindStatusProhibits,
// KindPendingTransfer, KindNotTransferable when it is there already.
func (r *Registry) Detag(ctx context.Context, actor Actor, name string) (*TagTransfer, error) {
	err := actor.staffMay(RoleOperator)
	if err != nil {
		return nil, err
	}
	return r.moveName(ctx, actor, normalName(name), TagDetagged, "detag")
}

// moveName moves one name to a tag without asking it.
func (r *Registry) moveName(ctx context.Context, actor Actor, name, to, action string) (*TagTransfer, error) {
	var out *TagTransfer
	err := r.mutate(ctx, actor, func(tx *Tx) error {
		var id int32
		var closed bool
		names, refs, err := tx.lockNames(ctx, byName(name), func(b *pgx.Batch) {
			b.Queue(`SELECT id, state = 'closed' FROM registrar WHERE tag = $1`, to).Query(func(rows pgx.Rows) error {
				_, err := pgx.ForEachRow(rows, []any{&id, &closed}, func() error { return nil })
				return err
			})
		})
		if err != nil {
			return err
		}
		switch {
		case id == 0:
			return Refuse(KindNotFound, "", "There is no tag %q.", to).About("registrarTag", to)
		case closed:
			return Refuse(KindPolicy, "", "The tag %s is closed.", to).About("registrarTag", to)
		case len(names) == 0:
			return notRegistered(name)
		}
		d := names[0]
		err = tx.checkMove(d, to)
		if err != nil {
			return err
		}
		m := &tagMove{tx: tx, from: d.Sponsor, fromID: d.SponsorID, to: to, toID: id, refs: refs, action: action,
			tellLosing: !actor.IsRegistrar()}
		after := m.apply(d, d.Expires)
		tx.tagChanged(m)
		out = &TagTransfer{Domain: after, From: m.from, Change: m.moved[0].change, Contacts: m.contacts}
		return nil
	})
	return out, err
}

// checkMove judges a move without a receiver's word.
func (tx *Tx) checkMove(d *Domain, to string) error {
	if tx.actor.IsRegistrar() {
		_, err := tx.decideRelease(d, ReleaseTarget{Tag: to})
		return err
	}
	s := d.transferSubject()
	switch {
	case d.Sponsor == to:
		return s.refuse(KindNotTransferable, "%s is on the tag %s already.", d.Name, to)
	case d.DeletePhase != "":
		return s.refuse(KindStatusProhibits, "%s has been deleted (%s).", d.Name, d.DeletePhase)
	case d.Statuses.Has(StatusPendingCreate):
		return s.refuse(KindStatusProhibits, "%s is not registered yet; decide its creation first.", d.Name)
	}
	return nil
}
