package xml

import "github.com/beevik/etree"

// domainStatuses is the enumeration of RFC 5731.
var domainStatuses = []string{
	"clientDeleteProhibited", "clientHold", "clientRenewProhibited", "clientTransferProhibited",
	"clientUpdateProhibited", "inactive", "ok", "pendingCreate", "pendingDelete", "pendingRenew",
	"pendingTransfer", "pendingUpdate", "serverDeleteProhibited", "serverHold",
	"serverRenewProhibited", "serverTransferProhibited", "serverUpdateProhibited",
}

// labels reads one or more names.
func (d *decoder) labels(r *reader, tag string) []string {
	d.attrs(r.self)
	var list []string
	for ok := r.need(tag); ok; ok = r.next(tag) {
		list = append(list, d.label(r.e()))
	}
	return list
}

// name reads the one name of a command.
func (d *decoder) name(r *reader) string {
	d.attrs(r.self)
	if r.need("name") {
		return d.label(r.e())
	}
	return ""
}

func decodeDomainCheck(d *decoder, r *reader) any {
	return &DomainCheck{Names: d.labels(r, "name")}
}

func decodeDomainDelete(d *decoder, r *reader) any {
	return &DomainDelete{Name: d.name(r)}
}

func decodeDomainInfo(d *decoder, r *reader) any {
	d.attrs(r.self)
	c := &DomainInfo{Hosts: "all"}
	if r.need("name") {
		if h := d.enum(r.e(), "hosts", false, "all", "del", "sub", "none"); h != "" {
			c.Hosts = h
		}
		c.Name = d.label(r.e(), "hosts")
	}
	if r.next("authInfo") {
		c.AuthInfo = d.authInfo(r.e(), NSDomain, false)
	}
	return c
}

func decodeDomainCreate(d *decoder, r *reader) any {
	c := &DomainCreate{Name: d.name(r)}
	if r.next("period") {
		c.Period = d.period(r.e())
	}
	if r.next("ns") {
		c.NS = d.ns(r.e())
	}
	if r.next("registrant") {
		c.Registrant = d.clID(r.e())
	}
	c.Contacts = d.contacts(r)
	if r.need("authInfo") {
		c.AuthInfo = *d.authInfo(r.e(), NSDomain, false)
	}
	return c
}

func decodeDomainRenew(d *decoder, r *reader) any {
	c := &DomainRenew{Name: d.name(r)}
	if r.need("curExpDate") {
		c.CurExpDate = d.date(r.e())
	}
	if r.next("period") {
		c.Period = d.period(r.e())
	}
	return c
}

func decodeDomainTransfer(d *decoder, r *reader) any {
	c := &DomainTransfer{Op: r.op, Name: d.name(r)}
	if r.next("period") {
		c.Period = d.period(r.e())
	}
	if r.next("authInfo") {
		c.AuthInfo = d.authInfo(r.e(), NSDomain, false)
	}
	return c
}

func decodeDomainUpdate(d *decoder, r *reader) any {
	c := &DomainUpdate{Name: d.name(r)}
	if r.next("add") {
		c.Add = d.domainAddRem(r.e())
	}
	if r.next("rem") {
		c.Rem = d.domainAddRem(r.e())
	}
	if r.next("chg") {
		d.attrs(r.e())
		g := d.enter(r.e(), NSDomain)
		c.Chg = &DomainChange{}
		if g.next("registrant") {
			s := d.token(g.e(), 0, 16)
			c.Chg.Registrant = &s
		}
		if g.next("authInfo") {
			c.Chg.AuthInfo = d.authInfo(g.e(), NSDomain, true)
		}
		g.end()
	}
	return c
}

func (d *decoder) domainAddRem(e *etree.Element) *DomainAddRem {
	d.attrs(e)
	r := d.enter(e, NSDomain)
	a := &DomainAddRem{}
	if r.next("ns") {
		a.NS = d.ns(r.e())
	}
	a.Contacts = d.contacts(r)
	for len(a.Statuses) < 11 && r.next("status") {
		a.Statuses = append(a.Statuses, d.status(r.e(), domainStatuses))
	}
	r.end()
	return a
}

func (d *decoder) contacts(r *reader) []DomainContact {
	var list []DomainContact
	for r.next("contact") {
		kind := d.enum(r.e(), "type", false, "admin", "billing", "tech")
		list = append(list, DomainContact{Type: kind, ID: d.clID(r.e(), "type")})
	}
	return list
}

func (d *decoder) ns(e *etree.Element) *NS {
	d.attrs(e)
	r := d.enter(e, NSDomain)
	n := &NS{}
	if r.peek("hostAttr") {
		for r.next("hostAttr") {
			n.HostAttrs = append(n.HostAttrs, d.hostAttr(r.e()))
		}
	} else {
		for ok := r.need("hostObj"); ok; ok = r.next("hostObj") {
			n.HostObjs = append(n.HostObjs, d.label(r.e()))
		}
	}
	r.end()
	return n
}

func (d *decoder) hostAttr(e *etree.Element) HostAttr {
	d.attrs(e)
	r := d.enter(e, NSDomain)
	h := HostAttr{}
	if r.need("hostName") {
		h.Host = d.label(r.e())
	}
	for r.next("hostAddr") {
		h.Addrs = append(h.Addrs, d.hostAddr(r.e()))
	}
	r.end()
	return h
}
