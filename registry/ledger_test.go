package registry

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry/pg"
)

// B2: the database itself refuses what does not balance, and any change.
func TestLedgerRefusals(t *testing.T) {
	r := newRegister(t)
	r.bought("A-ONE", "one.co.test", 1)
	r.run(NewDate(2026, 6, 2))
	r.paid("A-ONE", 50, "")
	_, err := r.db.Pool.Exec(r.ctx, `INSERT INTO ledger_account (kind, currency) VALUES ('bank', 'EUR')`)
	must(t, err)
	account := `(SELECT id FROM ledger_account WHERE kind = 'bank' AND currency = 'GBP')`
	for name, c := range map[string]struct{ sql, constraint string }{
		"one sided":        {`INSERT INTO entry (journal_id, account_id, currency, amount) VALUES (1, ` + account + `, 'GBP', 5)`, "entry_balances"},
		"unequal":          {`INSERT INTO entry (journal_id, account_id, currency, amount) VALUES (1, ` + account + `, 'GBP', 5), (1, ` + account + `, 'GBP', -4)`, "entry_balances"},
		"two journals":     {`INSERT INTO entry (journal_id, account_id, currency, amount) VALUES (1, ` + account + `, 'GBP', 5), (2, ` + account + `, 'GBP', -5)`, "entry_balances"},
		"two currencies":   {`INSERT INTO entry (journal_id, account_id, currency, amount) SELECT 1, id, currency, CASE currency WHEN 'EUR' THEN 5 ELSE -5 END FROM ledger_account WHERE kind = 'bank'`, "entry_journal_id_currency_fkey"},
		"update entry":     {`UPDATE entry SET amount = 1`, "entry_keeps_rows"},
		"delete entry":     {`DELETE FROM entry`, "entry_keeps_rows"},
		"truncate entry":   {`TRUNCATE entry CASCADE`, "entry_keeps_rows"},
		"update journal":   {`UPDATE journal SET day = '2020-01-01'`, "journal_keeps_rows"},
		"update invoice":   {`UPDATE invoice SET net = 1`, "invoice_keeps_rows"},
		"delete payment":   {`DELETE FROM payment`, "payment_keeps_rows"},
		"invoiced charge":  {`UPDATE charge SET amount = 1`, "charge_is_fixed"},
		"other invoice":    {`UPDATE charge SET invoice_id = NULL`, "charge_is_fixed"},
		"delete charge":    {`DELETE FROM charge`, "charge_is_fixed"},
		"same event again": {`INSERT INTO journal (at, day, source, source_id, currency, description) SELECT at, day, source, source_id, currency, description FROM journal`, "journal_source_source_id_key"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.db.Pool.Exec(r.ctx, c.sql)
			if pg.ConstraintName(err) != c.constraint {
				t.Errorf("%v, want %s", err, c.constraint)
			}
		})
	}
	r.sound()
}

// Verify finds what is wrong: here with the guards taken off.
func TestVerifyFinds(t *testing.T) {
	for name, sql := range map[string]string{
		"open item":  `UPDATE open_item SET open = open - 1`,
		"entry":      `UPDATE entry SET amount = amount + 1 WHERE id = (SELECT min(id) FROM entry)`,
		"lost entry": `DELETE FROM entry WHERE journal_id = 1`,
		"invoice":    `UPDATE invoice SET net = net + 1, gross = gross + 1`,
		"number":     `UPDATE document_series SET last = last + 1`,
		"line":       `UPDATE charge SET tax = tax + 1`,
		"payment":    `UPDATE payment SET amount = amount + 1`,
		"deposit":    `INSERT INTO balance_mark SELECT account_id, id, 12345 FROM entry ORDER BY id LIMIT 1`,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRegister(t)
			r.bought("A-ONE", "one.co.test", 1)
			r.run(NewDate(2026, 6, 2))
			r.paid("A-ONE", 50, "")
			r.sound()
			must(t, pgx.BeginFunc(r.ctx, r.db.Pool, func(tx pgx.Tx) error {
				_, err := tx.Exec(r.ctx, `SET LOCAL session_replication_role = replica; `+sql)
				return err
			}))
			checks, err := billing.Verify(r.ctx, r.db)
			must(t, err)
			found := 0
			for _, c := range checks {
				found += len(c.Differences)
			}
			if found == 0 {
				t.Error("not found")
			}
		})
	}
}
