package notify

import (
	"encoding/json"
	"time"

	"github.com/namekeep/namekeep/registry/pg"
)

// Message is an e-mail to be sent once the transaction that causes it is
// committed.
type Message struct {
	Kind      string // names the template
	To        string // a bare address
	Language  string // ISO 639-1; "" means en
	Payload   any    // what the template fills in; stored as JSON
	Registrar int32  // registrar.id of the tag concerned; 0: none
	DomainID  int64  // 0: none
	Dedup     string // of the event: a second message with it is not stored; "" for none
}

// Letter is a letter to be printed and posted (rule N3).
type Letter struct {
	Kind      string
	Addressee Addressee
	Language  string
	Payload   any
	Document  string // number of the document inside, "" for none
	DomainID  int64
	Dedup     string
	Day       time.Time // the registry's civil day, at midnight UTC
}

// Addressee is what stands in the window of an envelope.
type Addressee struct {
	Name    string   `json:"name"`
	Lines   []string `json:"lines"`             // address lines, from the house to the postcode
	Country string   `json:"country,omitempty"` // ISO 3166-1 alpha-2
}

// OutboxInsert begins a statement that stores messages as a set; a SELECT of
// the columns in its order follows, then OnRepeat.
const OutboxInsert = `INSERT INTO outbox (kind, recipient, language, payload, registrar_id, domain_id, dedup, created_at) `

// PostInsert begins a statement that stores letters as a set; a SELECT of the
// columns in its order follows, then OnRepeat.
const PostInsert = `INSERT INTO post_item (kind, addressee, language, payload, document, domain_id, dedup, day, created_at) `

// OnRepeat ends a statement that stores messages or letters: those that are
// there already, by dedup, are left alone.
const OnRepeat = ` ON CONFLICT (dedup) DO NOTHING`

// Enqueue stores a message with the transaction. It fails only on a payload
// that is not JSON.
func Enqueue(tx *pg.Tx, m Message) error {
	payload, err := json.Marshal(m.Payload)
	if err != nil {
		return err
	}
	tx.Queue(OutboxInsert+`VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`+OnRepeat,
		m.Kind, m.To, language(m.Language), payload, orNull(m.Registrar), orNull(m.DomainID), orNull(m.Dedup), tx.Now)
	return nil
}

// EnqueueLetter stores a letter with the transaction. It fails only on a
// payload that is not JSON.
func EnqueueLetter(tx *pg.Tx, l Letter) error {
	payload, err := json.Marshal(l.Payload)
	if err != nil {
		return err
	}
	tx.Queue(PostInsert+`VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`+OnRepeat,
		l.Kind, l.Addressee, language(l.Language), payload, l.Document, orNull(l.DomainID), orNull(l.Dedup), l.Day, tx.Now)
	return nil
}

func language(code string) string {
	if code == "" {
		return "en"
	}
	return code
}

// orNull turns a zero value into SQL's null.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
