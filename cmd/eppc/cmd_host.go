package main

import "github.com/namekeep/namekeep/eppserver/eppclient"

type hostCommands struct {
	Check  hostCheck  `cmd:"" help:"Ask whether host names are free."`
	Info   hostInfo   `cmd:"" help:"Show a host."`
	Create hostCreate `cmd:"" help:"Create a host."`
	Update hostUpdate `cmd:"" help:"Change or rename a host."`
	Delete hostDelete `cmd:"" help:"Delete a host."`
}

type hostCheck struct {
	Names []string `arg:"" name:"name" help:"Host names."`
}

func (c *hostCheck) Run(s *session) error {
	return s.do(eppclient.HostCheck(s.clTRID(), c.Names...))
}

type hostInfo struct {
	Name string `arg:"" help:"Host name."`
}

func (c *hostInfo) Run(s *session) error { return s.do(eppclient.HostInfo(s.clTRID(), c.Name)) }

type hostCreate struct {
	Name  string   `arg:"" help:"Host name."`
	Addrs []string `arg:"" optional:"" name:"address" help:"IPv4 and IPv6 addresses."`
}

func (c *hostCreate) Run(s *session) error {
	return s.do(eppclient.HostCreate(s.clTRID(), c.Name, c.Addrs...))
}

type hostUpdate struct {
	Name      string   `arg:"" help:"Host name."`
	AddAddr   []string `placeholder:"ADDRESS" help:"Addresses to add."`
	RemAddr   []string `placeholder:"ADDRESS" help:"Addresses to remove."`
	AddStatus []string `placeholder:"STATUS" help:"Statuses to set."`
	RemStatus []string `placeholder:"STATUS" help:"Statuses to clear."`
	NewName   string   `placeholder:"NAME" help:"Rename the host."`
}

func (c *hostUpdate) Run(s *session) error {
	return s.do(eppclient.HostUpdate(s.clTRID(), eppclient.HostUpdateOptions{
		Name: c.Name, AddAddrs: c.AddAddr, RemAddrs: c.RemAddr,
		AddStatus: c.AddStatus, RemStatus: c.RemStatus, NewName: c.NewName,
	}))
}

type hostDelete struct {
	Name string `arg:"" help:"Host name."`
}

func (c *hostDelete) Run(s *session) error { return s.do(eppclient.HostDelete(s.clTRID(), c.Name)) }
