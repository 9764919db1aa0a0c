package eppserver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/billing/customer"
	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// B34 as registrars see it: after an account transfer the new registrar has the
// names, knows the registrant by id and name alone, cannot change it, and
// replaces it by one of its own.
func TestAccountTransferOverEPP(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	ownContact(h, "DEMO-A", "owner-a")
	ownContact(h, "DEMO-B", "owner-b")
	h.Exec(`UPDATE contact SET voice = '+44.1865000000', email = 'secret@example.net',
		postal = '[{"type":"loc","name":"Ann Owner","org":"Secret Ltd","street":["1 Secret St"],"city":"Oxford","pc":"OX1 1AA","cc":"GB"}]'
		WHERE handle = 'owner-a'`)
	a, b := h.Login("DEMO-A"), h.Login("DEMO-B")
	for _, name := range []string{"first." + epptest.ZoneUK, "second." + epptest.ZoneUK} {
		registerDomain(a, name, "owner-a")
	}
	before := tree(a.Want(eppclient.DomainInfo("in-1", eppclient.DomainInfoOptions{Name: "first." + epptest.ZoneUK}), xml.CodeOK).ResData)
	staff := registry.Actor{Kind: registry.ActorStaff, Staff: "ann", Role: registry.RoleAdmin, Reason: "merger", SvTRID: "sv-1"}
	account, _, err := h.Registry.CreateAccount(t.Context(), staff, customer.New{Handle: "owner-a", TAG: "DEMO-A"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Registry.TransferAccount(t.Context(), staff, registry.AccountTransferParams{Account: account.ID, To: "DEMO-B", Mode: customer.SubscriptionsOnly})
	if err != nil {
		t.Fatal(err)
	}
	// The gaining tag is told in the text that clients switch on, with the id and
	// the name of the contact.
	message := b.Want(eppclient.Poll("po-1"), xml.CodeOKAckToDequeue)
	told := tree(message.ResData)
	if message.MsgQ == nil || !strings.Contains(fmt.Sprint(*message.MsgQ), "Registrar Change Notification") ||
		!strings.Contains(told, "owner-a") || !strings.Contains(told, "Ann Owner") || !strings.Contains(told, "not disclosed") {
		t.Errorf("DEMO-B is told %+v %s", message.MsgQ, told)
	}
	info := b.Want(eppclient.DomainInfo("in-2", eppclient.DomainInfoOptions{Name: "first." + epptest.ZoneUK}), xml.CodeOK)
	if after := tree(info.ResData); !strings.Contains(after, "owner-a") || servers(after) != servers(before) || servers(after) == "" {
		t.Errorf("name servers before %q, after %q: %s", servers(before), servers(after), after)
	}
	shown := tree(b.Want(eppclient.ContactInfo("in-3", "owner-a", nil), xml.CodeOK).ResData)
	if !strings.Contains(shown, "owner-a") || !strings.Contains(shown, "Ann Owner") {
		t.Errorf("id and name: %s", shown)
	}
	for _, secret := range []string{"secret@", "Secret", "Oxford", "OX1", "1865"} {
		if strings.Contains(shown+told, secret) {
			t.Errorf("DEMO-B sees %q: %s %s", secret, shown, told)
		}
	}
	mail := "mine@example.net"
	b.Want(eppclient.ContactUpdate("up-1", eppclient.ContactUpdateOptions{ID: "owner-a", Email: &mail}), xml.CodeAuthorization)
	b.Want(eppclient.ContactUpdate("up-2", eppclient.ContactUpdateOptions{ID: "owner-a", AddStatus: []string{"clientUpdateProhibited"}}), xml.CodeAuthorization)
	b.Want(eppclient.ContactDelete("de-1", "owner-a"), xml.CodeAuthorization)
	// Its own tag still has it, whole; the name is gone from there.
	if own := tree(a.Want(eppclient.ContactInfo("in-4", "owner-a", nil), xml.CodeOK).ResData); !strings.Contains(own, "secret@example.net") {
		t.Errorf("DEMO-A sees %s", own)
	}
	next := "owner-b"
	a.Want(eppclient.DomainUpdate("up-3", eppclient.DomainUpdateOptions{Name: "first." + epptest.ZoneUK, Registrant: &next}), xml.CodeAuthorization)
	// Replaced (its first invoice is unpaid, so at once: C4), it is as any other.
	for _, name := range []string{"first." + epptest.ZoneUK, "second." + epptest.ZoneUK} {
		b.Want(eppclient.DomainUpdate("up-4", eppclient.DomainUpdateOptions{Name: name, Registrant: &next}), xml.CodeOK)
	}
	b.Want(eppclient.ContactUpdate("up-5", eppclient.ContactUpdateOptions{ID: "owner-b", AddStatus: []string{"clientDeleteProhibited"}}), xml.CodeOK)
	b.Want(eppclient.ContactInfo("in-5", "owner-a", nil), xml.CodeAuthorization)
}

// servers are the lines of a domain:info that say its name servers.
func servers(text string) string {
	i, j := strings.Index(text, "<ns"), strings.LastIndex(text, "<hostObj")
	if i < 0 || j < i {
		return ""
	}
	return text[i:j]
}
