package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/namekeep/namekeep/registry/pg"
)

// readyTimeout limits the look at the database for /readyz.
const readyTimeout = 2 * time.Second

// webServer serves metrics and health.
func (s *service) webServer() *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelError),
	}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		err := s.ready(r.Context())
		if err != nil {
			// What is wrong is for whoever may read the metrics, not for registrars.
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	return &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}

// ready tells whether this process can serve registrars: the database answers,
// has the right version, and the server certificate is valid.
func (s *service) ready(ctx context.Context) error {
	if s.draining.Load() {
		return errors.New("stopping")
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	_, err := s.db.Pool.Exec(ctx, "select 1")
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	err = pg.CheckVersion(ctx, s.db)
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	if s.tls == nil {
		return nil
	}
	leaf := s.tls.server.Leaf()
	if now := time.Now(); now.After(leaf.NotAfter) || now.Before(leaf.NotBefore) {
		return fmt.Errorf("certificate: the server's is valid from %s to %s only",
			leaf.NotBefore.Format(time.RFC3339), leaf.NotAfter.Format(time.RFC3339))
	}
	return nil
}
