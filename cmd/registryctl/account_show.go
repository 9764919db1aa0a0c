package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/namekeep/namekeep/billing/customer"
	"github.com/namekeep/namekeep/registry"
)

type accountView struct {
	accountLine
	TaxZone       string             `json:"tax_zone,omitempty"`
	SalesPerson   string             `json:"sales_person,omitempty"`
	SalesBranch   string             `json:"sales_branch,omitempty"`
	Schedule      string             `json:"schedule,omitempty"`
	Role          string             `json:"role"`
	Opened        time.Time          `json:"opened"`
	TransferredTo int64              `json:"transferred_to,omitempty"`
	TransferTag   string             `json:"transferred_to_tag,omitempty"`
	Balances      []moneyView        `json:"balances"` // a debit is positive
	Names         []subscriptionView `json:"names"`
	Methods       []methodView       `json:"payment_methods"`
	Acceptances   []acceptanceView   `json:"terms_accepted"`
	NotAccepted   []string           `json:"terms_not_accepted"`
	Users         []accountUserView  `json:"users"`
	Tickets       []string           `json:"tickets"`
	Documents     []documentView     `json:"documents"`
	Orders        []orderView        `json:"orders"`
}

type subscriptionView struct {
	Name         string     `json:"name"`
	Plan         string     `json:"plan,omitempty"`
	Years        int        `json:"years,omitempty"`
	Price        *moneyView `json:"price,omitempty"`
	Promotion    string     `json:"promotion,omitempty"`
	Frozen       bool       `json:"frozen,omitempty"`
	ServiceTerms string     `json:"service_terms,omitempty"`
	Schedule     string     `json:"schedule,omitempty"`
	PriceOf      string     `json:"price_of,omitempty"`
}

// methodView never has the token.
type methodView struct {
	System  string `json:"system"`
	Gateway string `json:"gateway"`
	Hint    string `json:"hint,omitempty"`
	State   string `json:"state"`
}

type acceptanceView struct {
	Document string `json:"document"`
	Version  string `json:"version"`
	On       string `json:"on"`
	Copied   bool   `json:"copied,omitempty"`
}

type accountUserView struct {
	Login      string   `json:"login"`
	Name       string   `json:"name,omitempty"`
	Email      string   `json:"email"`
	Role       string   `json:"role"`
	Privileges []string `json:"privileges,omitempty"`
}

type documentView struct {
	Kind   string    `json:"kind"`
	Number string    `json:"number"`
	Dated  string    `json:"dated"`
	Amount moneyView `json:"amount"`
	State  string    `json:"state,omitempty"`
	Text   string    `json:"text"`
}

// showAccount shows an account with all that belongs to it.
func (s *session) showAccount(r *registry.Registry, actor registry.Actor, id int64) error {
	d, err := r.Account(s.ctx, actor, id)
	if err != nil {
		return err
	}
	return s.print(viewAccount(d), func() { s.printAccount(d) })
}

func viewAccount(d customer.Detail) accountView {
	v := accountView{
		accountLine: accountLine{d.ID, d.Handle, d.Holder, d.TAG, d.Currency, d.Class, string(d.Status)},
		TaxZone:     d.TaxZone, SalesPerson: d.SalesPerson, SalesBranch: d.SalesBranch, Schedule: d.Schedule, Role: string(d.HolderRole),
		Opened: d.Opened.UTC(), TransferredTo: d.TransferredTo, TransferTag: d.TransferTAG, Balances: []moneyView{}, Names: []subscriptionView{},
		Methods: []methodView{}, Acceptances: []acceptanceView{}, NotAccepted: append([]string{}, d.NotAccepted...),
		Users: []accountUserView{}, Tickets: append([]string{}, d.Tickets...), Documents: []documentView{}, Orders: []orderView{},
	}
	for _, b := range d.Balances {
		v.Balances = append(v.Balances, money(b.Minor, b.Currency))
	}
	for _, n := range d.Subscriptions {
		w := subscriptionView{Name: n.Name, Plan: n.PlanName, Years: n.Years, Promotion: n.Promoted, Frozen: n.Frozen,
			ServiceTerms: n.ServiceTerms, Schedule: n.Schedule, PriceOf: civil(n.SyncedOn)}
		if n.Plan != 0 {
			price := money(n.Price.Minor, n.Price.Currency)
			w.Price = &price
		}
		v.Names = append(v.Names, w)
	}
	for _, m := range d.Methods {
		v.Methods = append(v.Methods, methodView{m.System, m.Gateway, m.Hint, strings.ToLower(m.State())})
	}
	for _, a := range d.Acceptances {
		v.Acceptances = append(v.Acceptances, acceptanceView{a.Code, a.Version, civil(a.On), a.Copied})
	}
	for _, u := range d.Users {
		v.Users = append(v.Users, accountUserView{u.Login, u.Name, u.Email, string(u.Role), u.Privileges})
	}
	for _, x := range d.Documents {
		v.Documents = append(v.Documents, documentView{x.Kind, x.Number, civil(x.Dated), money(x.Amount.Minor, x.Amount.Currency), x.State, x.Text})
	}
	for _, o := range d.Orders {
		v.Orders = append(v.Orders, viewOrder(o))
	}
	return v
}

func (s *session) printAccount(d customer.Detail) {
	status := statusTitle(d.Account)
	if d.TransferredTo != 0 {
		status += fmt.Sprintf(" to %s, account %d", d.TransferTAG, d.TransferredTo)
	}
	var balances, methods, terms, users, orders []string
	for _, b := range d.Balances {
		balances = append(balances, balanceText(b))
	}
	for _, m := range d.Methods {
		methods = append(methods, strings.Join(nonEmpty([]string{m.System, m.Hint, "by " + m.Gateway, "(" + m.State() + ")"}), " "))
	}
	for _, a := range d.Acceptances {
		terms = append(terms, fmt.Sprintf("%s version %s on %s", a.Code, a.Version, civil(a.On)))
	}
	for _, code := range d.NotAccepted {
		terms = append(terms, code+" not accepted")
	}
	for _, u := range d.Users {
		users = append(users, strings.Join(nonEmpty([]string{u.Login, u.Name, u.Email, "(" + string(u.Role) + ")", strings.Join(u.Privileges, ", ")}), " "))
	}
	for _, o := range d.Orders {
		orders = append(orders, fmt.Sprintf("%s from %s, account %d, to %s: %s %s", o.Number(), o.From, o.Account, o.To, o.State, o.Failure))
	}
	s.fields("Account", accountNumber(d.Account), "Registrar", d.TAG, "Status", status, "Currency", d.Currency, "Class", d.Class,
		"Tax zone", d.TaxZone, "Sales person", d.SalesPerson, "Sales branch", d.SalesBranch, "Schedule", d.Schedule,
		"Role", string(d.HolderRole), "Opened", clock(d.Opened), "Balance", strings.Join(balances, "\n"),
		"Payment", strings.Join(methods, "\n"), "Terms", strings.Join(terms, "\n"), "Users", strings.Join(users, "\n"),
		"Tickets", strings.Join(d.Tickets, "\n"), "Orders", strings.Join(trimmed(orders), "\n"))
	if len(d.Subscriptions) > 0 {
		fmt.Fprintln(s.stdout)
		var rows [][]string
		for _, n := range d.Subscriptions {
			rows = append(rows, subscriptionRow(n))
		}
		s.table([]string{"Name", "Plan", "Years", "Price", "", "Price of"}, rows)
	}
	if len(d.Documents) > 0 {
		fmt.Fprintln(s.stdout)
		var rows [][]string
		for _, x := range d.Documents {
			rows = append(rows, []string{x.Number, x.Kind, civil(x.Dated), x.Amount.String(), x.State, x.Text})
		}
		s.table([]string{"Document", "Kind", "Dated", "Amount", "State", "For"}, rows)
	}
}

func subscriptionRow(n customer.Subscription) []string {
	if n.Plan == 0 {
		return []string{registry.ToUnicode(n.Name), "", "", "", "", ""}
	}
	return []string{registry.ToUnicode(n.Name), n.PlanName, strconv.Itoa(n.Years), n.Price.String(), priceNotes(n.Frozen, n.Promoted), civil(n.SyncedOn)}
}

func priceNotes(frozen bool, promotion string) string {
	var notes []string
	if frozen {
		notes = append(notes, "frozen")
	}
	if promotion != "" {
		notes = append(notes, "promotion "+promotion)
	}
	return strings.Join(notes, ", ")
}

func trimmed(list []string) []string {
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}
