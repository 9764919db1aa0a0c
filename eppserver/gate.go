package eppserver

import "sync"

// gate counts a listener's connections and handshakes (E4).
type gate struct {
	cfg *ListenerConfig
	// handshakes has room for those in progress; nil is no limit.
	handshakes chan struct{}

	mu   sync.Mutex
	open int
	from map[string]int // address → connections
}

func newGate(cfg *ListenerConfig) *gate {
	g := &gate{cfg: cfg, from: map[string]int{}}
	if n := cfg.Limits.Handshakes; n > 0 {
		g.handshakes = make(chan struct{}, n)
	}
	return g
}

// enter takes a place for a connection, if there is one.
func (g *gate) enter(address string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.cfg.Limits
	if l.Connections > 0 && g.open >= l.Connections || l.PerAddress > 0 && g.from[address] >= l.PerAddress {
		return false
	}
	g.open++
	g.from[address]++
	return true
}

// leave gives the place back.
func (g *gate) leave(address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
	g.from[address]--
	if g.from[address] == 0 {
		delete(g.from, address)
	}
}
