package rdap

import (
	"net/url"
	"testing"

	client "github.com/openrdap/rdap"

	"github.com/namekeep/namekeep/registry/lookuptest"
)

// ask has a client that nobody here wrote send a request and read the answer.
func ask[T any](t *testing.T, s *service, r *client.Request) T {
	t.Helper()
	base, err := url.Parse(s.URL + "/rdap/")
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&client.Client{HTTP: s.Client()}).Do(r.WithServer(base).WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	v, ok := resp.Object.(T)
	if !ok {
		t.Fatalf("the answer is a %T", resp.Object)
	}
	return v
}

// OpenRDAP reads what we answer.
func TestOpenRDAPClient(t *testing.T) {
	s := start(t, lookuptest.New(t), Config{Search: true, TermsURL: "https://registry.example/terms"})
	d := ask[*client.Domain](t, s, client.NewDomainRequest("glue.co.test"))
	if d.LDHName != "glue.co.test" || len(d.Nameservers) != 2 || d.Nameservers[1].IPAddresses.V6[0] != "2001:db8::1" ||
		!*d.SecureDNS.DelegationSigned || *d.SecureDNS.DS[0].KeyTag != 7165 || len(d.Events) != 3 || d.Status[0] != "active" {
		t.Errorf("%+v", d)
	}
	if notes := d.DecodeData.Notes(""); len(notes) > 0 {
		t.Errorf("the client was not content: %v", notes)
	}
	var registrar, registrant *client.Entity
	for i, e := range d.Entities {
		switch e.Roles[0] {
		case "registrar":
			registrar = &d.Entities[i]
		case "registrant":
			registrant = &d.Entities[i]
		}
	}
	if registrar.VCard.Name() != "Alpha Names Ltd" || registrar.PublicIDs[0].Identifier != "9901" || registrar.Entities[0].VCard.Email() != "abuse@alpha.example" ||
		registrar.Entities[0].VCard.Tel() != "tel:+44-2079460001" {
		t.Errorf("%+v", registrar.VCard)
	}
	if registrant.VCard.Name() != "" || registrant.VCard.Region() != "Kent" || registrant.VCard.Email() != "" {
		t.Errorf("%+v", registrant.VCard)
	}
	d = ask[*client.Domain](t, s, client.NewDomainRequest("пример.co.test"))
	if d.LDHName != lookuptest.Cyrillic || d.UnicodeName != "пример.co.test" {
		t.Errorf("%s, %s", d.LDHName, d.UnicodeName)
	}
	if n := ask[*client.Nameserver](t, s, client.NewNameserverRequest("ns1.glue.co.test")); n.IPAddresses.V4[0] != "192.0.2.1" {
		t.Errorf("%+v", n)
	}
	if e := ask[*client.Entity](t, s, client.NewEntityRequest("A-ONE")); e.Handle != "9901" {
		t.Errorf("%+v", e)
	}
	if h := ask[*client.Help](t, s, client.NewHelpRequest()); len(h.Notices) != 2 {
		t.Errorf("%+v", h)
	}
	if l := ask[*client.DomainSearchResults](t, s, client.NewRequest(client.DomainSearchRequest, "paid*")); len(l.Domains) != 1 {
		t.Errorf("%+v", l)
	}
	base, err := url.Parse(s.URL + "/rdap/")
	if err != nil {
		t.Fatal(err)
	}
	_, err = (&client.Client{HTTP: s.Client()}).Do(client.NewDomainRequest("nothing.co.test").WithServer(base))
	if err == nil {
		t.Error("a name that is not there was found")
	}
}
