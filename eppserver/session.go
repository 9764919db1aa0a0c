package eppserver

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// session is what a connection knows about its client (RFC 5730 figure 1). It
// belongs to the connection's goroutine; others look at login only, through
// the server's book of sessions.
type session struct {
	srv     *Server
	l       *ListenerConfig
	address string // the client's, without port
	// fingerprint of the client's certificate, "" if it showed none.
	fingerprint string
	began       time.Time
	drain       func()          // ends the connection, after the command in work
	ending      <-chan struct{} // closed by drain
	tag         string          // for the log; stays after logout
	// services are the URIs announced at login, objects and extensions alike.
	services map[string]bool
	login    *registry.Login // nil before login
	id       int64           // of the session's row
	failures int             // logins that failed on this connection
	// strangers holds back frames before the login; nil until the first.
	strangers *rate.Limiter
}

func (s *session) profile() xml.Profile { return s.l.Profile }

// announces tells whether the client announced a URI at login.
func (s *session) announces(uri string) bool { return s.services[uri] }

// registryProfile is the listener's profile as the register names it.
func registryProfile(p xml.Profile) registry.Profile {
	if p == xml.ProfileGTLD {
		return registry.ProfileGTLD
	}
	return registry.ProfileUK
}

// actor is who acts in this session, in one command.
func (s *session) actor(clTRID, svTRID string) registry.Actor {
	a := registry.Actor{
		Kind: registry.ActorRegistrar, ClTRID: clTRID, SvTRID: svTRID, Profile: registryProfile(s.profile()),
	}
	if s.login != nil {
		a.TAG, a.Registrar = s.login.TAG, s.login.Registrar
	}
	return a
}

// checkNames refuses a check of more objects than the listener allows (E4).
func (s *session) checkNames(cmd *xml.Command) error {
	n := 0
	switch a := cmd.Action.(type) {
	case *xml.DomainCheck:
		n = len(a.Names)
	case *xml.ContactCheck:
		n = len(a.IDs)
	case *xml.HostCheck:
		n = len(a.Names)
	}
	if limit := s.l.Limits.NamesPerCheck; limit > 0 && n > limit {
		return refuse(xml.CodePolicy, "too many objects in one check")
	}
	return nil
}

// end removes the session's row, if there is one. A failure leaves the row
// until the server's own is removed, so it is logged and nothing else.
func (s *session) end() {
	if s.login == nil {
		return
	}
	s.srv.sessions.remove(s)
	s.srv.metrics.sessions.WithLabelValues(s.l.Name, profileName(s.profile())).Dec()
	ctx, cancel := context.WithTimeout(context.Background(), rowTimeout)
	defer cancel()
	err := s.srv.reg.CloseSession(ctx, s.id)
	if err != nil {
		s.srv.log.Error("session row left behind", "tag", s.login.TAG, "error", err)
	}
	s.login = nil
}

// rowTimeout limits the work on a session's row when nobody waits for it.
const rowTimeout = 10 * time.Second
