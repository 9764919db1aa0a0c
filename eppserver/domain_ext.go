package eppserver

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// createNom fills in what domain-nom-ext says of a new name.
func createNom(p *registry.CreateDomainParams, n *xml.DomainNom) {
	if n == nil {
		return
	}
	p.FirstBill, p.RecurBill = registry.RecurBill(text(n.FirstBill)), registry.RecurBill(text(n.RecurBill))
	p.Bill = registry.BillSettings{Auto: number(n.AutoBill), Next: number(n.NextBill),
		AutoPeriod: number(n.AutoPeriod), NextPeriod: number(n.NextPeriod)}
	p.Notes, p.Reseller = notes(n.Notes), text(n.Reseller)
}

// updateNom fills in what domain-nom-ext changes: an empty element clears.
func updateNom(p *registry.UpdateDomainParams, n *xml.DomainNom) {
	if n == nil {
		return
	}
	p.FirstBill, p.RecurBill = bill(n.FirstBill), bill(n.RecurBill)
	p.AutoBill, p.NextBill = change(n.AutoBill), change(n.NextBill)
	p.AutoPeriod, p.NextPeriod = change(n.AutoPeriod), change(n.NextPeriod)
	p.RenewNotRequired, p.Reseller = n.RenewNotRequired, n.Reseller
	if n.Notes != nil {
		list := notes(n.Notes)
		p.Notes = &list
	}
}

// notes drops empty ones: one empty note is how clients clear them all.
func notes(list []string) []string {
	out := []string{}
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func bill(s *string) *registry.RecurBill {
	if s == nil {
		return nil
	}
	b := registry.RecurBill(*s)
	return &b
}

func change(n *xml.IntChange) *int {
	if n == nil {
		return nil
	}
	v := number(n)
	return &v
}

func number(n *xml.IntChange) int {
	if n == nil || n.Clear {
		return 0
	}
	return n.Value
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// dnssecOf reads the DNSSEC data of a create or an addition (RFC 5910). The
// register keeps no maximum signature life, so asking for one is refused
// (section 3.3 leaves it to the server).
func dnssecOf(x *xml.SecDNSCreate) (registry.DNSSEC, error) {
	if x.MaxSigLife != 0 {
		return registry.DNSSEC{}, noSigLife(x.MaxSigLife)
	}
	return dnssecData(x.DS, x.Keys)
}

func noSigLife(seconds int) error {
	return registry.Refuse(registry.KindUnimplementedOption, "", "maxSigLife is not offered.").
		About("secDNS:maxSigLife", strconv.Itoa(seconds))
}

func dnssecData(ds []xml.DSData, keys []xml.KeyData) (registry.DNSSEC, error) {
	var out registry.DNSSEC
	for _, d := range ds {
		digest, err := hex.DecodeString(d.Digest)
		if err != nil {
			return out, registry.Refuse(registry.KindParamSyntax, "", "A digest is hexadecimal.").About("secDNS:digest", d.Digest)
		}
		rec := registry.DSData{KeyTag: int(d.KeyTag), Algorithm: int(d.Alg), DigestType: int(d.DigestType), Digest: digest}
		if d.KeyData != nil {
			k, err := keyOf(*d.KeyData)
			if err != nil {
				return out, err
			}
			rec.Key = &k
		}
		out.DS = append(out.DS, rec)
	}
	for _, kd := range keys {
		k, err := keyOf(kd)
		if err != nil {
			return out, err
		}
		out.Keys = append(out.Keys, k)
	}
	return out, nil
}

func keyOf(k xml.KeyData) (registry.KeyData, error) {
	raw, err := base64.StdEncoding.DecodeString(k.PubKey)
	if err != nil {
		return registry.KeyData{}, registry.Refuse(registry.KindParamSyntax, "", "A public key is base64.").About("secDNS:pubKey", k.PubKey)
	}
	return registry.KeyData{Flags: int(k.Flags), Protocol: int(k.Protocol), Algorithm: int(k.Alg), PublicKey: raw}, nil
}

// dnssecChange reads a change: rem, then add, then chg (RFC 5910 section 5.2.5).
// An empty one changes nothing: uk clients send it.
func dnssecChange(x *xml.SecDNSUpdate) (*registry.DNSSECChange, error) {
	if x.Urgent {
		return nil, registry.Refuse(registry.KindUnimplementedOption, "", "Urgent updates are not offered; all are published at once.").
			About("secDNS:update", "")
	}
	if x.Chg != nil && x.Chg.MaxSigLife != 0 {
		return nil, noSigLife(x.Chg.MaxSigLife)
	}
	if x.Rem == nil && x.Add == nil {
		return nil, nil
	}
	out := &registry.DNSSECChange{}
	var err error
	if x.Rem != nil {
		out.RemoveAll = x.Rem.All
		out.Remove, err = dnssecData(x.Rem.DS, x.Rem.Keys)
		if err != nil {
			return nil, err
		}
	}
	if x.Add != nil {
		out.Add, err = dnssecOf(x.Add)
	}
	return out, err
}

// warnings tells a uk client what of its command was not used: its authInfo,
// and addresses of name servers that lie outside the name.
func (c *call) warnings(d *registry.Domain, auth *xml.AuthInfo, ns *xml.NS) []xml.Payload {
	if !c.uk() {
		return nil
	}
	var out []xml.Payload
	if auth != nil && auth.PW != "" && d.Zone.Profile == registry.ProfileUK {
		out = append(out, &xml.WarnIgnoredField{Field: "authInfo", Text: "The registry issues authInfo itself; yours was not kept."})
	}
	if ns == nil {
		return out
	}
	for _, h := range ns.HostAttrs {
		if len(h.Addrs) > 0 && !registry.NeedsGlue(h.Host, d.Name) {
			out = append(out, &xml.WarnGlueRemoved{NameServer: h.Host, Text: "It lies outside the name and needs no addresses."})
		}
	}
	return out
}

// fundsWarning tells a uk client that its tag can spend little more, in whole
// units of its currency.
func (c *call) fundsWarning(d *registry.Domain) []xml.Payload {
	if !c.uk() || d.FundsLeft == nil {
		return nil
	}
	whole := max(0, d.FundsLeft.Minor)
	digits, err := billing.Digits(d.FundsLeft.Currency)
	for ; err == nil && digits > 0; digits-- {
		whole /= 10
	}
	return []xml.Payload{&xml.WarnCreditLimit{Remaining: uint16(min(whole, math.MaxUint16)),
		Text: "Your tag may still spend " + d.FundsLeft.String() + "."}}
}
