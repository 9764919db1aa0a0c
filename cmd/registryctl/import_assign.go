package main

import (
	"fmt"
	"strconv"

	"github.com/namekeep/namekeep/registry"
)

type importStatus struct{}

func (c *importStatus) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	list, err := r.ImportStatus(s.ctx)
	if err != nil {
		return err
	}
	rows := [][]string{}
	for _, v := range list {
		rows = append(rows, []string{registry.ToUnicode(v.Zone), strconv.Itoa(v.Names), strconv.Itoa(v.Unassigned)})
	}
	return s.list(list, []string{"Zone", "Names", "Waiting"}, rows, "There are no names.")
}

type importAssign struct {
	Names []string `arg:"" optional:"" help:"Names to assign."`
	Only  string   `placeholder:"FILE" help:"Assign the names in this file, one a line; - is standard input."`
	All   bool     `help:"Assign all names that wait."`
	Tag   string   `required:"" help:"Registrar that gets them."`
}

func (c *importAssign) Run(s *session) error {
	if c.Only != "" {
		list, err := readNames(s, c.Only)
		if err != nil {
			return err
		}
		c.Names = append(c.Names, list...)
	}
	if c.All == (len(c.Names) > 0) {
		return usage("give names, or --only, or --all")
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%d names", len(c.Names))
	if c.All {
		what = "All names that wait"
	}
	err = s.confirm("%s will go to %s, with their contacts and hosts.", what, c.Tag)
	if err != nil {
		return err
	}
	step, end := s.progress("names assigned")
	n, err := r.AssignImported(s.ctx, actor, c.Tag, c.Names, step)
	end()
	if err != nil {
		if n > 0 {
			fmt.Fprintf(s.stderr, "%d names were assigned before this:\n", n)
		}
		return err
	}
	return s.done(map[string]any{"tag": c.Tag, "assigned": n}, "%d names assigned to %s.", n, c.Tag)
}
