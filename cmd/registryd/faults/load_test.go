//go:build faults

package faults

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/xml"
)

// outcome is what a client knows of a command that it sent.
type outcome int

const (
	unknown outcome = iota // no answer, or 2400: it may have happened
	done                   // 1000
	refused                // any other answer
)

// step is one command that changes a name.
type step struct {
	clTRID string
	action string // create, renew, update or delete
	name   string
	end    outcome
}

// load has sessions change names, each its own, and notes what was answered.
type load struct {
	w       *world
	targets func() []string // addresses, tried in turn
	ctx     context.Context
	stop    context.CancelFunc
	workers sync.WaitGroup

	mu      sync.Mutex
	steps   []step
	checks  int           // reads that were answered
	last    time.Time     // when a command was last answered with 1000
	longest time.Duration // between two such answers, of all workers together
	odd     []string      // answers that nothing explains
}

// serial makes names and clTRIDs of one test run different.
var serial = time.Now().Unix() % 1_000_000

// newContacts registers the contact that each tag's names belong to.
func (w *world) newContacts(address string) {
	w.t.Helper()
	for i, tag := range tags {
		c, err := dial(w.t.Context(), address, tag)
		must(w.t, err)
		frame := eppclient.ContactCreate("SETUP-"+tag, eppclient.ContactCreateOptions{
			ID: contactOf(i), Email: "owner@example.net", AuthInfo: "secret-secret-secret",
			Postal: []eppclient.Postal{{Type: "int", HasAddr: true, Name: new("An Owner"), Street: []string{"1 High St"}, City: "London", Country: "GB"}},
		})
		answer, err := c.Do(frame)
		must(w.t, err)
		if !bytes.Contains(answer, []byte(`<result code="1000"`)) {
			w.t.Fatalf("contact of %s: %s", tag, answer)
		}
		_ = c.Close()
	}
}

func contactOf(tag int) string { return fmt.Sprintf("OWNER-%d", tag) }

// startLoad starts sessions at the addresses.
func (w *world) startLoad(sessions int, targets func() []string) *load {
	w.t.Helper()
	l := &load{w: w, targets: targets, last: time.Now()}
	l.ctx, l.stop = context.WithCancel(context.Background())
	w.t.Cleanup(l.stop)
	for n := range sessions {
		l.workers.Go(func() { l.work(n) })
	}
	return l
}

// end stops the load, checks all that it did and adds to the figures.
func (l *load) end() {
	l.w.t.Helper()
	l.stop()
	l.workers.Wait()
	l.check()
}

// dial opens a session.
func dial(ctx context.Context, address, tag string) (*eppclient.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	c, err := eppclient.Dial(ctx, address, nil)
	if err != nil {
		return nil, err
	}
	// Longer than any command may take, so that no answer is missed.
	c.Timeout = 25 * time.Second
	code, err := do(c, eppclient.Login(c.Greeting(), tag, password, eppclient.LoginOptions{}))
	if err == nil && code != xml.CodeOK {
		err = fmt.Errorf("login: %d", code)
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// do sends a command and returns the code of its answer.
func do(c *eppclient.Client, frame []byte) (xml.ResultCode, error) {
	answer, err := c.Do(frame)
	if err != nil {
		return 0, err
	}
	r, err := xml.ParseResponse(answer)
	if err != nil {
		return 0, err
	}
	if len(r.Results) == 0 {
		return 0, fmt.Errorf("no result: %s", answer)
	}
	return r.Results[0].Code, nil
}

// work is one session: name after name, until the load ends.
func (l *load) work(n int) {
	tag := n % len(tags)
	var c *eppclient.Client
	defer func() {
		if c != nil {
			_ = c.Close()
		}
	}()
	for k := 0; l.ctx.Err() == nil; k++ {
		for c == nil && l.ctx.Err() == nil {
			list := l.targets()
			var err error
			c, err = dial(l.ctx, list[(n+k+rand.IntN(2))%len(list)], tags[tag])
			if err != nil {
				c = nil
				sleep(l.ctx, time.Duration(20+rand.IntN(80))*time.Millisecond)
			}
		}
		if c == nil {
			return
		}
		if !l.life(c, tag, fmt.Sprintf("n%d-%d-%d.%s", serial, n, k, zone)) {
			_ = c.Close()
			c = nil
		}
	}
}

// life takes a name through its commands. It reports whether the session is
// still good. A command that was not answered ends the name: what is in the
// register then shows whether it happened.
func (l *load) life(c *eppclient.Client, tag int, name string) bool {
	year := 0
	var expires string
	commands := []string{"create", "check", "renew", "info", "update", "renew"}
	if rand.IntN(4) == 0 {
		commands = append(commands, "delete")
	}
	for i, action := range commands {
		if l.ctx.Err() != nil {
			return true
		}
		id := fmt.Sprintf("F-%s-%d", name[:len(name)-len(zone)-1], i)
		var frame []byte
		switch action {
		case "check":
			frame = eppclient.DomainCheck(id, name)
		case "info":
			frame = eppclient.DomainInfo(id, eppclient.DomainInfoOptions{Name: name})
		case "create":
			frame = eppclient.DomainCreate(id, eppclient.DomainCreateOptions{Name: name, Years: 1, Registrant: contactOf(tag), AuthInfo: "secret-secret-secret"})
		case "renew":
			frame = eppclient.DomainRenew(id, name, expires, 1)
		case "update":
			frame = eppclient.DomainUpdate(id, eppclient.DomainUpdateOptions{Name: name, AddStatus: []string{"clientHold"}})
		case "delete":
			frame = eppclient.DomainDelete(id, name)
		}
		answer, err := c.Do(frame)
		s := step{clTRID: id, action: action, name: name}
		var code xml.ResultCode
		if err == nil {
			var r *xml.ParsedResponse
			r, err = xml.ParseResponse(answer)
			if err == nil && len(r.Results) > 0 {
				code = r.Results[0].Code
				expires, year = expiryOf(answer, expires, year)
			}
		}
		switch {
		case err != nil || code == 0 || code == xml.CodeFailed || code == xml.CodeFailedClosing:
			s.end = unknown
		case code < 2000:
			s.end = done
		default:
			s.end = refused
		}
		l.note(s, code)
		if s.end != done {
			return err == nil && code != xml.CodeFailedClosing
		}
	}
	return true
}

func (l *load) note(s step, code xml.ResultCode) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.end == done {
		now := time.Now()
		l.longest = max(l.longest, now.Sub(l.last))
		l.last = now
	}
	if s.end == refused && len(l.odd) < 20 {
		l.odd = append(l.odd, fmt.Sprintf("%s %s: %d", s.action, s.name, code))
	}
	if s.action == "check" || s.action == "info" {
		l.checks++
		return
	}
	l.steps = append(l.steps, s)
}

// done is how many commands have been answered with 1000.
func (l *load) done() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, s := range l.steps {
		if s.end == done {
			n++
		}
	}
	return n
}

// flowing waits until commands are answered with 1000 again.
func (l *load) flowing(t *testing.T, within time.Duration) time.Duration {
	t.Helper()
	start, before := time.Now(), l.done()
	for time.Since(start) < within {
		if l.done() > before {
			return time.Since(start)
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("no command is answered within %s", within)
	return 0
}

// expiryOf reads the date of expiry that an answer carries, if it does.
func expiryOf(answer []byte, was string, year int) (string, int) {
	const tag = "<domain:exDate>"
	text := string(answer)
	for i := 0; i+len(tag)+10 <= len(text); i++ {
		if text[i:i+len(tag)] == tag {
			return text[i+len(tag) : i+len(tag)+10], year + 1
		}
	}
	return was, year
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
