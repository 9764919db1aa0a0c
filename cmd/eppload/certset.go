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

// certValidity is enough for any measurement.
const certValidity = 30 * 24 * time.Hour

// certSet is the files of a throw-away CA, of a server on loopback and of the
// clients, by tag.
type certSet struct {
	dir                           string
	caFile, serverCert, serverKey string
	pool                          *x509.CertPool
}

func (s certSet) clientCert(tag string) string { return filepath.Join(s.dir, tag+".pem") }
func (s certSet) clientKey(tag string) string  { return filepath.Join(s.dir, tag+".key") }

// openCertSet reads the set in a folder, or makes it if the folder has none.
// Several processes may use one set that is there; it is made by one.
func openCertSet(dir string, tags []string) (certSet, error) {
	s := certSet{dir: dir, caFile: filepath.Join(dir, "ca.pem"), serverCert: filepath.Join(dir, "server.pem"),
		serverKey: filepath.Join(dir, "server.key")}
	_, err := os.Stat(s.serverCert)
	if errors.Is(err, fs.ErrNotExist) {
		err = s.issue(tags)
	}
	if err != nil {
		return s, fmt.Errorf("certificates: %w", err)
	}
	s.pool, err = certs.LoadPool(s.caFile)
	return s, err
}

func (s certSet) issue(tags []string) error {
	err := os.MkdirAll(s.dir, 0o700)
	if err != nil {
		return err
	}
	ca, err := certs.NewCA("eppload", 2*certValidity)
	if err != nil {
		return err
	}
	err = ca.Save(s.caFile, filepath.Join(s.dir, "ca.key"))
	if err != nil {
		return err
	}
	for _, tag := range tags {
		pair, err := ca.IssueRegistrar(certs.RegistrarRequest{Tag: tag, Name: "Load " + tag, Validity: certValidity})
		if err != nil {
			return err
		}
		err = pair.Save(s.clientCert(tag), s.clientKey(tag))
		if err != nil {
			return err
		}
	}
	pair, err := ca.IssueServer(certs.ServerRequest{Name: "localhost", DNSNames: []string{"localhost"},
		IPs: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, Validity: certValidity})
	if err != nil {
		return err
	}
	return pair.Save(s.serverCert, s.serverKey)
}
