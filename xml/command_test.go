package xml

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
)

// frame wraps a command and binds the prefixes that the examples use.
func frame(command, ext string) string {
	if ext != "" {
		ext = "<extension>" + ext + "</extension>"
	}
	return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<epp xmlns=\"" + NSEPP + "\" " + bindings() + "><command>" +
		command + ext + "<clTRID>ABC-1</clTRID></command></epp>"
}

func bindings() string {
	var b strings.Builder
	for _, uri := range append(ProfileUK.ObjectURIs(), ProfileUK.ExtensionURIs()...) {
		if p := Prefix(uri); p != "" {
			fmt.Fprintf(&b, "xmlns:%s=\"%s\" ", p, uri)
		}
	}
	return b.String()
}

// example is a frame and what it means.
type example struct {
	name         string
	command, ext string
	verb         Verb
	object       string
	action       any
	exts         Extensions
	uris         []string
}

const loginBody = `<options><version>1.0</version><lang>en</lang></options><svcs><objURI>` + NSDomain +
	`</objURI><objURI>` + NSHost + `</objURI><svcExtension><extURI>` + NSSecDNS + `</extURI></svcExtension></svcs></login>`

const (
	authXML    = `<domain:authInfo><domain:pw roid="C1-UK">2fooBAR</domain:pw></domain:authInfo>`
	addrXML    = `<contact:addr><contact:street>1 The Road</contact:street><contact:city>Oxford</contact:city><contact:sp/><contact:pc>OX1 1AA</contact:pc><contact:cc>GB</contact:cc></contact:addr>`
	dsXML      = `<secDNS:dsData><secDNS:keyTag>12345</secDNS:keyTag><secDNS:alg>13</secDNS:alg><secDNS:digestType>2</secDNS:digestType><secDNS:digest>49fd46e6C4B45C55</secDNS:digest></secDNS:dsData>`
	keyXML     = `<secDNS:keyData><secDNS:flags>257</secDNS:flags><secDNS:protocol>3</secDNS:protocol><secDNS:alg>13</secDNS:alg><secDNS:pubKey>AQ PJ</secDNS:pubKey></secDNS:keyData>`
	updateXML  = `<update><domain:update><domain:name>a.uk</domain:name></domain:update></update>`
	infoXML    = `<info><domain:info><domain:name>a.uk</domain:name></domain:info></info>`
	checkXML   = `<check><domain:check><domain:name>a.uk</domain:name></domain:check></check>`
	contactXML = `<update><contact:update><contact:id>REG1</contact:id></contact:update></update>`
)

var (
	loginAction = &Login{ClID: "TAG", PW: "foo-BAR2", Version: "1.0", Lang: "en", ObjURIs: []string{NSDomain, NSHost}, ExtURIs: []string{NSSecDNS}}
	bareUpdate  = &DomainUpdate{Name: "a.uk"}
	auth        = &AuthInfo{PW: "2fooBAR", ROID: "C1-UK"}
	someAddr    = Addr{Street: []string{"1 The Road"}, City: "Oxford", PC: "OX1 1AA", CC: "GB"}
)

var examples = []example{
	{name: "login", command: `<login><clID>TAG</clID><pw>foo-BAR2</pw>` + loginBody, verb: VerbLogin, action: loginAction},
	{name: "login new password", command: `<login><clID>TAG</clID><pw>[LOGIN-SECURITY]</pw><newPW>bar-FOO2</newPW>` + loginBody,
		ext:  `<loginSec:loginSec><loginSec:userAgent><loginSec:app>A 1</loginSec:app><loginSec:os>L</loginSec:os></loginSec:userAgent><loginSec:pw>a very long password indeed</loginSec:pw><loginSec:newPW>another long one</loginSec:newPW></loginSec:loginSec>`,
		verb: VerbLogin, action: &Login{ClID: "TAG", PW: LoginSecurityPW, NewPW: ptr(Secret("bar-FOO2")), Version: "1.0", Lang: "en", ObjURIs: loginAction.ObjURIs, ExtURIs: loginAction.ExtURIs},
		exts: Extensions{LoginSec: &LoginSec{UserAgent: &UserAgent{App: "A 1", OS: "L"}, PW: ptr(Secret("a very long password indeed")), NewPW: ptr(Secret("another long one"))}},
		uris: []string{NSLoginSec}},
	{name: "logout", command: `<logout/>`, verb: VerbLogout, action: &Logout{}},
	{name: "poll req", command: `<poll op="req"/>`, verb: VerbPoll, action: &PollReq{}},
	{name: "poll ack", command: `<poll op="ack" msgID="17"/>`, verb: VerbPoll, action: &PollAck{MsgID: "17"}},

	{name: "domain check", command: `<check><domain:check><domain:name>a.uk</domain:name><domain:name>b.uk</domain:name></domain:check></check>`,
		ext:  `<fee:check><fee:currency>GBP</fee:currency><fee:command name="create" phase="open"><fee:period unit="y">2</fee:period></fee:command><fee:command name="restore"/></fee:check>`,
		verb: VerbCheck, object: "domain", action: &DomainCheck{Names: []string{"a.uk", "b.uk"}},
		exts: Extensions{FeeCheck: &FeeCheck{Currency: "GBP", Commands: []FeeCommand{{Name: "create", Phase: "open", Period: &Period{2, "y"}}, {Name: "restore"}}}},
		uris: []string{NSDomain, NSFee}},
	{name: "renewal list", command: `<info><renewal:list><renewal:from>2027-01-01</renewal:from><renewal:to>2027-01-31</renewal:to><renewal:after>a.uk</renewal:after></renewal:list></info>`,
		verb: VerbInfo, object: "renewal", action: &RenewalList{From: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), After: "a.uk"}},
	{name: "renewal auto-bill", command: `<update><renewal:autoBill dryRun="true"><renewal:days>10</renewal:days></renewal:autoBill></update>`,
		verb: VerbUpdate, object: "renewal", action: &RenewalAutoBill{Days: 10, DryRun: true}},
	{name: "renewal confirmation", command: `<update><renewal:confirm><renewal:name>a.uk</renewal:name></renewal:confirm></update>`,
		verb: VerbUpdate, object: "renewal", action: &RenewalConfirm{Name: "a.uk"}},
	{name: "renewal cancel change", command: `<update><renewal:cancelChange><renewal:name>a.uk</renewal:name></renewal:cancelChange></update>`,
		verb: VerbUpdate, object: "renewal", action: &RenewalCancelChange{Domain: "a.uk"}},
	{name: "renewal cancel change of a contact", command: `<update><renewal:cancelChange><renewal:contact>REG1</renewal:contact></renewal:cancelChange></update>`,
		verb: VerbUpdate, object: "renewal", action: &RenewalCancelChange{Contact: "REG1"}},
	{name: "domain info", command: infoXML, verb: VerbInfo, object: "domain", action: &DomainInfo{Name: "a.uk", Hosts: "all"}},
	{name: "domain info auth", command: `<info><domain:info><domain:name hosts="none">a.uk</domain:name>` + authXML + `</domain:info></info>`,
		verb: VerbInfo, object: "domain", action: &DomainInfo{Name: "a.uk", Hosts: "none", AuthInfo: auth}},
	{name: "domain create", command: `<create><domain:create><domain:name>a.uk</domain:name><domain:period unit="y">2</domain:period><domain:ns><domain:hostObj>ns1.x.uk</domain:hostObj><domain:hostObj>ns2.x.uk</domain:hostObj></domain:ns><domain:registrant>REG1</domain:registrant><domain:contact type="admin">ADM1</domain:contact><domain:contact type="tech">TEC1</domain:contact>` + authXML + `</domain:create></create>`,
		ext:  `<secDNS:create><secDNS:maxSigLife>604800</secDNS:maxSigLife>` + dsXML + `</secDNS:create><domain-nom-ext:create><domain-nom-ext:first-bill>th</domain-nom-ext:first-bill><domain-nom-ext:auto-bill>0</domain-nom-ext:auto-bill><domain-nom-ext:next-period>9</domain-nom-ext:next-period><domain-nom-ext:notes>one</domain-nom-ext:notes><domain-nom-ext:notes/><domain-nom-ext:reseller>R</domain-nom-ext:reseller></domain-nom-ext:create><fee:create><fee:fee refundable="1" grace-period="P5D" applied="delayed" description="d" lang="en">10.00</fee:fee><fee:credit>-1.5</fee:credit></fee:create>`,
		verb: VerbCreate, object: "domain",
		action: &DomainCreate{Name: "a.uk", Period: &Period{2, "y"}, NS: &NS{HostObjs: []string{"ns1.x.uk", "ns2.x.uk"}}, Registrant: "REG1",
			Contacts: []DomainContact{{"admin", "ADM1"}, {"tech", "TEC1"}}, AuthInfo: *auth},
		exts: Extensions{SecDNSCreate: &SecDNSCreate{MaxSigLife: 604800, DS: oneDS},
			DomainNom: &DomainNom{FirstBill: ptr("th"), AutoBill: &IntChange{}, NextPeriod: &IntChange{Value: 9}, Notes: []string{"one", ""}, Reseller: ptr("R")},
			Fee: &FeeTransform{Fees: []Fee{{Amount: "10.00", Description: "d", Lang: "en", Refundable: ptr(true), GracePeriod: "P5D", Applied: "delayed"}},
				Credits: []Credit{{Amount: "-1.5"}}}},
		uris: []string{NSDomain, NSSecDNS, NSDomainNom, NSFee}},
	{name: "domain create attributes", command: `<create><domain:create><domain:name>a.uk</domain:name><domain:ns><domain:hostAttr><domain:hostName>ns1.a.uk</domain:hostName><domain:hostAddr>192.0.2.1</domain:hostAddr><domain:hostAddr ip="v6">2001:db8::1</domain:hostAddr></domain:hostAttr></domain:ns><domain:authInfo><domain:pw/></domain:authInfo></domain:create></create>`,
		ext: `<secDNS:create>` + keyXML + `</secDNS:create>`, verb: VerbCreate, object: "domain",
		action: &DomainCreate{Name: "a.uk", NS: &NS{HostAttrs: []HostAttr{{Host: "ns1.a.uk", Addrs: []HostAddr{{"v4", "192.0.2.1"}, {"v6", "2001:db8::1"}}}}}},
		exts:   Extensions{SecDNSCreate: &SecDNSCreate{Keys: []KeyData{oneKey}}}, uris: []string{NSDomain, NSSecDNS}},
	{name: "domain renew", command: `<renew><domain:renew><domain:name>a.uk</domain:name><domain:curExpDate>2027-03-31</domain:curExpDate><domain:period unit="m">12</domain:period></domain:renew></renew>`,
		ext: `<fee:renew><fee:currency>GBP</fee:currency><fee:fee>0</fee:fee></fee:renew>`, verb: VerbRenew, object: "domain",
		action: &DomainRenew{Name: "a.uk", CurExpDate: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC), Period: &Period{12, "m"}},
		exts:   Extensions{Fee: &FeeTransform{Currency: "GBP", Fees: []Fee{{Amount: "0"}}}}, uris: []string{NSDomain, NSFee}},
	{name: "domain delete", command: `<delete><domain:delete><domain:name>a.uk</domain:name></domain:delete></delete>`,
		verb: VerbDelete, object: "domain", action: &DomainDelete{Name: "a.uk"}},
	{name: "domain transfer", command: `<transfer op="request"><domain:transfer><domain:name>a.uk</domain:name><domain:period unit="y">1</domain:period>` + authXML + `</domain:transfer></transfer>`,
		verb: VerbTransfer, object: "domain", action: &DomainTransfer{Op: TransferRequest, Name: "a.uk", Period: &Period{1, "y"}, AuthInfo: auth}},
	{name: "domain transfer reject", command: `<transfer op="reject"><domain:transfer><domain:name>a.uk</domain:name></domain:transfer></transfer>`,
		verb: VerbTransfer, object: "domain", action: &DomainTransfer{Op: TransferReject, Name: "a.uk"}},
	{name: "domain update", command: `<update><domain:update><domain:name>a.uk</domain:name><domain:add><domain:ns><domain:hostObj>ns1.x.uk</domain:hostObj></domain:ns><domain:contact>TEC1</domain:contact><domain:status s="clientHold" lang="en">Payment  overdue.</domain:status></domain:add><domain:rem/><domain:chg><domain:registrant/><domain:authInfo><domain:null/></domain:authInfo></domain:chg></domain:update></update>`,
		ext:  `<secDNS:update urgent="true"><secDNS:rem><secDNS:all>true</secDNS:all></secDNS:rem><secDNS:add>` + dsXML + `</secDNS:add><secDNS:chg><secDNS:maxSigLife>1</secDNS:maxSigLife></secDNS:chg></secDNS:update>`,
		verb: VerbUpdate, object: "domain",
		action: &DomainUpdate{Name: "a.uk", Add: &DomainAddRem{NS: &NS{HostObjs: []string{"ns1.x.uk"}}, Contacts: []DomainContact{{"", "TEC1"}},
			Statuses: []Status{{"clientHold", "en", "Payment  overdue."}}}, Rem: &DomainAddRem{}, Chg: &DomainChange{Registrant: ptr(""), AuthInfo: &AuthInfo{Null: true}}},
		exts: Extensions{SecDNSUpdate: &SecDNSUpdate{Urgent: true, Rem: &SecDNSRemove{All: true}, Add: &SecDNSCreate{DS: oneDS}, Chg: &SecDNSChange{MaxSigLife: 1}}},
		uris: []string{NSDomain, NSSecDNS}},
	{name: "secDNS empty", command: updateXML, ext: `<secDNS:update/>`, verb: VerbUpdate, object: "domain", action: bareUpdate,
		exts: Extensions{SecDNSUpdate: &SecDNSUpdate{}}, uris: []string{NSDomain, NSSecDNS}},
	{name: "secDNS remove", command: updateXML, ext: `<secDNS:update><secDNS:rem>` + keyXML + `</secDNS:rem><secDNS:chg/></secDNS:update>`, verb: VerbUpdate, object: "domain", action: bareUpdate,
		exts: Extensions{SecDNSUpdate: &SecDNSUpdate{Rem: &SecDNSRemove{Keys: []KeyData{oneKey}}, Chg: &SecDNSChange{}}}, uris: []string{NSDomain, NSSecDNS}},
	{name: "restore", command: updateXML, ext: `<rgp:update><rgp:restore op="request"/></rgp:update>`, verb: VerbUpdate, object: "domain", action: bareUpdate,
		exts: Extensions{RGPRestore: &RGPRestore{Op: "request"}}, uris: []string{NSDomain, NSRGP}},
	{name: "restore report", command: updateXML, ext: `<rgp:update><rgp:restore op="report"><rgp:report><rgp:preData>before</rgp:preData><rgp:postData>after <b>bold</b></rgp:postData><rgp:delTime>2026-01-02T03:04:05.0Z</rgp:delTime><rgp:resTime>2026-01-03T03:04:05+01:00</rgp:resTime><rgp:resReason>mistake</rgp:resReason><rgp:statement lang="en">one</rgp:statement><rgp:statement>two</rgp:statement></rgp:report></rgp:restore></rgp:update>`,
		verb: VerbUpdate, object: "domain", action: bareUpdate,
		exts: Extensions{RGPRestore: &RGPRestore{Op: "report", Report: &RGPReport{PreData: "before", PostData: "after bold", DelTime: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), ResTime: time.Date(2026, 1, 3, 2, 4, 5, 0, time.UTC), ResReason: "mistake", Statements: []string{"one", "two"}}}},
		uris: []string{NSDomain, NSRGP}},
	{name: "domain-nom-ext update", command: updateXML,
		ext:  `<domain-nom-ext:update><domain-nom-ext:recur-bill/><domain-nom-ext:auto-bill/><domain-nom-ext:next-bill>182</domain-nom-ext:next-bill><domain-nom-ext:auto-period/><domain-nom-ext:renew-not-required>Y</domain-nom-ext:renew-not-required><domain-nom-ext:notes/><domain-nom-ext:reseller/></domain-nom-ext:update>`,
		verb: VerbUpdate, object: "domain", action: bareUpdate,
		exts: Extensions{DomainNom: &DomainNom{RecurBill: ptr(""), AutoBill: &IntChange{Clear: true}, NextBill: &IntChange{Value: 182}, AutoPeriod: &IntChange{Clear: true}, RenewNotRequired: ptr(true), Notes: []string{""}, Reseller: ptr("")}},
		uris: []string{NSDomain, NSDomainNom}},
	{name: "domain-nom-ext update empty", command: updateXML, ext: `<domain-nom-ext:update/>`, verb: VerbUpdate, object: "domain", action: bareUpdate,
		exts: Extensions{DomainNom: &DomainNom{}}, uris: []string{NSDomain, NSDomainNom}},
	{name: "renew-not-required empty", command: updateXML, ext: `<domain-nom-ext:update><domain-nom-ext:renew-not-required/></domain-nom-ext:update>`, verb: VerbUpdate, object: "domain", action: bareUpdate,
		exts: Extensions{DomainNom: &DomainNom{RenewNotRequired: ptr(false)}}, uris: []string{NSDomain, NSDomainNom}},

	{name: "contact check", command: `<check><contact:check><contact:id>REG1</contact:id><contact:id>REG2</contact:id></contact:check></check>`,
		verb: VerbCheck, object: "contact", action: &ContactCheck{IDs: []string{"REG1", "REG2"}}},
	{name: "contact info", command: `<info><contact:info><contact:id>REG1</contact:id></contact:info></info>`, ext: `<contact-nom-ext:info><contact-nom-ext:roid>C123-UK</contact-nom-ext:roid></contact-nom-ext:info>`,
		verb: VerbInfo, object: "contact", action: &ContactInfo{ID: "REG1"}, exts: Extensions{ContactNomInfo: &ContactNomInfo{ROID: "C123-UK"}}, uris: []string{NSContact, NSContactNom}},
	{name: "contact create", command: `<create><contact:create><contact:id>REG1</contact:id><contact:postalInfo type="loc"><contact:name>A Person</contact:name><contact:org>Org</contact:org>` + addrXML + `</contact:postalInfo><contact:postalInfo type="int"><contact:name>A Person</contact:name>` + addrXML + `</contact:postalInfo><contact:voice x="12">+44.1865332211</contact:voice><contact:fax/><contact:email>a@example.test</contact:email><contact:authInfo><contact:pw>2fooBAR</contact:pw></contact:authInfo><contact:disclose flag="0"><contact:name type="loc"/><contact:addr type="int"/><contact:addr type="loc"/><contact:voice/></contact:disclose></contact:create></create>`,
		ext:  `<contact-nom-ext:create><contact-nom-ext:trad-name>T</contact-nom-ext:trad-name><contact-nom-ext:type>LTD</contact-nom-ext:type><contact-nom-ext:co-no>123</contact-nom-ext:co-no><contact-nom-ext:opt-out>n</contact-nom-ext:opt-out></contact-nom-ext:create>`,
		verb: VerbCreate, object: "contact",
		action: &ContactCreate{ID: "REG1", Postal: []PostalInfo{{"loc", "A Person", "Org", someAddr}, {"int", "A Person", "", someAddr}},
			Voice: &Phone{"+44.1865332211", "12"}, Fax: &Phone{}, Email: "a@example.test", AuthInfo: AuthInfo{PW: "2fooBAR"},
			Disclose: &Disclose{Name: []string{"loc"}, Addr: []string{"int", "loc"}, Voice: true}},
		exts: Extensions{ContactNom: &ContactNom{TradName: ptr("T"), Type: ptr("LTD"), CoNo: ptr("123"), OptOut: ptr(false)}}, uris: []string{NSContact, NSContactNom}},
	{name: "contact update", command: `<update><contact:update><contact:id>REG1</contact:id><contact:add><contact:status s="clientDeleteProhibited"/></contact:add><contact:rem><contact:status s="clientUpdateProhibited"/></contact:rem><contact:chg><contact:postalInfo type="loc"><contact:org/>` + addrXML + `</contact:postalInfo><contact:voice/><contact:fax>+44.1</contact:fax><contact:email>b@example.test</contact:email><contact:authInfo><contact:pw>x</contact:pw></contact:authInfo><contact:disclose flag="true"><contact:email/></contact:disclose></contact:chg></contact:update></update>`,
		ext:  `<data-quality:update><data-quality:validate/></data-quality:update><contact-nom-ext:update/>`,
		verb: VerbUpdate, object: "contact",
		action: &ContactUpdate{ID: "REG1", Add: []Status{{S: "clientDeleteProhibited"}}, Rem: []Status{{S: "clientUpdateProhibited"}},
			Chg: &ContactChange{Postal: []PostalChange{{Type: "loc", Org: ptr(""), Addr: &someAddr}}, Voice: &Phone{}, Fax: &Phone{Number: "+44.1"}, Email: ptr("b@example.test"),
				AuthInfo: &AuthInfo{PW: "x"}, Disclose: &Disclose{Flag: true, Email: true}}},
		exts: Extensions{DataQuality: &DataQualityUpdate{}, ContactNom: &ContactNom{}}, uris: []string{NSContact, NSDataQuality, NSContactNom}},
	{name: "contact change empty", command: `<update><contact:update><contact:id>REG1</contact:id><contact:chg/></contact:update></update>`,
		verb: VerbUpdate, object: "contact", action: &ContactUpdate{ID: "REG1", Chg: &ContactChange{}}},
	{name: "contact delete", command: `<delete><contact:delete><contact:id>REG1</contact:id></contact:delete></delete>`,
		verb: VerbDelete, object: "contact", action: &ContactDelete{ID: "REG1"}},
	{name: "contact transfer", command: `<transfer op="query"><contact:transfer><contact:id>REG1</contact:id><contact:authInfo><contact:pw>2fooBAR</contact:pw></contact:authInfo></contact:transfer></transfer>`,
		verb: VerbTransfer, object: "contact", action: &ContactTransfer{Op: TransferQuery, ID: "REG1", AuthInfo: &AuthInfo{PW: "2fooBAR"}}},

	{name: "host check", command: `<check><host:check><host:name>ns1.a.uk</host:name></host:check></check>`, verb: VerbCheck, object: "host", action: &HostCheck{Names: []string{"ns1.a.uk"}}},
	{name: "host info", command: `<info><host:info><host:name>ns1.a.uk</host:name></host:info></info>`, verb: VerbInfo, object: "host", action: &HostInfo{Name: "ns1.a.uk"}},
	{name: "host create", command: `<create><host:create><host:name>ns1.a.uk</host:name><host:addr>192.0.2.1</host:addr><host:addr ip="v6">2001:db8::1</host:addr></host:create></create>`,
		verb: VerbCreate, object: "host", action: &HostCreate{Name: "ns1.a.uk", Addrs: []HostAddr{{"v4", "192.0.2.1"}, {"v6", "2001:db8::1"}}}},
	{name: "host delete", command: `<delete><host:delete><host:name>ns1.a.uk</host:name></host:delete></delete>`, verb: VerbDelete, object: "host", action: &HostDelete{Name: "ns1.a.uk"}},
	{name: "host update", command: `<update><host:update><host:name>ns1.a.uk</host:name><host:add><host:addr ip="v4">192.0.2.1</host:addr><host:status s="clientUpdateProhibited"/></host:add><host:rem><host:addr ip="v6">2001:db8::1</host:addr></host:rem><host:chg><host:name>ns2.a.uk</host:name></host:chg></host:update></update>`,
		verb: VerbUpdate, object: "host", action: &HostUpdate{Name: "ns1.a.uk", Add: &HostAddRem{Addrs: []HostAddr{{"v4", "192.0.2.1"}}, Statuses: []Status{{S: "clientUpdateProhibited"}}}, Rem: &HostAddRem{Addrs: []HostAddr{{"v6", "2001:db8::1"}}}, NewName: "ns2.a.uk"}},

	{name: "release", command: `<update><release:release><release:domainName>a.uk</release:domainName><release:registrarTag>OTHER</release:registrarTag></release:release></update>`,
		verb: VerbUpdate, object: "release", action: &Release{Domain: "a.uk", RegistrarTag: "OTHER"}},
	{name: "release registrant", command: `<update><release:release><release:registrant>REG1</release:registrant><release:registrarTag>OTHER</release:registrarTag></release:release></update>`,
		verb: VerbUpdate, object: "release", action: &Release{Registrant: "REG1", RegistrarTag: "OTHER"}},
	{name: "handshake accept", command: `<update><handshake:accept><handshake:caseId>12</handshake:caseId><handshake:registrant>REG1</handshake:registrant></handshake:accept></update>`,
		verb: VerbUpdate, object: "handshake", action: &HandshakeAccept{CaseID: "12", Registrant: "REG1"}},
	{name: "handshake reject", command: `<update><handshake:reject><handshake:caseId>12</handshake:caseId></handshake:reject></update>`,
		verb: VerbUpdate, object: "handshake", action: &HandshakeReject{CaseID: "12"}},
	{name: "list month", command: `<info><list:list><list:month>2027-03</list:month></list:list></info>`, verb: VerbInfo, object: "list", action: &List{Month: &YearMonth{2027, 3}}},
	{name: "list expiry", command: `<info><list:list fields="none"><list:expiry>2027-12</list:expiry></list:list></info>`, verb: VerbInfo, object: "list", action: &List{Expiry: &YearMonth{2027, 12}}},
	{name: "unrenew", command: `<update><unrenew:unrenew><unrenew:domainName>a.uk</unrenew:domainName><unrenew:domainName>b.uk</unrenew:domainName></unrenew:unrenew></update>`,
		verb: VerbUpdate, object: "unrenew", action: &Unrenew{Domains: []string{"a.uk", "b.uk"}}},
	{name: "fork", command: `<update><fork:fork><fork:contactId>REG1</fork:contactId><fork:newContactId>REG2</fork:newContactId><fork:domainName>a.uk</fork:domainName></fork:fork></update>`,
		verb: VerbUpdate, object: "fork", action: &Fork{ContactID: "REG1", NewContactID: "REG2", Domains: []string{"a.uk"}}},
	{name: "lock", command: `<update><locks:lock object="domain" type="investigation"><locks:domainName>a.uk</locks:domainName></locks:lock></update>`,
		verb: VerbUpdate, object: "locks", action: &Lock{Domain: "a.uk", Type: "investigation"}},
	{name: "unlock", command: `<update><locks:unlock object="contact" type="opt-out"><locks:contactId>REG1</locks:contactId></locks:unlock></update>`,
		verb: VerbUpdate, object: "locks", action: &Lock{Unlock: true, ContactID: "REG1", Type: "opt-out"}},
	{name: "contact-id", command: `<update><cid:update><cid:id>REG1</cid:id><cid:chg><cid:id>REG2</cid:id></cid:chg></cid:update></update>`,
		verb: VerbUpdate, object: "contact-id", action: &ContactIDUpdate{ID: "REG1", NewID: "REG2"}},
	{name: "tag list", command: `<info><tag:list/></info>`, verb: VerbInfo, object: "tag", action: &TagList{}},
	{name: "direct rights", command: `<check><direct-rights:check><direct-rights:registrant>REG1</direct-rights:registrant></direct-rights:check></check>`,
		verb: VerbCheck, object: "direct-rights", action: &DirectRightsCheck{Registrant: "REG1"}},
	{name: "direct rights of a checked name", command: checkXML, ext: `<direct-rights:check><direct-rights:registrant>REG1</direct-rights:registrant></direct-rights:check>`,
		verb: VerbCheck, object: "domain", action: &DomainCheck{Names: []string{"a.uk"}}, exts: Extensions{DirectRights: &DirectRightsCheck{Registrant: "REG1"}},
		uris: []string{NSDomain, NSDirectRights}},
	{name: "direct rights postal", command: `<check><direct-rights:check><direct-rights:postalInfo type="loc"><contact:name>A</contact:name>` + addrXML + `</direct-rights:postalInfo><direct-rights:email>a@example.test</direct-rights:email></direct-rights:check></check>`,
		verb: VerbCheck, object: "direct-rights", action: &DirectRightsCheck{Postal: &PostalInfo{Type: "loc", Name: "A", Addr: someAddr}, Email: "a@example.test"}},
}

// objectURIs says which URI stands for an object when an example names none.
var objectURIs = map[string]string{
	"domain": NSDomain, "contact": NSContact, "host": NSHost, "release": NSRelease, "handshake": NSHandshake, "list": NSList,
	"unrenew": NSUnrenew, "fork": NSFork, "locks": NSLocks, "contact-id": NSContactID, "tag": NSTag, "direct-rights": NSDirectRights, "renewal": NSRenewal,
}

// TestExamples reads every command in every style a client may write it (E8).
func TestExamples(t *testing.T) {
	for _, x := range examples {
		t.Run(x.name, func(t *testing.T) {
			want := &Command{ClTRID: "ABC-1", Verb: x.verb, Object: x.object, Action: x.action, Ext: x.exts, Namespaces: x.uris}
			if uri := objectURIs[x.object]; want.Namespaces == nil && uri != "" {
				want.Namespaces = []string{uri}
			}
			plain := frame(x.command, x.ext)
			for style, restyled := range styles(t, plain) {
				if style != "white space" { // libxml2 does not collapse it in numbers
					valid.Add([]byte(restyled))
				}
				for _, lenient := range []bool{false, true} {
					got, err := ParseCommand([]byte(restyled), Options{Lenient: lenient})
					if err != nil {
						t.Fatalf("%s, lenient %v: %v\n%s", style, lenient, err, restyled)
					}
					if !reflect.DeepEqual(got, want) {
						t.Errorf("%s:\n got %#v %#v\nwant %#v %#v", style, got, got.Action, want, want.Action)
					}
				}
			}
		})
	}
}

// TestEveryFormHasAnExample keeps the tables and the examples together.
func TestEveryFormHasAnExample(t *testing.T) {
	var all strings.Builder
	for _, x := range examples {
		all.WriteString(x.command + x.ext)
	}
	for f := range actions {
		if !strings.Contains(all.String(), "<"+Prefix(f.ns)+":"+f.tag) {
			t.Errorf("no example of %s %s", f.ns, f.tag)
		}
	}
	for f := range extensionForms {
		if s := "<" + Prefix(f.ns) + ":" + f.tag; !strings.Contains(all.String(), s) && f.ns != NSFee {
			t.Errorf("no example of %s", s)
		}
	}
}

// styles rewrites a frame as clients may: prefixes of their own, default
// namespaces, CDATA, comments, attributes of XML Schema, white space.
func styles(t *testing.T, plain string) map[string]string {
	t.Helper()
	rewrite := func(change func(e *etree.Element, ns string)) string {
		doc := etree.NewDocument()
		if err := doc.ReadFromString(plain); err != nil {
			t.Fatal(err)
		}
		type named struct {
			e  *etree.Element
			ns string
		}
		var all []named
		var walk func(e *etree.Element)
		walk = func(e *etree.Element) {
			all = append(all, named{e, e.NamespaceURI()})
			for _, c := range e.ChildElements() {
				walk(c)
			}
		}
		walk(doc.Root())
		for _, n := range all {
			change(n.e, n.ns)
		}
		s, err := doc.WriteToString()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	bind := func(e *etree.Element, key, uri string) {
		var kept []etree.Attr
		for _, a := range e.Attr {
			if a.Space != "xmlns" && a.Key != "xmlns" {
				kept = append(kept, a)
			}
		}
		e.Attr = kept
		e.CreateAttr(key, uri)
	}
	leaf := func(e *etree.Element) bool { return len(e.ChildElements()) == 0 && e.Text() != "" }
	return map[string]string{
		"plain":   plain,
		"bom":     "\xef\xbb\xbf" + plain,
		"default": rewrite(func(e *etree.Element, ns string) { e.Space = ""; bind(e, "xmlns", ns) }),
		"prefix":  rewrite(func(e *etree.Element, ns string) { e.Space = "domain"; bind(e, "xmlns:domain", ns) }),
		"cdata": rewrite(func(e *etree.Element, _ string) {
			if leaf(e) {
				e.SetCData(e.Text())
			}
		}),
		"comments": rewrite(func(e *etree.Element, _ string) {
			if leaf(e) {
				s := e.Text()
				e.SetText(s[:1])
				e.CreateComment(" <in> between ")
				e.CreateText(s[1:])
				return
			}
			e.InsertChildAt(0, etree.NewComment("first"))
		}),
		"schema location": rewrite(func(e *etree.Element, ns string) {
			e.CreateAttr("xmlns:xsi", nsSchemaInstance)
			e.CreateAttr("xsi:schemaLocation", ns+" nonsense.xsd")
		}),
		"white space": rewrite(func(e *etree.Element, _ string) {
			switch e.Tag {
			case "name", "id", "clTRID", "clID", "objURI", "extURI", "period", "domainName", "curExpDate", "keyTag":
				if leaf(e) {
					e.SetText("\n\t " + e.Text() + " \r\n")
				}
			}
		}),
	}
}

// TestHello has no transaction identifier.
func TestHello(t *testing.T) {
	for _, s := range []string{`<epp xmlns="` + NSEPP + `"><hello/></epp>`, "  \r\n<?xml version='1.0' standalone='no'?><e:epp xmlns:e='" + NSEPP + "'>\n<e:hello></e:hello></e:epp>\n\n"} {
		c, err := ParseCommand([]byte(s), Options{})
		if err != nil || c.Verb != VerbHello || !reflect.DeepEqual(c.Action, &Hello{}) {
			t.Errorf("%v %v", c, err)
		}
	}
}

// TestClTRIDIsEchoedExactly (E5): white space inside stays, around goes.
func TestClTRIDIsEchoedExactly(t *testing.T) {
	s := strings.Replace(frame("<logout/>", ""), "ABC-1", " A  <![CDATA[<B>]]>&amp;é ", 1)
	c, err := ParseCommand([]byte(s), Options{})
	if err != nil || c.ClTRID != "A  <B>&é" {
		t.Fatalf("%v %v", c, err)
	}
	b := (&Response{Results: []Result{{Code: CodeOK}}, ClTRID: c.ClTRID, SvTRID: "SV-1"}).Bytes()
	valid.Add(b)
	p, perr := ParseResponse(b)
	if perr != nil || p.ClTRID != c.ClTRID {
		t.Errorf("%q %v", p.ClTRID, perr)
	}
}

// TestSecretsStaySecret keeps passwords out of logs.
func TestSecretsStaySecret(t *testing.T) {
	c, err := ParseCommand([]byte(frame(examples[1].command, examples[1].ext)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprintf("%v %+v %#v", c.Action, c.Action, c.Action), fmt.Sprintf("%#v", *c.Ext.LoginSec.PW)} {
		if strings.Contains(s, "long") || strings.Contains(s, "LOGIN-SEC") {
			t.Error(s)
		}
	}
	if b, err := Secret("x").MarshalText(); err != nil || string(b) != "[redacted]" {
		t.Error(string(b), err)
	}
	if Secret("x").Reveal() != "x" {
		t.Error("not revealed")
	}
}
