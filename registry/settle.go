package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
)

// settle moves on the names of invoices that are paid, and of single charges
// whose fee was waived (rules R6, R7): open requests and first registrations
// are paid; a request that lapsed renews its name late, if nothing else has.
func (tx *Tx) settle(ctx context.Context, invoices, charges []int64) error {
	if len(invoices)+len(charges) == 0 {
		return nil
	}
	// Commands and the batch lock a name before its requests; so do we.
	tx.Queue(`SELECT d.id FROM domain d WHERE d.id IN (`+settledNames+`) ORDER BY d.id FOR UPDATE`, invoices, charges)
	args := append([]any{invoices, charges, tx.Now}, tx.actorArgs()...)
	tx.Queue(`WITH paid AS (
			UPDATE renewal_request q SET state = 'paid' FROM charge c
			WHERE (c.invoice_id = ANY ($1) OR c.id = ANY ($2)) AND q.id = c.request_id AND q.state = 'invoiced'
			RETURNING q.domain_id, q.domain_name)
		INSERT INTO history (at, object, object_id, object_name, action, registrar_id, staff, reason, cltrid, svtrid)
		SELECT $3, 'domain', domain_id, domain_name, 'renewal paid', $4, $5, $6, $7, $8 FROM paid`, args...)
	tx.Queue(`WITH paid AS (
			UPDATE domain d SET first_paid = true,
				suspended_on = CASE WHEN suspended_reason = 'registration unpaid' THEN NULL ELSE suspended_on END,
				suspended_reason = CASE WHEN suspended_reason = 'registration unpaid' THEN NULL ELSE suspended_reason END
			FROM charge c WHERE (c.invoice_id = ANY ($1) OR c.id = ANY ($2)) AND c.operation = 'create'
				AND d.id = c.domain_id AND NOT d.first_paid
			RETURNING d.id, d.name)
		INSERT INTO history (at, object, object_id, object_name, action, registrar_id, staff, reason, cltrid, svtrid)
		SELECT $3, 'domain', id, name, 'registration paid', $4, $5, $6, $7, $8 FROM paid`, args...)
	return tx.settleLapsed(ctx, invoices, charges)
}

// settledNames are the names behind invoices $1 and charges $2.
const settledNames = `SELECT c.domain_id FROM charge c WHERE c.invoice_id = ANY ($1) OR c.id = ANY ($2)`

// settleLapsed renews late what lapsed unpaid (rule R7); few ever do, so it
// goes name by name.
func (tx *Tx) settleLapsed(ctx context.Context, invoices, charges []int64) error {
	rows, err := tx.Query(ctx, `SELECT q.id, q.domain_id, q.domain_name FROM charge c JOIN renewal_request q ON q.id = c.request_id
		WHERE (c.invoice_id = ANY ($1) OR c.id = ANY ($2)) AND q.state = 'lapsed' ORDER BY q.domain_id`, invoices, charges)
	if err != nil {
		return fmt.Errorf("find lapsed requests: %w", err)
	}
	type lapsed struct {
		id, domain int64
		name       string
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (lapsed, error) {
		var l lapsed
		err := row.Scan(&l.id, &l.domain, &l.name)
		return l, err
	})
	if err != nil {
		return fmt.Errorf("find lapsed requests: %w", err)
	}
	for _, l := range list {
		d, err := tx.lockDomain(ctx, l.name)
		if err != nil && KindOf(err) != KindNotFound {
			return err
		}
		tx.Queue(`UPDATE renewal_request SET state = 'paid' WHERE id = $1`, l.id)
		if err != nil || d.ID != l.domain {
			continue // cancelled meanwhile; the debt is paid all the same
		}
		i := d.requestAt(l.id)
		if i < 0 {
			continue
		}
		dec := DecideInvoicePaid(d.renewalName(), d.Requests[i])
		if dec.Renews {
			tx.renewPaid(d, dec, latePayment, d.Requests[i].Years)
		}
	}
	return nil
}

// requestAt returns the place in d.Requests of the request with an id, -1 if it
// is not there.
func (d *Domain) requestAt(id int64) int {
	for i := range d.Requests {
		if d.requestID[i] == id {
			return i
		}
	}
	return -1
}

// How the history tells of renewals by money that came without a command.
const (
	latePayment        = "late payment"
	registrantsPayment = "registrant's payment"
)

// renewPaid moves E after money that came without a command: a lapsed request
// paid late, or the registrant's payment.
func (tx *Tx) renewPaid(d *Domain, dec PaymentDecision, action string, years int) {
	c := changes{}
	noteValue(c, "expires", d.Expires, dec.Expiry)
	if dec.LiftSuspension {
		c.add("suspended", d.SuspendedOn, nil)
	}
	if dec.ClearNotRequired {
		c.add("renew-not-required", true, false)
	}
	tx.Queue(`UPDATE domain SET expires = $2, updated_at = $3, updater = $4,
		renew_not_required = renew_not_required AND NOT $5,
		suspended_on = CASE WHEN $6 THEN NULL ELSE suspended_on END,
		suspended_reason = CASE WHEN $6 THEN NULL ELSE suspended_reason END,
		next_bill = CASE WHEN $7 THEN NULL ELSE next_bill END,
		next_period = CASE WHEN $7 THEN NULL ELSE next_period END WHERE id = $1`,
		d.ID, dec.Expiry, tx.Now, tx.updaterID(), dec.ClearNotRequired, dec.LiftSuspension, dec.ClearNextBill)
	if action == latePayment {
		billing.QueueVoidProForma(tx.Tx, d.ID, tx.today.EPPTime())
	}
	customer.QueueSync(tx.Tx, []int64{d.ID}, tx.today.EPPTime())
	tx.record("domain", d.ID, d.Name, action, c.add("years", nil, years))
	origin := OriginStaff
	if action == registrantsPayment {
		origin = OriginPage // the registrant's decision
	}
	tx.queuePoll(d.SponsorID, PollMessage{Kind: PollRenewed, Text: d.Name + " is renewed until " + dec.Expiry.String() + " (" + action + ").",
		Payload: RenewalNotice{Name: d.Name, Origin: origin, Years: years, Expires: dec.Expiry}})
}
