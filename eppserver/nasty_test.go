package eppserver_test

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

// nastyTime and nastyTrials bound TestNastyValues: a run tries that many frames
// for each profile, chosen at random, if they fit into the time. All answers are
// checked against the schemas after it, which takes as long again.
const (
	nastyTime   = 5 * time.Second
	nastyTrials = 2000
)

// nasty are values that a careless or malicious client may send in any place,
// as they stand in a frame.
var nasty = []string{
	"", " ", "\n\t", "a", "-", ".", "..", "0", "-1", "+1", "1", "00", "007", "1.5", "1e9", "99", "100", "255", "256", "65535", "65536",
	"2147483647", "2147483648", "-2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
	"123456789012", "123456789012.123456", "NaN", "Infinity", "-infinity", "null", "true", "y", "th", "bc", "IND",
	strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("9", 255), strings.Repeat("a.", 127) + "a", strings.Repeat("é", 255),
	strings.Repeat("x", 256), strings.Repeat("9", 400), strings.Repeat("A", 16000), strings.Repeat("𝒜", 4000),
	"&#0;", "&#1;", "&#xD800;", "&#xFFFE;", "&#xFFFF;", "&#x110000;", "&#13;", "a&#10;b", "a&#9;b", "&#x85;&#x2028;", "&nope;", "]]&gt;",
	"<![CDATA[]]>", "<![CDATA[<x>]]>", "<!-- a -->", "a<!-- - -->b", "<x/>", "\xff", "\xed\xa0\x80",
	"\u00e9", "e\u0301", "\u202ea", "\u200b", "\ufeff", "\U0001F600", "\u0130", "\u212a", "\u00df", "\u0000",
	"' OR 1=1 --", "'; DROP TABLE domain; --", `\`, `\x00`, "$1", "%s%n%d", "%00", "{{.}}", "${x}", "../../x", "`id`", "&quot;&gt;&lt;a",
	"0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "-0001-01-01", "2028-02-29", "2027-02-29", "2027-13-01", "2027-06-31",
	"2027-03-20Z", "2027-03-20+14:00", "0000-01", "0001-01", "9999-12", "2027-00", "2027-13",
	"0000-01-01T00:00:00Z", "0000-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59-14:00",
	"2027-01-01T24:00:00Z", "2016-12-31T23:59:60Z", "2027-01-01T00:00:00",
	"uk.test", "test", "a.uk.test", "a..uk.test", ".uk.test", "a.uk.test.", "a.b.uk.test", "*.uk.test", "-.uk.test", "xn--.uk.test", "xn--a.uk.test",
	"xn--0.uk.test", "xn--" + strings.Repeat("9", 59) + ".uk.test", "ab--c.uk.test", "_a.uk.test", "\u0130.uk.test", "\u212a.uk.test", "é.uk.test",
	strings.Repeat("a", 63) + ".uk.test", strings.Repeat("a", 64) + ".uk.test", "NS1.A.UK.TEST", "ref.test", "new.ref.test", "gtld.test",
	"0.0.0.0", "127.0.0.1", "255.255.255.255", "1.2.3.4", "1.2.3", "01.2.3.4", "::", "::1", "2001:db8::1", "2001:470::1", "::ffff:1.2.3.4", "fe80::1%eth0", "1.2.3.4/8",
	"GB", "gb", "ZZ", "+44.1", "+44.", "+999.12345678901234", "a@b", "a@[1.2.3.4]", "a@b.uk,c@d.uk", "a@b.uk&#10;Bcc: c@d.uk", "\"a b\"@c.uk", "@",
	"DEMO-A", "DEMO-B", "DEMO-Z", "REGISTRY", "DETAGGED", "demo-a", "ok", "linked", "serverHold", "pendingDelete", "clientHold", "de", "not a language!",
	"nastycon", "AUTO", "AAAA", "AA=", "ABC", "[LOGIN-SECURITY]",
}

// What a client fills in: the text of a leaf, and attributes but for
// declarations.
var (
	leafText  = regexp.MustCompile(`<[a-zA-Z][^<>]*>([^<>]*)</`)
	attribute = regexp.MustCompile(`\s[a-z]+="([^"]*)"`)
)

// placesOf lists where the values of a frame stand.
func placesOf(frame []byte) [][2]int {
	var out [][2]int
	head := bytes.Index(frame, []byte("<command"))
	for _, pattern := range []*regexp.Regexp{leafText, attribute} {
		for _, m := range pattern.FindAllSubmatchIndex(frame, -1) {
			if m[0] > head && frame[m[2]-2] != '/' && !bytes.HasPrefix(frame[m[0]+1:], []byte("xmlns")) {
				out = append(out, [2]int{m[2], m[3]})
			}
		}
	}
	return out
}

// spoil puts a value in one place of a frame.
func spoil(frame []byte, at [2]int, value string) []byte {
	out := append(bytes.Clone(frame[:at[0]]), value...)
	return append(out, frame[at[1]:]...)
}

// renewalFrame and feeFrame make commands that package eppclient does not.
func renewalFrame(verb, object string) []byte {
	return []byte(`<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><` + verb + `>` + object + `</` + verb + `></command></epp>`)
}

func feeFrame(verb, object, fee string) []byte {
	return []byte(`<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><` + verb + `><domain:` + verb +
		` xmlns:domain="urn:ietf:params:xml:ns:domain-1.0">` + object + `</domain:` + verb + `></` + verb + `><extension><` + verb +
		` xmlns="urn:ietf:params:xml:ns:epp:fee-1.0">` + fee + `</` + verb + `></extension></command></epp>`)
}

// nastyFrames are the frames to spoil, for a tag's own name, host and contact.
func nastyFrames(zone string, uk bool) [][]byte {
	str := func(s string) *string { return &s }
	name, contact := "nasty."+zone, "nastycon"
	ds := eppclient.DS{KeyTag: 12345, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("AB", 32)}
	key := eppclient.Key{Flags: 257, Protocol: 3, Algorithm: 13, PublicKey: "AQPJ////4Q=="}
	address := eppclient.Postal{Type: "loc", Name: str("Ann"), Org: str("Org"), HasAddr: true, Street: []string{"1 High St", "Flat"},
		City: "Oxford", Province: "Oxon", Postcode: "OX1 1AA", Country: "GB"}
	frames := [][]byte{
		eppclient.Poll("NASTY-1"), eppclient.PollAck("NASTY-1", "42"),
		eppclient.DomainCheck("NASTY-1", name, "free."+zone),
		eppclient.DomainInfo("NASTY-1", eppclient.DomainInfoOptions{Name: name, Hosts: "all", AuthInfo: str(strongAuth)}),
		eppclient.DomainCreate("NASTY-1", eppclient.DomainCreateOptions{Name: "fresh." + zone, Years: 1, NS: []string{"ns1." + name}, Registrant: contact,
			Contacts: []eppclient.DomainContact{{Type: eppclient.ContactTech, ID: contact}}, AuthInfo: strongAuth, SecDNS: &eppclient.SecDNSCreate{DS: []eppclient.DS{ds}}}),
		eppclient.DomainCreate("NASTY-1", eppclient.DomainCreateOptions{Name: "fresh2." + zone, Years: 1, NS: []string{"ns1.fresh2." + zone + "/192.0.2.1/2001:db8::1"},
			Registrant: contact, AuthInfo: strongAuth, SecDNS: &eppclient.SecDNSCreate{MaxSigLife: 5, Keys: []eppclient.Key{key}}}),
		eppclient.DomainRenew("NASTY-1", name, "2027-06-01", 1),
		eppclient.DomainUpdate("NASTY-1", eppclient.DomainUpdateOptions{Name: name, AddNS: []string{"ns2.example.net"}, RemNS: []string{"ns3.example.net"},
			AddContacts: []eppclient.DomainContact{{Type: eppclient.ContactTech, ID: contact}}, AddStatus: []string{"clientHold"}}),
		eppclient.DomainUpdate("NASTY-1", eppclient.DomainUpdateOptions{Name: name, Registrant: str(contact)}),
		eppclient.DomainUpdate("NASTY-1", eppclient.DomainUpdateOptions{Name: name, AuthInfo: str(strongAuth)}),
		eppclient.DomainUpdate("NASTY-1", eppclient.DomainUpdateOptions{Name: name, SecDNS: &eppclient.SecDNSUpdate{RemDS: []eppclient.DS{ds}, AddDS: []eppclient.DS{ds}}}),
		eppclient.DomainUpdate("NASTY-1", eppclient.DomainUpdateOptions{Name: name, SecDNS: &eppclient.SecDNSUpdate{Urgent: true, AddKeys: []eppclient.Key{key}, MaxSigLife: 60}}),
		eppclient.DomainUpdate("NASTY-1", eppclient.DomainUpdateOptions{Name: name, Restore: "report", Report: &eppclient.RestoreReport{PreData: "a", PostData: "b",
			DelTime: "2027-01-01T00:00:00Z", ResTime: "2027-01-02T00:00:00Z", Reason: "c", Statements: [2]string{"d", "e"}, Other: "f"}}),
		eppclient.DomainDelete("NASTY-1", name),
		eppclient.DomainTransfer("NASTY-1", "request", name, str(strongAuth), 1),
		eppclient.ContactCheck("NASTY-1", contact),
		eppclient.ContactInfo("NASTY-1", contact, str(strongAuth)),
		eppclient.ContactCreate("NASTY-1", eppclient.ContactCreateOptions{ID: "nasty-1", Postal: []eppclient.Postal{address}, Voice: "+44.1865000000", Fax: "+44.1865000001",
			Email: "a@example.uk", AuthInfo: strongAuth, Disclose: []string{"voice", "addr"}}),
		eppclient.ContactUpdate("NASTY-1", eppclient.ContactUpdateOptions{ID: contact, Postal: []eppclient.Postal{address}, Email: str("b@example.uk"),
			Voice: str("+44.1"), Fax: str("+44.2"), AuthInfo: str(strongAuth), Hide: []string{"email"}}),
		eppclient.ContactUpdate("NASTY-1", eppclient.ContactUpdateOptions{ID: contact, AddStatus: []string{"clientTransferProhibited"}, RemStatus: []string{"clientDeleteProhibited"}}),
		eppclient.ContactDelete("NASTY-1", contact),
		eppclient.ContactTransfer("NASTY-1", "request", contact, str(strongAuth)),
		eppclient.HostCheck("NASTY-1", "ns1."+name),
		eppclient.HostInfo("NASTY-1", "ns1."+name),
		eppclient.HostCreate("NASTY-1", "ns9."+name, "192.0.2.1", "2001:db8::1"),
		eppclient.HostUpdate("NASTY-1", eppclient.HostUpdateOptions{Name: "ns1." + name, AddAddrs: []string{"192.0.2.2"}, RemAddrs: []string{"192.0.2.3"}, AddStatus: []string{"clientDeleteProhibited"}}),
		eppclient.HostUpdate("NASTY-1", eppclient.HostUpdateOptions{Name: "ns1." + name, NewName: "ns1." + name}),
		eppclient.HostDelete("NASTY-1", "ns9."+name),
	}
	if !uk {
		return frames
	}
	nom := &eppclient.DomainNom{FirstBill: str("th"), RecurBill: str("th"), AutoBill: str("10"), AutoPeriod: str("2"), Notes: []string{"one", "two"}, Reseller: str("shop")}
	return append(frames,
		eppclient.DomainCreate("NASTY-1", eppclient.DomainCreateOptions{Name: "fresh3." + zone, Years: 1, Registrant: contact, AuthInfo: strongAuth, Nom: nom}),
		eppclient.DomainUpdate("NASTY-1", eppclient.DomainUpdateOptions{Name: name, Nom: nom}),
		eppclient.DomainUpdate("NASTY-1", eppclient.DomainUpdateOptions{Name: name, Nom: &eppclient.DomainNom{NextBill: str("10"), NextPeriod: str("1"), RenewNotRequired: str("n")}}),
		eppclient.ContactUpdate("NASTY-1", eppclient.ContactUpdateOptions{ID: contact, Nom: &eppclient.ContactNom{TradName: str("x"), Type: str("LTD"), CoNo: str("1"), OptOut: str("n")}}),
		eppclient.Release("NASTY-1", name, "DEMO-C"), eppclient.ReleaseRegistrant("NASTY-1", contact, "DEMO-C"),
		eppclient.HandshakeAccept("NASTY-1", "123", contact), eppclient.HandshakeReject("NASTY-1", "123"),
		eppclient.ListExpiry("NASTY-1", "2027-06"), eppclient.ListMonth("NASTY-1", "2026-06"),
		eppclient.Unrenew("NASTY-1", name), eppclient.Fork("NASTY-1", contact, "nastyfork", name),
		eppclient.Lock("NASTY-1", eppclient.LockOptions{Domain: name, Type: "investigation"}), eppclient.Unlock("NASTY-1", eppclient.LockOptions{Contact: contact, Type: "opt-out"}),
		eppclient.ContactRename("NASTY-1", contact, contact), eppclient.TagList("NASTY-1"),
		renewalFrame("info", `<list xmlns="urn:namekeep:epp:renewal-1.0"><from>2027-01-01</from><to>2027-12-31</to><after>a.uk.test</after></list>`),
		renewalFrame("update", `<autoBill xmlns="urn:namekeep:epp:renewal-1.0" dryRun="true"><days>10</days></autoBill>`),
		feeFrame("check", `<domain:name>`+name+`</domain:name>`, `<currency>GBP</currency><command name="create" phase="open" subphase="x"><period unit="y">1</period></command>`),
		feeFrame("renew", `<domain:name>`+name+`</domain:name><domain:curExpDate>2027-06-01</domain:curExpDate>`,
			`<currency>GBP</currency><fee description="x" refundable="true" grace-period="P5D" applied="delayed">3.90</fee><credit>-1.00</credit>`),
	)
}

// nastyClient spoils frames in one session.
type nastyClient struct {
	*epptest.Client
	zone   string
	frames [][]byte
	rnd    *rand.Rand
}

// prepare makes what the frames speak of, again where it went.
func (n *nastyClient) prepare() {
	person := gtldPerson("nastycon")
	n.Send(eppclient.ContactCreate("", person))
	n.Send(eppclient.DomainCreate("", eppclient.DomainCreateOptions{Name: "nasty." + n.zone, Years: 1, Registrant: "nastycon", AuthInfo: strongAuth}))
	n.Send(eppclient.HostCreate("", "ns1.nasty."+n.zone, "192.0.2.10"))
}

// try sends a frame and fails the test if it was taken for a fault of ours.
func (n *nastyClient) try(frame []byte) bool {
	n.T.Helper()
	err := n.WriteFrame(frame)
	if err != nil {
		n.T.Errorf("%v: before\n%.1500q", err, frame)
		return false
	}
	answer, err := n.ReadFrame()
	if err != nil {
		n.T.Errorf("no answer: %v: to\n%.1500q", err, frame)
		return false
	}
	n.Collect(answer)
	code := eppclient.ResultCode(answer)
	if code == 0 || code == int(xml.CodeFailed) || code >= int(xml.CodeFailedClosing) {
		n.T.Errorf("answer %d to\n%.1500q", code, frame)
		return code < int(xml.CodeFailedClosing)
	}
	return true
}

// run spoils frames in random order until the time is over.
func (n *nastyClient) run(end time.Time) int {
	n.T.Helper()
	for sent := 0; sent < nastyTrials; sent++ {
		if sent%200 == 0 {
			n.prepare()
		}
		frame := n.frames[n.rnd.IntN(len(n.frames))]
		for range 1 + n.rnd.IntN(5)/4 {
			places := placesOf(frame)
			frame = spoil(frame, places[n.rnd.IntN(len(places))], nasty[n.rnd.IntN(len(nasty))])
			if len(placesOf(frame)) == 0 {
				break
			}
		}
		if len(frame) > 60_000 {
			continue
		}
		if time.Now().After(end) || !n.try(frame) {
			return sent
		}
	}
	return nastyTrials
}

// A data error of the client is never 2400, ends no session that can go on, and
// its answer is valid (E7, E8): whatever values stand in whatever command.
func TestNastyValues(t *testing.T) {
	h := epptest.New(t, func(o *epptest.Options) { o.Config.DebugXML = false })
	h.SetNow(at)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	end := time.Now().Add(nastyTime)
	for i, c := range []*epptest.Client{h.Login("DEMO-A"), h.LoginGTLD("DEMO-B")} {
		t.Run(c.TAG, func(t *testing.T) {
			zone := []string{epptest.ZoneUK, epptest.ZoneGTLD}[i]
			c.T = t
			n := &nastyClient{Client: c, zone: zone, frames: nastyFrames(zone, i == 0), rnd: rand.New(rand.NewPCG(seed, uint64(i)))}
			t.Logf("%d frames", n.run(end))
		})
	}
	if log := h.Log(); strings.Contains(log, "panic") || strings.Contains(log, "level=ERROR") {
		t.Error("the log tells of faults of ours")
	}
}
