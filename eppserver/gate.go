package eppserver

import "sync"

// gate counts a listener's connections and handshakes (E4).
type gate struct {
	cfg        *ListenerConfig
	handshakes chan struct{} // as many as may be in progress

	mu   sync.Mutex
	open int
	from map[string]*place
}

// place is what the connections of one address share.
type place struct {
	address string
	open    int // guarded by gate.mu
	// handshakes is the address's part of those in progress, so that one who
	// begins many and ends none does not keep the others out.
	handshakes chan struct{}
}

// addressPart is how many addresses it takes to use up the handshakes.
const addressPart = 4

func newGate(cfg *ListenerConfig) *gate {
	return &gate{cfg: cfg, from: map[string]*place{}, handshakes: make(chan struct{}, handshakePlaces(cfg))}
}

// handshakePlaces is the limit of handshakes in progress.
func handshakePlaces(cfg *ListenerConfig) int {
	if n := cfg.Limits.Handshakes; n > 0 {
		return n
	}
	return maxHandshakes
}

// maxHandshakes stands for no limit.
const maxHandshakes = 1 << 20

// enter takes a place for a connection, nil if there is none.
func (g *gate) enter(address string) *place {
	g.mu.Lock()
	defer g.mu.Unlock()
	l, p := g.cfg.Limits, g.from[address]
	if l.Connections > 0 && g.open >= l.Connections || p != nil && l.PerAddress > 0 && p.open >= l.PerAddress {
		return nil
	}
	if p == nil {
		p = &place{address: address, handshakes: make(chan struct{}, max(1, handshakePlaces(g.cfg)/addressPart))}
		g.from[address] = p
	}
	g.open++
	p.open++
	return p
}

// leave gives the place back.
func (g *gate) leave(p *place) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
	p.open--
	if p.open == 0 {
		delete(g.from, p.address)
	}
}

// shaken ends a handshake that shake let begin.
func (g *gate) shaken(p *place) {
	<-g.handshakes
	<-p.handshakes
}
