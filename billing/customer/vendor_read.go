package customer

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
)

// FindVendor returns a registrar with what it decided about its customers. A tag
// that does not exist is a *billing.Refusal.
func FindVendor(ctx context.Context, q Querier, tag string) (Vendor, error) {
	list, err := read(ctx, q, "vendor", func(row pgx.CollectableRow) (Vendor, error) {
		var v Vendor
		err := row.Scan(&v.Registrar, &v.TAG, &v.Name, &v.URL, &v.Language, &v.Currency, &v.Kind, &v.Closed, &v.Parent, &v.DefaultClass, &v.OwnDesk)
		return v, err
	}, `SELECT r.id, r.tag, coalesce(r.trad_name, r.name), coalesce(r.url, ''), r.language, r.currency, r.kind, r.state = 'closed', coalesce(p.tag, ''),
			coalesce(v.default_class, 'standard'), coalesce(v.own_desk, false)
		FROM registrar r LEFT JOIN vendor v ON v.registrar_id = r.id LEFT JOIN registrar p ON p.id = v.parent_id WHERE r.tag = $1`, tag)
	if err != nil {
		return Vendor{}, err
	}
	if len(list) == 0 {
		return Vendor{}, refuse(billing.Unknown, "to", tag, "There is no tag %q.", tag)
	}
	v := list[0]
	v.Rules, err = read(ctx, q, "rules", pgx.RowToStructByPos[Rule], `SELECT kind, place, coalesce(country, ''), natural_person, value
		FROM vendor_rule WHERE registrar_id = $1 ORDER BY kind, place`, v.Registrar)
	if err == nil {
		v.Systems, err = read(ctx, q, "payment systems", pgx.RowToStructByPos[PaymentSystem], `SELECT system, gateway, active
			FROM payment_system WHERE registrar_id = $1 ORDER BY system`, v.Registrar)
	}
	if err == nil {
		v.Plans, err = Plans(ctx, q, tag, "")
	}
	if err == nil {
		v.Terms, err = AllTerms(ctx, q, tag)
	}
	return v, err
}

// SubRegistrars returns the tags of a registrar's sub-registrars.
func SubRegistrars(ctx context.Context, q Querier, registrar int32) ([]string, error) {
	return read(ctx, q, "sub-registrars", pgx.RowTo[string], `SELECT r.tag FROM vendor v JOIN registrar r ON r.id = v.registrar_id
		WHERE v.parent_id = $1 ORDER BY r.tag`, registrar)
}

// Plans returns plans with their prices and promotions, by tag and name. An
// empty tag or name chooses all.
func Plans(ctx context.Context, q Querier, tag, name string) ([]Plan, error) {
	plans, err := read(ctx, q, "plans", func(row pgx.CollectableRow) (Plan, error) {
		var p Plan
		err := row.Scan(&p.ID, &p.TAG, &p.Zone, &p.Name, &p.Ancestor, &p.AncestorName, &p.ServiceTerms, &p.TermsID, &p.Schedule,
			&p.ScheduleID, &p.Document, &p.DocumentID, &p.Freezes)
		return p, err
	}, `SELECT p.id, r.tag, z.name, p.name, coalesce(a.id, 0), coalesce(a.name, ''), coalesce(t.name, ''), coalesce(t.id, 0),
			coalesce(s.name, ''), coalesce(s.id, 0), coalesce(d.code, ''), coalesce(d.id, 0), p.freezes
		FROM plan p JOIN registrar r ON r.id = p.registrar_id JOIN zone z ON z.id = p.zone_id LEFT JOIN plan a ON a.id = p.ancestor_id
		LEFT JOIN service_terms t ON t.id = p.service_terms_id LEFT JOIN notification_schedule s ON s.id = p.schedule_id
		LEFT JOIN terms_document d ON d.id = p.document_id
		WHERE ($1 = '' OR r.tag = $1) AND ($2 = '' OR p.name = $2) ORDER BY r.tag, p.name`, tag, name)
	if err != nil || len(plans) == 0 {
		return plans, err
	}
	at := map[int64]*Plan{}
	ids := make([]int64, len(plans))
	for i := range plans {
		ids[i], at[plans[i].ID] = plans[i].ID, &plans[i]
	}
	_, err = read(ctx, q, "plans' prices", func(row pgx.CollectableRow) (struct{}, error) {
		var id int64
		var p PlanPrice
		err := row.Scan(&id, &p.Years, &p.Amount.Minor, &p.Amount.Currency, &p.From)
		if err == nil {
			at[id].Prices = append(at[id].Prices, p)
		}
		return struct{}{}, err
	}, `SELECT plan_id, years, amount, currency, valid_from FROM plan_price WHERE plan_id = ANY ($1)
		ORDER BY plan_id, currency, years, valid_from`, ids)
	if err != nil {
		return nil, err
	}
	_, err = read(ctx, q, "promotions", func(row pgx.CollectableRow) (struct{}, error) {
		var id int64
		var p Promotion
		err := row.Scan(&id, &p.ID, &p.Name, &p.Discount, &p.From, &p.To)
		if err == nil {
			at[id].Promotions = append(at[id].Promotions, p)
		}
		return struct{}{}, err
	}, `SELECT plan_id, id, name, discount, valid_from, valid_to FROM promotion WHERE plan_id = ANY ($1) ORDER BY id`, ids)
	return plans, err
}

// FindPlan returns a vendor's plan. One that does not exist is a
// *billing.Refusal.
func FindPlan(ctx context.Context, q Querier, tag, name string) (Plan, error) {
	list, err := Plans(ctx, q, tag, name)
	if err != nil {
		return Plan{}, err
	}
	if tag == "" || name == "" || len(list) == 0 {
		return Plan{}, refuse(billing.Unknown, "plan", name, "%s has no plan %q.", tag, name)
	}
	return list[0], nil
}

// AllTerms returns documents of terms and conditions with their versions. An
// empty tag chooses those of all vendors.
func AllTerms(ctx context.Context, q Querier, tag string) ([]Terms, error) {
	var all []Terms
	_, err := read(ctx, q, "terms and conditions", func(row pgx.CollectableRow) (struct{}, error) {
		var t Terms
		var version *string
		var from *time.Time
		err := row.Scan(&t.ID, &t.TAG, &t.Code, &t.Title, &version, &from)
		if err != nil {
			return struct{}{}, err
		}
		if n := len(all); n == 0 || all[n-1].ID != t.ID {
			all = append(all, t)
		}
		if version != nil {
			last := &all[len(all)-1]
			last.Versions = append(last.Versions, TermsVersion{*version, *from})
		}
		return struct{}{}, nil
	}, `SELECT d.id, r.tag, d.code, d.title, v.version, v.valid_from FROM terms_document d JOIN registrar r ON r.id = d.registrar_id
		LEFT JOIN terms_version v ON v.document_id = d.id WHERE $1 = '' OR r.tag = $1 ORDER BY r.tag, d.code, v.valid_from`, tag)
	return all, err
}

// ServiceTerms are what a vendor promises with a plan.
type ServiceTerms struct {
	TAG, Name, Description string
}

// Schedule says on which days a vendor writes to its customers: days before E,
// negative after it. The registry itself sends nothing by it.
type Schedule struct {
	TAG, Name string
	Days      []int16
}

// AllServiceTerms returns the service terms of a vendor, of all for "".
func AllServiceTerms(ctx context.Context, q Querier, tag string) ([]ServiceTerms, error) {
	return read(ctx, q, "service terms", pgx.RowToStructByPos[ServiceTerms], `SELECT r.tag, t.name, t.description FROM service_terms t
		JOIN registrar r ON r.id = t.registrar_id WHERE $1 = '' OR r.tag = $1 ORDER BY r.tag, t.name`, tag)
}

// Schedules returns the notification schedules of a vendor, of all for "".
func Schedules(ctx context.Context, q Querier, tag string) ([]Schedule, error) {
	return read(ctx, q, "schedules", pgx.RowToStructByPos[Schedule], `SELECT r.tag, s.name, s.days FROM notification_schedule s
		JOIN registrar r ON r.id = s.registrar_id WHERE $1 = '' OR r.tag = $1 ORDER BY r.tag, s.name`, tag)
}
