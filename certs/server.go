package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// ClientCertMode says what happens to a client that shows no certificate. One
// that shows a bad certificate is refused in the handshake in either mode.
type ClientCertMode int

const (
	// RequireClientCert lets the handshake fail.
	RequireClientCert ClientCertMode = iota
	// RequestClientCert lets the handshake pass; the login is to fail later,
	// with an answer that says why.
	RequestClientCert
)

// Why a client certificate is refused. The session layer maps them to answers
// and metrics.
var (
	ErrNoClientCert = errors.New("certs: no client certificate")
	ErrExpired      = errors.New("certs: client certificate has expired or is not yet valid")
	ErrUntrusted    = errors.New("certs: client certificate is neither from a known CA nor pinned")
	ErrRevoked      = errors.New("certs: client certificate is revoked")
	ErrWeakKey      = errors.New("certs: client certificate has a weak key")
)

// minRSABits is the shortest RSA key taken (RFC 9325 section 4.5).
const minRSABits = 2048

// cipherSuites are those for TLS 1.2: ephemeral key exchange and authenticated
// encryption only (RFC 9325 section 4.2). TLS 1.3 has none to choose.
var cipherSuites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// curves for the key exchange; all clients since 2015 have one of them.
var curves = []tls.CurveID{tls.X25519MLKEM768, tls.X25519, tls.CurveP256, tls.CurveP384}

// ClientPolicy says which client certificates are accepted. Its functions are
// called from many goroutines; each may be nil.
type ClientPolicy struct {
	// CAs sign the certificates the registry issues.
	CAs *x509.CertPool
	// Pinned reports whether a certificate, by its fingerprint, is accepted
	// whoever signed it, its own key included.
	Pinned func(fp string) bool
	// Revoked reports whether a certificate is no longer accepted. It
	// overrides Pinned and CAs.
	Revoked func(cert *x509.Certificate) bool
	// Now is the clock for validity, time.Now if nil.
	Now func() time.Time
}

// ServerOptions are the settings of an EPP listener.
type ServerOptions struct {
	// GetCertificate is the server certificate's hook: Reloader.GetCertificate.
	GetCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	Mode           ClientCertMode
	Clients        ClientPolicy
}

// ServerTLSConfig returns the settings RFC 5734 and RFC 9325 ask of an EPP
// server (rule E1): TLS 1.2 and 1.3, forward secrecy, client certificates.
//
// Session tickets are on. A resumed handshake carries the certificate of the
// first one and is checked here again in full (validity, CA or pin,
// revocation). Which tag may log in with it, and revocation while a session is
// open, are for the session layer: it must look at the peer certificate at
// every login, resumed or not, and may call ClientPolicy.Check at any time.
//
// Under TLS 1.3 a client sees its handshake succeed before the server has
// looked at its certificate; the refusal reaches it at its first read.
func ServerTLSConfig(opts ServerOptions) (*tls.Config, error) {
	if opts.GetCertificate == nil {
		return nil, errors.New("certs: no server certificate")
	}
	config := &tls.Config{
		MinVersion:       tls.VersionTLS12,
		MaxVersion:       tls.VersionTLS13,
		CipherSuites:     cipherSuites,
		CurvePreferences: curves,
		GetCertificate:   opts.GetCertificate,
		// Which CAs the client is told about; checking is ours because a
		// pinned certificate has none of them.
		ClientCAs: opts.Clients.CAs,
	}
	switch opts.Mode {
	case RequireClientCert:
		config.ClientAuth = tls.RequireAnyClientCert
	case RequestClientCert:
		config.ClientAuth = tls.RequestClientCert
	default:
		return nil, fmt.Errorf("certs: unknown client certificate mode %d", opts.Mode)
	}
	if opts.Clients.Pinned != nil {
		// Clients pick a certificate by the announced CAs; a pinned one would
		// never be sent, so nothing is announced.
		config.ClientCAs = nil
	}
	policy := opts.Clients
	// Called on resumption too, unlike VerifyPeerCertificate.
	config.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 && opts.Mode == RequestClientCert {
			return nil
		}
		return policy.Check(state.PeerCertificates)
	}
	return config, nil
}

// Check judges a client's chain, its own certificate first, as it was sent.
// It returns nil or an error that wraps one of the Err values above. A pinned
// certificate needs no extended key usage: public CAs no longer put client
// authentication in theirs.
func (p ClientPolicy) Check(chain []*x509.Certificate) error {
	if len(chain) == 0 {
		return ErrNoClientCert
	}
	leaf, now := chain[0], time.Now()
	if p.Now != nil {
		now = p.Now()
	}
	if now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		return fmt.Errorf("%w: valid %s to %s", ErrExpired,
			leaf.NotBefore.Format(time.RFC3339), leaf.NotAfter.Format(time.RFC3339))
	}
	if p.Revoked != nil && p.Revoked(leaf) {
		return ErrRevoked
	}
	if err := checkKey(leaf.PublicKey); err != nil {
		return err
	}
	if p.Pinned != nil && p.Pinned(Fingerprint(leaf)) {
		return nil
	}
	if p.CAs == nil {
		return ErrUntrusted
	}
	between := x509.NewCertPool()
	for _, cert := range chain[1:] {
		between.AddCert(cert)
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots:         p.CAs,
		Intermediates: between,
		CurrentTime:   now,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	return nil
}

// checkKey refuses keys below today's strength.
func checkKey(pub crypto.PublicKey) error {
	switch key := pub.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < minRSABits {
			return fmt.Errorf("%w: RSA %d bits, at least %d needed", ErrWeakKey, key.N.BitLen(), minRSABits)
		}
	case *ecdsa.PublicKey:
		if size := key.Curve.Params().BitSize; size < 256 {
			return fmt.Errorf("%w: elliptic curve of %d bits", ErrWeakKey, size)
		}
	case ed25519.PublicKey:
	default:
		return fmt.Errorf("%w: key type %T", ErrWeakKey, pub)
	}
	return nil
}
