//go:build e2e

// Package e2e runs whole programs: the commands of the documents against a demo,
// and clients that nobody here wrote. .ci/run runs it after installing what it
// needs; it wants the demo's fixed ports to be free.
package e2e

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// root is the repository's.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// block is a fenced block of shell commands in a document.
type block struct {
	where string
	kind  string // what follows sh on the fence
	text  string
}

// blocks reads the shell blocks of a document.
func blocks(t *testing.T, path string) []block {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []block
	var open *block
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		switch {
		case open != nil && strings.TrimSpace(line) == "```":
			all, open = append(all, *open), nil
		case open != nil:
			open.text += line + "\n"
		case strings.HasPrefix(line, "```sh"):
			open = &block{where: fmt.Sprintf("%s:%d", filepath.Base(path), n), kind: strings.TrimSpace(strings.TrimPrefix(line, "```sh"))}
		}
	}
	return all
}

// TestDocuments runs every shell block of the README and of each page of docs, in
// order, against a demo of its own that is started as the README says. A block marked "sh demo" is
// the start itself, "sh tests" the test command, which CI runs by itself; "sh
// root" is for a machine being set up, and is read, not run.
func TestDocuments(t *testing.T) {
	dir := root(t)
	paths, err := filepath.Glob(filepath.Join(dir, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	paths = append([]string{filepath.Join(dir, "README.md")}, paths...)
	all := map[string][]block{}
	var start string
	for _, path := range paths {
		for _, b := range blocks(t, path) {
			switch b.kind {
			case "demo":
				start = b.text
			case "tests", "root":
			case "":
				all[path] = append(all[path], b)
			default:
				t.Errorf("%s: what is a block of kind %q?", b.where, b.kind)
			}
		}
	}
	if start == "" || len(all) == 0 {
		t.Fatal("the README starts no demo, or shows nothing to do with it")
	}
	for _, path := range paths {
		if len(all[path]) == 0 {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			startDemo(t, dir, start)
			for _, b := range all[path] {
				runBlock(t, dir, b)
			}
		})
	}
}

func runBlock(t *testing.T, dir string, b block) {
	t.Run(b.where, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", b.text)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, b.text, out)
		}
		t.Logf("%s\n%s", b.text, out)
	})
}

// startDemo runs the demo of the README until the test ends, with a fresh
// folder.
func startDemo(t *testing.T, dir, command string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "demo")); err == nil {
		t.Fatal("there is a demo in this checkout already; this test wants to make its own: remove the folder demo")
	}
	cmd := exec.Command("bash", "-c", "exec "+command)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log, err := os.Create(filepath.Join(t.TempDir(), "demo.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	err = cmd.Start()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	t.Cleanup(func() {
		// The whole group: go run passes no signal on.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
		select {
		case <-done:
		case <-time.After(30 * time.Second):
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			t.Error("the demo did not stop on SIGINT")
		}
		_ = os.RemoveAll(filepath.Join(dir, "demo"))
	})
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		text, _ := os.ReadFile(log.Name())
		if strings.Contains(string(text), "A demo register is running") {
			return
		}
		select {
		case err := <-done:
			done <- err
			t.Fatalf("the demo ended: %v\n%s", err, text)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("the demo does not start:\n%s", text)
		}
	}
}
