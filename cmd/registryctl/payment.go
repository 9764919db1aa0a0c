package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml/camt"
)

type paymentCommands struct {
	Record paymentRecord `cmd:"" help:"Record a payment by hand: of a registrar, or of a registrant's pro forma (B13, R31)."`
	Import paymentImport `cmd:"" help:"Record the payments of a bank file, all or none."`
	List   paymentList   `cmd:"" help:"List payments."`

	Reverse paymentReverse `cmd:"" help:"Take back a payment that the bank reversed."`
	Refund  paymentRefund  `cmd:"" help:"Pay a registrar back what is on account."`
}

// Help shows examples.
func (paymentCommands) Help() string {
	return `  registryctl payment record --tag ALPHA --amount 120.00
  registryctl payment record --tag ALPHA --amount 60.00 --invoice INV-000017 --received 2026-07-30
  registryctl payment record --pro-forma PRO-000003 --amount 96.00
  registryctl payment import statement-2026-07-01.xml
  registryctl payment list --tag ALPHA
  registryctl --reason "returned by the bank, 4 August" payment reverse 17
  registryctl --reason "account closed" payment refund --tag ALPHA --amount 60.00

A payment is reversed whole: what it had settled is open again, and renewals
that it paid for lapse with the next batch if their terms have passed.

A bank file is ISO 20022 camt.053, or CSV with a head line and the columns
reference (the bank's own, unique), date, amount, currency and, if wanted, tag,
invoice and text. A line that names neither is matched by the numbers and tags
in its text.`
}

type paymentRecord struct {
	Tag       string `xor:"who" required:"" placeholder:"TAG" help:"Registrar that paid."`
	ProForma  string `xor:"who" required:"" placeholder:"NUMBER" help:"Pro forma that a registrant paid."`
	Amount    string `required:"" placeholder:"AMOUNT" help:"Such as 120.00."`
	Currency  string `default:"GBP" help:"Currency, ISO 4217."`
	Received  day    `placeholder:"DATE" help:"Day of the money. Default: today."`
	Invoice   string `placeholder:"NUMBER" help:"Invoice that is paid. Default: the oldest first."`
	Reference string `placeholder:"TEXT" help:"What the payer wrote."`
	BankRef   string `placeholder:"TEXT" help:"The bank's own reference; recorded once."`
}

func (c *paymentRecord) Run(s *session) error {
	amount, err := billing.ParseMoney(c.Amount, c.Currency)
	if err != nil {
		return usage("--amount: %v", err)
	}
	if c.ProForma != "" && c.Invoice != "" {
		return usage("--invoice is for registrars")
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	received := c.Received.date()
	if received.IsZero() {
		received = r.Today()
	}
	p := billing.Payment{TAG: c.Tag, Amount: amount, ReceivedOn: received.EPPTime(), Invoice: c.Invoice, Reference: c.Reference, BankRef: c.BankRef}
	who := c.Tag
	if c.ProForma != "" {
		who = "pro forma " + c.ProForma
	}
	err = s.confirm("A payment of %s by %s on %s will be recorded.", amount, who, received)
	if err != nil {
		return err
	}
	if c.ProForma != "" {
		paid, err := r.RecordProFormaPayment(s.ctx, actor, c.ProForma, p)
		if err != nil {
			return err
		}
		return s.showProFormaPaid(paid)
	}
	paid, err := r.RecordPayment(s.ctx, actor, p)
	if err != nil {
		return err
	}
	return s.showPaid(paid, c.Currency)
}

type partView struct {
	Invoice string    `json:"invoice"`
	Amount  moneyView `json:"amount"`
}

func (s *session) showPaid(p billing.Paid, currency string) error {
	v := struct {
		ID        int64      `json:"id"`
		Known     bool       `json:"known"`
		Allocated []partView `json:"allocated"`
		OnAccount moneyView  `json:"on_account"`
		Settled   int        `json:"invoices_settled"`
	}{p.ID, p.Known, []partView{}, money(p.OnAccount, currency), len(p.Settled)}
	for _, q := range p.Parts {
		v.Allocated = append(v.Allocated, partView{q.Invoice, money(q.Amount, currency)})
	}
	return s.print(v, func() {
		if p.Known {
			fmt.Fprintf(s.stdout, "The bank's reference was recorded before, as payment %d. Nothing was done.\n", p.ID)
			return
		}
		fmt.Fprintf(s.stdout, "Payment %d recorded.\n", p.ID)
		for _, q := range p.Parts {
			fmt.Fprintf(s.stdout, "%s for %s\n", billing.Money{Minor: q.Amount, Currency: currency}, q.Invoice)
		}
		fmt.Fprintf(s.stdout, "%s on account.\n", billing.Money{Minor: p.OnAccount, Currency: currency})
	})
}

func (s *session) showProFormaPaid(p registry.ProFormaPaid) error {
	currency := p.ProForma.Net.Currency
	v := struct {
		ProForma string    `json:"pro_forma"`
		Name     string    `json:"name"`
		Known    bool      `json:"known"`
		Receipt  string    `json:"receipt,omitempty"`
		Expires  string    `json:"expires,omitempty"`
		Balance  moneyView `json:"on_account"`
		Reason   string    `json:"reason,omitempty"`
	}{p.ProForma.DocumentNumber(), p.ProForma.DomainName, p.Known, "", p.Expires.String(), money(p.Balance, currency), p.Reason}
	if p.Receipt != nil {
		v.Receipt = p.Receipt.DocumentNumber()
	}
	return s.print(v, func() {
		switch {
		case p.Known:
			fmt.Fprintln(s.stdout, "The bank's reference was recorded before. Nothing was done.")
		case p.Receipt != nil:
			fmt.Fprintf(s.stdout, "%s is renewed until %s; receipt %s.\n", v.Name, v.Expires, v.Receipt)
		default:
			fmt.Fprintf(s.stdout, "Recorded; %s was not renewed: %s\n", v.Name, p.Reason)
		}
		if p.Balance > 0 {
			fmt.Fprintf(s.stdout, "The registrant has %s on account.\n", billing.Money{Minor: p.Balance, Currency: currency})
		}
	})
}

type paymentImport struct {
	File string `arg:"" type:"existingfile" help:"Bank file: camt.053 (XML) or CSV."`
}

func (c *paymentImport) Run(s *session) error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	f, err := readBankFile(filepath.Base(c.File), data)
	if err != nil {
		return refused(err)
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	err = s.confirm("%d payments of %s will be recorded.", len(f.Lines), f.Name)
	if err != nil {
		return err
	}
	done, err := r.ImportPayments(s.ctx, actor, f)
	if err != nil {
		return err
	}
	totals := []moneyView{}
	for _, m := range done.Total {
		totals = append(totals, money(m.Minor, m.Currency))
	}
	v := map[string]any{"known": done.Known, "recorded": done.Recorded, "repeated": done.Repeated, "ignored": done.Ignored, "total": totals}
	return s.print(v, func() {
		if done.Known {
			fmt.Fprintln(s.stdout, "This file was imported before. Nothing was done.")
			return
		}
		fmt.Fprintf(s.stdout, "%d payments recorded, %d recorded before, %d entries are none.\n", done.Recorded, done.Repeated, done.Ignored)
		for _, m := range done.Total {
			fmt.Fprintf(s.stdout, "%s\n", m)
		}
	})
}

// readBankFile reads a file of either form.
func readBankFile(name string, data []byte) (billing.BankFile, error) {
	if !bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n"), []byte("<")) {
		return billing.ReadBankCSV(name, data)
	}
	f := billing.BankFile{Name: name, Format: "camt.053", SHA256: sha256.Sum256(data)}
	entries, err := camt.Read(data)
	if err != nil {
		return f, registry.Refuse(registry.KindParamSyntax, "", "%s: %v.", name, err)
	}
	for _, e := range entries {
		if !e.Credit && !e.Reversal || e.Pending {
			f.Ignored++ // money out, or not booked yet
			continue
		}
		if e.Reversal {
			return f, registry.Refuse(registry.KindPolicy, "", "Entry %d takes an earlier one back; record that by hand. Nothing was recorded.", e.Number)
		}
		amount, err := billing.ParseMoney(e.Amount, e.Currency)
		if err != nil {
			return f, registry.Refuse(registry.KindParamSyntax, "", "Entry %d: %v. Nothing was recorded.", e.Number, err)
		}
		l := billing.BankLine{Number: e.Number, BankRef: e.Ref, BookedOn: e.Booked, Amount: amount, Text: e.Text}
		l.FromText()
		f.Lines = append(f.Lines, l)
	}
	return f, f.Check()
}

type paymentList struct {
	Tag   string `placeholder:"TAG" help:"Only those of a registrar."`
	Since day    `placeholder:"DATE" help:"Received on this day or later."`
	Until day    `placeholder:"DATE" help:"Received on this day or earlier."`
	Limit int    `default:"1000" help:"The latest so many."`
	CSV   bool   `name:"csv" help:"Print CSV."`
}

type paymentView struct {
	ID        int64     `json:"id"`
	Tag       string    `json:"tag,omitempty"`
	Account   int64     `json:"account,omitempty"`
	Amount    moneyView `json:"amount"`
	Received  string    `json:"received"`
	Method    string    `json:"method"`
	Reference string    `json:"reference,omitempty"`
	BankRef   string    `json:"bank_ref,omitempty"`
	Staff     string    `json:"staff,omitempty"`
}

func (c *paymentList) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	f := billing.PaymentFilter{TAG: c.Tag, Limit: c.Limit}
	if d := c.Since.date(); !d.IsZero() {
		f.Since = d.EPPTime()
	}
	if d := c.Until.date(); !d.IsZero() {
		f.Till = d.EPPTime()
	}
	list, err := billing.Payments(s.ctx, r.DB(), f)
	if err != nil {
		return err
	}
	views, rows := []paymentView{}, [][]string{}
	for _, p := range list {
		views = append(views, paymentView{p.ID, p.TAG, p.Account, money(p.Amount.Minor, p.Amount.Currency), civil(p.ReceivedOn), p.Method,
			p.Reference, p.BankRef, p.Staff})
		who := p.TAG
		if who == "" {
			who = "account " + strconv.FormatInt(p.Account, 10)
		}
		rows = append(rows, []string{strconv.FormatInt(p.ID, 10), who, civil(p.ReceivedOn), p.Amount.Currency, p.Amount.Decimal(), p.Method,
			p.BankRef, p.Reference, p.Staff})
	}
	return s.report(views, []string{"ID", "From", "Received", "Currency", "Amount", "Method", "Bank reference", "Text", "Staff"}, rows,
		"No payments.", c.CSV)
}
