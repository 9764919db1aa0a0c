package main

import (
	"os"
	"runtime"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	// The command may hold spaces and parentheses.
	s, err := parseStat([]byte("42 (a (b) c) S 7 42 42 0 -1 4194304 100 0 0 0 150 50 30 20 20 0 1 0 100 1000 10 0"))
	if err != nil || s.ppid != 7 || s.own != 2*time.Second || s.kids != 500*time.Millisecond {
		t.Errorf("%+v, %v", s, err)
	}
	for _, bad := range []string{"", "42", "42 (a) S 7", "42 (a) S x 42 42 0 -1 4194304 100 0 0 0 150 50 30 20 20 0"} {
		_, err := parseStat([]byte(bad))
		if err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestOwnProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has /proc")
	}
	for start := time.Now(); time.Since(start) < 50*time.Millisecond; {
	}
	own, err := processTime(os.Getpid())
	if err != nil || own <= 0 || own > time.Hour {
		t.Errorf("processor time %s, %v", own, err)
	}
	family, err := familyTime(os.Getpid())
	if err != nil || family < own {
		t.Errorf("with children %s, %v", family, err)
	}
	anon, rss, err := residentMemory(os.Getpid())
	if err != nil || anon <= 0 || rss < anon {
		t.Errorf("memory %d, %d, %v", anon, rss, err)
	}
}
