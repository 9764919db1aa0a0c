package registry

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func person() ContactValues {
	return ContactValues{Handle: "SMITH-1", Email: "jo@oak.example", Voice: "+44.2079460000", Type: "IND",
		Postal: []PostalValues{{Form: PostalLoc, Name: "Jo Smith", Street: []string{"1 High Street"}, City: "Oxford", PostalCode: "OX1 1AA", Country: "GB"}}}
}

func TestCheckContact(t *testing.T) {
	for _, c := range []struct {
		what   string
		spoil  func(*ContactValues)
		refuse bool
		kind   Kind
	}{
		{"whole", func(*ContactValues) {}, false, 0},
		{"no phone", func(c *ContactValues) { c.Voice = "" }, false, 0},
		{"extension", func(c *ContactValues) { c.VoiceExt = "123" }, false, 0},
		{"umlaut in loc", func(c *ContactValues) { c.Postal[0].Name = "Jürgen" }, false, 0},
		{"umlaut in int", func(c *ContactValues) { c.Postal[0].Form, c.Postal[0].Name = PostalInt, "Jürgen" }, true, KindParamSyntax},
		{"UK is no country", func(c *ContactValues) { c.Postal[0].Country = "UK" }, true, KindParamRange},
		{"lower case", func(c *ContactValues) { c.Postal[0].Country = "gb" }, true, KindParamRange},
		{"SU was one", func(c *ContactValues) { c.Postal[0].Country = "SU" }, true, KindParamRange},
		{"no name", func(c *ContactValues) { c.Postal[0].Name = " " }, true, KindParamMissing},
		{"no city", func(c *ContactValues) { c.Postal[0].City = "" }, true, KindParamMissing},
		{"no e-mail", func(c *ContactValues) { c.Email = "" }, true, KindParamMissing},
		{"255 characters", func(c *ContactValues) { c.Postal[0].Name = strings.Repeat("é", 255) }, false, 0},
		{"256 characters", func(c *ContactValues) { c.Postal[0].Name = strings.Repeat("a", 256) }, true, KindParamSyntax},
		{"17 in pc", func(c *ContactValues) { c.Postal[0].PostalCode = strings.Repeat("1", 17) }, true, KindParamSyntax},
		{"four streets", func(c *ContactValues) { c.Postal[0].Street = make([]string, 4) }, true, KindParamSyntax},
		{"phone without dot", func(c *ContactValues) { c.Voice = "+442079460000" }, true, KindParamSyntax},
		{"phone 0", func(c *ContactValues) { c.Fax = "+0.2079460000" }, true, KindParamSyntax},
		{"extension alone", func(c *ContactValues) { c.Voice, c.VoiceExt = "", "12" }, true, KindParamSyntax},
		{"unknown type", func(c *ContactValues) { c.Type = "XYZ" }, true, KindParamRange},
		{"handle of two", func(c *ContactValues) { c.Handle = "AB" }, true, KindParamSyntax},
		{"handle of 17", func(c *ContactValues) { c.Handle = strings.Repeat("A", 17) }, true, KindParamSyntax},
		{"two forms in uk", func(c *ContactValues) { c.Postal = append(c.Postal, c.Postal[0]) }, true, KindPolicy},
		{"no form", func(c *ContactValues) { c.Postal = nil }, true, KindParamMissing},
		{"control character", func(c *ContactValues) { c.Postal[0].City = "Ox\nford" }, true, KindParamSyntax},
	} {
		v := person()
		c.spoil(&v)
		expect(t, c.what, CheckContact(v, ProfileUK), c.refuse, c.kind, "")
	}
	for address, ok := range map[string]bool{
		"jo@oak.example": true, "jo+x@oak.example": true, "jo@xn--bcher-kva.example": true,
		"Jo <jo@oak.example>": false, "jo@[192.0.2.1]": false, "jo@localhost": false, "jo@oak..example": false,
		"jo": false, "@oak.example": false, "jo@oak.example\r\nBcc: x@y.example": false, "jo@-oak.example": false, "jo@192.0.2.1": false,
	} {
		expect(t, address, CheckEmail("contact:email", address), !ok, KindParamSyntax, "")
	}
	if len(countryCodes) != 249 {
		t.Errorf("%d countries", len(countryCodes))
	}
}

func TestContactNature(t *testing.T) {
	for _, c := range []struct {
		typ, org string
		natural  bool
	}{
		{"IND", "", true}, {"FIND", "", true}, {"IND", "Oak Ltd", true}, {"LTD", "", false}, {"STRA", "", false},
		{"", "", true}, {"", "Oak Ltd", false}, {"UNKNOWN", "", true}, {"UNKNOWN", "Oak Ltd", false},
	} {
		v := person()
		v.Type, v.Postal[0].Org = c.typ, c.org
		if got := v.NaturalPerson(); got != c.natural {
			t.Errorf("type %q, org %q: natural person %v", c.typ, c.org, got)
		}
		expect(t, "C2 unchanged", CheckSameNature(c.natural, v), false, 0, "")
		expect(t, "C2 changed", CheckSameNature(!c.natural, v), true, KindPolicy, "V905 The contact is a")
	}
}

// The key and the DS record of RFC 4509 2.3.
func exampleKey(t *testing.T) (KeyData, DSData) {
	key, err := base64.StdEncoding.DecodeString("AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==")
	if err != nil {
		t.Fatal(err)
	}
	digest, err := hex.DecodeString("D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A")
	if err != nil {
		t.Fatal(err)
	}
	return KeyData{Flags: 256, Protocol: 3, Algorithm: 5, PublicKey: key},
		DSData{KeyTag: 60485, Algorithm: 5, DigestType: 2, Digest: digest}
}

func TestKeyTagAndDigest(t *testing.T) {
	key, ds := exampleKey(t)
	if key.Tag() != 60485 || !bytes.Equal(key.Digest("dskey.example.com", 2), ds.Digest) {
		t.Errorf("RFC 4509: tag %d, digest %X", key.Tag(), key.Digest("dskey.example.com", 2))
	}
}

func TestCheckDNSSEC(t *testing.T) {
	key, _ := exampleKey(t)
	key.Flags = 257
	good := DSData{KeyTag: key.Tag(), Algorithm: 5, DigestType: 2, Digest: key.Digest("oak.example", 2), Key: &key}
	ds := func(change func(*DSData)) []DSData { d := good; change(&d); return []DSData{d} }
	keys := func(change func(*KeyData)) []KeyData { k := key; change(&k); return []KeyData{k} }
	p256 := KeyData{Flags: 257, Protocol: 3, Algorithm: 13, PublicKey: make([]byte, 64)}
	for _, c := range []struct {
		what   string
		ds     []DSData
		keys   []KeyData
		form   DNSSECData
		refuse bool
		kind   Kind
	}{
		{"ds with its key", []DSData{good}, nil, DNSSECDS, false, 0},
		{"key", nil, []KeyData{key}, DNSSECBoth, false, 0},
		{"P-256", nil, []KeyData{p256}, DNSSECKey, false, 0},
		{"ds where key is wanted", []DSData{good}, nil, DNSSECKey, true, KindPolicy},
		{"key where ds is wanted", nil, []KeyData{key}, DNSSECDS, true, KindPolicy},
		{"both forms", []DSData{good}, []KeyData{key}, DNSSECBoth, true, KindPolicy},
		{"too many", []DSData{good, good, good}, nil, DNSSECDS, true, KindPolicy},
		{"twice", []DSData{good, good}, nil, DNSSECDS, true, KindPolicy},
		{"key tag", ds(func(d *DSData) { d.KeyTag = 65536 }), nil, DNSSECDS, true, KindParamRange},
		{"algorithm 1", ds(func(d *DSData) { d.Algorithm = 1 }), nil, DNSSECDS, true, KindParamRange},
		{"algorithm 99", ds(func(d *DSData) { d.Algorithm = 99 }), nil, DNSSECDS, true, KindParamRange},
		{"digest type 3", ds(func(d *DSData) { d.DigestType = 3 }), nil, DNSSECDS, true, KindParamRange},
		{"short digest", ds(func(d *DSData) { d.Digest = d.Digest[:31] }), nil, DNSSECDS, true, KindParamRange},
		{"SHA-384 length", ds(func(d *DSData) { d.DigestType, d.Digest, d.Key = 4, make([]byte, 48), nil }), nil, DNSSECDS, false, 0},
		{"another key's digest", ds(func(d *DSData) { d.Digest = make([]byte, 32) }), nil, DNSSECDS, true, KindParamRange},
		{"another key's tag", ds(func(d *DSData) { d.KeyTag++ }), nil, DNSSECDS, true, KindParamRange},
		{"flags 256", nil, keys(func(k *KeyData) { k.Flags = 256 }), DNSSECKey, true, KindParamRange},
		{"flags 385 (revoked)", nil, keys(func(k *KeyData) { k.Flags = 385 }), DNSSECKey, true, KindParamRange},
		{"protocol 2", nil, keys(func(k *KeyData) { k.Protocol = 2 }), DNSSECKey, true, KindParamRange},
		{"P-256 of 63 octets", nil, []KeyData{{Flags: 257, Protocol: 3, Algorithm: 13, PublicKey: make([]byte, 63)}}, DNSSECKey, true, KindParamRange},
		{"empty key", nil, keys(func(k *KeyData) { k.PublicKey = nil }), DNSSECKey, true, KindParamRange},
	} {
		expect(t, c.what, CheckDNSSEC("oak.example", c.ds, c.keys, c.form, 2), c.refuse, c.kind, "")
	}
}

func TestAuthInfo(t *testing.T) {
	a, b := NewAuthInfo(), NewAuthInfo()
	if a == b || len(a) != authInfoLength {
		t.Fatal("authInfos repeat")
	}
	expect(t, "own", a.Check(), false, 0, "")
	for _, weak := range []AuthInfo{"", "short", AuthInfo(strings.Repeat("a", 24)), AuthInfo(string(a)[:19]), a + " ", a + "é"} {
		if err := weak.Check(); KindOf(err) != KindParamRange || strings.Contains(err.Error(), string(a)) {
			t.Errorf("weak authInfo: %v", err)
		}
	}
	h := a.Hash()
	if !a.Matches(h) || b.Matches(h) || a.Matches(nil) || AuthInfo("").Matches(nil) || bytes.Equal(h, a.Hash()) || bytes.Contains(h, []byte(a)) {
		t.Error("hash and comparison")
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "pw", a, "in", struct{ PW AuthInfo }{a})
	text, _ := json.Marshal(a)
	all := log.String() + string(text) + fmt.Sprintf("%v %s %q %+v %#v", a, a, a, struct{ A AuthInfo }{a}, a)
	if strings.Contains(all, string(a)) {
		t.Error("an authInfo shows")
	}
}
