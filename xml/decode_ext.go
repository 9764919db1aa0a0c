package xml

import (
	"encoding/base64"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"
)

func extSecDNSCreate(d *decoder, r *reader, x *Extensions) {
	x.SecDNSCreate = d.dsOrKey(r)
}

func extSecDNSUpdate(d *decoder, r *reader, x *Extensions) {
	u := &SecDNSUpdate{Urgent: d.boolAttr(r.self, "urgent", false)}
	d.attrs(r.self, "urgent")
	if r.next("rem") {
		u.Rem = d.secDNSRemove(r.e())
	}
	if r.next("add") {
		in := d.enter(r.e(), NSSecDNS)
		u.Add = d.dsOrKey(in)
		in.end()
	}
	if r.next("chg") {
		d.attrs(r.e())
		in := d.enter(r.e(), NSSecDNS)
		u.Chg = &SecDNSChange{MaxSigLife: d.maxSigLife(in)}
		in.end()
	}
	x.SecDNSUpdate = u
}

func (d *decoder) secDNSRemove(e *etree.Element) *SecDNSRemove {
	d.attrs(e)
	r := d.enter(e, NSSecDNS)
	m := &SecDNSRemove{}
	switch {
	case r.next("all"):
		m.All = d.bool(r.e())
	case r.peek("keyData"):
		m.Keys = d.keys(r)
	default:
		m.DS = d.dsList(r)
	}
	r.end()
	return m
}

// dsOrKey reads secDNS:dsOrKeyType.
func (d *decoder) dsOrKey(r *reader) *SecDNSCreate {
	d.attrs(r.self)
	c := &SecDNSCreate{MaxSigLife: d.maxSigLife(r)}
	if r.peek("keyData") {
		c.Keys = d.keys(r)
	} else {
		c.DS = d.dsList(r)
	}
	return c
}

func (d *decoder) maxSigLife(r *reader) int {
	if r.next("maxSigLife") {
		return d.integer(r.e(), 1, math.MaxInt32)
	}
	return 0
}

// dsList reads one or more DS records.
func (d *decoder) dsList(r *reader) []DSData {
	var list []DSData
	for ok := r.need("dsData"); ok; ok = r.next("dsData") {
		list = append(list, d.dsData(r.e()))
	}
	return list
}

func (d *decoder) dsData(e *etree.Element) DSData {
	d.attrs(e)
	r := d.enter(e, NSSecDNS)
	ds := DSData{
		KeyTag:     uint16(d.number(r, "keyTag", math.MaxUint16)),
		Alg:        uint8(d.number(r, "alg", math.MaxUint8)),
		DigestType: uint8(d.number(r, "digestType", math.MaxUint8)),
	}
	if r.need("digest") {
		ds.Digest = d.hex(r.e())
	}
	if r.next("keyData") {
		k := d.keyData(r.e())
		ds.KeyData = &k
	}
	r.end()
	return ds
}

// number reads a required number from 0.
func (d *decoder) number(r *reader, tag string, high int) int {
	if r.need(tag) {
		return d.integer(r.e(), 0, high)
	}
	return 0
}

// hex reads hexadecimal text and writes it in upper case.
func (d *decoder) hex(e *etree.Element) string {
	s := strings.ToUpper(d.token(e, 1, unbounded))
	if d.err == nil && (len(s)%2 != 0 || strings.Trim(s, "0123456789ABCDEF") != "") {
		d.fail(CodeValueSyntax, e, "must be hexadecimal")
	}
	return s
}

// keys reads one or more keys.
func (d *decoder) keys(r *reader) []KeyData {
	var list []KeyData
	for ok := r.need("keyData"); ok; ok = r.next("keyData") {
		list = append(list, d.keyData(r.e()))
	}
	return list
}

func (d *decoder) keyData(e *etree.Element) KeyData {
	d.attrs(e)
	r := d.enter(e, NSSecDNS)
	k := KeyData{
		Flags:    uint16(d.number(r, "flags", math.MaxUint16)),
		Protocol: uint8(d.number(r, "protocol", math.MaxUint8)),
		Alg:      uint8(d.number(r, "alg", math.MaxUint8)),
	}
	if r.need("pubKey") {
		k.PubKey = strings.ReplaceAll(d.token(r.e(), 1, unbounded), " ", "")
		if _, err := base64.StdEncoding.DecodeString(k.PubKey); err != nil && d.err == nil {
			d.fail(CodeValueSyntax, r.e(), "must be base64")
		}
	}
	r.end()
	return k
}

func extRGP(d *decoder, r *reader, x *Extensions) {
	d.attrs(r.self)
	if !r.need("restore") {
		return
	}
	e := r.e()
	s := &RGPRestore{Op: d.enum(e, "op", true, "request", "report")}
	d.attrs(e, "op")
	in := d.enter(e, NSRGP)
	if in.next("report") {
		s.Report = d.rgpReport(in.e())
	} else if s.Op == "report" {
		d.fail(CodeMissingParameter, e, "the report is missing")
	}
	in.end()
	x.RGPRestore = s
}

func (d *decoder) rgpReport(e *etree.Element) *RGPReport {
	d.attrs(e)
	r := d.enter(e, NSRGP)
	p := &RGPReport{}
	if r.need("preData") {
		p.PreData = d.mixed(r.e())
	}
	if r.need("postData") {
		p.PostData = d.mixed(r.e())
	}
	if r.need("delTime") {
		p.DelTime = d.dateTime(r.e())
	}
	if r.need("resTime") {
		p.ResTime = d.dateTime(r.e())
	}
	if r.need("resReason") {
		p.ResReason = d.mixed(r.e(), "lang")
	}
	for ok := r.need("statement"); ok; ok = len(p.Statements) < 2 && r.next("statement") {
		p.Statements = append(p.Statements, d.mixed(r.e(), "lang"))
	}
	if r.next("other") {
		p.Other = d.mixed(r.e())
	}
	r.end()
	return p
}

// mixed reads contents of any kind as its text; the depth is bounded already.
func (d *decoder) mixed(e *etree.Element, allowed ...string) string {
	d.attrs(e, allowed...)
	var b strings.Builder
	gather(&b, e)
	return collapse(b.String())
}

func gather(b *strings.Builder, e *etree.Element) {
	for _, t := range e.Child {
		switch t := t.(type) {
		case *etree.CharData:
			b.WriteString(t.Data)
		case *etree.Element:
			b.WriteByte(' ')
			gather(b, t)
			b.WriteByte(' ')
		}
	}
}

func extFeeCheck(d *decoder, r *reader, x *Extensions) {
	d.attrs(r.self)
	c := &FeeCheck{Currency: d.currency(r)}
	for ok := r.need("command"); ok; ok = r.next("command") {
		e := r.e()
		f := FeeCommand{Name: d.enum(e, "name", true,
			"create", "delete", "renew", "update", "transfer", "restore", "custom")}
		f.CustomName, _ = attr(e, "customName")
		f.Phase, _ = attr(e, "phase")
		f.Subphase, _ = attr(e, "subphase")
		d.attrs(e, "name", "customName", "phase", "subphase")
		in := d.enter(e, NSFee)
		if in.next("period") {
			f.Period = d.period(in.e())
		}
		in.end()
		c.Commands = append(c.Commands, f)
	}
	x.FeeCheck = c
}

// currency reads an optional code of three capitals.
func (d *decoder) currency(r *reader) string {
	if !r.next("currency") {
		return ""
	}
	s := d.token(r.e(), 1, unbounded)
	if d.err == nil && (utf8.RuneCountInString(s) != 3 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		d.fail(CodeValueSyntax, r.e(), "must be a currency code such as GBP")
	}
	return s
}

func extFee(d *decoder, r *reader, x *Extensions) {
	d.attrs(r.self)
	t := &FeeTransform{Currency: d.currency(r)}
	for ok := r.need("fee"); ok; ok = r.next("fee") {
		e := r.e()
		f := Fee{Amount: d.decimal(e, 1, "description", "lang", "refundable", "grace-period", "applied")}
		f.Description, _ = attr(e, "description")
		f.Lang, _ = attr(e, "lang")
		if _, ok := attr(e, "refundable"); ok {
			b := d.boolAttr(e, "refundable", true)
			f.Refundable = &b
		}
		f.GracePeriod, _ = attr(e, "grace-period")
		f.Applied = d.enum(e, "applied", false, "immediate", "delayed")
		t.Fees = append(t.Fees, f)
	}
	for r.next("credit") {
		c := Credit{Amount: d.decimal(r.e(), -1, "description", "lang")}
		c.Description, _ = attr(r.e(), "description")
		c.Lang, _ = attr(r.e(), "lang")
		t.Credits = append(t.Credits, c)
	}
	x.Fee = t
}
