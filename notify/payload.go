package notify

// Kind names a notice: its template, and the type of its payload. It is what
// stands in outbox.kind and post_item.kind.
type Kind = string

// The notices. Whoever queues one, by Enqueue or by a statement over a set,
// writes the JSON of the type named here as its payload; names are the A-label
// form as stored, dates "2006-01-02".
const (
	// To the registrant (renewals.md, "What the registry sends registrants").
	AdvanceWarning     Kind = "advance-warning"      // Renewal: R22
	RenewalReminder    Kind = "renewal-reminder"     // Renewal: E + 1, to the registrant and the billing contact
	ProForma           Kind = "pro-forma"            // ProFormaNotice: by mail with PDF, and as a letter
	RenewalNotRequired Kind = "renewal-not-required" // Renewal: R32
	Receipt            Kind = "receipt"              // ReceiptNotice: R31
	AccountTransferred Kind = "account-transferred"  // AccountTransferNotice: B37

	// Lists, from QueueAdvanceLists and QueueReminderLists of package registry.
	AdvanceList  Kind = "advance-list"  // AdvanceListNotice, to the sales contact
	ReminderList Kind = "reminder-list" // ReminderListNotice, to the sales contact or the registrant

	// To the registrar.
	Invoice           Kind = "invoice"            // InvoiceNotice, to the billing address, with PDF and CSV (B12)
	CreditNote        Kind = "credit-note"        // CreditNoteNotice, to the billing address, with PDF (B14)
	Statement         Kind = "statement"          // StatementNotice, to the billing address (B15)
	TagChange         Kind = "tag-change"         // TagChangeNotice, one to each tag
	CertificateExpiry Kind = "certificate-expiry" // CertificateNotice, to the technical address
	RenewalDecisions  Kind = "renewal-decisions"  // DecisionsNotice, to the sales contact (N10, N20)

	// With a personal link: Path is that of a page, with its token.
	RenewalConfirmation Kind = "renewal-confirmation" // ConfirmationNotice (N20)
	SalesSignIn         Kind = "sales-sign-in"        // SignInNotice (N30)
	RegistrantChange    Kind = "registrant-change"    // RegistrantChangeNotice (N40), one to each party
	RegistrantChanged   Kind = "registrant-changed"   // RegistrantChangedNotice: how it ended, to each party
	ContactVerification Kind = "contact-verification" // VerificationNotice (C7)
)

// Date is a civil date of the registry, "2006-01-02"; "" is none. SQL's
// to_jsonb(date) writes it.
type Date string

// Amount is money in minor units.
type Amount struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"` // ISO 4217
}

// Agent is a registrar as registrants are told of it.
type Agent struct {
	Name string `json:"name"`
	URL  string `json:"url,omitempty"` // "" for none
	// Own says that the tag is the registry's own (DETAGGED, the registry tag):
	// there is no registrar to turn to.
	Own bool `json:"own,omitempty"`
}

// Party is whom a message speaks to: the number of the account, name and
// address. Number is the contact's handle for a registrant, the tag for a
// registrar.
type Party struct {
	Number       string   `json:"number,omitempty"`
	Name         string   `json:"name"`
	Organisation string   `json:"organisation,omitempty"` // where it is not a line of the address
	Address      []string `json:"address,omitempty"`      // lines, from the house to the country
	Email        string   `json:"email,omitempty"`
}

// Renewal is the payload of notices to the registrant about one name.
type Renewal struct {
	Name       string `json:"name"`
	Expires    Date   `json:"expires"` // E
	Registrant Party  `json:"registrant"`
	Registrar  Agent  `json:"registrar"`
	// Days of what follows if nobody renews; "" where the notice has no use for
	// one: a warning tells of the pro forma, a reminder of pro forma, suspension
	// and cancellation, a not-required notice of suspension and cancellation.
	ProForma  Date `json:"pro_forma,omitempty"`
	Suspended Date `json:"suspended,omitempty"`
	Cancelled Date `json:"cancelled,omitempty"`
}

// ProFormaNotice is the payload of a pro forma, as mail and as letter. Its PDF
// is made from it.
type ProFormaNotice struct {
	Number    string `json:"number"` // of the document, with its prefix: PRO-000017
	Name      string `json:"name"`
	Expires   Date   `json:"expires"` // E
	Years     int    `json:"years"`
	Net       Amount `json:"net"`
	TaxRate   int64  `json:"tax_rate"` // basis points
	Tax       Amount `json:"tax"`
	Gross     Amount `json:"gross"`
	Issued    Date   `json:"issued"`
	PayBy     Date   `json:"pay_by"`    // the day of the suspension, or of the cancellation once suspended
	Cancelled Date   `json:"cancelled"` // if it is never paid
	// Suspended says that the name is out of the zone already (R7, second case).
	Suspended  bool  `json:"suspended,omitempty"`
	Registrant Party `json:"registrant"`
	Registrar  Agent `json:"registrar"`
}

// ReceiptNotice is the payload of a receipt (R31).
type ReceiptNotice struct {
	Number     string `json:"number"`
	ProForma   string `json:"pro_forma"` // number of the document that was paid
	Name       string `json:"name"`
	Expires    Date   `json:"expires"` // the new E
	Years      int    `json:"years"`
	Net        Amount `json:"net"`
	TaxRate    int64  `json:"tax_rate"` // basis points
	Tax        Amount `json:"tax"`
	Gross      Amount `json:"gross"`
	Paid       Date   `json:"paid"`
	Registrant Party  `json:"registrant"`
	Registrar  Agent  `json:"registrar"`
}

// AccountTransferNotice tells a customer that its account is under another
// registrar (B37).
type AccountTransferNotice struct {
	Account Party    `json:"account"`
	From    Agent    `json:"from"`
	To      Agent    `json:"to"`
	Day     Date     `json:"day"`
	Names   []string `json:"names,omitempty"` // an account may have none
}

// ExpiringName is a line of a list.
type ExpiringName struct {
	Name    string `json:"name"`
	Expires Date   `json:"expires"`
}

// AdvanceListNotice is the payload of the advance list: all names of a tag that
// expire in a month.
type AdvanceListNotice struct {
	Tag   string `json:"tag"`
	Month string `json:"month"` // 2008-06
	// Names in the order of expiry, then name. Never empty.
	Names []ExpiringName `json:"names"`
	// Unsubscribe is the token of the subscription.
	Unsubscribe string `json:"unsubscribe"`
}

// RemindedName is a line of a reminder list.
type RemindedName struct {
	Name    string `json:"name"`
	Expires Date   `json:"expires"`
	// Distance is how far the expiry is: 0d, 1d, 2d, 3d, 4d, 5d, 15d, 1m, 2m or
	// 3m. The names are grouped by it.
	Distance string `json:"distance"`
}

// ReminderListNotice is the payload of the daily list of names that expire.
type ReminderListNotice struct {
	// Reader is sales or registrant.
	Reader string `json:"reader"`
	// Party is the account: of the registrar for the sales contact, of the
	// registrant otherwise.
	Party     Party          `json:"party"`
	Registrar Agent          `json:"registrar"`
	Names     []RemindedName `json:"names"` // never empty
	// Path of the renewal selection page with its token (N10), or of the sales
	// contact's page; below the address of the registry's pages.
	Path        string `json:"path"`
	Unsubscribe string `json:"unsubscribe"`
}

// InvoiceNotice is the payload of the mail that an invoice is attached to.
type InvoiceNotice struct {
	Number string `json:"number"`
	Kind   string `json:"kind"` // renewals or registrations
	Tag    string `json:"tag"`
	Party  Party  `json:"party"`
	Dated  Date   `json:"dated"`
	Due    Date   `json:"due"`
	Lines  int    `json:"lines"`
	Net    Amount `json:"net"`
	Tax    Amount `json:"tax"`
	Gross  Amount `json:"gross"`
	// Paid says that it was debited from the deposit (prepaid terms).
	Paid bool `json:"paid,omitempty"`
}

// CreditNoteNotice is the payload of the mail that a credit note is attached to.
type CreditNoteNotice struct {
	Number  string `json:"number"`
	Invoice string `json:"invoice"` // number of the invoice that it refers to
	Tag     string `json:"tag"`
	Party   Party  `json:"party"`
	Dated   Date   `json:"dated"`
	Reason  string `json:"reason"` // in words
	Net     Amount `json:"net"`
	Tax     Amount `json:"tax"`
	Gross   Amount `json:"gross"`
}

// StatementNotice is the payload of the mail that a statement is attached to.
type StatementNotice struct {
	Tag     string `json:"tag"`
	Party   Party  `json:"party"`
	From    Date   `json:"from"`
	To      Date   `json:"to"`
	Balance Amount `json:"balance"` // positive: owed to the registry
	Overdue Amount `json:"overdue"`
}

// TagChangeNotice is the payload of the mails about a change of tag.
type TagChangeNotice struct {
	// Side is gaining or losing: which of the two is told.
	Side  string           `json:"side"`
	Tag   string           `json:"tag"`   // of the one that is told
	Other string           `json:"other"` // the other tag
	Day   Date             `json:"day"`
	Names []TagChangedName `json:"names"` // never empty
}

// TagChangedName is a name that changed its tag.
type TagChangedName struct {
	Name    string `json:"name"`
	Expires Date   `json:"expires"`
	Status  string `json:"status"` // registration status, in words
}

// CertificateNotice is the payload of the warnings 30, 14 and 3 days before a
// registrar's certificate ends.
type CertificateNotice struct {
	Tag         string `json:"tag"`
	Subject     string `json:"subject"`
	Serial      string `json:"serial"`
	Fingerprint string `json:"fingerprint"` // SHA-256, hexadecimal
	Expires     Date   `json:"expires"`     // the day of notAfter, UTC
	Days        int    `json:"days"`        // the threshold: 30, 14 or 3
	// Issued says that the registry's own CA issued it; otherwise it was pinned.
	Issued bool `json:"issued,omitempty"`
}

// DecisionsNotice tells a sales contact what a registrant decided, and what is
// left to do.
type DecisionsNotice struct {
	Tag        string     `json:"tag"`
	Registrant Party      `json:"registrant"`
	Automatic  bool       `json:"automatic,omitempty"` // N11: it was carried out at once
	Decisions  []Decision `json:"decisions"`           // never empty
}

// Decision is what was decided about one name.
type Decision struct {
	Name    string `json:"name"`
	Expires Date   `json:"expires"`
	Renew   bool   `json:"renew"`           // false: declined
	Years   int    `json:"years,omitempty"` // if renewed
	// Withdrawn says that what was decided before is taken back.
	Withdrawn bool `json:"withdrawn,omitempty"`
	// Refused is why it could not be carried out at once (N11, automatic).
	Refused string `json:"refused,omitempty"`
}

// ConfirmationNotice asks a registrant whether a name is to be renewed (N20).
type ConfirmationNotice struct {
	Name       string `json:"name"`
	Expires    Date   `json:"expires"`
	Registrant Party  `json:"registrant"`
	Registrar  Agent  `json:"registrar"`
	Code       string `json:"code"` // activation code as typed: 7KQF-2M9D-XH4T
	Path       string `json:"path"`
	ValidUntil Date   `json:"valid_until"`
}

// SignInNotice is the payload of the sales contact's sign-in link (N30).
type SignInNotice struct {
	Tag     string `json:"tag"`
	Path    string `json:"path"`
	Minutes int    `json:"minutes"` // that the link is valid for
}

// RegistrantChangeNotice asks a party to confirm a change of registrant (C4) or
// of a registrant's identity (C5).
type RegistrantChangeNotice struct {
	// Side is previous or new: which of the two is asked.
	Side  string   `json:"side"`
	Names []string `json:"names"` // the first of them
	// More is how many names are not listed.
	More      int   `json:"more,omitempty"`
	Previous  Party `json:"previous"`
	New       Party `json:"new"`
	Registrar Agent `json:"registrar"`
	// Identity says that a registrant's own data change (C5); Changes lists what.
	Identity bool           `json:"identity,omitempty"`
	Changes  []ChangedField `json:"changes,omitempty"`
	Path     string         `json:"path"`
	AnswerBy Date           `json:"answer_by"`
}

// ChangedField is a part of a registrant's identity that changes.
type ChangedField struct {
	Field string `json:"field"` // name, organisation or e-mail
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

// RegistrantChangedNotice tells a party how a change ended.
type RegistrantChangedNotice struct {
	Side      string         `json:"side"` // previous or new
	Names     []string       `json:"names"`
	More      int            `json:"more,omitempty"`
	Previous  Party          `json:"previous"`
	New       Party          `json:"new"`
	Registrar Agent          `json:"registrar"`
	Identity  bool           `json:"identity,omitempty"`
	Changes   []ChangedField `json:"changes,omitempty"`
	// Outcome is confirmed, refused, expired, cancelled or failed (both confirmed,
	// and it was not possible any more); decided-confirmed and decided-refused are
	// decisions of the registry's staff.
	Outcome string `json:"outcome"`
	Day     Date   `json:"day"`
}

// VerificationNotice asks whether an address is a contact's own (C7).
type VerificationNotice struct {
	Contact   Party    `json:"contact"`
	Names     []string `json:"names,omitempty"`
	Registrar Agent    `json:"registrar"`
	Path      string   `json:"path"`
	AnswerBy  Date     `json:"answer_by"`
	// Suspends says that the zone's policy suspends names whose contact is not
	// verified in time.
	Suspends bool `json:"suspends,omitempty"`
}
