package registry

import (
	"context"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/namekeep/namekeep/billing"
)

// RegistrarState says whether a registrar may work.
type RegistrarState string

// The states of a registrar. A suspended one cannot log in; a closed one never
// will again.
const (
	RegistrarActive    RegistrarState = "active"
	RegistrarSuspended RegistrarState = "suspended"
	RegistrarClosed    RegistrarState = "closed"
)

// Registrar is a party with a tag (B10), or one of the registry's own two tags.
type Registrar struct {
	ID  int32
	TAG string
	// Kind is registrar, or registry or detagged for the registry's own tags.
	Kind  string
	State RegistrarState
	RegistrarSettings
	HasPassword     bool
	PasswordChanged time.Time // UTC; zero: never set
	PasswordExpires time.Time // UTC; zero: never
	Created         time.Time // UTC
	Updated         time.Time // UTC; zero: never
}

// RegistrarSettings is what staff decide about a registrar.
type RegistrarSettings struct {
	Name     string
	TradName string // trading name, "" for none
	URL      string
	// Where notices of each sort go; "" for none.
	BillingEmail, SalesEmail, TechnicalEmail string
	Language                                 string // ISO 639-1
	Handshake                                Handshake
	Decisions                                DecisionMode   // N11
	Reminders                                ReminderReader // who gets the daily list of names that expire

	Tier        string // member or non-member
	Currency    string // ISO 4217
	TaxRate     billing.BasisPoints
	Terms       string // credit or prepaid (B11)
	CreditDays  int
	CreditLimit *int64 // minor units of Currency; nil: none
	LowBalance  *int64 // minor units; prepaid only, nil: no message

	// Published by WHOIS and RDAP with the registrar's names.
	IANAID                 int // of a registrar that ICANN accredited; 0: none
	AbuseEmail, AbusePhone string

	MaxSessions       int // 0: the listener's default
	CommandsPerSecond int // 0: the listener's default
}

// ReminderReader says who gets reminder lists, per registrar.
type ReminderReader string

// The readers of reminder lists.
const (
	RemindSales      ReminderReader = "sales"
	RemindRegistrant ReminderReader = "registrant"
	RemindBoth       ReminderReader = "both"
)

// Terms of payment and tiers of price.
const (
	TermsCredit   = "credit"
	TermsPrepaid  = "prepaid"
	TierMember    = "member"
	TierNonMember = "non-member"
)

// DefaultRegistrarSettings is what a new registrar gets where staff say
// nothing: the defaults of B10.
func DefaultRegistrarSettings() RegistrarSettings {
	return RegistrarSettings{
		Language: "en", Handshake: HandshakeAccept, Decisions: DecisionsNotify, Reminders: RemindSales, Tier: TierMember, Currency: "GBP", TaxRate: 2000,
		Terms: TermsCredit, CreditDays: 30,
	}
}

var (
	tagForm      = regexp.MustCompile(`^[A-Z0-9-]{2,15}[A-Z0-9_-]$`)
	languageForm = regexp.MustCompile(`^[a-z]{2}$`)
)

// validate refuses settings that no registrar can have.
func (s RegistrarSettings) validate() error {
	switch {
	case strings.TrimSpace(s.Name) == "":
		return Refuse(KindParamMissing, "", "A registrar needs a name.").About("name", s.Name)
	case !languageForm.MatchString(s.Language):
		return Refuse(KindParamSyntax, "", "%q is not a language code of two letters.", s.Language).About("language", s.Language)
	case s.URL != "" && !plausibleURL(s.URL):
		return Refuse(KindParamSyntax, "", "%q is not an http or https address.", s.URL).About("url", s.URL)
	}
	for field, address := range map[string]string{"billing-email": s.BillingEmail, "sales-email": s.SalesEmail,
		"technical-email": s.TechnicalEmail, "abuse-email": s.AbuseEmail} {
		if address != "" && !plausibleEmail(address) {
			return Refuse(KindParamSyntax, "", "%q is not an e-mail address.", address).About(field, address)
		}
	}
	if s.IANAID < 0 {
		return Refuse(KindParamRange, "", "%d is not an IANA Registrar ID.", s.IANAID).About("iana-id", itoa(s.IANAID))
	}
	if err := checkPhone("abuse-phone", s.AbusePhone, ""); err != nil {
		return err
	}
	handshakes := []Handshake{HandshakeAccept, HandshakeNewCustomers, HandshakeAlways, HandshakeReject}
	if !slices.Contains(handshakes, s.Handshake) {
		return Refuse(KindParamRange, "", "%q is not a handshake setting.", s.Handshake).About("handshake", string(s.Handshake))
	}
	if s.Decisions != DecisionsNotify && s.Decisions != DecisionsAutomatic {
		return Refuse(KindParamRange, "", "Decisions are %s or %s.", DecisionsNotify, DecisionsAutomatic).About("decisions", string(s.Decisions))
	}
	if !slices.Contains([]ReminderReader{RemindSales, RemindRegistrant, RemindBoth}, s.Reminders) {
		return Refuse(KindParamRange, "", "Reminders go to %s, %s or %s.", RemindSales, RemindRegistrant, RemindBoth).About("reminders", string(s.Reminders))
	}
	if s.MaxSessions < 0 || s.CommandsPerSecond < 0 {
		return Refuse(KindParamRange, "", "Limits are not negative; 0 means the listener's default.").About("max-sessions", "")
	}
	return s.validateMoney()
}

func (s RegistrarSettings) validateMoney() error {
	_, err := billing.Digits(s.Currency)
	switch {
	case err != nil:
		return Refuse(KindParamSyntax, "", "%q is not a currency of ISO 4217.", s.Currency).About("currency", s.Currency)
	case s.Tier != TierMember && s.Tier != TierNonMember:
		return Refuse(KindParamRange, "", "The tier is %s or %s.", TierMember, TierNonMember).About("tier", s.Tier)
	case s.Terms != TermsCredit && s.Terms != TermsPrepaid:
		return Refuse(KindParamRange, "", "The terms are %s or %s.", TermsCredit, TermsPrepaid).About("terms", s.Terms)
	case s.TaxRate < 0 || s.TaxRate > 10000:
		return Refuse(KindParamRange, "", "The tax rate is 0 to 100 %%.").About("tax-rate", "")
	case s.CreditDays < 0 || s.CreditDays > 365:
		return Refuse(KindParamRange, "", "Credit is for 0 to 365 days.").About("credit-days", "")
	case s.CreditLimit != nil && *s.CreditLimit < 0, s.LowBalance != nil && *s.LowBalance < 0:
		return Refuse(KindParamRange, "", "A limit of money is not negative.").About("credit-limit", "")
	}
	return nil
}

func plausibleURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// plausibleEmail takes a bare address whose domain has a dot.
func plausibleEmail(text string) bool {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text {
		return false
	}
	_, domain, _ := strings.Cut(text, "@")
	return strings.Contains(domain, ".") && !strings.HasPrefix(domain, "[")
}

// CreateRegistrar adds a registrar; it has no password and no certificate yet.
// The errors are of KindParamSyntax, KindParamMissing, KindParamRange,
// KindExists and KindAuthorization.
func (r *Registry) CreateRegistrar(ctx context.Context, actor Actor, tag string, s RegistrarSettings) error {
	err := actor.staffOnly(RoleOperator)
	if err != nil {
		return err
	}
	if !tagForm.MatchString(tag) {
		return Refuse(KindParamSyntax, "", "A tag has 3 to 16 capital letters, digits and hyphens; %q has not.", tag).About("tag", tag)
	}
	err = s.validate()
	if err != nil {
		return err
	}
	return ianaIDTaken(r.mutate(ctx, actor, func(tx *Tx) error { return tx.insertRegistrar(ctx, tag, s) }), s.IANAID)
}

// UpdateRegistrar changes the settings of a registrar with edit, which is given
// those of now and may be called again. Staff with the role billing may change
// what concerns money, and give a reason for it. The errors are those of
// CreateRegistrar and KindNotFound.
func (r *Registry) UpdateRegistrar(ctx context.Context, actor Actor, tag string, edit func(*RegistrarSettings)) error {
	err := actor.staffOnly(RoleOperator, RoleBilling)
	if err != nil {
		return err
	}
	ianaID := 0
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		reg, err := tx.lockRegistrar(ctx, tag)
		if err != nil {
			return err
		}
		after := reg.RegistrarSettings
		edit(&after)
		ianaID = after.IANAID
		err = after.validate()
		if err != nil {
			return err
		}
		c, money, other := reg.compare(after)
		if len(c) == 0 {
			return nil
		}
		if other {
			err = actor.needRole(RoleOperator)
		}
		if err == nil && money {
			err = actor.needReason()
		}
		if err != nil {
			return err
		}
		tx.updateRegistrar(reg.ID, after)
		tx.record("registrar", int64(reg.ID), tag, "update", c)
		return nil
	})
	return ianaIDTaken(err, ianaID)
}

// SuspendRegistrar keeps a registrar from logging in and ends its sessions
// within a minute; its names go on. A reason is needed. The errors are of
// KindNotFound, KindStatusProhibits, KindParamMissing and KindAuthorization.
func (r *Registry) SuspendRegistrar(ctx context.Context, actor Actor, tag string) error {
	return r.setRegistrarState(ctx, actor, tag, RegistrarActive, RegistrarSuspended, "suspend")
}

// ResumeRegistrar ends a suspension; the errors are those of SuspendRegistrar.
func (r *Registry) ResumeRegistrar(ctx context.Context, actor Actor, tag string) error {
	return r.setRegistrarState(ctx, actor, tag, RegistrarSuspended, RegistrarActive, "resume")
}

func (r *Registry) setRegistrarState(ctx context.Context, actor Actor, tag string, from, to RegistrarState, action string) error {
	err := actor.staffOnly(RoleOperator)
	if err == nil {
		err = actor.needReason()
	}
	if err != nil {
		return err
	}
	return r.mutate(ctx, actor, func(tx *Tx) error {
		reg, err := tx.lockRegistrar(ctx, tag)
		if err != nil {
			return err
		}
		if reg.State != from {
			return Refuse(KindStatusProhibits, "", "%s is %s.", tag, reg.State).About("tag", tag)
		}
		tx.Queue(`UPDATE registrar SET state = $2, updated_at = $3 WHERE id = $1`, reg.ID, to, tx.Now)
		tx.signOut(reg.ID)
		tx.record("registrar", int64(reg.ID), tag, action, changes{}.add("state", from, to))
		return nil
	})
}
