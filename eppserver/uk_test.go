package eppserver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

const nominet = "http://www.nominet.org.uk/epp/xml/"

// command is a frame with a command and perhaps an extension, as text.
func command(body, ext string) []byte {
	if ext != "" {
		ext = "<extension>" + ext + "</extension>"
	}
	return []byte(`<?xml version="1.0" encoding="UTF-8"?><epp xmlns="` + xml.NSEPP + `" xmlns:domain="` + xml.NSDomain +
		`" xmlns:contact="` + xml.NSContact + `"><command>` + body + ext + `<clTRID>tr-x</clTRID></command></epp>`)
}

// infoOf is the text of a domain info.
func infoOf(c *epptest.Client, name string) string {
	c.T.Helper()
	r := c.Want(eppclient.DomainInfo("cl-i", eppclient.DomainInfoOptions{Name: name}), xml.CodeOK)
	return tree(r.ResData) + tree(r.Ext)
}

// R5: the policy decides; all names or none; until invoiced; once per period.
func TestUnrenewOverTLS(t *testing.T) {
	h := epptest.New(t, func(o *epptest.Options) { o.Registry.Policy.Unrenew = true })
	h.SetNow(at)
	ownContact(h, "DEMO-A", "owner-a")
	a, b := h.Login("DEMO-A"), h.Login("DEMO-B")
	one, two := "one."+epptest.ZoneUK, "two."+epptest.ZoneUK
	for _, name := range []string{one, two} {
		registerDomain(a, name, "owner-a")
	}
	h.Exec(`UPDATE domain SET first_paid = true`)
	h.SetNow(at.AddDate(2, 0, -30))
	wantRefusal(t, a.Want(eppclient.Unrenew("tr-x", one), xml.CodeNotRenewable), "V273", "name")
	renew := func(name string) {
		t.Helper()
		a.Want(eppclient.DomainRenew("cl-r", name, "2028-06-01", 2), xml.CodeOK)
	}
	renew(one)
	rows := h.Count(`SELECT count(*) FROM history`)
	wantRefusal(t, a.Want(eppclient.Unrenew("tr-x", one, two), xml.CodeNotRenewable), "V273 ", "name")
	wantRefusal(t, a.Want(eppclient.Unrenew("tr-x", one, "none."+epptest.ZoneUK), xml.CodeNotFound), "", "name")
	wantRefusal(t, b.Want(eppclient.Unrenew("tr-x", one), xml.CodeAuthorization), "V096", "name")
	if n := h.Count(`SELECT count(*) FROM history`); n != rows || !strings.Contains(infoOf(a, one), "2030-06-01") {
		t.Error("a refused command changed something")
	}
	renew(two)
	a.Want(eppclient.Unrenew("cl-u", strings.ToUpper(one), two, two), xml.CodeOK)
	for _, name := range []string{one, two} {
		if s := infoOf(a, name); !strings.Contains(s, "2028-06-01") || !strings.Contains(s, "Registered until expiry date.") {
			t.Errorf("%s afterwards: %s", name, s)
		}
	}
	if n := h.Count(`SELECT count(*) FROM charge WHERE operation = 'renew' AND reversed_at IS NOT NULL`); n != 2 {
		t.Errorf("%d lines are taken back", n)
	}
	wantRefusal(t, a.Want(eppclient.Unrenew("tr-x", one), xml.CodeNotRenewable), "V273", "name")
	renew(one) // a second time
	wantRefusal(t, a.Want(eppclient.Unrenew("tr-x", one), xml.CodeNotRenewable), "V270", "name")
	h.Exec(`UPDATE renewal_request SET state = 'invoiced', due = '2028-07-01' WHERE state = 'uninvoiced'`)
	h.Exec(`DELETE FROM renewal_request WHERE state = 'withdrawn'`)
	wantRefusal(t, a.Want(eppclient.Unrenew("tr-x", one), xml.CodeNotRenewable), "V270 The renewal has been invoiced", "name")
}

func TestUnrenewIsOffByDefault(t *testing.T) { // R5
	h := epptest.New(t)
	h.SetNow(at)
	ownContact(h, "DEMO-A", "owner-a")
	a := h.Login("DEMO-A")
	name := "one." + epptest.ZoneUK
	registerDomain(a, name, "owner-a")
	h.SetNow(at.AddDate(2, 0, -30))
	a.Want(eppclient.DomainRenew("cl-r", name, "2028-06-01", 2), xml.CodeOK)
	wantRefusal(t, a.Want(eppclient.Unrenew("tr-x", name), xml.CodeNotRenewable), "V270", "name")
}

// std-fork-1.0 in its 2012 form, with names, and that of 2016, without; and with
// contactID, which clients send.
func TestForkOverTLS(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	ownContact(h, "DEMO-B", "owner-b")
	a, b := h.Login("DEMO-A"), h.Login("DEMO-B")
	for _, id := range []string{"OWNER-1", "OTHER-1"} {
		a.Want(eppclient.ContactCreate("cl-c", newPerson(id)), xml.CodeOK)
	}
	one, two, three := "one."+epptest.ZoneUK, "two."+epptest.ZoneUK, "three."+epptest.ZoneUK
	for _, name := range []string{one, two} {
		a.Want(eppclient.DomainCreate("cl-d", eppclient.DomainCreateOptions{Name: name, Registrant: "OWNER-1",
			Contacts: []eppclient.DomainContact{{Type: "tech", ID: "OWNER-1"}}}), xml.CodeOK)
	}
	registerDomain(a, three, "OTHER-1")
	registerDomain(b, "b."+epptest.ZoneUK, "owner-b")
	rows := h.Count(`SELECT count(*) FROM history`)
	fork := func(parts string) []byte {
		return command(`<update><fork:fork xmlns:fork="`+nominet+`std-fork-1.0">`+parts+`</fork:fork></update>`, "")
	}
	for name, c := range map[string]struct {
		frame  []byte
		code   xml.ResultCode
		reason string
		value  string
	}{
		"id in use":               {eppclient.Fork("tr-x", "OWNER-1", "OTHER-1", one), xml.CodeExists, "", "id"},
		"its own id":              {eppclient.Fork("tr-x", "OWNER-1", "OWNER-1", one), xml.CodeExists, "", "id"},
		"unknown contact":         {eppclient.Fork("tr-x", "NOBODY", "NEW-1"), xml.CodeNotFound, "", "id"},
		"another's contact V096":  {eppclient.Fork("tr-x", "owner-b", "NEW-1"), xml.CodeAuthorization, "V096", "id"},
		"unknown name":            {eppclient.Fork("tr-x", "OWNER-1", "NEW-1", one, "none."+epptest.ZoneUK), xml.CodeNotFound, "", "name"},
		"another's name V096":     {eppclient.Fork("tr-x", "OWNER-1", "NEW-1", "b."+epptest.ZoneUK), xml.CodeAuthorization, "V096", "name"},
		"does not have it V909":   {eppclient.Fork("tr-x", "OWNER-1", "NEW-1", one, three), xml.CodePolicy, "V909", "name"},
		"nothing named":           {fork(""), xml.CodeMissingParameter, "", "contactId"},
		"names without a contact": {fork(`<fork:domainName>` + one + `</fork:domainName><fork:domainName>` + three + `</fork:domainName>`), xml.CodePolicy, "V909", "name"},
	} {
		t.Run(name, func(t *testing.T) { wantRefusal(t, a.Want(c.frame, c.code), c.reason, c.value) })
	}
	if n := h.Count(`SELECT count(*) FROM history`); n != rows {
		t.Errorf("%d history rows: a refused command changed something", n-rows)
	}

	has(t, a.Want(eppclient.Fork("cl-f", "OWNER-1", "NEW-1", one), xml.CodeOK).ResData, "<id []>NEW-1", "2026-06-01T09:00:00Z")
	if s := infoOf(a, one); !strings.Contains(s, "<registrant []>NEW-1") || strings.Contains(s, "OWNER-1") {
		t.Errorf("forked: %s", s)
	}
	if s := infoOf(a, two); strings.Contains(s, "NEW-1") {
		t.Errorf("not forked: %s", s)
	}
	has(t, a.Want(eppclient.ContactInfo("cl-i", "NEW-1", nil), xml.CodeOK).ResData, "Pat Möller", "+44.1865332211", "[{s linked}]")

	// 2016: no names, no new id, no contact.
	r := a.Want(fork(`<fork:contactId>OWNER-1</fork:contactId>`), xml.CodeOK)
	made := r.ResData[0].Child(xml.NSContact, "id").Text
	lacks(t, a.Want(eppclient.ContactInfo("cl-i", made, nil), xml.CodeOK).ResData, "linked")
	r = a.Want(fork(`<fork:newContactId>NEW-2</fork:newContactId><fork:domainName>`+two+`</fork:domainName>`), xml.CodeOK)
	has(t, r.ResData, "NEW-2")
	has(t, a.Want(fork(`<fork:contactID>NEW-2</fork:contactID><fork:newContactId>NEW-3</fork:newContactId><fork:domainName>`+two+
		`</fork:domainName>`), xml.CodeOK).ResData, "NEW-3")

	a.Want(eppclient.DomainUpdate("cl-u", eppclient.DomainUpdateOptions{Name: one, AddStatus: []string{"clientUpdateProhibited"}}), xml.CodeOK)
	a.Want(eppclient.Fork("cl-f", "NEW-1", "NEW-4", one), xml.CodeStatusProhibits)
}

func TestLocksOverTLS(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	a, b := h.Login("DEMO-A"), h.Login("DEMO-B")
	none := "n"
	o := newPerson("OWNER-1")
	o.Nom.OptOut = &none
	a.Want(eppclient.ContactCreate("cl-c", o), xml.CodeOK)
	ownContact(h, "DEMO-B", "ns-maker")
	name := "lock." + epptest.ZoneUK
	registerDomain(a, name, "OWNER-1")
	domain := func(kind string) eppclient.LockOptions { return eppclient.LockOptions{Domain: name, Type: kind} }
	contact := func(kind string) eppclient.LockOptions { return eppclient.LockOptions{Contact: "OWNER-1", Type: kind} }

	wantRefusal(t, a.Want(eppclient.Lock("tr-x", domain("other")), xml.CodePolicy), "V910", "lock")
	for _, lock := range []eppclient.LockOptions{domain("investigation"), contact("investigation"), domain("opt-out"), contact("opt-out")} {
		wantRefusal(t, b.Want(eppclient.Lock("tr-x", lock), xml.CodeAuthorization), "V096", "")
		wantRefusal(t, a.Want(eppclient.Unlock("tr-x", lock), xml.CodePolicy), "V911", "")
		a.Want(eppclient.Lock("cl-l", lock), xml.CodeOK)
		wantRefusal(t, a.Want(eppclient.Lock("tr-x", lock), xml.CodePolicy), "V911", "")
		info := infoOf(a, name)
		if lock.Contact != "" || lock.Type == "opt-out" {
			r := a.Want(eppclient.ContactInfo("cl-i", "OWNER-1", nil), xml.CodeOK)
			info = tree(r.ResData) + tree(r.Ext)
		}
		want := "clientUpdateProhibited"
		if lock.Type == "opt-out" {
			want = "<opt-out []>Y"
		}
		if !strings.Contains(info, want) {
			t.Errorf("%+v: %s", lock, info)
		}
		if lock.Type == "investigation" && lock.Domain != "" {
			a.Want(eppclient.Release("cl-r", name, "DEMO-B"), xml.CodeStatusProhibits)
			a.Want(eppclient.DomainDelete("cl-d", name), xml.CodeStatusProhibits)
		}
		a.Want(eppclient.Unlock("cl-l", lock), xml.CodeOK)
	}
	if s := infoOf(a, name); strings.Contains(s, "Prohibited") {
		t.Errorf("unlocked: %s", s)
	}
	a.Want(eppclient.Lock("cl-l", eppclient.LockOptions{Domain: "none." + epptest.ZoneUK, Type: "opt-out"}), xml.CodeNotFound)
	a.Want(eppclient.Lock("cl-l", eppclient.LockOptions{Contact: "NOBODY", Type: "opt-out"}), xml.CodeNotFound)
	// The registry's own lock is not the tag's to touch.
	h.Exec(`UPDATE domain SET statuses = '{serverTransferProhibited,serverUpdateProhibited}'`)
	a.Want(eppclient.Lock("cl-l", domain("investigation")), xml.CodeStatusProhibits)
	a.Want(eppclient.Unlock("cl-l", domain("investigation")), xml.CodeStatusProhibits)
	// The object attribute and the element have to agree.
	a.Want(command(`<update><l:lock xmlns:l="`+nominet+`std-locks-1.0" object="contact" type="opt-out"><l:domainName>`+name+
		`</l:domainName></l:lock></update>`, ""), xml.CodeValueSyntax)
}

func TestContactRenameOverTLS(t *testing.T) {
	h := epptest.New(t)
	a, b := h.Login("DEMO-A"), h.Login("DEMO-B")
	for _, id := range []string{"OLD-1", "OTHER-1"} {
		a.Want(eppclient.ContactCreate("cl-c", newPerson(id)), xml.CodeOK)
	}
	ownContact(h, "DEMO-B", "ns-maker")
	name := "ren." + epptest.ZoneUK
	registerDomain(a, name, "OLD-1")
	wantRefusal(t, b.Want(eppclient.ContactRename("tr-x", "OLD-1", "NEW-1"), xml.CodeAuthorization), "V096", "id")
	wantRefusal(t, a.Want(eppclient.ContactRename("tr-x", "NOBODY", "NEW-1"), xml.CodeNotFound), "", "id")
	wantRefusal(t, a.Want(eppclient.ContactRename("tr-x", "OLD-1", "OTHER-1"), xml.CodeExists), "", "id")
	wantRefusal(t, a.Want(eppclient.ContactRename("tr-x", "OLD-1", "né-1"), xml.CodeValueSyntax), "", "id")
	a.Want(eppclient.ContactRename("cl-r", "OLD-1", "#1: ~new id!"), xml.CodeOK)
	a.Want(eppclient.ContactInfo("cl-i", "OLD-1", nil), xml.CodeNotFound)
	has(t, a.Want(eppclient.ContactInfo("cl-i", "#1: ~new id!", nil), xml.CodeOK).ResData, "Pat Möller")
	if s := infoOf(a, name); !strings.Contains(s, "<registrant []>#1: ~new id!") {
		t.Errorf("the name: %s", s)
	}
	a.Want(eppclient.ContactUpdate("cl-u", eppclient.ContactUpdateOptions{ID: "OTHER-1", AddStatus: []string{"clientUpdateProhibited"}}), xml.CodeOK)
	a.Want(eppclient.ContactRename("cl-r", "OTHER-1", "NEW-2"), xml.CodeStatusProhibits)
}

// nom-data-quality-1.1: validate, and the state in info for those who announced it.
func TestDataQualityOverTLS(t *testing.T) {
	h := epptest.New(t)
	a, b := h.Login("DEMO-A"), h.Login("DEMO-B")
	a.Want(eppclient.ContactCreate("cl-c", newPerson("PAT-1")), xml.CodeOK)
	validate := command(`<update><contact:update><contact:id>PAT-1</contact:id></contact:update></update>`,
		`<dq:update xmlns:dq="`+nominet+`nom-data-quality-1.1"><dq:validate/></dq:update>`)
	info := eppclient.ContactInfo("cl-i", "PAT-1", nil)
	a.Want(validate, xml.CodeOK)
	has(t, a.Want(info, xml.CodeOK).Ext, "<status []>valid", "<lockApplied []>N")
	if n := h.Count(`SELECT count(*) FROM history WHERE object = 'contact'`); n != 1 {
		t.Errorf("%d history rows: a validation changes nothing", n)
	}
	wantRefusal(t, b.Want(validate, xml.CodeAuthorization), "V096", "id")
	h.Exec(`UPDATE contact SET postal = jsonb_set(postal, '{0,cc}', '"XX"')`) // as an import from elsewhere may bring it
	wantRefusal(t, a.Want(validate, xml.CodeValueRange), "", "cc")
	has(t, a.Want(info, xml.CodeOK).Ext, "<status []>invalid", `"XX" is not a country code`)

	plain := h.Connect("DEMO-A")
	plain.Want(loginFrame(plain, "DEMO-A", epptest.Password, eppclient.LoginOptions{ExtensionURIs: []string{xml.NSContactNom}}), xml.CodeOK)
	lacks(t, plain.Want(info, xml.CodeOK).Ext, "lockApplied")
}

// contact-nom-ext-1.0: info by roid; the id is what it is.
func TestContactInfoByROID(t *testing.T) {
	h := epptest.New(t)
	a, b := h.Login("DEMO-A"), h.Login("DEMO-B")
	a.Want(eppclient.ContactCreate("cl-c", newPerson("PAT-1")), xml.CodeOK)
	id := h.Count(`SELECT id FROM contact WHERE handle = 'PAT-1'`)
	byROID := func(roid string) []byte {
		return command(`<info><contact:info><contact:id>any</contact:id></contact:info></info>`,
			`<contact-nom-ext:info xmlns:contact-nom-ext="`+nominet+`contact-nom-ext-1.0"><contact-nom-ext:roid>`+roid+
				`</contact-nom-ext:roid></contact-nom-ext:info>`)
	}
	has(t, a.Want(byROID(fmt.Sprint("C", id)), xml.CodeOK).ResData, "<id []>PAT-1")
	a.Want(byROID(fmt.Sprint("C", id+1)), xml.CodeNotFound)
	a.Want(byROID("nonsense"), xml.CodeValueSyntax)
	b.Want(byROID(fmt.Sprint("C", id)), xml.CodeAuthorization)
}

// nom-direct-rights-1.0: none by default; by policy the registrant of the oldest
// name below has it, and nobody else may register the name.
func TestDirectRightsOverTLS(t *testing.T) {
	for _, on := range []bool{false, true} {
		t.Run(fmt.Sprint(on), func(t *testing.T) {
			h := epptest.New(t, func(o *epptest.Options) { o.Registry.Policy.DirectRights = on })
			h.SetNow(at)
			h.Exec(`INSERT INTO zone (name, profile, created_at) VALUES ('test', 'uk', now())`)
			h.Exec(`INSERT INTO price (zone_id, operation, tier, years, currency, amount, valid_from)
				SELECT (SELECT id FROM zone WHERE name = 'test'), operation, tier, years, currency, amount, valid_from
				FROM price WHERE zone_id = (SELECT id FROM zone WHERE name = 'uk.test')`)
			h.Registry.ForgetZones()
			a, b := h.Login("DEMO-A"), h.Login("DEMO-B")
			ownContact(h, "DEMO-C", "ns-maker")
			a.Want(eppclient.ContactCreate("cl-c", newPerson("HOLDER")), xml.CodeOK)
			b.Want(eppclient.ContactCreate("cl-c", newPerson("HOLDER-B")), xml.CodeOK) // the same person at another tag
			other := newPerson("OTHER")
			other.Email = "somebody@example.net"
			a.Want(eppclient.ContactCreate("cl-c", other), xml.CodeOK)
			registerDomain(a, "right.uk.test", "HOLDER")
			check := func(name, who string) []byte {
				return command(`<check><domain:check><domain:name>`+name+`</domain:name></domain:check></check>`,
					`<direct-rights:check xmlns:direct-rights="`+nominet+`nom-direct-rights-1.0">`+who+`</direct-rights:check>`)
			}
			registrant := func(id string) string { return `<direct-rights:registrant>` + id + `</direct-rights:registrant>` }
			ror := "<ror []>"
			if on {
				ror += "right.uk.test"
			}
			postal := `<direct-rights:postalInfo type="loc"><contact:name>pat möller</contact:name><contact:addr><contact:city>Oxford</contact:city>` +
				`<contact:pc>ox1 1aa</contact:pc><contact:cc>GB</contact:cc></contact:addr></direct-rights:postalInfo><direct-rights:email>PAT@example.net</direct-rights:email>`
			for _, who := range []string{registrant("HOLDER"), postal} {
				r := a.Want(check("right.test", who), xml.CodeOK)
				if got := tree(r.Ext); !strings.HasSuffix(got, ror) {
					t.Errorf("%s: %s, want %s", who, got, ror)
				}
				has(t, r.Ext, "abuse-limit")
			}
			for _, frame := range [][]byte{check("right.test", registrant("OTHER")), check("left.test", registrant("HOLDER")),
				check("-bad.test", registrant("HOLDER")), check("new.uk.test", registrant("HOLDER"))} {
				if got := tree(a.Want(frame, xml.CodeOK).Ext); !strings.HasSuffix(got, "<ror []>") {
					t.Errorf("a right: %s", got)
				}
			}
			alone := command(`<check><direct-rights:check xmlns:direct-rights="`+nominet+`nom-direct-rights-1.0">`+registrant("HOLDER")+
				`</direct-rights:check></check>`, "")
			has(t, a.Want(alone, xml.CodeOK).ResData, "<ror []>")
			two := command(`<check><domain:check><domain:name>right.test</domain:name><domain:name>b.test</domain:name></domain:check></check>`,
				`<d:check xmlns:d="`+nominet+`nom-direct-rights-1.0"><d:registrant>HOLDER</d:registrant></d:check>`)
			wantRefusal(t, a.Want(two, xml.CodePolicy), "A right is asked for one name", "name")
			if !on {
				registerDomain(a, "right.test", "OTHER")
				return
			}
			wantRefusal(t, b.Want(check("right.test", registrant("HOLDER")), xml.CodeAuthorization), "V096", "id")
			wantRefusal(t, a.Want(eppclient.DomainCreate("tr-x", eppclient.DomainCreateOptions{Name: "right.test", Registrant: "OTHER"}), xml.CodePolicy), "V912", "name")
			registerDomain(b, "right.test", "HOLDER-B")
			registerDomain(a, "left.test", "OTHER")
		})
	}
}

// A list of tens of thousands of names is answered, and lists do not add up: few
// are made at once.
func TestLongList(t *testing.T) {
	h := epptest.New(t, quiet)
	h.SetNow(at)
	const many = 50_000
	h.Exec(`INSERT INTO domain (name, zone_id, sponsor, expires, first_paid, creator, created_at)
		SELECT 'n' || i || '.uk.test', z.id, $1, '2027-03-01'::date + i % 31, true, $1, $3 FROM generate_series(1, $2::int) i, zone z
		WHERE z.name = 'uk.test'`, h.RegistrarID("DEMO-A"), many, at)
	var clients []*epptest.Client
	for range 4 {
		clients = append(clients, h.Login("DEMO-A"))
	}
	for _, c := range clients {
		if err := c.WriteFrame(eppclient.ListExpiry("cl-l", "2027-03")); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range clients {
		r := c.Read()
		if epptest.Code(r) != xml.CodeOK || attr(r.ResData, "noDomains") != fmt.Sprint(many) || len(r.ResData[0].Children) != many {
			t.Errorf("answer %d %s with %d names", epptest.Code(r), epptest.Reason(r), len(r.ResData))
		}
	}
	h.Exec(`INSERT INTO domain (name, zone_id, sponsor, expires, first_paid, creator, created_at)
		SELECT 'm' || i || '.uk.test', zone_id, sponsor, expires, true, creator, created_at FROM domain, generate_series(1, 60000) i
		WHERE name = 'n1.uk.test'`)
	r := clients[0].Want(eppclient.ListMonth("cl-l", at.Format("2006-01")), xml.CodePolicy)
	if !strings.Contains(epptest.Reason(r), "more than 100000 names") {
		t.Errorf("reason %q", epptest.Reason(r))
	}
	has(t, clients[1].Want(eppclient.ListExpiry("cl-l", at.AddDate(5, 0, 0).Format("2006-01")), xml.CodeOK).ResData, "[{noDomains 0}]")
}

// std-warning-1.1: a tag that can spend little more is told with every charge.
func TestCreditLimitWarning(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	ownContact(h, "DEMO-A", "owner-a")
	c := h.Login("DEMO-A")
	create := func(label string) *xml.ParsedResponse {
		return c.Want(eppclient.DomainCreate("cl-c", eppclient.DomainCreateOptions{Name: label + "." + epptest.ZoneUK, Years: 2, Registrant: "owner-a"}), xml.CodeOK)
	}
	lacks(t, create("none").Ext, "credit-limit") // no limit
	h.Exec(`UPDATE registrar SET credit_limit = 20000 WHERE tag = 'DEMO-A'`)
	lacks(t, create("far").Ext, "credit-limit") // 9.36 of 200.00 twice
	h.Exec(`UPDATE registrar SET credit_limit = 5000 WHERE tag = 'DEMO-A'`)
	has(t, create("near").Ext, "<credit-limit [{remaining 21}]>Your tag may still spend 21.92 GBP.")
	h.SetNow(at.AddDate(2, 0, -30))
	has(t, c.Want(eppclient.DomainRenew("cl-r", "near."+epptest.ZoneUK, "2028-06-01", 2), xml.CodeOK).Ext, "remaining 12")
	r := c.Want(eppclient.DomainRenew("cl-r", "far."+epptest.ZoneUK, "2028-06-01", 2), xml.CodeOK)
	has(t, r.Ext, "remaining 3")
	c.Want(eppclient.DomainRenew("cl-r", "none."+epptest.ZoneUK, "2028-06-01", 2), xml.CodeBilling)
}
