package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
)

// newRegister migrates an empty database and sets up what commands need: a
// zone, its prices, and the tags with passwords and certificates. It returns
// the password of all tags.
func newRegister(ctx context.Context, database string, profile registry.Profile, p population, set certSet) (string, error) {
	db, err := pg.Open(ctx, pg.Config{URL: database, MaxConns: 2})
	if err != nil {
		return "", err
	}
	defer db.Close()
	err = pg.Migrate(ctx, db, nil)
	if err != nil {
		return "", err
	}
	err = registry.Install(ctx, db, registry.Installation{TestBed: true, RepositoryID: "UK", RegistryTag: "REGISTRY", TimeZone: "Europe/London"})
	if err != nil {
		return "", err
	}
	reg, err := registry.New(ctx, db, registry.Config{Policy: registry.DefaultPolicy()})
	if err != nil {
		return "", err
	}
	system := registry.System("eppload")
	settings := registry.DefaultZoneSettings()
	settings.Profile = profile
	err = reg.CreateZone(ctx, system, p.zone, settings)
	if err != nil {
		return "", err
	}
	from := p.base // of a register for later, the prices hold from now on
	if today := time.Now().UTC().Truncate(24 * time.Hour); today.Before(from) {
		from = today
	}
	err = reg.SetPrices(ctx, system, p.zone, loadPrices(p.zone, from))
	if err != nil {
		return "", err
	}
	password := rand.Text()[:16]
	for _, tag := range p.tags {
		err = newRegistrar(ctx, reg, tag, password, set)
		if err != nil {
			return "", fmt.Errorf("registrar %s: %w", tag, err)
		}
	}
	return password, nil
}

// newRegistrar makes a registrar that can log in.
func newRegistrar(ctx context.Context, reg *registry.Registry, tag, password string, set certSet) error {
	system := registry.System("eppload")
	settings := registry.DefaultRegistrarSettings()
	settings.Name = "Load " + tag
	err := reg.CreateRegistrar(ctx, system, tag, settings)
	if err != nil {
		return err
	}
	err = reg.SetPassword(ctx, system, tag, password)
	if err != nil {
		return err
	}
	list, err := certs.LoadCerts(set.clientCert(tag))
	if err != nil {
		return err
	}
	_, err = reg.AddCertificate(ctx, system, tag, list[0], true)
	return err
}

// loadPrices are prices of both operations for every period.
func loadPrices(zone string, day time.Time) []billing.Price {
	var list []billing.Price
	for _, op := range []billing.Operation{billing.Create, billing.Renew} {
		for years := 1; years <= 10; years++ {
			list = append(list, billing.Price{Zone: zone, Operation: op, Tier: registry.TierMember, Years: years,
				Amount: billing.Money{Minor: int64(375 * years), Currency: "GBP"}, From: day.AddDate(0, 0, -1)})
		}
	}
	return list
}

// credentials are what the tags log in with.
func (s certSet) credentials(tags []string, password string) ([]credential, error) {
	var list []credential
	for _, tag := range tags {
		config, err := eppclient.TLSConfig(s.caFile, s.clientCert(tag), s.clientKey(tag))
		if err != nil {
			return nil, err
		}
		list = append(list, credential{tag: tag, password: password, tls: config})
	}
	return list, nil
}
