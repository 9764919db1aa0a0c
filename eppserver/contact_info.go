package eppserver

import (
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// What stands in the places of a contact's data that are not shown (B34). The
// schema demands a city, a country and an e-mail address; ZZ is no country
// (ISO 3166-1 leaves it to users), and no mail reaches the domain invalid
// (RFC 2606).
const (
	hiddenCity    = "not disclosed"
	hiddenCountry = "ZZ"
	hiddenEmail   = "not-disclosed@invalid"
)

// contactInfo shows a contact (RFC 5733 section 3.1.2), in uk also found by its
// roid.
func contactInfo(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.ContactInfo)
	p := registry.InfoContactParams{Handle: a.ID}
	if a.AuthInfo != nil {
		p.AuthInfo = registry.AuthInfo(a.AuthInfo.PW.Reveal())
	}
	if x := c.cmd.Ext.ContactNomInfo; x != nil {
		p.ROID = x.ROID
	}
	v, err := c.reg.InfoContact(c.ctx, c.actor, p)
	if err != nil {
		return answer{}, err
	}
	data := contactData(c.reg, v.Contact)
	if !v.Full {
		hide(data)
		return answer{resData: data}, nil
	}
	out := answer{resData: data}
	if c.uk() {
		out.ext = []xml.Payload{contactNomInfo(v.Contact)}
	}
	if c.s.announces(xml.NSDataQuality) {
		quality, err := c.dataQuality(v.Contact)
		if err != nil {
			return answer{}, err
		}
		out.ext = append(out.ext, quality)
	}
	return out, nil
}

// contactData is a contact as contact:infData shows it.
func contactData(reg *registry.Registry, k *registry.Contact) *xml.ContactInfoData {
	data := &xml.ContactInfoData{
		ID: k.Handle, ROID: reg.ContactROID(k), Statuses: statusList(k.ShownStatuses()),
		Email: k.Email, ClID: k.Sponsor, CrID: k.Creator, CrDate: k.Created,
		UpID: k.Updater, UpDate: k.Updated, TrDate: k.Transferred,
		Voice: phoneInfo(k.Voice, k.VoiceExt), Fax: phoneInfo(k.Fax, k.FaxExt), Disclose: disclosureInfo(k.Disclose),
	}
	for _, p := range k.Postal {
		data.Postal = append(data.Postal, xml.PostalInfo{Type: string(p.Form), Name: p.Name, Org: p.Org,
			Addr: xml.Addr{Street: p.Street, City: p.City, SP: p.Province, PC: p.PostalCode, CC: p.Country}})
	}
	return data
}

// hide fills the places that the register left empty.
func hide(data *xml.ContactInfoData) {
	data.Email = hiddenEmail
	for i := range data.Postal {
		data.Postal[i].Addr = xml.Addr{City: hiddenCity, CC: hiddenCountry}
	}
}

func contactNomInfo(v *registry.Contact) *xml.ContactNomInfoData {
	return &xml.ContactNomInfoData{TradName: filled(v.TradName), Type: filled(v.Type), CoNo: filled(v.CompanyNo), OptOut: &v.OptOut}
}

// dataQuality tells whether the contact's data meets the rules of today
// (nom-data-quality-1.1), and how the verification of its address stands (C7):
// since when it is asked for, until when it is to be confirmed where names are
// suspended otherwise, and whether they are.
func (c *call) dataQuality(k *registry.Contact) (*xml.DataQualityInfoData, error) {
	locked := false
	data := &xml.DataQualityInfoData{Status: "valid", Reason: k.DataFault(), LockApplied: &locked}
	if data.Reason != "" {
		data.Status = "invalid"
	}
	v, err := c.reg.ContactVerification(c.ctx, k.ID)
	if err != nil || v == nil || v.State == registry.Verified {
		return data, err
	}
	data.DateCommenced = v.Asked.EPPTime()
	if v.Suspends {
		data.DateToSuspend = v.LastDay.AddDays(1).EPPTime()
	}
	if data.Status == "valid" {
		data.Status, data.Reason = string(v.State), "The e-mail address is not confirmed yet."
	}
	locked = v.Held > 0
	return data, nil
}

// filled is a text, or nil where it is empty.
func filled(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func phoneInfo(number, ext string) *xml.Phone {
	if number == "" {
		return nil
	}
	return &xml.Phone{Number: number, Ext: ext}
}

func disclosureInfo(d *registry.Disclosure) *xml.Disclose {
	if d == nil {
		return nil
	}
	return &xml.Disclose{Flag: d.Flag, Name: formTexts(d.Name), Org: formTexts(d.Org), Addr: formTexts(d.Addr),
		Voice: d.Voice, Fax: d.Fax, Email: d.Email}
}

func formTexts(list []registry.PostalForm) []string {
	var out []string
	for _, f := range list {
		out = append(out, string(f))
	}
	return out
}

func statusList(list []registry.Status) []xml.Status {
	out := make([]xml.Status, len(list))
	for i, s := range list {
		out[i] = xml.Status{S: string(s)}
	}
	return out
}
