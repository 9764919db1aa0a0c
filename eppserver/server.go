package eppserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/namekeep/namekeep/registry"
)

// Server serves EPP on any number of listeners. Its only state is its open
// connections: all else is in the database, which many servers may share.
type Server struct {
	cfg       Config
	reg       *registry.Registry
	log       *slog.Logger
	metrics   *metrics
	sessions  sessionBook
	rates     rateBook
	greetings greetings
	lists     chan struct{} // places for long lists in the making
	live      atomic.Int64  // servers on this database, from the last heartbeat

	mu        sync.Mutex
	closing   bool
	listeners map[net.Listener]bool
	conns     map[*conn]bool
	running   sync.WaitGroup     // connections
	quit      context.CancelFunc // ends the watcher
	watched   chan struct{}      // closed when it has ended
}

// New makes a server for the register, signs it on in the database and starts
// to look after its sessions. It must be ended with Shutdown.
func New(ctx context.Context, cfg Config, reg *registry.Registry) (*Server, error) {
	if cfg.Name == "" {
		cfg.Name = "Namekeep"
	}
	if len(cfg.Name) < 3 || len(cfg.Name) > 64 {
		return nil, fmt.Errorf("eppserver: name %q: must be 3 to 64 characters", cfg.Name)
	}
	if cfg.ID == "" {
		cfg.ID = rand.Text()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.WatchInterval <= 0 {
		cfg.WatchInterval = 5 * time.Second
	}
	s := &Server{
		cfg: cfg, reg: reg, log: cfg.Log,
		listeners: map[net.Listener]bool{},
		conns:     map[*conn]bool{},
		lists:     make(chan struct{}, listsAtOnce),
		watched:   make(chan struct{}),
	}
	var err error
	s.metrics, err = newMetrics(cfg.Metrics)
	if err != nil {
		return nil, fmt.Errorf("eppserver: metrics: %w", err)
	}
	live, err := reg.Heartbeat(ctx, cfg.ID, nil, time.Now())
	if err != nil {
		s.metrics.unregister()
		return nil, fmt.Errorf("eppserver: %w", err)
	}
	s.live.Store(int64(live))
	// The watcher outlives the call: it ends with Shutdown.
	watching, quit := context.WithCancel(context.WithoutCancel(ctx))
	s.quit = quit
	go s.watch(watching)
	return s, nil
}

// ErrClosed is returned by Serve after Shutdown.
var ErrClosed = errors.New("eppserver: server closed")

// ListenAndServe listens on cfg.Addr and serves as Serve does.
func (s *Server) ListenAndServe(ctx context.Context, cfg ListenerConfig) error {
	// Keepalive finds clients that vanished long before the idle time is over.
	lc := net.ListenConfig{KeepAlive: 30 * time.Second}
	ln, err := lc.Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return fmt.Errorf("eppserver: listener %s: %w", cfg.Name, err)
	}
	return s.Serve(ctx, ln, cfg)
}

// Serve takes connections from ln, which it closes, until Shutdown, or until
// ctx ends; open sessions go on then. It returns ErrClosed after Shutdown.
func (s *Server) Serve(ctx context.Context, ln net.Listener, cfg ListenerConfig) error {
	defer ln.Close()
	cfg.Limits = cfg.Limits.withDefaults()
	err := cfg.validate()
	if err == nil && cfg.TLS == nil {
		cfg.CertificateOptional = true
		if !isLoopback(ln.Addr()) {
			err = fmt.Errorf("eppserver: listener %s: plain text on %s: only on loopback", cfg.Name, ln.Addr())
		}
	}
	if err != nil {
		return err
	}
	if !s.addListener(ln) {
		return ErrClosed
	}
	defer s.removeListener(ln)
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	g := newGate(&cfg)
	var pause time.Duration
	for {
		nc, err := ln.Accept()
		if err == nil {
			pause = 0
			s.accept(nc, g)
			continue
		}
		if s.isClosing() {
			return ErrClosed
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("eppserver: listener %s: %w", cfg.Name, err)
		}
		// Out of file descriptors, most likely: it passes.
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		s.log.Error("accept", "listener", cfg.Name, "error", err)
		time.Sleep(pause)
	}
}

// accept starts a connection's goroutine if the listener has room for it.
func (s *Server) accept(nc net.Conn, g *gate) {
	address := hostOf(nc.RemoteAddr())
	p := g.enter(address)
	if p == nil {
		s.metrics.refused.WithLabelValues(g.cfg.Name).Inc()
		nc.Close()
		return
	}
	c := newConn(s, nc, g, p)
	if !s.addConn(c) {
		g.leave(p)
		nc.Close()
		return
	}
	go func() {
		defer s.running.Done()
		defer g.leave(p)
		defer s.removeConn(c)
		c.run()
	}()
}

// Shutdown stops the server: no new connections, idle sessions are closed,
// commands in flight are answered first. When ctx ends before that, the rest
// is cut off and the error of ctx returned. The register is left usable.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return ErrClosed
	}
	s.closing = true
	for ln := range s.listeners {
		ln.Close()
	}
	for c := range s.conns {
		c.drain()
	}
	s.mu.Unlock()

	done := make(chan struct{})
	go func() { s.running.Wait(); close(done) }()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = ctx.Err()
		s.cut()
		<-done
	}
	s.quit()
	<-s.watched
	s.metrics.unregister()
	// What ctx has left may be nothing, but the rows ought to go.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, s.reg.FlushUsage(last), s.reg.RemoveServer(last, s.cfg.ID))
}

// cut closes every connection.
func (s *Server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.cut()
	}
}

func (s *Server) isClosing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

func (s *Server) addListener(ln net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.listeners[ln] = true
	return true
}

func (s *Server) removeListener(ln net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, ln)
}

func (s *Server) addConn(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.conns[c] = true
	s.running.Add(1)
	return true
}

func (s *Server) removeConn(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

func isLoopback(a net.Addr) bool {
	ip := net.ParseIP(hostOf(a))
	return ip != nil && ip.IsLoopback()
}

// hostOf is an address without its port.
func hostOf(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}
