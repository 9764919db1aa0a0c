package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/notify"
	"github.com/namekeep/namekeep/registry/pg"
)

// N5: list, show, retry and preview; links stay hidden, and what staff do is in
// the audit log.
func TestOutboxCommands(t *testing.T) {
	d := newDesk(t)
	d.register("shop.co.example")
	err := d.db.InTx(t.Context(), func(tx *pg.Tx) error {
		return notify.Enqueue(tx, notify.Message{Kind: notify.RenewalConfirmation, To: "owner@example.net",
			Payload: notify.Samples(notify.RenewalConfirmation)[0]})
	})
	if err == nil {
		_, err = d.db.Pool.Exec(t.Context(), `UPDATE outbox SET failed_at = '2026-01-01', smtp_code = 550, last_error = '550 5.1.1 no such user', attempts = 1`)
	}
	if err != nil {
		t.Fatal(err)
	}
	if out := d.must("support", "outbox", "list", "--state", "failed"); !strings.Contains(out, "owner@example.net") || !strings.Contains(out, "no such user") {
		t.Errorf("list:\n%s", out)
	}
	if out := d.must("support", "outbox", "list", "--state", "sent"); !strings.Contains(out, "No messages.") {
		t.Errorf("list:\n%s", out)
	}
	list := parsed[[]map[string]any](t, d.must("support", "--json", "outbox", "list"))
	id := string(must(t, list[0]["id"]))
	show := d.must("support", "outbox", "show", id)
	if !strings.Contains(show, "550") || strings.Contains(show, "7KQF") || !strings.Contains(show, "hidden") {
		t.Errorf("show:\n%s", show)
	}
	d.expect(exitRefused, "no message", "support", "outbox", "show", "999")
	d.expect(exitUsage, "--all", "operator", "outbox", "retry")
	d.expect(exitRefused, "role support", "support", "outbox", "retry", id)
	if out := d.must("operator", "outbox", "retry", id); !strings.Contains(out, "1 to be tried again") {
		t.Errorf("retry: %s", out)
	}
	if out := d.must("operator", "-y", "outbox", "retry", "--all"); !strings.Contains(out, "0 to be tried again") {
		t.Errorf("retry all: %s", out)
	}
	if out := d.must("support", "audit", "list"); !strings.Contains(out, "retry") {
		t.Errorf("audit:\n%s", out)
	}
}

func must(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// N5: preview renders every notice, for any name, and sends nothing.
func TestPreview(t *testing.T) {
	d := newDesk(t)
	d.register("shop.co.example")
	for _, kind := range notify.Kinds() {
		out := d.must("support", "outbox", "preview", kind, "--name", "SHOP.co.example")
		if strings.Contains(string(notify.Samples(kind)[0]), `"name":"`) && !strings.Contains(out, "Subject: ") {
			t.Errorf("%s:\n%s", kind, out)
		}
	}
	out := d.must("support", "outbox", "preview", "renewal-reminder", "--name", "shop.co.example")
	for _, want := range []string{"shop.co.example", "OWNER-1"} {
		if !strings.Contains(out, want) {
			t.Errorf("preview lacks %s:\n%s", want, out)
		}
	}
	dir := filepath.Join(t.TempDir(), "preview")
	d.must("support", "outbox", "preview", "pro-forma", "--variant", "2", "--out", dir)
	for _, file := range []string{"message.txt", "message.html", "PRO-000018.pdf"} {
		if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
			t.Error(err)
		}
	}
	d.expect(exitUsage, "advance-list", "support", "outbox", "preview", "nonsense")
	d.expect(exitUsage, "2 variants", "support", "outbox", "preview", "pro-forma", "--variant", "3")
	d.expect(exitRefused, "not", "support", "outbox", "preview", "pro-forma", "--name", "nobody.co.example")
	if out = d.must("support", "outbox", "list"); !strings.Contains(out, "No messages.") {
		t.Errorf("a preview is in the outbox:\n%s", out)
	}
}

// N3: staff mark a day as handed over.
func TestPostCommands(t *testing.T) {
	d := newDesk(t)
	templates, err := notify.LoadTemplates(notify.Identity{Name: "R", URL: "https://registry.example", Email: "help@registry.example"}, nil)
	if err == nil {
		err = d.db.InTx(t.Context(), func(tx *pg.Tx) error {
			return notify.EnqueueLetter(tx, notify.Letter{Kind: notify.ProForma, Addressee: notify.Addressee{Name: "Ann", Lines: []string{"Bristol"}},
				Payload: notify.Samples(notify.ProForma)[0], Document: "PRO-000017", Day: time.Date(2027, 6, 8, 0, 0, 0, 0, time.UTC)})
		})
	}
	if err == nil {
		_, err = (&notify.Spooler{DB: d.db, Templates: templates, Dir: t.TempDir()}).Run(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if out := d.must("support", "post", "list"); !strings.Contains(out, "2027-06-08") {
		t.Errorf("list:\n%s", out)
	}
	d.expect(exitRefused, "role support", "support", "post", "handed-over", "2027-06-08")
	if out := d.must("operator", "post", "handed-over", "2027-06-08"); !strings.Contains(out, "handed over: 1") {
		t.Errorf("handed over: %s", out)
	}
	if out := d.must("support", "audit", "list"); !strings.Contains(out, "hand over") {
		t.Errorf("audit:\n%s", out)
	}
	d.expect(exitUsage, "YYYY-MM-DD", "operator", "post", "handed-over", "yesterday")
}
