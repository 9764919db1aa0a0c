package main

import "testing"

// A server that grows is found, one that is level is not.
func TestJudgeSoak(t *testing.T) {
	level, leaking := make([]soakSample, 20), make([]soakSample, 20)
	for i := range level {
		level[i] = soakSample{Resident: 100 << 20, Goroutines: 1000 + i%3}
		leaking[i] = soakSample{Resident: 100 << 20, Goroutines: 1000 + 20*i}
	}
	if err := judgeSoak(level); err != nil {
		t.Error(err)
	}
	if judgeSoak(leaking) == nil {
		t.Error("goroutines grow, and nobody says so")
	}
	for i := range level {
		level[i].Resident += int64(i) << 21
	}
	if judgeSoak(level) == nil {
		t.Error("memory grows, and nobody says so")
	}
}
