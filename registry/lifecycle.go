package registry

import (
	"fmt"
	"slices"
)

// EventKind is something the nightly batch does to a name. Its order is the
// order in which events of one day happen.
type EventKind int

// The events of the life cycle.
const (
	EventRenewal           EventKind = iota + 1 // auto-bill or next-bill renews (R10)
	EventLapse                                  // a request is unpaid at the end of its terms (R7)
	EventNotRequiredNotice                      // R32
	EventAdvanceWarning                         // R22
	EventReminder                               // E + 1
	EventProForma                               // E + 7; on E after a lapse or when billed directly
	EventSuspension
	EventCancellation
)

var eventTexts = map[EventKind]string{
	EventRenewal:           "renewed automatically",
	EventLapse:             "renewal request lapses unpaid",
	EventNotRequiredNotice: "notice that no renewal is required",
	EventAdvanceWarning:    "advance warning of renewal",
	EventReminder:          "renewal reminder",
	EventProForma:          "pro forma invoice to the registrant",
	EventSuspension:        "suspended",
	EventCancellation:      "cancelled",
}

// String describes the event in a few words.
func (k EventKind) String() string {
	if text, ok := eventTexts[k]; ok {
		return text
	}
	return fmt.Sprintf("event %d", int(k))
}

// Event is one step of a name's life cycle on a civil day.
type Event struct {
	Day     Date
	Kind    EventKind
	Tag     string        // renewal, lapse: whose request
	Renewal AutoRenewal   // renewal: what is requested
	Reason  SuspendReason // suspension, cancellation: what was not paid
}

// String is the event as a line of the time line.
func (e Event) String() string {
	switch e.Kind {
	case EventRenewal:
		return fmt.Sprintf("%s %s for %s (%s, %s)", e.Day, e.Kind, e.Tag, e.Renewal.Origin, Years(e.Renewal.Years))
	case EventLapse:
		return fmt.Sprintf("%s %s (%s)", e.Day, e.Kind, e.Tag)
	case EventSuspension, EventCancellation:
		return fmt.Sprintf("%s %s (%s)", e.Day, e.Kind, e.Reason)
	}
	return fmt.Sprintf("%s %s", e.Day, e.Kind)
}

// NextEvents returns, in order, what will happen to a name of the uk profile
// from today on if nobody does anything. It ends with the cancellation, with an
// automatic renewal (what follows depends on the invoice), or where nothing is
// due any more. What is overdue happens today.
func NextEvents(n Name, today Date, p Policy) []Event {
	var events []Event
	for {
		e, ok := n.nextEvent(today, p)
		if !ok {
			return events
		}
		events = append(events, e)
		if e.Kind == EventCancellation || e.Kind == EventRenewal {
			return events
		}
		n = n.after(e)
		today = e.Day
	}
}

// DueOn returns what the batch of the civil day does to the name, in order.
func DueOn(n Name, day Date, p Policy) []Event {
	events, _ := n.runDay(day, p)
	return events
}

// runDay carries out the events of a day and returns the name after them.
func (n Name) runDay(day Date, p Policy) ([]Event, Name) {
	var events []Event
	for {
		e, ok := n.nextEvent(day, p)
		if !ok || e.Day.After(day) {
			return events, n
		}
		events = append(events, e)
		if e.Kind == EventCancellation {
			return events, n
		}
		n = n.after(e)
	}
}

// nextEvent returns the earliest event that the state of the name leads to. An
// event whose day has passed is due today.
func (n Name) nextEvent(today Date, p Policy) (Event, bool) {
	events := n.pending(today, p)
	if len(events) == 0 {
		return Event{}, false
	}
	for i := range events {
		events[i].Day = latest(events[i].Day, today)
	}
	return slices.MinFunc(events, func(a, b Event) int {
		if c := a.Day.Compare(b.Day); c != 0 {
			return c
		}
		return int(a.Kind - b.Kind)
	}), true
}

// pending returns every event that the present state calls for, each with the
// day it was meant for.
func (n Name) pending(today Date, p Policy) []Event {
	var events []Event
	if n.Unassigned {
		return nil
	}
	if n.RenewNotRequired && n.Notices.NotRequired.IsZero() {
		events = append(events, Event{Day: today, Kind: EventNotRequiredNotice})
	}
	if !n.SuspendedOn.IsZero() {
		day := n.SuspendedOn.AddDays(p.CancelAfterSuspensionDays)
		events = append(events, Event{Day: day, Kind: EventCancellation, Reason: n.SuspendReason})
	}
	if !n.FirstPaid {
		if n.SuspendedOn.IsZero() && !n.FirstDue.IsZero() {
			events = append(events, Event{Day: n.FirstDue.AddDays(1), Kind: EventSuspension, Reason: SuspendedRegistrationUnpaid})
		}
		return events
	}
	if n.OpenRequest() != nil {
		for _, r := range n.Requests {
			if r.State == RequestInvoiced {
				events = append(events, Event{Day: r.LapsesOn(), Kind: EventLapse, Tag: r.Tag})
			}
		}
		return events
	}
	if a, ok := n.AutoRenewal(p); ok && !latest(a.Day, today).After(n.Expiry) {
		events = append(events, Event{Day: a.Day, Kind: EventRenewal, Tag: n.Sponsor, Renewal: a})
	}
	if day, ok := n.AdvanceWarning(today, p); ok {
		events = append(events, Event{Day: day, Kind: EventAdvanceWarning})
	}
	return n.beforeTheEnd(append(events, n.unrenewed(today, p)...), today, p)
}

// beforeTheEnd leaves out what would be written to the registrant on the day on
// which a suspended name is cancelled, or later: it asks for nothing any more.
func (n Name) beforeTheEnd(events []Event, today Date, p Policy) []Event {
	if n.SuspendedOn.IsZero() {
		return events
	}
	end := n.SuspendedOn.AddDays(p.CancelAfterSuspensionDays)
	return slices.DeleteFunc(events, func(e Event) bool {
		return e.Kind != EventCancellation && !latest(e.Day, today).Before(end)
	})
}

// unrenewed returns the events of a name that nothing covers at E: reminder,
// pro forma and suspension. Each counts from the one before, so that a name
// whose E went back late still gets its full time.
func (n Name) unrenewed(today Date, p Policy) []Event {
	var events []Event
	proForma := n.ProFormaDay(p)
	asked := !n.Notices.ProForma.IsZero()
	ordinary := !n.BilledDirectly(p) && n.lastLapsed() == nil && !n.RenewNotRequired
	if ordinary && !asked && n.Notices.Reminder.IsZero() {
		// Once the pro forma is due, the reminder has nothing to say.
		if day := n.Expiry.AddDays(p.ReminderDay); latest(day, today).Before(proForma) {
			events = append(events, Event{Day: day, Kind: EventReminder})
		}
	}
	if !asked && !n.RenewNotRequired {
		events = append(events, Event{Day: proForma, Kind: EventProForma})
	}
	if day, ok := n.suspensionDay(p); ok {
		events = append(events, Event{Day: day, Kind: EventSuspension, Reason: SuspendedRenewalUnpaid})
	}
	return events
}

// suspensionDay returns the day of the suspension for an unpaid renewal; ok is
// false when the name is suspended already or its pro forma must come first.
func (n Name) suspensionDay(p Policy) (day Date, ok bool) {
	switch lapsed := n.lastLapsed(); {
	case !n.SuspendedOn.IsZero():
		return Date{}, false
	case lapsed != nil && lapsed.Due.After(n.Expiry):
		return lapsed.Ended, true // R7: the terms ended after E
	case !n.Notices.ProForma.IsZero():
		return n.Notices.ProForma.AddDays(p.SuspendAfterProFormaDays), true
	case n.RenewNotRequired:
		return n.ProFormaDay(p).AddDays(p.SuspendAfterProFormaDays), true // R32: on the same day
	default:
		return Date{}, false
	}
}

// after returns the name as the event leaves it.
func (n Name) after(e Event) Name {
	n.Requests = slices.Clone(n.Requests)
	switch e.Kind {
	case EventRenewal:
		a := e.Renewal
		n.Requests = append(n.Requests, RenewalRequest{
			Period: n.Expiry, Tag: e.Tag, Years: a.Years, Requested: e.Day.EPPTime(), State: RequestUninvoiced,
		})
		n = n.renewed(n.Expiry.AddYears(a.Years), n.renewalEffects())
	case EventLapse:
		for i := range n.Requests {
			if r := &n.Requests[i]; r.Tag == e.Tag && r.State == RequestInvoiced {
				n.Expiry = DecideLapse(n, *r, e.Day).Expiry
				r.State, r.Ended = RequestLapsed, e.Day
				break
			}
		}
	case EventNotRequiredNotice:
		n.Notices.NotRequired = e.Day
	case EventAdvanceWarning:
		n.Notices.AdvanceWarning = e.Day
	case EventReminder:
		n.Notices.Reminder = e.Day
	case EventProForma:
		n.Notices.ProForma = e.Day
	case EventSuspension:
		n.SuspendedOn, n.SuspendReason = e.Day, e.Reason
	}
	return n
}

// renewed returns the name with a new E and the effects of its renewal.
func (n Name) renewed(expiry Date, f Effects) Name {
	if f.LiftSuspension {
		n.SuspendedOn, n.SuspendReason = Date{}, ""
	}
	if f.ClearNotRequired {
		n.RenewNotRequired = false
	}
	if f.ClearNextBill {
		n.Bill.Next, n.Bill.NextPeriod = 0, 0
	}
	n.Expiry, n.Notices = expiry, Notices{}
	return n
}
