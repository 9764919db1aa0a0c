package config

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/zonefile"
)

// Zones says how zones are published.
type Zones struct {
	Directory    string        `toml:"directory"` // of the zone files; "" for none
	ChangesEvery time.Duration `toml:"changes-every"`
	FilesEvery   time.Duration `toml:"files-every"`
	CompareEvery time.Duration `toml:"compare-every"`
	MaxShrink    int           `toml:"max-shrink"`  // percent in a day
	FreeShrink   int           `toml:"free-shrink"` // names
	JournalKept  time.Duration `toml:"journal-kept"`
	Address      string        `toml:"address"` // for transfers to secondaries; "" for none
	MaxTransfers int           `toml:"max-transfers"`
}

// Secondary is a name server that zones are transferred to.
type Secondary struct {
	Notify       string   `toml:"notify"` // host:port that is told of changes; "" for none
	From         []string `toml:"from"`   // addresses or networks that it asks from
	KeyName      string   `toml:"key-name"`
	KeyAlgorithm string   `toml:"key-algorithm"`
	KeyFile      string   `toml:"key-file"` // the secret in base64
	Zones        []string `toml:"zones"`    // empty: all
}

// KeyAlgorithms are the algorithms of TSIG keys that are taken (RFC 8945).
var KeyAlgorithms = []string{"hmac-sha256", "hmac-sha384", "hmac-sha512"}

func defaultZones() Zones {
	s, o := zonefile.DefaultSchedule(), zonefile.DefaultOptions()
	return Zones{ChangesEvery: s.Changes, FilesEvery: s.Files, CompareEvery: s.Compare,
		MaxShrink: o.MaxShrink, FreeShrink: o.FreeShrink, JournalKept: o.Keep, MaxTransfers: 4}
}

// DefaultSecondary returns the settings of a secondary that has none.
func DefaultSecondary() Secondary {
	return Secondary{KeyAlgorithm: "hmac-sha256", From: []string{}, Zones: []string{}}
}

func (s Secondary) withDefaults() Secondary {
	fill(&s.KeyAlgorithm, DefaultSecondary().KeyAlgorithm)
	return s
}

// Schedule is how often a server publishes what.
func (z Zones) Schedule() zonefile.Schedule {
	return zonefile.Schedule{Changes: z.ChangesEvery, Files: z.FilesEvery, Compare: z.CompareEvery, Dir: z.Directory}
}

// Options are how zones are published.
func (z Zones) Options() zonefile.Options {
	return zonefile.Options{MaxShrink: z.MaxShrink, FreeShrink: z.FreeShrink, Keep: z.JournalKept}
}

func (c *Config) resolveZones(dir string) {
	if z := &c.Zones; z.Directory != "" && !filepath.IsAbs(z.Directory) {
		z.Directory = filepath.Join(dir, z.Directory)
	}
	for name, s := range c.Secondaries {
		if s.KeyFile != "" && !filepath.IsAbs(s.KeyFile) {
			s.KeyFile = filepath.Join(dir, s.KeyFile)
			c.Secondaries[name] = s
		}
	}
}

func (c Config) checkZones(f *faults) {
	z := c.Zones
	f.positive("zones.changes-every", z.ChangesEvery)
	f.positive("zones.files-every", z.FilesEvery)
	f.positive("zones.compare-every", z.CompareEvery)
	f.positive("zones.journal-kept", z.JournalKept)
	if z.MaxShrink < 0 || z.MaxShrink > 100 {
		f.add("zones.max-shrink", "%d is not 0 to 100 percent", z.MaxShrink)
	}
	if z.FreeShrink < 0 {
		f.add("zones.free-shrink", "%d is less than 0", z.FreeShrink)
	}
	if z.MaxTransfers < 1 {
		f.add("zones.max-transfers", "%d is less than 1", z.MaxTransfers)
	}
	if z.Directory != "" {
		if st, err := os.Stat(z.Directory); err == nil && !st.IsDir() {
			f.add("zones.directory", "%s is no folder", z.Directory)
		}
	}
	if z.Address != "" {
		f.address("zones.address", z.Address)
	}
}

// checkSecondaries looks at the keys too.
func (c Config) checkSecondaries(f *faults) {
	if len(c.Secondaries) > 0 && c.Zones.Address == "" {
		f.add("zones.address", "is missing, and there are secondaries")
	}
	keys := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c.Secondaries)) {
		s, key := c.Secondaries[name], "secondary."+name
		if !listenerName.MatchString(name) {
			f.add(key, "a secondary's name has small letters and digits only")
		}
		if s.Notify != "" {
			f.address(key+".notify", s.Notify)
		}
		if len(s.From) == 0 {
			f.add(key+".from", "is missing: the addresses or networks that the secondary asks from")
		}
		if _, err := s.Networks(); err != nil {
			f.add(key+".from", "%v", err)
		}
		if _, err := registry.ParseDomainName(s.KeyName); err != nil {
			f.add(key+".key-name", "%q is not the name of a key", s.KeyName)
		}
		if other, ok := keys[s.KeyName]; ok {
			f.add(key+".key-name", "%s has it too: every secondary has a key of its own", other)
		}
		keys[s.KeyName] = key
		f.oneOf(key+".key-algorithm", s.KeyAlgorithm, KeyAlgorithms...)
		if _, err := s.Secret(); err != nil {
			f.add(key+".key-file", "%v", err)
		}
		for _, z := range s.Zones {
			if _, err := registry.ParseDomainName(z); err != nil {
				f.add(key+".zones", "%q is not a zone", z)
			}
		}
	}
}

// Networks reads the addresses and networks that the secondary asks from.
func (s Secondary) Networks() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range s.From {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a, wrong := netip.ParseAddr(text)
			if wrong != nil {
				return nil, fmt.Errorf("%q is no address or network", text)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// minSecret is the shortest secret that a key may have, in octets: shorter ones
// are guessed (RFC 8945 section 8 asks for the length of the digest).
const minSecret = 32

// Secret reads the key and returns it in base64.
func (s Secondary) Secret() (string, error) {
	if s.KeyFile == "" {
		return "", fmt.Errorf("is missing")
	}
	data, err := os.ReadFile(s.KeyFile)
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(string(data))
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", fmt.Errorf("%s is not a secret in base64", s.KeyFile)
	}
	if len(raw) < minSecret {
		return "", fmt.Errorf("%s has a secret of %d octets: %d at least", s.KeyFile, len(raw), minSecret)
	}
	return text, nil
}
