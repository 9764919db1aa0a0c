package eppserver

import "bytes"

// rootScanner finds the end of a document that has no length in front (E2): the
// end tag of its root, or any </epp>, which is not hidden in a comment, CDATA
// section, processing instruction or attribute. It judges nothing: the
// document goes to the parser like any other.
type rootScanner struct {
	in    scanState
	depth int
	quote byte
	slash bool   // the byte before, in a start tag, was "/"
	word  []byte // what follows "<!", or the name in an end tag
	last  [2]byte
	angle int // open "<" in a declaration
}

type scanState int

const (
	inText scanState = iota
	inMarkup
	inStart
	inValue
	inEnd
	inInstruction
	inBang
	inComment
	inCDATA
	inDeclaration
)

// scannedName is as much of an end tag's name as matters.
const scannedName = 64

// feed takes the next byte and tells whether it ends the document.
func (s *rootScanner) feed(b byte) bool {
	switch s.in {
	case inText:
		if b == '<' {
			s.in = inMarkup
		}
	case inMarkup:
		s.markup(b)
	case inStart:
		return s.startTag(b)
	case inValue:
		if b == s.quote {
			s.in = inStart
		}
	case inEnd:
		return s.endTag(b)
	case inInstruction:
		s.until(b, "?>")
	case inComment:
		s.until(b, "-->")
	case inCDATA:
		s.until(b, "]]>")
	case inBang:
		s.bang(b)
	case inDeclaration:
		s.declaration(b)
	}
	return false
}

func (s *rootScanner) markup(b byte) {
	s.word, s.last, s.slash = s.word[:0], [2]byte{}, false
	switch b {
	case '/':
		s.in = inEnd
	case '?':
		s.in = inInstruction
	case '!':
		s.in = inBang
	default:
		s.in = inStart
	}
}

func (s *rootScanner) startTag(b byte) bool {
	switch b {
	case '"', '\'':
		s.quote, s.in = b, inValue
	case '>':
		s.in = inText
		if s.slash {
			return s.depth == 0
		}
		s.depth++
	}
	s.slash = b == '/'
	return false
}

func (s *rootScanner) endTag(b byte) bool {
	if b != '>' {
		if len(s.word) < scannedName {
			s.word = append(s.word, b)
		}
		return false
	}
	s.in = inText
	s.depth--
	name := bytes.TrimSpace(s.word)
	return s.depth <= 0 || string(name[bytes.IndexByte(name, ':')+1:]) == "epp"
}

// until goes back to text after the end mark.
func (s *rootScanner) until(b byte, end string) {
	tail := string(append(s.last[3-len(end):len(s.last):len(s.last)], b))
	s.last = [2]byte{s.last[1], b}
	if tail == end {
		s.in = inText
	}
}

func (s *rootScanner) bang(b byte) {
	s.word = append(s.word, b)
	switch w := string(s.word); {
	case w == "--":
		s.in, s.last = inComment, [2]byte{}
	case w == "[CDATA[":
		s.in, s.last = inCDATA, [2]byte{}
	case w == "-", bytes.HasPrefix([]byte("[CDATA["), s.word):
	default:
		s.in, s.angle = inDeclaration, 1
		s.declaration(b)
	}
}

func (s *rootScanner) declaration(b byte) {
	switch b {
	case '<':
		s.angle++
	case '>':
		s.angle--
	}
	if s.angle == 0 {
		s.in = inText
	}
}
