package customer

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/billing"
)

func on(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

func rate(text string) billing.Rate {
	r, err := billing.ParseRate(text)
	if err != nil {
		panic(err)
	}
	return r
}

var today = on("2026-06-01")

func gbp(minor int64) billing.Money { return billing.Money{Minor: minor, Currency: "GBP"} }
func usd(minor int64) billing.Money { return billing.Money{Minor: minor, Currency: "USD"} }

// world is a transfer of account 1 from ALPHA to BETA: both have a plan of the
// registry's plan 10, terms "names", and visa.
func world() Transfer {
	alpha := Vendor{Registrar: 1, TAG: "ALPHA", Currency: "GBP", Kind: "registrar", DefaultClass: "standard",
		Systems: []PaymentSystem{{"visa", "PayPal", true}, {"mandate", "Bank", true}},
		Plans: []Plan{
			{ID: 11, TAG: "ALPHA", Zone: "uk", Name: "Alpha UK", Ancestor: 10, AncestorName: "UK names", DocumentID: 101},
			{ID: 12, TAG: "ALPHA", Zone: "gen", Name: "Alpha Gen", Ancestor: 20, AncestorName: "Generic", DocumentID: 102},
		},
		Terms: []Terms{{ID: 101, Code: "names", Versions: []TermsVersion{{"1.0", on("2020-01-01")}, {"2.0", on("2024-01-01")}}},
			{ID: 102, Code: "generic", Versions: []TermsVersion{{"1", on("2020-01-01")}}}}}
	beta := Vendor{Registrar: 2, TAG: "BETA", Currency: "GBP", Kind: "registrar", DefaultClass: "retail",
		Systems: []PaymentSystem{{"visa", "Stripe", true}, {"mandate", "Other", false}},
		Rules: []Rule{{Kind: TaxZoneRule, Place: 2, Value: "rest of world"}, {Kind: TaxZoneRule, Place: 1, Country: "GB", Value: "UK"},
			{Kind: SalesPersonRule, Place: 1, Natural: new(bool), Value: "Kim"}, {Kind: SalesPersonRule, Place: 2, Value: "Lee"}},
		Plans: []Plan{
			{ID: 21, TAG: "BETA", Zone: "uk", Name: "Beta UK", Ancestor: 10, AncestorName: "UK names", DocumentID: 201,
				Prices: []PlanPrice{{1, gbp(1400), on("2020-01-01")}, {1, usd(2000), on("2020-01-01")}, {1, usd(2200), on("2026-06-02")}}},
		},
		Terms: []Terms{{ID: 201, Code: "beta-names", Versions: []TermsVersion{{"3.0", on("2019-01-01")}, {"4.0", on("2025-01-01")}, {"5.0", on("2026-01-01")}}},
			{ID: 202, Code: "generic", Versions: []TermsVersion{{"9", on("2025-06-01")}}}}}
	return Transfer{From: alpha, To: beta, Mode: Full, Today: today, Account: Detail{
		Account: Account{ID: 1, Currency: "GBP", Status: Active, Country: "GB", Natural: true},
		Subscriptions: []Subscription{{DomainID: 1, Name: "one.uk", Zone: "uk", Plan: 11, Years: 1, Price: gbp(1200)},
			{DomainID: 2, Name: "two.uk", Zone: "uk"}}}}
}

func decide(t *testing.T, w Transfer) Decision {
	t.Helper()
	d, err := Decide(w)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// B31, B30: what cannot be moved, and when a rate is wanted.
func TestDecideRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Transfer)
		says   string
	}{
		"transferred out (B31)": {func(w *Transfer) {
			w.Account.Status, w.Account.TransferredTo, w.Account.TransferTAG = TransferredOut, 7, "GAMMA"
		}, "account 7 of GAMMA"},
		"closed account":          {func(w *Transfer) { w.Account.Status = Closed }, "is closed"},
		"the same registrar":      {func(w *Transfer) { w.To = w.From }, "under ALPHA already"},
		"detagged":                {func(w *Transfer) { w.To.Kind = "detagged" }, "has no accounts"},
		"a closed tag":            {func(w *Transfer) { w.To.Closed = true }, "is closed"},
		"no mode":                 {func(w *Transfer) { w.Mode = "" }, "The mode is"},
		"no rate (B30)":           {func(w *Transfer) { w.To.Currency = "USD" }, "USD for one GBP"},
		"no rate into (B30)":      {func(w *Transfer) { w.Into = &Account{ID: 9, Currency: "USD"} }, "USD for one GBP"},
		"a needless rate (B30)":   {func(w *Transfer) { w.Rate = rate("1.1") }, "nothing to convert"},
		"no plan (B33)":           {func(w *Transfer) { w.To.Plans = nil }, `no plan of BETA for "Alpha UK, delegated from UK names" (.uk)`},
		"a plan of another (B33)": {func(w *Transfer) { w.To.Plans[0].Ancestor = 99 }, "no plan of BETA"},
		"no price in the currency (B33)": {func(w *Transfer) {
			w.To.Currency, w.Rate = "EUR", rate("1.1")
		}, `no price in EUR for 1 year in the plan "Beta UK"`},
		"all that is missing": {func(w *Transfer) {
			w.Account.Subscriptions = append(w.Account.Subscriptions, Subscription{DomainID: 3, Name: "x.gen", Zone: "gen", Plan: 12, Years: 1, Price: gbp(1)})
			w.To.Plans = nil
		}, `"Alpha Gen, delegated from Generic" (.gen); there is no plan of BETA for "Alpha UK`},
	} {
		w := world()
		c.change(&w)
		_, err := Decide(w)
		if billing.AsRefusal(err) == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// B32: each currency's balance on its own.
func TestDecideBalances(t *testing.T) {
	w := world()
	w.Account.Balances = []billing.Money{gbp(0), gbp(-505), usd(300)}
	d := decide(t, w)
	if len(d.Balances) != 2 || d.Balances[0].In != gbp(-505) || d.Balances[1].In != usd(300) || !d.Balances[0].Rate.IsZero() {
		t.Errorf("one currency: %+v", d.Balances)
	}
	w.To.Currency, w.Rate = "USD", rate("1.25")
	d = decide(t, w)
	if d.Currency != "USD" || d.Balances[0].In != usd(-631) || d.Balances[0].Rate.String() != "1.25" || d.Balances[1].In != usd(300) || !d.Balances[1].Rate.IsZero() {
		t.Errorf("converted: %+v", d.Balances) // 631.25
	}
}

// B33: plan and prices, frozen and promoted, in one currency and another.
func TestDecideSubscriptions(t *testing.T) {
	w := world()
	w.Account.Subscriptions[0].Frozen, w.Account.Subscriptions[0].Promotion = true, 5
	d := decide(t, w)
	if len(d.Subscriptions) != 1 {
		t.Fatalf("%+v", d.Subscriptions) // two.uk has no plan
	}
	if m := d.Subscriptions[0]; m.Plan.ID != 21 || m.Price != gbp(1200) || m.Promotion != 5 || !m.Frozen || m.NewPrice {
		t.Errorf("one currency: %+v", m)
	}
	w.To.Currency, w.Rate = "USD", rate("1.25")
	if m := decide(t, w).Subscriptions[0]; m.Price != usd(2000) || m.Promotion != 0 || m.Frozen || !m.NewPrice {
		t.Errorf("new prices: %+v", m)
	}
	w.To.Plans[0].Promotions = []Promotion{{1, "past", 5000, on("2026-05-01"), on("2026-05-31")}, {2, "small", 1000, today, today},
		{3, "large", 1250, on("2026-05-01"), on("2026-07-01")}}
	if m := decide(t, w).Subscriptions[0]; m.Price != usd(1750) || m.Promotion != 3 {
		t.Errorf("a promotion of the new plan: %+v", m)
	}
	// The registry's own plan is its own ancestor.
	w = world()
	w.To = Vendor{Registrar: 3, TAG: "REGISTRY", Kind: "registry", Currency: "GBP", Plans: []Plan{{ID: 10, Zone: "uk", Name: "UK names"}}}
	if m := decide(t, w).Subscriptions[0]; m.Plan.ID != 10 {
		t.Errorf("back to the registry: %+v", m)
	}
}

// B35: payment methods.
func TestDecideMethods(t *testing.T) {
	w := world()
	w.Account.Methods = []PaymentMethod{{1, "visa", "PayPal", "tok_1", "4242", true}, {2, "mandate", "Bank", "tok_2", "", true},
		{3, "voucher", "House", "tok_3", "", true}, {4, "visa", "PayPal", "tok_4", "1111", false}}
	var got []string
	for _, m := range decide(t, w).Methods {
		got = append(got, m.System+" "+m.Gateway+" "+m.Token+" "+m.State())
	}
	want := []string{"visa Stripe tok_1 Active", "mandate Bank tok_2 Disabled", "voucher House tok_3 Disabled", "visa Stripe tok_4 Disabled"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	w.Mode = SubscriptionsOnly
	if d := decide(t, w); len(d.Methods) != 0 {
		t.Errorf("subscriptions-only: %+v", d.Methods)
	}
}

// B35: consent, in the version that was in force on the day of the last
// original acceptance.
func TestDecideAcceptances(t *testing.T) {
	for name, c := range map[string]struct {
		accepted []Acceptance
		mode     Mode
		want     string
		not      string
	}{
		"by plan":          {accepted: []Acceptance{{101, "names", "2.0", on("2025-03-01"), false}}, want: "beta-names 4.0 2025-03-01"},
		"the last one":     {accepted: []Acceptance{{101, "names", "2.0", on("2026-02-01"), false}, {101, "names", "1.0", on("2020-02-01"), false}}, want: "beta-names 5.0 2026-02-01"},
		"the first day":    {accepted: []Acceptance{{101, "names", "2.0", on("2026-01-01"), false}}, want: "beta-names 5.0 2026-01-01"},
		"the day before":   {accepted: []Acceptance{{101, "names", "2.0", on("2025-12-31"), false}}, want: "beta-names 4.0 2025-12-31"},
		"none in force":    {accepted: []Acceptance{{101, "names", "1.0", on("2018-01-01"), false}}, not: "beta-names"},
		"by code":          {accepted: []Acceptance{{102, "generic", "1", on("2026-02-01"), false}}, want: "generic 9 2026-02-01", not: "beta-names"},
		"by code, too old": {accepted: []Acceptance{{102, "generic", "1", on("2025-05-31"), false}}, not: "beta-names"},
		"nothing":          {not: "beta-names"},
		"subscriptions-only": {accepted: []Acceptance{{101, "names", "2.0", on("2025-03-01"), false}}, mode: SubscriptionsOnly,
			not: "beta-names"},
	} {
		w := world()
		w.Account.Acceptances = c.accepted
		if c.mode != "" {
			w.Mode = c.mode
		}
		d := decide(t, w)
		var got []string
		for _, a := range d.Acceptances {
			got = append(got, a.Code+" "+a.Version+" "+a.On.Format(time.DateOnly))
			if !a.Copied {
				t.Errorf("%s: %+v", name, a)
			}
		}
		if strings.Join(got, ", ") != c.want || strings.Join(d.NotAccepted, ", ") != c.not {
			t.Errorf("%s: %q, not accepted %q", name, got, d.NotAccepted)
		}
	}
}

// B36: rules of the new registrar, and tickets.
func TestDecideRules(t *testing.T) {
	w := world()
	w.Account.Tickets = []string{"T-1"}
	d := decide(t, w)
	if d.Class != "retail" || d.TaxZone != "UK" || d.SalesPerson != "Lee" || !d.Tickets {
		t.Errorf("%+v", d)
	}
	w.Account.Country, w.Account.Natural = "FR", false
	if d := decide(t, w); d.TaxZone != "rest of world" || d.SalesPerson != "Kim" {
		t.Errorf("an entity abroad: %+v", d)
	}
	for _, own := range []func(){func() { w.From.OwnDesk = true }, func() { w.From.OwnDesk, w.To.OwnDesk = false, true }, func() { w.From.OwnDesk = true }} {
		own()
		if d := decide(t, w); d.Tickets {
			t.Error("tickets left a desk of its own")
		}
	}
}

// The promoted price rounds half up (B1).
func TestDiscounted(t *testing.T) {
	for _, c := range []struct {
		amount   int64
		discount billing.BasisPoints
		want     int64
	}{{1000, 0, 1000}, {1000, 2000, 800}, {999, 5000, 500}, {1, 5000, 1}, {1, 5001, 0}, {1205, 1250, 1054}, {500, 10000, 0}} {
		if got := Discounted(c.amount, c.discount); got != c.want {
			t.Errorf("%d less %d: %d, want %d", c.amount, c.discount, got, c.want)
		}
	}
}

// B20: never card data.
func TestPaymentMethodCheck(t *testing.T) {
	for token, ok := range map[string]bool{"tok_1AbC": true, "4242424242424242": false, "4242 4242 4242 4242": false, "4242-4242-4242-4242": false,
		"": false, "123456": true, "pm_4242424242424242": true} {
		if err := (PaymentMethod{System: "visa", Token: token}).Check(); (err == nil) != ok {
			t.Errorf("%q: %v", token, err)
		}
	}
	if err := (PaymentMethod{System: "visa", Token: "tok", Hint: "4242424242424242"}).Check(); err == nil {
		t.Error("a card number as hint")
	}
}
