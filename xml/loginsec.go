package xml

import "time"

// LoginSecData tells security events in the login answer (RFC 8807); at least one.
type LoginSecData struct {
	Events []LoginEvent
}

// LoginEvent is one event. Zero fields are left out.
type LoginEvent struct {
	Type     string // password, certificate, cipher, tlsProtocol, newPW, stat, custom
	Name     string // of a stat or custom event
	Level    string // warning or error
	ExDate   time.Time
	Value    string
	Duration string // XML duration
	Lang     string
	Text     string
}
