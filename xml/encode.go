package xml

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/beevik/etree"
)

// declaration opens every frame we send.
const declaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// Times are UTC; fractions are for listeners whose clients insist on them.
const (
	timeLayout     = "2006-01-02T15:04:05Z"
	timeFracLayout = "2006-01-02T15:04:05.000Z"
)

// written keeps the escapes of canonical XML: quotes stay readable in text,
// carriage returns survive.
var written = etree.WriteSettings{CanonicalText: true, CanonicalAttrVal: true}

// out is an element being written. All text goes through it, so that nothing
// XML forbids can reach a frame; element names are constants.
type out struct {
	e      *etree.Element
	prefix string
	frac   bool
}

// add appends a child in the same namespace.
func (o out) add(tag string) out {
	c := o.e.CreateElement(tag)
	c.Space = o.prefix
	return out{c, o.prefix, o.frac}
}

// open appends a child in another namespace and binds its usual prefix.
func (o out) open(ns, tag string) out {
	p := prefixes[ns]
	c := o.e.CreateElement(tag)
	c.Space = p
	c.Attr = append(c.Attr, etree.Attr{Space: "xmlns", Key: p, Value: ns})
	return out{c, p, o.frac}
}

// set writes the element's text.
func (o out) set(s string) out {
	if s != "" {
		o.e.SetText(clean(s))
	}
	return o
}

// text appends a child with text, even an empty one.
func (o out) text(tag, s string) out { return o.add(tag).set(s) }

// opt appends a child with text unless that is empty.
func (o out) opt(tag, s string) {
	if s != "" {
		o.text(tag, s)
	}
}

// num appends a child with a number.
func (o out) num(tag string, n int) { o.text(tag, strconv.Itoa(n)) }

// attr sets an attribute.
func (o out) attr(key, value string) out {
	o.e.Attr = append(o.e.Attr, etree.Attr{Key: key, Value: clean(value)})
	return o
}

// optAttr sets an attribute unless its value is empty.
func (o out) optAttr(key, value string) out {
	if value == "" {
		return o
	}
	return o.attr(key, value)
}

// stamp formats a time.
func (o out) stamp(t time.Time) string {
	if o.frac {
		return t.UTC().Format(timeFracLayout)
	}
	return t.UTC().Format(timeLayout)
}

// time appends a child with a time.
func (o out) time(tag string, t time.Time) { o.text(tag, o.stamp(t)) }

// optTime appends a child with a time unless that is zero.
func (o out) optTime(tag string, t time.Time) {
	if !t.IsZero() {
		o.time(tag, t)
	}
}

// clean drops what XML 1.0 section 2.2 forbids and what is no UTF-8.
func clean(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || !allowedRune(rune(c)) {
			return strings.Map(func(r rune) rune {
				if allowedRune(r) {
					return r
				}
				return -1
			}, strings.ToValidUTF8(s, ""))
		}
	}
	return s
}

// allowedRune is the Char production of XML 1.0.
func allowedRune(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' ||
		r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

// clip cuts a text to n characters, for schema types with a length. Blank at
// the cut is trimmed.
func clip(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimRight(string([]rune(s)[:n]), " ")
}

// yesNo and boolean spell a flag as Nominet's and as XML's types do.
func yesNo(b bool) string {
	if b {
		return "Y"
	}
	return "N"
}

func boolean(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// root starts a frame.
func root(frac bool) out {
	e := etree.NewElement("epp")
	e.Attr = append(e.Attr, etree.Attr{Key: "xmlns", Value: NSEPP})
	return out{e: e, frac: frac}
}

// finish writes the frame behind what buf holds.
func (o out) finish(buf *bytes.Buffer) {
	buf.WriteString(declaration)
	o.e.WriteTo(buf, &written)
}

// Encode appends the answer, without a length header, to buf.
func (r *Response) Encode(buf *bytes.Buffer) {
	o := root(r.Fractions)
	resp := o.add("response")
	for i := range r.Results {
		r.Results[i].fill(resp)
	}
	if q := r.MsgQ; q != nil {
		m := resp.add("msgQ").attr("count", strconv.Itoa(q.Count)).attr("id", q.ID)
		m.optTime("qDate", q.QDate)
		if q.Msg != "" {
			m.text("msg", q.Msg).optAttr("lang", q.Lang)
		}
	}
	if r.ResData != nil {
		r.ResData.encode(resp.add("resData"))
	}
	if len(r.Ext) > 0 {
		ext := resp.add("extension")
		for _, p := range r.Ext {
			p.encode(ext)
		}
	}
	tr := resp.add("trID")
	tr.opt("clTRID", r.ClTRID)
	tr.text("svTRID", r.SvTRID)
	o.finish(buf)
}

// Bytes returns the answer as a frame of its own.
func (r *Response) Bytes() []byte {
	var buf bytes.Buffer
	buf.Grow(1024)
	r.Encode(&buf)
	return buf.Bytes()
}

func (r *Result) fill(resp out) {
	o := resp.add("result").attr("code", strconv.Itoa(int(r.Code)))
	msg := r.Msg
	if msg == "" {
		msg = r.Code.Text()
	}
	o.text("msg", msg).optAttr("lang", r.Lang)
	for i := range r.Values {
		v := &r.Values[i]
		x := o.add("extValue")
		value := x.add("value")
		switch {
		case v.Element == nil:
			value.add("undef")
		case v.Element.Payload != nil:
			v.Element.Payload.encode(value)
		default:
			v.Element.encode(value, NSEPP, NSEPP)
		}
		x.text("reason", v.Reason).optAttr("lang", v.Lang)
	}
}

// encode writes a shown element. around is the namespace of its parent, deflt
// the default one in scope.
func (v *Element) encode(p out, around, deflt string) {
	ns := v.NS
	if ns == "" {
		ns = around
	}
	prefix := v.Prefix
	if prefix == "" || !plainName(prefix) || strings.HasPrefix(strings.ToLower(prefix), "xml") {
		prefix = prefixes[ns]
	}
	tag := v.Tag
	if !plainName(tag) {
		tag = "undef"
	}
	e := p.e.CreateElement(tag)
	if prefix != "" {
		e.Space = prefix
		e.Attr = append(e.Attr, etree.Attr{Space: "xmlns", Key: prefix, Value: clean(ns)})
	} else if ns != deflt {
		e.Attr = append(e.Attr, etree.Attr{Key: "xmlns", Value: clean(ns)})
		deflt = ns
	}
	o := out{e: e, frac: p.frac}
	for _, a := range v.Attrs {
		if plainName(a.Key) && a.Key != "xmlns" {
			o.attr(a.Key, a.Value)
		}
	}
	o.set(v.Text)
	for i := range v.Children {
		v.Children[i].encode(o, ns, deflt)
	}
}

// plainName tells whether s may be written as the local part of a name. It is
// narrower than XML, as every name of EPP is ASCII.
func plainName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '-' || c == '.')) {
			return false
		}
	}
	return s != ""
}

// Encode appends the greeting, without a length header, to buf. Its data
// collection policy says: access to all, for administration and provisioning,
// told to us and the public, kept as stated.
func (g *Greeting) Encode(buf *bytes.Buffer) {
	o := root(g.Fractions)
	gr := o.add("greeting")
	gr.text("svID", clip(g.SvID, 64))
	gr.time("svDate", g.SvDate)
	menu := gr.add("svcMenu")
	menu.text("version", "1.0")
	if len(g.Lang) == 0 {
		menu.text("lang", "en")
	}
	for _, l := range g.Lang {
		menu.text("lang", l)
	}
	for _, u := range g.ObjURIs {
		menu.text("objURI", u)
	}
	if len(g.ExtURIs) > 0 {
		x := menu.add("svcExtension")
		for _, u := range g.ExtURIs {
			x.text("extURI", u)
		}
	}
	dcp := gr.add("dcp")
	dcp.add("access").add("all")
	st := dcp.add("statement")
	purpose := st.add("purpose")
	purpose.add("admin")
	purpose.add("prov")
	recipient := st.add("recipient")
	recipient.add("ours")
	recipient.add("public")
	st.add("retention").add("stated")
	o.finish(buf)
}

// Bytes returns the greeting as a frame of its own.
func (g *Greeting) Bytes() []byte {
	var buf bytes.Buffer
	g.Encode(&buf)
	return buf.Bytes()
}
