package registry

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// importColumns are the columns that each file may have; those in
// importRequired it must have.
var importColumns = map[string][]string{
	ImportDomains: {"name", "tag", "registrant", "admin", "tech", "billing", "hosts", "ds", "keys", "created", "expires",
		"statuses", "suspended", "suspended-reason", "auto-bill", "next-bill", "auto-period", "next-period", "recur-bill",
		"renew-not-required", "notes", "reseller"},
	ImportContacts: {"handle", "tag", "form", "name", "org", "street", "city", "province", "postal-code", "country",
		"voice", "voice-ext", "fax", "fax-ext", "email", "trad-name", "type", "company-no", "opt-out", "created"},
	ImportHosts: {"host", "addresses"},
}

var importRequired = map[string][]string{
	ImportDomains:  {"name", "expires"},
	ImportContacts: {"handle", "name", "city", "country", "email"},
	ImportHosts:    {"host"},
}

// importLine is a line of a file, by column.
type importLine struct {
	im     *importing
	file   string
	number int
	fields map[string]string
}

// text is a field without blanks round it.
func (l *importLine) text(column string) string { return strings.TrimSpace(l.fields[column]) }

// list is a field of parts separated by semicolons; empty parts are dropped.
func (l *importLine) list(column string) []string {
	var out []string
	for part := range strings.SplitSeq(l.fields[column], ";") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func (l *importLine) fault(column, reason string, args ...any) {
	l.im.fault(l.file, l.number, column, reason, args...)
}

func (l *importLine) refused(column string, err error) { l.im.refused(l.file, l.number, column, err) }

func (l *importLine) yes(column string) bool {
	switch text := l.text(column); text {
	case "yes":
		return true
	case "", "no":
	default:
		l.fault(column, "%q is neither yes nor no", text)
	}
	return false
}

// count reads a number in bounds; an empty field is 0.
func (l *importLine) count(column string, most int) int {
	text := l.text(column)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		l.fault(column, "%q is not a number from 1 to %d", text, most)
		return 0
	}
	return n
}

// date reads YYYY-MM-DD, or a date relative to the reference day or to expires:
// today, today-10, today+30, expires-2y.
func (l *importLine) date(column string, expires Date) Date {
	text := l.text(column)
	if text == "" {
		return Date{}
	}
	base := Date{}
	rest, relative := strings.CutPrefix(text, "today")
	if relative {
		base = l.im.o.Reference
		if base.IsZero() {
			l.fault(column, "%q: relative dates need a reference day", text)
			return Date{}
		}
	} else if rest, relative = strings.CutPrefix(text, "expires"); relative && !expires.IsZero() {
		base = expires
	}
	if base.IsZero() {
		d, err := ParseDate(text)
		l.refused(column, err)
		return d
	}
	if rest == "" {
		return base
	}
	digits, years := strings.CutSuffix(rest, "y")
	n, err := strconv.Atoi(digits)
	if err != nil || (rest[0] != '+' && rest[0] != '-') || n < -40_000 || n > 40_000 {
		l.fault(column, "%q is not a date: YYYY-MM-DD, today+N, today-N, expires-Ny", text)
		return Date{}
	}
	if years {
		return base.AddYears(n)
	}
	return base.AddDays(n)
}

// read reads all files; what cannot be understood is a fault. The error is of
// reading itself.
func (im *importing) read(files fs.FS) error {
	im.begin()
	err := im.readFile(files, ImportContacts, im.addContact)
	if err == nil {
		err = im.readFile(files, ImportHosts, im.addHost)
	}
	if err == nil {
		err = im.readFile(files, ImportDomains, im.addDomain)
	}
	return err
}

func (im *importing) readFile(files fs.FS, name string, add func(*importLine)) error {
	f, err := files.Open(name)
	if errors.Is(err, fs.ErrNotExist) && name != ImportDomains {
		return nil
	}
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	defer f.Close()
	c := csv.NewReader(f)
	c.FieldsPerRecord = -1
	heading, err := c.Read()
	if err != nil || !im.heading(name, heading) {
		if len(im.faults) == 0 {
			im.fault(name, 1, "", "there is no heading line: %v", err)
		}
		return nil
	}
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			im.fault(name, wrong.StartLine, "", "%v", wrong.Err)
			return nil // what follows would be misread
		}
		if err != nil {
			return fmt.Errorf("import: %s: %w", name, err)
		}
		number, _ := c.FieldPos(0)
		if len(record) != len(heading) {
			im.fault(name, number, "", "the line has %d fields, the heading %d", len(record), len(heading))
			continue
		}
		line := &importLine{im: im, file: name, number: number, fields: make(map[string]string, len(heading))}
		for i, column := range heading {
			line.fields[column] = record[i]
		}
		add(line)
	}
}

// heading checks the names of the columns.
func (im *importing) heading(file string, columns []string) bool {
	before := len(im.faults)
	if len(columns) > 0 {
		columns[0] = strings.TrimPrefix(columns[0], "\ufeff") // spreadsheets write it
	}
	for i, c := range columns {
		switch {
		case !slices.Contains(importColumns[file], c):
			im.fault(file, 1, c, "there is no such column")
		case slices.Index(columns, c) != i:
			im.fault(file, 1, c, "the column comes twice")
		}
	}
	for _, c := range importRequired[file] {
		if !slices.Contains(columns, c) {
			im.fault(file, 1, c, "the column is missing")
		}
	}
	return len(im.faults) == before
}

func (im *importing) addContact(l *importLine) {
	c := &importContact{file: l.file, line: l.number, tag: l.text("tag")}
	c.ContactValues = ContactValues{
		Handle: l.text("handle"), Email: l.text("email"), TradName: l.text("trad-name"), Type: l.text("type"), CompanyNo: l.text("company-no"),
		Postal: []PostalValues{{
			Form: PostalForm(l.text("form")), Name: l.text("name"), Org: l.text("org"), Street: l.list("street"), City: l.text("city"),
			Province: l.text("province"), PostalCode: l.text("postal-code"), Country: l.text("country"),
		}},
	}
	if c.Postal[0].Form == "" {
		c.Postal[0].Form = PostalLoc
	}
	c.Voice, c.VoiceExt, c.Fax, c.FaxExt = l.text("voice"), l.text("voice-ext"), l.text("fax"), l.text("fax-ext")
	c.OptOut = l.yes("opt-out")
	c.Created = l.date("created", Date{}).startOrZero(im.r.loc)
	err := CheckContact(c.ContactValues, ProfileUK)
	if refusal := AsRefusal(err); refusal != nil {
		l.fault(strings.TrimPrefix(refusal.Field, "contact:"), "%s", refusal.Reason)
	}
	c.Natural = c.NaturalPerson()
	im.keepContact(c)
}

// keepContact adds a contact, once.
func (im *importing) keepContact(c *importContact) {
	if first := im.byHandle[c.Handle]; first != nil {
		im.fault(c.file, c.line, "handle", "%s is in line %d already", c.Handle, first.line)
		return
	}
	im.byHandle[c.Handle] = c
	im.contacts = append(im.contacts, c)
}

// keepDomain adds a name, once.
func (im *importing) keepDomain(d *importDomain) {
	if first := im.byName[d.Name]; first != nil {
		im.fault(d.file, d.line, "name", "%s is in line %d already", d.Name, first.line)
		return
	}
	im.byName[d.Name] = d
	im.domains = append(im.domains, d)
}

func (im *importing) addHost(l *importLine) {
	name, err := ToASCII(l.text("host"))
	if err == nil {
		name, err = ParseHostName(name)
	}
	if err != nil {
		l.refused("host", err)
		return
	}
	if first := im.byHost[name]; first != nil {
		l.fault("host", "%s is in line %d already", name, first.line)
		return
	}
	l.host(name, "addresses", l.list("addresses"))
}

// host adds a host with the addresses in a column.
func (l *importLine) host(name, column string, addresses []string) {
	h := &importHost{file: l.file, line: l.number, name: name}
	given := make([]HostAddress, len(addresses))
	for i, text := range addresses {
		given[i].Text = text
	}
	var err error
	h.addrs, err = parseGiven(given)
	l.refused(column, err)
	l.im.byHost[name] = h
	l.im.hosts = append(l.im.hosts, h)
}

func (im *importing) addDomain(l *importLine) {
	d := &importDomain{file: l.file, line: l.number, tag: l.text("tag")}
	name, err := ToASCII(l.text("name"))
	if err != nil {
		l.refused("name", err)
		return
	}
	d.Name = name
	d.Registrant = l.text("registrant")
	for _, role := range []string{"admin", "tech", "billing"} {
		for _, handle := range l.list(role) {
			d.Contacts = append(d.Contacts, DomainContact{Role: role, Handle: handle})
		}
	}
	for _, text := range l.list("hosts") {
		im.addDomainHost(l, d, text)
	}
	d.DNSSEC = l.dnssec()
	d.Expires = l.date("expires", Date{})
	if d.Expires.IsZero() && l.text("expires") == "" {
		l.fault("expires", "the date is missing")
	}
	d.Created = l.date("created", d.Expires).startOrZero(im.r.loc)
	for _, text := range l.list("statuses") {
		s, err := ParseStatus(ObjectDomain, text)
		if err == nil && !s.StaffSettable() {
			err = Refuse(KindPolicy, "", "The status %s is not imported: it is derived, or part of a procedure.", s)
		}
		l.refused("statuses", err)
		d.Statuses = d.Statuses.With(s)
	}
	d.SuspendedOn = l.date("suspended", d.Expires)
	d.SuspendedReason = l.text("suspended-reason")
	l.billing(d)
	d.RenewNotRequired = l.yes("renew-not-required")
	d.Notes, d.Reseller = l.list("notes"), l.text("reseller")
	im.keepDomain(d)
}

// addDomainHost reads a name server: a host, or host/address/address (C1).
func (im *importing) addDomainHost(l *importLine, d *importDomain, text string) {
	name, addresses, given := strings.Cut(text, "/")
	name, err := ToASCII(name)
	if err == nil {
		name, err = ParseHostName(name)
	}
	if err != nil {
		l.refused("hosts", err)
		return
	}
	if slices.Contains(d.hosts, name) {
		l.fault("hosts", "%s is given twice", name)
		return
	}
	d.hosts = append(d.hosts, name)
	if im.byHost[name] != nil {
		if given {
			l.fault("hosts", "%s has its addresses in line %d of %s", name, im.byHost[name].line, im.byHost[name].file)
		}
		return
	}
	var list []string
	if given {
		list = strings.Split(addresses, "/")
	}
	l.host(name, "hosts", list)
}

func (l *importLine) billing(d *importDomain) {
	p := l.im.r.policy
	d.Bill = BillSettings{
		Auto: l.count("auto-bill", p.AutoBillMax), Next: l.count("next-bill", p.AutoBillMax),
		AutoPeriod: l.count("auto-period", p.AutoPeriodMax), NextPeriod: l.count("next-period", p.AutoPeriodMax),
	}
	switch text := l.text("recur-bill"); text {
	case "":
		d.RecurBill = BillTagHolder
	case string(BillTagHolder), string(BillCustomer):
		d.RecurBill = RecurBill(text)
	default:
		l.fault("recur-bill", "%q is neither th nor bc", text)
	}
	if d.Bill.Auto > 0 && d.Bill.Next > 0 {
		l.fault("next-bill", "auto-bill and next-bill exclude each other (R11)")
	}
	if d.RecurBill == BillCustomer && d.Bill.Auto+d.Bill.Next > 0 {
		l.fault("recur-bill", "bc excludes auto-bill and next-bill (R21)")
	}
}

// dnssec reads DS records, "tag algorithm digest-type digest", and keys,
// "flags protocol algorithm base64".
func (l *importLine) dnssec() DNSSEC {
	var out DNSSEC
	for _, text := range l.list("ds") {
		n, last, ok := threeNumbers(text)
		digest, err := hex.DecodeString(last)
		if !ok || err != nil {
			l.fault("ds", "%q is not a DS record: key tag, algorithm, digest type, digest", text)
			continue
		}
		out.DS = append(out.DS, DSData{KeyTag: n[0], Algorithm: n[1], DigestType: n[2], Digest: digest})
	}
	for _, text := range l.list("keys") {
		n, last, ok := threeNumbers(text)
		key, err := base64.StdEncoding.DecodeString(last)
		if !ok || err != nil {
			l.fault("keys", "%q is not a key: flags, protocol, algorithm, key in base64", text)
			continue
		}
		out.Keys = append(out.Keys, KeyData{Flags: n[0], Protocol: n[1], Algorithm: n[2], PublicKey: key})
	}
	return out
}

// threeNumbers splits "1 2 3 text".
func threeNumbers(text string) (n [3]int, last string, ok bool) {
	parts := strings.Fields(text)
	if len(parts) != 4 {
		return n, "", false
	}
	for i := range n {
		v, err := strconv.Atoi(parts[i])
		if err != nil {
			return n, "", false
		}
		n[i] = v
	}
	return n, parts[3], true
}
