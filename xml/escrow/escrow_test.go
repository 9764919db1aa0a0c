package escrow

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func at(text string) time.Time {
	v, err := ParseTime(text)
	if err != nil {
		panic(err)
	}
	return v
}

// sample writes one of everything.
func sample() []byte {
	var b bytes.Buffer
	w := NewWriter(&b, Deposit{Type: Differential, ID: "20260601002", PrevID: "20260601001", Resend: 2, Watermark: at("2026-06-01T09:00:00Z"), Objects: []string{NSHeader, NSDomain}})
	w.Delete(Delete{NSDomain, []string{"old.test"}})
	w.Delete(Delete{NSContact, []string{"C-OLD", "C-2"}})
	w.Header(Header{TLD: "test", Counts: []Count{{URI: NSDomain, N: 1}, {URI: NSDomain, RCDN: "co.test", N: 1}}})
	event := Event{"ALPHA", at("2020-01-02T03:04:05.123456Z")}
	transfer := &Transfer{Status: "pending", Gaining: "BETA", Asked: event.At, Losing: "ALPHA", Acted: event.At, ExpiryTo: event.At}
	w.Contact(Contact{ID: "C-1", ROID: "C1-UK", Statuses: []string{"ok"}, Postal: []Postal{{Type: "loc", Name: "Pat <&> \"Möller\"", Org: "O", Street: []string{"1", "2", "3"}, City: "Oxford", SP: "Oxon", PC: "OX1", CC: "GB"}},
		Voice: Phone{"+44.1", "12"}, Fax: Phone{Number: "+44.2"}, Email: "p@example.net", ClID: "ALPHA", Created: event, Updated: event, Transferred: event.At, Transfer: transfer,
		Disclose: &Disclose{Flag: true, Name: []string{"loc", "int"}, Addr: []string{"loc"}, Email: true}})
	w.Host(Host{Name: "ns1.a.co.test", ROID: "H1-UK", Statuses: []string{"ok"}, Addrs: []string{"192.0.2.1", "2001:db8::1"}, ClID: "ALPHA", Created: event})
	w.Domain(Domain{Name: "a.co.test", ROID: "D1-UK", Statuses: []string{"clientHold"}, RGP: []string{"addPeriod"}, Registrant: "C-1", Contacts: []ContactRef{{"admin", "C-1"}},
		Hosts: []string{"ns1.a.co.test"}, ClID: "ALPHA", Created: event, Expires: at("2027-01-01T00:00:00Z"), Updated: event, Transferred: event.At, Transfer: transfer,
		DS: []DS{{1, 13, 2, []byte{0xab}, &Key{257, 3, 13, []byte("key")}}}})
	w.Domain(Domain{Name: "xn--caf-dma.co.test", UName: "café.co.test", IDNTable: "latin", ROID: "D2-UK", Statuses: []string{"inactive"}, ClID: "ALPHA", Keys: []Key{{257, 3, 13, []byte("key")}}})
	w.Registrar(Registrar{ID: "ALPHA", Name: "Alpha", GURID: 7, Status: "ok", Email: "a@example.net", URL: "https://a.example", Created: event.At,
		Postal: []Postal{{Type: "int", Street: []string{"1"}, City: "Leeds", CC: "GB"}}, WhoisName: "whois.a.example"})
	w.IDNTable(IDNTable{"latin", "urn:x", "urn:y"})
	w.NNDN(NNDN{AName: "www.co.test", State: "blocked"})
	w.EPPParams(EPPParams{Versions: []string{"1.0"}, Langs: []string{"en"}, ObjURIs: []string{"urn:a"}, ExtURIs: []string{"urn:b"}})
	w.Policy(Policy{"//x", "rdeDomain:registrant"})
	w.Extra(Extra{"domain", "a.co.test", []Value{{"autoBill", "30"}}})
	w.CSV(CSV{Contents: NSCSVDomain, Name: "domain", Sep: ",", Fields: []Field{{Space: NSCSVDomain, Name: "fName"}, {Space: NSCSV, Name: "fRoid", Index: "0", Type: "loc", Parent: true}},
		Files: []CSVFile{{Name: "domain.csv", Sum: "0BADF00D", Encoding: "UTF-8"}}})
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func all(data []byte) (Deposit, []Item, error) {
	r, err := NewReader(bytes.NewReader(data))
	if err != nil {
		return Deposit{}, nil, err
	}
	var items []Item
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.Deposit, items, nil
		}
		if err != nil {
			return r.Deposit, items, err
		}
		items = append(items, item)
	}
}

// What is written is read back the same, twice over.
func TestWrittenIsRead(t *testing.T) {
	d, items, err := all(sample())
	if err != nil {
		t.Fatal(err)
	}
	if d.Type != Differential || d.PrevID != "20260601001" || d.Resend != 2 || len(items) != 14 {
		t.Fatalf("deposit %+v, %d objects", d, len(items))
	}
	text, err := json.MarshalIndent(items, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"Pat \u003c\u0026\u003e \"Möller\""`, `"2020-01-02T03:04:05.123456Z"`, `"RCDN": "co.test"`, `"Sum": "0BADF00D"`, `"Parent": true`} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("%s was not read", want)
		}
	}
	for _, item := range items {
		if x, bad := item.Object.(*Invalid); bad {
			t.Error(x.Err)
		}
	}
}

// The parts that RFC 9022 takes from EPP are valid by EPP's schemas.
func TestSharedPartsAreValid(t *testing.T) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Fatal("xmllint is needed: apt-get install libxml2-utils")
	}
	text := string(sample())
	cut := func(from, to string) string {
		_, rest, _ := strings.Cut(text, from)
		part, _, ok := strings.Cut(rest, to)
		if !ok {
			t.Fatalf("no %s", from)
		}
		return part
	}
	postal := cut(`<rdeContact:postalInfo type="loc">`, "</rdeContact:postalInfo>")
	secDNS := cut("<rdeDomain:secDNS>", "</rdeDomain:secDNS>")
	frame := `<?xml version="1.0" encoding="UTF-8"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><create>` +
		`<contact:create xmlns:contact="urn:ietf:params:xml:ns:contact-1.0"><contact:id>C-1</contact:id><contact:postalInfo type="loc">` + postal +
		`</contact:postalInfo><contact:email>p@example.net</contact:email><contact:authInfo><contact:pw>12345678</contact:pw></contact:authInfo></contact:create></create>` +
		`<extension><secDNS:create xmlns:secDNS="urn:ietf:params:xml:ns:secDNS-1.1">` + secDNS + `</secDNS:create></extension></command></epp>`
	file := filepath.Join(t.TempDir(), "frame.xml")
	if err = os.WriteFile(file, []byte(frame), 0o600); err != nil {
		t.Fatal(err)
	}
	schema, err := filepath.Abs("../../../shared/xsd/epp-all.xsd")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(xmllint, "--nonet", "--noout", "--schema", schema, file).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestRefused(t *testing.T) {
	good := string(sample())
	replace := func(from, to string) string {
		out := strings.Replace(good, from, to, 1)
		if out == good {
			t.Fatalf("%s does not occur", from)
		}
		return out
	}
	for _, tt := range []struct{ name, text, says string }{
		{"nothing", "", "there is nothing"},
		{"cut", good[:len(good)-30], "ends too early"},
		{"something after", good + "<x/>", "after the deposit"},
		{"text after", good + "x", "after the deposit"},
		{"two", good + good, ""},
		{"a document type", replace("<rde:deposit", "<!DOCTYPE rde><rde:deposit"), "document type"},
		{"an entity", replace("Oxford", "&oxford;"), "entity"},
		{"a processing instruction", replace("<rde:contents>", "<?php x?><rde:contents>"), "processing instruction"},
		{"another encoding", replace("UTF-8", "ISO-8859-1"), "not UTF-8"},
		{"an unbound prefix", replace("<rdeDomain:roid>D1-UK</rdeDomain:roid>", "<no:roid>D1-UK</no:roid>"), "not bound"},
		{"an attribute twice", replace(`<rdeDomain:status s="clientHold"/>`, `<rdeDomain:status s="clientHold" s="ok"/>`), "twice"},
		{"a wrong end", replace("</rdeDomain:roid>", "</rdeDomain:name>"), "closed by"},
		{"type", replace(`type="DIFF"`, `type="PART"`), "none of FULL"},
		{"no id", replace(`id="20260601002" `, ""), "no id"},
		{"no watermark", replace("rde:watermark>2026-06-01T09:00:00Z</rde:watermark", "rde:water>2026-06-01T09:00:00Z</rde:water"), "watermark is missing"},
		{"version", replace("<rde:version>1.0<", "<rde:version>2.0<"), "is not 1.0"},
		{"deletes after contents", replace("</rde:contents>", "</rde:contents><rde:deletes></rde:deletes>"), "twice, or too late"},
		{"text between", replace("<rde:contents>", "<rde:contents>hello"), "text stands between"},
		{"deep", replace("<rdeDomain:name>a.co.test</rdeDomain:name>", strings.Repeat("<rdeDomain:name>", 40)+strings.Repeat("</rdeDomain:name>", 40)), "deep"},
		{"large", replace("Oxford", strings.Repeat("x", maxObject+8192)), "larger than"},
		{"an object of a deposit that is none", replace("<rdePolicy:policy", "<rdePolicy:plan"), "is not an object"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := all([]byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want %q", err, tt.says)
			}
		})
	}
}

// An object that is wrong is told with its line, and those after it are read.
func TestInvalidObjects(t *testing.T) {
	text := strings.Replace(string(sample()), "<rdeDomain:exDate>2027-01-01T00:00:00Z<", "<rdeDomain:exDate>soon<", 1)
	_, items, err := all([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, item := range items {
		if x, bad := item.Object.(*Invalid); bad {
			n++
			var s *SyntaxError
			if !errors.As(x.Err, &s) || !strings.Contains(strings.Split(text, "\n")[s.Line-1], "soon") {
				t.Errorf("%v does not name the line", x.Err)
			}
		}
	}
	if n != 1 || len(items) != 14 {
		t.Errorf("%d of %d objects are wrong", n, len(items))
	}
}

// Whatever is read does not panic, and ends.
func FuzzReader(f *testing.F) {
	f.Add(sample())
	f.Add([]byte(`<rde:deposit xmlns:rde="` + NSRDE + `" type="FULL" id="1"><rde:watermark>2026-06-01T09:00:00Z</rde:watermark><rde:rdeMenu><rde:version>1.0</rde:version></rde:rdeMenu></rde:deposit>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, items, err := all(data)
		var s *SyntaxError
		if err != nil && errors.As(err, &s) && s.Line < 1 {
			t.Errorf("line %d", s.Line)
		}
		for _, item := range items {
			if item.Object == nil {
				t.Error("an object is nothing")
			}
		}
	})
}
