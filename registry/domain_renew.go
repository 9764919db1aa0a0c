package registry

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
	"github.com/namekeep/namekeep/registry/pg"
)

// RenewDomainParams asks for a renewal.
type RenewDomainParams struct {
	Name      string
	CurExpiry Date         // the present E; zero only for staff and the batch
	Years     int          // 0: the policy's default
	Fee       *DeclaredFee // nil: none declared
}

// RenewDomain renews a name (rules R1-R4, R21, R41; RFC 5731 section 3.2.3):
// expiry, request, charge line and history in one transaction of two round
// trips. Staff renew on behalf of the sponsor.
//
// Refusals: KindNotFound, KindAuthorization, KindStatusProhibits, KindPolicy or
// KindParamRange for curExpDate, KindNotRenewable, KindBillingFailure without a
// price, KindParamRange for a declared fee that is too low.
func (r *Registry) RenewDomain(ctx context.Context, actor Actor, p RenewDomainParams) (*Domain, error) {
	err := errors.Join(actor.needRole(RoleOperator, RoleBilling), actor.needReason())
	if err != nil {
		return nil, err
	}
	origin := OriginCommand
	if actor.IsStaff() {
		origin = OriginStaff
	}
	after, done, err := r.renewJointly(ctx, actor, p, normalName(p.Name))
	if done || err != nil {
		return after, err
	}
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		var err error
		after, err = tx.renew(ctx, p, origin)
		return err
	})
	if pg.ConstraintName(err) == "renewal_request_once" {
		return nil, Refuse(KindNotRenewable, CodeRenewRefused, "You have already requested this renewal.").About("domain:name", normalName(p.Name))
	}
	if err != nil {
		return nil, err
	}
	return after, nil
}

// renew is RenewDomain within a transaction. A refusal has written nothing.
func (tx *Tx) renew(ctx context.Context, p RenewDomainParams, origin Origin) (*Domain, error) {
	r, actor, name := tx.r, tx.actor, normalName(p.Name)
	zone, err := r.zoneOf(ctx, name)
	if err != nil {
		return nil, err
	}
	q := renewalQuote{actor: actor, zone: zone, years: p.Years, today: tx.today, policy: r.policy}
	var requestID int64
	lock := func(b *pgx.Batch) {
		b.Queue(lockForRenewalSQL, name).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&requestID}, func() error { return nil })
			return err
		})
	}
	d, err := tx.lockDomainBy(ctx, name, lock, partRequests, q.read)
	if err != nil {
		return nil, err
	}
	tag := actor.TAG
	if !actor.IsRegistrar() {
		tag = d.Sponsor
	}
	decision, err := DecideRenew(d.renewalName(), RenewParams{Tag: tag, CurExpiry: p.CurExpiry, Years: p.Years}, tx.today, r.policy)
	if err != nil {
		return nil, err
	}
	quote, err := q.of(ctx, tx, d)
	if err != nil {
		return nil, err
	}
	fee := r.policy.feeLine(d.Zone.Profile, billing.Renew, decision.Years, quote)
	err = p.Fee.Check(quote.Net.Currency, fee)
	if err != nil {
		return nil, err
	}
	after := tx.applyRenewal(d, decision, quote, requestID, origin)
	after.Fees = []FeeLine{fee}
	return after, nil
}

// lockForRenewalSQL is lockSQL, with the id of the request that comes of it.
const lockForRenewalSQL = `SELECT nextval('renewal_request_id_seq') FROM domain WHERE name = $1 FOR NO KEY UPDATE`

// renewalQuote reads the price of a renewal together with the name: for a
// registrar its own price, which the first round trip can already carry.
type renewalQuote struct {
	actor  Actor
	zone   *Zone
	years  int
	today  Date
	policy Policy
	quote  billing.Quote
	asked  bool
}

func (q *renewalQuote) read(b *pgx.Batch) {
	q.asked = q.zone != nil && q.actor.IsRegistrar()
	if q.asked {
		billing.QueueQuote(b, q.request(q.zone, q.actor.Registrar), &q.quote)
	}
}

func (q *renewalQuote) request(z *Zone, registrar int32) billing.QuoteFor {
	years := q.years
	if years == 0 {
		years = q.policy.defaultYears(z.Profile)
	}
	return billing.QuoteFor{Registrar: registrar, Zone: z.ID, Operation: billing.Renew, Years: years, Day: q.today.EPPTime()}
}

// of gives the price for d's sponsor; without one the renewal is refused, never
// free (rule B3).
func (q *renewalQuote) of(ctx context.Context, tx *Tx, d *Domain) (billing.Quote, error) {
	if !q.asked {
		err := tx.Batch(ctx, func(b *pgx.Batch) { billing.QueueQuote(b, q.request(d.Zone, d.SponsorID), &q.quote) })
		if err != nil {
			return q.quote, err
		}
	}
	if !q.quote.Found {
		return q.quote, Refuse(KindBillingFailure, "", "There is no renewal price for .%s on %s; ask the registry.", d.Zone.Name, q.today).
			About("domain:name", d.Name)
	}
	return q.quote, needFunds(d.Name, q.quote)
}

// requestState is the state in which a request for a charge begins: what comes
// off a deposit is paid at once (B11).
func requestState(q billing.Quote) RequestState {
	if q.Prepaid {
		return RequestPaid
	}
	return RequestUninvoiced
}

// renewed is the name after a granted renewal, with what changes for the history.
func (d *Domain) renewed(dec RenewDecision, state RequestState, updater string, now time.Time) (Domain, changes) {
	after, c := *d, changes{}
	c.add("years", nil, dec.Years)
	if dec.Expiry != d.Expires {
		c.add("expires", d.Expires, dec.Expiry)
		after.Expires = dec.Expiry
	}
	if dec.LiftSuspension {
		c.add("suspended", d.SuspendedOn, nil)
		after.SuspendedOn, after.SuspendedReason = Date{}, ""
	}
	if dec.ClearNotRequired {
		c.add("renew-not-required", true, false)
		after.RenewNotRequired = false
	}
	if dec.ClearNextBill {
		c.add("next-bill", d.Bill.Next, nil)
		after.Bill.Next, after.Bill.NextPeriod = 0, 0
	}
	after.Covers = dec.Covers
	after.Updater, after.Updated = updater, now
	if d.Zone.Profile == ProfileUK {
		after.Requests = append(after.Requests[:len(after.Requests):len(after.Requests)], RenewalRequest{
			Period: dec.Period, Tag: d.Sponsor, Years: dec.Years, Requested: now, State: state})
	}
	return after, c
}

// applyRenewal writes a granted renewal and returns the name as it is then.
func (tx *Tx) applyRenewal(d *Domain, dec RenewDecision, quote billing.Quote, requestID int64, origin Origin) *Domain {
	state := requestState(quote)
	after, c := d.renewed(dec, state, tx.updaterTag(), tx.Now)
	charge := billing.Charge{
		Registrar: d.SponsorID, Operation: billing.Renew, Zone: d.Zone.ID, DomainID: d.ID, DomainName: d.Name,
		Years: dec.Years, From: dec.Period.EPPTime(), To: dec.Period.AddYears(dec.Years).EPPTime(), Quote: quote, On: tx.today.EPPTime(),
	}
	tx.Queue(`UPDATE domain SET expires = $2, updater = $3, updated_at = $4, renew_not_required = $5,
		suspended_on = CASE WHEN $6 THEN NULL ELSE suspended_on END,
		suspended_reason = CASE WHEN $6 THEN NULL ELSE suspended_reason END,
		next_bill = CASE WHEN $7 THEN NULL ELSE next_bill END,
		next_period = CASE WHEN $7 THEN NULL ELSE next_period END WHERE id = $1`,
		d.ID, after.Expires, tx.updaterID(), tx.Now, after.RenewNotRequired, dec.LiftSuspension, dec.ClearNextBill)
	if d.Zone.Profile == ProfileUK {
		charge.RequestID = requestID
		tx.Queue(`INSERT INTO renewal_request (id, domain_id, domain_name, period, registrar_id, years, new_expires, origin, requested_at, state)
			OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			requestID, d.ID, d.Name, dec.Period, d.SponsorID, dec.Years, dec.Period.AddYears(dec.Years), origin, tx.Now, state)
	}
	if !tx.today.Before(dec.Period) {
		billing.QueueVoidProForma(tx.Tx, d.ID, tx.today.EPPTime()) // none goes out before E
	}
	tx.record("domain", d.ID, d.Name, "renew", c)
	tx.tellStaffChange(ObjectDomain, d.Name, d.SponsorID, "renew")
	billing.QueueCharge(tx.Tx, charge)
	customer.QueueSync(tx.Tx, []int64{d.ID}, tx.today.EPPTime())
	tx.warnLowBalance(d.SponsorID, quote)
	after.FundsLeft = fundsLeft(quote)
	if d.Zone.Profile == ProfileGTLD {
		tx.queueGrace(d, RGPRenew, dec.Years)
	}
	return &after
}
