// Package config reads the settings that registryd and registryctl share: one
// TOML file, every key also as an environment variable. Unknown keys are
// refused, and Check explains each fault with its key.
//
// The key section.some-key is NAMEKEEP_SECTION_SOME_KEY in the environment,
// which wins over the file; listener.NAME.some-key is
// NAMEKEEP_LISTENER_NAME_SOME_KEY, and secondary.NAME likewise. deploy/registry.example.toml documents every
// key with its default.
//
// Imports: registry, registry/pages, notify, registry/pg.
package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pages"
	"github.com/namekeep/namekeep/registry/pg"
)

// Config is the whole of the settings.
type Config struct {
	Database     Database             `toml:"database"`
	Installation Installation         `toml:"installation"`
	Policy       registry.Policy      `toml:"policy"`
	Certs        Certs                `toml:"certs"`
	EPP          EPP                  `toml:"epp"`
	Listeners    map[string]Listener  `toml:"listener"` // by name
	Identity     Identity             `toml:"identity"`
	Mail         Mail                 `toml:"mail"`
	Post         Post                 `toml:"post"`
	Web          Web                  `toml:"web"`
	Zones        Zones                `toml:"zones"`
	Secondaries  map[string]Secondary `toml:"secondary"` // by name
	Lookup       Lookup               `toml:"lookup"`
	Whois        Whois                `toml:"whois"`
	RDAP         RDAP                 `toml:"rdap"`
	Metrics      Metrics              `toml:"metrics"`
	Log          Log                  `toml:"log"`
	Backup       Backup               `toml:"backup"`
	Escrow       Escrow               `toml:"escrow"`
}

// Database says how to reach PostgreSQL. A zero number takes pg's default.
type Database struct {
	URL               string        `toml:"url"`
	MaxConns          int32         `toml:"max-conns"`
	TxTimeout         time.Duration `toml:"tx-timeout"`
	ConnectTimeout    time.Duration `toml:"connect-timeout"`
	HealthCheckPeriod time.Duration `toml:"health-check-period"`
	Migrate           bool          `toml:"migrate"` // registryd brings the schema up to date when it starts
}

// Installation is what "registryctl db migrate" writes into a new database. The
// database decides from then on.
type Installation struct {
	RepositoryID string `toml:"repository-id"`
	TimeZone     string `toml:"time-zone"`
	TestBed      bool   `toml:"test-bed"`
	// InvoiceDays is when the batch invoices registrars: monthly, weekly or daily.
	InvoiceDays registry.InvoiceDays `toml:"invoice-days"`
	ZoneTTL     time.Duration        `toml:"zone-ttl"` // of this process's copy of the zones
}

// Certs names PEM files; relative names are relative to the folder of the
// configuration file.
type Certs struct {
	CACert     string `toml:"ca-cert"`
	CAKey      string `toml:"ca-key"` // registryctl only, to issue certificates
	ServerCert string `toml:"server-cert"`
	ServerKey  string `toml:"server-key"`
}

// EPP is what all listeners share.
type EPP struct {
	Name            string        `toml:"name"` // svID of the greeting
	WatchInterval   time.Duration `toml:"watch-interval"`
	ShutdownTimeout time.Duration `toml:"shutdown-timeout"`
	DebugXML        bool          `toml:"debug-xml"`
}

// Listener is one address for EPP. A zero limit takes the server's default, one
// below zero is no limit.
type Listener struct {
	Address             string           `toml:"address"`
	Profile             registry.Profile `toml:"profile"`
	Plain               bool             `toml:"plain"`              // no TLS: loopback only
	ClientCertificate   string           `toml:"client-certificate"` // require, request or optional
	LenientUnframed     bool             `toml:"lenient-unframed"`
	LenientLeadingSpace bool             `toml:"lenient-leading-space"`
	LenientSchema       bool             `toml:"lenient-schema"`

	MaxFrame          int           `toml:"max-frame"` // bytes
	MaxConnections    int           `toml:"max-connections"`
	MaxPerAddress     int           `toml:"max-per-address"`
	MaxHandshakes     int           `toml:"max-handshakes"`
	MaxSessions       int           `toml:"max-sessions"` // of one registrar
	CommandsPerSecond int           `toml:"commands-per-second"`
	NamesPerCheck     int           `toml:"names-per-check"`
	HandshakeTimeout  time.Duration `toml:"handshake-timeout"`
	FrameTimeout      time.Duration `toml:"frame-timeout"`
	IdleTimeout       time.Duration `toml:"idle-timeout"`
	MaxAge            time.Duration `toml:"max-age"`
	WriteTimeout      time.Duration `toml:"write-timeout"`
	CommandTimeout    time.Duration `toml:"command-timeout"`
}

// What a listener does about client certificates.
const (
	CertificateRequired  = "require"  // none: the TLS handshake fails
	CertificateRequested = "request"  // none: the login fails, with the reason
	CertificateOptional  = "optional" // none: tag and password are enough
)

// Metrics is the address of Prometheus metrics, /healthz and /readyz; "" for
// none.
type Metrics struct {
	Address string `toml:"address"`
}

// Log says what is logged, on standard error.
type Log struct {
	Level  string `toml:"level"`  // debug, info, warn or error
	Format string `toml:"format"` // json or text
}

// Backup says where "registryctl db backup" puts its dumps; a relative folder is
// relative to that of the configuration file.
type Backup struct {
	Dir  string `toml:"dir"`
	Keep int    `toml:"keep"` // dumps that stay there; 0 keeps all
}

// Escrow says how "registryctl escrow deposit" makes deposits; relative names
// are relative to the folder of the configuration file.
type Escrow struct {
	Dir            string   `toml:"dir"`
	TLD            string   `toml:"tld"`             // of the header; "" is what the zones have in common
	Recipients     []string `toml:"recipients"`      // files with OpenPGP keys to encrypt to
	SignKey        string   `toml:"sign-key"`        // file with an OpenPGP private key
	PassphraseFile string   `toml:"passphrase-file"` // of the private key
	AuthInfo       bool     `toml:"auth-info"`       // whether hashes of authInfos are deposited
}

// resolve makes file names relative to a folder absolute.
func (e *Escrow) resolve(dir string) {
	names := []*string{&e.Dir, &e.SignKey, &e.PassphraseFile}
	for i := range e.Recipients {
		names = append(names, &e.Recipients[i])
	}
	for _, name := range names {
		if *name != "" && !filepath.IsAbs(*name) {
			*name = filepath.Join(dir, *name)
		}
	}
}

// Default returns the settings of an empty file.
func Default() Config {
	return Config{
		Database: Database{
			MaxConns: pg.DefaultMaxConns, TxTimeout: pg.DefaultTxTimeout,
			ConnectTimeout: pg.DefaultConnectTimeout, HealthCheckPeriod: pg.DefaultHealthCheck,
		},
		Installation: Installation{RepositoryID: "UK", TimeZone: "Europe/London", InvoiceDays: registry.InvoiceMonthly, ZoneTTL: 2 * time.Second},
		Policy:       registry.DefaultPolicy(),
		Certs: Certs{CACert: "certs/ca.pem", CAKey: "certs/ca.key",
			ServerCert: "certs/server.pem", ServerKey: "certs/server.key"},
		EPP:       EPP{Name: "Namekeep", WatchInterval: 5 * time.Second, ShutdownTimeout: 30 * time.Second},
		Listeners: map[string]Listener{},
		Zones:     defaultZones(), Secondaries: map[string]Secondary{},
		Identity: Identity{Name: "Namekeep", Address: []string{}, Payment: []string{}},
		Mail:     Mail{Security: "starttls", Workers: 2},
		Web:      Web{Proxies: []string{}, MaxConnections: 1000, Accent: pages.DefaultTheme.Accent, AccentDark: pages.DefaultTheme.AccentDark},
		Lookup:   Lookup{Publication: registry.PublishMinimal},
		Whois:    Whois{QueriesPerMinute: 60, MaxConnections: 1000, MaxPerAddress: 20, Timeout: 10 * time.Second},
		RDAP:     RDAP{Enabled: true, QueriesPerMinute: 120, Timeout: 10 * time.Second},
		Metrics:  Metrics{Address: "127.0.0.1:9100"},
		Log:      Log{Level: "info", Format: "json"},
		Backup:   Backup{Keep: 14},
		Escrow:   Escrow{Recipients: []string{}},
	}
}

// DefaultListener returns the settings of a listener that has none, but for
// its address. The limits are written out so that the example can be held to
// them; eppserver has the same.
func DefaultListener() Listener {
	return Listener{
		Profile: registry.ProfileUK, ClientCertificate: CertificateRequested,
		MaxFrame: 64 << 10, MaxConnections: 10_000, MaxPerAddress: 500, MaxHandshakes: 64, MaxSessions: 20,
		CommandsPerSecond: -1, NamesPerCheck: 100,
		HandshakeTimeout: 10 * time.Second, FrameTimeout: 30 * time.Second, IdleTimeout: 10 * time.Minute,
		MaxAge: 24 * time.Hour, WriteTimeout: 30 * time.Second, CommandTimeout: 20 * time.Second,
	}
}

// Load reads a file, or the defaults for "", and then the environment, given as
// os.Environ does. All faults of form are in the error, each with its key;
// whether the values make sense is for Check.
func Load(file string, environ []string) (Config, error) {
	c := Default()
	if file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return c, fmt.Errorf("configuration: %w", err)
		}
		err = c.decode(string(data))
		if err != nil {
			return c, fmt.Errorf("%s: %w", file, err)
		}
	}
	err := c.override(environ)
	if err != nil {
		return c, err
	}
	for name, l := range c.Listeners {
		c.Listeners[name] = l.withDefaults()
	}
	for name, s := range c.Secondaries {
		c.Secondaries[name] = s.withDefaults()
	}
	if file != "" {
		c.Certs.resolve(filepath.Dir(file))
		c.Mail.resolve(filepath.Dir(file))
		c.resolveZones(filepath.Dir(file))
		c.Web.resolve(filepath.Dir(file))
		c.Escrow.resolve(filepath.Dir(file))
		if c.Backup.Dir != "" && !filepath.IsAbs(c.Backup.Dir) {
			c.Backup.Dir = filepath.Join(filepath.Dir(file), c.Backup.Dir)
		}
		if c.Post.Spool != "" && !filepath.IsAbs(c.Post.Spool) {
			c.Post.Spool = filepath.Join(filepath.Dir(file), c.Post.Spool)
		}
	}
	return c, nil
}

// decode reads TOML over the settings there are.
func (c *Config) decode(text string) error {
	meta, err := toml.Decode(text, c)
	if err != nil {
		var parse toml.ParseError
		if errors.As(err, &parse) {
			return fmt.Errorf("line %d: %s", parse.Position.Line, parse.Message)
		}
		return err
	}
	var faults []error
	for _, key := range meta.Undecoded() {
		faults = append(faults, fmt.Errorf("%s: there is no such key", key))
	}
	return errors.Join(faults...)
}

// withDefaults fills in what is zero, where zero cannot be meant.
func (l Listener) withDefaults() Listener {
	d := DefaultListener()
	fill(&l.Profile, d.Profile)
	fill(&l.ClientCertificate, d.ClientCertificate)
	fill(&l.MaxFrame, d.MaxFrame)
	fill(&l.MaxConnections, d.MaxConnections)
	fill(&l.MaxPerAddress, d.MaxPerAddress)
	fill(&l.MaxHandshakes, d.MaxHandshakes)
	fill(&l.MaxSessions, d.MaxSessions)
	fill(&l.CommandsPerSecond, d.CommandsPerSecond)
	fill(&l.NamesPerCheck, d.NamesPerCheck)
	fill(&l.HandshakeTimeout, d.HandshakeTimeout)
	fill(&l.FrameTimeout, d.FrameTimeout)
	fill(&l.IdleTimeout, d.IdleTimeout)
	fill(&l.MaxAge, d.MaxAge)
	fill(&l.WriteTimeout, d.WriteTimeout)
	fill(&l.CommandTimeout, d.CommandTimeout)
	return l
}

func fill[T comparable](v *T, deflt T) {
	var zero T
	if *v == zero {
		*v = deflt
	}
}

func (c *Certs) resolve(dir string) {
	for _, name := range []*string{&c.CACert, &c.CAKey, &c.ServerCert, &c.ServerKey} {
		if *name != "" && !filepath.IsAbs(*name) {
			*name = filepath.Join(dir, *name)
		}
	}
}

// PG returns the settings for pg.Open.
func (c Config) PG() pg.Config {
	d := c.Database
	return pg.Config{URL: d.URL, MaxConns: d.MaxConns, TxTimeout: d.TxTimeout,
		ConnectTimeout: d.ConnectTimeout, HealthCheckPeriod: d.HealthCheckPeriod}
}

// Registry returns the settings for registry.New.
func (c Config) Registry() registry.Config {
	return registry.Config{Policy: c.Policy, ZoneTTL: c.Installation.ZoneTTL, InvoiceDays: c.Installation.InvoiceDays}
}

// Install returns what registry.Install writes into a new database.
func (c Config) Install() registry.Installation {
	i := c.Installation
	return registry.Installation{TestBed: i.TestBed, RepositoryID: i.RepositoryID,
		RegistryTag: c.Policy.RegistryTag, TimeZone: i.TimeZone}
}

// Keys returns every key there is, with NAME for the name of a listener or
// secondary.
func Keys() []string {
	var keys []string
	c := Default()
	c.Listeners = map[string]Listener{"NAME": {}}
	c.Secondaries = map[string]Secondary{"NAME": {}}
	c.walk(func(key string, _ setter) { keys = append(keys, key) })
	return keys
}

// EnvName is the environment variable of a key.
func EnvName(key string) string {
	return "NAMEKEEP_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key))
}
