package billing

import (
	"time"

	"github.com/jackc/pgx/v5"
)

// PriceKey names a price of the list.
type PriceKey struct {
	Zone      int32
	Operation Operation
	Years     int // 0 for a restore
}

// PriceTable holds the prices of one registrar on one day.
type PriceTable struct {
	Currency string // the registrar's
	Net      map[PriceKey]int64
}

// Price returns the price of key without tax; ok is false where there is none.
func (t *PriceTable) Price(key PriceKey) (price Money, ok bool) {
	minor, ok := t.Net[key]
	return Money{Minor: minor, Currency: t.Currency}, ok
}

// QueuePrices adds the look-up of any number of prices, as one statement, to a
// batch of reads and fills t when the batch is sent. No funds are looked at and
// nothing is locked.
func QueuePrices(b *pgx.Batch, registrar int32, day time.Time, keys []PriceKey, t *PriceTable) {
	*t = PriceTable{Net: make(map[PriceKey]int64, len(keys))}
	zones, operations, years := make([]int32, len(keys)), make([]string, len(keys)), make([]int32, len(keys))
	for i, k := range keys {
		zones[i], operations[i], years[i] = k.Zone, string(k.Operation), int32(k.Years)
	}
	b.Queue(`SELECT r.currency, coalesce(k.n, 0), p.amount
		FROM registrar r
		LEFT JOIN unnest($3::integer[], $4::text[], $5::integer[]) WITH ORDINALITY k (zone, operation, years, n) ON true
		LEFT JOIN LATERAL (
			SELECT amount FROM price
			WHERE zone_id = k.zone AND operation = k.operation AND tier = r.tier AND years = k.years
			  AND currency = r.currency AND valid_from <= $2
			ORDER BY valid_from DESC LIMIT 1) p ON true
		WHERE r.id = $1`, registrar, day, zones, operations, years).
		Query(func(rows pgx.Rows) error {
			var n int64
			var amount *int64
			_, err := pgx.ForEachRow(rows, []any{&t.Currency, &n, &amount}, func() error {
				if n > 0 && amount != nil {
					t.Net[keys[n-1]] = *amount
				}
				return nil
			})
			return err
		})
}
