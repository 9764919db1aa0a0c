package registry

import (
	"context"
	"fmt"

	"github.com/namekeep/namekeep/billing"
)

// RecordPayment records a registrar's payment and puts it against its invoices
// (rule B13); names of invoices that it settles move on (R6, R7). A reason is
// not needed: the payment is one.
//
// Refusals: KindAuthorization, KindNotFound for the tag or the invoice,
// KindParamRange for amount, currency and date, KindPolicy where the bank's
// reference belongs to another payment.
func (r *Registry) RecordPayment(ctx context.Context, actor Actor, p billing.Payment) (billing.Paid, error) {
	err := actor.staffOnly(RoleBilling)
	if err != nil {
		return billing.Paid{}, err
	}
	p.Method, p.Staff = billing.ByHand, actor.Staff
	var paid billing.Paid
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		var err error
		paid, err = tx.pay(ctx, p)
		return err
	})
	return paid, err
}

// pay records one payment.
func (tx *Tx) pay(ctx context.Context, p billing.Payment) (billing.Paid, error) {
	paid, err := billing.RecordPayment(ctx, tx.Tx, p, tx.today.EPPTime())
	if err != nil {
		return paid, MoneyRefusal(err)
	}
	if paid.Known {
		return paid, nil
	}
	c := changes{}.add("amount", nil, p.Amount.String()).add("received", nil, dateFromUTC(p.ReceivedOn))
	for _, part := range paid.Parts {
		c.add("for "+part.Invoice, nil, billing.Money{Minor: part.Amount, Currency: p.Amount.Currency}.String())
	}
	tx.record("payment", paid.ID, p.TAG, "record", c)
	return paid, tx.settle(ctx, paid.Settled, nil)
}

// BankImport is what became of a bank file.
type BankImport struct {
	ID        int64
	Known     bool // the same file was imported before: nothing was done
	Recorded  int  // payments
	Repeated  int  // whose bank reference was recorded before
	Ignored   int  // lines that are not payments to the registry
	Total     []billing.Money
	ProFormas []ProFormaPaid
}

// ImportPayments records all payments of a bank file, or none: one wrong line
// refuses the file, and the refusal names the line. The same file again adds
// nothing.
//
// Refusals: those of RecordPayment and RecordProFormaPayment.
func (r *Registry) ImportPayments(ctx context.Context, actor Actor, f billing.BankFile) (BankImport, error) {
	var done BankImport
	err := actor.staffOnly(RoleBilling)
	if err != nil {
		return done, err
	}
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		done = BankImport{Ignored: f.Ignored}
		id, known, err := billing.InsertBankFile(ctx, tx.Tx, f, actor.Staff)
		if err != nil {
			return err
		}
		done.ID, done.Known = id, known
		if known {
			done.Ignored = 0
			return nil
		}
		for _, l := range f.Lines {
			err := tx.payLine(ctx, l, id, &done)
			if refusal := AsRefusal(err); refusal != nil {
				return Refuse(refusal.Kind, "", "Line %d: %s Nothing of the file was recorded.", l.Number, refusal.Reason).
					About(refusal.Field, refusal.Value)
			}
			if err != nil {
				return fmt.Errorf("line %d: %w", l.Number, err)
			}
		}
		tx.record("bank file", id, f.Name, "import", changes{}.add("payments", nil, done.Recorded))
		return nil
	})
	return done, err
}

// payLine records one line of a bank file.
func (tx *Tx) payLine(ctx context.Context, l billing.BankLine, file int64, done *BankImport) error {
	p := billing.Payment{TAG: l.TAG, Amount: l.Amount, ReceivedOn: l.BookedOn, Method: billing.ByBankFile,
		Reference: l.Text, BankRef: l.BankRef, Invoice: l.Invoice, Staff: tx.actor.Staff, FileID: file}
	if l.ProForma != "" {
		paid, err := tx.payProForma(ctx, l.ProForma, p)
		if err != nil {
			return err
		}
		done.count(paid.Known, p.Amount)
		if !paid.Known {
			done.ProFormas = append(done.ProFormas, paid)
		}
		return nil
	}
	if p.TAG == "" {
		var err error
		p.TAG, err = billing.TagOf(ctx, tx.Tx, l)
		if err != nil {
			return MoneyRefusal(err)
		}
	}
	paid, err := tx.pay(ctx, p)
	if err != nil {
		return err
	}
	done.count(paid.Known, p.Amount)
	return nil
}

func (b *BankImport) count(known bool, m billing.Money) {
	if known {
		b.Repeated++
		return
	}
	b.Recorded++
	for i := range b.Total {
		if b.Total[i].Currency == m.Currency {
			b.Total[i].Minor += m.Minor
			return
		}
	}
	b.Total = append(b.Total, m)
}

// ProFormaPaid is what became of a registrant's payment.
type ProFormaPaid struct {
	ProForma billing.ProForma
	Known    bool             // the bank's reference was recorded before: nothing was done
	Receipt  *billing.Receipt // nil: the name was not renewed, see Reason
	Expires  Date             // E afterwards, if it was renewed
	Balance  int64            // what the registrant then has on account, minor units
	Reason   string           // why the name was not renewed
}

// RecordProFormaPayment records a registrant's payment of a pro forma (rule
// R31): the name is renewed from the old E, a receipt is issued and the pro
// forma closed. Too little, or a pro forma that is void, leaves the money on the
// registrant's account; what is there already counts.
//
// Refusals: KindAuthorization, KindNotFound for the number, KindParamRange for
// amount, currency and date, KindPolicy for the bank's reference.
func (r *Registry) RecordProFormaPayment(ctx context.Context, actor Actor, number string, p billing.Payment) (ProFormaPaid, error) {
	err := actor.staffOnly(RoleBilling)
	if err != nil {
		return ProFormaPaid{}, err
	}
	p.Method, p.Staff = billing.ByHand, actor.Staff
	var paid ProFormaPaid
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		var err error
		paid, err = tx.payProForma(ctx, number, p)
		return err
	})
	return paid, err
}

func (tx *Tx) payProForma(ctx context.Context, number string, p billing.Payment) (ProFormaPaid, error) {
	name, err := billing.NameOfProForma(ctx, tx.Tx, number)
	if err != nil {
		return ProFormaPaid{}, MoneyRefusal(err)
	}
	d, err := tx.lockDomain(ctx, name) // before the pro forma, as a renewal does
	if err != nil && KindOf(err) != KindNotFound {
		return ProFormaPaid{}, err
	}
	f, err := billing.LockProForma(ctx, tx.Tx, number)
	if err != nil {
		return ProFormaPaid{}, MoneyRefusal(err)
	}
	money, err := billing.RecordCustomerPayment(ctx, tx.Tx, f, p, tx.today.EPPTime())
	if err != nil {
		return ProFormaPaid{}, MoneyRefusal(err)
	}
	paid := ProFormaPaid{ProForma: f, Known: money.Known, Balance: money.Balance}
	if paid.Known {
		return paid, nil
	}
	tx.record("payment", money.ID, f.DocumentNumber(), "record", changes{}.add("amount", nil, p.Amount.String()))
	dec, err := tx.decideProForma(d, f, money.Balance)
	if refusal := AsRefusal(err); refusal != nil {
		paid.Reason = refusal.Reason
		return paid, nil
	}
	if err != nil {
		return paid, err
	}
	receipt, err := billing.IssueReceipt(ctx, tx.Tx, f, money.ID, dec.Expiry.EPPTime(), tx.today.EPPTime())
	if err != nil {
		return paid, err
	}
	tx.renewPaid(d, dec, registrantsPayment, f.Years)
	paid.ProForma.State, paid.ProForma.ClosedOn = billing.ProFormaPaid, tx.today.EPPTime()
	paid.Receipt, paid.Expires, paid.Balance = &receipt, dec.Expiry, money.Balance-f.Gross()
	return paid, tx.mailReceipt(ctx, f, receipt)
}

// decideProForma says whether the money renews the name; a refusal says why it
// stays on account. d is nil when the name is gone.
func (tx *Tx) decideProForma(d *Domain, f billing.ProForma, balance int64) (PaymentDecision, error) {
	switch {
	case d == nil || d.ID != f.DomainID:
		return PaymentDecision{}, Refuse(KindPolicy, "", "%s is no longer registered.", f.DomainName)
	case f.State != billing.ProFormaOpen:
		return PaymentDecision{}, Refuse(KindPolicy, "", "Pro forma %s is %s since %s.", f.DocumentNumber(), f.State, dateFromUTC(f.ClosedOn))
	case balance < f.Gross():
		missing := billing.Money{Minor: f.Gross() - balance, Currency: f.Net.Currency}
		return PaymentDecision{}, Refuse(KindPolicy, "", "%s is still missing.", missing)
	}
	n := d.renewalName()
	n.Notices.ProForma = dateFromUTC(f.IssuedOn)
	dec, err := DecideRegistrantPayment(n, tx.today, tx.r.policy)
	if err == nil && d.Expires.EPPTime() != f.Period {
		return dec, Refuse(KindPolicy, "", "Pro forma %s is for the period from %s; %s expires on %s.",
			f.DocumentNumber(), dateFromUTC(f.Period), d.Name, d.Expires)
	}
	dec.Expiry = d.Expires.AddYears(f.Years) // what was asked for, should the policy have changed
	return dec, err
}
