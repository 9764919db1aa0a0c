package billing

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// BankLine is one incoming payment of a bank file.
type BankLine struct {
	Number   int    // of the line or entry, from 1, for messages
	BankRef  string // the bank's own reference; unique over all files
	BookedOn time.Time
	Amount   Money
	TAG      string // the registrar that pays; "" to be found by invoice or text
	Invoice  string // the invoice that it names
	ProForma string // the pro forma that a registrant pays
	Text     string // what the payer wrote
}

// BankFile is a bank file that was read.
type BankFile struct {
	Name    string
	Format  string // csv or camt.053
	SHA256  [sha256.Size]byte
	Lines   []BankLine
	Ignored int // entries that are not payments to the registry
}

// firstBookedYear and lastBookedYear bound the dates that are no mistakes.
const (
	firstBookedYear = 1970
	lastBookedYear  = 2199
)

// maxBankLines is more than a day's payments will ever be.
const maxBankLines = 100_000

// csvColumns are those of a bank file in CSV; reference, date, amount and
// currency must be there, in any order.
var csvColumns = []string{"reference", "date", "amount", "currency", "tag", "invoice", "text"}

// ReadBankCSV reads a bank file in CSV: comma or semicolon, a head line with the
// columns reference (the bank's, unique), date (YYYY-MM-DD), amount and
// currency, and if wanted tag, invoice and text. A *Refusal names the line that
// is wrong.
func ReadBankCSV(name string, data []byte) (BankFile, error) {
	f, err := readBankCSV(name, data)
	if err != nil {
		f.Lines = nil // no part of a wrong file is to be booked
	}
	return f, err
}

func readBankCSV(name string, data []byte) (BankFile, error) {
	f := BankFile{Name: name, Format: "csv", SHA256: sha256.Sum256(data)}
	text, valid := strings.TrimPrefix(string(data), "\ufeff"), utf8.Valid(data)
	if !valid {
		return f, refuse(Invalid, "file", name, "The file is not UTF-8.")
	}
	r := csv.NewReader(strings.NewReader(text))
	head, _, _ := strings.Cut(text, "\n")
	if strings.Count(head, ";") > strings.Count(head, ",") {
		r.Comma = ';'
	}
	at, err := csvHead(r)
	if err != nil {
		return f, err
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			return f, refuse(Invalid, "line", fmt.Sprint(parse.Line), "Line %d: %v.", parse.Line, parse.Err)
		}
		if err != nil {
			return f, fmt.Errorf("read %s: %w", name, err)
		}
		number, _ := r.FieldPos(0)
		l, err := csvLine(record, at)
		if err != nil {
			return f, refuse(Invalid, "line", fmt.Sprint(number), "Line %d: %v. Nothing of the file was recorded.", number, err)
		}
		l.Number = number
		f.Lines = append(f.Lines, l)
		if len(f.Lines) > maxBankLines {
			return f, refuse(Invalid, "file", name, "The file has more than %d lines.", maxBankLines)
		}
	}
	return f, f.Check()
}

// csvHead finds the columns.
func csvHead(r *csv.Reader) (map[string]int, error) {
	head, err := r.Read()
	if err != nil {
		return nil, refuse(Invalid, "line", "1", "Line 1: a head line with the columns %s is expected.", strings.Join(csvColumns, ", "))
	}
	at := map[string]int{}
	for i, h := range head {
		column := strings.ToLower(strings.TrimSpace(h))
		_, twice := at[column]
		if twice || !slices.Contains(csvColumns, column) {
			return nil, refuse(Invalid, "line", "1", "Line 1: %q is not one of the columns %s.", h, strings.Join(csvColumns, ", "))
		}
		at[column] = i
	}
	for _, column := range csvColumns[:4] {
		if _, ok := at[column]; !ok {
			return nil, refuse(Invalid, "line", "1", "Line 1: the column %s is missing.", column)
		}
	}
	return at, nil
}

func csvLine(record []string, at map[string]int) (BankLine, error) {
	field := func(column string) string {
		i, ok := at[column]
		if !ok {
			return ""
		}
		return strings.TrimSpace(record[i])
	}
	l := BankLine{BankRef: field("reference"), TAG: field("tag"), Invoice: field("invoice"), Text: field("text")}
	if l.BankRef == "" {
		return l, errors.New("the bank's reference is missing")
	}
	var err error
	l.BookedOn, err = time.Parse(time.DateOnly, field("date"))
	if err != nil {
		return l, fmt.Errorf("%q is not a date of the form YYYY-MM-DD", field("date"))
	}
	if y := l.BookedOn.Year(); y < firstBookedYear || y > lastBookedYear {
		return l, fmt.Errorf("%s is no day on which a payment was booked", field("date"))
	}
	l.Amount, err = ParseMoney(field("amount"), field("currency"))
	if err != nil {
		return l, err
	}
	if l.Amount.Minor <= 0 {
		return l, fmt.Errorf("a payment is more than nothing; %s is not", l.Amount)
	}
	l.FromText()
	return l, nil
}

var (
	invoiceInText  = regexp.MustCompile(`(?i)\bINV-?\s?0*([1-9][0-9]{0,11})\b`)
	proFormaInText = regexp.MustCompile(`(?i)\bPRO-?\s?0*([1-9][0-9]{0,11})\b`)
)

// FromText finds the invoice or the pro forma that the payer's text names,
// where the line does not say itself. A text that names several names none: the
// oldest invoices are paid first then.
func (l *BankLine) FromText() {
	if l.Invoice != "" || l.ProForma != "" {
		return
	}
	l.ProForma = onlyMatch(proFormaInText, prefixProForma, l.Text)
	if l.ProForma == "" {
		l.Invoice = onlyMatch(invoiceInText, prefixInvoice, l.Text)
	}
}

func onlyMatch(re *regexp.Regexp, prefix, text string) string {
	var found string
	for _, m := range re.FindAllStringSubmatch(text, -1) {
		number := prefix + "-" + m[1]
		if found != "" && found != number {
			return ""
		}
		found = number
	}
	return found
}

// Check refuses a file whose lines share a reference but differ; ReadBankCSV has
// done it.
func (f BankFile) Check() error {
	first := map[string]BankLine{}
	for _, l := range f.Lines {
		before, ok := first[l.BankRef]
		if ok && (before.Amount != l.Amount || !before.BookedOn.Equal(l.BookedOn)) {
			return refuse(Invalid, "line", fmt.Sprint(l.Number), "Line %d: the reference %s is that of line %d, for another payment. Nothing of the file was recorded.",
				l.Number, l.BankRef, before.Number)
		}
		first[l.BankRef] = l
	}
	return nil
}

// InsertBankFile notes the file; known reports that it was imported before.
func InsertBankFile(ctx context.Context, tx *pg.Tx, f BankFile, staff string) (id int64, known bool, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO bank_file (sha256, name, format, lines, imported_at, staff)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (sha256) DO NOTHING RETURNING id`,
		f.SHA256[:], f.Name, f.Format, len(f.Lines), tx.Now, orNull(staff)).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		err = tx.QueryRow(ctx, `SELECT id FROM bank_file WHERE sha256 = $1`, f.SHA256[:]).Scan(&id)
		known = true
	}
	if err != nil {
		return 0, false, fmt.Errorf("note the bank file: %w", err)
	}
	return id, known, nil
}

var tagInText = regexp.MustCompile(`[A-Z0-9-]{2,15}[A-Z0-9_-]`)

// TagOf finds the registrar of a line that does not name it: by the invoice, or
// by the only tag in the text.
func TagOf(ctx context.Context, tx *pg.Tx, l BankLine) (string, error) {
	if l.Invoice != "" {
		i, err := findInvoice(ctx, tx, l.Invoice)
		return i.TAG, err
	}
	rows, err := tx.Query(ctx, `SELECT tag FROM registrar WHERE tag = ANY ($1) AND kind = 'registrar' LIMIT 2`,
		tagInText.FindAllString(strings.ToUpper(l.Text), -1))
	if err != nil {
		return "", fmt.Errorf("find the payer: %w", err)
	}
	tags, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return "", fmt.Errorf("find the payer: %w", err)
	}
	if len(tags) != 1 {
		return "", refuse(Unknown, "tag", l.Text, "Nothing tells who paid: no tag, invoice or pro forma in %q.", l.Text)
	}
	return tags[0], nil
}
