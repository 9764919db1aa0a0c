package rdap

import (
	"strconv"
	"strings"

	"github.com/namekeep/namekeep/registry"
)

// roles maps the roles of EPP to those of RFC 9083 section 10.2.4.
var roles = map[string]string{"registrant": "registrant", "admin": "administrative", "tech": "technical"}

// property is one of a jCard (RFC 7095 section 3.3).
func property(name string, params map[string]any, kind string, value any) []any {
	if params == nil {
		params = map[string]any{}
	}
	return []any{name, params, kind, value}
}

func jCard(properties ...[]any) []any {
	list := make([]any, 0, len(properties)+1)
	list = append(list, property("version", nil, "text", "4.0"))
	for _, p := range properties {
		list = append(list, p)
	}
	return []any{"vcard", list}
}

// tel is a telephone number as RFC 3966 writes it.
func tel(kind string, p registry.Phone) []any {
	uri := "tel:" + strings.ReplaceAll(p.Number, ".", "-")
	if p.Ext != "" {
		uri += ";ext=" + p.Ext
	}
	return property("tel", map[string]any{"type": kind}, "uri", uri)
}

// registrarHandle is the IANA Registrar ID, or the tag of a registrar that has
// none.
func registrarHandle(g registry.PublicRegistrar) string {
	if g.IANAID > 0 {
		return strconv.Itoa(g.IANAID)
	}
	return g.Tag
}

// registrar is a registrar as part of an answer.
func (h *Handler) registrar(g registry.PublicRegistrar) entity {
	e := entity{Class: "entity", Handle: registrarHandle(g), Roles: []string{"registrar"}}
	card := [][]any{property("fn", nil, "text", g.Name), property("kind", nil, "text", "org")}
	if g.TradName != "" && g.TradName != g.Name {
		card = append(card, property("nickname", nil, "text", g.TradName))
	}
	if g.URL != "" {
		card = append(card, property("url", nil, "uri", g.URL))
		e.Links = append(e.Links, link{Value: h.base + "entity/" + e.Handle, Rel: "about", Href: g.URL, Type: "text/html"})
	}
	e.VCard = jCard(card...)
	e.Links = append(e.Links, h.self("entity/"+e.Handle))
	if g.IANAID > 0 {
		e.PublicIDs = []publicID{{"IANA Registrar ID", strconv.Itoa(g.IANAID)}}
	}
	if g.Kind == "registrar" {
		// How registrants and registrars of .uk know it.
		e.PublicIDs = append(e.PublicIDs, publicID{"Registrar Tag", g.Tag})
	}
	if g.AbuseEmail != "" || g.AbusePhone != "" {
		card := [][]any{property("fn", nil, "text", "Abuse contact of "+g.Name)}
		if g.AbusePhone != "" {
			card = append(card, tel("voice", registry.Phone{Number: g.AbusePhone}))
		}
		if g.AbuseEmail != "" {
			card = append(card, property("email", nil, "text", g.AbuseEmail))
		}
		e.Entities = []entity{{Class: "entity", Roles: []string{"abuse"}, VCard: jCard(card...)}}
	}
	return e
}

// contact is a contact as part of an answer, with the list of what is withheld.
// at is the path of the entity in the answer (RFC 9535).
func (h *Handler) contact(c *registry.PublicContact, at string) (entity, []redacted) {
	e := entity{Class: "entity", Handle: c.ROID}
	if c.Role != "" {
		e.Roles = []string{roles[c.Role]}
	}
	if c.ROID != "" {
		e.Links = append(e.Links, h.self("entity/"+c.ROID))
	}
	card := [][]any{property("fn", nil, "text", c.Postal.Name)}
	if c.Published.Identifies() {
		kind := "org"
		if c.Natural {
			kind = "individual"
		}
		card = append(card, property("kind", nil, "text", kind))
	}
	if c.Postal.Org != "" {
		card = append(card, property("org", nil, "text", c.Postal.Org))
	}
	card = append(card, address(c.Postal))
	if c.Voice.Number != "" {
		card = append(card, tel("voice", c.Voice))
	}
	if c.Fax.Number != "" {
		card = append(card, tel("fax", c.Fax))
	}
	if c.Email != "" {
		card = append(card, property("email", nil, "text", c.Email))
	}
	e.VCard = jCard(card...)
	return e, withheld(c, at)
}

// address is the adr property: seven parts (RFC 7095 section 3.3.1.3), the
// street as a list where it has several lines, the country as its code (RFC
// 8605).
func address(p registry.PostalValues) []any {
	var street any = ""
	switch len(p.Street) {
	case 0:
	case 1:
		street = p.Street[0]
	default:
		street = p.Street
	}
	var params map[string]any
	if p.Country != "" {
		params = map[string]any{"cc": p.Country}
	}
	return property("adr", params, "text", []any{"", "", street, p.City, p.Province, p.PostalCode, ""})
}

// redaction is how a part of a contact is withheld.
type redaction struct {
	name   string // in the IANA registry of redacted names, after the role
	method string
	path   string // below the entity
}

// How the parts of a contact are withheld: a property that a jCard or an adr
// must have is emptied, any other is left out.
var redactions = map[registry.ContactPart]redaction{
	registry.PartID:         {"ID", "removal", ".handle"},
	registry.PartName:       {"Name", "emptyValue", card("fn") + "[3]"},
	registry.PartOrg:        {"Organization", "removal", card("org")},
	registry.PartStreet:     {"Street", "emptyValue", card("adr") + "[3][2]"},
	registry.PartCity:       {"City", "emptyValue", card("adr") + "[3][3]"},
	registry.PartProvince:   {"State/Province", "emptyValue", card("adr") + "[3][4]"},
	registry.PartPostalCode: {"Postal Code", "emptyValue", card("adr") + "[3][5]"},
	registry.PartCountry:    {"Country", "removal", card("adr") + "[1].cc"},
	registry.PartVoice:      {"Phone", "removal", ".vcardArray[1][?(@[1].type=='voice')]"},
	registry.PartFax:        {"Fax", "removal", ".vcardArray[1][?(@[1].type=='fax')]"},
	registry.PartEmail:      {"Email", "removal", card("email")},
}

// card is the path of a property in a jCard.
func card(name string) string { return ".vcardArray[1][?(@[0]=='" + name + "')]" }

// registered are the names in IANA's registry of redacted names.
var registered = map[string]bool{
	"Registry Registrant ID": true, "Registrant Name": true, "Registrant Organization": true, "Registrant Street": true,
	"Registrant City": true, "Registrant Postal Code": true, "Registrant Phone": true, "Registrant Fax": true,
	"Registrant Email": true, "Registry Tech ID": true, "Tech Name": true, "Tech Phone": true, "Tech Email": true,
}

const policyReason = "Server policy, or the contact's wish"

func withheld(c *registry.PublicContact, at string) []redacted {
	who := map[string]string{"registrant": "Registrant", "admin": "Admin", "tech": "Tech", "": "Contact"}[c.Role]
	var out []redacted
	for _, part := range c.Withheld {
		how := redactions[part]
		name := who + " " + how.name
		if part == registry.PartID {
			name = "Registry " + name
		}
		r := redacted{PathLang: "jsonpath", Method: how.method, Reason: redactedReason{policyReason}}
		if registered[name] {
			r.Name.Type = name
		} else {
			r.Name.Description = name
		}
		if how.method == "removal" {
			r.PrePath = at + how.path
		} else {
			r.PostPath = at + how.path
		}
		out = append(out, r)
	}
	return out
}
