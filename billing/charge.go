package billing

import (
	"time"

	"github.com/namekeep/namekeep/registry/pg"
)

// Charge is one line that a registrar owes, to be put on its next invoice.
type Charge struct {
	Registrar  int32
	Operation  Operation
	Zone       int32
	DomainID   int64
	DomainName string
	RequestID  int64 // the renewal request that it charges; 0: none
	Years      int
	From, To   time.Time // the period paid for: civil dates at midnight UTC
	Quote      Quote
	On         time.Time // the registry's civil day, at midnight UTC
}

// chargeSQL inserts a charge.
const chargeSQL = `INSERT INTO charge (registrar_id, operation, zone_id, domain_id, domain_name, request_id,
	years, period_from, period_to, currency, amount, tax_rate, tax, charged_at, charged_on, prepaid)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`

// debitSQL completes a statement whose CTE c has charges of prepaid tags: it
// takes them from the deposits.
const debitSQL = `, j AS (
		INSERT INTO journal (at, day, source, source_id, currency, description)
		SELECT charged_at, charged_on, 'charge', id, currency, operation || ' ' || domain_name
		FROM c WHERE amount + tax <> 0 RETURNING id, source_id)
	INSERT INTO entry (journal_id, account_id, currency, amount)
	SELECT j.id, a.id, a.currency, CASE a.kind WHEN 'deposit' THEN 1 ELSE -1 END * (c.amount + c.tax)
	FROM j JOIN c ON c.id = j.source_id
	JOIN ledger_account a ON a.kind IN ('deposit', 'prepaid') AND a.owner = c.registrar_id AND a.currency = c.currency`

// QueueCharge adds the line to the transaction; it is written with the commit.
// For a prepaid tag its deposit is debited, which the quote has locked; the
// caller has checked that the quote's funds cover it.
func QueueCharge(tx *pg.Tx, c Charge) {
	var request *int64
	if c.RequestID != 0 {
		request = &c.RequestID
	}
	q := c.Quote
	args := []any{c.Registrar, c.Operation, c.Zone, c.DomainID, c.DomainName, request,
		c.Years, day(c.From), day(c.To), q.Net.Currency, q.Net.Minor, q.TaxRate, q.Tax, tx.Now, c.On, q.Prepaid}
	if !q.Prepaid {
		tx.Queue(chargeSQL, args...)
		return
	}
	queuePrepaidAccounts(tx, c.Registrar, q.Net.Currency, q.Funds)
	tx.Queue(`WITH c AS (`+chargeSQL+` RETURNING *)`+debitSQL, args...)
}

// QueueDebits takes charges that were inserted as a set from the deposit of
// their prepaid registrar. f is what LockFunds returned in this transaction;
// the caller has chosen charges that it covers, and set their column prepaid.
func QueueDebits(tx *pg.Tx, registrar int32, currency string, f Funds, chargeIDs []int64) {
	if len(chargeIDs) == 0 {
		return
	}
	queuePrepaidAccounts(tx, registrar, currency, f)
	tx.Queue(`WITH c AS (SELECT * FROM charge WHERE id = ANY ($1) AND prepaid AND registrar_id = $2)`+debitSQL,
		chargeIDs, registrar)
}

func queuePrepaidAccounts(tx *pg.Tx, registrar int32, currency string, f Funds) {
	owner := int64(registrar)
	tx.Queue(ensureSQL, []string{string(AccountDeposit), string(AccountPrepaid)}, []int64{owner, owner}, currency)
	if f.tail >= markEvery {
		tx.Queue(markSQL, registrar, currency)
	}
}

// reversalSQL takes charges back: what was debited from a deposit returns to
// it, what is on an invoice is credited by the next invoice run. choice picks the
// charges by the key $1; $2 is the instant, $3 the civil day.
func reversalSQL(choice string) string {
	return `WITH r AS (
			UPDATE charge SET reversed_at = $2 WHERE ` + choice + ` AND reversed_at IS NULL
			RETURNING id, registrar_id, currency, amount + tax AS gross, prepaid, invoice_id, domain_name),
		due AS (INSERT INTO refund_due (charge_id) SELECT id FROM r WHERE invoice_id IS NOT NULL),
		j AS (
			INSERT INTO journal (at, day, source, source_id, currency, description)
			SELECT $2, $3, 'reversal', id, currency, 'taken back: ' || domain_name
			FROM r WHERE prepaid AND invoice_id IS NULL AND gross <> 0 RETURNING id, source_id)
		INSERT INTO entry (journal_id, account_id, currency, amount)
		SELECT j.id, a.id, a.currency, CASE a.kind WHEN 'deposit' THEN -1 ELSE 1 END * r.gross
		FROM j JOIN r ON r.id = j.source_id
		JOIN ledger_account a ON a.kind IN ('deposit', 'prepaid') AND a.owner = r.registrar_id AND a.currency = r.currency`
}

// lockDebitedSQL locks the deposits that a reversal returns money to.
const lockDebitedSQL = `SELECT a.id FROM charge c JOIN ledger_account a
		ON a.kind = 'deposit' AND a.owner = c.registrar_id AND a.currency = c.currency
	WHERE c.prepaid AND c.invoice_id IS NULL AND c.reversed_at IS NULL AND `

var (
	reverseOneSQL  = reversalSQL(`id = $1`)
	reverseNameSQL = reversalSQL(`domain_id = $1 AND invoice_id IS NULL`)
)

// QueueReversal takes back a charge: a withdrawn request, or a deletion in a
// grace period. One that is on an invoice is credited by the next invoice run.
// on is the registry's civil day, at midnight UTC.
func QueueReversal(tx *pg.Tx, chargeID int64, on time.Time) {
	tx.Queue(lockDebitedSQL+`c.id = $1 FOR NO KEY UPDATE OF a`, chargeID)
	tx.Queue(reverseOneSQL, chargeID, tx.Now, on)
}

// QueueReversalOfName takes back all that a name was charged and that no invoice
// has yet. on is the registry's civil day, at midnight UTC.
func QueueReversalOfName(tx *pg.Tx, domainID int64, on time.Time) {
	tx.Queue(lockDebitedSQL+`c.domain_id = $1 FOR NO KEY UPDATE OF a`, domainID)
	tx.Queue(reverseNameSQL, domainID, tx.Now, on)
}

func day(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
