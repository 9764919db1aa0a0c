package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const year = 365 * day

// newCA makes an authority for a test.
func newCA(t *testing.T, name string) *CA {
	t.Helper()
	ca, err := NewCA(name, 10*year)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// registrar issues a client certificate valid for a year from notBefore.
func registrar(t *testing.T, ca *CA, tag string, notBefore time.Time) *Pair {
	t.Helper()
	pair, err := ca.IssueRegistrar(RegistrarRequest{Tag: tag, Name: "Example Ltd", Validity: year, NotBefore: notBefore})
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func server(t *testing.T, ca *CA) *Pair {
	t.Helper()
	pair, err := ca.IssueServer(ServerRequest{DNSNames: []string{"localhost"}, IPs: []net.IP{net.IPv4(127, 0, 0, 1)}, Validity: year})
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func TestIssue(t *testing.T) {
	ca := newCA(t, "Test CA")
	srv, cl := server(t, ca), registrar(t, ca, "EXAMPLE", time.Time{})
	if got := cl.Cert.Subject; got.CommonName != "EXAMPLE" || len(got.Organization) != 1 || got.Organization[0] != "Example Ltd" {
		t.Errorf("subject = %v", got)
	}
	for _, c := range []struct {
		what  string
		cert  *x509.Certificate
		usage x509.ExtKeyUsage
		ok    bool
	}{
		{"server as server", srv.Cert, x509.ExtKeyUsageServerAuth, true},
		{"server as client", srv.Cert, x509.ExtKeyUsageClientAuth, false},
		{"registrar as client", cl.Cert, x509.ExtKeyUsageClientAuth, true},
		{"registrar as server", cl.Cert, x509.ExtKeyUsageServerAuth, false},
	} {
		_, err := c.cert.Verify(x509.VerifyOptions{Roots: ca.Pool(), KeyUsages: []x509.ExtKeyUsage{c.usage}})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	if err := srv.Cert.VerifyHostname("127.0.0.1"); err != nil {
		t.Error(err)
	}
	if srv.Cert.SerialNumber.Cmp(cl.Cert.SerialNumber) == 0 || srv.Cert.SerialNumber.BitLen() > 128 {
		t.Errorf("serials %x, %x", srv.Cert.SerialNumber, cl.Cert.SerialNumber)
	}
}

func TestIssueRefused(t *testing.T) {
	ca := newCA(t, "Test CA")
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	issue := func(req RegistrarRequest) error { _, err := ca.IssueRegistrar(req); return err }
	for what, err := range map[string]error{
		"no tag":        issue(RegistrarRequest{Validity: year}),
		"no validity":   issue(RegistrarRequest{Tag: "A"}),
		"outlives CA":   issue(RegistrarRequest{Tag: "A", Validity: 11 * year}),
		"weak key":      issue(RegistrarRequest{Tag: "A", Validity: year, PublicKey: weak.Public()}),
		"nameless":      func() error { _, err := ca.IssueServer(ServerRequest{Validity: year}); return err }(),
		"nameless CA":   func() error { _, err := NewCA("", year); return err }(),
		"CA for a past": func() error { _, err := NewCA("x", -year); return err }(),
	} {
		if err == nil {
			t.Errorf("%s: not refused", what)
		}
	}
}

func TestSaveAndLoad(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	ca := newCA(t, "Test CA")
	pair := registrar(t, ca, "EXAMPLE", time.Time{})
	if err := errors.Join(ca.Save(file("ca.pem"), file("ca.key")), pair.Save(file("c.pem"), file("c.key"))); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ca.key", "c.key"} {
		info, err := os.Stat(file(name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	loaded, err := LoadCA(file("ca.pem"), file("ca.key"))
	if err != nil {
		t.Fatal(err)
	}
	pool, err := LoadPool(file("ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	again := registrar(t, loaded, "OTHER", time.Time{})
	if err := (ClientPolicy{CAs: pool}).Check([]*x509.Certificate{again.Cert}); err != nil {
		t.Errorf("issued by the loaded CA: %v", err)
	}
	if _, err := LoadCA(file("c.pem"), file("c.key")); err == nil {
		t.Error("a registrar's certificate was taken for a CA")
	}
	if _, err := LoadCA(file("ca.pem"), file("c.key")); err == nil {
		t.Error("a foreign key was taken")
	}
	if _, err := LoadCerts(file("ca.key")); err == nil {
		t.Error("a key file was taken for certificates")
	}
	left, err := filepath.Glob(file(".new-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestParseRequest(t *testing.T) {
	ca := newCA(t, "Test CA")
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "SOMEONE-ELSE"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
	}
	pub, err := ParseRequest(encode(der))
	if err != nil {
		t.Fatal(err)
	}
	pair, err := ca.IssueRegistrar(RegistrarRequest{Tag: "EXAMPLE", Validity: year, PublicKey: pub})
	if err != nil {
		t.Fatal(err)
	}
	if pair.Key != nil || pair.Cert.Subject.CommonName != "EXAMPLE" || !key.PublicKey.Equal(pair.Cert.PublicKey) {
		t.Errorf("issued %v with key %v", pair.Cert.Subject, pair.Key)
	}
	der[len(der)-1] ^= 1 // breaks the signature
	if _, err := ParseRequest(encode(der)); err == nil {
		t.Error("request with a bad signature was taken")
	}
	if _, err := ParseRequest([]byte("nonsense")); err == nil {
		t.Error("nonsense was taken")
	}
}

func TestFingerprint(t *testing.T) {
	fp := Fingerprint(newCA(t, "Test CA").Cert)
	var colons []string
	for i := 0; i < len(fp); i += 2 {
		colons = append(colons, strings.ToUpper(fp[i:i+2]))
	}
	for _, s := range []string{fp, strings.ToUpper(fp), strings.Join(colons, ":"), " " + fp + "\n"} {
		if got, err := ParseFingerprint(s); err != nil || got != fp {
			t.Errorf("ParseFingerprint(%q) = %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"", fp[2:], fp + "00", "g" + fp[1:]} {
		if got, err := ParseFingerprint(s); err == nil {
			t.Errorf("ParseFingerprint(%q) = %q", s, got)
		}
	}
}

func TestCRL(t *testing.T) {
	ca, other := newCA(t, "Test CA"), newCA(t, "Other CA")
	bad, good := registrar(t, ca, "BAD", time.Time{}), registrar(t, ca, "GOOD", time.Time{})
	now := time.Now().Truncate(time.Second)
	data, err := ca.CRL([]Revoked{{Serial: bad.Cert.SerialNumber, At: now, Reason: ReasonKeyCompromise}}, now)
	if err != nil {
		t.Fatal(err)
	}
	list, err := ParseCRL(data, ca.Cert)
	if err != nil {
		t.Fatal(err)
	}
	if !list.Revoked(bad.Cert) || list.Revoked(good.Cert) {
		t.Errorf("revoked: bad %v, good %v", list.Revoked(bad.Cert), list.Revoked(good.Cert))
	}
	if got := list.Entries(); len(got) != 1 || got[0].Reason != ReasonKeyCompromise || !got[0].At.Equal(now) {
		t.Errorf("entries = %v", got)
	}
	foreign := &x509.Certificate{RawIssuer: other.Cert.RawSubject, SerialNumber: bad.Cert.SerialNumber}
	if list.Revoked(foreign) {
		t.Error("another issuer's certificate with the same serial is revoked")
	}
	for offset, want := range map[time.Duration]bool{-time.Second: false, 0: true, CRLValidity - 1: true, CRLValidity: false} {
		if got := list.Current(now.Add(offset)); got != want {
			t.Errorf("current at %s: %v", offset, got)
		}
	}
	if _, err := ParseCRL(data, other.Cert); err == nil {
		t.Error("a list of another issuer was taken")
	}
	if _, err := ca.CRL([]Revoked{{At: now}}, now); err == nil {
		t.Error("an entry without serial was taken")
	}
}

func TestExpiring(t *testing.T) {
	end := time.Date(2027, 3, 31, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		before  time.Duration
		reached []int
		expired bool
	}{
		{30*day + time.Second, nil, false},
		{30 * day, []int{30}, false},
		{14*day + time.Second, []int{30}, false},
		{14 * day, []int{30, 14}, false},
		{3 * day, []int{30, 14, 3}, false},
		{0, []int{30, 14, 3}, false},
		{-time.Second, []int{30, 14, 3}, true},
	} {
		due := Expiring([]Dated{{ID: "far", NotAfter: end.Add(year)}, {ID: "x", NotAfter: end}}, end.Add(-c.before))
		if c.reached == nil {
			if len(due) != 0 {
				t.Errorf("%s before: %v", c.before, due)
			}
			continue
		}
		if len(due) != 1 || due[0].ID != "x" || due[0].Expired != c.expired || !slices.Equal(due[0].Reached, c.reached) {
			t.Errorf("%s before: %v, want %v", c.before, due, c.reached)
		}
	}
}
