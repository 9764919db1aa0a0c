package config

import "github.com/namekeep/namekeep/billing"

// Issuer is the registry as it stands on invoices, credit notes and receipts,
// whoever writes them.
func (i Identity) Issuer() billing.Issuer {
	by := billing.Issuer{Name: i.Name, Lines: append([]string{}, i.Address...), TaxID: i.TaxID, Bank: i.Payment}
	for _, line := range []string{i.Email, i.Phone, i.URL} {
		if line != "" {
			by.Lines = append(by.Lines, line)
		}
	}
	return by
}
