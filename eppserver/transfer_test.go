package eppserver_test

import (
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

// issueFrame asks the registry for an authInfo: an update with an empty pw (uk).
func issueFrame(name string) []byte {
	return []byte(`<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><update>
		<d:update xmlns:d="urn:ietf:params:xml:ns:domain-1.0"><d:name>` + name + `</d:name>
		<d:chg><d:authInfo><d:pw/></d:authInfo></d:chg></d:update></update><clTRID>issue</clTRID></command></epp>`)
}

// issued gets a uk name's authInfo from the registry, over EPP.
func issued(c *epptest.Client, name string) *string {
	c.T.Helper()
	r := c.Want(issueFrame(name), xml.CodeOK)
	auth := r.ResData[0].Child(xml.NSDomain, "authInfo").Child(xml.NSDomain, "pw")
	if auth == nil || len(auth.Text) < 20 {
		c.T.Fatalf("no authInfo in %s", tree(r.ResData))
	}
	return &auth.Text
}

// drained empties a queue and returns its texts.
func drained(c *epptest.Client) (texts []string, nodes []xml.Node) {
	c.T.Helper()
	for {
		r := c.Send(eppclient.Poll("cl-p"))
		if epptest.Code(r) == xml.CodeOKNoMessages {
			return texts, nodes
		}
		texts, nodes = append(texts, r.MsgQ.Msg), append(nodes, r.ResData...)
		c.Want(eppclient.PollAck("cl-a", r.MsgQ.ID), xml.CodeOK)
	}
}

// transferring is a register in which DEMO-A has two names in a profile.
func transferring(t *testing.T, gtld bool) (h *epptest.Harness, a, b, c *epptest.Client, name string, auth *string) {
	h = epptest.New(t)
	h.SetNow(at)
	login, person, zone := h.Login, newPerson, epptest.ZoneUK
	if gtld {
		login, person, zone = h.LoginGTLD, gtldPerson, epptest.ZoneGTLD
	}
	ownContact(h, "DEMO-A", "ns-maker")
	a, b, c = login("DEMO-A"), login("DEMO-B"), login("DEMO-C")
	a.Want(eppclient.ContactCreate("cl-c", person("OWNER-A")), xml.CodeOK)
	name = "pull." + zone
	registerDomain(a, name, "OWNER-A")
	registerDomain(a, "stays."+zone, "OWNER-A")
	h.Advance(10 * 24 * time.Hour) // past the add grace period
	if gtld {
		pw := strongAuth
		return h, a, b, c, name, &pw
	}
	return h, a, b, c, name, issued(a, name)
}

func TestTransferOverTLS(t *testing.T) {
	for profile, gtld := range map[string]bool{"uk": false, "gtld": true} {
		t.Run(profile, func(t *testing.T) {
			_, a, b, c, name, auth := transferring(t, gtld)
			wrong := "Wrong-1234567890-abcdef"
			ask := func(op string) []byte { return eppclient.DomainTransfer("cl-t", op, name, nil, 0) }

			b.Want(eppclient.DomainTransfer("cl-t", "request", "nobody-"+name, auth, 0), xml.CodeNotFound)
			b.Want(eppclient.DomainTransfer("cl-t", "request", name, &wrong, 0), xml.CodeBadAuthInfo)
			b.Want(ask("request"), xml.CodeMissingParameter)
			a.Want(eppclient.DomainTransfer("cl-t", "request", name, auth, 0), xml.CodeNotTransferable)
			a.Want(ask("approve"), xml.CodeNotPendingTransfer)
			a.Want(ask("query"), xml.CodeNotPendingTransfer)
			c.Want(ask("query"), xml.CodeAuthorization)
			a.Want(eppclient.DomainUpdate("cl-u", eppclient.DomainUpdateOptions{Name: name, AddStatus: []string{"clientTransferProhibited"}}), xml.CodeOK)
			b.Want(eppclient.DomainTransfer("cl-t", "request", name, auth, 0), xml.CodeStatusProhibits)
			a.Want(eppclient.DomainUpdate("cl-u", eppclient.DomainUpdateOptions{Name: name, RemStatus: []string{"clientTransferProhibited"}}), xml.CodeOK)

			// Asked and cancelled, asked and rejected, asked and approved.
			r := b.Want(eppclient.DomainTransfer("cl-t", "request", name, auth, 1), xml.CodeOKPending)
			has(t, r.ResData, name, "pending", "DEMO-A", "DEMO-B")
			if gtld {
				has(t, r.ResData, "2029-06-01T00:00:00Z")
			} else {
				lacks(t, r.ResData, "exDate")
				has(t, r.Ext, "ignored-field", "period")
			}
			c.Want(eppclient.DomainTransfer("cl-t", "request", name, auth, 0), xml.CodePendingTransfer)
			b.Want(ask("approve"), xml.CodeAuthorization)
			c.Want(ask("reject"), xml.CodeAuthorization)
			a.Want(ask("cancel"), xml.CodeAuthorization)
			a.Want(eppclient.DomainDelete("cl-d", name), xml.CodeStatusProhibits)
			has(t, a.Want(ask("query"), xml.CodeOK).ResData, "pending")
			has(t, c.Want(eppclient.DomainTransfer("cl-t", "query", name, auth, 0), xml.CodeOK).ResData, "pending")
			has(t, b.Want(ask("cancel"), xml.CodeOK).ResData, "clientCancelled")
			b.Want(eppclient.DomainTransfer("cl-t", "request", name, auth, 0), xml.CodeOKPending)
			has(t, a.Want(ask("reject"), xml.CodeOK).ResData, "clientRejected")
			b.Want(eppclient.DomainTransfer("cl-t", "request", name, auth, 0), xml.CodeOKPending)
			r = a.Want(ask("approve"), xml.CodeOK)
			has(t, r.ResData, "clientApproved")
			info := b.Want(eppclient.DomainInfo("cl-i", eppclient.DomainInfoOptions{Name: name}), xml.CodeOK)
			has(t, info.ResData, "<clID []>DEMO-B", "trDate")
			if gtld {
				has(t, info.ResData, "OWNER-A", "2029-06-01T00:00:00Z")
				has(t, info.Ext, "transferPeriod")
			} else {
				has(t, r.Ext, "registrar-account-forked")
				lacks(t, info.ResData, "OWNER-A")
			}
			b.Want(eppclient.DomainTransfer("cl-t", "request", name, auth, 0), xml.CodeNotTransferable)
			c.Want(eppclient.DomainTransfer("cl-t", "request", name, auth, 0), xml.CodeBadAuthInfo) // cleared

			texts, nodes := drained(a)
			if len(texts) != 6 || !strings.Contains(texts[0], "requested by DEMO-B") {
				t.Errorf("A was told %q", texts)
			}
			has(t, nodes, "pending", "clientCancelled", "clientRejected", "clientApproved")
			texts, nodes = drained(b)
			if len(texts) != 3 || (strings.Contains(texts[2], "Registration status: Registration request being processed.")) == gtld {
				t.Errorf("B was told %q", texts)
			}
			lacks(t, nodes, "pending")
		})
	}
}

func TestTransferIsApprovedWhenNobodyAnswers(t *testing.T) {
	h, a, b, _, name, auth := transferring(t, false)
	b.Want(eppclient.DomainTransfer("cl-t", "request", name, auth, 0), xml.CodeOKPending)
	h.Advance(5 * 24 * time.Hour)
	a.Want(eppclient.DomainTransfer("cl-t", "reject", name, nil, 0), xml.CodeNotPendingTransfer)
	has(t, a.Want(eppclient.DomainTransfer("cl-t", "query", name, nil, 0), xml.CodeOK).ResData, "serverApproved")
	has(t, b.Want(eppclient.DomainInfo("cl-i", eppclient.DomainInfoOptions{Name: name}), xml.CodeOK).ResData, "<clID []>DEMO-B")
}

func TestAuthInfoInUKIsTheRegistrys(t *testing.T) {
	_, a, b, _, name, auth := transferring(t, false)
	own, none := strongAuth, ""
	r := a.Want(eppclient.DomainUpdate("cl-u", eppclient.DomainUpdateOptions{Name: name, AuthInfo: &own}), xml.CodeOK)
	has(t, r.Ext, "ignored-field", "authInfo")
	b.Want(eppclient.DomainTransfer("cl-t", "request", name, &own, 0), xml.CodeBadAuthInfo)
	b.Want(issueFrame(name), xml.CodeAuthorization)
	second := issued(a, name)
	b.Want(eppclient.DomainTransfer("cl-t", "request", name, auth, 0), xml.CodeBadAuthInfo) // the old one
	a.Want(eppclient.DomainUpdate("cl-u", eppclient.DomainUpdateOptions{Name: name, AuthInfo: &none}), xml.CodeOK)
	b.Want(eppclient.DomainTransfer("cl-t", "request", name, second, 0), xml.CodeBadAuthInfo) // withdrawn
}

func TestContactTransferOverTLS(t *testing.T) {
	h, a, b, c, _, auth := transferring(t, true)
	ask := func(op string) []byte { return eppclient.ContactTransfer("cl-t", op, "OWNER-A", nil) }
	wrong := "Wrong-1234567890-abcdef"
	b.Want(eppclient.ContactTransfer("cl-t", "request", "NOBODY", auth), xml.CodeNotFound)
	b.Want(eppclient.ContactTransfer("cl-t", "request", "OWNER-A", &wrong), xml.CodeBadAuthInfo)
	a.Want(eppclient.ContactTransfer("cl-t", "request", "OWNER-A", auth), xml.CodeNotTransferable)
	a.Want(ask("reject"), xml.CodeNotPendingTransfer)
	has(t, b.Want(eppclient.ContactTransfer("cl-t", "request", "OWNER-A", auth), xml.CodeOKPending).ResData, "OWNER-A", "pending")
	c.Want(eppclient.ContactTransfer("cl-t", "request", "OWNER-A", auth), xml.CodePendingTransfer)
	c.Want(ask("approve"), xml.CodeAuthorization)
	c.Want(ask("query"), xml.CodeAuthorization)
	has(t, b.Want(ask("cancel"), xml.CodeOK).ResData, "clientCancelled")
	b.Want(eppclient.ContactTransfer("cl-t", "request", "OWNER-A", auth), xml.CodeOKPending)
	has(t, a.Want(ask("reject"), xml.CodeOK).ResData, "clientRejected")
	b.Want(eppclient.ContactTransfer("cl-t", "request", "OWNER-A", auth), xml.CodeOKPending)
	has(t, a.Want(ask("approve"), xml.CodeOK).ResData, "clientApproved")
	has(t, b.Want(ask("query"), xml.CodeOK).ResData, "clientApproved")
	has(t, b.Want(eppclient.ContactInfo("cl-i", "OWNER-A", nil), xml.CodeOK).ResData, "<clID []>DEMO-B")
	_, nodes := drained(b)
	has(t, nodes, "OWNER-A", "clientApproved")
	// In uk contacts go along with their names.
	h.Login("DEMO-B").Want(eppclient.ContactTransfer("cl-t", "request", "OWNER-A", auth), xml.CodeUnimplementedCommand)
}
