package xml

import (
	"fmt"
	"time"
)

// Verb is the command element of RFC 5730 section 2.9.
type Verb string

// The verbs. Hello is no command in the schema, but is served like one.
const (
	VerbHello    Verb = "hello"
	VerbLogin    Verb = "login"
	VerbLogout   Verb = "logout"
	VerbPoll     Verb = "poll"
	VerbCheck    Verb = "check"
	VerbInfo     Verb = "info"
	VerbCreate   Verb = "create"
	VerbRenew    Verb = "renew"
	VerbUpdate   Verb = "update"
	VerbDelete   Verb = "delete"
	VerbTransfer Verb = "transfer"
)

// Options steer ParseCommand. The zero value is the uk profile, strict.
type Options struct {
	// Profile decides which namespaces are known at all.
	Profile Profile
	// Lenient takes what deployed uk clients send against the schemas:
	// children of domain-nom-ext in any order, contactID for contactId in
	// fork, newPw for newPW in login, an empty add or rem in a contact update,
	// an empty extension or svcExtension.
	Lenient bool
	// MaxText is the longest text of one element or attribute in bytes; 0
	// means DefaultMaxText.
	MaxText int
}

// Command is one frame from a client.
type Command struct {
	// ClTRID is the client's transaction identifier without surrounding
	// white space, "" when absent. It is echoed as it is (E5).
	ClTRID string
	Verb   Verb
	// Object is "domain", "contact" or "host"; for the uk commands
	// "release", "handshake", "list", "unrenew", "fork", "locks",
	// "contact-id", "tag", "direct-rights" or "renewal"; "" for session commands. It is
	// a closed set, fit for a metrics label.
	Object string
	// Action is a pointer to one of the action types (*DomainCheck, *Login …).
	Action any
	Ext    Extensions
	// Namespaces lists the object and extension URIs of the frame's own
	// elements in order of appearance, each once, without EPP itself, so
	// that the server can compare them with those announced at login.
	Namespaces []string
}

// Extensions are the decoded children of <extension>; nil means absent.
type Extensions struct {
	SecDNSCreate   *SecDNSCreate      // domain create
	SecDNSUpdate   *SecDNSUpdate      // domain update
	RGPRestore     *RGPRestore        // domain update
	LoginSec       *LoginSec          // login
	FeeCheck       *FeeCheck          // domain check
	Fee            *FeeTransform      // domain create, renew, transfer, update
	DomainNom      *DomainNom         // domain create, update
	ContactNom     *ContactNom        // contact create, update
	ContactNomInfo *ContactNomInfo    // contact info
	DataQuality    *DataQualityUpdate // contact update
	DirectRights   *DirectRightsCheck // domain check
}

// Error is a refused frame.
type Error struct {
	Code   ResultCode
	Reason string // for a person; short, without the value
	// Element is what offends, nil when nothing can be named.
	Element *Element
	// ClTRID could be read although the frame is refused; "" otherwise.
	ClTRID string
}

// Error implements error.
func (e *Error) Error() string {
	if e.Element != nil {
		return fmt.Sprintf("epp %d: %s: %s", e.Code, e.Element.Tag, e.Reason)
	}
	return fmt.Sprintf("epp %d: %s", e.Code, e.Reason)
}

// Result makes the error the result of an answer.
func (e *Error) Result() Result {
	r := Result{Code: e.Code}
	if e.Element != nil || e.Reason != "" {
		r.Values = []ExtValue{{Element: e.Element, Reason: e.Reason}}
	}
	return r
}

// Secret is a password or authInfo. It never shows itself in logs; Reveal
// gives the text.
type Secret string

// String implements fmt.Stringer without giving the secret away.
func (Secret) String() string { return "[redacted]" }

// GoString implements fmt.GoStringer without giving the secret away.
func (Secret) GoString() string { return "[redacted]" }

// MarshalText keeps the secret out of JSON and slog.
func (Secret) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// Reveal returns the secret as text.
func (s Secret) Reveal() string { return string(s) }

// AuthInfo is authorisation information (RFC 5731 section 2.6). The ext
// form, which nobody defines, is refused with 2102 when parsed.
type AuthInfo struct {
	PW Secret
	// ROID names the object the password belongs to, "" for the object itself.
	ROID string
	// Null asks to remove the information (domain update only).
	Null bool
}

// Status is a status with its optional text. S is spelled as in the RFC and
// is one of the object's enumeration.
type Status struct {
	S    string
	Lang string // "" means en
	Text string
}

// Period is a validity period: 1 to 99, in years ("y") or months ("m").
type Period struct {
	Value int
	Unit  string
}

// IntChange is a number that an empty element clears.
type IntChange struct {
	Value int
	Clear bool
}

// YearMonth is the month of a list, such as 2027-03.
type YearMonth struct {
	Year  int
	Month time.Month
}

// TransferOp is the op attribute of transfer.
type TransferOp string

// The operations of RFC 5730 section 2.9.3.4.
const (
	TransferRequest TransferOp = "request"
	TransferQuery   TransferOp = "query"
	TransferApprove TransferOp = "approve"
	TransferReject  TransferOp = "reject"
	TransferCancel  TransferOp = "cancel"
)
