package escrow

import (
	"encoding/base64"
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Writer writes a deposit. Deletes come first, then the header, then the other
// objects; Close ends it.
type Writer struct {
	e       *emitter
	section string // the element that is open: "", rde:deletes, rde:contents
}

// NewWriter begins a deposit. Errors of writing are returned by Close.
func NewWriter(w io.Writer, d Deposit) *Writer {
	e := newEmitter(w)
	e.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	attrs := []string{}
	for _, p := range prefixes {
		attrs = append(attrs, "xmlns:"+p.prefix, p.uri)
	}
	attrs = append(attrs, "type", d.Type, "id", d.ID)
	if d.PrevID != "" {
		attrs = append(attrs, "prevId", d.PrevID)
	}
	if d.Resend > 0 {
		attrs = append(attrs, "resend", strconv.Itoa(d.Resend))
	}
	e.open("rde:deposit", attrs...)
	e.text("rde:watermark", FormatTime(d.Watermark))
	e.open("rde:rdeMenu")
	e.text("rde:version", "1.0")
	for _, uri := range d.Objects {
		e.text("rde:objURI", uri)
	}
	e.close("rde:rdeMenu")
	return &Writer{e: e}
}

// in opens a section, and closes the one before.
func (w *Writer) in(section string) {
	if w.section == section {
		return
	}
	if w.section != "" {
		w.e.close(w.section)
	}
	if section != "" {
		w.e.open(section)
	}
	w.section = section
}

// Close ends the deposit and returns the first error of writing.
func (w *Writer) Close() error {
	if w.section == "" {
		w.in("rde:contents")
	}
	w.in("")
	w.e.close("rde:deposit")
	return w.e.w.Flush()
}

// deleteKey is the element that names a deleted object of a kind.
var deleteKey = map[string]string{NSDomain: "name", NSHost: "name", NSContact: "id", NSRegistrar: "id", NSIDN: "id", NSNNDN: "aName"}

// Delete names objects that are gone.
func (w *Writer) Delete(d Delete) {
	w.in("rde:deletes")
	p := prefixOf(d.Object)
	w.e.open(p + ":delete")
	for _, name := range d.Names {
		w.e.text(p+":"+deleteKey[d.Object], name)
	}
	w.e.close(p + ":delete")
}

// Header says what the deposit holds.
func (w *Writer) Header(h Header) {
	w.in("rde:contents")
	e := w.e
	e.open("rdeHeader:header")
	e.text("rdeHeader:tld", h.TLD)
	for _, c := range h.Counts {
		attrs := []string{"uri", c.URI}
		if c.RCDN != "" {
			attrs = append(attrs, "rcdn", c.RCDN)
		}
		e.text("rdeHeader:count", strconv.FormatInt(c.N, 10), attrs...)
	}
	e.close("rdeHeader:header")
}

// Domain writes a name.
func (w *Writer) Domain(d Domain) {
	w.in("rde:contents")
	e := w.e
	e.open("rdeDomain:domain")
	e.text("rdeDomain:name", d.Name)
	e.text("rdeDomain:roid", d.ROID)
	e.optional("rdeDomain:uName", d.UName)
	e.optional("rdeDomain:idnTableId", d.IDNTable)
	e.optional("rdeDomain:originalName", d.OriginalName)
	e.statuses("rdeDomain:status", d.Statuses)
	e.statuses("rdeDomain:rgpStatus", d.RGP)
	e.optional("rdeDomain:registrant", d.Registrant)
	for _, c := range d.Contacts {
		e.text("rdeDomain:contact", c.ID, "type", c.Role)
	}
	if len(d.Hosts)+len(d.HostAttrs) > 0 {
		e.open("rdeDomain:ns")
		for _, h := range d.Hosts {
			e.text("domain:hostObj", h)
		}
		for _, h := range d.HostAttrs {
			e.open("domain:hostAttr")
			e.text("domain:hostName", h.Name)
			e.addresses("domain:hostAddr", h.Addrs)
			e.close("domain:hostAttr")
		}
		e.close("rdeDomain:ns")
	}
	e.sponsored("rdeDomain", d.ClID, d.Created)
	e.time("rdeDomain:exDate", d.Expires)
	e.updated("rdeDomain", d.Updated)
	e.secDNS(d)
	e.time("rdeDomain:trDate", d.Transferred)
	e.transfer("rdeDomain", d.Transfer)
	e.close("rdeDomain:domain")
}

func (e *emitter) statuses(name string, list []string) {
	for _, s := range list {
		e.empty(name, "s", s)
	}
}

func (e *emitter) addresses(name string, list []string) {
	for _, a := range list {
		ip := "v4"
		if strings.Contains(a, ":") {
			ip = "v6"
		}
		e.text(name, a, "ip", ip)
	}
}

// sponsored writes who has an object and who made it.
func (e *emitter) sponsored(prefix, clID string, created Event) {
	e.text(prefix+":clID", clID)
	e.optional(prefix+":crRr", created.By)
	e.time(prefix+":crDate", created.At)
}

func (e *emitter) updated(prefix string, updated Event) {
	e.optional(prefix+":upRr", updated.By)
	e.time(prefix+":upDate", updated.At)
}

func (e *emitter) transfer(prefix string, t *Transfer) {
	if t == nil {
		return
	}
	e.open(prefix + ":trnData")
	e.text(prefix+":trStatus", t.Status)
	e.text(prefix+":reRr", t.Gaining)
	e.time(prefix+":reDate", t.Asked)
	e.text(prefix+":acRr", t.Losing)
	e.time(prefix+":acDate", t.Acted)
	e.time(prefix+":exDate", t.ExpiryTo)
	e.close(prefix + ":trnData")
}

func (e *emitter) secDNS(d Domain) {
	if len(d.DS)+len(d.Keys) == 0 {
		return
	}
	e.open("rdeDomain:secDNS")
	if d.MaxSigLife > 0 {
		e.number("secDNS:maxSigLife", d.MaxSigLife)
	}
	for _, s := range d.DS {
		e.open("secDNS:dsData")
		e.number("secDNS:keyTag", s.KeyTag)
		e.number("secDNS:alg", s.Algorithm)
		e.number("secDNS:digestType", s.DigestType)
		e.text("secDNS:digest", strings.ToUpper(hex.EncodeToString(s.Digest)))
		if s.Key != nil {
			e.key(*s.Key)
		}
		e.close("secDNS:dsData")
	}
	if len(d.DS) == 0 {
		for _, k := range d.Keys {
			e.key(k)
		}
	}
	e.close("rdeDomain:secDNS")
}

func (e *emitter) key(k Key) {
	e.open("secDNS:keyData")
	e.number("secDNS:flags", k.Flags)
	e.number("secDNS:protocol", k.Protocol)
	e.number("secDNS:alg", k.Algorithm)
	e.text("secDNS:pubKey", base64.StdEncoding.EncodeToString(k.PublicKey))
	e.close("secDNS:keyData")
}

// Host writes a host.
func (w *Writer) Host(h Host) {
	w.in("rde:contents")
	e := w.e
	e.open("rdeHost:host")
	e.text("rdeHost:name", h.Name)
	e.text("rdeHost:roid", h.ROID)
	e.statuses("rdeHost:status", h.Statuses)
	e.addresses("rdeHost:addr", h.Addrs)
	e.sponsored("rdeHost", h.ClID, h.Created)
	e.updated("rdeHost", h.Updated)
	e.time("rdeHost:trDate", h.Transferred)
	e.close("rdeHost:host")
}

// Contact writes a contact.
func (w *Writer) Contact(c Contact) {
	w.in("rde:contents")
	e := w.e
	e.open("rdeContact:contact")
	e.text("rdeContact:id", c.ID)
	e.text("rdeContact:roid", c.ROID)
	e.statuses("rdeContact:status", c.Statuses)
	for _, p := range c.Postal {
		e.open("rdeContact:postalInfo", "type", p.Type)
		e.text("contact:name", p.Name)
		e.optional("contact:org", p.Org)
		e.address("contact", p)
		e.close("rdeContact:postalInfo")
	}
	e.phone("rdeContact:voice", c.Voice)
	e.phone("rdeContact:fax", c.Fax)
	e.text("rdeContact:email", c.Email)
	e.sponsored("rdeContact", c.ClID, c.Created)
	e.updated("rdeContact", c.Updated)
	e.time("rdeContact:trDate", c.Transferred)
	e.transfer("rdeContact", c.Transfer)
	if c.Disclose != nil {
		e.disclose(*c.Disclose)
	}
	e.close("rdeContact:contact")
}

func (e *emitter) address(prefix string, p Postal) {
	e.open(prefix + ":addr")
	for _, line := range p.Street {
		e.text(prefix+":street", line)
	}
	e.text(prefix+":city", p.City)
	e.optional(prefix+":sp", p.SP)
	e.optional(prefix+":pc", p.PC)
	e.text(prefix+":cc", p.CC)
	e.close(prefix + ":addr")
}

func (e *emitter) phone(name string, p Phone) {
	if p.Number == "" {
		return
	}
	if p.Ext == "" {
		e.text(name, p.Number)
		return
	}
	e.text(name, p.Number, "x", p.Ext)
}

func (e *emitter) disclose(d Disclose) {
	flag := "0"
	if d.Flag {
		flag = "1"
	}
	e.open("rdeContact:disclose", "flag", flag)
	for _, part := range []struct {
		name  string
		forms []string
	}{{"contact:name", d.Name}, {"contact:org", d.Org}, {"contact:addr", d.Addr}} {
		for _, form := range part.forms {
			e.empty(part.name, "type", form)
		}
	}
	for _, part := range []struct {
		name string
		is   bool
	}{{"contact:voice", d.Voice}, {"contact:fax", d.Fax}, {"contact:email", d.Email}} {
		if part.is {
			e.empty(part.name)
		}
	}
	e.close("rdeContact:disclose")
}

// Registrar writes a registrar.
func (w *Writer) Registrar(r Registrar) {
	w.in("rde:contents")
	e := w.e
	e.open("rdeRegistrar:registrar")
	e.text("rdeRegistrar:id", r.ID)
	e.text("rdeRegistrar:name", r.Name)
	if r.GURID > 0 {
		e.number("rdeRegistrar:gurid", r.GURID)
	}
	e.text("rdeRegistrar:status", r.Status)
	for _, p := range r.Postal {
		e.open("rdeRegistrar:postalInfo", "type", p.Type)
		e.address("rdeRegistrar", p)
		e.close("rdeRegistrar:postalInfo")
	}
	e.phone("rdeRegistrar:voice", r.Voice)
	e.phone("rdeRegistrar:fax", r.Fax)
	e.optional("rdeRegistrar:email", r.Email)
	e.optional("rdeRegistrar:url", r.URL)
	if r.WhoisName+r.WhoisURL != "" {
		e.open("rdeRegistrar:whoisInfo")
		e.optional("rdeRegistrar:name", r.WhoisName)
		e.optional("rdeRegistrar:url", r.WhoisURL)
		e.close("rdeRegistrar:whoisInfo")
	}
	e.time("rdeRegistrar:crDate", r.Created)
	e.time("rdeRegistrar:upDate", r.Updated)
	e.close("rdeRegistrar:registrar")
}

// IDNTable writes a reference to a table of code points.
func (w *Writer) IDNTable(t IDNTable) {
	w.in("rde:contents")
	w.e.open("rdeIDN:idnTableRef", "id", t.ID)
	w.e.text("rdeIDN:url", t.URL)
	w.e.text("rdeIDN:urlPolicy", t.PolicyURL)
	w.e.close("rdeIDN:idnTableRef")
}

// NNDN writes a name that nobody has.
func (w *Writer) NNDN(n NNDN) {
	w.in("rde:contents")
	e := w.e
	e.open("rdeNNDN:NNDN")
	e.text("rdeNNDN:aName", n.AName)
	e.optional("rdeNNDN:uName", n.UName)
	e.optional("rdeNNDN:idnTableId", n.IDNTable)
	e.optional("rdeNNDN:originalName", n.OriginalName)
	e.text("rdeNNDN:nameState", n.State)
	e.time("rdeNNDN:crDate", n.Created)
	e.close("rdeNNDN:NNDN")
}

// EPPParams writes what the greeting says.
func (w *Writer) EPPParams(p EPPParams) {
	w.in("rde:contents")
	e := w.e
	e.open("rdeEppParams:eppParams")
	for _, part := range []struct {
		name string
		list []string
	}{{"version", p.Versions}, {"lang", p.Langs}, {"objURI", p.ObjURIs}} {
		for _, v := range part.list {
			e.text("rdeEppParams:"+part.name, v)
		}
	}
	e.open("rdeEppParams:svcExtension")
	for _, v := range p.ExtURIs {
		e.text("epp:extURI", v)
	}
	e.close("rdeEppParams:svcExtension")
	e.open("rdeEppParams:dcp")
	e.raw("        <epp:access><epp:all/></epp:access>\n        <epp:statement><epp:purpose><epp:admin/><epp:prov/></epp:purpose>" +
		"<epp:recipient><epp:ours/><epp:public/></epp:recipient><epp:retention><epp:stated/></epp:retention></epp:statement>\n")
	e.close("rdeEppParams:dcp")
	e.close("rdeEppParams:eppParams")
}

// Policy writes that an optional element is required here.
func (w *Writer) Policy(p Policy) {
	w.in("rde:contents")
	w.e.empty("rdePolicy:policy", "scope", p.Scope, "element", p.Element)
}

// Extra writes our own values of an object.
func (w *Writer) Extra(x Extra) {
	w.in("rde:contents")
	w.e.open("nk:object", "type", x.Object, "id", x.Key)
	for _, v := range x.Values {
		w.e.text("nk:value", v.JSON, "name", v.Name)
	}
	w.e.close("nk:object")
}

// CSV defines the tables of one kind; all are of the same contents or deletes.
func (w *Writer) CSV(tables ...CSV) {
	if len(tables) == 0 {
		return
	}
	part, section := ":contents", "rde:contents"
	if tables[0].Deletes {
		part, section = ":deletes", "rde:deletes"
	}
	w.in(section)
	e, name := w.e, prefixOf(tables[0].Contents)+part
	e.open(name)
	for _, t := range tables {
		e.open("rdeCsv:csv", "name", t.Name, "sep", t.Sep)
		e.open("rdeCsv:fields")
		for _, f := range t.Fields {
			e.empty(prefixOf(f.Space)+":"+f.Name, f.attrs()...)
		}
		e.close("rdeCsv:fields")
		e.open("rdeCsv:files")
		for _, f := range t.Files {
			e.text("rdeCsv:file", f.Name, f.attrs()...)
		}
		e.close("rdeCsv:files")
		e.close("rdeCsv:csv")
	}
	e.close(name)
}

func (f Field) attrs() []string {
	var a []string
	if f.Index != "" {
		a = append(a, "index", f.Index)
	}
	if f.Type != "" {
		a = append(a, "type", f.Type)
	}
	if f.Parent {
		a = append(a, "parent", "true")
	}
	return a
}

func (f CSVFile) attrs() []string {
	a := []string{"cksum", f.Sum}
	if f.Compression != "" {
		a = slices.Insert(a, 0, "compression", f.Compression)
	}
	if f.Encoding != "" {
		a = append(a, "encoding", f.Encoding)
	}
	return a
}
