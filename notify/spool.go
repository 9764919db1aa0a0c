package notify

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// manifest is the file that lists a folder's letters for the print house.
const manifest = "manifest.csv"

// spoolChunk is how many letters are written in one transaction.
const spoolChunk = 50

// Spooler writes letters as PDF into a folder for each day (rule N3). Two at
// once share the work.
type Spooler struct {
	DB        *pg.DB
	Templates *Templates
	Dir       string // the spool; a folder for each day below it
}

// letterRow is a letter that is to be written.
type letterRow struct {
	id        int64
	kind      Kind
	addressee Addressee
	language  string
	payload   []byte
	document  string
	day       time.Time
}

// Run writes every letter that waits and returns how many. A letter belongs to
// the folder of its day, 2027-06-08; when that has been handed over already, to
// 2027-06-08-2 and so on: what the print house has does not change.
func (s *Spooler) Run(ctx context.Context) (int, error) {
	total := 0
	for {
		n, err := s.chunk(ctx)
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}

// chunk writes the letters of one day, some of them. The files come first: if
// the transaction is lost, the next run writes the same ones again.
func (s *Spooler) chunk(ctx context.Context) (int, error) {
	n := 0
	err := s.DB.InTx(ctx, func(tx *pg.Tx) error {
		n = 0
		err := lockSpool(ctx, tx)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT id, kind, addressee, language, payload, document, day FROM post_item
			WHERE spooled_at IS NULL AND day = (SELECT min(day) FROM post_item WHERE spooled_at IS NULL)
			ORDER BY id LIMIT $1 FOR UPDATE`, spoolChunk)
		if err != nil {
			return err
		}
		letters, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (letterRow, error) {
			var l letterRow
			err := row.Scan(&l.id, &l.kind, &l.addressee, &l.language, &l.payload, &l.document, &l.day)
			return l, err
		})
		if err != nil || len(letters) == 0 {
			return err
		}
		folder, err := folderOf(ctx, tx, letters[0].day)
		if err != nil {
			return err
		}
		err = s.write(tx, folder, letters)
		if err != nil {
			return err
		}
		n = len(letters)
		return s.writeManifest(ctx, tx, folder)
	})
	if err != nil {
		return 0, fmt.Errorf("spool letters: %w", err)
	}
	return n, nil
}

// lockSpool keeps two spoolers, and a hand-over, from working on one folder.
func lockSpool(ctx context.Context, tx *pg.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(7305620240)`)
	return err
}

// folderOf is where letters of a day go now.
func folderOf(ctx context.Context, tx *pg.Tx, day time.Time) (string, error) {
	var handedOver int
	err := tx.QueryRow(ctx, `SELECT count(DISTINCT handed_over_at) FROM post_item WHERE day = $1 AND handed_over_at IS NOT NULL`, day).Scan(&handedOver)
	folder := day.Format(time.DateOnly)
	if handedOver > 0 {
		folder += "-" + strconv.Itoa(handedOver+1)
	}
	return folder, err
}

// write renders letters into files and notes them.
func (s *Spooler) write(tx *pg.Tx, folder string, letters []letterRow) error {
	err := os.MkdirAll(filepath.Join(s.Dir, folder), 0o750)
	if err != nil {
		return err
	}
	for _, l := range letters {
		pdf, pages, err := s.Templates.Letter(l.kind, l.language, l.payload, l.addressee)
		if err != nil {
			return fmt.Errorf("letter %d: %w", l.id, err)
		}
		file := path.Join(folder, fmt.Sprintf("%08d%s.pdf", l.id, fileSuffix(l.document)))
		err = writeFile(filepath.Join(s.Dir, filepath.FromSlash(file)), pdf)
		if err != nil {
			return err
		}
		tx.Queue(`UPDATE post_item SET file = $2, pages = $3, spooled_at = $4 WHERE id = $1`, l.id, file, pages, tx.Now)
	}
	return nil
}

// fileSuffix is a document's number as part of a file name.
func fileSuffix(document string) string {
	safe := strings.Map(func(r rune) rune {
		if r == '-' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, document)
	if safe == "" {
		return ""
	}
	return "-" + safe
}

// writeManifest lists the letters of a folder: file, addressee, pages, document.
func (s *Spooler) writeManifest(ctx context.Context, tx *pg.Tx, folder string) error {
	rows, err := tx.Query(ctx, `SELECT file, addressee, pages, document FROM post_item WHERE file LIKE $1 || '/%' ORDER BY id`, folder)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	records := [][]string{{"file", "addressee", "pages", "document"}}
	for rows.Next() {
		var file, document string
		var to Addressee
		var pages int
		err = rows.Scan(&file, &to, &pages, &document)
		if err != nil {
			return err
		}
		records = append(records, []string{path.Base(file), to.line(), strconv.Itoa(pages), document})
	}
	if rows.Err() != nil {
		return rows.Err()
	}
	err = w.WriteAll(records)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(s.Dir, folder, manifest), b.Bytes())
}

// line is the addressee on one line.
func (a Addressee) line() string {
	parts := append([]string{a.Name}, a.Lines...)
	if a.Country != "" {
		parts = append(parts, a.Country)
	}
	return oneLine(strings.Join(parts, ", "))
}

// writeFile puts a file in place as a whole: a reader sees the old one or the
// new one.
func writeFile(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o640)
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		removeErr := os.Remove(f.Name())
		if errors.Is(removeErr, fs.ErrNotExist) {
			removeErr = nil
		}
		return errors.Join(err, removeErr)
	}
	return nil
}

// Letter renders a letter as PDF and returns its number of pages.
func (t *Templates) Letter(kind Kind, language string, payload []byte, to Addressee) (pdf []byte, pages int, err error) {
	p, err := decode(kind, payload)
	if err != nil {
		return nil, 0, err
	}
	proForma, ok := p.(*ProFormaNotice)
	set, err := t.set(kind, language)
	if err != nil {
		return nil, 0, err
	}
	if !ok || set.letter == nil {
		return nil, 0, fmt.Errorf("%s is not sent by post", kind)
	}
	return t.letter(set, proForma, to)
}

// PostDay is the letters of a day.
type PostDay struct {
	Day        time.Time // at midnight UTC
	Waiting    int       // not written yet
	Spooled    int       // written, not handed over
	HandedOver int
	Pages      int
}

// ListPost returns the last days with letters, newest first.
func ListPost(ctx context.Context, db *pg.DB, days int) ([]PostDay, error) {
	rows, err := db.Pool.Query(ctx, `SELECT day, count(*) FILTER (WHERE spooled_at IS NULL),
		count(*) FILTER (WHERE spooled_at IS NOT NULL AND handed_over_at IS NULL), count(handed_over_at), coalesce(sum(pages), 0)
		FROM post_item GROUP BY day ORDER BY day DESC LIMIT $1`, days)
	if err != nil {
		return nil, fmt.Errorf("list post: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[PostDay])
	if err != nil {
		return nil, fmt.Errorf("list post: %w", err)
	}
	return list, nil
}

// HandOver marks the letters of a day that are in the spool as handed over to
// the print house and returns how many. Doing it again changes nothing.
func HandOver(ctx context.Context, tx *pg.Tx, day time.Time) (int64, error) {
	err := lockSpool(ctx, tx)
	if err != nil {
		return 0, fmt.Errorf("hand over post: %w", err)
	}
	tag, err := tx.Exec(ctx, `UPDATE post_item SET handed_over_at = $2
		WHERE day = $1 AND spooled_at IS NOT NULL AND handed_over_at IS NULL`, day, tx.Now)
	if err != nil {
		return 0, fmt.Errorf("hand over post: %w", err)
	}
	return tag.RowsAffected(), nil
}

// ErrNoLetter: no letter with such a document was queued.
var ErrNoLetter = errors.New("there is no such letter")

// PostedLetter sets the letter with a document again, by its number: the same
// texts give the same bytes as went to the post.
func (t *Templates) PostedLetter(ctx context.Context, db *pg.DB, number string) ([]byte, error) {
	var l letterRow
	err := db.Pool.QueryRow(ctx, `SELECT kind, addressee, language, payload FROM post_item WHERE document = $1 AND document <> '' ORDER BY id LIMIT 1`, number).
		Scan(&l.kind, &l.addressee, &l.language, &l.payload)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrNoLetter
	}
	if err != nil {
		return nil, fmt.Errorf("read the letter with %s: %w", number, err)
	}
	pdf, _, err := t.Letter(l.kind, l.language, l.payload, l.addressee)
	return pdf, err
}
