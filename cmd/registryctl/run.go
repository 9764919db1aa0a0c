package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
)

// Exit statuses.
const (
	exitDone    = 0
	exitRefused = 1
	exitUsage   = 2
	exitFault   = 3
)

// globals are the flags of every command.
type globals struct {
	Config   string `placeholder:"FILE" env:"NAMEKEEP_CONFIG" help:"Configuration, the same file as registryd's."`
	Database string `placeholder:"URL" help:"Database; wins over the configuration."`
	Demo     string `placeholder:"DIR" help:"Work on the demo in this folder. Found by itself in ./demo when nothing else is given."`
	User     string `placeholder:"NAME" env:"NAMEKEEP_USER" help:"Staff user to act as. Default: the name on this system."`
	Reason   string `placeholder:"TEXT" env:"NAMEKEEP_REASON" help:"Why: needed where money, a name or access is concerned. Kept in the audit log."`
	Yes      bool   `short:"y" help:"Do it without asking."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

// cli is the whole command line.
type cli struct {
	globals

	Registrar registrarCommands `cmd:"" group:"The register" help:"Registrars: tags, settings, access."`
	Domain    domainCommands    `cmd:"" group:"The register" help:"Names."`
	Contact   contactCommands   `cmd:"" group:"The register" help:"Contacts."`
	Change    changeCommands    `cmd:"" group:"The register" help:"Changes of registrants that both parties have to confirm."`
	Host      hostCommands      `cmd:"" group:"The register" help:"Hosts."`
	Zone      zoneCommands      `cmd:"" group:"The register" help:"Zones, and labels that cannot be had."`
	Price     priceCommands     `cmd:"" group:"The register" help:"The price list."`
	Import    importCommands    `cmd:"" group:"The register" help:"Names of another registry."`
	Autobill  autobillCommands  `cmd:"" group:"Renewals" help:"Automatic renewal of all names of a tag."`
	Renewal   renewalCommands   `cmd:"" group:"Renewals" help:"Renewal requests."`
	Batch     batchCommands     `cmd:"" group:"Renewals" help:"The nightly batch."`
	Simulate  simulateCommand   `cmd:"" group:"Renewals" help:"Play the life of a name on a scratch database."`

	Account customerCommands `cmd:"" group:"Customers" help:"Registrants' accounts, and moving them between registrars."`
	Plan    planCommands     `cmd:"" group:"Customers" help:"What registrars sell to registrants, and at what price."`
	Terms   termsCommands    `cmd:"" group:"Customers" help:"Registrars' terms and conditions, and service terms."`
	Vendor  vendorCommands   `cmd:"" group:"Customers" help:"Registrars as sellers: rules, payment systems, sub-registrars."`

	Invoice    invoiceCommands    `cmd:"" group:"Money" help:"Invoices."`
	Payment    paymentCommands    `cmd:"" group:"Money" help:"Payments, by hand and from bank files."`
	CreditNote creditNoteCommands `cmd:"" group:"Money" help:"Credit notes."`
	Statement  statementCommand   `cmd:"" group:"Money" help:"A registrar's account."`
	AgedDebt   agedDebtCommand    `cmd:"" group:"Money" help:"What registrars owe, by age."`
	Revenue    revenueCommand     `cmd:"" group:"Money" help:"Revenue by month and zone."`
	Billing    billingCommands    `cmd:"" group:"Money" help:"The ledger."`
	Outbox     outboxCommands     `cmd:"" group:"Messages" help:"Messages that wait, were sent or failed; previews of notices."`
	Post       postCommands       `cmd:"" group:"Messages" help:"Letters for the print house."`

	Certs  certsCommands  `cmd:"" group:"The installation" help:"The registry's CA, server and registrar certificates."`
	Report reportCommands `cmd:"" group:"The register" help:"Transactions, names that expire, growth."`
	Escrow escrowCommands `cmd:"" group:"The installation" help:"Escrow deposits (RFC 8909, RFC 9022)."`
	DB     dbCommands     `cmd:"" name:"db" group:"The installation" help:"The database's tables."`
	User   userCommands   `cmd:"" group:"The installation" help:"Staff users and their roles."`
	Audit  auditCommands  `cmd:"" group:"The installation" help:"Who did what."`
	Clock  clockCommands  `cmd:"" group:"The installation" help:"The registry clock; it moves on a test bed only."`

	Testbed testbedCommands `cmd:"" group:"The installation" help:"Known data for registrars to test with; on a test bed only."`

	Completion completionCommand `cmd:"" group:"This program" help:"Print shell completion: source <(registryctl completion bash)."`
	Man        manCommand        `cmd:"" group:"This program" help:"Print the manual page (man -l -)."`
}

const description = `The registry staff's tool.

With a demo running in ./demo nothing need be given; elsewhere --config or
--database says where the register is:

  registryctl registrar create ALPHA --name "Alpha Names Ltd"
  registryctl registrar passwd ALPHA --generate
  registryctl certs registrar issue ALPHA --out alpha
  registryctl registrar doctor ALPHA --address epp.example:700 --cert alpha/ALPHA.pem --key alpha/ALPHA.key
  registryctl domain show example.uk
  registryctl --reason "court order 12/7" domain lock example.uk
  registryctl --json domain list --tag ALPHA --expires-before 2027-01-01
  registryctl --reason "new price list" price set co.example renew --amount 5.00 --years 2 --pro-rata
  registryctl audit list --staff ann --since 2026-01-01

Whoever changes something is a staff user with a role: support reads, billing
sets prices, operator changes names, contacts, registrars and zones, admin may do
all. Every change is in the audit log, with its reason.

Exit status: 0 done, 1 refused by a rule, 2 wrong usage, 3 a system fault.`

// usageError is a fault of the command line that only the command could see.
type usageError string

func (e usageError) Error() string { return string(e) }

func usage(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }

// exitRequest is what kong's exit (after --help) panics with here, so that run
// returns.
type exitRequest int

// run carries out one command line and returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var c cli
	parsed, status, ok := parse(&c, args, stdout, stderr)
	if !ok {
		return status
	}
	s := &session{ctx: ctx, g: &c.globals, stdin: stdin, stdout: stdout, stderr: stderr}
	err := parsed.Run(s, parsed.Kong)
	s.close()
	return report(&c.globals, stderr, err)
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
	k, err := newParser(c, stdout, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "registryctl: %v\n", err)
		return nil, exitFault, false
	}
	parsed, err = k.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "registryctl: %v (see --help)\n", err)
		return nil, exitUsage, false
	}
	return parsed, exitDone, true
}

func newParser(c *cli, stdout, stderr io.Writer) (*kong.Kong, error) {
	k, err := kong.New(c,
		kong.Name("registryctl"), kong.Description(description), kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exitRequest(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}))
	if err != nil {
		return nil, err
	}
	headExamples(k.Model.Node)
	return k, nil
}

// headExamples puts a heading above the examples of each noun: without one, the
// help would lose the indent of the first.
func headExamples(n *kong.Node) {
	if strings.HasPrefix(n.Detail, "  ") {
		n.Detail = "Examples:\n\n" + n.Detail
	}
	for _, child := range n.Children {
		headExamples(child)
	}
}

// report tells the error and returns the exit status it stands for.
func report(g *globals, stderr io.Writer, err error) int {
	if err == nil {
		return exitDone
	}
	var wrong usageError
	refusal := registry.AsRefusal(err)
	switch {
	case errors.As(err, &wrong):
		fmt.Fprintf(stderr, "registryctl: %v\n", err)
		return exitUsage
	case refusal != nil && g.JSON:
		// Encoding plain strings cannot fail, and standard error is all there is.
		_ = json.NewEncoder(stderr).Encode(map[string]any{"refused": refusalView{
			Kind: refusal.Kind.String(), Code: refusal.Code, Reason: refusal.Reason, Field: refusal.Field, Value: refusal.Value}})
		return exitRefused
	case refusal != nil:
		fmt.Fprintf(stderr, "Refused: %v%s\n", refusal, hint(refusal))
		return exitRefused
	case errors.Is(err, pg.ErrNotTestBed):
		fmt.Fprintf(stderr, "Refused: %v\n", pg.ErrNotTestBed)
		return exitRefused
	default:
		fmt.Fprintf(stderr, "registryctl: %v\n", err)
		return exitFault
	}
}

// hint names the flag that a refusal is about.
func hint(refusal *registry.Error) string {
	switch {
	case refusal.Kind == registry.KindParamMissing && refusal.Field == "reason":
		return ": --reason TEXT"
	case refusal.Kind == registry.KindAuthorization && refusal.Field == "user":
		return " --user NAME acts as another; an admin adds staff with: registryctl user grant NAME --role ROLE"
	}
	return ""
}

type refusalView struct {
	Kind   string `json:"kind"`
	Code   string `json:"code,omitempty"`
	Reason string `json:"reason"`
	Field  string `json:"field,omitempty"`
	Value  string `json:"value,omitempty"`
}
