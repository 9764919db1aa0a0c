package eppserver_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

// together sends a frame from each client at the same moment and returns the
// codes of the answers.
func together(t *testing.T, clients []*epptest.Client, frames [][]byte) []xml.ResultCode {
	t.Helper()
	codes := make([]xml.ResultCode, len(frames))
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range frames {
		all.Go(func() {
			<-start
			if clients[i].WriteFrame(frames[i]) != nil {
				return
			}
			answer, err := clients[i].ReadFrame()
			if err != nil {
				t.Errorf("no answer: %v", err)
				return
			}
			clients[i].Collect(answer)
			codes[i] = xml.ResultCode(eppclient.ResultCode(answer))
		})
	}
	close(start)
	all.Wait()
	for i, code := range codes {
		if code == xml.CodeFailed || code == 0 || code.Closes() {
			t.Errorf("answer %d to %.700s", code, frames[i])
		}
	}
	return codes
}

// R1, E5: a name that everybody wants something of at once, on two servers: one
// after another is answered, nothing happens twice, nothing is a fault.
func TestEverythingAtOnce(t *testing.T) {
	h, a, b, _, _, _ := transferring(t, false)
	other := h.Start()
	more := func(tag string) *epptest.Client { return h.Dial(other.UK, h.ClientTLS(tag)).LogIn(tag) }
	clients := []*epptest.Client{b, h.Login("DEMO-B"), a, more("DEMO-A"), more("DEMO-B"), h.Login("DEMO-C"), h.Login("DEMO-A"), more("DEMO-A"), more("DEMO-A")}
	for round := range 12 {
		name, host, contact := fmt.Sprintf("race%d.%s", round, epptest.ZoneUK), fmt.Sprintf("ns1.race%d.%s", round, epptest.ZoneUK), fmt.Sprintf("RACE-%d", round)
		a.Want(eppclient.ContactCreate("", newPerson(contact)), xml.CodeOK)
		a.Want(eppclient.DomainCreate("", eppclient.DomainCreateOptions{Name: name, Years: 1, Registrant: contact, AuthInfo: "x"}), xml.CodeOK)
		a.Want(eppclient.HostCreate("", host, "192.0.2.1"), xml.CodeOK)
		auth := issued(a, name)
		h.Exec(`UPDATE domain SET first_paid = true, expires = $2 WHERE name = $1`, name, h.DB.Now().AddDate(0, 2, 0))
		before := h.Count(`SELECT count(*) FROM charge`)
		expires := h.DB.Now().AddDate(0, 2, 0).Format(time.DateOnly)
		if round%2 == 0 {
			b.Want(eppclient.DomainTransfer("", "request", name, auth, 0), xml.CodeOKPending)
		}
		codes := together(t, clients, [][]byte{
			eppclient.DomainTransfer("", "cancel", name, nil, 0),
			eppclient.DomainTransfer("", "request", name, auth, 0),
			eppclient.DomainTransfer("", "approve", name, nil, 0),
			eppclient.Release("", name, "DEMO-C"),
			eppclient.DomainRenew("", name, expires, 1),
			eppclient.DomainTransfer("", "request", name, auth, 0),
			eppclient.DomainRenew("", name, expires, 1),
			eppclient.DomainRenew("", name, expires, 1),
			eppclient.HostUpdate("", eppclient.HostUpdateOptions{Name: host, NewName: "ns2." + name}),
		})
		renewed := 0
		for _, i := range []int{4, 6, 7} {
			if codes[i] == xml.CodeOK {
				renewed++
			}
		}
		if n := h.Count(`SELECT count(*) FROM charge`) - before; n != renewed || renewed > 1 {
			t.Errorf("round %d: %d charges for %d renewals: %v", round, n, renewed, codes)
		}
		if n := h.Count(`SELECT count(*) FROM transfer WHERE object_id = (SELECT id FROM domain WHERE name = $1) AND state = 'pending'`, name); n > 1 {
			t.Errorf("%d transfers are pending", n)
		}
		if n := h.Count(`SELECT count(*) FROM domain d JOIN host h ON h.superordinate = d.id WHERE d.name = $1 AND h.sponsor = d.sponsor`, name); n != 1 {
			t.Errorf("round %d: the host is on another tag than the name: %v", round, codes)
		}
	}
}

// What a command refers to is deleted, renamed or handed over while it runs.
func TestReferencesGoneMeanwhile(t *testing.T) {
	h := epptest.New(t)
	h.SetNow(at)
	a := h.Login("DEMO-A")
	own := glueName(a, "base."+epptest.ZoneUK)
	var clients []*epptest.Client
	for range 9 {
		clients = append(clients, h.Login("DEMO-A"))
	}
	for round := range 12 {
		name, host, contact := fmt.Sprintf("gone%d.%s", round, epptest.ZoneUK), fmt.Sprintf("ns%d.%s", round, own), fmt.Sprintf("GONE-%d", round)
		a.Want(eppclient.ContactCreate("", newPerson(contact)), xml.CodeOK)
		a.Want(eppclient.HostCreate("", host, "192.0.2.1"), xml.CodeOK)
		together(t, clients, [][]byte{
			eppclient.DomainCreate("", eppclient.DomainCreateOptions{Name: name, Years: 1, Registrant: contact, NS: []string{host}, AuthInfo: "x"}),
			eppclient.ContactDelete("", contact),
			eppclient.HostDelete("", host),
			eppclient.DomainUpdate("", eppclient.DomainUpdateOptions{Name: own, AddNS: []string{host}, AddContacts: []eppclient.DomainContact{{Type: "tech", ID: contact}}}),
			eppclient.ContactRename("", contact, contact+"X"),
			eppclient.Fork("", contact, contact+"F"),
			eppclient.DomainCreate("", eppclient.DomainCreateOptions{Name: name, Years: 1, Registrant: contact, AuthInfo: "x"}),
			eppclient.HostUpdate("", eppclient.HostUpdateOptions{Name: host, NewName: "x" + host}),
			eppclient.DomainUpdate("", eppclient.DomainUpdateOptions{Name: own, AddNS: []string{host}}),
		})
	}
}
