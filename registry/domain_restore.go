package registry

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
)

// RestoreReport is what a registrar declares when it restores a name (RFC 3915
// section 4.2.5). It is kept in the history.
type RestoreReport struct {
	PreData, PostData string
	DeleteTime        string
	RestoreTime       string
	Reason            string
	Statements        []string
	Other             string
}

// RestoreDomainParams asks to restore a name.
type RestoreDomainParams struct {
	Name   string
	Report *RestoreReport // nil: a request, not a report
	Fee    *DeclaredFee   // nil: none declared
}

// RestoreDomain takes a restore request or report for a deleted gtld name. The
// report brings the name back and is charged: the restore, and the renewal of a
// name that expired meanwhile. The fees of a request are those that its report
// would be charged with now.
//
// Refusals: KindNotFound, KindAuthorization, KindStatusProhibits,
// KindBillingFailure without a price, KindUnimplementedOption in uk,
// KindParamRange for a declared fee that is too low.
func (r *Registry) RestoreDomain(ctx context.Context, actor Actor, p RestoreDomainParams) (*Domain, error) {
	err := errors.Join(actor.needRole(RoleOperator), actor.needReason())
	if err != nil {
		return nil, err
	}
	name := normalName(p.Name)
	var after *Domain
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		d, err := tx.lockDomain(ctx, name)
		if err != nil {
			return err
		}
		if d.Zone.Profile != ProfileGTLD {
			return Refuse(KindUnimplementedOption, "", "Names in .%s are not restored.", d.Zone.Name).About("rgp:restore", "")
		}
		tag := actor.TAG
		if !actor.IsRegistrar() {
			tag = d.Sponsor
		}
		var dec RestoreDecision
		if p.Report == nil {
			dec, err = DecideRestoreRequest(d.gtldName(), tag, tx.Now, r.policy)
		} else {
			dec, err = DecideRestoreReport(d.gtldName(), tag, tx.Now, r.loc, r.policy)
		}
		if err != nil {
			return err
		}
		after, err = tx.restore(ctx, d, dec, p)
		return err
	})
	return after, err
}

func (tx *Tx) restore(ctx context.Context, d *Domain, dec RestoreDecision, p RestoreDomainParams) (*Domain, error) {
	report, years := p.Report, dec.Years
	if report == nil {
		_, years = restoredExpiry(d.Expires, tx.today, tx.r.policy)
	}
	var restore, renewal billing.Quote
	err := tx.Batch(ctx, func(b *pgx.Batch) {
		q := billing.QuoteFor{Registrar: d.SponsorID, Zone: d.Zone.ID, Operation: billing.Restore, Day: tx.today.EPPTime()}
		billing.QueueQuote(b, q, &restore)
		q.Operation, q.Years = billing.Renew, years
		billing.QueueQuote(b, q, &renewal)
	})
	if err != nil {
		return nil, err
	}
	if !restore.Found || (years > 0 && !renewal.Found) {
		return nil, Refuse(KindBillingFailure, "", "There is no price for a restore in .%s on %s; ask the registry.", d.Zone.Name, tx.today).
			About("domain:name", d.Name)
	}
	fees := []FeeLine{{Operation: billing.Restore, Amount: restore.Net, Delayed: report == nil}}
	costs := []billing.Quote{restore}
	if years > 0 {
		fees = append(fees, FeeLine{Operation: billing.Renew, Amount: renewal.Net, Years: years, Delayed: report == nil})
		costs = append(costs, renewal)
	}
	err = p.Fee.Check(restore.Net.Currency, fees...)
	if err != nil {
		return nil, err
	}
	if report != nil {
		err = needFunds(d.Name, costs...)
		if err != nil {
			return nil, err
		}
	}
	after := *d
	after.Fees = fees
	after.DeletePhase, after.DeletePhaseEnds, after.Expires = dec.Phase, dec.PhaseEnd, dec.Expiry
	c := changes{}.add("rgp", d.DeletePhase, dec.Phase)
	action := "restore request"
	if report != nil {
		action = "restore"
		after.Statuses = d.Statuses.Without(StatusPendingDelete)
		noteValue(c, "expires", d.Expires, dec.Expiry)
		c.add("report", nil, report)
		tx.chargeRestore(d, dec, restore, renewal)
	}
	after.Updater, after.Updated = tx.updaterTag(), tx.Now
	tx.Queue(`UPDATE domain SET statuses = $2, delete_phase = $3, delete_phase_ends = $4, expires = $5,
		updater = $6, updated_at = $7 WHERE id = $1`, d.ID, orEmpty(after.Statuses), null(string(after.DeletePhase)),
		nullTime(after.DeletePhaseEnds), after.Expires, tx.updaterID(), tx.Now)
	tx.record("domain", d.ID, d.Name, action, c)
	tx.tellStaffChange(ObjectDomain, d.Name, d.SponsorID, "restore")
	return &after, nil
}

func (tx *Tx) chargeRestore(d *Domain, dec RestoreDecision, restore, renewal billing.Quote) {
	charge := billing.Charge{Registrar: d.SponsorID, Operation: billing.Restore, Zone: d.Zone.ID, DomainID: d.ID,
		DomainName: d.Name, Quote: restore, On: tx.today.EPPTime()}
	billing.QueueCharge(tx.Tx, charge)
	costs := []billing.Quote{restore}
	if dec.Years > 0 {
		charge.Operation, charge.Quote, charge.Years = billing.Renew, renewal, dec.Years
		charge.From, charge.To = d.Expires.EPPTime(), dec.Expiry.EPPTime()
		billing.QueueCharge(tx.Tx, charge)
		costs = append(costs, renewal)
	}
	tx.warnLowBalance(d.SponsorID, costs...)
}
