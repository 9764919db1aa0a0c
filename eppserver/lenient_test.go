package eppserver_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

// E8: what deployed uk clients send, as they send it. What the schemas allow is
// taken everywhere; what they do not is taken where the listener is lenient and
// refused with 2001 where it is not. Nothing of a frame depends on its prefixes.
func TestWhatDeployedClientsSend(t *testing.T) {
	h := epptest.New(t, func(o *epptest.Options) { o.UK.Lenient = o.GTLD.Lenient })
	ownContact(h, "DEMO-A", "ns-maker")
	strict := h.Login("DEMO-A")
	lenient := h.Dial(h.Plain, nil).LogIn("DEMO-A")
	strict.Want(eppclient.ContactCreate("cl-c", newPerson("OWNER-1")), xml.CodeOK)
	name := "peculiar." + epptest.ZoneUK
	registerDomain(strict, name, "OWNER-1")
	const eppNS = `<epp xmlns="` + xml.NSEPP + `"`
	update := `<update><domain:update><domain:name>` + name + `</domain:name></domain:update></update>`
	nom := func(children string) string {
		return `<domain-nom-ext:update xmlns:domain-nom-ext="` + xml.NSDomainNom + `">` + children + `</domain-nom-ext:update>`
	}
	for title, c := range map[string]struct {
		frame string
		// The codes where the listener is strict and where it is lenient.
		strict, lenient xml.ResultCode
		shows           string // in the lenient answer
	}{
		"CDATA": {string(command(`<info><domain:info><domain:name><![CDATA[`+name+`]]></domain:name></domain:info></info>`, "")), xml.CodeOK, xml.CodeOK, name},
		"white space in a name": {string(command("<info><domain:info><domain:name>\r\n\t "+name+" \n</domain:name></domain:info></info>", "")),
			xml.CodeOK, xml.CodeOK, name},
		"comments and schemaLocation": {eppNS + ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="nonsense  of  any kind"><!-- c --><command>` +
			`<check><d:check xmlns:d="` + xml.NSDomain + `" xsi:schemaLocation="` + xml.NSDomain + ` domain-1.0.xsd"><!-- c --><d:name>` + name +
			`</d:name></d:check></check></command></epp>`, xml.CodeOK, xml.CodeOK, "abuse-limit"},
		"namespaces at the root": {eppNS + ` xmlns:domain="` + xml.NSDomain + `" xmlns:domain-nom-ext="` + xml.NSDomainNom + `" xmlns:secDNS="` + xml.NSSecDNS +
			`"><command>` + update + `<extension><domain-nom-ext:update><domain-nom-ext:reseller>at the root</domain-nom-ext:reseller></domain-nom-ext:update></extension></command></epp>`,
			xml.CodeOK, xml.CodeOK, ""},
		"two prefixes for one URI": {eppNS + ` xmlns:a="` + xml.NSDomain + `" xmlns:b="` + xml.NSDomain + `"><command><info><a:info><b:name hosts="none">` + name +
			`</b:name></a:info></info></command></epp>`, xml.CodeOK, xml.CodeOK, name},
		"EPP with a prefix": {`<e:epp xmlns:e="` + xml.NSEPP + `"><e:command><e:info><info xmlns="` + xml.NSDomain + `"><name>` + name +
			`</name></info></e:info></e:command></e:epp>`, xml.CodeOK, xml.CodeOK, name},
		"another's prefix": {eppNS + ` xmlns:contact="` + xml.NSDomain + `"><command><info><contact:info><contact:name>` + name +
			`</contact:name></contact:info></info></command></epp>`, xml.CodeOK, xml.CodeOK, name},
		"no clTRID": {eppNS + `><command><poll op="req"/></command></epp>`, xml.CodeOKNoMessages, xml.CodeOKNoMessages, ""},
		"empty domain-nom-ext": {string(command(update, `<domain-nom-ext:update xmlns:domain-nom-ext="`+xml.NSDomainNom+`"/>`)),
			xml.CodeOK, xml.CodeOK, ""},
		"empty secDNS": {string(command(update, `<secDNS:update xmlns:secDNS="`+xml.NSSecDNS+`"/>`)), xml.CodeOK, xml.CodeOK, ""},
		"an extension alone": {string(command(`<update><contact:update><contact:id>OWNER-1</contact:id></contact:update></update>`,
			`<contact-nom-ext:update xmlns:contact-nom-ext="`+xml.NSContactNom+`"><contact-nom-ext:trad-name>Shop</contact-nom-ext:trad-name></contact-nom-ext:update>`)),
			xml.CodeOK, xml.CodeOK, ""},

		"children of domain-nom-ext in another order": {string(command(update, nom(`<domain-nom-ext:notes>b</domain-nom-ext:notes>`+
			`<domain-nom-ext:recur-bill>th</domain-nom-ext:recur-bill><domain-nom-ext:notes>a</domain-nom-ext:notes>`))), xml.CodeSyntax, xml.CodeOK, ""},
		"contactID": {string(command(`<update><fork:fork xmlns:fork="`+xml.NSFork+`"><fork:contactID>OWNER-1</fork:contactID></fork:fork></update>`, "")),
			xml.CodeSyntax, xml.CodeOK, "creData"},
		"no extension in extension": {eppNS + ` xmlns:domain="` + xml.NSDomain + `"><command><info><domain:info><domain:name>` + name +
			`</domain:name></domain:info></info><extension/></command></epp>`, xml.CodeSyntax, xml.CodeOK, name},

		// Leniency has its ends.
		"one of domain-nom-ext twice": {string(command(update, nom(`<domain-nom-ext:recur-bill>th</domain-nom-ext:recur-bill><domain-nom-ext:recur-bill>th</domain-nom-ext:recur-bill>`))),
			xml.CodeSyntax, xml.CodeSyntax, ""},
		"an unknown child": {string(command(update, nom(`<domain-nom-ext:colour>red</domain-nom-ext:colour>`))), xml.CodeSyntax, xml.CodeSyntax, ""},
		"another order in domain": {string(command(`<update><domain:update><domain:rem/><domain:name>`+name+`</domain:name></domain:update></update>`, "")),
			xml.CodeSyntax, xml.CodeSyntax, ""},
		"a DTD": {`<!DOCTYPE epp [<!ENTITY e "x">]>` + eppNS + `><command><poll op="req"/></command></epp>`, xml.CodeSyntax, xml.CodeSyntax, ""},
	} {
		t.Run(title, func(t *testing.T) {
			strict.Want([]byte(c.frame), c.strict)
			r := lenient.Want([]byte(c.frame), c.lenient)
			has(t, append(r.ResData, r.Ext...), c.shows)
		})
	}
	r := lenient.Want(eppclient.DomainInfo("cl-i", eppclient.DomainInfoOptions{Name: name}), xml.CodeOK)
	has(t, r.Ext, "<notes []>b<notes []>a")
	// E5: a clTRID may come again, and an absent one is not made up.
	for range 2 {
		if r := lenient.Want(eppclient.DomainCheck("the-same", name), xml.CodeOK); r.ClTRID != "the-same" {
			t.Errorf("clTRID %q", r.ClTRID)
		}
	}
	if r := lenient.Want([]byte(eppNS+`><command><poll op="req"/></command></epp>`), xml.CodeOKNoMessages); r.ClTRID != "" {
		t.Errorf("clTRID %q for none", r.ClTRID)
	}
}

// E3, E8: newPw for newPW is for lenient listeners; services in the wrong list or
// unknown are taken by any uk listener (see TestLoginOptions for gtld).
func TestLoginsOfDeployedClients(t *testing.T) {
	h := epptest.New(t, func(o *epptest.Options) { o.UK.Lenient = o.GTLD.Lenient })
	login := func(element string) []byte {
		return []byte(`<epp xmlns="` + xml.NSEPP + `"><command><login><clID>DEMO-A</clID><pw>` + epptest.Password + `</pw>` + element +
			`<options><version> 1.0 </version><lang>en</lang></options><svcs><objURI> ` + xml.NSDomain + "\n</objURI><objURI>" + xml.NSFork +
			`</objURI><objURI>urn:nobody:knows-1.0</objURI><svcExtension><extURI>` + xml.NSContact + `</extURI><extURI>http://www.nominet.org.uk/epp/xml/nom-abuse-feed-1.0</extURI>` +
			`</svcExtension></svcs></login></command></epp>`)
	}
	strict := h.Connect("DEMO-A")
	strict.Want(login(`<newPw>another-one1</newPw>`), xml.CodeSyntax)
	strict.Want(login(""), xml.CodeOK)
	strict.Want(eppclient.ContactCheck("cl-c", "any"), xml.CodeOK)
	strict.Want(eppclient.Fork("cl-f", "NOBODY", ""), xml.CodeNotFound) // served, as it was announced
	lenient := h.Dial(h.Plain, nil)
	lenient.Want(login(`<newPw>another-one1</newPw>`), xml.CodeOK)
	again := h.Connect("DEMO-A")
	again.Want(login(""), xml.CodeAuthentication)
	again.Want(loginFrame(again, "DEMO-A", "another-one1", eppclient.LoginOptions{}), xml.CodeOK)
}

// E6, E3: hello at any time, a session for each command, and a connection that
// is usable after a failed login.
func TestHabitsOfDeployedClients(t *testing.T) {
	h := epptest.New(t)
	ownContact(h, "DEMO-A", "ns-maker")
	before := -1
	for i := range 3 {
		c := h.Connect("DEMO-A")
		c.Want(loginFrame(c, "DEMO-A", "wrong-password", eppclient.LoginOptions{}), xml.CodeAuthentication)
		if r := c.Send(eppclient.Hello()); r.Greeting == nil {
			t.Fatalf("hello: %+v", r)
		}
		c.LogIn("DEMO-A")
		for range 2 {
			if r := c.Send(eppclient.Hello()); r.Greeting == nil {
				t.Fatalf("hello: %+v", r)
			}
			// The allowance falls by one for each name, not for each command.
			r := c.Want(eppclient.DomainCheck("cl-k", "a.uk.test", "b.uk.test", "c.uk.test"), xml.CodeOK)
			left := abuseLimit(t, r)
			if before >= 0 && left != before-3 {
				t.Errorf("session %d: %d left after %d", i, left, before)
			}
			before = left
		}
		c.Want(eppclient.Logout("bye"), xml.CodeOKEndSession)
		c.WantClosed()
	}
}

func abuseLimit(t *testing.T, r *xml.ParsedResponse) int {
	t.Helper()
	for _, n := range r.Ext {
		for _, a := range n.Attrs {
			if a.Key == "abuse-limit" {
				return atoi(t, a.Value)
			}
		}
	}
	t.Fatalf("no abuse-limit in %s", tree(r.Ext))
	return 0
}

// Contact ids are any printable ASCII, 3 to 16 characters; one postalInfo of type
// int will do.
func TestContactIDsOfDeployedClients(t *testing.T) {
	h := epptest.New(t)
	c := h.Login("DEMO-A")
	name := "Pat Moeller"
	for _, id := range []string{"abc", "A-1", `<&>"'x`, "#$%()*+,-./:;=?@", "[\\]^_`{|}~ !", "sixteen-letters!"} {
		o := newPerson(id)
		o.Postal = []eppclient.Postal{{Type: "int", Name: &name, HasAddr: true, City: "Oxford", Country: "GB"}}
		r := c.Want(eppclient.ContactCreate("cl-c", o), xml.CodeOK)
		if len(r.Ext) != 0 {
			t.Errorf("%q: %s", id, tree(r.Ext))
		}
		r = c.Want(eppclient.ContactInfo("cl-i", id, nil), xml.CodeOK)
		if got := r.ResData[0].Child(xml.NSContact, "id").Text; got != id {
			t.Errorf("%q is shown as %q", id, got)
		}
		has(t, r.ResData, "[{type int}]", name)
		c.Want(eppclient.ContactDelete("cl-d", id), xml.CodeOK)
	}
	for _, id := range []string{"ab", strings.Repeat("x", 17), "é-1"} {
		c.Want(eppclient.ContactCreate("cl-c", newPerson(id)), xml.CodeValueSyntax)
	}
}

// Ten years from now is the cap: a renewal for ten is refused before E (2105),
// one for eleven at any time (2004).
func TestRenewBeyondTenYears(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	ownContact(h, "DEMO-A", "owner-a")
	c := h.Login("DEMO-A")
	name := "cap." + epptest.ZoneUK
	registerDomain(c, name, "owner-a")
	h.SetNow(at.AddDate(2, 0, -100))
	wantRefusal(t, c.Want(eppclient.DomainRenew("tr-x", name, "2028-06-01", 10), xml.CodeNotRenewable), "V128", "name")
	wantRefusal(t, c.Want(eppclient.DomainRenew("tr-x", name, "2028-06-01", 11), xml.CodeValueRange), "", "period")
	c.Want(eppclient.DomainRenew("cl-r", name, "2028-06-01", 9), xml.CodeOK)
}

// A client removes an address as info printed it, whatever it had sent.
func TestAddressIsRemovedAsPrinted(t *testing.T) {
	h := epptest.New(t)
	ownContact(h, "DEMO-A", "owner-a")
	c := h.Login("DEMO-A")
	name := "glue." + epptest.ZoneUK
	registerDomain(c, name, "owner-a")
	host := "ns1." + name
	c.Want(eppclient.HostCreate("cl-h", host, "192.0.2.1", "2001:0DB8:0000:0000:0000:0000:0000:00AB"), xml.CodeOK)
	r := c.Want(eppclient.HostInfo("cl-i", host), xml.CodeOK)
	var printed string
	for _, n := range r.ResData[0].Children {
		if n.Tag == "addr" && strings.Contains(n.Text, ":") {
			printed = n.Text
		}
	}
	c.Want(eppclient.HostUpdate("cl-u", eppclient.HostUpdateOptions{Name: host, RemAddrs: []string{printed}}), xml.CodeOK)
	lacks(t, c.Want(eppclient.HostInfo("cl-i", host), xml.CodeOK).ResData, printed)
}

// E7: the answers' prefixes and the greeting are literal text to deployed clients.
func TestLiteralPrefixes(t *testing.T) {
	h := epptest.New(t)
	c := h.Login("DEMO-A")
	ownContact(h, "DEMO-A", "ns-maker")
	if !strings.Contains(string(c.Greeting()), "<greeting><svID>") {
		t.Errorf("greeting %s", c.Greeting())
	}
	c.Want(eppclient.ContactCreate("cl-c", newPerson("OWNER-1")), xml.CodeOK)
	name := "literal." + epptest.ZoneUK
	registerDomain(c, name, "OWNER-1")
	for frame, want := range map[string]string{
		string(eppclient.DomainCheck("cl-1", name)):                                        `<domain:chkData xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:cd><domain:name avail="0">`,
		string(eppclient.DomainInfo("cl-2", eppclient.DomainInfoOptions{Name: name})):      `<domain-nom-ext:infData xmlns:domain-nom-ext="http://www.nominet.org.uk/epp/xml/domain-nom-ext-1.2"><domain-nom-ext:reg-status>`,
		string(eppclient.ContactInfo("cl-3", "OWNER-1", nil)):                              `<contact-nom-ext:infData xmlns:contact-nom-ext=`,
		string(eppclient.HostInfo("cl-4", "ns1.example.net")):                              `<host:infData xmlns:host="urn:ietf:params:xml:ns:host-1.0"><host:name>`,
		string(eppclient.ListExpiry("cl-5", "2030-01")):                                    `<list:listData xmlns:list="http://www.nominet.org.uk/epp/xml/std-list-1.0" noDomains="0"/>`,
		string(eppclient.TagList("cl-6")):                                                  `<tag:listData xmlns:tag="http://www.nominet.org.uk/epp/xml/nom-tag-1.0"><tag:infData><tag:registrar-tag>DEMO-A<`,
		string(eppclient.Release("cl-7", name, "NO-SUCH-TAG")):                             `<reason>V016 `,
		string(eppclient.HostCreate("cl-8", "ns9.example.net", "192.0.2.1", "2001:db8::")): `<warning:glue-ignored xmlns:warning="http://www.nominet.org.uk/epp/xml/std-warning-1.1" ip="192.0.2.1">`,
	} {
		if err := c.WriteFrame([]byte(frame)); err != nil {
			t.Fatal(err)
		}
		got, err := c.ReadFrame()
		if err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%v: no %s in\n%s", err, want, got)
		}
		if !strings.Contains(string(got), `<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response><result code="`) {
			t.Errorf("not EPP's own as the default namespace: %s", got)
		}
	}
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
