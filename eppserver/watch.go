package eppserver

import (
	"context"
	"sync"
	"time"

	"github.com/namekeep/namekeep/registry"
)

// flushInterval is how often names checked are settled between the servers.
const flushInterval = time.Second

// sessionBook lists the sessions that are logged in, for the watcher.
type sessionBook struct {
	mu   sync.Mutex
	open map[*session]registry.ActiveSession
}

func (b *sessionBook) add(s *session) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open == nil {
		b.open = map[*session]registry.ActiveSession{}
	}
	b.open[s] = registry.ActiveSession{Registrar: s.login.Registrar, Fingerprint: s.fingerprint}
}

func (b *sessionBook) remove(s *session) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.open, s)
}

// list returns the sessions, the numbers of their rows, and what the register
// needs to know of them.
func (b *sessionBook) list() (sessions []*session, ids []int64, active []registry.ActiveSession) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for s, a := range b.open {
		// A session's number does not change while it is in the book.
		sessions, ids, active = append(sessions, s), append(ids, s.id), append(active, a)
	}
	return sessions, ids, active
}

// watch signs the server on, ends sessions that may not go on and settles
// usage, until ctx ends.
func (s *Server) watch(ctx context.Context) {
	defer close(s.watched)
	beat := time.NewTicker(s.cfg.WatchInterval)
	defer beat.Stop()
	flush := time.NewTicker(flushInterval)
	defer flush.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			err = s.beat(ctx)
		case <-flush.C:
			err = s.reg.FlushUsage(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.log.Error("watcher", "error", err)
		}
	}
}

// beat is one turn: the sign of life, and the look at certificates and tags.
func (s *Server) beat(ctx context.Context) error {
	sessions, ids, active := s.sessions.list()
	live, err := s.reg.Heartbeat(ctx, s.cfg.ID, ids, time.Now())
	if err != nil {
		return err
	}
	s.live.Store(int64(live))
	end, err := s.reg.SessionsToEnd(ctx, active, time.Now())
	if err != nil {
		return err
	}
	// Behind the look at the sessions: one that is ended for its certificate does
	// not find its way back in.
	if book := s.cfg.Certificates; book != nil {
		err = book.Refresh(ctx)
		if err != nil {
			return err
		}
	}
	for i, fault := range end {
		s.log.Warn("session ended", "reason", string(fault), "address", sessions[i].address,
			"registrar", active[i].Registrar, "fingerprint", active[i].Fingerprint)
		sessions[i].drain()
	}
	return nil
}
