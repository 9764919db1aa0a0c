package main

import (
	"fmt"
	"strconv"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry"
)

type statementCommand struct {
	Tag  string `arg:"" help:"Registrar."`
	From day    `placeholder:"DATE" help:"First day. Default: a month before the last."`
	To   day    `placeholder:"DATE" help:"Last day. Default: today."`
	CSV  bool   `name:"csv" help:"Print CSV."`
	Mail bool   `help:"Mail it to the registrar's billing address, with the movements as CSV."`
}

// Help shows examples.
func (statementCommand) Help() string {
	return `  registryctl statement ALPHA
  registryctl statement ALPHA --mail
  registryctl statement ALPHA --from 2026-01-01 --to 2026-06-30 --csv > ALPHA.csv`
}

type statementView struct {
	Tag     string              `json:"tag"`
	From    string              `json:"from"`
	To      string              `json:"to"`
	Opening moneyView           `json:"opening"`
	Lines   []statementLineView `json:"lines"`
	Closing moneyView           `json:"closing"`
	Overdue moneyView           `json:"overdue"`
}

type statementLineView struct {
	Day         string    `json:"day"`
	Description string    `json:"description"`
	Debit       moneyView `json:"debit"`
	Credit      moneyView `json:"credit"`
	Balance     moneyView `json:"balance"`
}

func (c *statementCommand) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	to := c.To.date()
	if to.IsZero() {
		to = r.Today()
	}
	from := c.From.date()
	if from.IsZero() {
		from = to.AddMonths(-1)
	}
	if c.Mail {
		st, err := r.SendStatement(s.ctx, actor, c.Tag, from, to)
		if err != nil {
			return refused(err)
		}
		return s.done(map[string]string{"tag": st.TAG, "to": st.To.Email}, "The statement of %s is mailed to %s.", st.TAG, st.To.Email)
	}
	st, err := billing.MakeStatement(s.ctx, r.DB(), c.Tag, from.EPPTime(), to.EPPTime())
	if err != nil {
		return refused(err)
	}
	cur := st.Currency
	v := statementView{st.TAG, from.String(), to.String(), money(st.Opening, cur), []statementLineView{}, money(st.Closing, cur), money(st.Overdue, cur)}
	rows := [][]string{{from.String(), "Opening balance", "", "", decimal(st.Opening, cur)}}
	for _, l := range st.Lines {
		v.Lines = append(v.Lines, statementLineView{civil(l.Day), l.Description, money(l.Debit, cur), money(l.Credit, cur), money(l.Balance, cur)})
		rows = append(rows, []string{civil(l.Day), l.Description, blankZero(l.Debit, cur), blankZero(l.Credit, cur), decimal(l.Balance, cur)})
	}
	rows = append(rows, []string{to.String(), "Closing balance", "", "", decimal(st.Closing, cur)})
	header := []string{"Day", "What", "Debit", "Credit", "Balance " + cur}
	err = s.report(v, header, rows, "", c.CSV)
	if err != nil || c.CSV || s.g.JSON || st.Overdue == 0 {
		return err
	}
	fmt.Fprintf(s.stdout, "\n%s is overdue.\n", billing.Money{Minor: st.Overdue, Currency: cur})
	return nil
}

func blankZero(minor int64, currency string) string {
	if minor == 0 {
		return ""
	}
	return decimal(minor, currency)
}

type agedDebtCommand struct {
	On  day  `placeholder:"DATE" help:"As seen on this day. Default: today."`
	CSV bool `name:"csv" help:"Print CSV."`
}

// Help shows an example.
func (agedDebtCommand) Help() string {
	return `  registryctl aged-debt --csv > debt.csv

The columns count days past the due day: current is not due yet.`
}

type agedDebtView struct {
	Tag       string    `json:"tag"`
	Current   moneyView `json:"current"`
	Days30    moneyView `json:"days_1_30"`
	Days60    moneyView `json:"days_31_60"`
	Days90    moneyView `json:"days_61_90"`
	Older     moneyView `json:"days_over_90"`
	Total     moneyView `json:"total"`
	OnAccount moneyView `json:"on_account"`
}

func (c *agedDebtCommand) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	on := c.On.date()
	if on.IsZero() {
		on = r.Today()
	}
	list, err := billing.AgedDebts(s.ctx, r.DB(), on.EPPTime())
	if err != nil {
		return err
	}
	views, rows := []agedDebtView{}, [][]string{}
	for _, a := range list {
		m := func(minor int64) moneyView { return money(minor, a.Currency) }
		views = append(views, agedDebtView{a.TAG, m(a.Current), m(a.Days30), m(a.Days60), m(a.Days90), m(a.Older), m(a.Total()), m(a.OnAccount)})
		row := []string{a.TAG, a.Currency}
		for _, minor := range []int64{a.Current, a.Days30, a.Days60, a.Days90, a.Older, a.Total(), a.OnAccount} {
			row = append(row, decimal(minor, a.Currency))
		}
		rows = append(rows, row)
	}
	return s.report(views, []string{"Tag", "Currency", "Current", "1-30", "31-60", "61-90", "90+", "Total", "On account"}, rows, "Nothing is open.", c.CSV)
}

type revenueCommand struct {
	From day  `placeholder:"DATE" help:"A day of the first month. Default: eleven months before the last."`
	To   day  `placeholder:"DATE" help:"A day of the last month. Default: today."`
	CSV  bool `name:"csv" help:"Print CSV."`
}

// Help shows an example.
func (revenueCommand) Help() string { return `  registryctl revenue --from 2026-01-01 --to 2026-12-31` }

type revenueView struct {
	Month string    `json:"month"`
	Zone  string    `json:"zone"`
	Lines int64     `json:"lines"`
	Net   moneyView `json:"net"`
	Tax   moneyView `json:"tax"`
	Gross moneyView `json:"gross"`
}

func (c *revenueCommand) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	to := c.To.date()
	if to.IsZero() {
		to = r.Today()
	}
	from := c.From.date()
	if from.IsZero() {
		from = registry.NewDate(to.Year, to.Month, 1).AddMonths(-11)
	}
	if to.Before(from) {
		return usage("--from is after --to")
	}
	list, err := billing.Revenues(s.ctx, r.DB(), from.EPPTime(), to.EPPTime())
	if err != nil {
		return err
	}
	views, rows := []revenueView{}, [][]string{}
	for _, v := range list {
		month := v.Month.Format("2006-01")
		views = append(views, revenueView{month, v.Zone, v.Lines, money(v.Net, v.Currency), money(v.Tax, v.Currency), money(v.Gross(), v.Currency)})
		rows = append(rows, []string{month, v.Zone, strconv.FormatInt(v.Lines, 10), v.Currency, decimal(v.Net, v.Currency), decimal(v.Tax, v.Currency),
			decimal(v.Gross(), v.Currency)})
	}
	return s.report(views, []string{"Month", "Zone", "Lines", "Currency", "Net", "Tax", "Gross"}, rows, "No revenue.", c.CSV)
}
