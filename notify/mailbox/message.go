package mailbox

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
)

// Message is a message taken apart.
type Message struct {
	Header mail.Header
	Text   string
	HTML   string
	Files  []File
}

// File is an attachment.
type File struct {
	Name        string
	ContentType string
	Data        []byte
}

// maxDepth is how deep parts may be nested.
const maxDepth = 8

// Parse takes a message apart.
func Parse(raw []byte) (*Message, error) {
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("message: %w", err)
	}
	m := &Message{Header: parsed.Header}
	return m, m.part(textproto.MIMEHeader(parsed.Header), parsed.Body, 0)
}

func (m *Message) part(h textproto.MIMEHeader, body io.Reader, depth int) error {
	if depth > maxDepth {
		return errors.New("message: parts are nested too deep")
	}
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("message: %w", err)
			}
			err = m.part(p.Header, p, depth+1)
			if err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(h.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("message: %w", err)
	}
	disposition, names, err := mime.ParseMediaType(h.Get("Content-Disposition"))
	attached := err == nil && disposition == "attachment"
	switch {
	case !attached && kind == "text/plain" && m.Text == "":
		m.Text = string(data)
	case !attached && kind == "text/html" && m.HTML == "":
		m.HTML = string(data)
	default:
		name := decodeWords(names["filename"])
		if name == "" {
			name = fmt.Sprintf("part-%d", len(m.Files)+1)
		}
		m.Files = append(m.Files, File{Name: name, ContentType: kind, Data: data})
	}
	return nil
}
