package billing

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// WriteInvoicePDF writes an invoice as PDF: A4, names over as many pages as
// they take, with carried totals. The same invoice gives the same bytes.
func WriteInvoicePDF(w io.Writer, by Issuer, i Invoice, lines []Line) error {
	return writePDF(w, by, invoiceDocument(i, lines))
}

// WriteCreditNotePDF writes a credit note as PDF.
func WriteCreditNotePDF(w io.Writer, by Issuer, n CreditNote, lines []Line) error {
	return writePDF(w, by, creditNoteDocument(n, lines))
}

// WriteReceiptPDF writes a receipt as PDF.
func WriteReceiptPDF(w io.Writer, by Issuer, r Receipt) error {
	return writePDF(w, by, receiptDocument(r))
}

// Measures in millimetres; the columns fill the width between the margins.
const (
	pageMargin   = 20.0
	pageBottom   = 272.0 // below it is the foot
	rowHeight    = 5.4
	windowTop    = 50.0
	windowBottom = 88.0 // eight lines
	tableOnNext  = 38.0 // where the table begins on pages after the first
	textWidth    = 170.0
	smallPoints  = 8.5
	normalPoints = 9.5
)

var columnWidths = []float64{60, 16, 39, 11, 16, 12, 16}

const nothingAfter = 4 // columns from here on are numbers, to the right

// page writes one document.
type page struct {
	*fpdf.Fpdf
	by  Issuer
	doc document
	sum int64 // of the lines so far
}

func writePDF(w io.Writer, by Issuer, d document) error {
	p := &page{Fpdf: fpdf.New("P", "mm", "A4", ""), by: by, doc: d}
	p.SetCatalogSort(true)
	p.SetCreationDate(d.dated)
	p.SetModificationDate(d.dated)
	p.SetTitle(d.title+" "+d.number, true)
	p.SetAuthor(by.Name, true)
	p.AddUTF8FontFromBytes("go", "", goregular.TTF)
	p.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	p.SetMargins(pageMargin, pageMargin, pageMargin)
	p.SetAutoPageBreak(false, 0)
	p.AliasNbPages("{pages}")
	p.SetFooterFunc(p.foot)
	p.AddPage()
	p.head()
	p.table()
	p.closing()
	err := p.Output(w)
	if err != nil {
		return fmt.Errorf("write %s: %w", d.number, err)
	}
	return nil
}

// text sets a font and writes one line at a place, shortened to a width.
func (p *page) text(x, y float64, style string, points, width float64, align, text string) {
	p.SetFont("go", style, points)
	p.SetXY(x, y)
	p.CellFormat(width, 5, p.fit(text, width), "", 0, align, false, 0, "")
}

// fit replaces what the font cannot show and shortens what is too long.
func (p *page) fit(text string, width float64) string {
	text = printable(text)
	if p.GetStringWidth(text) <= width {
		return text
	}
	runes := []rune(text)
	for len(runes) > 1 && p.GetStringWidth(string(runes)+"…") > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// head writes the first page's upper part: who, to whom, what and when.
func (p *page) head() {
	d := p.doc
	p.SetTextColor(20, 40, 80)
	p.text(pageMargin, 16, "B", 17, 110, "L", p.by.Name)
	p.text(pageMargin+100, 16, "", 17, 70, "R", d.title)
	p.SetDrawColor(20, 40, 80)
	p.SetLineWidth(0.6)
	p.Line(pageMargin, 25, pageMargin+textWidth, 25)
	p.SetTextColor(90, 90, 90)
	p.text(pageMargin, 26.5, "", 7.5, textWidth, "L", strings.Join(append(append([]string{}, p.by.Lines...), p.by.TaxID), "   "))
	p.SetTextColor(0, 0, 0)
	y := windowTop
	address := append([]string{d.to.Name}, d.to.Lines...)
	if d.to.Country != "" {
		address = append(address, d.to.Country)
	}
	for i, l := range address {
		style := ""
		if i == 0 {
			style = "B"
		}
		p.SetFont("go", style, 10.5)
		for _, part := range p.SplitText(printable(l), 85) {
			if y < windowBottom {
				p.text(pageMargin, y, style, 10.5, 88, "L", part)
			}
			y += 5
		}
	}
	fy := windowTop
	for _, f := range d.facts {
		p.SetTextColor(90, 90, 90)
		p.text(pageMargin+100, fy, "", normalPoints, 26, "L", f[0])
		p.SetTextColor(0, 0, 0)
		p.text(pageMargin+126, fy, "B", normalPoints, 44, "L", f[1])
		fy += 5
	}
	p.text(pageMargin, 90, "B", 13, textWidth, "L", d.title+" "+d.number)
	p.text(pageMargin, 97, "", normalPoints, textWidth, "L", d.intro)
	p.SetY(106)
}

// tableHead writes the headings of the columns.
func (p *page) tableHead() {
	p.SetFont("go", "B", smallPoints)
	p.SetFillColor(20, 40, 80)
	p.SetTextColor(255, 255, 255)
	p.SetX(pageMargin)
	for i, h := range p.doc.heads {
		p.CellFormat(columnWidths[i], 6.5, h, "", 0, p.align(i), true, 0, "")
	}
	p.Ln(6.5)
	p.SetTextColor(0, 0, 0)
}

func (p *page) align(column int) string {
	if column >= nothingAfter {
		return "R"
	}
	return "L"
}

// table writes the lines. A page that is not the last ends with the total so
// far, and the next begins with it.
func (p *page) table() {
	p.tableHead()
	for i, r := range p.doc.rows {
		p.SetFont("go", "", smallPoints)
		// A name is shown whole, on as many lines as it takes.
		name := p.SplitText(printable(r.cells[0]), columnWidths[0]-2)
		if p.GetY()+float64(len(name)+1)*rowHeight > pageBottom {
			p.carried()
			p.nextPage()
			p.tableHead()
			p.carried()
		}
		p.SetFont("go", "", smallPoints)
		p.SetFillColor(243, 245, 249)
		p.SetX(pageMargin)
		p.CellFormat(columnWidths[0], rowHeight, name[0], "", 0, "L", i%2 == 1, 0, "")
		for c, text := range r.cells[1:] {
			p.CellFormat(columnWidths[c+1], rowHeight, p.fit(text, columnWidths[c+1]), "", 0, p.align(c+1), i%2 == 1, 0, "")
		}
		p.Ln(rowHeight)
		for _, more := range name[1:] {
			p.CellFormat(textWidth, rowHeight, more, "", 0, "L", i%2 == 1, 0, "")
			p.Ln(rowHeight)
		}
		p.sum += r.amount
	}
}

// carried writes the net total of the lines so far.
func (p *page) carried() {
	p.SetFont("go", "B", smallPoints)
	p.SetX(pageMargin)
	// The sum of many lines needs more room than its column has.
	amount := columnWidths[2] + columnWidths[3] + columnWidths[4]
	p.CellFormat(columnWidths[0]+columnWidths[1], rowHeight, p.doc.carry, "T", 0, "R", false, 0, "")
	p.CellFormat(amount, rowHeight, Money{p.sum, p.doc.currency}.Decimal(), "T", 0, "R", false, 0, "")
	p.Ln(rowHeight)
}

// nextPage begins another page, with the number of the document.
func (p *page) nextPage() {
	p.AddPage()
	p.SetTextColor(20, 40, 80)
	p.text(pageMargin, 16, "B", 11, 110, "L", p.by.Name)
	p.text(pageMargin+100, 16, "", 11, 70, "R", p.doc.title+" "+p.doc.number)
	p.Line(pageMargin, 23, pageMargin+textWidth, 23)
	p.SetTextColor(0, 0, 0)
	p.SetY(tableOnNext - 10)
}

// closing writes the totals, what is to be paid, and where to.
func (p *page) closing() {
	d := p.doc
	bank := p.by.Bank
	if !d.payable {
		bank = nil
	}
	need := 8*float64(len(d.totals)) + 6*float64(len(d.closing)+len(bank)) + 14
	if p.GetY()+need > pageBottom {
		p.carried()
		p.nextPage()
		p.carried()
	}
	p.SetDrawColor(20, 40, 80)
	p.SetLineWidth(0.3)
	y := p.GetY() + 2
	p.Line(pageMargin+100, y, pageMargin+textWidth, y)
	y++
	for i, t := range d.totals {
		style, points := "", normalPoints
		if i == len(d.totals)-1 {
			style, points = "B", 11.5
			p.Line(pageMargin+100, y+0.5, pageMargin+textWidth, y+0.5)
			y++
		}
		p.text(pageMargin+100, y, style, points, 35, "L", t[0])
		p.text(pageMargin+135, y, style, points, 35, "R", t[1])
		y += 6
	}
	y += 4
	for _, text := range d.closing {
		p.SetFont("go", "", normalPoints)
		p.SetXY(pageMargin, y)
		p.MultiCell(textWidth, 5, printable(text), "", "L", false)
		y = p.GetY() + 1
	}
	for _, text := range bank {
		p.text(pageMargin, y, "", normalPoints, textWidth, "L", text)
		y += 5
	}
}

// foot writes the foot of every page.
func (p *page) foot() {
	p.SetTextColor(90, 90, 90)
	p.SetDrawColor(180, 180, 180)
	p.SetLineWidth(0.2)
	p.Line(pageMargin, 279, pageMargin+textWidth, 279)
	p.text(pageMargin, 280, "", 7.5, 130, "L", p.by.Footer)
	p.SetXY(pageMargin+130, 280)
	// Right-aligned text cannot know how wide the number of pages will be.
	p.CellFormat(40, 5, fmt.Sprintf("Page %d of {pages}", p.PageNo()), "", 0, "L", false, 0, "")
	p.SetTextColor(0, 0, 0)
}

// glyphs tells which characters the font has.
var glyphs = sync.OnceValue(func() *sfnt.Font {
	f, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return nil // the font is part of the program: this does not happen
	}
	return f
})

// Printable tells whether our documents can show a text: the font has Latin,
// Greek and Cyrillic letters.
func Printable(text string) bool { return printable(text) == text }

// printable replaces what the font cannot show by a question mark: one
// character outside the basic plane would fail the whole document.
func printable(text string) string {
	var buffer sfnt.Buffer
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' {
			return ' '
		}
		if r < ' ' || r == 0x7f || r > 0xffff {
			return '?'
		}
		if f := glyphs(); f != nil {
			index, err := f.GlyphIndex(&buffer, r)
			if err != nil || index == 0 {
				return '?'
			}
		}
		return r
	}, text)
}
