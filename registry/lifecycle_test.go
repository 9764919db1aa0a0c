package registry

import (
	"slices"
	"testing"
)

// line gives the time line as "day event" texts relative to nothing.
func line(events []Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, e.Day.String()+" "+e.Kind.String())
	}
	return out
}

func TestNextEvents(t *testing.T) {
	p := DefaultPolicy()
	const e = "2027-06-30"
	with := func(n Name, change func(*Name)) Name { change(&n); return n }
	lapsed := func(n Name, tag, due string) Name {
		n = asked(n, tag, 2, RequestLapsed, date(t, due))
		n.Requests[len(n.Requests)-1].Ended = date(t, due).AddDays(1)
		return n
	}
	for _, c := range []struct {
		rule, today string
		n           Name
		want        []string
	}{
		{"nothing requested: E+1, E+7, E+37, E+97", "2027-01-01", held(t, e), []string{
			"2027-07-01 renewal reminder", "2027-07-07 pro forma invoice to the registrant",
			"2027-08-06 suspended", "2027-10-05 cancelled"}},
		{"the same over the year's end and 29 February", "2027-12-01", held(t, "2027-12-31"), []string{
			"2028-01-01 renewal reminder", "2028-01-07 pro forma invoice to the registrant",
			"2028-02-06 suspended", "2028-04-06 cancelled"}},
		{"R22 bc: E-60, E, E+30, E+90", "2027-01-01", with(held(t, e), func(n *Name) { n.RecurBill = BillCustomer }), []string{
			"2027-05-01 advance warning of renewal", "2027-06-30 pro forma invoice to the registrant",
			"2027-07-30 suspended", "2027-09-28 cancelled"}},
		{"R22 bc later than day 60: at once", "2027-06-10", with(held(t, e), func(n *Name) { n.RecurBill = BillCustomer }), []string{
			"2027-06-10 advance warning of renewal", "2027-06-30 pro forma invoice to the registrant",
			"2027-07-30 suspended", "2027-09-28 cancelled"}},
		{"R40 detagged after E, reminded: pro forma at once", "2027-07-03", with(held(t, e), func(n *Name) {
			n.Sponsor, n.Notices.Reminder = TagDetagged, date(t, "2027-07-01")
		}), []string{
			"2027-07-03 pro forma invoice to the registrant", "2027-08-02 suspended", "2027-10-01 cancelled"}},
		{"R22 registry tag", "2027-06-30", with(held(t, e), func(n *Name) {
			n.Sponsor, n.Notices.AdvanceWarning = "REGISTRY", date(t, "2027-05-01")
		}), []string{
			"2027-06-30 pro forma invoice to the registrant", "2027-07-30 suspended", "2027-09-28 cancelled"}},
		{"R32 not required", "2027-01-01", with(held(t, e), func(n *Name) { n.RenewNotRequired = true }), []string{
			"2027-01-01 notice that no renewal is required", "2027-08-06 suspended", "2027-10-05 cancelled"}},
		{"R32 not required, bc", "2027-01-01", with(held(t, e), func(n *Name) {
			n.RenewNotRequired, n.RecurBill = true, BillCustomer
		}), []string{
			"2027-01-01 notice that no renewal is required", "2027-07-30 suspended", "2027-09-28 cancelled"}},
		{"R7 terms end before E", "2027-05-01", asked(held(t, e), "ALPHA", 2, RequestInvoiced, date(t, "2027-06-01")), []string{
			"2027-06-02 renewal request lapses unpaid", "2027-06-30 pro forma invoice to the registrant",
			"2027-07-30 suspended", "2027-09-28 cancelled"}},
		{"R7 terms end on E", "2027-06-01", asked(held(t, e), "ALPHA", 2, RequestInvoiced, date(t, e)), []string{
			"2027-07-01 renewal request lapses unpaid", "2027-07-01 pro forma invoice to the registrant",
			"2027-07-31 suspended", "2027-09-29 cancelled"}},
		{"R7 terms end after E", "2027-06-01", asked(held(t, e), "ALPHA", 2, RequestInvoiced, date(t, "2027-07-01")), []string{
			"2027-07-02 renewal request lapses unpaid", "2027-07-02 pro forma invoice to the registrant",
			"2027-07-02 suspended", "2027-08-31 cancelled"}},
		{"R7 terms end the day before E", "2027-06-01", asked(held(t, e), "ALPHA", 2, RequestInvoiced, date(t, "2027-06-29")), []string{
			"2027-06-30 renewal request lapses unpaid", "2027-06-30 pro forma invoice to the registrant",
			"2027-07-30 suspended", "2027-09-28 cancelled"}},
		{"R7, R41 both tags' terms end, the later after E", "2027-06-01", with(asked(held(t, e), "ALPHA", 2, RequestInvoiced,
			date(t, "2027-06-05")), func(n *Name) {
			n.Requests = append(n.Requests, RenewalRequest{Period: date(t, e), Tag: "BRAVO", Years: 2, State: RequestInvoiced, Due: date(t, "2027-07-03")})
		}), []string{
			"2027-06-06 renewal request lapses unpaid", "2027-07-04 renewal request lapses unpaid",
			"2027-07-04 pro forma invoice to the registrant", "2027-07-04 suspended", "2027-09-02 cancelled"}},
		{"R7 lapsed under A, now with B (situation 6)", "2027-06-10", with(lapsed(held(t, e), "ALPHA", "2027-06-01"),
			func(n *Name) { n.Sponsor = "BRAVO" }), []string{
			"2027-06-30 pro forma invoice to the registrant", "2027-07-30 suspended", "2027-09-28 cancelled"}},
		{"uninvoiced: nothing is due", "2027-06-01", asked(held(t, e), "ALPHA", 2, RequestUninvoiced, Date{}), nil},
		{"first registration unpaid", "2026-11-01", with(held(t, "2028-11-01"), func(n *Name) {
			n.FirstPaid, n.FirstDue = false, date(t, "2026-12-01")
		}), []string{"2026-12-02 suspended", "2027-01-31 cancelled"}},
		{"first registration not invoiced yet", "2026-11-01", with(held(t, "2028-11-01"), func(n *Name) { n.FirstPaid = false }), nil},
		{"R10 auto-bill", "2027-01-01", with(held(t, e), func(n *Name) { n.Bill.Auto = 1 }), []string{"2027-06-29 renewed automatically"}},
		{"flag cleared late: no reminder once the pro forma is due", "2027-07-20", held(t, e), []string{
			"2027-07-20 pro forma invoice to the registrant", "2027-08-19 suspended", "2027-10-18 cancelled"}},
		{"suspended, the flag cleared on its last day: nothing is asked for any more", "2027-10-05", with(held(t, e), func(n *Name) {
			n.SuspendedOn, n.SuspendReason = date(t, "2027-08-06"), SuspendedRenewalUnpaid
		}), []string{"2027-10-05 cancelled"}},
		{"suspended, the flag cleared the day before", "2027-10-04", with(held(t, e), func(n *Name) {
			n.SuspendedOn, n.SuspendReason = date(t, "2027-08-06"), SuspendedRenewalUnpaid
		}), []string{"2027-10-04 pro forma invoice to the registrant", "2027-10-05 cancelled"}},
		{"R31 paid for two years from the old E", "2027-09-01", held(t, "2029-06-30"), []string{
			"2029-07-01 renewal reminder", "2029-07-07 pro forma invoice to the registrant",
			"2029-08-06 suspended", "2029-10-05 cancelled"}},
	} {
		got := line(NextEvents(c.n, date(t, c.today), p))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.rule, got, c.want)
		}
	}
}

// TestDueOnBoundaries runs the ordinary name day by day: each event on its day
// and on no other, and nothing on a second run of the same day.
func TestDueOnBoundaries(t *testing.T) {
	p, n, e := DefaultPolicy(), held(t, "2027-06-30"), date(t, "2027-06-30")
	want := map[int]EventKind{1: EventReminder, 7: EventProForma, 37: EventSuspension, 97: EventCancellation}
	for k := -182; k <= 97; k++ {
		events, after := n.runDay(e.AddDays(k), p)
		if kind := want[k]; kind == 0 && len(events) != 0 || kind != 0 && (len(events) != 1 || events[0].Kind != kind) {
			t.Errorf("E%+d: %v", k, events)
		}
		if again := DueOn(after, e.AddDays(k), p); k < 97 && len(again) != 0 {
			t.Errorf("E%+d a second time: %v", k, again)
		}
		status := RegisteredUntilExpiry
		if k > 0 {
			status = RenewalRequired
		}
		if got := after.Status(e.AddDays(k), p); got != status {
			t.Errorf("E%+d: status %q", k, got)
		}
		if after.SuspendedOn.IsZero() != (k < 37) {
			t.Errorf("E%+d: suspended on %q", k, after.SuspendedOn)
		}
		n = after
	}
}

func TestRegistrationStatus(t *testing.T) {
	p, e := DefaultPolicy(), date(t, "2027-06-30")
	off := p
	off.RenewNotRequiredStatus = false
	for _, c := range []struct {
		what   string
		r      Registration
		day    int // after E
		p      Policy
		want   RegistrationStatus
		nomExt string
	}{
		{"first unpaid", Registration{Expiry: e}, -700, p, "Registration request being processed", "Registered until expiry date."},
		{"on E", Registration{Expiry: e, FirstPaid: true}, 0, p, "Registered until expiry date", "Registered until expiry date."},
		{"E+1", Registration{Expiry: e, FirstPaid: true}, 1, p, "Renewal required", "Renewal required."},
		{"open", Registration{Expiry: e, FirstPaid: true, OpenRequest: true}, -700, p, "Renewal request being processed", "Registered until expiry date."},
		{"open goes before the flag", Registration{Expiry: e, FirstPaid: true, OpenRequest: true, RenewNotRequired: true}, -700, p, "Renewal request being processed", "Registered until expiry date."},
		{"not required before E", Registration{Expiry: e, FirstPaid: true, RenewNotRequired: true}, -1, p, "No longer required", "No longer required"},
		{"not required after E", Registration{Expiry: e, FirstPaid: true, RenewNotRequired: true}, 40, p, "No longer required", "No longer required"},
		{"switched off", Registration{Expiry: e, FirstPaid: true, RenewNotRequired: true}, 40, off, "Renewal required", "Renewal required."},
	} {
		got := c.r.Status(e.AddDays(c.day), c.p)
		if got != c.want || got.NomExt() != c.nomExt || !slices.Contains(RegistrationStatuses(), got) {
			t.Errorf("%s: %q (%q)", c.what, got, got.NomExt())
		}
	}
}

func TestTagChange(t *testing.T) {
	p := DefaultPolicy()
	const e = "2027-06-30"
	lapsed := asked(held(t, e), "ALPHA", 2, RequestLapsed, date(t, "2027-06-01"))
	lapsed.Requests[0].Ended = date(t, "2027-06-01")
	open := asked(held(t, e), "ALPHA", 2, RequestInvoiced, date(t, "2027-07-20"))
	paid := asked(held(t, e), "ALPHA", 2, RequestPaid, Date{})
	for _, c := range []struct {
		n         Name
		today     string
		situation Situation
		told      RegistrationStatus
		covers    string
	}{
		{held(t, e), "2027-06-10", 1, RegisteredUntilExpiry, ""},
		{held(t, e), e, 1, RegisteredUntilExpiry, ""},
		{held(t, e), "2027-07-01", 2, RenewalRequired, ""},
		{paid, "2027-06-10", 3, RegisteredUntilExpiry, ""},
		{paid, "2027-07-10", 4, RegisteredUntilExpiry, ""},
		{open, "2027-06-10", 5, RenewalBeingProcessed, "ALPHA"},
		{lapsed, "2027-06-10", 6, RegisteredUntilExpiry, ""},
		{open, "2027-07-10", 7, RenewalBeingProcessed, "ALPHA"},
	} {
		c.n.RenewNotRequired, c.n.Bill.Next = true, 3
		d := DecideTagChange(c.n, "BRAVO", date(t, c.today), p)
		want := TagChange{Situation: c.situation, Status: c.told, BillsOff: true, ClearNotRequired: true, CoveredBy: c.covers}
		if d != want {
			t.Errorf("situation %d on %s: %+v, want %+v", c.situation, c.today, d, want)
		}
		// What B may do: renew, save where the fee is paid (it is too early then).
		b := c.n
		b.Sponsor, b.Bill = "BRAVO", BillSettings{}
		r, err := DecideRenew(b, RenewParams{Tag: "BRAVO", CurExpiry: b.Expiry, Years: 2}, date(t, c.today), p)
		if isPaid := c.situation == 3 || c.situation == 4; isPaid != (err != nil) {
			t.Errorf("situation %d: B renews: %+v, %v", c.situation, r, err)
		} else if !isPaid && (r.Expiry != date(t, "2029-06-30") || r.Covers != c.covers) {
			t.Errorf("situation %d: B renews: %+v", c.situation, r)
		}
	}
	d := DecideTagChange(held(t, e), TagDetagged, date(t, "2027-06-10"), p)
	if !d.BilledDirectly || !d.Warn {
		t.Errorf("R40 later than day 60: %+v", d)
	}
	if d = DecideTagChange(held(t, e), TagDetagged, date(t, "2027-04-10"), p); !d.BilledDirectly || d.Warn {
		t.Errorf("R40 before day 60: %+v", d)
	}
}

func TestDecideRelease(t *testing.T) {
	p, n := DefaultPolicy(), held(t, "2027-06-30")
	locked := n
	locked.Statuses = StatusSet{StatusClientTransferProhibited}
	to := ReleaseTarget{Tag: "BRAVO", Exists: true, Handshake: HandshakeAccept}
	for _, c := range []struct {
		what   string
		n      Name
		from   string
		to     ReleaseTarget
		kind   Kind
		starts string
		want   ReleaseDecision
	}{
		{"accept", n, "ALPHA", to, 0, "", ReleaseDecision{}},
		{"registry tag before the name", n, "OTHER", ReleaseTarget{Tag: "REGISTRY", Exists: true}, KindPolicy, "V055", ReleaseDecision{}},
		{"unknown tag before the name", n, "OTHER", ReleaseTarget{Tag: "NOBODY"}, KindPolicy, "V016", ReleaseDecision{}},
		{"not yours", n, "OTHER", to, KindAuthorization, "V096", ReleaseDecision{}},
		{"locked", locked, "ALPHA", to, KindStatusProhibits, "The status clientTransferProhibited", ReleaseDecision{}},
		{"own tag", n, "ALPHA", ReleaseTarget{Tag: "ALPHA", Exists: true}, KindNotTransferable, "V908", ReleaseDecision{}},
		{"always", n, "ALPHA", ReleaseTarget{Tag: "BRAVO", Exists: true, Handshake: HandshakeAlways, Knows: true}, 0, "", ReleaseDecision{Ask: true}},
		{"new customer", n, "ALPHA", ReleaseTarget{Tag: "BRAVO", Exists: true, Handshake: HandshakeNewCustomers}, 0, "", ReleaseDecision{Ask: true}},
		{"known customer", n, "ALPHA", ReleaseTarget{Tag: "BRAVO", Exists: true, Handshake: HandshakeNewCustomers, Knows: true}, 0, "", ReleaseDecision{}},
		{"reject", n, "ALPHA", ReleaseTarget{Tag: "BRAVO", Exists: true, Handshake: HandshakeReject}, KindPolicy, "V907", ReleaseDecision{}},
		{"R40 detag", n, "ALPHA", ReleaseTarget{Tag: TagDetagged}, 0, "", ReleaseDecision{Detag: true}},
	} {
		d, err := DecideRelease(c.n, c.from, c.to, p)
		expect(t, c.what, err, c.starts != "", c.kind, c.starts)
		if d != c.want {
			t.Errorf("%s: %+v", c.what, d)
		}
	}
}

func TestDecideUKDelete(t *testing.T) {
	paid := held(t, "2027-06-30")
	fresh := paid
	fresh.FirstPaid = false
	expect(t, "first invoice unpaid", DecideUKDelete(fresh, "ALPHA", false), false, 0, "")
	expect(t, "paid", DecideUKDelete(paid, "ALPHA", false), true, KindStatusProhibits, "V906")
	expect(t, "tag changed", DecideUKDelete(fresh, "ALPHA", true), true, KindStatusProhibits, "V906")
	expect(t, "another tag", DecideUKDelete(fresh, "BRAVO", false), true, KindAuthorization, "V096")
}
