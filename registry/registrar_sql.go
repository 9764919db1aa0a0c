package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// uniqueViolation is the SQLSTATE of a key that is there already.
const uniqueViolation = "23505"

// ianaIDKey keeps IANA Registrar IDs apart.
const ianaIDKey = "registrar_iana_id_key"

// ianaIDTaken turns the violation of ianaIDKey into a refusal.
func ianaIDTaken(err error, id int) error {
	if pg.ConstraintName(err) == ianaIDKey {
		return Refuse(KindExists, "", "Another registrar has the IANA ID %d.", id).About("iana-id", itoa(id))
	}
	return err
}

// registrarColumn is one setting of a registrar in the database's form.
type registrarColumn struct {
	name  string
	value any // string, int64 or nil
	money bool
}

// columns lists the settings in the order of the statements below.
func (s RegistrarSettings) columns() []registrarColumn {
	text := func(v string) any {
		if v == "" {
			return nil
		}
		return v
	}
	amount := func(v *int64) any {
		if v == nil {
			return nil
		}
		return *v
	}
	limit := func(v int) any {
		if v == 0 {
			return nil
		}
		return int64(v)
	}
	return []registrarColumn{
		{"name", s.Name, false}, {"trad_name", text(s.TradName), false}, {"url", text(s.URL), false},
		{"billing_email", text(s.BillingEmail), true}, {"sales_email", text(s.SalesEmail), false},
		{"technical_email", text(s.TechnicalEmail), false}, {"language", s.Language, false},
		{"handshake", string(s.Handshake), false},
		{"tier", s.Tier, true}, {"currency", s.Currency, true}, {"tax_rate", int64(s.TaxRate), true},
		{"terms", s.Terms, true}, {"credit_days", int64(s.CreditDays), true},
		{"credit_limit", amount(s.CreditLimit), true}, {"low_balance", amount(s.LowBalance), true},
		{"max_sessions", limit(s.MaxSessions), false}, {"commands_per_second", limit(s.CommandsPerSecond), false},
		{"decisions", string(s.Decisions), false}, {"reminder_reader", string(s.Reminders), false},
		{"iana_id", limit(s.IANAID), false}, {"abuse_email", text(s.AbuseEmail), false}, {"abuse_phone", text(s.AbusePhone), false},
	}
}

// compare lists what differs in after, and whether that concerns money, or
// anything else.
func (s RegistrarSettings) compare(after RegistrarSettings) (c changes, money, other bool) {
	c = changes{}
	now := after.columns()
	for i, before := range s.columns() {
		if before.value == now[i].value {
			continue
		}
		c.add(before.name, before.value, now[i].value)
		money = money || before.money
		other = other || !before.money
	}
	return c, money, other
}

func (s RegistrarSettings) args(first ...any) []any {
	for _, c := range s.columns() {
		first = append(first, c.value)
	}
	return first
}

func (tx *Tx) insertRegistrar(ctx context.Context, tag string, s RegistrarSettings) error {
	var id int32
	err := tx.QueryRow(ctx, `INSERT INTO registrar (tag, created_at, name, trad_name, url, billing_email, sales_email,
			technical_email, language, handshake, tier, currency, tax_rate, terms, credit_days, credit_limit,
			low_balance, max_sessions, commands_per_second, decisions, reminder_reader, iana_id, abuse_email, abuse_phone)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
		RETURNING id`, s.args(tag, tx.Now)...).Scan(&id)
	if pg.SQLState(err) == uniqueViolation && pg.ConstraintName(err) != ianaIDKey {
		return Refuse(KindExists, "", "The tag %s exists.", tag).About("tag", tag)
	}
	if err != nil {
		return fmt.Errorf("create registrar %s: %w", tag, err)
	}
	c := changes{}
	for _, column := range s.columns() {
		if column.value != nil {
			c.add(column.name, nil, column.value)
		}
	}
	tx.record("registrar", int64(id), tag, "create", c)
	return nil
}

func (tx *Tx) updateRegistrar(id int32, s RegistrarSettings) {
	tx.Queue(`UPDATE registrar SET updated_at = $2, name = $3, trad_name = $4, url = $5, billing_email = $6,
			sales_email = $7, technical_email = $8, language = $9, handshake = $10, tier = $11, currency = $12,
			tax_rate = $13, terms = $14, credit_days = $15, credit_limit = $16, low_balance = $17,
			max_sessions = $18, commands_per_second = $19, decisions = $20, reminder_reader = $21,
			iana_id = $22, abuse_email = $23, abuse_phone = $24
		WHERE id = $1`, s.args(id, tx.Now)...)
	tx.signOut(id)
}

// signOut ends the sales contact's sessions and sign-in links: who it is, or
// whether it may act, has changed.
func (tx *Tx) signOut(id int32) {
	tx.Queue(`DELETE FROM page_token WHERE registrar_id = $1 AND page IN ($2, $3)`, id, tokenSession, tokenSignIn)
}

const registrarSQL = `SELECT id, tag, kind, state, name, coalesce(trad_name, ''), coalesce(url, ''),
	coalesce(billing_email, ''), coalesce(sales_email, ''), coalesce(technical_email, ''), language, handshake,
	tier, currency, tax_rate, terms, credit_days, credit_limit, low_balance,
	coalesce(max_sessions, 0), coalesce(commands_per_second, 0), decisions, reminder_reader,
	coalesce(iana_id, 0), coalesce(abuse_email, ''), coalesce(abuse_phone, ''),
	password_hash IS NOT NULL, password_changed_at, password_expires_at, created_at, updated_at
	FROM registrar`

func scanRegistrar(row pgx.Row) (Registrar, error) {
	var r Registrar
	var changed, expires, updated *time.Time
	err := row.Scan(&r.ID, &r.TAG, &r.Kind, &r.State, &r.Name, &r.TradName, &r.URL,
		&r.BillingEmail, &r.SalesEmail, &r.TechnicalEmail, &r.Language, &r.Handshake,
		&r.Tier, &r.Currency, &r.TaxRate, &r.Terms, &r.CreditDays, &r.CreditLimit, &r.LowBalance,
		&r.MaxSessions, &r.CommandsPerSecond, &r.Decisions, &r.Reminders, &r.IANAID, &r.AbuseEmail, &r.AbusePhone,
		&r.HasPassword, &changed, &expires, &r.Created, &updated)
	r.PasswordChanged, r.PasswordExpires, r.Updated = timeOf(changed), timeOf(expires), timeOf(updated)
	return r, err
}

// timeOf turns SQL's null into the zero time.
func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func noRegistrar(tag string) error {
	return Refuse(KindNotFound, "", "There is no registrar %s.", tag).About("tag", tag)
}

// Registrar returns one registrar, or one of the registry's own tags; the error
// is of KindNotFound for a tag that does not exist.
func (r *Registry) Registrar(ctx context.Context, tag string) (Registrar, error) {
	reg, err := scanRegistrar(r.db.Pool.QueryRow(ctx, registrarSQL+` WHERE tag = $1`, tag))
	if errors.Is(err, pgx.ErrNoRows) {
		return Registrar{}, noRegistrar(tag)
	}
	if err != nil {
		return Registrar{}, fmt.Errorf("read registrar %s: %w", tag, err)
	}
	return reg, nil
}

// Registrars returns all registrars and the registry's own tags, by tag.
func (r *Registry) Registrars(ctx context.Context) ([]Registrar, error) {
	rows, err := r.db.Pool.Query(ctx, registrarSQL+` ORDER BY tag`)
	if err != nil {
		return nil, fmt.Errorf("read the registrars: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Registrar, error) { return scanRegistrar(row) })
	if err != nil {
		return nil, fmt.Errorf("read the registrars: %w", err)
	}
	return list, nil
}

// lockRegistrar reads a registrar for a change; the registry's own tags are
// refused, they have no settings.
func (tx *Tx) lockRegistrar(ctx context.Context, tag string) (Registrar, error) {
	reg, err := scanRegistrar(tx.QueryRow(ctx, registrarSQL+` WHERE tag = $1 FOR NO KEY UPDATE`, tag))
	if errors.Is(err, pgx.ErrNoRows) {
		return Registrar{}, noRegistrar(tag)
	}
	if err != nil {
		return Registrar{}, fmt.Errorf("read registrar %s: %w", tag, err)
	}
	if reg.Kind != "registrar" {
		return Registrar{}, Refuse(KindPolicy, "", "%s is a tag of the registry's own.", tag).About("tag", tag)
	}
	return reg, nil
}
