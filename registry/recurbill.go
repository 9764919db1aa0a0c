package registry

// BilledDirectly reports whether the registry bills the registrant for the
// renewal: recur-bill is bc, or the name is on one of the registry's own tags
// (R22).
func (n Name) BilledDirectly(p Policy) bool {
	return n.RecurBill == BillCustomer || p.BilledDirectly(n.Sponsor)
}

// checkRecur applies R20: bc can be set until E, also while a renewal request
// is open, which then stands. th can be set at any time.
func (n Name) checkRecur(to RecurBill, today Date) error {
	if to == BillCustomer && n.RecurBill != BillCustomer && today.After(n.Expiry) {
		return Refuse(KindPolicy, CodeTooLateForBC, "%s expired on %s; recur-bill could be set to bc until that day.",
			n.Name, n.Expiry).About("domain-nom-ext:recur-bill", string(to))
	}
	return nil
}

// AdvanceWarning returns the day of the advance warning of renewal (R22): day
// 60, or today when the name came to be billed directly later than that. ok is
// false when no warning will come: the name is not billed directly, was warned,
// is covered by a request or marked not required, or E has passed.
func (n Name) AdvanceWarning(today Date, p Policy) (day Date, ok bool) {
	if !n.BilledDirectly(p) || n.RenewNotRequired || n.OpenRequest() != nil ||
		!n.Notices.AdvanceWarning.IsZero() || !n.Notices.ProForma.IsZero() {
		return Date{}, false
	}
	day = latest(n.Expiry.AddDays(-p.AdvanceWarningDays), today)
	return day, !day.After(n.Expiry)
}

// ProFormaDay returns the day on which a pro forma is due if nothing covers the
// name by then: E for a directly billed name (R22); E, or the day of the lapse
// if later, after an unpaid request (R7); E + 7 otherwise.
func (n Name) ProFormaDay(p Policy) Date {
	switch lapsed := n.lastLapsed(); {
	case lapsed != nil:
		return latest(n.Expiry, lapsed.Ended)
	case n.BilledDirectly(p):
		return n.Expiry
	default:
		return n.Expiry.AddDays(p.ProFormaDay)
	}
}

// lastLapsed returns the request for the present period whose terms ended
// unpaid, the one with the latest terms if there are several; nil if none did.
func (n Name) lastLapsed() *RenewalRequest {
	var last *RenewalRequest
	for i := range n.Requests {
		r := &n.Requests[i]
		if r.Period == n.Expiry && r.State == RequestLapsed && (last == nil || r.Due.After(last.Due)) {
			last = r
		}
	}
	return last
}
