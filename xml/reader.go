package xml

import (
	"strings"

	"github.com/beevik/etree"
)

// reader walks the child elements of one element in order. Names are matched
// in one namespace.
type reader struct {
	d    *decoder
	self *etree.Element
	ns   string
	kids []*etree.Element
	pos  int        // the first child not taken yet
	op   TransferOp // of the command around, for transfer
}

// enter starts reading the children of e, whose names are in ns. Text between
// them is refused. The attributes of e are the caller's to check.
func (d *decoder) enter(e *etree.Element, ns string) *reader {
	r := &reader{d: d, self: e, ns: ns}
	n := 0
	for _, t := range e.Child {
		switch t := t.(type) {
		case *etree.Element:
			n++
		case *etree.CharData:
			if strings.Trim(t.Data, " \t\r\n") != "" {
				d.fail(CodeSyntax, e, "text where elements are expected")
			}
		}
	}
	if n > 0 {
		r.kids = make([]*etree.Element, 0, n)
		for _, t := range e.Child {
			if c, ok := t.(*etree.Element); ok {
				r.kids = append(r.kids, c)
			}
		}
	}
	return r
}

// peek tells whether the next child has the name.
func (r *reader) peek(tag string) bool {
	if r.d.err != nil || r.pos >= len(r.kids) {
		return false
	}
	c := r.kids[r.pos]
	return c.Tag == tag && c.NamespaceURI() == r.ns
}

// next takes the next child if it has the name; e is that child then.
func (r *reader) next(tag string) bool {
	if !r.peek(tag) {
		return false
	}
	r.pos++
	return true
}

// any takes the next child whatever it is.
func (r *reader) any() bool {
	if r.d.err != nil || r.pos >= len(r.kids) {
		return false
	}
	r.pos++
	return true
}

// need takes the next child, which must have the name.
func (r *reader) need(tag string) bool {
	if r.next(tag) {
		return true
	}
	if r.d.err == nil {
		if r.pos < len(r.kids) {
			r.d.fail(CodeSyntax, r.kids[r.pos], "unexpected here: %s is missing", tag)
		} else {
			r.d.fail(CodeSyntax, r.self, "%s is missing", tag)
		}
	}
	return false
}

// e is the child taken last.
func (r *reader) e() *etree.Element { return r.kids[r.pos-1] }

// end refuses what was not taken: unknown, repeated or out of order.
func (r *reader) end() {
	if r.d.err != nil || r.pos >= len(r.kids) {
		return
	}
	c := r.kids[r.pos]
	for _, k := range r.kids[:r.pos] {
		if k.Tag == c.Tag && k.NamespaceURI() == c.NamespaceURI() {
			r.d.fail(CodeSyntax, c, "given too often or out of order")
			return
		}
	}
	r.d.fail(CodeSyntax, c, "unknown element or out of order")
}

// attrs refuses attributes of e that are not listed. Declarations of
// namespaces and the attributes of XML Schema itself are let through.
func (d *decoder) attrs(e *etree.Element, allowed ...string) {
next:
	for i := range e.Attr {
		a := &e.Attr[i]
		if a.Space == "xmlns" || a.Space == "" && a.Key == "xmlns" {
			continue
		}
		if a.Space == "" {
			for _, k := range allowed {
				if a.Key == k {
					continue next
				}
			}
		} else if a.Space != "xml" && attrNamespace(e, a) == nsSchemaInstance {
			continue
		}
		d.fail(CodeSyntax, e, "unknown attribute %s", clip(a.Key, 64))
		return
	}
}

// attr returns an attribute with white space collapsed, and whether it is there.
func attr(e *etree.Element, key string) (string, bool) {
	for i := range e.Attr {
		if e.Attr[i].Space == "" && e.Attr[i].Key == key {
			return collapse(e.Attr[i].Value), true
		}
	}
	return "", false
}

// enum returns an attribute that must be one of the values; "" when absent.
func (d *decoder) enum(e *etree.Element, key string, required bool, values ...string) string {
	s, ok := attr(e, key)
	if !ok {
		if required {
			d.fail(CodeSyntax, e, "attribute %s is missing", key)
		}
		return ""
	}
	for _, v := range values {
		if s == v {
			return s
		}
	}
	d.fail(CodeValueSyntax, e, "attribute %s must be one of %s", key, strings.Join(values, ", "))
	return ""
}

// empty refuses attributes, children and text.
func (d *decoder) empty(e *etree.Element) {
	d.attrs(e)
	d.enter(e, "").end()
}

// joined is all character data of an element, over CDATA and comments.
func joined(e *etree.Element) string {
	s, more := "", []string(nil)
	for _, t := range e.Child {
		if c, ok := t.(*etree.CharData); ok {
			if s == "" && more == nil {
				s = c.Data
			} else {
				more = append(more, c.Data)
			}
		}
	}
	if more == nil {
		return s
	}
	return s + strings.Join(more, "")
}

// text returns the character data of a leaf and refuses child elements.
// Attributes are refused but for those listed.
func (d *decoder) text(e *etree.Element, allowed ...string) string {
	d.attrs(e, allowed...)
	for _, t := range e.Child {
		if c, ok := t.(*etree.Element); ok {
			d.fail(CodeSyntax, c, "element where text is expected")
			return ""
		}
	}
	return joined(e)
}

// collapse is the white space rule of xs:token.
func collapse(s string) string {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\t', '\n', '\r':
		case ' ':
			if i > 0 && i < len(s)-1 && s[i+1] > ' ' {
				continue
			}
		default:
			continue
		}
		return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
			return r == ' ' || r == '\t' || r == '\n' || r == '\r'
		}), " ")
	}
	return s
}

// normalize is the white space rule of xs:normalizedString.
func normalize(s string) string {
	if !strings.ContainsAny(s, "\t\r\n") {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return ' '
		}
		return r
	}, s)
}
