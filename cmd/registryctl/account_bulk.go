package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
	"github.com/namekeep/namekeep/registry"
)

type bulkView struct {
	State    string            `json:"state"` // dry run or done
	From     string            `json:"from"`
	To       string            `json:"to"`
	Mode     string            `json:"mode"`
	Accounts int               `json:"accounts"`
	Names    int               `json:"names"`
	Moved    []accountMoveView `json:"moved"`
	Stayed   []bulkRefusalView `json:"stayed"`
	Left     int               `json:"names_without_account"`
}

type bulkRefusalView struct {
	Account int64  `json:"account"`
	Contact string `json:"contact"`
	Why     string `json:"why"`
}

// runAll moves all accounts of a registrar.
func (c *accountTransfer) runAll(s *session, r *registry.Registry, actor registry.Actor) error {
	if c.From == "" || c.To == "" || c.Mode == "" || c.Account != 0 {
		return usage("--all needs --from TAG, --to TAG and --mode MODE, and no account")
	}
	p := registry.BulkTransferParams{From: c.From, To: c.To, Mode: customer.Mode(c.Mode), Notify: c.Notify}
	var err error
	p.Rates, err = c.rates(s, r, actor)
	if err != nil {
		return err
	}
	plan, err := r.PreviewAllAccounts(s.ctx, actor, p)
	if err != nil {
		return err
	}
	if c.DryRun {
		return s.print(viewBulk(plan, "dry run"), func() { s.printBulk(plan, "Can move") })
	}
	accounts, names := plan.Moved()
	if accounts == 0 {
		return s.bulkEnd(plan, "done")
	}
	if !s.g.JSON && !s.g.Yes {
		s.printBulk(plan, "Can move")
	}
	err = s.confirm("%s with %s move from %s to %s; %d stay.", counted(accounts, "account"), counted(names, "name"), plan.From, plan.To, len(plan.Accounts)-accounts)
	if err != nil {
		return err
	}
	step, end := s.progress("accounts")
	done, err := r.TransferAllAccounts(s.ctx, actor, p, step)
	end()
	if err != nil {
		s.hint("It stopped; the same command goes on with what is left.")
		return err
	}
	return s.bulkEnd(done, "done")
}

// bulkEnd reports what moved; where something stayed it is a refusal.
func (s *session) bulkEnd(b *registry.BulkTransfer, state string) error {
	err := s.print(viewBulk(b, state), func() { s.printBulk(b, "Moved") })
	accounts, _ := b.Moved()
	if stayed := len(b.Accounts) - accounts; err == nil && stayed > 0 {
		return registry.Refuse(registry.KindPolicy, "", "%d of %d accounts could not move.", stayed, len(b.Accounts))
	}
	return err
}

// rates reads --rate for accounts of several currencies: CUR=R, or one rate for
// the only other currency there is.
func (c *accountTransfer) rates(s *session, r *registry.Registry, actor registry.Actor) (map[string]billing.Rate, error) {
	out := map[string]billing.Rate{}
	for _, text := range c.Rate {
		currency, number, found := strings.Cut(text, "=")
		if !found {
			number, currency = text, ""
		}
		rate, err := billing.ParseRate(number)
		if err != nil {
			return nil, usage("--rate: %v", err)
		}
		out[strings.ToUpper(currency)] = rate
	}
	rate, plain := out[""]
	if !plain {
		return out, nil
	}
	delete(out, "")
	v, err := r.Vendor(s.ctx, c.To)
	if err != nil {
		return nil, err
	}
	list, err := r.Accounts(s.ctx, actor, customer.Filter{TAG: c.From, Status: customer.Active, Limit: 100_000})
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		if a.Currency != v.Currency {
			out[a.Currency] = rate
		}
	}
	if len(out) > 1 || len(c.Rate) > 1 {
		return nil, usage("--rate: the accounts are in several currencies: give CUR=R for each")
	}
	return out, nil
}

func viewBulk(b *registry.BulkTransfer, state string) bulkView {
	v := bulkView{State: state, From: b.From, To: b.To, Mode: string(b.Mode), Moved: []accountMoveView{}, Stayed: []bulkRefusalView{}, Left: b.Left}
	v.Accounts, v.Names = b.Moved()
	one := "dry run"
	if state == "done" {
		one = "completed"
	}
	for _, a := range b.Accounts {
		if a.Transfer == nil {
			v.Stayed = append(v.Stayed, bulkRefusalView{a.Account.ID, a.Account.Handle, a.Why})
			continue
		}
		v.Moved = append(v.Moved, viewAccountMove(a.Transfer, one))
	}
	return v
}

// printBulk is the summary before, and the report after.
func (s *session) printBulk(b *registry.BulkTransfer, moved string) {
	accounts, names := b.Moved()
	left := ""
	if b.Left > 0 {
		left = counted(b.Left, "name") + " of " + b.From + " without an account: no account takes it along"
	}
	s.fields("From", b.From, "To", b.To, "Mode", modeText[b.Mode], moved, fmt.Sprintf("%d of %s, with %s", accounts, counted(len(b.Accounts), "account"), counted(names, "name")),
		"Mind", left)
	var rows [][]string
	for _, a := range b.Accounts {
		line := []string{accountText(a.Account.ID), a.Account.Handle, "", "", "", a.Why}
		if t := a.Transfer; t != nil {
			line[2], line[3] = strconv.Itoa(len(t.Names)), strings.Join(balanceMoves(t), "; ")
			line[4] = t.Order
		}
		rows = append(rows, line)
	}
	if len(rows) > 0 {
		fmt.Fprintln(s.stdout)
		s.table([]string{"Account", "Contact", "Names", "Balance", "Order", "Stays because"}, rows)
	}
}
