package registry

import (
	"errors"
	"reflect"
	"testing"
	"time"
)

func TestDecideRegistrantChange(t *testing.T) {
	active := RegistrantUse{Changes: ChangesConfirmed, HasRegistrant: true}
	with := func(change func(*RegistrantUse)) RegistrantUse {
		u := active
		change(&u)
		return u
	}
	for _, c := range []struct {
		name  string
		use   RegistrantUse
		staff bool
		wait  bool
		kind  Kind
	}{
		{"C4 active name", active, false, true, 0},
		{"C4 active name, by staff", active, true, true, 0},
		{"C4 in processing: the first invoice is unpaid", with(func(u *RegistrantUse) { u.Processing = true }), false, false, 0},
		{"C4 suspended", with(func(u *RegistrantUse) { u.Suspended = true }), false, false, 0},
		{"imported without a registrant: nobody to ask", with(func(u *RegistrantUse) { u.HasRegistrant = false }), false, false, 0},
		{"a zone where nobody is asked", with(func(u *RegistrantUse) { u.Changes = ChangesAtOnce }), false, false, 0},
		{"a zone without such changes", with(func(u *RegistrantUse) { u.Changes = ChangesNever }), false, false, KindPolicy},
		{"a zone without such changes, by staff", with(func(u *RegistrantUse) { u.Changes = ChangesNever }), true, false, 0},
	} {
		wait, err := DecideRegistrantChange("a.co.test", c.use, c.staff)
		if wait != c.wait || (err != nil) != (c.kind != 0) || err != nil && KindOf(err) != c.kind {
			t.Errorf("%s: wait %v, %v", c.name, wait, err)
		}
	}
}

func TestDecideIdentityChange(t *testing.T) {
	use := func(zone int32, p RegistrantChanges, active bool) ZoneUse { return ZoneUse{zone, p, active} }
	for _, c := range []struct {
		name  string
		uses  []ZoneUse
		staff bool
		wait  bool
		kept  []int32
		kind  Kind
	}{
		{"C5 no name has it as registrant", nil, false, false, nil, 0},
		{"C5 an active name", []ZoneUse{use(1, ChangesConfirmed, true)}, false, true, nil, 0},
		{"C5 an active name, by staff", []ZoneUse{use(1, ChangesConfirmed, true)}, true, true, nil, 0},
		{"C5 names in processing or suspended only", []ZoneUse{use(1, ChangesConfirmed, false)}, false, false, nil, 0},
		{"C5 several zones, one confirms", []ZoneUse{use(1, ChangesAtOnce, true), use(2, ChangesConfirmed, true)}, false, true, nil, 0},
		{"C5 a zone where nobody is asked", []ZoneUse{use(1, ChangesAtOnce, true)}, false, false, nil, 0},
		{"C5 holds for all whose zone supports it", []ZoneUse{use(1, ChangesNever, true), use(2, ChangesConfirmed, true)}, false, true, []int32{1}, 0},
		{"C5 the same at once", []ZoneUse{use(1, ChangesNever, true), use(2, ChangesAtOnce, true)}, false, false, []int32{1}, 0},
		{"no zone supports it", []ZoneUse{use(1, ChangesNever, true)}, false, false, nil, KindPolicy},
		{"no zone supports it, by staff", []ZoneUse{use(1, ChangesNever, true)}, true, false, nil, 0},
	} {
		wait, kept, err := DecideIdentityChange("OWNER", c.uses, c.staff)
		if wait != c.wait || !reflect.DeepEqual(kept, c.kept) || (err != nil) != (c.kind != 0) || err != nil && KindOf(err) != c.kind {
			t.Errorf("%s: wait %v, kept %v, %v", c.name, wait, kept, err)
		}
	}
}

func TestDecideAnswer(t *testing.T) {
	last := NewDate(2026, 6, 15)
	asked := NewDate(2026, 6, 1)
	london, _ := time.LoadLocation("Europe/London")
	day, actBy := DefaultPolicy().changeDeadline(asked, london)
	if day != last || !actBy.Equal(time.Date(2026, 6, 15, 23, 0, 0, 0, time.UTC)) { // midnight of British summer time
		t.Fatalf("asked on %s it must be answered by %s, %s", asked, day, actBy)
	}
	in, late := actBy.Add(-time.Second), actBy
	said := func(previous, new ChangeAnswer) map[ChangeSide]ChangeAnswer {
		return map[ChangeSide]ChangeAnswer{SidePrevious: previous, SideNew: new}
	}
	for _, c := range []struct {
		name    string
		state   ChangeState
		said    map[ChangeSide]ChangeAnswer
		side    ChangeSide
		confirm bool
		now     time.Time
		want    ChangeState
		err     error
	}{
		{"C4 the first confirms", ChangePending, said("", ""), SideNew, true, in, ChangePending, nil},
		{"C4 both confirm", ChangePending, said("", AnswerConfirmed), SidePrevious, true, in, ChangeDone, nil},
		{"C4 both confirm, the other way round", ChangePending, said(AnswerConfirmed, ""), SideNew, true, in, ChangeDone, nil},
		{"C4 one refuses", ChangePending, said("", ""), SidePrevious, false, in, ChangeRefused, nil},
		{"C4 one refuses after the other confirmed", ChangePending, said(AnswerConfirmed, ""), SideNew, false, in, ChangeRefused, nil},
		{"the link was used", ChangePending, said(AnswerConfirmed, ""), SidePrevious, true, in, ChangePending, ErrLinkUsed},
		{"confirmed, then refused by the same", ChangePending, said(AnswerConfirmed, ""), SidePrevious, false, in, ChangePending, ErrLinkUsed},
		{"used, and done since", ChangeDone, said(AnswerConfirmed, AnswerConfirmed), SideNew, true, late, ChangeDone, ErrLinkUsed},
		{"C4 14 days have passed, the batch has not run yet", ChangePending, said("", AnswerConfirmed), SidePrevious, true, late, ChangePending, ErrLinkExpired},
		{"C4 14 days have passed", ChangeExpired, said("", ""), SidePrevious, true, late, ChangeExpired, ErrLinkExpired},
		{"the other refused", ChangeRefused, said(AnswerRefused, ""), SideNew, true, in, ChangeRefused, ErrChangeEnded},
		{"C6 cancelled", ChangeCancelled, said("", ""), SideNew, false, in, ChangeCancelled, ErrChangeEnded},
		{"C6 decided by staff", ChangeDone, said("", ""), SideNew, true, in, ChangeDone, ErrChangeEnded},
	} {
		got, err := ChangeProgress{State: c.state, ActBy: actBy, Answers: c.said}.DecideAnswer(c.side, c.confirm, c.now)
		if got != c.want || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%s: %s, %v; want %s, %v", c.name, got, err, c.want, c.err)
		}
	}
}

func TestDecideCompletion(t *testing.T) {
	for _, c := range []struct {
		name string
		f    CompletionFacts
		done bool
	}{
		{"C4 as it was asked", CompletionFacts{Sponsor: 3, ContactOwner: 3}, true},
		{"the name was deleted", CompletionFacts{Sponsor: 3, ContactOwner: 3, Deleted: true}, false},
		{"the new registrant is gone", CompletionFacts{Sponsor: 3}, false},
		{"the new registrant went to another tag", CompletionFacts{Sponsor: 3, ContactOwner: 4}, false},
	} {
		if fault := DecideCompletion(c.f); (fault == "") != c.done {
			t.Errorf("%s: %q", c.name, fault)
		}
	}
}

func TestIdentity(t *testing.T) {
	ann := Identity{Postal: []IdentityName{{PostalLoc, "Ann", "Ltd"}}, Email: "a@example.net"}
	for _, c := range []struct {
		name string
		with Identity
		same bool
	}{
		{"the same", Identity{Postal: []IdentityName{{PostalLoc, "Ann", "Ltd"}}, Email: "a@example.net"}, true},
		{"the same in the other form", Identity{Postal: []IdentityName{{PostalInt, "Ann", "Ltd"}}, Email: "a@example.net"}, true},
		{"C5 name", Identity{Postal: []IdentityName{{PostalLoc, "Anne", "Ltd"}}, Email: "a@example.net"}, false},
		{"C5 organisation", Identity{Postal: []IdentityName{{PostalLoc, "Ann", ""}}, Email: "a@example.net"}, false},
		{"C5 e-mail", Identity{Postal: []IdentityName{{PostalLoc, "Ann", "Ltd"}}, Email: "b@example.net"}, false},
		{"a form more", Identity{Postal: []IdentityName{{PostalLoc, "Ann", "Ltd"}, {PostalInt, "Ann", ""}}, Email: "a@example.net"}, false},
	} {
		if ann.Same(c.with) != c.same {
			t.Errorf("%s: same is %v", c.name, !c.same)
		}
	}
	c := &Contact{ContactValues: ContactValues{Email: "a@example.net", Postal: []PostalValues{{Form: PostalLoc, Name: "Ann", Org: "Ltd", City: "London"}}}}
	before := c.Postal
	Identity{Postal: []IdentityName{{PostalInt, "Bea", ""}}, Email: "b@example.net"}.apply(c)
	if want := (PostalValues{Form: PostalLoc, Name: "Bea", City: "London"}); !reflect.DeepEqual(c.Postal[0], want) || c.Email != "b@example.net" {
		t.Errorf("applied: %+v", c.ContactValues)
	}
	if before[0].Name != "Ann" {
		t.Error("the data before were changed")
	}
}

func TestVerificationRules(t *testing.T) {
	last := NewDate(2026, 6, 15)
	for _, c := range []struct {
		name  string
		state VerificationState
		day   Date
		fails bool
	}{
		{"C7 on the last day", Unverified, last, false},
		{"C7 after N days", Unverified, last.AddDays(1), true},
		{"C7 verified", Verified, last.AddDays(1), false},
		{"C7 failed already", VerificationFailed, last.AddDays(1), false},
	} {
		if got := (Verification{State: c.state, LastDay: last}).FailsOn(c.day); got != c.fails {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	for _, c := range []struct {
		name string
		v    Verification
		err  error
	}{
		{"C7 unverified", Verification{State: Unverified, Email: "a", current: "a"}, nil},
		{"C7 failed: a late confirmation lifts the suspension", Verification{State: VerificationFailed, Email: "a", current: "a"}, nil},
		{"verified", Verification{State: Verified, Email: "a", current: "a"}, ErrLinkUsed},
		{"another address since", Verification{State: Unverified, Email: "a", current: "b"}, ErrLinkExpired},
	} {
		if err := c.v.CheckLink(); !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
