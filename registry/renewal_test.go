package registry

import (
	"strings"
	"testing"
)

// expect compares an error with the kind and the start of the text wanted; an
// empty kind text means that no error is wanted.
func expect(t *testing.T, what string, err error, refused bool, kind Kind, starts string) {
	t.Helper()
	switch {
	case !refused && err != nil:
		t.Errorf("%s: refused: %v", what, err)
	case refused && err == nil:
		t.Errorf("%s: not refused", what)
	case refused && (KindOf(err) != kind || !strings.HasPrefix(err.Error(), starts)):
		t.Errorf("%s: %s %q, want %s %q", what, KindOf(err), err, kind, starts)
	}
}

// held returns a paid uk name of tag ALPHA that expires on e.
func held(t testing.TB, e string) Name {
	t.Helper()
	return Name{Name: "oak.example", Profile: ProfileUK, Sponsor: "ALPHA", Expiry: date(t, e), FirstPaid: true,
		RecurBill: BillTagHolder}
}

// asked returns the name with a request of tag for its present period.
func asked(n Name, tag string, years int, state RequestState, due Date) Name {
	r := RenewalRequest{Period: n.Expiry, Tag: tag, Years: years, State: state, Due: due}
	n.Requests = append(append([]RenewalRequest(nil), n.Requests...), r)
	if r.Open() || state == RequestPaid {
		n.Expiry = r.Expiry()
	}
	return n
}

func TestDecideRenewUK(t *testing.T) {
	p := DefaultPolicy()
	const e = "2027-06-30"
	with := func(change func(*Name)) Name { n := held(t, e); change(&n); return n }
	for _, c := range []struct {
		rule, today string
		n           Name
		tag, cur    string
		years       int
		want        string // E afterwards; empty when refused
		kind        Kind
		starts      string
	}{
		{"R1 another tag", "2027-06-01", held(t, e), "BRAVO", e, 2, "", KindAuthorization, "V096 "},
		{"R2 day 183", "2026-12-29", held(t, e), "ALPHA", e, 2, "", KindNotRenewable, "V128 oak.example expires on 2027-06-30; a renewal can be requested from 2026-12-30."},
		{"R2 day 182", "2026-12-30", held(t, e), "ALPHA", e, 2, "2029-06-30", 0, ""},
		{"R2 on E", "2027-06-30", held(t, e), "ALPHA", e, 2, "2029-06-30", 0, ""},
		{"R2 E+1", "2027-07-01", held(t, e), "ALPHA", e, 2, "2029-06-30", 0, ""},
		{"R2 suspended, E+96", "2027-10-04", with(func(n *Name) { n.SuspendedOn, n.SuspendReason = date(t, "2027-08-06"), SuspendedRenewalUnpaid }), "ALPHA", e, 2, "2029-06-30", 0, ""},
		{"R4 default period", "2027-06-01", held(t, e), "ALPHA", e, 0, "2029-06-30", 0, ""},
		{"R4 29 February", "2028-02-29", held(t, "2028-02-29"), "ALPHA", "2028-02-29", 1, "2029-02-28", 0, ""},
		{"R4 curExpDate", "2027-06-01", held(t, e), "ALPHA", "2027-06-29", 2, "", KindPolicy, "V904 The present expiry date of oak.example is 2027-06-30."},
		{"R4 eleven years", "2027-06-01", held(t, e), "ALPHA", e, 11, "", KindParamRange, ""},
		{"R4 minus one year", "2027-06-01", held(t, e), "ALPHA", e, -1, "", KindParamRange, ""},
		{"ten years on E", e, held(t, e), "ALPHA", e, 10, "2037-06-30", 0, ""},
		{"ten years on the day before E", "2027-06-29", held(t, e), "ALPHA", e, 10, "", KindNotRenewable, "V128 "},
		{"nine years on day 182", "2026-12-30", held(t, e), "ALPHA", e, 9, "2036-06-30", 0, ""},
		{"R3 asked already", "2027-06-01", asked(held(t, e), "ALPHA", 2, RequestUninvoiced, Date{}), "ALPHA", "2029-06-30", 2, "", KindNotRenewable, "V128 You have already"},
		{"repeated frame", "2027-06-01", asked(held(t, e), "ALPHA", 2, RequestUninvoiced, Date{}), "ALPHA", e, 2, "", KindPolicy, "V904 "},
		{"R3 lapsed", "2027-06-01", asked(held(t, e), "ALPHA", 2, RequestLapsed, date(t, "2027-05-01")), "ALPHA", e, 2, "", KindNotRenewable, "V128 Your renewal request for the period from 2027-06-30 lapsed unpaid; pay its invoice, due on 2027-05-01."},
		{"R3 paid, next period", "2027-06-01", asked(held(t, e), "ALPHA", 2, RequestPaid, Date{}), "ALPHA", "2029-06-30", 2, "", KindNotRenewable, "V128 oak.example expires on 2029-06-30"},
		{"R5 withdrawn, asked again", "2027-06-01", asked(held(t, e), "ALPHA", 2, RequestWithdrawn, Date{}), "ALPHA", e, 2, "2029-06-30", 0, ""},
		{"R21 bc", "2027-06-01", with(func(n *Name) { n.RecurBill = BillCustomer }), "ALPHA", e, 2, "", KindNotRenewable, "V128 recur-bill is bc"},
		{"R41 A's request open", "2027-06-01", asked(held(t, e), "ZULU", 2, RequestInvoiced, date(t, "2027-07-10")), "ALPHA", "2029-06-30", 2, "2029-06-30", 0, ""},
		{"R41 ten years judged by the old E", e, asked(held(t, e), "ZULU", 2, RequestUninvoiced, Date{}), "ALPHA", "2029-06-30", 10, "2029-06-30", 0, ""},
		{"R41 the old E is not E", "2027-06-01", asked(held(t, e), "ZULU", 2, RequestUninvoiced, Date{}), "ALPHA", e, 2, "", KindPolicy, "V904 "},
		{"R41 A's request lapsed", "2027-06-01", asked(held(t, e), "ZULU", 2, RequestLapsed, date(t, "2027-05-01")), "ALPHA", e, 2, "2029-06-30", 0, ""},
		{"clientRenewProhibited", "2027-06-01", with(func(n *Name) { n.Statuses = StatusSet{StatusClientRenewProhibited} }), "ALPHA", e, 2, "", KindStatusProhibits, ""},
		{"pendingUpdate does not stop it", "2027-06-01", with(func(n *Name) { n.Statuses = StatusSet{StatusPendingUpdate} }), "ALPHA", e, 2, "2029-06-30", 0, ""},
	} {
		d, err := DecideRenew(c.n, RenewParams{Tag: c.tag, CurExpiry: date(t, c.cur), Years: c.years}, date(t, c.today), p)
		expect(t, c.rule, err, c.want == "", c.kind, c.starts)
		if d.Expiry.String() != c.want {
			t.Errorf("%s: E = %s, want %s", c.rule, d.Expiry, c.want)
		}
	}
}

func TestDecideRenewEffects(t *testing.T) {
	p := DefaultPolicy()
	n := held(t, "2027-06-30")
	n.SuspendedOn, n.SuspendReason = date(t, "2027-08-06"), SuspendedRenewalUnpaid
	n.RenewNotRequired, n.Notices.ProForma, n.Bill.Next = true, date(t, "2027-07-07"), 5
	d, err := DecideRenew(n, RenewParams{Tag: "ALPHA"}, date(t, "2027-08-10"), p)
	if err != nil || d.Effects != (Effects{LiftSuspension: true, ClearNotRequired: true, ClearNextBill: true, VoidProForma: true}) {
		t.Errorf("R4, R30, R32: %+v, %v", d, err)
	}
	n.SuspendReason = SuspendedRegistrationUnpaid
	if d, _ := DecideRenew(n, RenewParams{Tag: "ALPHA"}, date(t, "2027-08-10"), p); d.LiftSuspension {
		t.Error("a renewal request lifts the suspension of an unpaid first registration")
	}
	n = asked(held(t, "2027-06-30"), "ZULU", 1, RequestUninvoiced, Date{})
	d, err = DecideRenew(n, RenewParams{Tag: "ALPHA", Years: 2}, date(t, "2027-06-01"), p)
	if err != nil || d.Covers != "ZULU" || d.Period != date(t, "2027-06-30") || d.Expiry != date(t, "2028-06-30") {
		t.Errorf("R41: %+v, %v", d, err)
	}
}

func TestDecideRenewGTLD(t *testing.T) {
	p := DefaultPolicy()
	n := Name{Name: "oak.test", Profile: ProfileGTLD, Sponsor: "ALPHA", Expiry: date(t, "2030-01-01"), FirstPaid: true}
	for _, c := range []struct {
		what, cur string
		years     int
		want      string
		kind      Kind
	}{
		{"no window", "2030-01-01", 2, "2032-01-01", 0},
		{"one year by default", "2030-01-01", 0, "2031-01-01", 0},
		{"ten years ahead", "2030-01-01", 6, "2036-01-01", 0},
		{"more than ten years ahead", "2030-01-01", 7, "", KindNotRenewable},
		{"curExpDate is 2004", "2030-01-02", 1, "", KindParamRange},
	} {
		d, err := DecideRenew(n, RenewParams{Tag: "ALPHA", CurExpiry: date(t, c.cur), Years: c.years}, date(t, "2026-11-22"), p)
		expect(t, c.what, err, c.want == "", c.kind, "The ")
		if d.Expiry.String() != c.want {
			t.Errorf("%s: E = %s, want %s", c.what, d.Expiry, c.want)
		}
	}
	_, err := DecideRenew(n, RenewParams{Tag: "BRAVO"}, date(t, "2026-11-22"), p)
	expect(t, "no reason code in gtld", err, true, KindAuthorization, "oak.test")
}

func TestDecideUnrenew(t *testing.T) {
	on := DefaultPolicy()
	on.Unrenew = true
	const e = "2027-06-30"
	twice := asked(asked(held(t, e), "ALPHA", 2, RequestWithdrawn, Date{}), "ALPHA", 2, RequestUninvoiced, Date{})
	for _, c := range []struct {
		what   string
		n      Name
		p      Policy
		want   string
		kind   Kind
		starts string
	}{
		{"R5 switched off", asked(held(t, e), "ALPHA", 2, RequestUninvoiced, Date{}), DefaultPolicy(), "", KindNotRenewable, "V270 "},
		{"R5 uninvoiced", asked(held(t, e), "ALPHA", 2, RequestUninvoiced, Date{}), on, e, 0, ""},
		{"R5 invoiced", asked(held(t, e), "ALPHA", 2, RequestInvoiced, date(t, "2027-07-01")), on, "", KindNotRenewable, "V270 "},
		{"R5 none", held(t, e), on, "", KindNotRenewable, "V273 "},
		{"R5 only another tag's", asked(held(t, e), "ZULU", 2, RequestUninvoiced, Date{}), on, "", KindNotRenewable, "V273 "},
		{"R5 second time", twice, on, "", KindNotRenewable, "V270 "},
	} {
		d, err := DecideUnrenew(c.n, "ALPHA", c.p)
		expect(t, c.what, err, c.want == "", c.kind, c.starts)
		if d.Expiry.String() != c.want {
			t.Errorf("%s: E = %s, want %s", c.what, d.Expiry, c.want)
		}
	}
	n := asked(held(t, e), "ALPHA", 2, RequestInvoiced, date(t, "2027-07-01"))
	if _, err := DecideWithdrawal(n, "ALPHA", ""); KindOf(err) != KindParamMissing {
		t.Errorf("R5 staff, no reason: %v", err)
	}
	if d, err := DecideWithdrawal(n, "ALPHA", "distance selling, letter of 3 June"); err != nil || d.Expiry != date(t, e) {
		t.Errorf("R5 staff: %+v, %v", d, err)
	}
}

func TestPayments(t *testing.T) {
	p := DefaultPolicy()
	const e = "2027-06-30"
	open := asked(held(t, e), "ALPHA", 2, RequestInvoiced, date(t, "2027-07-10"))
	if d := DecideInvoicePaid(open, open.Requests[0]); !d.Renews || d.Expiry != date(t, "2029-06-30") {
		t.Errorf("R6: %+v", d)
	}
	lapsed := asked(held(t, e), "ALPHA", 2, RequestLapsed, date(t, "2027-07-10"))
	lapsed.SuspendedOn, lapsed.SuspendReason = date(t, "2027-07-10"), SuspendedRenewalUnpaid
	if d := DecideInvoicePaid(lapsed, lapsed.Requests[0]); !d.Renews || d.Expiry != date(t, "2029-06-30") || !d.LiftSuspension {
		t.Errorf("R7 paid late: %+v", d)
	}
	covered := asked(lapsed, "BRAVO", 1, RequestUninvoiced, Date{})
	if d := DecideInvoicePaid(covered, covered.Requests[0]); d.Renews || d.Expiry != date(t, "2028-06-30") {
		t.Errorf("R7 paid late, renewed otherwise: %+v", d)
	}
	n := held(t, e)
	n.Notices.ProForma = date(t, "2027-07-07")
	if d, err := DecideRegistrantPayment(n, date(t, "2027-07-20"), p); err != nil || d.Expiry != date(t, "2029-06-30") || !d.VoidProForma {
		t.Errorf("R31: %+v, %v", d, err)
	}
	_, err := DecideRegistrantPayment(open, date(t, "2027-07-08"), p)
	expect(t, "R31 pro forma void", err, true, KindPolicy, "oak.example is renewed until 2029-06-30")
	_, err = DecideRegistrantPayment(held(t, e), date(t, "2027-01-01"), p)
	expect(t, "R31 not asked", err, true, KindPolicy, "oak.example is registered until")
}

func TestDecideLapseTwoTags(t *testing.T) {
	n := asked(held(t, "2027-06-30"), "ALPHA", 2, RequestInvoiced, date(t, "2027-07-10"))
	n.Sponsor = "BRAVO"
	n.Requests = append(n.Requests, RenewalRequest{Period: date(t, "2027-06-30"), Tag: "BRAVO", Years: 2, State: RequestInvoiced, Due: date(t, "2027-08-10")})
	d := DecideLapse(n, n.Requests[0], date(t, "2027-07-10"))
	if d != (LapseDecision{Expiry: date(t, "2029-06-30"), CoveredBy: "BRAVO"}) {
		t.Errorf("situation 5, A lapses, B's request stands: %+v", d)
	}
	n.Requests[0].State = RequestLapsed
	d = DecideLapse(n, n.Requests[1], date(t, "2027-08-10"))
	if d != (LapseDecision{Expiry: date(t, "2027-06-30"), Suspend: true, ProForma: date(t, "2027-08-10")}) {
		t.Errorf("situation 5, neither pays: %+v", d)
	}
	n.Requests[0].State = RequestPaid // late
	if d = DecideLapse(n, n.Requests[1], date(t, "2027-08-10")); d.CoveredBy != "ALPHA" || d.Expiry != date(t, "2029-06-30") {
		t.Errorf("situation 5, A paid late, B lapses: %+v", d)
	}
}
