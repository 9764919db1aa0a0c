package registry

import "strconv"

// BillSettings are the automatic renewal settings of a name (R10).
type BillSettings struct {
	Auto       int // auto-bill: days before E; 0 is off
	Next       int // next-bill: days before E, once; 0 is off
	AutoPeriod int // years; 0 means the policy's default
	NextPeriod int // years; 0 means the policy's default
}

// BillChange is the state that an update asks for: the automatic renewal
// settings together with recur-bill, with which they may conflict.
type BillChange struct {
	Bill  BillSettings
	Recur RecurBill
}

// LastDayToSet is the last civil day on which a value n can be set, changed or
// cleared for a name that expires on e (R12): with one clear day, day n+2.
func LastDayToSet(e Date, n int, p Policy) Date { return e.AddDays(-(n + 1 + p.ClearDays)) }

// FireDay is the civil day on which a value n renews a name that expires on e.
func FireDay(e Date, n int) Date { return e.AddDays(-n) }

// DecideBilling decides a change of auto-bill, next-bill, their periods and
// recur-bill (R10 to R12, R20, R21). What stays as it is is not judged. The
// same function lists, name by name, what a change for a whole tag would do
// (R14). Refusals: KindParamRange for values out of range, KindPolicy for all
// else.
func DecideBilling(n Name, c BillChange, today Date, p Policy) error {
	if err := c.checkRanges(p); err != nil {
		return err
	}
	if c.Bill.Auto != 0 && c.Bill.Next != 0 {
		return Refuse(KindPolicy, CodeBothBills, "auto-bill and next-bill cannot both be set; set one of them to 0.").
			About("domain-nom-ext:next-bill", strconv.Itoa(c.Bill.Next))
	}
	if p.BilledDirectly(n.Sponsor) && (c.Bill.Auto != 0 || c.Bill.Next != 0) {
		return Refuse(KindPolicy, CodeBillWithBC, "auto-bill and next-bill cannot be set on the registry's tag %s: the registrant is billed (R22).", n.Sponsor).
			About("domain-nom-ext:auto-bill", strconv.Itoa(c.Bill.Auto))
	}
	if c.Recur == BillCustomer && (c.Bill.Auto != 0 || c.Bill.Next != 0) {
		return Refuse(KindPolicy, CodeBillWithBC, "auto-bill and next-bill cannot be set while recur-bill is bc.").
			About("domain-nom-ext:recur-bill", string(c.Recur))
	}
	old := n.Bill
	if err := n.checkClearDay("auto-bill", old.Auto, c.Bill.Auto, old.AutoPeriod != c.Bill.AutoPeriod, today, p); err != nil {
		return err
	}
	if err := n.checkClearDay("next-bill", old.Next, c.Bill.Next, old.NextPeriod != c.Bill.NextPeriod, today, p); err != nil {
		return err
	}
	return n.checkRecur(c.Recur, today)
}

func (c BillChange) checkRanges(p Policy) error {
	for _, f := range []struct {
		field       string
		value, most int
	}{
		{"auto-bill", c.Bill.Auto, p.AutoBillMax}, {"next-bill", c.Bill.Next, p.AutoBillMax},
		{"auto-period", c.Bill.AutoPeriod, p.AutoPeriodMax}, {"next-period", c.Bill.NextPeriod, p.AutoPeriodMax},
	} {
		if f.value < 0 || f.value > f.most {
			return Refuse(KindParamRange, "", "%s is a number from 1 to %d.", f.field, f.most).
				About("domain-nom-ext:"+f.field, strconv.Itoa(f.value))
		}
	}
	if c.Recur != BillTagHolder && c.Recur != BillCustomer {
		return Refuse(KindParamSyntax, "", "recur-bill is th or bc.").About("domain-nom-ext:recur-bill", string(c.Recur))
	}
	return nil
}

// checkClearDay applies R12 to one field: both the old value and the new one
// need their clear day. A change of the period of a value in force counts as a
// change of the value. The old value is not judged when it cannot fire in this
// period any more, because the tag's request for it lapsed (R3).
func (n Name) checkClearDay(field string, old, next int, periodChanged bool, today Date, p Policy) error {
	if old == next && (old == 0 || !periodChanged) {
		return nil
	}
	spent := n.OpenRequest() == nil && n.Request(n.Expiry, n.Sponsor) != nil
	for _, value := range []int{old, next} {
		if value == 0 || value == old && spent {
			continue
		}
		if last := LastDayToSet(n.Expiry, value, p); today.After(last) {
			return Refuse(KindPolicy, CodeClearDay,
				"%s expires on %s; a value of %d for %s could be set, changed or cleared until midnight on %s.",
				n.Name, n.Expiry, value, field, last).About("domain-nom-ext:"+field, strconv.Itoa(next))
		}
	}
	return nil
}

// AutoRenewal is the renewal that auto-bill or next-bill will request.
type AutoRenewal struct {
	Day    Date // the civil day on which it falls due
	Years  int
	Origin Origin
}

// AutoRenewal returns the next automatic renewal of the name; ok is false when
// none will come in this period: nothing is set, recur-bill is bc (R21), a
// request is open or was made (R3), a status forbids to renew, or the name is
// suspended. A batch that was down renews on the days it makes up (R15), so the
// renewal is due on every day from Day to E until it has happened.
func (n Name) AutoRenewal(p Policy) (a AutoRenewal, ok bool) {
	days, years, origin := n.Bill.Auto, n.Bill.AutoPeriod, OriginAutoBill
	if n.Bill.Next != 0 {
		days, years, origin = n.Bill.Next, n.Bill.NextPeriod, OriginNextBill
	}
	if days == 0 || n.RecurBill == BillCustomer || n.OpenRequest() != nil || !n.SuspendedOn.IsZero() ||
		n.Request(n.Expiry, n.Sponsor) != nil || n.Statuses.CheckOperation(ObjectDomain, OpRenew) != nil {
		return AutoRenewal{}, false
	}
	if years == 0 {
		years = p.DefaultYears
	}
	return AutoRenewal{Day: FireDay(n.Expiry, days), Years: years, Origin: origin}, true
}

// waitsToRenew tells whether auto-bill or next-bill fell due by the day and
// something that may end, such as a status, keeps the name from being renewed.
func (n Name) waitsToRenew(day Date) bool {
	days := max(n.Bill.Auto, n.Bill.Next)
	return days != 0 && !FireDay(n.Expiry, days).After(day) && !day.After(n.Expiry) && n.OpenRequest() == nil
}
