//go:build e2e

package e2e

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/registry"
)

func TestMain(m *testing.M) { epptest.Main(m) }

// sessionDay is where the clock stands when a session begins.
var sessionDay = time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)

// TestSessions plays the sessions of testdata/sessions: what deployed registrar
// software sends, as plain frames, and what it expects. Each has a server of its
// own with the data set of the test bed (docs/testbed.md) for DEMO-A; every
// answer is checked against the published schemas as well. testdata/README.md
// explains the form.
func TestSessions(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "sessions", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sessions: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p := &player{t: t, file: file, vars: map[string]string{}, policy: registry.DefaultPolicy()}
			for i, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
				p.line, p.text = i+1, line
				p.step(line)
			}
			p.flush()
			if p.answers == 0 {
				t.Error("the session expects nothing")
			}
		})
	}
}

// player plays one session.
type player struct {
	t       *testing.T
	file    string
	line    int
	text    string // of the line
	policy  registry.Policy
	h       *epptest.Harness
	c       *epptest.Client
	tag     string
	frame   []string // lines of a frame that is being read
	raw     bool     // it is sent without a header
	sending bool
	answer  string
	answers int
	vars    map[string]string
}

func (p *player) fail(format string, args ...any) {
	p.t.Helper()
	p.t.Fatalf("%s:%d: %s\n%s", p.file, p.line, p.text, fmt.Sprintf(format, args...))
}

// step carries out one line. A line that begins with a space goes on with the
// frame above.
func (p *player) step(line string) {
	p.t.Helper()
	word, rest, _ := strings.Cut(line, " ")
	if p.sending && (strings.HasPrefix(line, " ") || line == "") {
		p.frame = append(p.frame, strings.TrimPrefix(line, "  "))
		return
	}
	if word != ">" && word != ">>" || p.sending {
		p.flush()
	}
	switch word {
	case "", "#":
	case ">", ">>":
		p.sending, p.raw, p.frame = true, word == ">>", []string{rest}
	case "<":
		p.expect(rest)
	case "+":
		if want := p.fill(rest); !strings.Contains(p.answer, want) {
			p.fail("not in\n%s", p.answer)
		}
	case "-":
		if not := p.fill(rest); strings.Contains(p.answer, not) {
			p.fail("it is in\n%s", p.answer)
		}
	case "=":
		p.capture(rest)
	default:
		p.command(word, strings.Fields(p.fill(rest)))
	}
}

// flush sends the frame that was read.
func (p *player) flush() {
	p.t.Helper()
	if !p.sending {
		return
	}
	p.sending = false
	frame := []byte(p.fill(strings.Join(p.frame, "\n")))
	send := p.c.WriteFrame
	if p.raw {
		send = p.c.WriteRaw
	}
	if err := send(frame); err != nil {
		p.fail("%v", err)
	}
}

// expect reads an answer: of a code, "greeting", or "closed".
func (p *player) expect(want string) {
	p.t.Helper()
	p.answers++
	if want == "closed" {
		p.c.WantClosed()
		return
	}
	frame, err := p.c.ReadFrame()
	if err != nil {
		p.fail("%v", err)
	}
	p.c.Collect(frame)
	p.answer = string(frame)
	mark := `<result code="` + want + `">`
	if want == "greeting" {
		mark = "<greeting>"
	}
	if !strings.Contains(p.answer, mark) {
		p.fail("the answer is\n%s", p.answer)
	}
}

// capture keeps what the bracket of an expression finds in the answer.
func (p *player) capture(rest string) {
	p.t.Helper()
	name, expr, _ := strings.Cut(rest, " ")
	m := regexp.MustCompile(expr).FindStringSubmatch(p.answer)
	if len(m) < 2 {
		p.fail("not in\n%s", p.answer)
	}
	p.vars[name] = m[1]
}

var placeholder = regexp.MustCompile(`\$\{([a-z-]+)([+-]\d+)?\}`)

// fill puts values into a text: ${password}, ${date+20} and what was captured,
// plus a number where it is one.
func (p *player) fill(text string) string {
	p.t.Helper()
	return placeholder.ReplaceAllStringFunc(text, func(s string) string {
		m := placeholder.FindStringSubmatch(s)
		by, _ := strconv.Atoi(m[2]) // "" is 0
		switch m[1] {
		case "password":
			return epptest.Password
		case "date":
			return sessionDay.AddDate(0, 0, by).Format(time.DateOnly)
		}
		value, ok := p.vars[m[1]]
		if !ok {
			p.fail("nothing was captured as %s", m[1])
		}
		if n, err := strconv.Atoi(value); err == nil {
			return strconv.Itoa(n + by)
		}
		return value
	})
}

// command is a line that begins with a word of its own.
func (p *player) command(word string, args []string) {
	p.t.Helper()
	arg := func(i int) string {
		if i >= len(args) {
			p.fail("an argument is missing")
		}
		return args[i]
	}
	switch word {
	case "policy":
		if arg(0) != "unrenew" || p.h != nil {
			p.fail("only unrenew can be switched on, before the first connection")
		}
		p.policy.Unrenew = true
	case "connect":
		p.connect(arg(0), arg(1))
	case "login":
		p.c.LogIn(p.tag)
	case "days":
		n, err := strconv.Atoi(arg(0))
		if err != nil {
			p.fail("%v", err)
		}
		for range n {
			p.h.Advance(24 * time.Hour)
			err = p.h.Registry.RunUntil(p.t.Context(), p.h.Registry.Today(), registry.BatchOptions{})
			if err != nil {
				p.fail("%v", err)
			}
		}
	case "invoice":
		_, err := p.h.Registry.RunInvoices(p.t.Context(), staff(), p.h.Registry.Today(), nil)
		if err != nil {
			p.fail("%v", err)
		}
	case "decide":
		_, err := p.h.Registry.DecideReferral(p.t.Context(), staff(), arg(0), arg(1) == "accept", strings.Join(args[2:], " "))
		if err != nil {
			p.fail("%v", err)
		}
	default:
		p.fail("what is that?")
	}
}

func staff() registry.Actor {
	a := registry.System("E2E-SESSION")
	a.Reason = "a recorded session"
	return a
}

// connect opens a connection to a listener with a tag's certificate. The first
// one brings the server up.
func (p *player) connect(listener, tag string) {
	p.t.Helper()
	if p.h == nil {
		p.h = epptest.New(p.t, func(o *epptest.Options) { o.Registry.Policy = p.policy })
		p.h.SetNow(sessionDay)
		report, err := p.h.Registry.ResetTestBed(p.t.Context(), staff(), "DEMO-A")
		if err != nil || len(report.Faults) > 0 {
			p.fail("test bed: %v %v", err, report.Faults)
		}
	}
	addr := map[string]string{"uk": p.h.UK, "gtld": p.h.GTLD, "plain": p.h.Plain}[listener]
	if addr == "" {
		p.fail("listeners are uk, gtld and plain")
	}
	var config *tls.Config
	if listener != "plain" {
		config = p.h.ClientTLS(tag)
	}
	p.c, p.tag = p.h.Dial(addr, config), tag
	p.answer = string(p.c.Greeting())
}
