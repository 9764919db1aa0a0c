package registry

import (
	"time"
)

// DecisionChoice is what a registrant wants of a renewal (N10).
type DecisionChoice string

// The choices. ChoiceNone takes back what was decided before.
const (
	ChoiceNone    DecisionChoice = ""
	ChoiceRenew   DecisionChoice = "renew"
	ChoiceDecline DecisionChoice = "decline"
)

// DecisionMode is what becomes of a decision (N11), per registrar.
type DecisionMode string

// The modes.
const (
	DecisionsNotify    DecisionMode = "notify"    // the sales contact acts
	DecisionsAutomatic DecisionMode = "automatic" // it is carried out at once
)

// DecisionState tells whether a decision was acted on, by whomever.
type DecisionState string

// The states.
const (
	DecisionWaiting     DecisionState = "waiting"
	DecisionRenewed     DecisionState = "renewed"
	DecisionNotRequired DecisionState = "not-required"
)

// Decision is what the registrant decided about one renewal period.
type Decision struct {
	Period  Date // the E that it is about
	Choice  DecisionChoice
	Years   int // of ChoiceRenew
	Decided time.Time
	By      string // contact handle
	ByCode  bool   // with an activation code (N20); otherwise on the selection page
	Refused string // why it could not be carried out at once (N11); "" if it was not tried
}

// State tells whether the decision was acted on, from the name as it is now: by
// the registry, by the tag over EPP, or on a page makes no difference. A name
// that was renewed although its registrant declined counts as acted on.
func (d Decision) State(expires Date, notRequired bool) DecisionState {
	switch {
	case expires.After(d.Period):
		return DecisionRenewed
	case notRequired && d.Choice == ChoiceDecline:
		return DecisionNotRequired
	}
	return DecisionWaiting
}

// NameDecision is a decision that a page sends.
type NameDecision struct {
	Name   string
	Period Date // E as the page showed it
	Choice DecisionChoice
	Years  int // of ChoiceRenew
}

// DecideDecision judges a decision (N10, N12). before is the one that counts
// now, nil for none. Whether the tag may carry it out is not judged: in mode
// notify that is for the sales contact, in mode automatic for DecideRenew.
//
// Refusals: KindStatusProhibits for what was acted on, or an E that has moved;
// KindParamRange for the years.
func DecideDecision(n Name, before *Decision, a NameDecision, today Date, p Policy) error {
	if before != nil {
		switch before.State(n.Expiry, n.RenewNotRequired) {
		case DecisionRenewed:
			return Refuse(KindStatusProhibits, "", "%s was renewed meanwhile; it now expires on %s.", n.Name, n.Expiry)
		case DecisionNotRequired:
			return Refuse(KindStatusProhibits, "", "%s was marked as not to be renewed; ask your registrar to change that.", n.Name)
		}
	}
	if a.Period != n.Expiry {
		return Refuse(KindStatusProhibits, "", "The expiry date of %s has changed meanwhile: it is %s.", n.Name, n.Expiry)
	}
	switch a.Choice {
	case ChoiceNone, ChoiceDecline:
		return nil
	case ChoiceRenew:
	default:
		return Refuse(KindParamRange, "", "%q is no choice.", a.Choice)
	}
	if a.Years < 1 || a.Years > p.MaxYears {
		return Refuse(KindParamRange, "", "A name is renewed for 1 to %d years.", p.MaxYears)
	}
	if limit := today.AddYears(p.MaxYears); n.Expiry.AddYears(a.Years).After(limit) {
		return Refuse(KindParamRange, "", "%s can be renewed up to %s, %d years from today: choose fewer years.", n.Name, limit, p.MaxYears)
	}
	return nil
}

// same reports whether a page sends what was decided before.
func (d *Decision) same(a NameDecision) bool {
	if d == nil {
		return a.Choice == ChoiceNone
	}
	return d.Choice == a.Choice && (a.Choice != ChoiceRenew || d.Years == a.Years)
}

// String is the decision in a word or two, for the history.
func (d Decision) String() string {
	if d.Choice == ChoiceRenew {
		return "renew for " + Years(d.Years)
	}
	return string(d.Choice)
}
