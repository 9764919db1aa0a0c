package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// measured is one run of a comparison.
type measured struct {
	Part   string  `json:"part"`   // rounds, lone or flatness
	Server string  `json:"server"` // registry, registry small, bare
	Round  int     `json:"round"`
	Report *report `json:"report"`
}

// idleMemory is what a number of idle sessions costs the server.
type idleMemory struct {
	Sessions int     `json:"sessions"`
	Resident float64 `json:"resident_kib_per_session"` // VmRSS
	Anon     float64 `json:"anonymous_kib_per_session"`
}

// The names of the servers in the results.
const (
	serverBare  = "bare"
	serverBig   = "registry"
	serverSmall = "registry small"

	partRounds   = "rounds"
	partLone     = "lone"
	partFlatness = "flatness"
)

// load describes a run of one operation against a contender.
func (b *bench) load(c *contender, op operation, sessions int) *load {
	return &load{target: c.target, stock: c.stock, mix: mix{{op, 1}}, sessions: sessions, pipeline: 1, duration: b.Round,
		warmup: b.Warmup, names: 1, answer: c.answer,
		processes: map[string]func() (time.Duration, error){
			"server":     func() (time.Duration, error) { return processTime(c.PID) },
			"PostgreSQL": func() (time.Duration, error) { return familyTime(b.pgPID) },
		}}
}

// note runs a load and keeps its report.
func (b *bench) note(ctx context.Context, part, server string, round int, l *load) error {
	r, err := l.run(ctx)
	if err != nil {
		return fmt.Errorf("%s: %s of %s: %w", part, l.mix, server, err)
	}
	b.say("%s %d: %-9s %-14s %2d sessions: %8.0f/s  p99 %.2f ms  failed %d", part, round, server, l.mix[0].op, l.sessions,
		r.PerSecond, r.p99()/1000, r.Failed)
	b.result.Runs = append(b.result.Runs, measured{part, server, round, r})
	return nil
}

func (r *report) p99() float64 {
	if len(r.Operations) == 0 {
		return 0
	}
	return r.Operations[0].P99
}

// alternate measures bare servers and server in turn, in several rounds.
func (b *bench) alternate(ctx context.Context) error {
	steps := []struct {
		server string
		c      *contender
		op     operation
	}{
		{serverBare, b.echo, opBareEcho}, {serverBig, b.big, opHello}, {serverBig, b.big, opCheck},
		{serverBare, b.query, opBareQuery}, {serverBig, b.big, opInfo},
		{serverBare, b.renewal, opBareRenew}, {serverBig, b.big, opRenew},
		{serverBig, b.big, opUpdate}, {serverBig, b.big, opCreate}, {serverBig, b.big, opLogin},
	}
	for round := range b.Rounds {
		for _, sessions := range b.Sessions {
			for _, s := range steps {
				err := b.note(ctx, partRounds, s.server, round, b.load(s.c, s.op, sessions))
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// lone measures one session by itself, for its latencies.
func (b *bench) lone(ctx context.Context) error {
	for _, op := range []operation{opCheck, opRenew} {
		l := b.load(b.big, op, 1)
		l.count, l.duration = b.Lone, maxDuration
		err := b.note(ctx, partLone, serverBig, 0, l)
		if err != nil {
			return err
		}
	}
	return nil
}

// flatness measures the small register and the big one in turn. Each name is
// renewed once, so the small register bounds the number of renewals.
func (b *bench) flatness(ctx context.Context) error {
	const sessions = 8
	for round := range b.Rounds {
		for _, op := range []operation{opCheck, opInfo, opUpdate, opRenew} {
			for _, s := range []struct {
				name string
				c    *contender
			}{{serverSmall, b.small}, {serverBig, b.big}} {
				l := b.load(s.c, op, sessions)
				if op == opRenew {
					l.warmup, l.count = 0, b.SmallNames*9/10/int64(b.Rounds)
				}
				err := b.note(ctx, partFlatness, s.name, round, l)
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// idle measures the memory of sessions that wait, on a fresh server for each
// number of them.
func (b *bench) idle(ctx context.Context) error {
	for _, n := range b.Idle {
		m, err := b.idleSessions(ctx, n)
		if err != nil {
			return fmt.Errorf("%d idle sessions: %w", n, err)
		}
		b.say("%d idle sessions: %.1f KiB each", n, m.Resident)
		b.result.Idle = append(b.result.Idle, m)
	}
	return nil
}

func (b *bench) idleSessions(ctx context.Context, n int) (idleMemory, error) {
	s, err := b.server(ctx, b.big)
	if err != nil {
		return idleMemory{}, err
	}
	c := *b.big
	c.child, c.target.addr = s, s.Listen
	// What the first sessions of a server bring with them is not theirs: pools
	// fill, and the first login of each tag hashes its password in 19 MiB.
	first := b.load(&c, opLogin, 8)
	first.count, first.warmup = 200, 0
	_, err = first.run(ctx)
	if err != nil {
		return idleMemory{}, err
	}
	anonBefore, rssBefore, err := b.settled(ctx, s)
	if err != nil {
		return idleMemory{}, err
	}
	l := b.load(&c, opHello, n)
	workers := make([]*worker, n)
	var opening errgroup.Group
	opening.SetLimit(connectAtOnce)
	for i := range workers {
		workers[i] = l.newWorker(i)
		opening.Go(func() error { return workers[i].connect(ctx) })
	}
	err = opening.Wait()
	defer func() {
		for _, w := range workers {
			if w.client != nil {
				_ = w.client.Close()
			}
		}
	}()
	if err != nil {
		return idleMemory{}, err
	}
	anon, rss, err := b.settled(ctx, s)
	per := func(after, before int64) float64 { return float64(after-before) / 1024 / float64(n) }
	return idleMemory{Sessions: n, Resident: per(rss, rssBefore), Anon: per(anon, anonBefore)}, err
}

// settled waits, has garbage collected, and reads a server's memory.
func (b *bench) settled(ctx context.Context, c *child) (anon, rss int64, _ error) {
	select {
	case <-time.After(b.Settle):
	case <-ctx.Done():
		return 0, 0, ctx.Err()
	}
	err := c.collect(ctx)
	if err != nil {
		return 0, 0, err
	}
	return residentMemory(c.PID)
}
