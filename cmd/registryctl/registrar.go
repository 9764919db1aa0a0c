package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/registry"
)

type registrarCommands struct {
	Create  registrarCreate  `cmd:"" help:"Add a registrar."`
	List    registrarList    `cmd:"" help:"List the registrars."`
	Show    registrarShow    `cmd:"" help:"Show a registrar."`
	Update  registrarUpdate  `cmd:"" help:"Change a registrar's settings."`
	Suspend registrarSuspend `cmd:"" help:"Keep a registrar from logging in; its sessions end within a minute."`
	Resume  registrarResume  `cmd:"" help:"Let a suspended registrar log in again."`
	Passwd  registrarPasswd  `cmd:"" help:"Set a registrar's password."`
	Cert    registrarCert    `cmd:"" help:"List a registrar's certificates, or pin one of its own."`
	Doctor  registrarDoctor  `cmd:"" help:"Find out why a registrar cannot connect."`
}

// registrarFlags are the settings; those not given stay as they are.
type registrarFlags struct {
	Name           *string `help:"Name."`
	TradName       *string `help:"Trading name."`
	URL            *string `name:"url" help:"Web address."`
	BillingEmail   *string `help:"Where invoices go."`
	SalesEmail     *string `help:"Where sales notices go."`
	TechnicalEmail *string `help:"Where technical notices go."`
	Language       *string `placeholder:"en" help:"Language of notices, two letters."`
	Handshake      *string `placeholder:"WHEN" enum:"accept,new-customers,always,reject" help:"Releases to this tag: accept, new-customers, always (ask), reject."`
	Decisions      *string `enum:"notify,automatic" help:"What becomes of registrants' decisions: notify (the sales contact acts) or automatic (carried out at once)."`
	Reminders      *string `enum:"sales,registrant,both" help:"Who gets reminder lists: sales, registrant or both."`
	Tier           *string `enum:"member,non-member" help:"Tier of prices: member or non-member."`
	Currency       *string `placeholder:"GBP" help:"Currency, ISO 4217."`
	TaxRate        *string `placeholder:"PERCENT" help:"Tax, as in 20 or 17.5."`
	Terms          *string `enum:"credit,prepaid" help:"Terms of payment: credit or prepaid."`
	CreditDays     *int    `placeholder:"N" help:"Days to pay an invoice."`
	CreditLimit    *string `placeholder:"AMOUNT" help:"Highest open amount, or none."`
	LowBalance     *string `placeholder:"AMOUNT" help:"Deposit below which the registrar is told, or none."`
	MaxSessions    *int    `placeholder:"N" help:"Sessions at once; 0 is the listener's default."`
	IANAID         *int    `name:"iana-id" placeholder:"N" help:"IANA Registrar ID; 0 for none. Published."`
	AbuseEmail     *string `help:"Where abuse is reported. Published."`
	AbusePhone     *string `placeholder:"+CC.NUMBER" help:"The same by telephone. Published."`
	MaxRate        *int    `name:"commands-per-second" placeholder:"N" help:"Commands a second; 0 is the listener's default."`
}

// apply changes settings. Amounts are read in the currency that results.
func (f registrarFlags) apply(s *registry.RegistrarSettings) error {
	set(&s.Name, f.Name)
	set(&s.TradName, f.TradName)
	set(&s.URL, f.URL)
	set(&s.BillingEmail, f.BillingEmail)
	set(&s.SalesEmail, f.SalesEmail)
	set(&s.TechnicalEmail, f.TechnicalEmail)
	set(&s.Language, f.Language)
	if f.Handshake != nil {
		s.Handshake = registry.Handshake(*f.Handshake)
	}
	if f.Decisions != nil {
		s.Decisions = registry.DecisionMode(*f.Decisions)
	}
	if f.Reminders != nil {
		s.Reminders = registry.ReminderReader(*f.Reminders)
	}
	set(&s.Tier, f.Tier)
	set(&s.Currency, f.Currency)
	set(&s.Terms, f.Terms)
	set(&s.CreditDays, f.CreditDays)
	set(&s.MaxSessions, f.MaxSessions)
	set(&s.IANAID, f.IANAID)
	set(&s.AbuseEmail, f.AbuseEmail)
	set(&s.AbusePhone, f.AbusePhone)
	set(&s.CommandsPerSecond, f.MaxRate)
	if f.TaxRate != nil {
		// Per cent with two decimals is a number of basis points, as an amount
		// in pounds is one of pence.
		percent, err := billing.ParseMoney(*f.TaxRate, "GBP")
		if err != nil {
			return usage("--tax-rate: %q is not a rate in per cent with at most two decimals", *f.TaxRate)
		}
		s.TaxRate = billing.BasisPoints(percent.Minor)
	}
	err := setAmount("--credit-limit", &s.CreditLimit, f.CreditLimit, s.Currency)
	if err != nil {
		return err
	}
	return setAmount("--low-balance", &s.LowBalance, f.LowBalance, s.Currency)
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

func setAmount(flag string, field **int64, text *string, currency string) error {
	switch {
	case text == nil:
		return nil
	case *text == "none":
		*field = nil
		return nil
	}
	m, err := billing.ParseMoney(*text, currency)
	if err != nil {
		return usage("%s: %v", flag, err)
	}
	*field = &m.Minor
	return nil
}

type registrarCreate struct {
	Tag string `arg:"" help:"Tag: 3 to 16 capital letters, digits, hyphens."`
	registrarFlags
}

func (c *registrarCreate) Run(s *session) error {
	settings := registry.DefaultRegistrarSettings()
	err := c.apply(&settings)
	if err != nil {
		return err
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	err = r.CreateRegistrar(s.ctx, actor, c.Tag, settings)
	if err != nil {
		return err
	}
	return s.showRegistrar(r, c.Tag)
}

type registrarList struct {
	State string `placeholder:"STATE" help:"Only active, suspended or closed ones."`
}

func (c *registrarList) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	all, err := r.Registrars(s.ctx)
	if err != nil {
		return err
	}
	views, rows := []registrarView{}, [][]string{}
	for _, g := range all {
		if c.State != "" && string(g.State) != c.State {
			continue
		}
		views = append(views, viewRegistrar(g))
		rows = append(rows, []string{g.TAG, g.Name, string(g.State), g.Tier, g.Terms, g.Currency, yesNo(g.HasPassword)})
	}
	return s.list(views, []string{"Tag", "Name", "State", "Tier", "Terms", "Currency", "Password"}, rows, "No registrars.")
}

type registrarShow struct {
	Tag string `arg:"" help:"Tag."`
}

func (c *registrarShow) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	return s.showRegistrar(r, c.Tag)
}

type registrarUpdate struct {
	Tag string `arg:"" help:"Tag."`
	registrarFlags
}

func (c *registrarUpdate) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	var wrong error
	err = r.UpdateRegistrar(s.ctx, actor, c.Tag, func(settings *registry.RegistrarSettings) {
		was := *settings
		wrong = c.apply(settings)
		if wrong != nil {
			*settings = was
		}
	})
	err = errors.Join(wrong, err)
	if err != nil {
		return err
	}
	return s.showRegistrar(r, c.Tag)
}

type registrarSuspend struct {
	Tag string `arg:"" help:"Tag."`
}

func (c *registrarSuspend) Run(s *session) error {
	err := s.confirm("%s will not be able to log in, and its sessions end. Its names go on.", c.Tag)
	if err != nil {
		return err
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	err = r.SuspendRegistrar(s.ctx, actor, c.Tag)
	if err != nil {
		return err
	}
	return s.showRegistrar(r, c.Tag)
}

type registrarResume struct {
	Tag string `arg:"" help:"Tag."`
}

func (c *registrarResume) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	err = r.ResumeRegistrar(s.ctx, actor, c.Tag)
	if err != nil {
		return err
	}
	return s.showRegistrar(r, c.Tag)
}

type registrarPasswd struct {
	Tag          string `arg:"" help:"Tag."`
	Generate     bool   `xor:"source" help:"Make a password and print it, once."`
	PasswordFile string `xor:"source" placeholder:"FILE" help:"Read it from the first line of a file; - is standard input."`
}

func (c *registrarPasswd) Run(s *session) error {
	password, err := c.password(s)
	if err != nil {
		return err
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	err = r.SetPassword(s.ctx, actor, c.Tag, password)
	if err != nil {
		return err
	}
	view := map[string]string{"tag": c.Tag, "result": "password set"}
	if c.Generate {
		view["password"] = password
		return s.done(view, "%s", password)
	}
	return s.done(view, "The password of %s is set. Open sessions go on; the next login needs it.", c.Tag)
}

func (c *registrarPasswd) password(s *session) (string, error) {
	switch {
	case c.Generate:
		return rand.Text()[:16], nil // 80 bits, and as long as RFC 5730 takes
	case c.PasswordFile == "-":
		return firstLine(s.stdin)
	case c.PasswordFile != "":
		f, err := os.Open(c.PasswordFile)
		if err != nil {
			return "", fmt.Errorf("password file: %w", err)
		}
		defer f.Close() // only read
		return firstLine(f)
	}
	f, ok := s.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return "", usage("no password: give --generate or --password-file")
	}
	fmt.Fprintf(s.stderr, "New password of %s: ", c.Tag)
	first, err := term.ReadPassword(int(f.Fd()))
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	fmt.Fprint(s.stderr, "\nAgain: ")
	second, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(s.stderr)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	if string(first) != string(second) {
		return "", usage("the two passwords differ: nothing was done")
	}
	return string(first), nil
}

func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 64<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

type registrarCert struct {
	Tag string `arg:"" help:"Tag."`
	Add string `placeholder:"FILE" help:"Pin this certificate (PEM) of the registrar's own."`
}

func (c *registrarCert) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	if c.Add != "" {
		list, err := certs.LoadCerts(c.Add)
		if err != nil {
			return usage("%v", err)
		}
		_, err = r.AddCertificate(s.ctx, actor, c.Tag, list[0], false)
		if err != nil {
			return err
		}
	}
	_, err = r.Registrar(s.ctx, c.Tag)
	if err != nil {
		return err
	}
	list, err := r.Certificates(s.ctx, c.Tag)
	if err != nil {
		return err
	}
	return s.listCertificates(list, "No certificates.")
}
