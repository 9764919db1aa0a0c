package xml

import "time"

// DomainCheck asks whether names can be registered.
type DomainCheck struct {
	Names []string
}

// DomainInfo asks for a domain. Hosts is "all", "del", "sub" or "none".
type DomainInfo struct {
	Name     string
	Hosts    string
	AuthInfo *AuthInfo
}

// DomainContact is an associated contact. Type is admin, billing, tech or "".
type DomainContact struct {
	Type string
	ID   string
}

// NS is the list of name servers, as host objects or as attributes, never both.
type NS struct {
	HostObjs  []string
	HostAttrs []HostAttr
}

// HostAttr is a name server given as an attribute.
type HostAttr struct {
	Host  string
	Addrs []HostAddr
}

// DomainCreate registers a name.
type DomainCreate struct {
	Name       string
	Period     *Period
	NS         *NS
	Registrant string // "" when absent
	Contacts   []DomainContact
	AuthInfo   AuthInfo
}

// DomainRenew lengthens a registration. CurExpDate is a calendar date, at
// midnight UTC; a time zone in the frame is read and ignored.
type DomainRenew struct {
	Name       string
	CurExpDate time.Time
	Period     *Period
}

// DomainTransfer is any of the five operations.
type DomainTransfer struct {
	Op       TransferOp
	Name     string
	Period   *Period
	AuthInfo *AuthInfo
}

// DomainAddRem is what is added or removed.
type DomainAddRem struct {
	NS       *NS
	Contacts []DomainContact
	Statuses []Status
}

// DomainChange is what is replaced. Registrant nil: not mentioned; "": removed.
type DomainChange struct {
	Registrant *string
	AuthInfo   *AuthInfo
}

// DomainUpdate changes a domain. A part that is absent is nil; one that is
// present and empty is not.
type DomainUpdate struct {
	Name string
	Add  *DomainAddRem
	Rem  *DomainAddRem
	Chg  *DomainChange
}

// DomainDelete deletes a domain.
type DomainDelete struct {
	Name string
}

// CheckItem is the answer for one checked name or identifier.
type CheckItem struct {
	Name   string
	Avail  bool
	Reason string // cut at 32 characters, as the schema wants
}

// DomainCheckData answers DomainCheck; at least one item.
type DomainCheckData struct {
	Items []CheckItem
}

// DomainCreateData answers DomainCreate.
type DomainCreateData struct {
	Name   string
	CrDate time.Time
	ExDate time.Time // zero: left out
}

// DomainRenewData answers DomainRenew.
type DomainRenewData struct {
	Name   string
	ExDate time.Time
}

// DomainInfoData answers DomainInfo. Zero fields are left out.
type DomainInfoData struct {
	Name       string
	ROID       string
	Statuses   []Status
	Registrant string
	Contacts   []DomainContact
	NS         *NS
	Hosts      []string // subordinate hosts
	ClID       string
	CrID       string
	CrDate     time.Time
	UpID       string
	UpDate     time.Time
	ExDate     time.Time
	TrDate     time.Time
	AuthInfo   *AuthInfo
}

// TransferData is the state of a transfer; TrStatus as in RFC 5730.
type TransferData struct {
	TrStatus string // pending, clientApproved, clientRejected, clientCancelled, serverApproved, serverCancelled
	ReID     string
	ReDate   time.Time
	AcID     string
	AcDate   time.Time
}

// DomainTransferData answers DomainTransfer.
type DomainTransferData struct {
	Name string
	TransferData
	ExDate time.Time // zero: left out
}

// PendingAction is the outcome of a command that was answered 1001.
type PendingAction struct {
	Done   bool // paResult
	ClTRID string
	SvTRID string
	Date   time.Time
}

// DomainPendingData tells the outcome of a pending action.
type DomainPendingData struct {
	Name string
	PendingAction
}
