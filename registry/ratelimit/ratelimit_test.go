package ratelimit

import (
	"net/netip"
	"testing"
	"time"
)

var start = time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)

func take(l *Limiter, address string, at time.Time) bool {
	ok, _ := l.Allow(netip.MustParseAddr(address), at)
	return ok
}

func TestOneAddress(t *testing.T) {
	l := New(6)
	for i := range 6 {
		if !take(l, "192.0.2.1", start) {
			t.Fatalf("query %d was refused", i+1)
		}
	}
	ok, wait := l.Allow(netip.MustParseAddr("192.0.2.1"), start)
	if ok || wait != 10*time.Second {
		t.Errorf("the seventh: %v, wait %s; want a refusal and 10 s", ok, wait)
	}
	if take(l, "192.0.2.1", start.Add(9*time.Second)) || !take(l, "192.0.2.1", start.Add(10*time.Second)) {
		t.Error("the allowance does not come back at its pace")
	}
}

// One client is an IPv4 address, in either notation, or the /64 of an IPv6 one.
func TestWhoIsOneClient(t *testing.T) {
	for _, c := range []struct {
		first, second string
		same          bool
	}{
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"2001:db8::1", "2001:db8::ffff:1", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"fe80::1%eth0", "fe80::2%eth1", true},
	} {
		l := New(1)
		take(l, c.first, start)
		if took := take(l, c.second, start); took == c.same {
			t.Errorf("%s and %s: the second was allowed: %v", c.first, c.second, took)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	l := New(1)
	l.most = 10
	a := netip.MustParseAddr("192.0.2.0")
	for range 100 {
		l.Allow(a, start)
		a = a.Next()
	}
	if len(l.seen) != 10 {
		t.Errorf("%d addresses are kept, want 10", len(l.seen))
	}
	if take(l, "198.51.100.1", start) {
		t.Error("an address beyond the bound has an allowance of its own")
	}
	// A minute later all are as good as new.
	if !take(l, "198.51.100.1", start.Add(time.Minute)) || len(l.seen) != 1 {
		t.Errorf("%d addresses are kept after a minute, want the one", len(l.seen))
	}
}

func TestNoLimit(t *testing.T) {
	if l := New(0); l != nil || !take(l, "192.0.2.1", start) {
		t.Error("0 is not no limit")
	}
}
