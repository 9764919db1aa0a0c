package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
)

// FeeLine is a fee of a command, or with an amount below zero a credit, in the
// terms of RFC 8748. Amounts are without tax, as the price list has them.
type FeeLine struct {
	Operation billing.Operation
	Amount    billing.Money
	Years     int  // 0: not by the year
	GraceDays int  // a deletion within this gives the fee back; 0: never
	Delayed   bool // charged when the pending command is carried out
}

// FeeQuery asks what an operation on a name costs.
type FeeQuery struct {
	Name      string
	Operation billing.Operation // "" for one that is free everywhere
	Years     int               // 0: the default; not used for a restore
}

// FeeOffer answers a FeeQuery.
type FeeOffer struct {
	Years       int       // 0: not by the year
	Lines       []FeeLine // what is charged; a free operation has one of zero
	Unavailable string    // why the operation is not offered for the name; "" where it is
}

// FeeList answers queries in their order.
type FeeList struct {
	Currency string // the registrar's
	Offers   []FeeOffer
}

// Fees tells what operations cost the acting registrar today (RFC 8748 section
// 5.1.1). Whatever cannot be had is answered, not refused. All prices come in
// one round trip.
//
// Refusals: KindAuthorization for anybody but a registrar.
func (r *Registry) Fees(ctx context.Context, actor Actor, queries []FeeQuery) (FeeList, error) {
	if !actor.IsRegistrar() {
		return FeeList{}, Refuse(KindAuthorization, "", "Fees are a registrar's own.")
	}
	book := &feeBook{r: r, today: r.Today(), prices: map[billing.PriceKey]bool{}, restored: map[string]Date{}}
	offers := make([]feeCase, len(queries))
	for i, q := range queries {
		var err error
		offers[i], err = book.open(ctx, q)
		if err != nil {
			return FeeList{}, err
		}
	}
	err := r.db.ReadBatch(ctx, func(b *pgx.Batch) { book.read(b, actor.Registrar) })
	if err != nil {
		return FeeList{}, fmt.Errorf("read fees: %w", err)
	}
	out := FeeList{Currency: book.table.Currency, Offers: make([]FeeOffer, len(offers))}
	for i := range offers {
		out.Offers[i] = book.offer(offers[i])
	}
	return out, nil
}

// feeCase is a query whose name has been judged.
type feeCase struct {
	FeeQuery
	zone        *Zone
	unavailable string
}

// feeBook collects the prices that queries need.
type feeBook struct {
	r        *Registry
	today    Date
	prices   map[billing.PriceKey]bool
	restored map[string]Date // E of the names a restore is asked for; zero until read
	table    billing.PriceTable
}

// open judges a query and notes the prices that it needs.
func (f *feeBook) open(ctx context.Context, q FeeQuery) (feeCase, error) {
	c := feeCase{FeeQuery: q}
	zone, name, err := f.r.registrable(ctx, q.Name)
	if err != nil {
		e := AsRefusal(err)
		if e == nil {
			return c, err
		}
		c.unavailable = checkReason(e)
		return c, nil
	}
	c.zone, c.Name = zone, name
	free := q.Operation == "" || q.Operation == billing.Transfer && zone.Profile == ProfileUK
	switch {
	case free:
		c.Operation, c.Years = "", 0
	case q.Operation == billing.Restore && zone.Profile != ProfileGTLD:
		c.unavailable = "Names here are not restored."
	case q.Operation == billing.Create && zone.reservation(name) != nil:
		c.unavailable = "Reserved"
	case q.Operation == billing.Restore:
		c.Years = 0
		f.restored[name] = Date{}
		f.prices[billing.PriceKey{Zone: zone.ID, Operation: billing.Restore}] = true
		for years := 1; years <= f.r.policy.MaxYears; years++ {
			f.prices[billing.PriceKey{Zone: zone.ID, Operation: billing.Renew, Years: years}] = true
		}
	default:
		if c.Years == 0 && q.Operation == billing.Transfer {
			c.Years = 1
		}
		if c.Years == 0 {
			c.Years = f.r.policy.defaultYears(zone.Profile)
		}
		f.prices[billing.PriceKey{Zone: zone.ID, Operation: q.Operation, Years: c.Years}] = true
	}
	return c, nil
}

// read queues the reads: the prices, and E of deleted names to be restored.
func (f *feeBook) read(b *pgx.Batch, registrar int32) {
	keys := make([]billing.PriceKey, 0, len(f.prices))
	for k := range f.prices {
		keys = append(keys, k)
	}
	billing.QueuePrices(b, registrar, f.today.EPPTime(), keys, &f.table)
	if len(f.restored) == 0 {
		return
	}
	names := make([]string, 0, len(f.restored))
	for name := range f.restored {
		names = append(names, name)
	}
	b.Queue(`SELECT name, expires FROM domain WHERE name = ANY($1) AND delete_phase IS NOT NULL`, names).
		Query(func(rows pgx.Rows) error {
			var name string
			var expires Date
			_, err := pgx.ForEachRow(rows, []any{&name, &expires}, func() error {
				f.restored[name] = expires
				return nil
			})
			return err
		})
}

// offer answers a query from the prices read.
func (f *feeBook) offer(c feeCase) FeeOffer {
	out := FeeOffer{Years: c.Years, Unavailable: c.unavailable}
	if out.Unavailable != "" {
		return out
	}
	if c.Operation == "" {
		out.Lines = []FeeLine{{Amount: billing.Money{Currency: f.table.Currency}}}
		return out
	}
	wanted := []FeeLine{{Operation: c.Operation, Years: c.Years}}
	if expires := f.restored[c.Name]; c.Operation == billing.Restore && !expires.IsZero() {
		if _, years := restoredExpiry(expires, f.today, f.r.policy); years > 0 {
			wanted = append(wanted, FeeLine{Operation: billing.Renew, Years: years})
		}
	}
	for _, line := range wanted {
		price, ok := f.table.Price(billing.PriceKey{Zone: c.zone.ID, Operation: line.Operation, Years: line.Years})
		if !ok {
			out.Lines, out.Unavailable = nil, f.noPrice(c)
			return out
		}
		line.Amount = price
		if c.Operation != billing.Restore {
			line.GraceDays = f.r.policy.graceDays(c.zone.Profile, line.Operation)
		}
		out.Lines = append(out.Lines, line)
	}
	return out
}

func (f *feeBook) noPrice(c feeCase) string {
	if c.Years > f.r.policy.MaxYears {
		return fmt.Sprintf("1 to %d years are offered.", f.r.policy.MaxYears)
	}
	if c.Years == 0 {
		return "There is no price."
	}
	return fmt.Sprintf("There is no price for %s.", Years(c.Years))
}

// graceDays is how long a deletion gives the fee of an operation back.
func (p Policy) graceDays(profile Profile, o billing.Operation) int {
	if profile != ProfileGTLD {
		return 0
	}
	return map[billing.Operation]int{billing.Create: p.AddGraceDays, billing.Renew: p.RenewGraceDays,
		billing.Transfer: p.TransferGraceDays}[o]
}

// feeLine is the line of an operation at its quote.
func (p Policy) feeLine(profile Profile, o billing.Operation, years int, q billing.Quote) FeeLine {
	return FeeLine{Operation: o, Amount: q.Net, Years: years, GraceDays: p.graceDays(profile, o)}
}

// DeclaredFee is what a registrar takes a command to cost (RFC 8748 section 4).
type DeclaredFee struct {
	Currency string   // "": its own
	Amounts  []string // decimal; credits are below zero
}

// Check judges a declaration against the fees that will be charged. A total
// that is too low, or another currency, is KindParamRange (RFC 8748 section 4
// and 3.2); one that is too high is taken, and the price is charged. Nil
// declares nothing and passes. currency is the registrar's.
func (f *DeclaredFee) Check(currency string, lines ...FeeLine) error {
	if f == nil {
		return nil
	}
	err := CheckFeeCurrency(f.Currency, currency)
	if err != nil {
		return err
	}
	total, declared := billing.Money{Currency: currency}, billing.Money{Currency: currency}
	for _, l := range lines {
		total.Minor += l.Amount.Minor
	}
	for _, text := range f.Amounts {
		m, err := billing.ParseMoney(plainDecimal(text), currency)
		if err != nil {
			return Refuse(KindParamRange, "", "An amount has no more decimals than %s.", currency).About("fee:fee", text)
		}
		declared.Minor += m.Minor
	}
	if declared.Minor < total.Minor {
		return Refuse(KindParamRange, "", "The fee is %s.", total).About("fee:fee", declared.Decimal())
	}
	return nil
}

// CheckFeeCurrency refuses a currency that is not the registrar's: amounts are
// not converted (RFC 8748 section 3.2). "" asks for the registrar's.
func CheckFeeCurrency(asked, own string) error {
	if asked == "" || asked == own {
		return nil
	}
	return Refuse(KindParamRange, "", "Your fees are in %s.", own).About("fee:currency", asked)
}

// plainDecimal writes a decimal of XML Schema as ParseMoney reads it: ".50"
// and "5.000000" are amounts too.
func plainDecimal(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	if whole == "" {
		whole = "0"
	}
	fraction = strings.TrimRight(fraction, "0")
	if fraction == "" {
		return sign + whole
	}
	return sign + whole + "." + fraction
}

// nameCharge is a charge of a name that was not taken back.
type nameCharge struct {
	id        int64
	registrar int32
	operation billing.Operation
	years     int
	amount    billing.Money
	invoiced  bool
}

// nameCharges reads what a name was charged, for the credits of its deletion.
type nameCharges []nameCharge

func (l *nameCharges) of(name string) reader {
	return func(b *pgx.Batch) {
		*l = nil
		b.Queue(`SELECT id, registrar_id, operation, years, currency, amount, invoice_id IS NOT NULL FROM charge
			WHERE domain_id = (SELECT id FROM domain WHERE name = $1) AND reversed_at IS NULL ORDER BY id`, name).
			Query(func(rows pgx.Rows) error {
				var c nameCharge
				_, err := pgx.ForEachRow(rows, []any{&c.id, &c.registrar, &c.operation, &c.years, &c.amount.Currency,
					&c.amount.Minor, &c.invoiced}, func() error {
					*l = append(*l, c)
					return nil
				})
				return err
			})
	}
}

// credits are the lines, below zero, of the charges of a tag that are taken
// back: those whose id is given, and all uninvoiced ones where the name goes at
// once.
func (l nameCharges) credits(registrar int32, ids []int64, uninvoiced bool) []FeeLine {
	var out []FeeLine
	for _, c := range l {
		if c.registrar != registrar || !slices.Contains(ids, c.id) && !(uninvoiced && !c.invoiced) {
			continue
		}
		out = append(out, FeeLine{Operation: c.operation, Years: c.years,
			Amount: billing.Money{Minor: -c.amount.Minor, Currency: c.amount.Currency}})
	}
	return out
}
