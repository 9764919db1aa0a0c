package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/namekeep/namekeep/registry/rdap"
	"github.com/namekeep/namekeep/registry/whois"
)

// openLookup makes WHOIS and RDAP, as far as they are wanted, and opens the
// former's address. RDAP is mounted on the public listener, which is open by
// then.
func (s *service) openLookup(ctx context.Context) error {
	l, w, r := s.cfg.Lookup, s.cfg.Whois, s.cfg.RDAP
	var err error
	if s.public != nil && r.Enabled {
		s.rdap, err = rdap.New(s.reg, rdap.Config{
			Base: strings.TrimSuffix(s.cfg.Identity.URL, "/") + "/rdap/", Name: s.cfg.Identity.Name, TermsURL: l.TermsURL,
			Publication: l.Publication, PerMinute: r.QueriesPerMinute, Search: r.Search, Timeout: r.Timeout,
			Log: s.log, Metrics: s.metrics,
		})
		if err != nil {
			return fmt.Errorf("rdap: %w", err)
		}
	}
	if w.Address == "" {
		return nil
	}
	s.whois, err = whois.New(s.reg, whois.Config{
		Name: s.cfg.Identity.Name, TermsURL: l.TermsURL, Publication: l.Publication, PerMinute: w.QueriesPerMinute,
		MaxConnections: w.MaxConnections, MaxPerAddress: w.MaxPerAddress, Timeout: w.Timeout, Log: s.log, Metrics: s.metrics,
	})
	if err != nil {
		return fmt.Errorf("whois: %w", err)
	}
	s.port43, err = (&net.ListenConfig{KeepAlive: 30 * time.Second}).Listen(ctx, "tcp", w.Address)
	if err != nil {
		return fmt.Errorf("whois.address: %w", err)
	}
	return nil
}

// mountRDAP puts RDAP below the public listener's /rdap/.
func (s *service) mountRDAP(mux *http.ServeMux) {
	if s.rdap != nil {
		mux.Handle("/rdap/", s.surface("rdap", http.StripPrefix("/rdap", s.rdap)))
	}
}

// startWhois serves WHOIS, if it is wanted, until ctx ends.
func (s *service) startWhois(ctx context.Context, g *errgroup.Group) {
	if s.whois == nil {
		return
	}
	g.Go(func() error { return s.whois.Serve(ctx, s.port43) })
	s.log.Info("listening", "listener", "whois", "address", s.port43.Addr().String(), "tls", false)
}
