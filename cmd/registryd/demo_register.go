package main

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/cmd/registryd/config"
	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
)

// demoCSV is the demo register. domains.csv, contacts.csv and hosts.csv are in
// the form of "registryctl import load"; the other files set the register up.
//
//go:embed demo/*.csv
var demoCSV embed.FS

func demoFiles() fs.FS {
	sub, err := fs.Sub(demoCSV, "demo")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return sub
}

// demoActor is who sets the demo up.
func demoActor() registry.Actor {
	a := registry.System("DEMO-" + rand.Text())
	a.Reason = "demo"
	return a
}

// prepareRegister brings the database to its version and fills it at the first
// start. Every step leaves alone what is there, so that a start that was
// interrupted is made up by the next one. Registrars get passwords and
// certificates, which are noted for demo.json.
func (d *demo) prepareRegister(ctx context.Context, cfg config.Config, issued map[string]*x509.Certificate) error {
	pgc := cfg.PG()
	pgc.MaxConns = 2
	pgc.TxTimeout = time.Minute
	db, err := pg.Open(ctx, pgc)
	if err != nil {
		return err
	}
	defer db.Close()
	err = pg.Migrate(ctx, db, nil)
	if err == nil {
		err = registry.Install(ctx, db, cfg.Install())
	}
	if err == nil {
		err = db.RefreshClock(ctx)
	}
	if err != nil {
		return err
	}
	r, err := registry.New(ctx, db, cfg.Registry())
	if err != nil {
		return err
	}
	users, err := readDemoUsers()
	if err != nil {
		return err
	}
	d.json.CAFile, d.json.StaffUser = filepath.Join("certs", "ca.pem"), users[0].name
	staff, err := r.StaffUsers(ctx)
	if err != nil {
		return err
	}
	// The staff come last, so they tell that the rest is there.
	if len(staff) == 0 {
		fmt.Fprintln(d.p.stderr, "loading the demo register")
		err = fillDemo(ctx, r)
	}
	if err == nil {
		err = d.equipRegistrars(ctx, r, issued)
	}
	if err != nil || len(staff) > 0 {
		return err
	}
	err = demoCommands(ctx, r)
	for _, u := range users {
		if err == nil {
			err = r.GrantRole(ctx, demoActor(), u.name, u.role)
		}
	}
	return err
}

// fillDemo makes zones, prices and registrars, and imports the names.
func fillDemo(ctx context.Context, r *registry.Registry) error {
	err := demoZones(ctx, r)
	if err != nil {
		return err
	}
	err = demoApexes(ctx, r)
	if err != nil {
		return err
	}
	registrars, err := readDemoRegistrars()
	if err != nil {
		return err
	}
	for _, v := range registrars {
		err = r.CreateRegistrar(ctx, demoActor(), v.tag, v.settings)
		if err != nil && registry.KindOf(err) != registry.KindExists {
			return fmt.Errorf("demo registrar %s: %w", v.tag, err)
		}
	}
	_, err = r.Import(ctx, demoActor(), demoFiles(), registry.ImportOptions{AssignTags: true, Reference: r.Today()})
	if err != nil {
		return fmt.Errorf("demo register: %w", err)
	}
	return nil
}

// demoPassword is short enough for every EPP client: pwType ends at 16
// characters, and this is 70 bits.
func demoPassword() string { return rand.Text()[:14] }

// equipRegistrars sees to it that each registrar can log in with what demo.json
// says.
func (d *demo) equipRegistrars(ctx context.Context, r *registry.Registry, issued map[string]*x509.Certificate) error {
	registrars, err := readDemoRegistrars()
	if err != nil {
		return err
	}
	for _, v := range registrars {
		reg, err := r.Registrar(ctx, v.tag)
		if registry.KindOf(err) == registry.KindNotFound {
			continue // somebody else's register, or one that was changed
		}
		if err != nil {
			return err
		}
		password := ""
		if d.was != nil {
			last, _ := d.was.Registrar(v.tag)
			password = last.Password
		}
		if password == "" || !reg.HasPassword {
			password = demoPassword()
			err = r.SetPassword(ctx, demoActor(), v.tag, password)
			if err != nil {
				return fmt.Errorf("password of %s: %w", v.tag, err)
			}
		}
		err = addCertificate(ctx, r, v.tag, issued[v.tag])
		if err != nil {
			return err
		}
		d.json.Registrars = append(d.json.Registrars, eppclient.DemoRegistrar{
			Tag: v.tag, Name: reg.Name, Password: password,
			CertFile: filepath.Join("certs", v.tag+".pem"), KeyFile: filepath.Join("certs", v.tag+".key"),
		})
	}
	return nil
}

// addCertificate notes a certificate in the register unless it is there.
func addCertificate(ctx context.Context, r *registry.Registry, tag string, cert *x509.Certificate) error {
	have, err := r.Certificates(ctx, tag)
	if err != nil {
		return err
	}
	for _, c := range have {
		if c.Fingerprint == certs.Fingerprint(cert) {
			return nil
		}
	}
	_, err = r.AddCertificate(ctx, demoActor(), tag, cert, true)
	if err != nil {
		return fmt.Errorf("certificate of %s: %w", tag, err)
	}
	return nil
}

// demoCommands has the registrars do what no import can: names whose first
// registration or renewal is being processed, with their charges.
func demoCommands(ctx context.Context, r *registry.Registry) error {
	list, err := readDemoCommands()
	if err != nil {
		return err
	}
	for _, c := range list {
		reg, err := r.Registrar(ctx, c.tag)
		if err != nil {
			return err
		}
		a := registry.Actor{Kind: registry.ActorRegistrar, TAG: c.tag, Registrar: reg.ID, ClTRID: "DEMO-SETUP", SvTRID: demoActor().SvTRID}
		err = c.carryOut(ctx, r, a)
		// A start that was interrupted may have done it.
		switch registry.KindOf(err) {
		case registry.KindExists, registry.KindNotRenewable, registry.KindStatusProhibits:
			err = nil
		}
		if err != nil {
			return fmt.Errorf("demo commands: %s %s: %w", c.command, c.name, err)
		}
	}
	return nil
}

func (c demoStep) carryOut(ctx context.Context, r *registry.Registry, a registry.Actor) error {
	switch c.command {
	case "create":
		_, err := r.CreateDomain(ctx, a, registry.CreateDomainParams{Name: c.name, Years: c.years, Registrant: c.registrant,
			AuthInfo: registry.AuthInfo(rand.Text())}) // of gtld names; uk has none of the client's
		return err
	case "renew":
		v, err := r.InfoDomain(ctx, a, registry.InfoDomainParams{Name: c.name})
		if err != nil {
			return err
		}
		_, err = r.RenewDomain(ctx, a, registry.RenewDomainParams{Name: c.name, CurExpiry: v.Expires, Years: c.years})
		return err
	case "delete":
		_, err := r.DeleteDomain(ctx, a, c.name)
		return err
	}
	return errors.New("there is no such command")
}
