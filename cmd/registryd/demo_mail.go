package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/namekeep/namekeep/cmd/registryd/config"
	"github.com/namekeep/namekeep/notify/mailbox"
)

// demoMailbox is the demo's mail server, which keeps what it is given, and the
// page that shows it.
type demoMailbox struct {
	box       *mailbox.Mailbox
	smtp, web net.Listener
}

// openMailbox opens the mailbox on its addresses. The caller closes it, or runs
// it.
func (d *demo) openMailbox(ctx context.Context) (*demoMailbox, error) {
	box, err := mailbox.Open(mailbox.Config{Dir: filepath.Join(d.dir, "mailbox"), Clock: time.Now})
	if err != nil {
		return nil, err
	}
	m := &demoMailbox{box: box}
	var lc net.ListenConfig
	m.smtp, err = lc.Listen(ctx, "tcp", d.ListenSMTP)
	if err == nil {
		m.web, err = lc.Listen(ctx, "tcp", d.ListenMailbox)
	}
	if err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

func (m *demoMailbox) close() {
	for _, ln := range []net.Listener{m.smtp, m.web} {
		if ln != nil {
			ln.Close()
		}
	}
}

// start serves the mailbox until the function it returns is called.
func (m *demoMailbox) start() (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	web := &http.Server{Handler: m.box.Handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute}
	var g errgroup.Group
	g.Go(func() error { return m.box.ServeSMTP(ctx, m.smtp) })
	g.Go(func() error { return expect(web.Serve(m.web), http.ErrServerClosed) })
	return func() error {
		cancel()
		return errors.Join(web.Close(), g.Wait())
	}
}

// mailConfig has the demo's mail sent to its mailbox, and letters written to a
// folder of its own.
func (d *demo) mailConfig(cfg *config.Config, m *demoMailbox) {
	d.json.SMTP = reachable(m.smtp.Addr().String())
	d.json.Mailbox = "http://" + reachable(m.web.Addr().String()) + "/"
	cfg.Mail.SMTP, cfg.Mail.Security = d.json.SMTP, "none"
	cfg.Mail.From = "noreply@registry.demo"
	cfg.Identity = config.Identity{
		Name: "Namekeep Demo Registry", Email: "help@registry.demo",
		Address: []string{"1 Registry Road", "Oxford", "OX4 4DQ", "United Kingdom"},
		Payment: []string{"Account: Namekeep Demo Registry", "IBAN: GB33 BUKB 2020 1555 5555 55 (an example: pay nothing)"},
	}
	// The address of the pages is the listener's own: openPublic fills it in.
	cfg.Web.Address = d.ListenWeb
	cfg.Post.Spool = filepath.Join(d.dir, "post")
}
