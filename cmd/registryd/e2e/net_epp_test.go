//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
)

// demoOnFreePorts builds registryd, starts a demo on ports of its own and returns its
// folder.
func demoOnFreePorts(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "nke2e")
	if err == nil {
		err = os.Chmod(dir, 0o711) // the database server's account walks through
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	program := filepath.Join(dir, "registryd")
	out, err := exec.Command("go", "build", "-o", program, "..").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	demo := filepath.Join(dir, "demo")
	cmd := exec.Command(program, "demo", "--dir", demo, "--listen-epp=127.0.0.1:0", "--listen-gtld=127.0.0.1:0", "--listen-metrics=127.0.0.1:0", "--listen-smtp=127.0.0.1:0", "--listen-mailbox=127.0.0.1:0", "--listen-web=127.0.0.1:0", "--listen-whois=127.0.0.1:0", "--listen-dns=127.0.0.1:0")
	cmd.Stderr = os.Stderr
	err = cmd.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the demo's end: %v", err)
		}
	})
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		_, err := eppclient.LoadDemo(demo)
		if err == nil {
			return demo
		}
		if time.Now().After(deadline) {
			t.Fatalf("the demo is not up: %v", err)
		}
	}
}

// A registrar's session through Net::EPP, in both profiles.
func TestNetEPP(t *testing.T) {
	if out, err := exec.Command("perl", "-MNet::EPP::Simple", "-e", "1").CombinedOutput(); err != nil {
		t.Fatalf("Net::EPP is needed (apt-get install libnet-epp-perl): %v\n%s", err, out)
	}
	dir := demoOnFreePorts(t)
	for _, profile := range []string{"uk", "gtld"} {
		t.Run(profile, func(t *testing.T) {
			out, err := exec.Command("perl", filepath.Join("testdata", "session.pl"), dir, profile).CombinedOutput()
			t.Logf("%s", out)
			if err != nil || !strings.HasSuffix(string(out), "all well\n") {
				t.Errorf("perl: %v", err)
			}
		})
	}
}
