package xml

import "time"

// NoticeDomains is the domainListData of a notification: full data (Info) or
// names, not both. With neither, the list is left out where it may be.
type NoticeDomains struct {
	Info  []DomainInfoData
	Names []string
}

// NoticeHosts is the hostListData of a notification: full data or names.
type NoticeHosts struct {
	Info  []HostInfoData
	Names []string
}

// RegistrarChangeData (rcData) tells the new tag of names it got, or of a
// handshake it is asked for (CaseID set).
type RegistrarChangeData struct {
	Orig         string
	RegistrarTag string
	CaseID       string // at most 12 characters
	Domains      *NoticeDomains
	Contact      ContactInfoData
}

// ReleasedData (relData) tells the old tag that names went away.
type ReleasedData struct {
	AccountID    string
	Moved        *bool // whether the account went along; nil: not said
	From         string
	RegistrarTag string
	Domains      *NoticeDomains
}

// CancelledData (cancData) tells that names were deleted.
type CancelledData struct {
	Domains []string // at least one
	Orig    string
}

// SuspendedData (suspData) tells that names were suspended.
type SuspendedData struct {
	Reason     string
	CancelDate time.Time // zero: left out
	Domains    NoticeDomains
}

// RegistrantTransferData (trnData) tells of a change of registrant.
type RegistrantTransferData struct {
	Orig         string
	AccountID    string
	OldAccountID string
	CaseID       string
	Domains      *NoticeDomains
	Contact      ContactInfoData
}

// RegistrantTransferAuthData (trnAuthData) tells of a change of registrant
// that waits for consent.
type RegistrantTransferAuthData struct {
	Orig    string
	CaseID  string
	Domains *NoticeDomains
	Contact ContactInfoData
}

// ProcessData tells of a process on a registrant's names.
type ProcessData struct {
	Stage       string // initial, updated or ""
	Contact     ContactInfoData
	ProcessType string
	SuspendDate time.Time
	CancelDate  time.Time
	Domains     *NoticeDomains
}

// PoorQualityData (pqData) tells of a registrant's data being questioned.
type PoorQualityData struct {
	Stage       string // initial, suspend, cancel, updated or ""
	Contact     ContactInfoData
	SuspendDate time.Time
	CancelDate  time.Time
	Domains     *NoticeDomains
}

// DomainFailData tells that a referred registration was refused.
type DomainFailData struct {
	Domain string
	Reason string
}

// HostCancelledData (hostCancData) tells that hosts went with their domain.
type HostCancelledData struct {
	Hosts   NoticeHosts
	Domains NoticeDomains
}

// ContactDeletedData (contactDelData) tells that an unused contact was removed.
type ContactDeletedData struct {
	ContactID string // "" when absent
	ROID      string
}
