package customer

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
)

// Querier reads inside a transaction or outside one.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// read collects the rows of a query; what says what they are.
func read[T any](ctx context.Context, q Querier, what string, scan func(pgx.CollectableRow) (T, error), sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err == nil {
		var list []T
		list, err = pgx.CollectRows(rows, scan)
		if err == nil {
			return list, nil
		}
	}
	return nil, fmt.Errorf("read the %s: %w", what, err)
}

const accountSQL = `SELECT a.id, a.contact_id, a.contact_handle,
		coalesce(c.postal->0->>'name', ''), coalesce(c.postal->0->>'cc', ''),
		coalesce(c.natural_person, false), a.registrar_id, r.tag, a.currency, a.status, a.class, coalesce(a.tax_zone, ''),
		coalesce(a.sales_person, ''), coalesce(a.sales_branch, ''), coalesce(s.name, ''), a.holder_role, a.opened_at,
		coalesce(a.transferred_to, 0), coalesce(nr.tag, '')
	FROM registrant_account a JOIN registrar r ON r.id = a.registrar_id LEFT JOIN contact c ON c.id = a.contact_id
	LEFT JOIN notification_schedule s ON s.id = a.schedule_id
	LEFT JOIN registrant_account n ON n.id = a.transferred_to LEFT JOIN registrar nr ON nr.id = n.registrar_id`

func scanAccount(row pgx.CollectableRow) (Account, error) {
	return pgx.RowToStructByPos[Account](row)
}

// Filter chooses accounts. Empty fields choose all.
type Filter struct {
	TAG     string
	Vendors []int32 // registrar.id; nil: all
	Status  Status
	Handle  string
	After   int64 // those with a larger number: the next page
	Limit   int   // default 1000
}

// List returns accounts, by number.
func List(ctx context.Context, q Querier, f Filter) ([]Account, error) {
	limit := f.Limit
	if limit <= 0 {
		limit = 1000
	}
	return read(ctx, q, "accounts", scanAccount, accountSQL+` WHERE ($1 = '' OR r.tag = $1) AND ($2::integer[] IS NULL OR r.id = ANY ($2))
		AND ($3 = '' OR a.status = $3) AND ($4 = '' OR a.contact_handle = $4) AND a.id > $5 ORDER BY a.id LIMIT $6`,
		f.TAG, f.Vendors, f.Status, f.Handle, f.After, limit)
}

// Find returns an account. One that does not exist is a *billing.Refusal.
func Find(ctx context.Context, q Querier, id int64) (Account, error) {
	list, err := read(ctx, q, "account", scanAccount, accountSQL+` WHERE a.id = $1`, id)
	if err != nil {
		return Account{}, err
	}
	if len(list) == 0 {
		return Account{}, noAccount(id)
	}
	return list[0], nil
}

func noAccount(id int64) error {
	return refuse(billing.Unknown, "account", fmt.Sprint(id), "There is no account %d.", id)
}

// Of returns the active account of a contact under a vendor, nil for none.
func Of(ctx context.Context, q Querier, contact int64, registrar int32) (*Account, error) {
	list, err := read(ctx, q, "account", scanAccount, accountSQL+` WHERE a.contact_id = $1 AND a.registrar_id = $2 AND a.status = 'active'`,
		contact, registrar)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// subscriptionSQL reads the names of an account: those whose registrant is its
// contact and whose sponsor is its vendor.
const subscriptionSQL = `SELECT d.id, d.name, z.name, coalesce(p.id, 0), coalesce(p.name, ''), coalesce(s.years, 0),
		coalesce(s.price, 0), coalesce(s.currency, ''), coalesce(o.id, 0), coalesce(o.name, ''), coalesce(s.frozen, false),
		coalesce(t.name, ''), coalesce(n.name, ''), s.synced_on
	FROM registrant_account a JOIN domain d ON d.registrant = a.contact_id AND d.sponsor = a.registrar_id JOIN zone z ON z.id = d.zone_id
	LEFT JOIN plan_subscription s ON s.domain_id = d.id LEFT JOIN plan p ON p.id = s.plan_id LEFT JOIN promotion o ON o.id = s.promotion_id
	LEFT JOIN service_terms t ON t.id = s.service_terms_id LEFT JOIN notification_schedule n ON n.id = s.schedule_id`

// Subscriptions returns the names of an account, by name, those without a plan
// too. An account that was transferred out has none.
func Subscriptions(ctx context.Context, q Querier, account int64) ([]Subscription, error) {
	return read(ctx, q, "names of account "+fmt.Sprint(account), scanSubscription,
		subscriptionSQL+` WHERE a.id = $1 AND a.status = 'active' ORDER BY d.name`, account)
}

func scanSubscription(row pgx.CollectableRow) (Subscription, error) {
	var s Subscription
	var synced *time.Time
	err := row.Scan(&s.DomainID, &s.Name, &s.Zone, &s.Plan, &s.PlanName, &s.Years, &s.Price.Minor, &s.Price.Currency,
		&s.Promotion, &s.Promoted, &s.Frozen, &s.ServiceTerms, &s.Schedule, &synced)
	if synced != nil {
		s.SyncedOn = *synced
	}
	return s, err
}

// Methods returns the payment methods of an account, in the order they came.
func Methods(ctx context.Context, q Querier, account int64) ([]PaymentMethod, error) {
	return read(ctx, q, "payment methods", pgx.RowToStructByPos[PaymentMethod], `SELECT id, system, gateway, coalesce(token, ''), hint,
		state = 'active' FROM account_payment_method WHERE account_id = $1 ORDER BY id`, account)
}

// Acceptances returns what the customer accepted, by day.
func Acceptances(ctx context.Context, q Querier, account int64) ([]Acceptance, error) {
	return read(ctx, q, "acceptances", pgx.RowToStructByPos[Acceptance], `SELECT a.document_id, d.code, a.version, a.accepted_on, a.copied
		FROM terms_acceptance a JOIN terms_document d ON d.id = a.document_id WHERE a.account_id = $1 ORDER BY a.accepted_on, a.id`, account)
}

// Users returns who may work with an account, by login.
func Users(ctx context.Context, q Querier, account int64) ([]User, error) {
	return read(ctx, q, "users", pgx.RowToStructByPos[User], `SELECT login, name, email, role, privileges FROM account_user
		WHERE account_id = $1 ORDER BY login`, account)
}

// Tickets returns the references of an account's tickets.
func Tickets(ctx context.Context, q Querier, account int64) ([]string, error) {
	return read(ctx, q, "tickets", pgx.RowTo[string], `SELECT reference FROM account_ticket WHERE account_id = $1 ORDER BY reference`, account)
}

// Documents returns the accounting documents of an account, by day.
func Documents(ctx context.Context, q Querier, account int64) ([]Document, error) {
	return read(ctx, q, "documents", func(row pgx.CollectableRow) (Document, error) {
		var d Document
		var number int64
		err := row.Scan(&d.Kind, &number, &d.Dated, &d.Amount.Minor, &d.Amount.Currency, &d.State, &d.Text)
		switch d.Kind {
		case "pro forma":
			d.Number = billing.ProForma{Number: number}.DocumentNumber()
		case "receipt":
			d.Number = billing.Receipt{Number: number}.DocumentNumber()
		default:
			d.Number = billing.Memo{Number: number}.DocumentNumber()
		}
		return d, err
	}, `SELECT 'pro forma' AS kind, number, issued_on AS dated, amount + tax, currency, state, domain_name FROM pro_forma WHERE account_id = $1
		UNION ALL SELECT 'receipt', r.number, r.dated, r.gross, r.currency, '', p.domain_name FROM receipt r
			JOIN pro_forma p ON p.id = r.pro_forma_id WHERE r.account_id = $1
		UNION ALL SELECT 'memo', number, dated, amount, currency, '', description FROM memo WHERE account_id = $1
		ORDER BY dated, kind, number`, account)
}

const orderSQL = `SELECT o.id, o.account_id, f.tag, t.tag, o.mode, o.notify, coalesce(o.rate::text, ''), o.state, coalesce(o.failure, ''),
		coalesce(o.new_account_id, 0), o.names, coalesce(g.tag, o.staff, 'registry'), o.created_at, o.ended_at
	FROM account_transfer o JOIN registrar f ON f.id = o.losing JOIN registrar t ON t.id = o.gaining
	LEFT JOIN registrar g ON g.id = o.registrar_id`

func scanOrder(row pgx.CollectableRow) (Order, error) {
	var o Order
	var rate string
	var ended *time.Time
	err := row.Scan(&o.ID, &o.Account, &o.From, &o.To, &o.Mode, &o.Notify, &rate, &o.State, &o.Failure, &o.NewAccount, &o.Names,
		&o.By, &o.Created, &ended)
	if ended != nil {
		o.Ended = *ended
	}
	if err == nil && rate != "" {
		o.Rate, err = billing.ParseRate(rate)
	}
	return o, err
}

// Orders returns the transfer orders of an account and the one that it came
// with; of 0, all orders.
func Orders(ctx context.Context, q Querier, account int64) ([]Order, error) {
	return read(ctx, q, "transfer orders", scanOrder,
		orderSQL+` WHERE $1 = 0 OR o.account_id = $1 OR o.new_account_id = $1 ORDER BY o.id`, account)
}

// Balances returns what is on an account, by currency, of this moment.
func Balances(ctx context.Context, q Querier, account int64) ([]billing.Money, error) {
	return read(ctx, q, "balances", pgx.RowToStructByPos[billing.Money], `SELECT balance_of(id), currency FROM ledger_account
		WHERE kind = 'customer' AND customer_id = $1 ORDER BY currency`, account)
}

// ReadDetail returns an account with all that belongs to it.
func ReadDetail(ctx context.Context, q Querier, id int64) (Detail, error) {
	a, err := Find(ctx, q, id)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Account: a}
	for _, part := range []func() error{
		func() (err error) { d.Balances, err = Balances(ctx, q, id); return },
		func() (err error) { d.Subscriptions, err = Subscriptions(ctx, q, id); return },
		func() (err error) { d.Methods, err = Methods(ctx, q, id); return },
		func() (err error) { d.Acceptances, err = Acceptances(ctx, q, id); return },
		func() (err error) { d.NotAccepted, err = waiting(ctx, q, id); return },
		func() (err error) { d.Users, err = Users(ctx, q, id); return },
		func() (err error) { d.Tickets, err = Tickets(ctx, q, id); return },
		func() (err error) { d.Documents, err = Documents(ctx, q, id); return },
		func() (err error) { d.Orders, err = Orders(ctx, q, id); return },
	} {
		err = part()
		if err != nil {
			return Detail{}, err
		}
	}
	return d, nil
}

// waiting lists the documents of an account's plans that were not accepted.
func waiting(ctx context.Context, q Querier, account int64) ([]string, error) {
	return read(ctx, q, "documents to accept", pgx.RowTo[string], `SELECT DISTINCT d.code FROM plan_subscription s
		JOIN plan p ON p.id = s.plan_id JOIN terms_document d ON d.id = p.document_id
		WHERE s.account_id = $1 AND NOT EXISTS (SELECT FROM terms_acceptance a WHERE a.account_id = $1 AND a.document_id = d.id)
		ORDER BY 1`, account)
}
