package main

import (
	"sync/atomic"
	"testing"
	"time"
)

func testPopulation(names int64, tags ...string) population {
	return population{names: names, zone: "co.uk", tags: tags, base: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), spread: 730}
}

// Every name belongs to one tag, and each tag picks each of its names once.
func TestPick(t *testing.T) {
	for _, names := range []int64{6, 7, 8, 100, 1001, 30_000} {
		for _, tags := range [][]string{{"A"}, {"A", "B"}} {
			p := testPopulation(names, tags...)
			seen := map[int64]bool{}
			for tag := range tags {
				for n := range p.of(tag) {
					i := p.pick(tag, n)
					if i < 0 || i >= names || seen[i] || p.tag(i) != tag {
						t.Fatalf("%d names, %d tags: tag %d picks %d, of tag %d, seen %t", names, len(tags), tag, i, p.tag(i), seen[i])
					}
					seen[i] = true
				}
			}
			if int64(len(seen)) != names {
				t.Errorf("%d names, %d tags: %d picked", names, len(tags), len(seen))
			}
		}
	}
}

func TestPopulation(t *testing.T) {
	p := testPopulation(9000, "A", "B")
	days := map[time.Time]int{}
	for i := range p.names {
		if i > 0 && p.name(i-1) >= p.name(i) {
			t.Fatalf("name %d does not ascend: %s, %s", i, p.name(i-1), p.name(i))
		}
		if p.tag(i) != p.tag(i-i%namesPerRegistrant) || p.contact(i) != p.contact(i-i%namesPerRegistrant) {
			t.Fatalf("name %d has another tag or registrant than its neighbours", i)
		}
		days[p.expiry(i)]++
		if p.provider(i) >= p.providers() {
			t.Fatalf("name %d has provider %d of %d", i, p.provider(i), p.providers())
		}
	}
	if len(days) < 700 {
		t.Errorf("expiries on %d days only", len(days))
	}
	for day := range days {
		if !day.After(p.base) || day.After(p.base.AddDate(0, 0, p.spread)) {
			t.Errorf("expiry %s is out of the spread", day)
		}
	}
}

// A uk load renews each name within reach once and then ends (rules R2, R3).
func TestRenewable(t *testing.T) {
	s := newStock(testPopulation(3000, "A"), 1)
	seen := map[string]bool{}
	for {
		x, err := s.renewable(0, "uk")
		if err != nil {
			break
		}
		if seen[x.name] || x.expiry.After(s.base.AddDate(0, 0, maxAhead)) {
			t.Fatalf("%s, expiring %s, seen %t", x.name, x.expiry, seen[x.name])
		}
		seen[x.name] = true
	}
	if len(seen) < 600 || len(seen) > 900 { // 181 days of 730
		t.Errorf("%d of 3000 names could be renewed", len(seen))
	}
}

// In gtld a name made for the run is renewed again from its new expiry.
func TestRenewableMade(t *testing.T) {
	day := time.Date(2027, 5, 6, 0, 0, 0, 0, time.UTC)
	s := &stock{made: [][]madeName{{{name: "a.example", expiry: day}}}, renewed: make([]atomic.Int64, 1)}
	for years := range 8 {
		x, err := s.renewable(0, "gtld")
		if err != nil || x.expiry != day.AddDate(years, 0, 0) {
			t.Fatalf("renewal %d: %v, %v", years, x.expiry, err)
		}
	}
	_, err := s.renewable(0, "gtld")
	if err == nil {
		t.Error("renewed beyond ten years")
	}
}

func TestAddYear(t *testing.T) {
	for in, want := range map[string]string{"2027-03-01": "2028-03-01", "2028-02-29": "2029-02-28", "2027-02-28": "2028-02-28"} {
		day, err := time.Parse(time.DateOnly, in)
		if err != nil {
			t.Fatal(err)
		}
		if got := addYear(day).Format(time.DateOnly); got != want {
			t.Errorf("%s and a year is %s, expected %s (R4)", in, got, want)
		}
	}
}
