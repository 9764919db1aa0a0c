package registry

// RegistrationStatus is the status of a registration as WHOIS, RDAP, EPP,
// notices and staff commands show it. Every name has exactly one each day.
type RegistrationStatus string

// The five registration statuses of renewals.md, in its words.
const (
	RegistrationBeingProcessed RegistrationStatus = "Registration request being processed"
	RegisteredUntilExpiry      RegistrationStatus = "Registered until expiry date"
	RenewalBeingProcessed      RegistrationStatus = "Renewal request being processed"
	RenewalRequired            RegistrationStatus = "Renewal required"
	NoLongerRequired           RegistrationStatus = "No longer required"
)

// RegistrationStatuses returns the five in the order of the specification.
func RegistrationStatuses() []RegistrationStatus {
	return []RegistrationStatus{RegistrationBeingProcessed, RegisteredUntilExpiry, RenewalBeingProcessed,
		RenewalRequired, NoLongerRequired}
}

// Registration is what the registration status depends on.
type Registration struct {
	Expiry           Date // E as shown
	FirstPaid        bool // the first registration is paid
	OpenRequest      bool // a renewal request is uninvoiced, or invoiced within terms
	RenewNotRequired bool
}

// Status returns the one status on the day today. Where several conditions
// hold, money under way goes first: an unpaid first registration, then an open
// request; the tag's word that no renewal is wanted goes before the calendar.
func (r Registration) Status(today Date, p Policy) RegistrationStatus {
	switch {
	case !r.FirstPaid:
		return RegistrationBeingProcessed
	case r.OpenRequest:
		return RenewalBeingProcessed
	case r.RenewNotRequired && p.RenewNotRequiredStatus:
		return NoLongerRequired
	case today.After(r.Expiry):
		return RenewalRequired
	default:
		return RegisteredUntilExpiry
	}
}

// NomExt returns the reg-status text of domain-nom-ext-1.2, which knows three;
// a request in process shows there as registered. The full stops are as in its
// schema.
func (s RegistrationStatus) NomExt() string {
	switch s {
	case RenewalRequired:
		return "Renewal required."
	case NoLongerRequired:
		return "No longer required"
	default:
		return "Registered until expiry date."
	}
}
