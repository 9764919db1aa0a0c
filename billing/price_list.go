package billing

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// Price is one line of the price list (rule B3).
type Price struct {
	Zone      string
	Operation Operation
	Tier      string // member or non-member
	Years     int    // 0 for an operation that is not by the year
	Amount    Money
	From      time.Time // the civil day from which it holds, at midnight UTC
}

// PriceFilter chooses prices. Empty fields choose all.
type PriceFilter struct {
	Zone      string
	Operation Operation
	Tier      string
	// On chooses the prices that hold on this civil day (midnight UTC); the
	// zero time chooses those of all days.
	On time.Time
}

// Operations returns the operations with a price.
func Operations() []Operation { return []Operation{Create, Renew, Restore, Transfer} }

// Tiers returns the tiers of price.
func Tiers() []string { return []string{"member", "non-member"} }

// Check reports what is wrong with a price.
func (p Price) Check() error {
	_, err := Digits(p.Amount.Currency)
	switch {
	case err != nil:
		return err
	case !slices.Contains(Operations(), p.Operation):
		return fmt.Errorf("%q is not an operation with a price", p.Operation)
	case !slices.Contains(Tiers(), p.Tier):
		return fmt.Errorf("%q is not a tier", p.Tier)
	case p.Amount.Minor < 0:
		return errors.New("a price is not negative")
	case p.Operation == Restore && p.Years != 0:
		return errors.New("a restore is not by the year")
	case p.Operation != Restore && (p.Years < 1 || p.Years > 10):
		return fmt.Errorf("a price is for 1 to 10 years, not %d", p.Years)
	}
	return nil
}

// ProRata expands a price to 1 to upTo years in proportion, each rounded half
// up to the minor unit: 2 years at 5.00 make one year half that (rule B4).
func (p Price) ProRata(upTo int) []Price {
	list := make([]Price, 0, upTo)
	for years := 1; years <= upTo; years++ {
		q := p
		q.Years = years
		q.Amount.Minor = share(p.Amount.Minor, years, p.Years)
		list = append(list, q)
	}
	return list
}

// share is amount·n/d, rounded half up; no argument is negative, and d is not 0.
func share(amount int64, n, d int) int64 {
	hi, lo := bits.Mul64(uint64(amount), 2*uint64(n))
	lo, carry := bits.Add64(lo, uint64(d), 0)
	q, _ := bits.Div64(hi+carry, lo, 2*uint64(d))
	return int64(q)
}

// SetPrice writes a price and returns the amount it replaces, nil for none: a
// price for the same day may be set anew until the day comes. The caller has
// checked it, and that the day is not past.
func SetPrice(ctx context.Context, tx *pg.Tx, zone int32, p Price) (*Money, error) {
	var before *int64
	err := tx.QueryRow(ctx, `WITH old AS (
			SELECT amount FROM price WHERE zone_id = $1 AND operation = $2 AND tier = $3 AND years = $4
			AND currency = $5 AND valid_from = $7)
		INSERT INTO price (zone_id, operation, tier, years, currency, amount, valid_from)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (zone_id, operation, tier, years, currency, valid_from) DO UPDATE SET amount = excluded.amount
		RETURNING (SELECT amount FROM old)`,
		zone, p.Operation, p.Tier, p.Years, p.Amount.Currency, p.Amount.Minor, p.From).Scan(&before)
	if err != nil {
		return nil, fmt.Errorf("set price: %w", err)
	}
	if before == nil {
		return nil, nil
	}
	return &Money{*before, p.Amount.Currency}, nil
}

// Prices returns the price list, by zone, operation, tier, currency, years and
// day.
func Prices(ctx context.Context, db *pg.DB, f PriceFilter) ([]Price, error) {
	var on *time.Time
	if !f.On.IsZero() {
		on = &f.On
	}
	rows, err := db.Pool.Query(ctx, `SELECT z.name, p.operation, p.tier, p.years, p.currency, p.amount, p.valid_from
		FROM price p JOIN zone z ON z.id = p.zone_id
		WHERE ($1 = '' OR z.name = $1) AND ($2 = '' OR p.operation = $2) AND ($3 = '' OR p.tier = $3)
		  AND ($4::date IS NULL OR p.valid_from = (
			SELECT max(q.valid_from) FROM price q WHERE q.zone_id = p.zone_id AND q.operation = p.operation
			AND q.tier = p.tier AND q.years = p.years AND q.currency = p.currency AND q.valid_from <= $4))
		ORDER BY z.name, p.operation, p.tier, p.currency, p.years, p.valid_from`, f.Zone, f.Operation, f.Tier, on)
	if err != nil {
		return nil, fmt.Errorf("read the prices: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Price, error) {
		var p Price
		err := row.Scan(&p.Zone, &p.Operation, &p.Tier, &p.Years, &p.Amount.Currency, &p.Amount.Minor, &p.From)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the prices: %w", err)
	}
	return list, nil
}
