package eppserver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// renewalCommand is a command of our own extension.
func renewalCommand(verb, content string) []byte {
	return []byte(`<epp xmlns="` + xml.NSEPP + `" xmlns:renewal="` + xml.NSRenewal + `"><command><` + verb + `>` + content +
		`</` + verb + `><clTRID>re-new</clTRID></command></epp>`)
}

// E7: the exact status and the open request, on own names, where announced.
func TestRenewalInfo(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	ownContact(h, "DEMO-A", "owner-a")
	c, old, b := h.Login("DEMO-A"), withServices(h.Connect("DEMO-A"), "DEMO-A"), h.Login("DEMO-B")
	name := "shown." + epptest.ZoneUK
	registerDomain(c, name, "owner-a")
	info := eppclient.DomainInfo("info-1", eppclient.DomainInfoOptions{Name: name})
	own := func() string { return tree(c.Want(info, xml.CodeOK).Ext) }
	if got := own(); !strings.Contains(got, string(registry.RegistrationBeingProcessed)) {
		t.Errorf("new: %s", got)
	}
	for who, other := range map[string]*epptest.Client{"not announced": old, "another tag": b} {
		if got := tree(other.Want(info, xml.CodeOK).Ext); strings.Contains(got, "<status []>") || strings.Contains(got, "<request") {
			t.Errorf("%s: %s", who, got)
		}
	}
	h.Exec(`UPDATE domain SET first_paid = true`)
	h.Exec(`INSERT INTO registrant_account (contact_id, contact_handle, registrar_id, currency, opened_at)
		SELECT id, handle, sponsor, 'GBP', $1 FROM contact WHERE handle = 'owner-a'`, h.DB.Now())
	h.SetNow(at.AddDate(2, 0, -100))
	c.Want(eppclient.DomainRenew("renew-1", name, "2028-06-01", 2), xml.CodeOK)
	got := own()
	for _, want := range []string{string(registry.RenewalBeingProcessed), "<by []>DEMO-A", "<requested []>2028-02-22T09:00:00Z",
		"<from []>2028-06-01", "<period [{unit y}]>2", "<account []>"} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %s: %s", want, got)
		}
	}
	if strings.Contains(got, "<invoice") || strings.Contains(got, "<due") {
		t.Errorf("not invoiced yet: %s", got)
	}
	h.Exec(`INSERT INTO invoice (number, kind, registrar_id, dated, due, currency, lines, net, tax, gross, addressee, created_at)
		SELECT 7, 'renewals', registrar_id, '2028-03-01', '2028-03-31', 'GBP', 1, amount, tax, amount + tax, '{}', $1
		FROM charge WHERE operation = 'renew'`, h.DB.Now())
	h.Exec(`UPDATE charge SET invoice_id = (SELECT id FROM invoice WHERE number = 7) WHERE operation = 'renew'`)
	h.Exec(`UPDATE renewal_request SET state = 'invoiced', due = '2028-03-31'`)
	if got := own(); !strings.Contains(got, "<due []>2028-03-31") || !strings.Contains(got, "<invoice []>INV") {
		t.Errorf("invoiced: %s", got)
	}
	// The next tag sees the request and when it is due, not the other's invoice.
	c.Want(eppclient.Release("release-1", name, "DEMO-B"), xml.CodeOK)
	if got := tree(b.Want(info, xml.CodeOK).Ext); !strings.Contains(got, "<by []>DEMO-A") || strings.Contains(got, "<invoice") {
		t.Errorf("after the release: %s", got)
	}
}

func TestRenewalList(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	ownContact(h, "DEMO-A", "owner-a")
	c, g := h.Login("DEMO-A"), h.LoginGTLD("DEMO-A")
	for i := range 3 {
		registerDomain(c, fmt.Sprintf("n%d.%s", i, epptest.ZoneUK), "owner-a")
	}
	registerDomain(g, "n."+epptest.ZoneGTLD, "owner-a")
	h.Exec(`UPDATE domain SET expires = '2028-07-01' WHERE name = $1`, "n1."+epptest.ZoneUK)
	list := func(from, to, after string) string {
		if after != "" {
			after = "<renewal:after>" + after + "</renewal:after>"
		}
		r := c.Want(renewalCommand("info", `<renewal:list><renewal:from>`+from+`</renewal:from><renewal:to>`+to+`</renewal:to>`+after+`</renewal:list>`), xml.CodeOK)
		return tree(r.ResData)
	}
	if got := list("2028-06-01", "2028-06-01", ""); !strings.Contains(got, "n0.") || strings.Contains(got, "n1.") ||
		!strings.Contains(got, "n2.") || strings.Contains(got, epptest.ZoneGTLD) || !strings.Contains(got, "{more 0}") {
		t.Errorf("list %s", got)
	}
	if got := list("2028-06-01", "2028-07-01", "n0."+epptest.ZoneUK); strings.Contains(got, "n0.") || !strings.Contains(got, "2028-07-01") {
		t.Errorf("next page %s", got)
	}
	c.Want(renewalCommand("info", `<renewal:list><renewal:from>2028-06-02</renewal:from><renewal:to>2028-06-01</renewal:to></renewal:list>`), xml.CodeValueRange)
	withServices(h.Connect("DEMO-A"), "DEMO-A").Want(renewalCommand("info",
		`<renewal:list><renewal:from>2028-06-01</renewal:from><renewal:to>2028-06-01</renewal:to></renewal:list>`), xml.CodeUnimplementedService)
	g.Want(renewalCommand("info", `<renewal:list/>`), xml.CodeUnimplementedService)
}

// R14: the names that break R12 are listed, the rest are set; a dry run says so
// before.
func TestRenewalAutoBill(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	ownContact(h, "DEMO-A", "owner-a")
	ownContact(h, "DEMO-B", "owner-b")
	c := h.Login("DEMO-A")
	for _, n := range []string{"free", "late", "held"} {
		registerDomain(c, n+"."+epptest.ZoneUK, "owner-a")
	}
	registerDomain(h.Login("DEMO-B"), "other."+epptest.ZoneUK, "owner-b")
	h.Exec(`UPDATE domain SET expires = '2026-06-11' WHERE name = $1`, "late."+epptest.ZoneUK)
	c.Want(eppclient.DomainUpdate("hold-1", eppclient.DomainUpdateOptions{Name: "held." + epptest.ZoneUK,
		AddStatus: []string{"clientUpdateProhibited"}}), xml.CodeOK)
	set := func(days string, dry string) string {
		return tree(c.Want(renewalCommand("update", `<renewal:autoBill dryRun="`+dry+`"><renewal:days>`+days+`</renewal:days></renewal:autoBill>`), xml.CodeOK).ResData)
	}
	for _, step := range []struct {
		dry, counts string
		after       int
	}{
		{"true", "<set []>1<unchanged []>0<refused []>2", 0}, {"false", "<set []>1<unchanged []>0<refused []>2", 1},
		{"0", "<set []>0<unchanged []>1<refused []>2", 1},
	} {
		got := set("10", step.dry)
		if !strings.Contains(got, step.counts) || !strings.Contains(got, "V900 ") || !strings.Contains(got, "clientUpdateProhibited") {
			t.Errorf("dry run %s: %s", step.dry, got)
		}
		if n := h.Count(`SELECT count(*) FROM domain WHERE auto_bill = 10`); n != step.after {
			t.Errorf("dry run %s: %d names set", step.dry, n)
		}
	}
	if got := set("0", "false"); !strings.Contains(got, "<set []>1<unchanged []>2<refused []>0") {
		t.Errorf("off: %s", got)
	}
	c.Want(renewalCommand("update", `<renewal:autoBill><renewal:days>183</renewal:days></renewal:autoBill>`), xml.CodeValueRange)
}

// N20 and issue E7: a tag has its registrant asked, and sees what was decided in
// info and list.
func TestRenewalConfirm(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	ownContact(h, "DEMO-A", "owner-a")
	c, b := h.Login("DEMO-A"), h.Login("DEMO-B")
	name := "asked." + epptest.ZoneUK
	registerDomain(c, name, "owner-a")
	h.Exec(`UPDATE domain SET first_paid = true`)
	confirm := func(name string) []byte {
		return renewalCommand("update", `<renewal:confirm><renewal:name>`+name+`</renewal:name></renewal:confirm>`)
	}
	c.Want(confirm(name), xml.CodeNotRenewable) // R2: too early
	h.SetNow(at.AddDate(2, 0, -30))
	b.Want(confirm(name), xml.CodeAuthorization)
	c.Want(confirm("none."+epptest.ZoneUK), xml.CodeNotFound)
	c.Want(renewalCommand("update", `<renewal:confirm/>`), xml.CodeSyntax)
	if got := tree(c.Want(confirm(name), xml.CodeOK).ResData); !strings.Contains(got, "<name []>"+name) || !strings.Contains(got, "<validUntil []>2028-05-16") {
		t.Errorf("answer %s", got)
	}
	if n := h.Count(`SELECT count(*) FROM outbox WHERE kind = 'renewal-confirmation'`); n != 1 {
		t.Errorf("%d messages", n)
	}
	h.Exec(`INSERT INTO renewal_decision (domain_id, period, registrar_id, contact_id, choice, years, via, decided_at)
		SELECT id, expires, sponsor, registrant, 'renew', 3, 'code', $2 FROM domain WHERE name = $1`, name, h.DB.Now())
	want := "<decision [{on 2028-05-02} {years 3}]>renew"
	info := eppclient.DomainInfo("info-1", eppclient.DomainInfoOptions{Name: name})
	if got := tree(c.Want(info, xml.CodeOK).Ext); !strings.Contains(got, want) {
		t.Errorf("info: %s", got)
	}
	list := renewalCommand("info", `<renewal:list><renewal:from>2028-06-01</renewal:from><renewal:to>2028-06-01</renewal:to></renewal:list>`)
	if got := tree(c.Want(list, xml.CodeOK).ResData); !strings.Contains(got, want) {
		t.Errorf("list: %s", got)
	}
	// The next tag does not see what was decided under this one.
	c.Want(eppclient.Release("release-1", name, "DEMO-B"), xml.CodeOK)
	if got := tree(b.Want(info, xml.CodeOK).Ext); strings.Contains(got, "<decision") {
		t.Errorf("after the release: %s", got)
	}
}
