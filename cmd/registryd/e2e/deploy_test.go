//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
)

// tool runs a program that must be there.
func tool(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// The alert rules load, and fire when they should and not when they should not
// (Debian package prometheus).
func TestAlertRules(t *testing.T) {
	dir := filepath.Join(root(t), "deploy", "prometheus")
	tool(t, dir, "promtool", "check", "rules", "alerts.yml")
	tool(t, dir, "promtool", "test", "rules", "alerts_test.yml")
}

// The unit is one that systemd understands, and locks the server in (Debian
// package systemd).
func TestSystemdUnit(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "deploy", "registryd.service"))
	if err != nil {
		t.Fatal(err)
	}
	// verify wants the program to be there.
	here := strings.ReplaceAll(string(text), "/usr/local/bin/registryd", "/bin/true")
	if here == string(text) {
		t.Fatal("the unit starts another program")
	}
	unit := filepath.Join(t.TempDir(), "registryd.service")
	if err = os.WriteFile(unit, []byte(here), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := tool(t, "", "systemd-analyze", "verify", "--man=no", unit); strings.Contains(out, "registryd.service") {
		t.Errorf("systemd-analyze verify: %s", out)
	}
	tool(t, "", "systemd-analyze", "security", "--offline=true", "--threshold=20", unit)
}

// E1: a client that asks for a new handshake within a TLS 1.2 session gets none;
// Go's own client cannot ask (Debian package openssl).
func TestRenegotiation(t *testing.T) {
	demo, err := eppclient.LoadDemo(demoOnFreePorts(t))
	if err != nil {
		t.Fatal(err)
	}
	r := demo.Registrars[0]
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "openssl", "s_client", "-connect", demo.EPP["uk"], "-tls1_2", "-CAfile", demo.CAFile,
		"-cert", r.CertFile, "-key", r.KeyFile)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second) // the greeting; R alone on a line asks
	_, err = io.WriteString(in, "R\n")
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second)
	_ = in.Close()
	_ = cmd.Wait() // with which status openssl ends is its own matter
	text := out.String()
	if !strings.Contains(text, "Verify return code: 0") || !strings.Contains(text, "RENEGOTIATING") {
		t.Fatalf("no session in which to ask:\n%s", text)
	}
	after := text[strings.Index(text, "RENEGOTIATING"):]
	// Go ends the connection with this alert.
	if !strings.Contains(after, "alert unexpected message") {
		t.Errorf("the request was not refused:\n%s", after)
	}
}
