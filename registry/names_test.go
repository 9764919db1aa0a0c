package registry

import (
	"net/netip"
	"strings"
	"testing"
)

func TestParseDomainName(t *testing.T) {
	long := strings.Repeat("a", 63)
	for _, c := range []struct{ in, want string }{
		{"Oak.Example", "oak.example"}, {"a.example", "a.example"}, {"1.example", "1.example"},
		{"a-b.example", "a-b.example"}, {long + ".example", long + ".example"}, {"a.b--c.example", "a.b--c.example"},
		{"xn--bcher-kva.example", "xn--bcher-kva.example"}, {"XN--BCHER-KVA.example", "xn--bcher-kva.example"},
		{"", ""}, {".", ""}, {"oak.example.", ""}, {".example", ""}, {"oak..example", ""}, {"-a.example", ""}, {"a-.example", ""},
		{"a_b.example", ""}, {"a b.example", ""}, {"ab--c.example", ""}, {"xn--.example", ""}, {"xn--a.example", ""},
		{"xn--abc-.example", ""}, {"xn--zzzzzz.example", ""}, {"xn--n3h.example", "xn--n3h.example"}, // a snowman: the table refuses it
		{"bücher.example", ""}, {"\u212a.example", ""}, {long + "a.example", ""}, {"a\x00.example", ""},
		{strings.Repeat(long+".", 4) + "a", ""}, {strings.Repeat(long+".", 3) + strings.Repeat("a", 61), strings.Repeat(long+".", 3) + strings.Repeat("a", 61)},
	} {
		got, err := ParseDomainName(c.in)
		expect(t, c.in, err, c.want == "", KindParamSyntax, "")
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

func TestNamesInZones(t *testing.T) {
	zones := []string{"uk", "co.uk", "example"}
	for _, c := range []struct{ name, label, zone string }{
		{"oak.uk", "oak", "uk"}, {"oak.co.uk", "oak", "co.uk"}, {"oak.example", "oak", "example"},
		{"co.uk", "", ""}, {"uk", "", ""}, {"a.oak.uk", "", ""}, {"a.oak.co.uk", "", ""}, {"oak.test", "", ""}, {"oakuk", "", ""},
	} {
		label, zone, err := SplitName(c.name, zones)
		expect(t, c.name, err, c.zone == "", KindPolicy, "")
		if label != c.label || zone != c.zone {
			t.Errorf("%s: %q in %q", c.name, label, zone)
		}
	}
	for _, c := range []struct {
		label   string
		table   IDNTable
		refused bool
	}{
		{"oak", IDNNone, false}, {"xn--bcher-kva", IDNNone, true}, {"xn--bcher-kva", IDNLatin, false},
		{"xn--strae-oqa", IDNLatin, false}, // straße
		{"xn--n3h", IDNLatin, true},        // a snowman
		{"xn--e1afmkfd", IDNLatin, true},   // Cyrillic
		{"xn--pple-43d", IDNLatin, true},   // apple with a Cyrillic a
	} {
		expect(t, c.label+" in "+string(c.table), CheckLabel(c.label, c.table), c.refused, KindPolicy, "")
	}
	if got := ToUnicode("xn--bcher-kva.example"); got != "bücher.example" {
		t.Errorf("ToUnicode: %q", got)
	}
	if got, err := ToASCII("Bücher.Example"); got != "xn--bcher-kva.example" {
		t.Errorf("ToASCII: %q, %v", got, err)
	}
	if !NeedsGlue("ns1.oak.uk", "oak.uk") || !NeedsGlue("oak.uk", "oak.uk") || NeedsGlue("ns1.soak.uk", "oak.uk") {
		t.Error("C1: glue is judged label by label")
	}
	for _, r := range latinLetters {
		label, err := ToASCII("a" + string(r) + ".example")
		if err != nil || ToUnicode(label) != "a"+string(r)+".example" {
			t.Errorf("the letter %c of the table latin is no IDNA2008 letter: %q, %v", r, label, err)
		}
	}
}

func TestParseHostName(t *testing.T) {
	for in, ok := range map[string]bool{
		"ns1.oak.uk": true, "NS1.Oak.UK": true, "oak.uk": true, "a.b.c.d.e.test": true, "ns1.xn--bcher-kva.de": true,
		"uk": false, "192.0.2.1": false, "ns_1.oak.uk": false, "ns1..uk": false, "ns1.oak.uk.": false,
	} {
		_, err := ParseHostName(in)
		expect(t, in, err, !ok, KindParamSyntax, "")
	}
}

func TestHostAddresses(t *testing.T) {
	for _, c := range []struct {
		text, version string
		refused       bool
		kind          Kind
	}{
		{"192.0.2.1", "v4", false, 0}, {"198.51.100.7", "", false, 0}, {"203.0.113.9", "v4", false, 0}, {"2001:db8::1", "v6", false, 0}, {"9.9.9.9", "v4", false, 0},
		{"127.0.0.1", "v4", true, KindParamRange}, {"0.0.0.0", "v4", true, KindParamRange}, {"10.1.2.3", "v4", true, KindParamRange},
		{"172.16.0.1", "v4", true, KindParamRange}, {"192.168.1.1", "v4", true, KindParamRange}, {"169.254.1.1", "v4", true, KindParamRange},
		{"224.0.0.1", "v4", true, KindParamRange}, {"255.255.255.255", "v4", true, KindParamRange}, {"240.0.0.1", "v4", true, KindParamRange},
		{"100.64.0.1", "v4", true, KindParamRange}, {"::1", "v6", true, KindParamRange}, {"::", "v6", true, KindParamRange},
		{"fe80::1", "v6", true, KindParamRange}, {"fd00::1", "v6", true, KindParamRange}, {"ff02::1", "v6", true, KindParamRange},
		{"::ffff:192.0.2.1", "v6", true, KindParamRange}, {"192.0.2.1", "v6", true, KindParamSyntax}, {"2001:db8::1", "v4", true, KindParamSyntax},
		{"2001:db8::1%eth0", "v6", true, KindParamSyntax}, {"192.0.2.01", "v4", true, KindParamSyntax}, {"", "", true, KindParamSyntax},
	} {
		_, err := ParseHostAddress(c.text, c.version)
		expect(t, c.text, err, c.refused, c.kind, "")
	}
	a := netip.MustParseAddr("192.0.2.1")
	expect(t, "glue", CheckHostAddresses("ns1.oak.uk", true, []netip.Addr{a}), false, 0, "")
	expect(t, "no glue", CheckHostAddresses("ns1.oak.uk", true, nil), true, KindParamMissing, "")
	expect(t, "external", CheckHostAddresses("ns1.oak.test", false, nil), false, 0, "")
	expect(t, "external with address", CheckHostAddresses("ns1.oak.test", false, []netip.Addr{a}), true, KindPolicy, "")
	expect(t, "twice", CheckHostAddresses("ns1.oak.uk", true, []netip.Addr{a, a}), true, KindPolicy, "")
}

func FuzzParseDomainName(f *testing.F) {
	for _, s := range []string{"oak.example", "xn--bcher-kva.example", "XN--.x", "a..b", "-", "xn--a-ecp.ru", "\xff.uk"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, err := ParseDomainName(s)
		if err != nil {
			if KindOf(err) != KindParamSyntax || name != "" {
				t.Errorf("%q: %q, %v", s, name, err)
			}
			return
		}
		again, err := ParseDomainName(name)
		if err != nil || again != name || len(name) > maxNameLength {
			t.Errorf("%q became %q, then %q, %v", s, name, again, err)
		}
		if back, err := ToASCII(ToUnicode(name)); err != nil || back != name {
			t.Errorf("%q shows as %q, which is %q, %v", name, ToUnicode(name), back, err)
		}
	})
}
