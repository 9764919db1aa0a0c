package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestExamples: every example that --help shows is a command line that parses,
// and every command of one word has some.
func TestExamples(t *testing.T) {
	k, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	without := map[string]bool{"hello": true, "tags": true, "shell": true, "man": true}
	for _, node := range k.Model.Children {
		text, n := node.Detail+"\n", 0
		if !without[node.Name] && !strings.Contains(text, "Examples:\n\n  eppc ") {
			t.Errorf("%s has no examples that stand alone", node.Name)
		}
		for line := range strings.Lines(text) {
			args, found := strings.CutPrefix(strings.TrimRight(line, "\n"), "  eppc ")
			if !found {
				continue
			}
			n++
			words, err := splitLine(args)
			if err != nil {
				t.Errorf("%s: %v", line, err)
				continue
			}
			var stdout, stderr bytes.Buffer
			if _, _, ok := parse(&cli{}, words, &stdout, &stderr); !ok {
				t.Errorf("%s: %s", line, stderr.String())
			}
		}
		if n == 0 && !without[node.Name] {
			t.Errorf("%s has no example", node.Name)
		}
	}
}

// TestHelpIndentsExamples: all examples stand alike, the first too.
func TestHelpIndentsExamples(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), []string{"renew", "--help"}, strings.NewReader(""), &stdout, &stderr); status != exitDone {
		t.Fatalf("status %d: %s", status, stderr.String())
	}
	for _, want := range []string{"\nExamples:\n", "\n    eppc renew example.uk\n", "\n    eppc renew example.uk --years 5"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in\n%s", want, stdout.String())
		}
	}
}
