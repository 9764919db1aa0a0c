package main

import (
	"strconv"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry"
)

type priceCommands struct {
	Set  priceSet  `cmd:"" help:"Add a price to the list."`
	List priceList `cmd:"" help:"List prices."`
}

type priceSet struct {
	Zone      string `arg:"" help:"Zone."`
	Operation string `arg:"" enum:"create,renew,restore,transfer" help:"create, renew, restore or transfer."`
	Amount    string `required:"" placeholder:"AMOUNT" help:"Net amount, such as 5.00."`
	Currency  string `default:"GBP" help:"Currency, ISO 4217."`
	Tier      string `default:"member" enum:"member,non-member" help:"Tier: member or non-member."`
	Years     int    `default:"2" help:"Years that the amount is for."`
	ProRata   bool   `help:"Set 1 to 10 years in proportion, each rounded half up (B4)."`
	From      day    `placeholder:"DATE" help:"Day from which it holds. Default: today."`
}

func (c *priceSet) Run(s *session) error {
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
	p := billing.Price{Zone: c.Zone, Operation: billing.Operation(c.Operation), Tier: c.Tier, Years: c.Years,
		Amount: amount, From: from.EPPTime()}
	if p.Operation == billing.Restore {
		p.Years = 0
	}
	err = p.Check()
	if err != nil {
		return usage("%v", err)
	}
	list := []billing.Price{p}
	if c.ProRata && p.Operation != billing.Restore {
		list = p.ProRata(min(10, r.Policy().MaxYears))
	}
	err = s.confirm("%s", priceQuestion(list, from))
	if err != nil {
		return err
	}
	err = r.SetPrices(s.ctx, actor, c.Zone, list)
	if err != nil {
		return err
	}
	return s.listPrices(list)
}

// priceQuestion says what will cost what.
func priceQuestion(list []billing.Price, from registry.Date) string {
	text := "From " + from.String() + " in " + list[0].Zone + " for " + list[0].Tier + "s:"
	for _, p := range list {
		text += "\n  " + string(p.Operation) + " " + priceYears(p.Years) + p.Amount.String()
	}
	return text
}

func priceYears(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 year "
	}
	return strconv.Itoa(n) + " years "
}

type priceList struct {
	Zone      string `arg:"" optional:"" help:"Zone; all if left out."`
	Operation string `placeholder:"OP" help:"Only create, renew, restore or transfer."`
	Tier      string `placeholder:"TIER" help:"Only member or non-member."`
	On        day    `placeholder:"DATE" help:"Prices that hold on this day. Default: today."`
	All       bool   `help:"Past and future prices too."`
}

func (c *priceList) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	f := billing.PriceFilter{Zone: c.Zone, Operation: billing.Operation(c.Operation), Tier: c.Tier}
	if !c.All {
		on := c.On.date()
		if on.IsZero() {
			on = r.Today()
		}
		f.On = on.EPPTime()
	}
	list, err := r.Prices(s.ctx, f)
	if err != nil {
		return err
	}
	return s.listPrices(list)
}

type priceView struct {
	Zone      string `json:"zone"`
	Operation string `json:"operation"`
	Tier      string `json:"tier"`
	Years     int    `json:"years"`
	Amount    string `json:"amount"`
	Currency  string `json:"currency"`
	From      string `json:"from"`
}

func (s *session) listPrices(list []billing.Price) error {
	views, rows := []priceView{}, [][]string{}
	for _, p := range list {
		from := p.From.Format("2006-01-02")
		years := strconv.Itoa(p.Years)
		views = append(views, priceView{p.Zone, string(p.Operation), p.Tier, p.Years, p.Amount.Decimal(), p.Amount.Currency, from})
		if p.Years == 0 {
			years = ""
		}
		rows = append(rows, []string{p.Zone, string(p.Operation), p.Tier, years, p.Amount.String(), from})
	}
	return s.list(views, []string{"Zone", "Operation", "Tier", "Years", "Net", "From"}, rows, "No prices.")
}
