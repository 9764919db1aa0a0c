package eppclient

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the expected frames anew")

func ptr(s string) *string { return &s }

// testGreeting announces what the tests' login is built from.
const testGreeting = `<?xml version="1.0"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><greeting><svID>x</svID>
<svcMenu><version>1.0</version><lang>en</lang><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI>
<!-- <objURI>urn:not:this</objURI> -->
<objURI> urn:ietf:params:xml:ns:host-1.0 </objURI><svcExtension>
<extURI>urn:ietf:params:xml:ns:secDNS-1.1</extURI><extURI>urn:ietf:params:xml:ns:epp:loginSec-1.0</extURI>
</svcExtension></svcMenu></greeting></epp>`

// frames are one of each kind, all fields used somewhere. Each file is valid
// against the published schemas.
func frames() map[string][]byte {
	ds := DS{KeyTag: 12345, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("AB", 32)}
	key := Key{Flags: 257, Protocol: 3, Algorithm: 13, PublicKey: "AQPJ////4Q=="}
	nom := &DomainNom{
		FirstBill: ptr("th"), RecurBill: ptr("bc"), AutoBill: ptr("10"), NextBill: ptr("0"),
		AutoPeriod: ptr("2"), NextPeriod: ptr("1"), Notes: []string{"one", "two"}, Reseller: ptr("shop"),
	}
	address := Postal{Name: ptr("Ann & Bob <x>"), Org: ptr("Café"), HasAddr: true, Street: []string{"1 High St", "Flat 2"}, City: "Oxford", Province: "Oxon", Postcode: "OX1 1AA", Country: "GB"}
	return map[string][]byte{
		"hello":       Hello(),
		"login":       Login([]byte(testGreeting), "EXAMPLE", "secret-1", LoginOptions{ExtensionURIs: []string{}, NewPassword: "secret-2", ClTRID: "A-1"}),
		"login-long":  Login([]byte(testGreeting), "EXAMPLE", "a password of some length", LoginOptions{NewPassword: "another one that is long", UserAgent: "test"}),
		"logout":      Logout("A-1"),
		"poll":        Poll(""),
		"poll-ack":    PollAck("A-1", "42"),
		"dom-check":   DomainCheck("A-1", "a.uk", "b.uk"),
		"dom-info":    DomainInfo("A-1", DomainInfoOptions{Name: "a.uk", Hosts: "del", AuthInfo: ptr(`p<&>"'w`)}),
		"dom-create":  DomainCreate("A-1", DomainCreateOptions{Name: "a.uk", Years: 2, NS: []string{"ns1.b.uk", "ns2.b.uk"}, Registrant: "c-1", Contacts: []DomainContact{{ContactTech, "c-2"}}, AuthInfo: "pw", SecDNS: &SecDNSCreate{MaxSigLife: 3600, DS: []DS{ds}}, Nom: nom}),
		"dom-create2": DomainCreate("", DomainCreateOptions{Name: "a.uk", NS: []string{"ns1.b.uk", "ns1.a.uk/192.0.2.1/2001:db8::1"}, SecDNS: &SecDNSCreate{Keys: []Key{key}}}),
		"dom-renew":   DomainRenew("A-1", "a.uk", "2027-03-20", 2),
		"dom-renew2":  DomainRenew("A-1", "a.uk", "2027-03-20", 0),
		"dom-update": DomainUpdate("A-1", DomainUpdateOptions{Name: "a.uk", AddNS: []string{"ns3.b.uk"}, RemNS: []string{"ns1.b.uk"},
			AddContacts: []DomainContact{{ContactAdmin, "c-3"}}, AddStatus: []string{"clientHold"}, RemStatus: []string{"clientDeleteProhibited"},
			Registrant: ptr("c-9"), AuthInfo: ptr("new"), SecDNS: &SecDNSUpdate{Urgent: true, RemDS: []DS{ds}, AddDS: []DS{ds}, MaxSigLife: 60},
			Nom: &DomainNom{AutoBill: ptr(""), RenewNotRequired: ptr("y"), Notes: []string{""}}}),
		"dom-update2":  DomainUpdate("A-1", DomainUpdateOptions{Name: "a.uk", AuthInfo: ptr(""), SecDNS: &SecDNSUpdate{RemAll: true, AddKeys: []Key{key}}}),
		"dom-restore":  DomainUpdate("A-1", DomainUpdateOptions{Name: "a.uk", Restore: "request"}),
		"dom-report":   DomainUpdate("A-1", DomainUpdateOptions{Name: "a.uk", Restore: "report", Report: &RestoreReport{PreData: "before", PostData: "after", DelTime: "2027-01-01T00:00:00Z", ResTime: "2027-01-02T00:00:00Z", Reason: "mistake", Statements: [2]string{"one", "two"}, Other: "more"}}),
		"dom-delete":   DomainDelete("A-1", "a.uk"),
		"dom-transfer": DomainTransfer("A-1", "request", "a.uk", ptr("pw"), 1),
		"dom-query":    DomainTransfer("A-1", "query", "a.uk", nil, 0),
		"con-check":    ContactCheck("A-1", "c-1", "c-2"),
		"con-info":     ContactInfo("A-1", "c-1", ptr("pw")),
		"con-create": ContactCreate("A-1", ContactCreateOptions{ID: "c-1", Postal: []Postal{address}, Voice: "+44.1865000000", Fax: "+44.1865000001", Email: "a@b.uk", AuthInfo: "pw", Disclose: []string{"voice", "addr"},
			Nom: &ContactNom{TradName: ptr("Shop"), Type: ptr("LTD"), CoNo: ptr("123"), OptOut: ptr("n")}}),
		"con-update":   ContactUpdate("A-1", ContactUpdateOptions{ID: "c-1", AddStatus: []string{"clientDeleteProhibited"}, RemStatus: []string{"clientUpdateProhibited"}, Postal: []Postal{{Type: "int", Org: ptr("")}}, Email: ptr("b@b.uk"), Voice: ptr(""), Fax: ptr(""), AuthInfo: ptr("x"), Hide: []string{"email"}, Nom: &ContactNom{Type: ptr("IND")}}),
		"con-delete":   ContactDelete("A-1", "c-1"),
		"con-transfer": ContactTransfer("A-1", "approve", "c-1", nil),
		"host-check":   HostCheck("A-1", "ns1.a.uk", "ns2.a.uk"),
		"host-info":    HostInfo("A-1", "ns1.a.uk"),
		"host-create":  HostCreate("A-1", "ns1.a.uk", "192.0.2.1", "2001:db8::1"),
		"host-update":  HostUpdate("A-1", HostUpdateOptions{Name: "ns1.a.uk", AddAddrs: []string{"192.0.2.2"}, RemAddrs: []string{"192.0.2.1"}, AddStatus: []string{"clientUpdateProhibited"}, NewName: "ns9.a.uk"}),
		"host-delete":  HostDelete("A-1", "ns1.a.uk"),
		"release":      Release("A-1", "a.uk", "OTHER"),
		"release-all":  ReleaseRegistrant("A-1", "c-1", "OTHER"),
		"accept":       HandshakeAccept("A-1", "123", "c-9"),
		"reject":       HandshakeReject("A-1", "123"),
		"list-expiry":  ListExpiry("A-1", "2027-03"),
		"list-month":   ListMonth("A-1", "2027-03"),
		"unrenew":      Unrenew("A-1", "a.uk", "b.uk"),
		"fork":         Fork("A-1", "c-1", "c-2", "a.uk"),
		"lock":         Lock("A-1", LockOptions{Domain: "a.uk", Type: "investigation"}),
		"unlock":       Unlock("A-1", LockOptions{Contact: "c-1", Type: "opt-out"}),
		"con-rename":   ContactRename("A-1", "c-1", "c-2"),
		"tag-list":     TagList("A-1"),
	}
}

func TestFrames(t *testing.T) {
	for name, frame := range frames() {
		file := filepath.Join("testdata", name+".xml")
		if *update {
			if err := os.WriteFile(file, frame, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(frame, want) {
			t.Errorf("%s:\n got %s\nwant %s", name, frame, want)
		}
	}
}

func TestServices(t *testing.T) {
	objects, extensions := Services([]byte(testGreeting))
	if got := strings.Join(objects, " "); got != "urn:ietf:params:xml:ns:domain-1.0 urn:ietf:params:xml:ns:host-1.0" {
		t.Errorf("objects = %q", got)
	}
	if got := strings.Join(extensions, " "); got != "urn:ietf:params:xml:ns:secDNS-1.1 "+NSLoginSec {
		t.Errorf("extensions = %q", got)
	}
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		`a<b>&"'`:     "a&lt;b&gt;&amp;&#34;&#39;",
		"a\rb":        "a&#13;b",
		"a\x00b\x1fc": "a\ufffdb\ufffdc",
		"\xff":        "\ufffd",
		"\ufffe":      "\ufffd",
		"ü\t\n😀":      "ü\t\n😀",
	} {
		if got := escape(in); got != want {
			t.Errorf("escape(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzEscape: no data leave their element, whatever they are.
func FuzzEscape(f *testing.F) {
	f.Add("]]></domain:name><x/>")
	f.Add("\x00\xff&#0;")
	f.Fuzz(func(t *testing.T, s string) {
		out := escape(s)
		if strings.ContainsAny(out, `<>"'`) || !utf8.ValidString(out) || !ValidText(out) {
			t.Errorf("escape(%q) = %q", s, out)
		}
	})
}

func TestResultCode(t *testing.T) {
	for in, want := range map[string]int{
		`<response><result code="1000"><msg>ok</msg></result>`:          1000,
		`<e:response><e:result  lang="x" code='2303'><e:msg>no</e:msg>`: 2303,
		`<greeting/>`:        0,
		`<result code="1"/>`: 0,
	} {
		if got := ResultCode([]byte(in)); got != want {
			t.Errorf("ResultCode(%s) = %d", in, got)
		}
	}
}
