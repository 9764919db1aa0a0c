package registry

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
)

// AuthInfo is the password of an object for transfers (RFC 9154). It hides
// itself from logs and messages; convert it to a string to send it.
type AuthInfo string

const redacted = "[authInfo]"

// String hides the value.
func (a AuthInfo) String() string { return redacted }

// GoString hides the value from %#v.
func (a AuthInfo) GoString() string { return redacted }

// LogValue hides the value from slog.
func (a AuthInfo) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the value from JSON and TOML.
func (a AuthInfo) MarshalText() ([]byte, error) { return []byte(redacted), nil }

const (
	// authInfoAlphabet has 64 characters, 6 bits each: letters, digits and two
	// signs that need no escaping in XML, shells or URLs.
	authInfoAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	authInfoLength   = 24 // 144 bits; RFC 9154 4.1 asks for 128
	minAuthInfo      = 20 // RFC 9154 4.1: 20 printable ASCII characters have 128 bits
	maxAuthInfo      = 255
	saltLength       = 16
)

// NewAuthInfo makes a random authInfo of 144 bits.
func NewAuthInfo() AuthInfo {
	b := make([]byte, authInfoLength)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	for i := range b {
		b[i] = authInfoAlphabet[b[i]%64]
	}
	return AuthInfo(b)
}

// Check refuses an authInfo that a registrar may not set: shorter than 20 or
// longer than 255 characters, other than printable ASCII, or built from so few
// different characters that it was not chosen at random. Refusal:
// KindParamRange; it does not repeat the value.
func (a AuthInfo) Check() error {
	seen := map[byte]bool{}
	for i := range len(a) {
		if a[i] < 0x21 || a[i] > 0x7e {
			return weakAuthInfo()
		}
		seen[a[i]] = true
	}
	if len(a) < minAuthInfo || len(a) > maxAuthInfo || len(seen) < minAuthInfo/3 {
		return weakAuthInfo()
	}
	return nil
}

func weakAuthInfo() error {
	return Refuse(KindParamRange, "", "An authInfo is a random text of %d to %d printable ASCII characters.",
		minAuthInfo, maxAuthInfo).About("domain:pw", "")
}

// Hash returns what is stored: a random salt and the SHA-256 of salt and value.
// A slow hash would gain nothing: the value has at least 128 random bits, so it
// cannot be guessed from its hash, and a fast one keeps wrong attempts cheap
// for the server.
func (a AuthInfo) Hash() []byte {
	salt := make([]byte, saltLength)
	rand.Read(salt)
	return a.hash(salt)
}

func (a AuthInfo) hash(salt []byte) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write([]byte(a))
	return h.Sum(append([]byte(nil), salt...))
}

// Matches compares the value with a stored hash, in constant time. No authInfo
// matches an empty hash: the object has none set.
func (a AuthInfo) Matches(stored []byte) bool {
	if len(stored) != saltLength+sha256.Size {
		return false
	}
	return subtle.ConstantTimeCompare(a.hash(stored[:saltLength]), stored) == 1
}
