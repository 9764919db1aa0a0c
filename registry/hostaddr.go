package registry

import "net/netip"

// closed are the ranges, beside those that netip knows, in which no name server
// can be reached from the public Internet (IANA special-purpose registries).
var closed = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // shared address space, RFC 6598
	netip.MustParsePrefix("192.0.0.0/24"),  // protocol assignments
	netip.MustParsePrefix("198.18.0.0/15"), // benchmarks
	netip.MustParsePrefix("240.0.0.0/4"),   // reserved, broadcast
}

var globalUnicast6 = netip.MustParsePrefix("2000::/3")

// ParseHostAddress reads the address of a name server, given as version "v4" or
// "v6" (RFC 5732; "" takes both), and returns it in canonical form. It must be a
// public unicast address: loopback, unspecified, multicast, private, link-local
// and reserved ones are refused. The documentation ranges (192.0.2.0/24,
// 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32) are let through on purpose:
// the demo, the examples and the tests live in them, and a delegation there
// hurts nobody but its owner. Refusals: KindParamSyntax, KindParamRange.
func ParseHostAddress(text, version string) (netip.Addr, error) {
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" || version == "v4" && !a.Is4() || version == "v6" && !a.Is6() {
		return netip.Addr{}, Refuse(KindParamSyntax, "", "%q is not an IP%s address.", text, version).
			About("host:addr", text)
	}
	if !publicUnicast(a) {
		return netip.Addr{}, Refuse(KindParamRange, "", "%s is not a public address.", a).About("host:addr", text)
	}
	return a, nil
}

func publicUnicast(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Is4In6() || a.Is6() && !globalUnicast6.Contains(a) {
		return false
	}
	for _, p := range closed {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// MaxHostAddresses is the most addresses a host can have.
const MaxHostAddresses = 13

// CheckHostAddresses decides the addresses of a host: a host in a zone of ours
// (internal) needs one at least, since it may be used below its own name; any
// other has none, for its addresses are another registry's to publish. None may
// come twice. Refusals: KindParamMissing, KindPolicy.
func CheckHostAddresses(host string, internal bool, addresses []netip.Addr) error {
	if internal && len(addresses) == 0 {
		return Refuse(KindParamMissing, "", "%s lies in a zone of this registry and needs an address.", host).
			About("host:addr", "")
	}
	if !internal && len(addresses) > 0 {
		return Refuse(KindPolicy, "", "%s lies outside the zones of this registry and takes no addresses.", host).
			About("host:addr", addresses[0].String())
	}
	if len(addresses) > MaxHostAddresses {
		return Refuse(KindPolicy, "", "A host has at most %d addresses.", MaxHostAddresses).About("host:name", host)
	}
	seen := make(map[netip.Addr]bool, len(addresses))
	for _, a := range addresses {
		if seen[a] {
			return Refuse(KindPolicy, "", "The address %s is given twice.", a).About("host:addr", a.String())
		}
		seen[a] = true
	}
	return nil
}

// NeedsGlue reports whether a delegation of domain to host needs the host's
// addresses in the parent zone: the host is the domain itself or lies below it
// (C1).
func NeedsGlue(host, domain string) bool { return host == domain || Below(host, domain) }
