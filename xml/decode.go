package xml

import (
	"fmt"

	"github.com/beevik/etree"
)

// ParseCommand reads one frame from a client. It does bounded work whatever
// the frame holds, and refuses anything it does not know.
//
// The codes are chosen like this:
//   - 2000 an element that is no command where a command is expected;
//   - 2001 wrong in shape: no XML, forbidden XML, an element or attribute that
//     is missing, unknown, given twice or out of order, text between elements;
//   - 2002 an extension that does not belong to the command it came with;
//   - 2003 an element that is there but empty, where the schema wants a value;
//   - 2004 a number or date out of the schema's range;
//   - 2005 any other value the schema refuses: length, enumeration, pattern;
//   - 2101 the protocol extension element of EPP;
//   - 2102 the ext form of authInfo;
//   - 2103 an extension of an unknown namespace, its URI as the value;
//   - 2307 an object of an unknown namespace, its URI as the value.
//
// The first fault in the order of the frame is told.
func ParseCommand(frame []byte, opt Options) (*Command, *Error) {
	b := bounds{MaxFrame, MaxMarkup, opt.MaxText}
	if b.text <= 0 {
		b.text = DefaultMaxText
	}
	root, err := readTree(frame, b)
	if err != nil {
		return nil, &Error{Code: CodeSyntax, Reason: err.Error(), ClTRID: scanClTRID(frame)}
	}
	d := &decoder{opt: opt}
	cmd := d.frame(root)
	if d.err != nil {
		d.err.ClTRID = findClTRID(root)
		return nil, d.err
	}
	return cmd, nil
}

// findClTRID takes the identifier of a frame that is refused for other reasons.
func findClTRID(root *etree.Element) string {
	var found *etree.Element
	for _, c := range root.ChildElements() {
		if c.Tag != "command" || c.NamespaceURI() != NSEPP {
			continue
		}
		for _, t := range c.ChildElements() {
			if t.Tag == "clTRID" && t.NamespaceURI() == NSEPP {
				if found != nil {
					return ""
				}
				found = t
			}
		}
	}
	if found == nil || len(found.ChildElements()) > 0 {
		return ""
	}
	return validTRID(joined(found))
}

// decoder holds the state of one frame. The first error sticks; after it the
// methods return zero values, so that decoding reads as a list of fields.
type decoder struct {
	opt  Options
	err  *Error
	uris []string
}

// fail keeps the first error. e is the offending element or nil.
func (d *decoder) fail(code ResultCode, e *etree.Element, format string, args ...any) {
	if d.err != nil {
		return
	}
	d.err = &Error{Code: code, Reason: fmt.Sprintf(format, args...)}
	if e != nil {
		d.err.Element = shown(e)
	}
}

// failURI is fail for an unknown namespace.
func (d *decoder) failURI(code ResultCode, tag, uri, reason string) {
	if d.err == nil {
		d.err = &Error{Code: code, Reason: reason, Element: &Element{NS: NSEPP, Tag: tag, Text: clip(uri, 255)}}
	}
}

// shown makes an element of the frame fit for an answer: its name and value,
// passwords left out, attributes of its own kept.
func shown(e *etree.Element) *Element {
	v := &Element{NS: e.NamespaceURI(), Tag: e.Tag}
	if e.Tag != "pw" && e.Tag != "newPW" && e.Tag != "newPw" && len(e.ChildElements()) == 0 {
		v.Text = clip(collapse(joined(e)), 255)
	}
	for i := range e.Attr {
		if a := &e.Attr[i]; a.Space == "" && a.Key != "xmlns" {
			v.Attrs = append(v.Attrs, Attribute{a.Key, clip(a.Value, 255)})
		}
	}
	return v
}

// use notes a namespace of the frame.
func (d *decoder) use(uri string) {
	for _, u := range d.uris {
		if u == uri {
			return
		}
	}
	d.uris = append(d.uris, uri)
}

// frame decodes the root element.
func (d *decoder) frame(root *etree.Element) *Command {
	if root.Tag != "epp" || root.NamespaceURI() != NSEPP {
		d.fail(CodeSyntax, root, "the root element must be epp of %s", NSEPP)
		return nil
	}
	d.attrs(root)
	r := d.enter(root, NSEPP)
	cmd := &Command{}
	switch {
	case r.next("hello"):
		d.empty(r.e())
		cmd.Verb, cmd.Action = VerbHello, &Hello{}
	case r.next("command"):
		d.command(r.e(), cmd)
	case r.next("extension"):
		d.fail(CodeUnimplementedCommand, r.e(), "protocol extensions are not implemented")
	default:
		d.fail(CodeSyntax, root, "hello or command expected")
	}
	r.end()
	cmd.Namespaces = d.uris
	return cmd
}

// command decodes the command element into cmd.
func (d *decoder) command(e *etree.Element, cmd *Command) {
	d.attrs(e)
	r := d.enter(e, NSEPP)
	if !r.any() {
		d.fail(CodeSyntax, e, "command expected")
		return
	}
	verb := r.e()
	if verb.NamespaceURI() != NSEPP {
		d.fail(CodeUnknownCommand, verb, "unknown command")
		return
	}
	cmd.Verb = Verb(verb.Tag)
	switch cmd.Verb {
	case VerbLogin:
		cmd.Action = d.login(verb)
	case VerbLogout:
		d.empty(verb)
		cmd.Action = &Logout{}
	case VerbPoll:
		cmd.Action = d.poll(verb)
	case VerbCheck, VerbInfo, VerbCreate, VerbRenew, VerbUpdate, VerbDelete, VerbTransfer:
		d.object(verb, cmd)
	default:
		d.fail(CodeUnknownCommand, verb, "unknown command")
		return
	}
	if r.next("extension") {
		d.extensions(r.e(), cmd)
	}
	if r.next("clTRID") {
		cmd.ClTRID = d.trID(r.e())
	}
	r.end()
}

// trID reads clTRID; it is kept as it is but for white space around it.
func (d *decoder) trID(e *etree.Element) string {
	s := d.text(e)
	if d.err != nil {
		return ""
	}
	id := validTRID(s)
	switch {
	case collapse(s) == "":
		d.fail(CodeMissingParameter, e, "empty")
	case id == "":
		d.fail(CodeValueSyntax, e, "must have 3 to 64 characters")
	}
	return id
}

// form is the place of an object command: its verb and the element in it.
type form struct {
	verb    Verb
	ns, tag string
}

// action decodes one object command.
type action struct {
	object string
	decode func(d *decoder, r *reader) any
}

// known tells whether the profile has a namespace at all.
func (d *decoder) known(uri string) bool {
	switch uri {
	case NSDomain, NSContact, NSHost:
		return true
	}
	for _, u := range rfcExtensions {
		if u == uri {
			return true
		}
	}
	if d.opt.Profile == ProfileUK {
		for _, u := range ukExtensions {
			if u == uri {
				return true
			}
		}
	}
	return false
}

// object decodes the child of check, info, create, renew, update, delete and
// transfer.
func (d *decoder) object(verb *etree.Element, cmd *Command) {
	var op TransferOp
	if cmd.Verb == VerbTransfer {
		op = TransferOp(d.enum(verb, "op", true, "request", "query", "approve", "reject", "cancel"))
		d.attrs(verb, "op")
	} else {
		d.attrs(verb)
	}
	r := d.enter(verb, NSEPP)
	if !r.any() {
		d.fail(CodeSyntax, verb, "object expected")
		return
	}
	e := r.e()
	r.end()
	if d.err != nil {
		return
	}
	ns := e.NamespaceURI()
	if ns == NSEPP || ns == "" {
		d.fail(CodeSyntax, e, "unexpected element")
		return
	}
	if !d.known(ns) {
		d.failURI(CodeUnimplementedService, "objURI", ns, "unknown object namespace")
		return
	}
	d.use(ns)
	a, ok := actions[form{cmd.Verb, ns, e.Tag}]
	if !ok {
		d.fail(CodeSyntax, e, "not an element of %s", cmd.Verb)
		return
	}
	cmd.Object = a.object
	body := d.enter(e, ns)
	body.op = op
	cmd.Action = a.decode(d, body)
	body.end()
}

// extension decodes one child of <extension> and says where it belongs.
type extension struct {
	verb   Verb
	object string
	decode func(d *decoder, r *reader, x *Extensions)
}

// extensions decodes the children of <extension>.
func (d *decoder) extensions(e *etree.Element, cmd *Command) {
	d.attrs(e)
	r := d.enter(e, NSEPP)
	if len(r.kids) == 0 && !d.opt.Lenient {
		d.fail(CodeSyntax, e, "empty")
	}
	seen := map[form]bool{}
	for r.any() {
		c := r.e()
		ns := c.NamespaceURI()
		if ns == NSEPP || ns == "" {
			d.fail(CodeSyntax, c, "unexpected element")
			return
		}
		if !d.known(ns) {
			d.failURI(CodeUnimplementedExt, "extURI", ns, "unknown extension namespace")
			return
		}
		d.use(ns)
		place := form{ns: ns, tag: c.Tag}
		x, ok := extensionForms[place]
		switch {
		case !ok:
			d.fail(CodeSyntax, c, "not an extension of a command")
			return
		case x.verb != cmd.Verb || x.object != cmd.Object:
			d.fail(CodeUse, c, "does not extend this command")
			return
		case seen[place]:
			d.fail(CodeSyntax, c, "given twice")
			return
		}
		seen[place] = true
		body := d.enter(c, ns)
		x.decode(d, body, &cmd.Ext)
		body.end()
		if d.err != nil {
			return
		}
	}
}
