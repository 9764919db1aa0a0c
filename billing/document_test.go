package billing

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func civil(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

var testIssuer = Issuer{
	Name: "Example Registry", Lines: []string{"1 Register Road", "Oxford OX1 1AA"}, TaxID: "VAT GB 123 4567 89",
	Bank: []string{"Bank: IBAN GB33 BUKB 2020 1555 5555 55, BIC BUKBGB22"}, Footer: "Example Registry Ltd, registered in England 1234567",
}

// testInvoice is an invoice of n lines.
func testInvoice(n int) (Invoice, []Line) {
	i := Invoice{ID: 1, Number: 17, Kind: Renewals, TAG: "A-ONE", Dated: civil(2026, 7, 1), Due: civil(2026, 7, 31), Currency: "GBP",
		Lines: n, To: Addressee{TAG: "A-ONE", Name: "Alpha Names Ltd", Lines: []string{"2 High Street", "London SW1A 1AA"}, Country: "GB"}}
	var lines []Line
	for k := range n {
		l := Line{ID: int64(k + 1), DomainName: fmt.Sprintf("name-%04d.co.test", k+1), Zone: "co.test", Operation: Renew, Years: 1 + k%3,
			From: civil(2026, 8, 1+k%28), Currency: "GBP", TaxRate: 2000}
		l.To = l.From.AddDate(l.Years, 0, 0)
		l.Amount = int64(250 * l.Years)
		l.Tax = Tax(l.Amount, l.TaxRate)
		lines = append(lines, l)
		i.Net, i.Tax = i.Net+l.Amount, i.Tax+l.Tax
	}
	if n > 2 {
		lines[1].DomainName = "xn--caf-dma.co.test"
		lines[2].DomainName = strings.Repeat("a-very-long-label", 3) + ".co.test"
	}
	i.Open = i.Gross()
	return i, lines
}

// pdfText is what a reader of the PDF sees.
func pdfText(t *testing.T, pdf []byte) string {
	t.Helper()
	cmd := exec.Command("pdftotext", "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pdftotext (package poppler-utils): %v", err)
	}
	return string(out)
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		err := os.WriteFile(file, got, 0o644)
		if err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; look at it and run go test ./billing -update\n%s", file, got)
	}
}

// B12: the invoice as people see it, on one page and on many.
func TestInvoicePDF(t *testing.T) {
	for _, n := range []int{3, 150} {
		t.Run(fmt.Sprintf("%d lines", n), func(t *testing.T) {
			i, lines := testInvoice(n)
			var one, two bytes.Buffer
			err := WriteInvoicePDF(&one, testIssuer, i, lines)
			if err == nil {
				err = WriteInvoicePDF(&two, testIssuer, i, lines)
			}
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(one.Bytes(), two.Bytes()) {
				t.Error("the same invoice gave other bytes")
			}
			text := pdfText(t, one.Bytes())
			golden(t, fmt.Sprintf("invoice-%d.txt", n), []byte(text))
			checkCarried(t, text, i, lines)
		})
	}
}

// checkCarried checks that each page ends with the total that the next begins
// with, and that it is that of the lines before.
func checkCarried(t *testing.T, text string, i Invoice, lines []Line) {
	t.Helper()
	pages := strings.Split(strings.TrimRight(text, "\f"), "\f")
	var sum int64
	n := 0
	carried := ""
	for p, content := range pages {
		for _, l := range strings.Split(content, "\n") {
			switch {
			case strings.Contains(l, "Carried over"):
				carried = strings.TrimSpace(strings.Split(l, "Carried over")[1])
				if want := (Money{sum, i.Currency}).Decimal(); carried != want {
					t.Errorf("page %d carries %s, the lines make %s", p+1, carried, want)
				}
			case strings.Contains(l, " renew "):
				sum += lines[n].Amount
				n++
			}
		}
		if p < len(pages)-1 && carried == "" {
			t.Errorf("page %d carries nothing over", p+1)
		}
	}
	if n != len(lines) || sum != i.Net {
		t.Errorf("%d lines of %d, %d of %d", n, len(lines), sum, i.Net)
	}
}

// The other documents, in one golden file each.
func TestOtherDocuments(t *testing.T) {
	i, lines := testInvoice(2)
	to := Addressee{Name: "Ann Owner", Lines: []string{"3 Low Street", "Leeds LS1 1AA"}, Country: "GB"}
	note := CreditNote{Number: 3, Invoice: i.DocumentNumber(), TAG: "A-ONE", Reason: ReasonDistanceSelling, Note: "Told by telephone.",
		Dated: civil(2026, 7, 9), Currency: "GBP", Net: 750, Tax: 150, Applied: 500, To: i.To}
	receipt := Receipt{Number: 2, ProForma: "PRO-000007", DomainName: "xn--caf-dma.co.test", From: civil(2026, 6, 1), To: civil(2028, 6, 1), Net: Money{8000, "GBP"},
		Tax: 1600, TaxRate: 2000, Dated: civil(2026, 6, 20), Addressee: to}
	for name, write := range map[string]func(w *bytes.Buffer) error{
		"credit-note.txt": func(w *bytes.Buffer) error { return WriteCreditNotePDF(w, testIssuer, note, lines) },
		"receipt.txt":     func(w *bytes.Buffer) error { return WriteReceiptPDF(w, testIssuer, receipt) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			err := write(&b)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, []byte(pdfText(t, b.Bytes())))
		})
	}
}

// Characters that the font lacks, or that fail the whole document, become ?.
func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{"Zoë €5": "Zoë €5", "smile 😀": "smile ?", "a\x00b\tc": "a?b c", "中": "?", "Ωж": "Ωж"} {
		if got := printable(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	i, lines := testInvoice(1)
	i.To.Name = "😀 Ltd"
	err := WriteInvoicePDF(&bytes.Buffer{}, testIssuer, i, lines)
	if err != nil {
		t.Error(err)
	}
}

func TestInvoiceCSV(t *testing.T) {
	i, lines := testInvoice(3)
	lines[0].DomainName = "=cmd" // no such name can be; a spreadsheet must not run it
	var b bytes.Buffer
	err := WriteInvoiceCSV(&b, i, lines)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "invoice.csv", b.Bytes())
}
