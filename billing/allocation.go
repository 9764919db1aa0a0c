package billing

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// allocation is an order to put a registrar's money against open invoices.
type allocation struct {
	registrar int32
	currency  string
	source    string      // payment, account or prepaid
	from      AccountKind // deposit or prepaid
	payment   int64       // of source payment
	invoice   int64       // that one only; 0: the oldest first
	limit     int64       // minor units
	on        time.Time   // the registry's civil day
}

// part is what one invoice gets.
type part struct {
	invoice int64
	number  string
	amount  int64
}

// allocate puts up to a.limit against open invoices, the oldest first. The
// deposit is locked.
func allocate(ctx context.Context, tx *pg.Tx, a allocation) ([]part, error) {
	rows, err := tx.Query(ctx, `SELECT o.invoice_id, i.number, o.open FROM open_item o JOIN invoice i ON i.id = o.invoice_id
		WHERE o.registrar_id = $1 AND o.currency = $2 AND o.open > 0 AND ($3 = 0 OR o.invoice_id = $3)
		ORDER BY o.invoice_id FOR UPDATE OF o`, a.registrar, a.currency, a.invoice)
	if err != nil {
		return nil, err
	}
	var parts []part
	var p part
	var number int64
	left := a.limit
	_, err = pgx.ForEachRow(rows, []any{&p.invoice, &number, &p.amount}, func() error {
		if left > 0 {
			p.amount = min(p.amount, left)
			p.number = documentNumber(prefixInvoice, number)
			left -= p.amount
			parts = append(parts, p)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return parts, writeAllocations(ctx, tx, a, parts)
}

// writeAllocations records the parts, lowers what is open and posts it.
func writeAllocations(ctx context.Context, tx *pg.Tx, a allocation, parts []part) error {
	if len(parts) == 0 {
		return nil
	}
	invoices, amounts := make([]int64, len(parts)), make([]int64, len(parts))
	for i, p := range parts {
		invoices[i], amounts[i] = p.invoice, p.amount
	}
	rows, err := tx.Query(ctx, `WITH given AS (
			INSERT INTO allocation (invoice_id, amount, source, payment_id, allocated_on)
			SELECT v.invoice, v.amount, $3, $4, $5 FROM unnest($1::bigint[], $2::bigint[]) AS v (invoice, amount)
			RETURNING id, invoice_id, amount),
		lowered AS (
			UPDATE open_item o SET open = o.open - g.amount, settled_on = CASE WHEN o.open = g.amount THEN $5::date END
			FROM given g WHERE g.invoice_id = o.invoice_id)
		SELECT id, invoice_id, amount FROM given ORDER BY id`, invoices, amounts, a.source, orNull(a.payment), a.on)
	if err != nil {
		return err
	}
	numbers := map[int64]string{}
	for _, p := range parts {
		numbers[p.invoice] = p.number
	}
	what := map[string]string{"payment": "Payment", "account": "Credit on account", "prepaid": "Deposit"}[a.source]
	var id, invoice, amount int64
	_, err = pgx.ForEachRow(rows, []any{&id, &invoice, &amount}, func() error {
		queuePosting(tx, posting{source: "allocation", sourceID: id, day: a.on, currency: a.currency,
			description: what + " for invoice " + numbers[invoice],
			lines:       []line{{a.from, int64(a.registrar), amount}, {AccountReceivable, int64(a.registrar), -amount}}})
		return nil
	})
	return err
}

// applyCredit puts what a registrar has on account against its open invoices.
// Only currencies with something open are looked at.
func applyCredit(ctx context.Context, tx *pg.Tx, registrar int32, on time.Time) ([]part, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT currency FROM open_item WHERE registrar_id = $1 AND open > 0 ORDER BY 1`, registrar)
	if err != nil {
		return nil, err
	}
	currencies, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	var all []part
	for _, currency := range currencies {
		credit, err := lockDeposit(ctx, tx, registrar, currency)
		if err != nil {
			return nil, err
		}
		if credit <= 0 {
			continue
		}
		parts, err := allocate(ctx, tx, allocation{registrar: registrar, currency: currency, source: "account",
			from: AccountDeposit, limit: credit, on: on})
		if err != nil {
			return nil, err
		}
		all = append(all, parts...)
	}
	return all, nil
}
