package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"time"

	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/registry"
)

type registrarDoctor struct {
	Tag     string        `arg:"" help:"Tag."`
	Address string        `placeholder:"HOST:PORT" help:"Also connect to this EPP listener."`
	Cert    string        `placeholder:"FILE" help:"Client certificate (PEM) to look at and to connect with."`
	Key     string        `placeholder:"FILE" help:"Its key."`
	CAFile  string        `name:"ca-file" placeholder:"FILE" help:"CA of the server's certificate. Default: as configured."`
	Timeout time.Duration `default:"10s" help:"For connecting."`
}

// finding is the outcome of one check.
type finding struct {
	Check string `json:"check"`
	// Level is ok, warning or fault: a fault keeps the registrar out.
	Level string `json:"level"`
	Text  string `json:"text"`
}

// examination collects findings.
type examination struct{ findings []finding }

func (e *examination) ok(check, format string, args ...any) { e.add(check, "ok", format, args...) }
func (e *examination) warn(check, format string, args ...any) {
	e.add(check, "warning", format, args...)
}
func (e *examination) fault(check, format string, args ...any) {
	e.add(check, "fault", format, args...)
}

func (e *examination) add(check, level, format string, args ...any) {
	e.findings = append(e.findings, finding{check, level, fmt.Sprintf(format, args...)})
}

func (e *examination) faults() int {
	n := 0
	for _, f := range e.findings {
		if f.Level == "fault" {
			n++
		}
	}
	return n
}

// Run prints what was found; it exits with 1 if something keeps the registrar
// out.
func (c *registrarDoctor) Run(s *session) error {
	if (c.Cert == "") != (c.Key == "") && c.Address != "" {
		return usage("--cert and --key go together")
	}
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	var shown *x509.Certificate
	if c.Cert != "" {
		list, err := certs.LoadCerts(c.Cert)
		if err != nil {
			return usage("--cert: %v", err)
		}
		shown = list[0]
	}
	e := &examination{}
	known, err := c.examineTag(s.ctx, e, r)
	if err == nil && known {
		err = c.examineCertificates(s.ctx, e, r, shown)
	}
	if err == nil && c.Address != "" {
		err = c.examineConnection(s, e)
	}
	if err != nil {
		return err
	}
	rows := [][]string{}
	for _, f := range e.findings {
		rows = append(rows, []string{f.Level, f.Check, f.Text})
	}
	err = s.list(e.findings, []string{"Result", "Check", "Finding"}, rows, "")
	if n := e.faults(); err == nil && n > 0 {
		err = registry.Refuse(registry.KindAuthenticationFailed, "", "%s cannot connect: faults found: %d", c.Tag, n)
	}
	return err
}

// examineTag looks at the registrar itself; false: there is no such tag.
func (c *registrarDoctor) examineTag(ctx context.Context, e *examination, r *registry.Registry) (bool, error) {
	g, err := r.Registrar(ctx, c.Tag)
	if registry.KindOf(err) == registry.KindNotFound {
		e.fault("tag", "there is no tag %s; tags are in capital letters", c.Tag)
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if g.Kind != "registrar" {
		e.fault("tag", "%s is a tag of the registry's own: nobody logs in with it", c.Tag)
		return false, nil
	}
	e.ok("tag", "%s is %s", g.TAG, g.Name)
	if g.State == registry.RegistrarActive {
		e.ok("state", "active")
	} else {
		e.fault("state", "%s: registrar resume %s lets it in again", g.State, g.TAG)
	}
	now := r.Now()
	switch {
	case !g.HasPassword:
		e.fault("password", "none is set: registrar passwd %s", g.TAG)
	case !g.PasswordExpires.IsZero() && !now.Before(g.PasswordExpires):
		e.fault("password", "expired on %s: log in with newPW, or registrar passwd %s", clock(g.PasswordExpires), g.TAG)
	default:
		e.ok("password", "set %s", clock(g.PasswordChanged))
	}
	a, err := r.Access(ctx, c.Tag, time.Now())
	if err != nil {
		return false, err
	}
	if a.Failures > 0 {
		e.warn("logins", "%d failed in a row, the last %s: wrong password or certificate? Each more waits longer", a.Failures, clock(a.LastFailure))
	} else {
		e.ok("logins", "none failed lately")
	}
	limit := "the listener's limit applies"
	if g.MaxSessions > 0 {
		limit = fmt.Sprintf("%d allowed", g.MaxSessions)
	}
	if g.MaxSessions > 0 && a.Sessions >= g.MaxSessions {
		e.fault("sessions", "%d are open, %s: further logins get 2502", a.Sessions, limit)
	} else {
		e.ok("sessions", "%d open on %d servers, %s", a.Sessions, a.Servers, limit)
	}
	return true, nil
}

func (c *registrarDoctor) examineCertificates(ctx context.Context, e *examination, r *registry.Registry, shown *x509.Certificate) error {
	list, err := r.Certificates(ctx, "")
	if err != nil {
		return err
	}
	now := time.Now() // as TLS judges
	usable := 0
	for _, cert := range list {
		if cert.TAG != c.Tag {
			continue
		}
		state := certificateState(cert, now)
		switch {
		case cert.Usable(now) && state == "in force":
			e.ok("certificate", "%s in force until %s", cert.Fingerprint[:16], clock(cert.NotAfter))
			usable++
		case cert.Usable(now):
			e.warn("certificate", "%s %s", cert.Fingerprint[:16], state)
			usable++
		default:
			e.warn("certificate", "%s of no use: %s", cert.Fingerprint[:16], state)
		}
	}
	if usable == 0 {
		e.fault("certificate", "none in force: certs registrar issue %s, or registrar cert %s --add FILE", c.Tag, c.Tag)
	}
	if shown == nil {
		return nil
	}
	fp := certs.Fingerprint(shown)
	for _, cert := range list {
		switch {
		case cert.Fingerprint != fp:
		case cert.TAG != c.Tag:
			e.fault("shown certificate", "%s belongs to %s", fp[:16], cert.TAG)
			return nil
		case !cert.Usable(now):
			e.fault("shown certificate", "%s: %s", fp[:16], certificateState(cert, now))
			return nil
		default:
			e.ok("shown certificate", "%s belongs to %s", fp[:16], c.Tag)
			return nil
		}
	}
	e.fault("shown certificate", "%s is not on record: registrar cert %s --add FILE", fp[:16], c.Tag)
	return nil
}

// maxClockDifference is how far clocks may be apart before certificates and
// renewals on the last day suffer.
const maxClockDifference = time.Minute

// examineConnection connects as the registrar would, up to the greeting.
func (c *registrarDoctor) examineConnection(s *session, e *examination) error {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	caFile := c.CAFile
	if caFile == "" {
		cfg, err := s.config()
		if err != nil {
			return err
		}
		caFile = cfg.Certs.CACert
	}
	pool, err := certs.LoadPool(caFile)
	if err != nil {
		e.warn("server's CA", "%v: judged by the system's CAs", err)
	} else {
		conf.RootCAs = pool
	}
	if c.Cert != "" {
		pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			e.fault("key", "%v", err)
			return nil
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	ctx, cancel := context.WithTimeout(s.ctx, c.Timeout)
	defer cancel()
	var d net.Dialer
	raw, err := d.DialContext(ctx, "tcp", c.Address)
	if err != nil {
		e.fault("network", "%v", err)
		return nil
	}
	defer raw.Close() // nothing was sent that could be lost
	e.ok("network", "%s answers", raw.RemoteAddr())
	conf.ServerName, _, err = net.SplitHostPort(c.Address)
	if err != nil {
		return usage("--address: %v", err)
	}
	deadline, _ := ctx.Deadline()
	err = raw.SetDeadline(deadline)
	if err != nil {
		return err
	}
	conn := tls.Client(raw, conf)
	err = conn.HandshakeContext(ctx)
	if err != nil {
		e.fault("TLS", "%v", err)
		return nil
	}
	e.ok("TLS", "%s, server's certificate until %s", tls.VersionName(conn.ConnectionState().Version),
		clock(conn.ConnectionState().PeerCertificates[0].NotAfter))
	c.examineGreeting(e, conn)
	return nil
}

var svDate = regexp.MustCompile(`<svDate>\s*([^<\s]+)\s*</svDate>`)

// examineGreeting reads one frame. Under TLS 1.3 a refused client certificate
// shows here.
func (c *registrarDoctor) examineGreeting(e *examination, conn io.Reader) {
	var head [4]byte
	_, err := io.ReadFull(conn, head[:])
	var alert tls.AlertError
	if errors.As(err, &alert) {
		e.fault("greeting", "the server refused the client certificate: %v", err)
		return
	}
	if err != nil {
		e.fault("greeting", "the server hung up: %v", err)
		return
	}
	n := binary.BigEndian.Uint32(head[:])
	if n <= 4 || n > 64<<10 {
		e.fault("greeting", "this is no EPP server: the frame claims %d bytes", n)
		return
	}
	frame := make([]byte, n-4)
	_, err = io.ReadFull(conn, frame)
	if err != nil {
		e.fault("greeting", "%v", err)
		return
	}
	m := svDate.FindSubmatch(frame)
	if m == nil {
		e.fault("greeting", "there is no greeting in the first frame")
		return
	}
	e.ok("greeting", "received")
	at, err := time.Parse(time.RFC3339Nano, string(m[1]))
	if err != nil {
		e.warn("clock", "the server's time cannot be read: %s", m[1])
		return
	}
	if d := time.Since(at).Abs(); d > maxClockDifference {
		e.warn("clock", "the server's clock and this machine's differ by %s", d.Round(time.Second))
	} else {
		e.ok("clock", "the server's and this machine's agree")
	}
}
