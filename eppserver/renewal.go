package eppserver

import (
	"fmt"
	"strconv"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// renewalCommands are the commands of our own extension (renewal-1.0).
var renewalCommands = map[commandKey]handlerFunc{
	{verb: xml.VerbInfo, object: "renewal"}:   renewalList,
	{verb: xml.VerbUpdate, object: "renewal"}: renewalUpdate,
}

// renewalCancelChange withdraws a change that waits for both parties (C6).
func renewalCancelChange(c *call, a *xml.RenewalCancelChange) (answer, error) {
	object, name := registry.ObjectDomain, a.Domain
	if a.Contact != "" {
		object, name = registry.ObjectContact, a.Contact
	}
	_, err := c.reg.CancelChange(c.ctx, c.actor, object, name)
	return answer{}, err
}

// renewalPage is how many names an answer to a list holds.
const renewalPage = 1000

// renewalList lists the tag's names that expire in a stretch of days.
func renewalList(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.RenewalList)
	from, to := registry.DateOf(a.From, time.UTC), registry.DateOf(a.To, time.UTC)
	if to.Before(from) {
		return answer{}, registry.Refuse(registry.KindParamRange, "", "The last day lies before the first.").About("renewal:to", to.String())
	}
	list, err := c.reg.Domains(c.ctx, registry.DomainFilter{TAG: c.actor.TAG, Profile: registry.ProfileUK,
		ExpiresFrom: from, ExpiresBefore: to.AddDays(1), After: a.After, Limit: renewalPage + 1})
	if err != nil {
		return answer{}, err
	}
	data := &xml.RenewalListData{More: len(list) > renewalPage}
	list = list[:min(len(list), renewalPage)]
	names := make([]string, len(list))
	for i, d := range list {
		names[i] = d.Name
	}
	decisions, err := c.reg.DecisionsOn(c.ctx, names)
	if err != nil {
		return answer{}, err
	}
	for _, d := range list {
		data.Domains = append(data.Domains, xml.RenewalDomain{Name: d.Name, ExDate: d.Expires.EPPTime(), Status: string(d.Status),
			Decision: c.decision(decisions[d.Name])})
	}
	return answer{resData: data}, nil
}

// renewalUpdate carries out the commands of the extension that change something.
func renewalUpdate(c *call) (answer, error) {
	switch a := c.cmd.Action.(type) {
	case *xml.RenewalAutoBill:
		return renewalAutoBill(c, a)
	case *xml.RenewalConfirm:
		return renewalConfirm(c, a)
	case *xml.RenewalCancelChange:
		return renewalCancelChange(c, a)
	}
	return answer{}, fmt.Errorf("no handler for %T", c.cmd.Action)
}

// renewalConfirm asks the registrant of a name (N20).
func renewalConfirm(c *call, a *xml.RenewalConfirm) (answer, error) {
	asked, err := c.reg.RequestConfirmation(c.ctx, c.actor, a.Name)
	if err != nil {
		return answer{}, err
	}
	return answer{resData: &xml.RenewalConfirmData{Name: asked.Name, ValidUntil: asked.ValidUntil.EPPTime()}}, nil
}

// decision is what a registrant decided, nil for nothing.
func (c *call) decision(d *registry.Decision) *xml.RenewalDecision {
	if d == nil {
		return nil
	}
	return &xml.RenewalDecision{Choice: string(d.Choice), Years: d.Years, On: registry.DateOf(d.Decided, c.reg.Location()).EPPTime()}
}

// renewalAutoBill sets auto-bill for all names of the tag (R14).
func renewalAutoBill(c *call, a *xml.RenewalAutoBill) (answer, error) {
	done, err := c.reg.SetTagAutoBill(c.ctx, c.actor, c.actor.TAG, a.Days, a.DryRun)
	if err != nil {
		return answer{}, err
	}
	data := &xml.RenewalAutoBillData{DryRun: a.DryRun, Set: int(done.Set), Unchanged: int(done.Unchanged), Refused: len(done.Refused)}
	for _, n := range done.Refused[:min(len(done.Refused), xml.MaxRenewalRefusals)] {
		data.Domains = append(data.Domains, xml.RenewalRefusal{Name: n.Name, Reason: n.Reason})
	}
	return answer{resData: data}, nil
}

// renewalInfo is what stands beside the info of a name of the tag.
func (c *call) renewalInfo(v registry.DomainView) (*xml.RenewalInfoData, error) {
	view, err := c.reg.ViewRenewal(c.ctx, c.actor, v)
	if err != nil {
		return nil, err
	}
	data := &xml.RenewalInfoData{Status: string(view.Status), Decision: c.decision(view.Decision)}
	if view.Account != 0 {
		data.Account = strconv.FormatInt(view.Account, 10)
	}
	for _, q := range view.Open {
		data.Requests = append(data.Requests, xml.RenewalRequest{By: q.Tag, Requested: q.Requested, From: q.Period.EPPTime(),
			Years: q.Years, Invoice: q.Invoice, Due: eppDate(q.Due)})
	}
	data.Change, err = c.renewalChange(v)
	return data, err
}

// renewalChange is the change of the name's registrant that waits, nil for none.
func (c *call) renewalChange(v registry.DomainView) (*xml.RenewalChange, error) {
	if !v.Statuses.Has(registry.StatusPendingUpdate) {
		return nil, nil
	}
	change, err := c.reg.PendingChange(c.ctx, registry.ObjectDomain, v.ID)
	if change == nil {
		return nil, err
	}
	out := &xml.RenewalChange{Registrant: change.After.Handle, Requested: change.Asked, AnswerBy: change.LastDay.EPPTime()}
	for _, p := range change.Parties {
		if p.Answer == registry.AnswerConfirmed {
			out.Confirmed = append(out.Confirmed, string(p.Side))
		}
	}
	return out, nil
}
