package main

import (
	"math/rand/v2"
	"testing"
)

func TestParseMix(t *testing.T) {
	for _, test := range []struct {
		in, want string // want "" is an error
	}{
		{"check", "check=1"},
		{"check=70,info=20,renew=5,update=5", "check=70,info=20,renew=5,update=5"},
		{" check=1 , info", "check=1,info=1"},
		{"login", "login=1"},
		{"bare-echo", "bare-echo=1"},
		{"", ""},
		{"check,", ""},
		{"check=0", ""},
		{"check=-1", ""},
		{"check=x", ""},
		{"check=1000001", ""},
		{"check=1,check=2", ""},
		{"login=1,check=1", ""},
		{"check,bare-echo", ""},
		{"delete", ""},
	} {
		m, err := parseMix(test.in)
		switch {
		case test.want == "" && err == nil:
			t.Errorf("%q: no error", test.in)
		case test.want != "" && (err != nil || m.String() != test.want):
			t.Errorf("%q: %v, %v; expected %s", test.in, m, err, test.want)
		}
	}
}

func TestMixWeights(t *testing.T) {
	m, err := parseMix("check=70,info=20,renew=10")
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	got := map[operation]int{}
	for range 10_000 {
		got[m.pick(r)]++
	}
	for _, s := range m {
		want := s.weight * 100
		if got[s.op] < want*9/10 || got[s.op] > want*11/10 {
			t.Errorf("%s: %d of 10000, expected about %d", s.op, got[s.op], want)
		}
	}
}
