package main

import (
	"strings"

	"github.com/namekeep/namekeep/registry"
)

type testbedCommands struct {
	Reset testbedReset `cmd:"" help:"Give registrars their known data sets and clone tags anew."`
}

// Help shows examples.
func (testbedCommands) Help() string {
	return `  registryctl --yes --reason "new tests" testbed reset
  registryctl --yes --reason "asked for by the registrar" testbed reset --tag ALPHA`
}

type testbedReset struct {
	Tag []string `placeholder:"TAG" help:"Only these registrars; otherwise all that are active."`
}

// Run resets the data sets, as an admin, on a test bed.
func (c *testbedReset) Run(s *session) error {
	err := s.admin()
	if err != nil {
		return err
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	err = r.CheckTestBed()
	if err != nil {
		return err
	}
	tags := c.Tag
	if len(tags) == 0 {
		all, err := r.Registrars(s.ctx)
		if err != nil {
			return err
		}
		for _, g := range all {
			if g.Kind == "registrar" && g.State == registry.RegistrarActive && !strings.HasSuffix(g.TAG, "_") {
				tags = append(tags, g.TAG)
			}
		}
	}
	err = s.confirm("The test data of %s (names test-TAG-…, their contacts and hosts) are cancelled and made anew; the poll queues of these tags and their clones are emptied.",
		strings.Join(tags, ", "))
	if err != nil {
		return err
	}
	reports := []registry.TestBedReport{}
	for _, tag := range tags {
		report, err := r.ResetTestBed(s.ctx, actor, tag)
		if err != nil {
			return err
		}
		reports = append(reports, report)
	}
	var rows [][]string
	for _, v := range reports {
		for _, n := range v.Names {
			rows = append(rows, []string{n.Tag, registry.ToUnicode(n.Name), n.State})
		}
		for _, f := range v.Faults {
			rows = append(rows, []string{v.Tag, "not made", f})
		}
	}
	err = s.list(reports, []string{"Tag", "Name", "State"}, rows, "No registrars.")
	if err != nil {
		return err
	}
	faults := 0
	for _, v := range reports {
		faults += len(v.Faults)
	}
	if faults > 0 {
		return registry.Refuse(registry.KindPolicy, "", "%d parts could not be made; they are listed above.", faults)
	}
	return nil
}
