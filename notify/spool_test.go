package notify

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

var postDay = time.Date(2027, 6, 8, 0, 0, 0, 0, time.UTC)

func queueLetter(t *testing.T, db *pg.DB, number string, to Addressee) {
	t.Helper()
	p := samples[ProForma][0].(ProFormaNotice)
	p.Number = number
	err := db.InTx(context.Background(), func(tx *pg.Tx) error {
		return EnqueueLetter(tx, Letter{Kind: ProForma, Addressee: to, Payload: p, Document: number, Dedup: number, Day: postDay})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// N3: a folder for each day with letters and a manifest; what was handed over
// does not change any more.
func TestLettersAreSpooled(t *testing.T) {
	db := pgtest.New(t)
	ctx := context.Background()
	dir := t.TempDir()
	s := &Spooler{DB: db, Templates: load(t, nil), Dir: dir}
	to := Addressee{Name: "Zoë Dommelsen 😀", Lines: []string{"12 Quay Street", "Bristol", "BS1 4QA"}, Country: "GB"}
	for _, number := range []string{"PRO-000017", "../../PRO-000018"} {
		queueLetter(t, db, number, to)
	}
	n, err := s.Run(ctx)
	if err != nil || n != 2 {
		t.Fatalf("%d letters, %v", n, err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "2027-06-08", "manifest.csv"))
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(records) != 3 {
		t.Fatalf("%q, %v", records, err)
	}
	if got := strings.Join(records[1][1:], "|"); got != "Zoë Dommelsen 😀, 12 Quay Street, Bristol, BS1 4QA, GB|1|PRO-000017" {
		t.Errorf("manifest: %s", got)
	}
	for _, r := range records[1:] {
		text, err := exec.Command("pdftotext", "-layout", filepath.Join(dir, "2027-06-08", r[0]), "-").CombinedOutput()
		if err != nil {
			t.Fatalf("pdftotext (poppler-utils): %v: %s", err, text)
		}
		for _, want := range []string{"Zoë Dommelsen ?", "BS1 4QA", "96.00 GBP", "münchen.example (xn--mnchen-3ya.example)", "https://alpha.example/"} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s lacks %q:\n%s", r[0], want, text)
			}
		}
	}
	if handed, err := handOver(t, db); err != nil || handed != 2 {
		t.Fatalf("handed over %d, %v", handed, err)
	}
	queueLetter(t, db, "PRO-000019", to)
	if n, err = s.Run(ctx); err != nil || n != 1 {
		t.Fatalf("%d letters, %v", n, err)
	}
	later, err := os.ReadFile(filepath.Join(dir, "2027-06-08", "manifest.csv"))
	if err != nil || !bytes.Equal(data, later) {
		t.Errorf("the manifest that was handed over has changed: %v", err)
	}
	if data, err = os.ReadFile(filepath.Join(dir, "2027-06-08-2", "manifest.csv")); err != nil || !strings.Contains(string(data), "PRO-000019") {
		t.Errorf("the late letter: %q, %v", data, err)
	}
	days, err := ListPost(ctx, db, 10)
	if err != nil || len(days) != 1 || days[0] != (PostDay{Day: postDay, Spooled: 1, HandedOver: 2, Pages: 3}) {
		t.Errorf("days %+v, %v", days, err)
	}
	if handed, err := handOver(t, db); err != nil || handed != 1 {
		t.Errorf("handed over %d, %v", handed, err)
	}
	if handed, err := handOver(t, db); err != nil || handed != 0 {
		t.Errorf("handed over once more %d, %v", handed, err)
	}
}

// The same payload makes the same bytes: the letter and the attachment are one
// document.
func TestLetterIsReproducible(t *testing.T) {
	templates := load(t, nil)
	payload := Samples(ProForma)[0]
	a, pages, err := templates.Letter(ProForma, "en", payload, sampleRegistrant.addressee())
	if err != nil || pages != 1 {
		t.Fatalf("%d pages, %v", pages, err)
	}
	m, err := templates.Preview(ProForma, "en", payload)
	if err != nil || len(m.Files) != 1 || !bytes.Equal(m.Files[0].Data, a) {
		t.Errorf("the attachment differs: %v", err)
	}
	if _, _, err = templates.Letter(Receipt, "en", Samples(Receipt)[0], Addressee{Name: "A"}); err == nil {
		t.Error("a receipt went by post")
	}
}

// The longest address stays in the window, and keeps what the post needs.
func TestLongAddressesStayInTheWindow(t *testing.T) {
	templates := load(t, nil)
	to := Addressee{Name: strings.Repeat("Very Long Name ", 20), Country: "GB",
		Lines: []string{"one", "two", "three", "four", "five", "six", "Bristol", "BS1 4QA"}}
	pdf, pages, err := templates.Letter(ProForma, "en", Samples(ProForma)[0], to)
	if err != nil || pages != 1 {
		t.Fatalf("%d pages, %v", pages, err)
	}
	file := filepath.Join(t.TempDir(), "letter.pdf")
	if err = os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	// The window in points at 72 dpi: 20 to 105 mm across, 45 to 90 mm down.
	text, err := exec.Command("pdftotext", "-layout", "-x", "56", "-y", "127", "-W", "242", "-H", "129", file, "-").CombinedOutput()
	if err != nil {
		t.Fatalf("pdftotext (poppler-utils): %v: %s", err, text)
	}
	for _, want := range []string{"Very Long Name", "Bristol", "BS1 4QA", "GB"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the window lacks %q:\n%s", want, text)
		}
	}
}

func handOver(t *testing.T, db *pg.DB) (n int64, err error) {
	t.Helper()
	err = db.InTx(context.Background(), func(tx *pg.Tx) error {
		n, err = HandOver(context.Background(), tx, postDay)
		return err
	})
	return n, err
}
