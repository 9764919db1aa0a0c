package billing

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// Check is one of the comparisons of billing verify (rule B2).
type Check struct {
	Name        string
	Compared    int64    // how many balances, documents or rows
	Differences []string // the first hundred; none: sound
}

// comparisons recompute every balance and every open item from what it is
// derived from. Each query returns only differences, as text; count says how
// many things were compared.
var comparisons = []struct{ name, count, sql string }{
	{"journal rows sum to zero", `SELECT count(*) FROM journal`,
		`SELECT format('journal %s sums to %s', j.id, coalesce(sum(e.amount), 0)) FROM journal j LEFT JOIN entry e ON e.journal_id = j.id
		 GROUP BY j.id HAVING sum(e.amount) IS DISTINCT FROM 0`},
	{"the ledger sums to zero in each currency", `SELECT count(DISTINCT currency) FROM ledger_account`,
		`SELECT format('%s: %s', currency, sum(amount)) FROM entry GROUP BY currency HAVING sum(amount) <> 0`},
	{"marks are the sums of their entries", `SELECT count(*) FROM balance_mark`,
		`SELECT format('account %s up to entry %s: %s, not %s', m.account_id, m.entry_id, s.sum, m.balance)
		 FROM balance_mark m, LATERAL (SELECT sum(amount) FROM entry e WHERE e.account_id = m.account_id AND e.id <= m.entry_id) s
		 WHERE s.sum IS DISTINCT FROM m.balance`},
	{"invoices are the sums of their lines", `SELECT count(*) FROM invoice`,
		`SELECT format('invoice %s: net %s, tax %s, %s lines; its lines are net %s, tax %s, %s lines', i.number, i.net, i.tax, i.lines, s.net, s.tax, s.n)
		 FROM invoice i, LATERAL (SELECT coalesce(sum(amount), 0) AS net, coalesce(sum(tax), 0) AS tax, count(*) AS n FROM charge c
			WHERE c.invoice_id = i.id AND c.registrar_id = i.registrar_id AND c.currency = i.currency) s
		 WHERE (s.net, s.tax, s.n) IS DISTINCT FROM (i.net, i.tax, i.lines)`},
	{"the tax of each line is its rate of it (B1)", `SELECT count(*) FROM charge`,
		`SELECT format('charge %s: tax %s of %s', id, tax, amount) FROM charge WHERE tax <> billing_tax(amount, tax_rate)`},
	{"open items are what is not allocated or credited", `SELECT count(*) FROM invoice`,
		`SELECT format('invoice %s: %s open, not %s', i.number, o.open, s.open) FROM invoice i LEFT JOIN open_item o ON o.invoice_id = i.id,
			LATERAL (SELECT i.gross - coalesce((SELECT sum(amount) FROM allocation a WHERE a.invoice_id = i.id), 0)
				- coalesce((SELECT sum(applied) FROM credit_note n WHERE n.invoice_id = i.id), 0) AS open) s
		 WHERE o.open IS DISTINCT FROM s.open OR o.due <> i.due OR o.registrar_id <> i.registrar_id`},
	{"receivables are the open items", `SELECT count(*) FROM ledger_account WHERE kind = 'receivable'`,
		`SELECT format('%s: ledger %s, open %s', coalesce(l.key, o.key), l.sum, o.sum)
		 FROM (` + ledgerSums("receivable") + `) l FULL JOIN
			(SELECT registrar_id || ' ' || currency AS key, sum(open) AS sum FROM open_item GROUP BY 1) o USING (key)
		 WHERE coalesce(l.sum, 0) <> coalesce(o.sum, 0)`},
	{"deposits are payments and credits less what was used", `SELECT count(*) FROM ledger_account WHERE kind = 'deposit'`,
		`SELECT format('%s: ledger %s, documents %s', coalesce(l.key, d.key), l.sum, d.sum)
		 FROM (` + ledgerSums("deposit") + `) l FULL JOIN
			(SELECT key, sum(amount) FROM (
				SELECT registrar_id || ' ' || currency AS key, -amount AS amount FROM payment WHERE registrar_id IS NOT NULL
				UNION ALL SELECT i.registrar_id || ' ' || i.currency, a.amount FROM allocation a JOIN invoice i ON i.id = a.invoice_id WHERE a.source <> 'prepaid'
				UNION ALL SELECT registrar_id || ' ' || currency, applied - gross FROM credit_note
				UNION ALL SELECT registrar_id || ' ' || currency, amount FROM payout WHERE registrar_id IS NOT NULL
				UNION ALL SELECT registrar_id || ' ' || currency, amount + tax FROM charge WHERE prepaid AND (reversed_at IS NULL OR invoice_id IS NOT NULL)) x
			 GROUP BY key) d USING (key)
		 WHERE coalesce(l.sum, 0) <> coalesce(d.sum, 0)`},
	{"what is prepaid is what waits for an invoice", `SELECT count(*) FROM ledger_account WHERE kind = 'prepaid'`,
		`SELECT format('%s: ledger %s, charges %s', coalesce(l.key, c.key), l.sum, c.sum)
		 FROM (` + ledgerSums("prepaid") + `) l FULL JOIN
			(SELECT registrar_id || ' ' || currency AS key, -sum(amount + tax) AS sum FROM charge
			 WHERE prepaid AND invoice_id IS NULL AND reversed_at IS NULL GROUP BY 1) c USING (key)
		 WHERE coalesce(l.sum, 0) <> coalesce(c.sum, 0)`},
	{"registrants' balances are payments less receipts, and memos", `SELECT count(*) FROM ledger_account WHERE kind = 'customer'`,
		`SELECT format('%s: ledger %s, documents %s', coalesce(l.key, d.key), l.sum, d.sum)
		 FROM (` + ledgerSums("customer") + `) l FULL JOIN
			(SELECT key, sum(amount) FROM (
				SELECT customer_id || ' ' || currency AS key, -amount AS amount FROM payment WHERE customer_id IS NOT NULL
				UNION ALL SELECT customer_id || ' ' || currency, amount FROM payout WHERE customer_id IS NOT NULL
				UNION ALL SELECT account_id || ' ' || currency, gross FROM receipt
				UNION ALL SELECT r.account_id || ' ' || r.currency, -r.gross FROM receipt_reversal v JOIN receipt r ON r.id = v.receipt_id
				UNION ALL SELECT account_id || ' ' || currency, amount FROM memo) x GROUP BY key) d USING (key)
		 WHERE coalesce(l.sum, 0) <> coalesce(d.sum, 0)`},
	{"clearing is the other side of memos", `SELECT count(*) FROM memo`,
		`SELECT format('%s: ledger %s, memos %s', coalesce(l.key, m.key), l.sum, m.sum)
		 FROM (` + ledgerSums("clearing") + `) l FULL JOIN
			(SELECT '0 ' || currency AS key, -sum(amount) AS sum FROM memo GROUP BY 1) m USING (key)
		 WHERE coalesce(l.sum, 0) <> coalesce(m.sum, 0)`},
	{"accounts that were transferred out are at zero where a memo closed them (B32)", `SELECT count(*) FROM account_transfer WHERE state = 'completed'`,
		`SELECT format('account %s: %s after order %s', t.account_id, s.sum, t.id)
		 FROM account_transfer t, LATERAL (SELECT sum(e.amount) FROM ledger_account a JOIN entry e ON e.account_id = a.id
			JOIN journal j ON j.id = e.journal_id WHERE a.kind = 'customer' AND a.customer_id = t.account_id
			AND j.id <= (SELECT max(k.id) FROM journal k JOIN memo m ON k.source = 'memo' AND k.source_id = m.id
				WHERE m.transfer_id = t.id AND m.account_id = t.account_id AND m.currency = a.currency)
			GROUP BY a.id HAVING sum(e.amount) <> 0) s WHERE t.state = 'completed'`},
	{"memos of an account transfer name each other (B32)", `SELECT count(*) FROM memo WHERE transfer_id IS NOT NULL`,
		`SELECT format('memo %s: the other side is missing', m.number) FROM memo m WHERE m.transfer_id IS NOT NULL
			AND m.other_amount IS DISTINCT FROM 0 AND NOT EXISTS (SELECT FROM memo o WHERE o.transfer_id = m.transfer_id
				AND o.kind <> m.kind AND o.rate IS NOT DISTINCT FROM m.rate
				AND (o.currency, o.amount, o.other_currency, o.other_amount) = (m.other_currency, m.other_amount, m.currency, m.amount))`},
	{"the bank is all payments less what went back", `SELECT count(*) FROM payment`,
		`SELECT format('%s: ledger %s, payments %s', coalesce(l.key, p.key), l.sum, p.sum)
		 FROM (` + ledgerSums("bank") + `) l FULL JOIN
			(SELECT '0 ' || currency AS key, sum(amount) AS sum FROM (SELECT currency, amount FROM payment
				UNION ALL SELECT currency, -amount FROM payout) m GROUP BY 1) p USING (key)
		 WHERE coalesce(l.sum, 0) <> coalesce(p.sum, 0)`},
	{"revenue is invoices and receipts less credit notes", `SELECT count(*) FROM ledger_account WHERE kind = 'revenue'`,
		`SELECT format('%s: ledger %s, documents %s', coalesce(l.key, d.key), l.sum, d.sum)
		 FROM (` + ledgerSums("revenue") + `) l FULL JOIN
			(SELECT key, sum(amount) FROM (
				SELECT zone_id || ' ' || currency AS key, -amount AS amount FROM charge WHERE invoice_id IS NOT NULL
				UNION ALL SELECT c.zone_id || ' ' || c.currency, c.amount FROM credit_note_line n JOIN charge c ON c.id = n.charge_id
				UNION ALL SELECT zone_id || ' ' || currency, -net FROM receipt
				UNION ALL SELECT r.zone_id || ' ' || r.currency, r.net FROM receipt_reversal v JOIN receipt r ON r.id = v.receipt_id) x GROUP BY key) d USING (key)
		 WHERE coalesce(l.sum, 0) <> coalesce(d.sum, 0)`},
	{"tax is that of invoices and receipts less credit notes", `SELECT count(*) FROM ledger_account WHERE kind = 'tax'`,
		`SELECT format('%s: ledger %s, documents %s', coalesce(l.key, d.key), l.sum, d.sum)
		 FROM (` + ledgerSums("tax") + `) l FULL JOIN
			(SELECT key, sum(amount) FROM (
				SELECT '0 ' || currency AS key, -tax AS amount FROM invoice
				UNION ALL SELECT '0 ' || currency, tax FROM credit_note
				UNION ALL SELECT '0 ' || currency, -tax FROM receipt
				UNION ALL SELECT '0 ' || r.currency, r.tax FROM receipt_reversal v JOIN receipt r ON r.id = v.receipt_id) x GROUP BY key) d USING (key)
		 WHERE coalesce(l.sum, 0) <> coalesce(d.sum, 0)`},
	{"credit notes are the sums of their lines", `SELECT count(*) FROM credit_note`,
		`SELECT format('credit note %s: %s and tax %s; its lines are %s and %s', n.number, n.net, n.tax, s.net, s.tax)
		 FROM credit_note n, LATERAL (SELECT sum(c.amount) AS net, sum(c.tax) AS tax FROM credit_note_line l JOIN charge c ON c.id = l.charge_id
			WHERE l.credit_note_id = n.id AND c.invoice_id = n.invoice_id) s
		 WHERE (s.net, s.tax) IS DISTINCT FROM (n.net, n.tax)`},
	{"numbers have no gaps", `SELECT sum(last)::bigint FROM document_series`,
		`SELECT format('%s: last %s, %s documents up to %s', s.kind, s.last, d.n, d.max) FROM document_series s JOIN (
			SELECT 'invoice' AS kind, count(*) AS n, coalesce(max(number), 0) AS max FROM invoice
			UNION ALL SELECT 'credit note', count(*), coalesce(max(number), 0) FROM credit_note
			UNION ALL SELECT 'pro forma', count(*), coalesce(max(number), 0) FROM pro_forma
			UNION ALL SELECT 'receipt', count(*), coalesce(max(number), 0) FROM receipt
			UNION ALL SELECT 'memo', count(*), coalesce(max(number), 0) FROM memo) d USING (kind)
		 WHERE NOT (s.last = d.n AND s.last = d.max)`},
	{"documents are in the ledger", `SELECT (SELECT count(*) FROM invoice) + (SELECT count(*) FROM credit_note) + (SELECT count(*) FROM receipt)
			+ (SELECT count(*) FROM payment) + (SELECT count(*) FROM allocation) + (SELECT count(*) FROM memo)
			+ (SELECT count(*) FROM payout) + (SELECT count(*) FROM receipt_reversal)`,
		`SELECT format('%s %s: %s in the ledger', d.source, d.id, coalesce(s.sum::text, 'nothing')) FROM (
			SELECT 'invoice' AS source, id, gross FROM invoice UNION ALL SELECT 'credit note', id, gross FROM credit_note
			UNION ALL SELECT 'receipt', id, gross FROM receipt UNION ALL SELECT 'payment', id, amount FROM payment
			UNION ALL SELECT 'allocation', id, abs(amount) FROM allocation UNION ALL SELECT 'memo', id, abs(amount) FROM memo
			UNION ALL SELECT 'payout', id, amount FROM payout
			UNION ALL SELECT 'receipt reversal', v.id, r.gross FROM receipt_reversal v JOIN receipt r ON r.id = v.receipt_id) d
		 LEFT JOIN journal j ON j.source = d.source AND j.source_id = d.id
		 LEFT JOIN LATERAL (SELECT sum(amount) FROM entry e WHERE e.journal_id = j.id AND e.amount > 0) s ON true
		 WHERE d.gross <> coalesce(s.sum, 0)`},
	{"renewals on invoices are each of one request", `SELECT count(*) FROM charge WHERE request_id IS NOT NULL`,
		`SELECT format('charge %s for %s is not explained by its request', c.id, c.domain_name) FROM charge c
			JOIN zone z ON z.id = c.zone_id LEFT JOIN renewal_request q ON q.id = c.request_id
		 WHERE c.operation = 'renew' AND z.profile = 'uk' AND (q.id IS NULL OR q.domain_id <> c.domain_id
			OR q.registrar_id <> c.registrar_id OR q.period <> c.period_from OR q.years <> c.years)`},
	{"requests of settled invoices are paid (R6)", `SELECT count(*) FROM renewal_request`,
		`SELECT format('request %s for %s is %s; invoice %s is settled', q.id, q.domain_name, q.state, i.number)
		 FROM renewal_request q JOIN charge c ON c.request_id = q.id JOIN invoice i ON i.id = c.invoice_id
			JOIN open_item o ON o.invoice_id = i.id
		 WHERE o.open = 0 AND q.state NOT IN ('paid', 'withdrawn')`},
}

// ledgerSums is the query of the balances of a kind of account, by owner and
// currency.
func ledgerSums(kind string) string {
	return `SELECT a.owner || ' ' || a.currency AS key, sum(e.amount) AS sum FROM ledger_account a JOIN entry e ON e.account_id = a.id
		WHERE a.kind = '` + kind + `' GROUP BY 1`
}

// Verify recomputes every balance and every open item, all as of one moment. It
// returns each comparison; the books are sound when none has differences.
func Verify(ctx context.Context, db *pg.DB) ([]Check, error) {
	tx, err := db.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, fmt.Errorf("verify the books: %w", err)
	}
	// Nothing was written: the end of the transaction cannot lose anything.
	defer func() { _ = tx.Rollback(ctx) }()
	var checks []Check
	for _, c := range comparisons {
		check := Check{Name: c.name}
		err = tx.QueryRow(ctx, `SELECT coalesce((`+c.count+`), 0)`).Scan(&check.Compared)
		if err != nil {
			return nil, fmt.Errorf("verify that %s: %w", c.name, err)
		}
		rows, err := tx.Query(ctx, c.sql+` LIMIT 100`)
		if err != nil {
			return nil, fmt.Errorf("verify that %s: %w", c.name, err)
		}
		check.Differences, err = pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("verify that %s: %w", c.name, err)
		}
		checks = append(checks, check)
	}
	return checks, nil
}
