package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/namekeep/namekeep/notify"
)

// Letters are written to the spool by one process at a time.
const leaseOfPost = "post"

// openMail prepares what sends mail and writes letters: a template that is
// broken is found here. Without a mail server messages wait in the outbox.
func (s *service) openMail() error {
	s.mail = notify.NewMetrics(s.db, time.Now)
	err := s.metrics.Register(s.mail)
	if err != nil || s.cfg.Mail.SMTP == "" && s.cfg.Post.Spool == "" {
		return err
	}
	s.templates, err = s.cfg.Templates()
	if err != nil || s.cfg.Mail.SMTP == "" {
		return err
	}
	server, err := s.cfg.Mail.Server()
	if err != nil {
		return err
	}
	signature, err := s.cfg.Mail.Signature()
	if err != nil {
		return err
	}
	s.sender = &notify.Sender{
		DB: s.db, Clock: time.Now, SMTP: server, Envelope: s.cfg.Mail.Envelope(), DKIM: signature, Templates: s.templates, Documents: s.documents,
		Workers: s.cfg.Mail.Workers, PerSecond: float64(s.cfg.Mail.PerSecond), Log: s.log, Metrics: s.mail,
	}
	return nil
}

// startMail sends mail and writes letters until ctx ends. Every process sends;
// each takes rows of its own.
func (s *service) startMail(ctx context.Context, g *errgroup.Group) {
	if s.sender != nil {
		g.Go(func() error { return s.sender.Run(ctx) })
	} else {
		s.log.Warn("no mail server is set (mail.smtp): messages wait in the outbox")
	}
	if s.cfg.Post.Spool != "" {
		g.Go(func() error { s.spoolLetters(ctx); return nil })
	}
}

// spoolLetters writes letters that wait, once a minute.
func (s *service) spoolLetters(ctx context.Context) {
	spooler := &notify.Spooler{DB: s.db, Templates: s.templates, Dir: s.cfg.Post.Spool}
	tick := time.NewTicker(jobInterval)
	defer tick.Stop()
	for {
		mine, err := s.reg.TakeLease(ctx, leaseOfPost, s.id, time.Now(), jobLease)
		n := 0
		if err == nil && mine {
			n, err = spooler.Run(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.log.Error("letters", "error", err)
		}
		if n > 0 {
			s.log.Info("letters were written to the spool", "letters", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
