package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// Receipt confirms a registrant's payment of a pro forma (rule R31).
type Receipt struct {
	ID         int64
	Number     int64
	ProForma   string // number
	DomainName string
	From, To   time.Time // the period paid for
	Net        Money
	Tax        int64
	TaxRate    BasisPoints
	Dated      time.Time
	Addressee  Addressee
}

// Gross is what was paid, in minor units.
func (r Receipt) Gross() int64 { return r.Net.Minor + r.Tax }

// DocumentNumber is the number as it is printed.
func (r Receipt) DocumentNumber() string { return documentNumber(prefixReceipt, r.Number) }

// CustomerPaid is what became of a registrant's payment.
type CustomerPaid struct {
	ID      int64
	Known   bool  // the bank's reference was recorded before: nothing was done
	Balance int64 // what the registrant has on account with it, minor units
}

// RecordCustomerPayment records a registrant's payment of a pro forma. The
// money is on the registrant's account; IssueReceipt takes it from there. today
// is the registry's civil day.
func RecordCustomerPayment(ctx context.Context, tx *pg.Tx, f ProForma, p Payment, today time.Time) (CustomerPaid, error) {
	err := p.check(today)
	if err != nil {
		return CustomerPaid{}, err
	}
	if p.Amount.Currency != f.Net.Currency {
		return CustomerPaid{}, refuse(Invalid, "currency", p.Amount.Currency, "Pro forma %s asks for %s, not for %s.",
			f.DocumentNumber(), f.Net.Currency, p.Amount.Currency)
	}
	var paid CustomerPaid
	paid.Balance, err = lockMoney(ctx, tx, AccountCustomer, f.Account, p.Amount.Currency)
	if err != nil {
		return paid, err
	}
	paid.ID, paid.Known, err = p.insert(ctx, tx, nil, &f.Account)
	if err != nil || paid.Known {
		return paid, err
	}
	paid.Balance += p.Amount.Minor
	queuePosting(tx, posting{source: "payment", sourceID: paid.ID, day: p.ReceivedOn, currency: p.Amount.Currency,
		description: p.describe() + " for pro forma " + f.DocumentNumber(),
		lines:       []line{{AccountBank, 0, p.Amount.Minor}, {AccountCustomer, f.Account, -p.Amount.Minor}}})
	return paid, nil
}

// IssueReceipt closes a paid pro forma: a receipt with the next number, the fee
// taken from the registrant's account. The caller has seen that the balance
// covers it, and renews the name to the civil day to.
func IssueReceipt(ctx context.Context, tx *pg.Tx, f ProForma, paymentID int64, to, on time.Time) (Receipt, error) {
	n, err := nextNumber(ctx, tx, seriesReceipt)
	if err != nil {
		return Receipt{}, err
	}
	r := Receipt{Number: n, ProForma: f.DocumentNumber(), DomainName: f.DomainName, From: f.Period, To: to, Net: f.Net, Tax: f.Tax,
		TaxRate: f.TaxRate, Dated: on, Addressee: f.To}
	err = tx.QueryRow(ctx, `INSERT INTO receipt (number, pro_forma_id, payment_id, account_id, zone_id, period_from, period_to, currency,
			net, tax, gross, dated, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id`,
		n, f.ID, paymentID, f.Account, f.Zone, f.Period, to, f.Net.Currency, f.Net.Minor, f.Tax, f.Gross(), on, tx.Now).Scan(&r.ID)
	if err != nil {
		return Receipt{}, fmt.Errorf("issue a receipt: %w", err)
	}
	tx.Queue(`UPDATE pro_forma SET state = 'paid', closed_on = $2 WHERE id = $1`, f.ID, on)
	queuePosting(tx, posting{source: "receipt", sourceID: r.ID, day: on, currency: f.Net.Currency,
		description: "Receipt " + r.DocumentNumber() + " for " + f.DomainName,
		lines: []line{{AccountCustomer, f.Account, f.Gross()}, {AccountRevenue, int64(f.Zone), -f.Net.Minor},
			{AccountTax, 0, -f.Tax}}})
	return r, nil
}

// FindReceipt returns the receipt with a number such as REC-000002. A number
// that does not exist is a *Refusal.
func FindReceipt(ctx context.Context, db *pg.DB, number string) (Receipt, error) {
	n, ok := parseNumber(prefixReceipt, number)
	if !ok {
		return Receipt{}, refuse(Invalid, "receipt", number, "%q is not the number of a receipt.", number)
	}
	var r Receipt
	var form int64
	err := db.Pool.QueryRow(ctx, `SELECT r.id, r.number, p.number, p.domain_name, r.period_from, r.period_to, r.currency, r.net, r.tax,
			p.tax_rate, r.dated, p.addressee
		FROM receipt r JOIN pro_forma p ON p.id = r.pro_forma_id WHERE r.number = $1`, n).
		Scan(&r.ID, &r.Number, &form, &r.DomainName, &r.From, &r.To, &r.Net.Currency, &r.Net.Minor, &r.Tax, &r.TaxRate, &r.Dated, &r.Addressee)
	if errors.Is(err, pgx.ErrNoRows) {
		return Receipt{}, refuse(Unknown, "receipt", number, "There is no receipt %s.", documentNumber(prefixReceipt, n))
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("read receipt %s: %w", number, err)
	}
	r.ProForma = documentNumber(prefixProForma, form)
	return r, nil
}
