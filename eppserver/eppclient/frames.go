package eppclient

import (
	"html"
	"strings"
	"unicode/utf8"
)

// Namespaces of the commands built here.
const (
	nsEPP     = "urn:ietf:params:xml:ns:epp-1.0"
	nsDomain  = "urn:ietf:params:xml:ns:domain-1.0"
	nsContact = "urn:ietf:params:xml:ns:contact-1.0"
	nsHost    = "urn:ietf:params:xml:ns:host-1.0"
	nsSecDNS  = "urn:ietf:params:xml:ns:secDNS-1.1"
	nsRGP     = "urn:ietf:params:xml:ns:rgp-1.0"
	nsNominet = "http://www.nominet.org.uk/epp/xml/"
)

const prolog = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// builder writes a command as text. Element names are constants of this
// package; all data go through escape.
type builder struct {
	b     strings.Builder
	inExt bool
}

// command begins a command.
func command() *builder {
	f := &builder{}
	f.b.WriteString(prolog)
	f.open("epp", "xmlns", nsEPP)
	f.open("command")
	return f
}

// open begins an element; attrs are names and values in turn.
func (f *builder) open(tag string, attrs ...string) {
	f.start(tag, attrs)
	f.b.WriteByte('>')
}

func (f *builder) start(tag string, attrs []string) {
	f.b.WriteByte('<')
	f.b.WriteString(tag)
	for i := 0; i+1 < len(attrs); i += 2 {
		f.b.WriteByte(' ')
		f.b.WriteString(attrs[i])
		f.b.WriteString(`="`)
		f.b.WriteString(escape(attrs[i+1]))
		f.b.WriteByte('"')
	}
}

func (f *builder) close(tag string) {
	f.b.WriteString("</")
	f.b.WriteString(tag)
	f.b.WriteByte('>')
}

// empty writes an element without content.
func (f *builder) empty(tag string, attrs ...string) {
	f.start(tag, attrs)
	f.b.WriteString("/>")
}

// text writes an element that holds text.
func (f *builder) text(tag, text string, attrs ...string) {
	f.open(tag, attrs...)
	f.b.WriteString(escape(text))
	f.close(tag)
}

// texts writes an element for each text.
func (f *builder) texts(tag string, list []string) {
	for _, s := range list {
		f.text(tag, s)
	}
}

// optional writes an element unless text is nil.
func (f *builder) optional(tag string, text *string) {
	if text != nil {
		f.text(tag, *text)
	}
}

// given writes an element unless text is empty.
func (f *builder) given(tag, text string) {
	if text != "" {
		f.text(tag, text)
	}
}

// extension writes the extension element round what write writes; several
// calls in a row share one.
func (f *builder) extension(write func()) {
	if !f.inExt {
		f.open("extension")
		f.inExt = true
	}
	write()
}

// end ends the command, with a transaction identifier unless it is "".
func (f *builder) end(clTRID string) []byte {
	if f.inExt {
		f.close("extension")
	}
	f.given("clTRID", clTRID)
	f.close("command")
	f.close("epp")
	f.b.WriteByte('\n')
	return []byte(f.b.String())
}

// object writes the usual shape of a command: <verb><prefix:verb …>.
func (f *builder) object(verb, prefix, ns string, content func()) {
	f.open(verb)
	tag := prefix + ":" + verb
	f.open(tag, "xmlns:"+prefix, ns)
	content()
	f.close(tag)
	f.close(verb)
}

// ValidText reports whether s may stand in XML: valid UTF-8 without the
// characters XML 1.0 has no way to write.
func ValidText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	return strings.IndexFunc(s, forbidden) < 0
}

// forbidden reports whether XML 1.0 section 2.2 excludes the character.
func forbidden(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
}

// escape returns s as XML character data or attribute value. Characters that
// XML cannot hold become U+FFFD; callers who mind ask ValidText first.
func escape(s string) string {
	if !ValidText(s) {
		s = strings.Map(func(r rune) rune {
			if forbidden(r) {
				return utf8.RuneError
			}
			return r
		}, strings.ToValidUTF8(s, string(utf8.RuneError)))
	}
	// A bare CR would be read as a line feed (XML 1.0 section 2.11).
	return strings.ReplaceAll(html.EscapeString(s), "\r", "&#13;")
}

// Hello returns the hello frame.
func Hello() []byte {
	return []byte(prolog + `<epp xmlns="` + nsEPP + `"><hello/></epp>` + "\n")
}

// Logout returns a logout command. A clTRID of "" sends none, here and below.
func Logout(clTRID string) []byte {
	f := command()
	f.empty("logout")
	return f.end(clTRID)
}

// Poll returns a poll request.
func Poll(clTRID string) []byte {
	f := command()
	f.empty("poll", "op", "req")
	return f.end(clTRID)
}

// PollAck returns a poll acknowledgement of the message with this id.
func PollAck(clTRID, id string) []byte {
	f := command()
	f.empty("poll", "op", "ack", "msgID", id)
	return f.end(clTRID)
}

// check returns a check of several objects of a kind.
func check(clTRID, prefix, ns, tag string, names []string) []byte {
	f := command()
	f.object("check", prefix, ns, func() { f.texts(tag, names) })
	return f.end(clTRID)
}

// remove returns a delete command.
func remove(clTRID, prefix, ns, tag, name string) []byte {
	f := command()
	f.object("delete", prefix, ns, func() { f.text(tag, name) })
	return f.end(clTRID)
}

// authInfo writes an authInfo element; "" is an empty password.
func (f *builder) authInfo(prefix, password string) {
	f.open(prefix + ":authInfo")
	f.text(prefix+":pw", password)
	f.close(prefix + ":authInfo")
}

// statuses writes status elements.
func (f *builder) statuses(tag string, list []string) {
	for _, s := range list {
		f.empty(tag, "s", s)
	}
}
