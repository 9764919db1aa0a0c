package billing

import (
	"strings"
	"testing"
)

// B13, bad input: a wrong line is named.
func TestReadBankCSV(t *testing.T) {
	const head = "reference,date,amount,currency,tag,invoice,text\n"
	for _, c := range []struct{ name, text, want string }{
		{"good", head + "R1,2026-07-01,1.20,GBP,A-ONE,,\n", ""},
		{"semicolons, another order, a byte order mark", "\ufeffDate;Amount;Currency;Reference\n2026-07-01;1.20;GBP;R1\n", ""},
		{"empty", "", "Line 1: a head line"},
		{"unknown column", "reference,date,amount,currency,colour\n", `Line 1: "colour" is not one of the columns`},
		{"column twice", "reference,date,date,amount,currency\n", `Line 1: "date" is not`},
		{"column missing", "reference,date,amount\n", "Line 1: the column currency is missing"},
		{"no reference", head + ",2026-07-01,1.20,GBP,,,\n", "Line 2: the bank's reference is missing"},
		{"date", head + "R1,01/07/2026,1.20,GBP,,,\n", `Line 2: "01/07/2026" is not a date`},
		{"amount", head + "R1,2026-07-01,1.20,GBP,,,\nR2,2026-07-01,1.201,GBP,,,\n", `Line 3: "1.201" is not an amount`},
		{"year", head + "R1,0026-07-01,1.20,GBP,,,\n", "Line 2: 0026-07-01 is no day"},
		{"negative", head + "R1,2026-07-01,-1.20,GBP,,,\n", "Line 2: a payment is more than nothing"},
		{"currency", head + "R1,2026-07-01,1.20,XYZ,,,\n", `Line 2: currency "XYZ"`},
		{"columns differ", head + "R1,2026-07-01\n", "Line 2: wrong number of fields"},
		{"a quote too many", head + "R1,2026-07-01,1.20,GBP,A\"B,,\n", "Line 2: "},
		{"reference twice", head + "R1,2026-07-01,1.20,GBP,,,\nR1,2026-07-01,1.30,GBP,,,\n", "Line 3: the reference R1 is that of line 2"},
		{"not UTF-8", head + "R1,2026-07-01,1.20,GBP,,,\xff\n", "not UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := ReadBankCSV("bank.csv", []byte(c.text))
			switch {
			case c.want == "" && (err != nil || len(f.Lines) != 1 || f.Lines[0].Amount != Money{120, "GBP"} || f.Lines[0].Number != 2):
				t.Errorf("%+v, %v", f.Lines, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// The payer's text names an invoice or pro forma, or none when in doubt.
func TestFromText(t *testing.T) {
	for _, c := range []struct{ text, invoice, proForma string }{
		{"Invoice INV-000012 thanks", "INV-12", ""},
		{"inv12", "INV-12", ""},
		{"INV 000012 and INV-12", "INV-12", ""},
		{"INV-12, INV-13", "", ""},
		{"PRO-000007", "", "PRO-7"},
		{"PRO-7 PRO-8 INV-3", "INV-3", ""},
		{"INVOICE 12", "", ""},
		{"INV-0", "", ""},
	} {
		l := BankLine{Text: c.text}
		l.FromText()
		if l.Invoice != c.invoice || l.ProForma != c.proForma {
			t.Errorf("%q: %q, %q", c.text, l.Invoice, l.ProForma)
		}
	}
}

// B1: rates in words, and tax rounded half up.
func TestPercent(t *testing.T) {
	for rate, want := range map[BasisPoints]string{2000: "20 %", 0: "0 %", 750: "7.5 %", 1905: "19.05 %", 10000: "100 %"} {
		if got := rate.Percent(); got != want {
			t.Errorf("%d: %s", rate, got)
		}
	}
	for _, c := range []struct {
		net  int64
		rate BasisPoints
		want int64
	}{{500, 2000, 100}, {1, 2000, 0}, {2, 2500, 1}, {3, 1750, 1}, {-500, 2000, -100}, {-2, 2500, -1}, {1 << 60, 10000, 1 << 60}} {
		if got := Tax(c.net, c.rate); got != c.want {
			t.Errorf("tax of %d at %d: %d, want %d", c.net, c.rate, got, c.want)
		}
	}
}
