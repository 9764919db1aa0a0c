package registry

import (
	"errors"
	"fmt"
)

// Kind says what sort of refusal an Error is. There is one kind per EPP result
// code that the register itself can give; eppserver holds the table.
type Kind int

// The kinds, with the EPP result code each stands for.
const (
	KindInternal             Kind = iota // 2400: a fault of ours, nothing changed
	KindParamMissing                     // 2003
	KindParamRange                       // 2004
	KindParamSyntax                      // 2005
	KindUnimplementedCommand             // 2101
	KindUnimplementedOption              // 2102
	KindBillingFailure                   // 2104
	KindNotRenewable                     // 2105
	KindNotTransferable                  // 2106
	KindAuthenticationFailed             // 2200
	KindAuthorization                    // 2201
	KindBadAuthInfo                      // 2202
	KindPendingTransfer                  // 2300
	KindNoPendingTransfer                // 2301
	KindExists                           // 2302
	KindNotFound                         // 2303
	KindStatusProhibits                  // 2304
	KindAssociation                      // 2305
	KindPolicy                           // 2306
	KindSessionLimit                     // 2502
)

var kindNames = [...]string{
	KindInternal: "internal", KindParamMissing: "parameter missing", KindParamRange: "parameter out of range",
	KindParamSyntax: "parameter syntax", KindUnimplementedCommand: "unimplemented command",
	KindUnimplementedOption: "unimplemented option", KindBillingFailure: "billing failure",
	KindNotRenewable: "not renewable", KindNotTransferable: "not transferable",
	KindAuthenticationFailed: "authentication failed", KindAuthorization: "authorization",
	KindBadAuthInfo: "bad authInfo", KindPendingTransfer: "pending transfer",
	KindNoPendingTransfer: "no pending transfer", KindExists: "exists", KindNotFound: "not found",
	KindStatusProhibits: "status prohibits", KindAssociation: "association prohibits",
	KindPolicy: "policy", KindSessionLimit: "session limit",
}

// String names the kind for logs.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return kindNames[k]
}

// Kinds returns every kind, so that a table of result codes can be checked for
// completeness.
func Kinds() []Kind {
	all := make([]Kind, len(kindNames))
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// Codes that start a reason in the uk profile. Registrar software switches on
// them. Those from V900 up are our own.
const (
	CodeTwoVersions      = "V221" // login: two versions of one schema
	CodeNotYours         = "V096" // the name is not on the acting tag
	CodeRenewRefused     = "V128" // a renewal refused by R2, R3, R21 or the ten-year limit
	CodeUnrenewRefused   = "V270" // the renewal cannot be taken back
	CodeNothingToUnrenew = "V273" // there is no renewal to take back
	CodeReleaseRegistry  = "V055" // release to the registry's own tag
	CodeReleaseUnknown   = "V016" // release to a tag that does not exist
	CodeClearDay         = "V900" // R12
	CodeBothBills        = "V901" // R11
	CodeBillWithBC       = "V902" // R21
	CodeTooLateForBC     = "V903" // R20
	CodeExpiryDiffers    = "V904" // R4
	CodeContactKind      = "V905" // C2
	CodeDeleteRefused    = "V906" // delete in uk
	CodeReleaseRejected  = "V907" // the receiving tag takes no releases
	CodeReleaseOwn       = "V908" // release to the tag that has the name
	CodeNotItsContact    = "V909" // fork: the name does not have the contact
	CodeLockUnknown      = "V910" // a type of lock that is not known
	CodeLockState        = "V911" // a lock that is set, or not set, already
	CodeDirectRight      = "V912" // create: somebody else has the right to the name
)

// Error is a refusal: the register's rules forbid what was asked. Nothing has
// been changed.
type Error struct {
	Kind   Kind
	Code   string // leading reason code such as V096; empty in gtld and where there is none
	Reason string // a sentence the registrar can act on, with the dates in it
	Field  string // the element concerned, as the RFC spells it: "domain:curExpDate"
	Value  string // the offending value
}

// Error returns the code and the reason.
func (e *Error) Error() string {
	if e.Code == "" {
		return e.Reason
	}
	return e.Code + " " + e.Reason
}

// About names the element and value concerned and returns e.
func (e *Error) About(field, value string) *Error {
	e.Field, e.Value = field, value
	return e
}

// Refuse makes an Error. The reason is formatted as fmt.Sprintf does; code may
// be empty.
func Refuse(kind Kind, code, reason string, args ...any) *Error {
	if len(args) > 0 {
		reason = fmt.Sprintf(reason, args...)
	}
	return &Error{Kind: kind, Code: code, Reason: reason}
}

// AsRefusal finds the *Error in err's chain; nil means that err is nil or a
// fault of ours whose text is not for registrars.
func AsRefusal(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// KindOf returns the kind of the refusal in err, KindInternal for any other
// error.
func KindOf(err error) Kind {
	if e := AsRefusal(err); e != nil {
		return e.Kind
	}
	return KindInternal
}
