package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/namekeep/namekeep/registry"
)

// faults collects what is wrong, each with its key.
type faults []error

func (f *faults) add(key, format string, args ...any) {
	*f = append(*f, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
}

func (f *faults) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		f.add(key, "%q is none of %s", value, strings.Join(allowed, ", "))
	}
}

func (f *faults) positive(key string, d time.Duration) {
	if d <= 0 {
		f.add(key, "%s is not positive", d)
	}
}

// CheckRegister reports every fault of what a program needs to work on the
// register: database, installation and policy.
func (c Config) CheckRegister() error {
	var f faults
	c.checkRegister(&f)
	return errors.Join(f...)
}

// Check reports every fault of the settings, each with its key, among them
// files that are missing.
func (c Config) Check() error {
	var f faults
	c.checkRegister(&f)
	c.checkSecondaries(&f)
	c.checkListeners(&f)
	c.checkCerts(&f)
	c.checkMail(&f)
	c.checkWeb(&f)
	c.checkLookup(&f)
	if n := len(c.EPP.Name); n < 3 || n > 64 {
		f.add("epp.name", "%q has not 3 to 64 characters", c.EPP.Name)
	}
	f.positive("epp.watch-interval", c.EPP.WatchInterval)
	f.positive("epp.shutdown-timeout", c.EPP.ShutdownTimeout)
	if c.Metrics.Address != "" {
		f.address("metrics.address", c.Metrics.Address)
	}
	if c.Backup.Keep < 0 {
		f.add("backup.keep", "%d is less than 0", c.Backup.Keep)
	}
	f.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	f.oneOf("log.format", c.Log.Format, "json", "text")
	return errors.Join(f...)
}

var repositoryForm = regexp.MustCompile(`^[A-Za-z0-9_]{1,8}$`)

func (c Config) checkRegister(f *faults) {
	d := c.Database
	if d.URL == "" {
		f.add("database.url", "is missing: postgres://user@host/database")
	} else if _, err := pgxpool.ParseConfig(d.URL); err != nil {
		// The driver's text masks the password.
		f.add("database.url", "%v", err)
	}
	if d.MaxConns < 1 {
		f.add("database.max-conns", "%d is less than 1", d.MaxConns)
	}
	f.positive("database.tx-timeout", d.TxTimeout)
	f.positive("database.connect-timeout", d.ConnectTimeout)
	f.positive("database.health-check-period", d.HealthCheckPeriod)
	if !repositoryForm.MatchString(c.Installation.RepositoryID) {
		f.add("installation.repository-id", "%q is not 1 to 8 letters, digits or underscores (RFC 5730)", c.Installation.RepositoryID)
	}
	if _, err := time.LoadLocation(c.Installation.TimeZone); err != nil || c.Installation.TimeZone == "" {
		f.add("installation.time-zone", "%q is not a time zone such as Europe/London", c.Installation.TimeZone)
	}
	f.positive("installation.zone-ttl", c.Installation.ZoneTTL)
	f.oneOf("installation.invoice-days", string(c.Installation.InvoiceDays), "monthly", "weekly", "daily")
	c.checkZones(f)
	if err := c.Policy.Validate(); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			*f = append(*f, errors.New("policy."+line))
		}
	}
}

var listenerName = regexp.MustCompile(`^[a-z0-9]+$`)

func (c Config) checkListeners(f *faults) {
	if len(c.Listeners) == 0 {
		f.add("listener", "there is none: add [listener.uk] with an address")
	}
	addresses := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c.Listeners)) {
		l, key := c.Listeners[name], "listener."+name
		if !listenerName.MatchString(name) {
			f.add(key, "a listener's name has small letters and digits only")
		}
		f.address(key+".address", l.Address)
		_, port, _ := net.SplitHostPort(l.Address)
		if other, ok := addresses[l.Address]; ok && port != "0" { // 0: any port that is free
			f.add(key+".address", "%s is also the address of listener.%s", l.Address, other)
		}
		addresses[l.Address] = name
		f.oneOf(key+".profile", string(l.Profile), string(registry.ProfileUK), string(registry.ProfileGTLD))
		f.oneOf(key+".client-certificate", l.ClientCertificate, CertificateRequired, CertificateRequested, CertificateOptional)
		if host, _, err := net.SplitHostPort(l.Address); err == nil && l.Plain && !isLoopback(host) {
			f.add(key+".plain", "plain text is for loopback addresses only, %s is none", l.Address)
		}
		if l.MaxFrame < 512 || l.MaxFrame > 16<<20 {
			f.add(key+".max-frame", "%d is not 512 to %d bytes", l.MaxFrame, 16<<20)
		}
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (f *faults) address(key, address string) {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if address == "" || err != nil {
		f.add(key, "%q is not host:port", address)
	}
}

// checkCerts looks at the files that serving needs. The CA's key is not among
// them: it may be kept elsewhere.
func (c Config) checkCerts(f *faults) {
	tls := slices.ContainsFunc(slices.Collect(maps.Values(c.Listeners)), func(l Listener) bool { return !l.Plain })
	if !tls {
		return
	}
	for _, file := range []struct{ key, name string }{
		{"certs.ca-cert", c.Certs.CACert}, {"certs.server-cert", c.Certs.ServerCert}, {"certs.server-key", c.Certs.ServerKey},
	} {
		if file.name == "" {
			f.add(file.key, "is missing")
			continue
		}
		h, err := os.Open(file.name)
		if errors.Is(err, fs.ErrNotExist) {
			f.add(file.key, "%v; registryctl certs makes it", err)
			continue
		}
		if err != nil {
			f.add(file.key, "%v", err)
			continue
		}
		h.Close() // only opened to see whether it can be
	}
}
