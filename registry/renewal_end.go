package registry

import "slices"

// expiryWithout returns E as it stands once request r no longer covers the
// name, and the tag of the request that covers it instead: another one of the
// same period that is open or paid. With none E goes back to what it was.
func (n Name) expiryWithout(r RenewalRequest) (e Date, coveredBy string) {
	others := slices.DeleteFunc(slices.Clone(n.Requests), func(o RenewalRequest) bool {
		return o.Period != r.Period || o.Tag == r.Tag || !o.Open() && o.State != RequestPaid
	})
	if len(others) == 0 {
		return r.Period, ""
	}
	for _, o := range others {
		if o.Expiry() == n.Expiry {
			return n.Expiry, o.Tag
		}
	}
	return others[0].Expiry(), others[0].Tag
}

// UnrenewDecision says what the withdrawal of a request does.
type UnrenewDecision struct {
	Request   RenewalRequest // the one that is withdrawn
	Expiry    Date           // E afterwards
	CoveredBy string         // the tag whose request keeps the name renewed; empty if none
}

// DecideUnrenew decides a tag's wish to take its renewal request back (R5):
// only where the policy allows it, until the request is invoiced, once per
// period. Refusals: KindAuthorization V096, KindNotRenewable V270 and V273.
func DecideUnrenew(n Name, tag string, p Policy) (UnrenewDecision, error) {
	if err := n.checkSponsor(tag); err != nil {
		return UnrenewDecision{}, err
	}
	deny := func(code, reason string, args ...any) (UnrenewDecision, error) {
		return UnrenewDecision{}, n.refuse(KindNotRenewable, code, reason, args...).About("domain:name", n.Name)
	}
	if !p.Unrenew {
		return deny(CodeUnrenewRefused, "A renewal request cannot be withdrawn.")
	}
	if err := n.Statuses.CheckOperation(ObjectDomain, OpRenew); err != nil {
		return UnrenewDecision{}, err
	}
	open := n.OpenRequest()
	if open == nil {
		return deny(CodeNothingToUnrenew, "There is no renewal request to withdraw.")
	}
	own := n.Request(open.Period, tag)
	switch {
	case own == nil:
		return deny(CodeNothingToUnrenew, "The renewal request that is open is not yours.")
	case own.State != RequestUninvoiced:
		return deny(CodeUnrenewRefused, "The renewal has been invoiced and cannot be withdrawn.")
	}
	for _, r := range n.Requests {
		if r.Period == own.Period && r.Tag == tag && r.State == RequestWithdrawn {
			return deny(CodeUnrenewRefused, "A renewal request for the period from %s was withdrawn before.", r.Period)
		}
	}
	d := UnrenewDecision{Request: *own}
	d.Expiry, d.CoveredBy = n.expiryWithout(*own)
	return d, nil
}

// DecideWithdrawal decides the withdrawal of tag's open request by staff under
// the distance-selling exception (R5). reason is recorded and may not be empty.
// An invoice, if there is one, is dealt with by a credit note.
func DecideWithdrawal(n Name, tag, reason string) (UnrenewDecision, error) {
	if reason == "" {
		return UnrenewDecision{}, Refuse(KindParamMissing, "", "Withdrawing a renewal request needs a reason.")
	}
	for _, r := range n.Requests {
		if r.Tag == tag && r.Open() {
			d := UnrenewDecision{Request: r}
			d.Expiry, d.CoveredBy = n.expiryWithout(r)
			return d, nil
		}
	}
	return UnrenewDecision{}, n.refuse(KindNotRenewable, CodeNothingToUnrenew,
		"%s has no open renewal request for %s.", tag, n.Name)
}

// LapseDecision says what happens when a request is unpaid at the end of its
// terms.
type LapseDecision struct {
	Expiry    Date   // E afterwards
	CoveredBy string // the tag whose request keeps the name renewed; empty if none
	Suspend   bool   // at once: the terms ended after E
	ProForma  Date   // the day on which the pro forma goes out; zero if none does
}

// DecideLapse decides what follows when the terms of request r have passed
// unpaid, on the day today (R7). The request itself becomes lapsed and its
// invoice stays due in every case.
func DecideLapse(n Name, r RenewalRequest, today Date) LapseDecision {
	var d LapseDecision
	d.Expiry, d.CoveredBy = n.expiryWithout(r)
	if d.CoveredBy != "" {
		return d
	}
	d.Suspend = r.Due.After(d.Expiry)
	if !n.RenewNotRequired {
		d.ProForma = latest(d.Expiry, today)
	}
	return d
}

// PaymentDecision says what a payment does to a name.
type PaymentDecision struct {
	Renews bool // E moves, or the renewal that moved it is now settled
	Expiry Date // E afterwards
	Effects
}

// DecideInvoicePaid decides what follows for the name when the invoice of
// request r is paid (R6, R7). An open request is settled and E stays; a lapsed
// one renews the name late, if nothing else has.
func DecideInvoicePaid(n Name, r RenewalRequest) PaymentDecision {
	switch {
	case r.Open():
		return PaymentDecision{Renews: true, Expiry: n.Expiry}
	case r.State == RequestLapsed && n.Expiry == r.Period:
		return PaymentDecision{Renews: true, Expiry: r.Expiry(), Effects: n.renewalEffects()}
	default:
		return PaymentDecision{Expiry: n.Expiry}
	}
}

// DecideRegistrantPayment decides the registrant's payment of a renewal (R30,
// R31): two years from the old E. It is refused with KindPolicy when nothing
// asks the registrant for it: the pro forma is void once the name is renewed
// otherwise. The money is then the registrant's credit.
func DecideRegistrantPayment(n Name, today Date, p Policy) (PaymentDecision, error) {
	if r := n.OpenRequest(); r != nil {
		return PaymentDecision{}, Refuse(KindPolicy, "",
			"%s is renewed until %s by a request of %s; the pro forma is void.", n.Name, n.Expiry, r.Tag)
	}
	asked := !n.Notices.ProForma.IsZero() || !n.Notices.AdvanceWarning.IsZero() || today.After(n.Expiry)
	if !asked {
		return PaymentDecision{}, Refuse(KindPolicy, "",
			"%s is registered until %s; the registrant was not asked to pay.", n.Name, n.Expiry)
	}
	return PaymentDecision{
		Renews: true, Expiry: n.Expiry.AddYears(p.RegistrantPaymentYears), Effects: n.renewalEffects(),
	}, nil
}
