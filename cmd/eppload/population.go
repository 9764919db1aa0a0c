package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// namesPerRegistrant and namesPerProvider give a generated register realistic
// proportions: few registrants have one name only, and most names share their
// two name servers with many others.
const (
	namesPerRegistrant = 3
	namesPerProvider   = 500
)

// population describes a generated register. Everything of it follows from its
// fields, so that the load knows, without asking, what the generator wrote.
type population struct {
	names int64
	zone  string
	tags  []string
	// base is the day the generator took for today; expiries lie on the
	// spread days after it.
	base   time.Time // midnight UTC
	spread int
}

// label returns the label of name i. Labels ascend with i, so that loading
// appends to the index.
func label(i int64) string { return "nk" + base36(uint64(i)*7919, 9) }

func base36(v uint64, width int) string {
	s := strconv.FormatUint(v, 36)
	if len(s) < width {
		s = strings.Repeat("0", width-len(s)) + s
	}
	return s
}

// name returns name i.
func (p population) name(i int64) string { return label(i) + "." + p.zone }

// tag returns the number of the tag that sponsors name i and its registrant.
func (p population) tag(i int64) int { return int(i / namesPerRegistrant % int64(len(p.tags))) }

// contact returns the handle of the registrant of name i.
func (p population) contact(i int64) string { return "NKL" + base36(uint64(i/namesPerRegistrant), 9) }

// providers is how many pairs of name servers there are.
func (p population) providers() int64 { return max(1, p.names/namesPerProvider) }

// provider returns the number of the pair of name servers of name i.
func (p population) provider(i int64) int64 {
	return int64(scramble(uint64(i)) % uint64(p.providers()))
}

// host returns a name server: half 0 or 1 of a provider's pair.
func host(provider int64, half int) string {
	return fmt.Sprintf("ns%d.p%d.load.invalid", half+1, provider)
}

// expiry returns the day name i expires on.
func (p population) expiry(i int64) time.Time {
	return p.base.AddDate(0, 0, 1+int(scramble(uint64(i)+1)%uint64(p.spread)))
}

// of is how many names a tag has.
func (p population) of(tag int) int64 {
	full, tags := p.names/namesPerRegistrant, int64(len(p.tags))
	n := (full + tags - 1 - int64(tag)) / tags * namesPerRegistrant
	if full%tags == int64(tag) {
		n += p.names % namesPerRegistrant
	}
	return n
}

// pick returns the number of a tag's nth name, n from 0 to of(tag)-1, in an
// order that jumps all over the register.
func (p population) pick(tag int, n int64) int64 {
	total := uint64(p.of(tag))
	// A prime that does not divide the number of names: every name comes once.
	step := uint64(2_147_483_647)
	if total%step == 0 {
		step = 2_147_483_629
	}
	k := int64(uint64(n) % total * (step % total) % total)
	if total == 1 {
		k = 0
	}
	block := int64(tag) + int64(len(p.tags))*(k/namesPerRegistrant)
	return block*namesPerRegistrant + k%namesPerRegistrant
}

// scramble is the finalizer of splitmix64: it makes a number look random.
func scramble(v uint64) uint64 {
	v += 0x9e3779b97f4a7c15
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}
