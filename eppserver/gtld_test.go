package eppserver_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

// gtldName registers a name of DEMO-A with a registrant of its own.
func gtldName(t *testing.T) (h *epptest.Harness, a, b *epptest.Client, name string) {
	t.Helper()
	h = epptest.New(t)
	h.SetNow(at)
	ownContact(h, "DEMO-A", "owner-a")
	a, b = h.LoginGTLD("DEMO-A"), h.LoginGTLD("DEMO-B")
	name = "plain." + epptest.ZoneGTLD
	registerDomain(a, name, "owner-a")
	return h, a, b, name
}

func shownInGTLD(c *epptest.Client, name string) *xml.ParsedResponse {
	c.T.Helper()
	return c.Want(eppclient.DomainInfo("cl-i", eppclient.DomainInfoOptions{Name: name, Hosts: "all"}), xml.CodeOK)
}

// The greeting of gtld has URIs that IANA registered, and no other.
func TestGreetingInGTLD(t *testing.T) {
	h := epptest.New(t)
	r, err := xml.ParseResponse(h.ConnectGTLD("DEMO-A").Greeting())
	if err != nil {
		t.Fatal(err)
	}
	menu := r.Greeting.Child(xml.NSEPP, "svcMenu")
	uris := []string{}
	for _, list := range [][]xml.Node{menu.Children, menu.Child(xml.NSEPP, "svcExtension").Children} {
		for _, n := range list {
			if n.Tag == "objURI" || n.Tag == "extURI" {
				uris = append(uris, n.Text)
			}
		}
	}
	for _, must := range []string{xml.NSDomain, xml.NSContact, xml.NSHost, xml.NSSecDNS, xml.NSRGP, xml.NSLoginSec, xml.NSFee,
		xml.NSChangePoll, xml.NSUnhandled, xml.NSSecureAuthInfo} {
		if !slices.Contains(uris, must) {
			t.Errorf("%s is not announced", must)
		}
	}
	for _, uri := range uris {
		if !strings.HasPrefix(uri, "urn:ietf:params:xml:ns:") {
			t.Errorf("%s is announced", uri)
		}
	}
}

// RFC 9154: never shown, empty on create, cleared by a transfer, strong.
func TestAuthInfoInGTLD(t *testing.T) {
	h, a, b, name := gtldName(t)
	right, wrong, empty := strongAuth, strongAuth+"x", ""
	info := func(c *epptest.Client, n string, auth *string, code xml.ResultCode) *xml.ParsedResponse {
		t.Helper()
		return c.Want(eppclient.DomainInfo("cl-i", eppclient.DomainInfoOptions{Name: n, AuthInfo: auth}), code)
	}
	lacks(t, info(a, name, nil, xml.CodeOK).ResData, "authInfo", right)
	r := info(b, name, &right, xml.CodeOK)
	has(t, r.ResData, "owner-a")
	lacks(t, r.ResData, "authInfo", right)
	lacks(t, info(b, name, nil, xml.CodeOK).ResData, "owner-a", "crID") // the public part
	for _, c := range []*epptest.Client{a, b} {
		info(c, name, &wrong, xml.CodeBadAuthInfo)
		info(c, name, &empty, xml.CodeBadAuthInfo)
	}

	unset := "unset." + epptest.ZoneGTLD
	a.Want(eppclient.DomainCreate("cl-c", eppclient.DomainCreateOptions{Name: unset, Registrant: "owner-a"}), xml.CodeOK)
	info(a, unset, &empty, xml.CodeBadAuthInfo)
	weak, long := "short", strings.Repeat("aB3-", 64)
	for _, bad := range []*string{&weak, &long} {
		a.Want(eppclient.DomainUpdate("cl-u", eppclient.DomainUpdateOptions{Name: unset, AuthInfo: bad}), xml.CodeValueRange)
		a.Want(eppclient.DomainCreate("cl-c", eppclient.DomainCreateOptions{Name: "bad." + epptest.ZoneGTLD, AuthInfo: *bad}), xml.CodeValueRange)
	}
	a.Want(eppclient.DomainUpdate("cl-u", eppclient.DomainUpdateOptions{Name: unset, AuthInfo: &right}), xml.CodeOK)
	info(b, unset, &right, xml.CodeOK)
	a.Want(eppclient.DomainUpdate("cl-u", eppclient.DomainUpdateOptions{Name: unset, AuthInfo: &empty}), xml.CodeOK) // null
	info(b, unset, &right, xml.CodeBadAuthInfo)
	b.Want(eppclient.DomainTransfer("cl-t", "request", unset, &right, 1), xml.CodeBadAuthInfo)

	h.Advance(6 * 24 * time.Hour)
	b.Want(eppclient.DomainTransfer("cl-t", "request", name, &right, 1), xml.CodeOKPending)
	a.Want(eppclient.DomainTransfer("cl-t", "approve", name, nil, 0), xml.CodeOK)
	info(a, name, &right, xml.CodeBadAuthInfo)
	a.Want(eppclient.DomainTransfer("cl-t", "request", name, &right, 1), xml.CodeBadAuthInfo)
	has(t, shownInGTLD(b, name).ResData, "<clID []>DEMO-B", "<trDate []>", "2029-06-01T00:00:00Z")
	if strings.Contains(h.Log(), right) {
		t.Error("the authInfo is in the log")
	}
}

// RFC 5731 section 3.1.2: which hosts an info shows.
func TestInfoHostsInGTLD(t *testing.T) {
	_, a, _, name := gtldName(t)
	a.Want(eppclient.HostCreate("cl-h", "ns1."+name, "192.0.2.1"), xml.CodeOK)
	for which, want := range map[string]struct{ del, sub bool }{
		"all": {true, true}, "del": {true, false}, "sub": {false, true}, "none": {}, "": {true, true},
	} {
		got := tree(a.Want(eppclient.DomainInfo("cl-i", eppclient.DomainInfoOptions{Name: name, Hosts: which}), xml.CodeOK).ResData)
		if strings.Contains(got, "<hostObj []>ns1.example.net") != want.del || strings.Contains(got, "<host []>ns1."+name) != want.sub {
			t.Errorf("hosts=%q: %s", which, got)
		}
	}
}

// RFC 5731 section 2.3: what each client status forbids, and which are shown.
func TestStatusesInGTLD(t *testing.T) {
	h, a, b, name := gtldName(t)
	h.Advance(6 * 24 * time.Hour)
	set := func(add, rem []string, code xml.ResultCode) {
		t.Helper()
		a.Want(eppclient.DomainUpdate("cl-s", eppclient.DomainUpdateOptions{Name: name, AddStatus: add, RemStatus: rem}), code)
	}
	auth := strongAuth
	for status, frame := range map[string]struct {
		c *epptest.Client
		f []byte
	}{
		"clientDeleteProhibited":   {a, eppclient.DomainDelete("cl-d", name)},
		"clientRenewProhibited":    {a, eppclient.DomainRenew("cl-r", name, "2028-06-01", 1)},
		"clientTransferProhibited": {b, eppclient.DomainTransfer("cl-t", "request", name, &auth, 1)},
		"clientUpdateProhibited":   {a, eppclient.DomainUpdate("cl-u", eppclient.DomainUpdateOptions{Name: name, RemNS: []string{"ns1.example.net"}})},
	} {
		one := []string{status}
		set(one, nil, xml.CodeOK)
		r := shownInGTLD(a, name)
		has(t, r.ResData, "{s "+status+"}")
		lacks(t, r.ResData, "{s ok}")
		frame.c.Want(frame.f, xml.CodeStatusProhibits)
		set(nil, one, xml.CodeOK)
		has(t, shownInGTLD(a, name).ResData, "{s ok}")
	}
	set([]string{"clientHold"}, nil, xml.CodeOK)
	set([]string{"clientHold"}, nil, xml.CodePolicy)            // set already
	set(nil, []string{"clientRenewProhibited"}, xml.CodePolicy) // not set
	for _, s := range []string{"serverHold", "ok", "inactive", "pendingDelete"} {
		set([]string{s}, nil, xml.CodePolicy)
	}
	set([]string{"clientUpdateProhibited"}, nil, xml.CodeOK)
	set(nil, []string{"clientHold"}, xml.CodeStatusProhibits) // only its own removal
	set(nil, []string{"clientUpdateProhibited"}, xml.CodeOK)
	a.Want(eppclient.DomainUpdate("cl-n", eppclient.DomainUpdateOptions{Name: name, RemNS: []string{"ns1.example.net"}, RemStatus: []string{"clientHold"}}), xml.CodeOK)
	has(t, shownInGTLD(a, name).ResData, "{s inactive}")
	// While a transfer is pending nothing else may move the name.
	b.Want(eppclient.DomainTransfer("cl-t", "request", name, &auth, 1), xml.CodeOKPending)
	has(t, shownInGTLD(a, name).ResData, "{s pendingTransfer}")
	lacks(t, shownInGTLD(a, name).ResData, "{s ok}")
	a.Want(eppclient.DomainDelete("cl-d", name), xml.CodeStatusProhibits)
}

// RFC 3915: the grace periods are shown while they run, and a deleted name takes
// nothing but its restore.
func TestGracePeriodsInGTLD(t *testing.T) {
	h, a, b, name := gtldName(t)
	const day = 24 * time.Hour
	has(t, shownInGTLD(a, name).Ext, "{s addPeriod}")
	a.Want(eppclient.DomainRenew("cl-r", name, "2028-06-01", 1), xml.CodeOK)
	has(t, shownInGTLD(a, name).Ext, "{s addPeriod}", "{s renewPeriod}")
	h.Advance(5 * day)
	if got := shownInGTLD(a, name).Ext; len(got) != 0 {
		t.Errorf("after five days: %s", tree(got))
	}
	auth := strongAuth
	b.Want(eppclient.DomainTransfer("cl-t", "request", name, &auth, 1), xml.CodeOKPending)
	a.Want(eppclient.DomainTransfer("cl-t", "approve", name, nil, 0), xml.CodeOK)
	has(t, shownInGTLD(b, name).Ext, "{s transferPeriod}")
	h.Advance(5 * day)
	b.Want(eppclient.HostCreate("cl-h", "ns1."+name, "192.0.2.1"), xml.CodeOK)
	b.Want(eppclient.DomainDelete("cl-d", name), xml.CodeAssociation)
	b.Want(eppclient.HostDelete("cl-h", "ns1."+name), xml.CodeOK)
	b.Want(eppclient.DomainDelete("cl-d", name), xml.CodeOKPending)
	r := shownInGTLD(b, name)
	has(t, r.ResData, "{s pendingDelete}")
	has(t, r.Ext, "{s redemptionPeriod}")
	b.Want(eppclient.DomainRenew("cl-r", name, "2030-06-01", 1), xml.CodeStatusProhibits)
	b.Want(eppclient.DomainUpdate("cl-u", eppclient.DomainUpdateOptions{Name: name, AddStatus: []string{"clientHold"}}), xml.CodeStatusProhibits)
	b.Want(eppclient.DomainDelete("cl-d", name), xml.CodeStatusProhibits)
	a.Want(eppclient.DomainUpdate("cl-u", eppclient.DomainUpdateOptions{Name: name, Restore: "request"}), xml.CodeAuthorization)
	h.Advance(30 * day)
	b.Want(eppclient.DomainUpdate("cl-u", eppclient.DomainUpdateOptions{Name: name, Restore: "request"}), xml.CodeStatusProhibits)
}

// RFC 8590 and RFC 9038: a client that announced neither gets the object and the
// text; one that announced unhandled namespaces gets the rest in extValue.
func TestUnhandledNamespaces(t *testing.T) {
	h, all, _, name := gtldName(t)
	ds := `<update><domain:update xmlns:domain="` + xml.NSDomain + `"><domain:name>` + name + `</domain:name></domain:update></update>
		<extension><secDNS:update xmlns:secDNS="` + xml.NSSecDNS + `"><secDNS:add><secDNS:dsData><secDNS:keyTag>1</secDNS:keyTag>
		<secDNS:alg>13</secDNS:alg><secDNS:digestType>2</secDNS:digestType><secDNS:digest>` + strings.Repeat("AB", 32) +
		`</secDNS:digest></secDNS:dsData></secDNS:add></secDNS:update></extension>`
	all.Want([]byte(`<epp xmlns="`+xml.NSEPP+`"><command>`+ds+`<clTRID>cl-k</clTRID></command></epp>`), xml.CodeOK)
	h.Exec(`INSERT INTO poll_message (registrar_id, queued_at, kind, text, payload) VALUES ($1, $2, 'staff-change', 'Changed.',
		jsonb_build_object('object', 'domain', 'name', $3::text, 'operation', 'update', 'date', $2::timestamptz, 'svtrid', 'sv-1', 'who', 'REGISTRY'))`,
		h.RegistrarID("DEMO-A"), at, name)
	bare := withServices(h.ConnectGTLD("DEMO-A"), "DEMO-A")
	moved := withServices(h.ConnectGTLD("DEMO-A"), "DEMO-A", xml.NSUnhandled)
	for kind, frame := range map[string][]byte{
		xml.NSSecDNS:     eppclient.DomainInfo("cl-i", eppclient.DomainInfoOptions{Name: name}),
		xml.NSChangePoll: eppclient.Poll("cl-p"),
	} {
		r := all.Send(frame)
		if len(r.Ext) == 0 || len(r.Results[0].Values) != 0 {
			t.Errorf("%s, announced: %s", kind, tree(r.Ext))
		}
		r = bare.Send(frame)
		if len(r.Ext) != 0 || len(r.Results[0].Values) != 0 || len(r.ResData) == 0 {
			t.Errorf("%s, unknown to the client: %s", kind, tree(r.Ext))
		}
		r = moved.Send(frame)
		if len(r.Ext) != 0 || len(r.Results[0].Values) == 0 {
			t.Fatalf("%s, unhandled: %s", kind, tree(r.Ext))
		}
		reasons := []string{}
		for _, v := range r.Results[0].Values {
			reasons = append(reasons, v.Reason)
		}
		if got := strings.Join(reasons, "; "); !strings.Contains(got, kind+" not in login services") {
			t.Errorf("%s: %s", kind, got)
		}
	}
}

// RFC 5731 section 3.2.3 and 3.2.1: periods.
func TestPeriodsInGTLD(t *testing.T) {
	_, a, _, name := gtldName(t)
	month := func(n string) []byte {
		return []byte(`<epp xmlns="` + xml.NSEPP + `"><command><renew><domain:renew xmlns:domain="` + xml.NSDomain + `"><domain:name>` + name +
			`</domain:name><domain:curExpDate>2028-06-01</domain:curExpDate><domain:period unit="m">` + n + `</domain:period></domain:renew></renew></command></epp>`)
	}
	a.Want(month("13"), xml.CodeValueRange)
	has(t, a.Want(month("24"), xml.CodeOK).ResData, "2030-06-01T00:00:00Z")
	a.Want(eppclient.DomainRenew("cl-r", name, "2028-06-01", 1), xml.CodeValueRange) // the answer was lost: not twice (E5)
	has(t, a.Want(eppclient.DomainRenew("cl-r", name, "2030-06-01", 0), xml.CodeOK).ResData, "2031-06-01T00:00:00Z")
	a.Want(eppclient.DomainRenew("cl-r", name, "2031-06-01", 6), xml.CodeNotRenewable)
	a.Want(eppclient.DomainCreate("cl-c", eppclient.DomainCreateOptions{Name: "years." + epptest.ZoneGTLD, Years: 11}), xml.CodeValueRange)
	has(t, a.Want(eppclient.DomainCreate("cl-c", eppclient.DomainCreateOptions{Name: "years." + epptest.ZoneGTLD}), xml.CodeOK).ResData, "2027-06-01")
	a.Want(eppclient.DomainCreate("cl-c", eppclient.DomainCreateOptions{Name: "YEARS." + epptest.ZoneGTLD}), xml.CodeExists)
}
