package axfr

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime/debug"
	"strings"

	"github.com/miekg/dns"

	"github.com/namekeep/namekeep/registry/zonefile"
)

// query is one question of a client.
type query struct {
	s    *Server
	w    dns.ResponseWriter
	msg  *dns.Msg
	from netip.Addr
	tcp  bool
	zone string // no dot at the end
	who  *Secondary
}

// refusal is an answer that is nothing but a code.
type refusal struct {
	rcode int
	tsig  uint16 // the error in the TSIG record, 0 for none
	why   string
}

func (r *refusal) Error() string { return r.why }

func refuse(rcode int, why string) error { return &refusal{rcode: rcode, why: why} }

// serve answers one message.
func (s *Server) serve(w dns.ResponseWriter, msg *dns.Msg) {
	q := &query{s: s, w: w, msg: msg}
	defer func() {
		if r := recover(); r != nil {
			s.cfg.Log.Error("zone transfer", "panic", r, "stack", string(debug.Stack()))
			w.Close()
		}
	}()
	err := q.answer()
	var no *refusal
	result := "done"
	switch {
	case errors.As(err, &no):
		result = "refused"
		s.cfg.Log.Info("zone transfer refused", "from", w.RemoteAddr().String(), "zone", q.zone, "type", q.kind(), "reason", no.why)
		err = q.reply(q.refusal(no))
	case err != nil:
		result = "failed"
		s.cfg.Log.Error("zone transfer", "from", w.RemoteAddr().String(), "zone", q.zone, "type", q.kind(), "error", err)
		w.Close() // a transfer that breaks off must not look like a whole one
		err = nil
	}
	if err != nil {
		result = "failed"
		s.cfg.Log.Warn("zone transfer", "from", w.RemoteAddr().String(), "zone", q.zone, "type", q.kind(), "error", err)
	}
	s.queries.WithLabelValues(q.kind(), result).Inc()
}

// kind is the type that was asked for, from a closed set.
func (q *query) kind() string {
	if len(q.msg.Question) == 1 {
		switch t := q.msg.Question[0].Qtype; t {
		case dns.TypeAXFR, dns.TypeIXFR, dns.TypeSOA:
			return dns.TypeToString[t]
		}
	}
	return "other"
}

// answer judges the question, cheapest first, and answers it.
func (q *query) answer() error {
	if len(q.msg.Question) != 1 {
		return refuse(dns.RcodeFormatError, "not one question")
	}
	err := q.identify()
	if err != nil {
		return err
	}
	if q.msg.Opcode != dns.OpcodeQuery {
		return refuse(dns.RcodeNotImplemented, "not a query")
	}
	if opt := q.msg.IsEdns0(); opt != nil && opt.Version() != 0 {
		return refuse(dns.RcodeBadVers, "EDNS version")
	}
	question := q.msg.Question[0]
	q.zone = strings.TrimSuffix(dns.CanonicalName(question.Name), ".")
	if question.Qclass != dns.ClassINET {
		return refuse(dns.RcodeRefused, "not class IN")
	}
	if !q.who.gets(q.zone) {
		return refuse(dns.RcodeNotAuth, "not a zone of this secondary")
	}
	ctx, cancel := context.WithTimeout(q.s.base, transferTimeout)
	defer cancel()
	switch question.Qtype {
	case dns.TypeSOA:
		err = q.soa(ctx)
	case dns.TypeAXFR:
		if !q.tcp {
			return refuse(dns.RcodeFormatError, "AXFR over UDP (RFC 5936 section 4.2)")
		}
		err = q.transfer(ctx, nil)
	case dns.TypeIXFR:
		err = q.increments(ctx)
	default:
		return refuse(dns.RcodeRefused, "not a transfer")
	}
	if errors.Is(err, zonefile.ErrNotServed) {
		return refuse(dns.RcodeNotAuth, "not a zone of ours")
	}
	return err
}

// identify finds out who asks: its signature and its address.
func (q *query) identify() error {
	var ap netip.AddrPort
	switch a := q.w.RemoteAddr().(type) {
	case *net.UDPAddr:
		ap = a.AddrPort()
	case *net.TCPAddr:
		ap, q.tcp = a.AddrPort(), true
	}
	q.from = ap.Addr().Unmap().WithZone("")
	sig := q.msg.IsTsig()
	if sig == nil {
		return refuse(dns.RcodeRefused, "not signed")
	}
	who := q.s.byKey[dns.CanonicalName(sig.Hdr.Name)]
	if who == nil || dns.CanonicalName(sig.Algorithm) != who.Algorithm+"." {
		return &refusal{dns.RcodeNotAuth, dns.RcodeBadKey, "unknown key"}
	}
	err := q.w.TsigStatus()
	switch {
	case errors.Is(err, dns.ErrTime):
		return &refusal{dns.RcodeNotAuth, dns.RcodeBadTime, "the clocks differ"}
	case err != nil:
		return &refusal{dns.RcodeNotAuth, dns.RcodeBadSig, "wrong signature"}
	case !who.asksFrom(q.from):
		return refuse(dns.RcodeRefused, "not an address of this secondary")
	}
	q.who = who
	return nil
}

// refusal is the message of a refusal.
func (q *query) refusal(no *refusal) *dns.Msg {
	m := new(dns.Msg)
	m.SetRcode(q.msg, no.rcode)
	m.Opcode = q.msg.Opcode
	q.addEDNS(m)
	sig := q.msg.IsTsig()
	if sig == nil || q.who == nil && no.tsig == 0 {
		return m
	}
	q.sign(m)
	if t := m.IsTsig(); no.tsig != 0 {
		t.Error = no.tsig
		if no.tsig == dns.RcodeBadTime { // says what time it is here (RFC 8945 section 5.2.3)
			t.TimeSigned = sig.TimeSigned
			t.OtherLen, t.OtherData = 6, fmt.Sprintf("%012X", q.s.cfg.Now().Unix())
		}
	}
	return m
}

// addEDNS answers EDNS with EDNS (RFC 6891 section 6.1.1).
func (q *query) addEDNS(m *dns.Msg) {
	if q.msg.IsEdns0() != nil {
		m.SetEdns0(1232, false)
		if m.Rcode > 0xf {
			m.IsEdns0().SetExtendedRcode(uint16(m.Rcode))
		}
	}
}

// sign marks a message to be signed when it is written.
func (q *query) sign(m *dns.Msg) {
	sig := q.msg.IsTsig()
	m.SetTsig(sig.Hdr.Name, sig.Algorithm, fudge, q.s.cfg.Now().Unix())
}

func (q *query) reply(m *dns.Msg) error { return q.w.WriteMsg(m) }

// soa answers what secondaries ask to see whether they are up to date.
func (q *query) soa(ctx context.Context) error {
	soa, err := q.s.pub.SOA(ctx, q.zone)
	if err != nil {
		return err
	}
	m := new(dns.Msg)
	m.SetReply(q.msg)
	m.Authoritative = true
	m.Answer = []dns.RR{soa}
	q.addEDNS(m)
	q.sign(m)
	return q.reply(m)
}
