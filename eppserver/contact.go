package eppserver

import (
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// contactCommands are the commands on contacts.
var contactCommands = map[commandKey]handlerFunc{
	{verb: xml.VerbCheck, object: "contact"}:  contactCheck,
	{verb: xml.VerbInfo, object: "contact"}:   contactInfo,
	{verb: xml.VerbCreate, object: "contact"}: contactCreate,
	{verb: xml.VerbUpdate, object: "contact"}: contactUpdate,
	{verb: xml.VerbDelete, object: "contact"}: contactDelete,
}

// contactCheck answers RFC 5733 section 3.1.1.
func contactCheck(c *call) (answer, error) {
	found, err := c.reg.CheckContacts(c.ctx, c.cmd.Action.(*xml.ContactCheck).IDs)
	if err != nil {
		return answer{}, err
	}
	return answer{resData: &xml.ContactCheckData{Items: checkItems(found)}}, nil
}

func checkItems(found []registry.Availability) []xml.CheckItem {
	items := make([]xml.CheckItem, len(found))
	for i, f := range found {
		items[i] = xml.CheckItem{Name: f.Name, Avail: f.Available, Reason: f.Reason}
	}
	return items
}

// contactCreate makes a contact (RFC 5733 section 3.2.1).
func contactCreate(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.ContactCreate)
	p := registry.CreateContactParams{
		ContactValues: registry.ContactValues{Handle: a.ID, Email: a.Email},
		AuthInfo:      registry.AuthInfo(a.AuthInfo.PW.Reveal()),
		Disclose:      disclosureOf(a.Disclose),
	}
	for _, postal := range a.Postal {
		v := addressOf(postal.Addr)
		v.Form, v.Name, v.Org = registry.PostalForm(postal.Type), postal.Name, postal.Org
		p.Postal = append(p.Postal, v)
	}
	if a.Voice != nil {
		p.Voice, p.VoiceExt = a.Voice.Number, a.Voice.Ext
	}
	if a.Fax != nil {
		p.Fax, p.FaxExt = a.Fax.Number, a.Fax.Ext
	}
	if n := c.cmd.Ext.ContactNom; n != nil {
		p.TradName, p.Type, p.CompanyNo = text(n.TradName), text(n.Type), text(n.CoNo)
		p.OptOut = n.OptOut != nil && *n.OptOut
	}
	made, ignored, err := c.reg.CreateContact(c.ctx, c.actor, p)
	if err != nil {
		return answer{}, err
	}
	return answer{resData: &xml.ContactCreateData{ID: made.Handle, CrDate: made.Created}, ext: ignoredWarnings(ignored)}, nil
}

// contactUpdate changes a contact (RFC 5733 section 3.2.5); an extension alone
// is a change too, and so is a wish to have the data judged anew.
func contactUpdate(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.ContactUpdate)
	p := registry.UpdateContactParams{Handle: a.ID, Validate: c.cmd.Ext.DataQuality != nil}
	var err error
	p.AddStatuses, err = statusesOf(registry.ObjectContact, a.Add)
	if err != nil {
		return answer{}, err
	}
	p.RemoveStatuses, err = statusesOf(registry.ObjectContact, a.Rem)
	if err != nil {
		return answer{}, err
	}
	changeContact(&p, a.Chg)
	if n := c.cmd.Ext.ContactNom; n != nil {
		p.TradName, p.Type, p.CompanyNo, p.OptOut = n.TradName, n.Type, n.CoNo, n.OptOut
	}
	after, ignored, err := c.reg.UpdateContact(c.ctx, c.actor, p)
	if err != nil {
		return answer{}, err
	}
	out := answer{ext: ignoredWarnings(ignored)}
	if after.Waiting != 0 {
		out.code = xml.CodeOKPending
	}
	return out, nil
}

func changeContact(p *registry.UpdateContactParams, chg *xml.ContactChange) {
	if chg == nil {
		return
	}
	for _, postal := range chg.Postal {
		change := registry.PostalChange{Form: registry.PostalForm(postal.Type), Name: postal.Name, Org: postal.Org}
		if postal.Addr != nil {
			v := addressOf(*postal.Addr)
			change.Address = &v
		}
		p.Postal = append(p.Postal, change)
	}
	p.Voice, p.Fax = phoneOf(chg.Voice), phoneOf(chg.Fax)
	p.Email, p.Disclose = chg.Email, disclosureOf(chg.Disclose)
	if chg.AuthInfo != nil {
		pw := registry.AuthInfo(chg.AuthInfo.PW.Reveal())
		p.AuthInfo = &pw
	}
}

// contactDelete deletes a contact (RFC 5733 section 3.2.2).
func contactDelete(c *call) (answer, error) {
	return answer{}, c.reg.DeleteContact(c.ctx, c.actor, c.cmd.Action.(*xml.ContactDelete).ID)
}

func addressOf(a xml.Addr) registry.PostalValues {
	return registry.PostalValues{Street: a.Street, City: a.City, Province: a.SP, PostalCode: a.PC, Country: a.CC}
}

func phoneOf(p *xml.Phone) *registry.Phone {
	if p == nil {
		return nil
	}
	return &registry.Phone{Number: p.Number, Ext: p.Ext}
}

func disclosureOf(d *xml.Disclose) *registry.Disclosure {
	if d == nil {
		return nil
	}
	return &registry.Disclosure{Flag: d.Flag, Name: postalForms(d.Name), Org: postalForms(d.Org), Addr: postalForms(d.Addr),
		Voice: d.Voice, Fax: d.Fax, Email: d.Email}
}

func postalForms(list []string) []registry.PostalForm {
	var out []registry.PostalForm
	for _, s := range list {
		out = append(out, registry.PostalForm(s))
	}
	return out
}

// ignoredWarnings tells uk clients what of a command was not used.
func ignoredWarnings(list []registry.Ignored) []xml.Payload {
	var out []xml.Payload
	for _, i := range list {
		switch i.Field {
		case "contact:postalInfo":
			out = append(out, &xml.WarnPostalInfoIgnored{Type: i.Value, Text: "A contact has one postalInfo; this one was not kept."})
		case "host:addr":
			out = append(out, &xml.WarnGlueIgnored{IP: i.Value, Text: "The host lies outside our zones and takes no addresses."})
		case "contact:authInfo":
			out = append(out, &xml.WarnIgnoredField{Field: "authInfo", Text: "Contacts have no authInfo here; yours was not kept."})
		}
	}
	return out
}
