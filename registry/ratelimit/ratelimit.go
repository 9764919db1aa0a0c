// Package ratelimit holds each network address to a number of queries a minute,
// in one process. WHOIS and RDAP use it.
//
// Imports: none of ours.
package ratelimit

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxAddresses bounds the memory that addresses can take. Those beyond it share
// one allowance until older ones are forgotten.
const maxAddresses = 100_000

// Limiter holds addresses to a rate. A minute's worth may come at once. Its
// zero value is not usable; nil allows everything.
type Limiter struct {
	perMinute int

	mu       sync.Mutex
	seen     map[netip.Prefix]*rate.Limiter
	most     int
	swept    time.Time
	overflow *rate.Limiter
}

// New returns a limiter of so many queries a minute for each address; 0 or
// less is no limit.
func New(perMinute int) *Limiter {
	if perMinute <= 0 {
		return nil
	}
	l := &Limiter{perMinute: perMinute, seen: map[netip.Prefix]*rate.Limiter{}, most: maxAddresses}
	l.overflow = l.bucket()
	return l
}

func (l *Limiter) bucket() *rate.Limiter {
	return rate.NewLimiter(rate.Limit(float64(l.perMinute)/60), l.perMinute)
}

// Network is what counts as one client: an IPv4 address, or the /64 of an IPv6
// address, which one line or machine usually has all of. Zones do not count.
func Network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // no address at all: these share one allowance
	}
	return p
}

// Allow takes one query of an address at the time now. Where it is one too
// many, wait says when the next is allowed.
func (l *Limiter) Allow(a netip.Addr, now time.Time) (ok bool, wait time.Duration) {
	if l == nil {
		return true, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.of(Network(a), now)
	r := b.ReserveN(now, 1)
	wait = r.DelayFrom(now)
	if wait <= 0 {
		return true, 0
	}
	r.CancelAt(now) // a refused query costs nothing, so the wait does not grow
	return false, wait
}

// of finds the allowance of a network.
func (l *Limiter) of(n netip.Prefix, now time.Time) *rate.Limiter {
	b := l.seen[n]
	if b != nil {
		return b
	}
	if len(l.seen) >= l.most && now.Sub(l.swept).Abs() >= time.Second {
		l.swept = now
		for n, b := range l.seen {
			if b.TokensAt(now) >= float64(l.perMinute) {
				delete(l.seen, n) // a new allowance would be the same
			}
		}
	}
	if len(l.seen) >= l.most {
		return l.overflow
	}
	b = l.bucket()
	l.seen[n] = b
	return b
}
