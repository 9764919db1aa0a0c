package zonefile

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/namekeep/namekeep/registry"
)

func TestDelegated(t *testing.T) {
	ns := []string{"ns1.example.net"}
	for _, tt := range []struct {
		what string
		n    Name
		want bool
	}{
		{"registered", Name{Hosts: ns}, true},
		{"no name servers", Name{}, false},
		{"suspended (E+37)", Name{Hosts: ns, Suspended: true}, false},
		{"imported, without a tag (C8)", Name{Hosts: ns, Unassigned: true}, false},
		{"clientHold", Name{Hosts: ns, Statuses: registry.StatusSet{registry.StatusClientHold}}, false},
		{"serverHold", Name{Hosts: ns, Statuses: registry.StatusSet{registry.StatusServerHold}}, false},
		{"locked", Name{Hosts: ns, Statuses: registry.StatusSet{registry.StatusServerUpdateProhibited, registry.StatusServerTransferProhibited}}, true},
		{"pendingCreate", Name{Hosts: ns, Statuses: registry.StatusSet{registry.StatusPendingCreate}}, false},
		{"pendingTransfer", Name{Hosts: ns, Statuses: registry.StatusSet{registry.StatusPendingTransfer}}, true},
		{"pendingUpdate (C4)", Name{Hosts: ns, Statuses: registry.StatusSet{registry.StatusPendingUpdate}}, true},
		{"pendingDelete", Name{Hosts: ns, Statuses: registry.StatusSet{registry.StatusPendingDelete}}, false},
		{"redemption", Name{Hosts: ns, Phase: registry.RGPRedemption, Statuses: registry.StatusSet{registry.StatusPendingDelete}}, false},
		{"restore requested", Name{Hosts: ns, Phase: registry.RGPPendingRestore, Statuses: registry.StatusSet{registry.StatusPendingDelete}}, true},
		{"end of redemption", Name{Hosts: ns, Phase: registry.RGPPendingDelete, Statuses: registry.StatusSet{registry.StatusPendingDelete}}, false},
	} {
		if got := tt.n.Delegated(); got != tt.want {
			t.Errorf("%s: delegated %v", tt.what, got)
		}
	}
}

func TestDelegation(t *testing.T) {
	key := registry.KeyData{Flags: 257, Protocol: 3, Algorithm: 13, PublicKey: make([]byte, 64)}
	n := Name{Name: "a.example", Hosts: []string{"ns2.example.net", "ns1.a.example"}, DNSSEC: registry.DNSSEC{
		DS: []registry.DSData{{KeyTag: 7, Algorithm: 13, DigestType: 2, Digest: []byte{0xab, 1}}}}}
	e, err := n.Delegation()
	if want := []string{"DS 7 13 2 AB01", "NS ns1.a.example.", "NS ns2.example.net."}; err != nil || !slices.Equal(e.Records, want) {
		t.Errorf("%q, %v; want %q", e.Records, err, want)
	}
	// Another implementation makes the same DS of a key.
	n.DNSSEC = registry.DNSSEC{Keys: []registry.KeyData{key}}
	e, err = n.Delegation()
	if err != nil {
		t.Fatal(err)
	}
	theirs := &dns.DNSKEY{Hdr: dns.RR_Header{Name: "a.example.", Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET},
		Flags: 257, Protocol: 3, Algorithm: 13, PublicKey: strings.Repeat("A", 86) + "=="}
	ds := theirs.ToDS(dns.SHA256)
	if want := fmt.Sprintf("DS %d 13 2 %s", ds.KeyTag, strings.ToUpper(ds.Digest)); e.Records[0] != want {
		t.Errorf("%s, want %s", e.Records[0], want)
	}
}

// Whatever got into the register, nothing that is no host name gets into a zone.
func TestNastyNames(t *testing.T) {
	for _, name := range []string{"a.example\nb.example. IN NS evil.example", "a b.example", "*.example", "a..example", ".example", "",
		"a.example.", `a\.example`, "$INCLUDE.example", "a;.example", "é.example", "xn--.example", strings.Repeat("a", 64) + ".example",
		strings.Repeat("a.", 130) + "example", "A.example\t", "(.example", `".example`, "_x.example", "a.example; NS"} {
		n := Name{Name: name, Hosts: []string{"ns1.example.net"}}
		if e, err := n.Delegation(); err == nil || len(e.Records) > 0 {
			t.Errorf("%q: got into the zone as %q", name, e.Records)
		}
		n = Name{Name: "good.example", Hosts: []string{name}}
		if _, err := n.Delegation(); err == nil {
			t.Errorf("name server %q: got into the zone", name)
		}
		h := Host{Name: name, UsedHere: true, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}
		if e, err := h.Glue(); err == nil || len(e.Records) > 0 {
			t.Errorf("host %q: got into the zone as %q", name, e.Records)
		}
	}
}

func FuzzDelegation(f *testing.F) {
	f.Add("a.example", "ns1.a.example")
	f.Add("a.example\nx 1 IN NS y", "ns.b.example.")
	f.Add("xn--bcher-kva.example", "xn--ns-bka.example.net")
	f.Fuzz(func(t *testing.T, name, host string) {
		e, err := Name{Name: name, Hosts: []string{host}}.Delegation()
		if err != nil {
			return
		}
		line := e.Owner + ".\t60\tIN\t" + e.Records[0] + "\n"
		zp := dns.NewZoneParser(strings.NewReader(line), ".", "")
		rr, ok := zp.Next()
		ns, isNS := rr.(*dns.NS)
		if !ok || !isNS || !strings.EqualFold(ns.Hdr.Name, name+".") || !strings.EqualFold(ns.Ns, host+".") {
			t.Fatalf("%q reads as %v, %v", line, rr, zp.Err())
		}
		if _, more := zp.Next(); more || zp.Err() != nil {
			t.Fatalf("%q is more than one record", line)
		}
	})
}

// The cases of RFC 9471, and of hosts whose name has left the zone.
func TestGlue(t *testing.T) {
	addresses := []netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.1")}
	both := []string{"A 192.0.2.1", "AAAA 2001:db8::1"}
	for _, tt := range []struct {
		what string
		h    Host
		want []string
	}{
		{"in-domain: below the name that uses it", Host{UsedHere: true, Used: true, Nearest: true, Covered: true}, both},
		{"sibling: below another name of the zone", Host{UsedHere: true, Used: true, Nearest: true, Covered: true}, both},
		{"sibling below a zone of ours further down", Host{UsedHere: true, Used: true}, both},
		{"below a suspended name, used by another in the zone", Host{UsedHere: true, Used: true, Nearest: true}, both},
		{"below a suspended name, used in another zone of ours", Host{Used: true, Nearest: true}, both},
		{"the same, in the zone above", Host{Used: true}, nil},
		{"used in another zone of ours, found through its own name", Host{Used: true, Nearest: true, Covered: true}, nil},
		{"used by nobody", Host{Nearest: true, Covered: true}, nil},
	} {
		tt.h.Name, tt.h.Addresses = "ns1.a.example", addresses
		e, err := tt.h.Glue()
		if err != nil || !slices.Equal(e.Records, tt.want) {
			t.Errorf("%s: %q, %v; want %q", tt.what, e.Records, err, tt.want)
		}
	}
	e, err := Host{Name: "ns1.a.example", UsedHere: true}.Glue()
	if err != nil || len(e.Records) > 0 {
		t.Errorf("without addresses: %q, %v", e.Records, err)
	}
}

func TestNextSerial(t *testing.T) {
	now := time.Date(2026, 11, 22, 22, 0, 0, 0, time.UTC)
	unix := uint32(now.Unix())
	for _, tt := range []struct {
		what     string
		previous uint32
		at       time.Time
		want     uint32
	}{
		{"the first", 0, now, unix},
		{"later", unix - 100, now, unix},
		{"in the same second", unix, now, unix + 1},
		{"the clock was set back", unix + 1000, now, unix + 1001},
		{"from YYYYMMDDnn, which lies ahead", 2026112201, now, 2026112202},
		{"at the end of the numbers", 1<<32 - 1, now, unix}, // RFC 1982: half a circle behind at most
		{"after 2106", 1<<32 - 10, time.Unix(1<<32+5, 0), 5},
		{"never 0", 1<<32 - 10, time.Unix(1<<32, 0), 1},
	} {
		got := NextSerial(tt.previous, tt.at)
		if got != tt.want {
			t.Errorf("%s: %d, want %d", tt.what, got, tt.want)
		}
		if tt.previous != 0 && !After(got, tt.previous) {
			t.Errorf("%s: %d does not come after %d", tt.what, got, tt.previous)
		}
	}
}

func TestShrink(t *testing.T) {
	o := Options{MaxShrink: 10, FreeShrink: 5}
	for _, tt := range []struct {
		before, after int64
		stops         bool
	}{{1000, 900, false}, {1000, 899, true}, {1000, 2000, false}, {10, 5, false}, {10, 4, true}, {6, 1, false}, {0, 0, false}, {7, 0, true}} {
		if why := o.shrink(tt.before, tt.after); (why != "") != tt.stops {
			t.Errorf("from %d to %d names: %q", tt.before, tt.after, why)
		}
	}
}
