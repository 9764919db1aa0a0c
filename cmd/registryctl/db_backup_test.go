package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// emptyDatabase is a database without tables.
func emptyDatabase(t *testing.T) *pg.DB {
	t.Helper()
	db := pgtest.New(t)
	_, err := db.Pool.Exec(t.Context(), `DROP SCHEMA public CASCADE`)
	if err == nil {
		_, err = db.Pool.Exec(t.Context(), `CREATE SCHEMA public`)
	}
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// books is a register with names, an invoice and a payment.
func books(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	for _, name := range []string{"one.co.example", "two.co.example"} {
		d.register(name)
	}
	d.must("billing", "-y", "invoice", "run")
	d.must("billing", "-y", "payment", "record", "--tag", "ALPHA", "--amount", "7.00")
	return d
}

// What was backed up comes back, whatever was changed since; everything is
// compared, and the books agree.
func TestBackupAndRestore(t *testing.T) {
	d := books(t)
	dir := filepath.Join(t.TempDir(), "backups")
	d.expect(exitUsage, "give --dir, or set backup.dir", "operator", "db", "backup")
	d.expect(exitRefused, "role support", "support", "db", "backup", "--dir", dir)
	made := parsed[backupView](t, d.must("operator", "--json", "db", "backup", "--dir", dir))
	if made.Tables < 40 || made.Rows == 0 || made.Bytes == 0 {
		t.Fatalf("backup %+v", made)
	}
	d.must("operator", "-y", "domain", "cancel", "two.co.example")
	d.register("three.co.example")

	d.expect(exitRefused, "is not empty", "admin", "-y", "db", "restore", made.File, "--to", d.url)
	to := emptyDatabase(t)
	d.expect(exitUsage, "Give --yes", "admin", "db", "restore", made.File, "--to", pgtest.URL(to))
	d.expect(exitDone, "are what was backed up", "admin", "-y", "db", "restore", made.File, "--to", pgtest.URL(to))

	restored := &desk{t: t, db: to, url: pgtest.URL(to)}
	restored.expect(exitDone, "two.co.example", "support", "domain", "show", "two.co.example")
	restored.expect(exitRefused, "not registered", "support", "domain", "show", "three.co.example")
	restored.expect(exitDone, "ok", "billing", "billing", "verify")
	restored.expect(exitDone, "restore", "support", "audit", "list", "--object", "database", "--action", "restore")
	// Life goes on: ids, numbers and days continue where they were.
	restored.register("four.co.example")
	restored.must("billing", "-y", "invoice", "run")
	restored.expect(exitDone, "ok", "billing", "billing", "verify")
}

// A dump that was damaged, shortened or lost its manifest is not restored.
func TestRestoreRefusesDamage(t *testing.T) {
	d := books(t)
	dir := t.TempDir()
	made := parsed[backupView](t, d.must("operator", "--json", "db", "backup", "--dir", dir))
	to := emptyDatabase(t)
	whole, err := os.ReadFile(made.File)
	if err != nil {
		t.Fatal(err)
	}
	write := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(made.File, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	damaged := append([]byte{}, whole...)
	damaged[len(damaged)/2] ^= 0xff
	for what, data := range map[string][]byte{"damaged": damaged, "shortened": whole[:len(whole)-100], "empty": nil} {
		write(data)
		t.Log(what)
		d.expect(exitFault, "is not the file that its manifest describes", "admin", "-y", "db", "restore", made.File, "--to", pgtest.URL(to))
	}
	if err := os.Remove(made.File + ".json"); err != nil {
		t.Fatal(err)
	}
	d.expect(exitRefused, "no manifest", "admin", "-y", "db", "restore", made.File, "--to", pgtest.URL(to))
	write(whole[:len(whole)-100]) // without a manifest pg_restore finds out, and leaves nothing
	d.expect(exitFault, "nothing was restored", "admin", "-y", "db", "restore", made.File, "--unchecked", "--to", pgtest.URL(to))
	write(whole)
	d.expect(exitDone, "no manifest to compare", "admin", "-y", "db", "restore", made.File, "--unchecked", "--to", pgtest.URL(to))
}

// A manifest that does not fit the dump is found out after the restore.
func TestRestoreCompares(t *testing.T) {
	d := books(t)
	made := parsed[backupView](t, d.must("operator", "--json", "db", "backup", "--dir", t.TempDir()))
	text, err := os.ReadFile(made.File + ".json")
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), `"rows": 2`, `"rows": 3`, 1)
	if changed == string(text) {
		t.Fatal("no table with two rows")
	}
	if err = os.WriteFile(made.File+".json", []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	d.expect(exitFault, "rows, want 3", "admin", "-y", "db", "restore", made.File, "--to", pgtest.URL(emptyDatabase(t)))
}

// Old backups go, others' files stay.
func TestBackupRetention(t *testing.T) {
	d := newDesk(t)
	dir := t.TempDir()
	for _, name := range []string{"namekeep-mine.dump", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var files []string
	for range 3 {
		files = append(files, parsed[backupView](t, d.must("operator", "--json", "db", "backup", "--dir", dir, "--keep", "2")).File)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{files[1], files[1] + ".json", files[2], files[2] + ".json", filepath.Join(dir, "namekeep-mine.dump"), filepath.Join(dir, "notes.txt")}
	if strings.Join(left, "\n") != strings.Join(want, "\n") {
		t.Errorf("left:\n%s\nwant:\n%s", strings.Join(left, "\n"), strings.Join(want, "\n"))
	}
	status := parsed[databaseView](t, d.must("support", "--json", "db", "status", "--dir", dir))
	if status.Backups != 2 || status.LastBackup == nil || status.LastBackup.File != files[2] || status.Dump == "" || status.Bytes == 0 {
		t.Errorf("status %+v", status)
	}
	d.expect(exitDone, "(2 in all)", "support", "db", "status", "--dir", dir)
}
