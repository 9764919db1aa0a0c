package registry

import (
	"slices"
	"strings"
	"time"
)

// RegistrantChanges says what a change of the registrant of a name (C4), or of
// the identity of a registrant (C5), needs in a zone.
type RegistrantChanges string

// The policies of a zone.
const (
	ChangesConfirmed RegistrantChanges = "confirm" // both parties confirm
	ChangesAtOnce    RegistrantChanges = "at-once" // nobody is asked
	ChangesNever     RegistrantChanges = "never"   // the zone does not support them; staff may replace a registrant
)

// ChangeState is the state of a change that waits for both parties.
type ChangeState string

// The states of a change. All but the first are final.
const (
	ChangePending   ChangeState = "pending"
	ChangeDone      ChangeState = "done"
	ChangeRefused   ChangeState = "refused"
	ChangeExpired   ChangeState = "expired"
	ChangeCancelled ChangeState = "cancelled" // withdrawn, or the name went away
	ChangeFailed    ChangeState = "failed"    // both confirmed, and it was not possible any more
)

// ChangeSide is one of the two parties.
type ChangeSide string

// The parties.
const (
	SidePrevious ChangeSide = "previous"
	SideNew      ChangeSide = "new"
)

// ChangeAnswer is what a party said; "" is nothing yet.
type ChangeAnswer string

// The answers.
const (
	AnswerConfirmed ChangeAnswer = "confirmed"
	AnswerRefused   ChangeAnswer = "refused"
)

// RegistrantUse is what the rules of changes need to know of a name.
type RegistrantUse struct {
	Changes       RegistrantChanges // of its zone
	Processing    bool              // the first invoice is unpaid, or the creation waits for staff
	Suspended     bool              // by the life cycle, or for an address that is not verified
	HasRegistrant bool
}

// Active tells whether the name's registrant has something to lose: then it is
// asked.
func (u RegistrantUse) Active() bool { return !u.Processing && !u.Suspended && u.HasRegistrant }

// DecideRegistrantChange decides a replacement of the registrant of a name (C4):
// wait tells that both parties have to confirm it. Refusal: KindPolicy in a zone
// without such changes, for anybody but staff.
func DecideRegistrantChange(name string, u RegistrantUse, staff bool) (wait bool, err error) {
	if u.Changes == ChangesNever && !staff {
		return false, Refuse(KindPolicy, "", "The registrant of %s does not change: its zone does not support it.", name).
			About("domain:registrant", "")
	}
	return u.Changes == ChangesConfirmed && u.Active(), nil
}

// ZoneUse tells how a zone's names use a registrant.
type ZoneUse struct {
	Zone    int32
	Changes RegistrantChanges
	Active  bool // one of the names is active
}

// DecideIdentityChange decides a change of name, organisation or e-mail of a
// contact that is registrant of names in the zones given (C5): wait tells that
// both addresses have to confirm it; kept are the zones that do not support such
// changes, whose names stay with the data of before. Refusal: KindPolicy when no
// zone supports it, for anybody but staff.
func DecideIdentityChange(handle string, uses []ZoneUse, staff bool) (wait bool, kept []int32, err error) {
	for _, u := range uses {
		switch {
		case u.Changes == ChangesNever:
			kept = append(kept, u.Zone)
		case u.Changes == ChangesConfirmed && u.Active:
			wait = true
		}
	}
	switch {
	case len(kept) < len(uses) || len(uses) == 0:
		return wait, kept, nil
	case staff:
		return false, nil, nil
	}
	return false, nil, Refuse(KindPolicy, "", "Name, organisation and e-mail of %s do not change: no zone of its names supports it.", handle).
		About("contact:id", handle)
}

// Identity is what says who a registrant is (C5).
type Identity struct {
	Contact int64          `json:"contact"` // contact.id
	Handle  string         `json:"handle"`
	Postal  []IdentityName `json:"postal"`
	Email   string         `json:"email"`
}

// IdentityName is name and organisation in one form of the postal information.
type IdentityName struct {
	Form PostalForm `json:"type"`
	Name string     `json:"name"`
	Org  string     `json:"org,omitempty"`
}

// identity takes from a contact what says who it is.
func (c *Contact) identity() Identity { return identityOf(c.ID, c.Handle, c.Postal, c.Email) }

func identityOf(id int64, handle string, postal []PostalValues, email string) Identity {
	out := Identity{Contact: id, Handle: handle, Email: email}
	for _, p := range postal {
		out.Postal = append(out.Postal, IdentityName{p.Form, p.Name, p.Org})
	}
	return out
}

// Same tells whether two identities say the same. In which of the forms a
// single name is written is no part of it.
func (i Identity) Same(o Identity) bool {
	if len(i.Postal) == 1 && len(o.Postal) == 1 {
		o.Postal = []IdentityName{{i.Postal[0].Form, o.Postal[0].Name, o.Postal[0].Org}}
	}
	return i.Email == o.Email && slices.Equal(i.Postal, o.Postal)
}

// Name is the person's or representative's name: of the local form, if there is
// one; the handle where the register knows none.
func (i Identity) Name() string {
	name := i.first().Name
	if name == "" {
		return i.Handle
	}
	return name
}

// Org is the organisation, "" for none.
func (i Identity) Org() string { return i.first().Org }

func (i Identity) first() IdentityName {
	for _, p := range i.Postal {
		if p.Form == PostalLoc {
			return p
		}
	}
	if len(i.Postal) > 0 {
		return i.Postal[0]
	}
	return IdentityName{}
}

// apply puts the identity on a contact's data; the rest stays.
func (i Identity) apply(c *Contact) {
	c.Email = i.Email
	c.Postal = slices.Clone(c.Postal)
	for n := range c.Postal {
		p := &c.Postal[n]
		for _, v := range i.Postal {
			if v.Form == p.Form || len(c.Postal) == 1 && len(i.Postal) == 1 {
				p.Name, p.Org = v.Name, v.Org
			}
		}
	}
}

// IdentityDiff is a field of an identity that changes.
type IdentityDiff struct {
	Field    string // name, organisation or e-mail
	From, To string
}

// Diff lists what changes from i to o, for people.
func (i Identity) Diff(o Identity) []IdentityDiff {
	var out []IdentityDiff
	add := func(field, from, to string) {
		if strings.TrimSpace(from) != strings.TrimSpace(to) {
			out = append(out, IdentityDiff{field, from, to})
		}
	}
	for n := range max(len(i.Postal), len(o.Postal)) {
		var a, b IdentityName
		if n < len(i.Postal) {
			a = i.Postal[n]
		}
		if n < len(o.Postal) {
			b = o.Postal[n]
		}
		add("name", a.Name, b.Name)
		add("organisation", a.Org, b.Org)
	}
	add("e-mail", i.Email, o.Email)
	return out
}

// ChangeProgress is how far a change is, as the rules see it.
type ChangeProgress struct {
	State   ChangeState
	ActBy   time.Time // the first instant at which it is too late
	Answers map[ChangeSide]ChangeAnswer
}

// DecideAnswer decides what a party's answer does to a change (C4, C5): the
// state afterwards. One refusal ends it; two confirmations carry it out.
// Refusals: ErrLinkUsed for a party that has answered, ErrLinkExpired after the
// time, ErrChangeEnded for a change that ended otherwise.
func (c ChangeProgress) DecideAnswer(side ChangeSide, confirm bool, now time.Time) (ChangeState, error) {
	err := c.CheckOpen(side, now)
	if err != nil {
		return c.State, err
	}
	other := SideNew
	if side == SideNew {
		other = SidePrevious
	}
	switch {
	case !confirm:
		return ChangeRefused, nil
	case c.Answers[other] == AnswerConfirmed:
		return ChangeDone, nil
	}
	return ChangePending, nil
}

// CheckOpen tells why a party cannot answer any more: the errors of
// DecideAnswer.
func (c ChangeProgress) CheckOpen(side ChangeSide, now time.Time) error {
	switch {
	case c.Answers[side] != "":
		return ErrLinkUsed
	case c.State == ChangeExpired, c.State == ChangePending && !now.Before(c.ActBy):
		return ErrLinkExpired
	case c.State != ChangePending:
		return ErrChangeEnded
	}
	return nil
}

// CompletionFacts is what carrying out a replacement of a registrant depends on
// when both have confirmed.
type CompletionFacts struct {
	Sponsor      int32 // of the name
	ContactOwner int32 // who sponsors the new registrant; 0: it is gone
	Deleted      bool  // the name is on its way out
}

// DecideCompletion tells why a replacement that both parties confirmed cannot be
// carried out; "" when it can.
func DecideCompletion(f CompletionFacts) string {
	switch {
	case f.Deleted:
		return "The name has been deleted."
	case f.ContactOwner == 0:
		return "The new registrant's contact is gone."
	case f.ContactOwner != f.Sponsor:
		return "The new registrant's contact is on another tag now."
	}
	return ""
}

// changeDeadline is the instant at which a change asked for today has expired:
// the end of the last day of Policy.RegistrantChangeDays.
func (p Policy) changeDeadline(today Date, loc *time.Location) (last Date, actBy time.Time) {
	last = today.AddDays(p.RegistrantChangeDays)
	return last, last.Midnight(loc)
}
