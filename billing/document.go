package billing

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// Issuer is the registry as it stands on its documents.
type Issuer struct {
	Name   string
	Lines  []string // address
	TaxID  string   // such as "VAT GB 123 4567 89"
	Bank   []string // where to pay to
	Footer string
}

// document is what any of our documents shows: head, parties, a table, totals.
type document struct {
	title    string
	number   string
	dated    time.Time
	to       Addressee
	facts    [][2]string // beside the addressee
	intro    string
	heads    []string
	rows     []documentRow
	carry    string // the words before a carried total
	totals   [][2]string
	closing  []string // paragraphs below
	payable  bool     // where to pay to stands below them
	currency string
}

// documentRow is a line of the table; amount is what the carried total adds up.
type documentRow struct {
	cells  []string // name, operation, period, years, net, tax rate, tax
	amount int64
}

var lineHeads = []string{"Name", "For", "Period", "Years", "Net", "Rate", "Tax"}

// displayName shows an internationalised name in both forms, or as it is in the
// DNS where the font lacks its letters.
func displayName(name string) string {
	u, err := idna.ToUnicode(name)
	if err != nil || u == name || !Printable(u) {
		return name
	}
	return u + " (" + name + ")"
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2 January 2006")
}

func period(l Line) string {
	if l.From.IsZero() {
		return ""
	}
	return l.From.Format(time.DateOnly) + " – " + l.To.Format(time.DateOnly)
}

// Percent writes a rate as in "20 %" or "7.5 %".
func (b BasisPoints) Percent() string {
	text := strconv.FormatInt(int64(b)/100, 10)
	if rest := int64(b) % 100; rest != 0 {
		text += "." + strings.TrimSuffix(strconv.FormatInt(100+rest, 10)[1:], "0")
	}
	return text + " %"
}

func rowsOf(lines []Line) []documentRow {
	rows := make([]documentRow, len(lines))
	for i, l := range lines {
		years := ""
		if l.Years > 0 {
			years = strconv.Itoa(l.Years)
		}
		rows[i] = documentRow{amount: l.Amount, cells: []string{displayName(l.DomainName), string(l.Operation), period(l), years,
			Money{l.Amount, l.Currency}.Decimal(), l.TaxRate.Percent(), Money{l.Tax, l.Currency}.Decimal()}}
	}
	return rows
}

func totalsOf(net, tax int64, currency string) [][2]string {
	return [][2]string{{"Net", Money{net, currency}.Decimal()}, {"Tax", Money{tax, currency}.Decimal()},
		{"Total " + currency, Money{net + tax, currency}.Decimal()}}
}

// invoiceDocument is an invoice as a document.
func invoiceDocument(i Invoice, lines []Line) document {
	d := document{title: "Invoice", number: i.DocumentNumber(), dated: i.Dated, to: i.To, currency: i.Currency,
		facts: [][2]string{{"Invoice", i.DocumentNumber()}, {"Date", date(i.Dated)}, {"Due", date(i.Due)}, {"Tag", i.TAG},
			{"Lines", strconv.Itoa(i.Lines)}},
		intro: map[string]string{Renewals: "Renewals and other operations on names of your tag.",
			Registrations: "First registrations of names on your tag."}[i.Kind],
		heads: lineHeads, rows: rowsOf(lines), carry: "Carried over", totals: totalsOf(i.Net, i.Tax, i.Currency)}
	if i.Due.Equal(i.Dated) {
		d.closing = []string{"Debited from your deposit. Nothing is to be paid."}
	} else {
		d.closing, d.payable = []string{"Please pay by " + date(i.Due) + " and name " + i.DocumentNumber() + "."}, true
	}
	return d
}

func creditNoteDocument(n CreditNote, lines []Line) document {
	d := document{title: "Credit note", number: n.DocumentNumber(), dated: n.Dated, to: n.To, currency: n.Currency,
		facts: [][2]string{{"Credit note", n.DocumentNumber()}, {"Date", date(n.Dated)}, {"For invoice", n.Invoice}, {"Tag", n.TAG}},
		intro: "Lines of invoice " + n.Invoice + ": " + ReasonInWords(n.Reason) + ".",
		heads: lineHeads, rows: rowsOf(lines), carry: "Carried over", totals: totalsOf(n.Net, n.Tax, n.Currency)}
	if n.Note != "" {
		d.closing = append(d.closing, n.Note)
	}
	if n.Applied > 0 {
		d.closing = append(d.closing, Money{n.Applied, n.Currency}.String()+" was put against invoice "+n.Invoice+".")
	}
	if rest := n.Gross() - n.Applied; rest > 0 {
		d.closing = append(d.closing, Money{rest, n.Currency}.String()+" is on your account.")
	}
	return d
}

func registrantLine(name string, from, to time.Time, years int, net Money, rate BasisPoints, tax int64) []documentRow {
	return rowsOf([]Line{{DomainName: name, Operation: Renew, Years: years, From: from, To: to, Currency: net.Currency,
		Amount: net.Minor, TaxRate: rate, Tax: tax}})
}

func receiptDocument(r Receipt) document {
	years := r.To.Year() - r.From.Year()
	return document{title: "Receipt", number: r.DocumentNumber(), dated: r.Dated, to: r.Addressee, currency: r.Net.Currency,
		facts: [][2]string{{"Receipt", r.DocumentNumber()}, {"Date", date(r.Dated)}, {"For pro forma", r.ProForma},
			{"Name", displayName(r.DomainName)}},
		intro: displayName(r.DomainName) + " is renewed until " + date(r.To) + ".", heads: lineHeads,
		rows:   registrantLine(r.DomainName, r.From, r.To, years, r.Net, r.TaxRate, r.Tax),
		totals: totalsOf(r.Net.Minor, r.Tax, r.Net.Currency), closing: []string{"Paid with thanks."}}
}

// WriteInvoiceCSV writes an invoice as CSV (rule B12): a head line, then a line
// for each name. Amounts have their decimals, dates are YYYY-MM-DD.
func WriteInvoiceCSV(w io.Writer, i Invoice, lines []Line) error {
	c := csv.NewWriter(w)
	c.UseCRLF = true // as RFC 4180 has it
	// csv.Writer keeps the first error for Error.
	_ = c.Write([]string{"invoice", "dated", "due", "tag", "line", "name", "operation", "years", "from", "to", "currency",
		"net", "tax_rate", "tax", "gross"})
	for n, l := range lines {
		from, to := "", ""
		if !l.From.IsZero() {
			from, to = l.From.Format(time.DateOnly), l.To.Format(time.DateOnly)
		}
		_ = c.Write([]string{i.DocumentNumber(), i.Dated.Format(time.DateOnly), i.Due.Format(time.DateOnly), i.TAG, strconv.Itoa(n + 1),
			cell(l.DomainName), string(l.Operation), strconv.Itoa(l.Years), from, to, l.Currency, Money{l.Amount, l.Currency}.Decimal(),
			strings.TrimSuffix(l.TaxRate.Percent(), " %"), Money{l.Tax, l.Currency}.Decimal(), Money{l.Amount + l.Tax, l.Currency}.Decimal()})
	}
	c.Flush()
	return c.Error()
}

// cell keeps a spreadsheet from taking a text for a formula.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
