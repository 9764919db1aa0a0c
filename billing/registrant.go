package billing

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// Customer is whom the registry writes to about a registrant's account (B20).
type Customer struct {
	Handle    string // of the contact
	Email     string // "" when the contact has gone
	Language  string // ISO 639-1, of the vendor
	Vendor    string // name of the registrar that the account is under
	VendorURL string
	VendorOwn bool // a tag of the registry's own
}

// Correspondent returns whom to write to about an account.
func Correspondent(ctx context.Context, tx *pg.Tx, account int64) (Customer, error) {
	var c Customer
	err := tx.QueryRow(ctx, `SELECT a.contact_handle, coalesce(c.email, ''), r.language, coalesce(r.trad_name, r.name),
			coalesce(r.url, ''), r.kind <> 'registrar'
		FROM registrant_account a JOIN registrar r ON r.id = a.registrar_id LEFT JOIN contact c ON c.id = a.contact_id
		WHERE a.id = $1`, account).Scan(&c.Handle, &c.Email, &c.Language, &c.Vendor, &c.VendorURL, &c.VendorOwn)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, refuse(Unknown, "account", fmt.Sprint(account), "There is no account %d.", account)
	}
	if err != nil {
		return c, fmt.Errorf("read account %d: %w", account, err)
	}
	return c, nil
}
