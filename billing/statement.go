package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// Statement is a registrar's account over some days (rule B15). Amounts are
// minor units; a positive balance is owed to the registry, a negative one is
// held for the registrar.
type Statement struct {
	TAG      string
	To       Addressee
	Currency string
	From     time.Time // civil dates at midnight UTC, both included
	Till     time.Time
	Opening  int64
	Lines    []StatementLine
	Closing  int64
	Overdue  int64 // of the open invoices, due before the day after Till
}

// StatementLine is a movement of the account.
type StatementLine struct {
	Day         time.Time
	Description string
	Debit       int64 // added to what is owed
	Credit      int64
	Balance     int64
}

// MakeStatement makes the statement of a registrar, in its currency. Movements
// that only put money against an invoice do not change the balance and are left
// out. An unknown tag is a *Refusal.
func MakeStatement(ctx context.Context, db *pg.DB, tag string, from, till time.Time) (Statement, error) {
	s := Statement{TAG: tag, From: from, Till: till}
	if till.Before(from) {
		return s, refuse(Invalid, "from", from.Format(time.DateOnly), "A statement begins before it ends.")
	}
	var id int64
	err := db.Pool.QueryRow(ctx, `SELECT r.id, r.currency,
			jsonb_build_object('tag', r.tag, 'name', r.name, 'email', coalesce(r.billing_email, ''), 'language', r.language)
		FROM registrar r WHERE r.tag = $1 AND r.kind = 'registrar'`, tag).Scan(&id, &s.Currency, &s.To)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, refuse(Unknown, "tag", tag, "There is no registrar %s.", tag)
	}
	if err != nil {
		return s, fmt.Errorf("read registrar %s: %w", tag, err)
	}
	// One statement, so that opening balance and movements are of one moment.
	rows, err := db.Pool.Query(ctx, `WITH moved AS (
			SELECT j.id, j.day, j.description, sum(e.amount)::bigint AS amount
			FROM ledger_account a JOIN entry e ON e.account_id = a.id JOIN journal j ON j.id = e.journal_id
			WHERE a.kind IN ('receivable', 'deposit') AND a.owner = $1 AND a.currency = $2 AND j.day <= $4
			GROUP BY j.id HAVING sum(e.amount) <> 0)
		SELECT $3::date AS day, '' AS description, coalesce(sum(amount), 0)::bigint AS amount, 0 AS id FROM moved WHERE day < $3
		UNION ALL SELECT day, description, amount, id FROM moved WHERE day >= $3
		ORDER BY day, id`, id, s.Currency, from, till)
	if err != nil {
		return s, fmt.Errorf("make a statement: %w", err)
	}
	var l StatementLine
	var amount, journal int64
	_, err = pgx.ForEachRow(rows, []any{&l.Day, &l.Description, &amount, &journal}, func() error {
		s.Closing += amount
		if journal == 0 {
			s.Opening = amount
			return nil
		}
		l.Debit, l.Credit, l.Balance = max(0, amount), max(0, -amount), s.Closing
		s.Lines = append(s.Lines, l)
		return nil
	})
	if err != nil {
		return s, fmt.Errorf("make a statement: %w", err)
	}
	err = db.Pool.QueryRow(ctx, `SELECT coalesce(sum(open), 0)::bigint FROM open_item
		WHERE registrar_id = $1 AND currency = $2 AND open > 0 AND due <= $3`, id, s.Currency, till).Scan(&s.Overdue)
	if err != nil {
		return s, fmt.Errorf("make a statement: %w", err)
	}
	return s, nil
}

// AgedDebt is what a registrar owes, by how long it is overdue (rule B15).
// Amounts are minor units.
type AgedDebt struct {
	TAG       string
	Currency  string
	Current   int64 // not due yet
	Days30    int64 // due 1 to 30 days ago
	Days60    int64 // 31 to 60
	Days90    int64 // 61 to 90
	Older     int64 // more than 90
	OnAccount int64 // held for the registrar and not put against an invoice
}

// Total is all that is open.
func (a AgedDebt) Total() int64 { return a.Current + a.Days30 + a.Days60 + a.Days90 + a.Older }

// AgedDebts returns what is open on a civil day, by tag. Registrars that owe
// nothing are left out.
func AgedDebts(ctx context.Context, db *pg.DB, on time.Time) ([]AgedDebt, error) {
	rows, err := db.Pool.Query(ctx, `SELECT r.tag, o.currency,
			coalesce(sum(open) FILTER (WHERE late <= 0), 0)::bigint,
			coalesce(sum(open) FILTER (WHERE late BETWEEN 1 AND 30), 0)::bigint,
			coalesce(sum(open) FILTER (WHERE late BETWEEN 31 AND 60), 0)::bigint,
			coalesce(sum(open) FILTER (WHERE late BETWEEN 61 AND 90), 0)::bigint,
			coalesce(sum(open) FILTER (WHERE late > 90), 0)::bigint,
			-coalesce((SELECT balance_of(a.id) FROM ledger_account a
				WHERE a.kind = 'deposit' AND a.owner = r.id AND a.currency = o.currency), 0)::bigint
		FROM (SELECT registrar_id, currency, open, $1::date - due AS late FROM open_item WHERE open > 0) o
		JOIN registrar r ON r.id = o.registrar_id
		GROUP BY r.id, r.tag, o.currency ORDER BY r.tag, o.currency`, on)
	if err != nil {
		return nil, fmt.Errorf("age the debts: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (AgedDebt, error) {
		var a AgedDebt
		err := row.Scan(&a.TAG, &a.Currency, &a.Current, &a.Days30, &a.Days60, &a.Days90, &a.Older, &a.OnAccount)
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("age the debts: %w", err)
	}
	return list, nil
}

// Revenue is what a zone brought in a month (rule B15): invoices and receipts
// less credit notes and receipts taken back, each in the month of its own date.
// Amounts are minor units.
type Revenue struct {
	Month    time.Time // its first day, at midnight UTC
	Zone     string
	Currency string
	Lines    int64 // invoiced or receipted
	Net      int64
	Tax      int64
}

// Gross is net and tax.
func (r Revenue) Gross() int64 { return r.Net + r.Tax }

// Revenues returns the revenue of the months from the one of since to the one
// of till, by month and zone.
func Revenues(ctx context.Context, db *pg.DB, since, till time.Time) ([]Revenue, error) {
	rows, err := db.Pool.Query(ctx, `WITH made AS (
			SELECT i.dated, c.zone_id, c.currency, 1 AS lines, c.amount AS net, c.tax FROM invoice i JOIN charge c ON c.invoice_id = i.id
			UNION ALL SELECT n.dated, c.zone_id, c.currency, 0, -c.amount, -c.tax
				FROM credit_note n JOIN credit_note_line l ON l.credit_note_id = n.id JOIN charge c ON c.id = l.charge_id
			UNION ALL SELECT dated, zone_id, currency, 1, net, tax FROM receipt
			UNION ALL SELECT v.dated, r.zone_id, r.currency, 0, -r.net, -r.tax FROM receipt_reversal v JOIN receipt r ON r.id = v.receipt_id)
		SELECT date_trunc('month', m.dated::timestamp)::date, z.name, m.currency, sum(m.lines), sum(m.net)::bigint, sum(m.tax)::bigint
		FROM made m JOIN zone z ON z.id = m.zone_id
		WHERE m.dated >= date_trunc('month', $1::timestamp)::date AND m.dated < (date_trunc('month', $2::timestamp) + interval '1 month')::date
		GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`, since, till)
	if err != nil {
		return nil, fmt.Errorf("add up the revenue: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Revenue, error) {
		var r Revenue
		err := row.Scan(&r.Month, &r.Zone, &r.Currency, &r.Lines, &r.Net, &r.Tax)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("add up the revenue: %w", err)
	}
	return list, nil
}
