package certs

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Permissions of written files: a key is its owner's only.
const (
	keyMode  os.FileMode = 0o600
	certMode os.FileMode = 0o644
)

// LoadCA reads an authority from its certificate and key files. It fails when
// the certificate is no authority's or the key is another's.
func LoadCA(certFile, keyFile string) (*CA, error) {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("certs: load CA: %w", err)
	}
	if !pair.Leaf.IsCA {
		return nil, fmt.Errorf("certs: %s is not the certificate of a CA", certFile)
	}
	key, ok := pair.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("certs: the key in %s cannot sign", keyFile)
	}
	return &CA{Cert: pair.Leaf, key: key}, nil
}

// Save writes the authority's certificate and key as PEM files, the key with
// mode 0600. Each file is replaced whole or not at all.
func (ca *CA) Save(certFile, keyFile string) error {
	return savePair(certFile, keyFile, ca.Cert, ca.key)
}

// Save writes certificate and key as PEM files, the key with mode 0600 and
// before the certificate. Without a key only the certificate is written.
func (p *Pair) Save(certFile, keyFile string) error {
	if p.Key == nil {
		return writeFile(certFile, EncodeCert(p.Cert), certMode)
	}
	return savePair(certFile, keyFile, p.Cert, p.Key)
}

// TLS returns the pair in the form crypto/tls takes.
func (p *Pair) TLS() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{p.Cert.Raw}, PrivateKey: p.Key, Leaf: p.Cert}
}

func savePair(certFile, keyFile string, cert *x509.Certificate, key crypto.Signer) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("certs: encode key: %w", err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := writeFile(keyFile, block, keyMode); err != nil {
		return err
	}
	return writeFile(certFile, EncodeCert(cert), certMode)
}

// EncodeCert returns the certificate as PEM.
func EncodeCert(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

// ParseCerts reads all certificates of a PEM text, in order; other blocks are
// passed over. It fails when there is none.
func ParseCerts(data []byte) ([]*x509.Certificate, error) {
	var list []*x509.Certificate
	for {
		var block *pem.Block
		block, data = pem.Decode(data)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certs: certificate %d: %w", len(list)+1, err)
		}
		list = append(list, cert)
	}
	if len(list) == 0 {
		return nil, errors.New("certs: no certificate found")
	}
	return list, nil
}

// LoadCerts reads all certificates of a PEM file.
func LoadCerts(file string) ([]*x509.Certificate, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("certs: %w", err)
	}
	list, err := ParseCerts(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return list, nil
}

// LoadPool reads the certificates of PEM files into one pool.
func LoadPool(files ...string) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	for _, file := range files {
		list, err := LoadCerts(file)
		if err != nil {
			return nil, err
		}
		for _, cert := range list {
			pool.AddCert(cert)
		}
	}
	return pool, nil
}

// ParseRequest reads a PEM certificate request (PKCS #10) and returns its
// public key. Only the key is taken from it: subject and names are the
// registry's to say. It fails when the signature does not prove possession of
// the private key or the key is too weak.
func ParseRequest(data []byte) (crypto.PublicKey, error) {
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "CERTIFICATE REQUEST" && block.Type != "NEW CERTIFICATE REQUEST" {
		return nil, errors.New("certs: no certificate request found")
	}
	req, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("certs: certificate request: %w", err)
	}
	if err := req.CheckSignature(); err != nil {
		return nil, fmt.Errorf("certs: certificate request: %w", err)
	}
	if err := checkKey(req.PublicKey); err != nil {
		return nil, err
	}
	return req.PublicKey, nil
}

// writeFile replaces file whole: a reader sees the old or the new content,
// never part of it, and a key is at no time readable by others.
func writeFile(file string, data []byte, mode os.FileMode) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".new-*")
	if err != nil {
		return fmt.Errorf("certs: %w", err)
	}
	defer os.Remove(tmp.Name()) // no longer there after the rename
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("certs: write %s: %w", file, err)
	}
	return nil
}
