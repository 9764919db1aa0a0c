package billing

import (
	"time"

	"github.com/jackc/pgx/v5"
)

// Operation is what a price is for (rule B3).
type Operation string

// The operations with a price.
const (
	Create   Operation = "create"
	Renew    Operation = "renew"
	Restore  Operation = "restore" // its price has 0 years
	Transfer Operation = "transfer"
)

// Quote is what an operation costs a registrar on a day.
type Quote struct {
	Found   bool // false: there is no price, and the operation is refused (rule B3)
	Net     Money
	Tax     int64 // minor units of Net.Currency
	TaxRate BasisPoints
	Tier    string
	Funds   // what the registrar may still spend (rule B11)
}

// Gross is the price with its tax, in minor units.
func (q Quote) Gross() int64 { return q.Net.Minor + q.Tax }

// QuoteFor describes what is priced.
type QuoteFor struct {
	Registrar int32
	Zone      int32
	Operation Operation
	Years     int
	Day       time.Time // the registry's civil day, at midnight UTC
}

// QueueQuote adds the look-up of a price, and of the funds where there is a
// limit, to a batch of reads and fills q when the batch is sent. The deposit of
// a prepaid tag, and of no other, stays locked until the transaction ends.
func QueueQuote(b *pgx.Batch, f QuoteFor, q *Quote) {
	*q = Quote{}
	b.Queue(`SELECT r.tier, r.currency, r.tax_rate, r.terms = 'prepaid', r.low_balance, p.amount,
			CASE WHEN p.amount IS NOT NULL AND (r.terms = 'prepaid' OR r.credit_limit IS NOT NULL)
				THEN billing_funds(r.id) END
		FROM registrar r LEFT JOIN LATERAL (
			SELECT amount FROM price
			WHERE zone_id = $2 AND operation = $3 AND tier = r.tier AND years = $4
			  AND currency = r.currency AND valid_from <= $5
			ORDER BY valid_from DESC LIMIT 1) p ON true
		WHERE r.id = $1`, f.Registrar, f.Zone, f.Operation, f.Years, f.Day).
		QueryRow(func(row pgx.Row) error {
			var amount *int64
			var funds []int64
			err := row.Scan(&q.Tier, &q.Net.Currency, &q.TaxRate, &q.Prepaid, &q.LowBalance, &amount, &funds)
			if err != nil || amount == nil {
				return err
			}
			q.Found = true
			q.Net.Minor = *amount
			q.Tax = Tax(*amount, q.TaxRate)
			q.set(funds)
			return nil
		})
}
