package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// Payout is money that goes back: a payment that the bank reversed, or a refund
// of what is on account.
type Payout struct {
	ID      int64
	Payment int64  // that is reversed; 0: a refund
	TAG     string // whose deposit is refunded
	Amount  Money  // of a refund; a reversal is of the whole payment
	PaidOn  time.Time
	Reason  string
	BankRef string // unique
	Staff   string
}

// PaidBack is what a payout did.
type PaidBack struct {
	ID        int64
	Registrar int32 // 0: a registrant's payment was reversed
	Account   int64 // of the registrant
	Amount    Money
	Reopened  []int64 // ids of invoices that were settled and are open again
	Numbers   []string
	Settled   []int64 // ids of invoices that other money on account has settled instead
	OnAccount int64   // afterwards, minor units; negative: owed
}

// check judges what needs no database.
func (p Payout) check(today time.Time) error {
	switch {
	case p.Reason == "":
		return refuse(Invalid, "reason", "", "Money goes back for a reason; give it.")
	case p.PaidOn.IsZero():
		return refuse(Invalid, "date", "", "A payout has a date.")
	case p.PaidOn.After(today):
		return refuse(Invalid, "date", p.PaidOn.Format(time.DateOnly), "%s has not come yet.", p.PaidOn.Format(time.DateOnly))
	}
	return nil
}

// ReversedPayment reads the payment that is to be reversed. The refusals are
// those of ReversePayment.
func (p Payout) ReversedPayment(ctx context.Context, tx *pg.Tx) (Payment, error) {
	q := Payment{ID: p.Payment}
	var before bool
	err := tx.QueryRow(ctx, `SELECT coalesce(r.tag, ''), coalesce(p.customer_id, 0), p.amount, p.currency, p.received_on,
			EXISTS (SELECT FROM payout o WHERE o.payment_id = p.id)
		FROM payment p LEFT JOIN registrar r ON r.id = p.registrar_id WHERE p.id = $1`, p.Payment).
		Scan(&q.TAG, &q.Account, &q.Amount.Minor, &q.Amount.Currency, &q.ReceivedOn, &before)
	number := fmt.Sprint(p.Payment)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return q, refuse(Unknown, "payment", number, "There is no payment %d.", p.Payment)
	case err != nil:
		return q, fmt.Errorf("read payment %d: %w", p.Payment, err)
	case before:
		return q, refuse(Excluded, "payment", number, "Payment %d was reversed before.", p.Payment)
	case p.PaidOn.Before(q.ReceivedOn):
		return q, refuse(Invalid, "date", p.PaidOn.Format(time.DateOnly), "Payment %d was received later, on %s.", p.Payment, q.ReceivedOn.Format(time.DateOnly))
	}
	return q, nil
}

// ReversePayment takes a registrar's payment back, whole. What it had settled is
// open again; where its money had also gone to other invoices as credit on
// account, the latest of these are too. Other money on account then settles what
// it can, the oldest first. A deposit that was spent is overdrawn. today is the
// registry's civil day.
//
// A *Refusal says what is wrong. The caller moves requests and names of the
// invoices on.
func ReversePayment(ctx context.Context, tx *pg.Tx, p Payout, q Payment, today time.Time) (PaidBack, error) {
	back := PaidBack{Amount: q.Amount}
	err := p.check(today)
	if err != nil {
		return back, err
	}
	err = tx.QueryRow(ctx, `SELECT id FROM registrar WHERE tag = $1`, q.TAG).Scan(&back.Registrar)
	if err != nil {
		return back, fmt.Errorf("reverse payment %d: %w", p.Payment, err)
	}
	held, err := lockDeposit(ctx, tx, back.Registrar, q.Amount.Currency)
	if err != nil {
		return back, err
	}
	back.ID, err = p.insert(ctx, tx, "reversal", q.Amount, &back.Registrar, nil)
	if err != nil {
		return back, err
	}
	t := takeBack{tx: tx, payout: back.ID, registrar: back.Registrar, currency: q.Amount.Currency, on: today, reopened: map[int64]string{}}
	freed, err := t.take(ctx, `a.payment_id = $1`, p.Payment, q.Amount.Minor)
	if err == nil && held+freed < q.Amount.Minor {
		_, err = t.take(ctx, `a.source = 'account' AND i.registrar_id = $1`, int64(back.Registrar), q.Amount.Minor-held-freed)
	}
	if err != nil {
		return back, fmt.Errorf("reverse payment %d: %w", p.Payment, err)
	}
	p.post(tx, back.ID, q.Amount, line{AccountDeposit, int64(back.Registrar), q.Amount.Minor})
	return back, t.finish(ctx, &back)
}

// RefundDeposit pays a registrar back what is on account with the registry, or a
// part of it. A *Refusal says what is wrong: amount, currency, date, registrar.
func RefundDeposit(ctx context.Context, tx *pg.Tx, p Payout, today time.Time) (PaidBack, error) {
	back := PaidBack{Amount: p.Amount}
	err := p.check(today)
	if err == nil && p.Amount.Minor <= 0 {
		err = refuse(Invalid, "amount", p.Amount.Decimal(), "A refund is more than nothing; %s is not.", p.Amount)
	}
	if err != nil {
		return back, err
	}
	var kind string
	err = tx.QueryRow(ctx, `SELECT id, kind FROM registrar WHERE tag = $1`, p.TAG).Scan(&back.Registrar, &kind)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && kind != "registrar" {
		return back, refuse(Unknown, "tag", p.TAG, "There is no registrar %s.", p.TAG)
	}
	if err != nil {
		return back, fmt.Errorf("refund a deposit: %w", err)
	}
	held, err := lockDeposit(ctx, tx, back.Registrar, p.Amount.Currency)
	if err != nil {
		return back, err
	}
	if held < p.Amount.Minor {
		return back, refuse(Excluded, "amount", p.Amount.Decimal(), "%s has %s on account.", p.TAG, Money{max(0, held), p.Amount.Currency})
	}
	back.ID, err = p.insert(ctx, tx, "refund", p.Amount, &back.Registrar, nil)
	if err != nil {
		return back, err
	}
	p.post(tx, back.ID, p.Amount, line{AccountDeposit, int64(back.Registrar), p.Amount.Minor})
	back.OnAccount = held - p.Amount.Minor
	return back, nil
}

// insert writes the row.
func (p Payout) insert(ctx context.Context, tx *pg.Tx, kind string, m Money, registrar *int32, customer *int64) (int64, error) {
	var id int64
	err := tx.QueryRow(ctx, `INSERT INTO payout (kind, payment_id, registrar_id, customer_id, currency, amount, paid_on, reason,
			bank_ref, recorded_at, staff)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING RETURNING id`,
		kind, orNull(p.Payment), registrar, customer, m.Currency, m.Minor, p.PaidOn, p.Reason, orNull(p.BankRef), tx.Now, orNull(p.Staff)).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, refuse(Excluded, "reference", p.BankRef, "The bank's reference %q belongs to another payout, or the payment was reversed just now.", p.BankRef)
	}
	if err != nil {
		return 0, fmt.Errorf("record a payout: %w", err)
	}
	return id, nil
}

// post books the payout against the account that held the money.
func (p Payout) post(tx *pg.Tx, id int64, m Money, from line) {
	what := "Refund"
	if p.Payment != 0 {
		what = fmt.Sprintf("Payment %d reversed", p.Payment)
	}
	queuePosting(tx, posting{source: "payout", sourceID: id, day: p.PaidOn, currency: m.Currency, description: what + ": " + p.Reason,
		lines: []line{{AccountBank, 0, -m.Minor}, from}})
}

// takeBack undoes allocations for a payout.
type takeBack struct {
	tx        *pg.Tx
	payout    int64
	registrar int32
	currency  string
	on        time.Time
	reopened  map[int64]string // numbers of the invoices that were settled, by id
}

// take undoes allocations a on invoices i, the latest first, up to a limit, and
// returns how much that freed.
func (t *takeBack) take(ctx context.Context, where string, key, limit int64) (int64, error) {
	rows, err := t.tx.Query(ctx, `SELECT a.id, a.invoice_id, i.number, o.open,
			a.amount + coalesce((SELECT sum(b.amount) FROM allocation b WHERE b.taken_from = a.id), 0)::bigint
		FROM allocation a JOIN invoice i ON i.id = a.invoice_id JOIN open_item o ON o.invoice_id = i.id
		WHERE i.currency = $2 AND a.source <> 'taken back' AND `+where+` ORDER BY a.id DESC FOR UPDATE OF o`, key, t.currency)
	if err != nil {
		return 0, err
	}
	type given struct{ id, invoice, number, open, left int64 }
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (given, error) {
		var g given
		err := row.Scan(&g.id, &g.invoice, &g.number, &g.open, &g.left)
		return g, err
	})
	if err != nil {
		return 0, err
	}
	freed := int64(0)
	for _, g := range list {
		amount := min(g.left, limit-freed)
		if amount <= 0 {
			continue
		}
		freed += amount
		if g.open == 0 {
			t.reopened[g.invoice] = documentNumber(prefixInvoice, g.number)
		}
		err = t.undo(ctx, g.id, g.invoice, amount, documentNumber(prefixInvoice, g.number))
		if err != nil {
			return freed, err
		}
	}
	return freed, nil
}

// undo takes an amount of one allocation back.
func (t *takeBack) undo(ctx context.Context, allocation, invoice, amount int64, number string) error {
	var id int64
	err := t.tx.QueryRow(ctx, `INSERT INTO allocation (invoice_id, amount, source, allocated_on, payout_id, taken_from)
		VALUES ($1, $2, 'taken back', $3, $4, $5) RETURNING id`, invoice, -amount, t.on, t.payout, allocation).Scan(&id)
	if err != nil {
		return err
	}
	t.tx.Queue(`UPDATE open_item SET open = open + $2, settled_on = NULL WHERE invoice_id = $1`, invoice, amount)
	queuePosting(t.tx, posting{source: "allocation", sourceID: id, day: t.on, currency: t.currency,
		description: "Taken back from invoice " + number,
		lines:       []line{{AccountDeposit, int64(t.registrar), -amount}, {AccountReceivable, int64(t.registrar), amount}}})
	return nil
}

// finish lets other money on account settle what it can, and tells what is open
// again.
func (t *takeBack) finish(ctx context.Context, back *PaidBack) error {
	parts, err := applyCredit(ctx, t.tx, t.registrar, t.on)
	if err != nil {
		return err
	}
	ids := make([]int64, len(parts))
	for i, p := range parts {
		ids[i] = p.invoice
	}
	all, err := settled(ctx, t.tx, ids)
	if err != nil {
		return err
	}
	for _, id := range all {
		if _, was := t.reopened[id]; was {
			delete(t.reopened, id)
			continue
		}
		back.Settled = append(back.Settled, id)
	}
	for _, id := range sortedIDs(t.reopened) {
		back.Reopened, back.Numbers = append(back.Reopened, id), append(back.Numbers, t.reopened[id])
	}
	back.OnAccount, err = lockDeposit(ctx, t.tx, t.registrar, t.currency)
	return err
}
