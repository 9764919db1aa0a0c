package registry

import (
	"context"
	"fmt"

	"github.com/namekeep/namekeep/billing"
)

// SetPrices adds lines to the price list of a zone. What holds already is never
// altered: a price begins today at the earliest, and one that begins later may
// be set anew until its day. Only the system, which sets up a register, may set
// earlier ones. A reason is needed. Errors: KindParamRange, KindPolicy,
// KindNotFound, KindParamMissing, KindAuthorization.
func (r *Registry) SetPrices(ctx context.Context, actor Actor, zone string, list []billing.Price) error {
	err := actor.staffOnly(RoleBilling)
	if err == nil {
		err = actor.needReason()
	}
	if err != nil {
		return err
	}
	for _, p := range list {
		err = p.Check()
		if err != nil {
			return Refuse(KindParamRange, "", "%s.", err).About("price", p.Amount.String())
		}
	}
	return r.mutate(ctx, actor, func(tx *Tx) error {
		id, _, err := tx.lockZone(ctx, zone)
		if err != nil {
			return err
		}
		for _, p := range list {
			from := dateFromUTC(p.From)
			if actor.IsStaff() && from.Before(tx.today) {
				return Refuse(KindPolicy, "", "A price begins today, %s, at the earliest.", tx.today).About("from", from.String())
			}
			before, err := billing.SetPrice(ctx, tx.Tx, id, p)
			if err != nil {
				return err
			}
			if actor.IsStaff() && before != nil && *before != p.Amount && !from.After(tx.today) {
				return Refuse(KindPolicy, "", "The price of %s for %s holds today already: set the new one from a later day.",
					p.Operation, Years(p.Years)).About("from", from.String())
			}
			field := fmt.Sprintf("%s %s %s from %s", p.Operation, p.Tier, Years(p.Years), from)
			tx.record("price", int64(id), zone, "set", changes{}.add(field, moneyText(before), p.Amount.String()))
		}
		return nil
	})
}

func moneyText(m *billing.Money) any {
	if m == nil {
		return nil
	}
	return m.String()
}

// Prices returns the price list.
func (r *Registry) Prices(ctx context.Context, f billing.PriceFilter) ([]billing.Price, error) {
	return billing.Prices(ctx, r.db, f)
}
