package registry

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// DNSSEC is a name's DNSSEC data: DS records or keys, never both.
type DNSSEC struct {
	DS   []DSData
	Keys []KeyData
}

// Empty tells whether there is none.
func (s DNSSEC) Empty() bool { return len(s.DS) == 0 && len(s.Keys) == 0 }

// dsRow is a row of domain_ds as domainSQL gives it.
type dsRow struct {
	Tag        *int    `json:"t"`
	Algorithm  *int    `json:"a"`
	DigestType *int    `json:"dt"`
	Digest     *string `json:"d"`
	Flags      *int    `json:"f"`
	Protocol   *int    `json:"p"`
	KeyAlg     *int    `json:"ka"`
	Key        *string `json:"k"`
}

func readDNSSEC(text []byte) (DNSSEC, error) {
	var rows []dsRow
	var out DNSSEC
	err := json.Unmarshal(text, &rows)
	if err != nil {
		return out, fmt.Errorf("read DNSSEC data: %w", err)
	}
	for _, w := range rows {
		var key *KeyData
		if w.Key != nil {
			// PostgreSQL breaks base64 into lines.
			raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(*w.Key, "\n", ""))
			if err != nil {
				return out, fmt.Errorf("read a key: %w", err)
			}
			key = &KeyData{Flags: *w.Flags, Protocol: *w.Protocol, Algorithm: *w.KeyAlg, PublicKey: raw}
		}
		if w.Digest == nil {
			out.Keys = append(out.Keys, *key)
			continue
		}
		digest, err := hex.DecodeString(*w.Digest)
		if err != nil {
			return out, fmt.Errorf("read a digest: %w", err)
		}
		out.DS = append(out.DS, DSData{KeyTag: *w.Tag, Algorithm: *w.Algorithm, DigestType: *w.DigestType, Digest: digest, Key: key})
	}
	return out, nil
}

// queueDNSSEC writes all DNSSEC data of a name; older rows must be gone.
func (tx *Tx) queueDNSSEC(id int64, s DNSSEC) {
	const sql = `INSERT INTO domain_ds (domain_id, ordinal, key_tag, algorithm, digest_type, digest,
		key_flags, key_proto, key_alg, public_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	for i, d := range s.DS {
		k := KeyData{}
		var flags, proto, alg *int
		if d.Key != nil {
			k = *d.Key
			flags, proto, alg = &k.Flags, &k.Protocol, &k.Algorithm
		}
		tx.Queue(sql, id, i, d.KeyTag, d.Algorithm, d.DigestType, d.Digest, flags, proto, alg, k.PublicKey)
	}
	for i, k := range s.Keys {
		tx.Queue(sql, id, i, nil, nil, nil, nil, k.Flags, k.Protocol, k.Algorithm, k.PublicKey)
	}
}

// checkDNSSEC judges DNSSEC data for name by the zone's policy.
func (z *Zone) checkDNSSEC(name string, s DNSSEC) error {
	return CheckDNSSEC(name, s.DS, s.Keys, DNSSECData(z.DNSSECData), z.MaxDS)
}

// sameKey tells whether two keys are one DNSKEY record.
func (k KeyData) sameKey(o KeyData) bool {
	return k.Flags == o.Flags && k.Protocol == o.Protocol && k.Algorithm == o.Algorithm && bytes.Equal(k.PublicKey, o.PublicKey)
}

// ParseDS reads a DS record as it stands in a zone file: key tag, algorithm,
// digest type, digest in hexadecimal. Refusals: KindParamSyntax.
func ParseDS(text string) (DSData, error) {
	n, last, ok := threeNumbers(text)
	digest, err := hex.DecodeString(last)
	if !ok || err != nil {
		return DSData{}, Refuse(KindParamSyntax, "", "%q is not a DS record: key tag, algorithm, digest type, digest.", text).
			About("secDNS:dsData", text)
	}
	return DSData{KeyTag: n[0], Algorithm: n[1], DigestType: n[2], Digest: digest}, nil
}

// String is the record as ParseDS reads it, without its key.
func (d DSData) String() string {
	return fmt.Sprintf("%d %d %d %s", d.KeyTag, d.Algorithm, d.DigestType, strings.ToUpper(hex.EncodeToString(d.Digest)))
}
