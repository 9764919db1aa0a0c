package eppserver

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// rateBook holds each registrar to its commands per second (E4). Every server
// allows its share: the limit divided by the number of live servers.
type rateBook struct {
	tags sync.Map // int32, the registrar → *rate.Limiter
}

// take asks for one command at the time now. It returns how long the command
// has to wait, and false if that would be longer than throttle: the registrar
// has been over its limit for so long that its session is to end.
func (b *rateBook) take(registrar int32, perSecond int, servers int64, now time.Time) (time.Duration, bool) {
	share := rate.Limit(float64(perSecond) / float64(max(servers, 1)))
	v, ok := b.tags.Load(registrar)
	if !ok {
		// A second's worth may come at once.
		v, _ = b.tags.LoadOrStore(registrar, rate.NewLimiter(share, perSecond))
	}
	l := v.(*rate.Limiter)
	if l.Limit() != share || l.Burst() != perSecond {
		l.SetLimitAt(now, share)
		l.SetBurstAt(now, perSecond)
	}
	r := l.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > throttle {
		r.CancelAt(now)
		return 0, false
	}
	return wait, true
}

// Frames before the login: some may come at once, then so many a second. A
// client needs two, the login and perhaps a hello.
const (
	strangerBurst     = 10
	strangerPerSecond = 2
)

// strangerWait is how long a frame of a connection that is not logged in has to
// wait: never long, as the frames of a connection are served one by one.
func (s *session) strangerWait(now time.Time) time.Duration {
	if s.strangers == nil {
		s.strangers = rate.NewLimiter(strangerPerSecond, strangerBurst)
	}
	return s.strangers.ReserveN(now, 1).DelayFrom(now)
}
