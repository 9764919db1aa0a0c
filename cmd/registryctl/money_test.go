package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/notify"
)

// The money's way through the commands: charge, invoice, pay, credit, report.
func TestMoneyCommands(t *testing.T) {
	d := newDesk(t)
	file := filepath.Join(t.TempDir(), "invoice.pdf")
	d.register("one.co.example")
	d.register("two.co.example")
	d.expect(exitRefused, "role support", "support", "-y", "invoice", "run")
	d.expect(exitUsage, "--yes", "billing", "invoice", "run")
	run := parsed[[]invoiceView](t, d.must("billing", "-y", "--json", "invoice", "run"))
	if len(run) != 1 || run[0].Number != "INV-000001" || run[0].Kind != "registrations" || run[0].Gross.Amount != "12.00" || run[0].Lines != 2 {
		t.Fatalf("run: %+v", run)
	}
	if again := parsed[[]invoiceView](t, d.must("billing", "-y", "--json", "invoice", "run")); len(again) != 0 {
		t.Errorf("again: %+v", again)
	}
	today := run[0].Dated
	show := d.must("support", "invoice", "show", "1")
	for _, want := range []string{"INV-000001", "one.co.example", "two.co.example", "12.00 GBP"} {
		if !strings.Contains(show, want) {
			t.Errorf("show lacks %s:\n%s", want, show)
		}
	}
	if csv := d.must("support", "invoice", "show", "INV-000001", "--csv"); strings.Count(csv, "\r\n") != 3 || !strings.HasPrefix(csv, "invoice,dated,due,tag") {
		t.Errorf("csv: %q", csv)
	}
	d.must("support", "invoice", "pdf", "INV-000001", "--out", file)
	pdf, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(pdf), "%PDF-") {
		t.Errorf("pdf: %v", err)
	}
	d.expect(exitFault, "exists", "support", "invoice", "pdf", "INV-000001", "--out", file) // never overwritten
	// One form of a pro forma, the letter's, and one name on every document.
	if _, err := d.db.Pool.Exec(t.Context(), notify.PostInsert+`VALUES ('pro-forma', '{"name": "Ann Other", "lines": ["1 High St"]}', 'en', $1, 'PRO-000017', 1, NULL, '2027-06-08', now())`,
		notify.Samples(notify.ProForma)[0]); err != nil {
		t.Fatal(err)
	}
	if pdf := d.must("support", "invoice", "pdf", "PRO-000017", "--out", "-"); !strings.HasPrefix(pdf, "%PDF-") {
		t.Errorf("pro forma: %.20q", pdf)
	}
	for _, number := range []string{"INV-000009", "CRN-000009", "PRO-000009", "REC-000009"} {
		d.expect(exitRefused, "There is no", "support", "invoice", "pdf", number)
	}

	d.expect(exitRefused, "There is no invoice INV-000007", "billing", "-y", "payment", "record", "--tag", "ALPHA", "--amount", "5", "--invoice", "7")
	d.expect(exitRefused, "more than nothing", "billing", "-y", "payment", "record", "--tag", "ALPHA", "--amount=-5")
	d.expect(exitRefused, "billed in GBP", "billing", "-y", "payment", "record", "--tag", "ALPHA", "--amount", "5", "--currency", "EUR")
	d.expect(exitUsage, "--amount", "billing", "-y", "payment", "record", "--tag", "ALPHA", "--amount", "five")
	d.expect(exitUsage, "", "billing", "-y", "payment", "record", "--amount", "5")
	d.must("billing", "-y", "payment", "record", "--tag", "ALPHA", "--amount", "2.00")

	// Bank files: one wrong line, then all, then the same again.
	camt := `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Ntry><Amt Ccy="GBP">4.00</Amt>
		<CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>` + today + `</Dt></BookgDt><AcctSvcrRef>B-1</AcctSvcrRef>
		<NtryDtls><TxDtls><RmtInf><Ustrd>TEXT</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>`
	bank := func(text string) string {
		file := filepath.Join(t.TempDir(), "bank.xml")
		if err := os.WriteFile(file, []byte(strings.Replace(camt, "TEXT", text, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	d.expect(exitRefused, "Line 1: There is no invoice INV-000008", "billing", "-y", "payment", "import", bank("INV-000008"))
	d.expect(exitRefused, "Nothing tells who paid", "billing", "-y", "payment", "import", bank("hello"))
	good := bank("invoice INV-000001")
	d.must("billing", "-y", "payment", "import", good)
	if out := d.must("billing", "-y", "payment", "import", good); !strings.Contains(out, "imported before") {
		t.Error(out)
	}
	if list := parsed[[]paymentView](t, d.must("support", "--json", "payment", "list")); len(list) != 2 {
		t.Errorf("payments: %+v", list)
	}

	d.expect(exitUsage, "", "billing", "-y", "credit-note", "issue", "INV-000001", "--for", "whim", "--all")
	d.expect(exitRefused, "not on invoice", "billing", "-y", "credit-note", "issue", "INV-000001", "--for", "goodwill", "--name", "three.co.example")
	d.must("billing", "-y", "credit-note", "issue", "INV-000001", "--for", "goodwill", "--name", "two.co.example")
	golden(t, "credit-note-list.txt", d.must("support", "credit-note", "list"))
	golden(t, "statement.txt", d.must("support", "statement", "ALPHA"))
	d.expect(exitRefused, "There is no registrar NOBODY", "support", "statement", "NOBODY")
	if debt := d.must("support", "aged-debt"); !strings.Contains(debt, "Nothing is open.") {
		t.Error(debt)
	}
	want := "Month,Zone,Lines,Currency,Net,Tax,Gross\r\n" + today[:7] + ",co.example,2,GBP,5.00,1.00,6.00\r\n"
	if got := d.must("support", "revenue", "--csv"); got != want {
		t.Errorf("revenue: %q", got)
	}
	verify := d.must("support", "billing", "verify")
	if strings.Contains(verify, "WRONG") || strings.Count(verify, "ok") < 15 {
		t.Error(verify)
	}
	_, err = d.db.Pool.Exec(t.Context(), `UPDATE open_item SET open = 1, settled_on = NULL`)
	if err != nil {
		t.Fatal(err)
	}
	d.expect(exitRefused, "do not agree", "support", "billing", "verify")
}
