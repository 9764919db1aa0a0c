package customer

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry/pg"
)

// The tables of things that a vendor has by name, for idOf.
const (
	schedules    = `SELECT id FROM notification_schedule WHERE registrar_id = $1 AND name = $2`
	serviceTerms = `SELECT id FROM service_terms WHERE registrar_id = $1 AND name = $2`
	documents    = `SELECT id FROM terms_document WHERE registrar_id = $1 AND code = $2`
)

var called = map[string]string{schedules: "notification schedule", serviceTerms: "service terms", documents: "terms and conditions"}

// idOf finds something of a vendor by name; "" is none.
func idOf(ctx context.Context, tx *pg.Tx, query string, registrar int32, name string) (*int64, error) {
	if name == "" {
		return nil, nil
	}
	var id int64
	err := tx.QueryRow(ctx, query, registrar, name).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, refuse(billing.Unknown, called[query], name, "The vendor has no %s %q.", called[query], name)
	}
	if err != nil {
		return nil, fmt.Errorf("find the %s %q: %w", called[query], name, err)
	}
	return &id, nil
}

// VendorSettings is what staff decide about a vendor; nil leaves as it is.
type VendorSettings struct {
	Parent       *string // the tag whose sub-registrar it becomes; "" ends that
	DefaultClass *string
	OwnDesk      *bool
}

// SetVendor changes what a vendor decided. A sub-registrar has no sub-registrars
// itself (B37).
func SetVendor(ctx context.Context, tx *pg.Tx, v Vendor, s VendorSettings) error {
	if s.DefaultClass != nil && *s.DefaultClass == "" {
		return refuse(billing.Invalid, "class", "", "A vendor has a default customer class.")
	}
	var parent *int32
	if s.Parent != nil && *s.Parent != "" {
		p, err := FindVendor(ctx, tx, *s.Parent)
		if err != nil {
			return err
		}
		subs, err := SubRegistrars(ctx, tx, v.Registrar)
		if err != nil {
			return err
		}
		switch {
		case v.Kind != "registrar" || p.Kind != "registrar" || p.Registrar == v.Registrar:
			return refuse(billing.Invalid, "parent", p.TAG, "%s cannot be a sub-registrar of %s.", v.TAG, p.TAG)
		case p.Parent != "":
			return refuse(billing.Excluded, "parent", p.TAG, "%s is a sub-registrar itself, of %s.", p.TAG, p.Parent)
		case len(subs) > 0:
			return refuse(billing.Excluded, "parent", p.TAG, "%s has sub-registrars itself.", v.TAG)
		}
		parent = &p.Registrar
		tx.Queue(`INSERT INTO vendor (registrar_id) VALUES ($1) ON CONFLICT DO NOTHING`, p.Registrar)
	}
	tx.Queue(`INSERT INTO vendor (registrar_id) VALUES ($1) ON CONFLICT DO NOTHING`, v.Registrar)
	tx.Queue(`UPDATE vendor SET parent_id = CASE WHEN $2 THEN $3 ELSE parent_id END, default_class = coalesce($4, default_class),
		own_desk = coalesce($5, own_desk) WHERE registrar_id = $1`, v.Registrar, s.Parent != nil, parent, s.DefaultClass, s.OwnDesk)
	return nil
}

var countryForm = regexp.MustCompile(`^[A-Z]{2}$`)

// PutRule sets the rule at a place; one without a value goes.
func PutRule(tx *pg.Tx, v Vendor, r Rule) error {
	switch {
	case r.Place < 1 || r.Place > 1000:
		return refuse(billing.Invalid, "place", fmt.Sprint(r.Place), "The place of a rule is a number from 1 to 1000.")
	case r.Kind != SalesPersonRule && r.Kind != TaxZoneRule:
		return refuse(billing.Invalid, "kind", string(r.Kind), "A rule is for the %s or the %s.", SalesPersonRule, TaxZoneRule)
	case r.Country != "" && !countryForm.MatchString(r.Country):
		return refuse(billing.Invalid, "country", r.Country, "%q is not a country code of ISO 3166-1.", r.Country)
	}
	tx.Queue(`DELETE FROM vendor_rule WHERE registrar_id = $1 AND kind = $2 AND place = $3`, v.Registrar, r.Kind, r.Place)
	if r.Value != "" {
		tx.Queue(`INSERT INTO vendor_rule (registrar_id, kind, place, country, natural_person, value) VALUES ($1, $2, $3, nullif($4, ''), $5, $6)`,
			v.Registrar, r.Kind, r.Place, r.Country, r.Natural, r.Value)
	}
	return nil
}

var systemForm = regexp.MustCompile(`^[a-z0-9][a-z0-9 -]*$`)

// PutSystem sets the gateway of a payment system. Methods that are stored keep
// theirs.
func PutSystem(tx *pg.Tx, v Vendor, s PaymentSystem) error {
	if !systemForm.MatchString(s.System) || s.Gateway == "" {
		return refuse(billing.Invalid, "system", s.System, "A payment system is named in small letters, such as visa, and has a gateway.")
	}
	tx.Queue(`INSERT INTO payment_system (registrar_id, system, gateway, active) VALUES ($1, $2, $3, $4)
		ON CONFLICT (registrar_id, system) DO UPDATE SET gateway = excluded.gateway, active = excluded.active`,
		v.Registrar, s.System, s.Gateway, s.Active)
	return nil
}

// PutSchedule sets a notification schedule.
func PutSchedule(tx *pg.Tx, v Vendor, s Schedule) error {
	if s.Name == "" {
		return refuse(billing.Invalid, "schedule", "", "A schedule has a name.")
	}
	tx.Queue(`INSERT INTO notification_schedule (registrar_id, name, days) VALUES ($1, $2, $3)
		ON CONFLICT (registrar_id, name) DO UPDATE SET days = excluded.days`, v.Registrar, s.Name, s.Days)
	return nil
}

// PutServiceTerms sets service terms.
func PutServiceTerms(tx *pg.Tx, v Vendor, t ServiceTerms) error {
	if t.Name == "" {
		return refuse(billing.Invalid, "terms", "", "Service terms have a name.")
	}
	tx.Queue(`INSERT INTO service_terms (registrar_id, name, description) VALUES ($1, $2, $3)
		ON CONFLICT (registrar_id, name) DO UPDATE SET description = excluded.description`, v.Registrar, t.Name, t.Description)
	return nil
}

var codeForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// PutTerms adds a document of terms and conditions, or changes its title.
func PutTerms(tx *pg.Tx, v Vendor, code, title string) error {
	if !codeForm.MatchString(code) || title == "" {
		return refuse(billing.Invalid, "document", code, "A document has a code of small letters, digits and hyphens, and a title.")
	}
	tx.Queue(`INSERT INTO terms_document (registrar_id, code, title) VALUES ($1, $2, $3)
		ON CONFLICT (registrar_id, code) DO UPDATE SET title = excluded.title`, v.Registrar, code, title)
	return nil
}

// Publish adds a version of a document, in force from a civil day. What was
// published stays.
func Publish(ctx context.Context, tx *pg.Tx, v Vendor, code string, version TermsVersion) error {
	id, err := idOf(ctx, tx, documents, v.Registrar, code)
	if err != nil {
		return err
	}
	if id == nil || version.Version == "" {
		return refuse(billing.Invalid, "version", version.Version, "Give the document and the version.")
	}
	tag, err := tx.Exec(ctx, `INSERT INTO terms_version (document_id, version, valid_from) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		*id, version.Version, version.From)
	if err != nil {
		return fmt.Errorf("publish %s %s: %w", code, version.Version, err)
	}
	if tag.RowsAffected() == 0 {
		return refuse(billing.Excluded, "version", version.Version, "%q has a version %s already, or another from %s.", code, version.Version,
			version.From.Format(time.DateOnly))
	}
	return nil
}

// PutPlan adds a plan or changes what it refers to. Zone and ancestor are for
// good: the ancestor names a plan of the registry for the same zone.
func PutPlan(ctx context.Context, tx *pg.Tx, v Vendor, p Plan) error {
	if p.Name == "" {
		return refuse(billing.Invalid, "plan", "", "A plan has a name.")
	}
	terms, err := idOf(ctx, tx, serviceTerms, v.Registrar, p.ServiceTerms)
	if err != nil {
		return err
	}
	schedule, err := idOf(ctx, tx, schedules, v.Registrar, p.Schedule)
	if err != nil {
		return err
	}
	document, err := idOf(ctx, tx, documents, v.Registrar, p.Document)
	if err != nil {
		return err
	}
	for _, have := range v.Plans {
		if have.Name != p.Name {
			if p.AncestorName != "" && have.AncestorName == p.AncestorName {
				return delegatedAlready(v, p)
			}
			continue
		}
		if have.Zone != p.Zone || have.AncestorName != p.AncestorName {
			return refuse(billing.Excluded, "plan", p.Name, "The zone and the ancestor of the plan %q are for good.", p.Name)
		}
		tx.Queue(`UPDATE plan SET service_terms_id = $2, schedule_id = $3, document_id = $4, freezes = $5 WHERE id = $1`,
			have.ID, terms, schedule, document, p.Freezes)
		return nil
	}
	ancestor, err := p.ancestor(ctx, tx, v)
	if err != nil {
		return err
	}
	var zone int32
	err = tx.QueryRow(ctx, `SELECT id FROM zone WHERE name = $1`, p.Zone).Scan(&zone)
	if errors.Is(err, pgx.ErrNoRows) {
		return refuse(billing.Unknown, "zone", p.Zone, "There is no zone %q.", p.Zone)
	}
	if err != nil {
		return fmt.Errorf("read zone %s: %w", p.Zone, err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO plan (registrar_id, zone_id, name, ancestor_id, service_terms_id, schedule_id, document_id, freezes)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, v.Registrar, zone, p.Name, ancestor, terms, schedule, document, p.Freezes)
	switch pg.ConstraintName(err) {
	case "plan_one_of_ancestor":
		return delegatedAlready(v, p)
	case "plan_registrar_id_name_key":
		return refuse(billing.Excluded, "plan", p.Name, "%s has a plan %q already.", v.TAG, p.Name)
	}
	if err != nil {
		return fmt.Errorf("add plan %q: %w", p.Name, err)
	}
	return nil
}

func delegatedAlready(v Vendor, p Plan) error {
	return refuse(billing.Excluded, "ancestor", p.AncestorName, "%s has a plan delegated from %q already.", v.TAG, p.AncestorName)
}

// ancestor finds the plan of the registry from which p is delegated, nil for
// none.
func (p Plan) ancestor(ctx context.Context, tx *pg.Tx, v Vendor) (*int64, error) {
	if p.AncestorName == "" {
		return nil, nil
	}
	if v.Kind == "registry" {
		return nil, refuse(billing.Invalid, "ancestor", p.AncestorName, "The registry's own plans have no ancestor.")
	}
	var id int64
	var zone string
	err := tx.QueryRow(ctx, `SELECT p.id, z.name FROM plan p JOIN registrar r ON r.id = p.registrar_id JOIN zone z ON z.id = p.zone_id
		WHERE r.kind = 'registry' AND p.name = $1`, p.AncestorName).Scan(&id, &zone)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, refuse(billing.Unknown, "ancestor", p.AncestorName, "The registry has no plan %q.", p.AncestorName)
	case err != nil:
		return nil, fmt.Errorf("read plan %q: %w", p.AncestorName, err)
	case zone != p.Zone:
		return nil, refuse(billing.Invalid, "ancestor", p.AncestorName, "The plan %q is for .%s.", p.AncestorName, zone)
	}
	return &id, nil
}

// SetPlanPrice adds a price to a plan. One that holds already is not altered:
// from is today at the earliest, and a later one may be set anew.
func SetPlanPrice(ctx context.Context, tx *pg.Tx, p Plan, price PlanPrice, today time.Time) error {
	_, err := billing.Digits(price.Amount.Currency)
	switch {
	case err != nil:
		return refuse(billing.Invalid, "currency", price.Amount.Currency, "%v.", err)
	case price.Years < 1 || price.Years > 10 || price.Amount.Minor < 0:
		return refuse(billing.Invalid, "price", price.Amount.Decimal(), "A price is for 1 to 10 years and not negative.")
	}
	tag, err := tx.Exec(ctx, `INSERT INTO plan_price (plan_id, years, currency, valid_from, amount) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (plan_id, years, currency, valid_from) DO UPDATE SET amount = excluded.amount
		WHERE plan_price.valid_from > $6 OR plan_price.amount = excluded.amount`,
		p.ID, price.Years, price.Amount.Currency, price.From, price.Amount.Minor, today)
	if err != nil {
		return fmt.Errorf("set the price of plan %q: %w", p.Name, err)
	}
	if tag.RowsAffected() == 0 {
		return refuse(billing.Excluded, "from", price.From.Format(time.DateOnly), "That price holds today already: set the new one from a later day.")
	}
	return nil
}

// Promote adds a promotion to a plan.
func Promote(ctx context.Context, tx *pg.Tx, p Plan, o Promotion) error {
	if o.Name == "" || o.Discount < 1 || o.Discount > 10000 || o.To.Before(o.From) {
		return refuse(billing.Invalid, "promotion", o.Name, "A promotion has a name, a discount of up to 100 %% and ends no sooner than it begins.")
	}
	tag, err := tx.Exec(ctx, `INSERT INTO promotion (plan_id, name, discount, valid_from, valid_to) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`, p.ID, o.Name, o.Discount, o.From, o.To)
	if err != nil {
		return fmt.Errorf("add promotion %q: %w", o.Name, err)
	}
	if tag.RowsAffected() == 0 {
		return refuse(billing.Excluded, "promotion", o.Name, "The plan %q has a promotion %q already.", p.Name, o.Name)
	}
	return nil
}
