package registry

import (
	"crypto/rand"
	"crypto/sha256"
)

// Why a personal link does not work. The texts say what to do next; a page may
// find its own words by errors.Is.
var (
	// ErrLinkUnknown: nobody was sent such a link.
	ErrLinkUnknown = Refuse(KindNotFound, "", "This link is not known. Check that it is complete.")
	// ErrLinkExpired: nobody used it in time.
	ErrLinkExpired = Refuse(KindStatusProhibits, "", "This link has expired. Ask your registrar for a new one.")
	// ErrLinkUsed: it did its work before.
	ErrLinkUsed = Refuse(KindStatusProhibits, "", "This link has been used. Nothing is left to do.")
	// ErrChangeEnded: what it asks about was decided otherwise meanwhile.
	ErrChangeEnded = Refuse(KindStatusProhibits, "", "This has been decided already. Nothing is left to do.")
)

// newToken makes the token of a personal link: at least 128 random bits, in
// characters that every address may have.
func newToken() string { return rand.Text() }

// tokenHash is what the register keeps of a token.
func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
