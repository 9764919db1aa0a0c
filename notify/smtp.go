package notify

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"
)

// SMTP says how mail is handed in (submission).
type SMTP struct {
	Address string // host:port; 587 for starttls, 465 for tls
	// Security is starttls (the default), tls, or none. None is taken for a
	// server on loopback only, and then without a password.
	Security string
	Username string // "" for no authentication
	Password string
	RootCAs  *x509.CertPool // nil for the system's
	// Hello is the name that this host gives itself; "" for the host's own.
	Hello   string
	Timeout time.Duration // of a step; default 30 s
}

// The values of SMTP.Security.
const (
	SecurityStartTLS = "starttls"
	SecurityTLS      = "tls"
	SecurityNone     = "none"
)

// DKIM says how mail is signed (RFC 6376, RFC 8463).
type DKIM struct {
	Domain   string
	Selector string
	Key      crypto.Signer // RSA or Ed25519
}

// ParseDKIMKey reads a private key in PEM: RSA or Ed25519.
func ParseDKIMKey(pem []byte) (crypto.Signer, error) {
	key, err := mail.PrivKeyFromPEM(pem)
	if err != nil {
		return nil, fmt.Errorf("DKIM key: %w", err)
	}
	return key, nil
}

const defaultTimeout = 30 * time.Second

func (s SMTP) timeout() time.Duration {
	if s.Timeout <= 0 {
		return defaultTimeout
	}
	return s.Timeout
}

// Check reports what makes no sense.
func (s SMTP) Check() error {
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return fmt.Errorf("SMTP address: %w", err)
	}
	_, err = strconv.ParseUint(port, 10, 16)
	switch ip := net.ParseIP(host); {
	case err != nil:
		return fmt.Errorf("SMTP address: %q is not a port", port)
	case s.Security == "" || s.Security == SecurityStartTLS || s.Security == SecurityTLS:
		return nil
	case s.Security != SecurityNone:
		return fmt.Errorf("SMTP security: %q is not starttls, tls or none", s.Security)
	case host != "localhost" && (ip == nil || !ip.IsLoopback()):
		return errors.New("SMTP security: none is for a server on loopback only")
	case s.Username != "":
		return errors.New("SMTP security: no password without encryption")
	}
	return nil
}

// client makes a client with one connection, not open yet.
func (s SMTP) client(sign *DKIM) (*mail.Client, error) {
	err := s.Check()
	if err != nil {
		return nil, err
	}
	host, port, _ := net.SplitHostPort(s.Address)
	number, _ := strconv.Atoi(port)
	options := []mail.Option{
		mail.WithPort(number), mail.WithTimeout(s.timeout()),
		mail.WithTLSConfig(&tls.Config{ServerName: host, RootCAs: s.RootCAs, MinVersion: tls.VersionTLS12}),
	}
	switch s.Security {
	case SecurityTLS:
		options = append(options, mail.WithSSL())
	case SecurityNone:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if s.Hello != "" {
		options = append(options, mail.WithHELO(s.Hello))
	}
	if s.Username != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.Username), mail.WithPassword(s.Password))
	}
	if sign != nil {
		options = append(options, mail.WithAlwaysDKIMSign(mail.NewDKIMSigner(sign.Domain, sign.Selector, sign.Key)))
	}
	c, err := mail.NewClient(host, options...)
	if err != nil {
		return nil, fmt.Errorf("SMTP: %w", err)
	}
	return c, nil
}

// verdict is what came of handing a message in.
type verdict struct {
	accepted bool
	refused  bool // for good: this message or its recipient
	code     int  // of the server's answer, 0 for none
	reason   string
	broken   bool // the connection is of no more use
	untried  bool // it was so before the message was begun
}

// hand hands in one message.
func hand(c *mail.Client, msg *mail.Msg) verdict {
	err := c.Send(msg)
	if msg.IsDelivered() {
		// What came after the server's word, such as a failed RSET, changes
		// nothing about it.
		return verdict{accepted: true, broken: err != nil}
	}
	var sent *mail.SendError
	if !errors.As(err, &sent) {
		return verdict{reason: err.Error(), broken: true}
	}
	v := verdict{code: sent.ErrorCode(), reason: err.Error()}
	switch sent.Reason {
	case mail.ErrSMTPRcptTo, mail.ErrSMTPData, mail.ErrSMTPDataClose:
		v.refused = v.code >= 500
	case mail.ErrGetSender, mail.ErrGetRcpts, mail.ErrNoUnencoded:
		v.refused = true
	}
	// A refusal of the sender (MAIL FROM) is the set-up's fault, not the
	// message's: it is tried again.
	v.broken = v.code == 0 && !v.refused || v.code == 421
	v.untried = sent.Reason == mail.ErrConnCheck
	return v
}

// dial opens the connection.
func dial(ctx context.Context, c *mail.Client) error {
	err := c.DialWithContext(ctx)
	if err != nil {
		return fmt.Errorf("connect to the mail server: %w", err)
	}
	return nil
}
