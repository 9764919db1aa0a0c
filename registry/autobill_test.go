package registry

import (
	"strings"
	"testing"
	"time"
)

// TestClearDay has the examples of R12 and the boundaries round them: the last
// instant of day n+2, midnight, and one second after, in winter and summer and
// over both clock changes.
func TestClearDay(t *testing.T) {
	p, london := DefaultPolicy(), location(t, "Europe/London")
	for _, c := range []struct {
		what, e  string
		old, new int
		last     string
		fires    string
	}{
		{"R12 E = 20th, n = 10, set", "2027-01-20", 0, 10, "2027-01-08", "2027-01-10"},
		{"R12 E = 20th, n = 10, cleared", "2027-07-20", 10, 0, "2027-07-08", "2027-07-10"},
		{"R12 E = 12th, n = 1, changed", "2027-05-12", 1, 2, "2027-05-08", "2027-05-11"},
		{"R12 E = 12th, n = 1, cleared", "2027-05-12", 1, 0, "2027-05-09", "2027-05-11"},
		{"R12 to a smaller value: the old one binds", "2027-05-12", 10, 1, "2027-04-30", "2027-05-02"},
		{"R12 to a greater value: the new one binds", "2027-05-12", 1, 10, "2027-04-30", "2027-05-11"},
		{"R12 n = 182", "2027-06-30", 0, 182, "2026-12-28", "2026-12-30"},
		{"R12 over the year's end", "2027-01-02", 0, 1, "2026-12-30", "2027-01-01"},
		{"R12 on the change to summer time", "2027-03-31", 0, 1, "2027-03-28", "2027-03-30"},
		{"R12 on the change back", "2026-11-03", 0, 7, "2026-10-25", "2026-10-27"},
		{"R12 29 February", "2028-03-03", 0, 1, "2028-02-29", "2028-03-02"},
	} {
		n := held(t, c.e)
		n.Bill.Auto = c.old
		change := BillChange{Bill: BillSettings{Auto: c.new}, Recur: BillTagHolder}
		midnight := date(t, c.last).Midnight(london)
		at := func(instant time.Time) error { return DecideBilling(n, change, DateOf(instant, london), p) }
		expect(t, c.what+", last second", at(midnight.Add(-time.Second)), false, 0, "")
		expect(t, c.what+", last nanosecond", at(midnight.Add(-1)), false, 0, "")
		expect(t, c.what+", midnight", at(midnight), true, KindPolicy, "V900 ")
		expect(t, c.what+", a second after", at(midnight.Add(time.Second)), true, KindPolicy, "V900 ")
		if e := AsRefusal(at(midnight)); e == nil || !strings.Contains(e.Reason, c.last) {
			t.Errorf("%s: the reason lacks %s: %v", c.what, c.last, e)
		}
		fire := c.old
		if fire == 0 {
			fire = c.new
		}
		if got := FireDay(n.Expiry, fire); got != date(t, c.fires) {
			t.Errorf("%s: fires on %s, want %s", c.what, got, c.fires)
		}
	}
}

func TestDecideBilling(t *testing.T) {
	p, today := DefaultPolicy(), date(t, "2027-01-01")
	base := held(t, "2027-06-30")
	bc := base
	bc.RecurBill = BillCustomer
	auto := base
	auto.Bill.Auto = 10
	expired := held(t, "2026-12-31")
	spent := asked(held(t, "2027-01-05"), "ALPHA", 2, RequestLapsed, date(t, "2026-12-20"))
	spent.Bill.Auto = 10
	for _, c := range []struct {
		what   string
		n      Name
		to     BillChange
		reject bool
		kind   Kind
		starts string
	}{
		{"R11 both", base, BillChange{BillSettings{Auto: 5, Next: 5}, BillTagHolder}, true, KindPolicy, "V901 "},
		{"R11 from auto to next in one step", auto, BillChange{BillSettings{Next: 5}, BillTagHolder}, false, 0, ""},
		{"R12 183", base, BillChange{BillSettings{Auto: 183}, BillTagHolder}, true, KindParamRange, ""},
		{"R12 -1", base, BillChange{BillSettings{Next: -1}, BillTagHolder}, true, KindParamRange, ""},
		{"R10 ten years", base, BillChange{BillSettings{Auto: 5, AutoPeriod: 10}, BillTagHolder}, true, KindParamRange, ""},
		{"R10 nine years", base, BillChange{BillSettings{Auto: 5, AutoPeriod: 9}, BillTagHolder}, false, 0, ""},
		{"R21 auto while bc", bc, BillChange{BillSettings{Auto: 5}, BillCustomer}, true, KindPolicy, "V902 "},
		{"R21 bc while auto", auto, BillChange{auto.Bill, BillCustomer}, true, KindPolicy, "V902 "},
		{"R21 bc and auto off together", auto, BillChange{BillSettings{}, BillCustomer}, false, 0, ""},
		{"R20 bc after E", expired, BillChange{Recur: BillCustomer}, true, KindPolicy, "V903 "},
		{"R20 bc on E", held(t, "2027-01-01"), BillChange{Recur: BillCustomer}, false, 0, ""},
		{"R20 bc with a request open", asked(held(t, "2026-12-31"), "ALPHA", 2, RequestInvoiced, today), BillChange{Recur: BillCustomer}, false, 0, ""},
		{"R20 th after E", func() Name { n := expired; n.RecurBill = BillCustomer; return n }(), BillChange{Recur: BillTagHolder}, false, 0, ""},
		{"nothing changes after E", func() Name { n := expired; n.Bill.Auto = 9; return n }(), BillChange{BillSettings{Auto: 9}, BillTagHolder}, false, 0, ""},
		{"a new period counts as a change", func() Name { n := held(t, "2027-01-05"); n.Bill.Auto = 3; return n }(), BillChange{BillSettings{Auto: 3, AutoPeriod: 5}, BillTagHolder}, true, KindPolicy, "V900 "},
		{"R3 a spent value can be cleared", spent, BillChange{Recur: BillTagHolder}, false, 0, ""},
		{"recur-bill xx", base, BillChange{Recur: "xx"}, true, KindParamSyntax, ""},
	} {
		expect(t, c.what, DecideBilling(c.n, c.to, today, p), c.reject, c.kind, c.starts)
	}
}

func TestAutoRenewal(t *testing.T) {
	p := DefaultPolicy()
	n := held(t, "2027-06-20")
	n.Bill.Auto = 10
	if a, ok := n.AutoRenewal(p); !ok || a != (AutoRenewal{Day: date(t, "2027-06-10"), Years: 2, Origin: OriginAutoBill}) {
		t.Errorf("R10: %+v %v", a, ok)
	}
	// R15: due once on the day, also when the batch makes the day up; never twice.
	if ev := DueOn(n, date(t, "2027-06-09"), p); len(ev) != 0 {
		t.Errorf("R10 on the day before: %v", ev)
	}
	for _, day := range []string{"2027-06-10", "2027-06-11", "2027-06-20"} {
		ev, after := n.runDay(date(t, day), p)
		if len(ev) != 1 || ev[0].Kind != EventRenewal || after.Expiry != date(t, "2029-06-20") {
			t.Errorf("R15 on %s: %v, E = %s", day, ev, after.Expiry)
		}
		if again := DueOn(after, date(t, day), p); len(again) != 0 {
			t.Errorf("R15 twice on %s: %v", day, again)
		}
		if after.Bill.Auto != 10 {
			t.Error("R10: auto-bill did not stay")
		}
	}
	n.Bill = BillSettings{Next: 10, NextPeriod: 5}
	ev, after := n.runDay(date(t, "2027-06-10"), p)
	if len(ev) != 1 || ev[0].Renewal.Years != 5 || after.Bill != (BillSettings{}) || after.Expiry != date(t, "2032-06-20") {
		t.Errorf("R10 next-bill: %v, %+v", ev, after)
	}
	for what, change := range map[string]func(*Name){
		"R21 bc":                func(n *Name) { n.RecurBill = BillCustomer },
		"R3 lapsed":             func(n *Name) { *n = asked(*n, "ALPHA", 2, RequestLapsed, n.Expiry) },
		"clientRenewProhibited": func(n *Name) { n.Statuses = StatusSet{StatusClientRenewProhibited} },
	} {
		blocked := held(t, "2027-06-20")
		blocked.Bill.Auto = 10
		change(&blocked)
		if _, ok := blocked.AutoRenewal(p); ok {
			t.Errorf("%s: auto-bill fires", what)
		}
	}
}
