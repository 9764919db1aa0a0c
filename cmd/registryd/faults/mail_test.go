//go:build faults

package faults

import (
	"fmt"
	"io"
	"net"
	"net/mail"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/xml"
)

// sink takes mail and notes each Message-ID.
type sink struct {
	mu  sync.Mutex
	got map[string]int
}

func (s *sink) NewSession(*smtp.Conn) (smtp.Session, error) { return s, nil }
func (s *sink) Reset()                                      {}
func (s *sink) Logout() error                               { return nil }
func (s *sink) Mail(string, *smtp.MailOptions) error        { return nil }
func (s *sink) Rcpt(string, *smtp.RcptOptions) error        { return nil }
func (s *sink) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got[m.Header.Get("Message-Id")]++
	return nil
}

// The mail server is away for a day: nothing is given up, and when it is back
// every message goes out, once. Delivery counts real time, so the day is made by
// setting the queue's times back, hour by hour.
func TestMailServerDownForADay(t *testing.T) {
	w := newWorld(t, nil)
	w.mail = freePort(t)
	n := w.addServer()
	start := time.Now()
	w.newContacts(n.epp)
	for month := range 8 { // each brings an invoice to two registrars
		for tag := range 2 {
			c, err := dial(t.Context(), n.epp, tags[tag])
			must(t, err)
			for i := range 2 {
				name := fmt.Sprintf("mail%d-%d-%d.%s", month, tag, i, zone)
				code, err := do(c, eppclient.DomainCreate("MAIL", eppclient.DomainCreateOptions{
					Name: name, Years: 1, Registrant: contactOf(tag), AuthInfo: "secret-secret-secret"}))
				must(t, err)
				if code != xml.CodeOK {
					t.Fatalf("%s: %d", name, code)
				}
				w.figures.Commands++
				w.figures.OK++
			}
			_ = c.Close()
		}
		w.ctl("clock", "advance", "--days", "31")
		w.ctl("batch", "run")
		time.Sleep(1100 * time.Millisecond) // the server's clock follows within a second
	}
	queued := w.count(`SELECT count(*)::int FROM outbox`)
	if queued == 0 {
		t.Fatal("the batch wrote no message: this tests nothing")
	}
	const step = 4 * time.Hour
	for range int(24 * time.Hour / step) {
		w.later(step)
		time.Sleep(1500 * time.Millisecond) // the sender looks every second
	}
	w.figures.Faults["hours without a mail server"] = 24
	if failed := w.count(`SELECT count(*)::int FROM outbox WHERE failed_at IS NOT NULL OR sent_at IS NOT NULL`); failed != 0 {
		t.Fatalf("%d messages given up within a day", failed)
	}
	box := &sink{got: map[string]int{}}
	server := smtp.NewServer(box)
	server.Domain = "sink.example"
	listener, err := net.Listen("tcp", w.mail)
	must(t, err)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	w.later(step)
	for end := time.Now().Add(90 * time.Second); w.count(`SELECT count(*)::int FROM outbox WHERE sent_at IS NULL`) > 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d of %d messages are not sent", w.count(`SELECT count(*)::int FROM outbox WHERE sent_at IS NULL`), queued)
		}
	}
	box.mu.Lock()
	defer box.mu.Unlock()
	w.figures.Lost = queued - len(box.got)
	for id, times := range box.got {
		if times != 1 {
			w.figures.Twice++
			t.Errorf("%s came %d times", id, times)
		}
	}
	if w.figures.Lost != 0 {
		t.Errorf("%d messages came, %d were queued", len(box.got), queued)
	}
	w.figures.Faults["messages delivered afterwards"] = len(box.got)
	w.figures.Seconds = time.Since(start).Seconds()
	w.sound()
	w.report()
}

// later makes the queue as old as if time had passed.
func (w *world) later(d time.Duration) {
	w.t.Helper()
	_, err := w.pool.Exec(w.t.Context(), `UPDATE outbox SET queued_at = queued_at - $1::interval, due_at = due_at - $1::interval,
		locked_until = locked_until - $1::interval`, d)
	must(w.t, err)
}
