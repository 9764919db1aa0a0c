package registry

import (
	"testing"

	"pgregory.net/rapid"
)

// history drives one name through random days of batch and commands, and keeps
// what the invariants need.
type history struct {
	t      *rapid.T
	p      Policy
	n      Name
	today  Date
	bills  map[Date]int // how often E moved on from a period, less how often it came back
	events []Event
	gone   bool
}

// settle records the move of E from one period to another.
func (h *history) settle(before Date) {
	switch {
	case h.n.Expiry.After(before):
		h.bills[before]++
		if h.bills[before] > 1 {
			h.t.Fatalf("%s: E moved twice from %s", h.today, before)
		}
	case h.n.Expiry.Before(before):
		h.bills[h.n.Expiry]--
		if h.bills[h.n.Expiry] < 0 {
			h.t.Fatalf("%s: E came back to %s without having left it", h.today, h.n.Expiry)
		}
	}
}

func (h *history) renew() {
	before := h.n.Expiry
	d, err := DecideRenew(h.n, RenewParams{Tag: h.n.Sponsor, CurExpiry: before, Years: 2}, h.today, h.p)
	if err != nil {
		return
	}
	if d.Covers != "" && d.Expiry != before {
		h.t.Fatalf("R41: E moved from %s to %s", before, d.Expiry)
	}
	h.n.Requests = append(h.n.Requests, RenewalRequest{Period: d.Period, Tag: h.n.Sponsor, Years: d.Years, State: RequestUninvoiced})
	if d.Covers == "" {
		h.n = h.n.renewed(d.Expiry, d.Effects)
	}
	h.settle(before)
	if s := h.n.Status(h.today, h.p); s != RenewalBeingProcessed {
		h.t.Fatalf("%s: renewed, status %q", h.today, s)
	}
	if !h.n.SuspendedOn.IsZero() {
		h.t.Fatalf("%s: renewed and still suspended", h.today)
	}
}

func (h *history) invoice() {
	for i := range h.n.Requests {
		if r := &h.n.Requests[i]; r.State == RequestUninvoiced {
			r.State, r.Due = RequestInvoiced, h.today.AddDays(h.p.CreditTermsDays)
		}
	}
}

// pay pays the invoice of one request, open or lapsed.
func (h *history) pay() {
	for i := range h.n.Requests {
		r := h.n.Requests[i]
		if r.State != RequestInvoiced && r.State != RequestLapsed || !rapid.Bool().Draw(h.t, "pay") {
			continue
		}
		before := h.n.Expiry
		d := DecideInvoicePaid(h.n, r)
		if d.Expiry != before {
			h.n = h.n.renewed(d.Expiry, d.Effects)
		}
		h.n.Requests[i].State = RequestPaid
		h.settle(before)
		return
	}
}

func (h *history) registrantPays() {
	before := h.n.Expiry
	if d, err := DecideRegistrantPayment(h.n, h.today, h.p); err == nil {
		h.n = h.n.renewed(d.Expiry, d.Effects)
		h.settle(before)
	}
}

func (h *history) changeTag() {
	to := rapid.SampledFrom([]string{"ALPHA", "BRAVO", "ZULU", TagDetagged}).Draw(h.t, "tag")
	if to == h.n.Sponsor {
		return
	}
	d := DecideTagChange(h.n, to, h.today, h.p)
	h.n.Sponsor, h.n.Bill, h.n.RenewNotRequired = to, BillSettings{}, false
	h.n.Notices.NotRequired = Date{}
	if got := h.n.Status(h.today, h.p); d.Status != got {
		h.t.Fatalf("%s: B was told %q, status is %q", h.today, d.Status, got)
	}
}

func (h *history) setBilling() {
	c := BillChange{Bill: BillSettings{Auto: rapid.IntRange(0, 30).Draw(h.t, "auto")}, Recur: BillTagHolder}
	if rapid.IntRange(0, 3).Draw(h.t, "bc") == 0 {
		c = BillChange{Recur: BillCustomer}
	}
	if DecideBilling(h.n, c, h.today, h.p) == nil {
		h.n.Bill, h.n.RecurBill = c.Bill, c.Recur
	}
}

// batch runs the day and checks what it did.
func (h *history) batch() {
	state := h.n
	events, after := h.n.runDay(h.today, h.p)
	for _, e := range events {
		if e.Day != h.today {
			h.t.Fatalf("%s: did %s", h.today, e)
		}
		before := state.Expiry
		state = state.after(e)
		h.n = state
		h.settle(before)
		if e.Kind == EventCancellation {
			h.gone = true
		}
	}
	h.events = append(h.events, events...)
	if h.gone {
		return
	}
	h.n = after
	if again := DueOn(h.n, h.today, h.p); len(again) != 0 {
		h.t.Fatalf("%s: a second run does %v", h.today, again)
	}
	if r := h.n.OpenRequest(); r != nil && !h.n.SuspendedOn.IsZero() {
		h.t.Fatalf("%s: suspended while %s's request is open", h.today, r.Tag)
	}
}

// check holds the status of the day against the table of renewals.md.
func (h *history) check() {
	open := h.n.OpenRequest() != nil
	required := h.n.RenewNotRequired && !open
	holds := map[RegistrationStatus]bool{
		RenewalBeingProcessed: open,
		NoLongerRequired:      required,
		RenewalRequired:       !open && !required && h.today.After(h.n.Expiry),
		RegisteredUntilExpiry: !open && !required && !h.today.After(h.n.Expiry),
	}
	got, count := h.n.Status(h.today, h.p), 0
	for _, yes := range holds {
		if yes {
			count++
		}
	}
	if count != 1 || !holds[got] {
		h.t.Fatalf("%s: status %q, conditions %v", h.today, got, holds)
	}
	ahead := NextEvents(h.n, h.today, h.p)
	for i := 1; i < len(ahead); i++ {
		// Events of a day come in the order of their kinds, save that the lapse of
		// one tag's request may make the other's auto-bill due at once.
		covered := ahead[i-1].Kind == EventLapse && ahead[i].Kind == EventRenewal
		if ahead[i].Day.Before(ahead[i-1].Day) || ahead[i].Day == ahead[i-1].Day && ahead[i].Kind < ahead[i-1].Kind && !covered {
			h.t.Fatalf("%s: out of order: %v", h.today, ahead)
		}
	}
	if !open && h.n.Bill == (BillSettings{}) && (len(ahead) == 0 || ahead[len(ahead)-1].Kind != EventCancellation) {
		h.t.Fatalf("%s: nothing covers the name and it never ends: %v", h.today, ahead)
	}
}

// TestRandomHistories lets commands and the batch act on a name for three years
// in any order: each day has exactly one status, E moves once per period, a day
// run twice does nothing more, events come in order, and no name is cancelled
// without its time in suspension.
func TestRandomHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := &history{t: t, p: DefaultPolicy(), bills: map[Date]int{}}
		e := NewDate(2027, 1, 1).AddDays(rapid.IntRange(0, 1500).Draw(t, "E"))
		h.n = Name{Name: "oak.example", Profile: ProfileUK, Sponsor: "ALPHA", Expiry: e, FirstPaid: true, RecurBill: BillTagHolder}
		h.today = e.AddDays(-200)
		acts := []func(){h.renew, h.invoice, h.pay, h.registrantPays, h.changeTag, h.setBilling,
			func() { h.n.RenewNotRequired = true }}
		for end := e.AddDays(900); h.today.Before(end) && !h.gone; h.today = h.today.AddDays(1) {
			h.batch()
			if h.gone {
				break
			}
			h.check()
			// Some days see a command; the month's first sees the invoice run.
			if h.today.Day == 1 {
				h.invoice()
			}
			if rapid.IntRange(0, 25).Draw(t, "busy") == 0 {
				rapid.SampledFrom(acts).Draw(t, "act")()
				h.check()
			}
		}
		if h.gone {
			suspended := h.n.SuspendedOn
			if suspended.IsZero() || h.today.Sub(suspended) != h.p.CancelAfterSuspensionDays {
				t.Fatalf("cancelled on %s, suspended on %q", h.today, suspended)
			}
		}
	})
}
