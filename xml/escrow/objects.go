package escrow

import (
	"slices"
	"strconv"
	"strings"
)

// readers hold a function for each object, by namespace and name.
var readers = map[string]func(*fields) any{
	NSHeader + " header":       readHeader,
	NSDomain + " domain":       readDomain,
	NSHost + " host":           readHost,
	NSContact + " contact":     readContact,
	NSRegistrar + " registrar": readRegistrar,
	NSIDN + " idnTableRef":     readIDNTable,
	NSNNDN + " NNDN":           readNNDN,
	NSEPPParams + " eppParams": readEPPParams,
	NSPolicy + " policy":       readPolicy,
	NSExtra + " object":        readExtra,
}

func readHeader(f *fields) any {
	h := &Header{}
	for _, kind := range []string{"tld", "registrar", "ppsp", "reseller"} {
		if v := f.text(NSHeader, kind); v != "" {
			h.TLD = v
		}
	}
	f.texts(NSHeader, "contentTag") // a remark
	for _, n := range f.all(NSHeader, "count") {
		v, err := strconv.ParseInt(f.leaf(n), 10, 64)
		if err != nil || v < 0 {
			f.fail(n, "%q is not a number", n.text)
		}
		h.Counts = append(h.Counts, Count{URI: n.attr("uri"), RCDN: n.attr("rcdn"), N: v})
	}
	return h
}

// readStatuses reads statuses; the words beside them are not kept.
func (f *fields) statuses(space, local string) []string {
	var out []string
	for _, n := range f.all(space, local) {
		s := n.attr("s")
		if s == "" || slices.Contains(out, s) {
			f.fail(n, "the status %q is empty or there twice", s)
		}
		out = append(out, s)
	}
	return out
}

func (f *fields) event(space, by, at string) Event {
	return Event{f.text(space, by), f.time(space, at)}
}

func (f *fields) transfer(space string) *Transfer {
	n := f.one(space, "trnData")
	if n == nil {
		return nil
	}
	t := &Transfer{}
	f.below(n, func(f *fields) {
		t.Status = f.required(space, "trStatus")
		t.Gaining, t.Losing = f.required(space, "reRr"), f.required(space, "acRr")
		t.Asked, t.Acted, t.ExpiryTo = f.time(space, "reDate"), f.time(space, "acDate"), f.time(space, "exDate")
	})
	return t
}

func readDomain(f *fields) any {
	const ns = NSDomain
	d := &Domain{
		Name: strings.ToLower(f.required(ns, "name")), ROID: f.required(ns, "roid"),
		UName: f.text(ns, "uName"), IDNTable: f.text(ns, "idnTableId"), OriginalName: f.text(ns, "originalName"),
		Statuses: f.statuses(ns, "status"), RGP: f.statuses(ns, "rgpStatus"), Registrant: f.text(ns, "registrant"),
		ClID: f.required(ns, "clID"), Created: f.event(ns, "crRr", "crDate"), Updated: f.event(ns, "upRr", "upDate"),
		Expires: f.time(ns, "exDate"), Transferred: f.time(ns, "trDate"), Transfer: f.transfer(ns),
	}
	for _, n := range f.all(ns, "contact") {
		d.Contacts = append(d.Contacts, ContactRef{n.attr("type"), f.leaf(n)})
	}
	if n := f.one(ns, "ns"); n != nil {
		f.below(n, func(f *fields) {
			for _, h := range f.texts(nsEPPDomain, "hostObj") {
				d.Hosts = append(d.Hosts, strings.ToLower(h))
			}
			for _, n := range f.all(nsEPPDomain, "hostAttr") {
				f.below(n, func(f *fields) {
					d.HostAttrs = append(d.HostAttrs, NameServer{strings.ToLower(f.required(nsEPPDomain, "hostName")), f.texts(nsEPPDomain, "hostAddr")})
				})
			}
		})
	}
	if n := f.one(ns, "secDNS"); n != nil {
		f.below(n, func(f *fields) {
			d.MaxSigLife = f.number(nsSecDNS, "maxSigLife")
			for _, n := range f.all(nsSecDNS, "dsData") {
				f.below(n, func(f *fields) { d.DS = append(d.DS, f.ds()) })
			}
			d.Keys = f.keys()
		})
	}
	return d
}

func (f *fields) ds() DS {
	s := DS{KeyTag: f.number(nsSecDNS, "keyTag"), Algorithm: f.number(nsSecDNS, "alg"),
		DigestType: f.number(nsSecDNS, "digestType"), Digest: f.hex(nsSecDNS, "digest")}
	if keys := f.keys(); len(keys) > 0 {
		s.Key = &keys[0]
	}
	return s
}

func (f *fields) keys() []Key {
	var out []Key
	for _, n := range f.all(nsSecDNS, "keyData") {
		f.below(n, func(f *fields) {
			out = append(out, Key{Flags: f.number(nsSecDNS, "flags"), Protocol: f.number(nsSecDNS, "protocol"),
				Algorithm: f.number(nsSecDNS, "alg"), PublicKey: f.base64(nsSecDNS, "pubKey")})
		})
	}
	return out
}

func readHost(f *fields) any {
	const ns = NSHost
	return &Host{
		Name: strings.ToLower(f.required(ns, "name")), ROID: f.required(ns, "roid"), Statuses: f.statuses(ns, "status"),
		Addrs: f.texts(ns, "addr"), ClID: f.required(ns, "clID"), Created: f.event(ns, "crRr", "crDate"),
		Updated: f.event(ns, "upRr", "upDate"), Transferred: f.time(ns, "trDate"),
	}
}

func readContact(f *fields) any {
	const ns = NSContact
	c := &Contact{
		ID: f.required(ns, "id"), ROID: f.required(ns, "roid"), Statuses: f.statuses(ns, "status"),
		Voice: f.phone(ns, "voice"), Fax: f.phone(ns, "fax"), Email: f.text(ns, "email"),
		ClID: f.required(ns, "clID"), Created: f.event(ns, "crRr", "crDate"), Updated: f.event(ns, "upRr", "upDate"),
		Transferred: f.time(ns, "trDate"), Transfer: f.transfer(ns),
	}
	for _, n := range f.all(ns, "postalInfo") {
		f.below(n, func(f *fields) {
			p := Postal{Type: n.attr("type"), Name: f.text(nsEPPContact, "name"), Org: f.text(nsEPPContact, "org")}
			f.address(nsEPPContact, &p)
			c.Postal = append(c.Postal, p)
		})
	}
	if n := f.one(ns, "disclose"); n != nil {
		f.below(n, func(f *fields) { c.Disclose = f.disclose(n) })
	}
	return c
}

func (f *fields) phone(space, local string) Phone {
	n := f.one(space, local)
	if n == nil {
		return Phone{}
	}
	return Phone{f.leaf(n), n.attr("x")}
}

func (f *fields) address(space string, p *Postal) {
	n := f.one(space, "addr")
	if n == nil {
		return
	}
	f.below(n, func(f *fields) {
		p.Street, p.City = f.texts(space, "street"), f.text(space, "city")
		p.SP, p.PC, p.CC = f.text(space, "sp"), f.text(space, "pc"), f.text(space, "cc")
	})
}

func (f *fields) disclose(n *node) *Disclose {
	flag := n.attr("flag")
	d := &Disclose{Flag: flag == "1" || flag == "true"}
	if !d.Flag && flag != "0" && flag != "false" {
		f.fail(n, "the flag %q is neither 0 nor 1", flag)
	}
	for _, part := range []struct {
		name  string
		forms *[]string
	}{{"name", &d.Name}, {"org", &d.Org}, {"addr", &d.Addr}} {
		for _, c := range f.all(nsEPPContact, part.name) {
			*part.forms = append(*part.forms, c.attr("type"))
		}
	}
	d.Voice = f.one(nsEPPContact, "voice") != nil
	d.Fax = f.one(nsEPPContact, "fax") != nil
	d.Email = f.one(nsEPPContact, "email") != nil
	return d
}

func readRegistrar(f *fields) any {
	const ns = NSRegistrar
	r := &Registrar{
		ID: f.required(ns, "id"), Name: f.required(ns, "name"), GURID: f.number(ns, "gurid"), Status: f.text(ns, "status"),
		Voice: f.phone(ns, "voice"), Fax: f.phone(ns, "fax"), Email: f.text(ns, "email"), URL: f.text(ns, "url"),
		Created: f.time(ns, "crDate"), Updated: f.time(ns, "upDate"),
	}
	for _, n := range f.all(ns, "postalInfo") {
		f.below(n, func(f *fields) {
			p := Postal{Type: n.attr("type")}
			f.address(ns, &p)
			r.Postal = append(r.Postal, p)
		})
	}
	if n := f.one(ns, "whoisInfo"); n != nil {
		f.below(n, func(f *fields) { r.WhoisName, r.WhoisURL = f.text(ns, "name"), f.text(ns, "url") })
	}
	return r
}

func readIDNTable(f *fields) any {
	t := &IDNTable{ID: f.n.attr("id"), URL: f.text(NSIDN, "url"), PolicyURL: f.text(NSIDN, "urlPolicy")}
	if t.ID == "" {
		f.fail(f.n, "the id is missing")
	}
	return t
}

func readNNDN(f *fields) any {
	const ns = NSNNDN
	n := &NNDN{AName: strings.ToLower(f.required(ns, "aName")), UName: f.text(ns, "uName"), IDNTable: f.text(ns, "idnTableId"),
		OriginalName: f.text(ns, "originalName"), State: f.required(ns, "nameState"), Created: f.time(ns, "crDate")}
	if !slices.Contains([]string{"blocked", "withheld", "mirrored"}, n.State) {
		f.fail(f.n, "the state %q is none of blocked, withheld, mirrored", n.State)
	}
	return n
}

func readEPPParams(f *fields) any {
	const ns = NSEPPParams
	p := &EPPParams{Versions: f.texts(ns, "version"), Langs: f.texts(ns, "lang"), ObjURIs: f.texts(ns, "objURI")}
	if n := f.one(ns, "svcExtension"); n != nil {
		f.below(n, func(f *fields) { p.ExtURIs = f.texts(nsEPP, "extURI") })
	}
	f.all(ns, "dcp") // how the other registry handles data is not ours to judge
	return p
}

func readPolicy(f *fields) any {
	return &Policy{f.n.attr("scope"), f.n.attr("element")}
}

func readExtra(f *fields) any {
	x := &Extra{Object: f.n.attr("type"), Key: f.n.attr("id")}
	if x.Object == "" || x.Key == "" {
		f.fail(f.n, "type or id is missing")
	}
	for _, n := range f.all(NSExtra, "value") {
		x.Values = append(x.Values, Value{n.attr("name"), f.leaf(n)})
	}
	return x
}

func readDelete(f *fields) any {
	d := &Delete{Object: f.n.space}
	key := deleteKey[d.Object]
	d.Names = f.texts(d.Object, key)
	for _, also := range []string{"roid"} { // beside a host's name
		f.all(d.Object, also)
	}
	if d.Object == NSDomain || d.Object == NSHost || d.Object == NSNNDN {
		for i := range d.Names {
			d.Names[i] = strings.ToLower(d.Names[i])
		}
	}
	return d
}

func (r *Reader) readCSV(f *fields) any {
	c := &CSV{Contents: r.csv.contents, Deletes: r.csv.deletes, Name: f.n.attr("name"), Sep: f.n.attr("sep")}
	if c.Sep == "" {
		c.Sep = ","
	}
	if n := f.one(NSCSV, "fields"); n != nil {
		for _, child := range n.children {
			parent := child.attr("parent")
			c.Fields = append(c.Fields, Field{Space: child.space, Name: child.local, Index: child.attr("index"),
				Type: child.attr("type"), Parent: parent == "true" || parent == "1"})
		}
	}
	if n := f.one(NSCSV, "files"); n != nil {
		f.below(n, func(f *fields) {
			for _, n := range f.all(NSCSV, "file") {
				c.Files = append(c.Files, CSVFile{Name: f.leaf(n), Sum: n.attr("cksum"), Compression: n.attr("compression"), Encoding: n.attr("encoding")})
			}
		})
	}
	if c.Name == "" || len(c.Fields) == 0 || len(c.Sep) != 1 {
		f.fail(f.n, "a table needs a name, fields and a separator of one character")
	}
	return c
}
