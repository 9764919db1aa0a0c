package registry

import (
	"strings"

	"golang.org/x/net/idna"
)

const (
	maxNameLength  = 253 // of a name without its final dot
	maxLabelLength = 63
)

// IDNTable names the code points that the labels of a zone may have.
type IDNTable string

// The tables that are built in.
const (
	IDNNone  IDNTable = "none"  // ASCII only, no A-labels
	IDNLatin IDNTable = "latin" // the letters of European languages in Latin script
)

// IDNTables returns the tables that a zone can be given.
func IDNTables() []IDNTable { return []IDNTable{IDNNone, IDNLatin} }

// latinLetters are the letters beyond a to z in the table latin: those of
// Latin-1 and Latin Extended-A that IDNA2008 allows, and the Romanian s and t
// with comma below.
const latinLetters = "àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿß" +
	"āăąćĉċčďđēĕėęěĝğġģĥħĩīĭįıĵķĸĺļľłńņňŋōŏőœŕŗřśŝşšţťŧũūŭůűųŵŷźżž" + "șț"

// allows reports whether a U-label consists of code points of the table.
func (t IDNTable) allows(label string) bool {
	for _, r := range label {
		ascii := r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z'
		if !ascii && (t != IDNLatin || !strings.ContainsRune(latinLetters, r)) {
			return false
		}
	}
	return true
}

// ParseHostName reads a host name: two or more LDH labels, A-labels valid after
// IDNA2008, at most 253 characters, not an IP address. It may lie anywhere. The
// result is in lower case. Refusals: KindParamSyntax.
func ParseHostName(text string) (string, error) {
	name, err := parseLabels(text, "host:name")
	if err != nil {
		return "", err
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	if !strings.Contains(name, ".") || strings.Trim(last, "0123456789") == "" {
		return "", Refuse(KindParamSyntax, "", "%q is not a host name with its domain.", text).About("host:name", text)
	}
	return name, nil
}

// ParseDomainName reads a domain name as ParseHostName does, for the objects
// that can be registered. Whether it lies in a zone is for SplitName to say.
func ParseDomainName(text string) (string, error) { return parseLabels(text, "domain:name") }

// parseLabels checks a name label by label and returns it in lower case.
func parseLabels(text, field string) (string, error) {
	refuse := func(reason string, args ...any) (string, error) {
		return "", Refuse(KindParamSyntax, "", reason, args...).About(field, text)
	}
	if text == "" || len(text) > maxNameLength {
		return refuse("A name has 1 to %d characters.", maxNameLength)
	}
	name := lowerASCII(text)
	for label := range strings.SplitSeq(name, ".") {
		if reason := labelFault(label); reason != "" {
			return refuse("The label %q %s.", label, reason)
		}
	}
	return name, nil
}

// lowerASCII folds A to Z only: anything else is not LDH and refused later.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}

// labelFault says what is wrong with a lower-case label, "" if nothing is.
func labelFault(label string) string {
	switch {
	case label == "":
		return "is empty"
	case len(label) > maxLabelLength:
		return "is longer than 63 characters"
	case label[0] == '-' || label[len(label)-1] == '-':
		return "begins or ends with a hyphen"
	}
	for i := range len(label) {
		c := label[i]
		if c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return "has characters other than letters, digits and hyphens"
		}
	}
	if len(label) < 4 || label[2:4] != "--" {
		return ""
	}
	if !strings.HasPrefix(label, "xn--") {
		return "has hyphens in places 3 and 4"
	}
	if u, err := uLabel(label); err != nil || isASCII(u) {
		return "is not a valid A-label"
	}
	return ""
}

// uLabel decodes an A-label. It must be the one encoding of a label that
// IDNA2008 allows.
func uLabel(label string) (string, error) {
	u, err := idna.Registration.ToUnicode(label)
	if err != nil {
		return "", err
	}
	back, err := idna.Registration.ToASCII(u)
	if err != nil {
		return "", err
	}
	if back != label {
		return "", Refuse(KindParamSyntax, "", "%q is not the A-label of %q.", label, u)
	}
	return u, nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// ToUnicode returns a stored name for display, with its A-labels decoded; a
// label that cannot be decoded stays as it is.
func ToUnicode(name string) string {
	labels := strings.Split(name, ".")
	for i, label := range labels {
		if !strings.HasPrefix(label, "xn--") {
			continue
		}
		if u, err := uLabel(label); err == nil {
			labels[i] = u
		}
	}
	return strings.Join(labels, ".")
}

// typed folds what people type (case, compatibility forms) as UTS 46 says;
// lower-casing alone would spoil scripts such as Cherokee.
var typed = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule())

// ToASCII returns the stored form of a name that a person typed: lower case,
// U-labels as A-labels. It is for staff commands; EPP takes A-labels only.
func ToASCII(text string) (string, error) {
	if isASCII(text) {
		return ParseDomainName(text)
	}
	// Label by label, as a stored name is shown: whether a label may stand beside
	// one of another direction is not for this to say.
	labels := strings.Split(text, ".")
	for i, label := range labels {
		if isASCII(label) {
			continue
		}
		ascii, err := typed.ToASCII(label)
		if err != nil {
			return "", Refuse(KindParamSyntax, "", "%q is not a name that IDNA2008 allows.", text).
				About("domain:name", text)
		}
		labels[i] = ascii
	}
	return ParseDomainName(strings.Join(labels, "."))
}

// SplitName finds the zone that a parsed name lies in, exactly one label below
// it. Where zones nest, the longest one decides. Refusals: KindPolicy for a name
// in no zone, for a zone itself, and for a name further down.
func SplitName(name string, zones []string) (label, zone string, err error) {
	for _, z := range zones {
		if name == z {
			return "", "", Refuse(KindPolicy, "", "%s is a zone of this registry, not a name in one.", name).
				About("domain:name", name)
		}
		if len(z) > len(zone) && Below(name, z) {
			zone = z
		}
	}
	if zone == "" {
		return "", "", Refuse(KindPolicy, "", "%s lies in no zone of this registry.", name).About("domain:name", name)
	}
	label = strings.TrimSuffix(name, "."+zone)
	if strings.Contains(label, ".") {
		return "", "", Refuse(KindPolicy, "", "A name is registered directly below %s.", zone).About("domain:name", name)
	}
	return label, zone, nil
}

// Below reports whether name lies below parent, label by label: a.example.uk is
// below example.uk, anexample.uk is not.
func Below(name, parent string) bool { return strings.HasSuffix(name, "."+parent) }

// CheckLabel checks a parsed label against the code points of its zone.
// Refusal: KindPolicy.
func CheckLabel(label string, t IDNTable) error {
	shown := ToUnicode(label)
	if isASCII(shown) || t.allows(shown) {
		return nil
	}
	return Refuse(KindPolicy, "", "%q has characters that this zone does not offer.", shown).
		About("domain:name", label)
}
