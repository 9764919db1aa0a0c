package registry

import (
	"slices"
	"time"
)

// RGPState is a state of RFC 3915, shown beside the EPP statuses in gtld.
type RGPState string

// The states of RFC 3915 3.1.
const (
	RGPAdd            RGPState = "addPeriod"
	RGPAutoRenew      RGPState = "autoRenewPeriod"
	RGPRenew          RGPState = "renewPeriod"
	RGPTransfer       RGPState = "transferPeriod"
	RGPRedemption     RGPState = "redemptionPeriod"
	RGPPendingRestore RGPState = "pendingRestore"
	RGPPendingDelete  RGPState = "pendingDelete"
)

// Grace is a grace period: a delete inside it is credited to the tag that paid.
type Grace struct {
	State  RGPState // one of the four periods
	Tag    string
	Years  int
	Starts time.Time
	Ends   time.Time // exclusive
}

// NewGrace returns the grace period that a create, renew, automatic renewal or
// transfer at the instant at opens. Days here are of 24 hours (RFC 3915 speaks
// of days after the operation, not of civil days).
func NewGrace(state RGPState, tag string, years int, at time.Time, p Policy) Grace {
	days := map[RGPState]int{
		RGPAdd: p.AddGraceDays, RGPRenew: p.RenewGraceDays,
		RGPAutoRenew: p.AutoRenewGraceDays, RGPTransfer: p.TransferGraceDays,
	}[state]
	return Grace{State: state, Tag: tag, Years: years, Starts: at, Ends: at.Add(days24(days))}
}

// Open reports whether the grace period runs at the instant now.
func (g Grace) Open(now time.Time) bool { return !now.Before(g.Starts) && now.Before(g.Ends) }

func days24(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// GTLDName is what the rules of the gtld life cycle need to know of a name.
type GTLDName struct {
	Name     string
	Sponsor  string
	Expiry   Date
	Statuses StatusSet
	Graces   []Grace
	Phase    RGPState  // redemptionPeriod, pendingRestore, pendingDelete; empty while registered
	PhaseEnd time.Time // when the phase ends
	Waiting  bool      // imported, waits for its tag (C8): it is not renewed
	HasHosts bool      // host objects below the name exist
}

// States returns the RGP states to show at the instant now.
func (n GTLDName) States(now time.Time) []RGPState {
	if n.Phase != "" {
		return []RGPState{n.Phase}
	}
	var states []RGPState
	for _, g := range n.Graces {
		if g.Open(now) && !slices.Contains(states, g.State) {
			states = append(states, g.State)
		}
	}
	return states
}

// GTLDDelete says what a delete does.
type GTLDDelete struct {
	Purge    bool      // at once: the name is in its add grace period
	Phase    RGPState  // otherwise: redemptionPeriod
	PhaseEnd time.Time //
	Refunds  []Grace   // the fees that are credited
	Expiry   Date      // E without the credited years
}

// DecideGTLDDelete decides a delete (RFC 3915 3.1): in the add grace period the
// name goes at once and its fee is credited; otherwise it enters redemption,
// with the fees of the grace periods that are open credited. Refusals:
// KindAuthorization, KindStatusProhibits, KindAssociation for hosts below it.
func DecideGTLDDelete(n GTLDName, tag string, now time.Time, p Policy) (GTLDDelete, error) {
	if err := (Name{Name: n.Name, Profile: ProfileGTLD, Sponsor: n.Sponsor}).checkSponsor(tag); err != nil {
		return GTLDDelete{}, err
	}
	if err := n.checkPhase(); err != nil {
		return GTLDDelete{}, err
	}
	if err := n.Statuses.CheckOperation(ObjectDomain, OpDelete); err != nil {
		return GTLDDelete{}, err
	}
	if n.HasHosts {
		return GTLDDelete{}, Refuse(KindAssociation, "", "Hosts below %s exist; delete or rename them first.", n.Name).
			About("domain:name", n.Name)
	}
	d := GTLDDelete{Expiry: n.Expiry}
	for _, g := range n.Graces {
		if !g.Open(now) {
			continue
		}
		d.Refunds = append(d.Refunds, g)
		d.Expiry = d.Expiry.AddYears(-g.Years)
		d.Purge = d.Purge || g.State == RGPAdd
	}
	if d.Purge {
		d.Expiry = Date{}
		return d, nil
	}
	d.Phase, d.PhaseEnd = RGPRedemption, now.Add(days24(p.RedemptionDays))
	return d, nil
}

func (n GTLDName) checkPhase() error {
	if n.Phase == "" {
		return nil
	}
	return Refuse(KindStatusProhibits, "", "%s has been deleted (%s).", n.Name, n.Phase).
		About("domain:name", n.Name)
}

// RestoreDecision says what a restore request or report does.
type RestoreDecision struct {
	Phase    RGPState // pendingRestore after a request, empty once restored
	PhaseEnd time.Time
	Expiry   Date // E afterwards; a name that expired meanwhile is renewed as at expiry
	Years    int  // how many years that adds
}

// DecideRestoreRequest decides a restore request: it is taken from the sponsor
// in the redemption period only (RFC 3915 3.1).
func DecideRestoreRequest(n GTLDName, tag string, now time.Time, p Policy) (RestoreDecision, error) {
	if err := n.checkRestore(tag, RGPRedemption, "a restore request", now); err != nil {
		return RestoreDecision{}, err
	}
	return RestoreDecision{Phase: RGPPendingRestore, PhaseEnd: now.Add(days24(p.RestoreReportDays)), Expiry: n.Expiry}, nil
}

// DecideRestoreReport decides a restore report: it is taken from the sponsor
// while the restore is pending, and brings the name back.
func DecideRestoreReport(n GTLDName, tag string, now time.Time, loc *time.Location, p Policy) (RestoreDecision, error) {
	if err := n.checkRestore(tag, RGPPendingRestore, "a restore report", now); err != nil {
		return RestoreDecision{}, err
	}
	d := RestoreDecision{}
	d.Expiry, d.Years = restoredExpiry(n.Expiry, DateOf(now, loc), p)
	return d, nil
}

// restoredExpiry is E of a name that is restored, and the years that a name
// which expired meanwhile is renewed for.
func restoredExpiry(expiry, today Date, p Policy) (Date, int) {
	years := 0
	for e := expiry; e.Before(today); e = expiry.AddYears(years) {
		years += p.AutoRenewYears
	}
	return expiry.AddYears(years), years
}

func (n GTLDName) checkRestore(tag string, want RGPState, what string, now time.Time) error {
	if err := (Name{Name: n.Name, Profile: ProfileGTLD, Sponsor: n.Sponsor}).checkSponsor(tag); err != nil {
		return err
	}
	if n.Phase == want && now.Before(n.PhaseEnd) {
		return nil
	}
	return Refuse(KindStatusProhibits, "", "%s takes %s only in its %s.", n.Name, what, want).
		About("rgp:restore", n.Name)
}

// PhaseStep is what the end of a phase leads to.
type PhaseStep struct {
	Phase    RGPState
	PhaseEnd time.Time
	Purge    bool // the name is deleted for good
}

// NextPhase returns what follows when the phase of a deleted name has ended by
// now: redemption is followed by pendingDelete and that by the purge; a restore
// without its report falls back to redemption. due is false while it runs. The
// new phase counts from the end of the old one, so that a late batch shortens
// nothing and lengthens nothing.
func (n GTLDName) NextPhase(now time.Time, p Policy) (step PhaseStep, due bool) {
	if n.Phase == "" || now.Before(n.PhaseEnd) {
		return PhaseStep{}, false
	}
	switch n.Phase {
	case RGPRedemption:
		return PhaseStep{Phase: RGPPendingDelete, PhaseEnd: n.PhaseEnd.Add(days24(p.PendingDeleteDays))}, true
	case RGPPendingRestore:
		return PhaseStep{Phase: RGPRedemption, PhaseEnd: n.PhaseEnd.Add(days24(p.RedemptionDays))}, true
	default:
		return PhaseStep{Purge: true}, true
	}
}

// DecideExpiry returns the automatic renewal at expiry in gtld: due on every
// day after E (the name is registered through the end of E).
func (n GTLDName) DecideExpiry(today Date, p Policy) (expiry Date, due bool) {
	if n.Phase != "" || n.Waiting || !today.After(n.Expiry) {
		return n.Expiry, false
	}
	return n.Expiry.AddYears(p.AutoRenewYears), true
}

// GTLDTransfer says what a completed transfer does to E.
type GTLDTransfer struct {
	Expiry  Date
	Refunds []Grace // the losing tag's automatic renewal, which the transfer replaces
}

// DecideGTLDTransfer returns E after a transfer for years years. An automatic
// renewal still in its grace period is undone and credited first (RFC 3915
// 3.1); E never lies further ahead than the policy's MaxYears.
func DecideGTLDTransfer(n GTLDName, years int, now time.Time, loc *time.Location, p Policy) (GTLDTransfer, error) {
	if years < 0 || years > p.MaxYears {
		return GTLDTransfer{}, Refuse(KindParamRange, "", "A transfer adds 0 to %d years.", p.MaxYears).
			About("domain:period", "")
	}
	t := GTLDTransfer{Expiry: n.Expiry}
	for _, g := range n.Graces {
		if g.State == RGPAutoRenew && g.Open(now) {
			t.Refunds = append(t.Refunds, g)
			t.Expiry = t.Expiry.AddYears(-g.Years)
		}
	}
	t.Expiry = t.Expiry.AddYears(years)
	if limit := DateOf(now, loc).AddYears(p.MaxYears); t.Expiry.After(limit) {
		t.Expiry = limit
	}
	return t, nil
}
