package xml

import (
	"regexp"

	"github.com/beevik/etree"
)

func decodeRelease(d *decoder, r *reader) any {
	d.attrs(r.self)
	c := &Release{}
	if r.next("registrant") {
		c.Registrant = d.clID(r.e())
	} else if r.need("domainName") {
		c.Domain = d.label(r.e())
	}
	if r.need("registrarTag") {
		c.RegistrarTag = d.clID(r.e())
	}
	return c
}

// caseID reads the identifier of a handshake; the schema lets it be empty,
// which names no case.
func (d *decoder) caseID(r *reader) string {
	d.attrs(r.self)
	if r.need("caseId") {
		return d.token(r.e(), 1, 12)
	}
	return ""
}

func decodeHandshakeAccept(d *decoder, r *reader) any {
	c := &HandshakeAccept{CaseID: d.caseID(r)}
	if r.next("registrant") {
		c.Registrant = d.clID(r.e())
	}
	return c
}

func decodeHandshakeReject(d *decoder, r *reader) any {
	return &HandshakeReject{CaseID: d.caseID(r)}
}

func decodeList(d *decoder, r *reader) any {
	d.enum(r.self, "fields", false, "none")
	d.attrs(r.self, "fields")
	c := &List{}
	if r.next("month") {
		c.Month = d.month(r.e())
	} else if r.need("expiry") {
		c.Expiry = d.month(r.e())
	}
	return c
}

func decodeUnrenew(d *decoder, r *reader) any {
	return &Unrenew{Domains: d.labels(r, "domainName")}
}

func decodeFork(d *decoder, r *reader) any {
	d.attrs(r.self)
	c := &Fork{}
	if r.next("contactId") || d.opt.Lenient && r.next("contactID") {
		c.ContactID = d.clID(r.e())
	}
	if r.next("newContactId") {
		c.NewContactID = d.clID(r.e())
	}
	for r.next("domainName") {
		c.Domains = append(c.Domains, d.label(r.e()))
	}
	return c
}

func decodeLock(d *decoder, r *reader) any {
	object := d.enum(r.self, "object", true, "domain", "contact")
	kind, ok := attr(r.self, "type")
	if !ok {
		d.fail(CodeSyntax, r.self, "attribute type is missing")
	}
	d.length(r.self, kind, 1, 255)
	d.attrs(r.self, "object", "type")
	c := &Lock{Unlock: r.self.Tag == "unlock", Type: kind}
	if r.next("contactId") {
		c.ContactID = d.clID(r.e())
	} else if r.need("domainName") {
		c.Domain = d.label(r.e())
	}
	if d.err == nil && (object == "contact") != (c.ContactID != "") {
		d.fail(CodeValueSyntax, r.e(), "does not agree with the object attribute")
	}
	return c
}

func decodeContactIDUpdate(d *decoder, r *reader) any {
	c := &ContactIDUpdate{ID: d.contactID(r)}
	if r.need("chg") {
		in := d.enter(r.e(), NSContactID)
		c.NewID = d.contactID(in)
		in.end()
	}
	return c
}

func decodeTagList(d *decoder, r *reader) any {
	d.attrs(r.self)
	return &TagList{}
}

func decodeDirectRights(d *decoder, r *reader) any { return d.directRights(r) }

func extDirectRights(d *decoder, r *reader, x *Extensions) { x.DirectRights = d.directRights(r) }

func (d *decoder) directRights(r *reader) *DirectRightsCheck {
	d.attrs(r.self)
	c := &DirectRightsCheck{}
	if r.next("registrant") {
		c.Registrant = d.clID(r.e())
		return c
	}
	if r.need("postalInfo") {
		c.Postal = d.postalInfo(r.e())
	}
	if r.need("email") {
		c.Email = d.token(r.e(), 1, unbounded)
	}
	return c
}

// children says how each field of domain-nom-ext is taken.
type children map[string]func(e *etree.Element)

// inOrder takes the fields in the order of the schema or, when lenient, in any
// order; each at most once but for notes.
func (d *decoder) inOrder(r *reader, take children) {
	if !d.opt.Lenient {
		for _, tag := range domainNomOrder {
			for take[tag] != nil && r.next(tag) {
				take[tag](r.e())
				if tag != "notes" {
					break
				}
			}
		}
		return
	}
	seen := map[string]bool{}
	for d.err == nil && r.pos < len(r.kids) {
		tag := r.kids[r.pos].Tag
		if take[tag] == nil || seen[tag] && tag != "notes" || !r.next(tag) {
			return // left for end to refuse
		}
		seen[tag] = true
		take[tag](r.e())
	}
}

var domainNomOrder = []string{
	"first-bill", "recur-bill", "auto-bill", "next-bill", "auto-period", "next-period",
	"renew-not-required", "notes", "reseller",
}

func extDomainNomCreate(d *decoder, r *reader, x *Extensions) { x.DomainNom = d.domainNom(r, false) }
func extDomainNomUpdate(d *decoder, r *reader, x *Extensions) { x.DomainNom = d.domainNom(r, true) }

// maxNotes is the schema's bound for create; an update has none, so the
// bounds of the frame hold.
const maxNotes = 20

func (d *decoder) domainNom(r *reader, update bool) *DomainNom {
	d.attrs(r.self)
	n := &DomainNom{}
	bill := func(p **string) func(*etree.Element) {
		return func(e *etree.Element) { *p = d.billCode(e, update) }
	}
	num := func(p **IntChange, low, high int) func(*etree.Element) {
		return func(e *etree.Element) { *p = d.intChange(e, low, high, update) }
	}
	take := children{
		"first-bill":  bill(&n.FirstBill),
		"recur-bill":  bill(&n.RecurBill),
		"auto-bill":   num(&n.AutoBill, 0, 182),
		"next-bill":   num(&n.NextBill, 0, 182),
		"auto-period": num(&n.AutoPeriod, 1, 9),
		"next-period": num(&n.NextPeriod, 1, 9),
		"notes": func(e *etree.Element) {
			if !update && len(n.Notes) == maxNotes {
				d.fail(CodeSyntax, e, "more than %d notes", maxNotes)
			}
			n.Notes = append(n.Notes, d.token(e, 0, 200))
		},
		"reseller": func(e *etree.Element) {
			low := 1
			if update {
				low = 0
			}
			s := d.token(e, low, 255)
			n.Reseller = &s
		},
	}
	if update {
		take["renew-not-required"] = func(e *etree.Element) {
			b := !d.blank(e) && d.flag(e)
			n.RenewNotRequired = &b
		}
	}
	d.inOrder(r, take)
	return n
}

// blank tells whether a leaf is empty.
func (d *decoder) blank(e *etree.Element) bool { return collapse(d.text(e)) == "" }

// billCode reads bc or th; an update may clear it.
func (d *decoder) billCode(e *etree.Element, clear bool) *string {
	s := ""
	if !clear || !d.blank(e) {
		s = d.oneOf(e, "bc", "th")
	}
	return &s
}

// intChange reads a number; an update may clear it.
func (d *decoder) intChange(e *etree.Element, low, high int, clear bool) *IntChange {
	if clear && d.blank(e) {
		return &IntChange{Clear: true}
	}
	return &IntChange{Value: d.integer(e, low, high)}
}

var contactNomTypes = []string{
	"LTD", "PLC", "IND", "FIND", "RCHAR", "SCH", "LLP", "STRA", "PTNR", "GOV", "CRC", "STAT",
	"FCORP", "IP", "FOTHER", "OTHER", "UNKNOWN",
}

func extContactNom(d *decoder, r *reader, x *Extensions) {
	d.attrs(r.self)
	c := &ContactNom{}
	if r.next("trad-name") {
		s := d.token(r.e(), 0, 255)
		c.TradName = &s
	}
	if r.next("type") {
		s := d.oneOf(r.e(), contactNomTypes...)
		c.Type = &s
	}
	if r.next("co-no") {
		s := d.token(r.e(), 0, 255)
		c.CoNo = &s
	}
	if r.next("opt-out") {
		b := d.flag(r.e())
		c.OptOut = &b
	}
	x.ContactNom = c
}

// contactNomID is idType of contact-nom-ext-1.0, which knows the repository UK
// alone; others print other roids, and clients send them back.
var contactNomID = regexp.MustCompile(`^C[0-9]*(-[A-Za-z0-9_]{1,8})?$`)

func extContactNomInfo(d *decoder, r *reader, x *Extensions) {
	d.attrs(r.self)
	if !r.need("roid") {
		return
	}
	s := d.token(r.e(), 1, 64)
	if d.err == nil && !contactNomID.MatchString(s) {
		d.fail(CodeValueSyntax, r.e(), "must be an identifier such as C123456-UK")
	}
	x.ContactNomInfo = &ContactNomInfo{ROID: s}
}

func extDataQuality(d *decoder, r *reader, x *Extensions) {
	d.attrs(r.self)
	if r.need("validate") {
		d.empty(r.e())
		x.DataQuality = &DataQualityUpdate{}
	}
}
