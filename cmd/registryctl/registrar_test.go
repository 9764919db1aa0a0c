package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/certs"
)

func TestRegistrarCommands(t *testing.T) {
	d := newDesk(t)
	golden(t, "registrar-show.txt", d.must("support", "registrar", "show", "ALPHA"))
	golden(t, "registrar-list.txt", d.must("support", "registrar", "list"))
	v := parsed[registrarView](t, d.must("billing", "--json", "registrar", "update", "ALPHA", "--terms", "prepaid",
		"--credit-limit", "12.5", "--tax-rate", "17.5"))
	if v.Terms != "prepaid" || v.CreditLimit != "12.50" || v.TaxRate != 1750 {
		t.Errorf("after the update: %+v", v)
	}
	v = parsed[registrarView](t, d.must("billing", "--json", "registrar", "update", "ALPHA", "--credit-limit", "none"))
	if v.CreditLimit != "" {
		t.Errorf("the limit is still %s", v.CreditLimit)
	}
	d.expect(exitRefused, "role billing", "billing", "registrar", "update", "ALPHA", "--name", "X")
	d.expect(exitUsage, "--credit-limit", "billing", "registrar", "update", "ALPHA", "--credit-limit", "1.234")
	d.expect(exitUsage, "--tax-rate", "billing", "registrar", "update", "ALPHA", "--tax-rate", "much")
	d.expect(exitUsage, "--tier", "billing", "registrar", "update", "ALPHA", "--tier", "gold")
	d.expect(exitRefused, "There is no registrar NONE", "support", "registrar", "show", "NONE")
	d.expect(exitRefused, "exists", "operator", "registrar", "create", "ALPHA", "--name", "Other")
	d.expect(exitUsage, "--yes", "operator", "registrar", "suspend", "ALPHA")
	if v = parsed[registrarView](t, d.must("operator", "--json", "-y", "registrar", "suspend", "ALPHA")); v.State != "suspended" {
		t.Errorf("state %s", v.State)
	}
	d.expect(exitRefused, "is suspended", "operator", "-y", "registrar", "suspend", "ALPHA")
	d.must("operator", "registrar", "resume", "ALPHA")
	t.Setenv("NAMEKEEP_REASON", "")
	d.expect(exitRefused, "a reason is required", "operator", "-y", "registrar", "suspend", "ALPHA")
}

func TestPasswd(t *testing.T) {
	d := newDesk(t)
	d.expect(exitUsage, "--generate", "operator", "registrar", "passwd", "ALPHA")
	first := d.must("operator", "registrar", "passwd", "ALPHA", "--generate")
	if second := d.must("operator", "registrar", "passwd", "ALPHA", "--generate"); len(first) != 17 || first == second {
		t.Errorf("generated %q and %q", first, second)
	}
	file := filepath.Join(t.TempDir(), "pw")
	if err := os.WriteFile(file, []byte("correct horse\nbattery\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := d.must("operator", "registrar", "passwd", "ALPHA", "--password-file", file)
	if strings.Contains(out, "horse") {
		t.Errorf("the password is shown: %s", out)
	}
	d.expect(exitRefused, "at least", "operator", "registrar", "passwd", "ALPHA", "--password-file", "-")
	d.expect(exitRefused, "role support", "support", "registrar", "passwd", "ALPHA", "--generate")
}

// certificates makes a CA and a certificate of ALPHA, and returns the folders.
func certificates(t *testing.T, d *desk) (ca, alpha string) {
	t.Helper()
	ca, alpha = filepath.Join(t.TempDir(), "ca"), filepath.Join(t.TempDir(), "alpha")
	d.must("admin", "certs", "ca", "init", ca)
	d.must("admin", "certs", "registrar", "issue", "ALPHA", "--ca", ca, "--out", alpha)
	return ca, alpha
}

func TestCertsCommands(t *testing.T) {
	d := newDesk(t)
	ca, alpha := certificates(t, d)
	d.expect(exitRefused, "exists", "admin", "certs", "ca", "init", ca)
	d.expect(exitRefused, "role operator", "operator", "certs", "registrar", "issue", "ALPHA", "--ca", ca, "--out", alpha)
	d.expect(exitUsage, "replaced", "admin", "certs", "registrar", "issue", "ALPHA", "--ca", ca, "--out", alpha)
	d.expect(exitUsage, "beyond the CA's own", "admin", "-y", "certs", "registrar", "issue", "ALPHA", "--ca", ca, "--out", alpha, "--days", "9999")
	issued, err := certs.LoadCerts(filepath.Join(alpha, "ALPHA.pem"))
	if err != nil || issued[0].Subject.CommonName != "ALPHA" {
		t.Fatalf("issued %v, %v", issued, err)
	}
	if info, err := os.Stat(filepath.Join(alpha, "ALPHA.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key: %v, %v", info, err)
	}
	// A registrar's own key: a request is signed and no key written.
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	csr := filepath.Join(dir, "req.pem")
	if err = os.WriteFile(csr, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	v := parsed[certificateView](t, d.must("admin", "--json", "certs", "registrar", "issue", "ALPHA", "--ca", ca, "--out", dir, "--csr", csr, "--days", "20"))
	if _, err = os.Stat(filepath.Join(dir, "ALPHA.key")); v.KeyFile != "" || err == nil {
		t.Errorf("a key was made for a request: %+v", v)
	}
	d.expect(exitUsage, "--csr", "admin", "certs", "registrar", "issue", "ALPHA", "--ca", ca, "--out", t.TempDir(), "--csr", filepath.Join(ca, "ca.pem"))
	// Expiring, revoked, pinned.
	if due := parsed[[]certificateView](t, d.must("support", "--json", "certs", "expiring")); len(due) != 1 || due[0].Fingerprint != v.Fingerprint {
		t.Errorf("expiring: %+v", due)
	}
	d.expect(exitUsage, "eight digits", "admin", "-y", "certs", "revoke", "ALPHA", v.Fingerprint[:4])
	d.expect(exitUsage, "--yes", "admin", "certs", "revoke", "ALPHA", v.Fingerprint[:12])
	d.must("admin", "-y", "certs", "revoke", "ALPHA", v.Fingerprint[:12])
	d.expect(exitRefused, "was revoked", "admin", "-y", "certs", "revoke", "ALPHA", v.Fingerprint)
	if list := parsed[[]certificateView](t, d.must("support", "--json", "certs", "list", "ALPHA")); len(list) != 2 || list[1].Revoked == nil {
		t.Errorf("list: %+v", list)
	}
	d.expect(exitRefused, "belongs to a registrar", "admin", "registrar", "cert", "ALPHA", "--add", filepath.Join(alpha, "ALPHA.pem"))
	other, err := certs.NewCA("Somebody", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := other.IssueRegistrar(certs.RegistrarRequest{Tag: "x", Validity: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(dir, "own.pem")
	if err = os.WriteFile(own, certs.EncodeCert(pair.Cert), 0o600); err != nil {
		t.Fatal(err)
	}
	d.expect(exitDone, "pinned", "admin", "registrar", "cert", "ALPHA", "--add", own)
	// A server certificate.
	server := t.TempDir()
	d.must("admin", "certs", "server", "issue", "epp.example", "127.0.0.1", "--ca", ca, "--out", server)
	if _, err = tls.LoadX509KeyPair(filepath.Join(server, "server.pem"), filepath.Join(server, "server.key")); err != nil {
		t.Error(err)
	}
}

func TestDoctor(t *testing.T) {
	d := newDesk(t)
	d.expect(exitRefused, "there is no tag alpha", "support", "registrar", "doctor", "alpha")
	d.expect(exitRefused, "nobody logs in with it", "support", "registrar", "doctor", "REGISTRY")
	d.expect(exitRefused, "none is set", "support", "registrar", "doctor", "ALPHA")
	d.expect(exitRefused, "none in force", "support", "registrar", "doctor", "ALPHA")
	ca, alpha := certificates(t, d)
	d.must("operator", "registrar", "passwd", "ALPHA", "--generate")
	d.must("support", "registrar", "doctor", "ALPHA")
	d.must("operator", "-y", "registrar", "suspend", "ALPHA")
	d.expect(exitRefused, "registrar resume ALPHA", "support", "registrar", "doctor", "ALPHA")
	d.must("operator", "registrar", "resume", "ALPHA")
	d.must("operator", "registrar", "create", "BETA", "--name", "Beta")
	certFile, keyFile, caFile := filepath.Join(alpha, "ALPHA.pem"), filepath.Join(alpha, "ALPHA.key"), filepath.Join(ca, "ca.pem")
	d.expect(exitRefused, "belongs to ALPHA", "support", "registrar", "doctor", "BETA", "--cert", certFile)
	d.expect(exitRefused, "is not on record", "support", "registrar", "doctor", "ALPHA", "--cert", caFile)

	// Against listeners: a good one, one with a wrong clock, none.
	d.must("admin", "certs", "server", "issue", "127.0.0.1", "--ca", ca, "--out", ca)
	address := greeter(t, ca, time.Now())
	connect := []string{"registrar", "doctor", "ALPHA", "--cert", certFile, "--key", keyFile, "--ca-file", caFile, "--address"}
	findings := parsed[[]finding](t, d.must("support", append(append([]string{"--json"}, connect...), address)...))
	if last := findings[len(findings)-1]; last.Check != "clock" || last.Level != "ok" {
		t.Errorf("findings: %+v", findings)
	}
	d.expect(exitDone, "clock and this machine's differ", "support", append(connect, greeter(t, ca, time.Now().Add(-time.Hour)))...)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := ln.Addr().String()
	ln.Close() // so that nobody answers there
	d.expect(exitRefused, "network", "support", append(connect, closed)...)
	d.expect(exitRefused, "TLS", "support", "registrar", "doctor", "ALPHA", "--ca-file", certFile, "--address", address)
	d.expect(exitUsage, "go together", "support", "registrar", "doctor", "ALPHA", "--cert", certFile, "--address", address)
}

// greeter is a listener that sends a greeting of a time to whoever connects.
func greeter(t *testing.T, ca string, at time.Time) string {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(filepath.Join(ca, "server.pem"), filepath.Join(ca, "server.key"))
	if err != nil {
		t.Fatal(err)
	}
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	text := fmt.Sprintf("<epp><greeting><svID>x</svID><svDate>%s</svDate></greeting></epp>", at.UTC().Format(time.RFC3339))
	frame := append(binary.BigEndian.AppendUint32(nil, uint32(len(text)+4)), text...)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return // the test has ended
			}
			_, _ = c.Write(frame) // the doctor tells if it did not arrive
			c.Close()
		}
	}()
	return ln.Addr().String()
}
