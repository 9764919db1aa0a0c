package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/namekeep/namekeep/registry"
)

type autobillCommands struct {
	Set autobillSet `cmd:"" help:"Set auto-bill for all names of a tag."`
}

// Help shows examples.
func (autobillCommands) Help() string {
	return `  registryctl --reason "by letter" autobill set --tag ALPHA --days 30 --dry-run
  registryctl --reason "by letter" autobill set --tag ALPHA --days 0`
}

type autobillSet struct {
	Tag    string `required:"" placeholder:"TAG" help:"Whose names."`
	Days   int    `required:"" placeholder:"N" help:"Days before expiry on which a name is renewed; 0 switches it off."`
	DryRun bool   `help:"Only say what would be done."`
}

// Run says what it will do before it does it (R14).
func (c *autobillSet) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	plan, err := r.SetTagAutoBill(s.ctx, actor, c.Tag, c.Days, true)
	if err != nil {
		return err
	}
	if c.DryRun {
		return s.showAutoBill(plan, "would be set")
	}
	err = s.confirm("auto-bill of %d names of %s becomes %d; %d names have it, %d cannot have it.",
		plan.Set, c.Tag, c.Days, plan.Unchanged, len(plan.Refused))
	if err != nil {
		return err
	}
	done, err := r.SetTagAutoBill(s.ctx, actor, c.Tag, c.Days, false)
	if err != nil {
		return err
	}
	return s.showAutoBill(done, "were set")
}

func (s *session) showAutoBill(v registry.TagAutoBill, what string) error {
	return s.print(v, func() {
		for _, n := range v.Refused {
			fmt.Fprintf(s.stdout, "%s: %s\n", n.Name, n.Reason)
		}
		fmt.Fprintf(s.stdout, "%d names %s, %d had the value, %d were passed over.\n", v.Set, what, v.Unchanged, len(v.Refused))
	})
}

type renewalCommands struct {
	Request   renewalRequest   `cmd:"" help:"Send the registrant of a name an activation code, to confirm or decline its renewal."`
	Decisions renewalDecisions `cmd:"" help:"List what registrants decided and nobody acted on yet."`
	Withdraw  renewalWithdraw  `cmd:"" help:"Withdraw a tag's renewal request (distance selling)."`
}

// Help shows examples.
func (renewalCommands) Help() string {
	return `  registryctl --reason "asked by ALPHA" renewal request shop.co.example
  registryctl renewal decisions --tag ALPHA
  registryctl --reason "distance selling, letter of 3 May" renewal withdraw shop.co.example --tag ALPHA`
}

type renewalWithdraw struct {
	Name string `arg:"" help:"The name."`
	Tag  string `required:"" placeholder:"TAG" help:"Whose request."`
}

func (c *renewalWithdraw) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	err = s.confirm("The renewal request of %s for %s is withdrawn. A line that is on an invoice stays due until a credit note is issued.", c.Tag, c.Name)
	if err != nil {
		return err
	}
	d, err := r.WithdrawRenewal(s.ctx, actor, c.Name, c.Tag)
	if err != nil {
		return err
	}
	return s.done(map[string]string{"name": d.Name, "expires": d.Expires.String()}, "%s expires on %s.", d.Name, d.Expires)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
