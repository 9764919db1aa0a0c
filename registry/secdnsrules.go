package registry

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"strconv"
	"strings"
)

// DNSSECData says which form of DNSSEC data a zone takes (RFC 5910 4).
type DNSSECData string

// The forms.
const (
	DNSSECDS   DNSSECData = "ds"
	DNSSECKey  DNSSECData = "key"
	DNSSECBoth DNSSECData = "both" // either, but one form per name
)

// KeyData is a DNSKEY of a name.
type KeyData struct {
	Flags     int
	Protocol  int
	Algorithm int
	PublicKey []byte
}

// DSData is a DS record of a name, with its key where the registrar gave it.
type DSData struct {
	KeyTag     int
	Algorithm  int
	DigestType int
	Digest     []byte
	Key        *KeyData
}

// keyLength is the length in octets that public keys of an algorithm may have.
type keyLength struct{ least, most int }

// dnssecAlgorithms are the algorithms of the IANA registry "DNS Security
// Algorithm Numbers" that sign zones, without those that RFC 8624 forbids (DSA,
// DSA-NSEC3-SHA1, RSAMD5, ECC-GOST). RSA keys: 512 to 4096 bits with exponent.
var dnssecAlgorithms = map[int]keyLength{
	5: {67, 1030}, 7: {67, 1030}, 8: {67, 1030}, 10: {131, 1030},
	13: {64, 64}, 14: {96, 96}, 15: {32, 32}, 16: {57, 57}, 17: {64, 64}, 23: {64, 64},
}

// digestLengths are the digest types of the IANA registry "Delegation Signer
// Digest Algorithms", with their lengths in octets; GOST R 34.11-94 (3) is
// forbidden by RFC 8624.
var digestLengths = map[int]int{1: 20, 2: 32, 4: 48, 5: 32, 6: 32}

const (
	kskFlags       = 257 // zone key, secure entry point
	dnssecProtocol = 3
)

// CheckDNSSEC checks the DNSSEC data that the name owner is to have: the form
// that the zone takes, at most max records, none twice, and each for itself.
// Refusals: KindPolicy for form, number and repetition, KindParamRange for
// values.
func CheckDNSSEC(owner string, ds []DSData, keys []KeyData, form DNSSECData, most int) error {
	switch {
	case len(ds) > 0 && len(keys) > 0:
		return Refuse(KindPolicy, "", "A name has dsData or keyData, not both.").About("secDNS:keyData", "")
	case len(ds) > 0 && form == DNSSECKey:
		return Refuse(KindPolicy, "", "This zone takes keyData.").About("secDNS:dsData", "")
	case len(keys) > 0 && form == DNSSECDS:
		return Refuse(KindPolicy, "", "This zone takes dsData.").About("secDNS:keyData", "")
	case len(ds)+len(keys) > most:
		return Refuse(KindPolicy, "", "A name has at most %d DNSSEC records.", most).
			About("domain:name", owner)
	}
	for i, d := range ds {
		if err := d.check(owner); err != nil {
			return err
		}
		for _, other := range ds[:i] {
			if d.sameRecord(other) {
				return Refuse(KindPolicy, "", "The DS record with key tag %d is given twice.", d.KeyTag).
					About("secDNS:keyTag", strconv.Itoa(d.KeyTag))
			}
		}
	}
	for i, k := range keys {
		if err := k.check(); err != nil {
			return err
		}
		for _, other := range keys[:i] {
			if k.Algorithm == other.Algorithm && bytes.Equal(k.PublicKey, other.PublicKey) {
				return Refuse(KindPolicy, "", "A key is given twice.").About("secDNS:pubKey", "")
			}
		}
	}
	return nil
}

func (d DSData) sameRecord(o DSData) bool {
	return d.KeyTag == o.KeyTag && d.Algorithm == o.Algorithm && d.DigestType == o.DigestType &&
		bytes.Equal(d.Digest, o.Digest)
}

func (d DSData) check(owner string) error {
	refuse := func(field string, value int, reason string, args ...any) error {
		return Refuse(KindParamRange, "", reason, args...).About("secDNS:"+field, strconv.Itoa(value))
	}
	if d.KeyTag < 0 || d.KeyTag > 65535 {
		return refuse("keyTag", d.KeyTag, "A key tag is a number from 0 to 65535.")
	}
	if _, ok := dnssecAlgorithms[d.Algorithm]; !ok {
		return refuse("alg", d.Algorithm, "The algorithm %d is unknown or may not sign zones.", d.Algorithm)
	}
	length, ok := digestLengths[d.DigestType]
	if !ok {
		return refuse("digestType", d.DigestType, "The digest type %d is unknown or may not be used.", d.DigestType)
	}
	if len(d.Digest) != length {
		return refuse("digest", len(d.Digest), "A digest of type %d has %d octets, not %d.", d.DigestType, length, len(d.Digest))
	}
	if d.Key == nil {
		return nil
	}
	if err := d.Key.check(); err != nil {
		return err
	}
	if d.Key.Algorithm != d.Algorithm || d.Key.Tag() != d.KeyTag {
		return refuse("keyTag", d.KeyTag, "The key has tag %d and algorithm %d.", d.Key.Tag(), d.Key.Algorithm)
	}
	if digest := d.Key.Digest(owner, d.DigestType); digest != nil && !bytes.Equal(digest, d.Digest) {
		return refuse("digest", d.DigestType, "The digest is not that of the key for %s.", owner)
	}
	return nil
}

func (k KeyData) check() error {
	refuse := func(field string, value int, reason string, args ...any) error {
		return Refuse(KindParamRange, "", reason, args...).About("secDNS:"+field, strconv.Itoa(value))
	}
	if k.Flags != kskFlags {
		return refuse("flags", k.Flags, "The flags of a key are %d (zone key, secure entry point).", kskFlags)
	}
	if k.Protocol != dnssecProtocol {
		return refuse("protocol", k.Protocol, "The protocol of a key is %d.", dnssecProtocol)
	}
	length, ok := dnssecAlgorithms[k.Algorithm]
	if !ok {
		return refuse("alg", k.Algorithm, "The algorithm %d is unknown or may not sign zones.", k.Algorithm)
	}
	if n := len(k.PublicKey); n < length.least || n > length.most {
		return refuse("pubKey", n, "A key of algorithm %d does not have %d octets.", k.Algorithm, n)
	}
	return nil
}

// rdata is the key as DNSKEY RDATA (RFC 4034 2.1).
func (k KeyData) rdata() []byte {
	head := binary.BigEndian.AppendUint16(nil, uint16(k.Flags))
	return append(append(head, byte(k.Protocol), byte(k.Algorithm)), k.PublicKey...)
}

// Tag is the key tag (RFC 4034 appendix B).
func (k KeyData) Tag() int {
	var sum uint32
	for i, b := range k.rdata() {
		if i%2 == 0 {
			sum += uint32(b) << 8
		} else {
			sum += uint32(b)
		}
	}
	sum += sum >> 16
	return int(sum & 0xffff)
}

// Digest is the digest of the key in a DS record of owner (RFC 4034 5.1.4); nil
// for a type that the register does not compute.
func (k KeyData) Digest(owner string, digestType int) []byte {
	var wire []byte
	for label := range strings.SplitSeq(owner, ".") {
		wire = append(append(wire, byte(len(label))), label...)
	}
	data := append(append(wire, 0), k.rdata()...)
	switch digestType {
	case 1:
		sum := sha1.Sum(data)
		return sum[:]
	case 2:
		sum := sha256.Sum256(data)
		return sum[:]
	case 4:
		sum := sha512.Sum384(data)
		return sum[:]
	}
	return nil
}
