package deposit

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/namekeep/namekeep/xml/escrow"
)

// values reads fields of a row; the first fault is kept.
type values struct {
	row
	err error
}

func (v *values) fail(r row, format string, args ...any) {
	if v.err == nil {
		v.err = fmt.Errorf("%s:%d: %s", r.file, r.line, fmt.Sprintf(format, args...))
	}
}

func (v *values) shared(name string) string { return v.get(escrow.NSCSV, name) }

func (v *values) time(name string) time.Time {
	text := v.shared(name)
	if text == "" {
		return time.Time{}
	}
	at, err := escrow.ParseTime(text)
	if err != nil {
		v.fail(v.row, "%s: %v", name, err)
	}
	return at
}

func (v *values) number(r row, space, name string) int {
	text := r.get(space, name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		v.fail(r, "%s: %q is not a number", name, text)
	}
	return n
}

func (v *values) yes(r row, name string) bool {
	switch text := r.get(csvC, name); strings.ToLower(text) {
	case "1", "t", "true":
		return true
	case "", "0", "f", "false":
	default:
		v.fail(r, "%s: %q is neither 0 nor 1", name, text)
	}
	return false
}

func (v *values) created() escrow.Event {
	return escrow.Event{By: v.shared("fCrRr"), At: v.time("fCrDate")}
}

func (v *values) updated() escrow.Event {
	return escrow.Event{By: v.shared("fUpRr"), At: v.time("fUpDate")}
}

// send hands the object over, or what is wrong with it.
func (c *csvReader) send(v *values, object any) error {
	if v.err != nil {
		object = &escrow.Invalid{Err: v.err}
	}
	return c.fn(Object{v.file, v.line, object})
}

// required refuses an object without a field.
func (v *values) required(text, name string) string {
	if text == "" {
		v.fail(v.row, "%s is empty", name)
	}
	return text
}

func (c *csvReader) gone(object, key string) error {
	t := deleteTables[object]
	return c.each(key, func(r row) error {
		name := r.get(t.columns[0].space, t.columns[0].name)
		return c.fn(Object{r.file, r.line, &escrow.Delete{Object: object, Names: []string{name}}})
	})
}

func (c *csvReader) registrars() error {
	return c.each("registrar", func(r row) error {
		v := &values{row: r}
		return c.send(v, &escrow.Registrar{ID: v.required(r.get(csvR, "fId"), "fId"), Name: r.get(csvR, "fName"), GURID: v.number(r, csvR, "fGurid"),
			Status: r.get(csvR, "fStatus"), Email: r.get(csvC, "fEmail"), URL: v.shared("fUrl"), Created: v.time("fCrDate"), Updated: v.time("fUpDate")})
	})
}

func (c *csvReader) idnTables() error {
	return c.each("idnLanguage", func(r row) error {
		v := &values{row: r}
		return c.send(v, &escrow.IDNTable{ID: v.required(v.shared("fIdnTableId"), "fIdnTableId"), URL: v.shared("fUrl"), PolicyURL: v.shared("fUrlPolicy")})
	})
}

func (c *csvReader) nndns() error {
	return c.each("NNDN", func(r row) error {
		v := &values{row: r}
		state := r.get(csvN, "fNameState")
		if state != "blocked" && state != "withheld" && state != "mirrored" {
			v.fail(r, "the state %q is none of blocked, withheld, mirrored", state)
		}
		return c.send(v, &escrow.NNDN{AName: strings.ToLower(v.required(r.get(csvN, "fAName"), "fAName")), UName: v.shared("fUName"),
			IDNTable: v.shared("fIdnTableId"), State: state, Created: v.time("fCrDate")})
	})
}

// extras puts the values of an object together: its rows follow each other.
func (c *csvReader) extras() error {
	var x *escrow.Extra
	var first row
	flush := func() error {
		if x == nil {
			return nil
		}
		return c.fn(Object{first.file, first.line, x})
	}
	err := c.each("object", func(r row) error {
		object, key := r.get(escrow.NSExtra, "fType"), r.get(escrow.NSExtra, "fId")
		if x == nil || x.Object != object || x.Key != key {
			err := flush()
			if err != nil {
				return err
			}
			x, first = &escrow.Extra{Object: object, Key: key}, r
		}
		x.Values = append(x.Values, escrow.Value{Name: r.get(escrow.NSExtra, "fName"), JSON: r.get(escrow.NSExtra, "fValue")})
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// family opens an object's table with its children.
func (c *csvReader) family(parent string, parentKey, key func(row) string, names ...string) (map[string]*children, error) {
	out := map[string]*children{}
	for _, name := range names {
		child, err := c.children(parent, name, parentKey, key)
		if err != nil {
			return nil, err
		}
		out[name] = child
	}
	return out, nil
}

// parts returns the rows of one object in each child table.
func parts(family map[string]*children, key string) (map[string][]row, error) {
	out := map[string][]row{}
	for name, child := range family {
		list, err := child.take(key)
		if err != nil {
			return nil, err
		}
		out[name] = list
	}
	return out, nil
}

// objects reads an object's table with its children.
func (c *csvReader) objects(table string, key func(row) string, build func(*values, map[string][]row) any, names ...string) error {
	family, err := c.family(table, key, key, names...)
	if err != nil {
		return err
	}
	err = c.each(table, func(r row) error {
		list, err := parts(family, key(r))
		if err != nil {
			return err
		}
		v := &values{row: r}
		return c.send(v, build(v, list))
	})
	if err != nil {
		return err
	}
	return c.orphans(family)
}

func (c *csvReader) contacts() error {
	key := func(r row) string { return r.get(csvC, "fId") }
	return c.objects("contact", key, buildContact, "contactStatuses", "contactPostal", "contactTransfer", "contactDisclose")
}

func buildContact(v *values, list map[string][]row) any {
	r := v.row
	out := &escrow.Contact{ID: v.required(r.get(csvC, "fId"), "fId"), ROID: v.shared("fRoid"),
		Voice: escrow.Phone{Number: r.get(csvC, "fVoice"), Ext: r.get(csvC, "fVoiceExt")},
		Fax:   escrow.Phone{Number: r.get(csvC, "fFax"), Ext: r.get(csvC, "fFaxExt")}, Email: r.get(csvC, "fEmail"),
		ClID: v.shared("fClID"), Created: v.created(), Updated: v.updated(), Transferred: v.time("fTrDate"),
		Transfer: v.transfer(list["contactTransfer"])}
	for _, s := range list["contactStatuses"] {
		out.Statuses = append(out.Statuses, s.get(csvC, "fStatus"))
	}
	for _, p := range list["contactPostal"] {
		postal := escrow.Postal{Type: p.get(csvC, "fPostalType"), Name: p.get(csvC, "fName"), Org: p.get(csvC, "fOrg"),
			City: p.get(csvC, "fCity"), SP: p.get(csvC, "fSp"), PC: p.get(csvC, "fPc"), CC: p.get(csvC, "fCc")}
		for _, index := range []string{"0", "1", "2"} {
			if line := p.get(csvC, "fStreet", index); line != "" {
				postal.Street = append(postal.Street, line)
			}
		}
		out.Postal = append(out.Postal, postal)
	}
	for _, d := range list["contactDisclose"] {
		out.Disclose = &escrow.Disclose{Flag: v.yes(d, "fDiscloseFlag"), Voice: v.yes(d, "fDiscloseVoice"), Fax: v.yes(d, "fDiscloseFax"), Email: v.yes(d, "fDiscloseEmail")}
		for _, part := range []struct {
			name string
			into *[]string
		}{{"Name", &out.Disclose.Name}, {"Org", &out.Disclose.Org}, {"Addr", &out.Disclose.Addr}} {
			for _, form := range []string{"Loc", "Int"} {
				if v.yes(d, "fDisclose"+part.name+form) {
					*part.into = append(*part.into, strings.ToLower(form))
				}
			}
		}
	}
	return out
}

func (v *values) transfer(list []row) *escrow.Transfer {
	if len(list) == 0 {
		return nil
	}
	t := &values{row: list[0]}
	out := &escrow.Transfer{Status: t.shared("fTrStatus"), Gaining: t.shared("fReRr"), Asked: t.time("fReDate"),
		Losing: t.shared("fAcRr"), Acted: t.time("fAcDate"), ExpiryTo: t.time("fExDate")}
	if v.err == nil {
		v.err = t.err
	}
	return out
}

func (c *csvReader) hosts() error {
	key := func(r row) string { return strings.ToLower(r.get(csvH, "fName")) }
	return c.objects("host", key, func(v *values, list map[string][]row) any {
		out := &escrow.Host{Name: v.required(key(v.row), "fName"), ROID: v.shared("fRoid"), ClID: v.shared("fClID"),
			Created: v.created(), Updated: v.updated(), Transferred: v.time("fTrDate")}
		for _, s := range list["hostStatuses"] {
			out.Statuses = append(out.Statuses, s.get(csvH, "fStatus"))
		}
		for _, a := range list["hostAddresses"] {
			out.Addrs = append(out.Addrs, a.get(csvH, "fAddr"))
		}
		return out
	}, "hostStatuses", "hostAddresses")
}

func (c *csvReader) domains() error {
	key := func(r row) string { return strings.ToLower(r.get(csvD, "fName")) }
	return c.objects("domain", key, func(v *values, list map[string][]row) any {
		out := &escrow.Domain{Name: v.required(key(v.row), "fName"), ROID: v.shared("fRoid"), UName: v.shared("fUName"), IDNTable: v.shared("fIdnTableId"),
			OriginalName: v.get(csvD, "fOriginalName"), Registrant: v.shared("fRegistrant"), ClID: v.shared("fClID"), Created: v.created(), Updated: v.updated(),
			Expires: v.time("fExDate"), Transferred: v.time("fTrDate"), Transfer: v.transfer(list["domainTransfer"])}
		for _, k := range list["domainContacts"] {
			out.Contacts = append(out.Contacts, escrow.ContactRef{Role: k.get(csvD, "fContactType"), ID: k.get(csvC, "fId")})
		}
		for _, s := range list["domainStatuses"] {
			if status := s.get(csvD, "fStatus"); status != "" {
				out.Statuses = append(out.Statuses, status)
			}
			if status := s.get(csvD, "fRgpStatus"); status != "" {
				out.RGP = append(out.RGP, status)
			}
		}
		for _, h := range list["domainNameServers"] {
			out.Hosts = append(out.Hosts, strings.ToLower(h.get(csvH, "fName")))
		}
		for _, s := range list["dnssec"] {
			v.dnssec(s, out)
		}
		return out
	}, "domainContacts", "domainStatuses", "domainNameServers", "dnssec", "domainTransfer")
}

func (v *values) dnssec(s row, d *escrow.Domain) {
	var key *escrow.Key
	if text := s.get(csvD, "fPubKey"); text != "" {
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			v.fail(s, "fPubKey is not in base64")
		}
		key = &escrow.Key{Flags: v.number(s, csvD, "fFlags"), Protocol: v.number(s, csvD, "fProtocol"), Algorithm: v.number(s, csvD, "fKeyAlg"), PublicKey: data}
	}
	text := s.get(csvD, "fDigest")
	switch {
	case text != "":
		data, err := hex.DecodeString(text)
		if err != nil {
			v.fail(s, "fDigest is not in hex")
		}
		d.DS = append(d.DS, escrow.DS{KeyTag: v.number(s, csvD, "fKeyTag"), Algorithm: v.number(s, csvD, "fDsAlg"),
			DigestType: v.number(s, csvD, "fDigestType"), Digest: data, Key: key})
	case key != nil:
		d.Keys = append(d.Keys, *key)
	default:
		v.fail(s, "the row has neither digest nor key")
	}
}
