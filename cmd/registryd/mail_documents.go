package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/notify"
)

// documents makes the attachments of the notices that announce a document, from
// what billing keeps of it: the same document gives the same bytes.
func (s *service) documents(ctx context.Context, kind notify.Kind, payload json.RawMessage) ([]notify.File, error) {
	var p struct {
		Number string      `json:"number"`
		Tag    string      `json:"tag"`
		From   notify.Date `json:"from"`
		To     notify.Date `json:"to"`
	}
	err := json.Unmarshal(payload, &p)
	if err != nil {
		return nil, err
	}
	var files attachments
	switch kind {
	case notify.Invoice:
		i, err := billing.FindInvoice(ctx, s.db, p.Number)
		if err != nil {
			return nil, err
		}
		lines, err := billing.InvoiceLines(ctx, s.db, i.ID)
		if err != nil {
			return nil, err
		}
		files.add(p.Number+".pdf", "application/pdf", func(w io.Writer) error { return billing.WriteInvoicePDF(w, s.cfg.Identity.Issuer(), i, lines) })
		files.add(p.Number+".csv", "text/csv", func(w io.Writer) error { return billing.WriteInvoiceCSV(w, i, lines) })
	case notify.CreditNote:
		n, lines, err := billing.FindCreditNote(ctx, s.db, p.Number)
		if err != nil {
			return nil, err
		}
		files.add(p.Number+".pdf", "application/pdf", func(w io.Writer) error { return billing.WriteCreditNotePDF(w, s.cfg.Identity.Issuer(), n, lines) })
	case notify.Receipt:
		r, err := billing.FindReceipt(ctx, s.db, p.Number)
		if err != nil {
			return nil, err
		}
		files.add(p.Number+".pdf", "application/pdf", func(w io.Writer) error { return billing.WriteReceiptPDF(w, s.cfg.Identity.Issuer(), r) })
	case notify.Statement:
		from, fromErr := time.Parse(time.DateOnly, string(p.From))
		to, toErr := time.Parse(time.DateOnly, string(p.To))
		err = errors.Join(fromErr, toErr)
		if err != nil {
			return nil, err
		}
		statement, err := billing.MakeStatement(ctx, s.db, p.Tag, from, to)
		if err != nil {
			return nil, err
		}
		files.add("statement-"+p.Tag+"-"+string(p.To)+".csv", "text/csv", func(w io.Writer) error { return writeStatement(w, statement) })
	default:
		return nil, fmt.Errorf("%s has no document", kind)
	}
	return files.list, files.err
}

// attachments collects files; the first fault stays.
type attachments struct {
	list []notify.File
	err  error
}

func (a *attachments) add(name, contentType string, write func(io.Writer) error) {
	var b bytes.Buffer
	err := write(&b)
	if err != nil {
		a.err = errors.Join(a.err, fmt.Errorf("%s: %w", name, err))
		return
	}
	a.list = append(a.list, notify.File{Name: name, ContentType: contentType, Data: b.Bytes()})
}

// writeStatement writes the movements of an account as CSV.
func writeStatement(out io.Writer, s billing.Statement) error {
	money := func(minor int64) string { return billing.Money{Minor: minor, Currency: s.Currency}.Decimal() }
	day := func(t time.Time) string { return t.Format(time.DateOnly) }
	rows := [][]string{{"day", "description", "debit", "credit", "balance", "currency"},
		{day(s.From), "Opening balance", "", "", money(s.Opening), s.Currency}}
	for _, l := range s.Lines {
		rows = append(rows, []string{day(l.Day), l.Description, money(l.Debit), money(l.Credit), money(l.Balance), s.Currency})
	}
	rows = append(rows, []string{day(s.Till), "Closing balance", "", "", money(s.Closing), s.Currency})
	w := csv.NewWriter(out)
	w.UseCRLF = true
	return w.WriteAll(rows)
}
