package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// MemoKind says what a memo is for.
type MemoKind string

// The kinds of memo.
const (
	MemoAdjustment     MemoKind = "adjustment"      // by staff
	MemoTransferOut    MemoKind = "transfer out"    // brings an account that moves to zero (B32)
	MemoInitialBalance MemoKind = "initial balance" // opens an account
)

// Memo is a document that changes a registrant's balance without a payment.
type Memo struct {
	ID          int64
	Number      int64
	Account     int64
	Kind        MemoKind
	Amount      Money // a debit is positive: the registrant owes more
	Description string
	Transfer    int64 // the order of the account transfer; 0: none
	// Other is what the memo on the other side of the transfer says, nil for none.
	Other *Money
	Rate  Rate      // by which Other was converted; zero: one currency
	Dated time.Time // civil day at midnight UTC
	Staff string
}

// DocumentNumber is the number as it is printed.
func (m Memo) DocumentNumber() string { return documentNumber(prefixMemo, m.Number) }

// IssueMemo writes a memo with the next number and posts it. An amount of zero
// is refused.
func IssueMemo(ctx context.Context, tx *pg.Tx, m Memo) (Memo, error) {
	if m.Amount.Minor == 0 {
		return m, refuse(Invalid, "amount", m.Amount.Decimal(), "A memo of nothing is no memo.")
	}
	n, err := nextNumber(ctx, tx, seriesMemo)
	if err != nil {
		return m, err
	}
	m.Number = n
	var currency *string
	var amount, transfer *int64
	if m.Other != nil {
		currency, amount = &m.Other.Currency, &m.Other.Minor
	}
	if m.Transfer != 0 {
		transfer = &m.Transfer
	}
	err = tx.QueryRow(ctx, `INSERT INTO memo (number, account_id, kind, currency, amount, description, transfer_id, other_currency,
			other_amount, rate, dated, created_at, staff)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, nullif($10, '')::numeric, $11, $12, nullif($13, '')) RETURNING id`,
		n, m.Account, m.Kind, m.Amount.Currency, m.Amount.Minor, m.Description, transfer, currency, amount, m.Rate.String(),
		m.Dated, tx.Now, m.Staff).Scan(&m.ID)
	if err != nil {
		return m, fmt.Errorf("issue a memo: %w", err)
	}
	queuePosting(tx, posting{source: "memo", sourceID: m.ID, day: m.Dated, currency: m.Amount.Currency,
		description: "Memo " + m.DocumentNumber() + ": " + m.Description,
		lines:       []line{{AccountCustomer, m.Account, m.Amount.Minor}, {AccountClearing, 0, -m.Amount.Minor}}})
	return m, nil
}

// Memos returns the memos of an account, by number.
func Memos(ctx context.Context, db *pg.DB, account int64) ([]Memo, error) {
	rows, err := db.Pool.Query(ctx, `SELECT id, number, account_id, kind, currency, amount, description, coalesce(transfer_id, 0),
			other_currency, other_amount, coalesce(rate::text, ''), dated, coalesce(staff, '')
		FROM memo WHERE account_id = $1 ORDER BY number`, account)
	if err != nil {
		return nil, fmt.Errorf("read the memos of account %d: %w", account, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Memo, error) {
		var m Memo
		var currency *string
		var amount *int64
		err := row.Scan(&m.ID, &m.Number, &m.Account, &m.Kind, &m.Amount.Currency, &m.Amount.Minor, &m.Description, &m.Transfer,
			&currency, &amount, &m.Rate.text, &m.Dated, &m.Staff)
		if currency != nil {
			m.Other = &Money{*amount, *currency}
		}
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the memos of account %d: %w", account, err)
	}
	return list, nil
}

// CustomerBalances returns what is on a registrant's account, one amount for
// each currency in which it was ever posted to: positive is a debit, what the
// registrant owes. With lock, the balances stay as they are until the
// transaction ends.
func CustomerBalances(ctx context.Context, tx *pg.Tx, account int64, lock bool) ([]Money, error) {
	sql := `SELECT id FROM ledger_account WHERE kind = 'customer' AND customer_id = $1 ORDER BY id`
	if lock {
		sql += ` FOR NO KEY UPDATE`
	}
	rows, err := tx.Query(ctx, sql, account)
	if err != nil {
		return nil, fmt.Errorf("lock the balances of account %d: %w", account, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("lock the balances of account %d: %w", account, err)
	}
	// A statement of its own: it must see what was posted while this one waited.
	rows, err = tx.Query(ctx, `SELECT balance_of(id), currency FROM ledger_account WHERE id = ANY ($1) ORDER BY id`, ids)
	if err != nil {
		return nil, fmt.Errorf("read the balances of account %d: %w", account, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Money])
	if err != nil {
		return nil, fmt.Errorf("read the balances of account %d: %w", account, err)
	}
	return list, nil
}
