package certs

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// echo is a TLS server that sends back lines, as long as a session lasts.
type echo struct {
	addr string
	errs chan error // of each handshake, nil included
}

func startEcho(t *testing.T, config *tls.Config) *echo {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	e := &echo{addr: l.Addr().String(), errs: make(chan error, 32)}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go e.serve(tls.Server(conn, config))
		}
	}()
	return e
}

func (e *echo) serve(conn *tls.Conn) {
	defer conn.Close()
	err := conn.SetDeadline(time.Now().Add(20 * time.Second))
	if err == nil {
		err = conn.Handshake()
	}
	e.errs <- err
	if err == nil {
		_, _ = io.Copy(conn, conn) // ends when the client hangs up
	}
}

// dial connects and exchanges a line; under TLS 1.3 a refusal of the client's
// certificate shows only at the first read.
func (e *echo) dial(t *testing.T, config *tls.Config) (*tls.Conn, error) {
	t.Helper()
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 10 * time.Second}, "tcp", e.addr, config)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { conn.Close() })
	return conn, exchange(conn)
}

func exchange(conn *tls.Conn) error {
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "hello\n"); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && line != "hello\n" {
		err = errors.New("got " + line)
	}
	return err
}

// fixed serves one pair.
func fixed(p *Pair) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	cert := p.TLS()
	return func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &cert, nil }
}

func serverConfig(t *testing.T, opts ServerOptions) *tls.Config {
	t.Helper()
	config, err := ServerTLSConfig(opts)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// TestHandshake shows every acceptance and refusal of rule E1 on the wire.
func TestHandshake(t *testing.T) {
	ca, other := newCA(t, "Registry CA"), newCA(t, "Foreign CA")
	srv := server(t, ca)
	good := registrar(t, ca, "GOOD", time.Time{})
	expired := registrar(t, ca, "EXPIRED", time.Now().Add(-2*year))
	future := registrar(t, ca, "FUTURE", time.Now().Add(day))
	revoked := registrar(t, ca, "REVOKED", time.Time{})
	foreign := registrar(t, other, "FOREIGN", time.Time{})
	pinned := registrar(t, other, "PINNED", time.Time{})
	pinnedOld := registrar(t, other, "PINNEDOLD", time.Now().Add(-2*year))
	selfSigned := other // its certificate is signed by its own key

	pins := map[string]bool{Fingerprint(pinned.Cert): true, Fingerprint(pinnedOld.Cert): true, Fingerprint(selfSigned.Cert): true}
	policy := ClientPolicy{
		CAs:     ca.Pool(),
		Pinned:  func(fp string) bool { return pins[fp] },
		Revoked: func(c *x509.Certificate) bool { return c.Equal(revoked.Cert) },
	}
	require := startEcho(t, serverConfig(t, ServerOptions{GetCertificate: fixed(srv), Mode: RequireClientCert, Clients: policy}))
	request := startEcho(t, serverConfig(t, ServerOptions{GetCertificate: fixed(srv), Mode: RequestClientCert, Clients: policy}))

	own := tls.Certificate{Certificate: [][]byte{selfSigned.Cert.Raw}, PrivateKey: selfSigned.key}
	pair := func(p *Pair) []tls.Certificate { return []tls.Certificate{p.TLS()} }
	for _, c := range []struct {
		what    string
		e       *echo
		certs   []tls.Certificate
		refusal error
	}{
		{"registry's CA", require, pair(good), nil},
		{"registry's CA, asked only", request, pair(good), nil},
		{"none", require, nil, io.EOF},
		{"none, asked only", request, nil, nil},
		{"foreign CA", require, pair(foreign), ErrUntrusted},
		{"foreign CA, asked only", request, pair(foreign), ErrUntrusted},
		{"expired", require, pair(expired), ErrExpired},
		{"expired, asked only", request, pair(expired), ErrExpired},
		{"not yet valid", require, pair(future), ErrExpired},
		{"revoked", require, pair(revoked), ErrRevoked},
		{"pinned, foreign CA", require, pair(pinned), nil},
		{"pinned, self-signed", require, []tls.Certificate{own}, nil},
		{"pinned, expired", require, pair(pinnedOld), ErrExpired},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			_, err := c.e.dial(t, &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost", Certificates: c.certs, MinVersion: version, MaxVersion: version})
			seen := <-c.e.errs
			switch {
			case c.refusal == nil:
				if err != nil || seen != nil {
					t.Errorf("%s, %s: client %v, server %v", c.what, tls.VersionName(version), err, seen)
				}
			case err == nil || seen == nil:
				t.Errorf("%s, %s: not refused", c.what, tls.VersionName(version))
			case c.refusal != io.EOF && !errors.Is(seen, c.refusal):
				t.Errorf("%s, %s: server saw %v, want %v", c.what, tls.VersionName(version), seen, c.refusal)
			}
		}
	}
}

// TestProtocol refuses old protocols and ciphers (rule E1, RFC 9325).
func TestProtocol(t *testing.T) {
	ca := newCA(t, "Registry CA")
	good := registrar(t, ca, "GOOD", time.Time{})
	e := startEcho(t, serverConfig(t, ServerOptions{GetCertificate: fixed(server(t, ca)), Clients: ClientPolicy{CAs: ca.Pool()}}))
	for _, c := range []struct {
		what     string
		min, max uint16
		suites   []uint16
		ok       bool
	}{
		{"TLS 1.0", tls.VersionTLS10, tls.VersionTLS10, nil, false},
		{"TLS 1.1", tls.VersionTLS11, tls.VersionTLS11, nil, false},
		{"TLS 1.2", tls.VersionTLS12, tls.VersionTLS12, nil, true},
		{"TLS 1.3", tls.VersionTLS13, tls.VersionTLS13, nil, true},
		{"CBC", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}, false},
		{"CBC with SHA-256", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256}, false},
		{"no forward secrecy", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}, false},
		{"GCM", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}, true},
	} {
		_, err := e.dial(t, &tls.Config{
			RootCAs: ca.Pool(), ServerName: "localhost", Certificates: []tls.Certificate{good.TLS()},
			MinVersion: c.min, MaxVersion: c.max, CipherSuites: c.suites,
		})
		if seen := <-e.errs; (err == nil) != c.ok || (seen == nil) != c.ok {
			t.Errorf("%s: client %v, server %v", c.what, err, seen)
		}
	}
}

// TestResumption resumes a session, and refuses to once the certificate of
// its first handshake has been revoked.
func TestResumption(t *testing.T) {
	ca := newCA(t, "Registry CA")
	good := registrar(t, ca, "GOOD", time.Time{})
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		var mu sync.Mutex
		gone := false
		e := startEcho(t, serverConfig(t, ServerOptions{GetCertificate: fixed(server(t, ca)), Clients: ClientPolicy{
			CAs:     ca.Pool(),
			Revoked: func(*x509.Certificate) bool { mu.Lock(); defer mu.Unlock(); return gone },
		}}))
		config := &tls.Config{
			RootCAs: ca.Pool(), ServerName: "localhost", Certificates: []tls.Certificate{good.TLS()},
			ClientSessionCache: tls.NewLRUClientSessionCache(4), MinVersion: version, MaxVersion: version,
		}
		for i, resumed := range []bool{false, true} {
			conn, err := e.dial(t, config)
			if err != nil {
				t.Fatal(err)
			}
			if got := conn.ConnectionState().DidResume; got != resumed {
				t.Errorf("%s: connection %d resumed: %v", tls.VersionName(version), i, got)
			}
			<-e.errs
		}
		mu.Lock()
		gone = true
		mu.Unlock()
		if _, err := e.dial(t, config); err == nil {
			t.Errorf("%s: resumed with a revoked certificate", tls.VersionName(version))
		}
		if seen := <-e.errs; !errors.Is(seen, ErrRevoked) {
			t.Errorf("%s: server saw %v", tls.VersionName(version), seen)
		}
	}
}

// TestReload replaces the server certificate under a live session, then by
// rubbish, by another's key, and by an expired one.
func TestReload(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key")
	ca := newCA(t, "Registry CA")
	first, second := server(t, ca), server(t, ca)
	good := registrar(t, ca, "GOOD", time.Time{})
	if err := first.Save(certFile, keyFile); err != nil {
		t.Fatal(err)
	}
	faults := make(chan error, 8)
	r, err := NewReloader(certFile, keyFile, func(err error) { faults <- err })
	if err != nil {
		t.Fatal(err)
	}
	e := startEcho(t, serverConfig(t, ServerOptions{GetCertificate: r.GetCertificate, Clients: ClientPolicy{CAs: ca.Pool()}}))
	config := &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost", Certificates: []tls.Certificate{good.TLS()}}
	shown := func() *x509.Certificate {
		conn, err := e.dial(t, config)
		if err != nil {
			t.Fatal(err)
		}
		return conn.ConnectionState().PeerCertificates[0]
	}
	live, err := e.dial(t, config)
	if err != nil {
		t.Fatal(err)
	}
	if !shown().Equal(first.Cert) {
		t.Fatal("not the first certificate")
	}

	go r.Run(t.Context(), 10*time.Millisecond)
	if err := second.Save(certFile, keyFile); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); !r.Leaf().Equal(second.Cert); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the new certificate was not loaded")
		}
	}
	if !shown().Equal(second.Cert) {
		t.Error("a new connection does not see the new certificate")
	}
	if err := exchange(live); err != nil {
		t.Errorf("the open session broke: %v", err)
	}
	for len(faults) > 0 { // seen between the writing of key and certificate
		<-faults
	}

	if err := os.WriteFile(certFile, []byte("rubbish"), 0o644); err != nil {
		t.Fatal(err)
	}
	select {
	case <-faults:
	case <-time.After(10 * time.Second):
		t.Fatal("the fault was not told")
	}
	time.Sleep(50 * time.Millisecond) // some polls more
	if len(faults) != 0 {
		t.Errorf("the same fault was told again: %v", <-faults)
	}
	if !shown().Equal(second.Cert) {
		t.Error("the old certificate was dropped")
	}
	expired, err := ca.IssueServer(ServerRequest{DNSNames: []string{"localhost"}, Validity: day, NotBefore: time.Now().Add(-2 * day)})
	if err != nil {
		t.Fatal(err)
	}
	if err := expired.Save(certFile, keyFile); err != nil {
		t.Fatal(err)
	}
	if err := r.Reload(); err == nil || !r.Leaf().Equal(second.Cert) {
		t.Errorf("expired certificate: %v", err)
	}
	if err := first.Save(certFile, keyFile); err != nil {
		t.Fatal(err)
	}
	if err := r.Reload(); err != nil || !r.Leaf().Equal(first.Cert) {
		t.Errorf("on demand: %v", err)
	}
}

func TestNewReloaderRefuses(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key")
	if _, err := NewReloader(certFile, keyFile, nil); err == nil {
		t.Error("missing files were taken")
	}
	ca := newCA(t, "Registry CA")
	a, b := server(t, ca), server(t, ca)
	a.Key = b.Key
	if err := a.Save(certFile, keyFile); err != nil {
		t.Fatal(err)
	}
	if _, err := NewReloader(certFile, keyFile, nil); err == nil {
		t.Error("another certificate's key was taken")
	}
	if _, err := ServerTLSConfig(ServerOptions{}); err == nil {
		t.Error("a listener without certificate was taken")
	}
}
