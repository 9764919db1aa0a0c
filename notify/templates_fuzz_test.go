package notify

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// Whatever names, people and registrars are called, a message has one subject of
// one line, and its HTML no markup of theirs.
func FuzzTemplates(f *testing.F) {
	for _, s := range []string{"An Owner", "<script>alert(1)</script>", "{{.}}{{template \"x\"}}", "a\r\nBcc: b@example.net", "</p><img src=x onerror=a>",
		"\u202e\u0000", "javascript:alert(1)", "' OR 1=1 --", "\U0001F600"} {
		f.Add(s, s, "en")
	}
	templates := load(f, nil)
	f.Fuzz(func(t *testing.T, who, registrar, language string) {
		if !utf8.ValidString(who) || !utf8.ValidString(registrar) || !utf8.ValidString(language) {
			return // the register holds valid text only
		}
		// A mark that no template has, in the shape of markup.
		const mark = "<zzmark>"
		payload, err := json.Marshal(Renewal{Name: "oak.example", Expires: "2027-03-01", ProForma: "2027-03-31", Suspended: "2027-03-31", Cancelled: "2027-05-30",
			Registrant: Party{Name: mark + who, Address: []string{mark + who}, Email: "a@example.net"}, Registrar: Agent{Name: mark + registrar, URL: "https://a.example/"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []Kind{AdvanceWarning, RenewalReminder} {
			m, err := templates.Preview(kind, language, payload)
			if err != nil {
				t.Errorf("%s of %q: %v", kind, who, err)
				continue
			}
			if strings.ContainsAny(m.Subject, "\r\n") {
				t.Errorf("subject %q", m.Subject)
			}
			if strings.Contains(strings.ToLower(m.HTML), mark) {
				t.Errorf("markup of %q is in the message", who)
			}
			if m.Text == "" || m.HTML == "" {
				t.Errorf("%s of %q is empty", kind, who)
			}
		}
	})
}
