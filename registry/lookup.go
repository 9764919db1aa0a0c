package registry

import (
	"net/netip"
	"time"
)

// PublicDomain is a name as anybody may see it: WHOIS and RDAP show no more.
// The parts of Domain that concern money, notes or authInfo are not for them.
type PublicDomain struct {
	*Domain
	Status      RegistrationStatus
	Today       Date
	Now         time.Time // the registry clock at the look-up
	ROID        string
	Registrar   PublicRegistrar
	NameServers []PublicHost    // of the delegation, by name
	Registrant  *PublicContact  // nil where there is none, or nothing of it is told
	Others      []PublicContact // admin and tech contacts of which something is told
	Unnamed     []string        // roles of contacts that are withheld altogether: admin, tech
}

// PublicRegistrar is what the world is told of a registrar.
type PublicRegistrar struct {
	Tag        string `json:"tag"`
	Kind       string `json:"kind"` // registrar, registry or detagged
	Name       string `json:"name"`
	TradName   string `json:"trad_name"`
	URL        string `json:"url"`
	IANAID     int    `json:"iana_id"` // 0: none
	AbuseEmail string `json:"abuse_email"`
	AbusePhone string `json:"abuse_phone"` // +cc.number
}

// PublicHost is a name server as the world sees it. Addresses are the glue of a
// host below a name of ours; others have none.
type PublicHost struct {
	ROID      string
	Name      string // A-label form, lower case
	Addresses []netip.Addr
	Statuses  StatusSet
	Linked    bool
	Created   time.Time // zero in a delegation
	Updated   time.Time
	Registrar PublicRegistrar // zero in a delegation
	Now       time.Time
}

// ShownStatuses are the statuses with the derived ones.
func (h PublicHost) ShownStatuses() []Status { return h.Statuses.Shown(ObjectHost, h.Linked) }

// PublicContact is what the world is told of a contact. What is withheld is
// empty; Withheld says what of it there would be.
type PublicContact struct {
	Role      string // registrant, admin or tech; "" where looked up by itself
	ROID      string // "" where the contact is not identified
	Natural   bool
	Postal    PostalValues // one form: the local one, if there are two
	Voice     Phone
	Fax       Phone
	Email     string
	Published Published
	Withheld  []ContactPart
	Created   time.Time // zero in a name
	Updated   time.Time
	Now       time.Time
}

// ContactPart is a part of a contact's data that may be withheld.
type ContactPart string

// The parts of a contact's data.
const (
	PartID         ContactPart = "id"
	PartName       ContactPart = "name"
	PartOrg        ContactPart = "organisation"
	PartStreet     ContactPart = "street"
	PartCity       ContactPart = "city"
	PartProvince   ContactPart = "province"
	PartPostalCode ContactPart = "postal code"
	PartCountry    ContactPart = "country"
	PartVoice      ContactPart = "telephone"
	PartFax        ContactPart = "fax"
	PartEmail      ContactPart = "e-mail"
)

// publish makes of a contact what policy and contact let the world know; nil if
// that is nothing at all.
func (r *Registry) publish(policy Publication, role string, c *Contact) *PublicContact {
	out := &PublicContact{Role: role, Natural: c.Natural}
	var p PostalValues
	if len(c.Postal) > 0 {
		p = c.Postal[0]
	}
	for _, other := range c.Postal {
		if other.Form == PostalLoc {
			p = other
		}
	}
	out.Published = Publish(policy, c, p.Form)
	if out.Published == (Published{}) || role != "registrant" && !out.Published.Identifies() {
		return nil
	}
	show := func(part ContactPart, shown bool, to *string, value string) {
		switch {
		case value == "":
		case shown:
			*to = value
		default:
			out.Withheld = append(out.Withheld, part)
		}
	}
	seen := out.Published
	show(PartID, seen.Identifies(), &out.ROID, r.roid("C", c.ID))
	show(PartName, seen.Name, &out.Postal.Name, p.Name)
	show(PartOrg, seen.Org, &out.Postal.Org, p.Org)
	var street string // only to see whether there is one
	if len(p.Street) > 0 {
		show(PartStreet, seen.Address, &street, p.Street[0])
		if seen.Address {
			out.Postal.Street = p.Street
		}
	}
	show(PartCity, seen.Address, &out.Postal.City, p.City)
	show(PartProvince, seen.Region, &out.Postal.Province, p.Province)
	show(PartPostalCode, seen.Address, &out.Postal.PostalCode, p.PostalCode)
	show(PartCountry, seen.Region, &out.Postal.Country, p.Country)
	show(PartVoice, seen.Voice, &out.Voice.Number, c.Voice)
	show(PartFax, seen.Fax, &out.Fax.Number, c.Fax)
	if seen.Voice {
		out.Voice.Ext = c.VoiceExt
	}
	if seen.Fax {
		out.Fax.Ext = c.FaxExt
	}
	show(PartEmail, seen.Email, &out.Email, c.Email)
	return out
}
