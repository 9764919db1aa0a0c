package registry

import (
	"net/mail"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Lengths of contact-1.0.xsd and eppcom-1.0.xsd, in characters.
const (
	maxPostalLine  = 255
	maxPostalCode  = 16
	maxStreetLines = 3
	maxEmail       = 254 // RFC 5321; the schema has no limit
	maxPhoneExt    = 16  // ours; the schema has no limit
)

// PostalForm is the type attribute of a contact's postal information.
type PostalForm string

// The two forms of RFC 5733.
const (
	PostalInt PostalForm = "int" // ASCII
	PostalLoc PostalForm = "loc"
)

// PostalValues is one form of a contact's postal information. The tags are those
// of contact.postal.
type PostalValues struct {
	Form       PostalForm `json:"type"`
	Name       string     `json:"name"`
	Org        string     `json:"org,omitempty"`
	Street     []string   `json:"street,omitempty"`
	City       string     `json:"city"`
	Province   string     `json:"sp,omitempty"` // sp
	PostalCode string     `json:"pc,omitempty"`
	Country    string     `json:"cc"` // ISO 3166-1 alpha-2
}

// ContactValues are the values of a contact that the rules judge.
type ContactValues struct {
	Handle   string
	Postal   []PostalValues
	Voice    string // +cc.number
	VoiceExt string
	Fax      string
	FaxExt   string
	Email    string

	// contact-nom-ext
	TradName  string
	Type      string
	CompanyNo string
}

// contactTypes are the types of contact-nom-ext-1.0; true for natural persons.
var contactTypes = map[string]bool{
	"IND": true, "FIND": true,
	"LTD": false, "PLC": false, "RCHAR": false, "SCH": false, "LLP": false, "STRA": false, "PTNR": false,
	"GOV": false, "CRC": false, "STAT": false, "FCORP": false, "IP": false, "FOTHER": false, "OTHER": false,
	"UNKNOWN": false,
}

// NaturalPerson reports whether the contact is a natural person or a legal
// entity (C2). The type of contact-nom-ext decides; without one, or with
// UNKNOWN, a contact with an organisation is a legal entity.
func (c ContactValues) NaturalPerson() bool {
	if natural, known := contactTypes[c.Type]; known && c.Type != "UNKNOWN" {
		return natural
	}
	for _, p := range c.Postal {
		if p.Org != "" {
			return false
		}
	}
	return true
}

// CheckSameNature refuses a change that would turn a natural person into a legal
// entity or the other way round (C2), with KindPolicy.
func CheckSameNature(wasNatural bool, after ContactValues) error {
	if after.NaturalPerson() == wasNatural {
		return nil
	}
	is, would := "a legal entity", "a natural person"
	if wasNatural {
		is, would = would, is
	}
	return Refuse(KindPolicy, CodeContactKind,
		"The contact is %s and cannot become %s; create another contact and put it on the name.", is, would).
		About("contact:id", after.Handle)
}

// CheckContact checks the values of a contact as it is to be stored. In the uk
// profile a contact has one form of postal information, in gtld one or both.
// Refusals: KindParamMissing, KindParamRange, KindParamSyntax, KindPolicy.
func CheckContact(c ContactValues, profile Profile) error {
	if err := CheckHandle(c.Handle); err != nil {
		return err
	}
	if err := c.checkPostal(profile); err != nil {
		return err
	}
	if err := checkPhone("contact:voice", c.Voice, c.VoiceExt); err != nil {
		return err
	}
	if err := checkPhone("contact:fax", c.Fax, c.FaxExt); err != nil {
		return err
	}
	if err := CheckEmail("contact:email", c.Email); err != nil {
		return err
	}
	if _, known := contactTypes[c.Type]; c.Type != "" && !known {
		return Refuse(KindParamRange, "", "%q is not a type of contact.", c.Type).About("contact-nom-ext:type", c.Type)
	}
	if err := checkLine("contact-nom-ext:trad-name", c.TradName, maxPostalLine, false); err != nil {
		return err
	}
	return checkLine("contact-nom-ext:co-no", c.CompanyNo, maxPostalLine, false)
}

// CheckHandle checks a contact id: 3 to 16 printable ASCII characters, no space
// at either end. Refusal: KindParamSyntax.
func CheckHandle(handle string) error {
	printable := strings.IndexFunc(handle, func(r rune) bool { return r < ' ' || r > '~' }) < 0
	if len(handle) < 3 || len(handle) > 16 || !printable || strings.TrimSpace(handle) != handle {
		return Refuse(KindParamSyntax, "", "A contact id has 3 to 16 printable ASCII characters.").
			About("contact:id", handle)
	}
	return nil
}

func (c ContactValues) checkPostal(profile Profile) error {
	switch {
	case len(c.Postal) == 0:
		return Refuse(KindParamMissing, "", "A contact needs postal information.").About("contact:postalInfo", "")
	case profile == ProfileUK && len(c.Postal) > 1:
		return Refuse(KindPolicy, "", "A contact has one postalInfo, of type int or loc.").
			About("contact:postalInfo", string(c.Postal[1].Form))
	case len(c.Postal) > 2 || len(c.Postal) == 2 && c.Postal[0].Form == c.Postal[1].Form:
		return Refuse(KindPolicy, "", "A contact has at most one postalInfo of each type.").
			About("contact:postalInfo", string(c.Postal[1].Form))
	}
	for _, p := range c.Postal {
		if err := p.check(); err != nil {
			return err
		}
	}
	return nil
}

func (p PostalValues) check() error {
	if p.Form != PostalInt && p.Form != PostalLoc {
		return Refuse(KindParamSyntax, "", "postalInfo is of type int or loc.").About("contact:postalInfo", string(p.Form))
	}
	if len(p.Street) > maxStreetLines {
		return Refuse(KindParamSyntax, "", "An address has at most %d street lines.", maxStreetLines).
			About("contact:street", p.Street[maxStreetLines])
	}
	lines := []struct {
		field, value string
		most         int
		required     bool
	}{
		{"contact:name", p.Name, maxPostalLine, true},
		{"contact:org", p.Org, maxPostalLine, false},
		{"contact:street", strings.Join(p.Street, ""), maxPostalLine * maxStreetLines, false},
		{"contact:city", p.City, maxPostalLine, true},
		{"contact:sp", p.Province, maxPostalLine, false},
		{"contact:pc", p.PostalCode, maxPostalCode, false},
	}
	for _, l := range lines {
		if err := checkLine(l.field, l.value, l.most, l.required); err != nil {
			return err
		}
		if p.Form == PostalInt && !isASCII(l.value) {
			return Refuse(KindParamSyntax, "", "postalInfo of type int is written in ASCII.").About(l.field, l.value)
		}
	}
	for _, s := range p.Street {
		if err := checkLine("contact:street", s, maxPostalLine, false); err != nil {
			return err
		}
	}
	if !IsCountry(p.Country) {
		return Refuse(KindParamRange, "", "%q is not a country code of ISO 3166-1.", p.Country).
			About("contact:cc", p.Country)
	}
	return nil
}

// checkLine checks one line of text: present where required, not too long, no
// control characters.
func checkLine(field, value string, most int, required bool) error {
	switch {
	case required && strings.TrimSpace(value) == "":
		return Refuse(KindParamMissing, "", "%s may not be empty.", field).About(field, value)
	case utf8.RuneCountInString(value) > most:
		return Refuse(KindParamSyntax, "", "%s has more than %d characters.", field, most).About(field, value)
	case !utf8.ValidString(value) || strings.IndexFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) >= 0:
		return Refuse(KindParamSyntax, "", "%s has control characters.", field).About(field, "")
	}
	return nil
}

// phonePattern is e164StringType of contact-1.0.xsd.
var phonePattern = regexp.MustCompile(`^\+[0-9]{1,3}\.[0-9]{1,14}$`)

func checkPhone(field, number, ext string) error {
	if number == "" && ext == "" {
		return nil
	}
	if !phonePattern.MatchString(number) || len(number) > 17 || number[1] == '0' {
		return Refuse(KindParamSyntax, "", "A telephone number has the form +44.2079460000.").About(field, number)
	}
	if len(ext) > maxPhoneExt || strings.Trim(ext, "0123456789") != "" {
		return Refuse(KindParamSyntax, "", "An extension has at most %d digits.", maxPhoneExt).About(field, ext)
	}
	return nil
}

// CheckEmail checks that an address is plausible: the bare form local@domain,
// with a domain that has a dot and could exist. Refusals: KindParamMissing,
// KindParamSyntax.
func CheckEmail(field, address string) error {
	if address == "" {
		return Refuse(KindParamMissing, "", "An e-mail address is required.").About(field, "")
	}
	bad := Refuse(KindParamSyntax, "", "%q is not an e-mail address.", address).About(field, address)
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || len(address) > maxEmail {
		return bad
	}
	domain := address[strings.LastIndexByte(address, '@')+1:]
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || !strings.Contains(ascii, ".") {
		return bad
	}
	if _, err := ParseHostName(ascii); err != nil {
		return bad
	}
	return nil
}
