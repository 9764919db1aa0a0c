package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// ByHand and ByBankFile say how a payment was recorded.
const (
	ByHand     = "hand"
	ByBankFile = "bank file"
)

// Payment is money that a registrar sent (rule B13).
type Payment struct {
	ID         int64
	TAG        string // the registrar; "" for a registrant's payment
	Account    int64  // the registrant's account; 0 for a registrar's payment
	Amount     Money
	ReceivedOn time.Time // civil date at midnight UTC
	Method     string
	Reference  string // what the payer wrote
	BankRef    string // the bank's own reference; unique, so a repeat adds nothing
	Invoice    string // the invoice that the payer names, "" for none
	Staff      string
	RecordedAt time.Time // UTC; set by the database's readers
	FileID     int64     // the bank file; 0: none
}

// Paid is what became of a payment.
type Paid struct {
	ID        int64
	Known     bool // the bank's reference was recorded before: nothing was done
	Registrar int32
	Parts     []Part  // what was put against invoices, of this payment and of older credit
	OnAccount int64   // what is on account afterwards, minor units
	Settled   []int64 // ids of invoices that this settled
}

// Part is an amount put against an invoice.
type Part struct {
	Invoice string // number
	Amount  int64  // minor units
}

// RecordPayment records a registrar's payment and puts it against its open
// invoices: the one it names, or the oldest first, together with older credit.
// What is left stays on account. today is the registry's civil day.
//
// A *Refusal says what is wrong with it: amount, currency, date, registrar or
// invoice. The caller moves requests and names of settled invoices on.
func RecordPayment(ctx context.Context, tx *pg.Tx, p Payment, today time.Time) (Paid, error) {
	err := p.check(today)
	if err != nil {
		return Paid{}, err
	}
	var paid Paid
	var currency string
	var kind string
	err = tx.QueryRow(ctx, `SELECT id, currency, kind FROM registrar WHERE tag = $1`, p.TAG).Scan(&paid.Registrar, &currency, &kind)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && kind != "registrar" {
		return Paid{}, refuse(Unknown, "tag", p.TAG, "There is no registrar %s.", p.TAG)
	}
	if err != nil {
		return Paid{}, fmt.Errorf("record a payment: %w", err)
	}
	named, err := p.named(ctx, tx)
	if err != nil {
		return Paid{}, err
	}
	if named.ID != 0 {
		currency = named.Currency // an invoice of the time before the currency changed
	}
	if p.Amount.Currency != currency {
		return Paid{}, refuse(Invalid, "currency", p.Amount.Currency, "%s is billed in %s, not in %s.", p.TAG, currency, p.Amount.Currency)
	}
	_, err = lockDeposit(ctx, tx, paid.Registrar, currency)
	if err != nil {
		return Paid{}, err
	}
	paid.ID, paid.Known, err = p.insert(ctx, tx, &paid.Registrar, nil)
	if err != nil || paid.Known {
		return paid, err
	}
	queuePosting(tx, posting{source: "payment", sourceID: paid.ID, day: p.ReceivedOn, currency: currency,
		description: p.describe(),
		lines:       []line{{AccountBank, 0, p.Amount.Minor}, {AccountDeposit, int64(paid.Registrar), -p.Amount.Minor}}})
	err = paid.allocate(ctx, tx, p, named.ID, today)
	if err != nil {
		return Paid{}, fmt.Errorf("record a payment: %w", err)
	}
	return paid, nil
}

// allocate puts the payment against what is open.
func (paid *Paid) allocate(ctx context.Context, tx *pg.Tx, p Payment, named int64, today time.Time) error {
	a := allocation{registrar: paid.Registrar, currency: p.Amount.Currency, source: "payment", from: AccountDeposit,
		payment: paid.ID, invoice: named, limit: p.Amount.Minor, on: today}
	parts, err := allocate(ctx, tx, a)
	if err != nil {
		return err
	}
	if named == 0 {
		more, err := applyCredit(ctx, tx, paid.Registrar, today)
		if err != nil {
			return err
		}
		parts = append(parts, more...)
	}
	ids := make([]int64, len(parts))
	for i, q := range parts {
		ids[i] = q.invoice
		paid.Parts = append(paid.Parts, Part{q.number, q.amount})
	}
	paid.Settled, err = settled(ctx, tx, ids)
	if err != nil {
		return err
	}
	paid.OnAccount, err = lockDeposit(ctx, tx, paid.Registrar, p.Amount.Currency)
	return err
}

// check judges what needs no database.
func (p Payment) check(today time.Time) error {
	_, err := Digits(p.Amount.Currency)
	switch {
	case err != nil:
		return refuse(Invalid, "currency", p.Amount.Currency, "%q is not a currency of ISO 4217.", p.Amount.Currency)
	case p.Amount.Minor <= 0:
		return refuse(Invalid, "amount", p.Amount.Decimal(), "A payment is more than nothing; %s is not.", p.Amount)
	case p.ReceivedOn.IsZero():
		return refuse(Invalid, "date", "", "A payment has a date.")
	case p.ReceivedOn.After(today):
		return refuse(Invalid, "date", p.ReceivedOn.Format(time.DateOnly), "%s has not come yet.", p.ReceivedOn.Format(time.DateOnly))
	}
	return nil
}

// named finds the invoice that the payer names.
func (p Payment) named(ctx context.Context, tx *pg.Tx) (Invoice, error) {
	if p.Invoice == "" {
		return Invoice{}, nil
	}
	i, err := findInvoice(ctx, tx, p.Invoice)
	if err != nil {
		return Invoice{}, err
	}
	if i.TAG != p.TAG {
		return Invoice{}, refuse(Invalid, "invoice", p.Invoice, "Invoice %s is not %s's, but %s's.", i.DocumentNumber(), p.TAG, i.TAG)
	}
	return i, nil
}

func (p Payment) describe() string {
	if p.Reference == "" {
		return "Payment"
	}
	return "Payment " + p.Reference
}

// insert writes the row; known reports that the bank's reference is there
// already, with the same payment behind it.
func (p Payment) insert(ctx context.Context, tx *pg.Tx, registrar *int32, customer *int64) (id int64, known bool, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO payment (registrar_id, customer_id, currency, amount, received_on, method, reference,
			bank_ref, bank_file_id, recorded_at, staff)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (bank_ref) DO NOTHING RETURNING id`,
		registrar, customer, p.Amount.Currency, p.Amount.Minor, p.ReceivedOn, p.Method, p.Reference,
		orNull(p.BankRef), orNull(p.FileID), tx.Now, orNull(p.Staff)).Scan(&id)
	if err == nil {
		return id, false, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return 0, false, fmt.Errorf("record a payment: %w", err)
	}
	var same bool
	err = tx.QueryRow(ctx, `SELECT id, (registrar_id, customer_id, currency, amount, received_on) IS NOT DISTINCT FROM
			($2::integer, $3::bigint, $4::text, $5::bigint, $6::date) FROM payment WHERE bank_ref = $1`,
		p.BankRef, registrar, customer, p.Amount.Currency, p.Amount.Minor, p.ReceivedOn).Scan(&id, &same)
	if err != nil {
		return 0, false, fmt.Errorf("record a payment: %w", err)
	}
	if !same {
		return 0, false, refuse(Excluded, "reference", p.BankRef, "The bank's reference %s belongs to another payment already.", p.BankRef)
	}
	return id, true, nil
}

// PaymentFilter chooses payments. Empty fields choose all.
type PaymentFilter struct {
	TAG         string
	Since, Till time.Time // received on these days or between; civil dates at midnight UTC
	Limit       int       // default 1000, the latest
}

// Payments returns payments, the latest first.
func Payments(ctx context.Context, db *pg.DB, f PaymentFilter) ([]Payment, error) {
	limit := f.Limit
	if limit <= 0 {
		limit = 1000
	}
	rows, err := db.Pool.Query(ctx, `SELECT p.id, coalesce(r.tag, ''), coalesce(p.customer_id, 0), p.amount, p.currency, p.received_on,
			p.method, p.reference, coalesce(p.bank_ref, ''), coalesce(p.staff, ''), p.recorded_at, coalesce(p.bank_file_id, 0)
		FROM payment p LEFT JOIN registrar r ON r.id = p.registrar_id
		WHERE ($1 = '' OR r.tag = $1) AND ($2::date IS NULL OR p.received_on >= $2) AND ($3::date IS NULL OR p.received_on <= $3)
		ORDER BY p.id DESC LIMIT $4`, f.TAG, day(f.Since), day(f.Till), limit)
	if err != nil {
		return nil, fmt.Errorf("read the payments: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Payment, error) {
		var p Payment
		err := row.Scan(&p.ID, &p.TAG, &p.Account, &p.Amount.Minor, &p.Amount.Currency, &p.ReceivedOn,
			&p.Method, &p.Reference, &p.BankRef, &p.Staff, &p.RecordedAt, &p.FileID)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the payments: %w", err)
	}
	return list, nil
}

// orNull turns a zero value into SQL's null.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
