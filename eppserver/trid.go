package eppserver

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"time"
)

// tridText keeps transaction identifiers short and fit for every log.
var tridText = base32.HexEncoding.WithPadding(base32.NoPadding)

// newSvTRID makes a server transaction identifier (E5): the time to the
// microsecond, so that they sort, and 80 random bits, so that nobody guesses
// one and no two servers make the same.
func newSvTRID(at time.Time) string {
	var b [18]byte
	binary.BigEndian.PutUint64(b[:8], uint64(at.UnixMicro()))
	// Read never fails (crypto/rand).
	_, _ = rand.Read(b[8:])
	// The first byte of the time is zero until the year 4253.
	return "NK-" + tridText.EncodeToString(b[1:])
}
