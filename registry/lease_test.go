package registry

import (
	"testing"
	"time"
)

func TestLease(t *testing.T) {
	r := newRegistry(t)
	ctx := t.Context()
	at := time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)
	take := func(holder string, at time.Time) bool {
		t.Helper()
		ok, err := r.TakeLease(ctx, "due", holder, at, time.Minute)
		must(t, err)
		return ok
	}
	if !take("a", at) {
		t.Error("a lease that nobody has was refused")
	}
	if take("b", at.Add(30*time.Second)) {
		t.Error("two have the lease")
	}
	if !take("a", at.Add(30*time.Second)) {
		t.Error("the holder could not keep its lease")
	}
	if take("b", at.Add(80*time.Second)) {
		t.Error("a lease that was renewed was given away")
	}
	if !take("b", at.Add(91*time.Second)) {
		t.Error("a lease that ran out was not given")
	}
	must(t, r.GiveUpLease(ctx, "due", "a")) // not its own any more
	if take("a", at.Add(92*time.Second)) {
		t.Error("a lease was given up by somebody else")
	}
	must(t, r.GiveUpLease(ctx, "due", "b"))
	if !take("a", at.Add(92*time.Second)) {
		t.Error("a lease that was given up was refused")
	}
}
