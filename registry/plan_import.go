package registry

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
)

// planColumns are the columns of a file of plans; the first three it must have.
// A line with an amount sets a price, so a plan has a line for each.
var planColumns = []string{"tag", "plan", "zone", "ancestor", "service-terms", "schedule", "document", "freezes", "years", "amount",
	"currency", "from"}

// ImportPlans adds plans with their prices from CSV, all or none: each fault is
// told with its line. Prices may begin in the past: they are those of a system
// before. A second run changes nothing. With check nothing is added.
//
// Refusals: as ImportAccounts.
func (r *Registry) ImportPlans(ctx context.Context, actor Actor, file io.Reader, check bool) (ImportCount, error) {
	return r.importLines(ctx, actor, file, planColumns, 3, check, (*Tx).importPlan)
}

func (tx *Tx) importPlan(ctx context.Context, line map[string]string) (there bool, err error) {
	v, err := customer.FindVendor(ctx, tx.Tx, strings.ToUpper(line["tag"]))
	if err != nil {
		return false, err
	}
	p := customer.Plan{Name: line["plan"], Zone: line["zone"], AncestorName: line["ancestor"], ServiceTerms: line["service-terms"],
		Schedule: line["schedule"], Document: line["document"], Freezes: line["freezes"] == "yes"}
	there = slices.ContainsFunc(v.Plans, func(have customer.Plan) bool { return have.Name == p.Name })
	err = customer.PutPlan(ctx, tx.Tx, v, p)
	if err != nil {
		return there, err
	}
	if !there {
		tx.record("plan", int64(v.Registrar), v.TAG, "import", changes{}.add(p.Name, nil, p.Zone).add("ancestor", nil, p.AncestorName))
	}
	if line["amount"] == "" {
		return there, nil
	}
	price, err := tx.importedPrice(line, v.Currency)
	if err != nil {
		return there, err
	}
	p, err = customer.FindPlan(ctx, tx.Tx, v.TAG, p.Name)
	if err != nil {
		return there, err
	}
	if slices.Contains(p.Prices, price) {
		return true, nil
	}
	tx.record("plan", int64(v.Registrar), v.TAG, "price", changes{}.add(p.Name, nil, price.Amount.String()).add("years", nil, price.Years).
		add("from", nil, dateFromUTC(price.From)))
	return false, customer.SetPlanPrice(ctx, tx.Tx, p, price, tx.today.EPPTime())
}

// importedPrice reads the price of a line: for a year, in the vendor's currency
// and from today where nothing else is said.
func (tx *Tx) importedPrice(line map[string]string, currency string) (customer.PlanPrice, error) {
	price := customer.PlanPrice{Years: 1, From: tx.today.EPPTime()}
	if text := line["years"]; text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			return price, Refuse(KindParamSyntax, "", "%q is not a number of years.", text)
		}
		price.Years = n
	}
	if line["currency"] != "" {
		currency = line["currency"]
	}
	if text := line["from"]; text != "" {
		day, err := ParseDate(text)
		if err != nil {
			return price, Refuse(KindParamSyntax, "", "%q is not a date: YYYY-MM-DD.", text)
		}
		price.From = day.EPPTime()
	}
	amount, err := billing.ParseMoney(line["amount"], currency)
	if err != nil {
		return price, Refuse(KindParamSyntax, "", "The amount: %v.", err)
	}
	price.Amount = amount
	return price, nil
}

// termsColumns are the columns of a file of terms and conditions; it must have
// all but the last two.
var termsColumns = []string{"tag", "code", "title", "version", "from"}

// ImportTerms adds documents of terms and conditions with their versions from
// CSV, all or none. A second run changes nothing. Refusals: as ImportAccounts.
func (r *Registry) ImportTerms(ctx context.Context, actor Actor, file io.Reader, check bool) (ImportCount, error) {
	return r.importLines(ctx, actor, file, termsColumns, 3, check, (*Tx).importTerms)
}

func (tx *Tx) importTerms(ctx context.Context, line map[string]string) (there bool, err error) {
	v, err := customer.FindVendor(ctx, tx.Tx, strings.ToUpper(line["tag"]))
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(v.Terms, func(t customer.Terms) bool { return t.Code == line["code"] })
	err = customer.PutTerms(tx.Tx, v, line["code"], line["title"])
	if err != nil || line["version"] == "" {
		return i >= 0, err
	}
	from := tx.today
	if text := line["from"]; text != "" {
		from, err = ParseDate(text)
		if err != nil {
			return false, Refuse(KindParamSyntax, "", "%q is not a date: YYYY-MM-DD.", text)
		}
	}
	version := customer.TermsVersion{Version: line["version"], From: from.EPPTime()}
	if i >= 0 && slices.Contains(v.Terms[i].Versions, version) {
		return true, nil
	}
	tx.record("terms", int64(v.Registrar), v.TAG, "publish", changes{}.add(line["code"], nil, version.Version).add("from", nil, from))
	return false, customer.Publish(ctx, tx.Tx, v, line["code"], version)
}
