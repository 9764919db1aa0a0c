package xml

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// ParsedResponse is an answer or greeting as a client's tool sees it.
type ParsedResponse struct {
	// Greeting is the whole greeting when the frame is one; nothing else is
	// set then.
	Greeting *Node
	Results  []ParsedResult
	MsgQ     *MsgQ
	ResData  []Node
	Ext      []Node
	ClTRID   string
	SvTRID   string
}

// ParsedResult is one result of an answer.
type ParsedResult struct {
	Code   ResultCode
	Msg    string
	Lang   string
	Values []ParsedValue
}

// ParsedValue is a value or extValue; Reason is "" for the first kind.
type ParsedValue struct {
	Value  *Node
	Reason string
}

// Node is an element of an answer, for printing. Text is its character data,
// white space collapsed.
type Node struct {
	NS       string
	Tag      string
	Attrs    []Attribute // without declarations of namespaces
	Text     string
	Children []Node
}

// Child returns the first child with the name, or nil. It may be called on nil.
func (n *Node) Child(ns, tag string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.Children {
		if c := &n.Children[i]; c.Tag == tag && c.NS == ns {
			return c
		}
	}
	return nil
}

// responseBounds let an answer be larger than a command: lists are long.
var responseBounds = bounds{frame: 16 << 20, markup: 1 << 20, text: 1 << 20}

var errNoResponse = errors.New("xml: neither a response nor a greeting")

// ParseResponse reads an answer or a greeting from a server. It checks the
// frame as ParseCommand does and EPP's own part of the answer; payloads are
// returned as they are.
func ParseResponse(frame []byte) (*ParsedResponse, error) {
	root, err := readTree(frame, responseBounds)
	if err != nil {
		return nil, fmt.Errorf("xml: parse response: %w", err)
	}
	if root.Tag != "epp" || root.NamespaceURI() != NSEPP {
		return nil, errNoResponse
	}
	d := &decoder{}
	r := d.enter(root, NSEPP)
	p := &ParsedResponse{}
	switch {
	case r.next("greeting"):
		n := node(r.e())
		p.Greeting = &n
	case r.next("response"):
		d.response(r.e(), p)
	default:
		return nil, errNoResponse
	}
	r.end()
	if d.err != nil {
		return nil, fmt.Errorf("xml: parse response: %w", d.err)
	}
	return p, nil
}

func (d *decoder) response(e *etree.Element, p *ParsedResponse) {
	r := d.enter(e, NSEPP)
	for ok := r.need("result"); ok; ok = r.next("result") {
		p.Results = append(p.Results, d.result(r.e()))
	}
	if r.next("msgQ") {
		p.MsgQ = d.msgQ(r.e())
	}
	if r.next("resData") {
		p.ResData = nodes(r.e())
	}
	if r.next("extension") {
		p.Ext = nodes(r.e())
	}
	if r.need("trID") {
		t := d.enter(r.e(), NSEPP)
		if t.next("clTRID") {
			p.ClTRID = strings.Trim(d.text(t.e()), " \t\r\n")
		}
		if t.need("svTRID") {
			p.SvTRID = d.token(t.e(), 3, 64)
		}
		t.end()
	}
	r.end()
}

func (d *decoder) result(e *etree.Element) ParsedResult {
	p := ParsedResult{}
	code, _ := attr(e, "code")
	n, err := strconv.Atoi(code)
	if err != nil || ResultCode(n).Text() == "" {
		d.fail(CodeValueSyntax, e, "unknown result code")
	}
	p.Code = ResultCode(n)
	r := d.enter(e, NSEPP)
	if r.need("msg") {
		p.Lang, _ = attr(r.e(), "lang")
		p.Msg = collapse(d.text(r.e(), "lang"))
	}
	for {
		switch {
		case r.next("value"):
			p.Values = append(p.Values, ParsedValue{Value: first(r.e())})
			continue
		case r.next("extValue"):
			x := d.enter(r.e(), NSEPP)
			v := ParsedValue{}
			if x.need("value") {
				v.Value = first(x.e())
			}
			if x.need("reason") {
				v.Reason = collapse(d.text(x.e(), "lang"))
			}
			x.end()
			p.Values = append(p.Values, v)
			continue
		}
		break
	}
	r.end()
	return p
}

func (d *decoder) msgQ(e *etree.Element) *MsgQ {
	count, _ := attr(e, "count")
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 {
		d.fail(CodeValueSyntax, e, "bad message count")
	}
	q := &MsgQ{Count: n}
	q.ID, _ = attr(e, "id")
	r := d.enter(e, NSEPP)
	if r.next("qDate") {
		q.QDate = d.dateTime(r.e())
	}
	if r.next("msg") {
		q.Lang, _ = attr(r.e(), "lang")
		q.Msg = d.mixed(r.e(), "lang")
	}
	r.end()
	return q
}

// first is the first child element as a node, or nil.
func first(e *etree.Element) *Node {
	for _, c := range e.ChildElements() {
		n := node(c)
		return &n
	}
	return nil
}

func nodes(e *etree.Element) []Node {
	var list []Node
	for _, c := range e.ChildElements() {
		list = append(list, node(c))
	}
	return list
}

// node copies an element and all below; the depth is bounded already.
func node(e *etree.Element) Node {
	n := Node{NS: e.NamespaceURI(), Tag: e.Tag, Text: collapse(joined(e)), Children: nodes(e)}
	for i := range e.Attr {
		if a := &e.Attr[i]; a.Space != "xmlns" && (a.Space != "" || a.Key != "xmlns") {
			n.Attrs = append(n.Attrs, Attribute{a.Key, a.Value})
		}
	}
	return n
}

// Time reads the node's text as a time, zero when it is none.
func (n *Node) Time() time.Time {
	if n == nil {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, n.Text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
