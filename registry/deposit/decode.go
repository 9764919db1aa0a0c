package deposit

import (
	"errors"
	"fmt"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml/escrow"
)

// lineOf is the line that an error names, or another one.
func lineOf(err error, otherwise int) int {
	var s *escrow.SyntaxError
	if errors.As(err, &s) {
		return s.Line
	}
	return otherwise
}

// reasonOf is what an error says beside its line.
func reasonOf(err error) string {
	var s *escrow.SyntaxError
	if errors.As(err, &s) {
		return s.Reason
	}
	return err.Error()
}

// statuses reads those that are stored: derived ones and procedures are left
// out.
func statuses(object registry.Object, list []string) (registry.StatusSet, error) {
	var out registry.StatusSet
	for _, text := range list {
		s, err := registry.ParseStatus(object, text)
		if err != nil {
			return nil, err
		}
		if s.StaffSettable() {
			out = out.With(s)
		}
	}
	return out, nil
}

func decodeTransfer(t *escrow.Transfer, years int) *registry.Transfer {
	if t == nil {
		return nil
	}
	out := &registry.Transfer{State: t.Status, Gaining: t.Gaining, Losing: t.Losing, Requested: t.Asked, ActBy: t.Acted, Years: years}
	if !t.ExpiryTo.IsZero() {
		out.Expires = registry.DateOf(t.ExpiryTo, t.ExpiryTo.Location())
	}
	return out
}

func decodeContact(v *escrow.Contact, x *escrow.Extra) (registry.EscrowContact, error) {
	c := registry.EscrowContact{ROID: v.ROID, Last: decodeTransfer(v.Transfer, 0), Contact: &registry.Contact{
		ContactValues: registry.ContactValues{Handle: v.ID, Email: v.Email, Voice: v.Voice.Number, VoiceExt: v.Voice.Ext, Fax: v.Fax.Number, FaxExt: v.Fax.Ext},
		Sponsor:       v.ClID, Creator: v.Created.By, Created: v.Created.At, Updater: v.Updated.By, Updated: v.Updated.At, Transferred: v.Transferred}}
	for _, p := range v.Postal {
		c.Postal = append(c.Postal, registry.PostalValues{Form: registry.PostalForm(p.Type), Name: p.Name, Org: p.Org, Street: p.Street,
			City: p.City, Province: p.SP, PostalCode: p.PC, Country: p.CC})
	}
	var err error
	c.Statuses, err = statuses(registry.ObjectContact, v.Statuses)
	if err != nil {
		return c, fmt.Errorf("%s: %w", v.ID, err)
	}
	if d := v.Disclose; d != nil {
		c.Disclose = &registry.Disclosure{Flag: d.Flag, Name: forms(d.Name), Org: forms(d.Org), Addr: forms(d.Addr), Voice: d.Voice, Fax: d.Fax, Email: d.Email}
	}
	if x == nil {
		c.Natural = c.NaturalPerson()
		return c, nil
	}
	var e contactExtra
	err = readExtra(x, &e)
	if err != nil {
		return c, err
	}
	c.TradName, c.Type, c.CompanyNo, c.OptOut, c.Natural = e.TradName, e.Type, e.CompanyNo, e.OptOut, e.Natural
	c.Auth, c.AuthSet = e.AuthHash, timeOf(e.AuthSet)
	return c, nil
}

func forms(list []string) []registry.PostalForm {
	var out []registry.PostalForm
	for _, v := range list {
		out = append(out, registry.PostalForm(v))
	}
	return out
}

func decodeRegistrar(v *escrow.Registrar, x *escrow.Extra) (registry.Registrar, error) {
	var e registrarExtra
	err := readExtra(x, &e)
	return registry.Registrar{TAG: v.ID, Kind: e.Kind, State: e.State, RegistrarSettings: e.Settings, Created: v.Created, Updated: v.Updated}, err
}

func (s *Source) decodeDomain(v *escrow.Domain, x *escrow.Extra) (registry.EscrowDomain, error) {
	d := registry.EscrowDomain{ROID: v.ROID, Domain: &registry.Domain{
		Name: v.Name, Sponsor: v.ClID, Registrant: v.Registrant, Hosts: v.Hosts, Expires: s.t.Day(v.Expires), RecurBill: registry.BillTagHolder,
		Creator: v.Created.By, Created: v.Created.At, Updater: v.Updated.By, Updated: v.Updated.At, Transferred: v.Transferred}}
	for _, c := range v.Contacts {
		d.Contacts = append(d.Contacts, registry.DomainContact{Role: c.Role, Handle: c.ID})
	}
	for _, k := range v.DS {
		ds := registry.DSData{KeyTag: k.KeyTag, Algorithm: k.Algorithm, DigestType: k.DigestType, Digest: k.Digest}
		if k.Key != nil {
			ds.Key = &registry.KeyData{Flags: k.Key.Flags, Protocol: k.Key.Protocol, Algorithm: k.Key.Algorithm, PublicKey: k.Key.PublicKey}
		}
		d.DNSSEC.DS = append(d.DNSSEC.DS, ds)
	}
	for _, k := range v.Keys {
		d.DNSSEC.Keys = append(d.DNSSEC.Keys, registry.KeyData{Flags: k.Flags, Protocol: k.Protocol, Algorithm: k.Algorithm, PublicKey: k.PublicKey})
	}
	var err error
	d.Statuses, err = statuses(registry.ObjectDomain, v.Statuses)
	if err != nil {
		return d, err
	}
	for _, text := range v.RGP {
		switch phase := registry.RGPState(text); phase {
		case registry.RGPRedemption, registry.RGPPendingRestore, registry.RGPPendingDelete:
			d.DeletePhase, d.DeletePhaseEnds = phase, s.t.PhaseEnds(phase)
			d.Statuses = d.Statuses.With(registry.StatusPendingDelete)
		}
	}
	if x == nil {
		return d, nil
	}
	return d, s.decodeValues(&d, v, x)
}

// decodeValues reads our own values of a name.
func (s *Source) decodeValues(d *registry.EscrowDomain, v *escrow.Domain, x *escrow.Extra) error {
	var e domainExtra
	err := readExtra(x, &e)
	if err != nil {
		return err
	}
	d.Expires = e.Expires
	if s.t.Restoring() || len(e.Statuses) == 0 {
		d.Statuses = nil
		for _, status := range e.Statuses {
			if status != registry.StatusPendingUpdate { // the change that waits is not in a deposit
				d.Statuses = d.Statuses.With(status)
			}
		}
	}
	d.Unassigned, d.SuspendedOn, d.SuspendedReason = e.Unassigned, dateOf(e.SuspendedOn), e.SuspendedReason
	if !d.SuspendedOn.IsZero() && !s.t.Restoring() {
		d.Statuses = d.Statuses.Without(registry.StatusServerHold) // what the suspension shows as
	}
	d.Bill = registry.BillSettings{Auto: e.AutoBill, Next: e.NextBill, AutoPeriod: e.AutoPeriod, NextPeriod: e.NextPeriod}
	d.FirstBill, d.RecurBill, d.RenewNotRequired = registry.RecurBill(e.FirstBill), registry.RecurBill(e.RecurBill), e.RenewNotRequired
	d.Notices = registry.Notices{AdvanceWarning: dateOf(e.AdvanceWarning), Reminder: dateOf(e.Reminder), ProForma: dateOf(e.ProForma), NotRequired: dateOf(e.NotRequired)}
	d.Notes, d.Reseller, d.TagChanged = e.Notes, e.Reseller, e.TagChanged
	d.Auth, d.AuthSet = e.AuthHash, timeOf(e.AuthSet)
	if e.PhaseEnds != nil {
		d.DeletePhaseEnds = timeOf(e.PhaseEnds)
	}
	if !s.t.Restoring() {
		return nil
	}
	d.Referred, d.Last = timeOf(e.Referred), decodeTransfer(v.Transfer, e.TransferYears)
	for _, g := range e.Grace {
		d.Grace = append(d.Grace, registry.GraceCharge{Grace: registry.Grace{State: g.State, Tag: g.Tag, Years: g.Years, Starts: g.Starts, Ends: g.Ends}})
	}
	return nil
}
