package xml

import (
	"strings"
	"testing"
	"time"
)

// body puts a text in place of another in a frame that is right otherwise.
func body(command, ext, old, with string) string {
	s := frame(command, ext)
	if !strings.Contains(s, old) {
		panic("nothing to replace: " + old)
	}
	return strings.Replace(s, old, with, 1)
}

func named(name string) (string, string) {
	for _, x := range examples {
		if x.name == name {
			return x.command, x.ext
		}
	}
	panic(name)
}

// change is body for an example.
func change(name, old, with string) string {
	c, x := named(name)
	return body(c, x, old, with)
}

// TestRefusedShapes are frames that are no EPP at all (E8). None is more than
// bounded work; each keeps the transaction identifier where it can be read.
func TestRefusedShapes(t *testing.T) {
	ok := frame("<logout/>", "")
	inner := strings.TrimPrefix(ok, `<?xml version="1.0" encoding="UTF-8"?>`)
	many := strings.Repeat
	tests := []struct {
		name, frame string
		trid        string
	}{
		{"empty", "", ""},
		{"white space", " \r\n", ""},
		{"text", "hello", ""},
		{"only a declaration", `<?xml version="1.0"?>`, ""},
		{"cut", ok[:len(ok)-8], "ABC-1"},
		{"wrong end tag", strings.Replace(ok, "</command>", "</comand>", 1), "ABC-1"},
		{"two roots", ok + inner, ""},
		{"text behind", ok + "x", "ABC-1"},
		{"doctype", `<!DOCTYPE epp>` + inner, "ABC-1"},
		{"doctype in small letters", `<!doctype epp>` + inner, "ABC-1"},
		{"external entity", `<!DOCTYPE epp [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + strings.Replace(inner, "ABC-1", "&x;", 1), ""},
		{"entity inside", strings.Replace(ok, "<logout/>", "<logout><!ENTITY x></logout>", 1), "ABC-1"},
		{"undeclared entity", strings.Replace(ok, "<logout/>", "<logout>&nbsp;</logout>", 1), "ABC-1"},
		{"instruction before", `<?xml version="1.0"?><?x y?>` + inner, "ABC-1"},
		{"instruction inside", strings.Replace(ok, "<logout/>", "<logout><?x y?></logout>", 1), "ABC-1"},
		{"declaration inside", strings.Replace(ok, "<logout/>", `<logout><?xml version="1.0"?></logout>`, 1), "ABC-1"},
		{"instruction behind", ok + "<?x y?>", "ABC-1"},
		{"latin-1 declared", strings.Replace(ok, "UTF-8", "ISO-8859-1", 1), "ABC-1"},
		{"utf-16 declared", strings.Replace(ok, "UTF-8", "UTF-16", 1), "ABC-1"},
		{"xml 1.1", strings.Replace(ok, `version="1.0"`, `version="1.1"`, 1), "ABC-1"},
		{"invalid UTF-8", strings.Replace(ok, "ABC-1", "AB\xff-1", 1), ""},
		{"utf-16 bytes", "\xff\xfe<\x00e\x00", ""},
		{"control character", strings.Replace(ok, "ABC-1", "AB\x01-1", 1), ""},
		{"control character by number", strings.Replace(ok, "ABC-1", "AB&#1;-1", 1), ""},
		{"unbound prefix", strings.Replace(ok, "<logout/>", "<x:logout/>", 1), "ABC-1"},
		{"unbound attribute prefix", strings.Replace(ok, "<logout/>", "<logout x:a='1'/>", 1), "ABC-1"},
		{"unbinding a prefix", strings.Replace(ok, "<logout/>", "<logout xmlns:a=''/>", 1), "ABC-1"},
		{"two colons", strings.Replace(ok, "<logout/>", "<domain:a:b/>", 1), "ABC-1"},
		{"attribute twice", strings.Replace(ok, "<logout/>", `<poll op="req" op="ack"/>`, 1), "ABC-1"},
		{"attribute bomb", strings.Replace(ok, "<logout/>", "<logout "+attrsN(2000)+"/>", 1), "ABC-1"},
		{"depth bomb", strings.Replace(ok, "<logout/>", many("<a>", 40)+many("</a>", 40), 1), "ABC-1"},
		{"deep depth bomb", many("<a>", 8000), ""},
		{"element bomb", strings.Replace(ok, "<logout/>", many("<a/>", 16000), 1), "ABC-1"},
		{"huge text", strings.Replace(ok, "ABC-1", many("x", DefaultMaxText+1), 1), ""},
		{"huge text in pieces", strings.Replace(ok, "ABC-1", many("<![CDATA["+many("x", 1000)+"]]>", 17), 1), ""},
		{"huge attribute", strings.Replace(ok, "<logout/>", "<poll op='"+many("x", DefaultMaxText+1)+"'/>", 1), "ABC-1"},
		{"huge frame", ok + many(" ", MaxFrame), ""},
		{"other root", `<x xmlns="` + NSEPP + `"/>`, ""},
		{"root in another namespace", strings.Replace(ok, NSEPP, "urn:x", 1), ""},
		{"no namespace", "<epp><hello/></epp>", ""},
		{"empty root", `<epp xmlns="` + NSEPP + `"/>`, ""},
		{"two commands", strings.Replace(ok, "</epp>", "<command/></epp>", 1), "ABC-1"},
		{"hello twice", `<epp xmlns="` + NSEPP + `"><hello/><hello/></epp>`, ""},
		{"a response", `<epp xmlns="` + NSEPP + `"><response/></epp>`, ""},
		{"empty command", `<epp xmlns="` + NSEPP + `"><command/></epp>`, ""},
	}
	for _, x := range tests {
		start := time.Now()
		c, err := ParseCommand([]byte(x.frame), Options{Lenient: true})
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s took %v", x.name, took)
		}
		if err == nil {
			t.Errorf("%s was taken: %#v", x.name, c)
			continue
		}
		if err.Code != CodeSyntax || err.Reason == "" || err.ClTRID != x.trid {
			t.Errorf("%s: %v, clTRID %q, want %q", x.name, err, err.ClTRID, x.trid)
		}
		valid.Add((&Response{Results: []Result{err.Result()}, ClTRID: err.ClTRID, SvTRID: "SV-1"}).Bytes())
	}
}

func attrsN(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(" a" + strings.Repeat("b", i%50) + string(rune('a'+i/50%26)) + string(rune('a'+i/1300)) + "='1'")
	}
	return b.String()
}

// TestRefusedCommands checks the code, the offending element and the echo of
// the identifier for what is XML but not right (RFC 5730 section 3).
func TestRefusedCommands(t *testing.T) {
	const dn = "domain-nom-ext:"
	long := strings.Repeat("x", 256)
	tests := []struct {
		name, frame string
		code        ResultCode
		tag, text   string
	}{
		{"unknown command", frame("<frobnicate/>", ""), 2000, "frobnicate", ""},
		{"unknown command of an object", frame("<domain:check/>", ""), 2000, "check", ""},
		{"protocol extension", `<epp xmlns="` + NSEPP + `"><extension/></epp>`, 2101, "extension", ""},
		{"no object", frame("<info/>", ""), 2001, "info", ""},
		{"two objects", body(infoXML, "", "</info>", "<domain:info/></info>"), 2001, "info", ""},
		{"object of EPP", frame("<info><hello/></info>", ""), 2001, "hello", ""},
		{"object without namespace", frame(`<info><x xmlns=""/></info>`, ""), 2001, "undef", ""},
		{"unknown object", frame(`<info><x:info xmlns:x="urn:x"/></info>`, ""), 2307, "objURI", "urn:x"},
		{"verb and element differ", change("domain info", "domain:info>", "domain:check>"), 2001, "", ""},
		{"host transfer", frame(`<transfer op="query"><host:transfer/></transfer>`, ""), 2001, "transfer", ""},
		{"text between", body(infoXML, "", "<domain:name>", "x<domain:name>"), 2001, "info", ""},
		{"element in a text", body(infoXML, "", "a.uk", "a<b/>.uk"), 2001, "b", ""},
		{"name missing", body(infoXML, "", "<domain:name>a.uk</domain:name>", ""), 2001, "info", ""},
		{"name of another namespace", body(infoXML, "", "<domain:name>a.uk</domain:name>", "<host:name>a.uk</host:name>"), 2001, "name", "a.uk"},
		{"name twice", body(infoXML, "", "</domain:info>", "<domain:name>b.uk</domain:name></domain:info>"), 2001, "name", "b.uk"},
		{"unknown element", body(infoXML, "", "</domain:info>", "<domain:x>1</domain:x></domain:info>"), 2001, "x", "1"},
		{"unknown attribute", body(infoXML, "", "<domain:name>", "<domain:name x='1'>"), 2001, "name", "a.uk"},
		{"foreign attribute", body(infoXML, "", "<domain:name>", "<domain:name fee:x='1'>"), 2001, "name", "a.uk"},
		{"xml:lang", body(infoXML, "", "<domain:name>", "<domain:name xml:lang='en'>"), 2001, "name", "a.uk"},
		{"wrong order", body(updateXML, "", "</domain:name>", "</domain:name><domain:chg/><domain:add/>"), 2001, "add", ""},
		{"name empty", body(infoXML, "", "a.uk", " \n "), 2003, "name", ""},
		{"name long", body(infoXML, "", "a.uk", long), 2005, "name", long[:255]},
		{"hosts odd", body(infoXML, "", "<domain:name>", "<domain:name hosts='some'>"), 2005, "name", "a.uk"},
		{"period 0", change("domain renew", `unit="m">12`, `unit="m">0`), 2004, "period", "0"},
		{"period 100", change("domain renew", `unit="m">12`, `unit="m">100`), 2004, "period", "100"},
		{"period huge", change("domain renew", `unit="m">12`, `unit="m">99999999999999999999999`), 2004, "period", "99999999999999999999999"},
		{"period negative", change("domain renew", `unit="m">12`, `unit="m">-1`), 2004, "period", "-1"},
		{"period no number", change("domain renew", `unit="m">12`, `unit="m">one`), 2005, "period", "one"},
		{"period two signs", change("domain renew", `unit="m">12`, `unit="m">+-1`), 2005, "period", "+-1"},
		{"period empty", change("domain renew", `unit="m">12`, `unit="m">`), 2003, "period", ""},
		{"unit odd", change("domain renew", `unit="m"`, `unit="d"`), 2005, "period", "12"},
		{"unit missing", change("domain renew", ` unit="m"`, ``), 2001, "period", "12"},
		{"no date", change("domain renew", "2027-03-31", "31.3.2027"), 2005, "curExpDate", "31.3.2027"},
		{"no such date", change("domain renew", "2027-03-31", "2027-02-30"), 2004, "curExpDate", "2027-02-30"},
		{"transfer without op", change("domain transfer", ` op="request"`, ""), 2001, "transfer", ""},
		{"transfer op odd", change("domain transfer", `op="request"`, `op="steal"`), 2005, "transfer", ""},
		{"poll without op", frame("<poll/>", ""), 2001, "poll", ""},
		{"poll op odd", frame("<poll op='x'/>", ""), 2005, "poll", ""},
		{"poll with text", frame("<poll op='req'>x</poll>", ""), 2001, "poll", "x"},
		{"clTRID short", body("<logout/>", "", "ABC-1", "AB"), 2005, "clTRID", "AB"},
		{"clTRID long", body("<logout/>", "", "ABC-1", strings.Repeat("x", 65)), 2005, "clTRID", strings.Repeat("x", 65)},
		{"clTRID empty", body("<logout/>", "", "ABC-1", ""), 2003, "clTRID", ""},
		{"clTRID twice", body("<logout/>", "", "<clTRID>", "<clTRID>ABC-0</clTRID><clTRID>"), 2001, "clTRID", "ABC-1"},
		{"extension behind", body("<logout/>", "", "</clTRID>", "</clTRID><extension/>"), 2001, "extension", ""},
		{"extension empty", body("<logout/>", "", "<clTRID>", "<extension/><clTRID>"), 2001, "extension", ""},
		{"extension unknown", frame(infoXML, `<x xmlns="urn:x:y"><z/></x>`), 2103, "extURI", "urn:x:y"},
		{"extension of EPP", frame(infoXML, `<hello/>`), 2001, "hello", ""},
		{"extension that is none", frame(infoXML, `<warning:credit-limit/>`), 2001, "credit-limit", ""},
		{"extension elsewhere", frame(infoXML, `<secDNS:update/>`), 2002, "update", ""},
		{"extension twice", frame(updateXML, `<secDNS:update/><secDNS:update/>`), 2001, "update", ""},
		{"authInfo ext", change("domain create", authXML, "<domain:authInfo><domain:ext><x/></domain:ext></domain:authInfo>"), 2102, "ext", ""},
		{"authInfo missing", change("domain create", authXML, ""), 2001, "create", ""},
		{"authInfo null at create", change("domain create", authXML, "<domain:authInfo><domain:null/></domain:authInfo>"), 2001, "null", ""},
		{"authInfo roid", change("domain create", "C1-UK", "C1"), 2005, "pw", ""},
		{"hostObj and hostAttr", change("domain create attributes", "</domain:ns>", "<domain:hostObj>x.uk</domain:hostObj></domain:ns>"), 2001, "hostObj", "x.uk"},
		{"no hosts", change("domain update", "<domain:hostObj>ns1.x.uk</domain:hostObj>", ""), 2001, "ns", ""},
		{"status odd", change("domain update", `s="clientHold"`, `s="onHold"`), 2005, "status", "Payment overdue."},
		{"status of a host", change("domain update", `s="clientHold"`, `s="linked"`), 2005, "status", "Payment overdue."},
		{"contact type odd", change("domain update", "<domain:contact>", "<domain:contact type='boss'>"), 2005, "contact", "TEC1"},
		{"contact id short", change("domain update", "TEC1", "TE"), 2005, "contact", "TE"},
		{"ip version odd", change("host create", `ip="v6"`, `ip="v5"`), 2005, "addr", "2001:db8::1"},
		{"address short", change("host create", "192.0.2.1", "::"), 2005, "addr", "::"},
		{"three postalInfo", change("contact create", "<contact:voice", "<contact:postalInfo type='loc'/><contact:voice"), 2001, "postalInfo", ""},
		{"postalInfo type", change("contact create", `type="loc"`, `type="x"`), 2005, "postalInfo", ""},
		{"country long", change("contact create", "<contact:cc>GB", "<contact:cc>GBR"), 2005, "cc", "GBR"},
		{"city blank", change("contact create", "Oxford", "  "), 2003, "city", ""},
		{"four streets", change("contact create", "<contact:street>", "<contact:street/><contact:street/><contact:street/><contact:street>"), 2001, "street", "1 The Road"},
		{"no phone number", change("contact create", "+44.1865332211", "01865 332211"), 2005, "voice", "01865 332211"},
		{"disclose without flag", change("contact create", ` flag="0"`, ""), 2001, "disclose", ""},
		{"disclose flag odd", change("contact create", `flag="0"`, `flag="no"`), 2005, "disclose", ""},
		{"status missing", change("contact update", `<contact:status s="clientDeleteProhibited"/>`, ""), 2001, "add", ""},
		{"password short", change("login", "foo-BAR2", "foo"), 2005, "pw", ""},
		{"password empty", change("login", "foo-BAR2", ""), 2003, "pw", ""},
		{"no services", change("login", "<objURI>"+NSDomain+"</objURI><objURI>"+NSHost+"</objURI>", ""), 2001, "svcExtension", ""},
		{"newPw strictly", change("login new password", "newPW>bar-FOO2</newPW", "newPw>bar-FOO2</newPw"), 2001, "newPw", ""},
		{"user agent empty", change("login new password", "<loginSec:app>A 1</loginSec:app><loginSec:os>L</loginSec:os>", ""), 2001, "userAgent", ""},
		{"key tag", change("domain update", "12345", "65536"), 2004, "keyTag", "65536"},
		{"digest odd", change("domain update", "49fd46e6C4B45C55", "49f"), 2005, "digest", "49f"},
		{"digest not hex", change("domain update", "49fd46e6C4B45C55", "xx"), 2005, "digest", "xx"},
		{"key not base64", change("secDNS remove", "AQ PJ", "A"), 2005, "pubKey", "A"},
		{"ds and key", change("domain update", dsXML, dsXML+keyXML), 2001, "keyData", ""},
		{"maxSigLife 0", change("domain create", "604800", "0"), 2004, "maxSigLife", "0"},
		{"urgent odd", change("domain update", `urgent="true"`, `urgent="yes"`), 2005, "update", ""},
		{"restore op", change("restore", "request", "undo"), 2005, "restore", ""},
		{"report missing", change("restore", "request", "report"), 2003, "restore", ""},
		{"report time", change("restore report", "2026-01-02T03:04:05.0Z", "yesterday"), 2005, "delTime", "yesterday"},
		{"report no such time", change("restore report", "2026-01-02T03:04:05.0Z", "2026-01-02T25:04:05Z"), 2004, "delTime", "2026-01-02T25:04:05Z"},
		{"currency", change("domain check", "GBP", "gbp"), 2005, "currency", "gbp"},
		{"fee command", change("domain check", `name="restore"`, `name="x"`), 2005, "command", ""},
		{"fee negative", change("domain renew", "<fee:fee>0", "<fee:fee>-1"), 2004, "fee", "-1"},
		{"fee no number", change("domain renew", "<fee:fee>0", "<fee:fee>1e3"), 2005, "fee", "1e3"},
		{"credit positive", change("domain create", "-1.5", "1.5"), 2004, "credit", "1.5"},
		{"auto-bill 200", change("domain-nom-ext update", "182", "200"), 2004, "next-bill", "200"},
		{"auto-bill text", change("domain-nom-ext update", "182", "soon"), 2005, "next-bill", "soon"},
		{"auto-bill empty at create", change("domain create", "<"+dn+"auto-bill>0", "<"+dn+"auto-bill>"), 2003, "auto-bill", ""},
		{"period 10", change("domain create", "next-period>9", "next-period>10"), 2004, "next-period", "10"},
		{"first-bill odd", change("domain create", ">th<", ">xx<"), 2005, "first-bill", "xx"},
		{"renew-not-required at create", change("domain create", "<"+dn+"notes>", "<"+dn+"renew-not-required/><"+dn+"notes>"), 2001, "renew-not-required", ""},
		{"renew-not-required odd", change("domain-nom-ext update", ">Y<", ">maybe<"), 2005, "renew-not-required", "maybe"},
		{"notes long", change("domain create", ">one<", ">"+long[:201]+"<"), 2005, "notes", long[:201]},
		{"order of domain-nom-ext strictly", frame(updateXML, "<"+dn+"update><"+dn+"reseller/><"+dn+"notes/></"+dn+"update>"), 2001, "notes", ""},
		{"contact type code", change("contact create", ">LTD<", ">Ltd<"), 2005, "type", "Ltd"},
		{"contact roid", change("contact info", "C123-UK", "X1"), 2005, "roid", "X1"},
		{"opt-out empty", change("contact create", ">n<", "><"), 2003, "opt-out", ""},
		{"release both", change("release", "<release:registrarTag>", "<release:registrant>REG1</release:registrant><release:registrarTag>"), 2001, "registrant", "REG1"},
		{"caseId long", change("handshake accept", ">12<", ">1234567890123<"), 2005, "caseId", "1234567890123"},
		{"caseId empty", change("handshake accept", ">12<", "><"), 2003, "caseId", ""},
		{"month 13", change("list month", "2027-03", "2027-13"), 2004, "month", "2027-13"},
		{"month odd", change("list month", "2027-03", "March"), 2005, "month", "March"},
		{"list fields", change("list expiry", `"none"`, `"all"`), 2005, "list", ""},
		{"contactID strictly", change("fork", "contactId>REG1</fork:contactId", "contactID>REG1</fork:contactID"), 2001, "contactID", "REG1"},
		{"lock object", change("lock", `"domain"`, `"contact"`), 2005, "domainName", "a.uk"},
		{"lock type", change("lock", ` type="investigation"`, ""), 2001, "lock", ""},
		{"tag list with text", change("tag list", "<tag:list/>", "<tag:list>x</tag:list>"), 2001, "list", "x"},
		{"direct rights without e-mail", change("direct rights postal", "<direct-rights:email>a@example.test</direct-rights:email>", ""), 2001, "check", ""},
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) {
			c, err := ParseCommand([]byte(x.frame), Options{})
			if err == nil {
				t.Fatalf("was taken: %#v", c.Action)
			}
			tag, text := "", ""
			if err.Element != nil {
				tag, text = err.Element.Tag, err.Element.Text
			}
			if x.tag == "" || x.tag == "undef" {
				tag = x.tag
			}
			if err.Code != x.code || tag != x.tag || text != x.text || err.Reason == "" {
				t.Errorf("%v, element %q %q, want %d %q %q", err, tag, text, x.code, x.tag, x.text)
			}
			if bad := strings.HasPrefix(x.name, "clTRID") || !strings.Contains(x.frame, "clTRID"); !bad && err.ClTRID != "ABC-1" {
				t.Errorf("clTRID %q", err.ClTRID)
			}
			valid.Add((&Response{Results: []Result{err.Result()}, ClTRID: err.ClTRID, SvTRID: "SV-1"}).Bytes())
		})
	}
}

// TestLenient takes what real uk clients send (E8).
func TestLenient(t *testing.T) {
	const dn = "domain-nom-ext:"
	for name, s := range map[string]string{
		"fork":  change("fork", "contactId>REG1</fork:contactId", "contactID>REG1</fork:contactID"),
		"login": change("login new password", "newPW>bar-FOO2</newPW", "newPw>bar-FOO2</newPw"),
		"order": frame(updateXML, "<"+dn+"update><"+dn+"reseller/><"+dn+"notes>a</"+dn+"notes><"+dn+"auto-bill>1</"+dn+"auto-bill><"+dn+"notes>b</"+dn+"notes></"+dn+"update>"),
		"empty": body("<logout/>", "", "<clTRID>", "<extension/><clTRID>"),
	} {
		if _, err := ParseCommand([]byte(s), Options{Lenient: true}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, s := range map[string]string{
		"twice":   frame(updateXML, "<"+dn+"update><"+dn+"reseller/><"+dn+"reseller/></"+dn+"update>"),
		"unknown": frame(updateXML, "<"+dn+"update><"+dn+"x/></"+dn+"update>"),
		"foreign": frame(updateXML, "<"+dn+"update><domain:notes/></"+dn+"update>"),
	} {
		if _, err := ParseCommand([]byte(s), Options{Lenient: true}); err == nil || err.Code != CodeSyntax {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, err := ParseCommand([]byte(frame(updateXML, "<"+dn+"update><"+dn+"notes>a</"+dn+"notes><"+dn+"auto-bill/><"+dn+"notes>b</"+dn+"notes></"+dn+"update>")), Options{Lenient: true})
	if err != nil || len(c.Ext.DomainNom.Notes) != 2 || !c.Ext.DomainNom.AutoBill.Clear {
		t.Errorf("%v %v", c, err)
	}
}

// TestProfileGTLD knows no uk namespace.
func TestProfileGTLD(t *testing.T) {
	o := Options{Profile: ProfileGTLD}
	for name, code := range map[string]ResultCode{"release": 2307, "domain-nom-ext update": 2103, "domain info": 0, "domain update": 0} {
		c, x := named(name)
		_, err := ParseCommand([]byte(frame(c, x)), o)
		if code == 0 && err != nil || code != 0 && (err == nil || err.Code != code) {
			t.Errorf("%s: %v, want %d", name, err, code)
		}
	}
}

// TestMaxText is a setting.
func TestMaxText(t *testing.T) {
	if _, err := ParseCommand([]byte(frame(infoXML, "")), Options{MaxText: 3}); err == nil || err.Code != CodeSyntax {
		t.Error(err)
	}
}
