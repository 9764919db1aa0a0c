package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/scenario"
)

type simulateCommand struct {
	File string `arg:"" help:"Scenario: commands with their dates." type:"existingfile"`
	SVG  string `name:"svg" placeholder:"FILE" help:"Also draw the time line."`
}

// Help shows examples.
func (simulateCommand) Help() string {
	return `  registryctl simulate registry/scenario/testdata/0-ordinary.txt
  registryctl simulate scenario.txt --svg line.svg

The scenario is played on a scratch database on the server of --database, which
is made for it and dropped; the register itself is not touched.`
}

func (c *simulateCommand) Run(s *session) (err error) {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	sc, err := scenario.Parse(f)
	closeErr := f.Close()
	if err != nil {
		return usage("%s: %v", c.File, err)
	}
	if closeErr != nil {
		return closeErr
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	line, err := simulate(s.ctx, cfg.Database.URL, func(ctx context.Context, db *pg.DB) (scenario.Timeline, error) {
		return scenario.Play(ctx, db, sc, cfg.Policy)
	})
	if err != nil {
		return err
	}
	if c.SVG != "" {
		err = os.WriteFile(c.SVG, []byte(line.SVG()), 0o644)
		if err != nil {
			return err
		}
	}
	head, rows := line.Rows()
	return s.list(line, head, rows, "Nothing happened.")
}

// simulate runs play on a database of its own beside the one at address.
func simulate(ctx context.Context, address string, play func(context.Context, *pg.DB) (scenario.Timeline, error)) (line scenario.Timeline, err error) {
	admin, err := pgx.Connect(ctx, address)
	if err != nil {
		return line, err
	}
	late := context.WithoutCancel(ctx)
	defer func() { err = errors.Join(err, admin.Close(late)) }()
	name := "namekeep_simulate_" + strings.ToLower(rand.Text())
	_, err = admin.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize())
	if err != nil {
		return line, fmt.Errorf("make the scratch database: %w", err)
	}
	defer func() {
		_, dropErr := admin.Exec(late, "drop database "+pgx.Identifier{name}.Sanitize()+" with (force)")
		err = errors.Join(err, dropErr)
	}()
	db, err := pg.Open(ctx, pg.Config{URL: besideDatabase(address, name), MaxConns: 3})
	if err != nil {
		return line, err
	}
	defer db.Close()
	err = pg.Migrate(ctx, db, func(string) {})
	if err != nil {
		return line, err
	}
	return play(ctx, db)
}

// besideDatabase is an address with another database.
func besideDatabase(address, name string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		// Not a URL but "key=value" pairs, where the last one wins.
		return address + " dbname=" + name
	}
	u.Path = "/" + name
	return u.String()
}
