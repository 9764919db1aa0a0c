package eppserver

import (
	"context"
	"fmt"
	"maps"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// call is one command on its way through the server.
type call struct {
	ctx   context.Context // ends with the command's time limit; a client that hangs up does not end it
	s     *session
	cmd   *xml.Command
	actor registry.Actor // the registrar, with ClTRID, SvTRID and Profile; empty before login
	reg   *registry.Registry
}

// answer is what a handler gives back. Code 0 means 1000.
type answer struct {
	code    xml.ResultCode
	resData xml.Payload
	ext     []xml.Payload
	msgQ    *xml.MsgQ
	values  []xml.ExtValue // beside a success; refusals are errors
	done    func()         // called once the answer has been written to the buffer; may be nil
}

// handlerFunc carries out one command. It translates the command for the
// register, calls it and translates back; rules live in package registry. A
// refusal is a *registry.Error or *xml.Error; any other error is a fault of
// ours and becomes 2400. See result.go.
type handlerFunc func(c *call) (answer, error)

// commandKey finds a handler. Op is set for transfer only, where one handler
// may serve one operation; "" serves all that have none of their own.
type commandKey struct {
	verb   xml.Verb
	object string
	op     xml.TransferOp
}

// commands is the one table of all commands: the maps of the files that serve
// them, put together.
var commands = tableOf(
	sessionCommands,
	pollCommands,
	domainCommands,
	contactCommands,
	hostCommands,
	transferCommands,
	ukCommands,
	renewalCommands,
)

// tableOf joins maps that must not overlap: two handlers for one command are a
// mistake of the program, found when it starts.
func tableOf(parts ...map[commandKey]handlerFunc) map[commandKey]handlerFunc {
	all := map[commandKey]handlerFunc{}
	for _, part := range parts {
		for key := range part {
			if all[key] != nil {
				panic(fmt.Sprintf("two handlers for %s %s %s", key.verb, key.object, key.op))
			}
		}
		maps.Copy(all, part)
	}
	return all
}

// objectURIs says which URI must have been announced at login for a command on
// an object. Session commands have none.
var objectURIs = map[string]string{
	"domain":        xml.NSDomain,
	"contact":       xml.NSContact,
	"host":          xml.NSHost,
	"release":       xml.NSRelease,
	"handshake":     xml.NSHandshake,
	"list":          xml.NSList,
	"unrenew":       xml.NSUnrenew,
	"fork":          xml.NSFork,
	"locks":         xml.NSLocks,
	"contact-id":    xml.NSContactID,
	"tag":           xml.NSTag,
	"direct-rights": xml.NSDirectRights,
	"renewal":       xml.NSRenewal,
}

// beforeLogin are the commands a session may give before it is logged in (E3).
// Hello is answered without this table.
func beforeLogin(v xml.Verb) bool { return v == xml.VerbLogin || v == xml.VerbLogout }

// dispatch checks the session's state, what it announced and its limits, and
// runs the handler.
func dispatch(c *call) (answer, error) {
	if c.s.login == nil && !beforeLogin(c.cmd.Verb) {
		return answer{}, refuse(xml.CodeUse, "log in first")
	}
	err := c.announced()
	if err != nil {
		return answer{}, err
	}
	err = c.s.checkNames(c.cmd)
	if err != nil {
		return answer{}, err
	}
	handle := handlerOf(c.cmd)
	if handle == nil {
		return answer{}, refuse(xml.CodeUnimplementedCommand, "this command is not served for this object")
	}
	return handle(c)
}

func handlerOf(cmd *xml.Command) handlerFunc {
	key := commandKey{verb: cmd.Verb, object: cmd.Object}
	switch a := cmd.Action.(type) {
	case *xml.DomainTransfer:
		key.op = a.Op
	case *xml.ContactTransfer:
		key.op = a.Op
	}
	handle := commands[key]
	if handle == nil {
		key.op = ""
		handle = commands[key]
	}
	return handle
}

// announced refuses an object (2307) or an extension (2103) that the client did
// not announce at login (RFC 5730 section 2.9.1.1). In uk an extension need not
// be: deployed clients send what they did not announce.
func (c *call) announced() error {
	if c.s.login == nil {
		return nil
	}
	object := objectURIs[c.cmd.Object]
	if object != "" && !c.s.services[object] {
		return refuse(xml.CodeUnimplementedService, "the service was not announced at login: "+object)
	}
	if c.s.profile() == xml.ProfileUK || c.cmd.Verb == xml.VerbLogin {
		return nil
	}
	for _, uri := range c.cmd.Namespaces {
		if uri != object && !c.s.services[uri] {
			return refuse(xml.CodeUnimplementedExt, "the extension was not announced at login: "+uri)
		}
	}
	return nil
}
