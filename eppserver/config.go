package eppserver

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/namekeep/namekeep/xml"
)

// Config is what all listeners of a server share.
type Config struct {
	// Name is svID in the greeting, 3 to 64 characters. Default "Namekeep".
	Name string
	// ID tells this server from the others on the same database; it must differ
	// for each process and start. Default: random.
	ID string
	// Log gets one line for each command. Default: nothing.
	Log *slog.Logger
	// Metrics is where the server's metrics are registered. Default: nowhere.
	Metrics prometheus.Registerer
	// DebugXML logs frames at level debug, passwords and authInfo masked.
	DebugXML bool
	// Certificates, if not nil, is kept up to date for the listeners' handshakes.
	Certificates *CertificateBook
	// WatchInterval is how often the server signs on in the database and looks
	// for sessions to end: revoked certificates, suspended registrars. Default 5 s.
	WatchInterval time.Duration
}

// ListenerConfig is one address that is listened on.
type ListenerConfig struct {
	// Name tells listeners apart in logs and metrics.
	Name string
	// Profile decides the greeting and the known schemas.
	Profile xml.Profile
	// Addr is host:port for ListenAndServe.
	Addr string
	// TLS is made by certs.ServerTLSConfig. Nil is plain text, which is taken
	// on loopback addresses only (E2).
	TLS *tls.Config
	// CertificateOptional lets a registrar log in without a client certificate.
	// The TLS settings must allow that too. Plain text implies it.
	CertificateOptional bool
	Lenient             Lenient
	Limits              Limits
}

// Lenient are the settings of E2 and E8 that take what deployed uk clients send.
type Lenient struct {
	// Unframed takes input without the length header: it starts with "<" and
	// ends with the end tag of its root. Answers have the header all the same.
	Unframed bool
	// LeadingSpace takes white space before the XML declaration.
	LeadingSpace bool
	// Schema is xml.Options.Lenient.
	Schema bool
}

// Limits of a listener (E4). Zero takes the default; below zero is no limit.
// A registrar's own settings for sessions and commands win.
type Limits struct {
	MaxFrame          int           // bytes of a frame with its header, default 64 KiB, at most 16 MiB
	Connections       int           // open at once on this listener, default 10,000
	PerAddress        int           // open at once from one address, default 500
	Handshakes        int           // in progress at once, default 64
	Sessions          int           // of one registrar over all servers, default 20
	CommandsPerSecond int           // of one registrar over all servers, default no limit
	NamesPerCheck     int           // default 100
	Handshake         time.Duration // for the TLS handshake, default 10 s
	Frame             time.Duration // from a frame's first byte to its last, default 30 s
	Idle              time.Duration // between frames, default 10 min
	Age               time.Duration // of a session, default 24 h
	Write             time.Duration // for an answer, default 30 s
	Command           time.Duration // for a command's work, default 20 s
}

// maxFrameLimit is the longest frame that may be configured. A header above it
// starts with a byte that is neither "<" nor white space, so that input
// without a header can be told from a frame.
const maxFrameLimit = 16 << 20

// throttle is how long a command may be held back by the limit of commands per
// second before the session is ended with 2502.
const throttle = 5 * time.Second

func limit[N int | time.Duration](v *N, deflt N) {
	switch {
	case *v == 0:
		*v = deflt
	case *v < 0:
		*v = 0
	}
}

// withDefaults fills in what is zero; then zero means no limit.
func (l Limits) withDefaults() Limits {
	limit(&l.MaxFrame, 64<<10)
	limit(&l.Connections, 10_000)
	limit(&l.PerAddress, 500)
	limit(&l.Handshakes, 64)
	limit(&l.Sessions, 20)
	limit(&l.CommandsPerSecond, 0)
	limit(&l.NamesPerCheck, 100)
	limit(&l.Handshake, 10*time.Second)
	limit(&l.Frame, 30*time.Second)
	limit(&l.Idle, 10*time.Minute)
	limit(&l.Age, 24*time.Hour)
	limit(&l.Write, 30*time.Second)
	limit(&l.Command, 20*time.Second)
	return l
}

func (c *ListenerConfig) validate() error {
	if c.Name == "" {
		return errors.New("eppserver: a listener needs a name")
	}
	if c.Profile != xml.ProfileUK && c.Profile != xml.ProfileGTLD {
		return fmt.Errorf("eppserver: listener %s: unknown profile %d", c.Name, c.Profile)
	}
	if c.Limits.MaxFrame < 512 || c.Limits.MaxFrame > maxFrameLimit {
		return fmt.Errorf("eppserver: listener %s: frames of %d bytes: must be 512 to %d",
			c.Name, c.Limits.MaxFrame, maxFrameLimit)
	}
	return nil
}
