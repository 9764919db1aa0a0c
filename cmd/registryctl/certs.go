package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/registry"
)

type certsCommands struct {
	CA        certsCA        `cmd:"" name:"ca" help:"The registry's own certificate authority."`
	Server    certsServer    `cmd:"" help:"Certificates of registryd."`
	Registrar certsRegistrar `cmd:"" help:"Client certificates of registrars."`
	Revoke    certsRevoke    `cmd:"" help:"Revoke a registrar's certificate: refused within a minute, open sessions closed."`
	List      certsList      `cmd:"" help:"List registrars' certificates."`
	Expiring  certsExpiring  `cmd:"" help:"List certificates that end soon."`
}

type certsCA struct {
	Init certsCAInit `cmd:"" help:"Make the CA: ca.pem and ca.key in a folder."`
}

type certsServer struct {
	Issue certsServerIssue `cmd:"" help:"Issue a server certificate: server.pem and server.key."`
}

type certsRegistrar struct {
	Issue certsRegistrarIssue `cmd:"" help:"Issue a client certificate to a registrar and record it."`
}

const (
	caCertFile, caKeyFile         = "ca.pem", "ca.key"
	serverCertFile, serverKeyFile = "server.pem", "server.key"
	oneDay                        = 24 * time.Hour
)

// caFiles says where the CA is: --ca, or what the configuration says.
type caFiles struct {
	CA string `name:"ca" placeholder:"DIR" help:"Folder with ca.pem and ca.key. Default: as configured."`
}

func (f caFiles) load(s *session) (*certs.CA, error) {
	certFile, keyFile := filepath.Join(f.CA, caCertFile), filepath.Join(f.CA, caKeyFile)
	if f.CA == "" {
		cfg, err := s.config()
		if err != nil {
			return nil, err
		}
		certFile, keyFile = cfg.Certs.CACert, cfg.Certs.CAKey
	}
	return certs.LoadCA(certFile, keyFile)
}

// admin opens the register for an admin. What follows changes no row, so the
// register itself would not ask.
func (s *session) admin() error {
	_, actor, err := s.staff()
	if err == nil && actor.Role != registry.RoleAdmin {
		err = registry.Refuse(registry.KindAuthorization, "", "the role %s may not do this", actor.Role)
	}
	return err
}

type certsCAInit struct {
	Dir   string `arg:"" help:"Folder; made if it is not there."`
	Name  string `default:"Namekeep registry CA" help:"The CA's name."`
	Years int    `default:"10" help:"Validity."`
}

func (c *certsCAInit) Run(s *session) error {
	if c.Years < 1 || c.Years > 30 {
		return usage("--years: 1 to 30")
	}
	certFile, keyFile := filepath.Join(c.Dir, caCertFile), filepath.Join(c.Dir, caKeyFile)
	for _, file := range []string{certFile, keyFile} {
		_, err := os.Lstat(file)
		if err == nil {
			return registry.Refuse(registry.KindExists, "", "%s exists: a CA is never replaced, its certificates would be void.", file)
		}
	}
	// No register is needed: the CA may be made and kept on a machine of its own.
	ca, err := certs.NewCA(c.Name, time.Duration(c.Years)*365*oneDay)
	if err != nil {
		return err
	}
	err = os.MkdirAll(c.Dir, 0o700)
	if err == nil {
		err = ca.Save(certFile, keyFile)
	}
	if err != nil {
		return err
	}
	return s.done(map[string]any{"ca_cert": certFile, "ca_key": keyFile, "not_after": ca.Cert.NotAfter,
		"fingerprint": certs.Fingerprint(ca.Cert)},
		"%s and %s are made, valid until %s.\nKeep the key off the servers: only registryctl needs it.",
		certFile, keyFile, clock(ca.Cert.NotAfter))
}

type certsServerIssue struct {
	Names []string `arg:"" name:"name" help:"DNS names and IP addresses that clients connect to."`
	Out   string   `required:"" placeholder:"DIR" help:"Folder for server.pem and server.key."`
	Days  int      `default:"397" help:"Validity."`
	caFiles
}

func (c *certsServerIssue) Run(s *session) error {
	ca, err := c.load(s)
	if err != nil {
		return err
	}
	if c.Days < 1 {
		return usage("--days: at least 1")
	}
	req := certs.ServerRequest{Validity: time.Duration(c.Days) * oneDay}
	for _, name := range c.Names {
		if ip := net.ParseIP(name); ip != nil {
			req.IPs = append(req.IPs, ip)
		} else {
			req.DNSNames = append(req.DNSNames, name)
		}
	}
	req.Name = c.Names[0]
	certFile, keyFile := filepath.Join(c.Out, serverCertFile), filepath.Join(c.Out, serverKeyFile)
	err = s.overwrite(certFile, keyFile)
	if err != nil {
		return err
	}
	pair, err := ca.IssueServer(req)
	if err != nil {
		return usage("%v", err)
	}
	err = os.MkdirAll(c.Out, 0o700)
	if err == nil {
		err = pair.Save(certFile, keyFile)
	}
	if err != nil {
		return err
	}
	return s.done(map[string]any{"cert": certFile, "key": keyFile, "not_after": pair.Cert.NotAfter,
		"fingerprint": certs.Fingerprint(pair.Cert)},
		"%s and %s are valid until %s. A running registryd takes them up within seconds.", certFile, keyFile, clock(pair.Cert.NotAfter))
}

// overwrite asks before files are replaced.
func (s *session) overwrite(files ...string) error {
	for _, file := range files {
		_, err := os.Lstat(file)
		if err == nil {
			return s.confirm("%s will be replaced.", file)
		}
	}
	return nil
}

type certsRegistrarIssue struct {
	Tag  string `arg:"" help:"Tag."`
	Out  string `required:"" placeholder:"DIR" help:"Folder for TAG.pem and, unless --csr is given, TAG.key."`
	CSR  string `name:"csr" placeholder:"FILE" help:"Certificate request (PEM) with the registrar's own key."`
	Days int    `default:"397" help:"Validity."`
	caFiles
}

func (c *certsRegistrarIssue) Run(s *session) error {
	if c.Days < 1 {
		return usage("--days: at least 1")
	}
	err := s.admin()
	if err != nil {
		return err
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	g, err := r.Registrar(s.ctx, c.Tag)
	if err != nil {
		return err
	}
	ca, err := c.load(s)
	if err != nil {
		return err
	}
	req := certs.RegistrarRequest{Tag: g.TAG, Name: g.Name, Validity: time.Duration(c.Days) * oneDay}
	if c.CSR != "" {
		data, err := os.ReadFile(c.CSR)
		if err != nil {
			return usage("--csr: %v", err)
		}
		req.PublicKey, err = certs.ParseRequest(data)
		if err != nil {
			return usage("--csr: %v", err)
		}
	}
	certFile, keyFile := filepath.Join(c.Out, g.TAG+".pem"), filepath.Join(c.Out, g.TAG+".key")
	err = s.overwrite(certFile, keyFile)
	if err != nil {
		return err
	}
	pair, err := ca.IssueRegistrar(req)
	if err != nil {
		return usage("%v", err)
	}
	err = os.MkdirAll(c.Out, 0o700)
	if err == nil {
		// Files first: a certificate on record that nobody holds helps nobody.
		err = pair.Save(certFile, keyFile)
	}
	if err != nil {
		return err
	}
	stored, err := r.AddCertificate(s.ctx, actor, g.TAG, pair.Cert, true)
	if err != nil {
		return err
	}
	v := viewCertificate(stored)
	v.CertFile = certFile
	if pair.Key == nil {
		return s.done(v, "%s is valid until %s.\nFingerprint %s", certFile, clock(stored.NotAfter), stored.Fingerprint)
	}
	v.KeyFile = keyFile
	return s.done(v, "%s and %s are valid until %s. Hand both to the registrar by a safe way, and delete the key here.\nFingerprint %s",
		certFile, keyFile, clock(stored.NotAfter), stored.Fingerprint)
}

type certsRevoke struct {
	Tag         string `arg:"" help:"Tag."`
	Fingerprint string `arg:"" help:"SHA-256 fingerprint; its first digits will do."`
}

func (c *certsRevoke) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	list, err := r.Certificates(s.ctx, c.Tag)
	if err != nil {
		return err
	}
	prefix := strings.ToLower(strings.ReplaceAll(c.Fingerprint, ":", ""))
	var found []registry.Certificate
	for _, cert := range list {
		if strings.HasPrefix(cert.Fingerprint, prefix) {
			found = append(found, cert)
		}
	}
	switch {
	case len(found) == 0:
		return registry.Refuse(registry.KindNotFound, "", "%s has no certificate %s.", c.Tag, c.Fingerprint)
	case len(found) > 1 || len(prefix) < 8:
		return usage("%q may be several certificates: give at least eight digits, and more where needed", c.Fingerprint)
	}
	err = s.confirm("The certificate %s of %s will be void for good; its sessions end.", found[0].Fingerprint[:16], c.Tag)
	if err != nil {
		return err
	}
	err = r.RevokeCertificate(s.ctx, actor, c.Tag, found[0].Fingerprint)
	if err != nil {
		return err
	}
	found[0].Revoked = r.Now()
	return s.done(viewCertificate(found[0]), "Revoked: %s", found[0].Fingerprint)
}

type certsList struct {
	Tag string `arg:"" optional:"" help:"Tag; all registrars if left out."`
}

func (c *certsList) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	list, err := r.Certificates(s.ctx, c.Tag)
	if err != nil {
		return err
	}
	return s.listCertificates(list, "No certificates.")
}

type certsExpiring struct {
	Days int `default:"30" help:"Within so many days."`
}

func (c *certsExpiring) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	// TLS goes by the machine's clock, also on a test bed.
	list, err := r.ExpiringCertificates(s.ctx, time.Now().AddDate(0, 0, c.Days))
	if err != nil {
		return err
	}
	return s.listCertificates(list, fmt.Sprintf("No certificate ends within %d days.", c.Days))
}

type certificateView struct {
	Tag         string     `json:"tag"`
	Fingerprint string     `json:"fingerprint"`
	Subject     string     `json:"subject"`
	Serial      string     `json:"serial"`
	Issued      bool       `json:"issued"`
	NotBefore   time.Time  `json:"not_before"`
	NotAfter    time.Time  `json:"not_after"`
	Added       time.Time  `json:"added"`
	Revoked     *time.Time `json:"revoked,omitempty"`
	CertFile    string     `json:"cert_file,omitempty"`
	KeyFile     string     `json:"key_file,omitempty"`
}

func viewCertificate(c registry.Certificate) certificateView {
	return certificateView{Tag: c.TAG, Fingerprint: c.Fingerprint, Subject: c.Subject, Serial: c.Serial, Issued: c.Issued,
		NotBefore: c.NotBefore, NotAfter: c.NotAfter, Added: c.Added, Revoked: optional(c.Revoked)}
}

func (s *session) listCertificates(list []registry.Certificate, none string) error {
	views, rows := []certificateView{}, [][]string{}
	for _, c := range list {
		views = append(views, viewCertificate(c))
		source := "pinned"
		if c.Issued {
			source = "issued"
		}
		rows = append(rows, []string{c.TAG, c.Fingerprint[:16], source, clock(c.NotAfter), certificateState(c, time.Now())})
	}
	return s.list(views, []string{"Tag", "Fingerprint", "Source", "Valid until", "State"}, rows, none)
}

// certificateState says in a word or two how a certificate stands.
func certificateState(c registry.Certificate, now time.Time) string {
	switch {
	case !c.Revoked.IsZero():
		return "revoked " + clock(c.Revoked)
	case now.Before(c.NotBefore):
		return "not yet valid"
	case now.After(c.NotAfter):
		return "expired"
	}
	if days := int(c.NotAfter.Sub(now) / oneDay); days <= certs.Thresholds[0] {
		return "ends in " + strconv.Itoa(days) + " days"
	}
	return "in force"
}
