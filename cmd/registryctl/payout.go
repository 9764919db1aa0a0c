package main

import (
	"fmt"

	"github.com/namekeep/namekeep/billing"
)

type paymentReverse struct {
	ID      int64  `arg:"" help:"Of the payment, as payment list shows it."`
	On      day    `placeholder:"DATE" help:"Day on which the money left. Default: today."`
	BankRef string `placeholder:"TEXT" help:"The bank's own reference; recorded once."`
}

func (c *paymentReverse) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	on := c.On.date()
	if on.IsZero() {
		on = r.Today()
	}
	err = s.confirm("Payment %d will be taken back; the invoices that it settled are open again.", c.ID)
	if err != nil {
		return err
	}
	done, err := r.ReversePayment(s.ctx, actor, billing.Payout{Payment: c.ID, PaidOn: on.EPPTime(), BankRef: c.BankRef})
	if err != nil {
		return err
	}
	currency := done.Amount.Currency
	v := struct {
		ID        int64     `json:"id"`
		Payment   int64     `json:"payment"`
		Amount    moneyView `json:"amount"`
		Invoices  []string  `json:"invoices_open_again"`
		Renewals  int64     `json:"renewals_open_again"`
		Firsts    int64     `json:"registrations_unpaid_again"`
		Receipt   string    `json:"receipt_taken_back,omitempty"`
		Name      string    `json:"name,omitempty"`
		Expires   string    `json:"expires,omitempty"`
		Kept      string    `json:"kept,omitempty"`
		OnAccount moneyView `json:"on_account"`
	}{done.ID, c.ID, money(done.Amount.Minor, currency), append([]string{}, done.Numbers...), done.Requests, done.Firsts,
		done.Receipt, done.Name, done.Expires.String(), done.Kept, money(done.OnAccount, currency)}
	return s.print(v, func() {
		fmt.Fprintf(s.stdout, "Payment %d, %s, was taken back.\n", c.ID, done.Amount)
		for _, number := range done.Numbers {
			fmt.Fprintf(s.stdout, "%s is open again.\n", number)
		}
		if done.Requests+done.Firsts > 0 {
			fmt.Fprintf(s.stdout, "%d renewals and %d first registrations are unpaid again.\n", done.Requests, done.Firsts)
		}
		switch {
		case done.Receipt != "" && !done.Expires.IsZero():
			fmt.Fprintf(s.stdout, "Receipt %s was taken back; %s expires on %s.\n", done.Receipt, done.Name, done.Expires)
		case done.Receipt != "":
			fmt.Fprintf(s.stdout, "Receipt %s was taken back; %s is no longer registered.\n", done.Receipt, done.Name)
		case done.Kept != "":
			fmt.Fprintf(s.stdout, "%s The fee stays owed.\n", done.Kept)
		}
		fmt.Fprintf(s.stdout, "%s on account.\n", billing.Money{Minor: done.OnAccount, Currency: currency})
	})
}

type paymentRefund struct {
	Tag      string `required:"" placeholder:"TAG" help:"Registrar."`
	Amount   string `required:"" placeholder:"AMOUNT" help:"Such as 60.00."`
	Currency string `default:"GBP" help:"Currency, ISO 4217."`
	On       day    `placeholder:"DATE" help:"Day on which the money left. Default: today."`
	BankRef  string `placeholder:"TEXT" help:"The bank's own reference; recorded once."`
}

func (c *paymentRefund) Run(s *session) error {
	amount, err := billing.ParseMoney(c.Amount, c.Currency)
	if err != nil {
		return usage("--amount: %v", err)
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	on := c.On.date()
	if on.IsZero() {
		on = r.Today()
	}
	err = s.confirm("%s will be recorded as paid back to %s on %s.", amount, c.Tag, on)
	if err != nil {
		return err
	}
	done, err := r.RefundDeposit(s.ctx, actor, billing.Payout{TAG: c.Tag, Amount: amount, PaidOn: on.EPPTime(), BankRef: c.BankRef})
	if err != nil {
		return err
	}
	v := map[string]any{"id": done.ID, "amount": money(amount.Minor, c.Currency), "on_account": money(done.OnAccount, c.Currency)}
	return s.print(v, func() {
		fmt.Fprintf(s.stdout, "%s paid back; %s on account.\n", amount, billing.Money{Minor: done.OnAccount, Currency: c.Currency})
	})
}
