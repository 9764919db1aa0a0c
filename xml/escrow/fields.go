package escrow

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// fields reads the children of one element. The first fault is kept; finish
// returns it, or one for a child that nobody asked for.
type fields struct {
	n    *node
	seen map[*node]bool
	err  error
}

func (f *fields) fail(n *node, format string, args ...any) {
	if f.err == nil {
		f.err = &SyntaxError{n.line, n.local + ": " + fmt.Sprintf(format, args...)}
	}
}

// all returns the children of a name.
func (f *fields) all(space, local string) []*node {
	if f.seen == nil {
		f.seen = map[*node]bool{}
	}
	var out []*node
	for _, c := range f.n.children {
		if c.space == space && c.local == local {
			out = append(out, c)
			f.seen[c] = true
		}
	}
	return out
}

// one returns the only child of a name, nil if there is none.
func (f *fields) one(space, local string) *node {
	list := f.all(space, local)
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	f.fail(list[1], "comes twice")
	return nil
}

// finish refuses children that were not asked for: they are not understood.
func (f *fields) finish() error {
	for _, c := range f.n.children {
		if !f.seen[c] {
			f.fail(c, "is not expected in %s", f.n.local)
		}
	}
	return f.err
}

// below reads a child as fields of its own.
func (f *fields) below(n *node, read func(*fields)) {
	inner := &fields{n: n}
	read(inner)
	err := inner.finish()
	if f.err == nil {
		f.err = err
	}
}

func (f *fields) leaf(n *node) string {
	if n == nil {
		return ""
	}
	if len(n.children) > 0 {
		f.fail(n, "holds elements in place of text")
	}
	return n.text
}

func (f *fields) text(space, local string) string { return f.leaf(f.one(space, local)) }

func (f *fields) texts(space, local string) []string {
	var out []string
	for _, n := range f.all(space, local) {
		out = append(out, f.leaf(n))
	}
	return out
}

// required is a text that must be there.
func (f *fields) required(space, local string) string {
	v := f.text(space, local)
	if v == "" {
		f.fail(f.n, "%s is missing", local)
	}
	return v
}

func (f *fields) number(space, local string) int {
	n := f.one(space, local)
	if n == nil {
		return 0
	}
	v, err := strconv.Atoi(f.leaf(n))
	if err != nil || v < 0 {
		f.fail(n, "%q is not a number", n.text)
	}
	return v
}

// ParseTime reads an instant of a deposit (XML Schema's dateTime with a zone).
func ParseTime(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a date and time with a time zone", text)
	}
	return at.UTC(), nil
}

func (f *fields) timeOf(n *node) time.Time {
	text := f.leaf(n)
	if text == "" {
		return time.Time{}
	}
	at, err := ParseTime(text)
	if err != nil {
		f.fail(n, "%v", err)
	}
	return at
}

func (f *fields) time(space, local string) time.Time { return f.timeOf(f.one(space, local)) }

func (f *fields) hex(space, local string) []byte {
	n := f.one(space, local)
	data, err := hex.DecodeString(strings.Join(strings.Fields(f.leaf(n)), ""))
	if err != nil {
		f.fail(n, "is not in hex")
	}
	return data
}

func (f *fields) base64(space, local string) []byte {
	n := f.one(space, local)
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(f.leaf(n)), ""))
	if err != nil {
		f.fail(n, "is not in base64")
	}
	return data
}

// attr is an attribute without a namespace.
func (n *node) attr(name string) string {
	for _, a := range n.attrs {
		if a.Name.Space == "" && a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
