package eppclient

import "strconv"

// DS is a delegation signer record (RFC 5910 dsData). Digest is in hex.
type DS struct {
	KeyTag, Algorithm, DigestType int
	Digest                        string
}

// Key is a public key (RFC 5910 keyData). PublicKey is in base64.
type Key struct {
	Flags, Protocol, Algorithm int
	PublicKey                  string
}

// SecDNSCreate is secDNS-1.1 in a create: DS or Keys, not both.
type SecDNSCreate struct {
	MaxSigLife int // seconds; 0 is left out
	DS         []DS
	Keys       []Key
}

// SecDNSUpdate is secDNS-1.1 in an update. RemAll excludes RemDS and RemKeys.
type SecDNSUpdate struct {
	Urgent, RemAll   bool
	RemDS, AddDS     []DS
	RemKeys, AddKeys []Key
	MaxSigLife       int // seconds; 0 is left out
}

func (f *builder) secDNSCreate(s *SecDNSCreate) {
	f.open("secDNS:create", "xmlns:secDNS", nsSecDNS)
	f.maxSigLife(s.MaxSigLife)
	f.secDNSData(s.DS, s.Keys)
	f.close("secDNS:create")
}

func (f *builder) secDNSUpdate(s *SecDNSUpdate) {
	attrs := []string{"xmlns:secDNS", nsSecDNS}
	if s.Urgent {
		attrs = append(attrs, "urgent", "true")
	}
	f.open("secDNS:update", attrs...)
	if s.RemAll || len(s.RemDS)+len(s.RemKeys) > 0 {
		f.open("secDNS:rem")
		if s.RemAll {
			f.text("secDNS:all", "true")
		}
		f.secDNSData(s.RemDS, s.RemKeys)
		f.close("secDNS:rem")
	}
	if len(s.AddDS)+len(s.AddKeys) > 0 {
		f.open("secDNS:add")
		f.secDNSData(s.AddDS, s.AddKeys)
		f.close("secDNS:add")
	}
	if s.MaxSigLife > 0 {
		f.open("secDNS:chg")
		f.maxSigLife(s.MaxSigLife)
		f.close("secDNS:chg")
	}
	f.close("secDNS:update")
}

func (f *builder) maxSigLife(seconds int) {
	if seconds > 0 {
		f.text("secDNS:maxSigLife", strconv.Itoa(seconds))
	}
}

func (f *builder) secDNSData(ds []DS, keys []Key) {
	for _, d := range ds {
		f.open("secDNS:dsData")
		f.text("secDNS:keyTag", strconv.Itoa(d.KeyTag))
		f.text("secDNS:alg", strconv.Itoa(d.Algorithm))
		f.text("secDNS:digestType", strconv.Itoa(d.DigestType))
		f.text("secDNS:digest", d.Digest)
		f.close("secDNS:dsData")
	}
	for _, k := range keys {
		f.open("secDNS:keyData")
		f.text("secDNS:flags", strconv.Itoa(k.Flags))
		f.text("secDNS:protocol", strconv.Itoa(k.Protocol))
		f.text("secDNS:alg", strconv.Itoa(k.Algorithm))
		f.text("secDNS:pubKey", k.PublicKey)
		f.close("secDNS:keyData")
	}
}
