package registry

import (
	"strconv"
	"time"
)

// RecurBill says who is billed for a renewal.
type RecurBill string

// The values of recur-bill (R20).
const (
	BillTagHolder RecurBill = "th" // the default
	BillCustomer  RecurBill = "bc"
)

// RequestState is the state of a renewal request.
type RequestState string

// The states of a renewal request. Paid is final; a lapsed request becomes paid
// when its invoice is paid late.
const (
	RequestUninvoiced RequestState = "uninvoiced"
	RequestInvoiced   RequestState = "invoiced"
	RequestPaid       RequestState = "paid"
	RequestLapsed     RequestState = "lapsed"
	RequestWithdrawn  RequestState = "withdrawn"
)

// Origin says how a renewal request came about.
type Origin string

// The origins of a renewal request.
const (
	OriginCommand  Origin = "command"
	OriginAutoBill Origin = "auto-bill"
	OriginNextBill Origin = "next-bill"
	OriginStaff    Origin = "staff"
	OriginPage     Origin = "page" // the registrant's decision, carried out for the tag (N11)
)

// RenewalRequest is one tag's request for one renewal period.
type RenewalRequest struct {
	Period    Date // the E before it, which identifies the renewal period
	Tag       string
	Years     int
	Requested time.Time
	State     RequestState
	Due       Date // the last day of the terms; zero until invoiced
	Ended     Date // the day on which it lapsed or was withdrawn; zero otherwise
}

// Open reports whether the request covers the name while its fee is not paid
// yet: uninvoiced, or invoiced within terms.
func (r RenewalRequest) Open() bool {
	return r.State == RequestUninvoiced || r.State == RequestInvoiced
}

// LapsesOn returns the civil day whose batch ends the request if it is unpaid
// (R7): the day after the terms, because a payment on their last day is in time.
func (r RenewalRequest) LapsesOn() Date { return r.Due.AddDays(1) }

// Expiry is the E that the request renews to.
func (r RenewalRequest) Expiry() Date { return r.Period.AddYears(r.Years) }

// SuspendReason says why the life cycle suspended a name. Other reasons to take
// a name out of the zone are clientHold and serverHold.
type SuspendReason string

// The reasons for a suspension by the life cycle.
const (
	SuspendedRenewalUnpaid      SuspendReason = "renewal unpaid"
	SuspendedRegistrationUnpaid SuspendReason = "registration unpaid"
)

// Notices are the days on which the registry wrote to the registrant about the
// present renewal period; zero where it did not. They are forgotten when E
// moves.
type Notices struct {
	AdvanceWarning Date
	Reminder       Date
	ProForma       Date // of the pro forma that is open
	NotRequired    Date
}

// Name is what the renewal rules need to know of a registered name in the uk
// profile, and what DecideRenew needs in gtld.
type Name struct {
	Name     string // for messages
	Profile  Profile
	Sponsor  string // tag
	Expiry   Date   // E as shown
	Statuses StatusSet

	FirstPaid bool // the first registration is paid
	FirstDue  Date // the last day of the terms of its invoice; zero until invoiced

	SuspendedOn   Date // zero: not suspended
	SuspendReason SuspendReason

	RecurBill        RecurBill
	Bill             BillSettings
	RenewNotRequired bool
	Unassigned       bool // imported, waits for its tag (C8): its life stands still

	Notices  Notices
	Requests []RenewalRequest // at least those of the present renewal period, oldest first
}

// Period returns the E that identifies the present renewal period: the old E
// while a request is open, E as shown otherwise.
func (n Name) Period() Date {
	if r := n.OpenRequest(); r != nil {
		return r.Period
	}
	return n.Expiry
}

// OpenRequest returns the oldest request that covers the name unpaid, nil if
// there is none.
func (n Name) OpenRequest() *RenewalRequest {
	for i := range n.Requests {
		if n.Requests[i].Open() {
			return &n.Requests[i]
		}
	}
	return nil
}

// Request returns tag's request for a period, withdrawn ones left out; nil if
// it made none.
func (n Name) Request(period Date, tag string) *RenewalRequest {
	for i := range n.Requests {
		r := &n.Requests[i]
		if r.Period == period && r.Tag == tag && r.State != RequestWithdrawn {
			return r
		}
	}
	return nil
}

// Status returns the registration status on the day today.
func (n Name) Status(today Date, p Policy) RegistrationStatus {
	return Registration{
		Expiry: n.Expiry, FirstPaid: n.FirstPaid,
		OpenRequest: n.OpenRequest() != nil, RenewNotRequired: n.RenewNotRequired,
	}.Status(today, p)
}

// RenewParams is a request to renew a name.
type RenewParams struct {
	Tag       string // who asks
	CurExpiry Date   // curExpDate; zero where the asker gives none (staff, auto-bill)
	Years     int    // 0: the policy's default
}

// RenewDecision says what a granted renewal does.
type RenewDecision struct {
	Period Date // the old E, which identifies the request
	Expiry Date // E afterwards, the exDate of the answer
	Years  int
	Covers string // R41: the tag whose open request this one covers; E does not move again
	Effects
}

// DecideRenew decides a renewal request (R1 to R4, R21, R22, R41; RFC 5731 3.2.3 in
// gtld). Refusals: KindAuthorization for another tag, KindStatusProhibits,
// KindPolicy (uk) or KindParamRange (gtld) for another curExpDate,
// KindParamRange for the period, KindNotRenewable for all else.
func DecideRenew(n Name, a RenewParams, today Date, p Policy) (RenewDecision, error) {
	if err := n.checkSponsor(a.Tag); err != nil {
		return RenewDecision{}, err
	}
	if err := n.Statuses.CheckOperation(ObjectDomain, OpRenew); err != nil {
		return RenewDecision{}, err
	}
	if err := n.checkCurExpiry(a.CurExpiry); err != nil {
		return RenewDecision{}, err
	}
	if p.BilledDirectly(n.Sponsor) {
		return RenewDecision{}, n.refuse(KindNotRenewable, CodeRenewRefused,
			"%s is on the registry's tag %s: the registrant is billed (R22), no tag is.", n.Name, n.Sponsor).About("domain:name", n.Name)
	}
	years := a.Years
	if years == 0 {
		years = p.DefaultYears
		if n.Profile == ProfileGTLD {
			years = 1 // RFC 5731 3.2.3 leaves the default to the server
		}
	}
	if years < 1 || years > p.MaxYears {
		return RenewDecision{}, Refuse(KindParamRange, "", "A name is renewed for 1 to %d years.", p.MaxYears).
			About("domain:period", strconv.Itoa(years))
	}
	if n.Profile == ProfileGTLD {
		return n.decideGTLDRenew(years, today, p)
	}
	return n.decideUKRenew(a.Tag, years, today, p)
}

func (n Name) checkSponsor(tag string) error {
	if n.Sponsor == tag {
		return nil
	}
	return n.refuse(KindAuthorization, CodeNotYours, "%s is not on your tag.", n.Name).About("domain:name", n.Name)
}

// refuse makes an Error; the uk reason codes mean nothing to gtld clients.
func (n Name) refuse(kind Kind, code, reason string, args ...any) *Error {
	if n.Profile == ProfileGTLD {
		code = ""
	}
	return Refuse(kind, code, reason, args...)
}

func (n Name) checkCurExpiry(cur Date) error {
	if cur.IsZero() || cur == n.Expiry {
		return nil
	}
	kind := KindPolicy
	if n.Profile == ProfileGTLD {
		kind = KindParamRange
	}
	return n.refuse(kind, CodeExpiryDiffers, "The present expiry date of %s is %s.", n.Name, n.Expiry).
		About("domain:curExpDate", cur.String())
}

func (n Name) decideUKRenew(tag string, years int, today Date, p Policy) (RenewDecision, error) {
	deny := func(reason string, args ...any) (RenewDecision, error) {
		return RenewDecision{}, n.refuse(KindNotRenewable, CodeRenewRefused, reason, args...).
			About("domain:name", n.Name)
	}
	if n.RecurBill == BillCustomer {
		return deny("recur-bill is bc, so the registrant is billed; set it to th first.")
	}
	open := n.OpenRequest()
	d := RenewDecision{Period: n.Period(), Years: years}
	if r := n.Request(d.Period, tag); r != nil {
		if r.State == RequestLapsed {
			return deny("Your renewal request for the period from %s lapsed unpaid; pay its invoice, due on %s.",
				r.Period, r.Due)
		}
		return deny("You have already requested the renewal for the period from %s.", r.Period)
	}
	if from := d.Period.AddDays(-p.RenewWindowDays); today.Before(from) {
		return deny("%s expires on %s; a renewal can be requested from %s.", n.Name, d.Period, from)
	}
	renewed := d.Period.AddYears(years)
	if limit := today.AddYears(p.MaxYears); renewed.After(limit) {
		return deny("The expiry date would be %s; it may not lie after %s, %d years from today.",
			renewed, limit, p.MaxYears)
	}
	if open != nil {
		d.Covers, d.Expiry = open.Tag, n.Expiry
	} else {
		d.Expiry = renewed
	}
	d.Effects = n.renewalEffects()
	return d, nil
}

func (n Name) decideGTLDRenew(years int, today Date, p Policy) (RenewDecision, error) {
	renewed := n.Expiry.AddYears(years)
	if limit := today.AddYears(p.MaxYears); renewed.After(limit) {
		return RenewDecision{}, Refuse(KindNotRenewable, "",
			"The expiry date would be %s; it may not lie after %s, %d years from today.", renewed, limit, p.MaxYears).
			About("domain:period", strconv.Itoa(years))
	}
	return RenewDecision{Period: n.Expiry, Expiry: renewed, Years: years}, nil
}

// Effects are what a renewal puts an end to (R4, R30, R32).
type Effects struct {
	LiftSuspension   bool
	ClearNotRequired bool
	ClearNextBill    bool // next-bill was for the period that is now renewed
	VoidProForma     bool
}

func (n Name) renewalEffects() Effects {
	return Effects{
		LiftSuspension:   !n.SuspendedOn.IsZero() && n.SuspendReason == SuspendedRenewalUnpaid,
		ClearNotRequired: n.RenewNotRequired,
		ClearNextBill:    n.Bill.Next != 0,
		VoidProForma:     !n.Notices.ProForma.IsZero(),
	}
}
