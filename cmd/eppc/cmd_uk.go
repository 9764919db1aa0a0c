package main

import "github.com/namekeep/namekeep/eppserver/eppclient"

type releaseCommand struct {
	Name       string `arg:"" help:"Domain name, or with --registrant a contact."`
	To         string `arg:"" name:"tag" help:"Tag that gets it."`
	Registrant bool   `help:"NAME is a registrant contact: all its names go."`
}

func (c *releaseCommand) Run(s *session) error {
	if c.Registrant {
		return s.do(eppclient.ReleaseRegistrant(s.clTRID(), c.Name, c.To))
	}
	return s.do(eppclient.Release(s.clTRID(), c.Name, c.To))
}

type handshakeCommand struct {
	Accept handshakeAccept `cmd:"" help:"Take the names of a case."`
	Reject handshakeReject `cmd:"" help:"Refuse the names of a case."`
}

type handshakeAccept struct {
	Case       string `arg:"" help:"Case identifier, from the poll message."`
	Registrant string `placeholder:"ID" help:"Contact of this tag to be the registrant."`
}

func (c *handshakeAccept) Run(s *session) error {
	return s.do(eppclient.HandshakeAccept(s.clTRID(), c.Case, c.Registrant))
}

type handshakeReject struct {
	Case string `arg:"" help:"Case identifier, from the poll message."`
}

func (c *handshakeReject) Run(s *session) error {
	return s.do(eppclient.HandshakeReject(s.clTRID(), c.Case))
}

type listCommand struct {
	Expiry string `xor:"by" required:"" placeholder:"YYYY-MM" help:"Names that expire in this month."`
	Month  string `xor:"by" required:"" placeholder:"YYYY-MM" help:"Names registered in this month."`
}

func (c *listCommand) Run(s *session) error {
	if c.Expiry != "" {
		return s.do(eppclient.ListExpiry(s.clTRID(), c.Expiry))
	}
	return s.do(eppclient.ListMonth(s.clTRID(), c.Month))
}

type unrenewCommand struct {
	Names []string `arg:"" name:"name" help:"Domain names."`
}

func (c *unrenewCommand) Run(s *session) error {
	return s.do(eppclient.Unrenew(s.clTRID(), c.Names...))
}

type forkCommand struct {
	ID    string   `arg:"" help:"Contact to copy."`
	Names []string `arg:"" optional:"" name:"name" help:"Names that get the copy."`
	NewID string   `placeholder:"ID" help:"Identifier of the copy (default: the registry's choice)."`
}

func (c *forkCommand) Run(s *session) error {
	return s.do(eppclient.Fork(s.clTRID(), c.ID, c.NewID, c.Names...))
}

// lockTarget is what a lock is put on.
type lockTarget struct {
	Type    string `arg:"" help:"Kind of lock: investigation, opt-out ..."`
	Domain  string `xor:"object" required:"" placeholder:"NAME" help:"Domain to lock."`
	Contact string `xor:"object" required:"" placeholder:"ID" help:"Contact to lock."`
}

func (t lockTarget) options() eppclient.LockOptions {
	return eppclient.LockOptions{Domain: t.Domain, Contact: t.Contact, Type: t.Type}
}

type lockCommand struct{ lockTarget }

func (c *lockCommand) Run(s *session) error {
	return s.do(eppclient.Lock(s.clTRID(), c.options()))
}

type unlockCommand struct{ lockTarget }

func (c *unlockCommand) Run(s *session) error {
	return s.do(eppclient.Unlock(s.clTRID(), c.options()))
}

type tagsCommand struct{}

func (c *tagsCommand) Run(s *session) error { return s.do(eppclient.TagList(s.clTRID())) }
