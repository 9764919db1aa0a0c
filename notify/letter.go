package notify

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// Measures of a letter in millimetres: A4, with the address in the window of a
// DL or C5/6 envelope when folded in three (20 mm from the left, 45 to 90 mm
// from the top).
const (
	letterMargin    = 20.0
	windowTop       = 45.0
	windowWidth     = 85.0
	addressLine     = 5.0
	maxAddressLines = 7
	bodyTop         = 105.0
	bodyLine        = 5.5
	letterFont      = "go"
)

// figuresMark stands in the text of a letter where its figures go.
const figuresMark = "[figures]"

// letter sets a pro forma as a letter in A4. The same payload makes the same
// bytes.
func (t *Templates) letter(set *templateSet, p *ProFormaNotice, to Addressee) (pdf []byte, pages int, err error) {
	text, err := set.letterText(p)
	if err != nil {
		return nil, 0, err
	}
	issued, err := time.Parse(time.DateOnly, string(p.Issued))
	if err != nil {
		return nil, 0, fmt.Errorf("letter: %w", err)
	}
	glyphs, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return nil, 0, fmt.Errorf("letter: %w", err)
	}
	l := &letterPage{Fpdf: fpdf.New("P", "mm", "A4", ""), glyphs: glyphs, id: t.identity}
	l.SetCreationDate(issued)
	l.SetModificationDate(issued)
	l.SetCatalogSort(true)
	l.SetTitle(l.fit("Pro forma invoice "+p.Number), true)
	l.SetAuthor(l.fit(t.identity.Name), true)
	l.AddUTF8FontFromBytes(letterFont, "", goregular.TTF)
	l.AddUTF8FontFromBytes(letterFont, "B", gobold.TTF)
	l.SetMargins(letterMargin, letterMargin, letterMargin)
	l.SetAutoPageBreak(true, 25)
	l.AliasNbPages("")
	l.SetFooterFunc(l.foot)
	l.AddPage()
	l.head(to, p)
	l.body(text, p)
	var b bytes.Buffer
	err = l.Output(&b)
	if err != nil {
		return nil, 0, fmt.Errorf("letter: %w", err)
	}
	return b.Bytes(), l.PageCount(), nil
}

// letterPage is a letter on its way.
type letterPage struct {
	*fpdf.Fpdf
	glyphs *sfnt.Font
	buffer sfnt.Buffer
	id     Identity
}

// fit replaces what the font cannot show by a question mark: a rune beyond the
// basic plane would make the whole document fail, others would print blank.
func (l *letterPage) fit(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case r > 0xFFFF:
			return '?'
		}
		i, err := l.glyphs.GlyphIndex(&l.buffer, r)
		if err != nil || i == 0 {
			return '?'
		}
		return r
	}, s)
}

// head sets the sender, the window and the title.
func (l *letterPage) head(to Addressee, p *ProFormaNotice) {
	l.SetFont(letterFont, "B", 14)
	l.CellFormat(0, 7, l.fit(l.id.Name), "", 1, "R", false, 0, "")
	l.SetFont(letterFont, "", 9)
	for _, line := range append(append([]string{}, l.id.Address...), l.id.Email, l.id.Phone) {
		if line != "" {
			l.CellFormat(0, 4, l.fit(line), "", 1, "R", false, 0, "")
		}
	}
	// The sender in the window's top, for letters that come back.
	l.SetXY(letterMargin, windowTop)
	l.SetFont(letterFont, "", 6.5)
	l.line(windowWidth, 4, strings.Join(append([]string{l.id.Name}, l.id.Address...), ", "))
	l.SetXY(letterMargin, windowTop+6)
	l.SetFont(letterFont, "", 10.5)
	lines := append([]string{to.Name}, to.Lines...)
	if to.Country != "" {
		lines = append(lines, to.Country)
	}
	if len(lines) > maxAddressLines {
		// The last lines are what the post needs: town, postcode and country.
		lines = append(lines[:2:2], lines[len(lines)-maxAddressLines+2:]...)
	}
	for _, text := range lines {
		l.line(windowWidth, addressLine, text)
	}
	l.SetXY(letterMargin+windowWidth+15, windowTop+12)
	l.SetFont(letterFont, "", 9)
	for _, pair := range [][2]string{{"Number", p.Number}, {"Date", p.Issued.Long()}, {"Account", p.Registrant.Number}} {
		l.SetX(letterMargin + windowWidth + 15)
		l.CellFormat(20, 5, pair[0], "", 0, "L", false, 0, "")
		l.CellFormat(0, 5, l.fit(pair[1]), "", 1, "L", false, 0, "")
	}
	l.SetXY(letterMargin, bodyTop)
	l.SetFont(letterFont, "B", 13)
	l.MultiCell(0, 6.5, l.fit("Pro forma invoice for "+bothForms(p.Name)), "", "L", false)
	l.Ln(4)
}

// line sets one line, cut where it would leave the window.
func (l *letterPage) line(width, height float64, text string) {
	text = l.fit(text)
	for r := []rune(text); l.GetStringWidth(text) > width-2 && len(r) > 1; {
		r = r[:len(r)-1]
		text = string(r)
	}
	l.CellFormat(width, height, text, "", 1, "L", false, 0, "")
}

// body sets the paragraphs of the text, and the figures at their mark.
func (l *letterPage) body(text string, p *ProFormaNotice) {
	l.SetFont(letterFont, "", 10.5)
	for _, paragraph := range strings.Split(text, "\n\n") {
		paragraph = strings.TrimSpace(paragraph)
		switch paragraph {
		case "":
		case figuresMark:
			l.figures(p)
		default:
			for _, line := range strings.Split(paragraph, "\n") {
				l.MultiCell(0, bodyLine, l.fit(line), "", "L", false)
			}
			l.Ln(2.5)
		}
	}
}

func (l *letterPage) figures(p *ProFormaNotice) {
	rows := [][2]string{
		{"Renewal of " + bothForms(p.Name) + " for " + plural(p.Years, "year"), p.Net.String()},
		{"Tax " + percent(p.TaxRate), p.Tax.String()},
		{"To pay by " + p.PayBy.Long(), p.Gross.String()},
	}
	for i, row := range rows {
		if i == len(rows)-1 {
			l.SetFont(letterFont, "B", 10.5)
		}
		const amount = 40
		width := 210 - 2*letterMargin - amount
		lines := l.SplitText(l.fit(row[0]), width-2)
		for j, text := range lines {
			border, value := "", ""
			if j == len(lines)-1 {
				border, value = "B", row[1]
			}
			l.CellFormat(width, 7, text, border, 0, "L", false, 0, "")
			l.CellFormat(amount, 7, l.fit(value), border, 1, "R", false, 0, "")
		}
	}
	l.SetFont(letterFont, "", 10.5)
	l.Ln(4)
}

func (l *letterPage) foot() {
	l.SetY(-18)
	l.SetFont(letterFont, "", 8)
	l.CellFormat(0, 4, l.fit(l.id.Name+" - "+l.id.URL), "", 0, "L", false, 0, "")
	l.SetX(letterMargin)
	l.CellFormat(0, 4, fmt.Sprintf("%d/{nb}", l.PageNo()), "", 0, "R", false, 0, "")
}
