package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/term"
)

// screen is a terminal without a device: keys go in, what is drawn comes out.
type screen struct {
	keys  io.Reader
	drawn bytes.Buffer
}

func (s *screen) Read(p []byte) (int, error)  { return s.keys.Read(p) }
func (s *screen) Write(p []byte) (int, error) { return s.drawn.Write(p) }

const keyUp = "\x1b[A"

// typed runs the shell with keys typed and returns what was drawn.
func typed(t *testing.T, p *registryPeer, file, keys string) (string, error) {
	t.Helper()
	sc := &screen{keys: strings.NewReader(keys)}
	s := &session{ctx: t.Context(), conn: &connection{Demo: p.dir, Profile: "uk", Timeout: 5e9}, out: &output{}, stderr: io.Discard, stdout: io.Discard}
	defer s.end()
	if err := s.login(""); err != nil {
		t.Fatal(err)
	}
	terminal := term.NewTerminal(sc, "")
	if err := terminal.SetSize(200, 50); err != nil {
		t.Fatal(err)
	}
	err := s.interact(terminal, newHistory(file))
	return sc.drawn.String(), err
}

func TestShell(t *testing.T) {
	p := startPeer(t)
	file := filepath.Join(t.TempDir(), "state", "history")
	drawn, err := typed(t, p, file, strings.Join([]string{
		"che\ta.uk",            // completed to check
		"contact i\tc-1",       // second word
		"info a.uk --h\tdel",   // a flag
		"xml on",               //
		keyUp + keyUp,          // info again, as XML
		"xml off",              //
		"info gone.uk",         // refused: the shell goes on
		"nonsense",             // wrong usage too
		"info 'unfinished",     //
		"info a.uk --auth s3c", // not to be kept
		"help",                 //
		"logout", "check b.uk", // a new session by itself
		"check hangup.uk",    // a lost connection
		"host info ns1.b.uk", // and the next one
		"quit", "check never.uk",
	}, "\r")+"\r")
	if err != nil {
		t.Fatal(err)
	}
	sent := strings.Join(p.sent(), "\n")
	for _, want := range []string{"<domain:name>a.uk</domain:name></domain:check>", "<contact:id>c-1<", `hosts="del"`, "<domain:name>b.uk<", "ns1.b.uk<"} {
		if !strings.Contains(sent, want) {
			t.Errorf("not sent: %s", want)
		}
	}
	if strings.Count(sent, `hosts="del"`) != 2 {
		t.Error("arrow keys did not bring the line back")
	}
	if strings.Contains(sent, "never.uk") {
		t.Error("quit did not leave")
	}
	for _, want := range []string{"Connected to " + p.addr + " as ALPHA", "domain infData", "<domain:infData", "2303 Object does not exist",
		"unexpected argument nonsense", "within quotes", "Arrow keys", "(ALPHA)> ", "EOF"} {
		if !strings.Contains(drawn, want) {
			t.Errorf("not drawn: %s", want)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(data), "check a.uk\n") || strings.Contains(string(data), "s3c") {
		t.Errorf("history %q, %v", data, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := typed(t, p, file, keyUp+keyUp+"\r"); !errors.Is(err, io.EOF) { // quit, then what was before it
		t.Fatal(err)
	}
	if again := p.sent(); !strings.Contains(again[len(again)-1], "ns1.b.uk") {
		t.Errorf("history of the last run: sent %s", again[len(again)-1])
	}
}

// TestScript reads commands from a pipe; one session serves them all.
func TestScript(t *testing.T) {
	p := startPeer(t)
	status, out, _ := p.eppc(t, "# comment\n\ncheck a.uk\ninfo gone.uk\njson on\ninfo a.uk\n", "shell")
	if status != exitRefused || strings.Count(out, "1000 Command") != 1 || !strings.Contains(out, `"code": 1000`) || !strings.Contains(out, "2303") {
		t.Errorf("status %d\n%s", status, out)
	}
	logins := 0
	for _, f := range p.frames {
		logins += strings.Count(f, "<login>")
	}
	if logins != 1 {
		t.Errorf("%d logins", logins)
	}
	if status, _, stderr := p.eppc(t, "frobnicate\n", "shell"); status != exitUsage || strings.Count(stderr, "\n") != 1 {
		t.Errorf("wrong usage: status %d, %s", status, stderr)
	}
}

func TestSplitLine(t *testing.T) {
	for in, want := range map[string][]string{
		"":                      nil,
		"  a  b\t c \r\n":       {"a", "b", "c"},
		`a "b c" 'd "e' f"g h"`: {"a", "b c", `d "e`, "fg h"},
		`a\ b "c\"d" '\'`:       {"a b", `c"d`, `\`},
		`--auto-bill= ""`:       {"--auto-bill=", ""},
	} {
		if got, err := splitLine(in); err != nil || !slices.Equal(got, want) {
			t.Errorf("splitLine(%q) = %q, %v", in, got, err)
		}
	}
	for _, in := range []string{`"a`, `'a`, `a\`} {
		if got, err := splitLine(in); err == nil {
			t.Errorf("splitLine(%q) = %q", in, got)
		}
	}
}

func TestComplete(t *testing.T) {
	words := commandWords()
	for _, c := range []struct{ line, want string }{
		{"che", "check "},
		{"h", "h"}, // handshake, hello, help, host
		{"he", "hel"},
		{"host c", "host c"}, // check, create
		{"host de", "host delete "},
		{"transfer q", "transfer query "},
		{"info a.uk --ho", "info a.uk --hosts "},
		{"xml o", "xml o"},
		{"xml of", "xml off "},
		{"zzz", "zzz"},
	} {
		if got, pos, ok := complete(words, c.line, len(c.line)); !ok || got != c.want || pos != len(c.want) {
			t.Errorf("complete(%q) = %q, %d, %v", c.line, got, pos, ok)
		}
	}
	if got, pos, _ := complete(words, "che a.uk", 3); got != "check  a.uk" || pos != 6 {
		t.Errorf("in the middle: %q, %d", got, pos)
	}
}

func TestHistoryBound(t *testing.T) {
	h := newHistory(filepath.Join(t.TempDir(), "history"))
	for i := range maxHistory + 5 {
		h.lines = append(h.lines, strings.Repeat("x", i%7+1))
	}
	h.Add("last")
	if h.Len() != maxHistory || h.At(0) != "last" || h.fault != nil {
		t.Errorf("%d lines, %q, %v", h.Len(), h.At(0), h.fault)
	}
	if again := newHistory(h.file); again.Len() != maxHistory || again.At(0) != "last" {
		t.Errorf("read back %d lines", again.Len())
	}
}

func TestIndent(t *testing.T) {
	const in = `<?xml version="1.0"?><a x="1"><b>text &amp; more</b><c/><d><e>1</e></d><f></f><!-- n --></a>`
	const want = `<?xml version="1.0"?>
<a x="1">
  <b>text &amp; more</b>
  <c/>
  <d>
    <e>1</e>
  </d>
  <f></f>
  <!-- n -->
</a>
`
	if got := indent(in); got != want {
		t.Errorf("got\n%s", got)
	}
}
