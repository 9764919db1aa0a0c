package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"github.com/namekeep/namekeep/cmd/registryd/config"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
)

// session is what a command works with. The database is opened when it is
// asked for.
type session struct {
	ctx            context.Context
	g              *globals
	stdin          io.Reader
	stdout, stderr io.Writer

	db       *pg.DB
	reg      *registry.Registry
	svTRID   string
	demoUser string
	terminal func() bool   // tests set it; nil asks the system
	lines    *bufio.Reader // of stdin, once something is asked
}

// demoDir is where a demo is looked for when nothing says where the register is.
const demoDir = "demo"

// demoFile is what the demo writes about itself; only what concerns staff is
// read.
type demoFile struct {
	DatabaseURL string `json:"database_url"`
	StaffUser   string `json:"staff_user"`
	CAFile      string `json:"ca_file"` // its key lies beside it
	ZoneDir     string `json:"zone_dir"`
}

// config finds out where the register is: --database, --demo, the
// configuration and environment, DATABASE_URL, ./demo; the first one counts.
func (s *session) config() (config.Config, error) {
	cfg, err := config.Load(s.g.Config, os.Environ())
	if err != nil {
		return cfg, usage("%v", err)
	}
	switch {
	case s.g.Database != "":
		cfg.Database.URL = s.g.Database
	case s.g.Demo != "":
		err = s.readDemo(s.g.Demo, &cfg)
	case cfg.Database.URL != "":
	case os.Getenv("DATABASE_URL") != "":
		cfg.Database.URL = os.Getenv("DATABASE_URL")
	default:
		err = s.readDemo(demoDir, &cfg)
		if errors.Is(err, os.ErrNotExist) {
			err = usage("no database: give --config, --database or --demo")
		}
	}
	if err != nil {
		return cfg, err
	}
	err = cfg.CheckRegister()
	if err != nil {
		return cfg, usage("%v", err)
	}
	return cfg, nil
}

func (s *session) readDemo(dir string, cfg *config.Config) error {
	file := filepath.Join(dir, "demo.json")
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	var d demoFile
	err = json.Unmarshal(data, &d)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	cfg.Database.URL, s.demoUser = d.DatabaseURL, d.StaffUser
	if d.ZoneDir != "" {
		cfg.Zones.Directory = filepath.Join(dir, d.ZoneDir)
	}
	if d.CAFile != "" {
		cfg.Certs.CACert = filepath.Join(dir, d.CAFile)
		cfg.Certs.CAKey = filepath.Join(filepath.Dir(cfg.Certs.CACert), caKeyFile)
	}
	return nil
}

// database opens the database, whatever its version.
func (s *session) database() (*pg.DB, config.Config, error) {
	cfg, err := s.config()
	if err != nil || s.db != nil {
		return s.db, cfg, err
	}
	pgc := cfg.PG()
	pgc.MaxConns = 2 // one command at a time
	s.db, err = pg.Open(s.ctx, pgc)
	return s.db, cfg, err
}

// register opens the register.
func (s *session) register() (*registry.Registry, error) {
	if s.reg != nil {
		return s.reg, nil
	}
	db, cfg, err := s.database()
	if err != nil {
		return nil, err
	}
	err = pg.CheckVersion(s.ctx, db)
	if err != nil {
		return nil, err
	}
	s.reg, err = registry.New(s.ctx, db, cfg.Registry())
	return s.reg, err
}

// staff opens the register for a staff user; all commands start with it.
func (s *session) staff() (*registry.Registry, registry.Actor, error) {
	r, err := s.register()
	if err != nil {
		return nil, registry.Actor{}, err
	}
	name, err := s.userName()
	if err != nil {
		return nil, registry.Actor{}, err
	}
	a, err := r.StaffActor(s.ctx, name)
	if err != nil {
		return nil, registry.Actor{}, err
	}
	return r, s.signed(a), nil
}

// user is staff for what people of a registrar may do too.
func (s *session) user() (*registry.Registry, registry.Actor, error) {
	r, err := s.register()
	if err != nil {
		return nil, registry.Actor{}, err
	}
	name, err := s.userName()
	if err != nil {
		return nil, registry.Actor{}, err
	}
	a, err := r.UserActor(s.ctx, name)
	if err != nil {
		return nil, registry.Actor{}, err
	}
	return r, s.signed(a), nil
}

// signed completes an actor with what goes into the audit log.
func (s *session) signed(a registry.Actor) registry.Actor {
	if s.svTRID == "" {
		s.svTRID = "CTL-" + rand.Text()
	}
	a.Reason, a.SvTRID = s.g.Reason, s.svTRID
	return a
}

func (s *session) userName() (string, error) {
	switch {
	case s.g.User != "":
		return s.g.User, nil
	case s.demoUser != "":
		return s.demoUser, nil
	}
	u, err := user.Current()
	if err != nil {
		return "", usage("who are you? give --user: %v", err)
	}
	_, name, ok := strings.Cut(u.Username, `\`) // DOMAIN\user
	if !ok {
		name = u.Username
	}
	return strings.ToLower(name), nil
}

func (s *session) close() {
	if s.db != nil {
		s.db.Close()
	}
}

// isTerminal tells whether a person can be asked.
func (s *session) isTerminal() bool {
	if s.terminal != nil {
		return s.terminal()
	}
	f, ok := s.stdin.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// confirm says what will be done and asks, unless --yes was given. Where there
// is nobody to ask, it is wrong usage.
func (s *session) confirm(format string, args ...any) error {
	if s.g.Yes {
		return nil
	}
	what := fmt.Sprintf(format, args...)
	if !s.isTerminal() {
		if strings.Contains(what, "\n") { // a list
			what += "\n"
		} else {
			what += " "
		}
		return usage("%sGive --yes to do it.", what)
	}
	fmt.Fprintf(s.stderr, "%s\nGo on? [y/N] ", what)
	answer, err := s.line()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch strings.ToLower(answer) {
	case "y", "yes":
		return nil
	}
	return usage("Nothing was done.")
}

// line reads an answer, without blanks round it. At the end of the input it is
// io.EOF.
func (s *session) line() (string, error) {
	if s.lines == nil {
		s.lines = bufio.NewReader(s.stdin)
	}
	text, err := s.lines.ReadString('\n')
	text = strings.TrimSpace(text)
	if errors.Is(err, io.EOF) && text != "" {
		return text, nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("read the answer: %w", err)
	}
	return text, err
}
