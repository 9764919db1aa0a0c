package eppserver

import (
	"errors"
	"strings"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// codes is the one place that says which EPP result code a refusal of the
// register has (RFC 5730 section 3).
var codes = map[registry.Kind]xml.ResultCode{
	registry.KindInternal:             xml.CodeFailed,
	registry.KindParamMissing:         xml.CodeMissingParameter,
	registry.KindParamRange:           xml.CodeValueRange,
	registry.KindParamSyntax:          xml.CodeValueSyntax,
	registry.KindUnimplementedCommand: xml.CodeUnimplementedCommand,
	registry.KindUnimplementedOption:  xml.CodeUnimplementedOption,
	registry.KindBillingFailure:       xml.CodeBilling,
	registry.KindNotRenewable:         xml.CodeNotRenewable,
	registry.KindNotTransferable:      xml.CodeNotTransferable,
	registry.KindAuthenticationFailed: xml.CodeAuthentication,
	registry.KindAuthorization:        xml.CodeAuthorization,
	registry.KindBadAuthInfo:          xml.CodeBadAuthInfo,
	registry.KindPendingTransfer:      xml.CodePendingTransfer,
	registry.KindNoPendingTransfer:    xml.CodeNotPendingTransfer,
	registry.KindExists:               xml.CodeExists,
	registry.KindNotFound:             xml.CodeNotFound,
	registry.KindStatusProhibits:      xml.CodeStatusProhibits,
	registry.KindAssociation:          xml.CodeAssociation,
	registry.KindPolicy:               xml.CodePolicy,
	registry.KindSessionLimit:         xml.CodeSessionLimitOver,
}

// refuse makes a refusal of the server itself, which no register's rule knows.
func refuse(code xml.ResultCode, reason string) *xml.Error {
	return &xml.Error{Code: code, Reason: reason}
}

// resultOf turns a handler's error into the result of the answer. The text of
// a fault of ours never leaves the server; fault tells that it is one and has
// to be logged.
func resultOf(err error) (r xml.Result, fault bool) {
	var xe *xml.Error
	if errors.As(err, &xe) {
		return xe.Result(), false
	}
	re := registry.AsRefusal(err)
	if re == nil || re.Kind == registry.KindInternal {
		return xml.Result{Code: xml.CodeFailed}, true
	}
	code, ok := codes[re.Kind]
	if !ok {
		return xml.Result{Code: xml.CodeFailed}, true
	}
	r = xml.Result{Code: code}
	if v, ok := extValue(re); ok {
		r.Values = []xml.ExtValue{v}
	}
	return r, false
}

// extValue shows the offending element and the reason (E7); ok is false when
// the refusal names neither.
func extValue(e *registry.Error) (v xml.ExtValue, ok bool) {
	v.Reason = e.Reason
	if e.Code != "" {
		v.Reason = strings.TrimSpace(e.Code + " " + e.Reason)
	}
	if e.Field != "" {
		v.Element = element(e.Field, e.Value)
	}
	return v, v.Reason != "" || v.Element != nil
}

// element makes the element that a field such as "domain:curExpDate" names. A
// field without a prefix, or with one that is not ours, is EPP's own.
func element(field, value string) *xml.Element {
	prefix, tag, ok := strings.Cut(field, ":")
	if !ok {
		prefix, tag = "", field
	}
	return &xml.Element{NS: namespaces[prefix], Tag: tag, Text: value}
}

// namespaces finds the URI of a prefix as answers spell it.
var namespaces = func() map[string]string {
	m := map[string]string{}
	for _, p := range []xml.Profile{xml.ProfileUK, xml.ProfileGTLD} {
		for _, uri := range append(p.ObjectURIs(), p.ExtensionURIs()...) {
			if prefix := xml.Prefix(uri); prefix != "" {
				m[prefix] = uri
			}
		}
	}
	return m
}()
