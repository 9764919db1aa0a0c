package eppserver_test

import (
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

// extended puts an extension on a command.
func extended(frame []byte, ext string) []byte {
	s := string(frame)
	if strings.Contains(s, "</extension>") {
		return []byte(strings.Replace(s, "</extension>", ext+"</extension>", 1))
	}
	i := strings.LastIndex(s, "<clTRID>")
	return []byte(s[:i] + "<extension>" + ext + "</extension>" + s[i:])
}

// feePart is a fee extension of a command.
func feePart(verb, content string) string {
	return `<fee:` + verb + ` xmlns:fee="` + xml.NSFee + `">` + content + `</fee:` + verb + `>`
}

// withServices logs a client in with the given extensions alone.
func withServices(c *epptest.Client, tag string, ext ...string) *epptest.Client {
	c.T.Helper()
	var b strings.Builder
	for _, uri := range ext {
		b.WriteString("<extURI>" + uri + "</extURI>")
	}
	s := b.String()
	if s != "" {
		s = "<svcExtension>" + s + "</svcExtension>"
	}
	c.Want([]byte(`<epp xmlns="`+xml.NSEPP+`"><command><login><clID>`+tag+`</clID><pw>`+epptest.Password+
		`</pw><options><version>1.0</version><lang>en</lang></options><svcs><objURI>`+xml.NSDomain+`</objURI><objURI>`+
		xml.NSContact+`</objURI><objURI>`+xml.NSHost+`</objURI>`+s+`</svcs></login><clTRID>log-in</clTRID></command></epp>`), xml.CodeOK)
	return c
}

// RFC 8748 section 5.1.1: names × operations, in one answer.
func TestFeeCheck(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	c, u := h.LoginGTLD("DEMO-A"), h.Login("DEMO-A")
	gtld, uk := "fee."+epptest.ZoneGTLD, "fee."+epptest.ZoneUK
	ask := feePart("check", `<fee:currency>GBP</fee:currency><fee:command name="create"/>
		<fee:command name="renew"><fee:period unit="y">5</fee:period></fee:command>
		<fee:command name="transfer"/><fee:command name="restore"/><fee:command name="delete"/>`)
	r := c.Want(extended(eppclient.DomainCheck("fee-1", gtld, "fee.elsewhere"), ask), xml.CodeOK)
	got := tree(r.Ext)
	for _, want := range []string{"<currency []>GBP", "<objID []>" + gtld, ">3.90", ">19.50", ">40.00", "{grace-period P5D}",
		"<class []>standard", "<reason []>Not a name of our zones", "{avail 0}", "{avail 1}"} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %s: %s", want, got)
		}
	}
	r = u.Want(extended(eppclient.DomainCheck("fee-2", uk), ask), xml.CodeOK)
	got = tree(r.Ext)
	for _, want := range []string{">7.80", ">19.50", ">0.00", "<reason []>Names here are not restored.", "abuse-limit"} {
		if !strings.Contains(got, want) {
			t.Errorf("uk lacks %s: %s", want, got)
		}
	}
	for name, tc := range map[string]struct {
		content, want string
		code          xml.ResultCode
	}{
		"another currency": {`<fee:currency>EUR</fee:currency><fee:command name="create"/>`, "currency", xml.CodeValueRange},
		"a phase":          {`<fee:command name="create" phase="sunrise"/>`, "no phases", xml.CodeOK},
		"half a year":      {`<fee:command name="renew"><fee:period unit="m">6</fee:period></fee:command>`, "whole years", xml.CodeOK},
		"eleven years":     {`<fee:command name="renew"><fee:period unit="y">11</fee:period></fee:command>`, "1 to 10 years", xml.CodeOK},
		"custom":           {`<fee:command name="custom" customName="lock"/>`, "not offered", xml.CodeOK},
	} {
		r := c.Want(extended(eppclient.DomainCheck("fee-3", gtld), feePart("check", tc.content)), tc.code)
		all := tree(r.Ext)
		if len(r.Results[0].Values) > 0 {
			all += r.Results[0].Values[0].Value.Tag
		}
		if !strings.Contains(all, tc.want) {
			t.Errorf("%s: %s", name, all)
		}
	}
}

// Each transform tells its fee, refuses a declaration below it and changes
// nothing then; a deletion in a grace period tells its credit.
func TestFeesOfTransforms(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	ownContact(h, "DEMO-A", "owner-a")
	a, b := h.LoginGTLD("DEMO-A"), h.LoginGTLD("DEMO-B")
	name := "fees." + epptest.ZoneGTLD
	create := eppclient.DomainCreate("fee-c", eppclient.DomainCreateOptions{Name: name, Years: 2, Registrant: "owner-a",
		NS: []string{"ns1.example.net"}, AuthInfo: strongAuth})
	low := func(verb string) string { return feePart(verb, `<fee:fee>0.01</fee:fee>`) }
	fair := func(verb, amount string) string {
		return feePart(verb, `<fee:currency>GBP</fee:currency><fee:fee>`+amount+`</fee:fee>`)
	}
	tell := func(c *epptest.Client, frame []byte, code xml.ResultCode, verb, element, amount string, more ...string) {
		t.Helper()
		if verb != "" {
			c.Want(extended(frame, low(verb)), xml.CodeValueRange)
			c.Want(extended(frame, feePart(verb, `<fee:currency>EUR</fee:currency><fee:fee>99</fee:fee>`)), xml.CodeValueRange)
			frame = extended(frame, fair(verb, amount))
		}
		got := tree(c.Want(frame, code).Ext)
		for _, want := range append(more, "<"+element+" ", ">"+amount) {
			if !strings.Contains(got, want) {
				t.Errorf("%s lacks %s: %s", element, want, got)
			}
		}
	}
	tell(a, create, xml.CodeOK, "create", "creData", "7.80", "{refundable 1}")
	tell(a, eppclient.DomainRenew("fee-r", name, "2028-06-01", 1), xml.CodeOK, "renew", "renData", "3.90")
	tell(a, eppclient.DomainDelete("fee-d", name), xml.CodeOK, "", "delData", "-7.80", ">-3.90", "{description renew}")
	if n := h.Count(`SELECT count(*) FROM charge WHERE reversed_at IS NULL`); n != 0 {
		t.Errorf("%d charges left", n)
	}
	tell(a, create, xml.CodeOK, "create", "creData", "7.80")
	h.Advance(6 * 24 * time.Hour)
	auth := strongAuth
	tell(b, eppclient.DomainTransfer("fee-t", "request", name, &auth, 1), xml.CodeOKPending, "transfer", "trnData", "3.90", "{applied delayed}")
	a.Want(eppclient.DomainTransfer("fee-y", "approve", name, nil, 0), xml.CodeOK)
	h.Advance(6 * 24 * time.Hour)
	got := tree(b.Want(eppclient.DomainDelete("fee-d", name), xml.CodeOKPending).Ext)
	if strings.Contains(got, "delData") {
		t.Errorf("a credit without a grace period: %s", got)
	}
	restore := eppclient.DomainUpdate("fee-u", eppclient.DomainUpdateOptions{Name: name, Restore: "request"})
	tell(b, restore, xml.CodeOK, "update", "updData", "40.00", "{applied delayed}")
	report := eppclient.DomainUpdate("fee-u", eppclient.DomainUpdateOptions{Name: name, Restore: "report", Report: &eppclient.RestoreReport{
		PreData: "before", PostData: "after", DelTime: "2026-06-13T09:00:00Z", ResTime: "2026-06-13T10:00:00Z", Reason: "mistake",
		Statements: [2]string{"one", "two"}}})
	tell(b, report, xml.CodeOK, "update", "updData", "40.00")
	update := eppclient.DomainUpdate("fee-v", eppclient.DomainUpdateOptions{Name: name, AddStatus: []string{"clientHold"}})
	b.Want(extended(update, fair("update", "0.00")), xml.CodeOK) // free
}

// E7: deployed uk clients know nothing of fees, unless they say so.
func TestFeesInUK(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	ownContact(h, "DEMO-A", "owner-a")
	old := withServices(h.Connect("DEMO-A"), "DEMO-A")
	fresh := h.Login("DEMO-A")
	create := func(name string) []byte {
		return eppclient.DomainCreate("fee-c", eppclient.DomainCreateOptions{Name: name + "." + epptest.ZoneUK, Registrant: "owner-a", AuthInfo: "x"})
	}
	if got := tree(old.Want(create("one"), xml.CodeOK).Ext); strings.Contains(got, "creData") {
		t.Errorf("told unasked: %s", got)
	}
	if got := tree(fresh.Want(create("two"), xml.CodeOK).Ext); !strings.Contains(got, ">7.80") || strings.Contains(got, "refundable") {
		t.Errorf("not told: %s", got)
	}
	ask := feePart("check", `<fee:command name="create"/>`)
	if got := tree(old.Want(extended(eppclient.DomainCheck("fee-k", "x."+epptest.ZoneUK), ask), xml.CodeOK).Ext); !strings.Contains(got, ">7.80") {
		t.Errorf("asked and not told: %s", got)
	}
	fresh.Want(extended(create("three"), feePart("create", `<fee:fee>7.79</fee:fee>`)), xml.CodeValueRange)
	held := eppclient.DomainCreate("fee-h", eppclient.DomainCreateOptions{Name: "x." + epptest.ZoneReferred, Registrant: "owner-a", AuthInfo: "x"})
	if got := tree(fresh.Want(held, xml.CodeOKPending).Ext); !strings.Contains(got, "{applied delayed}") {
		t.Errorf("referred: %s", got)
	}
	if got := tree(fresh.Want(eppclient.DomainDelete("fee-d", "two."+epptest.ZoneUK), xml.CodeOK).Ext); !strings.Contains(got, ">-7.80") {
		t.Errorf("deleted: %s", got)
	}
	h.SetNow(at.AddDate(2, 0, -100))
	renewal := extended(eppclient.DomainRenew("fee-r", "one."+epptest.ZoneUK, "2028-06-01", 2), feePart("renew", `<fee:fee>8</fee:fee>`))
	if got := tree(fresh.Want(renewal, xml.CodeOK).Ext); !strings.Contains(got, ">7.80") {
		t.Errorf("renewed: %s", got)
	}
}
