package epptest

import (
	"crypto/tls"
	"net"
	"sync"
	"time"

	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/eppserver"
)

// authority makes certificates once for all tests of a run.
type authority struct {
	once   sync.Once
	ca     *certs.CA
	server tls.Certificate
	err    error

	mu      sync.Mutex
	clients map[string]*certs.Pair
}

var shared = &authority{clients: map[string]*certs.Pair{}}

func (a *authority) open() error {
	a.once.Do(func() {
		a.ca, a.err = certs.NewCA("Namekeep test CA", 2*certValidity)
		if a.err != nil {
			return
		}
		var pair *certs.Pair
		pair, a.err = a.ca.IssueServer(certs.ServerRequest{
			DNSNames: []string{"localhost"}, IPs: []net.IP{net.IPv4(127, 0, 0, 1)}, Validity: 12 * time.Hour,
		})
		if a.err == nil {
			a.server = pair.TLS()
		}
	})
	return a.err
}

// client returns a registrar's certificate, the same one every time.
func (a *authority) client(tag string) (*certs.Pair, error) {
	err := a.open()
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if pair := a.clients[tag]; pair != nil {
		return pair, nil
	}
	pair, err := a.ca.IssueRegistrar(certs.RegistrarRequest{Tag: tag, Name: tag + " Ltd", Validity: certValidity})
	if err == nil {
		a.clients[tag] = pair
	}
	return pair, err
}

// certValidity is beyond what a login warns of.
const certValidity = 300 * 24 * time.Hour

// CA is the authority that signed all certificates.
func (h *Harness) CA() *certs.CA {
	h.T.Helper()
	if err := shared.open(); err != nil {
		h.T.Fatal(err)
	}
	return shared.ca
}

// Certificate is a registrar's certificate.
func (h *Harness) Certificate(tag string) *certs.Pair {
	h.T.Helper()
	pair, err := shared.client(tag)
	if err != nil {
		h.T.Fatal(err)
	}
	return pair
}

func (h *Harness) serverTLS(book *eppserver.CertificateBook) *tls.Config {
	h.T.Helper()
	ca := h.CA()
	cfg, err := certs.ServerTLSConfig(certs.ServerOptions{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &shared.server, nil },
		Mode:           h.options.ClientCerts,
		Clients:        book.Policy(ca.Pool()),
	})
	if err != nil {
		h.T.Fatal(err)
	}
	return cfg
}

// ClientTLS is the TLS settings of a client with a registrar's certificate, or
// none for "".
func (h *Harness) ClientTLS(tag string) *tls.Config {
	h.T.Helper()
	cfg := &tls.Config{RootCAs: h.CA().Pool(), ServerName: "localhost", MinVersion: tls.VersionTLS12}
	if tag != "" {
		cfg.Certificates = []tls.Certificate{h.Certificate(tag).TLS()}
	}
	return cfg
}
