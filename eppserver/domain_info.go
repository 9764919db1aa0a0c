package eppserver

import (
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// domainInfo shows a name (RFC 5731 section 3.1.2): all of it to the sponsor and
// to whom the right authInfo is known, otherwise what is public (rule C9).
func domainInfo(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.DomainInfo)
	p := registry.InfoDomainParams{Name: a.Name}
	if a.AuthInfo != nil {
		p.AuthInfo = registry.AuthInfo(a.AuthInfo.PW.Reveal())
	}
	v, err := c.reg.InfoDomain(c.ctx, c.actor, p)
	if err != nil {
		return answer{}, err
	}
	if a.AuthInfo != nil && p.AuthInfo == "" && v.Zone.Profile == registry.ProfileGTLD {
		// An empty value matches nothing, not even an authInfo that is not set
		// (RFC 9154 section 4.3).
		return answer{}, registry.Refuse(registry.KindBadAuthInfo, "", "An empty authInfo matches nothing.").About("domain:authInfo", "")
	}
	data := publicInfo(c.reg, v)
	if v.Full {
		fullInfo(data, v)
	}
	showHosts(data, v, a.Hosts)
	out := answer{resData: data}
	if v.Full && c.uk() {
		out.ext = append(out.ext, nomInfo(v))
	}
	if v.Full && v.SponsorID == c.actor.Registrar && v.Zone.Profile == registry.ProfileUK && c.s.announces(xml.NSRenewal) {
		renewal, err := c.renewalInfo(v)
		if err != nil {
			return answer{}, err
		}
		out.ext = append(out.ext, renewal)
	}
	if !v.DNSSEC.Empty() {
		out.ext = append(out.ext, secDNSInfo(v.DNSSEC))
	}
	if states := v.RGPStates(c.reg.Now()); len(states) > 0 && v.Zone.Profile == registry.ProfileGTLD {
		out.ext = append(out.ext, &xml.RGPInfoData{Statuses: rgpStatuses(states)})
	}
	return out, nil
}

func publicInfo(reg *registry.Registry, v registry.DomainView) *xml.DomainInfoData {
	return &xml.DomainInfoData{
		Name: v.Name, ROID: reg.DomainROID(v.Domain), Statuses: shownStatuses(v.Domain),
		ClID: v.Sponsor, CrDate: v.Created, ExDate: v.Expires.EPPTime(),
	}
}

func fullInfo(data *xml.DomainInfoData, v registry.DomainView) {
	data.Registrant = v.Registrant
	for _, k := range v.Contacts {
		data.Contacts = append(data.Contacts, xml.DomainContact{Type: k.Role, ID: k.Handle})
	}
	data.CrID = v.Creator
	data.UpID, data.UpDate, data.TrDate = v.Updater, v.Updated, v.Transferred
}

// showHosts gives the hosts that the client asked for: del, sub, all or none.
func showHosts(data *xml.DomainInfoData, v registry.DomainView, which string) {
	if (which == "all" || which == "del") && len(v.Hosts) > 0 {
		data.NS = &xml.NS{HostObjs: v.Hosts}
	}
	if which == "all" || which == "sub" {
		data.Hosts = v.Subordinate
	}
}

func shownStatuses(d *registry.Domain) []xml.Status {
	var out []xml.Status
	for _, s := range d.ShownStatuses() {
		out = append(out, xml.Status{S: string(s)})
	}
	return out
}

func nomInfo(v registry.DomainView) *xml.DomainNomInfoData {
	return &xml.DomainNomInfoData{
		RegStatus: v.Status.NomExt(), FirstBill: string(v.FirstBill), RecurBill: string(v.RecurBill),
		AutoBill: given(v.Bill.Auto), NextBill: given(v.Bill.Next),
		AutoPeriod: given(v.Bill.AutoPeriod), NextPeriod: given(v.Bill.NextPeriod),
		RenewNotRequired: v.RenewNotRequired, Notes: v.Notes, Reseller: v.Reseller,
	}
}

// given is nil for 0.
func given(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

func secDNSInfo(s registry.DNSSEC) *xml.SecDNSInfoData {
	out := &xml.SecDNSInfoData{}
	for _, d := range s.DS {
		ds := xml.DSData{KeyTag: uint16(d.KeyTag), Alg: uint8(d.Algorithm), DigestType: uint8(d.DigestType),
			Digest: strings.ToUpper(hex.EncodeToString(d.Digest))}
		if d.Key != nil {
			k := keyInfo(*d.Key)
			ds.KeyData = &k
		}
		out.DS = append(out.DS, ds)
	}
	for _, k := range s.Keys {
		out.Keys = append(out.Keys, keyInfo(k))
	}
	return out
}

func keyInfo(k registry.KeyData) xml.KeyData {
	return xml.KeyData{Flags: uint16(k.Flags), Protocol: uint8(k.Protocol), Alg: uint8(k.Algorithm),
		PubKey: base64.StdEncoding.EncodeToString(k.PublicKey)}
}

func rgpStatuses(states []registry.RGPState) []xml.Status {
	out := make([]xml.Status, len(states))
	for i, s := range states {
		out[i] = xml.Status{S: string(s)}
	}
	return out
}
