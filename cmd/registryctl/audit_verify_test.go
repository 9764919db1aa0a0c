package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Staff seal the log, note its head, and find what somebody changed behind it.
func TestAuditVerify(t *testing.T) {
	d := newDesk(t)
	d.expect(exitRefused, "Nothing is sealed", "support", "audit", "head")
	d.register("shop.co.example")
	d.expect(exitDone, "not sealed yet, since", "support", "audit", "verify")
	d.must("support", "audit", "seal")
	head := d.must("support", "audit", "head")
	heads := filepath.Join(t.TempDir(), "heads")
	if err := os.WriteFile(heads, []byte("\n"+head), 0o600); err != nil {
		t.Fatal(err)
	}
	d.expect(exitDone, "1 noted heads met", "support", "audit", "verify", "--heads", heads)
	v := parsed[auditReport](t, d.must("support", "--json", "audit", "verify", "--heads", heads))
	if v.Rows < 5 || v.Tail != 0 || v.Found != 0 || v.Noted != 1 || !strings.Contains(head, v.Head.Hash) {
		t.Errorf("%+v", v)
	}
	err := pgx.BeginFunc(t.Context(), d.db.Pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `SET LOCAL session_replication_role = replica;
			UPDATE history SET staff = 'bob' WHERE object = 'domain'; DELETE FROM journal WHERE id = 1`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	d.expect(exitRefused, "history", "support", "audit", "verify")
	v = parsed[auditReport](t, d.run("support", "--json", "audit", "verify").stdout)
	if v.Found < 1 || v.Findings[0].What != "row edited" {
		t.Errorf("%+v", v)
	}
	for name, text := range map[string]string{
		"word": "head of the log", "short": "3 abcd", "two": "1 " + strings.Repeat("a", 64) + "\n1 " + strings.Repeat("b", 64),
	} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d.expect(exitUsage, "--heads", "support", "audit", "verify", "--heads", file)
	}
	other := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("1 "+strings.Repeat("a", 64)), 0o600); err != nil {
		t.Fatal(err)
	}
	d.expect(exitRefused, "another hash than was noted", "support", "audit", "verify", "--heads", other)
}
