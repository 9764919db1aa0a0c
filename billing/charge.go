package billing

import (
	"time"

	"github.com/namekeep/namekeep/registry/pg"
)

// Charge is one line that a registrar owes, to be put on its next invoice.
type Charge struct {
	Registrar  int32
	Operation  Operation
	Zone       int32
	DomainID   int64
	DomainName string
	RequestID  int64 // the renewal request that it charges; 0: none
	Years      int
	From, To   time.Time // the period paid for: civil dates at midnight UTC
	Quote      Quote
	On         time.Time // the registry's civil day, at midnight UTC
}

// chargeSQL inserts a charge.
const chargeSQL = `INSERT INTO charge (registrar_id, operation, zone_id, domain_id, domain_name, request_id,
	years, period_from, period_to, currency, amount, tax_rate, tax, charged_at, charged_on)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`

// QueueCharge adds the line to the transaction; it is written with the commit.
func QueueCharge(tx *pg.Tx, c Charge) {
	var request *int64
	if c.RequestID != 0 {
		request = &c.RequestID
	}
	tx.Queue(chargeSQL, c.Registrar, c.Operation, c.Zone, c.DomainID, c.DomainName, request,
		c.Years, day(c.From), day(c.To), c.Quote.Net.Currency, c.Quote.Net.Minor, c.Quote.TaxRate, c.Quote.Tax,
		tx.Now, c.On)
}

// QueueReversal takes back an uninvoiced charge: a withdrawn request, or a
// deletion in a grace period.
func QueueReversal(tx *pg.Tx, chargeID int64) {
	tx.Queue(`UPDATE charge SET reversed_at = $2 WHERE id = $1 AND invoice_id IS NULL AND reversed_at IS NULL`,
		chargeID, tx.Now)
}

// QueueReversalOfName takes back all that a name was charged and that no invoice
// has yet.
func QueueReversalOfName(tx *pg.Tx, domainID int64) {
	tx.Queue(`UPDATE charge SET reversed_at = $2 WHERE domain_id = $1 AND invoice_id IS NULL AND reversed_at IS NULL`,
		domainID, tx.Now)
}

func day(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
