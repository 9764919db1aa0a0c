package eppserver_test

import (
	"strconv"
	"testing"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

func itoa[T ~int | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// glueName registers a name on the client's tag, for hosts below it.
func glueName(c *epptest.Client, name string) string {
	c.T.Helper()
	ownID := "own-" + name[:4]
	c.Want(eppclient.ContactCreate("gl-1", gtldPerson(ownID)), xml.CodeOK)
	c.Want(eppclient.DomainCreate("gl-2", eppclient.DomainCreateOptions{Name: name, Years: 2, Registrant: ownID, AuthInfo: strongAuth}), xml.CodeOK)
	return name
}

func TestHostLifeOverTLS(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	for _, p := range []struct {
		c    *epptest.Client
		name string
	}{{h.Login("DEMO-A"), "glue." + epptest.ZoneUK}, {h.LoginGTLD("DEMO-B"), "glug." + epptest.ZoneGTLD}} {
		c, tag := p.c, p.c.TAG
		host := "ns1." + glueName(c, p.name)
		r := c.Want(eppclient.HostCheck("hl-1", host, "ns1.example.net", "-bad.example.net", epptest.ZoneUK), xml.CodeOK)
		has(t, r.ResData, "[{avail 1}]>"+host, "Not a valid host name", "A zone of this registry")
		r = c.Want(eppclient.HostCreate("hl-2", "NS1."+p.name, "192.0.2.1", "2001:DB8:0:0::1"), xml.CodeOK)
		has(t, r.ResData, host, "2026-06-01T09:00:00Z")
		r = c.Want(eppclient.HostCheck("hl-3", "Ns1."+p.name), xml.CodeOK)
		has(t, r.ResData, "[{avail 0}]>Ns1."+p.name, "In use")
		r = c.Want(eppclient.HostInfo("hl-4", "NS1."+p.name), xml.CodeOK)
		has(t, r.ResData, host, "[{s ok}]", "<addr [{ip v4}]>192.0.2.1", "<addr [{ip v6}]>2001:db8::1", "<clID []>"+tag, "-TEST")
		lacks(t, r.ResData, "linked")

		// An address goes as info showed it.
		c.Want(eppclient.HostUpdate("hl-5", eppclient.HostUpdateOptions{Name: host, RemAddrs: []string{"2001:db8::1"},
			AddAddrs: []string{"2001:db8::2"}, AddStatus: []string{"clientDeleteProhibited"}}), xml.CodeOK)
		c.Want(eppclient.DomainUpdate("hl-6", eppclient.DomainUpdateOptions{Name: p.name, AddNS: []string{host}}), xml.CodeOK)
		r = c.Want(eppclient.HostInfo("hl-7", host), xml.CodeOK)
		has(t, r.ResData, "[{s clientDeleteProhibited}]", "[{s linked}]", "2001:db8::2", "<upID []>"+tag)
		lacks(t, r.ResData, "2001:db8::1")

		// A rename reaches the names that use the host.
		renamed := "ns2." + p.name
		c.Want(eppclient.HostUpdate("hl-8", eppclient.HostUpdateOptions{Name: host, NewName: "NS2." + p.name, RemStatus: []string{"clientDeleteProhibited"}}), xml.CodeOK)
		r = c.Want(eppclient.DomainInfo("hl-9", eppclient.DomainInfoOptions{Name: p.name, Hosts: "all"}), xml.CodeOK)
		has(t, r.ResData, renamed)
		lacks(t, r.ResData, host)
		c.Want(eppclient.HostInfo("hl-10", host), xml.CodeNotFound)
		c.Want(eppclient.HostDelete("hl-11", renamed), xml.CodeAssociation)
		c.Want(eppclient.DomainUpdate("hl-12", eppclient.DomainUpdateOptions{Name: p.name, RemNS: []string{renamed}}), xml.CodeOK)
		c.Want(eppclient.HostDelete("hl-13", renamed), xml.CodeOK)
		c.Want(eppclient.HostInfo("hl-14", renamed), xml.CodeNotFound)
	}
}

// Glue outside the zones: 1000 with warnings in uk, 2306 in gtld.
func TestHostGlueOutsideTheZones(t *testing.T) {
	h := epptest.New(t)
	c, g := h.Login("DEMO-A"), h.LoginGTLD("DEMO-A")
	r := c.Want(eppclient.HostCreate("hl-1", "ns1.example.net", "192.0.2.1", "2001:db8::1"), xml.CodeOK)
	has(t, r.Ext, "<glue-ignored [{ip 192.0.2.1}]>", "<glue-ignored [{ip 2001:db8::1}]>")
	r = c.Want(eppclient.HostUpdate("hl-2", eppclient.HostUpdateOptions{Name: "ns1.example.net", AddAddrs: []string{"192.0.2.2"}}), xml.CodeOK)
	has(t, r.Ext, "<glue-ignored [{ip 192.0.2.2}]>")
	r = c.Want(eppclient.HostInfo("hl-3", "ns1.example.net"), xml.CodeOK)
	lacks(t, r.ResData, "<addr")
	g.Want(eppclient.HostCreate("hl-4", "ns2.example.net", "192.0.2.1"), xml.CodePolicy)
	g.Want(eppclient.HostUpdate("hl-5", eppclient.HostUpdateOptions{Name: "ns1.example.net", AddAddrs: []string{"192.0.2.1"}}), xml.CodePolicy)
	// Out of the zones the addresses go: uk takes them off and tells.
	name := glueName(c, "glue."+epptest.ZoneUK)
	c.Want(eppclient.HostCreate("hl-6", "ns1."+name, "192.0.2.1"), xml.CodeOK)
	r = c.Want(eppclient.HostUpdate("hl-7", eppclient.HostUpdateOptions{Name: "ns1." + name, NewName: "ns3.example.net"}), xml.CodeOK)
	has(t, r.Ext, "<glue-removed [{nameserverName ns3.example.net}]>", "192.0.2.1")
}

// Each refusal of a command on a host, with the reason's code and the offending
// element (E7).
func TestHostRefusalsOverTLS(t *testing.T) {
	h := epptest.New(t)
	a, b, g := h.Login("DEMO-A"), h.Login("DEMO-B"), h.LoginGTLD("DEMO-B")
	mine, theirs := glueName(a, "mine."+epptest.ZoneUK), glueName(b, "thei."+epptest.ZoneUK)
	a.Want(eppclient.HostCreate("hl-1", "ns1."+mine, "192.0.2.1"), xml.CodeOK)
	a.Want(eppclient.HostCreate("hl-2", "ext.example.net"), xml.CodeOK)
	b.Want(eppclient.DomainUpdate("hl-3", eppclient.DomainUpdateOptions{Name: theirs, AddNS: []string{"ext.example.net"}}), xml.CodeOK)
	rows := h.Count(`SELECT count(*) FROM history`)
	create := func(name string, addrs ...string) []byte { return eppclient.HostCreate("tr-x", name, addrs...) }
	update := func(o eppclient.HostUpdateOptions) []byte {
		if o.Name == "" {
			o.Name = "ns1." + mine
		}
		return eppclient.HostUpdate("tr-x", o)
	}
	for name, c := range map[string]struct {
		client *epptest.Client
		frame  []byte
		code   xml.ResultCode
		reason string
		value  string // the tag of the offending element
	}{
		"create taken":                     {b, create("EXT.example.net"), xml.CodeExists, "", "name"},
		"create bad name":                  {a, create("ns_1." + mine), xml.CodeValueSyntax, "", "name"},
		"create no name above":             {a, create("ns1.none."+epptest.ZoneUK, "192.0.2.1"), xml.CodeNotFound, "", "name"},
		"create below another tag's name":  {b, create("ns2."+mine, "192.0.2.1"), xml.CodeAuthorization, "V096", "name"},
		"the same in gtld, without a code": {g, create("ns2."+mine, "192.0.2.1"), xml.CodeAuthorization, mine, "name"},
		"create a zone":                    {a, create(epptest.ZoneUK, "192.0.2.1"), xml.CodePolicy, "", "name"},
		"create without glue C1":           {a, create("ns2." + mine), xml.CodeMissingParameter, "", "addr"},
		"create with loopback":             {a, create("ns2."+mine, "127.0.0.1"), xml.CodeValueRange, "", "addr"},
		"create with no address":           {a, create("ns2."+mine, "192.0.2.256"), xml.CodeValueSyntax, "", "addr"},
		"info unknown":                     {a, eppclient.HostInfo("tr-x", "none.example.net"), xml.CodeNotFound, "", "name"},
		"update unknown":                   {a, update(eppclient.HostUpdateOptions{Name: "none.example.net", AddStatus: []string{"clientDeleteProhibited"}}), xml.CodeNotFound, "", "name"},
		"update not yours V096":            {b, update(eppclient.HostUpdateOptions{AddAddrs: []string{"192.0.2.2"}}), xml.CodeAuthorization, "V096", "name"},
		"update nothing":                   {a, update(eppclient.HostUpdateOptions{}), xml.CodeMissingParameter, "", ""},
		"update the last address":          {a, update(eppclient.HostUpdateOptions{RemAddrs: []string{"192.0.2.1"}}), xml.CodeMissingParameter, "", "addr"},
		"update an address not there":      {a, update(eppclient.HostUpdateOptions{RemAddrs: []string{"192.0.2.7"}}), xml.CodePolicy, "", "addr"},
		"update an address there":          {a, update(eppclient.HostUpdateOptions{AddAddrs: []string{"192.0.2.1"}}), xml.CodePolicy, "", "addr"},
		"update server status":             {a, update(eppclient.HostUpdateOptions{AddStatus: []string{"serverUpdateProhibited"}}), xml.CodePolicy, "", "status"},
		"update status not set":            {a, update(eppclient.HostUpdateOptions{RemStatus: []string{"clientDeleteProhibited"}}), xml.CodePolicy, "", "status"},
		"rename to one that is":            {a, update(eppclient.HostUpdateOptions{NewName: "ext.example.net"}), xml.CodeExists, "", "name"},
		"rename below another tag's name":  {a, update(eppclient.HostUpdateOptions{NewName: "ns1." + theirs}), xml.CodeAuthorization, "V096", "name"},
		"rename below no name":             {a, update(eppclient.HostUpdateOptions{NewName: "ns1.none." + epptest.ZoneUK}), xml.CodeNotFound, "", "name"},
		"rename external, used by others":  {a, update(eppclient.HostUpdateOptions{Name: "ext.example.net", NewName: "ext2.example.net"}), xml.CodeAssociation, theirs, "name"},
		"delete in use":                    {a, eppclient.HostDelete("tr-x", "ext.example.net"), xml.CodeAssociation, "The host ext.example.net cannot be deleted: " + theirs, "name"},
		"delete not yours V096":            {b, eppclient.HostDelete("tr-x", "ns1."+mine), xml.CodeAuthorization, "V096", "name"},
		"delete unknown":                   {a, eppclient.HostDelete("tr-x", "none.example.net"), xml.CodeNotFound, "", "name"},
	} {
		t.Run(name, func(t *testing.T) {
			wantRefusal(t, c.client.Want(c.frame, c.code), c.reason, c.value)
		})
	}
	if n := h.Count(`SELECT count(*) FROM history`); n != rows {
		t.Errorf("%d history rows: a refused command changed something", n-rows)
	}
	locked := []string{"clientUpdateProhibited"}
	a.Want(update(eppclient.HostUpdateOptions{AddStatus: locked}), xml.CodeOK)
	a.Want(update(eppclient.HostUpdateOptions{AddAddrs: []string{"192.0.2.2"}}), xml.CodeStatusProhibits)
	a.Want(update(eppclient.HostUpdateOptions{RemStatus: locked}), xml.CodeOK)
}
