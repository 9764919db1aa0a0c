package registry

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// Contact is a contact as it stands in the register.
type Contact struct {
	ID            int64
	ContactValues        // Handle and the data
	Sponsor       string // tag
	SponsorID     int32
	Statuses      StatusSet
	Linked        bool // a name uses it
	Disclose      *Disclosure
	OptOut        bool // contact-nom-ext
	Natural       bool // a natural person; never changes (C2)

	Creator     string // tag
	Created     time.Time
	Updater     string // tag, "" when never updated
	Updated     time.Time
	Transferred time.Time

	// Waiting is set by UpdateContact: the number of the change of identity that
	// both addresses have to confirm first (C5). 0: none was asked for.
	Waiting int64

	authHash  []byte
	authSetAt time.Time
	// held: its account is under another registrar, to which it does not belong
	// (B34). Only look-ups for the world read it.
	held bool
}

// Disclosure is a contact's wish about publication (RFC 5733 section 2.9): what
// it names is to be shown, or with Flag false withheld. The tags are those of
// contact.disclose.
type Disclosure struct {
	Flag  bool         `json:"flag"`
	Name  []PostalForm `json:"name,omitempty"`
	Org   []PostalForm `json:"org,omitempty"`
	Addr  []PostalForm `json:"addr,omitempty"`
	Voice bool         `json:"voice,omitempty"`
	Fax   bool         `json:"fax,omitempty"`
	Email bool         `json:"email,omitempty"`
}

// Phone is a telephone number with its extension; the zero value is none.
type Phone struct {
	Number string // +44.2079460000
	Ext    string
}

// Ignored is a part of a command that was not used, because the register has no
// place for it. It is no refusal: the uk profile warns of it.
type Ignored struct {
	Field string // as in Error.Field
	Value string
}

// Why parts of a command are ignored, by field.
const (
	fieldPostalInfo = "contact:postalInfo"
	fieldContactPW  = "contact:authInfo"
	fieldHostAddr   = "host:addr"
)

// ContactROID is the contact's repository object identifier.
func (r *Registry) ContactROID(c *Contact) string { return r.roid("C", c.ID) }

// contactID reads a contact's repository object identifier; the repository may
// be left out, as contact-nom-ext allows. 0: it cannot be one of ours.
func (r *Registry) contactID(roid string) int64 {
	number, repository, given := strings.Cut(roid, "-")
	if given && repository != r.inst.RepositoryID || !strings.HasPrefix(number, "C") {
		return 0
	}
	id, err := strconv.ParseInt(number[1:], 10, 64)
	if err != nil || id < 1 {
		return 0
	}
	return id
}

// ShownStatuses are the statuses with the derived ones.
func (c *Contact) ShownStatuses() []Status { return c.Statuses.Shown(ObjectContact, c.Linked) }

// DisplayName is the contact's name for lists: the first form's organisation,
// or its name.
func (c *Contact) DisplayName() string {
	if len(c.Postal) == 0 {
		return ""
	}
	return cmp.Or(c.Postal[0].Org, c.Postal[0].Name)
}

// checkSponsor refuses a registrar that does not sponsor the contact.
func (c *Contact) checkSponsor(actor Actor) error {
	if !actor.IsRegistrar() || c.SponsorID == actor.Registrar {
		return nil
	}
	return Refuse(KindAuthorization, actor.code(CodeNotYours), "The contact %s is not on your tag.", c.Handle).
		About("contact:id", c.Handle)
}

// snapshot is what the history says of a new contact.
func (c *Contact) snapshot() changes {
	out := changes{}.add("sponsor", nil, c.Sponsor)
	return (&Contact{}).compare(c, out)
}

// compare adds what differs in after. The authInfo is named, never shown.
func (c *Contact) compare(after *Contact, out changes) changes {
	noteJSON(out, "postal", c.Postal, after.Postal)
	noteValue(out, "voice", Phone{c.Voice, c.VoiceExt}, Phone{after.Voice, after.VoiceExt})
	noteValue(out, "fax", Phone{c.Fax, c.FaxExt}, Phone{after.Fax, after.FaxExt})
	noteValue(out, "email", c.Email, after.Email)
	noteJSON(out, "disclose", c.Disclose, after.Disclose)
	noteValue(out, "trad-name", c.TradName, after.TradName)
	noteValue(out, "type", c.Type, after.Type)
	noteValue(out, "co-no", c.CompanyNo, after.CompanyNo)
	noteValue(out, "opt-out", c.OptOut, after.OptOut)
	noteList(out, "statuses", c.Statuses, after.Statuses)
	if string(c.authHash) != string(after.authHash) {
		out.add("authInfo", len(c.authHash) > 0, len(after.authHash) > 0)
	}
	return out
}
