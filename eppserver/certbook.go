package eppserver

import (
	"context"
	"crypto/x509"
	"fmt"
	"sync/atomic"

	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/registry"
)

// CertificateBook is a server's copy of the registrars' certificates, for the
// handshake: which are pinned, and which revoked. Given in Config it is
// renewed every WatchInterval. The login looks at the database itself.
type CertificateBook struct {
	reg     *registry.Registry
	current atomic.Pointer[map[string]registry.Certificate] // by fingerprint
}

// NewCertificateBook reads the certificates.
func NewCertificateBook(ctx context.Context, reg *registry.Registry) (*CertificateBook, error) {
	b := &CertificateBook{reg: reg}
	return b, b.Refresh(ctx)
}

// Refresh reads the certificates anew; after a fault the old copy stays.
func (b *CertificateBook) Refresh(ctx context.Context) error {
	list, err := b.reg.Certificates(ctx, "")
	if err != nil {
		return fmt.Errorf("eppserver: %w", err)
	}
	m := make(map[string]registry.Certificate, len(list))
	for _, c := range list {
		m[c.Fingerprint] = c
	}
	b.current.Store(&m)
	return nil
}

// Policy is what certs.ServerTLSConfig needs: certificates of the registry's
// own CAs and those pinned, none that is revoked.
func (b *CertificateBook) Policy(cas *x509.CertPool) certs.ClientPolicy {
	return certs.ClientPolicy{
		CAs: cas,
		Pinned: func(fp string) bool {
			c, ok := (*b.current.Load())[fp]
			return ok && !c.Issued
		},
		Revoked: func(cert *x509.Certificate) bool {
			c, ok := (*b.current.Load())[certs.Fingerprint(cert)]
			return ok && !c.Revoked.IsZero()
		},
	}
}

// Each calls fn with every certificate of the copy, those revoked too.
func (b *CertificateBook) Each(fn func(registry.Certificate)) {
	for _, c := range *b.current.Load() {
		fn(c)
	}
}
