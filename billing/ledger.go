package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/namekeep/namekeep/registry/pg"
)

// AccountKind is what an account of the ledger is for.
type AccountKind string

// The kinds of account. Debits are positive, credits negative: what a registrar
// owes is a positive receivable, what it has on account a negative deposit.
const (
	AccountBank       AccountKind = "bank"
	AccountRevenue    AccountKind = "revenue"    // of a zone
	AccountTax        AccountKind = "tax"        // owed to the tax office
	AccountReceivable AccountKind = "receivable" // of a registrar: its open invoices
	AccountDeposit    AccountKind = "deposit"    // of a registrar: money on account
	AccountPrepaid    AccountKind = "prepaid"    // of a registrar: debited and not yet invoiced
	AccountCustomer   AccountKind = "customer"   // of a registrant: money on account
	AccountClearing   AccountKind = "clearing"   // the other side of memos
)

// line is one entry of a posting: owner is the id of the registrar, zone or
// registrant account that the kind belongs to, 0 for bank, tax and clearing.
type line struct {
	kind   AccountKind
	owner  int64
	amount int64 // minor units; positive: debit
}

// posting is one journal row with its entries. A repeat of (source, sourceID)
// fails.
type posting struct {
	source      string
	sourceID    int64
	day         time.Time
	currency    string
	description string
	lines       []line
}

// ensureSQL opens the accounts that are not there yet.
const ensureSQL = `INSERT INTO ledger_account (kind, registrar_id, zone_id, customer_id, currency)
	SELECT DISTINCT l.kind,
		CASE WHEN l.kind IN ('receivable', 'deposit', 'prepaid') THEN l.owner::integer END,
		CASE WHEN l.kind = 'revenue' THEN l.owner::integer END,
		CASE WHEN l.kind = 'customer' THEN l.owner END, $3
	FROM unnest($1::text[], $2::bigint[]) AS l (kind, owner)
	WHERE NOT EXISTS (SELECT FROM ledger_account a WHERE a.kind = l.kind AND a.owner = l.owner AND a.currency = $3)
	ON CONFLICT (kind, owner, currency) DO NOTHING`

// postSQL writes a journal row with all its entries in one statement, as the
// database asks; an account that is missing leaves them out of balance, which
// it refuses.
const postSQL = `WITH j AS (
		INSERT INTO journal (at, day, source, source_id, currency, description)
		VALUES ($1, $2, $3, $4, $5, $6) RETURNING id)
	INSERT INTO entry (journal_id, account_id, currency, amount)
	SELECT j.id, a.id, $5, l.amount
	FROM j, unnest($7::text[], $8::bigint[], $9::bigint[]) AS l (kind, owner, amount)
	JOIN ledger_account a ON a.kind = l.kind AND a.owner = l.owner AND a.currency = $5`

// queuePosting writes a posting with the transaction; one without amounts
// leaves no trace.
func queuePosting(tx *pg.Tx, p posting) {
	var kinds []string
	var owners, amounts []int64
	for _, l := range p.lines {
		if l.amount == 0 {
			continue
		}
		kinds, owners, amounts = append(kinds, string(l.kind)), append(owners, l.owner), append(amounts, l.amount)
	}
	if len(kinds) == 0 {
		return
	}
	tx.Queue(ensureSQL, kinds, owners, p.currency)
	tx.Queue(postSQL, tx.Now, p.day, p.source, p.sourceID, p.currency, p.description, kinds, owners, amounts)
}

// lockDeposit locks a registrar's deposit, opened if need be, and returns what
// is on account: minor units, positive when the registrar has money with us.
// Everybody who posts to a deposit calls it first.
func lockDeposit(ctx context.Context, tx *pg.Tx, registrar int32, currency string) (int64, error) {
	return lockMoney(ctx, tx, AccountDeposit, int64(registrar), currency)
}

// lockMoney locks the account of a registrar or registrant that holds its
// money, and returns what is on it.
func lockMoney(ctx context.Context, tx *pg.Tx, kind AccountKind, owner int64, currency string) (int64, error) {
	tx.Queue(ensureSQL, []string{string(kind)}, []int64{owner}, currency)
	var account, balance int64
	err := tx.QueryRow(ctx, `SELECT id FROM ledger_account WHERE kind = $1 AND owner = $2 AND currency = $3
		FOR NO KEY UPDATE`, kind, owner, currency).Scan(&account)
	if err == nil {
		// A statement of its own: it must see what was posted while this one waited.
		err = tx.QueryRow(ctx, `SELECT balance_of($1)`, account).Scan(&balance)
	}
	if err != nil {
		return 0, fmt.Errorf("lock the %s account: %w", kind, err)
	}
	return -balance, nil
}

// markEvery is how many entries a deposit may have after its last mark before
// the next charge sets another.
const markEvery = 256

// markSQL notes the balance of a deposit that this transaction has locked.
const markSQL = `INSERT INTO balance_mark (account_id, entry_id, balance)
	SELECT a.id, (SELECT max(e.id) FROM entry e WHERE e.account_id = a.id), balance_of(a.id)
	FROM ledger_account a WHERE a.kind = 'deposit' AND a.owner = $1 AND a.currency = $2
	ON CONFLICT DO NOTHING`
