//go:build faults

package faults

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg/cluster"
)

// standby copies the running database into a folder and starts the copy, which
// follows the original from then on.
func (w *world) standby(dir string) *cluster.Cluster {
	t := w.t
	t.Helper()
	must(t, os.RemoveAll(dir))
	must(t, os.MkdirAll(dir, 0o711))
	secret, err := os.ReadFile(filepath.Join(w.cluster.Dir(), "password"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "password"), secret, 0o600))
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_basebackup")
	must(t, err)
	if len(found) == 0 {
		t.Fatal("pg_basebackup is missing: apt-get install postgresql")
	}
	data := filepath.Join(dir, "data")
	cmd := exec.Command(found[len(found)-1], "--dbname", w.cluster.URL("postgres"), "--pgdata", data, "--checkpoint=fast",
		"--wal-method=stream", "--write-recovery-conf")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("pg_basebackup: %v: %s", err, out)
	}
	// The copy belongs to whom the original does.
	owner, err := os.Stat(filepath.Join(w.cluster.Dir(), "data"))
	must(t, err)
	account := owner.Sys().(*syscall.Stat_t)
	must(t, filepath.WalkDir(data, func(file string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(file, int(account.Uid), int(account.Gid))
	}))
	o := w.options
	o.Dir = dir
	c, err := cluster.Start(t.Context(), o)
	must(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		_ = c.Halt(ctx)
	})
	return c
}

// exec1 runs one statement on a cluster.
func exec1(t *testing.T, c *cluster.Cluster, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.URL("postgres"))
	must(t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), sql)
	must(t, err)
}

// anyOf is the URL of the one of two clusters that takes writes.
func anyOf(t *testing.T, a, b string) string {
	t.Helper()
	first, err := url.Parse(a)
	must(t, err)
	second, err := url.Parse(b)
	must(t, err)
	if first.User.String() != second.User.String() {
		t.Fatal("the copy has another password")
	}
	var query []string
	for _, key := range []string{"host", "port"} {
		query = append(query, key+"="+first.Query().Get(key)+","+second.Query().Get(key))
	}
	return fmt.Sprintf("postgres://%s@%s?%s&sslmode=disable&target_session_attrs=read-write",
		first.User, first.Path, strings.Join(query, "&"))
}

// Two PostgreSQL servers, one following the other; the first is killed, the
// second promoted. The servers go on without a restart, and nothing that was
// answered is lost, because a commit waits for the copy.
func TestFailover(t *testing.T) {
	w := newWorld(t, map[string]string{"wal_level": "replica", "hot_standby": "on", "wal_keep_size": "128MB", "wal_receiver_timeout": "5s"})
	dirs := []string{w.options.Dir, filepath.Join(w.dir, "pg2")}
	copyOf := w.standby(dirs[1])
	w.server = asRole(t, anyOf(t, w.cluster.URL("fault"), copyOf.URL("fault")))
	n := w.addServer()
	w.newContacts(n.epp)
	exec1(t, w.cluster, `ALTER SYSTEM SET synchronous_standby_names = '*'`)
	exec1(t, w.cluster, `SELECT pg_reload_conf()`)
	l := w.startLoad(sessions, func() []string { return []string{n.epp} })
	i := 0
	w.until(l, func() {
		pause(2 * time.Second)
		killed := time.Now()
		w.signalDatabase(syscall.SIGKILL)
		w.figures.Faults["primary killed, standby promoted"]++
		exec1(t, copyOf, `SELECT pg_promote()`)
		promoted := time.Since(killed)
		back := l.flowing(t, 20*time.Second)
		t.Logf("promoted %s after the kill, commands again %s later", promoted.Round(time.Millisecond), back.Round(time.Millisecond))
		// What is left of the old one becomes the copy of the new one.
		w.pool.Close()
		w.cluster, w.options.Dir = copyOf, copyOf.Dir()
		w.owner = copyOf.URL("fault")
		w.open()
		pause(time.Second)
		copyOf = w.standby(dirs[i%2])
		i++
		exec1(t, w.cluster, `ALTER SYSTEM SET synchronous_standby_names = '*'`)
		exec1(t, w.cluster, `SELECT pg_reload_conf()`)
		w.inSync()
	})
	w.report()
}

// inSync waits until commits wait for the copy.
func (w *world) inSync() {
	w.t.Helper()
	for end := time.Now().Add(20 * time.Second); w.count(`SELECT count(*)::int FROM pg_stat_replication WHERE sync_state = 'sync'`) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatal("the standby does not follow")
		}
	}
}
