package billing

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// Addressee is whom a document is for, as it was on its day.
type Addressee struct {
	TAG      string   `json:"tag,omitempty"`
	Name     string   `json:"name"`
	Lines    []string `json:"lines,omitempty"`   // of a postal address, to the postcode
	Country  string   `json:"country,omitempty"` // ISO 3166-1 alpha-2
	Email    string   `json:"email,omitempty"`
	Language string   `json:"language,omitempty"` // ISO 639-1
}

// Invoice is a registrar's invoice. It is never altered (rule B14).
type Invoice struct {
	ID          int64
	Number      int64
	Kind        string // Renewals or Registrations
	RegistrarID int32
	TAG         string
	Dated, Due  time.Time // civil dates at midnight UTC
	Currency    string
	Lines       int
	Net, Tax    int64 // minor units
	To          Addressee
	Open        int64     // what is still to be paid, minor units
	SettledOn   time.Time // civil date; zero while something is open
}

// Gross is what was invoiced, in minor units.
func (i Invoice) Gross() int64 { return i.Net + i.Tax }

// DocumentNumber is the number as it is printed.
func (i Invoice) DocumentNumber() string { return documentNumber(prefixInvoice, i.Number) }

// Line is a line of an invoice or credit note.
type Line struct {
	ID         int64 // the charge; payments and credit notes name it
	DomainID   int64
	DomainName string
	Zone       string
	Operation  Operation
	Years      int
	From, To   time.Time // civil dates at midnight UTC; zero where there is no period
	Currency   string
	Amount     int64 // net, minor units
	TaxRate    BasisPoints
	Tax        int64
	Credited   bool // by a credit note
}

// Series of documents: numbers without gaps, each with its prefix.
const (
	seriesInvoice    = "invoice"
	seriesCreditNote = "credit note"
	seriesProForma   = "pro forma"
	seriesReceipt    = "receipt"
	seriesMemo       = "memo"

	prefixInvoice    = "INV"
	prefixCreditNote = "CRN"
	prefixProForma   = "PRO"
	prefixReceipt    = "REC"
	prefixMemo       = "MEM"
)

func documentNumber(prefix string, n int64) string { return fmt.Sprintf("%s-%06d", prefix, n) }

// parseNumber reads the number of a document, with or without its prefix.
func parseNumber(prefix, text string) (int64, bool) {
	var n int64
	rest := text
	if len(text) > len(prefix)+1 && text[:len(prefix)+1] == prefix+"-" {
		rest = text[len(prefix)+1:]
	}
	if rest == "" || len(rest) > 15 {
		return 0, false
	}
	for _, c := range rest {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, n > 0
}

// lockSeries takes the turn in a series of numbers, until the transaction ends.
func lockSeries(ctx context.Context, tx *pg.Tx, kind string) error {
	var last int64
	err := tx.QueryRow(ctx, `SELECT last FROM document_series WHERE kind = $1 FOR UPDATE`, kind).Scan(&last)
	if err != nil {
		return fmt.Errorf("number a document: %w", err)
	}
	return nil
}

// nextNumber takes the next number of a series.
func nextNumber(ctx context.Context, tx *pg.Tx, kind string) (int64, error) {
	var n int64
	err := tx.QueryRow(ctx, `UPDATE document_series SET last = last + 1 WHERE kind = $1 RETURNING last`, kind).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("number a document: %w", err)
	}
	return n, nil
}

// querier reads inside a transaction or outside one.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func readInvoices(ctx context.Context, q querier, where string, args ...any) ([]Invoice, error) {
	rows, err := q.Query(ctx, `SELECT i.id, i.number, i.kind, i.registrar_id, r.tag, i.dated, i.due, i.currency, i.lines,
			i.net, i.tax, i.addressee, o.open, o.settled_on
		FROM invoice i JOIN open_item o ON o.invoice_id = i.id JOIN registrar r ON r.id = i.registrar_id
		WHERE `+where+` ORDER BY i.number`, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Invoice, error) {
		var i Invoice
		var settled *time.Time
		err := row.Scan(&i.ID, &i.Number, &i.Kind, &i.RegistrarID, &i.TAG, &i.Dated, &i.Due, &i.Currency, &i.Lines,
			&i.Net, &i.Tax, &i.To, &i.Open, &settled)
		if settled != nil {
			i.SettledOn = *settled
		}
		return i, err
	})
}

// InvoiceFilter chooses invoices. Empty fields choose all.
type InvoiceFilter struct {
	TAG         string
	Kind        string
	OpenOnly    bool
	Since, Till time.Time // dated on these days or between; civil dates at midnight UTC
	OverdueOn   time.Time // open, and due before this civil day
	Limit       int       // default 1000, the latest
}

// Invoices returns invoices, by number.
func Invoices(ctx context.Context, db *pg.DB, f InvoiceFilter) ([]Invoice, error) {
	limit := f.Limit
	if limit <= 0 {
		limit = 1000
	}
	list, err := readInvoices(ctx, db.Pool, `i.id IN (SELECT i.id FROM invoice i JOIN open_item o ON o.invoice_id = i.id
			JOIN registrar r ON r.id = i.registrar_id
			WHERE ($1 = '' OR r.tag = $1) AND ($2 = '' OR i.kind = $2) AND (NOT $3 OR o.open > 0)
			  AND ($4::date IS NULL OR i.dated >= $4) AND ($5::date IS NULL OR i.dated <= $5)
			  AND ($6::date IS NULL OR o.open > 0 AND i.due < $6)
			ORDER BY i.number DESC LIMIT $7)`,
		f.TAG, f.Kind, f.OpenOnly, day(f.Since), day(f.Till), day(f.OverdueOn), limit)
	if err != nil {
		return nil, fmt.Errorf("read the invoices: %w", err)
	}
	return list, nil
}

// FindInvoice returns the invoice with a number such as INV-000012 or 12. A
// number that does not exist is a *Refusal.
func FindInvoice(ctx context.Context, db *pg.DB, number string) (Invoice, error) {
	return findInvoice(ctx, db.Pool, number)
}

func findInvoice(ctx context.Context, q querier, number string) (Invoice, error) {
	n, ok := parseNumber(prefixInvoice, number)
	if !ok {
		return Invoice{}, refuse(Invalid, "invoice", number, "%q is not the number of an invoice.", number)
	}
	list, err := readInvoices(ctx, q, `i.number = $1`, n)
	if err != nil {
		return Invoice{}, fmt.Errorf("read invoice %s: %w", number, err)
	}
	if len(list) == 0 {
		return Invoice{}, refuse(Unknown, "invoice", number, "There is no invoice %s.", documentNumber(prefixInvoice, n))
	}
	return list[0], nil
}

// InvoiceLines returns the lines of an invoice, in the order in which they were
// charged.
func InvoiceLines(ctx context.Context, db *pg.DB, invoiceID int64) ([]Line, error) {
	return readLines(ctx, db.Pool, `c.invoice_id = $1`, invoiceID)
}

func readLines(ctx context.Context, q querier, where string, args ...any) ([]Line, error) {
	rows, err := q.Query(ctx, `SELECT c.id, c.domain_id, c.domain_name, z.name, c.operation, c.years, c.period_from, c.period_to,
			c.currency, c.amount, c.tax_rate, c.tax, n.charge_id IS NOT NULL
		FROM charge c JOIN zone z ON z.id = c.zone_id LEFT JOIN credit_note_line n ON n.charge_id = c.id
		WHERE `+where+` ORDER BY c.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read lines: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Line, error) {
		var l Line
		var from, to *time.Time
		err := row.Scan(&l.ID, &l.DomainID, &l.DomainName, &l.Zone, &l.Operation, &l.Years, &from, &to,
			&l.Currency, &l.Amount, &l.TaxRate, &l.Tax, &l.Credited)
		if from != nil && to != nil {
			l.From, l.To = *from, *to
		}
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("read lines: %w", err)
	}
	return list, nil
}

func invoiceIDs(list []Invoice) []int64 {
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	return ids
}

func indexOf(list []Invoice, id int64) int {
	return slices.IndexFunc(list, func(i Invoice) bool { return i.ID == id })
}

// settled returns those of the invoices on which nothing is open.
func settled(ctx context.Context, tx *pg.Tx, ids []int64) ([]int64, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `SELECT invoice_id FROM open_item WHERE invoice_id = ANY ($1) AND open = 0 ORDER BY invoice_id`, ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}
