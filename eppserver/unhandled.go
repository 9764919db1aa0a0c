package eppserver

import (
	"slices"

	"github.com/namekeep/namekeep/xml"
)

// hideUnannounced keeps what the client did not announce at login out of the
// places where it does not expect it (RFC 9038). In gtld such a payload moves
// into extValue if the client announced unhandled-namespaces, and is dropped
// otherwise. In uk what deployed clients know is sent where it belongs, as they
// read what they did not announce; the extensions that they do not know are
// treated as in gtld (E7), unless the command itself, which is nil where it
// could not be read, spoke them. The answer to a login is left alone as well as
// a refused command's.
func (s *session) hideUnannounced(r *xml.Response, cmd *xml.Command) {
	if s.login == nil {
		return
	}
	hidden := func(uri string) bool {
		if uri == "" || s.announces(uri) {
			return false
		}
		return s.profile() == xml.ProfileGTLD ||
			slices.Contains(unknownToUK, uri) && (cmd == nil || !slices.Contains(cmd.Namespaces, uri))
	}
	if uri := namespaceOf(r.ResData); hidden(uri) {
		s.moveUnhandled(r, uri, r.ResData)
		r.ResData = nil
	}
	kept := r.Ext[:0:0]
	for _, p := range r.Ext {
		if uri := namespaceOf(p); hidden(uri) {
			s.moveUnhandled(r, uri, p)
			continue
		}
		kept = append(kept, p)
	}
	r.Ext = kept
}

// unknownToUK are extensions that deployed uk clients have never met.
var unknownToUK = []string{xml.NSFee, xml.NSChangePoll, xml.NSRenewal}

// moveUnhandled shows a payload in extValue, with the reason in the form that
// RFC 9038 section 3 wants.
func (s *session) moveUnhandled(r *xml.Response, uri string, p xml.Payload) {
	if !s.announces(xml.NSUnhandled) {
		return
	}
	r.Results[0].Values = append(r.Results[0].Values, xml.ExtValue{
		Element: &xml.Element{Payload: p}, Reason: uri + " not in login services",
	})
}

// namespaceOf is the namespace of a payload that may have to be hidden; "" for
// the others.
func namespaceOf(p xml.Payload) string {
	switch p.(type) {
	case *xml.DomainCheckData, *xml.DomainInfoData, *xml.DomainCreateData, *xml.DomainRenewData,
		*xml.DomainTransferData, *xml.DomainPendingData:
		return xml.NSDomain
	case *xml.ContactCheckData, *xml.ContactInfoData, *xml.ContactCreateData,
		*xml.ContactTransferData, *xml.ContactPendingData:
		return xml.NSContact
	case *xml.HostCheckData, *xml.HostInfoData, *xml.HostCreateData, *xml.HostPendingData:
		return xml.NSHost
	case *xml.SecDNSInfoData:
		return xml.NSSecDNS
	case *xml.RGPInfoData, *xml.RGPUpdateData:
		return xml.NSRGP
	case *xml.LoginSecData:
		return xml.NSLoginSec
	case *xml.ChangeData:
		return xml.NSChangePoll
	case *xml.FeeCheckData, *xml.FeeData:
		return xml.NSFee
	case *xml.RenewalInfoData:
		return xml.NSRenewal
	}
	return ""
}
