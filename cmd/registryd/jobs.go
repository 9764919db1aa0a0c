package main

import (
	"context"
	"crypto/rand"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/seal"
)

// Due work is looked for every jobInterval by the process that has the lease,
// which lasts longer, so that it stays with one that is alive.
const (
	jobInterval = time.Minute
	jobLease    = 3 * jobInterval
	leaseOfJobs = "due-work"
	// The batch has a lease of its own: a night's work must not hold up the rest.
	// When it takes longer than the lease, another server shares it.
	leaseOfBatch = "batch"
	// jobBatch is the batch in the metrics: a step that has ended went well.
	jobBatch = "batch"
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
	g.Go(func() error { s.dueWork(ctx); return nil })
	s.startMail(ctx, g)
	g.Go(func() error { s.nightlyBatch(ctx); return nil })
	if s.tls == nil {
		return
	}
	g.Go(func() error { s.tls.server.Run(ctx, certs.ReloadInterval); return nil })
	g.Go(func() error { s.reloadOnHangup(ctx); return nil })
}

// nightlyBatch runs the batch of every civil day that has begun, on one of many
// servers, until ctx ends. A day that was stopped goes on where it was.
func (s *service) nightlyBatch(ctx context.Context) {
	leads := func() bool {
		ok, err := s.reg.TakeLease(ctx, leaseOfBatch, s.id, time.Now(), jobLease)
		if err != nil && ctx.Err() == nil {
			s.log.Error("batch", "error", err)
		}
		return ok && err == nil
	}
	started := time.Now()
	options := registry.BatchOptions{Progress: func(p registry.BatchProgress) {
		if p.Finished {
			s.jobs.note(jobBatch, time.Now(), int(p.Total), nil)
			s.log.Info("batch", "day", p.Day.String(), "step", p.Step, "names", p.Total, "seconds", time.Since(started).Seconds())
			started = time.Now()
		}
	}}
	s.reg.Schedule(ctx, jobInterval, leads, options, func(err error) {
		s.jobs.note(jobBatch, time.Now(), 0, err)
		s.log.Error("batch", "error", err)
	})
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	err := s.reg.GiveUpLease(late, leaseOfBatch, s.id)
	if err != nil {
		s.log.Warn("batch", "error", err)
	}
}

// dueWork does what time alone brings about, until ctx ends. A fault is logged
// and the work tried again; the next process has the lease then if this one
// cannot reach the database.
func (s *service) dueWork(ctx context.Context) {
	tick := time.NewTicker(jobInterval)
	defer tick.Stop()
	for {
		s.dueNow(ctx)
		select {
		case <-ctx.Done():
			late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			err := s.reg.GiveUpLease(late, leaseOfJobs, s.id)
			if err != nil {
				s.log.Warn("due work", "error", err)
			}
			return
		case <-tick.C:
		}
	}
}

// dueNow is one turn of dueWork.
func (s *service) dueNow(ctx context.Context) {
	mine, err := s.reg.TakeLease(ctx, leaseOfJobs, s.id, time.Now(), jobLease)
	if err != nil {
		s.log.Error("due work", "error", err)
	}
	if err != nil || !mine {
		return
	}
	for _, job := range []struct {
		name string
		work func(context.Context) (int, error)
	}{
		{"transfers approved", s.reg.ApproveDueTransfers},
		{"handshakes expired", s.reg.ExpireHandshakes},
		{"audit log sealed", s.sealAudit},
	} {
		n, err := job.work(ctx)
		s.jobs.note(job.name, time.Now(), n, err)
		if err != nil {
			s.log.Error(job.name, "done", n, "error", err)
		} else if n > 0 {
			s.log.Info(job.name, "done", n)
		}
	}
}

// sealAudit seals the history and the ledger. The head goes to the log, which
// is kept elsewhere: what it says there the chain has to hold forever.
func (s *service) sealAudit(ctx context.Context) (int, error) {
	n, err := seal.Seal(ctx, s.db)
	if err != nil || n == 0 {
		return n, err
	}
	head, err := seal.ReadHead(ctx, s.db)
	if err == nil {
		s.log.Info("audit log", "block", head.Number, "hash", head.Hash)
	}
	return n, err
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
