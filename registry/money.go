package registry

import (
	"fmt"

	"github.com/namekeep/namekeep/billing"
)

// nearlySpent is how many more charges like the last one a tag should be able to
// pay before it is warned (std-warning, credit-limit).
const nearlySpent = 10

// fundsLeft is what the tag may still spend after a charge, nil where that is no
// concern.
func fundsLeft(q billing.Quote) *billing.Money {
	left := q.Available - q.Gross()
	if !q.Limited || left >= nearlySpent*q.Gross() {
		return nil
	}
	return &billing.Money{Minor: left, Currency: q.Net.Currency}
}

// needFunds refuses what a registrar cannot pay: the deposit of a prepaid tag
// or the credit limit does not cover it (rule B11). The quotes are of one
// registrar.
func needFunds(name string, quotes ...billing.Quote) error {
	var gross int64
	for _, q := range quotes {
		gross += q.Gross()
	}
	for _, q := range quotes {
		if q.Covers(gross) {
			continue
		}
		cost := billing.Money{Minor: gross, Currency: q.Net.Currency}
		left := billing.Money{Minor: max(0, q.Available), Currency: q.Net.Currency}
		if q.Prepaid {
			return Refuse(KindBillingFailure, "", "This costs %s with tax; your deposit holds %s.", cost, left).
				About("domain:name", name)
		}
		return Refuse(KindBillingFailure, "", "This costs %s with tax; of your credit limit %s is left.", cost, left).
			About("domain:name", name)
	}
	return nil
}

// MoneyRefusal turns a refusal of package billing into one of the register's;
// other errors stay as they are.
func MoneyRefusal(err error) error {
	b := billing.AsRefusal(err)
	if b == nil {
		return err
	}
	kind := KindParamRange
	switch b.Fault {
	case billing.Unknown:
		kind = KindNotFound
	case billing.Excluded:
		kind = KindPolicy
	}
	return Refuse(kind, "", "%s", b.Reason).About(b.Field, b.Value)
}

// warnLowBalance tells a prepaid tag that these charges take its deposit below
// its threshold: once, when it crosses it.
func (tx *Tx) warnLowBalance(registrar int32, quotes ...billing.Quote) {
	var gross int64
	for _, q := range quotes {
		gross += q.Gross()
	}
	f := quotes[0].Funds
	if !f.CrossesLow(gross) {
		return
	}
	currency := quotes[0].Net.Currency
	left, low := billing.Money{Minor: f.Available - gross, Currency: currency}, billing.Money{Minor: *f.LowBalance, Currency: currency}
	tx.queuePoll(registrar, PollMessage{Kind: PollLowBalance, Text: fmt.Sprintf("Your deposit holds %s, less than %s.", left, low),
		Payload: BalanceNotice{Currency: currency, Balance: left.Minor, Threshold: low.Minor}})
}
