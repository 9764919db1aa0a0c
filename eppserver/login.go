package eppserver

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// sessionCommands are login and logout. Hello is no command and served apart.
var sessionCommands = map[commandKey]handlerFunc{
	{verb: xml.VerbLogin}:  login,
	{verb: xml.VerbLogout}: logout,
}

// maxFailures is how many logins may fail on one connection (E3).
const maxFailures = 3

// login opens the session (RFC 5730 section 2.9.1.1, RFC 8807).
func login(c *call) (answer, error) {
	s, l := c.s, c.cmd.Action.(*xml.Login)
	if s.login != nil {
		return answer{}, refuse(xml.CodeUse, "logged in already")
	}
	switch {
	case l.Version != "1.0":
		return answer{}, &xml.Error{Code: xml.CodeUnimplementedVersion, Reason: "the version is 1.0",
			Element: &xml.Element{Tag: "version", Text: l.Version}}
	case !strings.EqualFold(l.Lang, "en"):
		return answer{}, &xml.Error{Code: xml.CodeUnimplementedOption, Reason: "the language is en",
			Element: &xml.Element{Tag: "lang", Text: l.Lang}}
	}
	services, err := servicesOf(s.profile(), l)
	if err != nil {
		return answer{}, err
	}
	p, err := loginParams(c, l)
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := s.untilEnding(c.ctx)
	defer cancel()
	who, err := c.reg.Authenticate(ctx, p)
	if err != nil {
		return answer{}, s.loginFailed(c, l.ClID, err)
	}
	actor := c.actor
	actor.TAG, actor.Registrar = who.TAG, who.Registrar
	id, err := c.reg.OpenSession(c.ctx, actor, who, registry.SessionParams{
		Server: s.srv.cfg.ID, Address: s.address, Max: s.l.Limits.Sessions, At: time.Now(),
	})
	if err != nil {
		return answer{}, s.loginFailed(c, l.ClID, err)
	}
	s.open(who, id, services)
	if !s.announces(xml.NSLoginSec) {
		return answer{}, nil
	}
	a := answer{}
	if events := loginEvents(who, p.NewPassword != "", c.reg.Now(), time.Now()); len(events) > 0 {
		a.ext = append(a.ext, &xml.LoginSecData{Events: events})
	}
	return a, nil
}

// untilEnding is a context that also ends when the connection is to end: a login
// that waits for its turn must not hold up the end of the server.
func (s *session) untilEnding(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-s.ending:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// open makes the session logged in.
func (s *session) open(who registry.Login, id int64, services map[string]bool) {
	s.login, s.id, s.tag, s.services, s.failures, s.strangers = &who, id, who.TAG, services, 0, nil
	s.srv.sessions.add(s)
	s.srv.metrics.sessions.WithLabelValues(s.l.Name, profileName(s.profile())).Inc()
	s.srv.metrics.logins.WithLabelValues(s.l.Name, "ok").Inc()
}

// loginFailed counts a login that failed and decides whether the connection
// may go on: the third closes it. Why is for the log only.
func (s *session) loginFailed(c *call, tag string, err error) error {
	var fault registry.LoginFault
	switch {
	case errors.As(err, &fault):
	case registry.KindOf(err) == registry.KindInternal:
		s.srv.metrics.logins.WithLabelValues(s.l.Name, "error").Inc()
		return err
	default:
		s.srv.metrics.logins.WithLabelValues(s.l.Name, registry.KindOf(err).String()).Inc()
		return err
	}
	s.failures++
	s.srv.metrics.logins.WithLabelValues(s.l.Name, string(fault)).Inc()
	s.srv.log.Warn("login refused", "reason", string(fault), "tag", tag, "address", s.address,
		"fingerprint", s.fingerprint, "svTRID", c.actor.SvTRID, "error", err)
	if s.failures >= maxFailures {
		return refuse(xml.CodeAuthClosing, "")
	}
	return err
}

// loginParams collects what the client shows. Passwords may be in the loginSec
// extension (RFC 8807 section 3.1).
func loginParams(c *call, l *xml.Login) (registry.LoginParams, error) {
	p := registry.LoginParams{
		TAG: l.ClID, Password: l.PW.Reveal(), Fingerprint: c.s.fingerprint,
		CertificateOptional: c.s.l.CertificateOptional, Address: c.s.address, Clock: time.Now,
	}
	if l.NewPW != nil {
		p.NewPassword = l.NewPW.Reveal()
	}
	sec := c.cmd.Ext.LoginSec
	if sec == nil {
		sec = &xml.LoginSec{}
	}
	if p.Password == xml.LoginSecurityPW {
		if sec.PW == nil {
			return p, missing("pw")
		}
		p.Password = sec.PW.Reveal()
	}
	if p.NewPassword == xml.LoginSecurityPW {
		if sec.NewPW == nil {
			return p, missing("newPW")
		}
		p.NewPassword = sec.NewPW.Reveal()
	}
	return p, nil
}

// missing refuses a marker that points to a password which is not there.
func missing(tag string) error {
	return &xml.Error{Code: xml.CodeMissingParameter, Reason: "the loginSec extension does not hold it",
		Element: &xml.Element{NS: xml.NSLoginSec, Tag: tag}}
}

// eventDays is how long before an expiry a login tells of it.
const eventDays = 30

// loginEvents tells of a certificate or password that expires soon (RFC 8807).
// The password's time is the registry's, the certificate's is real.
func loginEvents(who registry.Login, changed bool, now, real time.Time) []xml.LoginEvent {
	var events []xml.LoginEvent
	soon := func(kind, text string, expires, now time.Time) {
		if expires.IsZero() || expires.Sub(now) > eventDays*24*time.Hour {
			return
		}
		events = append(events, xml.LoginEvent{
			Type: kind, Level: "warning", ExDate: expires.UTC(), Text: text,
		})
	}
	soon("certificate", "The client certificate expires soon.", who.CertificateExpires, real)
	if !changed {
		soon("password", "The password expires soon.", who.PasswordExpires, now)
	}
	return events
}

// logout ends the session. Its row goes before the answer, so that a client
// that comes back at once finds its place free.
func logout(c *call) (answer, error) {
	c.s.end()
	return answer{code: xml.CodeOKEndSession}, nil
}
