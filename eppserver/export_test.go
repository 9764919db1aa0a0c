package eppserver

import "github.com/namekeep/namekeep/xml"

// PanicOnPoll makes the handler of poll panic until the function returned is
// called. Tests that use it must not run beside others.
func PanicOnPoll() (restore func()) {
	key := commandKey{verb: xml.VerbPoll}
	before, had := commands[key]
	commands[key] = func(*call) (answer, error) { panic("a bug") }
	return func() {
		delete(commands, key)
		if had {
			commands[key] = before
		}
	}
}

// CommandName is a command of the table, as tests see it. A transfer has an Op.
type CommandName struct {
	Verb   xml.Verb
	Object string
	Op     xml.TransferOp
}

// CommandNames lists the table of commands; a handler of all remaining
// operations of a transfer stands for each of them.
func CommandNames() []CommandName {
	var list []CommandName
	for key := range commands {
		if key.verb != xml.VerbTransfer || key.op != "" {
			list = append(list, CommandName{key.verb, key.object, key.op})
			continue
		}
		for _, op := range []xml.TransferOp{xml.TransferRequest, xml.TransferQuery, xml.TransferApprove, xml.TransferReject, xml.TransferCancel} {
			own := key
			own.op = op
			if commands[own] == nil {
				list = append(list, CommandName{key.verb, key.object, op})
			}
		}
	}
	return list
}
