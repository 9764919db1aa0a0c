package certs

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"
)

// Fingerprint returns the SHA-256 of the whole certificate (DER) as 64
// lower-case hex digits. It is what a registrar's certificate is known by.
func Fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return hex.EncodeToString(sum[:])
}

// ParseFingerprint reads a SHA-256 fingerprint as people write it, with or
// without colons or spaces, in either case, and returns the form of
// Fingerprint.
func ParseFingerprint(s string) (string, error) {
	digits := strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(strings.TrimSpace(s)))
	sum, err := hex.DecodeString(digits)
	if err != nil || len(sum) != sha256.Size {
		return "", fmt.Errorf("certs: %q is not a SHA-256 fingerprint (64 hex digits)", s)
	}
	return digits, nil
}
