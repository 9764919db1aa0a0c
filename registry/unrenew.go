package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
)

// UnrenewDomains takes the acting tag's renewal requests for names back, as long
// as none is on an invoice: each E goes back, unless another tag's request covers
// the name, and the lines are taken off (rule R5; std-unrenew). All requests are
// taken back, or none. Whether it can be done at all is the policy's to say. A
// next-bill that the renewal used up does not come back.
//
// Refusals: KindNotFound, KindAuthorization V096, KindStatusProhibits,
// KindNotRenewable V270 and V273.
func (r *Registry) UnrenewDomains(ctx context.Context, actor Actor, names []string) error {
	if !actor.IsRegistrar() {
		return Refuse(KindAuthorization, "", "A tag takes its own request back; staff withdraw it with a reason.")
	}
	names = normalNames(names)
	return r.mutate(ctx, actor, func(tx *Tx) error {
		found, err := tx.lockSelected(ctx, byNames(names), readNothing, readNothing)
		if err == nil {
			found, err = inOrder(found, names)
		}
		if err != nil {
			return err
		}
		for _, d := range found {
			_, err = tx.withdraw(ctx, d, "unrenew", func(d *Domain) (UnrenewDecision, error) {
				return DecideUnrenew(d.renewalName(), actor.TAG, r.policy)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// WithdrawRenewal withdraws a tag's open renewal request on the staff's word,
// under the distance-selling exception (rule R5): the reason is recorded. A
// request that is on an invoice stays due until a credit note is issued.
//
// Refusals: KindNotFound, KindAuthorization, KindParamMissing for the reason,
// KindNotRenewable V273.
func (r *Registry) WithdrawRenewal(ctx context.Context, actor Actor, name, tag string) (*Domain, error) {
	err := errors.Join(actor.staffOnly(RoleBilling, RoleOperator), actor.needReason())
	if err != nil {
		return nil, err
	}
	var after *Domain
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		d, err := tx.lockDomain(ctx, normalName(name))
		if err != nil {
			return err
		}
		after, err = tx.withdraw(ctx, d, "withdraw renewal", func(d *Domain) (UnrenewDecision, error) {
			return DecideWithdrawal(d.renewalName(), tag, actor.Reason)
		})
		return err
	})
	return after, err
}

// withdraw takes back the request of a name that decide chooses.
func (tx *Tx) withdraw(ctx context.Context, d *Domain, action string, decide func(*Domain) (UnrenewDecision, error)) (*Domain, error) {
	err := tx.readWithdrawn(ctx, d)
	if err != nil {
		return nil, err
	}
	dec, err := decide(d)
	if err != nil {
		return nil, err
	}
	return tx.applyWithdrawal(ctx, d, dec, action)
}

// readWithdrawn adds the requests of the present period that were withdrawn:
// only one may be (rule R5), and no other command asks.
func (tx *Tx) readWithdrawn(ctx context.Context, d *Domain) error {
	rows, err := tx.Query(ctx, `SELECT q.id, q.period, r.tag, q.years, q.requested_at FROM renewal_request q
		JOIN registrar r ON r.id = q.registrar_id
		WHERE q.domain_id = $1 AND q.state = 'withdrawn' AND q.period = $2`, d.ID, d.renewalName().Period())
	if err != nil {
		return fmt.Errorf("read withdrawn requests of %s: %w", d.Name, err)
	}
	var id int64
	q := RenewalRequest{State: RequestWithdrawn}
	_, err = pgx.ForEachRow(rows, []any{&id, &q.Period, &q.Tag, &q.Years, &q.Requested}, func() error {
		d.Requests = append(d.Requests, q)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read withdrawn requests of %s: %w", d.Name, err)
	}
	return nil
}

// applyWithdrawal ends the request. E may go back into the past: the next batch
// looks at the name.
func (tx *Tx) applyWithdrawal(ctx context.Context, d *Domain, dec UnrenewDecision, action string) (*Domain, error) {
	id := int64(0)
	for i, q := range d.Requests {
		if q.Period == dec.Request.Period && q.Tag == dec.Request.Tag && q.Open() {
			id = d.requestID[i]
		}
	}
	if id == 0 {
		return nil, fmt.Errorf("%s: the request of %s for %s has no row", d.Name, dec.Request.Tag, dec.Request.Period)
	}
	after := *d
	after.Expires, after.Updater, after.Updated = dec.Expiry, tx.updaterTag(), tx.Now
	after.Requests = nil
	for _, q := range d.Requests {
		if q.Period == dec.Request.Period && q.Tag == dec.Request.Tag && q.Open() {
			q.State, q.Ended = RequestWithdrawn, tx.today
		}
		after.Requests = append(after.Requests, q)
	}
	tx.Queue(`UPDATE renewal_request SET state = 'withdrawn', ended_on = $2 WHERE id = $1`, id, tx.today)
	if dec.Request.State == RequestUninvoiced {
		var charge int64
		err := tx.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM charge WHERE request_id = $1`, id).Scan(&charge)
		if err != nil {
			return nil, fmt.Errorf("find the charge of %s: %w", d.Name, err)
		}
		billing.QueueReversal(tx.Tx, charge, tx.today.EPPTime())
	}
	tx.Queue(`UPDATE domain SET expires = $2, updater = $3, updated_at = $4 WHERE id = $1`, d.ID, dec.Expiry, tx.updaterID(), tx.Now)
	c := changes{}.add("request", dec.Request.Tag, nil).add("years", dec.Request.Years, nil)
	noteValue(c, "expires", d.Expires, dec.Expiry)
	tx.record("domain", d.ID, d.Name, action, c)
	tx.tellStaffChange(ObjectDomain, d.Name, d.SponsorID, "update")
	if asked := tx.r.tagTable.id(dec.Request.Tag); asked != d.SponsorID {
		tx.tellStaffChange(ObjectDomain, d.Name, asked, "update")
	}
	return &after, nil
}
