package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/notify"
	"github.com/namekeep/namekeep/registry/pg"
)

// InvoiceRun is what an invoice run did.
type InvoiceRun struct {
	Day      Date
	Tags     int // that had something to invoice or to credit
	Invoices []billing.Invoice
	Credits  []billing.CreditNote // refunds of grace periods
}

// RunInvoices invoices what every registrar was charged up to a civil day (rule
// B12), one transaction for each, and mails the invoices. Run again for the same
// day it adds nothing. Staff run it for today; the batch for the day that it
// makes up. progress, if not nil, is told how far it is.
//
// A registrar whose invoice fails does not stop the others; the errors are
// joined. Refusals: KindAuthorization, KindParamRange for the day.
func (r *Registry) RunInvoices(ctx context.Context, actor Actor, day Date, progress func(done, of int)) (InvoiceRun, error) {
	run := InvoiceRun{Day: day}
	err := actor.staffOnly(RoleBilling)
	if err != nil {
		return run, err
	}
	today := r.Today()
	if day.After(today) || actor.IsStaff() && day != today {
		return run, Refuse(KindParamRange, "", "Invoices are dated today, %s.", today).About("day", day.String())
	}
	tags, err := billing.TagsToInvoice(ctx, r.db, day.EPPTime())
	if err != nil {
		return run, err
	}
	run.Tags = len(tags)
	var faults []error
	for i, id := range tags {
		var done billing.Invoiced
		err = r.mutate(pg.WithPatience(ctx, batchPatience), actor, func(tx *Tx) error {
			var err error
			done, err = billing.InvoiceTag(ctx, tx.Tx, id, day.EPPTime())
			if err != nil {
				return err
			}
			return tx.afterInvoices(ctx, done)
		})
		if err != nil {
			faults = append(faults, err)
		} else {
			run.Invoices = append(run.Invoices, done.Invoices...)
			run.Credits = append(run.Credits, done.Credits...)
		}
		if progress != nil {
			progress(i+1, len(tags))
		}
	}
	return run, errors.Join(faults...)
}

// afterInvoices moves the requests on (rule R6), writes the mails and settles
// what the run settled.
func (tx *Tx) afterInvoices(ctx context.Context, done billing.Invoiced) error {
	ids := make([]int64, len(done.Invoices))
	for i, v := range done.Invoices {
		ids[i] = v.ID
		tx.record("invoice", v.ID, v.DocumentNumber(), "issue", changes{}.add("tag", nil, v.TAG).
			add("gross", nil, billing.Money{Minor: v.Gross(), Currency: v.Currency}.String()))
		err := tx.mailInvoice(v)
		if err != nil {
			return err
		}
	}
	tx.Queue(`UPDATE renewal_request q SET state = 'invoiced', due = i.due FROM charge c JOIN invoice i ON i.id = c.invoice_id
		WHERE c.invoice_id = ANY ($1) AND q.id = c.request_id AND q.state = 'uninvoiced'`, ids)
	tx.Queue(`UPDATE domain d SET first_due = i.due FROM charge c JOIN invoice i ON i.id = c.invoice_id
		WHERE c.invoice_id = ANY ($1) AND c.operation = 'create' AND d.id = c.domain_id AND NOT d.first_paid`, ids)
	for _, n := range done.Credits {
		err := tx.mailCreditNote(n)
		if err != nil {
			return err
		}
	}
	return tx.settle(ctx, done.Settled, nil)
}

func (tx *Tx) mailInvoice(i billing.Invoice) error {
	if i.To.Email == "" {
		return nil // staff send it: invoice pdf
	}
	amount := func(minor int64) notify.Amount { return notify.Amount{Minor: minor, Currency: i.Currency} }
	err := notify.Enqueue(tx.Tx, notify.Message{
		Kind: notify.Invoice, To: i.To.Email, Language: i.To.Language, Registrar: i.RegistrarID, Dedup: "invoice:" + i.DocumentNumber(),
		Payload: notify.InvoiceNotice{Number: i.DocumentNumber(), Kind: i.Kind, Tag: i.TAG, Party: billedParty(i.To),
			Dated: notify.Date(dateFromUTC(i.Dated).String()), Due: notify.Date(dateFromUTC(i.Due).String()), Lines: i.Lines,
			Net: amount(i.Net), Tax: amount(i.Tax), Gross: amount(i.Gross()), Paid: i.Open == 0 && i.Gross() > 0},
	})
	if err != nil {
		return fmt.Errorf("mail invoice %s: %w", i.DocumentNumber(), err)
	}
	return nil
}

func (tx *Tx) mailCreditNote(n billing.CreditNote) error {
	tx.record("credit note", n.ID, n.DocumentNumber(), "issue", changes{}.add("tag", nil, n.TAG).add("invoice", nil, n.Invoice).
		add("reason", nil, n.Reason).add("gross", nil, billing.Money{Minor: n.Gross(), Currency: n.Currency}.String()))
	if n.To.Email == "" {
		return nil
	}
	amount := func(minor int64) notify.Amount { return notify.Amount{Minor: minor, Currency: n.Currency} }
	err := notify.Enqueue(tx.Tx, notify.Message{
		Kind: notify.CreditNote, To: n.To.Email, Language: n.To.Language, Registrar: n.RegistrarID, Dedup: "credit-note:" + n.DocumentNumber(),
		Payload: notify.CreditNoteNotice{Number: n.DocumentNumber(), Invoice: n.Invoice, Tag: n.TAG, Party: billedParty(n.To),
			Dated: notify.Date(dateFromUTC(n.Dated).String()), Reason: billing.ReasonInWords(n.Reason),
			Net: amount(n.Net), Tax: amount(n.Tax), Gross: amount(n.Gross())},
	})
	if err != nil {
		return fmt.Errorf("mail credit note %s: %w", n.DocumentNumber(), err)
	}
	return nil
}

func billedParty(a billing.Addressee) notify.Party {
	return notify.Party{Number: a.TAG, Name: a.Name, Address: a.Lines, Email: a.Email}
}
