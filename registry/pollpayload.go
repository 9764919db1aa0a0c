package registry

import (
	"encoding/json"
	"fmt"
	"time"
)

// PollKind says what a poll message is about, and with that which payload it
// has.
type PollKind string

// The kinds of epp.md "Poll", each with its payload.
const (
	PollTagChanged         PollKind = "tag-changed"         // TagChangeNotice, to the gaining tag
	PollTagStatus          PollKind = "tag-status"          // TagChangeNotice: the exact registration status
	PollReleased           PollKind = "released"            // ReleaseNotice, to the losing tag
	PollHandshakeRequest   PollKind = "handshake-request"   // HandshakeNotice, to the receiving tag
	PollHandshakeResult    PollKind = "handshake-result"    // HandshakeNotice, rejected or expired
	PollDomainTransfer     PollKind = "domain-transfer"     // TransferNotice
	PollContactTransfer    PollKind = "contact-transfer"    // TransferNotice
	PollRegistrantChange   PollKind = "registrant-change"   // PendingNotice of a name (C4)
	PollContactChange      PollKind = "contact-change"      // PendingNotice of a contact (C5)
	PollReferral           PollKind = "referral"            // PendingNotice of a name
	PollRenewed            PollKind = "renewed"             // RenewalNotice: auto-bill, next-bill, R41
	PollRenewalLapsed      PollKind = "renewal-lapsed"      // LapseNotice (R7)
	PollSuspended          PollKind = "suspended"           // SuspensionNotice
	PollCancelled          PollKind = "cancelled"           // CancellationNotice
	PollHostsCancelled     PollKind = "hosts-cancelled"     // HostsCancelledNotice
	PollVerification       PollKind = "verification"        // VerificationNotice (C7)
	PollLowBalance         PollKind = "low-balance"         // BalanceNotice
	PollCertificateExpires PollKind = "certificate-expires" // CertificateNotice
	PollMaintenance        PollKind = "maintenance"         // MaintenanceNotice
	PollStaffChange        PollKind = "staff-change"        // StaffChangeNotice
)

// pollPayloads makes an empty payload of each kind.
var pollPayloads = map[PollKind]func() any{
	PollTagChanged:         func() any { return &TagChangeNotice{} },
	PollTagStatus:          func() any { return &TagChangeNotice{} },
	PollReleased:           func() any { return &ReleaseNotice{} },
	PollHandshakeRequest:   func() any { return &HandshakeNotice{} },
	PollHandshakeResult:    func() any { return &HandshakeNotice{} },
	PollDomainTransfer:     func() any { return &TransferNotice{} },
	PollContactTransfer:    func() any { return &TransferNotice{} },
	PollRegistrantChange:   func() any { return &PendingNotice{} },
	PollContactChange:      func() any { return &PendingNotice{} },
	PollReferral:           func() any { return &PendingNotice{} },
	PollRenewed:            func() any { return &RenewalNotice{} },
	PollRenewalLapsed:      func() any { return &LapseNotice{} },
	PollSuspended:          func() any { return &SuspensionNotice{} },
	PollCancelled:          func() any { return &CancellationNotice{} },
	PollHostsCancelled:     func() any { return &HostsCancelledNotice{} },
	PollVerification:       func() any { return &VerificationNotice{} },
	PollLowBalance:         func() any { return &BalanceNotice{} },
	PollCertificateExpires: func() any { return &CertificateNotice{} },
	PollMaintenance:        func() any { return &MaintenanceNotice{} },
	PollStaffChange:        func() any { return &StaffChangeNotice{} },
}

// PollKinds returns every kind, so that what encodes them can be checked for
// completeness.
func PollKinds() []PollKind {
	var all []PollKind
	for k := range pollPayloads {
		all = append(all, k)
	}
	return all
}

func (k PollKind) decode(payload []byte) (any, error) {
	if payload == nil {
		return nil, nil
	}
	empty := pollPayloads[k]
	if empty == nil {
		return nil, fmt.Errorf("kind %q is not known", k)
	}
	v := empty()
	err := json.Unmarshal(payload, v)
	return v, err
}

// NoticeName is a name in a notice.
type NoticeName struct {
	Name    string             `json:"name"`
	Expires Date               `json:"expires"`
	Status  RegistrationStatus `json:"status,omitempty"`
}

// TagChangeNotice tells a tag of names that it got.
type TagChangeNotice struct {
	From  string       `json:"from"`
	To    string       `json:"to"`
	By    string       `json:"by"` // the tag that acted, or the registry's
	Names []NoticeName `json:"names"`
	// Registrant is the id of the contact, 0 where there is none. The data is
	// not in the message: it is read when the message is.
	Registrant int64 `json:"registrant,omitempty"`
}

// ReleaseNotice tells a tag of names that went away.
type ReleaseNotice struct {
	From    string       `json:"from"`
	To      string       `json:"to"`
	Names   []NoticeName `json:"names"`
	Account string       `json:"account,omitempty"` // the registrant's handle
	Moved   bool         `json:"moved"`             // the registrant went along
}

// HandshakeOutcome is how a handshake ended.
type HandshakeOutcome string

// The outcomes, as handshake.state has them.
const (
	HandshakePending   HandshakeOutcome = "pending"
	HandshakeAccepted  HandshakeOutcome = "accepted"
	HandshakeRejected  HandshakeOutcome = "rejected"
	HandshakeExpired   HandshakeOutcome = "expired"
	HandshakeCancelled HandshakeOutcome = "cancelled"
)

// HandshakeNotice asks a tag whether it takes names, or tells how that ended.
type HandshakeNotice struct {
	Case       string           `json:"case"`
	From       string           `json:"from"`
	To         string           `json:"to"`
	Names      []NoticeName     `json:"names"`
	Registrant int64            `json:"registrant,omitempty"`
	Outcome    HandshakeOutcome `json:"outcome"`
	ActBy      time.Time        `json:"act_by"`
}

// TransferNotice is the state of a transfer (trnData). Name is the handle for a
// contact.
type TransferNotice struct {
	Name      string             `json:"name"`
	State     string             `json:"state"`
	Gaining   string             `json:"gaining"`
	Requested time.Time          `json:"requested"`
	Losing    string             `json:"losing"`
	ActBy     time.Time          `json:"act_by"`
	Expires   Date               `json:"expires"`          // zero: it does not change
	Status    RegistrationStatus `json:"status,omitempty"` // uk, once transferred
}

// PendingNotice is the outcome of a command that was answered 1001 (panData).
type PendingNotice struct {
	Name   string    `json:"name"` // or the handle of a contact
	Done   bool      `json:"done"`
	ClTRID string    `json:"cltrid,omitempty"`
	SvTRID string    `json:"svtrid"`
	Date   time.Time `json:"date"`
	Reason string    `json:"reason,omitempty"`
}

// RenewalNotice tells of a renewal that the tag did not ask for in this moment.
type RenewalNotice struct {
	Name    string `json:"name"`
	Origin  Origin `json:"origin"`
	Years   int    `json:"years"`
	Expires Date   `json:"expires"` // E afterwards
}

// LapseNotice tells that a renewal request lapsed unpaid (R7).
type LapseNotice struct {
	Name    string `json:"name"`
	Due     Date   `json:"due"`     // when the terms ended
	Expires Date   `json:"expires"` // E afterwards
}

// SuspensionNotice tells of names that were suspended.
type SuspensionNotice struct {
	Names    []string `json:"names"`
	Reason   string   `json:"reason"`
	CancelOn Date     `json:"cancel_on"` // zero: not decided
}

// CancellationNotice tells of names that were cancelled: deleted for good.
type CancellationNotice struct {
	Names []string `json:"names"`
	By    string   `json:"by"`
}

// HostsCancelledNotice tells a tag that name servers of its names are no hosts
// of the register any more: the name above them was cancelled. The delegations
// stay, without addresses, until the tag replaces them.
type HostsCancelledNotice struct {
	Hosts []string `json:"hosts"`
	Names []string `json:"names"` // that use them, of the tag
}

// VerificationNotice tells a tag that its contact was asked to confirm its
// e-mail address (C7).
type VerificationNotice struct {
	Registrant int64    `json:"registrant"` // the contact's id
	Handle     string   `json:"handle"`
	AnswerBy   Date     `json:"answer_by"`
	SuspendOn  Date     `json:"suspend_on"` // zero: no name is suspended for it
	Names      []string `json:"names"`      // the first of those whose registrant it is
}

// BalanceNotice tells of a prepaid balance below the tag's threshold, in minor
// units.
type BalanceNotice struct {
	Currency  string `json:"currency"`
	Balance   int64  `json:"balance"`
	Threshold int64  `json:"threshold"`
}

// CertificateNotice tells of a client certificate that expires.
type CertificateNotice struct {
	Fingerprint string    `json:"fingerprint"` // SHA-256, hexadecimal
	Subject     string    `json:"subject"`
	NotAfter    time.Time `json:"not_after"`
}

// MaintenanceNotice tells of planned work.
type MaintenanceNotice struct {
	ID          string    `json:"id"`
	Systems     []string  `json:"systems"`
	Starts      time.Time `json:"starts"`
	Ends        time.Time `json:"ends"`
	Description string    `json:"description"`
}

// StaffChangeNotice tells of a change that the registry's staff made (RFC 8590).
type StaffChangeNotice struct {
	Object    Object    `json:"object"`
	Name      string    `json:"name"`
	Operation string    `json:"operation"` // as in RFC 8590: update, transfer, delete, …
	Date      time.Time `json:"date"`
	SvTRID    string    `json:"svtrid"`
	Who       string    `json:"who"`
	Reason    string    `json:"reason"`
	ROID      string    `json:"roid,omitempty"` // of a contact that was deleted
}
