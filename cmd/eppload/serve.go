package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"runtime/debug"
	"time"

	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/eppserver"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/xml"
)

// ServeForTestCommand serves a register as registryd does, but without its
// limits for one address and one tag: all load comes from one.
type ServeForTestCommand struct {
	Database string `required:""`
	Dir      string `required:"" type:"path"`
	Profile  string `enum:"uk,gtld" default:"uk"`
	// CommandsPerSecond of one tag; 0 is no limit.
	CommandsPerSecond int
}

// Run serves until the context ends or the starter is gone.
func (c *ServeForTestCommand) Run(ctx context.Context, out *console) error {
	ctx, cancel := untilOrphaned(ctx, out.stdout)
	defer cancel()
	return c.serveUntil(ctx, out.stdout)
}

// serveUntil announces its address on w and serves until the context ends.
func (c *ServeForTestCommand) serveUntil(ctx context.Context, w io.Writer) error {
	debug.SetGCPercent(200) // as registryd sets it
	err := checkLocalDatabase(c.Database)
	if err != nil {
		return err
	}
	db, err := pg.Open(ctx, pg.Config{URL: c.Database})
	if err != nil {
		return err
	}
	defer db.Close()
	policy := registry.DefaultPolicy()
	policy.ChecksPerDay, policy.FailedCreatesPerDay = 0, 0
	reg, err := registry.New(ctx, db, registry.Config{Policy: policy})
	if err != nil {
		return err
	}
	s, err := eppserver.New(ctx, eppserver.Config{Name: "Namekeep load test"}, reg)
	if err != nil {
		return err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err == nil {
		err = c.serve(ctx, s, ln, w)
	}
	stopping, stop := context.WithTimeout(context.WithoutCancel(ctx), childStop/2)
	defer stop()
	return errors.Join(err, s.Shutdown(stopping))
}

// serve announces and serves until the context ends.
func (c *ServeForTestCommand) serve(ctx context.Context, s *eppserver.Server, ln net.Listener, w io.Writer) error {
	set, err := openCertSet(c.Dir, nil)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	pair, err := tls.LoadX509KeyPair(set.serverCert, set.serverKey)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	config, err := certs.ServerTLSConfig(certs.ServerOptions{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &pair, nil },
		Clients:        certs.ClientPolicy{CAs: set.pool},
	})
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	err = announce(w, ln.Addr().String())
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	profile := xml.ProfileUK
	if c.Profile == "gtld" {
		profile = xml.ProfileGTLD
	}
	const unlimited = -1
	err = s.Serve(ctx, ln, eppserver.ListenerConfig{Name: c.Profile, Profile: profile, TLS: config,
		Limits: eppserver.Limits{PerAddress: unlimited, Sessions: unlimited, Connections: unlimited, Idle: time.Hour,
			CommandsPerSecond: c.CommandsPerSecond}})
	if ctx.Err() != nil {
		return nil
	}
	return err
}
