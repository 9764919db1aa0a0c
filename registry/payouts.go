package registry

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
)

// ReversedPayment is what the reversal of a payment did.
type ReversedPayment struct {
	billing.PaidBack
	Payment  billing.Payment
	Requests int64  // renewal requests that are open again
	Firsts   int64  // first registrations that are unpaid again
	Receipt  string // that was taken back with a registrant's payment
	Name     string // of that receipt
	Expires  Date   // E of that name afterwards; zero where it stays
	Kept     string // why that name stays renewed although its payment went back
}

// ReversePayment takes back a payment that the bank reversed, whole, as if it
// had never come. The invoices that it settled are open again; their renewal
// requests and first registrations are as they were within terms, so that the
// next batch ends them by R7 if the terms have passed. A request stays paid where
// the name's E no longer rests on it: renewed again since, or paid for by the
// registrant. A registrant's payment takes its receipt and the renewal back, if
// the name was not renewed again since; otherwise the account is left owing.
//
// Refusals: KindAuthorization, KindParamMissing for the reason, KindNotFound,
// KindPolicy for one that was reversed before, KindParamRange for the date.
func (r *Registry) ReversePayment(ctx context.Context, actor Actor, p billing.Payout) (ReversedPayment, error) {
	var out ReversedPayment
	err := payoutActor(actor)
	if err != nil {
		return out, err
	}
	p.Staff, p.Reason = actor.Staff, actor.Reason
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		out = ReversedPayment{}
		var err error
		out.Payment, err = p.ReversedPayment(ctx, tx.Tx)
		if err != nil {
			return MoneyRefusal(err)
		}
		if out.Payment.Account != 0 {
			err = tx.reverseRegistrants(ctx, p, &out)
		} else {
			err = tx.reverseRegistrars(ctx, p, &out)
		}
		if err != nil {
			return MoneyRefusal(err)
		}
		c := changes{}.add("amount", out.Amount.String(), nil).add("day", nil, dateFromUTC(p.PaidOn))
		for _, number := range out.Numbers {
			c.add("open again "+number, nil, true)
		}
		tx.record("payment", p.Payment, out.Payment.TAG, "reverse", c)
		return nil
	})
	return out, err
}

// RefundDeposit pays a registrar back what is on account, or a part of it; a
// reason is required and recorded.
//
// Refusals: KindAuthorization, KindParamMissing for the reason, KindNotFound for
// the tag, KindPolicy for more than there is, KindParamRange.
func (r *Registry) RefundDeposit(ctx context.Context, actor Actor, p billing.Payout) (billing.PaidBack, error) {
	var out billing.PaidBack
	err := payoutActor(actor)
	if err != nil {
		return out, err
	}
	p.Staff, p.Reason = actor.Staff, actor.Reason
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		var err error
		out, err = billing.RefundDeposit(ctx, tx.Tx, p, tx.today.EPPTime())
		if err != nil {
			return MoneyRefusal(err)
		}
		tx.record("payout", out.ID, p.TAG, "refund", changes{}.add("amount", nil, p.Amount.String()).add("day", nil, dateFromUTC(p.PaidOn)))
		return nil
	})
	return out, err
}

func payoutActor(actor Actor) error {
	err := actor.staffOnly(RoleBilling)
	if err != nil {
		return err
	}
	return actor.needReason()
}

// reverseRegistrars takes a registrar's payment back and opens what it settled.
func (tx *Tx) reverseRegistrars(ctx context.Context, p billing.Payout, out *ReversedPayment) error {
	var err error
	out.PaidBack, err = billing.ReversePayment(ctx, tx.Tx, p, out.Payment, tx.today.EPPTime())
	if err != nil {
		return err
	}
	out.Requests, out.Firsts, err = tx.reopen(ctx, out.Reopened)
	if err != nil {
		return err
	}
	return tx.settle(ctx, out.Settled, nil)
}

// registrantPaidSQL is whether a registrant's payment that was not taken back
// renewed a name from a period.
func registrantPaidSQL(domain, period string) string {
	return `EXISTS (SELECT FROM pro_forma f JOIN receipt r ON r.pro_forma_id = f.id WHERE f.domain_id = ` + domain + ` AND r.period_from = ` + period + `
		AND NOT EXISTS (SELECT FROM receipt_reversal v WHERE v.receipt_id = r.id))`
}

// reopen undoes what settle did to the names of invoices: it says how many
// requests and first registrations are open again. A first registration stays
// paid once its name was renewed.
func (tx *Tx) reopen(ctx context.Context, invoices []int64) (requests, firsts int64, err error) {
	if len(invoices) == 0 {
		return 0, 0, nil
	}
	tx.Queue(`SELECT d.id FROM domain d WHERE d.id IN (`+settledNames+`) ORDER BY d.id FOR UPDATE`, invoices, []int64{})
	args := append([]any{invoices, tx.Now}, tx.actorArgs()...)
	err = tx.Batch(ctx, func(b *pgx.Batch) {
		b.Queue(`WITH open AS (
				UPDATE renewal_request q SET state = 'invoiced', due = i.due, ended_on = NULL
				FROM charge c JOIN invoice i ON i.id = c.invoice_id JOIN domain d ON d.id = c.domain_id
				WHERE c.invoice_id = ANY ($1) AND q.id = c.request_id AND q.state = 'paid' AND q.new_expires = d.expires
					AND NOT EXISTS (SELECT FROM credit_note_line l WHERE l.charge_id = c.id)
					AND NOT `+registrantPaidSQL("q.domain_id", "q.period")+`
				RETURNING q.domain_id, q.domain_name),
			noted AS (
				INSERT INTO history (at, object, object_id, object_name, action, registrar_id, staff, reason, cltrid, svtrid)
				SELECT $2, 'domain', domain_id, domain_name, 'renewal unpaid again', $3, $4, $5, $6, $7 FROM open)
			SELECT count(*) FROM open`, args...).QueryRow(func(row pgx.Row) error { return row.Scan(&requests) })
		b.Queue(`WITH open AS (
				UPDATE domain d SET first_paid = false, first_due = i.due
				FROM charge c JOIN invoice i ON i.id = c.invoice_id JOIN zone z ON z.id = c.zone_id AND z.profile = 'uk'
				WHERE c.invoice_id = ANY ($1) AND c.operation = 'create' AND d.id = c.domain_id AND d.first_paid
					AND NOT EXISTS (SELECT FROM credit_note_line l WHERE l.charge_id = c.id)
					AND NOT EXISTS (SELECT FROM renewal_request q WHERE q.domain_id = d.id AND q.state <> 'withdrawn')
					AND NOT EXISTS (SELECT FROM pro_forma f JOIN receipt r ON r.pro_forma_id = f.id WHERE f.domain_id = d.id)
				RETURNING d.id, d.name),
			noted AS (
				INSERT INTO history (at, object, object_id, object_name, action, registrar_id, staff, reason, cltrid, svtrid)
				SELECT $2, 'domain', id, name, 'registration unpaid again', $3, $4, $5, $6, $7 FROM open)
			SELECT count(*) FROM open`, args...).QueryRow(func(row pgx.Row) error { return row.Scan(&firsts) })
	})
	return requests, firsts, err
}

// reverseRegistrants takes a registrant's payment back, with the renewal that it
// paid for if nothing has been built on it.
func (tx *Tx) reverseRegistrants(ctx context.Context, p billing.Payout, out *ReversedPayment) error {
	receipt, err := billing.ReceiptOf(ctx, tx.Tx, p.Payment)
	if err != nil {
		return err
	}
	taken := &receipt
	var d *Domain
	if receipt.ID == 0 {
		taken = nil
	} else {
		out.Name = receipt.DomainName
		d, err = tx.lockDomain(ctx, receipt.DomainName)
		switch {
		case err != nil && KindOf(err) != KindNotFound:
			return err
		case err != nil || d.ID != receipt.DomainID:
			d = nil // gone: the receipt goes too
		case d.Expires != dateFromUTC(receipt.To):
			taken, out.Kept = nil, d.Name+" was renewed again since."
		}
	}
	out.PaidBack, err = billing.ReverseCustomerPayment(ctx, tx.Tx, p, out.Payment, taken, tx.today.EPPTime())
	if err != nil || taken == nil {
		return err
	}
	out.Receipt = receipt.DocumentNumber()
	if d == nil {
		return nil
	}
	out.Expires = dateFromUTC(receipt.From)
	tx.Queue(`UPDATE domain SET expires = $2, updated_at = $3, updater = $4 WHERE id = $1`, d.ID, out.Expires, tx.Now, tx.updaterID())
	tx.record("domain", d.ID, d.Name, "renewal unpaid again", changes{}.add("expires", d.Expires, out.Expires))
	tx.tellStaffChange(ObjectDomain, d.Name, d.SponsorID, "update")
	return nil
}
