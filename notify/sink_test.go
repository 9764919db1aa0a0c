package notify

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// received is a message that a sink has accepted.
type received struct {
	from, to string
	raw      string
	user     string
}

func (r received) header(t *testing.T) mail.Header {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(r.raw))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header
}

// sink is a mail server for tests.
type sink struct {
	address string
	mu      sync.Mutex
	got     []received
	// What the server does with a sender, a recipient and a message, if not nil.
	onMail, onRcpt func(address string) error
	onData         func(received) error
	auth           bool
	forget         bool // accepted messages are not kept
}

// startSink starts a mail server on loopback: security as in SMTP.Security.
func startSink(t testing.TB, s *sink, security string, cert *tls.Certificate) *sink {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = ln.Addr().String()
	server := smtp.NewServer(s)
	server.Domain = "sink.example"
	server.AllowInsecureAuth = true
	server.ErrorLog = quiet{}
	if cert != nil {
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*cert}}
		if security == SecurityTLS {
			ln = tls.NewListener(ln, server.TLSConfig)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(ln) // ends with Close
	}()
	t.Cleanup(func() {
		server.Close()
		<-done
	})
	return s
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func (s *sink) NewSession(*smtp.Conn) (smtp.Session, error) { return &sinkSession{sink: s}, nil }

func (s *sink) all() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received{}, s.got...)
}

type sinkSession struct {
	*sink
	r received
}

func (s *sinkSession) AuthMechanisms() []string {
	if !s.auth {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *sinkSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "namekeep" || password != "s3cret" {
			return errors.New("wrong password")
		}
		s.r.user = user
		return nil
	}), nil
}

func (s *sinkSession) Mail(from string, _ *smtp.MailOptions) error {
	if s.auth && s.r.user == "" {
		return smtp.ErrAuthRequired
	}
	s.r.from = from
	if s.onMail != nil {
		return s.onMail(from)
	}
	return nil
}

func (s *sinkSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.r.to = to
	if s.onRcpt != nil {
		return s.onRcpt(to)
	}
	return nil
}

func (s *sinkSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.r.raw = string(raw)
	if s.onData != nil {
		err = s.onData(s.r)
		if err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.forget {
		s.got = append(s.got, s.r)
	}
	return nil
}

func (s *sinkSession) Reset()        { s.r = received{user: s.r.user} }
func (s *sinkSession) Logout() error { return nil }
