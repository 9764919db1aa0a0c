package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"golang.org/x/term"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/deposit"
)

type importCommands struct {
	Load   importLoad   `cmd:"" help:"Load names with contacts and hosts from CSV files or an escrow deposit; a second run adds nothing twice (C8)."`
	Status importStatus `cmd:"" help:"Show how many names wait for a tag, by zone."`
	Assign importAssign `cmd:"" help:"Give names that wait to a registrar."`
}

// Help shows examples.
func (importCommands) Help() string {
	return `  registryctl import load --check old-registry
  registryctl --reason "take-over of the old registry" import load old-registry --only names.txt
  registryctl --reason "take-over of the old registry" import load deposit.ryde --key ours.key --signer theirs.pub
  registryctl --reason "our register was lost" import load deposit.tar.gz --restore
  registryctl --reason "take-over of the old registry" import assign --tag ALPHA --only names.txt`
}

type importLoad struct {
	From    string `arg:"" help:"Folder with domains.csv and, where there are any, contacts.csv and hosts.csv; or the file of an escrow deposit."`
	Only    string `placeholder:"FILE" help:"Only the names in this file, one a line; - is standard input."`
	Check   bool   `help:"Validate and load nothing."`
	Assign  bool   `name:"assign-tags" help:"Give each name to the tag in its column, or its registrar in a deposit; otherwise names wait unassigned."`
	Restore bool   `help:"Make a lost register again from a deposit of its own, with zones, registrars, identifiers and dates."`
	depositKeys
}

func (c *importLoad) Run(s *session) error {
	o := registry.ImportOptions{AssignTags: c.Assign, Restore: c.Restore, CheckOnly: c.Check}
	info, err := os.Stat(c.From)
	if err != nil {
		return usage("%v", err)
	}
	if c.Restore && info.IsDir() {
		return usage("--restore: needs an escrow deposit")
	}
	if c.Only != "" {
		o.Only, err = readNames(s, c.Only)
		if err != nil {
			return err
		}
	}
	if !c.Check {
		err = s.confirm("The names of %s will be loaded into the register.", c.From)
		if err != nil {
			return err
		}
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	var end func()
	o.Progress, end = s.progress("names loaded")
	report, err := c.load(s, r, actor, info.IsDir(), o)
	end()
	var faults registry.ImportFaults
	if errors.As(err, &faults) {
		return s.importFaults(faults)
	}
	if err != nil {
		return err
	}
	if c.Check {
		return s.done(map[string]string{"result": "no faults"}, "No faults were found; nothing was loaded.")
	}
	return s.print(report, func() {
		count := func(n registry.ImportCount) string {
			return fmt.Sprintf("%d added, %d there already", n.Added, n.There)
		}
		s.fields("Names", count(report.Domains), "Contacts", count(report.Contacts), "Hosts", count(report.Hosts))
		if report.Domains.Gone > 0 {
			s.fields("Left away", fmt.Sprintf("%d names that were deleted since an earlier import; --only brings them back", report.Domains.Gone))
		}
		if c.Restore {
			s.fields("Made", fmt.Sprintf("%d zones, %d registrars; passwords, certificates and prices are to be set", report.Zones, report.Registrars))
		}
	})
}

// load imports from a folder of CSV files or from a deposit.
func (c *importLoad) load(s *session, r *registry.Registry, actor registry.Actor, folder bool, o registry.ImportOptions) (registry.ImportReport, error) {
	if folder {
		return r.Import(s.ctx, actor, os.DirFS(c.From), o)
	}
	opened, err := c.open(s, c.From)
	if err != nil {
		return registry.ImportReport{}, err
	}
	source := deposit.NewSource(opened)
	report, err := r.ImportDeposit(s.ctx, actor, source, o)
	for uri, n := range source.Skipped {
		s.hint("%d objects of %s were left out: this register has none of the kind.", n, uri)
	}
	return report, errors.Join(err, opened.Close())
}

// readNames reads a file of names for --only; empty lines and those with # are left out.
func readNames(s *session, file string) ([]string, error) {
	in := s.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, usage("--only: %v", err)
		}
		defer f.Close() // only read
		in = f
	}
	var names []string
	for lines := bufio.NewScanner(in); ; {
		if !lines.Scan() {
			if lines.Err() != nil {
				return nil, fmt.Errorf("%s: %w", file, lines.Err())
			}
			break
		}
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, err := registry.ToASCII(line)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil, usage("--only: there are no names in %s", file) // none would mean all
	}
	return names, nil
}

// importFaults shows what is wrong with the files; it is a refusal.
func (s *session) importFaults(faults registry.ImportFaults) error {
	err := s.print(map[string]any{"faults": faults}, func() {
		for _, f := range faults {
			fmt.Fprintln(s.stdout, f)
		}
	})
	if err != nil {
		return err
	}
	return registry.Refuse(registry.KindParamSyntax, "", "Nothing was loaded: faults found: %d", len(faults))
}

// plainEvery is how often long work says how far it is where there is no
// terminal.
const plainEvery = 10 * time.Second

// progress shows how far long work is: a bar on a terminal, a line now and then
// elsewhere. The second function ends it.
func (s *session) progress(what string) (step func(done, total int), end func()) {
	f, ok := s.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return s.plainProgress(what), func() {}
	}
	return barProgress(s.stderr, what)
}

func (s *session) plainProgress(what string) func(done, total int) {
	var last time.Time
	return func(done, total int) {
		if now := time.Now(); done == total || now.Sub(last) >= plainEvery {
			last = now
			fmt.Fprintf(s.stderr, "%d of %d %s\n", done, total, what)
		}
	}
}

func barProgress(out io.Writer, what string) (step func(done, total int), end func()) {
	w := progress.NewWriter()
	w.SetOutputWriter(out)
	w.SetAutoStop(false)
	bar := &progress.Tracker{Message: what}
	w.AppendTracker(bar)
	go w.Render()
	return func(done, total int) {
			bar.UpdateTotal(int64(total))
			bar.SetValue(int64(done))
		}, func() {
			w.Stop()
			for w.IsRenderInProgress() {
				time.Sleep(10 * time.Millisecond)
			}
		}
}
