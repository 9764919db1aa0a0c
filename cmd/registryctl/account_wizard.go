package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
	"github.com/namekeep/namekeep/registry"
)

// wizard asks for an account transfer step by step (B30): account, registrar,
// mode, notify, and the rate where the currencies differ.
type wizard struct {
	s     *session
	r     *registry.Registry
	actor registry.Actor
	a     customer.Account
}

// errStop ends a wizard whose user wants no more.
var errStop = usage("Nothing was done.")

// ask fills in what the command line did not give.
func (w *wizard) ask(p *registry.AccountTransferParams) error {
	fmt.Fprintln(w.s.stderr, "Moving an account to another registrar. An empty answer ends it; nothing is done before you confirm.")
	for _, step := range []func(*registry.AccountTransferParams) error{w.account, w.registrar, w.mode, w.notify, w.rate} {
		err := step(p)
		if err != nil {
			return err
		}
	}
	fmt.Fprintln(w.s.stderr)
	return nil
}

// heading begins a step.
func (w *wizard) heading(text string) { fmt.Fprintf(w.s.stderr, "\n%s\n", text) }

// question asks until accept takes the answer; accept says what is wrong.
func (w *wizard) question(prompt string, accept func(string) error) error {
	for {
		fmt.Fprintf(w.s.stderr, "%s ", prompt)
		answer, err := w.s.line()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if answer == "" {
			return errStop
		}
		err = accept(answer)
		if err == nil {
			return nil
		}
		wrong := new(usageError)
		if registry.AsRefusal(err) == nil && billing.AsRefusal(err) == nil && !errors.As(err, wrong) {
			return err
		}
		fmt.Fprintf(w.s.stderr, "%v\n", err)
	}
}

func (w *wizard) account(p *registry.AccountTransferParams) error {
	w.heading("1. The account")
	choose := func(id int64) error {
		d, err := w.r.Account(w.s.ctx, w.actor, id)
		if err != nil {
			return err
		}
		if d.Status != customer.Active {
			return usage("Account %d is %s.", id, statusTitle(d.Account))
		}
		balance := []string{}
		for _, b := range d.Balances {
			balance = append(balance, balanceText(b))
		}
		if len(balance) == 0 {
			balance = []string{"no balance"}
		}
		fmt.Fprintf(w.s.stderr, "%s, under %s: %s, %s\n", accountNumber(d.Account), d.TAG, counted(len(d.Subscriptions), "name"), strings.Join(balance, ", "))
		w.a, p.Account = d.Account, id
		return nil
	}
	if p.Account != 0 {
		return choose(p.Account)
	}
	return w.question("Number, or the contact's id:", func(answer string) error {
		id, err := customer.ParseID(answer)
		if err == nil {
			return choose(id)
		}
		list, err := w.r.Accounts(w.s.ctx, w.actor, customer.Filter{Handle: answer, Status: customer.Active, Limit: 20})
		if err != nil {
			return err
		}
		switch len(list) {
		case 0:
			return usage("%q has no account.", answer)
		case 1:
			return choose(list[0].ID)
		}
		var lines []string
		for _, a := range list {
			lines = append(lines, fmt.Sprintf("  %d under %s", a.ID, a.TAG))
		}
		return usage("%q has %d accounts; which one?\n%s", answer, len(list), strings.Join(lines, "\n"))
	})
}

func (w *wizard) registrar(p *registry.AccountTransferParams) error {
	w.heading("2. The new registrar")
	tags, err := w.candidates()
	if err != nil {
		return err
	}
	accept := func(answer string) error {
		tag := strings.ToUpper(answer)
		if !slices.Contains(tags, tag) {
			return usage("%s cannot take the account.", tag)
		}
		v, err := w.r.Vendor(w.s.ctx, tag)
		if err == nil {
			p.To = tag
			fmt.Fprintf(w.s.stderr, "%s  %s, in %s\n", v.TAG, v.Name, v.Currency)
		}
		return err
	}
	if p.To != "" {
		return accept(p.To)
	}
	if len(tags) <= 20 {
		fmt.Fprintf(w.s.stderr, "One of %s\n", strings.Join(tags, ", "))
	}
	return w.question("Tag:", accept)
}

// candidates are the tags to which the account may go.
func (w *wizard) candidates() ([]string, error) {
	var tags []string
	if w.actor.IsRegistrar() {
		subs, err := w.r.SubRegistrars(w.s.ctx, w.actor.Registrar)
		if err != nil {
			return nil, err
		}
		tags = append([]string{w.actor.TAG}, subs...)
	} else {
		all, err := w.r.Registrars(w.s.ctx)
		if err != nil {
			return nil, err
		}
		for _, g := range all {
			if g.State != registry.RegistrarClosed && g.Kind != "detagged" {
				tags = append(tags, g.TAG)
			}
		}
	}
	return slices.DeleteFunc(tags, func(tag string) bool { return tag == w.a.TAG }), nil
}

func (w *wizard) mode(p *registry.AccountTransferParams) error {
	w.heading("3. What goes along")
	if p.Mode != "" {
		fmt.Fprintln(w.s.stderr, modeText[p.Mode])
		return nil
	}
	fmt.Fprintf(w.s.stderr, "  1  %s\n  2  %s\nIf the registrars are different legal entities, the law may forbid the second.\n",
		modeText[customer.SubscriptionsOnly], modeText[customer.Full])
	return w.question("1 or 2:", func(answer string) error {
		switch strings.ToLower(answer) {
		case "1", string(customer.SubscriptionsOnly):
			p.Mode = customer.SubscriptionsOnly
		case "2", string(customer.Full):
			p.Mode = customer.Full
		default:
			return usage("%q is neither 1 nor 2.", answer)
		}
		return nil
	})
}

func (w *wizard) notify(p *registry.AccountTransferParams) error {
	w.heading("4. The customer")
	if p.Notify {
		fmt.Fprintln(w.s.stderr, "The customer gets one message.")
		return nil
	}
	return w.question("Send one message about it? y or n:", func(answer string) error {
		var err error
		p.Notify, err = yes(answer)
		return err
	})
}

func yes(answer string) (bool, error) {
	switch strings.ToLower(answer) {
	case "y", "yes":
		return true, nil
	case "n", "no":
		return false, nil
	}
	return false, usage("%q is neither y nor n.", answer)
}

// rate asks for the conversion rate where one is needed, and shows the balance
// by it.
func (w *wizard) rate(p *registry.AccountTransferParams) error {
	to, err := w.r.AccountCurrency(w.s.ctx, w.actor, p.Account, p.To)
	if err != nil || to == w.a.Currency {
		return err
	}
	w.heading("5. The conversion rate")
	show := func() error {
		t, err := w.r.PreviewAccountTransfer(w.s.ctx, w.actor, *p)
		if err != nil {
			return err
		}
		fmt.Fprintf(w.s.stderr, "Balance: %s\n", strings.Join(balanceMoves(t), "; "))
		return nil
	}
	if !p.Rate.IsZero() {
		return show()
	}
	for {
		err := w.question(fmt.Sprintf("One %s is how many %s?", w.a.Currency, to), func(answer string) error {
			rate, err := billing.ParseRate(answer)
			if err != nil {
				return usage("%v", err)
			}
			p.Rate = rate
			return nil
		})
		if err == nil {
			err = show()
		}
		if err != nil {
			return err
		}
		right := false
		err = w.question("Is that right? y or n:", func(answer string) error {
			var err error
			right, err = yes(answer)
			return err
		})
		if err != nil || right {
			return err
		}
	}
}
