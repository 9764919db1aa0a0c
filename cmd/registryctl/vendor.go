package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/namekeep/namekeep/billing/customer"
	"github.com/namekeep/namekeep/registry"
)

type vendorCommands struct {
	Show     vendorShow     `cmd:"" help:"Show what a registrar decided about its customers (B21)."`
	Set      vendorSet      `cmd:"" help:"Change default class, help desk, or whose sub-registrar it is."`
	Rule     vendorRule     `cmd:"" help:"Set a rule for sales persons or tax zones; the first that fits counts."`
	Payment  vendorPayment  `cmd:"" help:"Set the gateway of a payment system."`
	Schedule vendorSchedule `cmd:"" help:"Set a notification schedule."`
}

type vendorView struct {
	Tag            string              `json:"tag"`
	Name           string              `json:"name"`
	Currency       string              `json:"currency"`
	Parent         string              `json:"parent,omitempty"`
	SubRegistrars  []string            `json:"sub_registrars"`
	DefaultClass   string              `json:"default_class"`
	OwnDesk        bool                `json:"own_desk"`
	Rules          []vendorRuleView    `json:"rules"`
	PaymentSystems []paymentSystemView `json:"payment_systems"`
	Schedules      []scheduleView      `json:"schedules"`
	Plans          []string            `json:"plans"`
}

type vendorRuleView struct {
	Kind    string `json:"kind"`
	Place   int    `json:"place"`
	Country string `json:"country,omitempty"`
	Natural *bool  `json:"natural_person,omitempty"`
	Value   string `json:"value"`
}

type paymentSystemView struct {
	System  string `json:"system"`
	Gateway string `json:"gateway"`
	Active  bool   `json:"active"`
}

type scheduleView struct {
	Name string  `json:"schedule"`
	Days []int16 `json:"days"`
}

type vendorShow struct {
	Tag string `arg:"" help:"Registrar."`
}

func (c *vendorShow) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	return s.showVendor(r, c.Tag)
}

func (s *session) showVendor(r *registry.Registry, tag string) error {
	v, err := r.Vendor(s.ctx, tag)
	if err != nil {
		return err
	}
	subs, err := r.SubRegistrars(s.ctx, v.Registrar)
	if err != nil {
		return err
	}
	schedules, err := r.VendorSchedules(s.ctx, tag)
	if err != nil {
		return err
	}
	out := vendorView{Tag: v.TAG, Name: v.Name, Currency: v.Currency, Parent: v.Parent, SubRegistrars: append([]string{}, subs...),
		DefaultClass: v.DefaultClass, OwnDesk: v.OwnDesk, Rules: []vendorRuleView{}, PaymentSystems: []paymentSystemView{},
		Schedules: []scheduleView{}, Plans: []string{}}
	var rules, systems, days []string
	for _, u := range v.Rules {
		out.Rules = append(out.Rules, vendorRuleView{string(u.Kind), u.Place, u.Country, u.Natural, u.Value})
		rules = append(rules, ruleText(u))
	}
	for _, y := range v.Systems {
		out.PaymentSystems = append(out.PaymentSystems, paymentSystemView(y))
		text := y.System + " by " + y.Gateway
		if !y.Active {
			text += " (not accepted now)"
		}
		systems = append(systems, text)
	}
	for _, n := range schedules {
		out.Schedules = append(out.Schedules, scheduleView{n.Name, n.Days})
		days = append(days, fmt.Sprintf("%s: days %s", n.Name, strings.Trim(fmt.Sprint(n.Days), "[]")))
	}
	for _, p := range v.Plans {
		out.Plans = append(out.Plans, p.Name)
	}
	desk := "the registry's"
	if v.OwnDesk {
		desk = "its own"
	}
	return s.print(out, func() {
		s.fields("Registrar", v.TAG+"  "+v.Name, "Currency", v.Currency, "Sub-registrar of", v.Parent, "Sub-registrars", strings.Join(subs, " "),
			"Default class", v.DefaultClass, "Help desk", desk, "Rules", strings.Join(rules, "\n"),
			"Payment systems", strings.Join(systems, "\n"), "Schedules", strings.Join(days, "\n"), "Plans", strings.Join(out.Plans, "\n"))
	})
}

func ruleText(u customer.Rule) string {
	who := "all"
	switch {
	case u.Natural != nil && *u.Natural:
		who = "persons"
	case u.Natural != nil:
		who = "entities"
	}
	if u.Country != "" {
		who += " in " + u.Country
	}
	return fmt.Sprintf("%s %d: %s for %s", u.Kind, u.Place, u.Value, who)
}

type vendorSet struct {
	Tag          string  `arg:"" help:"Registrar."`
	Parent       *string `placeholder:"TAG" help:"Registrar whose sub-registrar it is; empty ends that."`
	DefaultClass *string `placeholder:"CLASS" help:"Class of new customers."`
	OwnDesk      *bool   `negatable:"" help:"Tickets are on the registrar's own help desk, not the registry's."`
}

func (c *vendorSet) Run(s *session) error {
	return s.keepVendor(c.Tag, func(r *registry.Registry, a registry.Actor) error {
		return r.SetVendor(s.ctx, a, c.Tag, customer.VendorSettings{Parent: c.Parent, DefaultClass: c.DefaultClass, OwnDesk: c.OwnDesk})
	})
}

// keepVendor carries out a change of a vendor and shows it afterwards.
func (s *session) keepVendor(tag string, change func(*registry.Registry, registry.Actor) error) error {
	r, actor, err := s.staff()
	if err == nil {
		err = change(r, actor)
	}
	if err != nil {
		return err
	}
	return s.showVendor(r, tag)
}

type vendorRule struct {
	Tag     string `arg:"" help:"Registrar."`
	Kind    string `arg:"" enum:"sales-person,tax-zone" help:"sales-person or tax-zone."`
	Place   int    `arg:"" help:"Place in the order, from 1."`
	Value   string `arg:"" optional:"" help:"What the rule gives; left out, the rule goes."`
	Country string `placeholder:"CC" help:"Only customers in this country."`
	Who     string `enum:"all,persons,entities" default:"all" help:"Only persons, or only entities."`
}

func (c *vendorRule) Run(s *session) error {
	rule := customer.Rule{Kind: customer.RuleKind(strings.ReplaceAll(c.Kind, "-", " ")), Place: c.Place, Value: c.Value,
		Country: strings.ToUpper(c.Country)}
	if c.Who != "all" {
		natural := c.Who == "persons"
		rule.Natural = &natural
	}
	return s.keepVendor(c.Tag, func(r *registry.Registry, a registry.Actor) error { return r.PutVendorRule(s.ctx, a, c.Tag, rule) })
}

type vendorPayment struct {
	Tag     string `arg:"" help:"Registrar."`
	System  string `arg:"" help:"Payment system, such as visa."`
	Gateway string `required:"" help:"Gateway that processes it."`
	Off     bool   `help:"It is not accepted for now."`
}

func (c *vendorPayment) Run(s *session) error {
	return s.keepVendor(c.Tag, func(r *registry.Registry, a registry.Actor) error {
		return r.PutPaymentSystem(s.ctx, a, c.Tag, customer.PaymentSystem{System: c.System, Gateway: c.Gateway, Active: !c.Off})
	})
}

type vendorSchedule struct {
	Tag  string `arg:"" help:"Registrar."`
	Name string `arg:"" help:"Name of the schedule."`
	Days string `required:"" placeholder:"LIST" help:"Days before expiry, negative after it: 30,7,-1."`
}

func (c *vendorSchedule) Run(s *session) error {
	var days []int16
	for part := range strings.SplitSeq(c.Days, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(part), 10, 16)
		if err != nil {
			return usage("--days: %q is not a list of days such as 30,7,-1", c.Days)
		}
		days = append(days, int16(n))
	}
	return s.keepVendor(c.Tag, func(r *registry.Registry, a registry.Actor) error {
		return r.PutSchedule(s.ctx, a, c.Tag, customer.Schedule{Name: c.Name, Days: days})
	})
}
