package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"
)

// clockSkew is how far before its issue a certificate is already valid, so
// that a peer whose clock is a little behind accepts it.
const clockSkew = 5 * time.Minute

// serialBits is the length of a serial number: random, so that it cannot be
// guessed before issue and needs no counter.
const serialBits = 128

// CA is a certificate authority: the registry's own, which signs server and
// registrar certificates and the list of those revoked. It is safe for
// concurrent use.
type CA struct {
	// Cert is the self-signed certificate that peers trust.
	Cert *x509.Certificate
	key  crypto.Signer
}

// Pair is an issued certificate with its private key.
type Pair struct {
	// Cert is the certificate, parsed.
	Cert *x509.Certificate
	// Key is the private key. It is nil when the subject made the key itself
	// and gave only the public half.
	Key *ecdsa.PrivateKey
}

// ServerRequest says what a server certificate is to contain.
type ServerRequest struct {
	// Name is the common name, for people; peers match DNSNames and IPs.
	Name string
	// DNSNames and IPs are the names clients connect to. One is required.
	DNSNames []string
	IPs      []net.IP
	// Validity is how long the certificate is good for.
	Validity time.Duration
	// NotBefore is the start of validity; the zero value means now.
	NotBefore time.Time
}

// RegistrarRequest says what a registrar's client certificate is to contain.
type RegistrarRequest struct {
	// Tag becomes the common name; Name, the registrar's, the organisation.
	Tag, Name string
	// Validity is how long the certificate is good for.
	Validity time.Duration
	// NotBefore is the start of validity; the zero value means now.
	NotBefore time.Time
	// PublicKey is the registrar's own key, from a request checked by
	// ParseRequest. If nil a new P-256 key is made and returned.
	PublicKey crypto.PublicKey
}

// NewCA makes a certificate authority with a new P-256 key. It may sign end
// certificates only, no further authorities.
func NewCA(name string, validity time.Duration) (*CA, error) {
	if name == "" {
		return nil, errors.New("certs: a CA needs a name")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("certs: make CA key: %w", err)
	}
	tmpl, err := template(pkix.Name{CommonName: name}, time.Time{}, validity)
	if err != nil {
		return nil, err
	}
	tmpl.IsCA = true
	tmpl.BasicConstraintsValid = true
	tmpl.MaxPathLenZero = true
	tmpl.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	cert, err := sign(tmpl, tmpl, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &CA{Cert: cert, key: key}, nil
}

// Pool returns a pool that holds this authority alone.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.Cert)
	return pool
}

// IssueServer issues a server certificate. It fails without a DNS name or an
// IP address, or with a validity beyond the CA's own.
func (ca *CA) IssueServer(req ServerRequest) (*Pair, error) {
	if len(req.DNSNames) == 0 && len(req.IPs) == 0 {
		return nil, errors.New("certs: a server certificate needs a DNS name or an IP address")
	}
	name := req.Name
	if name == "" && len(req.DNSNames) > 0 {
		name = req.DNSNames[0]
	}
	tmpl, err := template(pkix.Name{CommonName: name}, req.NotBefore, req.Validity)
	if err != nil {
		return nil, err
	}
	tmpl.DNSNames, tmpl.IPAddresses = req.DNSNames, req.IPs
	tmpl.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	return ca.issue(tmpl, nil)
}

// IssueRegistrar issues a client certificate to a registrar: common name its
// tag, organisation its name.
func (ca *CA) IssueRegistrar(req RegistrarRequest) (*Pair, error) {
	if req.Tag == "" {
		return nil, errors.New("certs: a registrar certificate needs a tag")
	}
	subject := pkix.Name{CommonName: req.Tag}
	if req.Name != "" {
		subject.Organization = []string{req.Name}
	}
	tmpl, err := template(subject, req.NotBefore, req.Validity)
	if err != nil {
		return nil, err
	}
	tmpl.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return ca.issue(tmpl, req.PublicKey)
}

// issue signs an end certificate for pub, or for a new key if pub is nil.
func (ca *CA) issue(tmpl *x509.Certificate, pub crypto.PublicKey) (*Pair, error) {
	if tmpl.NotAfter.After(ca.Cert.NotAfter) {
		return nil, fmt.Errorf("certs: validity to %s is beyond the CA's own, %s",
			tmpl.NotAfter.Format(time.DateOnly), ca.Cert.NotAfter.Format(time.DateOnly))
	}
	tmpl.BasicConstraintsValid = true
	tmpl.KeyUsage = x509.KeyUsageDigitalSignature
	pair := &Pair{}
	if pub == nil {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("certs: make key: %w", err)
		}
		pair.Key, pub = key, key.Public()
	} else if err := checkKey(pub); err != nil {
		return nil, err
	}
	cert, err := sign(tmpl, ca.Cert, pub, ca.key)
	if err != nil {
		return nil, err
	}
	pair.Cert = cert
	return pair, nil
}

// template returns what every certificate has: subject, random serial and
// validity in UTC.
func template(subject pkix.Name, notBefore time.Time, validity time.Duration) (*x509.Certificate, error) {
	if validity <= 0 {
		return nil, fmt.Errorf("certs: validity %s is not positive", validity)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	notAfter := notBefore.Add(validity)
	if notBefore.IsZero() {
		now := time.Now()
		notBefore, notAfter = now.Add(-clockSkew), now.Add(validity)
	}
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      subject,
		NotBefore:    notBefore.UTC().Truncate(time.Second),
		NotAfter:     notAfter.UTC().Truncate(time.Second),
	}, nil
}

// newSerial returns a random positive number of at most 128 bits.
func newSerial() (*big.Int, error) {
	limit := new(big.Int).Lsh(big.NewInt(1), serialBits)
	n, err := rand.Int(rand.Reader, limit.Sub(limit, big.NewInt(1)))
	if err != nil {
		return nil, fmt.Errorf("certs: make serial: %w", err)
	}
	return n.Add(n, big.NewInt(1)), nil
}

// sign creates and parses a certificate.
func sign(tmpl, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, pub, key)
	if err != nil {
		return nil, fmt.Errorf("certs: sign %s: %w", tmpl.Subject.CommonName, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("certs: read back %s: %w", tmpl.Subject.CommonName, err)
	}
	return cert, nil
}
