package zonefile

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/namekeep/namekeep/registry"
)

// Head is the apex of a zone as it is served, and the times of its records.
// A change of it begins the journal anew.
type Head struct {
	NameServers []string `json:"ns"` // no dot at the end; the first is the SOA's MNAME
	Mailbox     string   `json:"mailbox"`
	Refresh     uint32   `json:"refresh"` // seconds, here and below
	Retry       uint32   `json:"retry"`
	Expire      uint32   `json:"expire"`
	Negative    uint32   `json:"negative"`
	TTL         uint32   `json:"ttl"`
	TTLDS       uint32   `json:"ttl_ds"`
	TTLGlue     uint32   `json:"ttl_glue"`
}

func headOf(a registry.ZoneApex) Head {
	h := Head{Mailbox: a.Mailbox, Refresh: uint32(a.Refresh), Retry: uint32(a.Retry), Expire: uint32(a.Expire),
		Negative: uint32(a.Negative), TTL: uint32(a.TTL), TTLDS: uint32(a.TTLDS), TTLGlue: uint32(a.TTLGlue)}
	for _, s := range a.NameServers {
		h.NameServers = append(h.NameServers, s.Name)
	}
	return h
}

func (h Head) equal(o Head) bool {
	same := slices.Equal(h.NameServers, o.NameServers)
	h.NameServers, o.NameServers = nil, nil
	return same && fmt.Sprint(h) == fmt.Sprint(o)
}

// ttl is the time of a record of a type.
func (h Head) ttl(kind string) uint32 {
	switch kind {
	case "DS":
		return h.TTLDS
	case "A", "AAAA":
		return h.TTLGlue
	}
	return h.TTL
}

// rname is the mailbox as a domain name (RFC 1035 section 8).
func (h Head) rname() string {
	local, host, _ := strings.Cut(h.Mailbox, "@")
	return strings.ReplaceAll(local, ".", `\.`) + "." + host + "."
}

func (h Head) soa(serial uint32) string {
	return fmt.Sprintf("SOA %s. %s %d %d %d %d %d", h.NameServers[0], h.rname(), serial, h.Refresh, h.Retry, h.Expire, h.Negative)
}

// area is a zone among the zones of ours.
type area struct {
	id      int32
	name    string
	above   *area // the nearest zone of ours that it lies below, nil for none
	apex    registry.ZoneApex
	serves  bool            // it has an apex, so it is published
	apexUse map[string]bool // hosts that this zone's apex or the delegation of one below names
}

// areas are all zones of ours.
type areas struct {
	byName map[string]*area
	byID   map[int32]*area
	// given are the addresses that apexes bring along, by host.
	given map[string][]netip.Addr
}

func newAreas(zones map[string]*registry.Zone, apexes map[string]registry.ZoneApex) *areas {
	as := &areas{byName: map[string]*area{}, byID: map[int32]*area{}, given: map[string][]netip.Addr{}}
	for name, z := range zones {
		apex, serves := apexes[name]
		a := &area{id: z.ID, name: name, apex: apex, serves: serves, apexUse: map[string]bool{}}
		as.byName[name], as.byID[z.ID] = a, a
	}
	for _, a := range as.byName {
		a.above = as.around(a.name)
	}
	for _, a := range as.byName {
		for _, s := range a.apex.NameServers {
			a.apexUse[s.Name] = true
			if a.above != nil {
				a.above.apexUse[s.Name] = true
			}
			as.given[s.Name] = append(as.given[s.Name], s.Addresses...)
		}
	}
	return as
}

// around is the nearest zone that a name lies below, nil if none of ours is.
func (as *areas) around(name string) *area {
	for {
		_, parent, ok := strings.Cut(name, ".")
		if !ok {
			return nil
		}
		if a := as.byName[parent]; a != nil {
			return a
		}
		name = parent
	}
}

// enclosing are the published zones that a host lies below.
func (as *areas) enclosing(host string) []*area {
	var out []*area
	for a := as.around(host); a != nil; a = a.above {
		if a.serves {
			out = append(out, a)
		}
	}
	return out
}

// below are the zones whose delegation is in a's.
func (as *areas) below(a *area) []*area {
	var out []*area
	for _, b := range as.byName {
		if b.above == a && b.serves {
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(x, y *area) int { return strings.Compare(x.name, y.name) })
	return out
}

// delegation is the entry of a zone in the zone above it.
func (a *area) delegation() (Entry, error) {
	n := Name{Name: a.name}
	for _, s := range a.apex.NameServers {
		n.Hosts = append(n.Hosts, s.Name)
	}
	n.DNSSEC.DS = a.apex.DS
	if !strings.Contains(a.name, ".") {
		return Entry{Owner: a.name, Kind: KindDelegation}, nil // a top level domain is in no zone of ours
	}
	return n.Delegation()
}

// fixed tells in one text what other zones' apexes bring into a zone, to see
// when it changes.
func (as *areas) fixed(a *area) (string, error) {
	var parts []string
	for _, b := range as.below(a) {
		e, err := b.delegation()
		if err != nil {
			return "", err
		}
		parts = append(parts, e.Owner+" "+strings.Join(e.Records, ", "))
	}
	for _, host := range as.fixedHosts(a) {
		parts = append(parts, fmt.Sprint(host, " ", a.apexUse[host], " ", as.given[host]))
	}
	return strings.Join(parts, "; "), nil
}

// fixedHosts are the hosts of apexes that lie below a zone, in order.
func (as *areas) fixedHosts(a *area) []string {
	var out []string
	for _, b := range as.byName {
		for _, s := range b.apex.NameServers {
			if registry.Below(s.Name, a.name) {
				out = append(out, s.Name)
			}
		}
	}
	return sorted(out)
}

// host completes what the database says of a host with what apexes say.
func (as *areas) host(h Host, a *area) Host {
	h.UsedHere = h.UsedHere || a.apexUse[h.Name]
	h.Nearest = as.around(h.Name) == a
	for _, b := range as.byName {
		h.Used = h.Used || b.apexUse[h.Name]
	}
	h.Addresses = append(slices.Clone(as.given[h.Name]), h.Addresses...)
	return h
}
