package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry/pg"
)

// renewCall is an ordinary renewal in the queue for a joint statement.
type renewCall struct {
	actor    Actor
	d        *Domain
	decision RenewDecision
	quote    billing.Quote
	today    Date
	after    Domain
	written  bool
	err      error
}

func (c *renewCall) seatKey() string { return c.d.Name }
func (c *renewCall) weight() int     { return 1 }

// renewJointly renews a name as RenewDomain does, without a lock: it reads the
// name, decides, and writes together with others, each only if its name is still
// as it was read. done is false when the renewal is not of the ordinary kind or
// the name was changed meanwhile; nothing has happened then.
func (r *Registry) renewJointly(ctx context.Context, actor Actor, p RenewDomainParams, name string) (after *Domain, done bool, err error) {
	zone, err := r.zoneOf(ctx, name)
	if err != nil || zone == nil || zone.Profile != ProfileUK || !actor.IsRegistrar() {
		return nil, false, err
	}
	call := &renewCall{actor: actor, today: r.Today(), err: errNotRun}
	call.d, err = r.readDomain(ctx, name, partRequests)
	if err != nil {
		return nil, true, err
	}
	call.decision, err = DecideRenew(call.d.renewalName(), RenewParams{Tag: actor.TAG, CurExpiry: p.CurExpiry, Years: p.Years}, call.today, r.policy)
	if err != nil {
		return nil, true, err
	}
	e := call.decision.Effects
	if e.LiftSuspension || e.ClearNotRequired || e.ClearNextBill || !call.today.Before(call.decision.Period) {
		return nil, false, nil
	}
	q := renewalQuote{zone: zone, years: p.Years, today: call.today, policy: r.policy}
	quote, ok, err := r.bookedQuote(ctx, q.request(zone, actor.Registrar))
	if err != nil || !ok {
		return nil, false, err
	}
	call.quote = quote
	fee := r.policy.feeLine(zone.Profile, billing.Renew, call.decision.Years, quote)
	err = p.Fee.Check(quote.Net.Currency, fee)
	if err != nil {
		return nil, true, err
	}
	r.renewals.do(call, func(batch []*renewCall) { r.runRenewals(ctx, batch) })
	if call.err != nil || !call.written {
		return nil, call.err != nil, call.err
	}
	call.after.Fees = []FeeLine{fee}
	return &call.after, true, nil
}

// renewJointlySQL writes renewals whose names and registrars are still as they
// were read; the rest is left out. Every change of a name that matters to a
// renewal updates the name's row, so its version tells.
const renewJointlySQL = `WITH w AS MATERIALIZED (
		SELECT * FROM unnest($1::bigint[], $2::xid[], $3::date[], $4::date[], $5::date[], $6::smallint[], $7::text[], $8::text[],
			$9::integer[], $10::bigint[], $11::bigint[], $12::text[], $13::text[], $14::text[])
			AS t (id, version, expires, period, until, years, tier, currency, tax_rate, amount, tax, cltrid, svtrid, changes)
		LIMIT $15), -- of an unknown size, or each length would be planned anew
	renewed AS (
		UPDATE domain d SET expires = w.expires, updater = d.sponsor, updated_at = $16
		FROM w, registrar r
		WHERE d.id = w.id AND d.xmin = w.version AND r.id = d.sponsor AND r.state = 'active' AND r.terms = 'credit'
			AND r.credit_limit IS NULL AND r.tier = w.tier AND r.currency = w.currency AND r.tax_rate = w.tax_rate
			AND NOT EXISTS (SELECT FROM plan_subscription WHERE domain_id = d.id) -- its price is to follow (B33)
		RETURNING d.id, d.name, d.zone_id, d.sponsor, w.period, w.until, w.years,
			w.currency, w.tax_rate, w.amount, w.tax, w.cltrid, w.svtrid, w.changes),
	request AS (
		INSERT INTO renewal_request (domain_id, domain_name, period, registrar_id, years, new_expires, origin, requested_at, state)
		SELECT id, name, period, sponsor, years, until, 'command', $16, 'uninvoiced' FROM renewed
		RETURNING id, domain_id),
	charged AS (
		INSERT INTO charge (registrar_id, operation, zone_id, domain_id, domain_name, request_id, years, period_from, period_to,
			currency, amount, tax_rate, tax, charged_at, charged_on, prepaid)
		SELECT sponsor, 'renew', zone_id, v.id, name, q.id, years, period, until, currency, amount, tax_rate, tax, $16, $17, false
		FROM renewed v JOIN request q ON q.domain_id = v.id),
	noted AS (
		INSERT INTO history (at, object, object_id, object_name, action, registrar_id, cltrid, svtrid, changes)
		SELECT $16, 'domain', id, name, 'renew', sponsor, cltrid, svtrid, changes::jsonb FROM renewed)
	SELECT id FROM renewed`

// runRenewals writes the renewals of all calls in one statement.
func (r *Registry) runRenewals(ctx context.Context, batch []*renewCall) {
	now := r.db.Now()
	today := DateOf(now, r.loc)
	byID := map[int64]*renewCall{}
	var c renewColumns
	for _, call := range batch {
		call.err = nil
		if call.today != today {
			continue // midnight has passed: it is to be decided anew
		}
		var ch changes
		call.after, ch = call.d.renewed(call.decision, RequestUninvoiced, call.d.Sponsor, now)
		byID[call.d.ID] = call
		c.add(call, ch)
	}
	if len(byID) == 0 {
		return
	}
	err := r.db.Once(ctx, func(b *pgx.Batch) {
		b.Queue(renewJointlySQL, c.ids, c.versions, c.expires, c.periods, c.until, c.years, c.tiers, c.currencies, c.taxRates,
			c.amounts, c.taxes, c.cltrids, c.svtrids, c.changes, len(c.ids), now, today).Query(func(rows pgx.Rows) error {
			var id int64
			_, err := pgx.ForEachRow(rows, []any{&id}, func() error {
				byID[id].written = true
				return nil
			})
			return err
		})
	})
	if err == nil {
		return
	}
	for _, call := range byID {
		call.written = false
		if !errors.Is(err, pg.ErrNotWritten) {
			call.err = fmt.Errorf("renew %s: %w", call.d.Name, err)
		}
	}
}

// renewColumns are the parameters of renewJointlySQL, an element for each call.
type renewColumns struct {
	ids              []int64
	versions         []uint32
	expires, periods []Date
	until            []Date // where the period requested ends
	years            []int16
	tiers            []string
	currencies       []string
	taxRates         []int32
	amounts, taxes   []int64
	cltrids          []*string
	svtrids          []*string
	changes          []string
}

func (c *renewColumns) add(call *renewCall, ch changes) {
	d, dec, q := call.d, call.decision, call.quote
	c.ids, c.versions = append(c.ids, d.ID), append(c.versions, d.version)
	c.expires, c.periods = append(c.expires, dec.Expiry), append(c.periods, dec.Period)
	c.until = append(c.until, dec.Period.AddYears(dec.Years))
	c.years = append(c.years, int16(dec.Years))
	c.tiers, c.currencies = append(c.tiers, q.Tier), append(c.currencies, q.Net.Currency)
	c.taxRates = append(c.taxRates, int32(q.TaxRate))
	c.amounts, c.taxes = append(c.amounts, q.Net.Minor), append(c.taxes, q.Tax)
	c.cltrids, c.svtrids = append(c.cltrids, null(call.actor.ClTRID)), append(c.svtrids, null(call.actor.SvTRID))
	c.changes = append(c.changes, string(ch.json()))
}
