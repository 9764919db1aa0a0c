package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/namekeep/namekeep/billing/customer"
	"github.com/namekeep/namekeep/registry"
)

func accountText(id int64) string { return strconv.FormatInt(id, 10) }

var modeText = map[customer.Mode]string{
	customer.SubscriptionsOnly: "subscriptions-only: payment methods and consent stay behind",
	customer.Full:              "full: with payment methods and the terms accepted",
}

// printTransfer is the summary of a transfer, which --dry-run shows too.
func (s *session) printTransfer(t *registry.AccountTransfer) {
	becomes := "a new account, class " + t.Class
	if t.Into != 0 {
		becomes = "account " + accountText(t.Into) + ", which the customer has there"
	}
	notify, rate := "no", ""
	if t.Notify {
		notify = "one message to " + t.Notified
	}
	if !t.Rate.IsZero() {
		rate = fmt.Sprintf("%s %s for one %s", t.Rate, t.Currency, t.Before.Currency)
	}
	s.fields("Account", accountNumber(t.Before.Account), "From", t.Before.TAG, "To", t.To+"  "+t.ToName, "Becomes", becomes,
		"Mode", modeText[t.Mode], "Notify", notify, "Rate", rate, "Balance", strings.Join(balanceMoves(t), "\n"),
		"Tax zone", t.TaxZone, "Sales person", t.SalesPerson, "Payment", strings.Join(methodMoves(t), "\n"),
		"Terms", strings.Join(termsMoves(t), "\n"), "Users", usersMove(t), "Tickets", ticketsMove(t), "Registrant", registrantStays(t),
		"Mind", strings.Join(minding(t), "\n"))
	if len(t.Names) == 0 {
		return
	}
	fmt.Fprintln(s.stdout)
	var rows [][]string
	for _, n := range t.Names {
		plan, price := "", ""
		if m := n.Move; m != nil {
			plan = m.Before.PlanName + " > " + m.Plan.Name
			price = m.Price.String() + " for " + counted(m.Before.Years, "year")
			if m.NewPrice {
				price += ", new"
			}
			if m.Frozen {
				price += ", frozen"
			}
		}
		rows = append(rows, []string{registry.ToUnicode(n.Name), plan, price, string(n.Status), strings.Join(endings(n), ", ")})
	}
	s.table([]string{"Name", "Plan", "Price", "Registration status", "Ends"}, rows)
}

// counted writes a number with what is counted.
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func balanceMoves(t *registry.AccountTransfer) []string {
	var out []string
	for _, b := range t.Balances {
		if b.Rate.IsZero() {
			out = append(out, balanceText(b.Out))
			continue
		}
		out = append(out, balanceText(b.Out)+" becomes "+balanceText(b.In))
	}
	if len(out) == 0 {
		return []string{"nothing"}
	}
	return out
}

func methodMoves(t *registry.AccountTransfer) []string {
	if t.Mode != customer.Full {
		if len(t.Before.Methods) > 0 {
			return []string{"becomes Disabled and stays behind"}
		}
		return nil
	}
	var out []string
	for _, m := range t.Methods {
		out = append(out, strings.Join(nonEmpty([]string{m.System, m.Hint, "by " + m.Gateway, "(" + m.State() + ")"}), " "))
	}
	return out
}

func termsMoves(t *registry.AccountTransfer) []string {
	var out []string
	for _, a := range t.Acceptances {
		out = append(out, fmt.Sprintf("%s version %s, as of %s", a.Code, a.Version, civil(a.On)))
	}
	for _, code := range t.NotAccepted {
		out = append(out, code+" not accepted")
	}
	return out
}

func usersMove(t *registry.AccountTransfer) string {
	text := "the holder gets full access"
	if n := len(t.Before.Users); n > 0 {
		text += fmt.Sprintf("; %d with their privileges", n)
	}
	return text
}

func ticketsMove(t *registry.AccountTransfer) string {
	switch n := len(t.Before.Tickets); {
	case n == 0:
		return ""
	case t.Tickets:
		return fmt.Sprintf("%d move", n)
	default:
		return fmt.Sprintf("%d stay with %s", n, t.Before.TAG)
	}
}

func registrantStays(t *registry.AccountTransfer) string {
	for _, n := range t.Names {
		if n.Kept {
			return fmt.Sprintf("%s is not handed over: %s sees id and name", t.Before.Handle, t.To)
		}
	}
	return ""
}

func minding(t *registry.AccountTransfer) []string {
	var out []string
	for _, zone := range t.Unpriced {
		out = append(out, "the registry has no price for "+t.To+" to renew in ."+zone)
	}
	return out
}
