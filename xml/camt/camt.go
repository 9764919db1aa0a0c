// Package camt reads bank statements in ISO 20022 camt.053, of any version of
// the message. It knows nothing of invoices or registrars.
//
// Imports: etree only.
package camt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// Entry is a transaction of a statement.
type Entry struct {
	Number   int       // of the Ntry element, from 1
	Ref      string    // the bank's own reference; of a part of a batch, with its place
	Booked   time.Time // booking date, civil, at midnight UTC
	Amount   string    // decimal, not negative
	Currency string    // ISO 4217
	Credit   bool      // money in; otherwise out
	Reversal bool      // takes an earlier entry back
	Pending  bool      // not booked yet
	Text     string    // what the payer wrote
}

// Limits on a file: more than any day's statement.
const (
	maxBytes = 64 << 20
	maxDepth = 40
)

const namespacePrefix = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."

// Read reads a statement. The error names the entry that is wrong.
func Read(data []byte) ([]Entry, error) {
	root, err := parse(data)
	if err != nil {
		return nil, err
	}
	ns := root.NamespaceURI()
	if root.Tag != "Document" || !strings.HasPrefix(ns, namespacePrefix) {
		return nil, errors.New("not a camt.053 document")
	}
	report := child(root, ns, "BkToCstmrStmt")
	if report == nil {
		return nil, errors.New("the document has no BkToCstmrStmt")
	}
	var entries []Entry
	number := 0
	for _, statement := range children(report, ns, "Stmt") {
		for _, e := range children(statement, ns, "Ntry") {
			number++
			list, err := readEntry(e, ns, number)
			if err != nil {
				return nil, fmt.Errorf("entry %d: %w", number, err)
			}
			entries = append(entries, list...)
		}
	}
	return entries, nil
}

// parse reads the tree of a document that may come from anywhere.
func parse(data []byte) (*etree.Element, error) {
	if len(data) > maxBytes {
		return nil, fmt.Errorf("the file is larger than %d bytes", maxBytes)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	upper := bytes.ToUpper(data)
	if bytes.Contains(upper, []byte("<!DOCTYPE")) || bytes.Contains(upper, []byte("<!ENTITY")) {
		return nil, errors.New("a document type is not taken")
	}
	doc := etree.NewDocument()
	doc.ReadSettings = etree.ReadSettings{MaxDepth: maxDepth, PreserveDuplicateAttrs: true,
		CharsetReader: func(charset string, in io.Reader) (io.Reader, error) {
			if strings.EqualFold(charset, "utf-8") {
				return in, nil
			}
			return nil, fmt.Errorf("the encoding %q is not taken, only UTF-8", charset)
		}}
	err := doc.ReadFromBytes(data)
	if err != nil {
		return nil, fmt.Errorf("not well-formed: %w", err)
	}
	var root *etree.Element
	for _, t := range doc.Child {
		e, ok := t.(*etree.Element)
		if ok && root != nil {
			return nil, errors.New("two root elements")
		}
		if ok {
			root = e
		}
	}
	if root == nil {
		return nil, errors.New("the file is empty")
	}
	return root, nil
}

// readEntry reads an entry: one payment, or the parts of a batch.
func readEntry(e *etree.Element, ns string, number int) ([]Entry, error) {
	base := Entry{Number: number, Ref: textAt(e, ns, "AcctSvcrRef")}
	if base.Ref == "" {
		base.Ref = textAt(e, ns, "NtryRef")
	}
	switch textAt(e, ns, "CdtDbtInd") {
	case "CRDT":
		base.Credit = true
	case "DBIT":
	default:
		return nil, errors.New("CdtDbtInd is neither CRDT nor DBIT")
	}
	base.Reversal = textAt(e, ns, "RvslInd") == "true" || textAt(e, ns, "RvslInd") == "1"
	status := textAt(e, ns, "Sts")
	if status == "" {
		status = textAt(e, ns, "Sts", "Cd") // from version 8 on
	}
	base.Pending = status != "BOOK"
	err := base.readDate(e, ns)
	if err == nil {
		base.Amount, base.Currency, err = amount(child(e, ns, "Amt"))
	}
	if err != nil {
		return nil, err
	}
	var parts []*etree.Element
	for _, details := range children(e, ns, "NtryDtls") {
		parts = append(parts, children(details, ns, "TxDtls")...)
	}
	if len(parts) <= 1 {
		if len(parts) == 1 {
			base.Text = remittance(parts[0], ns)
			if base.Ref == "" {
				base.Ref = textAt(parts[0], ns, "Refs", "AcctSvcrRef")
			}
		}
		if base.Text == "" {
			base.Text = textAt(e, ns, "AddtlNtryInf")
		}
		return base.checked()
	}
	return readBatch(base, parts, ns)
}

// readBatch reads the payments that the bank booked as one.
func readBatch(base Entry, parts []*etree.Element, ns string) ([]Entry, error) {
	var list []Entry
	for i, p := range parts {
		part := base
		part.Text = remittance(p, ns)
		part.Ref = textAt(p, ns, "Refs", "AcctSvcrRef")
		if part.Ref == "" && base.Ref != "" {
			part.Ref = fmt.Sprintf("%s/%d", base.Ref, i+1)
		}
		a := child(p, ns, "Amt") // from version 4 on
		if a == nil {
			a = at(p, ns, "AmtDtls", "TxAmt", "Amt")
		}
		var err error
		part.Amount, part.Currency, err = amount(a)
		if err != nil {
			return nil, fmt.Errorf("payment %d of the batch: %w", i+1, err)
		}
		one, err := part.checked()
		if err != nil {
			return nil, err
		}
		list = append(list, one...)
	}
	return list, nil
}

func (e Entry) checked() ([]Entry, error) {
	if e.Ref == "" {
		return nil, errors.New("the bank's reference (AcctSvcrRef or NtryRef) is missing")
	}
	return []Entry{e}, nil
}

func (e *Entry) readDate(el *etree.Element, ns string) error {
	text := textAt(el, ns, "BookgDt", "Dt")
	if text == "" {
		text, _, _ = strings.Cut(textAt(el, ns, "BookgDt", "DtTm"), "T")
	}
	var err error
	e.Booked, err = time.Parse(time.DateOnly, text)
	if err != nil && !e.Pending {
		return fmt.Errorf("the booking date %q is not a date", text)
	}
	return nil
}

func amount(e *etree.Element) (decimal, currency string, err error) {
	if e == nil {
		return "", "", errors.New("the amount is missing")
	}
	for _, a := range e.Attr {
		if a.Space == "" && a.Key == "Ccy" {
			currency = a.Value
		}
	}
	decimal = text(e)
	if decimal == "" || strings.Trim(decimal, "0123456789.") != "" || strings.Count(decimal, ".") > 1 {
		return "", "", fmt.Errorf("%q is not an amount", decimal)
	}
	if strings.Contains(decimal, ".") {
		decimal = strings.TrimSuffix(strings.TrimRight(decimal, "0"), ".")
	}
	return decimal, currency, nil
}

// remittance joins what the payer wrote.
func remittance(tx *etree.Element, ns string) string {
	var words []string
	info := child(tx, ns, "RmtInf")
	if info != nil {
		for _, u := range children(info, ns, "Ustrd") {
			words = append(words, text(u))
		}
		for _, s := range children(info, ns, "Strd") {
			words = append(words, textAt(s, ns, "CdtrRefInf", "Ref"))
		}
	}
	if len(words) == 0 {
		words = append(words, textAt(tx, ns, "Refs", "EndToEndId"))
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

func children(e *etree.Element, ns, tag string) []*etree.Element {
	var list []*etree.Element
	for _, t := range e.Child {
		if c, ok := t.(*etree.Element); ok && c.Tag == tag && c.NamespaceURI() == ns {
			list = append(list, c)
		}
	}
	return list
}

func child(e *etree.Element, ns, tag string) *etree.Element {
	list := children(e, ns, tag)
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

func at(e *etree.Element, ns string, path ...string) *etree.Element {
	for _, tag := range path {
		if e == nil {
			return nil
		}
		e = child(e, ns, tag)
	}
	return e
}

// textAt is the text of the element at a path, "" where there is none.
func textAt(e *etree.Element, ns string, path ...string) string {
	return text(at(e, ns, path...))
}

// text joins the character data of an element.
func text(e *etree.Element) string {
	if e == nil {
		return ""
	}
	var b strings.Builder
	for _, t := range e.Child {
		if c, ok := t.(*etree.CharData); ok {
			b.WriteString(c.Data)
		}
	}
	return strings.TrimSpace(b.String())
}
