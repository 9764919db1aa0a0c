package customer

import (
	"context"
	"fmt"
	"time"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry/pg"
)

// Lock locks an account for a change. It is a statement of its own, before what
// belongs to the account is read.
func Lock(ctx context.Context, tx *pg.Tx, id int64) error {
	var found bool
	err := tx.QueryRow(ctx, `SELECT count(*) = 1 FROM (SELECT FROM registrant_account WHERE id = $1 FOR NO KEY UPDATE) a`, id).Scan(&found)
	if err != nil {
		return fmt.Errorf("lock account %d: %w", id, err)
	}
	if !found {
		return noAccount(id)
	}
	return nil
}

// ReadTransfer reads what decides a transfer. For a change the caller has locked
// the account and its names.
func ReadTransfer(ctx context.Context, tx *pg.Tx, id int64, to string) (Transfer, error) {
	var t Transfer
	a, err := ReadDetail(ctx, tx, id)
	if err != nil {
		return t, err
	}
	t.Account = a
	t.From, err = FindVendor(ctx, tx, a.TAG)
	if err == nil {
		t.To, err = FindVendor(ctx, tx, to)
	}
	if err == nil {
		t.Into, err = Of(ctx, tx, a.ContactID, t.To.Registrar)
	}
	return t, err
}

// Begin writes a new order and returns its id.
func Begin(ctx context.Context, tx *pg.Tx, t Transfer, notify bool, registrar *int32, staff, reason string) (int64, error) {
	var id int64
	err := tx.QueryRow(ctx, `INSERT INTO account_transfer (account_id, losing, gaining, mode, notify, rate, state, registrar_id, staff,
			reason, created_at)
		VALUES ($1, $2, $3, $4, $5, nullif($6, '')::numeric, 'new', $7, nullif($8, ''), nullif($9, ''), $10) RETURNING id`,
		t.Account.ID, t.From.Registrar, t.To.Registrar, t.Mode, notify, t.Rate.String(), registrar, staff, reason, tx.Now).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("order the transfer of account %d: %w", t.Account.ID, err)
	}
	return id, nil
}

// Abandon ends the orders of an account that a fault interrupted, so that
// another may be made. What they had begun was rolled back.
func Abandon(tx *pg.Tx, account int64) {
	tx.Queue(`UPDATE account_transfer SET state = 'failed', failure = 'interrupted before its end', ended_at = $2
		WHERE account_id = $1 AND state IN ('new', 'running')`, account, tx.Now)
}

// Run marks an order as running.
func Run(tx *pg.Tx, order int64) {
	tx.Queue(`UPDATE account_transfer SET state = 'running' WHERE id = $1 AND state = 'new'`, order)
}

// Fail marks an order as failed.
func Fail(tx *pg.Tx, order int64, why string) {
	tx.Queue(`UPDATE account_transfer SET state = 'failed', failure = $2, ended_at = $3 WHERE id = $1 AND state IN ('new', 'running')`,
		order, why, tx.Now)
}

// Apply carries out a decision, apart from the names themselves, and returns the
// account under the new vendor. Subscriptions move here, before the names do: a
// name that leaves its vendor with a subscription of it would lose it.
func Apply(ctx context.Context, tx *pg.Tx, order int64, t Transfer, d Decision, by string) (int64, []billing.Memo, error) {
	id, err := openAccount(ctx, tx, t, d)
	if err != nil {
		return 0, nil, err
	}
	memos, err := moveBalances(ctx, tx, order, id, t, d, by)
	if err != nil {
		return 0, nil, err
	}
	moveSubscriptions(tx, id, t.To.Registrar, d.Subscriptions, t.Today)
	for _, m := range d.Methods {
		state := "disabled"
		if m.Active {
			state = "active"
		}
		tx.Queue(`INSERT INTO account_payment_method (account_id, system, gateway, token, hint, state, added_at)
			VALUES ($1, $2, $3, nullif($4, ''), $5, $6, $7)`, id, m.System, m.Gateway, m.Token, m.Hint, state, tx.Now)
	}
	tx.Queue(`UPDATE account_payment_method SET state = 'disabled' WHERE account_id = $1`, t.Account.ID)
	for _, a := range d.Acceptances {
		tx.Queue(`INSERT INTO terms_acceptance (account_id, document_id, version, accepted_on, copied) VALUES ($1, $2, $3, $4, true)
			ON CONFLICT DO NOTHING`, id, a.Document, a.Version, a.On)
	}
	tx.Queue(`INSERT INTO account_user (account_id, login, name, email, role, privileges)
		SELECT $2, login, name, email, role, privileges FROM account_user WHERE account_id = $1 ON CONFLICT DO NOTHING`, t.Account.ID, id)
	tx.Queue(`DELETE FROM account_user WHERE account_id = $1`, t.Account.ID)
	if d.Tickets {
		tx.Queue(`INSERT INTO account_ticket (account_id, reference) SELECT $2, reference FROM account_ticket WHERE account_id = $1
			ON CONFLICT DO NOTHING`, t.Account.ID, id)
		tx.Queue(`DELETE FROM account_ticket WHERE account_id = $1`, t.Account.ID)
	}
	tx.Queue(`UPDATE registrant_account SET status = 'transferred out', transferred_to = $2 WHERE id = $1`, t.Account.ID, id)
	tx.Queue(`UPDATE account_transfer SET state = 'completed', new_account_id = $2, names = $3, ended_at = $4 WHERE id = $1`,
		order, id, len(t.Account.Subscriptions), tx.Now)
	return id, memos, nil
}

// openAccount opens the account under the new vendor, by its rules (B36), or
// takes the one that the customer has there.
func openAccount(ctx context.Context, tx *pg.Tx, t Transfer, d Decision) (int64, error) {
	if t.Into != nil {
		_, err := LockActive(ctx, tx, t.Into.ID) // it may be on its way elsewhere
		if err != nil {
			return 0, err
		}
		tx.Queue(`UPDATE registrant_account SET holder_role = 'full access' WHERE id = $1`, t.Into.ID)
		return t.Into.ID, nil
	}
	var id int64
	err := tx.QueryRow(ctx, `INSERT INTO registrant_account (contact_id, contact_handle, registrar_id, currency, opened_at, class, tax_zone,
			sales_person)
		VALUES ($1, $2, $3, $4, $5, $6, nullif($7, ''), nullif($8, '')) RETURNING id`,
		t.Account.ContactID, t.Account.Handle, t.To.Registrar, d.Currency, tx.Now, d.Class, d.TaxZone, d.SalesPerson).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("open an account under %s: %w", t.To.TAG, err)
	}
	return id, nil
}

// moveBalances issues both memos of each balance (B32).
func moveBalances(ctx context.Context, tx *pg.Tx, order, id int64, t Transfer, d Decision, by string) ([]billing.Memo, error) {
	var memos []billing.Memo
	for _, b := range d.Balances {
		out := billing.Money{Minor: -b.Out.Minor, Currency: b.Out.Currency}
		in := b.In
		text := fmt.Sprintf("account transfer %s, account %d of %s to account %d of %s", OrderNumber(order), t.Account.ID, t.From.TAG, id, t.To.TAG)
		if !b.Rate.IsZero() {
			text += fmt.Sprintf("; %s is %s at %s %s for one %s, rounded half up", side(b.Out), side(in), b.Rate, in.Currency, b.Out.Currency)
		} else {
			text += "; " + side(b.Out)
		}
		for _, m := range []billing.Memo{
			{Account: t.Account.ID, Kind: billing.MemoTransferOut, Amount: out, Other: &in, Description: "Balance moved: " + text},
			{Account: id, Kind: billing.MemoInitialBalance, Amount: in, Other: &out, Description: "Initial balance: " + text},
		} {
			if m.Amount.Minor == 0 {
				continue // less than half a minor unit of the new currency
			}
			m.Transfer, m.Rate, m.Dated, m.Staff = order, b.Rate, t.Today, by
			m, err := billing.IssueMemo(ctx, tx, m)
			if err != nil {
				return nil, err
			}
			memos = append(memos, m)
		}
	}
	return memos, nil
}

// side writes a balance in words.
func side(m billing.Money) string {
	if m.Minor < 0 {
		return billing.Money{Minor: -m.Minor, Currency: m.Currency}.String() + " credit"
	}
	return m.String() + " debit"
}

func moveSubscriptions(tx *pg.Tx, account int64, registrar int32, moves []SubscriptionMove, today time.Time) {
	for _, m := range moves {
		synced := m.Before.SyncedOn
		if m.NewPrice {
			synced = today
		}
		tx.Queue(`UPDATE plan_subscription SET account_id = $2, registrar_id = $3, plan_id = $4, currency = $5, price = $6,
			promotion_id = nullif($7, 0::bigint), frozen = $8, service_terms_id = nullif($9, 0::bigint), schedule_id = nullif($10, 0::bigint),
			synced_on = $11 WHERE domain_id = $1`,
			m.Before.DomainID, account, registrar, m.Plan.ID, m.Price.Currency, m.Price.Minor, m.Promotion, m.Frozen,
			m.Plan.TermsID, m.Plan.ScheduleID, synced)
	}
}

// QueueSync brings the prices of names to what their plans cost on a civil day:
// at a renewal, or by hand (B33). Frozen prices stay, and those whose plan has
// no price.
func QueueSync(tx *pg.Tx, domains []int64, on time.Time) {
	tx.Queue(`UPDATE plan_subscription s SET price = n.amount, promotion_id = n.promotion_id, synced_on = $2
		FROM plan_subscription o CROSS JOIN LATERAL plan_price_on(o.plan_id, o.years, o.currency, $2) n
		WHERE s.domain_id = ANY ($1) AND o.domain_id = s.domain_id AND NOT s.frozen`, domains, on)
}
