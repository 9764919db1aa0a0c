package pgtest_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// variable tells this test binary, run again, to be another package's.
const variable = "NAMEKEEP_TEST_TOGETHER"

// other is another test binary of the same run.
type other struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	pid   string // of the server it uses
	data  string // folder of that server
}

// begin runs this test binary again, in folders of its own so that the clusters
// of a real run are out of it, and waits until it has its database.
func begin(t *testing.T, tmp string) *other {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestOtherBinary$", "-test.v")
	cmd.Env = append(os.Environ(), variable+"=1", "TMPDIR="+tmp)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	err = cmd.Start()
	if err != nil {
		t.Fatal(err)
	}
	o := &other{cmd: cmd, stdin: stdin}
	var seen strings.Builder
	for sc := bufio.NewScanner(stdout); sc.Scan(); {
		seen.WriteString(sc.Text() + "\n")
		if line, ok := strings.CutPrefix(sc.Text(), "server "); ok {
			o.pid, o.data, _ = strings.Cut(line, " ")
			go func() { _, _ = io.Copy(io.Discard, stdout) }()
			return o
		}
	}
	t.Fatalf("the other binary has no database:\n%s", seen.String())
	return nil
}

func (o *other) end(t *testing.T) {
	t.Helper()
	_ = o.stdin.Close()
	err := o.cmd.Wait()
	if err != nil {
		t.Error("the other binary:", err)
	}
}

// TestOtherBinary is what the others run: get a database, say which server it
// is on, stay until told to end.
func TestOtherBinary(t *testing.T) {
	if os.Getenv(variable) == "" {
		return // it is a part of TestBinariesTogether
	}
	db := pgtest.New(t)
	var pid, data string
	err := db.Pool.QueryRow(t.Context(), `select (regexp_split_to_array(pg_read_file('postmaster.pid'), '\n'))[1],
		current_setting('data_directory')`).Scan(&pid, &data)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("server " + pid + " " + data)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func TestBinariesTogether(t *testing.T) {
	if os.Getenv("TEST_DATABASE_URL") != "" {
		t.Skip("TEST_DATABASE_URL is set: no cluster of our own to share")
	}
	tmp, err := os.MkdirTemp("", "nkt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(tmp) })
	err = os.Chmod(tmp, 0o777)
	if err != nil {
		t.Fatal(err)
	}
	a, b := begin(t, tmp), begin(t, tmp)
	if a.pid != b.pid {
		t.Errorf("two servers, %s and %s", a.pid, b.pid)
	}
	a.end(t) // the first leaves, the server stays
	c := begin(t, tmp)
	if c.pid != b.pid {
		t.Errorf("the server went with the first binary: %s, then %s", b.pid, c.pid)
	}
	// A killed run leaves the server; the next adopts it.
	for _, o := range []*other{b, c} {
		_ = o.cmd.Process.Kill()
		_ = o.cmd.Wait()
	}
	d := begin(t, tmp)
	if d.pid != c.pid {
		t.Errorf("a killed run's server %s was not adopted but %s started", c.pid, d.pid)
	}
	d.end(t)
	if running(d.pid) {
		t.Error("the last one out left the server running")
	}
	_, err = os.Stat(filepath.Dir(d.data))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the last one out left %s: %v", filepath.Dir(d.data), err)
	}
	// What cannot be started is replaced.
	err = errors.Join(os.MkdirAll(d.data, 0o755), os.WriteFile(filepath.Join(d.data, "half"), nil, 0o644))
	if err != nil {
		t.Fatal(err)
	}
	begin(t, tmp).end(t)
}
