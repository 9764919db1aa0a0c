package zonefile

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/namekeep/namekeep/registry"
)

// Name is what the register has of a name that concerns its zone.
type Name struct {
	Name       string // A-label form, lower case, no dot at the end
	Unassigned bool   // imported, waits for a tag
	Suspended  bool
	Statuses   registry.StatusSet
	Phase      registry.RGPState // gtld: of a deleted name
	Hosts      []string
	DNSSEC     registry.DNSSEC
}

// withheld are the statuses that keep a name out of the zone (RFC 5731 section
// 2.3); a name with pendingCreate is not registered yet.
var withheld = []registry.Status{registry.StatusClientHold, registry.StatusServerHold, registry.StatusPendingCreate}

// Delegated decides whether a name is in its zone: it has name servers, a tag, and
// is neither suspended (E+37 and R7) nor held nor deleted. A deleted gtld name
// whose restore was requested is back (RFC 3915); delegatedSQL says the same.
func (n Name) Delegated() bool {
	if n.Unassigned || n.Suspended || len(n.Hosts) == 0 || n.Statuses.HasAny(withheld...) != "" {
		return false
	}
	if n.Phase != "" {
		return n.Phase == registry.RGPPendingRestore
	}
	return !n.Statuses.Has(registry.StatusPendingDelete)
}

// delegatedSQL is Delegated for a row d of domain, but for the name servers.
const delegatedSQL = `NOT d.unassigned AND d.suspended_on IS NULL
	AND NOT d.statuses && '{clientHold,serverHold,pendingCreate}'
	AND CASE WHEN d.delete_phase IS NULL THEN NOT 'pendingDelete' = ANY (d.statuses) ELSE d.delete_phase = 'pendingRestore' END`

// Kind tells the two sorts of entries apart.
type Kind string

// The kinds; a name that is its own name server has both.
const (
	KindAddress    Kind = "address"    // A and AAAA records of a host
	KindDelegation Kind = "delegation" // NS and DS records of a name
)

// Entry is what a zone has at an owner of one kind: records as type and data in
// presentation form, such as "NS ns1.example.uk.", sorted. An entry without
// records is none.
type Entry struct {
	Owner   string // no dot at the end
	Kind    Kind
	Records []string
}

func (e Entry) compare(o Entry) int {
	if c := strings.Compare(e.Owner, o.Owner); c != 0 {
		return c
	}
	return strings.Compare(string(e.Kind), string(o.Kind))
}

// Delegation is the entry of a name; without records if it is not delegated. A
// name or name server that is no host name is an error: it must not get into a
// zone.
func (n Name) Delegation() (Entry, error) {
	e := Entry{Owner: n.Name, Kind: KindDelegation}
	if !n.Delegated() {
		return e, nil
	}
	if _, err := registry.ParseHostName(n.Name); err != nil {
		return e, fmt.Errorf("%q is not in its zone: %w", n.Name, err)
	}
	for _, h := range n.Hosts {
		if _, err := registry.ParseHostName(h); err != nil {
			return e, fmt.Errorf("%s is not in its zone: name server: %w", n.Name, err)
		}
		e.Records = append(e.Records, "NS "+h+".")
	}
	for _, d := range n.DNSSEC.DS {
		e.Records = append(e.Records, dsRecord(d))
	}
	for _, k := range n.DNSSEC.Keys {
		e.Records = append(e.Records, dsRecord(registry.DSData{KeyTag: k.Tag(), Algorithm: k.Algorithm,
			DigestType: digestSHA256, Digest: k.Digest(n.Name, digestSHA256)}))
	}
	e.Records = sorted(e.Records)
	return e, nil
}

// digestSHA256 is the digest that keys are published with (RFC 8624 section 3.3).
const digestSHA256 = 2

func dsRecord(d registry.DSData) string {
	return fmt.Sprintf("DS %d %d %d %s", d.KeyTag, d.Algorithm, d.DigestType, strings.ToUpper(hex.EncodeToString(d.Digest)))
}

// Host is what the register has of a host, and who uses it, with a view to one
// zone.
type Host struct {
	Name      string
	Addresses []netip.Addr
	UsedHere  bool // a delegation in this zone, or its apex, names the host
	Used      bool // one in any zone does
	Nearest   bool // no other zone of ours lies between the host and this one
	Covered   bool // the name that the host lies below is delegated
}

// Glue is the entry of a host in a zone that it lies below; without records if
// it is not to be there.
//
// A zone has the addresses of every host in it that one of its delegations
// names. That covers the name servers below the name itself (in-domain) and
// those below other names (sibling, RFC 9471 sections 2.1 and 2.2), those below
// a zone of ours further down, and those below a name that has left the zone:
// the names of others that depend on the host must not fail with it. In the
// last case the addresses are no glue but the zone's own data, and so they are
// also there for delegations in our other zones, which find them nowhere else.
func (h Host) Glue() (Entry, error) {
	e := Entry{Owner: h.Name, Kind: KindAddress}
	if !h.UsedHere && !(h.Used && h.Nearest && !h.Covered) || len(h.Addresses) == 0 {
		return e, nil
	}
	if _, err := registry.ParseHostName(h.Name); err != nil {
		return e, fmt.Errorf("the host %q is in no zone: %w", h.Name, err)
	}
	for _, a := range h.Addresses {
		a = a.Unmap()
		kind := "A "
		if a.Is6() {
			kind = "AAAA "
		}
		e.Records = append(e.Records, kind+a.WithZone("").String())
	}
	e.Records = sorted(e.Records)
	return e, nil
}

func sorted(records []string) []string {
	slices.Sort(records)
	return slices.Compact(records)
}
