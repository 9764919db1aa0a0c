package billing

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/namekeep/namekeep/registry/pg"
)

func sortedIDs(m map[int64]string) []int64 { return slices.Sorted(maps.Keys(m)) }

// PaidReceipt is a receipt that a registrant's payment led to.
type PaidReceipt struct {
	ID         int64
	Number     int64
	ProForma   int64 // id
	Account    int64
	Zone       int32
	DomainID   int64
	DomainName string
	From, To   time.Time // the period paid for
	Net        Money
	Tax        int64
}

// DocumentNumber is the number as it is printed.
func (r PaidReceipt) DocumentNumber() string { return documentNumber(prefixReceipt, r.Number) }

// ReceiptOf finds the receipt that a payment led to; the zero one if there is
// none, or if it was taken back.
func ReceiptOf(ctx context.Context, tx *pg.Tx, payment int64) (PaidReceipt, error) {
	var r PaidReceipt
	rows, err := tx.Query(ctx, `SELECT r.id, r.number, r.pro_forma_id, r.account_id, r.zone_id, f.domain_id, f.domain_name,
			r.period_from, r.period_to, r.currency, r.net, r.tax
		FROM receipt r JOIN pro_forma f ON f.id = r.pro_forma_id
		WHERE r.payment_id = $1 AND NOT EXISTS (SELECT FROM receipt_reversal v WHERE v.receipt_id = r.id)`, payment)
	if err != nil {
		return r, fmt.Errorf("read the receipt of payment %d: %w", payment, err)
	}
	defer rows.Close()
	if rows.Next() {
		err = rows.Scan(&r.ID, &r.Number, &r.ProForma, &r.Account, &r.Zone, &r.DomainID, &r.DomainName, &r.From, &r.To,
			&r.Net.Currency, &r.Net.Minor, &r.Tax)
		if err != nil {
			return r, fmt.Errorf("read the receipt of payment %d: %w", payment, err)
		}
	}
	return r, rows.Err()
}

// ReverseCustomerPayment takes a registrant's payment back. With receipt, the one
// that the payment led to is taken back with it: the fee returns to the account
// and the pro forma counts as void. Without, the account may be left owing.
func ReverseCustomerPayment(ctx context.Context, tx *pg.Tx, p Payout, q Payment, receipt *PaidReceipt, today time.Time) (PaidBack, error) {
	back := PaidBack{Account: q.Account, Amount: q.Amount}
	err := p.check(today)
	if err != nil {
		return back, err
	}
	held, err := lockMoney(ctx, tx, AccountCustomer, q.Account, q.Amount.Currency)
	if err != nil {
		return back, err
	}
	back.ID, err = p.insert(ctx, tx, "reversal", q.Amount, nil, &q.Account)
	if err != nil {
		return back, err
	}
	back.OnAccount = held - q.Amount.Minor
	p.post(tx, back.ID, q.Amount, line{AccountCustomer, q.Account, q.Amount.Minor})
	if receipt == nil {
		return back, nil
	}
	var id int64
	err = tx.QueryRow(ctx, `INSERT INTO receipt_reversal (receipt_id, payout_id, dated) VALUES ($1, $2, $3) RETURNING id`,
		receipt.ID, back.ID, today).Scan(&id)
	if err != nil {
		return back, fmt.Errorf("take receipt %s back: %w", receipt.DocumentNumber(), err)
	}
	gross := receipt.Net.Minor + receipt.Tax
	back.OnAccount += gross
	tx.Queue(`UPDATE pro_forma SET state = 'void' WHERE id = $1`, receipt.ProForma)
	queuePosting(tx, posting{source: "receipt reversal", sourceID: id, day: today, currency: receipt.Net.Currency,
		description: "Receipt " + receipt.DocumentNumber() + " taken back",
		lines: []line{{AccountCustomer, receipt.Account, -gross}, {AccountRevenue, int64(receipt.Zone), receipt.Net.Minor},
			{AccountTax, 0, receipt.Tax}}})
	return back, nil
}
