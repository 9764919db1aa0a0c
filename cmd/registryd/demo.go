package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/namekeep/namekeep/cmd/registryd/config"
	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/registry/pg/cluster"
)

// demoCommand is "registryd demo".
type demoCommand struct {
	Dir           string `default:"demo" placeholder:"DIR" help:"Folder of the demo: database, certificates, demo.json. Default: ${default}."`
	ListenEPP     string `name:"listen-epp" default:"127.0.0.1:7700" placeholder:"HOST:PORT" help:"EPP, profile uk. Default: ${default}. Port 0 takes any that is free, here and below."`
	ListenGTLD    string `name:"listen-gtld" default:"127.0.0.1:7701" placeholder:"HOST:PORT" help:"EPP, profile gtld. Default: ${default}."`
	PlainEPP      string `name:"plain-epp" placeholder:"HOST:PORT" help:"EPP in plain text, profile uk, such as 127.0.0.1:8700; on loopback only."`
	ListenMetrics string `name:"listen-metrics" default:"127.0.0.1:9100" placeholder:"HOST:PORT" help:"Prometheus metrics and health. Default: ${default}."`
	ListenSMTP    string `name:"listen-smtp" default:"127.0.0.1:2525" placeholder:"HOST:PORT" help:"Mail server that keeps what the demo sends. Default: ${default}."`
	ListenMailbox string `name:"listen-mailbox" default:"127.0.0.1:8025" placeholder:"HOST:PORT" help:"Web page with that mail. Default: ${default}."`
	ListenWeb     string `name:"listen-web" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"The registry's public pages and RDAP. Default: ${default}."`
	ListenWhois   string `name:"listen-whois" default:"127.0.0.1:4343" placeholder:"HOST:PORT" help:"WHOIS. Default: ${default}."`
	ListenDNS     string `name:"listen-dns" default:"127.0.0.1:5300" placeholder:"HOST:PORT" help:"Zone transfers to secondaries. Default: ${default}."`
	Database      string `env:"DATABASE_URL" placeholder:"URL" help:"Use this PostgreSQL database instead of one of the demo's own."`
	Check         bool   `help:"Start, run every kind of command against it, print the results, and stop. Leaves some names behind."`
}

// demoStop limits the end of the demo's database.
const demoStop = 30 * time.Second

// demo is a demo that is running or about to.
type demo struct {
	*demoCommand
	p    *program
	dir  string // absolute
	json eppclient.Demo
	was  *eppclient.Demo // as the last start left it; nil at the first
}

// Run brings the demo up, serves until the program is to stop, and takes
// everything down again. The data stays.
func (c *demoCommand) Run(p *program) (err error) {
	tuneCollector()
	dir, err := filepath.Abs(c.Dir)
	if err == nil {
		_, err = os.Stat(dir)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = c.freeAddresses(p.ctx) // a start that cannot succeed leaves nothing behind
	}
	if err == nil {
		err = os.MkdirAll(dir, 0o711) // the database's own account walks through
	}
	if err != nil {
		return c.explain(err)
	}
	lock, err := cluster.TryLockFile(filepath.Join(dir, "lock"), false)
	if errors.Is(err, cluster.ErrLocked) {
		return usageError(fmt.Sprintf("a demo is running in %s already; stop it, or give another --dir", c.Dir))
	}
	if err != nil {
		return c.explain(err)
	}
	defer lock.Unlock()
	d := &demo{demoCommand: c, p: p, dir: dir}
	err = d.readLast()
	if err != nil {
		return err
	}
	stop, err := d.openDatabase(p.ctx)
	if err == nil {
		err = d.serve()
	}
	if stop != nil {
		late, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), demoStop)
		defer cancel()
		err = errors.Join(err, stop(late))
	}
	if err == nil && !c.Check {
		fmt.Fprintf(p.stdout, "\nStopped. The data is in %s.\n", c.Dir)
	}
	if p.ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // told to stop before it was up
	}
	return err
}

// readLast reads what the last start wrote.
func (d *demo) readLast() error {
	was, err := eppclient.LoadDemo(d.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%w; move it away to begin anew with the passwords", err)
	}
	d.was = was
	return nil
}

// demoSettings suit a machine that does other things too: few and long
// checkpoints, so that most changes write little, and compressed page images.
// Everything that is committed is on disk.
var demoSettings = map[string]string{
	"checkpoint_timeout": "15min", "max_wal_size": "2GB", "wal_compression": "on", "shared_buffers": "256MB",
}

// openDatabase finds or starts the database. stop, if not nil, ends it.
func (d *demo) openDatabase(ctx context.Context) (stop func(context.Context) error, err error) {
	if d.Database != "" {
		d.json.DatabaseURL = d.Database
		return nil, nil
	}
	c, err := cluster.Start(ctx, cluster.Options{
		Dir: filepath.Join(d.dir, "postgres"), Settings: demoSettings, Sync: true, Log: d.p.stderr,
		// A demo that is killed leaves it running; the next one adopts it.
		StayUp: true,
	})
	if err != nil {
		return nil, err
	}
	// The lock on the folder makes it ours, adopted or not.
	const name = "namekeep"
	d.json.DatabaseURL = c.URL(name)
	return c.Halt, c.EnsureDatabase(ctx, name)
}

// serve prepares certificates and register and serves them.
func (d *demo) serve() (err error) {
	ctx := d.p.ctx
	cfg := d.config()
	issued, err := d.prepareCertificates()
	if err != nil {
		return err
	}
	logFile, err := os.OpenFile(filepath.Join(d.dir, "registryd.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer logFile.Close()
	err = d.prepareRegister(ctx, cfg, issued)
	if err == nil {
		err = d.prepareZones(&cfg)
	}
	if err != nil {
		return err
	}
	box, err := d.openMailbox(ctx)
	if err != nil {
		return d.explain(err)
	}
	d.mailConfig(&cfg, box)
	stopMailbox := box.start()
	defer func() { err = errors.Join(err, stopMailbox()) }()
	s, err := open(ctx, cfg, newLog(logFile, cfg.Log))
	if err != nil {
		return d.explain(err)
	}
	d.describe(s)
	err = d.json.Save(d.dir)
	if err != nil {
		s.close()
		return err
	}
	if d.Check {
		return d.check(ctx, s)
	}
	d.print()
	return s.run(ctx)
}

// config is the demo's configuration: the defaults, on its own addresses.
func (d *demo) config() config.Config {
	cfg := config.Default()
	cfg.Database.URL = d.json.DatabaseURL
	cfg.Database.Migrate = true
	cfg.Installation.RepositoryID = "DEMO"
	cfg.Installation.TestBed = true
	cfg.EPP.Name = "Namekeep demo"
	cfg.EPP.ShutdownTimeout = 10 * time.Second
	cfg.Certs = config.Certs{
		CACert: d.certFile("ca.pem"), CAKey: d.certFile("ca.key"),
		ServerCert: d.certFile("server.pem"), ServerKey: d.certFile("server.key"),
	}
	cfg.Metrics.Address = d.ListenMetrics
	cfg.Whois.Address, cfg.RDAP.Search = d.ListenWhois, true
	add := func(name, address string, change func(*config.Listener)) {
		l := config.DefaultListener()
		l.Address = address
		change(&l)
		cfg.Listeners[name] = l
	}
	add("uk", d.ListenEPP, func(l *config.Listener) { l.LenientSchema = true })
	add("gtld", d.ListenGTLD, func(l *config.Listener) { l.Profile = "gtld" })
	if d.PlainEPP != "" {
		add("plain", d.PlainEPP, func(l *config.Listener) {
			l.Plain, l.LenientSchema, l.LenientUnframed, l.LenientLeadingSpace = true, true, true, true
		})
	}
	return cfg
}

// describe notes where everything is, in demo.json and for printing.
func (d *demo) describe(s *service) {
	d.json.EPP = map[string]string{"uk": reachable(s.address("uk")), "gtld": reachable(s.address("gtld"))}
	d.json.PlainEPP = reachable(s.address("plain"))
	d.json.Pages = "http://" + reachable(s.public.Addr().String()) + "/"
	d.json.Whois = reachable(s.port43.Addr().String())
	d.json.DNS = reachable(s.zones.tcp.Addr().String())
	d.json.Metrics = "http://" + reachable(s.http.Addr().String()) + "/metrics"
}

// reachable is an address to connect to: a listener on all addresses is reached
// on loopback.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	ip := net.ParseIP(host)
	if ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// freeAddresses tells whether all that the demo will listen on is free.
func (c *demoCommand) freeAddresses(ctx context.Context) error {
	for _, address := range []string{c.ListenEPP, c.ListenGTLD, c.PlainEPP, c.ListenMetrics, c.ListenSMTP, c.ListenMailbox, c.ListenWeb} {
		if address == "" {
			continue
		}
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err == nil {
			err = l.Close()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// explain says what to do about an address that is taken, or a folder that
// cannot be written.
func (c *demoCommand) explain(err error) error {
	switch {
	case errors.Is(err, errAddressInUse):
		return fmt.Errorf("%w\nanother program uses it: choose another with --listen-epp, --listen-gtld, --plain-epp, --listen-metrics, --listen-smtp, --listen-mailbox, --listen-web, --listen-whois or --listen-dns", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: give a folder that you may write with --dir", err)
	}
	return err
}
