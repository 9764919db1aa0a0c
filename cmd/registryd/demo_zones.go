package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/namekeep/namekeep/cmd/registryd/config"
	"github.com/namekeep/namekeep/registry"
)

// The demo's secondary: whoever asks from this machine with the key. It is told
// of changes where docs/zones.md has it listen.
const (
	demoSecondary = "127.0.0.1:5301"
	demoKeyName   = "demo-transfer"
)

// demoApexes has all zones of the demo published.
func demoApexes(ctx context.Context, r *registry.Registry) error {
	zones, err := r.Zones(ctx)
	if err != nil {
		return err
	}
	for zone := range zones {
		err = r.SetZoneApex(ctx, demoActor(), zone, func(a *registry.ZoneApex) {
			a.NameServers = []registry.ZoneServer{{Name: "ns1.registry.example"}, {Name: "ns2.registry.example"}}
			a.Mailbox = "hostmaster@registry.example"
		})
		if err != nil {
			return fmt.Errorf("demo zone %s: %w", zone, err)
		}
	}
	return nil
}

// prepareZones sees to it that the demo has a key for transfers, and a folder
// for zone files.
func (d *demo) prepareZones(cfg *config.Config) error {
	d.json.ZoneDir, d.json.ZoneKey = "zones", "zone-transfer.key"
	secret, err := d.zoneSecret()
	if err != nil {
		return err
	}
	// As dig -k reads it, and named includes it.
	key := fmt.Sprintf("key %q { algorithm hmac-sha256; secret %q; };\n", demoKeyName, secret)
	err = os.WriteFile(filepath.Join(d.dir, d.json.ZoneKey), []byte(key), 0o600)
	if err != nil {
		return fmt.Errorf("the key of zone transfers: %w", err)
	}
	cfg.Zones.Address = d.ListenDNS
	cfg.Zones.Directory = d.zoneDir()
	s := config.DefaultSecondary()
	s.Notify, s.From, s.KeyName, s.KeyFile = demoSecondary, []string{"127.0.0.0/8", "::1"}, demoKeyName, d.secretFile()
	cfg.Secondaries["demo"] = s
	return nil
}

func (d *demo) zoneDir() string { return filepath.Join(d.dir, "zones") }

func (d *demo) secretFile() string { return filepath.Join(d.dir, "zone-transfer.secret") }

// zoneSecret reads the secret, and makes it at the first start.
func (d *demo) zoneSecret() (string, error) {
	data, err := os.ReadFile(d.secretFile())
	if err == nil {
		return strings.TrimSpace(string(data)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	secret := base64.StdEncoding.EncodeToString(raw)
	return secret, os.WriteFile(d.secretFile(), []byte(secret+"\n"), 0o600)
}
