package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// ProFormaState is the state of a pro forma.
type ProFormaState string

// The states of a pro forma: void once the name is renewed otherwise or gone.
const (
	ProFormaOpen ProFormaState = "open"
	ProFormaPaid ProFormaState = "paid"
	ProFormaVoid ProFormaState = "void"
)

// ProForma asks a registrant for the fee of a renewal. It is not a debt and
// touches no ledger.
type ProForma struct {
	ID         int64
	Number     int64
	Account    int64 // the registrant's account
	DomainID   int64
	DomainName string
	Zone       int32
	Period     time.Time // E, which identifies the renewal period; civil date at midnight UTC
	Years      int
	Net        Money
	TaxRate    BasisPoints
	Tax        int64 // minor units
	IssuedOn   time.Time
	To         Addressee
	State      ProFormaState
	ClosedOn   time.Time // zero while open
}

// Gross is what is asked for, in minor units.
func (p ProForma) Gross() int64 { return p.Net.Minor + p.Tax }

// DocumentNumber is the number as it is printed.
func (p ProForma) DocumentNumber() string { return documentNumber(prefixProForma, p.Number) }

// ProFormaFor is a name that a pro forma is to be issued for. The price comes
// from ProFormaPrices.
type ProFormaFor struct {
	DomainID      int64
	DomainName    string
	Zone          int32
	Registrar     int32 // the sponsor, under which the registrant's account is
	ContactID     int64
	ContactHandle string
	Period        time.Time // E
	To            Addressee
	Price         Quote
}

// ProFormaPrices returns what a registrant pays for a renewal of some years in
// each zone on a civil day: the non-member rate, in the currency and with the
// tax of the registry's own tag. Zones without a price are left out.
func ProFormaPrices(ctx context.Context, tx *pg.Tx, years int, on time.Time) (map[int32]Quote, error) {
	rows, err := tx.Query(ctx, `SELECT z.id, r.currency, r.tax_rate, billing_price(z.id, 'renew', 'non-member', $1::integer, r.currency, $2::date)
		FROM zone z, registrar r WHERE r.kind = 'registry'`, years, on)
	if err != nil {
		return nil, fmt.Errorf("read the registrants' prices: %w", err)
	}
	prices := map[int32]Quote{}
	var zone int32
	var currency string
	var rate BasisPoints
	var amount *int64
	_, err = pgx.ForEachRow(rows, []any{&zone, &currency, &rate, &amount}, func() error {
		if amount != nil {
			prices[zone] = Quote{Found: true, Net: Money{*amount, currency}, TaxRate: rate, Tax: Tax(*amount, rate), Tier: "non-member"}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the registrants' prices: %w", err)
	}
	return prices, nil
}

// IssueProFormas issues a pro forma for each of the names, dated the civil day,
// in three statements however many there are. A name with an open one keeps it
// and is left out of the result, so a repeat adds nothing. All prices are in
// one currency, which ProFormaPrices sees to.
func IssueProFormas(ctx context.Context, tx *pg.Tx, years int, on time.Time, names []ProFormaFor) ([]ProForma, error) {
	if len(names) == 0 {
		return nil, nil
	}
	a := newProFormaArrays(names)
	// Sorted, so that two chunks at once open accounts in the same order.
	tx.Queue(`INSERT INTO registrant_account (contact_id, contact_handle, registrar_id, currency, opened_at)
		SELECT DISTINCT ON (contact, registrar) contact, handle, registrar, currency, $5
		FROM unnest($1::bigint[], $2::text[], $3::integer[], $4::text[]) AS v (contact, handle, registrar, currency)
		ORDER BY contact, registrar
		ON CONFLICT (contact_id, registrar_id) WHERE status = 'active' DO NOTHING`, a.contacts, a.handles, a.registrars, a.currencies, tx.Now)
	err := lockSeries(ctx, tx, seriesProForma)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `WITH wanted AS (
			SELECT v.*, row_number() OVER (ORDER BY v.domain) AS nth
			FROM unnest($1::bigint[], $2::text[], $3::integer[], $4::integer[], $5::bigint[], $6::date[], $7::text[], $8::bigint[],
				$9::integer[], $10::bigint[], $11::jsonb[])
				AS v (domain, name, zone, registrar, contact, period, currency, amount, rate, tax, addressee)
			WHERE NOT EXISTS (SELECT FROM pro_forma p WHERE p.domain_id = v.domain AND p.state = 'open')),
		series AS (
			UPDATE document_series SET last = last + (SELECT count(*) FROM wanted) WHERE kind = 'pro forma'
			RETURNING last - (SELECT count(*) FROM wanted) AS before),
		written AS (
			INSERT INTO pro_forma (number, account_id, domain_id, domain_name, zone_id, period, years, currency, amount, tax_rate,
				tax, issued_on, addressee)
			SELECT s.before + w.nth, a.id, w.domain, w.name, w.zone, w.period, $12, w.currency, w.amount, w.rate, w.tax, $13, w.addressee
			FROM wanted w JOIN registrant_account a ON a.contact_id = w.contact AND a.registrar_id = w.registrar AND a.status = 'active', series s
			RETURNING `+proFormaColumns+`)
		SELECT * FROM written ORDER BY 2`,
		a.domains, a.names, a.zones, a.registrars, a.contacts, a.periods, a.currencies, a.amounts, a.rates, a.taxes, a.addressees, years, on)
	if err != nil {
		return nil, fmt.Errorf("issue pro formas: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanProForma)
	if err != nil {
		return nil, fmt.Errorf("issue pro formas: %w", err)
	}
	return list, nil
}

// proFormaArrays holds names by column, as a set-based statement takes them.
type proFormaArrays struct {
	domains, contacts, amounts, taxes []int64
	names, handles, currencies        []string
	zones, registrars                 []int32
	rates                             []int64
	periods                           []time.Time
	addressees                        []Addressee
}

func newProFormaArrays(list []ProFormaFor) proFormaArrays {
	var a proFormaArrays
	for _, n := range list {
		a.domains, a.contacts = append(a.domains, n.DomainID), append(a.contacts, n.ContactID)
		a.amounts, a.taxes = append(a.amounts, n.Price.Net.Minor), append(a.taxes, n.Price.Tax)
		a.names, a.handles = append(a.names, n.DomainName), append(a.handles, n.ContactHandle)
		a.currencies = append(a.currencies, n.Price.Net.Currency)
		a.zones, a.registrars = append(a.zones, n.Zone), append(a.registrars, n.Registrar)
		a.rates, a.periods = append(a.rates, int64(n.Price.TaxRate)), append(a.periods, n.Period)
		a.addressees = append(a.addressees, n.To)
	}
	return a
}

const proFormaColumns = `id, number, account_id, domain_id, domain_name, zone_id, period, years, currency, amount, tax_rate, tax,
	issued_on, addressee, state, closed_on`

func scanProForma(row pgx.CollectableRow) (ProForma, error) {
	var p ProForma
	var closed *time.Time
	err := row.Scan(&p.ID, &p.Number, &p.Account, &p.DomainID, &p.DomainName, &p.Zone, &p.Period, &p.Years, &p.Net.Currency,
		&p.Net.Minor, &p.TaxRate, &p.Tax, &p.IssuedOn, &p.To, &p.State, &closed)
	if closed != nil {
		p.ClosedOn = *closed
	}
	return p, err
}

// QueueVoidProForma closes the open pro forma of a name that was renewed
// otherwise or has gone. on is the registry's civil day, at midnight UTC.
func QueueVoidProForma(tx *pg.Tx, domainID int64, on time.Time) {
	QueueVoidProFormas(tx, []int64{domainID}, on)
}

// QueueVoidProFormas is QueueVoidProForma for many names.
func QueueVoidProFormas(tx *pg.Tx, domainIDs []int64, on time.Time) {
	tx.Queue(`UPDATE pro_forma SET state = 'void', closed_on = $2 WHERE domain_id = ANY ($1) AND state = 'open'`, domainIDs, on)
}

// FindProForma returns the pro forma with a number such as PRO-000007. A number
// that does not exist is a *Refusal.
func FindProForma(ctx context.Context, db *pg.DB, number string) (ProForma, error) {
	return findProForma(ctx, db.Pool, number, "")
}

// LockProForma is FindProForma for a change.
func LockProForma(ctx context.Context, tx *pg.Tx, number string) (ProForma, error) {
	return findProForma(ctx, tx, number, ` FOR UPDATE`)
}

func findProForma(ctx context.Context, q querier, number, lock string) (ProForma, error) {
	n, ok := parseNumber(prefixProForma, number)
	if !ok {
		return ProForma{}, refuse(Invalid, "pro-forma", number, "%q is not the number of a pro forma.", number)
	}
	rows, err := q.Query(ctx, `SELECT `+proFormaColumns+` FROM pro_forma WHERE number = $1`+lock, n)
	if err != nil {
		return ProForma{}, fmt.Errorf("read pro forma %s: %w", number, err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, scanProForma)
	if errors.Is(err, pgx.ErrNoRows) {
		return ProForma{}, refuse(Unknown, "pro-forma", number, "There is no pro forma %s.", documentNumber(prefixProForma, n))
	}
	if err != nil {
		return ProForma{}, fmt.Errorf("read pro forma %s: %w", number, err)
	}
	return p, nil
}

// NameOfProForma returns the name that a pro forma is for. A number that does
// not exist is a *Refusal.
func NameOfProForma(ctx context.Context, tx *pg.Tx, number string) (string, error) {
	f, err := findProForma(ctx, tx, number, "")
	return f.DomainName, err
}

// ProFormaFilter chooses pro formas. Empty fields choose all.
type ProFormaFilter struct {
	Name  string
	State ProFormaState
	Limit int // default 1000, the latest
}

// ProFormas returns pro formas, by number.
func ProFormas(ctx context.Context, db *pg.DB, f ProFormaFilter) ([]ProForma, error) {
	limit := f.Limit
	if limit <= 0 {
		limit = 1000
	}
	rows, err := db.Pool.Query(ctx, `SELECT `+proFormaColumns+` FROM (SELECT * FROM pro_forma
			WHERE ($1 = '' OR domain_name = $1) AND ($2 = '' OR state = $2) ORDER BY number DESC LIMIT $3) p ORDER BY number`,
		f.Name, f.State, limit)
	if err != nil {
		return nil, fmt.Errorf("read the pro formas: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanProForma)
	if err != nil {
		return nil, fmt.Errorf("read the pro formas: %w", err)
	}
	return list, nil
}
