package certs

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// CRLValidity is how long a revocation list may be used. A new one is issued
// at each revocation and well before the old one ends.
const CRLValidity = 7 * 24 * time.Hour

// Reason is why a certificate was revoked (RFC 5280 section 5.3.1).
type Reason int

// The reasons the registry uses.
const (
	ReasonUnspecified   Reason = 0
	ReasonKeyCompromise Reason = 1
	ReasonSuperseded    Reason = 4
	ReasonCessation     Reason = 5
)

// Revoked is one entry of a revocation list.
type Revoked struct {
	Serial *big.Int
	// At is the time of revocation.
	At     time.Time
	Reason Reason
}

// CRL issues the revocation list (RFC 5280) with the given entries as PEM,
// current from now for CRLValidity. Its number is taken from now, so later
// lists have higher numbers without a counter being kept.
func (ca *CA) CRL(revoked []Revoked, now time.Time) ([]byte, error) {
	entries := make([]x509.RevocationListEntry, 0, len(revoked))
	for _, r := range revoked {
		if r.Serial == nil {
			return nil, errors.New("certs: revocation without a serial number")
		}
		entries = append(entries, x509.RevocationListEntry{
			SerialNumber:   r.Serial,
			RevocationTime: r.At.UTC(),
			ReasonCode:     int(r.Reason),
		})
	}
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number:                    big.NewInt(now.UnixNano()),
		ThisUpdate:                now.UTC(),
		NextUpdate:                now.UTC().Add(CRLValidity),
		RevokedCertificateEntries: entries,
	}, ca.Cert, ca.key)
	if err != nil {
		return nil, fmt.Errorf("certs: issue revocation list: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}), nil
}

// CRL is a revocation list whose signature was checked.
type CRL struct {
	list    *x509.RevocationList
	issuer  *x509.Certificate
	serials map[string]Revoked
}

// ParseCRL reads a revocation list, PEM or DER, and checks that issuer signed
// it. Whether it is still current is Current's to say.
func ParseCRL(data []byte, issuer *x509.Certificate) (*CRL, error) {
	if block, _ := pem.Decode(data); block != nil {
		data = block.Bytes
	}
	list, err := x509.ParseRevocationList(data)
	if err != nil {
		return nil, fmt.Errorf("certs: revocation list: %w", err)
	}
	if err := list.CheckSignatureFrom(issuer); err != nil {
		return nil, fmt.Errorf("certs: revocation list: %w", err)
	}
	serials := make(map[string]Revoked, len(list.RevokedCertificateEntries))
	for _, e := range list.RevokedCertificateEntries {
		serials[e.SerialNumber.String()] = Revoked{Serial: e.SerialNumber, At: e.RevocationTime, Reason: Reason(e.ReasonCode)}
	}
	return &CRL{list: list, issuer: issuer, serials: serials}, nil
}

// Current reports whether the list may be relied on at now.
func (c *CRL) Current(now time.Time) bool {
	return !now.Before(c.list.ThisUpdate) && now.Before(c.list.NextUpdate)
}

// Revoked reports whether the list names the certificate. Certificates of
// other issuers are not concerned.
func (c *CRL) Revoked(cert *x509.Certificate) bool {
	if !bytes.Equal(cert.RawIssuer, c.issuer.RawSubject) {
		return false
	}
	_, ok := c.serials[cert.SerialNumber.String()]
	return ok
}

// Entries returns what the list holds, in its order.
func (c *CRL) Entries() []Revoked {
	out := make([]Revoked, 0, len(c.serials))
	for _, e := range c.list.RevokedCertificateEntries {
		out = append(out, c.serials[e.SerialNumber.String()])
	}
	return out
}
