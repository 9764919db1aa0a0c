package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// The two kinds of invoice (rule B12): first registrations go on one of their
// own.
const (
	Renewals      = "renewals"
	Registrations = "registrations"
)

// TagsToInvoice returns the ids of the registrars that have lines of the civil
// day on or before it to be invoiced, or refunds to be credited, in order.
func TagsToInvoice(ctx context.Context, db *pg.DB, on time.Time) ([]int32, error) {
	rows, err := db.Pool.Query(ctx, `SELECT r.id FROM registrar r
		WHERE EXISTS (SELECT FROM charge c WHERE c.registrar_id = r.id AND c.invoice_id IS NULL
				AND c.reversed_at IS NULL AND c.charged_on <= $1)
		   OR r.id IN (SELECT c.registrar_id FROM refund_due d JOIN charge c ON c.id = d.charge_id)
		ORDER BY r.id`, on)
	if err != nil {
		return nil, fmt.Errorf("find the lines to invoice: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return nil, fmt.Errorf("find the lines to invoice: %w", err)
	}
	return ids, nil
}

// Invoiced is what an invoice run did for one registrar.
type Invoiced struct {
	Invoices []Invoice
	Credits  []CreditNote // refunds of grace periods
	Settled  []int64      // ids of invoices on which nothing is open since this run
}

// InvoiceTag invoices a registrar's lines up to a civil day: at most one
// invoice for renewals and one for registrations and currency, dated that day
// and due after the registrar's terms (rule B12). Lines debited from a deposit
// are settled by it; credit on account is put against what is open, the oldest
// first; invoiced charges that were taken back are credited. Repeated, it adds
// nothing to the day.
//
// The caller moves the renewal requests and the names on.
func InvoiceTag(ctx context.Context, tx *pg.Tx, registrar int32, on time.Time) (Invoiced, error) {
	done, err := invoiceTag(ctx, tx, registrar, on)
	if err != nil {
		return Invoiced{}, fmt.Errorf("invoice registrar %d: %w", registrar, err)
	}
	return done, nil
}

func invoiceTag(ctx context.Context, tx *pg.Tx, registrar int32, on time.Time) (Invoiced, error) {
	var done Invoiced
	err := lockSeries(ctx, tx, seriesInvoice)
	if err != nil {
		return done, err
	}
	ids, err := writeInvoices(ctx, tx, registrar, on)
	if err != nil {
		return done, err
	}
	done.Invoices, err = readInvoices(ctx, tx, `i.id = ANY ($1)`, ids)
	if err != nil {
		return done, err
	}
	touched := ids
	if len(ids) > 0 {
		err = postInvoices(ctx, tx, done.Invoices)
		if err == nil {
			err = settlePrepaid(ctx, tx, done.Invoices, on)
		}
		if err != nil {
			return done, err
		}
	}
	done.Credits, err = creditRefunds(ctx, tx, registrar, on)
	if err != nil {
		return done, err
	}
	for _, n := range done.Credits {
		touched = append(touched, n.InvoiceID)
	}
	paid, err := applyCredit(ctx, tx, registrar, on)
	if err != nil {
		return done, err
	}
	for _, p := range paid {
		touched = append(touched, p.invoice)
	}
	done.Settled, err = settled(ctx, tx, touched)
	return done, err
}

// writeInvoices numbers and writes the invoices and gives the lines to them, in
// one statement; the series is locked, so two runs come one after the other.
func writeInvoices(ctx context.Context, tx *pg.Tx, registrar int32, on time.Time) ([]int64, error) {
	rows, err := tx.Query(ctx, `WITH line AS MATERIALIZED (
			SELECT c.id, c.currency, CASE c.operation WHEN 'create' THEN 'registrations' ELSE 'renewals' END AS kind,
				c.amount, c.tax
			FROM charge c
			WHERE c.registrar_id = $1 AND c.invoice_id IS NULL AND c.reversed_at IS NULL AND c.charged_on <= $2
			ORDER BY c.id FOR UPDATE),
		total AS (
			SELECT kind, currency, count(*) AS lines, sum(amount)::bigint AS net, sum(tax)::bigint AS tax,
				row_number() OVER (ORDER BY kind DESC, currency) AS nth
			FROM line l
			WHERE NOT EXISTS (SELECT FROM invoice i WHERE i.registrar_id = $1 AND i.kind = l.kind
				AND i.currency = l.currency AND i.dated = $2)
			GROUP BY kind, currency),
		series AS (
			UPDATE document_series SET last = last + (SELECT count(*) FROM total) WHERE kind = 'invoice'
			RETURNING last - (SELECT count(*) FROM total) AS before),
		written AS (
			INSERT INTO invoice (number, kind, registrar_id, dated, due, currency, lines, net, tax, gross, addressee, created_at)
			SELECT s.before + t.nth, t.kind, $1, $2, $2::date + CASE r.terms WHEN 'credit' THEN r.credit_days ELSE 0 END,
				t.currency, t.lines, t.net, t.tax, t.net + t.tax,
				jsonb_build_object('tag', r.tag, 'name', r.name, 'email', coalesce(r.billing_email, ''), 'language', r.language), $3
			FROM total t, series s, registrar r WHERE r.id = $1
			RETURNING id, kind, currency, registrar_id, due, gross),
		given AS (
			UPDATE charge c SET invoice_id = w.id FROM line l JOIN written w ON w.kind = l.kind AND w.currency = l.currency
			WHERE c.id = l.id),
		item AS (
			INSERT INTO open_item (invoice_id, registrar_id, currency, due, open, settled_on)
			SELECT id, registrar_id, currency, due, gross, CASE WHEN gross = 0 THEN $2::date END FROM written)
		SELECT id FROM written ORDER BY id`, registrar, on, tx.Now)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// postInvoices debits the registrar and credits the zones' revenue and the tax.
func postInvoices(ctx context.Context, tx *pg.Tx, list []Invoice) error {
	revenue, err := sumsOf(ctx, tx, `SELECT invoice_id, zone_id::bigint, sum(amount)::bigint FROM charge
		WHERE invoice_id = ANY ($1) GROUP BY invoice_id, zone_id ORDER BY invoice_id, zone_id`, invoiceIDs(list))
	if err != nil {
		return err
	}
	for _, i := range list {
		lines := []line{{AccountReceivable, int64(i.RegistrarID), i.Gross()}, {AccountTax, 0, -i.Tax}}
		for _, s := range revenue {
			if s.of == i.ID {
				lines = append(lines, line{AccountRevenue, s.owner, -s.amount})
			}
		}
		queuePosting(tx, posting{source: "invoice", sourceID: i.ID, day: i.Dated, currency: i.Currency,
			description: "Invoice " + i.DocumentNumber(), lines: lines})
	}
	return nil
}

// settlePrepaid puts what was debited with the charges against the invoices.
func settlePrepaid(ctx context.Context, tx *pg.Tx, list []Invoice, on time.Time) error {
	debited, err := sumsOf(ctx, tx, `SELECT invoice_id, 0::bigint, sum(amount + tax)::bigint FROM charge
		WHERE invoice_id = ANY ($1) AND prepaid GROUP BY invoice_id HAVING sum(amount + tax) > 0
		ORDER BY invoice_id`, invoiceIDs(list))
	if err != nil {
		return err
	}
	for _, s := range debited {
		i := list[indexOf(list, s.of)]
		err = writeAllocations(ctx, tx, allocation{registrar: i.RegistrarID, currency: i.Currency, source: "prepaid",
			from: AccountPrepaid, on: on}, []part{{i.ID, i.DocumentNumber(), s.amount}})
		if err != nil {
			return err
		}
	}
	return nil
}

// sum is an amount of a document for an owner.
type sum struct{ of, owner, amount int64 }

func sumsOf(ctx context.Context, tx *pg.Tx, sql string, args ...any) ([]sum, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (sum, error) {
		var s sum
		err := row.Scan(&s.of, &s.owner, &s.amount)
		return s, err
	})
}
