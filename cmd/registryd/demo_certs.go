package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/namekeep/namekeep/certs"
)

// Lengths of the demo's certificates. One that is within renewAhead of its end
// is made anew at the next start.
const (
	demoCAValidity   = 10 * 365 * 24 * time.Hour
	demoCertValidity = 365 * 24 * time.Hour
	renewAhead       = 40 * 24 * time.Hour // beyond the first notice of expiry
)

func (d *demo) certFile(name string) string { return filepath.Join(d.dir, "certs", name) }

// prepareCertificates makes what is missing or about to end: an authority, the
// server's certificate, and one for each registrar, which are returned by tag.
func (d *demo) prepareCertificates() (map[string]*x509.Certificate, error) {
	err := os.MkdirAll(filepath.Join(d.dir, "certs"), 0o700)
	if err != nil {
		return nil, err
	}
	ca, err := d.authority()
	if err != nil {
		return nil, err
	}
	err = d.serverCertificate(ca)
	if err != nil {
		return nil, err
	}
	registrars, err := readDemoRegistrars()
	if err != nil {
		return nil, err
	}
	issued := map[string]*x509.Certificate{}
	for _, r := range registrars {
		cert, key := d.certFile(r.tag+".pem"), d.certFile(r.tag+".key")
		c, err := usableCert(cert, key, ca)
		if err == nil && c == nil {
			var pair *certs.Pair
			pair, err = ca.IssueRegistrar(certs.RegistrarRequest{Tag: r.tag, Name: r.settings.Name, Validity: demoCertValidity})
			if err == nil {
				c, err = pair.Cert, pair.Save(cert, key)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("certificate of %s: %w", r.tag, err)
		}
		issued[r.tag] = c
	}
	return issued, nil
}

func (d *demo) authority() (*certs.CA, error) {
	cert, key := d.certFile("ca.pem"), d.certFile("ca.key")
	_, err := os.Stat(cert)
	if err == nil {
		return certs.LoadCA(cert, key)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	ca, err := certs.NewCA("Namekeep demo CA", demoCAValidity)
	if err != nil {
		return nil, err
	}
	return ca, ca.Save(cert, key)
}

// serverCertificate makes a certificate for localhost and the addresses that
// are listened on, unless there is one.
func (d *demo) serverCertificate(ca *certs.CA) error {
	cert, key := d.certFile("server.pem"), d.certFile("server.key")
	names := []string{"localhost"}
	ips := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	for _, address := range []string{d.ListenEPP, d.ListenGTLD} {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return usageError(fmt.Sprintf("%q is not HOST:PORT", address))
		}
		ip := net.ParseIP(host)
		switch {
		case ip == nil && host != "" && host != "localhost":
			names = append(names, host)
		case ip != nil && !ip.IsUnspecified() && !ip.IsLoopback():
			ips = append(ips, ip)
		}
	}
	c, err := usableCert(cert, key, ca)
	if err != nil {
		return err
	}
	if c != nil && covers(c, names, ips) {
		return nil
	}
	pair, err := ca.IssueServer(certs.ServerRequest{Name: "Namekeep demo", DNSNames: names, IPs: ips, Validity: demoCertValidity})
	if err != nil {
		return err
	}
	return pair.Save(cert, key)
}

func covers(c *x509.Certificate, names []string, ips []net.IP) bool {
	for _, n := range names {
		if c.VerifyHostname(n) != nil {
			return false
		}
	}
	for _, ip := range ips {
		if c.VerifyHostname(ip.String()) != nil {
			return false
		}
	}
	return true
}

// usableCert reads a certificate of ours; nil says that a new one is needed: it
// is missing, ends soon, or another authority signed it.
func usableCert(certFile, keyFile string, ca *certs.CA) (*x509.Certificate, error) {
	for _, name := range []string{certFile, keyFile} {
		_, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
	list, err := certs.LoadCerts(certFile)
	if err != nil {
		return nil, err
	}
	c := list[0]
	if time.Until(c.NotAfter) < renewAhead || c.CheckSignatureFrom(ca.Cert) != nil {
		return nil, nil
	}
	return c, nil
}
