package eppserver_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

// ownContact puts a contact on a tag, and a host anybody may use.
func ownContact(h *epptest.Harness, tag, handle string) {
	h.T.Helper()
	h.Exec(`INSERT INTO contact (handle, sponsor, postal, email, natural_person, creator, created_at)
		SELECT $2, id, '[]', 'o@example.net', true, id, $3 FROM registrar WHERE tag = $1`, tag, handle, h.DB.Now())
	h.Exec(`INSERT INTO host (name, sponsor, creator, created_at)
		SELECT 'ns1.example.net', id, id, $2 FROM registrar WHERE tag = $1 ON CONFLICT DO NOTHING`, tag, h.DB.Now())
}

const strongAuth = "aB3-dE5fG7hI9jK1mN2o"

// at is where the clock of these tests stands.
var at = time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)

// tree writes nodes as one line of text: tags, attributes and contents.
func tree(nodes []xml.Node) string {
	var b strings.Builder
	for _, n := range nodes {
		fmt.Fprintf(&b, "<%s %v>%s%s", n.Tag, n.Attrs, n.Text, tree(n.Children))
	}
	return b.String()
}

// attr is the first attribute of that name.
func attr(nodes []xml.Node, key string) string {
	for _, n := range nodes {
		for _, a := range n.Attrs {
			if a.Key == key {
				return a.Value
			}
		}
	}
	return ""
}

func registerDomain(c *epptest.Client, name, registrant string) {
	c.T.Helper()
	c.Want(eppclient.DomainCreate("new-"+name, eppclient.DomainCreateOptions{Name: name, Years: 2, Registrant: registrant,
		NS: []string{"ns1.example.net"}, AuthInfo: strongAuth}), xml.CodeOK)
}

func TestDomainLifeOverTLS(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	ownContact(h, "DEMO-A", "owner-a")
	c := h.Login("DEMO-A")
	name := "life." + epptest.ZoneUK

	r := c.Want(eppclient.DomainCheck("cl-1", name, "-bad."+epptest.ZoneUK, "life.elsewhere"), xml.CodeOK)
	if got := tree(r.ResData); !strings.Contains(got, "Not a valid name") || !strings.Contains(got, "Not a name of our zones") {
		t.Errorf("check: %s", got)
	}
	left := attr(r.Ext, "abuse-limit")
	r = c.Want(eppclient.DomainCheck("cl-2", name), xml.CodeOK)
	if again := attr(r.Ext, "abuse-limit"); left == "" || len(again) != len(left) || again >= left {
		t.Errorf("abuse-limit %s then %s", left, again)
	}

	auto, period := "10", "3"
	r = c.Want(eppclient.DomainCreate("cl-3", eppclient.DomainCreateOptions{Name: name, Registrant: "owner-a",
		NS: []string{"ns1.example.net", "ns1." + name + "/192.0.2.1/2001:db8::1"}, AuthInfo: "any",
		Nom:    &eppclient.DomainNom{AutoBill: &auto, AutoPeriod: &period, Notes: []string{"first note"}},
		SecDNS: &eppclient.SecDNSCreate{DS: []eppclient.DS{{KeyTag: 12345, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("AB", 32)}}},
	}), xml.CodeOK)
	if got := tree(r.ResData); !strings.Contains(got, "2028-06-01T00:00:00Z") {
		t.Errorf("create: %s", got)
	}
	r = c.Want(eppclient.DomainInfo("cl-4", eppclient.DomainInfoOptions{Name: strings.ToUpper(name), Hosts: "all"}), xml.CodeOK)
	for _, want := range []string{name, "owner-a", "ns1.example.net", "2028-06-01T00:00:00Z", "DEMO-A"} {
		if got := tree(r.ResData); !strings.Contains(got, want) {
			t.Errorf("info lacks %s: %s", want, got)
		}
	}
	if got := tree(r.Ext); !strings.Contains(got, "Registered until expiry date.") ||
		!strings.Contains(got, "first note") || !strings.Contains(got, "12345") {
		t.Errorf("info extensions: %s", got)
	}
	none := "0"
	c.Want(eppclient.DomainUpdate("cl-5", eppclient.DomainUpdateOptions{Name: name, AddStatus: []string{"clientHold"},
		RemNS: []string{"ns1.example.net"}, Nom: &eppclient.DomainNom{AutoBill: &none}}), xml.CodeOK)
	h.SetNow(at.AddDate(2, 0, -100))
	r = c.Want(eppclient.DomainRenew("cl-6", name, "2028-06-01", 2), xml.CodeOK)
	if got := tree(r.ResData); !strings.Contains(got, "2030-06-01T00:00:00Z") {
		t.Errorf("renew: %s", got)
	}
	c.Want(eppclient.DomainDelete("cl-7", name), xml.CodeOK)
	c.Want(eppclient.DomainInfo("cl-8", eppclient.DomainInfoOptions{Name: name}), xml.CodeNotFound)
}

// Each refusal of epp.md "Results" that concerns a name, with the reason's code
// and the offending element.
func TestDomainRefusalsOverTLS(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	ownContact(h, "DEMO-A", "owner-a")
	ownContact(h, "DEMO-B", "owner-b")
	a, b, g := h.Login("DEMO-A"), h.Login("DEMO-B"), h.LoginGTLD("DEMO-A")
	uk, gtld := "name."+epptest.ZoneUK, "name."+epptest.ZoneGTLD
	registerDomain(a, uk, "owner-a")
	registerDomain(g, gtld, "owner-a")
	create := func(name, registrant string) []byte {
		return eppclient.DomainCreate("tr-x", eppclient.DomainCreateOptions{Name: name, Registrant: registrant, AuthInfo: strongAuth})
	}
	update := func(o eppclient.DomainUpdateOptions) []byte {
		if o.Name == "" {
			o.Name = uk
		}
		return eppclient.DomainUpdate("tr-x", o)
	}
	five, six, bc := "5", "6", "bc"
	for name, c := range map[string]struct {
		client *epptest.Client
		frame  []byte
		code   xml.ResultCode
		reason string
		value  string // the tag of the offending element
	}{
		"create taken":                {b, create(uk, "owner-b"), xml.CodeExists, "", "name"},
		"create unknown owner (uk)":   {a, create("new."+epptest.ZoneUK, "nobody"), xml.CodeAuthorization, "", "registrant"},
		"create unknown owner (gtld)": {g, create("new."+epptest.ZoneGTLD, "nobody"), xml.CodeNotFound, "", "registrant"},
		"create another's owner":      {a, create("new."+epptest.ZoneUK, "owner-b"), xml.CodeAuthorization, "", "registrant"},
		"create in no zone":           {a, create("new.elsewhere", "owner-a"), xml.CodePolicy, "", "name"},
		"create bad name":             {a, create("-new."+epptest.ZoneUK, "owner-a"), xml.CodeValueSyntax, "", "name"},
		"renew not yours V096":        {b, eppclient.DomainRenew("tr-x", uk, "2028-06-01", 2), xml.CodeAuthorization, "V096", "name"},
		"renew too early V128":        {a, eppclient.DomainRenew("tr-x", uk, "2028-06-01", 2), xml.CodeNotRenewable, "V128", "name"},
		"renew curExpDate (uk)":       {a, eppclient.DomainRenew("tr-x", uk, "2028-06-02", 2), xml.CodePolicy, "V904", "curExpDate"},
		"renew curExpDate (gtld)":     {g, eppclient.DomainRenew("tr-x", gtld, "2028-06-02", 2), xml.CodeValueRange, "", "curExpDate"},
		"renew beyond ten (gtld)":     {g, eppclient.DomainRenew("tr-x", gtld, "2028-06-01", 9), xml.CodeNotRenewable, "", "period"},
		"renew unknown":               {a, eppclient.DomainRenew("tr-x", "none."+epptest.ZoneUK, "2028-06-02", 2), xml.CodeNotFound, "", "name"},
		"update not yours V096":       {b, update(eppclient.DomainUpdateOptions{AddStatus: []string{"clientHold"}}), xml.CodeAuthorization, "V096", "name"},
		"update both bills":           {a, update(eppclient.DomainUpdateOptions{Nom: &eppclient.DomainNom{AutoBill: &five, NextBill: &six}}), xml.CodePolicy, "V901", "next-bill"},
		"update bc with auto-bill":    {a, update(eppclient.DomainUpdateOptions{Nom: &eppclient.DomainNom{AutoBill: &five, RecurBill: &bc}}), xml.CodePolicy, "V902", "recur-bill"},
		"update status not set":       {a, update(eppclient.DomainUpdateOptions{RemStatus: []string{"clientHold"}}), xml.CodePolicy, "", "status"},
		"update server status":        {a, update(eppclient.DomainUpdateOptions{AddStatus: []string{"serverHold"}}), xml.CodePolicy, "", "status"},
		"update nothing":              {a, update(eppclient.DomainUpdateOptions{}), xml.CodeMissingParameter, "", ""},
		"update unknown host":         {a, update(eppclient.DomainUpdateOptions{AddNS: []string{"ns7.example.net"}}), xml.CodeNotFound, "", "hostObj"},
		"delete not yours":            {b, eppclient.DomainDelete("tr-x", uk), xml.CodeAuthorization, "V096", "name"},
		"restore not deleted":         {g, update(eppclient.DomainUpdateOptions{Name: gtld, Restore: "request"}), xml.CodeStatusProhibits, "", "restore"},
		"info wrong authInfo":         {g, eppclient.DomainInfo("tr-x", eppclient.DomainInfoOptions{Name: gtld, AuthInfo: &bc}), xml.CodeBadAuthInfo, "", "authInfo"},
		"hostAttr in gtld":            {g, update(eppclient.DomainUpdateOptions{Name: gtld, AddNS: []string{"ns1." + gtld + "/192.0.2.1"}}), xml.CodeUnimplementedOption, "", "hostAttr"},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.client.Want(c.frame, c.code)
			if !strings.HasPrefix(epptest.Reason(r), c.reason) {
				t.Errorf("reason %q", epptest.Reason(r))
			}
			if r.ClTRID != "tr-x" {
				t.Errorf("clTRID %q", r.ClTRID)
			}
			if c.value != "" && (len(r.Results[0].Values) == 0 || r.Results[0].Values[0].Value.Tag != c.value) {
				t.Errorf("values %+v", r.Results[0].Values)
			}
		})
	}
	if n := h.Count(`SELECT count(*) FROM history WHERE object = 'domain'`); n != 2 {
		t.Errorf("%d history rows: a refused command changed something", n)
	}
}

func TestDeletedNameInGTLD(t *testing.T) { // RFC 3915 over TLS
	h := epptest.New(t)
	h.SetNow(at)
	ownContact(h, "DEMO-A", "owner-a")
	c := h.LoginGTLD("DEMO-A")
	name := "gone." + epptest.ZoneGTLD
	registerDomain(c, name, "owner-a")
	state := func() string {
		r := c.Want(eppclient.DomainInfo("tr-i", eppclient.DomainInfoOptions{Name: name}), xml.CodeOK)
		return tree(r.Ext)
	}
	if s := state(); !strings.Contains(s, "addPeriod") {
		t.Errorf("new: %s", s)
	}
	h.Advance(6 * 24 * time.Hour)
	c.Want(eppclient.DomainDelete("tr-d", name), xml.CodeOKPending)
	if s := state(); !strings.Contains(s, "redemptionPeriod") {
		t.Errorf("deleted: %s", s)
	}
	r := c.Want(eppclient.DomainUpdate("tr-r", eppclient.DomainUpdateOptions{Name: name, Restore: "request"}), xml.CodeOK)
	if s := tree(r.Ext); !strings.Contains(s, "pendingRestore") {
		t.Errorf("restore request: %s", s)
	}
	c.Want(eppclient.DomainUpdate("tr-r2", eppclient.DomainUpdateOptions{Name: name, Restore: "report", Report: &eppclient.RestoreReport{
		PreData: "before", PostData: "after", DelTime: "2026-06-07T09:00:00Z", ResTime: "2026-06-07T10:00:00Z", Reason: "mistake",
		Statements: [2]string{"one", "two"}}}), xml.CodeOK)
	if s := state(); s != "" {
		t.Errorf("restored: %s", s)
	}
}

// A create in a referred zone is answered 1001 and waits for the staff.
func TestReferredZone(t *testing.T) {
	h := epptest.New(t)
	ownContact(h, "DEMO-A", "owner-a")
	c := h.Login("DEMO-A")
	name := "held." + epptest.ZoneReferred
	c.Want(eppclient.DomainCreate("tr-c", eppclient.DomainCreateOptions{Name: name, Registrant: "owner-a", AuthInfo: "x"}), xml.CodeOKPending)
	r := c.Want(eppclient.DomainInfo("tr-i", eppclient.DomainInfoOptions{Name: name}), xml.CodeOK)
	if !strings.Contains(tree(r.ResData), "pendingCreate") {
		t.Errorf("info: %s", tree(r.ResData))
	}
	if n := h.Count(`SELECT count(*) FROM charge`); n != 0 {
		t.Errorf("%d charges before the decision", n)
	}
}
