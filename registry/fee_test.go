package registry

import (
	"testing"

	"github.com/namekeep/namekeep/billing"
)

// RFC 8748 sections 3.2 and 4: what a client declares against the price.
func TestDeclaredFee(t *testing.T) {
	line := func(minor int64, currency string) []FeeLine {
		return []FeeLine{{Amount: billing.Money{Minor: minor, Currency: currency}}}
	}
	for name, c := range map[string]struct {
		fee   *DeclaredFee
		lines []FeeLine
		field string // "": taken
	}{
		"nothing declared":       {nil, line(780, "GBP"), ""},
		"equal":                  {&DeclaredFee{"GBP", []string{"7.80"}}, line(780, "GBP"), ""},
		"too high":               {&DeclaredFee{"GBP", []string{"100"}}, line(780, "GBP"), ""},
		"too low":                {&DeclaredFee{"GBP", []string{"7.79"}}, line(780, "GBP"), "fee:fee"},
		"no currency":            {&DeclaredFee{"", []string{"7.8"}}, line(780, "GBP"), ""},
		"another currency":       {&DeclaredFee{"EUR", []string{"7.80"}}, line(780, "GBP"), "fee:currency"},
		"several fees":           {&DeclaredFee{"GBP", []string{"5", "2.800000"}}, line(780, "GBP"), ""},
		"a credit makes it less": {&DeclaredFee{"GBP", []string{"7.80", "-.01"}}, line(780, "GBP"), "fee:fee"},
		"of several lines":       {&DeclaredFee{"GBP", []string{"7.80"}}, append(line(780, "GBP"), line(1, "GBP")...), "fee:fee"},
		"half a penny":           {&DeclaredFee{"GBP", []string{"7.805"}}, line(780, "GBP"), "fee:fee"},
		"no decimals in yen":     {&DeclaredFee{"JPY", []string{"780.00"}}, line(780, "JPY"), ""},
		"a fraction of a yen":    {&DeclaredFee{"JPY", []string{"780.1"}}, line(780, "JPY"), "fee:fee"},
		"free, zero declared":    {&DeclaredFee{"GBP", []string{"0.00"}}, line(0, "GBP"), ""},
		"dot without a whole":    {&DeclaredFee{"GBP", []string{".5"}}, line(50, "GBP"), ""},
		"dot without a fraction": {&DeclaredFee{"GBP", []string{"5."}}, line(500, "GBP"), ""},
		"a credit of nothing":    {&DeclaredFee{"GBP", []string{"5", "-0"}}, line(500, "GBP"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			currency := "GBP"
			if len(c.lines) > 0 {
				currency = c.lines[0].Amount.Currency
			}
			err := c.fee.Check(currency, c.lines...)
			if c.field == "" {
				must(t, err)
				return
			}
			refused(t, err, KindParamRange, "")
			if got := AsRefusal(err).Field; got != c.field {
				t.Errorf("about %s, want %s", got, c.field)
			}
		})
	}
}

// A restore of a name that expired meanwhile is told with its renewal.
func TestFees(t *testing.T) {
	r := newRegister(t)
	a := r.as("A-ONE")
	_, err := r.CreateDomain(r.ctx, a, CreateDomainParams{Name: "old.gen", Years: 1, AuthInfo: "aB3-dE5fG7hI9jK1mN2o"})
	must(t, err)
	r.at(testNow.AddDate(0, 11, 20))
	_, err = r.DeleteDomain(r.ctx, a, "old.gen")
	must(t, err)
	r.at(testNow.AddDate(1, 0, 5))
	list, err := r.Fees(r.ctx, a, []FeeQuery{
		{Name: "old.gen", Operation: billing.Restore}, {Name: "new.gen", Operation: billing.Restore},
		{Name: "new.gen", Operation: billing.Create}, {Name: "new.co.test", Operation: billing.Create},
		{Name: "new.co.test", Operation: billing.Transfer}, {Name: "new.gen", Operation: billing.Transfer},
		{Name: "new.co.test", Operation: billing.Restore}, {Name: "new.gen", Operation: billing.Renew, Years: 11},
		{Name: "new.elsewhere", Operation: billing.Renew}, {Name: "new.gen"},
	})
	must(t, err)
	want := []struct {
		minor, lines, years int
		unavailable         bool
	}{{4100, 2, 0, false}, {4000, 1, 0, false}, {100, 1, 1, false}, {200, 1, 2, false}, {0, 1, 0, false}, {100, 1, 1, false},
		{unavailable: true}, {unavailable: true, years: 11}, {unavailable: true}, {0, 1, 0, false}}
	if list.Currency != "GBP" || len(list.Offers) != len(want) {
		t.Fatalf("list %+v", list)
	}
	for i, w := range want {
		o, sum := list.Offers[i], 0
		for _, l := range o.Lines {
			sum += int(l.Amount.Minor)
		}
		if sum != w.minor || len(o.Lines) != w.lines || o.Years != w.years || (o.Unavailable != "") != w.unavailable {
			t.Errorf("offer %d: %+v, want %+v", i, o, w)
		}
	}
	if list.Offers[2].Lines[0].GraceDays != DefaultPolicy().AddGraceDays {
		t.Errorf("grace %+v", list.Offers[2])
	}
	_, err = r.Fees(r.ctx, System("x"), nil)
	refused(t, err, KindAuthorization, "")
}
