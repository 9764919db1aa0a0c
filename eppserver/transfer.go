package eppserver

import (
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// transferCommands are the commands on transfers.
var transferCommands = map[commandKey]handlerFunc{
	{verb: xml.VerbTransfer, object: "domain", op: xml.TransferRequest}:  domainTransferRequest,
	{verb: xml.VerbTransfer, object: "domain", op: xml.TransferQuery}:    domainTransferQuery,
	{verb: xml.VerbTransfer, object: "domain"}:                           domainTransferAnswer,
	{verb: xml.VerbTransfer, object: "contact", op: xml.TransferRequest}: contactTransferRequest,
	{verb: xml.VerbTransfer, object: "contact", op: xml.TransferQuery}:   contactTransferQuery,
	{verb: xml.VerbTransfer, object: "contact"}:                          contactTransferAnswer,
}

// domainTransferRequest asks for a name (RFC 5731 section 3.2.4). It is answered
// 1001 while the losing tag has not answered. In uk a transfer adds no time, so a
// period is not used, and the client is told.
func domainTransferRequest(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.DomainTransfer)
	years, err := years(a.Period)
	if err != nil {
		return answer{}, err
	}
	t, err := c.reg.RequestDomainTransfer(c.ctx, c.actor, registry.TransferDomainParams{
		Name: a.Name, AuthInfo: authInfoOf(a.AuthInfo), Years: years, Fee: declaredFee(c.cmd.Ext.Fee)})
	if err != nil {
		return answer{}, err
	}
	out := c.transferAnswer(t)
	if c.uk() && a.Period != nil && t.Profile == registry.ProfileUK {
		out.ext = append(out.ext, &xml.WarnIgnoredField{Field: "period", Text: "A transfer adds no time here; the period was not used."})
	}
	if t.State == "pending" {
		out.code = xml.CodeOKPending
	}
	out.addFees(xml.VerbTransfer, t.Fees)
	return out, nil
}

// domainTransferQuery shows a transfer (RFC 5731 section 3.1.3).
func domainTransferQuery(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.DomainTransfer)
	t, err := c.reg.QueryDomainTransfer(c.ctx, c.actor, a.Name, authInfoOf(a.AuthInfo))
	if err != nil {
		return answer{}, err
	}
	return c.transferAnswer(t), nil
}

// domainTransferAnswer approves, rejects or cancels a transfer.
func domainTransferAnswer(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.DomainTransfer)
	t, err := c.reg.AnswerDomainTransfer(c.ctx, c.actor, a.Name, registry.TransferAction(a.Op))
	if err != nil {
		return answer{}, err
	}
	return c.transferAnswer(t), nil
}

func (c *call) transferAnswer(t *registry.DomainTransfer) answer {
	out := answer{resData: &xml.DomainTransferData{Name: t.Name, TransferData: transferData(&t.Transfer), ExDate: eppDate(t.Expires)}}
	if t.Contact != nil {
		out.ext = c.contactWarnings([]registry.ContactMove{*t.Contact})
	}
	return out
}

func transferData(t *registry.Transfer) xml.TransferData {
	return xml.TransferData{TrStatus: t.State, ReID: t.Gaining, ReDate: t.Requested, AcID: t.Losing, AcDate: t.ActBy}
}

func authInfoOf(a *xml.AuthInfo) registry.AuthInfo {
	if a == nil {
		return ""
	}
	return registry.AuthInfo(a.PW.Reveal())
}

// contactTransferRequest asks for a contact (RFC 5733 section 3.2.4).
func contactTransferRequest(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.ContactTransfer)
	t, err := c.reg.RequestContactTransfer(c.ctx, c.actor, a.ID, authInfoOf(a.AuthInfo))
	if err != nil {
		return answer{}, err
	}
	out := contactTransferData(t)
	if t.State == "pending" {
		out.code = xml.CodeOKPending
	}
	return out, nil
}

// contactTransferQuery shows a transfer (RFC 5733 section 3.1.3).
func contactTransferQuery(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.ContactTransfer)
	t, err := c.reg.QueryContactTransfer(c.ctx, c.actor, a.ID, authInfoOf(a.AuthInfo))
	if err != nil {
		return answer{}, err
	}
	return contactTransferData(t), nil
}

// contactTransferAnswer approves, rejects or cancels a transfer.
func contactTransferAnswer(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.ContactTransfer)
	t, err := c.reg.AnswerContactTransfer(c.ctx, c.actor, a.ID, registry.TransferAction(a.Op))
	if err != nil {
		return answer{}, err
	}
	return contactTransferData(t), nil
}

func contactTransferData(t *registry.ContactTransfer) answer {
	return answer{resData: &xml.ContactTransferData{ID: t.Handle, TransferData: transferData(&t.Transfer)}}
}
