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
