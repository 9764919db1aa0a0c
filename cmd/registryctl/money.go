package main

import (
	"encoding/csv"
	"io"
	"os"
	"time"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry"
)

// moneyView is an amount in JSON: exact, with its currency.
type moneyView struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

func money(minor int64, currency string) moneyView {
	m := billing.Money{Minor: minor, Currency: currency}
	return moneyView{m.Decimal(), m.Currency}
}

func decimal(minor int64, currency string) string {
	return billing.Money{Minor: minor, Currency: currency}.Decimal()
}

func civil(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// report shows rows as a table, as CSV with csv, or as JSON with --json.
func (s *session) report(v any, header []string, rows [][]string, none string, asCSV bool) error {
	if !asCSV || s.g.JSON {
		return s.list(v, header, rows, none)
	}
	return writeCSV(s.stdout, header, rows)
}

func writeCSV(out io.Writer, header []string, rows [][]string) error {
	w := csv.NewWriter(out)
	w.UseCRLF = true // as RFC 4180 has it
	// csv.Writer keeps the first error for Error.
	_ = w.Write(header)
	_ = w.WriteAll(rows)
	return w.Error()
}

// toFile writes a document to a file that does not exist yet, or to standard
// output for "-".
func (s *session) toFile(name string, write func(w io.Writer) error) error {
	if name == "-" {
		return write(s.stdout)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	closed := f.Close()
	if err == nil {
		err = closed
	}
	if err != nil {
		// Half a document is none.
		_ = os.Remove(name)
		return err
	}
	return s.done(map[string]string{"file": name}, "Written to %s.", name)
}

// refused turns a refusal of package billing into one of the register's, which
// report knows.
func refused(err error) error { return registry.MoneyRefusal(err) }
