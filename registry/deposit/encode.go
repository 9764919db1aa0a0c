package deposit

import (
	"strings"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml/escrow"
)

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// encodeTransfer writes a transfer; nil for none.
func encodeTransfer(t *registry.Transfer) *escrow.Transfer {
	if t == nil {
		return nil
	}
	out := &escrow.Transfer{Status: t.State, Gaining: t.Gaining, Losing: t.Losing, Asked: t.Requested, Acted: t.ActBy}
	if !t.Expires.IsZero() {
		out.ExpiryTo = t.Expires.EPPTime()
	}
	return out
}

// uName is a name in its own letters, "" where that is the same.
func uName(name string) string {
	if u := registry.ToUnicode(name); u != name {
		return u
	}
	return ""
}

func encodeDomain(d registry.EscrowDomain) (escrow.Domain, escrow.Extra, error) {
	out := escrow.Domain{
		Name: d.Name, ROID: d.ROID, UName: uName(d.Name), RGP: texts(d.RGP), Registrant: d.Registrant, Hosts: d.Hosts,
		ClID: d.Sponsor, Created: escrow.Event{By: d.Creator, At: d.Created}, Updated: escrow.Event{By: d.Updater, At: d.Updated},
		Expires: d.Expires.EPPTime(), Transferred: d.Transferred, Transfer: encodeTransfer(d.Last),
	}
	if out.UName != "" {
		out.IDNTable = string(d.Zone.IDNTable)
	}
	shown := d.Statuses
	if d.Suspended() {
		shown = shown.With(registry.StatusServerHold)
	}
	out.Statuses = texts(shown.Shown(registry.ObjectDomain, len(d.Hosts) > 0))
	for _, c := range d.Contacts {
		out.Contacts = append(out.Contacts, escrow.ContactRef{Role: c.Role, ID: c.Handle})
	}
	for _, s := range d.DNSSEC.DS {
		ds := escrow.DS{KeyTag: s.KeyTag, Algorithm: s.Algorithm, DigestType: s.DigestType, Digest: s.Digest}
		if s.Key != nil {
			k := encodeKey(*s.Key)
			ds.Key = &k
		}
		out.DS = append(out.DS, ds)
	}
	for _, k := range d.DNSSEC.Keys {
		out.Keys = append(out.Keys, encodeKey(k))
	}
	x, err := extra(objectDomain, d.Name, domainValues(d))
	return out, x, err
}

func encodeKey(k registry.KeyData) escrow.Key {
	return escrow.Key{Flags: k.Flags, Protocol: k.Protocol, Algorithm: k.Algorithm, PublicKey: k.PublicKey}
}

func domainValues(d registry.EscrowDomain) domainExtra {
	v := domainExtra{
		Expires: d.Expires, Statuses: d.Statuses, Unassigned: d.Unassigned,
		SuspendedOn: datePtr(d.SuspendedOn), SuspendedReason: d.SuspendedReason,
		AutoBill: d.Bill.Auto, NextBill: d.Bill.Next, AutoPeriod: d.Bill.AutoPeriod, NextPeriod: d.Bill.NextPeriod,
		FirstBill: string(d.FirstBill), RecurBill: string(d.RecurBill), RenewNotRequired: d.RenewNotRequired,
		AdvanceWarning: datePtr(d.Notices.AdvanceWarning), Reminder: datePtr(d.Notices.Reminder),
		ProForma: datePtr(d.Notices.ProForma), NotRequired: datePtr(d.Notices.NotRequired),
		Notes: d.Notes, Reseller: d.Reseller, Referred: timePtr(d.Referred), PhaseEnds: timePtr(d.DeletePhaseEnds),
		TagChanged: d.TagChanged, AuthHash: d.Auth, AuthSet: timePtr(d.AuthSet),
	}
	if d.Last != nil {
		v.TransferYears = d.Last.Years
	}
	for _, g := range d.Grace {
		v.Grace = append(v.Grace, graceExtra{State: g.State, Tag: g.Tag, Years: g.Years, Starts: g.Starts.UTC(), Ends: g.Ends.UTC()})
	}
	return v
}

func encodeContact(c registry.EscrowContact) (escrow.Contact, escrow.Extra, error) {
	out := escrow.Contact{
		ID: c.Handle, ROID: c.ROID, Statuses: texts(c.Statuses.Shown(registry.ObjectContact, false)),
		Voice: escrow.Phone{Number: c.Voice, Ext: c.VoiceExt}, Fax: escrow.Phone{Number: c.Fax, Ext: c.FaxExt}, Email: c.Email,
		ClID: c.Sponsor, Created: escrow.Event{By: c.Creator, At: c.Created}, Updated: escrow.Event{By: c.Updater, At: c.Updated},
		Transferred: c.Transferred, Transfer: encodeTransfer(c.Last),
	}
	for _, p := range c.Postal {
		out.Postal = append(out.Postal, escrow.Postal{Type: string(p.Form), Name: p.Name, Org: p.Org, Street: p.Street,
			City: p.City, SP: p.Province, PC: p.PostalCode, CC: p.Country})
	}
	if d := c.Disclose; d != nil {
		out.Disclose = &escrow.Disclose{Flag: d.Flag, Name: texts(d.Name), Org: texts(d.Org), Addr: texts(d.Addr),
			Voice: d.Voice, Fax: d.Fax, Email: d.Email}
	}
	x, err := extra(objectContact, c.Handle, contactExtra{TradName: c.TradName, Type: c.Type, CompanyNo: c.CompanyNo,
		OptOut: c.OptOut, Natural: c.Natural, AuthHash: c.Auth, AuthSet: timePtr(c.AuthSet)})
	return out, x, err
}

func encodeHost(h registry.EscrowHost) escrow.Host {
	out := escrow.Host{
		Name: h.Name, ROID: h.ROID, Statuses: texts(h.Statuses.Shown(registry.ObjectHost, false)), ClID: h.Sponsor,
		Created: escrow.Event{By: h.Creator, At: h.Created}, Updated: escrow.Event{By: h.Updater, At: h.Updated}, Transferred: h.Transferred,
	}
	for _, a := range h.Addresses {
		out.Addrs = append(out.Addrs, a.String())
	}
	return out
}

// registrarStatus is the RFC's word for a registrar's state.
var registrarStatus = map[registry.RegistrarState]string{
	registry.RegistrarActive: "ok", registry.RegistrarSuspended: "readonly", registry.RegistrarClosed: "terminated",
}

func encodeRegistrar(v registry.Registrar) (escrow.Registrar, escrow.Extra, error) {
	out := escrow.Registrar{ID: v.TAG, Name: v.Name, Status: registrarStatus[v.State], Email: v.TechnicalEmail,
		URL: v.URL, Created: v.Created, Updated: v.Updated}
	if out.Email == "" {
		out.Email = v.BillingEmail
	}
	x, err := extra(objectRegistrar, v.TAG, registrarExtra{Kind: v.Kind, State: v.State, Settings: v.RegistrarSettings})
	return out, x, err
}

func encodeZone(z registry.EscrowZone) (escrow.Extra, error) {
	return extra(objectZone, z.Name, zoneExtra{z.Settings})
}

func encodeReservation(zone registry.EscrowZone, v registry.Reservation) (escrow.NNDN, escrow.Extra, error) {
	name := v.Label + "." + zone.Name
	out := escrow.NNDN{AName: name, UName: uName(name), State: "withheld"}
	if out.UName != "" {
		out.IDNTable = zone.Settings.IDNTable
	}
	if v.Kind == registry.LabelBlocked {
		out.State = "blocked"
	}
	x, err := extra(objectNNDN, name, nndnExtra{v.Kind, v.Reason})
	return out, x, err
}

// topLabel is what a deposit's header calls its domain: what all zones have in
// common, "" where that is nothing.
func topLabel(zones []registry.EscrowZone) string {
	var common []string
	for i, z := range zones {
		labels := strings.Split(z.Name, ".")
		if i == 0 {
			common = labels
			continue
		}
		n := 0
		for n < len(common) && n < len(labels) && common[len(common)-1-n] == labels[len(labels)-1-n] {
			n++
		}
		common = common[len(common)-n:]
	}
	return strings.Join(common, ".")
}
