package xml

import (
	"regexp"

	"github.com/beevik/etree"
)

// contactStatuses is the enumeration of RFC 5733.
var contactStatuses = []string{
	"clientDeleteProhibited", "clientTransferProhibited", "clientUpdateProhibited", "linked", "ok",
	"pendingCreate", "pendingDelete", "pendingTransfer", "pendingUpdate", "serverDeleteProhibited",
	"serverTransferProhibited", "serverUpdateProhibited",
}

// contactID reads the identifier of a command.
func (d *decoder) contactID(r *reader) string {
	d.attrs(r.self)
	if r.need("id") {
		return d.clID(r.e())
	}
	return ""
}

func decodeContactCheck(d *decoder, r *reader) any {
	d.attrs(r.self)
	c := &ContactCheck{}
	for ok := r.need("id"); ok; ok = r.next("id") {
		c.IDs = append(c.IDs, d.clID(r.e()))
	}
	return c
}

func decodeContactDelete(d *decoder, r *reader) any { return &ContactDelete{ID: d.contactID(r)} }

func decodeContactInfo(d *decoder, r *reader) any {
	c := &ContactInfo{ID: d.contactID(r)}
	if r.next("authInfo") {
		c.AuthInfo = d.authInfo(r.e(), NSContact, false)
	}
	return c
}

func decodeContactTransfer(d *decoder, r *reader) any {
	c := &ContactTransfer{Op: r.op, ID: d.contactID(r)}
	if r.next("authInfo") {
		c.AuthInfo = d.authInfo(r.e(), NSContact, false)
	}
	return c
}

func decodeContactCreate(d *decoder, r *reader) any {
	c := &ContactCreate{ID: d.contactID(r)}
	for ok := r.need("postalInfo"); ok; ok = len(c.Postal) < 2 && r.next("postalInfo") {
		c.Postal = append(c.Postal, *d.postalInfo(r.e()))
	}
	c.Voice = d.phone(r, "voice")
	c.Fax = d.phone(r, "fax")
	if r.need("email") {
		c.Email = d.token(r.e(), 1, unbounded)
	}
	if r.need("authInfo") {
		c.AuthInfo = *d.authInfo(r.e(), NSContact, false)
	}
	c.Disclose = d.disclose(r)
	return c
}

// postalInfo reads contact:postalInfoType. The element itself may be in
// another namespace; its children are the contact's.
func (d *decoder) postalInfo(e *etree.Element) *PostalInfo {
	p := &PostalInfo{Type: d.enum(e, "type", true, "int", "loc")}
	d.attrs(e, "type")
	r := d.enter(e, NSContact)
	if r.need("name") {
		p.Name = d.line(r.e(), 1)
	}
	if r.next("org") {
		p.Org = d.line(r.e(), 0)
	}
	if r.need("addr") {
		p.Addr = *d.addr(r.e())
	}
	r.end()
	return p
}

func (d *decoder) addr(e *etree.Element) *Addr {
	d.attrs(e)
	r := d.enter(e, NSContact)
	a := &Addr{}
	for len(a.Street) < 3 && r.next("street") {
		a.Street = append(a.Street, d.line(r.e(), 0))
	}
	if r.need("city") {
		a.City = d.line(r.e(), 1)
	}
	if r.next("sp") {
		a.SP = d.line(r.e(), 0)
	}
	if r.next("pc") {
		a.PC = d.token(r.e(), 0, 16)
	}
	if r.need("cc") {
		a.CC = d.token(r.e(), 2, 2)
	}
	r.end()
	return a
}

var e164Pattern = regexp.MustCompile(`^(\+[0-9]{1,3}\.[0-9]{1,14})?$`)

// phone reads an optional number; an empty one is told apart from none.
func (d *decoder) phone(r *reader, tag string) *Phone {
	if !r.next(tag) {
		return nil
	}
	p := &Phone{Number: d.token(r.e(), 0, 17, "x")}
	if d.err == nil && !e164Pattern.MatchString(p.Number) {
		d.fail(CodeValueSyntax, r.e(), "must be a number such as +44.2071234567")
	}
	p.Ext, _ = attr(r.e(), "x")
	return p
}

func (d *decoder) disclose(r *reader) *Disclose {
	if !r.next("disclose") {
		return nil
	}
	e := r.e()
	c := &Disclose{Flag: d.boolAttr(e, "flag", true)}
	d.attrs(e, "flag")
	in := d.enter(e, NSContact)
	typed := func(tag string) []string {
		var list []string
		for len(list) < 2 && in.next(tag) {
			list = append(list, d.enum(in.e(), "type", true, "int", "loc"))
			d.text(in.e(), "type")
		}
		return list
	}
	bare := func(tag string) bool {
		if in.next(tag) {
			d.empty(in.e())
			return true
		}
		return false
	}
	c.Name, c.Org, c.Addr = typed("name"), typed("org"), typed("addr")
	c.Voice, c.Fax, c.Email = bare("voice"), bare("fax"), bare("email")
	in.end()
	return c
}

func decodeContactUpdate(d *decoder, r *reader) any {
	c := &ContactUpdate{ID: d.contactID(r)}
	if r.next("add") {
		c.Add = d.contactStatuses(r.e())
	}
	if r.next("rem") {
		c.Rem = d.contactStatuses(r.e())
	}
	if r.next("chg") {
		c.Chg = d.contactChange(r.e())
	}
	return c
}

func (d *decoder) contactStatuses(e *etree.Element) []Status {
	d.attrs(e)
	r := d.enter(e, NSContact)
	if d.opt.Lenient && len(r.kids) == 0 {
		return nil // a widely used client sends empty add and rem with every update
	}
	var list []Status
	for ok := r.need("status"); ok; ok = len(list) < 7 && r.next("status") {
		list = append(list, d.status(r.e(), contactStatuses))
	}
	r.end()
	return list
}

func (d *decoder) contactChange(e *etree.Element) *ContactChange {
	d.attrs(e)
	r := d.enter(e, NSContact)
	c := &ContactChange{}
	for len(c.Postal) < 2 && r.next("postalInfo") {
		c.Postal = append(c.Postal, d.postalChange(r.e()))
	}
	c.Voice = d.phone(r, "voice")
	c.Fax = d.phone(r, "fax")
	if r.next("email") {
		s := d.token(r.e(), 1, unbounded)
		c.Email = &s
	}
	if r.next("authInfo") {
		c.AuthInfo = d.authInfo(r.e(), NSContact, false)
	}
	c.Disclose = d.disclose(r)
	r.end()
	return c
}

func (d *decoder) postalChange(e *etree.Element) PostalChange {
	p := PostalChange{Type: d.enum(e, "type", true, "int", "loc")}
	d.attrs(e, "type")
	r := d.enter(e, NSContact)
	if r.next("name") {
		s := d.line(r.e(), 1)
		p.Name = &s
	}
	if r.next("org") {
		s := d.line(r.e(), 0)
		p.Org = &s
	}
	if r.next("addr") {
		p.Addr = d.addr(r.e())
	}
	r.end()
	return p
}
