package eppserver

import (
	"bytes"
	"sync/atomic"

	"github.com/namekeep/namekeep/xml"
)

// greetings keeps each profile's greeting for the second that its svDate
// names: hello before every command is normal (E4).
type greetings [2]atomic.Pointer[greeting]

// greeting is an encoded greeting.
type greeting struct {
	second int64 // of svDate, registry clock
	xml    []byte
}

// Encode appends the greeting.
func (g *greeting) Encode(b *bytes.Buffer) { b.Write(g.xml) }

// greeting returns what the server says first on a profile's listeners.
func (s *Server) greeting(p xml.Profile) *greeting {
	now := s.reg.Now()
	kept := &s.greetings[p]
	if g := kept.Load(); g != nil && g.second == now.Unix() {
		return g
	}
	fresh := &xml.Greeting{SvID: s.cfg.Name, SvDate: now, ObjURIs: p.ObjectURIs(), ExtURIs: p.ExtensionURIs()}
	g := &greeting{second: now.Unix(), xml: fresh.Bytes()}
	kept.Store(g)
	return g
}

// greet adds the greeting to what is to be written.
func (c *conn) greet() { c.put(c.srv.greeting(c.s.profile())) }
