package customer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry/pg"
)

// Settings is what staff decide about an account; nil leaves as it is, "" takes
// away.
type Settings struct {
	Class, TaxZone, SalesPerson, SalesBranch, Schedule *string
	HolderRole                                         *Role
}

// New is an account that is to be opened.
type New struct {
	Handle   string // of the contact
	TAG      string // the vendor
	Currency string // "" for the vendor's
	Settings
}

// Create opens an account for a contact under a vendor. Class, tax zone and
// sales person come from the vendor's rules where nothing is said (B36). If the
// contact has one there already, that is returned and there is true.
func Create(ctx context.Context, tx *pg.Tx, n New) (a Account, there bool, err error) {
	v, err := FindVendor(ctx, tx, n.TAG)
	if err != nil {
		return a, false, err
	}
	if v.Kind == "detagged" || v.Closed {
		return a, false, refuse(billing.Excluded, "tag", n.TAG, "%s opens no accounts.", n.TAG)
	}
	if n.Currency == "" {
		n.Currency = v.Currency
	}
	if _, err := billing.Digits(n.Currency); err != nil {
		return a, false, refuse(billing.Invalid, "currency", n.Currency, "%v.", err)
	}
	var contact int64
	var country string
	var natural bool
	err = tx.QueryRow(ctx, `SELECT id, coalesce(postal->0->>'cc', ''), natural_person FROM contact WHERE handle = $1 FOR KEY SHARE`, n.Handle).
		Scan(&contact, &country, &natural)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, false, refuse(billing.Unknown, "contact", n.Handle, "There is no contact %q.", n.Handle)
	}
	if err != nil {
		return a, false, fmt.Errorf("read contact %s: %w", n.Handle, err)
	}
	var id int64
	err = tx.QueryRow(ctx, `INSERT INTO registrant_account (contact_id, contact_handle, registrar_id, currency, opened_at, class, tax_zone, sales_person)
		VALUES ($1, $2, $3, $4, $5, $6, nullif($7, ''), nullif($8, ''))
		ON CONFLICT (contact_id, registrar_id) WHERE status = 'active' DO NOTHING RETURNING id`,
		contact, n.Handle, v.Registrar, n.Currency, tx.Now, v.DefaultClass, v.Choose(TaxZoneRule, country, natural),
		v.Choose(SalesPersonRule, country, natural)).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		have, err := Of(ctx, tx, contact, v.Registrar)
		if err == nil && have == nil {
			err = fmt.Errorf("the account of %s under %s came and went", n.Handle, n.TAG)
		}
		if err != nil {
			return a, false, err
		}
		return *have, true, nil
	}
	if err != nil {
		return a, false, fmt.Errorf("open an account for %s: %w", n.Handle, err)
	}
	a, err = Find(ctx, tx, id)
	if err == nil {
		err = Update(ctx, tx, a, n.Settings)
	}
	if err == nil {
		a, err = Find(ctx, tx, id)
	}
	return a, false, err
}

// Update changes the settings of an account that was locked.
func Update(ctx context.Context, tx *pg.Tx, a Account, s Settings) error {
	err := a.mustBeActive()
	if err != nil {
		return err
	}
	var schedule *int64
	if s.Schedule != nil {
		schedule, err = idOf(ctx, tx, schedules, a.Registrar, *s.Schedule)
		if err != nil {
			return err
		}
	}
	if s.Class != nil && *s.Class == "" {
		return refuse(billing.Invalid, "class", "", "An account has a customer class.")
	}
	if s.HolderRole != nil && !slices.Contains(Roles(), *s.HolderRole) {
		return refuse(billing.Invalid, "role", string(*s.HolderRole), "%q is not a role.", *s.HolderRole)
	}
	tx.Queue(`UPDATE registrant_account SET class = coalesce($2, class),
		tax_zone = CASE WHEN $3::text IS NULL THEN tax_zone ELSE nullif($3, '') END,
		sales_person = CASE WHEN $4::text IS NULL THEN sales_person ELSE nullif($4, '') END,
		sales_branch = CASE WHEN $5::text IS NULL THEN sales_branch ELSE nullif($5, '') END,
		schedule_id = CASE WHEN $6 THEN $7 ELSE schedule_id END, holder_role = coalesce($8, holder_role) WHERE id = $1`,
		a.ID, s.Class, s.TaxZone, s.SalesPerson, s.SalesBranch, s.Schedule != nil, schedule, s.HolderRole)
	return nil
}

func (a Account) mustBeActive() error {
	if a.Status == Active {
		return nil
	}
	return refuse(billing.Excluded, "account", fmt.Sprint(a.ID), "Account %d is %s.", a.ID, a.Status)
}

// LockActive locks an account that is to be changed and returns it.
func LockActive(ctx context.Context, tx *pg.Tx, id int64) (Account, error) {
	err := Lock(ctx, tx, id)
	if err != nil {
		return Account{}, err
	}
	a, err := Find(ctx, tx, id)
	if err == nil {
		err = a.mustBeActive()
	}
	return a, err
}

// Subscribe gives a name of an account a plan of its vendor, or another one: at
// the price of the day, which is a synchronisation (B33).
func Subscribe(ctx context.Context, tx *pg.Tx, a Account, name, plan string, years int, on time.Time) (Subscription, error) {
	s, err := nameOf(ctx, tx, a, name)
	if err != nil {
		return s, err
	}
	p, err := FindPlan(ctx, tx, a.TAG, plan)
	if err != nil {
		return s, err
	}
	if p.Zone != s.Zone {
		return s, refuse(billing.Invalid, "plan", plan, "The plan %q is for .%s, not for %s.", plan, p.Zone, s.Name)
	}
	price, promotion, ok := p.PriceOn(years, a.Currency, on)
	if !ok {
		return s, refuse(billing.Excluded, "plan", plan, "The plan %q has no price in %s for %d years on %s.", plan, a.Currency, years,
			on.Format(time.DateOnly))
	}
	tx.Queue(`INSERT INTO plan_subscription (domain_id, account_id, registrar_id, plan_id, years, currency, price, promotion_id, frozen,
			service_terms_id, schedule_id, synced_on)
		VALUES ($1, $2, $3, $4, $5, $6, $7, nullif($8, 0::bigint), $9, nullif($10, 0::bigint), nullif($11, 0::bigint), $12)
		ON CONFLICT (domain_id) DO UPDATE SET account_id = excluded.account_id, registrar_id = excluded.registrar_id,
			plan_id = excluded.plan_id, years = excluded.years, currency = excluded.currency, price = excluded.price,
			promotion_id = excluded.promotion_id, frozen = excluded.frozen, service_terms_id = excluded.service_terms_id,
			schedule_id = excluded.schedule_id, synced_on = excluded.synced_on`,
		s.DomainID, a.ID, a.Registrar, p.ID, years, price.Currency, price.Minor, promotion.ID, p.Freezes, p.TermsID, p.ScheduleID, on)
	s.Plan, s.PlanName, s.Years, s.Price, s.Frozen = p.ID, p.Name, years, price, p.Freezes
	return s, nil
}

func nameOf(ctx context.Context, tx *pg.Tx, a Account, name string) (Subscription, error) {
	names, err := read(ctx, tx, "names of an account", scanSubscription, subscriptionSQL+` WHERE a.id = $1 AND d.name = $2`, a.ID, name)
	if err != nil {
		return Subscription{}, err
	}
	if len(names) == 0 {
		return Subscription{}, refuse(billing.Unknown, "name", name, "%s is not a name of account %d: its registrant is %s and its tag %s.",
			name, a.ID, a.Handle, a.TAG)
	}
	return names[0], nil
}

// Freeze freezes the price of a name, or lets it follow its plan again.
func Freeze(ctx context.Context, tx *pg.Tx, a Account, name string, frozen bool) (Subscription, error) {
	s, err := subscribed(ctx, tx, a, name)
	if err == nil {
		s.Frozen = frozen
		tx.Queue(`UPDATE plan_subscription SET frozen = $2 WHERE domain_id = $1`, s.DomainID, frozen)
	}
	return s, err
}

// Synchronise brings the price of a name to that of its plan (B33), by hand.
func Synchronise(ctx context.Context, tx *pg.Tx, a Account, name string, on time.Time) error {
	s, err := subscribed(ctx, tx, a, name)
	if err != nil {
		return err
	}
	if s.Frozen {
		return refuse(billing.Excluded, "name", name, "The price of %s is frozen.", name)
	}
	QueueSync(tx, []int64{s.DomainID}, on)
	return nil
}

func subscribed(ctx context.Context, tx *pg.Tx, a Account, name string) (Subscription, error) {
	s, err := nameOf(ctx, tx, a, name)
	if err == nil && s.Plan == 0 {
		err = refuse(billing.Unknown, "name", name, "%s has no plan.", name)
	}
	return s, err
}

// AddMethod stores a payment method of a system that the vendor accepts.
func AddMethod(ctx context.Context, tx *pg.Tx, a Account, m PaymentMethod) error {
	err := m.Check()
	if err != nil {
		return err
	}
	v, err := FindVendor(ctx, tx, a.TAG)
	if err != nil {
		return err
	}
	gateway, ok := v.Gateway(m.System)
	if !ok {
		return refuse(billing.Excluded, "system", m.System, "%s does not accept %s.", a.TAG, m.System)
	}
	tx.Queue(`INSERT INTO account_payment_method (account_id, system, gateway, token, hint, state, added_at)
		VALUES ($1, $2, $3, $4, $5, 'active', $6)`, a.ID, m.System, gateway, m.Token, m.Hint, tx.Now)
	return nil
}

// DisableMethod disables the payment methods of an account for a system.
func DisableMethod(ctx context.Context, tx *pg.Tx, a Account, system string) error {
	tag, err := tx.Exec(ctx, `UPDATE account_payment_method SET state = 'disabled' WHERE account_id = $1 AND system = $2 AND state = 'active'`, a.ID, system)
	if err != nil {
		return fmt.Errorf("disable a payment method: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return refuse(billing.Unknown, "system", system, "Account %d has no payment method for %s.", a.ID, system)
	}
	return nil
}

// Accept notes that the customer accepted the version of a document of its
// vendor that was in force on a civil day.
func Accept(ctx context.Context, tx *pg.Tx, a Account, code string, on time.Time) (Acceptance, error) {
	all, err := AllTerms(ctx, tx, a.TAG)
	if err != nil {
		return Acceptance{}, err
	}
	i := slices.IndexFunc(all, func(t Terms) bool { return t.Code == code })
	if i < 0 {
		return Acceptance{}, refuse(billing.Unknown, "document", code, "%s has no terms and conditions %q.", a.TAG, code)
	}
	v, ok := all[i].VersionOn(on)
	if !ok {
		return Acceptance{}, refuse(billing.Excluded, "on", on.Format(time.DateOnly), "No version of %q was in force on %s.", code, on.Format(time.DateOnly))
	}
	tx.Queue(`INSERT INTO terms_acceptance (account_id, document_id, version, accepted_on) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		a.ID, all[i].ID, v.Version, on)
	return Acceptance{Document: all[i].ID, Code: code, Version: v.Version, On: on}, nil
}

// PutUser adds somebody who may work with an account, or changes the rights.
func PutUser(tx *pg.Tx, a Account, u User) error {
	if u.Login == "" || u.Email == "" || !slices.Contains(Roles(), u.Role) {
		return refuse(billing.Invalid, "user", u.Login, "A user has a login, an e-mail address and a role: full access, billing, technical or view.")
	}
	if u.Privileges == nil {
		u.Privileges = []string{}
	}
	tx.Queue(`INSERT INTO account_user (account_id, login, name, email, role, privileges) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (account_id, login) DO UPDATE SET name = excluded.name, email = excluded.email, role = excluded.role,
			privileges = excluded.privileges`, a.ID, u.Login, u.Name, u.Email, u.Role, u.Privileges)
	return nil
}

// RemoveUser takes somebody's rights to an account away.
func RemoveUser(ctx context.Context, tx *pg.Tx, a Account, login string) error {
	tag, err := tx.Exec(ctx, `DELETE FROM account_user WHERE account_id = $1 AND login = $2`, a.ID, login)
	if err != nil {
		return fmt.Errorf("remove a user: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return refuse(billing.Unknown, "user", login, "Account %d has no user %q.", a.ID, login)
	}
	return nil
}

// SetTicket notes a ticket of the help desk, or takes it away.
func SetTicket(tx *pg.Tx, a Account, reference string, gone bool) error {
	if reference == "" {
		return refuse(billing.Invalid, "ticket", "", "A ticket has a reference.")
	}
	if gone {
		tx.Queue(`DELETE FROM account_ticket WHERE account_id = $1 AND reference = $2`, a.ID, reference)
		return nil
	}
	tx.Queue(`INSERT INTO account_ticket (account_id, reference) VALUES ($1, $2) ON CONFLICT DO NOTHING`, a.ID, reference)
	return nil
}
