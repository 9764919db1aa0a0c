package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
	"github.com/namekeep/namekeep/registry"
)

type customerCommands struct {
	List      accountList      `cmd:"" help:"List accounts."`
	Show      accountShow      `cmd:"" help:"Show an account with all that belongs to it."`
	Create    accountCreate    `cmd:"" help:"Open an account for a contact under a registrar (B20)."`
	Update    accountUpdate    `cmd:"" help:"Change class, tax zone, sales person, branch, schedule or role."`
	Import    accountImport    `cmd:"" help:"Open accounts from a CSV file; a second run opens nothing twice."`
	Subscribe accountSubscribe `cmd:"" help:"Give a name of an account a plan, at today's price."`
	Price     accountPrice     `cmd:"" help:"Freeze the price of a name, or bring it to that of its plan (B33)."`
	Method    accountMethod    `cmd:"" help:"Store a payment method, as a gateway's token, or disable one."`
	Accept    accountAccept    `cmd:"" help:"Note that the customer accepted terms and conditions."`
	User      accountUser      `cmd:"" help:"Let somebody work with an account, or end that."`
	Ticket    accountTicket    `cmd:"" help:"Note a ticket of the help desk by its reference."`
	Memo      accountMemo      `cmd:"" help:"Change a balance by a memo."`
	Transfer  accountTransfer  `cmd:"" help:"Move an account to another registrar; on a terminal a wizard asks for what is not given."`
	Orders    accountOrders    `cmd:"" help:"List the transfer orders."`
}

// accountID is the number of an account on the command line.
type accountID int64

// UnmarshalText reads a number; wrong text is wrong usage.
func (a *accountID) UnmarshalText(text []byte) error {
	id, err := customer.ParseID(string(text))
	*a = accountID(id)
	return err
}

type accountList struct {
	Tag     string `help:"Under this registrar."`
	Contact string `placeholder:"ID" help:"Of this contact."`
	Status  string `placeholder:"STATUS" help:"Only active, transferred out or closed ones."`
	After   int64  `placeholder:"ACCOUNT" help:"Accounts after this one: the next page."`
	Limit   int    `default:"100" help:"How many."`
}

type accountLine struct {
	Account  int64  `json:"account"`
	Contact  string `json:"contact"`
	Name     string `json:"name,omitempty"`
	Tag      string `json:"tag"`
	Currency string `json:"currency"`
	Class    string `json:"class"`
	Status   string `json:"status"`
}

func (c *accountList) Run(s *session) error {
	if c.Limit < 1 || c.Limit > 100_000 {
		return usage("--limit: 1 to 100000")
	}
	r, actor, err := s.user()
	if err != nil {
		return err
	}
	list, err := r.Accounts(s.ctx, actor, customer.Filter{TAG: c.Tag, Handle: c.Contact, Status: customer.Status(strings.ToLower(c.Status)),
		After: c.After, Limit: c.Limit})
	if err != nil {
		return err
	}
	views, rows := []accountLine{}, [][]string{}
	for _, a := range list {
		views = append(views, accountLine{a.ID, a.Handle, a.Holder, a.TAG, a.Currency, a.Class, string(a.Status)})
		rows = append(rows, []string{strconv.FormatInt(a.ID, 10), a.Handle, a.Holder, a.TAG, a.Currency, a.Class, statusTitle(a)})
	}
	err = s.list(views, []string{"Account", "Contact", "Name", "Tag", "Currency", "Class", "Status"}, rows, "No accounts.")
	if err == nil && len(list) == c.Limit {
		s.hint("There may be more: --after %d", list[len(list)-1].ID)
	}
	return err
}

// statusTitle is the status as the field writes it.
func statusTitle(a customer.Account) string {
	switch a.Status {
	case customer.Active:
		return "Active"
	case customer.TransferredOut:
		return "Transferred Out"
	}
	return "Closed"
}

// accountSettings are flags of create and update.
type accountSettings struct {
	Class       *string `help:"Customer class."`
	TaxZone     *string `help:"Tax zone; empty for none."`
	SalesPerson *string `help:"Sales person; empty for none."`
	Branch      *string `help:"Sales branch; empty for none."`
	Schedule    *string `placeholder:"NAME" help:"Notification schedule of the registrar; empty for none."`
	Role        *string `placeholder:"ROLE" help:"Role of the holder: full access, billing, technical or view."`
}

func (f accountSettings) settings() customer.Settings {
	return customer.Settings{Class: f.Class, TaxZone: f.TaxZone, SalesPerson: f.SalesPerson, SalesBranch: f.Branch, Schedule: f.Schedule,
		HolderRole: (*customer.Role)(f.Role)}
}

type accountCreate struct {
	Contact  string `arg:"" help:"Contact's id."`
	Tag      string `required:"" help:"Registrar that it is under."`
	Currency string `placeholder:"CUR" help:"Currency, ISO 4217. Default: the registrar's."`
	accountSettings
}

func (c *accountCreate) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	a, there, err := r.CreateAccount(s.ctx, actor, customer.New{Handle: c.Contact, TAG: c.Tag, Currency: c.Currency, Settings: c.settings()})
	if err != nil {
		return err
	}
	if there {
		s.hint("%s has an account under %s already.", c.Contact, a.TAG)
	}
	return s.showAccount(r, actor, a.ID)
}

type accountUpdate struct {
	Account accountID `arg:"" help:"Account."`
	accountSettings
}

func (c *accountUpdate) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	err = r.UpdateAccount(s.ctx, actor, int64(c.Account), c.settings())
	if err != nil {
		return err
	}
	return s.showAccount(r, actor, int64(c.Account))
}

type accountImport struct {
	File  string `arg:"" type:"existingfile" help:"CSV file with a head line: contact, tag; and if wanted currency, class, tax-zone, sales-person, sales-branch, schedule, balance (a debit is positive)."`
	Check bool   `help:"Validate and add nothing."`
}

func (c *accountImport) Run(s *session) error {
	return s.importCSV(c.File, c.Check, "accounts", (*registry.Registry).ImportAccounts)
}

// importCSV reads a CSV file into the register, or only checks it.
func (s *session) importCSV(file string, check bool, what string,
	load func(*registry.Registry, context.Context, registry.Actor, io.Reader, bool) (registry.ImportCount, error)) error {
	f, err := os.Open(file)
	if err != nil {
		return usage("%v", err)
	}
	defer f.Close() // only read
	if !check {
		err = s.confirm("The %s of %s will be added.", what, file)
		if err != nil {
			return err
		}
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	n, err := load(r, s.ctx, actor, f, check)
	if err != nil {
		return err
	}
	if check {
		return s.done(n, "No faults were found; nothing was added.")
	}
	return s.done(n, "%d added, %d there already", n.Added, n.There)
}

type accountShow struct {
	Account accountID `arg:"" help:"Account."`
}

func (c *accountShow) Run(s *session) error {
	r, actor, err := s.user()
	if err != nil {
		return err
	}
	return s.showAccount(r, actor, int64(c.Account))
}

type accountOrders struct{}

type orderView struct {
	Order   string     `json:"order"`
	Account int64      `json:"account"`
	From    string     `json:"from"`
	To      string     `json:"to"`
	Mode    string     `json:"mode"`
	State   string     `json:"state"`
	Failure string     `json:"failure,omitempty"`
	New     int64      `json:"new_account,omitempty"`
	Names   int        `json:"names"`
	Rate    string     `json:"rate,omitempty"`
	Notify  bool       `json:"notify"`
	By      string     `json:"by"`
	Created time.Time  `json:"created"`
	Ended   *time.Time `json:"ended,omitempty"`
}

func viewOrder(o customer.Order) orderView {
	return orderView{o.Number(), o.Account, o.From, o.To, string(o.Mode), string(o.State), o.Failure, o.NewAccount, o.Names,
		o.Rate.String(), o.Notify, o.By, o.Created.UTC(), optional(o.Ended)}
}

func (c *accountOrders) Run(s *session) error {
	r, actor, err := s.user()
	if err != nil {
		return err
	}
	list, err := r.AccountOrders(s.ctx, actor)
	if err != nil {
		return err
	}
	views, rows := []orderView{}, [][]string{}
	for _, o := range list {
		v := viewOrder(o)
		views = append(views, v)
		to := ""
		if v.New != 0 {
			to = strconv.FormatInt(v.New, 10)
		}
		rows = append(rows, []string{v.Order, strconv.FormatInt(v.Account, 10), v.From, v.To, to, v.Mode, strconv.Itoa(v.Names), v.State, v.Failure})
	}
	return s.list(views, []string{"Order", "Account", "From", "To", "New account", "Mode", "Names", "State", "Why"}, rows, "No orders.")
}

// balanceText writes a balance for people.
func balanceText(b billing.Money) string {
	switch {
	case b.Minor > 0:
		return b.String() + " debit"
	case b.Minor < 0:
		return billing.Money{Minor: -b.Minor, Currency: b.Currency}.String() + " credit"
	}
	return b.String()
}

// accountNumber tells an account with what it is called by.
func accountNumber(a customer.Account) string {
	text := fmt.Sprintf("%d  %s", a.ID, a.Handle)
	if a.Holder != "" {
		text += " (" + a.Holder + ")"
	}
	return text
}

// keep carries out a change of an account and shows it afterwards.
func (s *session) keep(id accountID, change func(*registry.Registry, registry.Actor) error) error {
	r, actor, err := s.staff()
	if err == nil {
		err = change(r, actor)
	}
	if err != nil {
		return err
	}
	return s.showAccount(r, actor, int64(id))
}
