package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/certs"
)

// TestExamples: every noun shows examples, and each is a command line that
// parses.
func TestExamples(t *testing.T) {
	k, err := newParser(&cli{}, &bytes.Buffer{}, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range k.Model.Children {
		if node.Leaf() {
			continue
		}
		if !strings.HasPrefix(node.Detail, "Examples:\n\n  registryctl ") {
			t.Errorf("%s: no examples below a heading:\n%s", node.Name, node.Detail)
		}
		for line := range strings.Lines(node.Detail) {
			args, found := strings.CutPrefix(strings.TrimRight(line, "\n"), "  registryctl ")
			if !found {
				continue // words about them
			}
			args, _, _ = strings.Cut(args, " > ")
			var stdout, stderr bytes.Buffer
			if _, _, ok := parse(&cli{}, words(args), &stdout, &stderr); !ok &&
				!strings.Contains(stderr.String(), "no such file") { // its files are not here
				t.Errorf("%s: %s", line, stderr.String())
			}
		}
	}
}

// words cuts a line at its spaces; double quotes hold words together.
func words(line string) []string {
	var all []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			all = append(all, part)
			continue
		}
		all = append(all, strings.Fields(part)...)
	}
	return all
}

// TestHints: a refusal that a flag would have avoided names the flag, and a
// list that is to be confirmed ends before what to do.
func TestHints(t *testing.T) {
	d := newDesk(t)
	t.Setenv("NAMEKEEP_REASON", "")
	d.expect(exitRefused, "a reason is required: --reason TEXT", "billing", "-y", "price", "set", "co.example", "renew", "--amount", "5.00")
	d.expect(exitRefused, "registryctl user grant NAME", "stranger", "registrar", "list")
	d.expect(exitUsage, "25.00 GBP\nGive --yes to do it.", "billing", "price", "set", "co.example", "renew", "--amount", "5.00", "--pro-rata")
}

// TestManualShowsExamples: the manual has what --help of a noun has.
func TestManualShowsExamples(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"man"}, strings.NewReader(""), &stdout, &stderr); code != exitDone {
		t.Fatalf("status %d: %s", code, stderr.String())
	}
	if !slices.Contains(strings.Split(stdout.String(), "\n"), roff("  registryctl price list co.example")) {
		t.Error("the manual has no examples")
	}
}

// TestDemoCertificate: on a demo the demo's own CA signs, wherever one works.
func TestDemoCertificate(t *testing.T) {
	d := newDesk(t)
	demo, out := t.TempDir(), t.TempDir()
	d.must("admin", "certs", "ca", "init", filepath.Join(demo, "certs"))
	about, err := json.Marshal(demoFile{DatabaseURL: d.url, StaffUser: "admin", CAFile: "certs/ca.pem"})
	if err == nil {
		err = os.WriteFile(filepath.Join(demo, "demo.json"), about, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"--demo", demo, "certs", "registrar", "issue", "ALPHA", "--out", out}, strings.NewReader(""), &stdout, &stderr)
	if code != exitDone {
		t.Fatalf("status %d: %s", code, stderr.String())
	}
	issued, err := certs.LoadCerts(filepath.Join(out, "ALPHA.pem"))
	if err != nil {
		t.Fatal(err)
	}
	ca, err := certs.LoadCerts(filepath.Join(demo, "certs", "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	err = issued[0].CheckSignatureFrom(ca[0])
	if err != nil {
		t.Error(err)
	}
}
