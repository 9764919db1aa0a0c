package camt

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestRead(t *testing.T) {
	data, err := os.ReadFile("testdata/statement.xml")
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	want := []Entry{
		{Number: 1, Ref: "BANK-1", Booked: day, Amount: "120.5", Currency: "GBP", Credit: true, Text: "Invoice INV-000012"},
		{Number: 2, Ref: "BANK-2", Booked: day, Amount: "3", Currency: "GBP", Text: "Charges"},
		{Number: 3, Ref: "BATCH-3/1", Booked: day, Amount: "10", Currency: "GBP", Credit: true, Text: "PRO-000007"},
		{Number: 3, Ref: "BANK-5", Booked: day, Amount: "20", Currency: "GBP", Credit: true, Text: "A-ONE"},
		{Number: 4, Ref: "BANK-6", Amount: "7", Currency: "GBP", Credit: true, Pending: true},
	}
	// The prefix is the bank's choice, and so is the version.
	plain := strings.NewReplacer("c:", "", "xmlns:c", "xmlns", "001.08", "001.02", "<c:Sts><c:Cd>BOOK</c:Cd></c:Sts>", "<Sts>BOOK</Sts>",
		"<c:Sts><c:Cd>PDNG</c:Cd></c:Sts>", "<Sts>PDNG</Sts>").Replace(string(data))
	for name, text := range map[string]string{"version 8": string(data), "version 2": plain} {
		got, err := Read([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(got) != len(want) {
			t.Fatalf("%s: %d entries: %+v", name, len(got), got)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s:\ngot  %+v\nwant %+v", name, got[i], want[i])
			}
		}
	}
}

func TestReadRefuses(t *testing.T) {
	data, err := os.ReadFile("testdata/statement.xml")
	if err != nil {
		t.Fatal(err)
	}
	good := string(data)
	for _, c := range []struct{ name, old, new, want string }{
		{"document type", "<c:Document", "<!DOCTYPE x [<!ENTITY a 'b'>]><c:Document", "document type"},
		{"another message", "camt.053.001.08", "camt.054.001.08", "not a camt.053"},
		{"not UTF-8", `encoding="UTF-8"`, `encoding="ISO-8859-1"`, "encoding"},
		{"truncated", "</c:Document>", "", "not well-formed"},
		{"direction", "DBIT", "BOTH", "entry 2: CdtDbtInd"},
		{"amount", ">120.50<", ">-120.50<", "entry 1: \"-120.50\" is not an amount"},
		{"date", "<c:Dt>2026-07-01</c:Dt></c:BookgDt><c:AcctSvcrRef>BANK-1", "<c:Dt>2026-13-01</c:Dt></c:BookgDt><c:AcctSvcrRef>BANK-1", "entry 1: the booking date"},
		{"no reference", "<c:AcctSvcrRef>BANK-1</c:AcctSvcrRef>", "", "entry 1: the bank's reference"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read([]byte(strings.Replace(good, c.old, c.new, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	_, err = Read(nil)
	if err == nil {
		t.Error("nothing was taken for a statement")
	}
}

// Whatever comes in, Read returns.
func FuzzRead(f *testing.F) {
	data, err := os.ReadFile("testdata/statement.xml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("<a/>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := Read(data)
		if err != nil && list != nil {
			t.Error("entries and an error")
		}
	})
}
