package xml

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"
)

// Bounds of the work one frame may cause. The server bounds the frame itself
// before it is read; these hold for any caller.
const (
	// MaxFrame is the longest frame in bytes that is looked at.
	MaxFrame = 1 << 20
	// MaxDepth is the deepest nesting of elements.
	MaxDepth = 32
	// MaxAttrs is the largest number of attributes of one element.
	MaxAttrs = 32
	// MaxMarkup is the largest number of '<' in a frame; a check of a
	// thousand names has two thousand.
	MaxMarkup = 8192
	// DefaultMaxText is the longest text of an element or attribute, in bytes.
	DefaultMaxText = 16 << 10
)

var (
	errTooLong   = errors.New("frame too long")
	errEncoding  = errors.New("only UTF-8 is accepted")
	errUTF8      = errors.New("invalid UTF-8")
	errDoctype   = errors.New("document type and entity declarations are not accepted")
	errMarkup    = errors.New("too many elements")
	errMalformed = errors.New("not well-formed XML")
	errDepth     = errors.New("elements nested too deep")
	errOneRoot   = errors.New("there must be exactly one root element")
	errPI        = errors.New("processing instructions and directives are not accepted")
	errPrefix    = errors.New("namespace prefix not bound")
	errAttrs     = errors.New("too many attributes")
	errDupAttr   = errors.New("attribute given twice")
	errText      = errors.New("text too long")
	errName      = errors.New("bad element or attribute name")
)

// bounds are the limits for one frame: bytes, '<', bytes of one text.
type bounds struct {
	frame, markup, text int
}

// readTree reads one frame into a tree and returns the root. It does bounded
// work, resolves nothing and refuses whatever EPP has no use for (E8). White
// space before the XML declaration is let through: whether it may be there is
// the listener's setting (E2).
func readTree(frame []byte, b bounds) (*etree.Element, error) {
	if len(frame) > b.frame {
		return nil, errTooLong
	}
	frame = bytes.TrimPrefix(frame, []byte("\xef\xbb\xbf"))
	frame = bytes.TrimLeft(frame, " \t\r\n")
	switch {
	case !utf8.Valid(frame):
		return nil, errUTF8
	case bytes.Contains(frame, []byte("<!DOCTYPE")), bytes.Contains(frame, []byte("<!ENTITY")):
		return nil, errDoctype
	case bytes.Count(frame, []byte("<")) > b.markup:
		return nil, errMarkup
	}
	charset := false
	doc := etree.NewDocument()
	doc.ReadSettings = etree.ReadSettings{
		MaxDepth:               MaxDepth,
		PreserveDuplicateAttrs: true,
		CharsetReader: func(string, io.Reader) (io.Reader, error) {
			charset = true // the decoder hides the error's kind
			return nil, errEncoding
		},
	}
	if err := doc.ReadFromBytes(frame); err != nil {
		switch {
		case errors.Is(err, etree.ErrMaxDepth):
			return nil, errDepth
		case charset:
			return nil, errEncoding
		}
		return nil, errMalformed
	}
	root, err := onlyRoot(doc)
	if err != nil {
		return nil, err
	}
	return root, checkTree(root, b.text)
}

// onlyRoot returns the root if nothing but the XML declaration, comments and
// white space stands beside it.
func onlyRoot(doc *etree.Document) (*etree.Element, error) {
	var root *etree.Element
	for i, t := range doc.Child {
		switch t := t.(type) {
		case *etree.Element:
			if root != nil {
				return nil, errOneRoot
			}
			root = t
		case *etree.CharData:
			if strings.Trim(t.Data, " \t\r\n") != "" {
				return nil, errOneRoot
			}
		case *etree.ProcInst:
			if i != 0 || t.Target != "xml" {
				return nil, errPI
			}
		case *etree.Comment:
		default:
			return nil, errPI
		}
	}
	if root == nil {
		return nil, errOneRoot
	}
	return root, nil
}

// checkTree checks an element and all below; the depth is bounded already.
func checkTree(e *etree.Element, maxText int) error {
	if err := checkNames(e, maxText); err != nil {
		return err
	}
	length := 0
	for _, t := range e.Child {
		switch t := t.(type) {
		case *etree.Element:
			if err := checkTree(t, maxText); err != nil {
				return err
			}
		case *etree.CharData:
			if length += len(t.Data); length > maxText {
				return errText
			}
		case *etree.Comment:
		default:
			return errPI
		}
	}
	return nil
}

// checkNames checks the element's own name and its attributes.
func checkNames(e *etree.Element, maxText int) error {
	if len(e.Attr) > MaxAttrs {
		return errAttrs
	}
	if strings.Contains(e.Tag, ":") || e.Space == "xmlns" {
		return errName
	}
	if e.Space != "" && e.NamespaceURI() == "" {
		return errPrefix
	}
	for i := range e.Attr {
		a := &e.Attr[i]
		if len(a.Value) > maxText {
			return errText
		}
		if strings.Contains(a.Key, ":") {
			return errName
		}
		switch a.Space {
		case "", "xml":
		case "xmlns":
			if a.Value == "" || a.Key == "xmlns" || a.Key == "xml" && a.Value != nsXML {
				return errPrefix
			}
		default:
			if attrNamespace(e, a) == "" {
				return errPrefix
			}
		}
		for j := range i {
			if e.Attr[j].Key == a.Key && e.Attr[j].Space == a.Space {
				return errDupAttr
			}
		}
	}
	return nil
}

// attrNamespace is the URI of a prefixed attribute, "" when not bound.
func attrNamespace(e *etree.Element, a *etree.Attr) string {
	for ; e != nil; e = e.Parent() {
		for i := range e.Attr {
			if e.Attr[i].Space == "xmlns" && e.Attr[i].Key == a.Space {
				return e.Attr[i].Value
			}
		}
	}
	return ""
}

// trIDPattern finds identifiers in a frame that is no XML.
var trIDPattern = regexp.MustCompile(`<(?:[A-Za-z][\w.-]*:)?clTRID\s*>([^<>&]{3,200})</`)

// scanClTRID looks for the client's identifier in a frame that could not be
// read as XML, so that its answer can still be told apart. Two of them are
// none.
func scanClTRID(frame []byte) string {
	if len(frame) > MaxFrame || !utf8.Valid(frame) {
		return ""
	}
	found := trIDPattern.FindAllSubmatch(frame, 2)
	if len(found) != 1 {
		return ""
	}
	return validTRID(string(found[0][1]))
}

// validTRID returns the identifier without surrounding white space, or "" if
// the schema refuses it (3 to 64 characters): it must not be echoed then.
func validTRID(s string) string {
	s = strings.Trim(s, " \t\r\n")
	n := utf8.RuneCountInString(collapse(s))
	if n < 3 || n > 64 || clean(s) != s {
		return ""
	}
	return s
}
