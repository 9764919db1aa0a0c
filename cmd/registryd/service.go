package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/cmd/registryd/config"
	"github.com/namekeep/namekeep/eppserver"
	"github.com/namekeep/namekeep/notify"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pages"
	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/rdap"
	"github.com/namekeep/namekeep/registry/whois"
	"github.com/namekeep/namekeep/xml"
)

// service is everything that a running registryd has open. It serves "serve"
// and "demo" alike.
type service struct {
	cfg      config.Config
	log      *slog.Logger
	db       *pg.DB
	reg      *registry.Registry
	metrics  *prometheus.Registry
	epp      *eppserver.Server
	tls      *tlsFiles // nil if all listeners are plain
	id       string    // of this process among those on the database
	jobs     *jobMetrics
	draining atomic.Bool

	listeners []boundListener
	http      net.Listener // nil without metrics

	public     net.Listener    // pages and RDAP; nil without
	publicCert *certs.Reloader // nil: plain HTTP
	proxies    []netip.Prefix
	pages      *pages.Pages
	publicSeen *publicMetrics

	rdap   *rdap.Handler // on the public listener; nil without
	whois  *whois.Server // nil without
	port43 net.Listener

	zones zones

	mail      *notify.Metrics
	templates *notify.Templates // nil when neither mail nor letters go out
	sender    *notify.Sender    // nil without a mail server
}

// boundListener is an address that is open, and how it is served.
type boundListener struct {
	net.Listener
	cfg eppserver.ListenerConfig
}

// open connects to the database, checks its version and binds every address, so
// that run has little left that can fail. After an error nothing stays open.
func open(ctx context.Context, cfg config.Config, log *slog.Logger) (*service, error) {
	s := &service{cfg: cfg, log: log, metrics: prometheus.NewRegistry(), jobs: newJobMetrics(), publicSeen: newPublicMetrics(), id: serverID()}
	err := s.openRegister(ctx)
	if err == nil {
		err = s.openTLS(ctx)
	}
	if err == nil {
		err = s.registerMetrics()
	}
	if err == nil {
		err = s.openPublic(ctx)
	}
	if err == nil {
		err = s.openLookup(ctx)
	}
	if err == nil {
		err = s.openZones(ctx)
	}
	if err == nil {
		err = s.openMail()
	}
	if err == nil {
		err = s.bind(ctx)
	}
	if err == nil {
		s.epp, err = eppserver.New(ctx, eppserver.Config{
			Name: cfg.EPP.Name, ID: s.id, Log: log, Metrics: s.metrics,
			DebugXML: cfg.EPP.DebugXML, WatchInterval: cfg.EPP.WatchInterval, Certificates: s.tls.certificates(),
		}, s.reg)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// openRegister opens the database and the register in it. It migrates only when
// told to.
func (s *service) openRegister(ctx context.Context) error {
	var err error
	s.db, err = pg.Open(ctx, s.cfg.PG())
	if err != nil {
		return err
	}
	if s.cfg.Database.Migrate {
		err = pg.Migrate(ctx, s.db, func(file string) { s.log.Info("migrated", "file", file) })
		if err == nil {
			err = registry.Install(ctx, s.db, s.cfg.Install())
		}
		if err == nil {
			err = pg.RefreshRoles(ctx, s.db)
		}
		if err == nil {
			err = s.db.RefreshClock(ctx)
		}
	}
	if err == nil {
		err = pg.CheckVersion(ctx, s.db)
	}
	if err != nil {
		return err
	}
	s.reg, err = registry.New(ctx, s.db, s.cfg.Registry())
	return err
}

// bind opens all addresses.
func (s *service) bind(ctx context.Context) error {
	// Keepalive finds clients that vanished long before the idle time is over.
	lc := net.ListenConfig{KeepAlive: 30 * time.Second}
	for _, name := range slices.Sorted(maps.Keys(s.cfg.Listeners)) {
		l := s.cfg.Listeners[name]
		cfg, err := s.listenerConfig(name, l)
		if err != nil {
			return fmt.Errorf("listener.%s: %w", name, err)
		}
		ln, err := lc.Listen(ctx, "tcp", l.Address)
		if err != nil {
			return fmt.Errorf("listener.%s.address: %w", name, err)
		}
		s.listeners = append(s.listeners, boundListener{ln, cfg})
	}
	if s.cfg.Metrics.Address == "" {
		return nil
	}
	var err error
	s.http, err = lc.Listen(ctx, "tcp", s.cfg.Metrics.Address)
	if err != nil {
		return fmt.Errorf("metrics.address: %w", err)
	}
	return nil
}

// address is where a listener listens, "" if there is none of the name.
func (s *service) address(name string) string {
	for _, l := range s.listeners {
		if l.cfg.Name == name {
			return l.Addr().String()
		}
	}
	return ""
}

// run serves until ctx ends or something breaks, and then stops in order:
// readiness says no, listeners close, commands and requests in flight are
// answered, jobs end, metrics go last, so that the end can be watched.
func (s *service) run(ctx context.Context) error {
	defer s.close()
	jobs, stopJobs := context.WithCancel(context.WithoutCancel(ctx))
	defer stopJobs()
	g, broken := errgroup.WithContext(context.WithoutCancel(ctx))
	for _, l := range s.listeners {
		g.Go(func() error { return expect(s.epp.Serve(jobs, l.Listener, l.cfg), eppserver.ErrClosed) })
		s.log.Info("listening", "listener", l.cfg.Name, "address", l.Addr().String(), "tls", l.cfg.TLS != nil)
	}
	web := s.webServer()
	if s.http != nil {
		g.Go(func() error { return expect(web.Serve(s.http), http.ErrServerClosed) })
		s.log.Info("listening", "listener", "metrics", "address", s.http.Addr().String())
	}
	public := s.startPublic(jobs, g)
	asking, stopAsking := context.WithCancel(jobs)
	defer stopAsking()
	s.startWhois(asking, g)
	s.startZones(asking, g)
	s.startJobs(jobs, g)

	select {
	case <-ctx.Done():
		s.log.Info("stopping")
	case <-broken.Done():
		s.log.Error("stopping", "error", context.Cause(broken))
	}
	s.draining.Store(true)
	stopAsking()
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.EPP.ShutdownTimeout)
	defer cancel()
	err := errors.Join(s.epp.Shutdown(limited), public.Shutdown(limited))
	stopJobs()
	err = errors.Join(err, web.Shutdown(limited), g.Wait())
	if err == nil {
		s.log.Info("stopped")
	}
	return err
}

// expect turns the error that a wanted end has into none.
func expect(err, end error) error {
	if errors.Is(err, end) {
		return nil
	}
	return err
}

// close frees what open opened.
func (s *service) close() {
	for _, l := range s.listeners {
		l.Close()
	}
	for _, ln := range []net.Listener{s.http, s.public, s.port43, s.zones.tcp} {
		if ln != nil {
			ln.Close()
		}
	}
	if s.zones.udp != nil {
		s.zones.udp.Close()
	}
	if s.db != nil {
		s.db.Close()
	}
}

// listenerConfig translates a listener's settings.
func (s *service) listenerConfig(name string, l config.Listener) (eppserver.ListenerConfig, error) {
	out := eppserver.ListenerConfig{
		Name: name, Profile: wireProfile(l.Profile), Addr: l.Address,
		CertificateOptional: l.Plain || l.ClientCertificate == config.CertificateOptional,
		Lenient: eppserver.Lenient{
			Unframed: l.LenientUnframed, LeadingSpace: l.LenientLeadingSpace, Schema: l.LenientSchema,
		},
		Limits: eppserver.Limits{
			MaxFrame: l.MaxFrame, Connections: l.MaxConnections, PerAddress: l.MaxPerAddress,
			Handshakes: l.MaxHandshakes, Sessions: l.MaxSessions, CommandsPerSecond: l.CommandsPerSecond,
			NamesPerCheck: l.NamesPerCheck, Handshake: l.HandshakeTimeout, Frame: l.FrameTimeout,
			Idle: l.IdleTimeout, Age: l.MaxAge, Write: l.WriteTimeout, Command: l.CommandTimeout,
		},
	}
	if l.Plain {
		return out, nil
	}
	mode := certs.RequestClientCert
	if l.ClientCertificate == config.CertificateRequired {
		mode = certs.RequireClientCert
	}
	var err error
	out.TLS, err = certs.ServerTLSConfig(certs.ServerOptions{
		GetCertificate: s.tls.server.GetCertificate, Mode: mode, Clients: s.tls.book.Policy(s.tls.pool),
	})
	return out, err
}

func wireProfile(p registry.Profile) xml.Profile {
	if p == registry.ProfileGTLD {
		return xml.ProfileGTLD
	}
	return xml.ProfileUK
}
