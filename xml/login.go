package xml

// Hello asks for the greeting.
type Hello struct{}

// Logout ends the session.
type Logout struct{}

// Login opens the session (RFC 5730 section 2.9.1.1). With RFC 8807 the real
// passwords are in Extensions.LoginSec.
type Login struct {
	ClID    string
	PW      Secret
	NewPW   *Secret // nil: not changed
	Version string  // not checked here: the server answers 2100 on any but 1.0
	Lang    string  // not checked here: the server answers 2102 on an unknown one
	ObjURIs []string
	ExtURIs []string
}

// LoginSec is the login extension of RFC 8807.
type LoginSec struct {
	UserAgent *UserAgent
	PW        *Secret // nil: the one in Login holds
	NewPW     *Secret
}

// LoginSecurityPW stands in Login.PW or Login.NewPW when the password itself
// is in the extension (RFC 8807 section 3.1).
const LoginSecurityPW = "[LOGIN-SECURITY]"

// UserAgent describes the client's software; at least one field is set.
type UserAgent struct {
	App, Tech, OS string
}
