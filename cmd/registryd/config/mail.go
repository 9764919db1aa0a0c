package config

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/namekeep/namekeep/notify"
)

// Identity is the registry as its messages and letters name it.
type Identity struct {
	Name    string   `toml:"name"`
	URL     string   `toml:"url"`   // of its pages; personal links lie below it
	Email   string   `toml:"email"` // where people write to
	Phone   string   `toml:"phone"`
	Address []string `toml:"address"` // lines
	TaxID   string   `toml:"tax-id"`  // as it stands on documents: "VAT GB 123 4567 89"
	Payment []string `toml:"payment"` // how to pay: lines, on pro formas and invoices
}

// Mail says how messages are handed in. File names are relative to the folder of
// the configuration file.
type Mail struct {
	SMTP         string `toml:"smtp"`     // host:port; "": nothing is sent
	Security     string `toml:"security"` // starttls, tls or none
	Username     string `toml:"username"`
	PasswordFile string `toml:"password-file"`
	CAFile       string `toml:"ca-file"` // "": the system's
	Hello        string `toml:"hello"`
	From         string `toml:"from"`
	Bounces      string `toml:"bounces"`
	DKIMDomain   string `toml:"dkim-domain"`
	DKIMSelector string `toml:"dkim-selector"`
	DKIMKeyFile  string `toml:"dkim-key-file"`
	Templates    string `toml:"templates"` // folder of the operator's own
	Workers      int    `toml:"workers"`
	PerSecond    int    `toml:"per-second"` // 0: no limit
}

// Post says where letters go.
type Post struct {
	Spool string `toml:"spool"` // folder; "": letters wait
}

func (m *Mail) resolve(dir string) {
	for _, name := range []*string{&m.PasswordFile, &m.CAFile, &m.DKIMKeyFile, &m.Templates} {
		if *name != "" && !filepath.IsAbs(*name) {
			*name = filepath.Join(dir, *name)
		}
	}
}

// checkMail reports faults of the identity and of how mail is sent.
func (c Config) checkMail(f *faults) {
	if c.Mail.SMTP != "" || c.Post.Spool != "" || c.Identity.Email != "" {
		// The identity's faults, or the templates' with file and line.
		_, err := c.Templates()
		if fault := c.Notify().Check(); fault != nil {
			f.add("identity", "%v", fault)
		} else if err != nil {
			f.add("mail.templates", "%v", err)
		}
	}
	if c.Mail.SMTP == "" {
		return
	}
	_, err := c.Mail.Server()
	if err != nil {
		f.add("mail.smtp", "%v", err)
	}
	err = c.Mail.Envelope().Check()
	if err != nil {
		f.add("mail.from", "%v", err)
	}
	_, err = c.Mail.Signature()
	if err != nil {
		f.add("mail.dkim-key-file", "%v", err)
	}
	if c.Mail.Workers < 1 || c.Mail.Workers > 64 {
		f.add("mail.workers", "%d is not 1 to 64", c.Mail.Workers)
	}
	if c.Mail.PerSecond < 0 {
		f.add("mail.per-second", "%d is negative", c.Mail.PerSecond)
	}
}

// Notify is the identity for package notify.
func (c Config) Notify() notify.Identity {
	i := c.Identity
	return notify.Identity{Name: i.Name, URL: i.URL, Email: i.Email, Phone: i.Phone, Address: i.Address, Payment: i.Payment}
}

// Templates loads the texts of the notices, with the operator's own.
func (c Config) Templates() (*notify.Templates, error) {
	if c.Mail.Templates == "" {
		return notify.LoadTemplates(c.Notify(), nil)
	}
	_, err := os.Stat(c.Mail.Templates)
	if err != nil {
		return nil, err
	}
	return notify.LoadTemplates(c.Notify(), os.DirFS(c.Mail.Templates))
}

// Server reads the password and the authority's certificates, and returns how
// mail is handed in.
func (m Mail) Server() (notify.SMTP, error) {
	s := notify.SMTP{Address: m.SMTP, Security: m.Security, Username: m.Username, Hello: m.Hello}
	if m.PasswordFile != "" {
		password, err := os.ReadFile(m.PasswordFile)
		if err != nil {
			return s, err
		}
		s.Password = strings.TrimRight(string(password), "\r\n")
	}
	if m.CAFile != "" {
		pem, err := os.ReadFile(m.CAFile)
		if err != nil {
			return s, err
		}
		s.RootCAs = x509.NewCertPool()
		if !s.RootCAs.AppendCertsFromPEM(pem) {
			return s, fmt.Errorf("%s has no certificate", m.CAFile)
		}
	}
	return s, s.Check()
}

// Envelope is who mail is from.
func (m Mail) Envelope() notify.Envelope { return notify.Envelope{From: m.From, Bounces: m.Bounces} }

// Signature reads the DKIM key; nil: mail is not signed.
func (m Mail) Signature() (*notify.DKIM, error) {
	if m.DKIMDomain == "" && m.DKIMSelector == "" && m.DKIMKeyFile == "" {
		return nil, nil
	}
	if m.DKIMDomain == "" || m.DKIMSelector == "" || m.DKIMKeyFile == "" {
		return nil, errors.New("dkim-domain, dkim-selector and dkim-key-file go together")
	}
	pem, err := os.ReadFile(m.DKIMKeyFile)
	if err != nil {
		return nil, err
	}
	key, err := notify.ParseDKIMKey(pem)
	if err != nil {
		return nil, err
	}
	return &notify.DKIM{Domain: m.DKIMDomain, Selector: m.DKIMSelector, Key: key}, nil
}
