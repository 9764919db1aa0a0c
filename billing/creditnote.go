package billing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// Reasons for a credit note (rule B14).
const (
	// ReasonDistanceSelling withdraws the renewal request too (rule R5).
	ReasonDistanceSelling = "distance-selling"
	ReasonBillingError    = "billing-error"
	ReasonRegistryFault   = "registry-fault"
	ReasonGoodwill        = "goodwill"
	// ReasonGracePeriod is the registry's own: a gtld name was deleted in a
	// grace period after its fee had been invoiced (RFC 3915).
	ReasonGracePeriod = "grace-period"
)

// Reasons returns those that staff may give.
func Reasons() []string {
	return []string{ReasonDistanceSelling, ReasonBillingError, ReasonRegistryFault, ReasonGoodwill}
}

// CreditNote takes back lines of an invoice, which is itself not altered.
type CreditNote struct {
	ID          int64
	Number      int64
	InvoiceID   int64
	Invoice     string // its number
	RegistrarID int32
	TAG         string
	Reason      string
	Note        string
	Dated       time.Time // civil date at midnight UTC
	Currency    string
	Net, Tax    int64 // minor units
	Applied     int64 // of the gross, put against the invoice; the rest went on account
	To          Addressee
	Staff       string
}

// Gross is what is credited, in minor units.
func (n CreditNote) Gross() int64 { return n.Net + n.Tax }

// DocumentNumber is the number as it is printed.
func (n CreditNote) DocumentNumber() string { return documentNumber(prefixCreditNote, n.Number) }

// Credit asks for a credit note.
type Credit struct {
	Invoice string   // number
	Names   []string // the names whose lines are credited; none: all lines that are not yet
	Reason  string   // one of Reasons
	Note    string
	Staff   string
}

// Credited is a credit note with its lines, and the invoice if it settled it.
type Credited struct {
	CreditNote
	Lines   []Line
	Settled []int64
}

// IssueCreditNote credits whole lines of an invoice: what is still open on it
// is lowered first, the rest goes on account. on is the registry's civil day. A
// *Refusal tells of an unknown invoice, name or reason, or of lines credited
// before.
func IssueCreditNote(ctx context.Context, tx *pg.Tx, c Credit, on time.Time) (Credited, error) {
	if !slices.Contains(Reasons(), c.Reason) {
		return Credited{}, refuse(Invalid, "reason", c.Reason, "The reason is one of %s.", strings.Join(Reasons(), ", "))
	}
	err := lockSeries(ctx, tx, seriesCreditNote)
	if err != nil {
		return Credited{}, err
	}
	invoice, err := findInvoice(ctx, tx, c.Invoice)
	if err != nil {
		return Credited{}, err
	}
	all, err := readLines(ctx, tx, `c.invoice_id = $1`, invoice.ID)
	if err != nil {
		return Credited{}, err
	}
	lines, err := c.choose(invoice, all)
	if err != nil {
		return Credited{}, err
	}
	note, err := writeCreditNote(ctx, tx, invoice, lines, CreditNote{Reason: c.Reason, Note: c.Note, Staff: c.Staff, Dated: on})
	if err != nil {
		return Credited{}, fmt.Errorf("credit invoice %s: %w", invoice.DocumentNumber(), err)
	}
	done := Credited{CreditNote: note, Lines: lines}
	done.Settled, err = settled(ctx, tx, []int64{invoice.ID})
	return done, err
}

// choose finds the lines that are asked for.
func (c Credit) choose(invoice Invoice, all []Line) ([]Line, error) {
	var lines []Line
	found := map[string]bool{}
	for _, l := range all {
		wanted := len(c.Names) == 0 || slices.Contains(c.Names, l.DomainName)
		if wanted && l.Credited && len(c.Names) > 0 {
			return nil, refuse(Excluded, "name", l.DomainName, "The line of %s is credited already.", l.DomainName)
		}
		if wanted && !l.Credited {
			lines = append(lines, l)
			found[l.DomainName] = true
		}
	}
	for _, name := range c.Names {
		if !found[name] {
			return nil, refuse(Unknown, "name", name, "%s is not on invoice %s.", name, invoice.DocumentNumber())
		}
	}
	if len(lines) == 0 {
		return nil, refuse(Excluded, "invoice", c.Invoice, "Every line of invoice %s is credited already.", invoice.DocumentNumber())
	}
	return lines, nil
}

// writeCreditNote numbers, writes and posts a credit note. The series is locked.
func writeCreditNote(ctx context.Context, tx *pg.Tx, invoice Invoice, lines []Line, n CreditNote) (CreditNote, error) {
	_, err := lockDeposit(ctx, tx, invoice.RegistrarID, invoice.Currency)
	if err != nil {
		return n, err
	}
	var open int64
	err = tx.QueryRow(ctx, `SELECT open FROM open_item WHERE invoice_id = $1 FOR UPDATE`, invoice.ID).Scan(&open)
	if err != nil {
		return n, err
	}
	n.InvoiceID, n.Invoice, n.RegistrarID, n.TAG = invoice.ID, invoice.DocumentNumber(), invoice.RegistrarID, invoice.TAG
	n.Currency, n.To = invoice.Currency, invoice.To
	charges := make([]int64, len(lines))
	for i, l := range lines {
		charges[i] = l.ID
		n.Net += l.Amount
		n.Tax += l.Tax
	}
	n.Applied = min(open, n.Gross())
	n.Number, err = nextNumber(ctx, tx, seriesCreditNote)
	if err != nil {
		return n, err
	}
	err = tx.QueryRow(ctx, `INSERT INTO credit_note (number, invoice_id, registrar_id, reason, note, dated, currency, net, tax, gross,
			applied, addressee, created_at, staff)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id`,
		n.Number, n.InvoiceID, n.RegistrarID, n.Reason, n.Note, n.Dated, n.Currency, n.Net, n.Tax, n.Gross(),
		n.Applied, n.To, tx.Now, orNull(n.Staff)).Scan(&n.ID)
	if err != nil {
		return n, err
	}
	tx.Queue(`INSERT INTO credit_note_line (charge_id, credit_note_id) SELECT unnest($1::bigint[]), $2`, charges, n.ID)
	if n.Applied > 0 {
		tx.Queue(`UPDATE open_item SET open = open - $2, settled_on = CASE WHEN open = $2 THEN $3::date END WHERE invoice_id = $1`,
			n.InvoiceID, n.Applied, n.Dated)
	}
	return n, postCreditNote(ctx, tx, n, charges)
}

func postCreditNote(ctx context.Context, tx *pg.Tx, n CreditNote, charges []int64) error {
	revenue, err := sumsOf(ctx, tx, `SELECT $2::bigint, zone_id::bigint, sum(amount)::bigint FROM charge
		WHERE id = ANY ($1) GROUP BY zone_id ORDER BY zone_id`, charges, n.ID)
	if err != nil {
		return err
	}
	owner := int64(n.RegistrarID)
	lines := []line{{AccountTax, 0, n.Tax}, {AccountReceivable, owner, -n.Applied}, {AccountDeposit, owner, n.Applied - n.Gross()}}
	for _, s := range revenue {
		lines = append(lines, line{AccountRevenue, s.owner, s.amount})
	}
	queuePosting(tx, posting{source: "credit note", sourceID: n.ID, day: n.Dated, currency: n.Currency,
		description: "Credit note " + n.DocumentNumber() + " for invoice " + n.Invoice, lines: lines})
	return nil
}

// creditRefunds credits invoiced charges of a registrar that were taken back.
func creditRefunds(ctx context.Context, tx *pg.Tx, registrar int32, on time.Time) ([]CreditNote, error) {
	rows, err := tx.Query(ctx, `DELETE FROM refund_due d USING charge c
		WHERE c.id = d.charge_id AND c.registrar_id = $1 RETURNING c.id`, registrar)
	if err != nil {
		return nil, err
	}
	due, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(due) == 0 {
		return nil, err
	}
	err = lockSeries(ctx, tx, seriesCreditNote)
	if err != nil {
		return nil, err
	}
	invoices, err := readInvoices(ctx, tx, `i.id IN (SELECT invoice_id FROM charge WHERE id = ANY ($1))`, due)
	if err != nil {
		return nil, err
	}
	var notes []CreditNote
	for _, i := range invoices {
		lines, err := readLines(ctx, tx, `c.invoice_id = $1 AND c.id = ANY ($2) AND n.charge_id IS NULL`, i.ID, due)
		if err != nil {
			return nil, err
		}
		if len(lines) == 0 {
			continue // staff credited them meanwhile
		}
		n, err := writeCreditNote(ctx, tx, i, lines, CreditNote{Reason: ReasonGracePeriod, Dated: on})
		if err != nil {
			return nil, err
		}
		notes = append(notes, n)
	}
	return notes, nil
}

// CreditNoteFilter chooses credit notes. Empty fields choose all.
type CreditNoteFilter struct {
	TAG     string
	Invoice string // number
	Limit   int    // default 1000, the latest
}

// CreditNotes returns credit notes, by number.
func CreditNotes(ctx context.Context, db *pg.DB, f CreditNoteFilter) ([]CreditNote, error) {
	var invoice int64
	if f.Invoice != "" {
		var ok bool
		invoice, ok = parseNumber(prefixInvoice, f.Invoice)
		if !ok {
			return nil, refuse(Invalid, "invoice", f.Invoice, "%q is not the number of an invoice.", f.Invoice)
		}
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 1000
	}
	return readCreditNotes(ctx, db.Pool, `n.id IN (SELECT n.id FROM credit_note n JOIN invoice i ON i.id = n.invoice_id
			JOIN registrar r ON r.id = n.registrar_id WHERE ($1 = '' OR r.tag = $1) AND ($2 = 0 OR i.number = $2)
			ORDER BY n.number DESC LIMIT $3)`, f.TAG, invoice, limit)
}

// FindCreditNote returns the credit note with a number such as CRN-000003, with
// its lines. A number that does not exist is a *Refusal.
func FindCreditNote(ctx context.Context, db *pg.DB, number string) (CreditNote, []Line, error) {
	n, ok := parseNumber(prefixCreditNote, number)
	if !ok {
		return CreditNote{}, nil, refuse(Invalid, "credit-note", number, "%q is not the number of a credit note.", number)
	}
	list, err := readCreditNotes(ctx, db.Pool, `n.number = $1`, n)
	if err != nil {
		return CreditNote{}, nil, err
	}
	if len(list) == 0 {
		return CreditNote{}, nil, refuse(Unknown, "credit-note", number, "There is no credit note %s.", documentNumber(prefixCreditNote, n))
	}
	lines, err := readLines(ctx, db.Pool, `n.credit_note_id = $1`, list[0].ID)
	return list[0], lines, err
}

func readCreditNotes(ctx context.Context, q querier, where string, args ...any) ([]CreditNote, error) {
	rows, err := q.Query(ctx, `SELECT n.id, n.number, n.invoice_id, i.number, n.registrar_id, r.tag, n.reason, n.note, n.dated,
			n.currency, n.net, n.tax, n.applied, n.addressee, coalesce(n.staff, '')
		FROM credit_note n JOIN invoice i ON i.id = n.invoice_id JOIN registrar r ON r.id = n.registrar_id
		WHERE `+where+` ORDER BY n.number`, args...)
	if err != nil {
		return nil, fmt.Errorf("read the credit notes: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (CreditNote, error) {
		var n CreditNote
		var invoice int64
		err := row.Scan(&n.ID, &n.Number, &n.InvoiceID, &invoice, &n.RegistrarID, &n.TAG, &n.Reason, &n.Note, &n.Dated,
			&n.Currency, &n.Net, &n.Tax, &n.Applied, &n.To, &n.Staff)
		n.Invoice = documentNumber(prefixInvoice, invoice)
		return n, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the credit notes: %w", err)
	}
	return list, nil
}

// ReasonInWords is how a credit note tells its reason.
func ReasonInWords(reason string) string {
	switch reason {
	case ReasonDistanceSelling:
		return "cancelled by the consumer under the distance selling rules"
	case ReasonBillingError:
		return "charged by mistake"
	case ReasonRegistryFault:
		return "fault of the registry"
	case ReasonGoodwill:
		return "goodwill"
	case ReasonGracePeriod:
		return "deleted in its grace period"
	}
	return reason
}
