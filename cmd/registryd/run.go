package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"github.com/namekeep/namekeep/cmd/registryd/config"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
	exitFault  = 3
)

// cli is the whole command line.
type cli struct {
	Serve  serveCommand   `cmd:"" help:"Serve EPP, metrics and health until told to stop."`
	Demo   demoCommand    `cmd:"" help:"Bring up a small register on this machine, with its own database, and serve it."`
	Config configCommands `cmd:"" help:"The configuration."`
}

const description = `The registry's server.

  registryd demo
  registryd demo --check
  registryd config check --config registry.toml
  registryd serve --config registry.toml

SIGTERM and SIGINT stop it: listeners close, idle sessions end, commands in
flight are answered first. SIGHUP reads the server certificate anew; replaced
files are also found by themselves. Set GOMEMLIMIT to about nine tenths of the
memory the process may have; GOGC is 200 unless it is set.

Exit status: 0 stopped as told, 1 a check failed, 2 wrong usage or
configuration, 3 a system fault.`

// program is what a command works with.
type program struct {
	ctx            context.Context // ends when the program is to stop; kong hands commands one value only
	stdout, stderr io.Writer
}

// usageError is a fault of the command line or the configuration.
type usageError string

func (e usageError) Error() string { return string(e) }

// errChecks says that a check failed; what failed has been printed.
var errChecks = errors.New("a check failed")

// exitRequest is what kong's exit (after --help) panics with here, so that run
// returns.
type exitRequest int

// run carries out one command line and returns the exit status. It stops when
// ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c cli
	parsed, status, ok := parse(&c, args, stdout, stderr)
	if !ok {
		return status
	}
	return report(stderr, parsed.Run(&program{ctx: ctx, stdout: stdout, stderr: stderr}))
}

// parse reads a command line. If it returns false there is nothing to run, and
// status says how it went.
func parse(c *cli, args []string, stdout, stderr io.Writer) (parsed *kong.Context, status int, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			exit, isExit := r.(exitRequest)
			if !isExit {
				panic(r)
			}
			parsed, status, ok = nil, int(exit), false
		}
	}()
	k, err := kong.New(c,
		kong.Name("registryd"), kong.Description(description), kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exitRequest(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintf(stderr, "registryd: %v\n", err)
		return nil, exitFault, false
	}
	parsed, err = k.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "registryd: %v (see --help)\n", err)
		return nil, exitUsage, false
	}
	return parsed, exitDone, true
}

// report tells the error and returns the exit status it stands for.
func report(stderr io.Writer, err error) int {
	var wrong usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errChecks):
		return exitFailed
	case errors.As(err, &wrong):
		fmt.Fprintf(stderr, "registryd: %v\n", err)
		return exitUsage
	default:
		fmt.Fprintf(stderr, "registryd: %v\n", err)
		return exitFault
	}
}

// serveCommand is "registryd serve".
type serveCommand struct {
	Config  string `placeholder:"FILE" env:"NAMEKEEP_CONFIG" help:"Configuration; see deploy/registry.example.toml. Every key is an environment variable too."`
	Migrate bool   `help:"Bring the database to this program's version first, as database.migrate does."`
}

// Run serves until the program is to stop.
func (c *serveCommand) Run(p *program) error {
	cfg, err := config.Load(c.Config, os.Environ())
	if err == nil {
		err = cfg.Check()
	}
	if err != nil {
		return usageError(err.Error())
	}
	if c.Migrate {
		cfg.Database.Migrate = true
	}
	tuneCollector()
	log := newLog(p.stderr, cfg.Log)
	s, err := open(p.ctx, cfg, log)
	if err != nil {
		return err
	}
	return s.run(p.ctx)
}

// configCommands are "registryd config …".
type configCommands struct {
	Check configCheck `cmd:"" help:"Explain each fault of the configuration with its key."`
}

type configCheck struct {
	Config string `placeholder:"FILE" env:"NAMEKEEP_CONFIG" help:"Configuration to check."`
}

// Run checks form and values, and that the files named can be read.
func (c *configCheck) Run(p *program) error {
	cfg, err := config.Load(c.Config, os.Environ())
	if err == nil {
		err = cfg.Check()
	}
	if err != nil {
		fmt.Fprintln(p.stderr, err)
		return errChecks
	}
	fmt.Fprintln(p.stdout, "The configuration is in order.")
	return nil
}

// collectorPercent is GOGC where nothing sets it: the live heap is small beside
// what idle sessions need anyway, so collecting half as often as Go's default
// costs little memory.
const collectorPercent = 200

func tuneCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectorPercent)
	}
}
