package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/eppserver"
	"github.com/namekeep/namekeep/registry"
)

// tlsFiles is what the TLS listeners share: the server's certificate, the CAs
// whose clients are let in, and what the register says of certificates.
type tlsFiles struct {
	server *certs.Reloader
	cas    []*x509.Certificate
	pool   *x509.CertPool
	book   *eppserver.CertificateBook
}

// openTLS loads the files, if a listener needs them, and reads the register's
// certificates.
func (s *service) openTLS(ctx context.Context) error {
	needed := false
	for _, l := range s.cfg.Listeners {
		needed = needed || !l.Plain
	}
	if !needed {
		return nil
	}
	f := &tlsFiles{}
	var err error
	f.server, err = certs.NewReloader(s.cfg.Certs.ServerCert, s.cfg.Certs.ServerKey, func(err error) {
		s.log.Error("the server certificate was not reloaded", "error", err)
	})
	if err != nil {
		return fmt.Errorf("certs.server-cert: %w", err)
	}
	f.cas, err = certs.LoadCerts(s.cfg.Certs.CACert)
	if err != nil {
		return fmt.Errorf("certs.ca-cert: %w", err)
	}
	f.pool = x509.NewCertPool()
	for _, ca := range f.cas {
		f.pool.AddCert(ca)
	}
	f.book, err = eppserver.NewCertificateBook(ctx, s.reg)
	if err != nil {
		return err
	}
	s.tls = f
	return nil
}

// certificates is the book that the EPP server keeps up to date, nil without TLS.
func (f *tlsFiles) certificates() *eppserver.CertificateBook {
	if f == nil {
		return nil
	}
	return f.book
}

// inForce returns the registrars' certificates that are not revoked.
func (f *tlsFiles) inForce() []certs.Dated {
	var list []certs.Dated
	f.book.Each(func(c registry.Certificate) {
		if c.Revoked.IsZero() {
			list = append(list, certs.Dated{ID: c.Fingerprint, NotAfter: c.NotAfter})
		}
	})
	return list
}

// soonest is when the first of the certificates ends; ok is false without any.
func soonest(list []certs.Dated) (at time.Time, ok bool) {
	for _, c := range list {
		if !ok || c.NotAfter.Before(at) {
			at, ok = c.NotAfter, true
		}
	}
	return at, ok
}

// due counts the certificates that have reached a threshold of certs.Thresholds
// and not the next one, by its days.
func due(list []certs.Dated, now time.Time) map[int]int {
	counts := map[int]int{}
	for _, d := range certs.Expiring(list, now) {
		counts[d.Reached[len(d.Reached)-1]]++
	}
	return counts
}
