package notify

import (
	"bytes"
	"encoding/csv"
	"fmt"
)

// Mail is a rendered message without its envelope.
type Mail struct {
	Subject string
	Text    string
	HTML    string
	// Unsubscribe is the address that ends the list, "" for other mail.
	Unsubscribe string
	Files       []File
}

// File is an attachment.
type File struct {
	Name        string
	ContentType string
	Data        []byte
}

// CheckPayload reports whether a payload, as JSON, is whole: what statements
// over sets put together is tested with it.
func CheckPayload(kind Kind, payload []byte) error {
	_, err := decode(kind, payload)
	return err
}

// Preview renders any notice without sending it (rule N5): the parts, and the
// attachments that the package makes by itself.
func (t *Templates) Preview(kind Kind, language string, payload []byte) (Mail, error) {
	p, err := decode(kind, payload)
	if err != nil {
		return Mail{}, err
	}
	set, err := t.set(kind, language)
	if err != nil {
		return Mail{}, err
	}
	var m Mail
	m.Subject, m.Text, m.HTML, err = set.words(p)
	if err != nil {
		return Mail{}, err
	}
	switch p := p.(type) {
	case *AdvanceListNotice:
		m.Unsubscribe = t.identity.unsubscribe(p.Unsubscribe)
		rows := [][]string{{"name", "unicode name", "expires"}}
		for _, n := range p.Names {
			rows = append(rows, []string{n.Name, unicodeForm(n.Name), string(n.Expires)})
		}
		err = m.attachCSV("expiring-"+p.Month+".csv", rows)
	case *ReminderListNotice:
		m.Unsubscribe = t.identity.unsubscribe(p.Unsubscribe)
		if len(p.Names) > maxListed {
			rows := [][]string{{"name", "unicode name", "expires"}}
			for _, n := range p.Names {
				rows = append(rows, []string{n.Name, unicodeForm(n.Name), string(n.Expires)})
			}
			err = m.attachCSV("expiring.csv", rows)
		}
	case *ProFormaNotice:
		var pdf []byte
		pdf, _, err = t.letter(set, p, p.Registrant.addressee())
		m.Files = append(m.Files, File{Name: p.Number + ".pdf", ContentType: "application/pdf", Data: pdf})
	}
	if err != nil {
		return Mail{}, fmt.Errorf("%s: %w", kind, err)
	}
	return m, nil
}

// attachCSV adds rows as a file in the form of RFC 4180.
func (m *Mail) attachCSV(name string, rows [][]string) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	err := w.WriteAll(rows)
	m.Files = append(m.Files, File{Name: name, ContentType: "text/csv", Data: b.Bytes()})
	return err
}

// addressee is the party as it stands in the window of an envelope.
func (p Party) addressee() Addressee { return Addressee{Name: p.Name, Lines: p.Address} }
