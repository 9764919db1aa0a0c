package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The whole comparison, very short: its own PostgreSQL, a server and the bare
// servers as processes, every part of the measurement, no wrong answer, and
// nothing left running.
func TestCompare(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("processor times and memory are read from /proc, which only Linux has")
	}
	file := filepath.Join(t.TempDir(), "result.json")
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), []string{"compare", "--names", "600", "--small-names", "300", "--sessions", "2", "--rounds", "1",
		"--round", "100ms", "--warmup", "10ms", "--lone", "10", "--idle", "5", "--settle", "10ms", "--json", file}, &stdout, &stderr)
	if code != 0 {
		t.Fatalf("code %d: %s%s", code, stdout.String(), stderr.String())
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var c comparison
	err = json.Unmarshal(data, &c)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]int{}
	for _, m := range c.Runs {
		parts[m.Part]++
		if m.Report.Failed != 0 || m.Report.Commands == 0 {
			t.Errorf("%s of %s: %+v", m.Report.Mix, m.Server, m.Report)
		}
	}
	if parts[partRounds] != 10 || parts[partLone] != 2 || parts[partFlatness] != 8 || len(c.Idle) != 1 || len(c.Generated) != 2 {
		t.Errorf("runs %v, idle %v, generated %v", parts, c.Idle, c.Generated)
	}
	for _, want := range []string{"| bare-renew | 2 |", "| login | 2 |", "| renew, lone session, p99 |", "0 answers were wrong"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, stdout.String())
		}
	}
	stat, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range stat {
		line, err := os.ReadFile(name)
		if err == nil && strings.Contains(string(line), filepath.Join(c.Dir, "certs")) {
			t.Errorf("still running: %q", line)
		}
	}
}
