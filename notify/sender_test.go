package notify

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-smtp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// newSender sends what is in the outbox of db to a sink, in plain text.
func newSender(t testing.TB, db *pg.DB, address string) *Sender {
	t.Helper()
	return &Sender{
		DB: db, Clock: time.Now, SMTP: SMTP{Address: address, Security: SecurityNone, Timeout: 5 * time.Second},
		Envelope: Envelope{From: "noreply@registry.example", Bounces: "bounces@registry.example"}, Templates: load(t, nil),
		Poll: 20 * time.Millisecond, Log: slog.New(slog.DiscardHandler), Metrics: NewMetrics(db, time.Now),
	}
}

// runUntil runs a sender until done says so, at most twenty seconds.
func runUntil(t testing.TB, s *Sender, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	end := make(chan error, 1)
	go func() { end <- s.Run(ctx) }()
	for !done() && ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond)
	}
	timeout := ctx.Err() != nil
	cancel()
	err := <-end
	if err != nil {
		t.Fatal(err)
	}
	if timeout {
		t.Fatal("not done in time")
	}
}

// count counts rows of the outbox.
func count(t testing.TB, db *pg.DB, where string) int {
	t.Helper()
	var n int
	err := db.Pool.QueryRow(context.Background(), `SELECT count(*) FROM outbox WHERE `+where).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func settled(t testing.TB, db *pg.DB) func() bool {
	return func() bool { return count(t, db, `sent_at IS NULL AND failed_at IS NULL`) == 0 }
}

// queue stores messages of a kind.
func queue(t testing.TB, db *pg.DB, kind Kind, to ...string) {
	t.Helper()
	err := db.InTx(context.Background(), func(tx *pg.Tx) error {
		for _, address := range to {
			err := Enqueue(tx, Message{Kind: kind, To: address, Payload: Samples(kind)[0]})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sink"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// N1, N4: STARTTLS and TLS with a password, every header, and the attachment.
func TestSubmissionIsEncryptedAndAuthenticated(t *testing.T) {
	cert, pool := certificate(t)
	for _, security := range []string{SecurityStartTLS, SecurityTLS} {
		t.Run(security, func(t *testing.T) {
			db := pgtest.New(t)
			server := startSink(t, &sink{auth: true}, security, &cert)
			queue(t, db, AdvanceList, "sales@alpha.example")
			s := newSender(t, db, server.address)
			s.SMTP.Security, s.SMTP.RootCAs, s.SMTP.Username, s.SMTP.Password = security, pool, "namekeep", "s3cret"
			runUntil(t, s, settled(t, db))
			got := server.all()
			if len(got) != 1 || got[0].user != "namekeep" {
				t.Fatalf("received %+v", got)
			}
			if got[0].from != "bounces@registry.example" || got[0].to != "sales@alpha.example" {
				t.Errorf("envelope from %s to %s", got[0].from, got[0].to)
			}
			h := got[0].header(t)
			for key, want := range map[string]string{
				"Auto-Submitted":        "auto-generated",
				"List-Unsubscribe":      "<https://registry.example/unsubscribe/" + sampleToken + ">",
				"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
				"From":                  `"Namekeep Registry" <noreply@registry.example>`,
				"Reply-To":              "<help@registry.example>",
				"Subject":               "ALPHA: 3 names to renew in June 2027",
			} {
				if strings.Join(strings.Fields(h.Get(key)), " ") != want {
					t.Errorf("%s: %q, want %q", key, h.Get(key), want)
				}
			}
			for _, part := range []string{"text/plain", "text/html", "text/csv", "expiring-2027-06.csv"} {
				if !strings.Contains(got[0].raw, part) {
					t.Errorf("there is no %s", part)
				}
			}
		})
	}
}

// N1: neither a server without TLS nor a stranger's certificate nor a wrong
// password gets a message; it stays waiting.
func TestNothingIsSentToAServerThatCannotBeTrusted(t *testing.T) {
	cert, pool := certificate(t)
	_, strangers := certificate(t)
	tests := []struct {
		name     string
		security string
		cert     *tls.Certificate
		pool     *x509.CertPool
		password string
	}{
		{"no STARTTLS", SecurityStartTLS, nil, pool, "s3cret"},
		{"a stranger's certificate", SecurityStartTLS, &cert, strangers, "s3cret"},
		{"a wrong password", SecurityStartTLS, &cert, pool, "guess"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db := pgtest.New(t)
			server := startSink(t, &sink{auth: true}, tt.security, tt.cert)
			queue(t, db, SalesSignIn, "sales@alpha.example")
			s := newSender(t, db, server.address)
			s.SMTP.Security, s.SMTP.RootCAs, s.SMTP.Username, s.SMTP.Password = tt.security, tt.pool, "namekeep", tt.password
			w := &worker{Sender: s}
			_, err := w.round(context.Background())
			if err == nil {
				t.Error("no error")
			}
			if len(server.all()) != 0 || count(t, db, `attempts = 0 AND sent_at IS NULL AND failed_at IS NULL`) != 1 {
				t.Errorf("sent %d; the message does not wait", len(server.all()))
			}
		})
	}
}

// A password or plain text never crosses the network.
func TestPlainTextIsForLoopbackOnly(t *testing.T) {
	for s, ok := range map[SMTP]bool{
		{Address: "127.0.0.1:25", Security: SecurityNone}:                true,
		{Address: "mail.example:25", Security: SecurityNone}:             false,
		{Address: "127.0.0.1:25", Security: SecurityNone, Username: "u"}: false,
		{Address: "mail.example:587"}:                                    true,
		{Address: "mail.example:465", Security: SecurityTLS}:             true,
		{Address: "mail.example"}:                                        false,
		{Address: "mail.example:submission"}:                             false,
		{Address: "mail.example:587", Security: "ssl"}:                   false,
	} {
		if err := s.Check(); (err == nil) != ok {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

// N1: the signature is valid for whoever looks up the key.
func TestMailIsSigned(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaPublic, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		key crypto.Signer
		txt string
	}{
		"rsa":     {rsaKey, "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(rsaPublic)},
		"ed25519": {edKey, "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(edKey.Public().(ed25519.PublicKey))},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			db := pgtest.New(t)
			server := startSink(t, &sink{}, SecurityNone, nil)
			queue(t, db, ProForma, "info@dommelsen.example")
			s := newSender(t, db, server.address)
			s.DKIM = &DKIM{Domain: "registry.example", Selector: "k1", Key: tt.key}
			runUntil(t, s, settled(t, db))
			verify := func(raw string) error {
				list, err := dkim.VerifyWithOptions(strings.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
					if name != "k1._domainkey.registry.example" {
						return nil, errors.New("no such record")
					}
					return []string{tt.txt}, nil
				}})
				if err == nil && len(list) != 1 {
					err = fmt.Errorf("%d signatures", len(list))
				}
				if err == nil {
					err = list[0].Err
				}
				return err
			}
			got := server.all()
			if len(got) != 1 {
				t.Fatalf("received %d", len(got))
			}
			if err := verify(got[0].raw); err != nil {
				t.Error(err)
			}
			if verify(strings.Replace(got[0].raw, "Subject:", "Subject: x", 1)) == nil {
				t.Errorf("a changed message passes:\n%.1500s", got[0].raw)
			}
		})
	}
}

// N1: what the server refuses for good has failed at once, with the code; what
// it refuses for now is tried again, later each time; a refusal of the sender
// is the set-up's fault and tried again.
func TestRefusals(t *testing.T) {
	tests := []struct {
		name   string
		sink   *sink
		failed bool
		code   int
	}{
		{"recipient unknown", &sink{onRcpt: func(string) error {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
		}}, true, 550},
		{"message refused", &sink{onData: func(received) error {
			return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "spam"}
		}}, true, 554},
		{"mailbox busy", &sink{onRcpt: func(string) error {
			return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 1}, Message: "greylisted"}
		}}, false, 450},
		{"sender refused", &sink{onMail: func(string) error {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "relay denied"}
		}}, false, 550},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db := pgtest.New(t)
			server := startSink(t, tt.sink, SecurityNone, nil)
			queue(t, db, AdvanceWarning, "info@dommelsen.example")
			s := newSender(t, db, server.address)
			runUntil(t, s, func() bool { return count(t, db, `last_error IS NOT NULL`) == 1 })
			var failed *time.Time
			var code *int
			var due time.Time
			var text string
			err := db.Pool.QueryRow(context.Background(), `SELECT failed_at, smtp_code, due_at, last_error FROM outbox`).Scan(&failed, &code, &due, &text)
			if err != nil {
				t.Fatal(err)
			}
			if (failed != nil) != tt.failed || code == nil || *code != tt.code || !strings.Contains(text, fmt.Sprint(tt.code)) {
				t.Errorf("failed %v, code %v, error %q", failed, code, text)
			}
			wait := time.Until(due)
			if !tt.failed && (wait < 50*time.Second || wait > 2*time.Minute) {
				t.Errorf("tried again in %s", wait)
			}
			result := resultRetry
			if tt.failed {
				result = resultRefused
			}
			if n := testutil.ToFloat64(s.Metrics.results.WithLabelValues(result)); n != 1 {
				t.Errorf("the metric %s is %v", result, n)
			}
		})
	}
}

// N1: back-off doubles to two hours, never beyond three days.
func TestBackoff(t *testing.T) {
	for attempts, want := range map[int]time.Duration{1: time.Minute, 2: 2 * time.Minute, 5: 16 * time.Minute, 8: 2 * time.Hour, 1000: 2 * time.Hour} {
		for range 50 {
			if d := backoff(attempts); d < want || d > want+want/2 {
				t.Errorf("attempt %d: %s, want %s and up to a half more", attempts, d, want)
			}
		}
	}
}

// N1: after three days a message has failed, whether the server was there or not.
func TestGivenUpAfterThreeDays(t *testing.T) {
	db := pgtest.New(t)
	queue(t, db, AdvanceWarning, "info@dommelsen.example")
	s := newSender(t, db, "127.0.0.1:1") // nobody listens
	now := time.Now()
	n, err := giveUp(context.Background(), db, now.Add(71*time.Hour))
	if err != nil || n != 0 {
		t.Errorf("after 71 hours: %d, %v", n, err)
	}
	s.Clock = func() time.Time { return now.Add(73 * time.Hour) }
	runUntil(t, s, settled(t, db))
	if count(t, db, `failed_at IS NOT NULL AND last_error <> ''`) != 1 {
		t.Error("not failed")
	}
}

// N1: many senders at once, each message once; lost connections and a server
// that hangs up after its word repeat nothing.
func TestSendersAtOnceSendEachMessageOnce(t *testing.T) {
	db := pgtest.New(t)
	var n atomic.Int64
	server := startSink(t, &sink{onData: func(received) error {
		if n.Add(1)%7 == 0 {
			return &smtp.SMTPError{Code: 451, Message: "later"}
		}
		return nil
	}}, SecurityNone, nil)
	var to []string
	for i := range 200 {
		to = append(to, fmt.Sprintf("r%d@dommelsen.example", i))
	}
	queue(t, db, RenewalReminder, to...)
	first, second := newSender(t, db, server.address), newSender(t, db, server.address)
	first.Workers = 3
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- second.Run(ctx) }()
	push := func() bool {
		// What was put off comes back without waiting for minutes.
		_, err := db.Pool.Exec(ctx, `UPDATE outbox SET due_at = queued_at WHERE sent_at IS NULL AND attempts > 0 AND locked_until IS NULL`)
		if err != nil {
			t.Fatal(err)
		}
		return settled(t, db)()
	}
	runUntil(t, first, push)
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, r := range server.all() {
		seen[r.to]++
	}
	for _, address := range to {
		if seen[address] != 1 {
			t.Errorf("%s got %d", address, seen[address])
		}
	}
	if count(t, db, `sent_at IS NULL`) != 0 {
		t.Error("not all are marked as sent")
	}
}

// N2: header injection is impossible, from the payload as from the address.
func TestHeadersCannotBeInjected(t *testing.T) {
	db := pgtest.New(t)
	server := startSink(t, &sink{}, SecurityNone, nil)
	evil := Renewal{Name: "a.example\r\nBcc: victim@example.org", Expires: "2027-06-01",
		Registrant: Party{Name: "X\r\n.\r\nMAIL FROM:<evil@example.org>\u2028y"}, Registrar: Agent{Name: "R\nX-Evil: 1"}}
	err := db.InTx(context.Background(), func(tx *pg.Tx) error {
		return errors.Join(Enqueue(tx, Message{Kind: RenewalReminder, To: "good@dommelsen.example", Payload: evil}),
			Enqueue(tx, Message{Kind: RenewalReminder, To: "good@dommelsen.example\r\nBcc: victim@example.org", Payload: evil}),
			Enqueue(tx, Message{Kind: RenewalReminder, To: "Name <good@dommelsen.example>", Payload: evil}))
	})
	if err != nil {
		t.Fatal(err)
	}
	runUntil(t, newSender(t, db, server.address), settled(t, db))
	got := server.all()
	if len(got) != 1 || count(t, db, `failed_at IS NOT NULL`) != 2 {
		t.Fatalf("received %d, want the one with a good address", len(got))
	}
	h := got[0].header(t)
	if h.Get("Bcc") != "" || h.Get("X-Evil") != "" || !strings.Contains(h.Get("Subject"), "Bcc: victim") {
		t.Errorf("header: %v", h)
	}
}

// A notice that cannot be made has failed at once and holds up nobody; one
// whose document is not there yet is tried again.
func TestNoticesThatCannotBeMade(t *testing.T) {
	db := pgtest.New(t)
	server := startSink(t, &sink{}, SecurityNone, nil)
	err := db.InTx(context.Background(), func(tx *pg.Tx) error {
		return Enqueue(tx, Message{Kind: Receipt, To: "a@dommelsen.example", Payload: map[string]string{"number": "1"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	queue(t, db, Invoice, "billing@alpha.example")
	queue(t, db, AdvanceWarning, "info@dommelsen.example")
	s := newSender(t, db, server.address)
	ready := false
	s.Documents = func(_ context.Context, kind Kind, payload json.RawMessage) ([]File, error) {
		if !ready {
			return nil, errors.New("not yet")
		}
		return []File{{Name: "INV-000123.pdf", ContentType: "application/pdf", Data: []byte("%PDF-1.3")}}, CheckPayload(kind, payload)
	}
	runUntil(t, s, func() bool { return count(t, db, `last_error IS NULL AND sent_at IS NULL`) == 0 })
	if len(server.all()) != 1 || count(t, db, `failed_at IS NOT NULL AND kind = 'receipt'`) != 1 ||
		count(t, db, `failed_at IS NULL AND due_at IS NOT NULL AND kind = 'invoice'`) != 1 {
		t.Fatalf("received %d", len(server.all()))
	}
	ready = true
	s.Clock = func() time.Time { return time.Now().Add(time.Hour) }
	runUntil(t, s, settled(t, db))
	got := server.all()
	if len(got) != 2 || !strings.Contains(got[1].raw, "INV-000123.pdf") {
		t.Errorf("received %d", len(got))
	}
}

// Links and codes leave the database once the message is gone.
func TestSecretsAreForgotten(t *testing.T) {
	db := pgtest.New(t)
	server := startSink(t, &sink{}, SecurityNone, nil)
	queue(t, db, RenewalConfirmation, "info@dommelsen.example")
	runUntil(t, newSender(t, db, server.address), settled(t, db))
	if !strings.Contains(server.all()[0].raw, "7KQF-2M9D-XH4T") {
		t.Error("the message has no code")
	}
	if count(t, db, `payload::text LIKE '%7KQF%' OR payload ? 'path'`) != 0 {
		t.Error("the code is still in the outbox")
	}
}
