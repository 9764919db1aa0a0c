package registry

// Situation numbers the seven situations of a change of tag in renewals.md.
type Situation int

// The situations. A is the old tag, E the expiry of the period concerned.
const (
	SituationFirstUnpaid     Situation = iota // the first registration is not paid: none of the seven
	SituationNothingBeforeE                   // 1
	SituationNothingAfterE                    // 2
	SituationPaidBeforeE                      // 3
	SituationPaidAfterE                       // 4
	SituationRequestOpen                      // 5
	SituationLapsedBeforeE                    // 6
	SituationRequestOpenPast                  // 7: as 5, after E
)

// TagChange says what the completion of a change of tag does to a name.
type TagChange struct {
	Situation        Situation
	Status           RegistrationStatus // what the gaining tag is told
	BillsOff         bool               // R13: auto-bill or next-bill was on
	ClearNotRequired bool               // R32
	BilledDirectly   bool               // R40: from now on the registry bills the registrant (R22)
	Warn             bool               // R22: the advance warning goes out at once
	CoveredBy        string             // the old tag whose request, if still open, may be covered by one of the new tag (R41)
}

// DecideTagChange decides the effects of a completed change of tag on the day
// today: release, pull transfer, detagging or a move by staff.
func DecideTagChange(n Name, to string, today Date, p Policy) TagChange {
	d := TagChange{
		Situation:        n.situation(today, p),
		BillsOff:         n.Bill != BillSettings{},
		ClearNotRequired: n.RenewNotRequired,
	}
	n.Sponsor, n.RenewNotRequired, n.Bill = to, false, BillSettings{}
	d.Status = n.Status(today, p)
	d.BilledDirectly = n.BilledDirectly(p)
	if day, ok := n.AdvanceWarning(today, p); ok && n.FirstPaid {
		d.Warn = day == today
	}
	if r := n.OpenRequest(); r != nil {
		d.CoveredBy = r.Tag
	}
	return d
}

func (n Name) situation(today Date, p Policy) Situation {
	if !n.FirstPaid {
		return SituationFirstUnpaid
	}
	if r := n.OpenRequest(); r != nil {
		if today.After(r.Period) {
			return SituationRequestOpenPast
		}
		return SituationRequestOpen
	}
	if today.After(n.Expiry) {
		return SituationNothingAfterE
	}
	if n.lastLapsed() != nil {
		return SituationLapsedBeforeE
	}
	for _, r := range n.Requests {
		if r.State == RequestPaid && r.Expiry() == n.Expiry && today.Before(n.Expiry.AddDays(-p.RenewWindowDays)) {
			if today.After(r.Period) {
				return SituationPaidAfterE
			}
			return SituationPaidBeforeE
		}
	}
	return SituationNothingBeforeE
}

// Handshake is a tag's setting for names released to it.
type Handshake string

// The settings of a receiving tag.
const (
	HandshakeAccept       Handshake = "accept"        // takes every release at once
	HandshakeNewCustomers Handshake = "new-customers" // asked only when it does not know the registrant
	HandshakeAlways       Handshake = "always"        // asked every time
	HandshakeReject       Handshake = "reject"        // takes none
)

// ReleaseTarget is the tag to which a name is to be released.
type ReleaseTarget struct {
	Tag       string
	Exists    bool      // it is a tag that can hold names: known and not closed
	Handshake Handshake // ignored for TagDetagged
	Knows     bool      // it already sponsors the registrant contact or other names of it
}

// ReleaseDecision says how a release goes on.
type ReleaseDecision struct {
	Ask   bool // the receiver must accept first, within Policy.HandshakeDays
	Detag bool // R40: final for the tag
}

// DecideRelease decides a push of names by tag from to another tag. The target
// is judged first: V055 for the registry's tag, V016 for one that does not
// exist; then the name: V096, and its statuses.
func DecideRelease(n Name, from string, to ReleaseTarget, p Policy) (ReleaseDecision, error) {
	deny := func(kind Kind, code, reason string, args ...any) (ReleaseDecision, error) {
		return ReleaseDecision{}, n.refuse(kind, code, reason, args...).About("release:registrarTag", to.Tag)
	}
	detag := to.Tag == TagDetagged
	switch {
	case to.Tag == p.RegistryTag:
		return deny(KindPolicy, CodeReleaseRegistry, "Names cannot be released to the registry's tag %s.", to.Tag)
	case !to.Exists && !detag:
		return deny(KindPolicy, CodeReleaseUnknown, "There is no tag %s.", to.Tag)
	case !detag && to.Handshake == HandshakeReject:
		return deny(KindPolicy, CodeReleaseRejected, "The tag %s takes no releases.", to.Tag)
	}
	if err := n.checkSponsor(from); err != nil {
		return ReleaseDecision{}, err
	}
	if err := n.Statuses.CheckOperation(ObjectDomain, OpTransfer); err != nil {
		return ReleaseDecision{}, err
	}
	if to.Tag == from {
		return deny(KindNotTransferable, CodeReleaseOwn, "%s is on the tag %s already.", n.Name, to.Tag)
	}
	if n.Statuses.Has(StatusPendingTransfer) {
		return ReleaseDecision{}, Refuse(KindPendingTransfer, "", "A transfer of %s is pending.", n.Name).
			About("domain:name", n.Name)
	}
	ask := !detag && (to.Handshake == HandshakeAlways || to.Handshake == HandshakeNewCustomers && !to.Knows)
	return ReleaseDecision{Ask: ask, Detag: detag}, nil
}
