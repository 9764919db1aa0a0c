package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

const example = "../../../deploy/registry.example.toml"

// Every key is documented with its default, and the documented defaults are
// the defaults.
func TestExample(t *testing.T) {
	data, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range Keys() {
		name := key[strings.LastIndex(key, ".")+1:]
		if !regexp.MustCompile(`(?m)^#?` + name + ` = `).Match(data) {
			t.Errorf("%s is not in the example", key)
		}
	}
	asIs, err := Load(example, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Without the "#" before the keys it says the same.
	file := filepath.Join(filepath.Dir(example), "full.toml")
	full := Default()
	if err = full.decode(regexp.MustCompile(`(?m)^#([a-z[])`).ReplaceAllString(string(data), "$1")); err != nil {
		t.Fatal(err)
	}
	// No secondary is there by default, so its section is a comment.
	if !reflect.DeepEqual(full.Secondaries, map[string]Secondary{"ns1": DefaultSecondary()}) {
		t.Errorf("the example documents a secondary %+v", full.Secondaries)
	}
	full.Secondaries = asIs.Secondaries
	full.Certs.resolve(filepath.Dir(file))
	if !reflect.DeepEqual(full, asIs) {
		t.Errorf("the example documents other defaults than there are:\n%+v\n%+v", full, asIs)
	}
	if err = asIs.CheckRegister(); err != nil {
		t.Error(err)
	}
	if got := asIs.Certs.CACert; got != filepath.Join(filepath.Dir(example), "certs/ca.pem") {
		t.Errorf("certificate file %s: not beside the configuration", got)
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "registry.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestEnvironmentWins(t *testing.T) {
	file := write(t, "[database]\nurl = \"postgres://file/x\"\nmax-conns = 3\n[listener.uk]\naddress = \":1\"\n")
	c, err := Load(file, []string{"NAMEKEEP_DATABASE_URL=postgres://env/x", "NAMEKEEP_POLICY_UNRENEW=true",
		"NAMEKEEP_POLICY_MAX_YEARS=9", "NAMEKEEP_LISTENER_UK_IDLE_TIMEOUT=1m", "NAMEKEEP_LISTENER_B_ADDRESS=:2",
		"NAMEKEEP_USER=ann", "PATH=/bin"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Database.URL != "postgres://env/x" || c.Database.MaxConns != 3 || !c.Policy.Unrenew || c.Policy.MaxYears != 9 {
		t.Errorf("database %+v, policy %+v", c.Database, c.Policy)
	}
	uk, b := c.Listeners["uk"], c.Listeners["b"]
	if uk.Address != ":1" || uk.IdleTimeout != time.Minute || uk.MaxFrame != 65536 || b.Address != ":2" || b.Profile != "uk" {
		t.Errorf("listeners %+v", c.Listeners)
	}
}

func TestRefused(t *testing.T) {
	for what, c := range map[string]struct {
		text string
		env  string
		want string
	}{
		"unknown key":       {text: "[database]\nurll = \"x\"", want: "database.urll: there is no such key"},
		"unknown section":   {text: "[databse]\nurl = \"x\"", want: "databse"},
		"unknown in policy": {text: "[policy]\nmax-year = 1", want: "policy.max-year"},
		"wrong type":        {text: "[policy]\nmax-years = \"ten\"", want: "policy.max-years"},
		"no TOML":           {text: "[policy", want: "line 1"},
		"unknown variable":  {env: "NAMEKEEP_POLICY_MAX_YEAR=1", want: "NAMEKEEP_POLICY_MAX_YEAR: there is no such key"},
		"variable no int":   {env: "NAMEKEEP_POLICY_MAX_YEARS=ten", want: `policy.max-years (NAMEKEEP_POLICY_MAX_YEARS): "ten" is not a whole number`},
		"variable no bool":  {env: "NAMEKEEP_POLICY_UNRENEW=maybe", want: "not true or false"},
		"variable no time":  {env: "NAMEKEEP_EPP_WATCH_INTERVAL=soon", want: "not a duration"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := Load(write(t, c.text), []string{c.env})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.toml"), nil); err == nil {
		t.Error("a missing file was taken")
	}
}

func TestCheck(t *testing.T) {
	for key, edit := range map[string]func(*Config){
		"database.url":                   func(c *Config) { c.Database.URL = "" },
		"database.max-conns":             func(c *Config) { c.Database.MaxConns = 0 },
		"database.tx-timeout":            func(c *Config) { c.Database.TxTimeout = 0 },
		"installation.repository-id":     func(c *Config) { c.Installation.RepositoryID = "much-too-long" },
		"installation.time-zone":         func(c *Config) { c.Installation.TimeZone = "Mars/Olympus" },
		"policy.max-years":               func(c *Config) { c.Policy.MaxYears = 0 },
		"policy.pro-forma-day":           func(c *Config) { c.Policy.ProFormaDay = 1 },
		"listener.uk.address":            func(c *Config) { set(c, func(l *Listener) { l.Address = "nowhere" }) },
		"listener.uk.profile":            func(c *Config) { set(c, func(l *Listener) { l.Profile = "x" }) },
		"listener.uk.client-certificate": func(c *Config) { set(c, func(l *Listener) { l.ClientCertificate = "x" }) },
		"listener.uk.plain":              func(c *Config) { set(c, func(l *Listener) { l.Plain = true }) },
		"listener.uk.max-frame":          func(c *Config) { set(c, func(l *Listener) { l.MaxFrame = 5 }) },
		"listener":                       func(c *Config) { c.Listeners = nil },
		"certs.server-key":               func(c *Config) { c.Certs.ServerKey = "/nowhere/at/all.key" },
		"epp.name":                       func(c *Config) { c.EPP.Name = "x" },
		"metrics.address":                func(c *Config) { c.Metrics.Address = "9100" },
		"web.address": func(c *Config) {
			c.Web.Address, c.Identity.URL, c.Identity.Email = "8080", "https://r.example", "a@r.example"
		},
		"identity":            func(c *Config) { c.Web.Address = ":8080" },
		"web.proxies":         func(c *Config) { c.Web.Proxies = []string{"proxy"} },
		"web.accent":          func(c *Config) { c.Web.Accent = "#ffff00" },
		"web.max-connections": func(c *Config) { c.Web.MaxConnections = 0 },
		"web.cert": func(c *Config) {
			c.Web.Address, c.Identity.URL, c.Identity.Email, c.Web.Key = ":8080", "https://r.example", "a@r.example", "k"
		},
		"lookup.publication":       func(c *Config) { c.Lookup.Publication = "some" },
		"whois.address":            func(c *Config) { c.Whois.Address = "43" },
		"whois.queries-per-minute": func(c *Config) { c.Whois.QueriesPerMinute = -1 },
		"whois.max-connections":    func(c *Config) { c.Whois.MaxConnections = 0 },
		"whois.max-per-address":    func(c *Config) { c.Whois.MaxPerAddress = 0 },
		"whois.timeout":            func(c *Config) { c.Whois.Timeout = 0 },
		"rdap.queries-per-minute":  func(c *Config) { c.RDAP.QueriesPerMinute = -1 },
		"rdap.timeout":             func(c *Config) { c.RDAP.Timeout = -1 },
		"log.level":                func(c *Config) { c.Log.Level = "loud" },
	} {
		t.Run(key, func(t *testing.T) {
			c := good(t)
			if err := c.Check(); err != nil {
				t.Fatalf("before: %v", err)
			}
			edit(&c)
			err := c.Check()
			if err == nil || !strings.HasPrefix(err.Error(), key+": ") {
				t.Errorf("error %v, want %s: …", err, key)
			}
		})
	}
}

func set(c *Config, edit func(*Listener)) {
	l := c.Listeners["uk"]
	edit(&l)
	c.Listeners["uk"] = l
}

// good is a configuration without faults.
func good(t *testing.T) Config {
	t.Helper()
	c := Default()
	c.Database.URL = "postgres://localhost/x"
	l := DefaultListener()
	l.Address = "192.0.2.1:700"
	c.Listeners["uk"] = l
	c.Certs.resolve(t.TempDir())
	for _, name := range []string{c.Certs.CACert, c.Certs.ServerCert, c.Certs.ServerKey} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}
