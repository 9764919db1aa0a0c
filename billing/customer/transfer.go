package customer

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/namekeep/namekeep/billing"
)

// Mode says what goes along with an account besides its names and balance.
type Mode string

// The modes of an account transfer (B35).
const (
	// SubscriptionsOnly leaves payment methods and consent behind: the vendors
	// may be different legal entities.
	SubscriptionsOnly Mode = "subscriptions-only"
	Full              Mode = "full"
)

// OrderState is the state of a transfer order (B31).
type OrderState string

// The states of an order.
const (
	OrderNew       OrderState = "new"
	OrderRunning   OrderState = "running"
	OrderCompleted OrderState = "completed"
	OrderFailed    OrderState = "failed"
)

// Order is an order to move an account.
type Order struct {
	ID         int64
	Account    int64
	From, To   string // tags
	Mode       Mode
	Notify     bool
	Rate       billing.Rate // zero: one currency
	State      OrderState
	Failure    string
	NewAccount int64 // once completed
	Names      int   // how many moved
	By         string
	Created    time.Time // UTC
	Ended      time.Time // UTC; zero: open
}

// Number is the order's number as it is shown.
func (o Order) Number() string { return OrderNumber(o.ID) }

// OrderNumber is the number of the order with an id.
func OrderNumber(id int64) string { return fmt.Sprintf("AT-%06d", id) }

// Transfer is all that decides what becomes of an account that moves.
type Transfer struct {
	Account  Detail
	From, To Vendor
	Into     *Account // the customer's account under the new vendor, if it has one already
	Mode     Mode
	Rate     billing.Rate
	Today    time.Time // civil day
}

// Decision says what a transfer does.
type Decision struct {
	Currency      string // of the account under the new vendor
	Balances      []BalanceMove
	Subscriptions []SubscriptionMove // of names with a plan
	Methods       []PaymentMethod    // under the new vendor
	Acceptances   []Acceptance
	NotAccepted   []string // documents of the new plans, by code
	Class         string
	TaxZone       string
	SalesPerson   string
	Tickets       bool // they move too
}

// BalanceMove brings a balance to zero and opens it again (B32). A debit is
// positive.
type BalanceMove struct {
	Out  billing.Money // what the account has under the old vendor
	In   billing.Money // what it is to have under the new one
	Rate billing.Rate  // zero: not converted
}

// SubscriptionMove is a subscription under its new plan (B33).
type SubscriptionMove struct {
	Before    Subscription
	Plan      Plan
	Price     billing.Money
	Promotion int64
	Frozen    bool
	NewPrice  bool // because the currency changes
}

// Decide decides an account transfer by rules B31 to B36. It refuses, before
// anything changes, with every plan or price that is missing.
func Decide(t Transfer) (Decision, error) {
	err := t.check()
	if err != nil {
		return Decision{}, err
	}
	d := Decision{Currency: t.To.Currency}
	if t.Into != nil {
		d.Currency = t.Into.Currency
	}
	err = t.checkRate(d.Currency)
	if err == nil {
		d.Balances, err = t.balances(d.Currency)
	}
	if err == nil {
		d.Subscriptions, err = t.subscriptions(d.Currency)
	}
	if err != nil {
		return Decision{}, err
	}
	if t.Mode == Full {
		d.Methods = t.methods()
		d.Acceptances = t.acceptances(d.Subscriptions)
	}
	d.NotAccepted = notAccepted(d, t.To)
	d.Class = t.To.DefaultClass
	d.TaxZone = t.To.Choose(TaxZoneRule, t.Account.Country, t.Account.Natural)
	d.SalesPerson = t.To.Choose(SalesPersonRule, t.Account.Country, t.Account.Natural)
	d.Tickets = !t.From.OwnDesk && !t.To.OwnDesk && len(t.Account.Tickets) > 0
	return d, nil
}

func (t Transfer) check() error {
	id := fmt.Sprint(t.Account.ID)
	switch {
	case t.Account.Status == TransferredOut:
		return refuse(billing.Excluded, "account", id, "Account %s is Transferred Out: it is account %d of %s now.",
			id, t.Account.TransferredTo, t.Account.TransferTAG)
	case t.Account.Status != Active:
		return refuse(billing.Excluded, "account", id, "Account %s is %s.", id, t.Account.Status)
	case t.Mode != SubscriptionsOnly && t.Mode != Full:
		return refuse(billing.Invalid, "mode", string(t.Mode), "The mode is %s or %s.", SubscriptionsOnly, Full)
	case t.From.Registrar == t.To.Registrar:
		return refuse(billing.Excluded, "to", t.To.TAG, "Account %s is under %s already.", id, t.To.TAG)
	case t.To.Kind == "detagged":
		return refuse(billing.Excluded, "to", t.To.TAG, "%s has no accounts.", t.To.TAG)
	case t.To.Closed:
		return refuse(billing.Excluded, "to", t.To.TAG, "The tag %s is closed.", t.To.TAG)
	}
	return nil
}

// checkRate sees that there is a rate exactly when the currencies differ (B30).
func (t Transfer) checkRate(currency string) error {
	switch {
	case currency != t.Account.Currency && t.Rate.IsZero():
		return refuse(billing.Invalid, "rate", "", "Account %d is in %s and %s in %s: give a conversion rate, %s for one %s.",
			t.Account.ID, t.Account.Currency, t.To.TAG, currency, currency, t.Account.Currency)
	case currency == t.Account.Currency && !t.Rate.IsZero():
		return refuse(billing.Invalid, "rate", t.Rate.String(), "Both sides are in %s: there is nothing to convert.", currency)
	}
	return nil
}

// balances moves what is on the account (B32). What is in another currency than
// the account's stays in it.
func (t Transfer) balances(currency string) ([]BalanceMove, error) {
	var out []BalanceMove
	for _, b := range t.Account.Balances {
		if b.Minor == 0 {
			continue
		}
		m := BalanceMove{Out: b, In: b}
		if b.Currency == t.Account.Currency && currency != b.Currency {
			in, err := t.Rate.Convert(b, currency)
			if err != nil {
				return nil, refuse(billing.Invalid, "rate", t.Rate.String(), "The balance cannot be converted: %v.", err)
			}
			m.In, m.Rate = in, t.Rate
		}
		out = append(out, m)
	}
	return out, nil
}

// subscriptions finds the new plans and prices (B33).
func (t Transfer) subscriptions(currency string) ([]SubscriptionMove, error) {
	var out []SubscriptionMove
	var missing []string
	for _, s := range t.Account.Subscriptions {
		if s.Plan == 0 {
			continue
		}
		old, ok := t.From.plan(s.Plan)
		if !ok {
			return nil, fmt.Errorf("the plan %d of %s is not one of %s", s.Plan, s.Name, t.From.TAG)
		}
		plan, ok := t.To.Delegate(old)
		if !ok {
			missing = append(missing, fmt.Sprintf("no plan of %s for %q (.%s)", t.To.TAG, planPath(old), old.Zone))
			continue
		}
		m := SubscriptionMove{Before: s, Plan: plan, Price: s.Price, Promotion: s.Promotion, Frozen: s.Frozen}
		if s.Price.Currency != currency {
			price, promotion, ok := plan.PriceOn(s.Years, currency, t.Today)
			if !ok {
				missing = append(missing, fmt.Sprintf("no price in %s for %s in the plan %q of %s", currency, years(s.Years), plan.Name, t.To.TAG))
				continue
			}
			m.Price, m.Promotion, m.Frozen, m.NewPrice = price, promotion.ID, false, true
		}
		out = append(out, m)
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		missing = slices.Compact(missing)
		return nil, refuse(billing.Excluded, "plan", "", "Account %d cannot move: there is %s.", t.Account.ID, strings.Join(missing, "; there is "))
	}
	return out, nil
}

// planPath names a plan with its ancestor.
func planPath(p Plan) string {
	if p.Ancestor == 0 || p.AncestorName == p.Name {
		return p.Name
	}
	return p.Name + ", delegated from " + p.AncestorName
}

func years(n int) string {
	if n == 1 {
		return "1 year"
	}
	return fmt.Sprintf("%d years", n)
}

// methods re-maps payment methods to the new vendor's gateway for the same
// payment system, Disabled where it has none (B35). What was Disabled stays so.
func (t Transfer) methods() []PaymentMethod {
	var out []PaymentMethod
	for _, m := range t.Account.Methods {
		gateway, ok := t.To.Gateway(m.System)
		m.Active = m.Active && ok
		if ok {
			m.Gateway = gateway
		}
		out = append(out, m)
	}
	return out
}

// acceptances links consent to the new vendor's documents, in the version that
// was in force there on the day of the last original acceptance (B35). The
// documents are those of the new plans, and where no plan says which, that with
// the same code.
func (t Transfer) acceptances(moves []SubscriptionMove) []Acceptance {
	last := map[int64]Acceptance{} // by original document
	for _, a := range t.Account.Acceptances {
		if have, ok := last[a.Document]; !ok || a.On.After(have.On) {
			last[a.Document] = a
		}
	}
	latest := map[int64]time.Time{} // by document of the new vendor
	link := func(to int64, day time.Time) {
		if have, ok := latest[to]; to != 0 && (!ok || day.After(have)) {
			latest[to] = day
		}
	}
	byPlan := map[int64]bool{}
	for _, m := range moves {
		old, _ := t.From.plan(m.Before.Plan)
		if a, ok := last[old.DocumentID]; ok && old.DocumentID != 0 {
			byPlan[old.DocumentID] = true
			link(m.Plan.DocumentID, a.On)
		}
	}
	for document, a := range last {
		if byPlan[document] {
			continue
		}
		for _, to := range t.To.Terms {
			if to.Code == a.Code {
				link(to.ID, a.On)
			}
		}
	}
	var out []Acceptance
	for _, doc := range t.To.Terms {
		day, ok := latest[doc.ID]
		if !ok {
			continue
		}
		if v, ok := doc.VersionOn(day); ok {
			out = append(out, Acceptance{Document: doc.ID, Code: doc.Code, Version: v.Version, On: day, Copied: true})
		}
	}
	return out
}

// notAccepted lists the documents of the new plans that the customer has yet to
// accept.
func notAccepted(d Decision, to Vendor) []string {
	var out []string
	for _, m := range d.Subscriptions {
		doc, ok := to.terms(m.Plan.DocumentID)
		accepted := slices.ContainsFunc(d.Acceptances, func(a Acceptance) bool { return a.Document == doc.ID })
		if ok && !accepted && !slices.Contains(out, doc.Code) {
			out = append(out, doc.Code)
		}
	}
	slices.Sort(out)
	return out
}
