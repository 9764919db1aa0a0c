package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry"
)

// registrarView is a registrar in JSON. Amounts are decimal.
type registrarView struct {
	Tag             string     `json:"tag"`
	Kind            string     `json:"kind"`
	State           string     `json:"state"`
	Name            string     `json:"name"`
	TradName        string     `json:"trad_name,omitempty"`
	URL             string     `json:"url,omitempty"`
	BillingEmail    string     `json:"billing_email,omitempty"`
	SalesEmail      string     `json:"sales_email,omitempty"`
	TechnicalEmail  string     `json:"technical_email,omitempty"`
	Language        string     `json:"language"`
	Handshake       string     `json:"handshake"`
	Decisions       string     `json:"decisions"`
	Reminders       string     `json:"reminders"`
	Tier            string     `json:"tier"`
	Currency        string     `json:"currency"`
	TaxRate         int64      `json:"tax_rate_basis_points"`
	Terms           string     `json:"terms"`
	CreditDays      int        `json:"credit_days"`
	CreditLimit     string     `json:"credit_limit,omitempty"`
	LowBalance      string     `json:"low_balance,omitempty"`
	MaxSessions     int        `json:"max_sessions,omitempty"`
	IANAID          int        `json:"iana_id,omitempty"`
	AbuseEmail      string     `json:"abuse_email,omitempty"`
	AbusePhone      string     `json:"abuse_phone,omitempty"`
	MaxRate         int        `json:"commands_per_second,omitempty"`
	HasPassword     bool       `json:"has_password"`
	PasswordChanged *time.Time `json:"password_changed,omitempty"`
	PasswordExpires *time.Time `json:"password_expires,omitempty"`
	Created         time.Time  `json:"created"`
	Updated         *time.Time `json:"updated,omitempty"`
}

func viewRegistrar(g registry.Registrar) registrarView {
	amount := func(minor *int64) string {
		if minor == nil {
			return ""
		}
		return billing.Money{Minor: *minor, Currency: g.Currency}.Decimal()
	}
	return registrarView{
		Tag: g.TAG, Kind: g.Kind, State: string(g.State), Name: g.Name, TradName: g.TradName, URL: g.URL,
		BillingEmail: g.BillingEmail, SalesEmail: g.SalesEmail, TechnicalEmail: g.TechnicalEmail, Language: g.Language,
		Handshake: string(g.Handshake), Decisions: string(g.Decisions), Reminders: string(g.Reminders), Tier: g.Tier, Currency: g.Currency, TaxRate: int64(g.TaxRate), Terms: g.Terms,
		CreditDays: g.CreditDays, CreditLimit: amount(g.CreditLimit), LowBalance: amount(g.LowBalance),
		MaxSessions: g.MaxSessions, MaxRate: g.CommandsPerSecond, IANAID: g.IANAID, AbuseEmail: g.AbuseEmail, AbusePhone: g.AbusePhone, HasPassword: g.HasPassword,
		PasswordChanged: optional(g.PasswordChanged), PasswordExpires: optional(g.PasswordExpires),
		Created: g.Created, Updated: optional(g.Updated),
	}
}

func (s *session) showRegistrar(r *registry.Registry, tag string) error {
	g, err := r.Registrar(s.ctx, tag)
	if err != nil {
		return err
	}
	v := viewRegistrar(g)
	return s.print(v, func() {
		number := func(n int) string {
			if n == 0 {
				return ""
			}
			return strconv.Itoa(n)
		}
		password := "none"
		if g.HasPassword {
			password = "set " + clock(g.PasswordChanged)
			if !g.PasswordExpires.IsZero() {
				password += ", expires " + clock(g.PasswordExpires)
			}
		}
		terms := g.Terms
		if terms == registry.TermsCredit {
			terms = fmt.Sprintf("credit, %d days", g.CreditDays)
		}
		s.fields("Tag", v.Tag, "State", v.State, "Name", v.Name, "Trading name", v.TradName, "Web", v.URL,
			"Billing e-mail", v.BillingEmail, "Sales e-mail", v.SalesEmail, "Technical e-mail", v.TechnicalEmail,
			"IANA ID", number(v.IANAID), "Abuse e-mail", v.AbuseEmail, "Abuse phone", v.AbusePhone,
			"Language", v.Language, "Handshake", v.Handshake, "Decisions", v.Decisions, "Reminders", v.Reminders, "Tier", v.Tier, "Terms", terms,
			"Currency", v.Currency, "Tax", billing.Money{Minor: v.TaxRate, Currency: "GBP"}.Decimal()+" %",
			"Credit limit", v.CreditLimit, "Low balance", v.LowBalance,
			"Max. sessions", number(v.MaxSessions), "Max. commands/s", number(v.MaxRate),
			"Password", password, "Created", clock(g.Created), "Updated", clock(g.Updated))
	})
}
