// Package whois answers RFC 3912 queries from the register: one line in, one
// text out, one query to the database. What of contacts is told the registry
// decides (registry.Publish).
//
// Imports: registry, registry/ratelimit.
package whois

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/ratelimit"
)

// Config is what a Server needs to know beside the register.
type Config struct {
	Name        string // of the registry, for the help text
	TermsURL    string // of the terms of use; "" for none
	Publication registry.Publication
	PerMinute   int // queries of one address; 0: no limit
	// Connections at once, of all and of one address. Defaults 1000 and 20.
	MaxConnections, MaxPerAddress int
	// Timeout limits the wait for a query, the look-up, and the sending of the
	// answer, each. Default 10 s.
	Timeout time.Duration
	Log     *slog.Logger
	Metrics prometheus.Registerer // nil for none
}

const (
	// maxQuery is longer than any name with a word before it.
	maxQuery = 1024
	// maxLinger is how much of an endless query is swallowed, so that its sender
	// gets to read the answer.
	maxLinger  = 64 << 10
	lingerTime = time.Second
)

// Server answers queries.
type Server struct {
	reg     *registry.Registry
	cfg     Config
	limit   *ratelimit.Limiter
	metrics *metrics

	mu    sync.Mutex
	open  map[netip.Prefix]int
	total int
	conns sync.WaitGroup
}

// New returns a server of a register. It fails where the metrics are registered
// already.
func New(reg *registry.Registry, cfg Config) (*Server, error) {
	if cfg.MaxConnections <= 0 {
		cfg.MaxConnections = 1000
	}
	if cfg.MaxPerAddress <= 0 {
		cfg.MaxPerAddress = 20
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 10 * time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	m, err := newMetrics(cfg.Metrics)
	if err != nil {
		return nil, err
	}
	return &Server{reg: reg, cfg: cfg, limit: ratelimit.New(cfg.PerMinute), metrics: m, open: map[netip.Prefix]int{}}, nil
}

// Serve answers on a listener until ctx ends, and closes it. Queries that are
// being answered then are answered first. The error is that of the listener.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	defer s.conns.Wait()
	for {
		conn, err := ln.Accept()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return nil
		}
		var temporary interface{ Temporary() bool }
		if errors.As(err, &temporary) && temporary.Temporary() {
			// Out of file descriptors, mostly: others will close theirs.
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		if err != nil {
			return err
		}
		s.conns.Go(func() { s.serve(ctx, conn) })
	}
}

// serve answers the one query of a connection.
func (s *Server) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer func() {
		if fault := recover(); fault != nil {
			s.metrics.count(kindHelp, resultFault)
			s.cfg.Log.Error("whois: panic", "fault", fault)
		}
	}()
	address := addressOf(conn)
	network := ratelimit.Network(address)
	if !s.enter(network) {
		s.metrics.count(kindHelp, resultBusy)
		s.send(ctx, conn, []byte("% Too many connections. Try again in a moment.\r\n"))
		return
	}
	defer s.leave(network)
	began := s.reg.Now()
	line, err := s.read(ctx, conn)
	if err != nil && !errors.As(err, new(malformed)) {
		return // nobody is there, or nobody says anything
	}
	answer, k, result := s.answer(ctx, address, line, err)
	s.metrics.count(k, result)
	s.metrics.took.Observe(s.reg.Now().Sub(began).Seconds())
	s.send(ctx, conn, answer)
	s.cfg.Log.Debug("whois", "address", network.String(), "object", string(k), "result", result)
}

// deadline limits what is done next with a connection. The machine's clock is
// meant, not the registry's.
func (s *Server) deadline(ctx context.Context, conn net.Conn, limit time.Duration) {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	at, _ := limited.Deadline()
	conn.SetDeadline(at) // fails only on a connection that is gone
}

// read reads a line. A client that ends its side without a line end has asked
// too.
func (s *Server) read(ctx context.Context, conn net.Conn) ([]byte, error) {
	s.deadline(ctx, conn, s.cfg.Timeout)
	// Who has not asked when the server stops is not waited for.
	stop := context.AfterFunc(ctx, func() { s.deadline(ctx, conn, 0) })
	defer stop()
	line, err := bufio.NewReaderSize(conn, maxQuery).ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, malformed("The query is too long.")
	case err != nil && !(errors.Is(err, io.EOF) && len(line) > 0):
		return nil, err
	}
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r")), nil
}

// send writes the answer, ends our side, and lets the other read it.
func (s *Server) send(ctx context.Context, conn net.Conn, answer []byte) {
	s.deadline(ctx, conn, s.cfg.Timeout)
	_, err := conn.Write(answer)
	half, ok := conn.(interface{ CloseWrite() error })
	if err != nil || !ok || half.CloseWrite() != nil {
		return
	}
	// Closing with something unread would reset the connection, and the answer
	// might be lost with it.
	s.deadline(ctx, conn, lingerTime)
	io.CopyN(io.Discard, conn, maxLinger) // it ends with the client, or with the time
}

func addressOf(conn net.Conn) netip.Addr {
	ap, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr()
}

// enter counts a connection, unless there are too many.
func (s *Server) enter(n netip.Prefix) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total >= s.cfg.MaxConnections || s.open[n] >= s.cfg.MaxPerAddress {
		return false
	}
	s.total++
	s.open[n]++
	return true
}

func (s *Server) leave(n netip.Prefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	s.open[n]--
	if s.open[n] == 0 {
		delete(s.open, n)
	}
}

// answer carries a query out. err is what is wrong with the line.
func (s *Server) answer(ctx context.Context, address netip.Addr, line []byte, err error) ([]byte, kind, string) {
	var t text
	ok, wait := s.limit.Allow(address, s.reg.Now())
	if !ok {
		t.line("%% Too many queries from your address. The next one is answered in %d seconds.", int(wait.Seconds())+1)
		return t.Bytes(), kindHelp, resultLimited
	}
	var q query
	if err == nil {
		q, err = parseQuery(line)
	}
	var bad malformed
	if errors.As(err, &bad) {
		t.line("%% %s", bad)
		return t.Bytes(), kindHelp, resultMalformed
	}
	if q.kind == kindHelp {
		s.help(&t)
		return t.Bytes(), kindHelp, resultFound
	}
	// The client may end its side and still wait for the answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Timeout)
	defer cancel()
	err = s.lookup(ctx, q, &t)
	if err == nil {
		s.terms(&t)
		return t.Bytes(), q.kind, resultFound
	}
	return s.refuse(q, err)
}

// lookup asks the register and writes what it says.
func (s *Server) lookup(ctx context.Context, q query, t *text) error {
	if q.kind == kindRegistrar {
		e, err := s.reg.LookupEntity(ctx, q.text, registry.PublishNone)
		if err != nil {
			return err
		}
		t.registrar(*e.Registrar)
		t.asOf(e.Now)
		return nil
	}
	name, err := registry.ToASCII(trimDot(q.text))
	if err != nil {
		return err
	}
	if q.kind == kindNameserver {
		h, err := s.reg.LookupHost(ctx, name)
		if err != nil {
			return err
		}
		t.host(h)
		t.asOf(h.Now)
		return nil
	}
	d, err := s.reg.LookupDomain(ctx, name, s.cfg.Publication)
	if err != nil {
		return err
	}
	t.domain(d)
	t.asOf(d.Now)
	return nil
}

// trimDot takes the dot off the end of a name that is given in full.
func trimDot(name string) string {
	if len(name) > 1 && name[len(name)-1] == '.' {
		return name[:len(name)-1]
	}
	return name
}

// refuse says why there is no data.
func (s *Server) refuse(q query, err error) ([]byte, kind, string) {
	var t text
	switch registry.KindOf(err) {
	case registry.KindNotFound:
		t.line("%% No match for %q.", q.text)
		return t.Bytes(), q.kind, resultNotFound
	case registry.KindPolicy:
		t.line("%% No match for %q.", q.text)
		t.line("%% %s", registry.AsRefusal(err).Reason)
		return t.Bytes(), q.kind, resultNotFound
	case registry.KindParamSyntax:
		t.line("%% %q cannot be looked up.", q.text)
		t.line("%% %s", registry.AsRefusal(err).Reason)
		return t.Bytes(), q.kind, resultMalformed
	}
	s.cfg.Log.Error("whois", "object", string(q.kind), "error", err)
	t.line("%% The registry cannot answer at the moment. Try again later.")
	return t.Bytes(), q.kind, resultFault
}
