package eppserver

import (
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// The texts that deployed uk clients switch on.
const (
	textTagChanged        = "Registrar Change Notification"
	textHandshakeRequest  = "Registrar Change Authorisation Request"
	textHandshakeRejected = "Registrar Change Handshake Rejected"
	textReleased          = "Domains Released Notification"
	textSuspended         = "Domains Suspended Notification"
	textCancelled         = "Domain name Cancellation Notification"
	textHostsCancelled    = "Host cancellation notification"
	textProcess           = "DQ Workflow process commenced notification"
	textReferralAccepted  = "Referral Accepted Notification"
	textReferralRejected  = "Referral Rejected Notification"
)

// ukMessage gives a message the text and payload of std-notifications-1.2 where
// it has one. A payload that shows a contact which is gone meanwhile is left
// out, and with it the text that would promise it.
func (c *call) ukMessage(m *message, e *registry.PollEntry) {
	switch p := e.Payload.(type) {
	case *registry.TagChangeNotice:
		if e.Kind == registry.PollTagChanged && e.Registrant != nil {
			contact := contactData(c.reg, e.Registrant)
			if e.IDAndName {
				hide(contact)
			}
			*m = message{text: textTagChanged, resData: &xml.RegistrarChangeData{Orig: p.By, RegistrarTag: p.To,
				Domains: noticeDomains(p.Names), Contact: *contact}}
		}
	case *registry.HandshakeNotice:
		c.handshakeMessage(m, e, p)
	case *registry.ReleaseNotice:
		moved := p.Moved
		*m = message{text: textReleased, resData: &xml.ReleasedData{AccountID: orDash(p.Account), Moved: &moved,
			From: p.From, RegistrarTag: p.To, Domains: noticeDomains(p.Names)}}
	case *registry.SuspensionNotice:
		*m = message{text: textSuspended, resData: &xml.SuspendedData{Reason: p.Reason, CancelDate: eppDate(p.CancelOn),
			Domains: xml.NoticeDomains{Names: p.Names}}}
	case *registry.CancellationNotice:
		*m = message{text: textCancelled, resData: &xml.CancelledData{Domains: p.Names, Orig: orDash(p.By)}}
	case *registry.HostsCancelledNotice:
		*m = message{text: textHostsCancelled, resData: &xml.HostCancelledData{Hosts: xml.NoticeHosts{Names: p.Hosts},
			Domains: xml.NoticeDomains{Names: p.Names}}}
	case *registry.VerificationNotice:
		c.verificationMessage(m, e, p)
	case *registry.StaffChangeNotice:
		if p.ROID != "" {
			m.resData = &xml.ContactDeletedData{ContactID: p.Name, ROID: p.ROID}
		}
	case *registry.PendingNotice:
		switch {
		case e.Kind != registry.PollReferral:
		case p.Done:
			m.text = textReferralAccepted
		default:
			*m = message{text: textReferralRejected, resData: &xml.DomainFailData{Domain: p.Name, Reason: orDash(p.Reason)}}
		}
	}
}

// processVerification names the process by which a registrant is asked whether
// its e-mail address is its own (C7).
const processVerification = "E-mail verification"

func (c *call) verificationMessage(m *message, e *registry.PollEntry, p *registry.VerificationNotice) {
	if e.Registrant == nil {
		return
	}
	data := &xml.ProcessData{Stage: "initial", Contact: *contactData(c.reg, e.Registrant), ProcessType: processVerification,
		SuspendDate: eppDate(p.SuspendOn)}
	if len(p.Names) > 0 {
		data.Domains = &xml.NoticeDomains{Names: p.Names}
	}
	*m = message{text: textProcess, resData: data}
}

// handshakeMessage is a handshake's request or its end.
func (c *call) handshakeMessage(m *message, e *registry.PollEntry, p *registry.HandshakeNotice) {
	domains := noticeDomains(p.Names)
	if e.Kind == registry.PollHandshakeRequest {
		if e.Registrant != nil {
			*m = message{text: textHandshakeRequest, resData: &xml.RegistrarChangeData{Orig: p.From, RegistrarTag: p.To,
				CaseID: p.Case, Domains: domains, Contact: *contactData(c.reg, e.Registrant)}}
		}
		return
	}
	m.resData = &xml.HandshakeData{CaseID: p.Case, Domains: domains.Names}
	if p.Outcome == registry.HandshakeRejected {
		m.text = textHandshakeRejected
	}
}

func noticeDomains(list []registry.NoticeName) *xml.NoticeDomains {
	out := &xml.NoticeDomains{}
	for _, n := range list {
		out.Names = append(out.Names, n.Name)
	}
	return out
}

// orDash keeps a text that a schema wants to have at least one character.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
