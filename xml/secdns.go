package xml

// DSData is a delegation signer record. Digest is hexadecimal text, in upper
// case. KeyData is nil when not given.
type DSData struct {
	KeyTag     uint16
	Alg        uint8
	DigestType uint8
	Digest     string
	KeyData    *KeyData
}

// KeyData is a DNSKEY record. PubKey is base64 without white space.
type KeyData struct {
	Flags    uint16
	Protocol uint8
	Alg      uint8
	PubKey   string
}

// SecDNSCreate carries either DS or Keys, never both. MaxSigLife is in
// seconds, 0 when absent.
type SecDNSCreate struct {
	MaxSigLife int
	DS         []DSData
	Keys       []KeyData
}

// SecDNSUpdate changes the records: first Rem, then Add, then Chg (RFC 5910
// section 5.2.5). Nil parts are absent.
type SecDNSUpdate struct {
	Urgent bool
	Rem    *SecDNSRemove
	Add    *SecDNSCreate
	Chg    *SecDNSChange
}

// SecDNSRemove removes all records, or those listed. All false with no list
// is <all>false</all>, which removes nothing.
type SecDNSRemove struct {
	All  bool
	DS   []DSData
	Keys []KeyData
}

// SecDNSChange changes maxSigLife, in seconds; 0 when the element is absent.
type SecDNSChange struct {
	MaxSigLife int
}

// SecDNSInfoData is the extension of a domain's info answer; either DS or
// Keys must not be empty.
type SecDNSInfoData struct {
	MaxSigLife int
	DS         []DSData
	Keys       []KeyData
}
