package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// screen is a terminal with somebody in front of it: a pseudo-terminal of the
// system, as a terminal program has one.
type screen struct {
	t      *testing.T
	master *os.File
	mu     sync.Mutex
	seen   bytes.Buffer
	read   int // how much of it was waited for
}

// openScreen returns a screen and the terminal that a program gets.
func openScreen(t *testing.T) (*screen, *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, master: master}
	go func() {
		part := make([]byte, 4096)
		for {
			n, err := master.Read(part)
			s.mu.Lock()
			s.seen.Write(part[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		// Both only end the test's own terminal.
		_ = terminal.Close()
		_ = master.Close()
	})
	return s, terminal
}

// text is all that was on the screen, what was typed included.
func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.ReplaceAll(s.seen.String(), "\r\n", "\n")
}

// answer waits until a prompt stands at the end of the screen and types.
func (s *screen) answer(prompt, line string) {
	s.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		text := s.text()
		if len(text) > s.read && strings.HasSuffix(text[s.read:], prompt+" ") {
			s.read = len(text)
			break
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("no prompt %q:\n%s", prompt, text)
		}
	}
	_, err := s.master.WriteString(line + "\n")
	if err != nil {
		s.t.Fatal(err)
	}
}

// at runs a command line on a terminal, with answers to its prompts in order,
// and returns the status and the screen.
func (d *desk) at(user string, args []string, answers ...string) (int, string) {
	d.t.Helper()
	s, terminal := openScreen(d.t)
	status := make(chan int, 1)
	go func() {
		status <- run(d.t.Context(), append([]string{"--database", d.url, "--user", user}, args...), terminal, terminal, terminal)
	}()
	for i := 0; i+1 < len(answers); i += 2 {
		s.answer(answers[i], answers[i+1])
	}
	code := <-status
	// What the program wrote last may still be on its way: a mark comes after it.
	const mark = "[end of the test]"
	if _, err := terminal.WriteString(mark); err != nil {
		d.t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		text, _, ended := strings.Cut(s.text(), mark)
		if ended {
			return code, text
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("the screen stands still:\n%s", text)
		}
	}
}

// B30: the wizard, on a real terminal, over two currencies.
func TestAccountWizard(t *testing.T) {
	d := customers(t)
	d.must("operator", "registrar", "update", "BETA", "--currency", "EUR")
	d.must("admin", "-y", "plan", "price", "BETA", "Beta names", "--amount", "16", "--currency", "EUR")
	const (
		account = "Number, or the contact's id:"
		tag     = "Tag:"
		mode    = "1 or 2:"
		notify  = "Send one message about it? y or n:"
		rate    = "One GBP is how many EUR?"
		right   = "Is that right? y or n:"
		confirm = "Go on? [y/N]"
	)
	transfer := []string{"account", "transfer"}
	// Nothing is done at any point before the last.
	for _, answers := range [][]string{
		{account, ""}, {account, "OWNER-1", tag, ""}, {account, "1", tag, "BETA", mode, ""}, {account, "1", tag, "BETA", mode, "1", notify, ""},
		{account, "1", tag, "BETA", mode, "1", notify, "n", rate, ""}, {account, "1", tag, "BETA", mode, "1", notify, "n", rate, "1.17", right, ""},
		{account, "1", tag, "BETA", mode, "1", notify, "n", rate, "1.17", right, "y", confirm, "n"},
	} {
		if code, text := d.at("operator", transfer, answers...); code != exitUsage || !strings.Contains(text, "Nothing was done") {
			t.Errorf("%q: status %d:\n%s", answers, code, text)
		}
	}
	if n := parsed[[]orderView](t, d.must("support", "--json", "account", "orders")); len(n) != 0 {
		t.Fatalf("orders %+v", n)
	}
	// Wrong answers are asked again; the rate may be corrected.
	code, text := d.at("operator", transfer, account, "NOBODY", account, "99", account, "OWNER-1", tag, "ALPHA", tag, "nowhere", tag, "beta",
		mode, "3", mode, "2", notify, "maybe", notify, "y", rate, "much", rate, "11.7", right, "n", rate, "1.1743", right, "y", confirm, "y")
	if code != exitDone {
		t.Fatalf("status %d:\n%s", code, text)
	}
	golden(t, "account-wizard.txt", text)
	page, err := os.ReadFile("../../docs/account-transfer.md")
	if err != nil {
		t.Fatal(err)
	}
	// What the page shows of the wizard is what it shows.
	for _, step := range []string{"Moving an account", "3. What goes along", "  1  ", "  2  ", "If the registrars", "5. The conversion rate", "Is that right?"} {
		i := strings.Index(text, step)
		line, _, _ := strings.Cut(text[max(i, 0):], "\n")
		if i < 0 || !strings.Contains(string(page), line) {
			t.Errorf("docs/account-transfer.md lacks %q", line)
		}
	}
	v := parsed[accountView](t, d.must("support", "--json", "account", "show", "2"))
	if v.Tag != "BETA" || v.Balances[0] != (moneyView{"12.33", "EUR"}) || v.Orders[0].Rate != "1.1743" || !v.Orders[0].Notify || v.Orders[0].Mode != "full" {
		t.Errorf("%+v", v) // 12.330150
	}
	d.must("support", "billing", "verify")
}

// With some of the flags the wizard asks for the rest; with one currency there is
// no rate.
func TestAccountWizardAsksForTheRest(t *testing.T) {
	d := customers(t)
	code, text := d.at("operator", []string{"account", "transfer", "1", "--to", "BETA", "--notify"}, "1 or 2:", "1", "Go on? [y/N]", "y")
	if code != exitDone || strings.Contains(text, "conversion rate") {
		t.Errorf("status %d:\n%s", code, text)
	}
	golden(t, "account-wizard-rest.txt", text)
}
