package registry

import (
	"context"
	"fmt"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/notify"
)

// mailReceipt sends the registrant its receipt (rule R31). An account whose
// contact has gone gets none.
func (tx *Tx) mailReceipt(ctx context.Context, f billing.ProForma, r billing.Receipt) error {
	to, err := billing.Correspondent(ctx, tx.Tx, f.Account)
	if err != nil {
		return err
	}
	if to.Email == "" {
		return nil
	}
	amount := func(minor int64) notify.Amount { return notify.Amount{Minor: minor, Currency: r.Net.Currency} }
	err = notify.Enqueue(tx.Tx, notify.Message{
		Kind: notify.Receipt, To: to.Email, Language: to.Language, DomainID: f.DomainID, Dedup: "receipt:" + r.DocumentNumber(),
		Payload: notify.ReceiptNotice{Number: r.DocumentNumber(), ProForma: r.ProForma, Name: r.DomainName,
			Expires: notify.Date(dateFromUTC(r.To).String()), Years: f.Years, Net: amount(r.Net.Minor), TaxRate: int64(r.TaxRate),
			Tax: amount(r.Tax), Gross: amount(r.Gross()), Paid: notify.Date(dateFromUTC(r.Dated).String()),
			Registrant: notify.Party{Number: to.Handle, Name: f.To.Name, Address: f.To.Lines, Email: to.Email},
			Registrar:  notify.Agent{Name: to.Vendor, URL: to.VendorURL, Own: to.VendorOwn}},
	})
	if err != nil {
		return fmt.Errorf("mail receipt %s: %w", r.DocumentNumber(), err)
	}
	return nil
}
