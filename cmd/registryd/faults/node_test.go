//go:build faults

package faults

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// node is one registryd.
type node struct {
	w       *world
	epp     string // host:port of both listeners
	uk      string
	metrics string
	file    string // configuration
	log     string
	cmd     *exec.Cmd
	ended   chan struct{}
}

// freePort is a port of loopback that nobody uses at this moment.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().String()
}

// addServer configures another registryd and starts it.
func (w *world) addServer() *node {
	w.t.Helper()
	n := &node{w: w, epp: freePort(w.t), uk: freePort(w.t), metrics: freePort(w.t)}
	n.file = filepath.Join(w.dir, fmt.Sprintf("registryd%d.toml", len(w.nodes)))
	n.log = n.file + ".log"
	text := fmt.Sprintf(`
[database]
url = %q
connect-timeout = "1s"
health-check-period = "1s"
max-conns = 8
[epp]
watch-interval = "1s"
[listener.gtld]
address = %q
profile = "gtld"
plain = true
max-per-address = 2000
frame-timeout = "2s"
write-timeout = "2s"
[listener.uk]
address = %q
plain = true
max-per-address = 2000
[metrics]
address = %q
`, w.server, n.epp, n.uk, n.metrics)
	if w.mail != "" {
		text += fmt.Sprintf(`[identity]
url = "https://fault.example"
email = "help@fault.example"
address = ["1 High St", "London"]
[mail]
smtp = %q
security = "none"
from = "registry@fault.example"
`, w.mail)
	}
	must(w.t, os.WriteFile(n.file, []byte(text), 0o600))
	w.nodes = append(w.nodes, n)
	n.start()
	return n
}

// start starts the program and waits until it is ready.
func (n *node) start() {
	n.w.t.Helper()
	n.launch()
	n.ready(30 * time.Second)
}

func (n *node) launch() {
	n.w.t.Helper()
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(n.w.t, err)
	defer log.Close()
	n.cmd = exec.Command(filepath.Join(programs, "registryd"), "serve", "--config", n.file)
	n.cmd.Stdout, n.cmd.Stderr = log, log
	must(n.w.t, n.cmd.Start())
	n.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) {
		_ = cmd.Wait() // how it ended does not matter here
		close(ended)
	}(n.cmd, n.ended)
}

// ready waits until the server says that it can serve.
func (n *node) ready(within time.Duration) {
	n.w.t.Helper()
	end := time.Now().Add(within)
	for time.Now().Before(end) {
		r, err := http.Get("http://" + n.metrics + "/readyz")
		if err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-n.ended:
			// It could not connect in time. A service manager starts it again.
			n.w.figures.Faults["registryd started once more"]++
			n.launch()
		default:
		}
		time.Sleep(20 * time.Millisecond)
	}
	text, _ := os.ReadFile(n.log)
	n.w.t.Fatalf("registryd is not ready within %s:\n%s", within, text[max(0, len(text)-4000):])
}

// kill ends the program as a power cut would.
func (n *node) kill() {
	n.w.t.Helper()
	must(n.w.t, n.cmd.Process.Kill())
	<-n.ended
}

func (w *world) stopServers() {
	for _, n := range w.nodes {
		if n.cmd == nil {
			continue
		}
		_ = n.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-n.ended:
		case <-time.After(40 * time.Second):
			w.t.Error("registryd does not stop when told to")
			_ = n.cmd.Process.Kill()
			<-n.ended
		}
	}
}
