package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
)

// maxPrepared bounds the names made before a run.
const maxPrepared = 10_000

// prepare makes, over EPP and outside the measured time, a contact, two hosts
// and some names for each tag, for a register that was not generated.
func (s *stock) prepare(ctx context.Context, t target, names int) error {
	if names < 1 || names > maxPrepared {
		return fmt.Errorf("prepare: from 1 to %d names", maxPrepared)
	}
	s.made = make([][]madeName, len(t.creds))
	for tag, cred := range t.creds {
		p := preparer{s: s, tag: tag, names: names, profile: t.profile}
		p.m = maker{stock: s, tag: tag, profile: t.profile, rand: rand.New(rand.NewPCG(uint64(tag), uint64(time.Now().UnixNano()))), id: fmt.Sprintf("p%d", tag)}
		err := p.run(ctx, t.addr, cred)
		if err != nil {
			return fmt.Errorf("prepare names of %s: %w", cred.tag, err)
		}
	}
	return nil
}

// preparer makes the names of one tag.
type preparer struct {
	s       *stock
	m       maker
	tag     int
	names   int
	profile string
	client  *eppclient.Client
}

func (p *preparer) run(ctx context.Context, addr string, cred credential) error {
	c, err := eppclient.Dial(ctx, addr, cred.tls)
	if err != nil {
		return err
	}
	defer c.Close()
	p.client = c
	_, err = c.Login(cred.tag, cred.password, eppclient.LoginOptions{ClTRID: p.m.clTRID()})
	if err != nil {
		return err
	}
	contact := fmt.Sprintf("NKP%s%d", p.s.run, p.tag)
	err = p.do(eppclient.ContactCreate(p.m.clTRID(), newContact(contact, p.m.authInfo())))
	if err != nil {
		return err
	}
	var hosts [2]string
	for half := range hosts {
		hosts[half] = fmt.Sprintf("ns%d.t%d-%s.load.invalid", half+1, p.tag, p.s.run)
		err = p.do(eppclient.HostCreate(p.m.clTRID(), hosts[half]))
		if err != nil {
			return err
		}
	}
	made := make([]madeName, p.names)
	for i := range made {
		n := &made[i]
		n.name, n.contact, n.hosts = p.m.freshName(), contact, hosts
		n.expiry, err = p.create(n)
		if err != nil {
			return err
		}
	}
	p.s.made[p.tag] = made
	return nil
}

// create makes one name and returns its expiry.
func (p *preparer) create(n *madeName) (time.Time, error) {
	o := eppclient.DomainCreateOptions{Name: n.name, Years: 1, NS: n.hosts[:], Registrant: n.contact}
	if p.profile == "gtld" {
		o.AuthInfo = p.m.authInfo()
		o.Contacts = []eppclient.DomainContact{{Type: eppclient.ContactAdmin, ID: n.contact}, {Type: eppclient.ContactTech, ID: n.contact}}
	}
	answer, err := p.client.Do(eppclient.DomainCreate(p.m.clTRID(), o))
	if err == nil {
		err = eppclient.Refusal(answer)
	}
	if err != nil {
		return time.Time{}, err
	}
	text, _ := between(answer, "<domain:exDate>", "</domain:exDate>")
	return time.Parse(time.DateOnly, string(text[:min(len(text), len(time.DateOnly))]))
}

func (p *preparer) do(frame []byte) error {
	answer, err := p.client.Do(frame)
	if err != nil {
		return err
	}
	return eppclient.Refusal(answer)
}
