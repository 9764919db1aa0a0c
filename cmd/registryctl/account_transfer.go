package main

import (
	"strings"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
	"github.com/namekeep/namekeep/registry"
)

type accountTransfer struct {
	Account accountID `arg:"" optional:"" help:"Account."`
	To      string    `placeholder:"TAG" help:"New registrar."`
	Mode    string    `placeholder:"MODE" enum:"subscriptions-only,full," default:"" help:"subscriptions-only, or full: with payment methods and the terms accepted."`
	Notify  bool      `help:"Send the customer one message."`
	Rate    []string  `placeholder:"R" help:"Where the currencies differ: units of the new one for one of the old, such as 1.1743. With --all also CUR=R, again for more."`
	DryRun  bool      `help:"Show what would happen and change nothing."`
	All     bool      `help:"All accounts of a registrar that closes or merges."`
	From    string    `placeholder:"TAG" help:"With --all: the registrar whose accounts move."`
}

func (c *accountTransfer) Run(s *session) error {
	r, actor, err := s.user()
	if err != nil {
		return err
	}
	if c.All {
		return c.runAll(s, r, actor)
	}
	if c.From != "" {
		return usage("--from goes with --all")
	}
	p := registry.AccountTransferParams{Account: int64(c.Account), To: c.To, Mode: customer.Mode(c.Mode), Notify: c.Notify}
	if len(c.Rate) > 0 {
		p.Rate, err = billing.ParseRate(c.Rate[0])
		if err != nil || len(c.Rate) > 1 {
			return usage("--rate: one rate, such as 1.1743")
		}
	}
	if !c.DryRun && actor.IsStaff() && s.g.Reason == "" {
		return registry.Refuse(registry.KindParamMissing, "", "a reason is required").About("reason", "")
	}
	if p.Account == 0 || p.To == "" || p.Mode == "" {
		if s.g.Yes || !s.isTerminal() {
			return usage("give ACCOUNT, --to TAG and --mode MODE; on a terminal a wizard asks for them")
		}
		err = (&wizard{s: s, r: r, actor: actor}).ask(&p)
		if err != nil {
			return err
		}
	}
	plan, err := r.PreviewAccountTransfer(s.ctx, actor, p)
	if err != nil {
		return err
	}
	if plan.Already {
		return s.done(viewAccountMove(plan, "already"), "Nothing was done: account %d is Transferred Out to %s, where it is account %d (order %s).",
			p.Account, plan.To, plan.NewAccount, plan.Order)
	}
	if c.DryRun {
		return s.print(viewAccountMove(plan, "dry run"), func() { s.printTransfer(plan) })
	}
	if !s.g.JSON && !s.g.Yes {
		s.printTransfer(plan)
	}
	err = s.confirm("Account %d moves from %s to %s.", p.Account, plan.Before.TAG, plan.To)
	if err != nil {
		return err
	}
	done, err := r.TransferAccount(s.ctx, actor, p)
	if err != nil {
		return err
	}
	return s.print(viewAccountMove(done, "completed"), func() {
		s.fields("Order", done.Order, "State", "completed", "Account", accountNumber(done.Before.Account),
			"Under "+done.Before.TAG, "Transferred Out", "Under "+done.To, "account "+accountText(done.NewAccount),
			"Memos", strings.Join(memoNumbers(done), "\n"))
	})
}

func memoNumbers(t *registry.AccountTransfer) []string {
	var out []string
	for _, m := range t.Memos {
		out = append(out, m.DocumentNumber()+"  "+balanceText(m.Amount)+"  "+m.Description)
	}
	return out
}

type accountMoveView struct {
	State       string            `json:"state"` // dry run, completed or already
	Order       string            `json:"order,omitempty"`
	Account     int64             `json:"account"`
	From        string            `json:"from"`
	To          string            `json:"to"`
	Mode        string            `json:"mode"`
	Notify      bool              `json:"notify"`
	Rate        string            `json:"rate,omitempty"`
	NewAccount  int64             `json:"new_account,omitempty"`
	Currency    string            `json:"currency,omitempty"`
	Balances    []balanceMoveView `json:"balances"`
	Names       []movedNameView   `json:"names"`
	Methods     []methodView      `json:"payment_methods"`
	Acceptances []acceptanceView  `json:"terms_accepted"`
	NotAccepted []string          `json:"terms_not_accepted"`
	Class       string            `json:"class,omitempty"`
	TaxZone     string            `json:"tax_zone,omitempty"`
	SalesPerson string            `json:"sales_person,omitempty"`
	TicketsMove bool              `json:"tickets_move"`
	Unpriced    []string          `json:"zones_without_price"`
	Memos       []documentView    `json:"memos"`
}

type balanceMoveView struct {
	Out moneyView `json:"out"` // a debit is positive
	In  moneyView `json:"in"`
}

type movedNameView struct {
	Name     string     `json:"name"`
	Expires  string     `json:"expires"`
	Status   string     `json:"status"`
	Plan     string     `json:"plan,omitempty"`
	NewPlan  string     `json:"new_plan,omitempty"`
	Price    *moneyView `json:"price,omitempty"`
	NewPrice bool       `json:"new_price,omitempty"`
	Frozen   bool       `json:"frozen,omitempty"`
	Ends     []string   `json:"ends,omitempty"`
}

func viewAccountMove(t *registry.AccountTransfer, state string) accountMoveView {
	v := accountMoveView{State: state, Order: t.Order, Account: t.Account, From: t.Before.TAG, To: t.To, Mode: string(t.Mode), Notify: t.Notify,
		Rate: t.Rate.String(), NewAccount: max(t.NewAccount, t.Into), Currency: t.Currency, Balances: []balanceMoveView{}, Names: []movedNameView{},
		Methods: []methodView{}, Acceptances: []acceptanceView{}, NotAccepted: append([]string{}, t.NotAccepted...), Class: t.Class,
		TaxZone: t.TaxZone, SalesPerson: t.SalesPerson, TicketsMove: t.Tickets, Unpriced: append([]string{}, t.Unpriced...), Memos: []documentView{}}
	for _, b := range t.Balances {
		v.Balances = append(v.Balances, balanceMoveView{money(b.Out.Minor, b.Out.Currency), money(b.In.Minor, b.In.Currency)})
	}
	for _, n := range t.Names {
		w := movedNameView{Name: n.Name, Expires: n.Expires.String(), Status: string(n.Status), Ends: endings(n)}
		if m := n.Move; m != nil {
			price := money(m.Price.Minor, m.Price.Currency)
			w.Plan, w.NewPlan, w.Price, w.NewPrice, w.Frozen = m.Before.PlanName, m.Plan.Name, &price, m.NewPrice, m.Frozen
		}
		v.Names = append(v.Names, w)
	}
	for _, m := range t.Methods {
		v.Methods = append(v.Methods, methodView{m.System, m.Gateway, m.Hint, strings.ToLower(m.State())})
	}
	for _, a := range t.Acceptances {
		v.Acceptances = append(v.Acceptances, acceptanceView{a.Code, a.Version, civil(a.On), a.Copied})
	}
	for _, m := range t.Memos {
		v.Memos = append(v.Memos, documentView{"memo", m.DocumentNumber(), civil(m.Dated), money(m.Amount.Minor, m.Amount.Currency), "", m.Description})
	}
	return v
}

// endings are what ends with the change of tag.
func endings(n registry.AccountName) []string {
	var out []string
	if n.BillsOff {
		out = append(out, "automatic renewal")
	}
	return append(out, n.Ended...)
}
