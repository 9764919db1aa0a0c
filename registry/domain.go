package registry

import (
	"strings"
	"time"

	"github.com/namekeep/namekeep/billing"
)

// Domain is a registered name as it stands in the register.
type Domain struct {
	ID           int64
	Name         string // A-label form, lower case
	Zone         *Zone
	Sponsor      string // tag
	SponsorID    int32
	Registrant   string // contact handle, "" where there is none (gtld)
	RegistrantID int64
	Statuses     StatusSet
	Expires      Date // E
	FirstPaid    bool // the first registration is paid
	FirstDue     Date // the last day of the terms of its invoice; zero until invoiced
	Unassigned   bool // imported, waits for a tag (rule C8)

	SuspendedOn     Date // zero: not suspended
	SuspendedReason string

	Bill             BillSettings
	FirstBill        RecurBill // "" where not given
	RecurBill        RecurBill
	RenewNotRequired bool
	Notices          Notices // to the registrant, about the present period
	Notes            []string
	Reseller         string

	Referred        time.Time // zero, unless a create waits for the staff's decision
	DeletePhase     RGPState  // "" , or a state of RFC 3915 on the way out
	DeletePhaseEnds time.Time
	TagChanged      bool

	Creator     string // tag
	Created     time.Time
	Updater     string // tag, "" when never updated
	Updated     time.Time
	Transferred time.Time

	Contacts    []DomainContact
	Hosts       []string // name servers
	Subordinate []string // hosts below the name
	DNSSEC      DNSSEC
	Requests    []RenewalRequest // those that count (requestsThatCount)
	Grace       []GraceCharge
	Transfer    *Transfer // pending, or nil
	Handshake   int64     // the open handshake's id, or 0

	// Covers is set by RenewDomain: the tag whose unpaid request the new one
	// covers (R41), so that E did not move. "" otherwise.
	Covers string
	// Fees is set by CreateDomain, RenewDomain and RestoreDomain: what the
	// command is charged with.
	Fees []FeeLine
	// FundsLeft is set by CreateDomain and RenewDomain where the tag may spend
	// little more: less than nearlySpent times what this cost.
	FundsLeft *billing.Money
	// Issued is set by UpdateDomain where it issued an authInfo: only now can it
	// be shown, the register keeps its hash.
	Issued AuthInfo
	// Waiting is set by UpdateDomain: the number of the change of registrant that
	// both parties have to confirm first (C4). 0: none was asked for.
	Waiting int64

	version   uint32 // of the row: it changes with every update of it
	authHash  []byte
	authSetAt time.Time
	requestID map[int]int64 // by index in Requests
}

// DomainContact is a contact of a name in a role.
type DomainContact struct {
	Role   string // admin, tech or billing
	Handle string
}

// Transfer is a change of sponsor that is asked for, or was.
type Transfer struct {
	ID        int64
	State     string // as trStatus in RFC 5730
	Gaining   string // tag
	Losing    string // tag
	Requested time.Time
	ActBy     time.Time // while pending; otherwise when it was acted on
	Years     int
	Expires   Date // of the name, once transferred
}

// DomainROID is the name's repository object identifier.
func (r *Registry) DomainROID(d *Domain) string { return r.roid("D", d.ID) }

// GraceCharge is a grace period with the charge that it may refund.
type GraceCharge struct {
	Grace
	ID       int64
	ChargeID int64 // 0: nothing was charged
}

// renewalName gives the renewal rules what they need.
func (d *Domain) renewalName() Name {
	return Name{
		Name: d.Name, Profile: d.Zone.Profile, Sponsor: d.Sponsor, Expiry: d.Expires, Statuses: d.Statuses,
		FirstPaid: d.FirstPaid, FirstDue: d.FirstDue, Notices: d.Notices, SuspendedOn: d.SuspendedOn, SuspendReason: SuspendReason(d.SuspendedReason),
		RecurBill: d.RecurBill, Bill: d.Bill, RenewNotRequired: d.RenewNotRequired, Unassigned: d.Unassigned, Requests: d.Requests,
	}
}

// RegistrationStatus is the name's one status on the day today.
func (d *Domain) RegistrationStatus(today Date, p Policy) RegistrationStatus {
	return d.renewalName().Status(today, p)
}

// Suspended tells whether the life cycle has taken the name out of the zone.
func (d *Domain) Suspended() bool { return !d.SuspendedOn.IsZero() }

// ShownStatuses are the statuses with the derived ones. A suspended name shows
// as serverHold: that is what its absence from the zone means to others.
func (d *Domain) ShownStatuses() []Status {
	set := d.Statuses
	if d.Suspended() {
		set = set.With(StatusServerHold)
	}
	return set.Shown(ObjectDomain, len(d.Hosts) > 0)
}

// normalName is a name as it is stored, for look-ups: whatever it is, an
// unregistered one is simply not found.
func normalName(text string) string { return lowerASCII(strings.TrimSpace(text)) }

// gtldName gives the rules of the gtld life cycle what they need.
func (d *Domain) gtldName() GTLDName {
	n := GTLDName{
		Name: d.Name, Sponsor: d.Sponsor, Expiry: d.Expires, Statuses: d.Statuses,
		Phase: d.DeletePhase, PhaseEnd: d.DeletePhaseEnds, Waiting: d.Unassigned, HasHosts: len(d.Subordinate) > 0,
	}
	for _, g := range d.Grace {
		n.Graces = append(n.Graces, g.Grace)
	}
	return n
}

// RGPStates are the states of RFC 3915 to show at the instant now.
func (d *Domain) RGPStates(now time.Time) []RGPState { return d.gtldName().States(now) }

// checkBillFields judges the bill settings that a name is created with.
func (d *Domain) checkBillFields(today Date, p Policy) error {
	n := d.renewalName()
	n.Bill, n.RecurBill = BillSettings{}, BillTagHolder
	return DecideBilling(n, BillChange{Bill: d.Bill, Recur: d.RecurBill}, today, p)
}

// snapshot is what the history says of a new name.
func (d *Domain) snapshot() changes {
	c := changes{}.add("sponsor", nil, d.Sponsor).add("expires", nil, d.Expires)
	if d.Registrant != "" {
		c.add("registrant", nil, d.Registrant)
	}
	if len(d.Hosts) > 0 {
		c.add("ns", nil, d.Hosts)
	}
	if !d.DNSSEC.Empty() {
		c.add("dnssec", nil, d.DNSSEC)
	}
	if len(d.Statuses) > 0 {
		c.add("statuses", nil, d.Statuses)
	}
	return c
}
