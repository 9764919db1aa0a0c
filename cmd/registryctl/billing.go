package main

import (
	"fmt"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry"
)

type billingCommands struct {
	Verify billingVerify `cmd:"" help:"Recompute every balance and every open item; any difference is a failure (B2)."`
}

// Help shows an example.
func (billingCommands) Help() string { return `  registryctl billing verify` }

type billingVerify struct{}

type checkView struct {
	Name        string   `json:"name"`
	Compared    int64    `json:"compared"`
	Differences []string `json:"differences"`
}

func (c *billingVerify) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	checks, err := billing.Verify(s.ctx, r.DB())
	if err != nil {
		return err
	}
	views := []checkView{}
	bad := 0
	for _, k := range checks {
		views = append(views, checkView{k.Name, k.Compared, append([]string{}, k.Differences...)})
		bad += len(k.Differences)
	}
	err = s.print(views, func() {
		for _, k := range checks {
			verdict := "ok"
			if len(k.Differences) > 0 {
				verdict = "WRONG"
			}
			fmt.Fprintf(s.stdout, "%-5s  %s (%d)\n", verdict, k.Name, k.Compared)
			for _, d := range k.Differences {
				fmt.Fprintf(s.stdout, "       %s\n", d)
			}
		}
	})
	if err == nil && bad > 0 {
		return registry.Refuse(registry.KindPolicy, "", "The books do not agree: %d differences.", bad)
	}
	return err
}
