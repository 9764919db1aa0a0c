package registry

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
)

// accountName is an account in the history and in refusals: its number.
func accountName(id int64) string { return strconv.FormatInt(id, 10) }

// vendors are the registrars whose accounts the actor may see: nil means all. A
// registrar sees its own and those of its sub-registrars (B37).
func (r *Registry) vendors(ctx context.Context, actor Actor) ([]int32, error) {
	if !actor.IsRegistrar() {
		return nil, nil
	}
	subs, err := customer.SubRegistrars(ctx, r.db.Pool, actor.Registrar)
	if err != nil {
		return nil, err
	}
	ids := []int32{actor.Registrar}
	for _, tag := range subs {
		id, err := r.registrarID(ctx, tag)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// Accounts returns accounts, by number. A registrar finds those that it may see.
func (r *Registry) Accounts(ctx context.Context, actor Actor, f customer.Filter) ([]customer.Account, error) {
	may, err := r.vendors(ctx, actor)
	if err != nil {
		return nil, err
	}
	f.TAG, f.Vendors = strings.ToUpper(f.TAG), may
	return customer.List(ctx, r.db.Pool, f)
}

// Account returns an account with all that belongs to it. To a registrar that
// may not see it, it does not exist.
//
// Refusals: KindNotFound.
func (r *Registry) Account(ctx context.Context, actor Actor, id int64) (customer.Detail, error) {
	may, err := r.vendors(ctx, actor)
	if err != nil {
		return customer.Detail{}, err
	}
	d, err := customer.ReadDetail(ctx, r.db.Pool, id)
	if err == nil && may != nil && !slices.Contains(may, d.Registrar) {
		return customer.Detail{}, noAccount(id)
	}
	return d, MoneyRefusal(err)
}

func noAccount(id int64) error {
	return Refuse(KindNotFound, "", "There is no account %d.", id).About("account", accountName(id))
}

// AccountOrders returns all transfer orders that the actor may see: of a
// registrar, those whose both sides are its own or its sub-registrars'.
func (r *Registry) AccountOrders(ctx context.Context, actor Actor) ([]customer.Order, error) {
	list, err := customer.Orders(ctx, r.db.Pool, 0)
	if err != nil || !actor.IsRegistrar() {
		return list, err
	}
	subs, err := customer.SubRegistrars(ctx, r.db.Pool, actor.Registrar)
	if err != nil {
		return nil, err
	}
	own := append(subs, actor.TAG)
	return slices.DeleteFunc(list, func(o customer.Order) bool {
		return !slices.Contains(own, o.From) || !slices.Contains(own, o.To)
	}), nil
}

// Vendor returns a registrar with what it sells and by which rules. Refusals:
// KindNotFound.
func (r *Registry) Vendor(ctx context.Context, tag string) (customer.Vendor, error) {
	v, err := customer.FindVendor(ctx, r.db.Pool, strings.ToUpper(tag))
	return v, MoneyRefusal(err)
}

// SubRegistrars returns the tags of a registrar's sub-registrars.
func (r *Registry) SubRegistrars(ctx context.Context, registrar int32) ([]string, error) {
	return customer.SubRegistrars(ctx, r.db.Pool, registrar)
}

// VendorSchedules returns the notification schedules of a registrar, of all for
// "".
func (r *Registry) VendorSchedules(ctx context.Context, tag string) ([]customer.Schedule, error) {
	return customer.Schedules(ctx, r.db.Pool, strings.ToUpper(tag))
}

// ServiceTerms returns the service terms of a registrar, of all for "".
func (r *Registry) ServiceTerms(ctx context.Context, tag string) ([]customer.ServiceTerms, error) {
	return customer.AllServiceTerms(ctx, r.db.Pool, strings.ToUpper(tag))
}

// Terms returns the terms and conditions of a registrar, of all for "".
func (r *Registry) Terms(ctx context.Context, tag string) ([]customer.Terms, error) {
	return customer.AllTerms(ctx, r.db.Pool, strings.ToUpper(tag))
}

// Plans returns plans with their prices, of one registrar and name, or all.
func (r *Registry) Plans(ctx context.Context, tag, name string) ([]customer.Plan, error) {
	return customer.Plans(ctx, r.db.Pool, strings.ToUpper(tag), name)
}

// Memos returns the memos of an account that the actor may see.
func (r *Registry) Memos(ctx context.Context, actor Actor, id int64) ([]billing.Memo, error) {
	_, err := r.Account(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	return billing.Memos(ctx, r.db, id)
}
