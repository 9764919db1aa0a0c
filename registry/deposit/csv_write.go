package deposit

import (
	"bufio"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/namekeep/namekeep/xml/escrow"
)

// csvMenu are the objects of the CSV model.
var csvMenu = []string{escrow.NSHeader, escrow.NSCSV, escrow.NSCSVContact, escrow.NSCSVHost, escrow.NSCSVDomain, escrow.NSCSVRegistrar,
	escrow.NSCSVIDN, escrow.NSCSVNNDN, escrow.NSEPPParams, escrow.NSPolicy, escrow.NSExtra}

// csvWriter writes the CSV model into a folder: a file for each table that has
// rows, and the definitions.
type csvWriter struct {
	dir, base string
	files     map[string]*csvFile // by the table's name; those of deletes begin with "delete-"
	names     []string            // of the files, in order
	deposit   escrow.Deposit
	head      escrow.Header
	params    escrow.EPPParams
	policy    []escrow.Policy
	deleted   []string // namespaces, in order
}

// csvFile is the file of one table.
type csvFile struct {
	t    table
	f    *os.File
	buf  *bufio.Writer
	w    *csv.Writer
	sum  hash.Hash32
	name string
}

func newCSVWriter(dir, base string) *csvWriter {
	return &csvWriter{dir: dir, base: base, files: map[string]*csvFile{}}
}

// kindOfCSV is the namespace of a kind in the XML model, by that in the CSV
// model, which headers count by there.
var kindOfCSV = map[string]string{escrow.NSCSVDomain: escrow.NSDomain, escrow.NSCSVHost: escrow.NSHost, escrow.NSCSVContact: escrow.NSContact,
	escrow.NSCSVRegistrar: escrow.NSRegistrar, escrow.NSCSVIDN: escrow.NSIDN, escrow.NSCSVNNDN: escrow.NSNNDN}

func (w *csvWriter) header(d escrow.Deposit, h escrow.Header) {
	w.deposit, w.head = d, escrow.Header{TLD: h.TLD}
	for _, c := range h.Counts {
		for csv, kind := range kindOfCSV {
			if c.URI == kind {
				c.URI = csv
				break
			}
		}
		w.head.Counts = append(w.head.Counts, c)
	}
}

func (w *csvWriter) policies(p escrow.EPPParams, list []escrow.Policy) { w.params, w.policy = p, list }

// row adds a row to a table.
func (w *csvWriter) row(name string, fields ...string) error {
	return w.add(name, tables[name], fields)
}

func (w *csvWriter) add(key string, t table, fields []string) error {
	f := w.files[key]
	if f == nil {
		out, err := os.OpenFile(filepath.Join(w.dir, w.base+"-"+key+".csv"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("write the deposit: %w", err)
		}
		f = &csvFile{t: t, f: out, sum: crc32.NewIEEE(), name: filepath.Base(out.Name())}
		f.buf = bufio.NewWriterSize(io.MultiWriter(out, f.sum), 64<<10)
		f.w = csv.NewWriter(f.buf)
		w.files[key] = f
		w.names = append(w.names, f.name)
	}
	if len(fields) != len(t.columns) {
		return fmt.Errorf("table %s: %d fields for %d columns", t.name, len(fields), len(t.columns))
	}
	err := f.w.Write(fields)
	if err != nil {
		return fmt.Errorf("write the deposit: %w", err)
	}
	return nil
}

func (w *csvWriter) gone(d escrow.Delete) error {
	t := deleteTables[d.Object]
	w.deleted = append(w.deleted, d.Object)
	for _, name := range d.Names {
		err := w.add("delete-"+t.name, t, []string{name})
		if err != nil {
			return err
		}
	}
	return nil
}

func timeText(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return escrow.FormatTime(at)
}

// sponsored are the fields of sponsoredColumns.
func sponsored(clID string, created, updated escrow.Event, transferred time.Time) []string {
	return []string{clID, created.By, timeText(created.At), updated.By, timeText(updated.At), timeText(transferred)}
}

func (w *csvWriter) registrar(r escrow.Registrar) error {
	gurid := ""
	if r.GURID > 0 {
		gurid = strconv.Itoa(r.GURID)
	}
	return w.row("registrar", r.ID, r.Name, gurid, r.Status, r.Email, r.URL, timeText(r.Created), timeText(r.Updated))
}

func (w *csvWriter) idnTable(t escrow.IDNTable) error {
	return w.row("idnLanguage", t.ID, t.URL, t.PolicyURL)
}

func (w *csvWriter) nndn(n escrow.NNDN) error {
	return w.row("NNDN", n.AName, n.State, n.UName, n.IDNTable, timeText(n.Created))
}

func (w *csvWriter) extra(x escrow.Extra) error {
	for _, v := range x.Values {
		err := w.row("object", x.Object, x.Key, v.Name, v.JSON)
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *csvWriter) transfer(name, key string, t *escrow.Transfer) error {
	if t == nil {
		return nil
	}
	return w.row(name, key, t.Status, t.Gaining, timeText(t.Asked), t.Losing, timeText(t.Acted), timeText(t.ExpiryTo))
}

func (w *csvWriter) contact(c escrow.Contact) error {
	err := w.row("contact", append([]string{c.ID, c.ROID, c.Voice.Number, c.Voice.Ext, c.Fax.Number, c.Fax.Ext, c.Email},
		sponsored(c.ClID, c.Created, c.Updated, c.Transferred)...)...)
	for _, s := range c.Statuses {
		err = errors.Join(err, w.row("contactStatuses", c.ID, s))
	}
	for _, p := range c.Postal {
		if len(p.Street) > 3 {
			return fmt.Errorf("contact %s has more than three street lines", c.ID)
		}
		street := append(slices.Clone(p.Street), "", "", "")[:3]
		err = errors.Join(err, w.row("contactPostal", append([]string{c.ID, p.Type, p.Name, p.Org}, append(street, p.City, p.SP, p.PC, p.CC)...)...))
	}
	err = errors.Join(err, w.transfer("contactTransfer", c.ID, c.Transfer))
	if d := c.Disclose; d != nil {
		flags := []string{c.ID, flag(d.Flag)}
		for _, list := range [][]string{d.Name, d.Org, d.Addr} {
			flags = append(flags, flag(slices.Contains(list, "loc")), flag(slices.Contains(list, "int")))
		}
		err = errors.Join(err, w.row("contactDisclose", append(flags, flag(d.Voice), flag(d.Fax), flag(d.Email))...))
	}
	return err
}

func flag(is bool) string {
	if is {
		return "1"
	}
	return "0"
}

func (w *csvWriter) host(h escrow.Host) error {
	fields := append([]string{h.Name, h.ROID}, sponsored(h.ClID, h.Created, h.Updated, h.Transferred)...)
	err := w.row("host", fields...)
	for _, s := range h.Statuses {
		err = errors.Join(err, w.row("hostStatuses", h.Name, s))
	}
	for _, a := range h.Addrs {
		version := "v4"
		if strings.Contains(a, ":") {
			version = "v6"
		}
		err = errors.Join(err, w.row("hostAddresses", h.Name, a, version))
	}
	return err
}

func (w *csvWriter) domain(d escrow.Domain) error {
	fields := append([]string{d.Name, d.ROID, d.UName, d.IDNTable, d.OriginalName, d.Registrant},
		sponsored(d.ClID, d.Created, d.Updated, d.Transferred)...)
	err := w.row("domain", append(fields, timeText(d.Expires))...)
	for _, c := range d.Contacts {
		err = errors.Join(err, w.row("domainContacts", d.Name, c.Role, c.ID))
	}
	for _, s := range d.Statuses {
		err = errors.Join(err, w.row("domainStatuses", d.Name, s, ""))
	}
	for _, s := range d.RGP {
		err = errors.Join(err, w.row("domainStatuses", d.Name, "", s))
	}
	for _, h := range d.Hosts {
		err = errors.Join(err, w.row("domainNameServers", d.Name, h))
	}
	for _, s := range d.DS {
		key := []string{"", "", "", ""}
		if s.Key != nil {
			key = keyFields(*s.Key)
		}
		err = errors.Join(err, w.row("dnssec", append([]string{d.Name, "", strconv.Itoa(s.KeyTag), strconv.Itoa(s.Algorithm),
			strconv.Itoa(s.DigestType), strings.ToUpper(hex.EncodeToString(s.Digest))}, key...)...))
	}
	for _, k := range d.Keys {
		err = errors.Join(err, w.row("dnssec", append([]string{d.Name, "", "", "", "", ""}, keyFields(k)...)...))
	}
	return errors.Join(err, w.transfer("domainTransfer", d.Name, d.Transfer))
}

func keyFields(k escrow.Key) []string {
	return []string{strconv.Itoa(k.Flags), strconv.Itoa(k.Protocol), strconv.Itoa(k.Algorithm), base64.StdEncoding.EncodeToString(k.PublicKey)}
}

// close ends the files and writes the definitions, which name them.
func (w *csvWriter) close() error {
	for _, f := range w.files {
		f.w.Flush()
		err := errors.Join(f.w.Error(), f.buf.Flush(), f.f.Close())
		if err != nil {
			return fmt.Errorf("write the deposit: %w", err)
		}
	}
	out, err := os.OpenFile(filepath.Join(w.dir, w.base+".xml"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write the deposit: %w", err)
	}
	e := escrow.NewWriter(out, w.deposit)
	for _, object := range w.deleted {
		t := deleteTables[object]
		if f := w.files["delete-"+t.name]; f != nil {
			e.CSV(f.definition(true))
		}
	}
	e.Header(w.head)
	e.EPPParams(w.params)
	for _, p := range w.policy {
		e.Policy(p)
	}
	var group []escrow.CSV
	for _, name := range tableOrder {
		f := w.files[name]
		if f == nil {
			continue
		}
		def := f.definition(false)
		if len(group) > 0 && group[0].Contents != def.Contents {
			e.CSV(group...)
			group = nil
		}
		group = append(group, def)
	}
	e.CSV(group...)
	err = errors.Join(e.Close(), out.Close())
	if err != nil {
		return fmt.Errorf("write the deposit: %w", err)
	}
	w.names = slices.Insert(w.names, 0, filepath.Base(out.Name()))
	return nil
}

func (f *csvFile) definition(deletes bool) escrow.CSV {
	return f.t.definition(f.name, fmt.Sprintf("%08X", f.sum.Sum32()), deletes)
}
