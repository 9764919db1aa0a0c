package whois

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/namekeep/namekeep/registry"
)

// text is an answer in the making; its lines end as RFC 3912 wants.
type text struct{ bytes.Buffer }

// line writes a line of our own words.
func (t *text) line(format string, args ...any) {
	t.WriteString(printable(fmt.Sprintf(format, args...)))
	t.WriteString("\r\n")
}

// field writes a value under its key, or nothing where there is none.
func (t *text) field(key, value string) {
	if value != "" {
		t.line("%s: %s", key, value)
	}
}

// printable keeps what others wrote from looking like something else: control
// characters, line separators and marks that turn the direction of writing.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// epp is where the meaning of a status is explained.
const epp = "https://icann.org/epp#"

func (t *text) domain(d *registry.PublicDomain) {
	t.field("Domain Name", d.Name)
	if u := registry.ToUnicode(d.Name); u != d.Name {
		t.field("Internationalized Domain Name", u)
	}
	t.field("Registry Domain ID", d.ROID)
	t.registrar(d.Registrar)
	if d.Zone.Profile == registry.ProfileUK {
		t.field("Registration Status", string(d.Status))
	}
	t.field("Creation Date", stamp(d.Created))
	t.field("Updated Date", stamp(d.Updated))
	t.field("Transfer Date", stamp(d.Transferred))
	t.field("Registry Expiry Date", stamp(d.Expires.EPPTime()))
	if d.Suspended() {
		t.field("Suspended Since", d.SuspendedOn.String())
	}
	for _, s := range d.ShownStatuses() {
		t.field("Domain Status", string(s)+" "+epp+string(s))
	}
	if d.Zone.Profile == registry.ProfileGTLD {
		for _, s := range d.RGPStates(d.Now) {
			t.field("Domain Status", string(s)+" "+epp+string(s))
		}
	}
	if d.Registrant != nil {
		t.contact("Registrant", *d.Registrant)
	}
	for _, c := range d.Others {
		t.contact(map[string]string{"admin": "Admin", "tech": "Tech"}[c.Role], c)
	}
	for _, h := range d.NameServers {
		words := []string{h.Name}
		for _, a := range h.Addresses {
			words = append(words, a.String())
		}
		t.field("Name Server", strings.Join(words, " "))
	}
	t.dnssec(d.DNSSEC)
}

func (t *text) dnssec(s registry.DNSSEC) {
	if s.Empty() {
		t.field("DNSSEC", "unsigned")
		return
	}
	t.field("DNSSEC", "signedDelegation")
	for _, d := range s.DS {
		t.line("DNSSEC DS Data: %d %d %d %s", d.KeyTag, d.Algorithm, d.DigestType, strings.ToUpper(hex.EncodeToString(d.Digest)))
	}
	for _, k := range s.Keys {
		t.line("DNSSEC Key Data: %d %d %d", k.Flags, k.Protocol, k.Algorithm)
	}
}

func (t *text) registrar(g registry.PublicRegistrar) {
	name := g.Name
	if g.TradName != "" && g.TradName != g.Name {
		name += " t/a " + g.TradName
	}
	t.field("Registrar", name)
	t.field("Registrar Tag", g.Tag)
	t.field("Registrar URL", g.URL)
	if g.IANAID > 0 {
		t.field("Registrar IANA ID", strconv.Itoa(g.IANAID))
	}
	t.field("Registrar Abuse Contact Email", g.AbuseEmail)
	t.field("Registrar Abuse Contact Phone", g.AbusePhone)
}

// withheld stands where there is data that is not told.
const withheld = "REDACTED"

// contact writes what is told of a contact. Where something is withheld the
// line says so, so that it is not taken for missing.
func (t *text) contact(who string, c registry.PublicContact) {
	hidden := map[registry.ContactPart]bool{}
	for _, p := range c.Withheld {
		hidden[p] = true
	}
	field := func(key string, part registry.ContactPart, value string) {
		if value == "" && hidden[part] {
			value = withheld
		}
		t.field(who+" "+key, value)
	}
	t.field("Registry "+who+" ID", c.ROID)
	field("Name", registry.PartName, c.Postal.Name)
	field("Organization", registry.PartOrg, c.Postal.Org)
	for _, s := range c.Postal.Street {
		t.field(who+" Street", s)
	}
	if len(c.Postal.Street) == 0 {
		field("Street", registry.PartStreet, "")
	}
	field("City", registry.PartCity, c.Postal.City)
	field("State/Province", registry.PartProvince, c.Postal.Province)
	field("Postal Code", registry.PartPostalCode, c.Postal.PostalCode)
	field("Country", registry.PartCountry, c.Postal.Country)
	field("Phone", registry.PartVoice, phone(c.Voice))
	field("Fax", registry.PartFax, phone(c.Fax))
	field("Email", registry.PartEmail, c.Email)
}

func phone(p registry.Phone) string {
	if p.Ext == "" {
		return p.Number
	}
	return p.Number + " ext. " + p.Ext
}

func (t *text) host(h *registry.PublicHost) {
	t.field("Server Name", h.Name)
	if u := registry.ToUnicode(h.Name); u != h.Name {
		t.field("Internationalized Server Name", u)
	}
	t.field("Registry Server ID", h.ROID)
	for _, a := range h.Addresses {
		t.field("IP Address", a.String())
	}
	t.registrar(h.Registrar)
	for _, s := range h.ShownStatuses() {
		t.field("Server Status", string(s))
	}
	t.field("Creation Date", stamp(h.Created))
	t.field("Updated Date", stamp(h.Updated))
}

// asOf says how fresh an answer is: it comes from the register itself.
func (t *text) asOf(now time.Time) { t.line(">>> Last update of WHOIS database: %s <<<", stamp(now)) }

func (s *Server) help(t *text) {
	t.line("%% WHOIS of %s.", s.cfg.Name)
	t.line("%%")
	t.line("%% Ask with one line:")
	t.line("%%   NAME               a domain name")
	t.line("%%   domain NAME        the same")
	t.line("%%   nameserver NAME    a name server")
	t.line("%%   registrar TAG      a registrar, by its tag or IANA ID")
	t.line("%%   help               this")
	t.line("%%")
	t.line("%% Names may be in Unicode (UTF-8) or in their A-label form (xn--...).")
	if s.cfg.PerMinute > 0 {
		t.line("%% One address may ask %d times a minute.", s.cfg.PerMinute)
	}
}

// terms ends every answer with data in it.
func (s *Server) terms(t *text) {
	if s.cfg.TermsURL != "" {
		t.line("%% Terms of use: %s", s.cfg.TermsURL)
	}
}
