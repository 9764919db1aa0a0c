package main

import (
	"context"
	"crypto/rand"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/namekeep/namekeep/certs"
)

// serverID tells this process and start from all others on the database.
func serverID() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return host + "-" + rand.Text()
}

// startJobs starts what runs beside the sessions until ctx ends. eppserver
// itself looks after heartbeats and usage.
func (s *service) startJobs(ctx context.Context, g *errgroup.Group) {
	if s.tls == nil {
		return
	}
	g.Go(func() error { s.tls.server.Run(ctx, certs.ReloadInterval); return nil })
	g.Go(func() error { s.reloadOnHangup(ctx); return nil })
}

// reloadOnHangup reads the server certificate anew at each SIGHUP.
func (s *service) reloadOnHangup(ctx context.Context) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			err := s.tls.server.Reload()
			if err != nil {
				s.log.Error("the server certificate was not reloaded", "error", err)
				continue
			}
			s.log.Info("reloaded the server certificate", "not_after", s.tls.server.Leaf().NotAfter)
		}
	}
}
