package escrow

import (
	stdxml "encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// Reader reads a deposit, object by object.
type Reader struct {
	// Deposit is the envelope; it is read before the first object.
	Deposit Deposit

	t       *tokens
	section string // deletes, contents, csv or "" before and after
	seen    map[string]bool
	csv     struct {
		contents string
		deletes  bool
	}
	done bool
}

// Item is what Next found: *Header, *Domain, *Host, *Contact, *Registrar,
// *IDNTable, *NNDN, *EPPParams, *Policy, *Extra, *Delete, *CSV, *Skipped or
// *Invalid.
type Item struct {
	Line   int
	Object any
}

// NewReader reads the envelope of a deposit. Errors are *SyntaxError, or those
// of reading.
func NewReader(r io.Reader) (*Reader, error) {
	t := newTokens(r)
	start, err := t.root()
	if err != nil {
		return nil, err
	}
	if start.Name.Space != NSRDE || start.Name.Local != "deposit" {
		return nil, t.fault("%s is not a deposit of RFC 8909", start.Name.Local)
	}
	out := &Reader{t: t, seen: map[string]bool{}}
	err = out.envelope(start)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// root returns the first element.
func (t *tokens) root() (stdxml.StartElement, error) {
	for {
		token, err := t.next()
		if errors.Is(err, io.EOF) {
			return stdxml.StartElement{}, t.fault("there is nothing")
		}
		if err != nil {
			return stdxml.StartElement{}, err
		}
		switch v := token.(type) {
		case stdxml.StartElement:
			return v, nil
		case stdxml.CharData:
			if len(strings.Trim(string(v), "\ufeff \t\r\n")) > 0 {
				return stdxml.StartElement{}, t.fault("text stands before the deposit")
			}
		}
	}
}

func (r *Reader) envelope(start stdxml.StartElement) error {
	d := &r.Deposit
	for _, a := range start.Attr {
		if a.Name.Space != "" {
			continue // declarations, schema locations
		}
		switch a.Name.Local {
		case "type":
			d.Type = a.Value
		case "id":
			d.ID = a.Value
		case "prevId":
			d.PrevID = a.Value
		case "resend":
			n, err := strconv.ParseUint(a.Value, 10, 16)
			if err != nil {
				return r.t.fault("resend %q is not a number", a.Value)
			}
			d.Resend = int(n)
		case "xmlns":
		default:
			return r.t.fault("a deposit has no attribute %s", a.Name.Local)
		}
	}
	if d.Type != Full && d.Type != Differential && d.Type != Incremental {
		return r.t.fault("the type %q is none of FULL, DIFF, INCR", d.Type)
	}
	if d.ID == "" {
		return r.t.fault("the deposit has no id")
	}
	for _, name := range []string{"watermark", "rdeMenu"} {
		e, ok, err := r.t.element()
		if err != nil {
			return err
		}
		if !ok || e.Name.Space != NSRDE || e.Name.Local != name {
			return r.t.fault("%s is missing", name)
		}
		n, err := r.t.tree(e)
		if err != nil {
			return err
		}
		f := &fields{n: n}
		if name == "watermark" {
			d.Watermark = f.timeOf(n)
			if d.Watermark.IsZero() && f.err == nil {
				f.fail(n, "the watermark is empty")
			}
		} else if v := f.text(NSRDE, "version"); v != "1.0" {
			f.fail(n, "version %q is not 1.0", v)
		} else {
			d.Objects = f.texts(NSRDE, "objURI")
		}
		if err = f.finish(); err != nil {
			return err
		}
	}
	return nil
}

// Next returns the next object, io.EOF after the end of the deposit.
func (r *Reader) Next() (Item, error) {
	for {
		if r.done {
			return Item{}, io.EOF
		}
		e, ok, err := r.t.element()
		if err != nil {
			return Item{}, err
		}
		if !ok {
			err = r.leave()
			if err != nil {
				return Item{}, err
			}
			continue
		}
		line := r.t.line
		if r.section == "" {
			err = r.enter(e)
			if err != nil {
				return Item{}, err
			}
			continue
		}
		item, err := r.object(e)
		if err != nil || item == nil {
			if err != nil {
				return Item{}, err
			}
			continue
		}
		return Item{line, item}, nil
	}
}

// enter opens deletes or contents, each once and in this order.
func (r *Reader) enter(e stdxml.StartElement) error {
	name := e.Name.Local
	switch {
	case e.Name.Space != NSRDE || name != "deletes" && name != "contents":
		return r.t.fault("%s is neither deletes nor contents", name)
	case r.seen[name], name == "deletes" && r.seen["contents"]:
		return r.t.fault("%s comes twice, or too late", name)
	}
	r.seen[name], r.section = true, name
	return nil
}

// leave ends the open section, or the deposit.
func (r *Reader) leave() error {
	switch r.section {
	case "csv":
		r.section = "contents"
		if r.csv.deletes {
			r.section = "deletes"
		}
		return nil
	case "deletes", "contents":
		r.section = ""
		return nil
	}
	r.done = true
	for {
		token, err := r.t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if text, ok := token.(stdxml.CharData); !ok || len(strings.TrimSpace(string(text))) > 0 {
			return r.t.fault("something stands after the deposit")
		}
	}
}

// csvKinds are the elements that hold definitions of tables.
var csvKinds = map[string]bool{NSCSVDomain: true, NSCSVHost: true, NSCSVContact: true, NSCSVRegistrar: true,
	NSCSVIDN: true, NSCSVNNDN: true, NSExtra: true}

// object reads one object; nil for the beginning of a group of tables.
func (r *Reader) object(e stdxml.StartElement) (any, error) {
	space, name := e.Name.Space, e.Name.Local
	if r.section == "csv" && (space != NSCSV || name != "csv") {
		return nil, r.t.fault("%s is not the definition of a table", name)
	}
	if r.section != "csv" && csvKinds[space] && (name == "contents" || name == "deletes") {
		if name != r.section {
			return nil, r.t.fault("%s stands in %s", name, r.section)
		}
		r.csv.contents, r.csv.deletes, r.section = space, r.section == "deletes", "csv"
		return nil, nil
	}
	read := readers[space+" "+name]
	if r.section == "deletes" {
		read = nil
		if name == "delete" && deleteKey[space] != "" {
			read = readDelete
		}
	}
	if r.section == "csv" {
		read = r.readCSV
	}
	if read == nil {
		if prefixOf(space) != "" {
			return nil, r.t.fault("%s is not an object of a deposit", name)
		}
		return &Skipped{space, name}, r.t.skip()
	}
	n, err := r.t.tree(e)
	if err != nil {
		return nil, err
	}
	f := &fields{n: n}
	object := read(f)
	err = f.finish()
	if err != nil {
		// The rest of the deposit can be read all the same: all faults are told.
		return &Invalid{err}, nil
	}
	return object, nil
}
