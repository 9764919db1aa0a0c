package main

import (
	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
	"github.com/namekeep/namekeep/registry"
)

type accountSubscribe struct {
	Account accountID `arg:"" help:"Account."`
	Name    string    `arg:"" help:"Name of the account."`
	Plan    string    `required:"" help:"Plan of the registrar."`
	Years   int       `default:"1" help:"Period in years."`
}

func (c *accountSubscribe) Run(s *session) error {
	return s.keep(c.Account, func(r *registry.Registry, a registry.Actor) error {
		_, err := r.Subscribe(s.ctx, a, int64(c.Account), c.Name, c.Plan, c.Years)
		return err
	})
}

type accountPrice struct {
	Account accountID `arg:"" help:"Account."`
	Name    string    `arg:"" help:"Name of the account."`
	Freeze  bool      `xor:"what" required:"" help:"Keep the price whatever the plan's is."`
	Thaw    bool      `xor:"what" required:"" help:"Let the price follow the plan again, from the next synchronisation."`
	Sync    bool      `xor:"what" required:"" help:"Bring the price to that of the plan today."`
}

func (c *accountPrice) Run(s *session) error {
	return s.keep(c.Account, func(r *registry.Registry, a registry.Actor) error {
		if c.Sync {
			return r.SyncPrice(s.ctx, a, int64(c.Account), c.Name)
		}
		return r.FreezePrice(s.ctx, a, int64(c.Account), c.Name, c.Freeze)
	})
}

type accountMethod struct {
	Account accountID `arg:"" help:"Account."`
	System  string    `arg:"" help:"Payment system, such as visa."`
	Token   string    `xor:"what" required:"" help:"The gateway's token. Never a card number."`
	Hint    string    `help:"For the customer: the last four digits."`
	Disable bool      `xor:"what" required:"" help:"Disable what is stored for the system."`
}

func (c *accountMethod) Run(s *session) error {
	return s.keep(c.Account, func(r *registry.Registry, a registry.Actor) error {
		if c.Disable {
			return r.DisablePaymentMethod(s.ctx, a, int64(c.Account), c.System)
		}
		return r.AddPaymentMethod(s.ctx, a, int64(c.Account), customer.PaymentMethod{System: c.System, Token: c.Token, Hint: c.Hint})
	})
}

type accountAccept struct {
	Account  accountID `arg:"" help:"Account."`
	Document string    `arg:"" help:"Code of the registrar's terms and conditions."`
	On       day       `placeholder:"DATE" help:"Day of the acceptance. Default: today."`
}

func (c *accountAccept) Run(s *session) error {
	return s.keep(c.Account, func(r *registry.Registry, a registry.Actor) error {
		_, err := r.AcceptTerms(s.ctx, a, int64(c.Account), c.Document, c.On.date())
		return err
	})
}

type accountUser struct {
	Account   accountID `arg:"" help:"Account."`
	Login     string    `arg:"" help:"Login of the user."`
	Email     string    `help:"E-mail address."`
	Name      string    `help:"Name."`
	Role      string    `default:"view" help:"full access, billing, technical or view."`
	Privilege []string  `placeholder:"TEXT" help:"What the user may do beside the role; again for more."`
	Remove    bool      `help:"End the user's rights."`
}

func (c *accountUser) Run(s *session) error {
	return s.keep(c.Account, func(r *registry.Registry, a registry.Actor) error {
		if c.Remove {
			return r.RemoveAccountUser(s.ctx, a, int64(c.Account), c.Login)
		}
		return r.PutAccountUser(s.ctx, a, int64(c.Account), customer.User{Login: c.Login, Email: c.Email, Name: c.Name,
			Role: customer.Role(c.Role), Privileges: c.Privilege})
	})
}

type accountTicket struct {
	Account   accountID `arg:"" help:"Account."`
	Reference string    `arg:"" help:"Reference of the ticket."`
	Remove    bool      `help:"Forget it."`
}

func (c *accountTicket) Run(s *session) error {
	return s.keep(c.Account, func(r *registry.Registry, a registry.Actor) error {
		return r.SetTicket(s.ctx, a, int64(c.Account), c.Reference, c.Remove)
	})
}

type accountMemo struct {
	Account  accountID `arg:"" help:"Account."`
	Side     string    `arg:"" enum:"debit,credit" help:"debit: the customer owes more; credit: less."`
	Amount   string    `arg:"" help:"Such as 12.50."`
	Currency string    `placeholder:"CUR" help:"Default: the account's."`
	Text     string    `required:"" help:"What it is for; stands on the memo."`
}

func (c *accountMemo) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	d, err := r.Account(s.ctx, actor, int64(c.Account))
	if err != nil {
		return err
	}
	if c.Currency == "" {
		c.Currency = d.Currency
	}
	amount, err := billing.ParseMoney(c.Amount, c.Currency)
	if err != nil || amount.Minor <= 0 {
		return usage("%q is not an amount of %s above nothing", c.Amount, c.Currency)
	}
	err = s.confirm("The account %d (%s) gets a %s of %s: %s", d.ID, d.Handle, c.Side, amount, c.Text)
	if err != nil {
		return err
	}
	if c.Side == "credit" {
		amount.Minor = -amount.Minor
	}
	_, err = r.AdjustBalance(s.ctx, actor, d.ID, amount, c.Text)
	if err != nil {
		return err
	}
	return s.showAccount(r, actor, d.ID)
}
