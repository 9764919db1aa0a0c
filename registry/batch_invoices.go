package registry

import (
	"context"
	"fmt"
	"time"
)

// InvoiceDays says on which civil days registrars are invoiced (R50).
type InvoiceDays string

// The rhythms of the invoice run.
const (
	InvoiceMonthly InvoiceDays = "monthly" // on the 1st: the default
	InvoiceWeekly  InvoiceDays = "weekly"  // on Mondays
	InvoiceDaily   InvoiceDays = "daily"
)

// Include tells whether day is an invoice day. An unknown value counts as
// monthly; Check finds it when the program starts.
func (d InvoiceDays) Include(day Date) bool {
	switch d {
	case InvoiceDaily:
		return true
	case InvoiceWeekly:
		return day.Weekday() == time.Monday
	default:
		return day.Day == 1
	}
}

// Check refuses a value that is none of the three, or empty for the default.
func (d InvoiceDays) Check() error {
	switch d {
	case "", InvoiceMonthly, InvoiceWeekly, InvoiceDaily:
		return nil
	}
	return fmt.Errorf("invoice days: %q is not monthly, weekly or daily", string(d))
}

// invoices runs the invoice run of an invoice day. A repeat adds nothing to the
// day.
func (s *batchStep) invoices(ctx context.Context) error {
	if !s.r.invoiceDays.Include(s.day) {
		return nil
	}
	_, err := s.r.RunInvoices(ctx, System("BATCH-"+s.day.String()), s.day, func(done, of int) {
		s.progress.total = int64(of)
		s.o.Progress(BatchProgress{Day: s.day, Step: s.step, Done: int64(done), Total: int64(of)})
	})
	if err != nil {
		return err
	}
	// Counted from the invoices: a run that was killed has written some of them.
	return s.tx(ctx, func(tx *Tx) error {
		tx.Queue(`INSERT INTO batch_count (step, day, event, n) SELECT $1, $2, 'invoice', count(*) FROM invoice WHERE dated = $2 HAVING count(*) > 0
			ON CONFLICT (step, day, event) DO UPDATE SET n = excluded.n`, s.step, s.day)
		return nil
	})
}
