package escrow

import (
	stdxml "encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Limits on what a deposit may contain. Ten times the largest object that a
// register of ours can hold is far below them.
const (
	maxDepth    = 32
	maxAttrs    = 64      // the root declares all namespaces
	maxObject   = 4 << 20 // bytes of one object, its markup included
	maxChildren = 200_000 // elements of one object: a list of deletes may be long
)

// A SyntaxError says where a deposit cannot be understood.
type SyntaxError struct {
	Line   int // 1 is the first
	Reason string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// meter refuses to read on when one object has become too large: the tokenizer
// would hold all of it.
type meter struct {
	r    io.Reader
	left int64
}

var errTooLarge = errors.New("an object is larger than any can be")

func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, errTooLarge
	}
	n, err := m.r.Read(p[:min(int64(len(p)), m.left)])
	m.left -= int64(n)
	return n, err
}

// tokens reads tokens and builds the tree of one element at a time.
type tokens struct {
	d     *stdxml.Decoder
	meter *meter
	line  int // of the token read last
	depth int
}

func newTokens(r io.Reader) *tokens {
	m := &meter{r: r, left: maxObject}
	d := stdxml.NewDecoder(m)
	d.Strict = true
	d.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("the encoding %q is not UTF-8", charset)
	}
	return &tokens{d: d, meter: m}
}

func (t *tokens) fault(format string, args ...any) error {
	return &SyntaxError{t.line, fmt.Sprintf(format, args...)}
}

// next returns the next token that means something: start and end elements and
// character data. Comments are passed over; document types, processing
// instructions and what lies too deep are errors.
func (t *tokens) next() (stdxml.Token, error) {
	for {
		token, err := t.d.Token()
		t.line, _ = t.d.InputPos()
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		var syntax *stdxml.SyntaxError
		switch {
		case errors.As(err, &syntax):
			if syntax.Msg == "unexpected EOF" {
				return nil, &SyntaxError{syntax.Line, "the deposit ends too early"}
			}
			return nil, &SyntaxError{syntax.Line, syntax.Msg}
		case errors.Is(err, errTooLarge):
			return nil, t.fault("%v: %d bytes", err, maxObject)
		case err != nil:
			return nil, fmt.Errorf("line %d: %w", t.line, err)
		}
		switch v := token.(type) {
		case stdxml.Directive:
			return nil, t.fault("a document type is not allowed")
		case stdxml.ProcInst:
			if v.Target != "xml" || t.d.InputOffset() > 256 {
				return nil, t.fault("a processing instruction is not allowed")
			}
		case stdxml.StartElement:
			t.depth++
			return v, t.checkStart(v)
		case stdxml.EndElement:
			t.depth--
			return v, nil
		case stdxml.CharData:
			return v, nil
		}
	}
}

func (t *tokens) checkStart(e stdxml.StartElement) error {
	switch {
	case t.depth > maxDepth:
		return t.fault("elements are nested more than %d deep", maxDepth)
	case len(e.Attr) > maxAttrs:
		return t.fault("an element has more than %d attributes", maxAttrs)
	case unbound(e.Name):
		return t.fault("the prefix %q is not bound to a namespace", e.Name.Space)
	}
	for i, a := range e.Attr {
		if a.Name.Space != "xmlns" && unbound(a.Name) {
			return t.fault("the prefix %q is not bound to a namespace", a.Name.Space)
		}
		if slices.ContainsFunc(e.Attr[:i], func(b stdxml.Attr) bool { return a.Name == b.Name }) {
			return t.fault("the attribute %s is there twice", a.Name.Local)
		}
	}
	return nil
}

// unbound tells a prefix that the tokenizer could not resolve, and left as it
// was, from a namespace: those have a colon, which no prefix can.
func unbound(n stdxml.Name) bool { return n.Space != "" && !strings.Contains(n.Space, ":") }

// mark begins a new object.
func (t *tokens) mark() { t.meter.left = maxObject }

// element returns the next start element below the open one; false when that
// ends. Only white space may stand between elements.
func (t *tokens) element() (stdxml.StartElement, bool, error) {
	for {
		t.mark()
		token, err := t.next()
		if errors.Is(err, io.EOF) {
			return stdxml.StartElement{}, false, t.fault("the deposit ends too early")
		}
		if err != nil {
			return stdxml.StartElement{}, false, err
		}
		switch v := token.(type) {
		case stdxml.StartElement:
			return v, true, nil
		case stdxml.EndElement:
			return stdxml.StartElement{}, false, nil
		case stdxml.CharData:
			if len(strings.TrimSpace(string(v))) > 0 {
				return stdxml.StartElement{}, false, t.fault("text stands between elements")
			}
		}
	}
}

// node is one element with all below it.
type node struct {
	line         int
	space, local string
	attrs        []stdxml.Attr
	text         string // all character data, trimmed
	children     []*node
}

// tree reads the element that begins with start to its end.
func (t *tokens) tree(start stdxml.StartElement) (*node, error) {
	count := 0
	return t.subtree(start, &count)
}

func (t *tokens) subtree(start stdxml.StartElement, count *int) (*node, error) {
	*count++
	if *count > maxChildren {
		return nil, t.fault("an object has more than %d elements", maxChildren)
	}
	n := &node{line: t.line, space: start.Name.Space, local: start.Name.Local}
	for _, a := range start.Attr {
		if a.Name.Space != "xmlns" && (a.Name.Space != "" || a.Name.Local != "xmlns") {
			n.attrs = append(n.attrs, a)
		}
	}
	var text strings.Builder
	for {
		token, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil, t.fault("the deposit ends too early")
		}
		if err != nil {
			return nil, err
		}
		switch v := token.(type) {
		case stdxml.StartElement:
			child, err := t.subtree(v, count)
			if err != nil {
				return nil, err
			}
			n.children = append(n.children, child)
		case stdxml.CharData:
			text.Write(v)
		case stdxml.EndElement:
			n.text = strings.TrimSpace(text.String())
			if n.text != "" && len(n.children) > 0 {
				return nil, &SyntaxError{n.line, "text stands between the elements of " + n.local}
			}
			return n, nil
		}
	}
}

// skip reads the open element to its end without keeping it.
func (t *tokens) skip() error {
	for level := 1; level > 0; {
		t.mark()
		token, err := t.next()
		if errors.Is(err, io.EOF) {
			return t.fault("the deposit ends too early")
		}
		if err != nil {
			return err
		}
		switch token.(type) {
		case stdxml.StartElement:
			level++
		case stdxml.EndElement:
			level--
		}
	}
	return nil
}
