package xml

import "time"

// Payload is something that fits into resData or extension of an answer: one
// of the …Data and Warn… types, by pointer.
type Payload interface {
	encode(p out)
}

// Response is an answer.
type Response struct {
	Results []Result // at least one
	MsgQ    *MsgQ
	ResData Payload
	Ext     []Payload
	ClTRID  string // "" is left out
	SvTRID  string
	// Fractions writes times with milliseconds; otherwise to the second.
	Fractions bool
}

// Result is one result. Msg "" means the text of RFC 5730 for the code.
type Result struct {
	Code   ResultCode
	Msg    string
	Lang   string // "" means en and is not written
	Values []ExtValue
}

// ExtValue names an offending element and says why (RFC 5730 section 2.6).
// Element nil writes an empty stand-in, as the schema wants a value.
type ExtValue struct {
	Element *Element
	Reason  string
	Lang    string
}

// Element is an element shown back to the client, in extValue. Prefix "" takes
// the one that answers use for the namespace; NS "" means EPP itself.
// Children hold nested elements (RFC 9038 shows whole payloads).
type Element struct {
	NS       string
	Prefix   string
	Tag      string
	Attrs    []Attribute
	Text     string
	Children []Element
	// Payload, when set, is written instead of all the rest: the unhandled
	// content of RFC 9038.
	Payload Payload
}

// Attribute is an attribute without namespace.
type Attribute struct {
	Key, Value string
}

// Greeting is what the server says first. URIs are listed as given.
type Greeting struct {
	SvID    string // 3 to 64 characters
	SvDate  time.Time
	Lang    []string // nil means en
	ObjURIs []string
	ExtURIs []string
	// Fractions writes the date with milliseconds.
	Fractions bool
}
