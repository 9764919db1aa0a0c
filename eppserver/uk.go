package eppserver

import (
	"fmt"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// ukCommands are the commands on the uk profile's own objects.
var ukCommands = map[commandKey]handlerFunc{
	{verb: xml.VerbUpdate, object: "release"}:   release,
	{verb: xml.VerbUpdate, object: "handshake"}: handshake,
	{verb: xml.VerbInfo, object: "list"}:        listNames,
	{verb: xml.VerbInfo, object: "tag"}:         listTags,

	{verb: xml.VerbUpdate, object: "unrenew"}:      unrenew,
	{verb: xml.VerbUpdate, object: "fork"}:         fork,
	{verb: xml.VerbUpdate, object: "locks"}:        lock,
	{verb: xml.VerbUpdate, object: "contact-id"}:   renameContact,
	{verb: xml.VerbCheck, object: "direct-rights"}: directRights,
}

// release hands names to another tag (std-release-1.0). While the receiver is
// asked it is answered 1001 with releasePending.
func release(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.Release)
	out, err := c.reg.ReleaseDomains(c.ctx, c.actor, registry.ReleaseParams{
		Name: a.Domain, Registrant: a.Registrant, To: a.RegistrarTag})
	if err != nil {
		return answer{}, err
	}
	if out.Case == "" {
		return answer{ext: c.contactWarnings(out.Contacts)}, nil
	}
	return answer{code: xml.CodeOKPending, resData: &xml.ReleasePending{Text: fmt.Sprintf(
		"%s has to accept the release (case %s) until %s.", out.To, out.Case, out.ActBy.UTC().Format(time.RFC3339))}}, nil
}

// handshake answers a release by another tag (std-handshake-1.0).
func handshake(c *call) (answer, error) {
	var out *registry.HandshakeResult
	var err error
	switch a := c.cmd.Action.(type) {
	case *xml.HandshakeAccept:
		out, err = c.reg.AcceptHandshake(c.ctx, c.actor, a.CaseID, a.Registrant)
	case *xml.HandshakeReject:
		out, err = c.reg.RejectHandshake(c.ctx, c.actor, a.CaseID)
	}
	if err != nil {
		return answer{}, err
	}
	return answer{
		resData: &xml.HandshakeData{CaseID: out.Case, Domains: out.Names},
		ext:     c.contactWarnings(out.Contacts),
	}, nil
}

// contactWarnings tells a uk client which contact the names have now, where it is
// another one than before.
func (c *call) contactWarnings(moves []registry.ContactMove) []xml.Payload {
	if !c.uk() {
		return nil
	}
	var out []xml.Payload
	for _, m := range moves {
		switch {
		case m.Copied:
			out = append(out, &xml.WarnRegistrarAccountForked{Registrant: m.Final,
				Text: fmt.Sprintf("Other names use %s, so it stays; the gaining tag has the copy %s.", m.Original, m.Final)})
		case m.Original != m.Final:
			out = append(out, &xml.WarnContactMoved{Original: m.Original, Final: m.Final,
				Text: "The names have another contact as registrant."})
		}
	}
	return out
}
