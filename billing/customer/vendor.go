package customer

import (
	"slices"
	"time"

	"github.com/namekeep/namekeep/billing"
)

// Vendor is a registrar with what it decided about its customers (B21).
type Vendor struct {
	Registrar    int32
	TAG          string
	Name         string
	URL          string
	Language     string // of its customers' messages, ISO 639-1
	Currency     string
	Kind         string // registrar, registry or detagged
	Closed       bool
	Parent       string // the tag whose sub-registrar it is; "" for none
	DefaultClass string // customer class
	OwnDesk      bool   // false: tickets are on the registry's help desk
	Rules        []Rule
	Systems      []PaymentSystem
	Plans        []Plan
	Terms        []Terms
}

// RuleKind says what a rule chooses.
type RuleKind string

// The kinds of rule.
const (
	SalesPersonRule RuleKind = "sales person"
	TaxZoneRule     RuleKind = "tax zone"
)

// Rule chooses the sales person or the tax zone of a customer.
type Rule struct {
	Kind    RuleKind
	Place   int    // the first that fits counts
	Country string // "" for any
	Natural *bool  // nil for either
	Value   string
}

// Choose returns the value of the first rule of a kind that fits a customer, ""
// for none (B36).
func (v Vendor) Choose(kind RuleKind, country string, natural bool) string {
	rules := slices.SortedFunc(slices.Values(v.Rules), func(a, b Rule) int { return a.Place - b.Place })
	for _, r := range rules {
		if r.Kind == kind && (r.Country == "" || r.Country == country) && (r.Natural == nil || *r.Natural == natural) {
			return r.Value
		}
	}
	return ""
}

// PaymentSystem is a way to pay that a vendor accepts, through one gateway.
type PaymentSystem struct {
	System  string
	Gateway string
	Active  bool
}

// Gateway returns the gateway for a payment system, false if the vendor does not
// accept it.
func (v Vendor) Gateway(system string) (string, bool) {
	for _, s := range v.Systems {
		if s.System == system && s.Active {
			return s.Gateway, true
		}
	}
	return "", false
}

// Terms is a document of terms and conditions with its versions.
type Terms struct {
	ID       int64
	TAG      string
	Code     string
	Title    string
	Versions []TermsVersion // by day
}

// TermsVersion is in force from its day until that of the next one.
type TermsVersion struct {
	Version string
	From    time.Time // civil day
}

// VersionOn returns the version in force on a civil day, false for none.
func (t Terms) VersionOn(day time.Time) (TermsVersion, bool) {
	var found TermsVersion
	ok := false
	for _, v := range t.Versions {
		if !v.From.After(day) && (!ok || v.From.After(found.From)) {
			found, ok = v, true
		}
	}
	return found, ok
}

func (v Vendor) terms(id int64) (Terms, bool) {
	i := slices.IndexFunc(v.Terms, func(t Terms) bool { return t.ID == id })
	if i < 0 {
		return Terms{}, false
	}
	return v.Terms[i], true
}

// Plan is what a vendor sells in a zone: possibly delegated from the registry's
// plan, its ancestor.
type Plan struct {
	ID           int64
	TAG          string
	Zone         string
	Name         string
	Ancestor     int64 // 0: none
	AncestorName string
	ServiceTerms string
	TermsID      int64 // of ServiceTerms; 0: none
	Schedule     string
	ScheduleID   int64
	Document     string // code of the terms and conditions
	DocumentID   int64  // 0: none
	Freezes      bool   // prices of new subscriptions are frozen
	Prices       []PlanPrice
	Promotions   []Promotion
}

// PlanPrice is a vendor's price to registrants.
type PlanPrice struct {
	Years  int
	Amount billing.Money // net
	From   time.Time     // civil day
}

// Promotion lowers the prices of a plan for a while.
type Promotion struct {
	ID       int64
	Name     string
	Discount billing.BasisPoints
	From, To time.Time // first and last civil day
}

// Root is what plans with the same ancestor share: the ancestor, or the plan
// itself if it has none.
func (p Plan) Root() int64 {
	if p.Ancestor != 0 {
		return p.Ancestor
	}
	return p.ID
}

// PriceOn returns what the plan costs on a civil day with the best promotion of
// that day; false where it has no price. It is the function plan_price_on of the
// database.
func (p Plan) PriceOn(years int, currency string, day time.Time) (billing.Money, Promotion, bool) {
	var price PlanPrice
	found := false
	for _, q := range p.Prices {
		if q.Years == years && q.Amount.Currency == currency && !q.From.After(day) && (!found || q.From.After(price.From)) {
			price, found = q, true
		}
	}
	if !found {
		return billing.Money{}, Promotion{}, false
	}
	var best Promotion
	for _, o := range p.Promotions {
		if !o.From.After(day) && !day.After(o.To) && o.Discount > best.Discount {
			best = o
		}
	}
	price.Amount.Minor = Discounted(price.Amount.Minor, best.Discount)
	return price.Amount, best, true
}

// Discounted is an amount less a discount, rounded half up (B1).
func Discounted(amount int64, discount billing.BasisPoints) int64 {
	// Tax rounds half up, and a share of an amount is a tax on it.
	return billing.Tax(amount, 10000-discount)
}

// Delegate finds the vendor's plan with the same root as another's.
func (v Vendor) Delegate(of Plan) (Plan, bool) {
	for _, p := range v.Plans {
		if p.Root() == of.Root() {
			return p, true
		}
	}
	return Plan{}, false
}

func (v Vendor) plan(id int64) (Plan, bool) {
	i := slices.IndexFunc(v.Plans, func(p Plan) bool { return p.ID == id })
	if i < 0 {
		return Plan{}, false
	}
	return v.Plans[i], true
}
