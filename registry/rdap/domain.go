package rdap

import (
	"encoding/base64"
	"encoding/hex"
	"net/netip"
	"strings"
	"time"

	"github.com/namekeep/namekeep/registry"
)

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// events are those of an object; times that are zero did not happen.
func events(now time.Time, list ...any) []event {
	out := []event{}
	for i := 0; i < len(list); i += 2 {
		if at := list[i+1].(time.Time); !at.IsZero() {
			out = append(out, event{list[i].(string), stamp(at)})
		}
	}
	return append(out, event{"last update of RDAP database", stamp(now)})
}

// unicodeName is a name with its A-labels decoded, "" if it has none.
func unicodeName(ldh string) string {
	if u := registry.ToUnicode(ldh); u != ldh {
		return u
	}
	return ""
}

// domain is a name as an object of an answer, with what of it is withheld.
func (h *Handler) domain(d *registry.PublicDomain) (domain, []redacted) {
	out := domain{
		Class: "domain", Handle: d.ROID, LDHName: d.Name, UnicodeName: unicodeName(d.Name), Status: domainStatus(d),
		Links: []link{h.self("domain/" + d.Name)}, SecureDNS: secure(d.DNSSEC),
		Events: events(d.Now, "registration", d.Created, "expiration", d.Expires.EPPTime(),
			"last changed", d.Updated, "transfer", d.Transferred),
	}
	if d.Zone.Profile == registry.ProfileUK {
		out.Remarks = append(out.Remarks, notice{Title: "Registration status", Description: []string{string(d.Status)}})
	}
	var missing []redacted
	add := func(c *registry.PublicContact) {
		e, withheld := h.contact(c, "$.entities[?(@.roles[0]=='"+roles[c.Role]+"')]")
		out.Entities, missing = append(out.Entities, e), append(missing, withheld...)
	}
	if d.Registrant != nil {
		add(d.Registrant)
	}
	for i := range d.Others {
		add(&d.Others[i])
	}
	for _, role := range d.Unnamed {
		missing = append(missing, redacted{
			Name: redactedName{Description: map[string]string{"admin": "Admin Contact", "tech": "Tech Contact"}[role]}, PathLang: "jsonpath",
			PrePath: "$.entities[?(@.roles[0]=='" + roles[role] + "')]", Method: "removal", Reason: redactedReason{policyReason},
		})
	}
	out.Entities = append(out.Entities, h.registrar(d.Registrar))
	for _, n := range d.NameServers {
		out.Nameservers = append(out.Nameservers, nameserver{
			Class: "nameserver", Handle: n.ROID, LDHName: n.Name, UnicodeName: unicodeName(n.Name),
			Addresses: split(n.Addresses), Links: []link{h.self("nameserver/" + n.Name)},
		})
	}
	return out, missing
}

func split(list []netip.Addr) *addresses {
	if len(list) == 0 {
		return nil
	}
	out := &addresses{}
	for _, a := range list {
		if a.Is4() {
			out.V4 = append(out.V4, a.String())
		} else {
			out.V6 = append(out.V6, a.String())
		}
	}
	return out
}

func secure(s registry.DNSSEC) secureDNS {
	out := secureDNS{DelegationSigned: !s.Empty()}
	for _, d := range s.DS {
		out.DS = append(out.DS, dsData{d.KeyTag, d.Algorithm, d.DigestType, strings.ToUpper(hex.EncodeToString(d.Digest))})
	}
	for _, k := range s.Keys {
		out.Keys = append(out.Keys, keyData{k.Flags, k.Protocol, k.Algorithm, base64.StdEncoding.EncodeToString(k.PublicKey)})
	}
	return out
}

// host is a name server as an object of an answer.
func (h *Handler) host(n *registry.PublicHost) nameserver {
	return nameserver{
		Class: "nameserver", Handle: n.ROID, LDHName: n.Name, UnicodeName: unicodeName(n.Name), Addresses: split(n.Addresses),
		Status: shown(n.ShownStatuses()), Entities: []entity{h.registrar(n.Registrar)}, Links: []link{h.self("nameserver/" + n.Name)},
		Events: events(n.Now, "registration", n.Created, "last changed", n.Updated),
	}
}
