package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry/pg"
)

// IssueCreditNote credits lines of an invoice (rule B14); a reason for the
// audit log is needed beside that from the list. Under the distance-selling
// exception the renewals are withdrawn too and E goes back (R5); for any other
// reason the fee counts as paid and the renewal stands.
//
// Refusals: KindAuthorization, KindParamMissing, KindNotFound, KindParamRange
// for the reason, KindPolicy for lines credited before.
func (r *Registry) IssueCreditNote(ctx context.Context, actor Actor, c billing.Credit) (billing.Credited, error) {
	err := actor.staffOnly(RoleBilling)
	if err == nil {
		err = actor.needReason()
	}
	if err != nil {
		return billing.Credited{}, err
	}
	c.Staff = actor.Staff
	for i, name := range c.Names {
		c.Names[i] = normalName(name)
	}
	var done billing.Credited
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		var err error
		done, err = billing.IssueCreditNote(ctx, tx.Tx, c, tx.today.EPPTime())
		if err != nil {
			return MoneyRefusal(err)
		}
		err = tx.afterCredit(ctx, c.Reason, done)
		if err != nil {
			return err
		}
		return tx.mailCreditNote(done.CreditNote)
	})
	if pg.ConstraintName(err) == "renewal_request_withdrawn_once" {
		return done, Refuse(KindPolicy, "", "A renewal request for this period was withdrawn before; credit it for another reason.")
	}
	return done, err
}

func (tx *Tx) afterCredit(ctx context.Context, reason string, done billing.Credited) error {
	charges := make([]int64, len(done.Lines))
	for i, l := range done.Lines {
		charges[i] = l.ID
	}
	if reason != billing.ReasonDistanceSelling {
		return tx.settle(ctx, done.Settled, charges)
	}
	err := tx.withdrawCredited(ctx, charges)
	if err != nil {
		return err
	}
	return tx.settle(ctx, done.Settled, nil)
}

// withdrawCredited withdraws the renewal requests of credited lines (rule R5).
func (tx *Tx) withdrawCredited(ctx context.Context, charges []int64) error {
	rows, err := tx.Query(ctx, `SELECT q.id, q.domain_id, q.domain_name FROM charge c JOIN renewal_request q ON q.id = c.request_id
		WHERE c.id = ANY ($1) AND q.state IN ('invoiced', 'paid', 'lapsed') ORDER BY q.domain_id`, charges)
	if err != nil {
		return fmt.Errorf("find the requests: %w", err)
	}
	type request struct {
		id, domain int64
		name       string
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (request, error) {
		var q request
		err := row.Scan(&q.id, &q.domain, &q.name)
		return q, err
	})
	if err != nil {
		return fmt.Errorf("find the requests: %w", err)
	}
	for _, q := range list {
		d, err := tx.lockDomain(ctx, q.name)
		if err != nil && KindOf(err) != KindNotFound {
			return err
		}
		tx.Queue(`UPDATE renewal_request SET state = 'withdrawn', ended_on = $2 WHERE id = $1`, q.id, tx.today)
		if err != nil || d.ID != q.domain {
			continue // the name has gone
		}
		err = tx.takeRenewalBack(ctx, d, q.id)
		if err != nil {
			return err
		}
	}
	return nil
}

// takeRenewalBack lowers E where the withdrawn request had moved it and no
// other covers the name.
func (tx *Tx) takeRenewalBack(ctx context.Context, d *Domain, requestID int64) error {
	var q RenewalRequest
	var tag int32
	err := tx.QueryRow(ctx, `SELECT period, years, registrar_id, state FROM renewal_request WHERE id = $1`, requestID).
		Scan(&q.Period, &q.Years, &tag, &q.State)
	if err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	tags, err := tx.r.tags(ctx, tag)
	if err != nil {
		return err
	}
	q.Tag = tags[0]
	if d.Expires != q.Expiry() {
		return nil // it did not move E, or lapsed, or the name was renewed since
	}
	var registrantPaid bool
	err = tx.QueryRow(ctx, `SELECT `+registrantPaidSQL("$1", "$2"), d.ID, q.Period).Scan(&registrantPaid)
	if err != nil {
		return fmt.Errorf("read the receipts of %s: %w", d.Name, err)
	}
	if registrantPaid {
		return nil // E stands on that payment
	}
	n := d.renewalName()
	expiry, _ := n.expiryWithout(q)
	if expiry == d.Expires {
		return nil
	}
	tx.Queue(`UPDATE domain SET expires = $2, updated_at = $3, updater = $4 WHERE id = $1`, d.ID, expiry, tx.Now, tx.updaterID())
	tx.record("domain", d.ID, d.Name, "withdraw renewal", changes{}.add("expires", d.Expires, expiry))
	return nil
}
