package config

import (
	"time"

	"github.com/namekeep/namekeep/registry"
)

// Lookup is what WHOIS and RDAP share.
type Lookup struct {
	// Publication is what they tell of contacts, in zones that have no policy of
	// their own.
	Publication registry.Publication `toml:"publication"`
	TermsURL    string               `toml:"terms-url"` // "": none are named
}

// Whois is the listener of RFC 3912.
type Whois struct {
	Address          string        `toml:"address"`            // "": none
	QueriesPerMinute int           `toml:"queries-per-minute"` // of one address; 0: no limit
	MaxConnections   int           `toml:"max-connections"`
	MaxPerAddress    int           `toml:"max-per-address"`
	Timeout          time.Duration `toml:"timeout"`
}

// RDAP is answered by the public web server, below /rdap/.
type RDAP struct {
	Enabled          bool          `toml:"enabled"`
	Search           bool          `toml:"search"`
	QueriesPerMinute int           `toml:"queries-per-minute"` // of one address; 0: no limit
	Timeout          time.Duration `toml:"timeout"`
}

func (c Config) checkLookup(f *faults) {
	policies := []string{}
	for _, p := range registry.Publications() {
		policies = append(policies, string(p))
	}
	f.oneOf("lookup.publication", string(c.Lookup.Publication), policies...)
	if c.Whois.Address != "" {
		f.address("whois.address", c.Whois.Address)
	}
	atLeast := func(key string, n, least int) {
		if n < least {
			f.add(key, "%d is less than %d", n, least)
		}
	}
	atLeast("whois.queries-per-minute", c.Whois.QueriesPerMinute, 0)
	atLeast("whois.max-connections", c.Whois.MaxConnections, 1)
	atLeast("whois.max-per-address", c.Whois.MaxPerAddress, 1)
	f.positive("whois.timeout", c.Whois.Timeout)
	atLeast("rdap.queries-per-minute", c.RDAP.QueriesPerMinute, 0)
	f.positive("rdap.timeout", c.RDAP.Timeout)
}
