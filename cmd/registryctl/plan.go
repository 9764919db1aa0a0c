package main

import (
	"fmt"
	"strconv"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
	"github.com/namekeep/namekeep/registry"
)

type planCommands struct {
	List    planList    `cmd:"" help:"List plans."`
	Show    planShow    `cmd:"" help:"Show a plan with its prices and promotions."`
	Set     planSet     `cmd:"" help:"Add a plan, or change its terms, schedule and freezing (B21)."`
	Price   planPrice   `cmd:"" help:"Add a price to a plan: what the registrar asks of registrants."`
	Promote planPromote `cmd:"" help:"Add a promotion to a plan."`
	Import  planImport  `cmd:"" help:"Add plans with their prices from a CSV file; a second run adds nothing twice."`
}

type planView struct {
	Tag          string          `json:"tag"`
	Name         string          `json:"plan"`
	Zone         string          `json:"zone"`
	Ancestor     string          `json:"ancestor,omitempty"`
	ServiceTerms string          `json:"service_terms,omitempty"`
	Schedule     string          `json:"schedule,omitempty"`
	Document     string          `json:"document,omitempty"`
	Freezes      bool            `json:"freezes,omitempty"`
	Prices       []planPriceView `json:"prices"`
	Promotions   []promotionView `json:"promotions"`
}

type planPriceView struct {
	Years    int    `json:"years"`
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	From     string `json:"from"`
}

type promotionView struct {
	Name     string `json:"promotion"`
	Discount string `json:"discount"`
	From     string `json:"from"`
	To       string `json:"to"`
}

func viewPlan(p customer.Plan) planView {
	v := planView{Tag: p.TAG, Name: p.Name, Zone: p.Zone, Ancestor: p.AncestorName, ServiceTerms: p.ServiceTerms, Schedule: p.Schedule,
		Document: p.Document, Freezes: p.Freezes, Prices: []planPriceView{}, Promotions: []promotionView{}}
	for _, q := range p.Prices {
		v.Prices = append(v.Prices, planPriceView{q.Years, q.Amount.Decimal(), q.Amount.Currency, civil(q.From)})
	}
	for _, o := range p.Promotions {
		v.Promotions = append(v.Promotions, promotionView{o.Name, o.Discount.Percent(), civil(o.From), civil(o.To)})
	}
	return v
}

type planList struct {
	Tag string `help:"Of this registrar; the registry's own tag for the plans that others are delegated from."`
}

func (c *planList) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	list, err := r.Plans(s.ctx, c.Tag, "")
	if err != nil {
		return err
	}
	views, rows := []planView{}, [][]string{}
	for _, p := range list {
		views = append(views, viewPlan(p))
		rows = append(rows, []string{p.TAG, p.Name, p.Zone, p.AncestorName, p.ServiceTerms, p.Schedule, p.Document, yesNo(p.Freezes)})
	}
	return s.list(views, []string{"Tag", "Plan", "Zone", "Ancestor", "Service terms", "Schedule", "T&C", "Freezes"}, rows, "No plans.")
}

type planShow struct {
	Tag  string `arg:"" help:"Registrar."`
	Plan string `arg:"" help:"Plan."`
}

func (c *planShow) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	return s.showPlan(r, c.Tag, c.Plan)
}

func (s *session) showPlan(r *registry.Registry, tag, name string) error {
	list, err := r.Plans(s.ctx, tag, name)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return registry.Refuse(registry.KindNotFound, "", "%s has no plan %q.", tag, name).About("plan", name)
	}
	v := viewPlan(list[0])
	return s.print(v, func() {
		s.fields("Plan", v.Name, "Registrar", v.Tag, "Zone", v.Zone, "Ancestor", v.Ancestor, "Service terms", v.ServiceTerms,
			"Schedule", v.Schedule, "T&C", v.Document, "Freezes", yesNo(v.Freezes))
		var rows [][]string
		for _, p := range v.Prices {
			rows = append(rows, []string{strconv.Itoa(p.Years), p.Amount + " " + p.Currency, p.From})
		}
		if len(rows) > 0 {
			fmt.Fprintln(s.stdout)
			s.table([]string{"Years", "Price", "From"}, rows)
		}
		rows = nil
		for _, o := range v.Promotions {
			rows = append(rows, []string{o.Name, o.Discount, o.From, o.To})
		}
		if len(rows) > 0 {
			fmt.Fprintln(s.stdout)
			s.table([]string{"Promotion", "Discount", "From", "To"}, rows)
		}
	})
}

type planSet struct {
	Tag          string `arg:"" help:"Registrar, or the registry's own tag."`
	Plan         string `arg:"" help:"Plan."`
	Zone         string `required:"" help:"Zone; for good."`
	Ancestor     string `placeholder:"PLAN" help:"Plan of the registry that it is delegated from; for good."`
	ServiceTerms string `placeholder:"NAME" help:"Service terms of the registrar."`
	Schedule     string `placeholder:"NAME" help:"Notification schedule of the registrar."`
	Document     string `placeholder:"CODE" help:"Terms and conditions that buying it accepts."`
	Freezes      bool   `help:"Prices of new subscriptions are frozen."`
}

func (c *planSet) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	err = r.PutPlan(s.ctx, actor, c.Tag, customer.Plan{Name: c.Plan, Zone: c.Zone, AncestorName: c.Ancestor, ServiceTerms: c.ServiceTerms,
		Schedule: c.Schedule, Document: c.Document, Freezes: c.Freezes})
	if err != nil {
		return err
	}
	return s.showPlan(r, c.Tag, c.Plan)
}

type planPrice struct {
	Tag      string `arg:"" help:"Registrar."`
	Plan     string `arg:"" help:"Plan."`
	Amount   string `required:"" placeholder:"AMOUNT" help:"Net amount for the period, such as 12.00."`
	Currency string `default:"GBP" help:"Currency, ISO 4217."`
	Years    int    `default:"1" help:"Period in years."`
	From     day    `placeholder:"DATE" help:"Day from which it holds. Default: today."`
}

func (c *planPrice) Run(s *session) error {
	amount, err := billing.ParseMoney(c.Amount, c.Currency)
	if err != nil {
		return usage("--amount: %v", err)
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	from := c.From.date()
	if from.IsZero() {
		from = r.Today()
	}
	err = s.confirm("From %s the plan %q of %s costs %s for %d years.", from, c.Plan, c.Tag, amount, c.Years)
	if err != nil {
		return err
	}
	err = r.SetPlanPrice(s.ctx, actor, c.Tag, c.Plan, customer.PlanPrice{Years: c.Years, Amount: amount, From: from.EPPTime()})
	if err != nil {
		return err
	}
	return s.showPlan(r, c.Tag, c.Plan)
}

type planPromote struct {
	Tag       string `arg:"" help:"Registrar."`
	Plan      string `arg:"" help:"Plan."`
	Promotion string `arg:"" help:"Name of the promotion."`
	Discount  string `required:"" placeholder:"PERCENT" help:"As in 20 or 12.5."`
	From      day    `placeholder:"DATE" help:"First day. Default: today."`
	To        day    `required:"" placeholder:"DATE" help:"Last day."`
}

func (c *planPromote) Run(s *session) error {
	// Per cent with two decimals is a number of basis points.
	discount, err := billing.ParseMoney(c.Discount, "GBP")
	if err != nil {
		return usage("--discount: %q is not a rate in per cent with at most two decimals", c.Discount)
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	from := c.From.date()
	if from.IsZero() {
		from = r.Today()
	}
	err = r.Promote(s.ctx, actor, c.Tag, c.Plan, customer.Promotion{Name: c.Promotion, Discount: billing.BasisPoints(discount.Minor),
		From: from.EPPTime(), To: c.To.date().EPPTime()})
	if err != nil {
		return err
	}
	return s.showPlan(r, c.Tag, c.Plan)
}

type planImport struct {
	File  string `arg:"" type:"existingfile" help:"CSV file with a head line: tag, plan, zone; and if wanted ancestor, service-terms, schedule, document, freezes (yes), years, amount, currency, from. A line for each price."`
	Check bool   `help:"Validate and add nothing."`
}

func (c *planImport) Run(s *session) error {
	return s.importCSV(c.File, c.Check, "plans", (*registry.Registry).ImportPlans)
}
