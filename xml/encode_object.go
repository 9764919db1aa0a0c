package xml

import "strconv"

// check writes chkData of any object; tag is name or id.
func check(p out, ns, tag string, items []CheckItem) {
	o := p.open(ns, "chkData")
	for _, it := range items {
		cd := o.add("cd")
		cd.text(tag, it.Name).attr("avail", boolean(it.Avail))
		cd.opt("reason", clip(it.Reason, 32))
	}
}

// statuses writes status elements.
func statuses(o out, tag string, list []Status) {
	for _, s := range list {
		o.text(tag, s.Text).attr("s", s.S).optAttr("lang", s.Lang)
	}
}

// period writes a period unless it is nil.
func period(o out, p *Period) {
	if p != nil {
		o.text("period", strconv.Itoa(p.Value)).attr("unit", p.Unit)
	}
}

// authInfo writes authorisation information unless it is nil.
func authInfo(o out, a *AuthInfo) {
	if a != nil {
		o.add("authInfo").text("pw", a.PW.Reveal()).optAttr("roid", a.ROID)
	}
}

// transfer writes the common part of trnData.
func transfer(o out, t *TransferData) {
	o.text("trStatus", t.TrStatus)
	o.text("reID", t.ReID)
	o.time("reDate", t.ReDate)
	o.text("acID", t.AcID)
	o.time("acDate", t.AcDate)
}

// pending writes panData of any object. The children of paTRID are EPP's own.
func pending(p out, ns, tag, name string, a *PendingAction) {
	o := p.open(ns, "panData")
	o.text(tag, name).attr("paResult", boolean(a.Done))
	tr := o.add("paTRID")
	tr.prefix = ""
	tr.opt("clTRID", a.ClTRID)
	tr.text("svTRID", a.SvTRID)
	o.time("paDate", a.Date)
}

func (d *DomainCheckData) encode(p out)  { check(p, NSDomain, "name", d.Items) }
func (d *HostCheckData) encode(p out)    { check(p, NSHost, "name", d.Items) }
func (d *ContactCheckData) encode(p out) { check(p, NSContact, "id", d.Items) }

func (d *DomainPendingData) encode(p out)  { pending(p, NSDomain, "name", d.Name, &d.PendingAction) }
func (d *HostPendingData) encode(p out)    { pending(p, NSHost, "name", d.Name, &d.PendingAction) }
func (d *ContactPendingData) encode(p out) { pending(p, NSContact, "id", d.ID, &d.PendingAction) }

func (d *DomainCreateData) encode(p out) {
	o := p.open(NSDomain, "creData")
	o.text("name", d.Name)
	o.time("crDate", d.CrDate)
	o.optTime("exDate", d.ExDate)
}

func (d *DomainRenewData) encode(p out) {
	o := p.open(NSDomain, "renData")
	o.text("name", d.Name)
	o.optTime("exDate", d.ExDate)
}

func (d *DomainTransferData) encode(p out) {
	o := p.open(NSDomain, "trnData")
	o.text("name", d.Name)
	transfer(o, &d.TransferData)
	o.optTime("exDate", d.ExDate)
}

func (d *DomainInfoData) encode(p out) {
	o := p.open(NSDomain, "infData")
	o.text("name", d.Name)
	o.text("roid", d.ROID)
	statuses(o, "status", d.Statuses)
	o.opt("registrant", d.Registrant)
	for _, c := range d.Contacts {
		o.text("contact", c.ID).optAttr("type", c.Type)
	}
	if d.NS != nil && len(d.NS.HostObjs)+len(d.NS.HostAttrs) > 0 {
		d.NS.fill(o.add("ns"))
	}
	for _, h := range d.Hosts {
		o.text("host", h)
	}
	o.text("clID", d.ClID)
	o.opt("crID", d.CrID)
	o.optTime("crDate", d.CrDate)
	o.opt("upID", d.UpID)
	o.optTime("upDate", d.UpDate)
	o.optTime("exDate", d.ExDate)
	o.optTime("trDate", d.TrDate)
	authInfo(o, d.AuthInfo)
}

// fill writes host objects, or attributes if there are none.
func (n *NS) fill(o out) {
	for _, h := range n.HostObjs {
		o.text("hostObj", h)
	}
	if len(n.HostObjs) > 0 {
		return
	}
	for _, h := range n.HostAttrs {
		a := o.add("hostAttr")
		a.text("hostName", h.Host)
		for _, ip := range h.Addrs {
			a.text("hostAddr", ip.Addr).optAttr("ip", ip.Version)
		}
	}
}

func (d *HostCreateData) encode(p out) {
	o := p.open(NSHost, "creData")
	o.text("name", d.Name)
	o.time("crDate", d.CrDate)
}

func (d *HostInfoData) encode(p out) {
	o := p.open(NSHost, "infData")
	o.text("name", d.Name)
	o.text("roid", d.ROID)
	statuses(o, "status", d.Statuses)
	for _, ip := range d.Addrs {
		o.text("addr", ip.Addr).optAttr("ip", ip.Version)
	}
	o.text("clID", d.ClID)
	o.text("crID", d.CrID)
	o.time("crDate", d.CrDate)
	o.opt("upID", d.UpID)
	o.optTime("upDate", d.UpDate)
	o.optTime("trDate", d.TrDate)
}

func (d *ContactCreateData) encode(p out) {
	o := p.open(NSContact, "creData")
	o.text("id", d.ID)
	o.time("crDate", d.CrDate)
}

func (d *ContactTransferData) encode(p out) {
	o := p.open(NSContact, "trnData")
	o.text("id", d.ID)
	transfer(o, &d.TransferData)
}

func (d *ContactInfoData) encode(p out) {
	o := p.open(NSContact, "infData")
	o.text("id", d.ID)
	o.text("roid", d.ROID)
	statuses(o, "status", d.Statuses)
	for i := range d.Postal {
		d.Postal[i].fill(o)
	}
	d.Voice.encode(o, "voice")
	d.Fax.encode(o, "fax")
	o.text("email", d.Email)
	o.text("clID", d.ClID)
	o.text("crID", d.CrID)
	o.time("crDate", d.CrDate)
	o.opt("upID", d.UpID)
	o.optTime("upDate", d.UpDate)
	o.optTime("trDate", d.TrDate)
	authInfo(o, d.AuthInfo)
	d.Disclose.fill(o)
}

func (i *PostalInfo) fill(p out) {
	o := p.add("postalInfo").attr("type", i.Type)
	o.text("name", i.Name)
	o.opt("org", i.Org)
	a := o.add("addr")
	for _, s := range i.Addr.Street {
		a.text("street", s)
	}
	a.text("city", i.Addr.City)
	a.opt("sp", i.Addr.SP)
	a.opt("pc", i.Addr.PC)
	a.text("cc", i.Addr.CC)
}

// encode writes a number unless it is nil.
func (ph *Phone) encode(o out, tag string) {
	if ph != nil {
		o.text(tag, ph.Number).optAttr("x", ph.Ext)
	}
}

// fill writes the publication request unless it is nil.
func (d *Disclose) fill(p out) {
	if d == nil {
		return
	}
	o := p.add("disclose").attr("flag", boolean(d.Flag))
	for _, part := range []struct {
		tag   string
		types []string
	}{{"name", d.Name}, {"org", d.Org}, {"addr", d.Addr}} {
		for _, t := range part.types {
			o.add(part.tag).attr("type", t)
		}
	}
	for _, part := range []struct {
		tag string
		on  bool
	}{{"voice", d.Voice}, {"fax", d.Fax}, {"email", d.Email}} {
		if part.on {
			o.add(part.tag)
		}
	}
}
