package xml

import "strconv"

func (d *SecDNSInfoData) encode(p out) {
	o := p.open(NSSecDNS, "infData")
	if d.MaxSigLife > 0 {
		o.num("maxSigLife", d.MaxSigLife)
	}
	for i := range d.DS {
		r := &d.DS[i]
		ds := o.add("dsData")
		ds.num("keyTag", int(r.KeyTag))
		ds.num("alg", int(r.Alg))
		ds.num("digestType", int(r.DigestType))
		ds.text("digest", r.Digest)
		if r.KeyData != nil {
			r.KeyData.fill(ds)
		}
	}
	if len(d.DS) > 0 {
		return
	}
	for i := range d.Keys {
		d.Keys[i].fill(o)
	}
}

func (k *KeyData) fill(p out) {
	o := p.add("keyData")
	o.num("flags", int(k.Flags))
	o.num("protocol", int(k.Protocol))
	o.num("alg", int(k.Alg))
	o.text("pubKey", k.PubKey)
}

func (d *RGPInfoData) encode(p out)   { statuses(p.open(NSRGP, "infData"), "rgpStatus", d.Statuses) }
func (d *RGPUpdateData) encode(p out) { statuses(p.open(NSRGP, "upData"), "rgpStatus", d.Statuses) }

func (d *LoginSecData) encode(p out) {
	o := p.open(NSLoginSec, "loginSecData")
	for _, ev := range d.Events {
		e := o.text("event", ev.Text).attr("type", ev.Type).optAttr("name", ev.Name).attr("level", ev.Level)
		if !ev.ExDate.IsZero() {
			e.attr("exDate", o.stamp(ev.ExDate))
		}
		e.optAttr("value", ev.Value).optAttr("duration", ev.Duration).optAttr("lang", ev.Lang)
	}
}

func (d *ChangeData) encode(p out) {
	o := p.open(NSChangePoll, "changeData").optAttr("state", d.State)
	o.text("operation", d.Operation).optAttr("op", d.Op)
	o.time("date", d.Date)
	o.text("svTRID", d.SvTRID)
	o.text("who", clip(d.Who, 255))
	if c := d.CaseID; c != nil {
		o.text("caseId", c.ID).attr("type", c.Type).optAttr("name", c.Name)
	}
	if d.Reason != "" {
		o.text("reason", clip(d.Reason, 32)).optAttr("lang", d.Lang)
	}
}

// fees writes fee and credit elements.
func fees(o out, list []Fee, credits []Credit) {
	for _, f := range list {
		e := o.text("fee", f.Amount).optAttr("description", f.Description).optAttr("lang", f.Lang)
		if f.Refundable != nil {
			e.attr("refundable", boolean(*f.Refundable))
		}
		e.optAttr("grace-period", f.GracePeriod).optAttr("applied", f.Applied)
	}
	for _, c := range credits {
		o.text("credit", c.Amount).optAttr("description", c.Description).optAttr("lang", c.Lang)
	}
}

func (d *FeeCheckData) encode(p out) {
	o := p.open(NSFee, "chkData")
	o.text("currency", d.Currency)
	for i := range d.Items {
		it := &d.Items[i]
		cd := o.add("cd").attr("avail", boolean(it.Avail))
		cd.text("objID", it.Name)
		cd.opt("class", it.Class)
		for j := range it.Commands {
			c := &it.Commands[j]
			e := cd.add("command").attr("name", c.Name).optAttr("customName", c.CustomName).
				optAttr("phase", c.Phase).optAttr("subphase", c.Subphase)
			if c.Standard {
				e.attr("standard", "1")
			}
			period(e, c.Period)
			fees(e, c.Fees, c.Credits)
			if c.Reason != "" {
				e.text("reason", c.Reason).optAttr("lang", c.Lang)
			}
		}
		if it.Reason != "" {
			cd.text("reason", it.Reason).optAttr("lang", it.Lang)
		}
	}
}

// feeTags maps the operation to the element of its answer.
var feeTags = map[Verb]string{
	VerbCreate: "creData", VerbRenew: "renData", VerbTransfer: "trnData",
	VerbUpdate: "updData", VerbDelete: "delData",
}

func (d *FeeData) encode(p out) {
	tag, ok := feeTags[d.Kind]
	if !ok {
		tag = feeTags[VerbUpdate]
	}
	o := p.open(NSFee, tag)
	o.opt("currency", d.Currency)
	period(o, d.Period)
	fees(o, d.Fees, d.Credits)
	o.opt("balance", d.Balance)
	o.opt("creditLimit", d.CreditLimit)
}

func (d *DomainNomCheckData) encode(p out) {
	p.open(NSDomainNom, "chkData").attr("abuse-limit", strconv.Itoa(max(d.AbuseLimit, 0)))
}

func (d *DomainNomInfoData) encode(p out) {
	o := p.open(NSDomainNom, "infData")
	o.text("reg-status", d.RegStatus)
	o.opt("first-bill", d.FirstBill)
	o.opt("recur-bill", d.RecurBill)
	for _, f := range []struct {
		tag string
		n   *int
	}{
		{"auto-bill", d.AutoBill}, {"auto-period", d.AutoPeriod},
		{"next-bill", d.NextBill}, {"next-period", d.NextPeriod},
	} {
		if f.n != nil {
			o.num(f.tag, *f.n)
		}
	}
	if d.RenewNotRequired {
		o.text("renew-not-required", "Y")
	}
	for _, n := range d.Notes {
		o.text("notes", n)
	}
	o.opt("reseller", d.Reseller)
}

func (d *ContactNomInfoData) encode(p out) {
	o := p.open(NSContactNom, "infData")
	for _, f := range []struct {
		tag string
		s   *string
	}{{"trad-name", d.TradName}, {"type", d.Type}, {"co-no", d.CoNo}} {
		if f.s != nil {
			o.text(f.tag, *f.s)
		}
	}
	if d.OptOut != nil {
		o.text("opt-out", yesNo(*d.OptOut))
	}
}

func (d *DataQualityInfoData) encode(p out) {
	o := p.open(NSDataQuality, "infData")
	o.text("status", d.Status)
	o.opt("reason", d.Reason)
	o.optTime("dateCommenced", d.DateCommenced)
	o.optTime("dateToSuspend", d.DateToSuspend)
	if d.LockApplied != nil {
		o.text("lockApplied", yesNo(*d.LockApplied))
	}
	if d.Domains != nil {
		names(o.add("domainListData"), d.Domains)
	}
}

// names writes a list of domain names and their number.
func names(o out, list []string) {
	o.attr("noDomains", strconv.Itoa(len(list)))
	for _, n := range list {
		o.text("domainName", n)
	}
}
