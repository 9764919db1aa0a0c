package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

func TestMain(m *testing.M) {
	// Nothing of the machine's own settings may reach the tests.
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if strings.HasPrefix(name, "NAMEKEEP_") || strings.HasPrefix(name, "EPPC_") || name == "DATABASE_URL" {
			os.Unsetenv(name)
		}
	}
	pgtest.Main(runner{m})
}

// runner removes the programs that the tests built.
type runner struct{ m *testing.M }

// Run runs the tests.
func (r runner) Run() int {
	code := r.m.Run()
	if programs.dir != "" {
		os.RemoveAll(programs.dir)
	}
	return code
}

// programs are the real binaries, built once when first asked for.
var programs struct {
	once sync.Once
	dir  string
	err  error
}

// binary is the file of a program of ours, with the others beside it.
func binary(t *testing.T, name string) string {
	t.Helper()
	programs.once.Do(func() {
		programs.dir, programs.err = os.MkdirTemp("", "registryd-test-")
		if programs.err != nil {
			return
		}
		cmd := exec.Command("go", "build", "-o", programs.dir+string(filepath.Separator), ".", "../eppc", "../registryctl")
		out, err := cmd.CombinedOutput()
		if err != nil {
			programs.err = fmt.Errorf("%w: %s", err, out)
		}
	})
	if programs.err != nil {
		t.Fatalf("build: %v", programs.err)
	}
	return filepath.Join(programs.dir, name)
}

// demoDir is a folder that a database server of another account can walk to.
func demoDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "nkdemo")
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// anyPorts are the flags of a demo beside others on the machine.
func anyPorts(dir string, more ...string) []string {
	return append([]string{"demo", "--dir", dir, "--listen-epp=127.0.0.1:0", "--listen-gtld=127.0.0.1:0", "--listen-metrics=127.0.0.1:0", "--listen-smtp=127.0.0.1:0", "--listen-mailbox=127.0.0.1:0", "--listen-web=127.0.0.1:0", "--listen-whois=127.0.0.1:0", "--listen-dns=127.0.0.1:0"}, more...)
}

// process is a program of ours that runs.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdout lockedBuffer
	stderr lockedBuffer
	done   chan error
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(binary(t, "registryd"), args...), done: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	err := p.cmd.Start()
	if err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			_ = p.cmd.Process.Signal(syscall.SIGINT) // a test failed; it is gone or goes
		}
	})
	return p
}

// wait waits for the end and checks the exit status.
func (p *process) wait(want int) {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		_ = p.cmd.Process.Kill()
		p.t.Fatalf("does not end:\n%s%s", p.stdout.String(), p.stderr.String())
	}
	if got := p.cmd.ProcessState.ExitCode(); got != want {
		p.t.Fatalf("exit status %d, want %d:\n%s%s", got, want, p.stdout.String(), p.stderr.String())
	}
}

// stop ends it with a signal, as Ctrl-C and a service manager do.
func (p *process) stop(signal os.Signal) {
	p.t.Helper()
	err := p.cmd.Process.Signal(signal)
	if err != nil {
		p.t.Fatal(err)
	}
	p.wait(exitDone)
}

// eventually waits until done says so, while the program runs.
func (p *process) eventually(what string, done func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-p.done:
			p.t.Fatalf("ended (%v) before %s:\n%s%s", err, what, p.stdout.String(), p.stderr.String())
		default:
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("not within a minute: %s\n%s%s", what, p.stdout.String(), p.stderr.String())
		}
	}
}

// startDemo starts a demo and returns once it says that it runs.
func startDemo(t *testing.T, dir string, more ...string) (*process, *eppclient.Demo) {
	t.Helper()
	p := start(t, anyPorts(dir, more...)...)
	p.eventually("the demo is up", func() bool { return strings.Contains(p.stdout.String(), "As registry staff") })
	d, err := eppclient.LoadDemo(dir)
	if err != nil {
		t.Fatal(err)
	}
	return p, d
}

// get reads a page of metrics and health.
func get(t *testing.T, metrics, path string) (int, string) {
	t.Helper()
	resp, err := http.Get(strings.TrimSuffix(metrics, "/metrics") + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// login opens a session at a listener of a demo.
func login(t *testing.T, d *eppclient.Demo, address, tag string) *eppclient.Client {
	t.Helper()
	r, ok := d.Registrar(tag)
	if !ok {
		t.Fatalf("demo.json has no %s", tag)
	}
	tls, err := eppclient.TLSConfig(d.CAFile, r.CertFile, r.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	c, err := eppclient.Dial(t.Context(), address, tls)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_, err = c.Login(tag, r.Password, eppclient.LoginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// want sends a command and checks the result code.
func want(t *testing.T, c *eppclient.Client, frame []byte, code int) []byte {
	t.Helper()
	answer, err := c.Do(frame)
	if err != nil {
		t.Fatal(err)
	}
	if got := eppclient.ResultCode(answer); got != code {
		t.Fatalf("result %d, want %d:\n%s", got, code, answer)
	}
	return answer
}

// runHere runs a command line inside the test.
func runHere(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// lockedBuffer is a buffer for a program's output while it runs.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// jsonLines are the lines of a log.
func jsonLines(t *testing.T, text string) []map[string]any {
	t.Helper()
	var list []map[string]any
	for line := range strings.Lines(text) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("no JSON in the log: %s", line)
		}
		list = append(list, v)
	}
	return list
}
