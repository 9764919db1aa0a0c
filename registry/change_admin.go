package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ChangeFilter chooses changes. Empty fields choose all.
type ChangeFilter struct {
	State  ChangeState
	Object Object // domain or contact
	Name   string // name or handle
	ID     int64  // of the object: a handle may come to be another contact's
	TAG    string
	Before int64 // changes with a smaller number only: the next page
	Limit  int   // default 100
}

// Changes lists changes of registrants, the latest first (C6).
func (r *Registry) Changes(ctx context.Context, f ChangeFilter) ([]*RegistrantChange, error) {
	var where []string
	var args []any
	add := func(condition string, value any) {
		args = append(args, value)
		where = append(where, condition+"$"+strconv.Itoa(len(args)))
	}
	for _, c := range []struct{ condition, value string }{
		{"h.state = ", string(f.State)}, {"h.object = ", string(f.Object)}, {"h.object_name = ", f.Name}, {"r.tag = ", f.TAG},
	} {
		if c.value != "" {
			add(c.condition, c.value)
		}
	}
	if f.ID > 0 {
		add("h.object_id = ", f.ID)
	}
	if f.Before > 0 {
		add("h.id < ", f.Before)
	}
	if f.Limit <= 0 {
		f.Limit = 100
	}
	sql := changeSQL
	if len(where) > 0 {
		sql += " WHERE " + strings.Join(where, " AND ")
	}
	args = append(args, f.Limit)
	rows, err := r.db.Pool.Query(ctx, sql+" ORDER BY h.id DESC LIMIT $"+strconv.Itoa(len(args)), args...)
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*RegistrantChange, error) { return r.scanChange(row) })
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	return list, nil
}

// Change returns a change by its number. Refusal: KindNotFound.
func (r *Registry) Change(ctx context.Context, id int64) (*RegistrantChange, error) {
	c, err := r.scanChange(r.db.Pool.QueryRow(ctx, changeSQL+` WHERE h.id = $1`, id))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, noChange(id)
	}
	if err != nil {
		return nil, fmt.Errorf("read change %d: %w", id, err)
	}
	return c, nil
}

// PendingChange returns the change of a name or contact that waits, nil if none
// does. id is that of the object.
func (r *Registry) PendingChange(ctx context.Context, object Object, id int64) (*RegistrantChange, error) {
	c, err := r.scanChange(r.db.Pool.QueryRow(ctx, changeSQL+` WHERE h.object = $1 AND h.object_id = $2 AND h.state = 'pending'`, object, id))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the change of %s %d: %w", object, id, err)
	}
	return c, nil
}

func noChange(id int64) error { return Refuse(KindNotFound, "", "There is no change %d.", id) }

// notWaiting refuses to decide a change that has ended.
func (c *RegistrantChange) notWaiting() error {
	return Refuse(KindStatusProhibits, "", "The change %d has ended: %s.", c.ID, c.State)
}

// DecideChange carries a change out, or ends it, in the place of both parties
// (C6). The actor's reason stays in the audit log; why is told to the tag.
//
// Refusals: KindAuthorization and KindParamMissing for the actor, KindNotFound,
// KindStatusProhibits for one that has ended or cannot be carried out any more.
func (r *Registry) DecideChange(ctx context.Context, actor Actor, id int64, accept bool, why string) (*RegistrantChange, error) {
	err := errors.Join(actor.staffOnly(RoleOperator), actor.needReason())
	if err != nil {
		return nil, err
	}
	var out *RegistrantChange
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		l, err := tx.lockChange(ctx, id)
		if err != nil {
			return err
		}
		out = l.change
		text := "The registry decided it."
		if why != "" {
			text = "The registry decided it: " + why
		}
		switch {
		case out.State != ChangePending:
			return out.notWaiting()
		case !accept:
			tx.endLocked(l, ChangeRefused, text)
			return nil
		}
		tx.complete(l, text)
		if out.State == ChangeFailed {
			return Refuse(KindStatusProhibits, "", "The change %d cannot be carried out: %s", id, out.Reason)
		}
		return nil
	})
	return out, err
}

// CancelChange withdraws the change of a name or contact that waits, for its tag
// or for staff (C6). name is the name, or the handle of the contact.
//
// Refusals: KindNotFound, KindAuthorization V096 for another tag's,
// KindStatusProhibits when nothing waits.
func (r *Registry) CancelChange(ctx context.Context, actor Actor, object Object, name string) (*RegistrantChange, error) {
	err := errors.Join(actor.needRole(RoleOperator), actor.needReason())
	if err != nil {
		return nil, err
	}
	var out *RegistrantChange
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		id, err := tx.ownObject(ctx, object, name)
		if err != nil {
			return err
		}
		var change int64
		err = tx.QueryRow(ctx, `SELECT id FROM registrant_change WHERE object = $1 AND object_id = $2 AND state = 'pending'`, object, id).
			Scan(&change)
		if errors.Is(err, pgx.ErrNoRows) {
			return Refuse(KindStatusProhibits, "", "No change of %s waits to be confirmed.", name).About(string(object)+":status", "")
		}
		if err != nil {
			return fmt.Errorf("find the change of %s: %w", name, err)
		}
		l, err := tx.lockChange(ctx, change)
		if err != nil {
			return err
		}
		out = l.change
		why := "The registrar withdrew it."
		if actor.IsStaff() {
			why = "The registry withdrew it."
		}
		tx.endLocked(l, ChangeCancelled, why)
		return nil
	})
	return out, err
}

// ownObject locks a name or contact and returns its id; one of another tag is
// refused.
func (tx *Tx) ownObject(ctx context.Context, object Object, name string) (int64, error) {
	if !slices.Contains([]Object{ObjectDomain, ObjectContact}, object) {
		return 0, Refuse(KindParamSyntax, "", "%q is neither domain nor contact.", object)
	}
	if object == ObjectContact {
		c, _, err := tx.lockContact(ctx, name)
		if err != nil {
			return 0, err
		}
		return c.ID, c.checkSponsor(tx.actor)
	}
	d, err := tx.lockDomainWith(ctx, normalName(name), 0)
	if err != nil {
		return 0, err
	}
	if tx.actor.IsRegistrar() && d.SponsorID != tx.actor.Registrar {
		return 0, notYours(d)
	}
	return d.ID, nil
}
