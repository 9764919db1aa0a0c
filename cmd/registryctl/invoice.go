package main

import (
	"errors"
	"io"
	"strconv"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/notify"
	"github.com/namekeep/namekeep/registry"
)

type invoiceCommands struct {
	Run  invoiceRun  `cmd:"" help:"Invoice today what all registrars were charged; a second run adds nothing (B12)."`
	List invoiceList `cmd:"" help:"List invoices."`
	Show invoiceShow `cmd:"" help:"Show an invoice and its lines."`
	PDF  invoicePDF  `cmd:"" name:"pdf" help:"Write an invoice, credit note, pro forma or receipt as PDF."`
}

// Help shows examples.
func (invoiceCommands) Help() string {
	return `  registryctl invoice run
  registryctl invoice list --tag ALPHA --open
  registryctl invoice show INV-000017
  registryctl invoice show INV-000017 --csv > INV-000017.csv
  registryctl invoice pdf INV-000017 --out INV-000017.pdf
  registryctl invoice pdf PRO-000003 --out -`
}

type invoiceRun struct{}

func (c *invoiceRun) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	today := r.Today()
	err = s.confirm("Every registrar is invoiced what it was charged until %s.", today)
	if err != nil {
		return err
	}
	step, end := s.progress("registrars invoiced")
	run, err := r.RunInvoices(s.ctx, actor, today, step)
	end()
	if err != nil {
		return err
	}
	return s.listInvoices(run.Invoices, "Nothing to invoice.", false)
}

type invoiceList struct {
	Tag     string `placeholder:"TAG" help:"Only those of a registrar."`
	Kind    string `placeholder:"KIND" help:"Only renewals or registrations."`
	Open    bool   `help:"Only those with something open."`
	Overdue bool   `help:"Only those that are due and not paid."`
	Since   day    `placeholder:"DATE" help:"Dated on this day or later."`
	Until   day    `placeholder:"DATE" help:"Dated on this day or earlier."`
	Limit   int    `default:"1000" help:"The latest so many."`
	CSV     bool   `name:"csv" help:"Print CSV."`
}

func (c *invoiceList) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	f := billing.InvoiceFilter{TAG: c.Tag, Kind: c.Kind, OpenOnly: c.Open, Limit: c.Limit}
	if c.Since.date() != (registry.Date{}) {
		f.Since = c.Since.date().EPPTime()
	}
	if c.Until.date() != (registry.Date{}) {
		f.Till = c.Until.date().EPPTime()
	}
	if c.Overdue {
		f.OverdueOn = r.Today().EPPTime()
	}
	list, err := billing.Invoices(s.ctx, r.DB(), f)
	if err != nil {
		return err
	}
	return s.listInvoices(list, "No invoices.", c.CSV)
}

type invoiceView struct {
	Number  string    `json:"number"`
	Kind    string    `json:"kind"`
	Tag     string    `json:"tag"`
	Dated   string    `json:"dated"`
	Due     string    `json:"due"`
	Lines   int       `json:"lines"`
	Net     moneyView `json:"net"`
	Tax     moneyView `json:"tax"`
	Gross   moneyView `json:"gross"`
	Open    moneyView `json:"open"`
	Settled string    `json:"settled,omitempty"`
}

func viewInvoice(i billing.Invoice) invoiceView {
	return invoiceView{i.DocumentNumber(), i.Kind, i.TAG, civil(i.Dated), civil(i.Due), i.Lines, money(i.Net, i.Currency),
		money(i.Tax, i.Currency), money(i.Gross(), i.Currency), money(i.Open, i.Currency), civil(i.SettledOn)}
}

func (s *session) listInvoices(list []billing.Invoice, none string, asCSV bool) error {
	views, rows := []invoiceView{}, [][]string{}
	for _, i := range list {
		views = append(views, viewInvoice(i))
		rows = append(rows, []string{i.DocumentNumber(), i.Kind, i.TAG, civil(i.Dated), civil(i.Due), strconv.Itoa(i.Lines), i.Currency,
			decimal(i.Net, i.Currency), decimal(i.Tax, i.Currency), decimal(i.Gross(), i.Currency), decimal(i.Open, i.Currency), civil(i.SettledOn)})
	}
	return s.report(views, []string{"Invoice", "Kind", "Tag", "Dated", "Due", "Lines", "Currency", "Net", "Tax", "Gross", "Open", "Settled"},
		rows, none, asCSV)
}

type invoiceShow struct {
	Number string `arg:"" help:"Number, such as INV-000017 or 17."`
	CSV    bool   `name:"csv" help:"Print the lines as CSV."`
}

type lineView struct {
	Name      string    `json:"name"`
	Operation string    `json:"operation"`
	Years     int       `json:"years"`
	From      string    `json:"from,omitempty"`
	To        string    `json:"to,omitempty"`
	Net       moneyView `json:"net"`
	TaxRate   string    `json:"tax_rate"`
	Tax       moneyView `json:"tax"`
	Credited  bool      `json:"credited"`
}

func (c *invoiceShow) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	i, err := billing.FindInvoice(s.ctx, r.DB(), c.Number)
	if err != nil {
		return refused(err)
	}
	lines, err := billing.InvoiceLines(s.ctx, r.DB(), i.ID)
	if err != nil {
		return err
	}
	if c.CSV && !s.g.JSON {
		return billing.WriteInvoiceCSV(s.stdout, i, lines)
	}
	v := struct {
		invoiceView
		Items []lineView `json:"items"`
	}{viewInvoice(i), viewLines(lines)}
	return s.print(v, func() {
		s.fields("Invoice", i.DocumentNumber(), "Kind", i.Kind, "Tag", i.TAG, "To", i.To.Name, "Dated", civil(i.Dated), "Due", civil(i.Due),
			"Net", billing.Money{Minor: i.Net, Currency: i.Currency}.String(), "Tax", billing.Money{Minor: i.Tax, Currency: i.Currency}.String(),
			"Gross", billing.Money{Minor: i.Gross(), Currency: i.Currency}.String(),
			"Open", billing.Money{Minor: i.Open, Currency: i.Currency}.String(), "Settled", civil(i.SettledOn))
		s.showLines(lines)
	})
}

func viewLines(lines []billing.Line) []lineView {
	views := []lineView{}
	for _, l := range lines {
		views = append(views, lineView{l.DomainName, string(l.Operation), l.Years, civil(l.From), civil(l.To), money(l.Amount, l.Currency),
			l.TaxRate.Percent(), money(l.Tax, l.Currency), l.Credited})
	}
	return views
}

func (s *session) showLines(lines []billing.Line) {
	rows := [][]string{}
	for _, l := range lines {
		rows = append(rows, []string{l.DomainName, string(l.Operation), strconv.Itoa(l.Years), civil(l.From), civil(l.To),
			decimal(l.Amount, l.Currency), l.TaxRate.Percent(), decimal(l.Tax, l.Currency), yesNo(l.Credited)})
	}
	s.table([]string{"Name", "For", "Years", "From", "To", "Net", "Rate", "Tax", "Credited"}, rows)
}

type invoicePDF struct {
	Number string `arg:"" help:"Number of the document: INV-000017, CRN-000002, PRO-000007 or REC-000001."`
	Out    string `placeholder:"FILE" help:"File to write, - for standard output. Default: the number with .pdf."`
}

func (c *invoicePDF) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	write, err := s.document(r, cfg.Identity.Issuer(), c.Number)
	if err != nil {
		return refused(err)
	}
	if c.Out == "" {
		c.Out = c.Number + ".pdf"
	}
	return s.toFile(c.Out, write)
}

// document finds a document by its number and tells how to write it.
func (s *session) document(r *registry.Registry, by billing.Issuer, number string) (func(w io.Writer) error, error) {
	kind := ""
	if len(number) > 4 {
		kind = number[:4]
	}
	switch kind {
	case "CRN-":
		n, lines, err := billing.FindCreditNote(s.ctx, r.DB(), number)
		return func(w io.Writer) error { return billing.WriteCreditNotePDF(w, by, n, lines) }, err
	case "PRO-":
		return s.proForma(r, number)
	case "REC-":
		p, err := billing.FindReceipt(s.ctx, r.DB(), number)
		return func(w io.Writer) error { return billing.WriteReceiptPDF(w, by, p) }, err
	}
	i, err := billing.FindInvoice(s.ctx, r.DB(), number)
	if err != nil {
		return nil, err
	}
	lines, err := billing.InvoiceLines(s.ctx, r.DB(), i.ID)
	return func(w io.Writer) error { return billing.WriteInvoicePDF(w, by, i, lines) }, err
}

// proForma writes a pro forma as it was posted: there is one form of it.
func (s *session) proForma(r *registry.Registry, number string) (func(w io.Writer) error, error) {
	t, err := s.templates()
	if err != nil {
		return nil, err
	}
	pdf, err := t.PostedLetter(s.ctx, r.DB(), number)
	if errors.Is(err, notify.ErrNoLetter) {
		return nil, registry.Refuse(registry.KindNotFound, "", "There is no pro forma %s.", number).About("pro-forma", number)
	}
	return func(w io.Writer) error { _, err := w.Write(pdf); return err }, err
}
