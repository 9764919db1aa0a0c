package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/term"
)

const shellHelp = `Commands are those of the command line, without the eppc. COMMAND --help
explains one. Besides them:

  help          this text and the list of commands
  xml on|off    print answers as XML
  json on|off   print answers as JSON
  logout        end the session; the next command begins another
  quit          leave (or Ctrl-D, Ctrl-C)

Arrow keys walk through the history, Tab completes words. Tag and server are
those of the start: eppc --tag BETA shell.
`

// shellWords are the words only the shell knows.
var shellWords = []string{"exit", "help", "json", "logout", "quit", "xml"}

type shellCommand struct{}

// shellGrammar is what a line may hold.
type shellGrammar struct {
	Commands commands `embed:""`
}

// Run reads commands until the end of input. On a terminal it edits lines;
// otherwise it reads them plainly, stops at nothing, and the status is that
// of the last command that failed.
func (c *shellCommand) Run(s *session) error {
	in, ok := s.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return s.script(s.stdin)
	}
	if err := s.login(""); err != nil { // asks for the password before raw mode
		return err
	}
	state, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return err
	}
	defer func() { _ = term.Restore(int(in.Fd()), state) }() // nothing more to be done about it
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{in, os.Stdout}, "")
	if width, height, err := term.GetSize(int(in.Fd())); err == nil && width > 0 {
		if err := t.SetSize(width, height); err != nil {
			return err
		}
	}
	h := newHistory(historyFile())
	done := make(chan error, 1)
	go func() { done <- s.interact(t, h) }() // a read of the terminal cannot be broken off
	select {
	case err := <-done:
		if errors.Is(err, io.EOF) { // Ctrl-D or Ctrl-C: the cursor stands behind the prompt
			fmt.Fprint(os.Stdout, "\r\n")
			return h.fault
		}
		return err
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// interact runs the shell on a terminal. io.EOF is its end by Ctrl-D or Ctrl-C.
func (s *session) interact(t *term.Terminal, h *history) error {
	words := commandWords()
	t.History = h
	t.AutoCompleteCallback = func(line string, pos int, key rune) (string, int, bool) {
		if key != '\t' {
			return "", 0, false
		}
		return complete(words, line, pos)
	}
	inner := *s
	inner.stdout, inner.stderr, inner.stdin = t, t, nil
	inner.askPassword = t.ReadPassword
	inner.out = &output{XML: s.out.XML, JSON: s.out.JSON}
	defer func() { s.client, s.loggedIn = inner.client, inner.loggedIn }()
	fmt.Fprintf(t, "Connected to %s as %s. Type help for help.\n", inner.conn.Server, inner.conn.Tag)
	for {
		t.SetPrompt(prompt(&inner))
		line, err := t.ReadLine()
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		if err != nil && !errors.Is(err, term.ErrPasteIndicator) {
			return err
		}
		if _, quit := inner.line(line); quit {
			return h.fault
		}
	}
}

// prompt shows the tag, and whether there is a session.
func prompt(s *session) string {
	if !s.loggedIn {
		return "(" + s.conn.Tag + ")> "
	}
	return s.conn.Tag + "> "
}

// script runs the lines of a file or pipe.
func (s *session) script(in io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(in, maxRaw))
	if err != nil {
		return err
	}
	var failed error
	for line := range strings.Lines(string(data)) {
		err, quit := s.line(line)
		if err != nil {
			failed = err
		}
		if quit {
			break
		}
	}
	return failed
}

// line runs one line. Its error has been told already; quit asks to leave.
func (s *session) line(line string) (err error, quit bool) {
	args, err := splitLine(line)
	if err != nil {
		report(s.stderr, err)
		return told{err}, false
	}
	if len(args) == 0 || strings.HasPrefix(args[0], "#") {
		return nil, false
	}
	switch args[0] {
	case "quit", "exit":
		return nil, true
	case "help":
		fmt.Fprint(s.stdout, shellHelp)
		parse(&shellGrammar{}, []string{"--help"}, s.stdout, s.stderr, kong.Description(""))
		return nil, false
	case "logout":
		s.end()
		return nil, false
	case "xml", "json":
		err = s.form(args)
	default:
		err = s.command(args)
	}
	if err != nil {
		report(s.stderr, err)
		err = told{err}
	}
	return err, false
}

// form carries out xml on|off and json on|off.
func (s *session) form(args []string) error {
	if len(args) != 2 || args[1] != "on" && args[1] != "off" {
		return usageError(args[0] + " takes on or off")
	}
	on := args[1] == "on"
	*s.out = output{XML: on && args[0] == "xml", JSON: on && args[0] == "json"}
	return nil
}

// command carries out a command of the grammar.
func (s *session) command(args []string) error {
	var g shellGrammar
	parsed, status, ok := parse(&g, args, s.stdout, s.stderr, kong.Name(""), kong.Description(""))
	if !ok {
		if status != exitDone {
			return told{usageError("wrong usage")}
		}
		return nil
	}
	return parsed.Run(s)
}

// told is an error whose text was printed already.
type told struct{ error }

func (t told) Unwrap() error { return t.error }

// splitLine cuts a line into words as a shell does: quotes hold words
// together, a backslash takes the next character as it is.
func splitLine(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	started, escaped := false, false
	for _, r := range strings.TrimRight(line, "\r\n") {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			started, escaped = true, true
		case quote != 0:
			if r == quote {
				quote = 0
			} else {
				word.WriteRune(r)
			}
		case r == '\'' || r == '"':
			quote, started = r, true
		case r == ' ' || r == '\t':
			if started {
				words = append(words, word.String())
				word.Reset()
				started = false
			}
		default:
			word.WriteRune(r)
			started = true
		}
	}
	if quote != 0 || escaped {
		return nil, usageError("the line ends within quotes or after a backslash")
	}
	if started {
		words = append(words, word.String())
	}
	return words, nil
}

// commandWords returns what may follow each sequence of command words: more
// words, and flags. The key is the words joined by spaces.
func commandWords() map[string][]string {
	words := map[string][]string{}
	k, err := kong.New(&shellGrammar{})
	if err != nil {
		return words // a shell without completion; the test of it fails
	}
	var walk func(path string, n *kong.Node)
	walk = func(path string, n *kong.Node) {
		for _, flag := range n.Flags {
			words[path] = append(words[path], "--"+flag.Name)
		}
		for _, arg := range n.Positional {
			words[path] = append(words[path], arg.EnumSlice()...)
		}
		for _, child := range n.Children {
			words[path] = append(words[path], child.Name)
			walk(strings.TrimSpace(path+" "+child.Name), child)
		}
	}
	walk("", k.Model.Node)
	words[""] = append(words[""], shellWords...)
	words["xml"] = []string{"on", "off"}
	words["json"] = words["xml"]
	for path := range words {
		slices.Sort(words[path])
	}
	return words
}

// complete extends the word before the cursor as far as it is unambiguous.
func complete(words map[string][]string, line string, pos int) (string, int, bool) {
	before, after := line[:pos], line[pos:]
	start := strings.LastIndexByte(before, ' ') + 1
	typed := before[start:]
	path := ""
	for _, w := range strings.Fields(before[:start]) {
		next := strings.TrimSpace(path + " " + w)
		if _, known := words[next]; !known {
			continue // an argument or a flag
		}
		path = next
	}
	var found []string
	for _, w := range words[path] {
		if typed == "" && strings.HasPrefix(w, "-") {
			continue // flags only when asked for
		}
		if strings.HasPrefix(w, typed) {
			found = append(found, w)
		}
	}
	if len(found) == 0 {
		return line, pos, true
	}
	whole := found[0]
	for _, w := range found[1:] {
		for !strings.HasPrefix(w, whole) {
			whole = whole[:len(whole)-1]
		}
	}
	if len(found) == 1 {
		whole += " "
	}
	return before[:start] + whole + after, start + len(whole), true
}
