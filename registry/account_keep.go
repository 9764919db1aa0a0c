package registry

import (
	"context"
	"strings"
	"time"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
)

// keepAccount lets staff change an account: fn returns what the history says.
func (r *Registry) keepAccount(ctx context.Context, actor Actor, id int64, action string, fn func(*Tx, customer.Account) (changes, error)) error {
	return r.keepMoney(ctx, actor, func(tx *Tx) error {
		a, err := customer.LockActive(ctx, tx.Tx, id)
		if err != nil {
			return err
		}
		c, err := fn(tx, a)
		if err == nil {
			tx.recordAccount(a, action, c)
		}
		return err
	})
}

// keepMoney is what staff do about accounts and vendors, with a reason.
func (r *Registry) keepMoney(ctx context.Context, actor Actor, fn func(*Tx) error) error {
	err := actor.staffOnly(RoleBilling, RoleOperator)
	if err == nil {
		err = actor.needReason()
	}
	if err != nil {
		return err
	}
	return MoneyRefusal(r.mutate(ctx, actor, fn))
}

// recordAccount adds the history row of a change of an account, which goes by
// its number.
func (tx *Tx) recordAccount(a customer.Account, action string, c changes) {
	tx.record("account", a.ID, accountName(a.ID), action, c)
}

// CreateAccount opens an account for a contact under a registrar (B20). there is
// true when it has one already, which stays as it is.
//
// Refusals: KindAuthorization, KindParamMissing for the reason, KindNotFound for
// contact or tag, KindParamRange, KindPolicy.
func (r *Registry) CreateAccount(ctx context.Context, actor Actor, n customer.New) (a customer.Account, there bool, err error) {
	n.TAG = strings.ToUpper(n.TAG)
	err = r.keepMoney(ctx, actor, func(tx *Tx) error {
		var err error
		a, there, err = customer.Create(ctx, tx.Tx, n)
		if err == nil && !there {
			tx.recordAccount(a, "create", changes{}.add("contact", nil, a.Handle).add("tag", nil, a.TAG).add("currency", nil, a.Currency))
		}
		return err
	})
	return a, there, err
}

// UpdateAccount changes the settings of an account. Refusals: as CreateAccount.
func (r *Registry) UpdateAccount(ctx context.Context, actor Actor, id int64, s customer.Settings) error {
	return r.keepAccount(ctx, actor, id, "update", func(tx *Tx, a customer.Account) (changes, error) {
		c := changes{}
		for _, f := range []struct {
			field, before string
			after         *string
		}{{"class", a.Class, s.Class}, {"tax zone", a.TaxZone, s.TaxZone}, {"sales person", a.SalesPerson, s.SalesPerson},
			{"sales branch", a.SalesBranch, s.SalesBranch}, {"schedule", a.Schedule, s.Schedule}} {
			if f.after != nil && *f.after != f.before {
				c.add(f.field, f.before, *f.after)
			}
		}
		if s.HolderRole != nil && *s.HolderRole != a.HolderRole {
			c.add("role", a.HolderRole, *s.HolderRole)
		}
		return c, customer.Update(ctx, tx.Tx, a, s)
	})
}

// Subscribe gives a name of an account a plan, at the price of today.
func (r *Registry) Subscribe(ctx context.Context, actor Actor, id int64, name, plan string, years int) (customer.Subscription, error) {
	var s customer.Subscription
	err := r.keepAccount(ctx, actor, id, "subscribe", func(tx *Tx, a customer.Account) (changes, error) {
		var err error
		s, err = customer.Subscribe(ctx, tx.Tx, a, normalName(name), plan, years, tx.today.EPPTime())
		return changes{}.add("name", nil, s.Name).add("plan", nil, s.PlanName).add("price", nil, s.Price.String()), err
	})
	return s, err
}

// FreezePrice freezes the price of a name of an account, or lets it follow its
// plan again.
func (r *Registry) FreezePrice(ctx context.Context, actor Actor, id int64, name string, frozen bool) error {
	return r.keepAccount(ctx, actor, id, "freeze", func(tx *Tx, a customer.Account) (changes, error) {
		s, err := customer.Freeze(ctx, tx.Tx, a, normalName(name), frozen)
		return changes{}.add(s.Name, !frozen, frozen), err
	})
}

// SyncPrice brings the price of a name to that of its plan (B33).
func (r *Registry) SyncPrice(ctx context.Context, actor Actor, id int64, name string) error {
	return r.keepAccount(ctx, actor, id, "synchronise", func(tx *Tx, a customer.Account) (changes, error) {
		return changes{}.add("name", nil, normalName(name)), customer.Synchronise(ctx, tx.Tx, a, normalName(name), tx.today.EPPTime())
	})
}

// AddPaymentMethod stores a payment method: a gateway's token, never card data.
// The token is not in the history.
func (r *Registry) AddPaymentMethod(ctx context.Context, actor Actor, id int64, m customer.PaymentMethod) error {
	return r.keepAccount(ctx, actor, id, "payment method", func(tx *Tx, a customer.Account) (changes, error) {
		return changes{}.add("system", nil, m.System), customer.AddMethod(ctx, tx.Tx, a, m)
	})
}

// DisablePaymentMethod disables an account's payment methods of a system.
func (r *Registry) DisablePaymentMethod(ctx context.Context, actor Actor, id int64, system string) error {
	return r.keepAccount(ctx, actor, id, "payment method", func(tx *Tx, a customer.Account) (changes, error) {
		return changes{}.add("system", system, nil), customer.DisableMethod(ctx, tx.Tx, a, system)
	})
}

// AcceptTerms notes that the customer accepted the version of a document that
// was in force on a day; zero is today.
func (r *Registry) AcceptTerms(ctx context.Context, actor Actor, id int64, document string, on Date) (customer.Acceptance, error) {
	var got customer.Acceptance
	err := r.keepAccount(ctx, actor, id, "accept terms", func(tx *Tx, a customer.Account) (changes, error) {
		if on.IsZero() {
			on = tx.today
		}
		if on.After(tx.today) {
			return nil, Refuse(KindParamRange, "", "Nobody accepted anything on %s yet.", on).About("on", on.String())
		}
		var err error
		got, err = customer.Accept(ctx, tx.Tx, a, document, on.EPPTime())
		return changes{}.add("document", nil, document).add("version", nil, got.Version).add("on", nil, on), err
	})
	return got, err
}

// PutAccountUser adds somebody who may work with an account, or changes the
// rights; RemoveAccountUser takes them away.
func (r *Registry) PutAccountUser(ctx context.Context, actor Actor, id int64, u customer.User) error {
	return r.keepAccount(ctx, actor, id, "user", func(tx *Tx, a customer.Account) (changes, error) {
		return changes{}.add("login", nil, u.Login).add("role", nil, u.Role), customer.PutUser(tx.Tx, a, u)
	})
}

// RemoveAccountUser ends somebody's rights to an account.
func (r *Registry) RemoveAccountUser(ctx context.Context, actor Actor, id int64, login string) error {
	return r.keepAccount(ctx, actor, id, "user", func(tx *Tx, a customer.Account) (changes, error) {
		return changes{}.add("login", login, nil), customer.RemoveUser(ctx, tx.Tx, a, login)
	})
}

// SetTicket notes a ticket of the help desk by its reference, or takes it away.
func (r *Registry) SetTicket(ctx context.Context, actor Actor, id int64, reference string, gone bool) error {
	return r.keepAccount(ctx, actor, id, "ticket", func(tx *Tx, a customer.Account) (changes, error) {
		return changes{}.add("reference", nil, reference), customer.SetTicket(tx.Tx, a, reference, gone)
	})
}

// AdjustBalance issues a memo that changes the balance of an account: a positive
// amount is a debit.
func (r *Registry) AdjustBalance(ctx context.Context, actor Actor, id int64, amount billing.Money, text string) (billing.Memo, error) {
	var memo billing.Memo
	err := r.keepAccount(ctx, actor, id, "memo", func(tx *Tx, a customer.Account) (changes, error) {
		var err error
		memo, err = billing.IssueMemo(ctx, tx.Tx, billing.Memo{Account: a.ID, Kind: billing.MemoAdjustment, Amount: amount,
			Description: text, Dated: tx.today.EPPTime(), Staff: actor.Staff})
		return changes{}.add("memo", nil, memo.DocumentNumber()).add("amount", nil, amount.String()), err
	})
	return memo, err
}

// keepVendor lets staff change what a registrar sells.
func (r *Registry) keepVendor(ctx context.Context, actor Actor, tag, object, action string, fn func(*Tx, customer.Vendor) (changes, error)) error {
	return r.keepMoney(ctx, actor, func(tx *Tx) error {
		tag := strings.ToUpper(tag)
		var id int32
		// Whoever changes a vendor waits for the one before: what is read next holds.
		err := tx.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM (SELECT id FROM registrar WHERE tag = $1 FOR NO KEY UPDATE) r`, tag).Scan(&id)
		if err != nil {
			return err
		}
		v, err := customer.FindVendor(ctx, tx.Tx, tag)
		if err != nil {
			return err
		}
		c, err := fn(tx, v)
		if err == nil {
			tx.record(object, int64(v.Registrar), v.TAG, action, c)
		}
		return err
	})
}

// SetVendor changes what a registrar decided about its customers.
func (r *Registry) SetVendor(ctx context.Context, actor Actor, tag string, s customer.VendorSettings) error {
	return r.keepVendor(ctx, actor, tag, "vendor", "update", func(tx *Tx, v customer.Vendor) (changes, error) {
		c := changes{}
		if s.Parent != nil {
			*s.Parent = strings.ToUpper(*s.Parent)
			c.add("parent", v.Parent, *s.Parent)
		}
		if s.DefaultClass != nil {
			c.add("default class", v.DefaultClass, *s.DefaultClass)
		}
		if s.OwnDesk != nil {
			c.add("own desk", v.OwnDesk, *s.OwnDesk)
		}
		return c, customer.SetVendor(ctx, tx.Tx, v, s)
	})
}

// PutVendorRule sets a rule for sales persons or tax zones; one without a value
// goes.
func (r *Registry) PutVendorRule(ctx context.Context, actor Actor, tag string, rule customer.Rule) error {
	return r.keepVendor(ctx, actor, tag, "vendor", "rule", func(tx *Tx, v customer.Vendor) (changes, error) {
		return changes{}.add(string(rule.Kind), rule.Place, rule.Value), customer.PutRule(tx.Tx, v, rule)
	})
}

// PutPaymentSystem sets the gateway of a payment system of a registrar.
func (r *Registry) PutPaymentSystem(ctx context.Context, actor Actor, tag string, s customer.PaymentSystem) error {
	return r.keepVendor(ctx, actor, tag, "vendor", "payment system", func(tx *Tx, v customer.Vendor) (changes, error) {
		return changes{}.add(s.System, nil, s.Gateway).add("active", nil, s.Active), customer.PutSystem(tx.Tx, v, s)
	})
}

// PutSchedule sets a notification schedule of a registrar.
func (r *Registry) PutSchedule(ctx context.Context, actor Actor, tag string, s customer.Schedule) error {
	return r.keepVendor(ctx, actor, tag, "vendor", "schedule", func(tx *Tx, v customer.Vendor) (changes, error) {
		return changes{}.add(s.Name, nil, s.Days), customer.PutSchedule(tx.Tx, v, s)
	})
}

// PutServiceTerms sets service terms of a registrar.
func (r *Registry) PutServiceTerms(ctx context.Context, actor Actor, tag string, t customer.ServiceTerms) error {
	return r.keepVendor(ctx, actor, tag, "terms", "service terms", func(tx *Tx, v customer.Vendor) (changes, error) {
		return changes{}.add(t.Name, nil, t.Description), customer.PutServiceTerms(tx.Tx, v, t)
	})
}

// PutTerms adds a document of terms and conditions, or changes its title.
func (r *Registry) PutTerms(ctx context.Context, actor Actor, tag, code, title string) error {
	return r.keepVendor(ctx, actor, tag, "terms", "create", func(tx *Tx, v customer.Vendor) (changes, error) {
		return changes{}.add(code, nil, title), customer.PutTerms(tx.Tx, v, code, title)
	})
}

// PublishTerms adds a version of a document, in force from a day on. The day may
// lie in the past: versions of another system are entered with theirs.
func (r *Registry) PublishTerms(ctx context.Context, actor Actor, tag, code, version string, from Date) error {
	return r.keepVendor(ctx, actor, tag, "terms", "publish", func(tx *Tx, v customer.Vendor) (changes, error) {
		if from.IsZero() {
			from = tx.today
		}
		return changes{}.add(code, nil, version).add("from", nil, from),
			customer.Publish(ctx, tx.Tx, v, code, customer.TermsVersion{Version: version, From: from.EPPTime()})
	})
}

// PutPlan adds a plan of a registrar, or changes its terms and schedule.
func (r *Registry) PutPlan(ctx context.Context, actor Actor, tag string, p customer.Plan) error {
	return r.keepVendor(ctx, actor, tag, "plan", "set", func(tx *Tx, v customer.Vendor) (changes, error) {
		return changes{}.add(p.Name, nil, p.Zone).add("ancestor", nil, p.AncestorName), customer.PutPlan(ctx, tx.Tx, v, p)
	})
}

// SetPlanPrice adds a price to a plan, from today at the earliest; the system,
// which sets up a register, may set earlier ones.
func (r *Registry) SetPlanPrice(ctx context.Context, actor Actor, tag, plan string, price customer.PlanPrice) error {
	return r.keepVendor(ctx, actor, tag, "plan", "price", func(tx *Tx, v customer.Vendor) (changes, error) {
		from := dateFromUTC(price.From)
		if actor.IsStaff() && from.Before(tx.today) {
			return nil, Refuse(KindPolicy, "", "A price begins today, %s, at the earliest.", tx.today).About("from", from.String())
		}
		p, err := customer.FindPlan(ctx, tx.Tx, v.TAG, plan)
		if err != nil {
			return nil, err
		}
		return changes{}.add(plan, nil, price.Amount.String()).add("years", nil, price.Years).add("from", nil, from),
			customer.SetPlanPrice(ctx, tx.Tx, p, price, tx.today.EPPTime())
	})
}

// Promote adds a promotion to a plan.
func (r *Registry) Promote(ctx context.Context, actor Actor, tag, plan string, o customer.Promotion) error {
	return r.keepVendor(ctx, actor, tag, "plan", "promote", func(tx *Tx, v customer.Vendor) (changes, error) {
		p, err := customer.FindPlan(ctx, tx.Tx, v.TAG, plan)
		if err != nil {
			return nil, err
		}
		return changes{}.add(plan, nil, o.Name).add("discount", nil, o.Discount.Percent()).
			add("until", nil, o.To.Format(time.DateOnly)), customer.Promote(ctx, tx.Tx, p, o)
	})
}
