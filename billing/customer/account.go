package customer

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/namekeep/namekeep/billing"
)

// Status is the state of an account.
type Status string

// The states of an account.
const (
	Active         Status = "active"
	TransferredOut Status = "transferred out" // moved to another vendor (B31)
	Closed         Status = "closed"
)

// Role is what a person may do with an account in the vendor's control panel.
type Role string

// The roles of an account's holder and users.
const (
	FullAccess Role = "full access"
	Billing    Role = "billing"
	Technical  Role = "technical"
	View       Role = "view"
)

// Roles returns the roles, the widest first.
func Roles() []Role { return []Role{FullAccess, Billing, Technical, View} }

// Account is a registrant's account under a vendor (B20).
type Account struct {
	ID            int64
	ContactID     int64
	Handle        string // of the contact
	Holder        string // name of the contact, without the organisation (B34); "" when it has gone
	Country       string // ISO 3166-1 alpha-2, of the contact
	Natural       bool   // the contact is a natural person
	Registrar     int32  // of the vendor
	TAG           string
	Currency      string // ISO 4217
	Status        Status
	Class         string // customer class
	TaxZone       string
	SalesPerson   string
	SalesBranch   string
	Schedule      string // notification schedule; "" for none
	HolderRole    Role
	Opened        time.Time // UTC
	TransferredTo int64     // the account under the new vendor; 0: none
	TransferTAG   string    // its vendor
}

// Subscription is what an account has of a name.
type Subscription struct {
	DomainID     int64
	Name         string
	Zone         string
	Plan         int64 // 0: the name has no plan, and none of what follows
	PlanName     string
	Years        int
	Price        billing.Money // net
	Promotion    int64         // in the price; 0: none
	Promoted     string        // its name
	Frozen       bool
	ServiceTerms string
	Schedule     string
	SyncedOn     time.Time // the civil day whose price it is
}

// PaymentMethod is a way to pay that the customer has stored: the gateway's
// token, never card data.
type PaymentMethod struct {
	ID      int64
	System  string // such as visa
	Gateway string
	Token   string
	Hint    string // for the customer: the last four digits
	Active  bool   // otherwise Disabled
}

// State is the method's state as people read it.
func (m PaymentMethod) State() string {
	if m.Active {
		return "Active"
	}
	return "Disabled"
}

// Check reports what is wrong with a method that is to be stored.
func (m PaymentMethod) Check() error {
	switch {
	case m.System == "":
		return refuse(billing.Invalid, "system", "", "A payment method has a payment system, such as visa.")
	case m.Token == "":
		return refuse(billing.Invalid, "token", "", "A payment method has the token of its gateway.")
	case looksLikeCard(m.Token), len(digits(m.Hint)) > 6:
		return refuse(billing.Invalid, "token", "", "That looks like a card number: give the gateway's token, and at most the last digits as a hint.")
	}
	return nil
}

// looksLikeCard tells a text that could be a card number: 12 to 19 digits that
// may be grouped.
func looksLikeCard(text string) bool {
	n := len(digits(text))
	return n >= 12 && n <= 19 && strings.Trim(text, "0123456789 -") == ""
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// Acceptance says that the customer accepted a version of a document.
type Acceptance struct {
	Document int64
	Code     string
	Version  string
	On       time.Time // civil day
	Copied   bool      // by an account transfer
}

// User is somebody who may work with the account.
type User struct {
	Login      string
	Name       string
	Email      string
	Role       Role
	Privileges []string
}

// Detail is an account with all that belongs to it.
type Detail struct {
	Account
	Balances      []billing.Money // by currency; a debit is positive
	Subscriptions []Subscription  // all names of the account
	Methods       []PaymentMethod
	Acceptances   []Acceptance
	NotAccepted   []string // documents of its plans that were not accepted, by code
	Users         []User
	Tickets       []string
	Documents     []Document // of accounting, by date
	Orders        []Order    // transfers out of it, and the one that opened it
}

// Document is an accounts receivable document of an account.
type Document struct {
	Kind   string // pro forma, receipt or memo
	Number string
	Dated  time.Time
	Amount billing.Money // gross; of a memo, a debit is positive
	State  string
	Text   string
}

// ParseID reads the number of an account.
func ParseID(text string) (int64, error) {
	id, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || id < 1 {
		return 0, refuse(billing.Invalid, "account", text, "%q is not the number of an account.", text)
	}
	return id, nil
}

func refuse(f billing.Fault, field, value, reason string, args ...any) error {
	return &billing.Refusal{Fault: f, Field: field, Value: value, Reason: fmt.Sprintf(reason, args...)}
}
