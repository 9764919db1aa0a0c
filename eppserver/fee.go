package eppserver

import (
	"fmt"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// feeClass is the class of names without a price of their own (RFC 8748 section
// 3.7); there are no others.
const feeClass = "standard"

// feeCheck answers the fee part of a check (RFC 8748 section 5.1.1), in the
// order of the names and of the operations asked for.
func feeCheck(c *call, names []string, ask *xml.FeeCheck) (*xml.FeeCheckData, error) {
	if len(names)*len(ask.Commands) > maxFees {
		return nil, registry.Refuse(registry.KindPolicy, "", "A check asks for at most %d fees.", maxFees)
	}
	queries := make([]registry.FeeQuery, 0, len(names)*len(ask.Commands))
	refused := make([]string, len(ask.Commands))
	operations := make([]billing.Operation, len(ask.Commands))
	years := make([]int, len(ask.Commands))
	for i := range ask.Commands {
		operations[i], years[i], refused[i] = feeOperation(&ask.Commands[i])
	}
	for _, name := range names {
		for i := range ask.Commands {
			queries = append(queries, registry.FeeQuery{Name: name, Operation: operations[i], Years: years[i]})
		}
	}
	list, err := c.reg.Fees(c.ctx, c.actor, queries)
	if err != nil {
		return nil, err
	}
	err = registry.CheckFeeCurrency(ask.Currency, list.Currency)
	if err != nil {
		return nil, err
	}
	data := &xml.FeeCheckData{Currency: list.Currency}
	for n, name := range names {
		offers := list.Offers[n*len(ask.Commands):]
		item := xml.FeeCheckItem{Name: name, Avail: true, Class: feeClass}
		for i, command := range ask.Commands {
			offer := offers[i]
			if refused[i] != "" {
				offer = registry.FeeOffer{Unavailable: refused[i]}
			}
			item.Commands = append(item.Commands, feeCommand(command, offer))
			item.Avail = item.Avail && offer.Unavailable == ""
		}
		data.Items = append(data.Items, item)
	}
	return data, nil
}

// maxFees bounds the answer of a check, as names and operations multiply.
const maxFees = 2000

// feeOperation says what an operation of a fee check is to the register; reason
// is why there is none.
func feeOperation(f *xml.FeeCommand) (o billing.Operation, years int, reason string) {
	switch {
	case f.Phase != "" || f.Subphase != "":
		return "", 0, "There are no phases."
	case f.Name == "custom":
		return "", 0, "This command is not offered."
	case f.Name == "update" || f.Name == "delete":
		return "", 0, ""
	case f.Period != nil && f.Period.Unit == "m" && f.Period.Value%12 != 0:
		return "", 0, "A period is of whole years."
	}
	if f.Period != nil {
		years = f.Period.Value
		if f.Period.Unit == "m" {
			years /= 12
		}
	}
	return billing.Operation(f.Name), years, ""
}

// feeCommand is the answer for one operation on one name.
func feeCommand(asked xml.FeeCommand, offer registry.FeeOffer) xml.FeeCommandData {
	out := xml.FeeCommandData{FeeCommand: asked, Reason: offer.Unavailable}
	if offer.Unavailable != "" {
		return out
	}
	out.Standard = true
	out.Period = nil
	if offer.Years > 0 {
		out.Period = &xml.Period{Value: offer.Years, Unit: "y"}
	}
	out.Fees, out.Credits = feesOf(offer.Lines)
	return out
}

// feesOf splits lines into fees and credits.
func feesOf(lines []registry.FeeLine) ([]xml.Fee, []xml.Credit) {
	var fees []xml.Fee
	var credits []xml.Credit
	for _, l := range lines {
		if l.Amount.Minor < 0 {
			credits = append(credits, xml.Credit{Amount: l.Amount.Decimal(), Description: string(l.Operation)})
			continue
		}
		f := xml.Fee{Amount: l.Amount.Decimal(), Description: string(l.Operation)}
		if l.GraceDays > 0 {
			yes := true
			f.Refundable, f.GracePeriod = &yes, fmt.Sprintf("P%dD", l.GraceDays)
		}
		if l.Delayed {
			f.Applied = "delayed"
		}
		fees = append(fees, f)
	}
	return fees, credits
}

// addFees tells what a command was charged with or what it gave back. It is left
// out where the client did not announce the extension (see hideUnannounced).
func (a *answer) addFees(kind xml.Verb, lines []registry.FeeLine) {
	if len(lines) == 0 {
		return
	}
	data := &xml.FeeData{Kind: kind, Currency: lines[0].Amount.Currency}
	if first := lines[0]; len(lines) == 1 && first.Years > 0 && kind != xml.VerbDelete {
		data.Period = &xml.Period{Value: first.Years, Unit: "y"}
	}
	data.Fees, data.Credits = feesOf(lines)
	a.ext = append(a.ext, data)
}

// declaredFee is what the client takes the command to cost; nil: it says nothing.
func declaredFee(f *xml.FeeTransform) *registry.DeclaredFee {
	if f == nil {
		return nil
	}
	out := &registry.DeclaredFee{Currency: f.Currency}
	for _, fee := range f.Fees {
		out.Amounts = append(out.Amounts, fee.Amount)
	}
	for _, credit := range f.Credits {
		out.Amounts = append(out.Amounts, credit.Amount)
	}
	return out
}

// freeOfCharge judges a fee that is declared for a command which has none.
func (c *call) freeOfCharge(f *xml.FeeTransform) error {
	if f == nil {
		return nil
	}
	list, err := c.reg.Fees(c.ctx, c.actor, nil)
	if err != nil {
		return err
	}
	return declaredFee(f).Check(list.Currency)
}
