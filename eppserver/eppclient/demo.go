package eppclient

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// DemoFile is the name of the file in the demo's directory that says how to
// reach the demo.
const DemoFile = "demo.json"

// Demo is what the demo prints when it starts, for programs. File names are
// absolute, or relative to the file's directory.
type Demo struct {
	// EPP are the listeners' addresses (host:port) by profile, uk and gtld.
	EPP map[string]string `json:"epp"`
	// PlainEPP is the plain-text listener's address, "" if there is none.
	PlainEPP string `json:"plain_epp,omitempty"`
	// CAFile signs the server's certificate and the registrars'.
	CAFile      string          `json:"ca_file"`
	Registrars  []DemoRegistrar `json:"registrars"`
	Whois       string          `json:"whois,omitempty"`    // host:port
	Pages       string          `json:"pages,omitempty"`    // URL; RDAP is below it
	DNS         string          `json:"dns,omitempty"`      // host:port of zone transfers
	ZoneDir     string          `json:"zone_dir,omitempty"` // folder of the zone files
	ZoneKey     string          `json:"zone_key,omitempty"` // TSIG key of transfers, in the form of dig -k
	Metrics     string          `json:"metrics"`            // URL
	SMTP        string          `json:"smtp,omitempty"`     // host:port of the sink
	Mailbox     string          `json:"mailbox,omitempty"`  // URL
	DatabaseURL string          `json:"database_url"`       // for registryctl
	StaffUser   string          `json:"staff_user"`         // registryctl acts as this one
}

// DemoRegistrar is a registrar of the demo with all it needs to log in.
type DemoRegistrar struct {
	Tag      string `json:"tag"`
	Name     string `json:"name,omitempty"`
	Password string `json:"password"`
	CertFile string `json:"cert_file"`
	KeyFile  string `json:"key_file"`
}

// LoadDemo reads demo.json from a directory and makes its file names usable
// from the current one.
func LoadDemo(dir string) (*Demo, error) {
	file := filepath.Join(dir, DemoFile)
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("eppclient: %w", err)
	}
	var d Demo
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fmt.Errorf("eppclient: %s: %w", file, err)
	}
	from := func(name string) string {
		if name == "" || filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(dir, name)
	}
	d.CAFile, d.ZoneDir, d.ZoneKey = from(d.CAFile), from(d.ZoneDir), from(d.ZoneKey)
	for i := range d.Registrars {
		r := &d.Registrars[i]
		r.CertFile, r.KeyFile = from(r.CertFile), from(r.KeyFile)
	}
	return &d, nil
}

// Save writes demo.json into a directory, readable by its owner only: it
// holds passwords.
func (d *Demo) Save(dir string) error {
	data, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return fmt.Errorf("eppclient: %w", err)
	}
	tmp := filepath.Join(dir, DemoFile+".new")
	if err := os.WriteFile(tmp, append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("eppclient: %w", err)
	}
	if err := os.Rename(tmp, filepath.Join(dir, DemoFile)); err != nil {
		return fmt.Errorf("eppclient: %w", err)
	}
	return nil
}

// Registrar returns the registrar with this tag, in either case; for "" the
// first one.
func (d *Demo) Registrar(tag string) (DemoRegistrar, bool) {
	for _, r := range d.Registrars {
		if tag == "" || strings.EqualFold(r.Tag, tag) {
			return r, true
		}
	}
	return DemoRegistrar{}, false
}

// TLSConfig returns the settings of a client that trusts the CAs of caFile
// (the system's if "") and shows the certificate of certFile and keyFile
// (none if both are "").
func TLSConfig(caFile, certFile, keyFile string) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile != "" {
		data, err := os.ReadFile(caFile)
		if err != nil {
			return nil, fmt.Errorf("eppclient: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(data) {
			return nil, fmt.Errorf("eppclient: no certificate in %s", caFile)
		}
	}
	if certFile != "" || keyFile != "" {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return nil, fmt.Errorf("eppclient: client certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
