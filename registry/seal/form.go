package seal

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"
)

// Source is a table whose rows are sealed. Its key is the column id, which
// grows.
type Source struct {
	Table string
	// forms are the values that are hashed, each list as it was from some
	// version on; the last one is in force. Blocks name the one they were
	// sealed with, so a list never changes: a new column makes a new list.
	forms [][]string
	// unsealed are columns that may change after the row was written.
	unsealed []string
}

// Sources are all tables that are sealed, in the order of their names. Times
// and dates are written so that no setting of a session changes them.
var Sources = []Source{
	{Table: "allocation", forms: [][]string{
		{"id", "invoice_id", "amount", "source", "payment_id", "date:allocated_on"},
		{"id", "invoice_id", "amount", "source", "payment_id", "date:allocated_on", "payout_id", "taken_from"}}},
	{Table: "charge", unsealed: []string{"invoice_id", "reversed_at"}, forms: [][]string{{
		"id", "registrar_id", "operation", "zone_id", "domain_id", "domain_name", "request_id", "years", "date:period_from",
		"date:period_to", "currency", "amount", "tax_rate", "tax", "time:charged_at", "date:charged_on", "prepaid"}}},
	{Table: "credit_note", forms: [][]string{{
		"id", "number", "invoice_id", "registrar_id", "reason", "note", "date:dated", "currency", "net", "tax", "gross",
		"applied", "addressee", "time:created_at", "staff", "lines:credit_note_line"}}},
	{Table: "entry", forms: [][]string{{"id", "journal_id", "account_id", "currency", "amount"}}},
	{Table: "history", forms: [][]string{{
		"id", "time:at", "object", "object_id", "object_name", "action", "registrar_id", "staff", "reason", "cltrid",
		"svtrid", "changes"}}},
	{Table: "invoice", forms: [][]string{{
		"id", "number", "kind", "registrar_id", "date:dated", "date:due", "currency", "lines", "net", "tax", "gross",
		"addressee", "time:created_at"}}},
	{Table: "journal", forms: [][]string{{
		"id", "time:at", "date:day", "source", "source_id", "currency", "description"}}},
	{Table: "memo", forms: [][]string{{
		"id", "number", "account_id", "kind", "currency", "amount", "description", "transfer_id", "other_currency",
		"other_amount", "rate", "date:dated", "time:created_at", "staff"}}},
	{Table: "payment", forms: [][]string{{
		"id", "registrar_id", "customer_id", "currency", "amount", "date:received_on", "method", "reference", "bank_ref",
		"bank_file_id", "time:recorded_at", "staff"}}},
	{Table: "payout", forms: [][]string{{
		"id", "kind", "payment_id", "registrar_id", "customer_id", "currency", "amount", "date:paid_on", "reason", "bank_ref",
		"time:recorded_at", "staff"}}},
	{Table: "receipt", forms: [][]string{{
		"id", "number", "pro_forma_id", "payment_id", "account_id", "zone_id", "date:period_from", "date:period_to",
		"currency", "net", "tax", "gross", "date:dated", "time:created_at"}}},
	{Table: "receipt_reversal", forms: [][]string{{"id", "receipt_id", "payout_id", "date:dated"}}},
	{Table: "terms_acceptance", forms: [][]string{{
		"id", "account_id", "document_id", "version", "date:accepted_on", "copied"}}},
	{Table: "terms_version", forms: [][]string{{"id", "document_id", "version", "date:valid_from"}}},
}

// form is the number of the list of columns in force, from 1.
func (s Source) form() int { return len(s.forms) }

// selectSQL reads the rows of $1 < id <= $2 in their order, as an id and an
// array of texts.
func (s Source) selectSQL(form int) string {
	values := make([]string, len(s.forms[form-1]))
	for i, v := range s.forms[form-1] {
		values[i] = valueSQL(v)
	}
	return `SELECT id, ARRAY[` + strings.Join(values, ", ") + `] FROM ` + s.Table + ` t
		WHERE id > $1 AND id <= $2 ORDER BY id`
}

// valueSQL is the expression of one value as text.
func valueSQL(value string) string {
	kind, column, found := strings.Cut(value, ":")
	switch {
	case !found:
		return value + "::text"
	case kind == "time":
		return "(extract(epoch FROM " + column + ") * 1000000)::bigint::text"
	case kind == "date":
		return "to_char(" + column + ", 'YYYY-MM-DD')"
	}
	// The lines of a credit note are a table of their own, written with it.
	return `(SELECT string_agg(charge_id::text, ',' ORDER BY charge_id) FROM credit_note_line l WHERE l.credit_note_id = t.id)`
}

func sourceOf(table string) (Source, bool) {
	for _, s := range Sources {
		if s.Table == table {
			return s, true
		}
	}
	return Source{}, false
}

// row is a row as it is sealed.
type row struct {
	id   int64
	hash [sha256.Size]byte
}

// hashRow hashes values with their lengths, so that no text can move from one
// column to the next unnoticed. nil is SQL's NULL.
func hashRow(id int64, values []*string) row {
	size := 0
	for _, v := range values {
		size += 4
		if v != nil {
			size += len(*v)
		}
	}
	b := make([]byte, 0, size)
	for _, v := range values {
		if v == nil {
			b = binary.BigEndian.AppendUint32(b, 1<<32-1)
			continue
		}
		b = binary.BigEndian.AppendUint32(b, uint32(len(*v)))
		b = append(b, *v...)
	}
	return row{id, sha256.Sum256(b)}
}

// digestSize is what a block keeps of each row: its id and a part of its hash.
const digestSize = 16

// digest is what a block keeps of a row.
func (r row) digest() [digestSize]byte {
	var d [digestSize]byte
	binary.BigEndian.PutUint64(d[:8], uint64(r.id))
	copy(d[8:], r.hash[:8])
	return d
}

// idOf is the row's id in a digest.
func idOf(digest []byte) int64 { return int64(binary.BigEndian.Uint64(digest[:8])) }

func digests(rows []row) []byte {
	b := make([]byte, 0, digestSize*len(rows))
	for _, r := range rows {
		d := r.digest()
		b = append(b, d[:]...)
	}
	return b
}

// block is a row of audit_block.
type block struct {
	Number   int64
	Source   string
	Form     int16
	AfterID  int64
	LastID   int64
	Rows     int32
	Digests  []byte
	SealedAt time.Time
	Previous []byte
	Hash     []byte
}

// blockMark begins the text that is hashed, so that a block's hash is none of
// anything else.
const blockMark = "namekeep audit block 1\n"

// sum is the hash of the block over its rows.
func (b *block) sum(rows []row) []byte {
	h := sha256.New()
	h.Write([]byte(blockMark))
	h.Write(b.Previous)
	h.Write([]byte(b.Source + "\n"))
	for _, n := range []int64{b.Number, int64(b.Form), b.AfterID, b.LastID, int64(b.Rows), b.SealedAt.UnixMicro()} {
		var v [8]byte
		binary.BigEndian.PutUint64(v[:], uint64(n))
		h.Write(v[:])
	}
	for _, r := range rows {
		h.Write(r.hash[:])
	}
	return h.Sum(nil)
}
