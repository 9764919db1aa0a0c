package xml

import "strconv"

// warning writes one element of std-warning-1.1 with at most one attribute.
func warning(p out, tag, text, key, value string) out {
	return p.open(NSWarning, tag).set(text).optAttr(key, value)
}

func (w *WarnCreditLimit) encode(p out) {
	warning(p, "credit-limit", w.Text, "remaining", strconv.Itoa(int(w.Remaining)))
}
func (w *WarnGlueRemoved) encode(p out) {
	warning(p, "glue-removed", w.Text, "nameserverName", w.NameServer)
}
func (w *WarnGlueIgnored) encode(p out) { warning(p, "glue-ignored", w.Text, "ip", w.IP) }
func (w *WarnDeprecatedField) encode(p out) {
	warning(p, "deprecated-field", w.Text, "field-name", w.Field).attr("processed", yesNo(w.Processed))
}
func (w *WarnRegTypeSet) encode(p out)       { warning(p, "reg-type-set", w.Text, "setTo", w.SetTo) }
func (w *WarnAccountIDIgnored) encode(p out) { warning(p, "account-id-ignored", w.Text, "", "") }
func (w *WarnContactMoved) encode(p out) {
	warning(p, "contact-moved", w.Text, "original", w.Original).optAttr("final", w.Final)
}
func (w *WarnIgnoredField) encode(p out) {
	warning(p, "ignored-field", w.Text, "field-name", w.Field)
}
func (w *WarnIgnoredAttribute) encode(p out) {
	warning(p, "ignored-attribute", w.Text, "attribute-name", w.Attribute)
}
func (w *WarnPostalInfoIgnored) encode(p out) {
	warning(p, "postalInfo-ignored", w.Text, "type", w.Type)
}
func (w *WarnTruncatedField) encode(p out) {
	warning(p, "truncated-field", w.Text, "field-name", w.Field)
}
func (w *WarnHostIgnored) encode(p out) { warning(p, "host-ignored", w.Text, "host-name", w.Host) }
func (w *WarnRegistrarAccountForked) encode(p out) {
	warning(p, "registrar-account-forked", w.Text, "registrant", w.Registrant)
}

func (d *ReleasePending) encode(p out) { p.open(NSRelease, "releasePending").set(d.Text) }

func (d *HandshakeData) encode(p out) {
	o := p.open(NSHandshake, "hanData")
	o.text("caseId", d.CaseID)
	if len(d.Domains) > 0 {
		names(o.add("domainListData"), d.Domains)
	}
}

func (d *ListData) encode(p out) { names(p.open(NSList, "listData"), d.Domains) }

func (d *TagListData) encode(p out) {
	o := p.open(NSTag, "listData")
	for i := range d.Tags {
		t := &d.Tags[i]
		e := o.add("infData")
		e.text("registrar-tag", t.RegistrarTag)
		e.text("name", clip(t.Name, 255))
		e.opt("trad-name", clip(t.TradName, 255))
		e.text("handshake", yesNo(t.Handshake))
	}
}

func (d *DirectRightsCheckData) encode(p out) {
	p.open(NSDirectRights, "chkData").text("ror", d.ROR)
}

// fill writes domainListData unless there is nothing in it.
func (d *NoticeDomains) fill(p out) {
	if d == nil || len(d.Info)+len(d.Names) == 0 {
		return
	}
	o := p.add("domainListData")
	if len(d.Info) == 0 {
		names(o, d.Names)
		return
	}
	o.attr("noDomains", strconv.Itoa(len(d.Info)))
	for i := range d.Info {
		d.Info[i].encode(o)
	}
}

// fill writes hostListData.
func (d *NoticeHosts) fill(p out) {
	o := p.add("hostListData")
	if len(d.Info) == 0 {
		o.attr("noHosts", strconv.Itoa(len(d.Names)))
		for _, n := range d.Names {
			o.text("hostObj", n)
		}
		return
	}
	o.attr("noHosts", strconv.Itoa(len(d.Info)))
	for i := range d.Info {
		d.Info[i].encode(o)
	}
}

func (d *RegistrarChangeData) encode(p out) {
	o := p.open(NSNotifications, "rcData")
	o.text("orig", d.Orig)
	o.text("registrarTag", d.RegistrarTag)
	o.opt("caseId", d.CaseID)
	d.Domains.fill(o)
	d.Contact.encode(o)
}

func (d *ReleasedData) encode(p out) {
	o := p.open(NSNotifications, "relData")
	id := o.text("accountId", d.AccountID)
	if d.Moved != nil {
		id.attr("moved", yesNo(*d.Moved))
	}
	o.text("from", d.From)
	o.text("registrarTag", d.RegistrarTag)
	d.Domains.fill(o)
}

func (d *CancelledData) encode(p out) {
	o := p.open(NSNotifications, "cancData")
	for _, n := range d.Domains {
		o.text("domainName", n)
	}
	o.text("orig", d.Orig)
}

func (d *SuspendedData) encode(p out) {
	o := p.open(NSNotifications, "suspData")
	o.text("reason", d.Reason)
	o.optTime("cancelDate", d.CancelDate)
	d.Domains.fill(o)
}

func (d *RegistrantTransferData) encode(p out) {
	o := p.open(NSNotifications, "trnData")
	o.text("orig", d.Orig)
	o.opt("accountId", d.AccountID)
	o.opt("oldAccountId", d.OldAccountID)
	o.opt("caseId", d.CaseID)
	d.Domains.fill(o)
	d.Contact.encode(o)
}

func (d *RegistrantTransferAuthData) encode(p out) {
	o := p.open(NSNotifications, "trnAuthData")
	o.text("orig", d.Orig)
	o.text("caseId", d.CaseID)
	d.Domains.fill(o)
	d.Contact.encode(o)
}

func (d *ProcessData) encode(p out) {
	o := p.open(NSNotifications, "processData").optAttr("stage", d.Stage)
	d.Contact.encode(o)
	o.text("processType", d.ProcessType)
	o.optTime("suspendDate", d.SuspendDate)
	o.optTime("cancelDate", d.CancelDate)
	d.Domains.fill(o)
}

func (d *PoorQualityData) encode(p out) {
	o := p.open(NSNotifications, "pqData").optAttr("stage", d.Stage)
	d.Contact.encode(o)
	o.optTime("suspendDate", d.SuspendDate)
	o.optTime("cancelDate", d.CancelDate)
	d.Domains.fill(o)
}

func (d *DomainFailData) encode(p out) {
	o := p.open(NSNotifications, "domainFailData")
	o.text("domainName", d.Domain)
	o.text("reason", clip(d.Reason, 255))
}

func (d *HostCancelledData) encode(p out) {
	o := p.open(NSNotifications, "hostCancData")
	d.Hosts.fill(o)
	d.Domains.fill(o)
}

func (d *ContactDeletedData) encode(p out) {
	o := p.open(NSNotifications, "contactDelData")
	o.opt("contactId", d.ContactID)
	o.text("roid", d.ROID)
}
