package eppserver

import (
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// domainUpdate changes a name (RFC 5731 section 3.2.5), or restores a deleted
// one (RFC 3915 section 4.2.5).
func domainUpdate(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.DomainUpdate)
	ext := c.cmd.Ext
	if ext.RGPRestore != nil {
		return domainRestore(c, a)
	}
	if a.Add == nil && a.Rem == nil && a.Chg == nil && ext.DomainNom == nil && ext.SecDNSUpdate == nil {
		return answer{}, refuse(xml.CodeMissingParameter, "an update needs add, rem, chg or an extension")
	}
	p, err := updateParams(a, c.uk())
	if err != nil {
		return answer{}, err
	}
	if ext.SecDNSUpdate != nil {
		p.DNSSEC, err = dnssecChange(ext.SecDNSUpdate)
		if err != nil {
			return answer{}, err
		}
	}
	updateNom(&p, ext.DomainNom)
	err = c.freeOfCharge(ext.Fee)
	if err != nil {
		return answer{}, err
	}
	d, err := c.reg.UpdateDomain(c.ctx, c.actor, p)
	if err != nil {
		return answer{}, err
	}
	var auth *xml.AuthInfo
	var ns *xml.NS
	if a.Chg != nil {
		auth = a.Chg.AuthInfo
	}
	if a.Add != nil {
		ns = a.Add.NS
	}
	out := answer{ext: c.warnings(d, auth, ns)}
	if d.Waiting != 0 {
		out.code = xml.CodeOKPending
	}
	if d.Issued != "" {
		out.resData = &xml.DomainInfoData{Name: d.Name, ROID: c.reg.DomainROID(d), ClID: d.Sponsor,
			AuthInfo: &xml.AuthInfo{PW: xml.Secret(d.Issued)}}
	}
	return out, nil
}

// updateParams translates an update. In uk an empty pw asks the registry for an
// authInfo, and a null one withdraws it.
func updateParams(a *xml.DomainUpdate, uk bool) (registry.UpdateDomainParams, error) {
	p := registry.UpdateDomainParams{Name: a.Name}
	var err error
	if a.Add != nil {
		p.AddHosts, p.AddContacts = hostsOf(a.Add.NS), contactsOf(a.Add.Contacts)
		p.AddStatuses, err = statusesOf(registry.ObjectDomain, a.Add.Statuses)
		if err != nil {
			return p, err
		}
	}
	if a.Rem != nil {
		for _, h := range hostsOf(a.Rem.NS) {
			p.RemoveHosts = append(p.RemoveHosts, h.Name)
		}
		p.RemoveContacts = contactsOf(a.Rem.Contacts)
		p.RemoveStatuses, err = statusesOf(registry.ObjectDomain, a.Rem.Statuses)
		if err != nil {
			return p, err
		}
	}
	if a.Chg != nil {
		p.Registrant = a.Chg.Registrant
		if a.Chg.AuthInfo != nil {
			auth := registry.AuthInfo(a.Chg.AuthInfo.PW.Reveal())
			if a.Chg.AuthInfo.Null {
				auth = ""
			}
			if uk && auth == "" && !a.Chg.AuthInfo.Null {
				p.IssueAuthInfo = true
			} else {
				p.AuthInfo = &auth
			}
		}
	}
	return p, nil
}

func statusesOf(o registry.Object, list []xml.Status) ([]registry.Status, error) {
	var out []registry.Status
	for _, s := range list {
		status, err := registry.ParseStatus(o, s.S)
		if err != nil {
			return nil, err
		}
		out = append(out, status)
	}
	return out, nil
}

// domainRestore takes a restore request or report. It may come with nothing
// else (RFC 3915 section 4.2.5).
func domainRestore(c *call, a *xml.DomainUpdate) (answer, error) {
	ext := c.cmd.Ext
	if a.Add != nil || a.Rem != nil || (a.Chg != nil && (a.Chg.Registrant != nil || a.Chg.AuthInfo != nil)) ||
		ext.SecDNSUpdate != nil || ext.DomainNom != nil {
		return answer{}, refuse(xml.CodeUse, "a restore changes nothing else")
	}
	var report *registry.RestoreReport
	if ext.RGPRestore.Op == "report" {
		r := ext.RGPRestore.Report
		if r == nil {
			return answer{}, registry.Refuse(registry.KindParamMissing, "", "A restore report needs its report.").About("rgp:report", "")
		}
		report = &registry.RestoreReport{PreData: r.PreData, PostData: r.PostData,
			DeleteTime: r.DelTime.Format(time.RFC3339), RestoreTime: r.ResTime.Format(time.RFC3339),
			Reason: r.ResReason, Statements: r.Statements, Other: r.Other}
	}
	d, err := c.reg.RestoreDomain(c.ctx, c.actor, registry.RestoreDomainParams{Name: a.Name, Report: report, Fee: declaredFee(ext.Fee)})
	if err != nil {
		return answer{}, err
	}
	var out answer
	if states := d.RGPStates(c.reg.Now()); len(states) > 0 {
		out.ext = []xml.Payload{&xml.RGPUpdateData{Statuses: rgpStatuses(states)}}
	}
	out.addFees(xml.VerbUpdate, d.Fees)
	return out, nil
}
