package xml

// Release hands a domain, or all domains of a registrant, to another tag.
// Exactly one of Domain and Registrant is set.
type Release struct {
	Domain       string
	Registrant   string
	RegistrarTag string
}

// ReleasePending answers a Release that waits for the other tag's handshake.
type ReleasePending struct {
	Text string
}

// HandshakeAccept accepts an offered case; Registrant is "" when absent.
type HandshakeAccept struct {
	CaseID     string
	Registrant string
}

// HandshakeReject refuses an offered case.
type HandshakeReject struct {
	CaseID string
}

// HandshakeData answers both. Domains nil: no list.
type HandshakeData struct {
	CaseID  string
	Domains []string
}

// List asks for the names registered (Month) or expiring (Expiry) in a month;
// exactly one is set.
type List struct {
	Month  *YearMonth
	Expiry *YearMonth
}

// ListData answers List; an empty list has noDomains="0".
type ListData struct {
	Domains []string
}

// Unrenew takes back renewals.
type Unrenew struct {
	Domains []string // at least one
}

// Fork copies a contact for some of its domains. ContactID and NewContactID
// are "" when absent.
type Fork struct {
	ContactID    string
	NewContactID string
	Domains      []string
}

// Lock sets or, with Unlock, removes a lock. Exactly one of ContactID and
// Domain is set, and agrees with the object attribute. Type is any label.
type Lock struct {
	Unlock    bool
	ContactID string
	Domain    string
	Type      string
}

// ContactIDUpdate renames a contact.
type ContactIDUpdate struct {
	ID    string
	NewID string
}

// TagList asks for all registrar tags.
type TagList struct{}

// TagListData answers TagList; at least one tag.
type TagListData struct {
	Tags []TagInfo
}

// TagInfo is one registrar. TradName is "" when absent.
type TagInfo struct {
	RegistrarTag string
	Name         string
	TradName     string
	Handshake    bool
}

// DirectRightsCheck asks for a right to a name: either Registrant is set, or
// Postal and Email are. The name is that of the domain check that it extends; as
// a command of its own it names none.
type DirectRightsCheck struct {
	Postal     *PostalInfo
	Email      string
	Registrant string
}

// DirectRightsCheckData answers DirectRightsCheck; ROR "" means no right.
type DirectRightsCheckData struct {
	ROR string
}
