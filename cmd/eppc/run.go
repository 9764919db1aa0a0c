package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"
	"github.com/namekeep/namekeep/eppserver/eppclient"
)

// Exit statuses.
const (
	exitDone    = 0
	exitRefused = 1
	exitUsage   = 2
	exitFault   = 3
)

// cli is the whole command line.
type cli struct {
	Config     kong.ConfigFlag `name:"config" env:"EPPC_CONFIG" placeholder:"FILE" help:"TOML file with values for these flags, such as server = \"epp.example:700\"."`
	Connection connection      `embed:""`
	Output     output          `embed:""`
	Commands   commands        `embed:""`
	Shell      shellCommand    `cmd:"" help:"Type commands one after the other in one session."`
	Man        manCommand      `cmd:"" help:"Print the manual page (man -l -)."`
}

// commands are those that both the command line and the shell know.
type commands struct {
	Hello    helloCommand   `cmd:"" help:"Show the server's greeting."`
	Login    loginCommand   `cmd:"" help:"Log in and out: checks certificate and password, or sets a new password."`
	Check    domainCheck    `cmd:"" group:"Domains" help:"Ask whether names are free."`
	Info     domainInfo     `cmd:"" group:"Domains" help:"Show a name."`
	Create   domainCreate   `cmd:"" group:"Domains" help:"Register a name."`
	Renew    domainRenew    `cmd:"" group:"Domains" help:"Renew a name."`
	Update   domainUpdate   `cmd:"" group:"Domains" help:"Change a name."`
	Delete   domainDelete   `cmd:"" group:"Domains" help:"Delete a name."`
	Transfer domainTransfer `cmd:"" group:"Domains" help:"Move a name to this tag: request, query, approve, reject, cancel."`

	Release   releaseCommand   `cmd:"" group:"uk extensions" help:"Hand a name, or all names of a registrant, to another tag."`
	Handshake handshakeCommand `cmd:"" group:"uk extensions" help:"Answer a release that waits for this tag."`
	List      listCommand      `cmd:"" group:"uk extensions" help:"List the tag's names by month."`
	Unrenew   unrenewCommand   `cmd:"" group:"uk extensions" help:"Take renewals back."`
	Fork      forkCommand      `cmd:"" group:"uk extensions" help:"Copy a contact for some of its names."`
	Lock      lockCommand      `cmd:"" group:"uk extensions" help:"Lock a name or a contact."`
	Unlock    unlockCommand    `cmd:"" group:"uk extensions" help:"Remove a lock."`
	Tags      tagsCommand      `cmd:"" group:"uk extensions" help:"List all registrar tags."`

	Contact contactCommands `cmd:"" group:"Contacts and hosts" help:"Contacts: check, info, create, update, delete, transfer, rename."`
	Host    hostCommands    `cmd:"" group:"Contacts and hosts" help:"Hosts: check, info, create, update, delete."`

	Poll pollCommand `cmd:"" group:"Messages and frames" help:"Read the messages the registry holds for the tag."`
	Raw  rawCommand  `cmd:"" group:"Messages and frames" help:"Send frames from a file as they are."`
}

const description = `EPP client for people and scripts.

With a demo running, its addresses, certificates and passwords are found in
demo/demo.json and nothing need be given:

  eppc check example.uk example.org.uk
  eppc info example.uk --hosts all
  eppc create example.uk --years 2 --registrant C-1 --ns ns1.example.net
  eppc renew example.uk
  eppc update example.uk --add-ns ns3.example.net --auto-bill 10
  eppc --tag BETA poll --all
  eppc --profile gtld transfer request example.test --auth PW
  eppc --xml raw frames.xml
  eppc shell

Against another server:

  export EPPC_PASSWORD=...
  eppc --server epp.example:700 --ca ca.pem --cert me.pem --key me.key --tag ME info example.uk

A password is best given by EPPC_PASSWORD or --password-file: --password shows
in the list of processes. Exit status: 0 done (1xxx), 1 refused (2xxx), 2 wrong
usage, 3 connection or system fault.`

// usageError is a fault of the command line that only the command could see.
type usageError string

func (e usageError) Error() string { return string(e) }

// exitRequest is what kong's exit (after --help) panics with here, so that
// run returns.
type exitRequest int

// run carries out one command line and returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var c cli
	parsed, status, ok := parse(&c, args, stdout, stderr, kong.Configuration(loadConfig))
	if !ok {
		return status
	}
	s := &session{ctx: ctx, conn: &c.Connection, out: &c.Output, stdin: stdin, stdout: stdout, stderr: stderr}
	err := parsed.Run(s, parsed.Kong)
	s.end()
	return report(stderr, err)
}

// parse reads a command line. If it returns false there is nothing to run,
// and status says how it went.
func parse(grammar any, args []string, stdout, stderr io.Writer, opts ...kong.Option) (parsed *kong.Context, status int, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			exit, isExit := r.(exitRequest)
			if !isExit {
				panic(r)
			}
			parsed, status, ok = nil, int(exit), false
		}
	}()
	k, err := kong.New(grammar, append([]kong.Option{
		kong.Name("eppc"), kong.Description(description), kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exitRequest(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
	}, opts...)...)
	if err != nil {
		fmt.Fprintf(stderr, "eppc: %v\n", err)
		return nil, exitFault, false
	}
	parsed, err = k.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "eppc: %v (see --help)\n", err)
		return nil, exitUsage, false
	}
	return parsed, exitDone, true
}

// hint says what to do about a certificate that does not verify.
func hint(err error) string {
	switch {
	case errors.As(err, new(x509.UnknownAuthorityError)):
		return "; --ca FILE names the CA that the server's certificate is of"
	case errors.As(err, new(x509.HostnameError)):
		return "; --server-name NAME says which name to expect"
	}
	return ""
}

// report tells the error, unless that was done, and returns the exit status it
// stands for. A refusal was shown already, as the answer it is.
func report(stderr io.Writer, err error) int {
	var refused *eppclient.ResultError
	var usage usageError
	if errors.As(err, new(told)) {
		stderr = io.Discard
	}
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &refused):
		return exitRefused
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "eppc: %v (see --help)\n", err)
		return exitUsage
	default:
		fmt.Fprintf(stderr, "eppc: %v%s\n", err, hint(err))
		return exitFault
	}
}
