package main

import (
	"strings"
	"time"

	"github.com/namekeep/namekeep/registry"
)

type hostCommands struct {
	Show hostShow `cmd:"" help:"Show a host and the names that use it."`
	List hostList `cmd:"" help:"List hosts."`
}

type hostShow struct {
	Name  string `arg:"" help:"Host name."`
	Names int    `default:"100" help:"How many of the names that use it to list."`
}

func (c *hostShow) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	h, err := r.InfoHost(s.ctx, c.Name)
	if err != nil {
		return err
	}
	v := viewHost(r, h)
	v.UsedBy, err = r.HostUses(s.ctx, h.Name, "", max(c.Names, 1))
	if err != nil {
		return err
	}
	return s.print(v, func() {
		below := v.Superordinate
		if below == "" {
			below = "external"
		}
		updated := ""
		if v.Updated != nil {
			updated = clock(*v.Updated) + " by " + v.Updater
		}
		s.fields("Host", registry.ToUnicode(v.Name), "Tag", v.Tag, "Roid", v.ROID, "Statuses", join(v.Statuses, " "),
			"Below", below, "Addresses", strings.Join(v.Addresses, "\n"), "Created", clock(v.Created)+" by "+v.Creator,
			"Updated", updated, "Used by", strings.Join(v.UsedBy, "\n"))
		if len(v.UsedBy) >= max(c.Names, 1) {
			s.hint("There may be more names: --names")
		}
	})
}

type hostList struct {
	Tag     string `help:"On this tag."`
	Prefix  string `placeholder:"TEXT" help:"Names that begin so."`
	Below   string `placeholder:"NAME" help:"Below this name."`
	Domain  string `placeholder:"NAME" help:"Used by this name."`
	Address string `placeholder:"IP" help:"With this address."`
	After   string `placeholder:"HOST" help:"Hosts after this one: the next page."`
	Limit   int    `default:"100" help:"How many."`
}

func (c *hostList) Run(s *session) error {
	if c.Limit < 1 || c.Limit > 100_000 {
		return usage("--limit: 1 to 100000")
	}
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	found, err := r.Hosts(s.ctx, registry.HostFilter{TAG: c.Tag, Name: c.Prefix, Superordinate: c.Below, Domain: c.Domain,
		Address: c.Address, After: c.After, Limit: c.Limit})
	if err != nil {
		return err
	}
	views, rows := []hostView{}, [][]string{}
	for _, h := range found {
		v := viewHost(r, h)
		views = append(views, v)
		rows = append(rows, []string{registry.ToUnicode(h.Name), h.Sponsor, strings.Join(v.Addresses, " "), join(v.Statuses, " ")})
	}
	err = s.list(views, []string{"Host", "Tag", "Addresses", "Statuses"}, rows, "No hosts.")
	if err == nil && len(found) == c.Limit {
		s.hint("There may be more: --after %s", found[len(found)-1].Name)
	}
	return err
}

type hostView struct {
	Name          string            `json:"host"`
	ROID          string            `json:"roid"`
	Tag           string            `json:"tag"`
	Superordinate string            `json:"superordinate,omitempty"`
	Statuses      []registry.Status `json:"statuses"`
	Addresses     []string          `json:"addresses"`
	Creator       string            `json:"creator"`
	Created       time.Time         `json:"created"`
	Updater       string            `json:"updater,omitempty"`
	Updated       *time.Time        `json:"updated,omitempty"`
	UsedBy        []string          `json:"used_by,omitempty"`
}

func viewHost(r *registry.Registry, h *registry.Host) hostView {
	v := hostView{Name: h.Name, ROID: r.HostROID(h), Tag: h.Sponsor, Superordinate: h.Superordinate, Statuses: h.ShownStatuses(),
		Addresses: []string{}, Creator: h.Creator, Created: h.Created, Updater: h.Updater, Updated: optional(h.Updated)}
	for _, a := range h.Addresses {
		v.Addresses = append(v.Addresses, a.String())
	}
	return v
}
