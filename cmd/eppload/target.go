package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/eppserver/eppclient"
)

// credential is what one registrar logs in with.
type credential struct {
	tag, password string
	tls           *tls.Config // nil: plain text
}

// target is the server to put load on.
type target struct {
	addr    string
	profile string // uk or gtld
	creds   []credential
}

// TargetFlags say which server to put load on.
type TargetFlags struct {
	Demo     string   `help:"Folder with demo.json." default:"demo" env:"NAMEKEEP_DEMO"`
	Addr     string   `help:"Server, host:port on loopback; by default the demo's."`
	Plain    bool     `help:"Without TLS, for the plain-text test listener."`
	Profile  string   `help:"Profile of the listener." enum:"uk,gtld" default:"uk"`
	Tag      []string `help:"Registrar to log in as, several for several; by default the demo's first."`
	Password string   `help:"Password of all tags; by default the demo's." env:"NAMEKEEP_PASSWORD"`
	CA       string   `help:"File with the server's CA." name:"ca" type:"path"`
	Cert     []string `help:"Client certificate, one for each tag or one for all." type:"path"`
	Key      []string `help:"Key of each client certificate." type:"path"`
}

// target settles the flags with the demo's file.
func (f *TargetFlags) target() (target, error) {
	t := target{addr: f.Addr, profile: f.Profile}
	demo, err := eppclient.LoadDemo(f.Demo)
	switch {
	case errors.Is(err, os.ErrNotExist) && f.Addr != "":
		demo = &eppclient.Demo{}
	case err != nil:
		return t, fmt.Errorf("%w (start the demo, name its folder with --demo, or give --addr)", err)
	}
	switch {
	case t.addr == "" && f.Plain:
		t.addr = demo.PlainEPP
	case t.addr == "":
		t.addr = demo.EPP[f.Profile]
	}
	if t.addr == "" {
		return t, fmt.Errorf("the demo has no such listener; give --addr")
	}
	err = checkLoopback(t.addr)
	if err != nil {
		return t, err
	}
	tags := f.Tag
	if len(tags) == 0 {
		tags = []string{""}
	}
	for i, tag := range tags {
		c, err := f.credential(demo, i, tag)
		if err != nil {
			return t, err
		}
		t.creds = append(t.creds, c)
	}
	return t, nil
}

func (f *TargetFlags) credential(demo *eppclient.Demo, i int, tag string) (credential, error) {
	reg, _ := demo.Registrar(tag)
	c := credential{tag: tag, password: f.Password}
	if c.tag == "" {
		c.tag = reg.Tag
	}
	if c.password == "" {
		c.password = reg.Password
	}
	if f.Plain {
		return c, nil
	}
	ca, cert, key := f.CA, reg.CertFile, reg.KeyFile
	if ca == "" {
		ca = demo.CAFile
	}
	if len(f.Cert) > 0 {
		cert = f.Cert[min(i, len(f.Cert)-1)]
	}
	if len(f.Key) > 0 {
		key = f.Key[min(i, len(f.Key)-1)]
	}
	config, err := eppclient.TLSConfig(ca, cert, key)
	c.tls = config
	return c, err
}

// errNotLoopback refuses everything outside this machine.
var errNotLoopback = errors.New("eppload works on loopback only")

// checkLoopback refuses an address whose host is not a loopback address or the
// name localhost.
func checkLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("address %q: %w", addr, err)
	}
	if !isLoopback(host) {
		return fmt.Errorf("%w: %s is elsewhere", errNotLoopback, addr)
	}
	return nil
}

// isLoopback judges a host without asking a name server: it must be an
// address of loopback, or the name localhost.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return strings.EqualFold(host, "localhost")
	}
	return ip.Unmap().IsLoopback()
}

// checkLocalDatabase refuses a database that is not on this machine: every
// host of the URL must be a Unix socket's folder or on loopback.
func checkLocalDatabase(address string) error {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return fmt.Errorf("database URL: %w", err)
	}
	hosts := []string{config.Host}
	for _, f := range config.Fallbacks {
		hosts = append(hosts, f.Host)
	}
	for _, h := range hosts {
		if !strings.HasPrefix(h, "/") && !strings.HasPrefix(h, "@") && !isLoopback(h) {
			return fmt.Errorf("%w: the database is at %s", errNotLoopback, h)
		}
	}
	return nil
}

// withDatabase returns the URL of another database of the same server.
func withDatabase(address, name string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return "", fmt.Errorf("database: give it as a URL, postgres://…")
	}
	u.Path = "/" + name
	return u.String(), nil
}
