package config

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/namekeep/namekeep/registry/pages"
)

// Web is the public listener: the registry's pages, and RDAP below /rdap/. File
// names are relative to the folder of the configuration file.
type Web struct {
	Address string `toml:"address"` // "": none
	Cert    string `toml:"cert"`    // "": plain HTTP, for a proxy that does TLS
	Key     string `toml:"key"`
	// Proxies are addresses and networks whose X-Forwarded-For is believed.
	Proxies        []string `toml:"proxies"`
	MaxConnections int      `toml:"max-connections"`
	Accent         string   `toml:"accent"`      // #rrggbb: buttons and links
	AccentDark     string   `toml:"accent-dark"` // the same on a dark ground
}

func (w *Web) resolve(dir string) {
	for _, name := range []*string{&w.Cert, &w.Key} {
		if *name != "" && !filepath.IsAbs(*name) {
			*name = filepath.Join(dir, *name)
		}
	}
}

// TrustedProxies are the networks of Proxies; a single address is one of itself.
func (w Web) TrustedProxies() ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range w.Proxies {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			var a netip.Addr
			a, err = netip.ParseAddr(text)
			if err != nil {
				return nil, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", text)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		list = append(list, p.Masked())
	}
	return list, nil
}

// Theme is how the pages look.
func (w Web) Theme() pages.Theme { return pages.Theme{Accent: w.Accent, AccentDark: w.AccentDark} }

func (c Config) checkWeb(f *faults) {
	w := c.Web
	_, err := w.TrustedProxies()
	if err != nil {
		f.add("web.proxies", "%v", err)
	}
	err = w.Theme().Check()
	if err != nil {
		f.add("web.accent", "%v", err)
	}
	if w.MaxConnections < 1 {
		f.add("web.max-connections", "%d is less than 1", w.MaxConnections)
	}
	if w.Address == "" {
		return
	}
	f.address("web.address", w.Address)
	err = c.Notify().Check()
	if err != nil {
		f.add("identity", "the pages name the registry: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	if (w.Cert == "") != (w.Key == "") {
		f.add("web.cert", "cert and key go together")
		return
	}
	for _, file := range []struct{ key, name string }{{"web.cert", w.Cert}, {"web.key", w.Key}} {
		if file.name == "" {
			continue
		}
		_, err = os.Stat(file.name)
		if err != nil {
			f.add(file.key, "%v", err)
		}
	}
}
