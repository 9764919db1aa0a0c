package xml

import "github.com/beevik/etree"

// hostStatuses is the enumeration of RFC 5732.
var hostStatuses = []string{
	"clientDeleteProhibited", "clientUpdateProhibited", "linked", "ok", "pendingCreate",
	"pendingDelete", "pendingTransfer", "pendingUpdate", "serverDeleteProhibited",
	"serverUpdateProhibited",
}

func decodeHostCheck(d *decoder, r *reader) any { return &HostCheck{Names: d.labels(r, "name")} }

func decodeHostInfo(d *decoder, r *reader) any { return &HostInfo{Name: d.name(r)} }

func decodeHostDelete(d *decoder, r *reader) any { return &HostDelete{Name: d.name(r)} }

func decodeHostCreate(d *decoder, r *reader) any {
	c := &HostCreate{Name: d.name(r)}
	for r.next("addr") {
		c.Addrs = append(c.Addrs, d.hostAddr(r.e()))
	}
	return c
}

func decodeHostUpdate(d *decoder, r *reader) any {
	c := &HostUpdate{Name: d.name(r)}
	if r.next("add") {
		c.Add = d.hostAddRem(r.e())
	}
	if r.next("rem") {
		c.Rem = d.hostAddRem(r.e())
	}
	if r.next("chg") {
		g := d.enter(r.e(), NSHost)
		c.NewName = d.name(g)
		g.end()
	}
	return c
}

func (d *decoder) hostAddRem(e *etree.Element) *HostAddRem {
	d.attrs(e)
	r := d.enter(e, NSHost)
	a := &HostAddRem{}
	for r.next("addr") {
		a.Addrs = append(a.Addrs, d.hostAddr(r.e()))
	}
	for len(a.Statuses) < 7 && r.next("status") {
		a.Statuses = append(a.Statuses, d.status(r.e(), hostStatuses))
	}
	r.end()
	return a
}

// hostAddr reads host:addrType; without the attribute it is v4.
func (d *decoder) hostAddr(e *etree.Element) HostAddr {
	v := d.enum(e, "ip", false, "v4", "v6")
	if v == "" {
		v = "v4"
	}
	return HostAddr{Version: v, Addr: d.token(e, 3, 45, "ip")}
}
