package xml

import "time"

// DomainNom is domain-nom-ext-1.2 in create and update. Nil is absent. In an
// update an empty element clears: IntChange.Clear, or "" behind the pointer.
type DomainNom struct {
	FirstBill  *string // bc, th
	RecurBill  *string
	AutoBill   *IntChange // days, 0 to 182
	NextBill   *IntChange // days, 0 to 182
	AutoPeriod *IntChange // years, 1 to 9
	NextPeriod *IntChange // years, 1 to 9
	// RenewNotRequired is for update only; an empty element means false.
	RenewNotRequired *bool
	// Notes replace the old ones; nil when absent, one empty text to clear.
	Notes    []string
	Reseller *string
}

// DomainNomCheckData is the abuse limit left after a check.
type DomainNomCheckData struct {
	AbuseLimit int
}

// The three texts that reg-status may have, as the schema spells them.
const (
	RegStatusRegistered  = "Registered until expiry date."
	RegStatusRenewal     = "Renewal required."
	RegStatusNotRequired = "No longer required"
)

// DomainNomInfoData is the uk part of a domain's info answer. Nil and "" are
// left out.
type DomainNomInfoData struct {
	RegStatus        string
	FirstBill        string
	RecurBill        string
	AutoBill         *int
	AutoPeriod       *int
	NextBill         *int
	NextPeriod       *int
	RenewNotRequired bool
	Notes            []string
	Reseller         string
}

// ContactNom is contact-nom-ext-1.0 in create and update; nil is absent, ""
// removes. Type is one of the schema's codes (LTD, IND …).
type ContactNom struct {
	TradName *string
	Type     *string
	CoNo     *string
	OptOut   *bool
}

// ContactNomInfo asks for a contact by its ROID, such as C123456-UK.
type ContactNomInfo struct {
	ROID string
}

// ContactNomInfoData is the uk part of a contact's info answer. Nil is left out.
type ContactNomInfoData struct {
	TradName *string
	Type     *string
	CoNo     *string
	OptOut   *bool
}

// DataQualityUpdate asks to validate the contact's data again.
type DataQualityUpdate struct{}

// DataQualityInfoData is the state of a contact's data quality check.
type DataQualityInfoData struct {
	Status        string
	Reason        string
	DateCommenced time.Time
	DateToSuspend time.Time
	LockApplied   *bool
	Domains       []string // nil: no list; empty: an empty list
}

// The warnings of std-warning-1.1, extensions of a successful answer. Text
// is what a person reads.
type (
	// WarnCreditLimit tells what is left of the credit, in whole currency units.
	WarnCreditLimit struct {
		Remaining uint16
		Text      string
	}
	// WarnGlueRemoved tells of addresses removed from a name server.
	WarnGlueRemoved struct{ NameServer, Text string }
	// WarnGlueIgnored tells of an address not taken.
	WarnGlueIgnored struct{ IP, Text string }
	// WarnDeprecatedField tells of a field on its way out.
	WarnDeprecatedField struct {
		Field     string
		Processed bool
		Text      string
	}
	// WarnRegTypeSet tells of a type set by the registry.
	WarnRegTypeSet struct{ SetTo, Text string }
	// WarnAccountIDIgnored tells of an account identifier not needed.
	WarnAccountIDIgnored struct{ Text string }
	// WarnContactMoved tells of a contact put in another place.
	WarnContactMoved struct{ Original, Final, Text string }
	// WarnIgnoredField tells of an element not used.
	WarnIgnoredField struct{ Field, Text string }
	// WarnIgnoredAttribute tells of an attribute not used.
	WarnIgnoredAttribute struct{ Attribute, Text string }
	// WarnPostalInfoIgnored tells of a postalInfo not used.
	WarnPostalInfoIgnored struct{ Type, Text string }
	// WarnTruncatedField tells of a value cut.
	WarnTruncatedField struct{ Field, Text string }
	// WarnHostIgnored tells of a host not used.
	WarnHostIgnored struct{ Host, Text string }
	// WarnRegistrarAccountForked tells that a registrant was copied.
	WarnRegistrarAccountForked struct{ Registrant, Text string }
)
