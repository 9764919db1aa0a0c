package eppserver_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/eppserver"
	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

// property is what a row of the matrix of rights is about: objects of DEMO-A,
// made for the row alone.
type property struct {
	h               *epptest.Harness
	a, b            *epptest.Client // DEMO-A, which owns all, and DEMO-B
	name            string          // a domain
	host            string          // below it; exists
	contact         string          // the domain's registrant
	loose           string          // a contact no domain uses
	auth            string          // of the domain
	message, caseID string          // set by a row's prepare
}

// right says how a command about DEMO-A's property is answered.
type right struct {
	frame        func(p *property) []byte
	owner, other xml.ResultCode
	uk           xml.ResultCode // of both in uk; 0: as in gtld
	before       xml.ResultCode // without a login; 0: 2002
	suspended    xml.ResultCode // 0: as before
	ukOnly       bool
	prepare      func(p *property)
}

func transferFrame(op string) func(p *property) []byte {
	return func(p *property) []byte { return eppclient.DomainTransfer("cl-m", op, p.name, nil, 0) }
}

// pendingDomain has DEMO-B ask for the name.
func pendingDomain(p *property) {
	p.b.Want(eppclient.DomainTransfer("cl-m", "request", p.name, &p.auth, 0), xml.CodeOKPending)
}

func contactTransferFrame(op string) func(p *property) []byte {
	return func(p *property) []byte { return eppclient.ContactTransfer("cl-m", op, p.loose, nil) }
}

func pendingContact(p *property) {
	auth := strongAuth
	p.b.Want(eppclient.ContactTransfer("cl-m", "request", p.loose, &auth), xml.CodeOKPending)
}

// rights is the matrix: every command of the table has a row.
var rights = map[eppserver.CommandName]right{
	{Verb: xml.VerbLogin}: {owner: xml.CodeUse, other: xml.CodeUse, before: xml.CodeOK, suspended: xml.CodeAuthentication,
		frame: func(p *property) []byte {
			return eppclient.Login(p.a.Greeting(), "DEMO-C", epptest.Password, eppclient.LoginOptions{})
		}},
	{Verb: xml.VerbLogout}: {owner: xml.CodeOKEndSession, other: xml.CodeOKEndSession, before: xml.CodeOKEndSession,
		frame: func(*property) []byte { return eppclient.Logout("cl-m") }},
	{Verb: xml.VerbPoll}: {owner: xml.CodeOK, other: xml.CodeNotFound,
		prepare: func(p *property) {
			pendingDomain(p)
			p.message = p.a.Want(eppclient.Poll("cl-m"), xml.CodeOKAckToDequeue).MsgQ.ID
		},
		frame: func(p *property) []byte { return eppclient.PollAck("cl-m", p.message) }},

	{Verb: xml.VerbCheck, Object: "domain"}: {owner: xml.CodeOK, other: xml.CodeOK,
		frame: func(p *property) []byte { return eppclient.DomainCheck("cl-m", p.name) }},
	{Verb: xml.VerbInfo, Object: "domain"}: {owner: xml.CodeOK, other: xml.CodeOK, // the public part: TestInfoOfAnotherTag
		frame: func(p *property) []byte {
			return eppclient.DomainInfo("cl-m", eppclient.DomainInfoOptions{Name: p.name})
		}},
	{Verb: xml.VerbCreate, Object: "domain"}: {owner: xml.CodeOK, other: xml.CodeAuthorization, // another's registrant
		frame: func(p *property) []byte {
			return eppclient.DomainCreate("cl-m", eppclient.DomainCreateOptions{Name: "new-" + p.name, Registrant: p.contact, AuthInfo: strongAuth})
		}},
	{Verb: xml.VerbRenew, Object: "domain"}: {owner: xml.CodeOK, other: xml.CodeAuthorization,
		frame: func(p *property) []byte { return eppclient.DomainRenew("cl-m", p.name, "2026-11-01", 1) }},
	{Verb: xml.VerbUpdate, Object: "domain"}: {owner: xml.CodeOK, other: xml.CodeAuthorization,
		frame: func(p *property) []byte {
			return eppclient.DomainUpdate("cl-m", eppclient.DomainUpdateOptions{Name: p.name, AddStatus: []string{"clientHold"}})
		}},
	{Verb: xml.VerbDelete, Object: "domain"}: {owner: xml.CodeOK, other: xml.CodeAuthorization,
		prepare: func(p *property) { p.a.Want(eppclient.HostDelete("cl-m", p.host), xml.CodeOK) },
		frame:   func(p *property) []byte { return eppclient.DomainDelete("cl-m", p.name) }},

	// Whoever knows the authInfo may ask; the sponsor has the name already.
	{Verb: xml.VerbTransfer, Object: "domain", Op: xml.TransferRequest}: {owner: xml.CodeNotTransferable, other: xml.CodeOKPending,
		frame: func(p *property) []byte { return eppclient.DomainTransfer("cl-m", "request", p.name, &p.auth, 0) }},
	{Verb: xml.VerbTransfer, Object: "domain", Op: xml.TransferQuery}: {owner: xml.CodeNotPendingTransfer, other: xml.CodeAuthorization,
		frame: transferFrame("query")},
	{Verb: xml.VerbTransfer, Object: "domain", Op: xml.TransferApprove}: {owner: xml.CodeOK, other: xml.CodeAuthorization,
		prepare: pendingDomain, frame: transferFrame("approve")},
	{Verb: xml.VerbTransfer, Object: "domain", Op: xml.TransferReject}: {owner: xml.CodeOK, other: xml.CodeAuthorization,
		prepare: pendingDomain, frame: transferFrame("reject")},
	// The one who asked cancels, not the losing tag.
	{Verb: xml.VerbTransfer, Object: "domain", Op: xml.TransferCancel}: {owner: xml.CodeAuthorization, other: xml.CodeOK,
		prepare: pendingDomain, frame: transferFrame("cancel")},

	{Verb: xml.VerbCheck, Object: "contact"}: {owner: xml.CodeOK, other: xml.CodeOK,
		frame: func(p *property) []byte { return eppclient.ContactCheck("cl-m", p.contact) }},
	{Verb: xml.VerbInfo, Object: "contact"}: {owner: xml.CodeOK, other: xml.CodeAuthorization,
		frame: func(p *property) []byte { return eppclient.ContactInfo("cl-m", p.loose, nil) }},
	{Verb: xml.VerbCreate, Object: "contact"}: {owner: xml.CodeExists, other: xml.CodeExists,
		frame: func(p *property) []byte { return eppclient.ContactCreate("cl-m", gtldPerson(p.loose)) }},
	{Verb: xml.VerbUpdate, Object: "contact"}: {owner: xml.CodeOK, other: xml.CodeAuthorization,
		frame: func(p *property) []byte {
			return eppclient.ContactUpdate("cl-m", eppclient.ContactUpdateOptions{ID: p.loose, AddStatus: []string{"clientDeleteProhibited"}})
		}},
	{Verb: xml.VerbDelete, Object: "contact"}: {owner: xml.CodeOK, other: xml.CodeAuthorization,
		frame: func(p *property) []byte { return eppclient.ContactDelete("cl-m", p.loose) }},
	{Verb: xml.VerbTransfer, Object: "contact", Op: xml.TransferRequest}: {uk: xml.CodeUnimplementedCommand, owner: xml.CodeNotTransferable, other: xml.CodeOKPending,
		frame: func(p *property) []byte {
			auth := strongAuth
			return eppclient.ContactTransfer("cl-m", "request", p.loose, &auth)
		}},
	{Verb: xml.VerbTransfer, Object: "contact", Op: xml.TransferQuery}: {uk: xml.CodeUnimplementedCommand, owner: xml.CodeNotPendingTransfer, other: xml.CodeAuthorization,
		frame: contactTransferFrame("query")},
	{Verb: xml.VerbTransfer, Object: "contact", Op: xml.TransferApprove}: {uk: xml.CodeUnimplementedCommand, owner: xml.CodeOK, other: xml.CodeAuthorization,
		prepare: pendingContact, frame: contactTransferFrame("approve")},
	{Verb: xml.VerbTransfer, Object: "contact", Op: xml.TransferReject}: {uk: xml.CodeUnimplementedCommand, owner: xml.CodeOK, other: xml.CodeAuthorization,
		prepare: pendingContact, frame: contactTransferFrame("reject")},
	{Verb: xml.VerbTransfer, Object: "contact", Op: xml.TransferCancel}: {uk: xml.CodeUnimplementedCommand, owner: xml.CodeAuthorization, other: xml.CodeOK,
		prepare: pendingContact, frame: contactTransferFrame("cancel")},

	{Verb: xml.VerbCheck, Object: "host"}: {owner: xml.CodeOK, other: xml.CodeOK,
		frame: func(p *property) []byte { return eppclient.HostCheck("cl-m", p.host) }},
	{Verb: xml.VerbInfo, Object: "host"}: {owner: xml.CodeOK, other: xml.CodeOK,
		frame: func(p *property) []byte { return eppclient.HostInfo("cl-m", p.host) }},
	{Verb: xml.VerbCreate, Object: "host"}: {owner: xml.CodeOK, other: xml.CodeAuthorization, // below another's name
		frame: func(p *property) []byte { return eppclient.HostCreate("cl-m", "new."+p.name, "192.0.2.9") }},
	{Verb: xml.VerbUpdate, Object: "host"}: {owner: xml.CodeOK, other: xml.CodeAuthorization,
		frame: func(p *property) []byte {
			return eppclient.HostUpdate("cl-m", eppclient.HostUpdateOptions{Name: p.host, AddAddrs: []string{"192.0.2.10"}})
		}},
	{Verb: xml.VerbDelete, Object: "host"}: {owner: xml.CodeOK, other: xml.CodeAuthorization,
		frame: func(p *property) []byte { return eppclient.HostDelete("cl-m", p.host) }},

	{Verb: xml.VerbUpdate, Object: "release"}: {owner: xml.CodeOK, other: xml.CodeAuthorization, ukOnly: true,
		frame: func(p *property) []byte { return eppclient.Release("cl-m", p.name, "DEMO-C") }},
	// The releasing tag cannot answer for the other one.
	{Verb: xml.VerbUpdate, Object: "handshake"}: {owner: xml.CodeNotFound, other: xml.CodeOK, ukOnly: true,
		prepare: func(p *property) {
			p.h.Exec(`UPDATE registrar SET handshake = 'always' WHERE tag = 'DEMO-B'`)
			p.a.Want(eppclient.Release("cl-m", p.name, "DEMO-B"), xml.CodeOKPending)
			p.caseID = p.b.Want(eppclient.Poll("cl-m"), xml.CodeOKAckToDequeue).ResData[0].Child(xml.NSNotifications, "caseId").Text
		},
		frame: func(p *property) []byte { return eppclient.HandshakeReject("cl-m", p.caseID) }},
	{Verb: xml.VerbUpdate, Object: "locks"}: {owner: xml.CodeOK, other: xml.CodeAuthorization, ukOnly: true,
		frame: func(p *property) []byte {
			return eppclient.Lock("cl-m", eppclient.LockOptions{Domain: p.name, Type: "investigation"})
		}},
	{Verb: xml.VerbUpdate, Object: "fork"}: {owner: xml.CodeOK, other: xml.CodeAuthorization, ukOnly: true,
		frame: func(p *property) []byte { return eppclient.Fork("cl-m", p.contact, p.contact+"x", p.name) }},
	{Verb: xml.VerbUpdate, Object: "contact-id"}: {owner: xml.CodeOK, other: xml.CodeAuthorization, ukOnly: true,
		frame: func(p *property) []byte { return eppclient.ContactRename("cl-m", p.loose, p.loose+"x") }},
	{Verb: xml.VerbUpdate, Object: "unrenew"}: {owner: xml.CodeNotRenewable, other: xml.CodeAuthorization, ukOnly: true,
		frame: func(p *property) []byte { return eppclient.Unrenew("cl-m", p.name) }},
	// By default there are no rights, whoever asks; where there are, only the
	// contact's tag is told of them: TestDirectRightsOverTLS.
	{Verb: xml.VerbCheck, Object: "direct-rights"}: {owner: xml.CodeOK, other: xml.CodeOK, ukOnly: true,
		frame: func(p *property) []byte {
			return []byte(`<epp xmlns="` + xml.NSEPP + `"><command><check><direct-rights:check xmlns:direct-rights="` + xml.NSDirectRights +
				`"><direct-rights:registrant>` + p.contact + `</direct-rights:registrant></direct-rights:check></check></command></epp>`)
		}},
	// Lists show the asking tag's own names only: TestListsOverTLS, TestRenewalList.
	{Verb: xml.VerbInfo, Object: "list"}: {owner: xml.CodeOK, other: xml.CodeOK, ukOnly: true,
		frame: func(*property) []byte { return eppclient.ListExpiry("cl-m", "2026-11") }},
	{Verb: xml.VerbInfo, Object: "tag"}: {owner: xml.CodeOK, other: xml.CodeOK, ukOnly: true,
		frame: func(*property) []byte { return eppclient.TagList("cl-m") }},
	{Verb: xml.VerbInfo, Object: "renewal"}: {owner: xml.CodeOK, other: xml.CodeOK, ukOnly: true,
		frame: func(*property) []byte {
			return renewalCommand("info", `<renewal:list><renewal:from>2026-11-01</renewal:from><renewal:to>2026-11-30</renewal:to></renewal:list>`)
		}},
	{Verb: xml.VerbUpdate, Object: "renewal"}: {owner: xml.CodeOK, other: xml.CodeOK, ukOnly: true, // each its own names
		frame: func(*property) []byte {
			return renewalCommand("update", `<renewal:autoBill dryRun="1"><renewal:days>9</renewal:days></renewal:autoBill>`)
		}},
}

// Every command, by everybody who may try it: the table of rights is complete
// and has no row too many, and the server keeps to it in both profiles. A
// refused command changes nothing.
func TestRights(t *testing.T) {
	for _, name := range eppserver.CommandNames() {
		if rights[name].frame == nil {
			t.Errorf("who may do %s %s %s? There is no row for it", name.Verb, name.Object, name.Op)
		}
	}
	if len(rights) != len(eppserver.CommandNames()) {
		t.Error("the table of rights has rows for commands that are none")
	}
	for profile, gtld := range map[string]bool{"uk": false, "gtld": true} {
		t.Run(profile, func(t *testing.T) { checkRights(t, gtld) })
	}
}

func checkRights(t *testing.T, gtld bool) {
	h := epptest.New(t, func(o *epptest.Options) { o.UK.Limits.Sessions, o.GTLD.Limits.Sessions = -1, -1 })
	h.SetNow(at)
	login, connect := h.Login, h.Connect
	if gtld {
		login, connect = h.LoginGTLD, h.ConnectGTLD
	}
	ownContact(h, "DEMO-A", "ns-maker")
	h.AddRegistrar("DEMO-S")
	h.Exec(`UPDATE registrar SET state = 'suspended' WHERE tag = 'DEMO-S'`)
	for i, name := range slices.SortedFunc(maps.Keys(rights), byName) {
		row := rights[name]
		if row.ukOnly && gtld {
			continue
		}
		if row.uk != 0 && !gtld {
			row.owner, row.other, row.prepare = row.uk, row.uk, nil
		}
		t.Run(strings.Trim(fmt.Sprintf("%s %s %s", name.Verb, name.Object, name.Op), " "), func(t *testing.T) {
			h.Exec(`DELETE FROM login_failure`)
			h.Exec(`UPDATE poll_message SET acked_at = $1 WHERE acked_at IS NULL`, h.DB.Now())
			p := makeProperty(h, login("DEMO-A"), login("DEMO-B"), gtld, i)
			if row.prepare != nil {
				row.prepare(p)
			}
			before, suspended := row.before, row.suspended
			if before == 0 {
				before = xml.CodeUse
			}
			if suspended == 0 {
				suspended = before
			}
			changes := h.Count(`SELECT count(*) FROM history`)
			connect("DEMO-C").Want(row.frame(p), before)
			held := connect("DEMO-S")
			if name.Verb == xml.VerbLogin {
				held.Want(eppclient.Login(held.Greeting(), "DEMO-S", epptest.Password, eppclient.LoginOptions{}), suspended)
			} else {
				held.Want(eppclient.Login(held.Greeting(), "DEMO-S", epptest.Password, eppclient.LoginOptions{}), xml.CodeAuthentication)
				held.Want(row.frame(p), suspended)
			}
			first, second := p.b, p.a // who is refused tries first
			code, next := row.other, row.owner
			if row.owner >= 2000 && row.other < 2000 {
				first, second, code, next = p.a, p.b, row.owner, row.other
			}
			first.Want(row.frame(p), code)
			if n := h.Count(`SELECT count(*) FROM history`); code >= 2000 && n != changes {
				t.Errorf("a refused command changed something: %d", n-changes)
			}
			second.Want(row.frame(p), next)
		})
	}
}

func byName(a, b eppserver.CommandName) int {
	return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

// makeProperty gives DEMO-A a domain that may be renewed, with a host below it
// and two contacts.
func makeProperty(h *epptest.Harness, a, b *epptest.Client, gtld bool, n int) *property {
	h.T.Helper()
	zone := epptest.ZoneUK
	if gtld {
		zone = epptest.ZoneGTLD
	}
	p := &property{h: h, a: a, b: b, name: fmt.Sprintf("m%d.%s", n, zone),
		contact: fmt.Sprintf("owner-%d", n), loose: fmt.Sprintf("loose-%d", n), auth: strongAuth}
	p.host = "ns1." + p.name
	for _, id := range []string{p.contact, p.loose} {
		a.Want(eppclient.ContactCreate("cl-m", gtldPerson(id)), xml.CodeOK)
	}
	registerDomain(a, p.name, p.contact)
	a.Want(eppclient.HostCreate("cl-m", p.host, "192.0.2.1"), xml.CodeOK)
	if !gtld {
		p.auth = *issued(a, p.name)
	}
	h.Exec(`UPDATE domain SET expires = '2026-11-01' WHERE name = $1`, p.name)
	return p
}
