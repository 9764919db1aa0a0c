package eppserver_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

// newPerson is a contact that both profiles take.
func newPerson(id string) eppclient.ContactCreateOptions {
	name, kind, optOut := "Pat Möller", "IND", "y"
	return eppclient.ContactCreateOptions{
		ID: id, Voice: "+44.1865332211", Fax: "+44.1865332299", Email: "pat@example.net", Hide: []string{"addr", "voice"},
		Postal: []eppclient.Postal{{Type: "loc", Name: &name, HasAddr: true, Street: []string{"1 High Street", "Floor 2"},
			City: "Oxford", Province: "Oxon", Postcode: "OX1 1AA", Country: "GB"}},
		Nom: &eppclient.ContactNom{Type: &kind, OptOut: &optOut},
	}
}

// gtldPerson is newPerson as a gtld client sends it.
func gtldPerson(id string) eppclient.ContactCreateOptions {
	o := newPerson(id)
	o.Nom, o.AuthInfo = nil, strongAuth
	return o
}

// has checks that an answer holds each of the texts.
func has(t *testing.T, nodes []xml.Node, texts ...string) {
	t.Helper()
	got := tree(nodes)
	for _, want := range texts {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
}

// lacks checks that an answer holds none of the texts.
func lacks(t *testing.T, nodes []xml.Node, texts ...string) {
	t.Helper()
	got := tree(nodes)
	for _, no := range texts {
		if strings.Contains(got, no) {
			t.Errorf("%q in %s", no, got)
		}
	}
}

func TestContactLifeOverTLS(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	c := h.Login("DEMO-A")
	r := c.Want(eppclient.ContactCheck("cl-1", "PAT-1", "FREE-1"), xml.CodeOK)
	has(t, r.ResData, "[{avail 1}]>PAT-1", "[{avail 1}]>FREE-1")
	r = c.Want(eppclient.ContactCreate("cl-2", newPerson("PAT-1")), xml.CodeOK)
	has(t, r.ResData, "PAT-1", "2026-06-01T09:00:00Z")
	if len(r.Ext) != 0 {
		t.Errorf("warnings for nothing: %s", tree(r.Ext))
	}
	r = c.Want(eppclient.ContactCheck("cl-3", "PAT-1", "FREE-1"), xml.CodeOK)
	has(t, r.ResData, "[{avail 0}]>PAT-1", "In use", "[{avail 1}]>FREE-1")
	lacks(t, r.ResData, "DEMO-A")

	r = c.Want(eppclient.ContactInfo("cl-4", "PAT-1", nil), xml.CodeOK)
	has(t, r.ResData, "[{s ok}]", "[{type loc}]", "Pat Möller", "1 High Street", "Floor 2", "Oxford", "Oxon", "OX1 1AA", "GB", "+44.1865332211",
		"+44.1865332299", "pat@example.net", "<clID []>DEMO-A", "<disclose [{flag 0}]>", "<addr [{type loc}]>", "-TEST")
	has(t, r.Ext, "<type []>IND", "<opt-out []>Y")

	// An extension alone is an update; an empty phone removes.
	trade, none, mail := "Pat's Shop", "", "new@example.net"
	c.Want(eppclient.ContactUpdate("cl-5", eppclient.ContactUpdateOptions{ID: "PAT-1", Nom: &eppclient.ContactNom{TradName: &trade}}), xml.CodeOK)
	c.Want(eppclient.ContactUpdate("cl-6", eppclient.ContactUpdateOptions{ID: "PAT-1", Fax: &none, Email: &mail, Disclose: []string{"email"},
		Postal: []eppclient.Postal{{Type: "loc", HasAddr: true, City: "Bath", Country: "GB"}}, AddStatus: []string{"clientDeleteProhibited"}}), xml.CodeOK)
	r = c.Want(eppclient.ContactInfo("cl-7", "PAT-1", nil), xml.CodeOK)
	has(t, r.ResData, "[{s clientDeleteProhibited}]", "Pat Möller", "Bath", mail, "<disclose [{flag 1}]>", "<upID []>DEMO-A")
	lacks(t, r.ResData, "<fax", "Oxford", "[{s ok}]")
	has(t, r.Ext, "<trad-name []>Pat's Shop")

	c.Want(eppclient.ContactDelete("cl-8", "PAT-1"), xml.CodeStatusProhibits)
	c.Want(eppclient.ContactUpdate("cl-9", eppclient.ContactUpdateOptions{ID: "PAT-1", RemStatus: []string{"clientDeleteProhibited"}}), xml.CodeOK)
	c.Want(eppclient.ContactDelete("cl-10", "PAT-1"), xml.CodeOK)
	c.Want(eppclient.ContactInfo("cl-11", "PAT-1", nil), xml.CodeNotFound)
}

func TestContactLifeInGTLD(t *testing.T) {
	h := epptest.New(t)
	a, b := h.LoginGTLD("DEMO-A"), h.LoginGTLD("DEMO-B")
	o := gtldPerson("PAT-1")
	name := "Pat Moeller"
	o.Postal = append(o.Postal, eppclient.Postal{Type: "int", Name: &name, HasAddr: true, City: "Oxford", Country: "GB"})
	a.Want(eppclient.ContactCreate("cl-1", o), xml.CodeOK)
	r := a.Want(eppclient.ContactInfo("cl-2", "PAT-1", nil), xml.CodeOK)
	has(t, r.ResData, "Pat Möller", "Pat Moeller", "[{type int}]", "[{type loc}]")
	lacks(t, r.ResData, "authInfo", strongAuth) // RFC 9154: never shown
	if len(r.Ext) != 0 {
		t.Errorf("extensions %s", tree(r.Ext))
	}
	wrong, right := strongAuth+"x", strongAuth
	b.Want(eppclient.ContactInfo("cl-3", "PAT-1", nil), xml.CodeAuthorization)
	b.Want(eppclient.ContactInfo("cl-4", "PAT-1", &wrong), xml.CodeBadAuthInfo)
	r = b.Want(eppclient.ContactInfo("cl-5", "PAT-1", &right), xml.CodeOK)
	has(t, r.ResData, "pat@example.net", "<clID []>DEMO-A")
	next := "Zz9-yY8_xX7wW6vV5uU4"
	a.Want(eppclient.ContactUpdate("cl-6", eppclient.ContactUpdateOptions{ID: "PAT-1", AuthInfo: &next}), xml.CodeOK)
	b.Want(eppclient.ContactInfo("cl-7", "PAT-1", &right), xml.CodeBadAuthInfo)
	b.Want(eppclient.ContactInfo("cl-8", "PAT-1", &next), xml.CodeOK)
}

// In uk a second postalInfo and an authInfo are not kept: 1000, with warnings.
func TestContactWarningsInUK(t *testing.T) {
	h := epptest.New(t)
	c := h.Login("DEMO-A")
	o := newPerson("PAT-1")
	name := "Pat Moeller"
	o.Postal = append([]eppclient.Postal{{Type: "int", Name: &name, HasAddr: true, City: "Oxford", Country: "GB"}}, o.Postal...)
	o.AuthInfo = "2fooBAR"
	r := c.Want(eppclient.ContactCreate("cl-1", o), xml.CodeOK)
	has(t, r.Ext, "<postalInfo-ignored [{type int}]>", "<ignored-field [{field-name authInfo}]>")
	r = c.Want(eppclient.ContactInfo("cl-2", "PAT-1", nil), xml.CodeOK)
	has(t, r.ResData, "Pat Möller")
	lacks(t, r.ResData, "Moeller", "2fooBAR")
	r = c.Want(eppclient.ContactUpdate("cl-3", eppclient.ContactUpdateOptions{ID: "PAT-1", AuthInfo: &name}), xml.CodeOK)
	has(t, r.Ext, "<ignored-field [{field-name authInfo}]>")
}

// B34: a name came to another tag and its contact did not: id and name show, in
// an answer that the schema takes; and by its roid too.
func TestContactOfAnotherTagsNameShowsIDAndName(t *testing.T) {
	h := epptest.New(t)
	a, b, d := h.Login("DEMO-A"), h.Login("DEMO-B"), h.Login("DEMO-C")
	a.Want(eppclient.ContactCreate("cl-1", newPerson("PAT-1")), xml.CodeOK)
	a.Want(eppclient.DomainCreate("cl-2", eppclient.DomainCreateOptions{Name: "moved." + epptest.ZoneUK, Years: 2, Registrant: "PAT-1", AuthInfo: "x"}), xml.CodeOK)
	h.Exec(`UPDATE domain SET sponsor = $1`, h.RegistrarID("DEMO-B"))
	r := b.Want(eppclient.ContactInfo("cl-3", "PAT-1", nil), xml.CodeOK)
	has(t, r.ResData, "<id []>PAT-1", "<name []>Pat Möller", "[{s linked}]")
	lacks(t, r.ResData, "High Street", "Oxford", "OX1", "GB", "1865", "pat@example", "<disclose")
	if len(r.Ext) != 0 {
		t.Errorf("extensions %s", tree(r.Ext))
	}
	d.Want(eppclient.ContactInfo("cl-4", "PAT-1", nil), xml.CodeAuthorization)
	mail := "mine@example.net"
	b.Want(eppclient.ContactUpdate("cl-5", eppclient.ContactUpdateOptions{ID: "PAT-1", Email: &mail}), xml.CodeAuthorization)

	roid := "C" + itoa(h.Count(`SELECT id FROM contact WHERE handle = 'PAT-1'`))
	byROID := func(roid string) []byte {
		frame := string(eppclient.ContactInfo("cl-6", "any-id", nil))
		return []byte(strings.Replace(frame, "</info>", `</info><extension><x:info xmlns:x="`+xml.NSContactNom+`"><x:roid>`+roid+`</x:roid></x:info></extension>`, 1))
	}
	r = a.Want(byROID(roid), xml.CodeOK)
	has(t, r.ResData, "<id []>PAT-1", "<roid []>"+roid+"-TEST")
	a.Want(byROID("C999999"), xml.CodeNotFound)
	d.Want(byROID(roid), xml.CodeAuthorization)
}

// Each refusal of a command on a contact, with the reason's code and the
// offending element (E7).
func TestContactRefusalsOverTLS(t *testing.T) {
	h := epptest.New(t)
	a, b, g := h.Login("DEMO-A"), h.Login("DEMO-B"), h.LoginGTLD("DEMO-A")
	a.Want(eppclient.ContactCreate("cl-1", newPerson("PAT-1")), xml.CodeOK)
	a.Want(eppclient.ContactCreate("cl-2", newPerson("USED-1")), xml.CodeOK)
	a.Want(eppclient.DomainCreate("cl-3", eppclient.DomainCreateOptions{Name: "used." + epptest.ZoneUK, Years: 2, Registrant: "USED-1", AuthInfo: "x"}), xml.CodeOK)
	rows := h.Count(`SELECT count(*) FROM history`)
	create := func(change func(*eppclient.ContactCreateOptions)) []byte {
		o := newPerson("NEW-1")
		change(&o)
		return eppclient.ContactCreate("tr-x", o)
	}
	update := func(o eppclient.ContactUpdateOptions) []byte {
		if o.ID == "" {
			o.ID = "PAT-1"
		}
		return eppclient.ContactUpdate("tr-x", o)
	}
	weak := gtldPerson("NEW-1")
	weak.AuthInfo = "2fooBAR"
	mail, bad, org, ltd := "new@example.net", "nowhere", "Pat Ltd", "LTD"
	for name, c := range map[string]struct {
		client *epptest.Client
		frame  []byte
		code   xml.ResultCode
		reason string
		value  string // the tag of the offending element
	}{
		"create taken":             {b, create(func(o *eppclient.ContactCreateOptions) { o.ID = "PAT-1" }), xml.CodeExists, "", "id"},
		"create no such country":   {a, create(func(o *eppclient.ContactCreateOptions) { o.Postal[0].Country = "ZZ" }), xml.CodeValueRange, "", "cc"},
		"create int with umlauts":  {a, create(func(o *eppclient.ContactCreateOptions) { o.Postal[0].Type = "int" }), xml.CodeValueSyntax, "", "name"},
		"create bad e-mail":        {a, create(func(o *eppclient.ContactCreateOptions) { o.Email = bad }), xml.CodeValueSyntax, "", "email"},
		"create bad phone":         {a, create(func(o *eppclient.ContactCreateOptions) { o.Voice = "01865 332211" }), xml.CodeValueSyntax, "", "voice"},
		"create no city":           {a, create(func(o *eppclient.ContactCreateOptions) { o.Postal[0].City = " " }), xml.CodeMissingParameter, "", "city"},
		"create weak authInfo":     {g, eppclient.ContactCreate("tr-x", weak), xml.CodeValueRange, "", "authInfo"},
		"info unknown":             {a, eppclient.ContactInfo("tr-x", "nobody", nil), xml.CodeNotFound, "", "id"},
		"info not yours":           {b, eppclient.ContactInfo("tr-x", "PAT-1", nil), xml.CodeAuthorization, "V096", "id"},
		"update unknown":           {a, update(eppclient.ContactUpdateOptions{ID: "nobody", Email: &mail}), xml.CodeNotFound, "", "id"},
		"update not yours V096":    {b, update(eppclient.ContactUpdateOptions{Email: &mail}), xml.CodeAuthorization, "V096", "id"},
		"update bad e-mail":        {a, update(eppclient.ContactUpdateOptions{Email: &bad}), xml.CodeValueSyntax, "", "email"},
		"update nothing":           {a, update(eppclient.ContactUpdateOptions{}), xml.CodeMissingParameter, "", ""},
		"update server status":     {a, update(eppclient.ContactUpdateOptions{AddStatus: []string{"serverUpdateProhibited"}}), xml.CodePolicy, "", "status"},
		"update status not set":    {a, update(eppclient.ContactUpdateOptions{RemStatus: []string{"clientUpdateProhibited"}}), xml.CodePolicy, "", "status"},
		"C2 V905 by type":          {a, update(eppclient.ContactUpdateOptions{Nom: &eppclient.ContactNom{Type: &ltd}}), xml.CodePolicy, "V905", "id"},
		"update half a postalInfo": {g, update(eppclient.ContactUpdateOptions{Postal: []eppclient.Postal{{Type: "int", Org: &org}}}), xml.CodeMissingParameter, "", "postalInfo"},
		"C3 delete in use":         {a, eppclient.ContactDelete("tr-x", "USED-1"), xml.CodeAssociation, "The contact USED-1 cannot be deleted: used." + epptest.ZoneUK, "id"},
		"delete not yours V096":    {b, eppclient.ContactDelete("tr-x", "PAT-1"), xml.CodeAuthorization, "V096", "id"},
		"delete unknown":           {a, eppclient.ContactDelete("tr-x", "nobody"), xml.CodeNotFound, "", "id"},
	} {
		t.Run(name, func(t *testing.T) {
			wantRefusal(t, c.client.Want(c.frame, c.code), c.reason, c.value)
		})
	}
	if n := h.Count(`SELECT count(*) FROM history`); n != rows {
		t.Errorf("%d history rows: a refused command changed something", n-rows)
	}
}

// wantRefusal checks the reason's beginning, the offending element and clTRID.
func wantRefusal(t *testing.T, r *xml.ParsedResponse, reason, value string) {
	t.Helper()
	if !strings.HasPrefix(epptest.Reason(r), reason) {
		t.Errorf("reason %q", epptest.Reason(r))
	}
	if r.ClTRID != "tr-x" {
		t.Errorf("clTRID %q", r.ClTRID)
	}
	if values := r.Results[0].Values; value != "" && (len(values) == 0 || values[0].Value == nil || values[0].Value.Tag != value) {
		t.Errorf("values %+v", values)
	}
}

// clientUpdateProhibited lets nothing through but its own removal.
func TestContactUpdateProhibited(t *testing.T) {
	h := epptest.New(t)
	c := h.Login("DEMO-A")
	c.Want(eppclient.ContactCreate("cl-1", newPerson("PAT-1")), xml.CodeOK)
	locked, mail, trade := []string{"clientUpdateProhibited"}, "new@example.net", "Shop"
	c.Want(eppclient.ContactUpdate("cl-2", eppclient.ContactUpdateOptions{ID: "PAT-1", AddStatus: locked}), xml.CodeOK)
	for _, o := range []eppclient.ContactUpdateOptions{
		{Email: &mail}, {Email: &mail, RemStatus: locked}, {Nom: &eppclient.ContactNom{TradName: &trade}}, {RemStatus: locked, AddStatus: []string{"clientDeleteProhibited"}},
	} {
		o.ID = "PAT-1"
		c.Want(eppclient.ContactUpdate("cl-3", o), xml.CodeStatusProhibits)
	}
	c.Want(eppclient.ContactUpdate("cl-4", eppclient.ContactUpdateOptions{ID: "PAT-1", RemStatus: locked}), xml.CodeOK)
	c.Want(eppclient.ContactUpdate("cl-5", eppclient.ContactUpdateOptions{ID: "PAT-1", Email: &mail}), xml.CodeOK)
}

// Two sessions create one id at once: one gets 1000, the other 2302.
func TestContactAndHostCreateRaces(t *testing.T) {
	h := epptest.New(t)
	a, b := h.Login("DEMO-A"), h.Login("DEMO-B")
	for _, frame := range [][]byte{eppclient.ContactCreate("cl-1", newPerson("RACE-1")), eppclient.HostCreate("cl-2", "race.example.org")} {
		var codes [2]xml.ResultCode
		var wg sync.WaitGroup
		for i, c := range []*epptest.Client{a, b} {
			wg.Go(func() { codes[i] = epptest.Code(c.Send(frame)) })
		}
		wg.Wait()
		if codes[0]+codes[1] != xml.CodeOK+xml.CodeExists {
			t.Errorf("codes %v", codes)
		}
	}
}
