package mailbox

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits of a mailbox.
const (
	DefaultMessages = 1000
	maxMessage      = 32 << 20 // bytes
	maxRecipients   = 100
)

// Config says where a mailbox keeps its messages.
type Config struct {
	Dir      string           // made if need be; only this program writes there
	Messages int              // kept at most, the oldest go; default DefaultMessages
	Clock    func() time.Time // real time
}

// Mailbox keeps messages. It is safe for concurrent use.
type Mailbox struct {
	dir   string
	limit int
	clock func() time.Time

	mu   sync.Mutex
	next int
	list []Entry // oldest first
}

// Entry is a message in the list.
type Entry struct {
	ID       int
	Received time.Time
	From, To string // of the envelope
	Subject  string
	Size     int
}

// Open opens the mailbox in a folder, with what is in it.
func Open(cfg Config) (*Mailbox, error) {
	m := &Mailbox{dir: cfg.Dir, limit: cfg.Messages, clock: cfg.Clock, next: 1}
	if m.limit <= 0 {
		m.limit = DefaultMessages
	}
	err := os.MkdirAll(cfg.Dir, 0o700)
	if err != nil {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	files, err := os.ReadDir(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	for _, f := range files {
		number, isMail := strings.CutSuffix(f.Name(), ".eml")
		id, err := strconv.Atoi(number)
		if !isMail || err != nil || id < 1 {
			continue
		}
		raw, err := os.ReadFile(m.file(id))
		if err != nil {
			return nil, fmt.Errorf("mailbox: %w", err)
		}
		m.list = append(m.list, entry(id, raw))
		m.next = max(m.next, id+1)
	}
	slices.SortFunc(m.list, func(a, b Entry) int { return a.ID - b.ID })
	return m, nil
}

func (m *Mailbox) file(id int) string { return filepath.Join(m.dir, fmt.Sprintf("%08d.eml", id)) }

// entry reads what the list shows from a stored message. A message that cannot
// be read is listed all the same.
func entry(id int, raw []byte) Entry {
	e := Entry{ID: id, Size: len(raw), Subject: "(unreadable)"}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return e
	}
	h := parsed.Header
	e.From, e.To = strings.Trim(h.Get("Return-Path"), "<>"), h.Get("Delivered-To")
	e.Subject = decodeWords(h.Get("Subject"))
	e.Received, _ = time.Parse(time.RFC3339, h.Get(receivedHeader))
	return e
}

// receivedHeader is when the mailbox took a message, in its own words.
const receivedHeader = "X-Mailbox-Received"

func decodeWords(s string) string {
	d, err := (&mime.WordDecoder{}).DecodeHeader(s)
	if err != nil {
		return s
	}
	return d
}

// add stores a message for one recipient.
func (m *Mailbox) add(from, to string, raw []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := m.next
	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <%s>\r\nDelivered-To: %s\r\n%s: %s\r\n", from, to, receivedHeader,
		m.clock().UTC().Format(time.RFC3339))
	b.Write(raw)
	temporary := m.file(id) + ".new"
	err := os.WriteFile(temporary, b.Bytes(), 0o600)
	if err == nil {
		err = os.Rename(temporary, m.file(id))
	}
	if err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	m.next++
	m.list = append(m.list, entry(id, b.Bytes()))
	for len(m.list) > m.limit {
		err = os.Remove(m.file(m.list[0].ID))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("mailbox: %w", err)
		}
		m.list = m.list[1:]
	}
	return nil
}

// List returns the messages, newest first, of those whose recipient or subject
// contains the text; "" for all.
func (m *Mailbox) List(text string) []Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Entry
	text = strings.ToLower(text)
	for _, e := range slices.Backward(m.list) {
		if strings.Contains(strings.ToLower(e.To+"\n"+e.Subject), text) {
			out = append(out, e)
		}
	}
	return out
}

// Raw returns a message as it was received, fs.ErrNotExist for none.
func (m *Mailbox) Raw(id int) ([]byte, error) { return os.ReadFile(m.file(id)) }
