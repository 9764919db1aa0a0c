package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// commandLine is the grammar of eppload.
type commandLine struct {
	Run          RunCommand          `cmd:"" help:"Put load on a server and verify every answer."`
	Bare         BareCommand         `cmd:"" help:"Serve frames without a registry, to compare with."`
	Generate     GenerateCommand     `cmd:"" help:"Fill a migrated register with names, by COPY."`
	Compare      CompareCommand      `cmd:"" help:"Measure the server against the bare servers, in one run."`
	Nightly      NightlyCommand      `cmd:"" help:"Measure the nightly batch on a large register, in one run."`
	Drop         DropCommand         `cmd:"" help:"Release names that many registrars want, and see who gets them."`
	Soak         SoakCommand         `cmd:"" help:"Work for long beside idle sessions, and see that the server does not grow."`
	ServeForTest ServeForTestCommand `cmd:"" hidden:"" help:"Serve a register, for compare."`
}

// console is where a command writes.
type console struct {
	stdout, stderr io.Writer
}

// errFailures says that a run was finished and some answers were wrong.
var errFailures = errors.New("some commands failed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program: it returns the exit status, 0 for success, 1 for a
// failure, 2 for wrong usage.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var line commandLine
	exited := -1
	parser, err := kong.New(&line, kong.Name("eppload"), kong.Writers(stdout, stderr),
		kong.Description("Load generator for EPP servers on this machine."),
		kong.Vars{"operations": operationNames()},
		kong.Exit(func(code int) { exited = max(exited, code) }), kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&console{stdout, stderr}))
	if err != nil {
		fmt.Fprintln(stderr, "eppload:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if exited >= 0 { // help was printed
		return exited
	}
	if err != nil {
		fmt.Fprintln(stderr, "eppload:", err)
		return 2
	}
	err = command.Run()
	if err != nil {
		fmt.Fprintln(stderr, "eppload:", err)
		return 1
	}
	return 0
}
