package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"

	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/registry/pages"
)

// Limits of the public listener. Anybody may connect, so nothing is generous.
const (
	publicHeaderTime = 5 * time.Second
	publicReadTime   = 15 * time.Second
	publicWriteTime  = 30 * time.Second
	publicIdleTime   = time.Minute
	publicHeaders    = 16 << 10 // bytes
	publicBody       = 1 << 20  // bytes: a form with some thousand names
)

// publicMetrics count what the public listener answers. Surfaces are a closed
// set: no path is a label, for paths have tokens in them.
type publicMetrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newPublicMetrics() *publicMetrics {
	return &publicMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "http_requests_total",
			Help: "Requests that the public listener answered."}, []string{"surface", "method", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "http_request_duration_seconds",
			Help: "Time to answer a request of the public listener.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 7)}, []string{"surface"}),
	}
}

// openPublic opens the public listener. It comes before whatever names the
// address of the pages: a demo on any free port learns it here.
func (s *service) openPublic(ctx context.Context) error {
	w := s.cfg.Web
	if w.Address == "" {
		return nil
	}
	ln, err := (&net.ListenConfig{KeepAlive: 30 * time.Second}).Listen(ctx, "tcp", w.Address)
	if err != nil {
		return fmt.Errorf("web.address: %w", err)
	}
	s.public = ln
	if s.cfg.Identity.URL == "" { // of the demo only; Check demands one
		s.cfg.Identity.URL = "http://" + reachable(ln.Addr().String())
	}
	s.proxies, err = w.TrustedProxies()
	if err == nil && w.Cert != "" {
		s.publicCert, err = certs.NewReloader(w.Cert, w.Key, func(err error) {
			s.log.Error("the certificate of the pages was not reloaded", "error", err)
		})
	}
	if err != nil {
		return fmt.Errorf("web: %w", err)
	}
	s.pages, err = pages.New(pages.Config{Registry: s.reg, Identity: s.cfg.Notify(), Theme: w.Theme(), Log: s.log})
	if err == nil {
		err = s.metrics.Register(s.publicSeen.requests)
	}
	if err == nil {
		err = s.metrics.Register(s.publicSeen.seconds)
	}
	return err
}

// publicServer serves the pages and whatever else the public may ask over HTTP:
// each surface is mounted here, under a name for the log and the metrics.
func (s *service) publicServer() *http.Server {
	mux := http.NewServeMux()
	mux.Handle("/", s.surface("pages", s.pages))
	s.mountRDAP(mux)
	return &http.Server{
		Handler:           http.MaxBytesHandler(s.clientAddress(publicHeadersOf(s.cfg.Identity.URL, mux)), publicBody),
		ReadHeaderTimeout: publicHeaderTime, ReadTimeout: publicReadTime, WriteTimeout: publicWriteTime,
		IdleTimeout: publicIdleTime, MaxHeaderBytes: publicHeaders,
		// Its lines name addresses and faults of the wire, never a path.
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// startPublic serves the public listener, if there is one, until Shutdown.
func (s *service) startPublic(ctx context.Context, g *errgroup.Group) *http.Server {
	web := s.publicServer()
	if s.public == nil {
		return web
	}
	if s.publicCert != nil {
		go s.publicCert.Run(ctx, certs.ReloadInterval)
	}
	g.Go(func() error { return expect(s.servePublic(web), http.ErrServerClosed) })
	s.log.Info("listening", "listener", "web", "address", s.public.Addr().String(), "tls", s.publicCert != nil)
	return web
}

func (s *service) servePublic(web *http.Server) error {
	ln := netutil.LimitListener(s.public, s.cfg.Web.MaxConnections)
	if s.publicCert == nil {
		return web.Serve(ln)
	}
	web.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.publicCert.GetCertificate}
	return web.ServeTLS(ln, "", "")
}

// publicHeadersOf sets what every answer carries. A surface may set others of
// its own; this policy allows a page nothing at all.
func publicHeadersOf(base string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if strings.HasPrefix(base, "https://") {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// clientAddress puts the client's own address into RemoteAddr, where a proxy
// that is believed names it: the last one of X-Forwarded-For that is no such
// proxy. What a client itself writes there stands further left and is not looked
// at.
func (s *service) clientAddress(next http.Handler) http.Handler {
	trusted := func(a netip.Addr) bool {
		for _, p := range s.proxies {
			if p.Contains(a) {
				return true
			}
		}
		return false
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err == nil && trusted(peer.Addr().Unmap()) {
			list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
			for i := len(list) - 1; i >= 0; i-- {
				a, err := netip.ParseAddr(strings.TrimSpace(list[i]))
				if err != nil {
					break
				}
				r.RemoteAddr = netip.AddrPortFrom(a.Unmap(), 0).String()
				if !trusted(a.Unmap()) {
					break
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// surface logs and counts each request of a handler, and answers a fault of ours
// with 500. The path is not logged, for there are tokens in paths: the pattern
// that matched it is.
func (s *service) surface(name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &statusWriter{ResponseWriter: w}
		defer func() {
			fault := recover()
			if fault != nil {
				s.log.Error("panic", "surface", name, "route", r.Pattern, "fault", fault, "stack", string(debug.Stack()))
				if seen.status == 0 {
					http.Error(seen, "Something went wrong on our side. Nothing was changed by it.", http.StatusInternalServerError)
				}
			}
			took := time.Since(began)
			s.publicSeen.requests.WithLabelValues(name, methodLabel(r.Method), strconv.Itoa(seen.code())).Inc()
			s.publicSeen.seconds.WithLabelValues(name).Observe(took.Seconds())
			s.log.Info("request", "surface", name, "method", methodLabel(r.Method), "route", r.Pattern, "status", seen.code(),
				"address", r.RemoteAddr, "took", took)
		}()
		next.ServeHTTP(seen, r)
	})
}

// methodLabel keeps what clients invent out of log and metrics.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions:
		return method
	}
	return "other"
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach what is below.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
