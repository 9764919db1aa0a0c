package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"time"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry"
)

// demoRow is a line of one of the demo's own files, by column.
type demoRow struct {
	fields map[string]string
	err    *error // the first value that could not be read
}

func (r demoRow) text(column string) string { return r.fields[column] }

func (r demoRow) yes(column string) bool { return r.fields[column] == "yes" }

func (r demoRow) number(column string) int {
	n, err := strconv.Atoi(r.fields[column])
	if err != nil && *r.err == nil {
		*r.err = fmt.Errorf("%s: %w", column, err)
	}
	return n
}

// readDemo reads a file of the demo and makes a value of each line.
func readDemo[T any](name string, make func(demoRow) T) ([]T, error) {
	f, err := demoFiles().Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil || len(lines) == 0 {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var list []T
	for i, line := range lines[1:] {
		var bad error
		row := demoRow{map[string]string{}, &bad}
		for j, column := range lines[0] {
			row.fields[column] = line[j]
		}
		list = append(list, make(row))
		if bad != nil {
			return nil, fmt.Errorf("%s: line %d: %w", name, i+2, bad)
		}
	}
	return list, nil
}

type demoRegistrar struct {
	tag      string
	settings registry.RegistrarSettings
}

func readDemoRegistrars() ([]demoRegistrar, error) {
	return readDemo("registrars.csv", func(r demoRow) demoRegistrar {
		s := registry.DefaultRegistrarSettings()
		s.Name, s.TradName, s.URL = r.text("name"), r.text("trad-name"), r.text("url")
		s.BillingEmail, s.SalesEmail, s.TechnicalEmail = r.text("billing-email"), r.text("sales-email"), r.text("technical-email")
		s.Handshake, s.Tier = registry.Handshake(r.text("handshake")), r.text("tier")
		return demoRegistrar{r.text("tag"), s}
	})
}

type demoUser struct {
	name string
	role registry.Role
}

func readDemoUsers() ([]demoUser, error) {
	return readDemo("users.csv", func(r demoRow) demoUser {
		return demoUser{r.text("name"), registry.Role(r.text("role"))}
	})
}

// demoStep is a registrar's command that is part of the demo.
type demoStep struct {
	tag, command, name, registrant string
	years                          int
}

func readDemoCommands() ([]demoStep, error) {
	return readDemo("commands.csv", func(r demoRow) demoStep {
		return demoStep{r.text("tag"), r.text("command"), r.text("name"), r.text("registrant"), r.number("years")}
	})
}

type demoZone struct {
	name     string
	settings registry.ZoneSettings
}

// demoZones makes the zones that are missing, with their reserved labels and
// prices.
func demoZones(ctx context.Context, r *registry.Registry) error {
	zones, err := readDemo("zones.csv", func(row demoRow) demoZone {
		s := registry.DefaultZoneSettings()
		s.Profile, s.Referred = registry.Profile(row.text("profile")), row.yes("referred")
		s.IDNTable, s.DNSSECData = row.text("idn-table"), row.text("dnssec-data")
		return demoZone{row.text("zone"), s}
	})
	if err != nil {
		return err
	}
	for _, z := range zones {
		err = r.CreateZone(ctx, demoActor(), z.name, z.settings)
		if err != nil && registry.KindOf(err) != registry.KindExists {
			return fmt.Errorf("demo zone %s: %w", z.name, err)
		}
	}
	type reserved struct {
		zone string
		registry.Reservation
	}
	labels, err := readDemo("reserved.csv", func(row demoRow) reserved {
		return reserved{row.text("zone"), registry.Reservation{Label: row.text("label"), Kind: row.text("kind"), Reason: row.text("reason")}}
	})
	if err != nil {
		return err
	}
	for _, v := range labels {
		err = r.ReserveLabels(ctx, demoActor(), v.zone, []registry.Reservation{v.Reservation})
		if err != nil {
			return fmt.Errorf("demo labels of %s: %w", v.zone, err)
		}
	}
	return demoPrices(ctx, r)
}

// maxPriceYears is the longest period that has a price.
const maxPriceYears = 10

// demoPrices sets the prices; those by the year are expanded in proportion (B4).
func demoPrices(ctx context.Context, r *registry.Registry) error {
	var bad error
	prices, err := readDemo("prices.csv", func(row demoRow) billing.Price {
		amount, err := billing.ParseMoney(row.text("amount"), row.text("currency"))
		if err != nil {
			bad = err
		}
		from, err := time.Parse(time.DateOnly, row.text("from"))
		if err != nil {
			bad = err
		}
		return billing.Price{Zone: row.text("zone"), Operation: billing.Operation(row.text("operation")), Tier: row.text("tier"),
			Years: row.number("years"), Amount: amount, From: from}
	})
	if err == nil {
		err = bad
	}
	if err != nil {
		return fmt.Errorf("prices.csv: %w", err)
	}
	for _, p := range prices {
		list := []billing.Price{p}
		if p.Years > 0 {
			list = p.ProRata(maxPriceYears)
		}
		err = r.SetPrices(ctx, demoActor(), p.Zone, list)
		if err != nil {
			return fmt.Errorf("prices of %s: %w", p.Zone, err)
		}
	}
	return nil
}
