package notify

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

var update = flag.Bool("update", false, "write the golden files anew")

var testIdentity = Identity{
	Name: "Namekeep Registry", URL: "https://registry.example", Email: "help@registry.example", Phone: "+44 20 7946 0000",
	Address: []string{"1 Registry Road", "Oxford", "OX4 4DQ", "United Kingdom"},
	Payment: []string{"Account: Namekeep Registry", "IBAN: GB33 BUKB 2020 1555 5555 55", "BIC: BUKBGB22"},
}

func load(t testing.TB, override fstest.MapFS) *Templates {
	t.Helper()
	var files fstest.MapFS
	if override != nil {
		files = override
	}
	templates, err := LoadTemplates(testIdentity, files)
	if err != nil {
		t.Fatal(err)
	}
	return templates
}

// golden compares with a file of testdata, or writes it with -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, []byte(got), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

// N2: each notice, every variant, text and HTML.
func TestNoticesAreAsGolden(t *testing.T) {
	templates := load(t, nil)
	for _, kind := range Kinds() {
		if len(Samples(kind)) == 0 {
			t.Errorf("%s has no sample: its templates are not checked", kind)
		}
		for i, payload := range Samples(kind) {
			m, err := templates.Preview(kind, "en", payload)
			if err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprintf("mails/%s-%d", kind, i+1)
			golden(t, name+".txt", "Subject: "+m.Subject+"\n\n"+m.Text)
			golden(t, name+".html", m.HTML)
			if (m.Unsubscribe != "") != notices[kind].lists {
				t.Errorf("%s: unsubscribe %q, list %v (N4)", kind, m.Unsubscribe, notices[kind].lists)
			}
			if m.Unsubscribe != "" && (!strings.Contains(m.Text, m.Unsubscribe) || !strings.Contains(m.HTML, m.Unsubscribe)) {
				t.Errorf("%s has no unsubscribe link in its footer (N4)", kind)
			}
		}
	}
}

// N2: everything is escaped, internationalised names are shown in both forms.
func TestNamesAreEscapedAndInBothForms(t *testing.T) {
	templates := load(t, nil)
	tag := regexp.MustCompile(`<gmbh>`)
	for _, kind := range Kinds() {
		for _, payload := range Samples(kind) {
			m, err := templates.Preview(kind, "en", payload)
			if err != nil {
				t.Fatal(err)
			}
			if tag.MatchString(strings.ToLower(m.HTML)) {
				t.Errorf("%s: a registrant's name became an element:\n%s", kind, m.HTML)
			}
			if strings.Contains(string(payload), sampleIDN) {
				for part, text := range map[string]string{"text": m.Text, "HTML": m.HTML} {
					if !strings.Contains(text, "münchen.example ("+sampleIDN+")") {
						t.Errorf("%s: the %s does not show the name in both forms", kind, part)
					}
				}
			}
		}
	}
}

// N2: a fault in an operator's template is found when it is loaded, with file
// and line, also in a branch that few messages take.
func TestBrokenTemplatesAreRefusedWhenLoaded(t *testing.T) {
	tests := []struct {
		name, file, text string
		want             string
	}{
		{"syntax", "en/receipt.txt", "{{define \"subject\"}}x{{end}}{{define \"content\"}}\n{{if}}{{end}}", "en/receipt.txt:2:"},
		{"field", "en/receipt.txt", "{{define \"subject\"}}x{{end}}{{define \"content\"}}\n\n{{.Nmae}}{{end}}", "en/receipt.txt:3:"},
		{"field of the subject", "en/receipt.txt", "{{define \"subject\"}}{{.Nmae}}{{end}}{{define \"content\"}}x{{end}}", "en/receipt.txt:1:"},
		{"field of the registry", "en/receipt.txt", "{{define \"subject\"}}x{{end}}{{define \"content\"}}{{registry.Fax}}{{end}}", "en/receipt.txt:1:"},
		{"field in a branch never taken", "en/receipt.txt",
			"{{define \"subject\"}}x{{end}}{{define \"content\"}}{{if eq .Name \"rare\"}}\n{{.Nmae}}{{end}}{{end}}", "en/receipt.txt:2:"},
		{"field in an else never taken", "en/receipt.html", "{{define \"content\"}}\n{{if .Name}}x{{else}}{{.Nmae}}{{end}}{{end}}", "en/receipt.html:2:"},
		{"field in HTML", "en/receipt.html", "{{define \"content\"}}{{.Nmae}}{{end}}", "en/receipt.html:1:"},
		{"field in a letter", "en/pro-forma.letter.txt", "x\n{{.Nmae}}", "en/pro-forma.letter.txt:2:"},
		{"HTML that cannot be escaped", "en/receipt.html", "{{define \"content\"}}<a href=\"{{if .Years}}\">{{end}}{{end}}", "receipt.html"},
		{"no subject", "en/receipt.txt", "{{define \"content\"}}x{{end}}", `receipt.txt:1: there is no {{define "subject"}}`},
		{"no content", "en/receipt.html", "x", `receipt.html:1: there is no {{define "content"}}`},
		{"empty subject", "en/receipt.txt", "{{define \"subject\"}} {{end}}{{define \"content\"}}x{{end}}", "subject is empty"},
		{"function", "en/receipt.txt", "{{define \"subject\"}}x{{end}}{{define \"content\"}}{{exec \"rm\"}}{{end}}", "en/receipt.txt:1:"},
		{"misspelt file", "en/reciept.txt", "x", "en/reciept.txt is no template"},
		{"another language", "de/receipt.html", "{{define \"content\"}}\n{{.Nmae}}{{end}}", "de/receipt.html:2:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := LoadTemplates(testIdentity, fstest.MapFS{tt.file: {Data: []byte(tt.text)}})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// N2: an operator's file takes the place of the built-in one, alone.
func TestOperatorsTemplatesOverride(t *testing.T) {
	templates := load(t, fstest.MapFS{
		"en/receipt.txt": {Data: []byte(`{{define "subject"}}Paid{{end}}{{define "content"}}Our own words: {{.Number}}{{end}}`)},
		"de/receipt.txt": {Data: []byte(`{{define "subject"}}Quittung{{end}}{{define "content"}}Danke{{end}}`)},
	})
	for language, want := range map[string]string{"en": "Paid", "de": "Quittung", "fr": "Paid"} {
		m, err := templates.Preview(Receipt, language, Samples(Receipt)[0])
		if err != nil {
			t.Fatal(err)
		}
		if m.Subject != want || !strings.Contains(m.HTML, "is renewed") {
			t.Errorf("%s: subject %q, HTML built in %v", language, m.Subject, strings.Contains(m.HTML, "is renewed"))
		}
	}
}

// A notice with a gap does not go out.
func TestPayloadsMustBeWhole(t *testing.T) {
	for payload, want := range map[string]string{
		`{"name":"a.example","expires":"2027-06-01","registrant":{"name":"A"},"registrar":{"name":"R"}}`:                "",
		`{"expires":"2027-06-01","registrant":{"name":"A"},"registrar":{"name":"R"}}`:                                   "name is missing",
		`{"name":"a.example","expires":"1 June","registrant":{"name":"A"},"registrar":{"name":"R"}}`:                    "not a date",
		`{"name":"a.example","expires":"2027-06-01","registrant":{},"registrar":{"name":"R"}}`:                          "registrant.name is missing",
		`{"name":"a.example","expires":"2027-06-01","registrant":{"name":"A"},"registrar":{"name":"R"},"suspendd":"x"}`: "suspendd",
		`{}{}`:   "",
		`[]`:     "cannot unmarshal",
		`{"a":1`: "unexpected EOF",
	} {
		err := CheckPayload(RenewalReminder, []byte(payload))
		if payload == `{}{}` {
			if err == nil {
				t.Error("two values were taken")
			}
			continue
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", payload, err, want)
		}
	}
	if CheckPayload("nonsense", []byte(`{}`)) == nil {
		t.Error("a kind that does not exist was taken")
	}
}
