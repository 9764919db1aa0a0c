//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg/cluster"
)

// TestRecoveryToAMoment does what docs/operations.md says about continuous
// archiving: archive the WAL, take a base backup, and bring the data back to
// just before a mistake that was made after it.
func TestRecoveryToAMoment(t *testing.T) {
	ctx := t.Context()
	base, err := cluster.Client("pg_basebackup", 15)
	if err != nil {
		t.Fatal(err) // says how to install it
	}
	// The server's account must be able to walk there.
	dir, err := os.MkdirTemp("", "namekeep-recovery")
	if err == nil {
		err = os.Chmod(dir, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	wal := filepath.Join(dir, "wal")
	if err = os.Mkdir(wal, 0o777); err == nil {
		err = os.Chmod(wal, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	before := start(t, filepath.Join(dir, "before"), map[string]string{
		"wal_level": "replica", "archive_mode": "on", "max_wal_senders": "4",
		"archive_command": fmt.Sprintf("test ! -f %[1]s/%%f && cp %%p %[1]s/%%f.part && mv %[1]s/%%f.part %[1]s/%%f", wal),
	})
	do(t, before, `CREATE TABLE name (label text)`, `INSERT INTO name VALUES ('before the base backup')`)
	out, err := exec.CommandContext(ctx, base, "--dbname="+before.URL("postgres"), "--pgdata="+filepath.Join(dir, "base"),
		"--format=tar", "--gzip", "--checkpoint=fast", "--wal-method=stream").CombinedOutput()
	if err != nil {
		t.Fatalf("pg_basebackup: %v: %s", err, out)
	}
	do(t, before, `INSERT INTO name VALUES ('after the base backup')`)
	time.Sleep(100 * time.Millisecond) // the moment lies between two commits
	moment := value[time.Time](t, before, `SELECT clock_timestamp()`)
	time.Sleep(100 * time.Millisecond)
	do(t, before, `DELETE FROM name`, `SELECT pg_switch_wal()`)
	for range 200 {
		if value[bool](t, before, `SELECT last_archived_wal IS NOT NULL AND last_archived_wal >= pg_walfile_name(pg_current_wal_lsn() - 1) FROM pg_stat_archiver`) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err = before.Halt(ctx); err != nil {
		t.Fatal(err)
	}

	// The restored data takes the place of what a new cluster initialised, as the
	// account that runs it.
	after := start(t, filepath.Join(dir, "after"), nil)
	if err = after.Halt(ctx); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(after.Dir(), "data")
	recovery := fmt.Sprintf("restore_command = 'cp %s/%%f %%p'\nrecovery_target_time = '%s'\nrecovery_target_action = 'promote'\n",
		wal, moment.UTC().Format("2006-01-02 15:04:05.000000-07"))
	script := fmt.Sprintf(`set -e
owner=$(stat -c %%u:%%g %[1]s)
find %[1]s -mindepth 1 -delete
tar -xzf %[2]s/base.tar.gz -C %[1]s
tar -xzf %[2]s/pg_wal.tar.gz -C %[1]s/pg_wal
printf '%%s' "$RECOVERY" >> %[1]s/postgresql.auto.conf
touch %[1]s/recovery.signal
cp %[3]s/password %[4]s/password
chown -R "$owner" %[1]s`, data, filepath.Join(dir, "base"), before.Dir(), after.Dir())
	cmd := exec.CommandContext(ctx, "sh", "-c", script)
	cmd.Env = append(os.Environ(), "RECOVERY="+recovery)
	if out, err = cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	restored := start(t, filepath.Join(dir, "after"), nil)
	for range 200 { // until it has replayed and takes changes again
		if !value[bool](t, restored, `SELECT pg_is_in_recovery()`) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if got := value[string](t, restored, `SELECT string_agg(label, ', ' ORDER BY label) FROM name`); got != "after the base backup, before the base backup" {
		t.Errorf("brought back: %s", got)
	}
}

func start(t *testing.T, dir string, settings map[string]string) *cluster.Cluster {
	t.Helper()
	c, err := cluster.Start(t.Context(), cluster.Options{Dir: dir, Settings: settings, Sync: true, Log: t.Output(), NoFetch: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Halt(context.Background()) })
	return c
}

func do(t *testing.T, c *cluster.Cluster, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, sql := range statements {
		if _, err = conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

func value[T any](t *testing.T, c *cluster.Cluster, sql string) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var v T
	if err = conn.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}
