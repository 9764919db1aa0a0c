package eppserver

import (
	"net/netip"
	"strings"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// hostCommands are the commands on hosts.
var hostCommands = map[commandKey]handlerFunc{
	{verb: xml.VerbCheck, object: "host"}:  hostCheck,
	{verb: xml.VerbInfo, object: "host"}:   hostInfo,
	{verb: xml.VerbCreate, object: "host"}: hostCreate,
	{verb: xml.VerbUpdate, object: "host"}: hostUpdate,
	{verb: xml.VerbDelete, object: "host"}: hostDelete,
}

// hostCheck answers RFC 5732 section 3.1.1.
func hostCheck(c *call) (answer, error) {
	found, err := c.reg.CheckHosts(c.ctx, c.cmd.Action.(*xml.HostCheck).Names)
	if err != nil {
		return answer{}, err
	}
	return answer{resData: &xml.HostCheckData{Items: checkItems(found)}}, nil
}

// hostInfo shows a host (RFC 5732 section 3.1.2).
func hostInfo(c *call) (answer, error) {
	h, err := c.reg.InfoHost(c.ctx, c.cmd.Action.(*xml.HostInfo).Name)
	if err != nil {
		return answer{}, err
	}
	data := &xml.HostInfoData{
		Name: h.Name, ROID: c.reg.HostROID(h), Statuses: statusList(h.ShownStatuses()),
		ClID: h.Sponsor, CrID: h.Creator, CrDate: h.Created, UpID: h.Updater, UpDate: h.Updated, TrDate: h.Transferred,
	}
	for _, a := range h.Addresses {
		version := "v6"
		if a.Is4() {
			version = "v4"
		}
		data.Addrs = append(data.Addrs, xml.HostAddr{Version: version, Addr: a.String()})
	}
	return answer{resData: data}, nil
}

// hostCreate makes a host (RFC 5732 section 3.2.1).
func hostCreate(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.HostCreate)
	h, ignored, err := c.reg.CreateHost(c.ctx, c.actor, registry.CreateHostParams{Name: a.Name, Addresses: hostAddresses(a.Addrs)})
	if err != nil {
		return answer{}, err
	}
	return answer{resData: &xml.HostCreateData{Name: h.Name, CrDate: h.Created}, ext: ignoredWarnings(ignored)}, nil
}

// hostUpdate changes or renames a host (RFC 5732 section 3.2.4).
func hostUpdate(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.HostUpdate)
	p := registry.UpdateHostParams{Name: a.Name, NewName: a.NewName}
	var err error
	if a.Add != nil {
		p.AddAddresses = hostAddresses(a.Add.Addrs)
		p.AddStatuses, err = statusesOf(registry.ObjectHost, a.Add.Statuses)
		if err != nil {
			return answer{}, err
		}
	}
	if a.Rem != nil {
		p.RemoveAddresses = hostAddresses(a.Rem.Addrs)
		p.RemoveStatuses, err = statusesOf(registry.ObjectHost, a.Rem.Statuses)
		if err != nil {
			return answer{}, err
		}
	}
	u, err := c.reg.UpdateHost(c.ctx, c.actor, p)
	if err != nil {
		return answer{}, err
	}
	out := answer{ext: ignoredWarnings(u.Ignored)}
	if len(u.Removed) > 0 {
		out.ext = append(out.ext, &xml.WarnGlueRemoved{NameServer: u.Name,
			Text: "The host lies outside our zones now; removed: " + joinAddresses(u.Removed)})
	}
	return out, nil
}

// hostDelete deletes a host (RFC 5732 section 3.2.2).
func hostDelete(c *call) (answer, error) {
	return answer{}, c.reg.DeleteHost(c.ctx, c.actor, c.cmd.Action.(*xml.HostDelete).Name)
}

func hostAddresses(list []xml.HostAddr) []registry.HostAddress {
	var out []registry.HostAddress
	for _, a := range list {
		out = append(out, registry.HostAddress{Version: a.Version, Text: a.Addr})
	}
	return out
}

func joinAddresses(list []netip.Addr) string {
	texts := make([]string, len(list))
	for i, a := range list {
		texts[i] = a.String()
	}
	return strings.Join(texts, ", ")
}
