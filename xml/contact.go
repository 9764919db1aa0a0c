package xml

import "time"

// ContactCheck asks whether identifiers are free.
type ContactCheck struct {
	IDs []string
}

// ContactInfo asks for a contact.
type ContactInfo struct {
	ID       string
	AuthInfo *AuthInfo
}

// PostalInfo is a postal address. Type is "loc" or "int".
type PostalInfo struct {
	Type string
	Name string
	Org  string
	Addr Addr
}

// Addr is an address; CC is two characters, not checked further here.
type Addr struct {
	Street []string // at most 3 lines
	City   string
	SP     string
	PC     string
	CC     string
}

// Phone is a number in the form +44.1234567890 with an optional extension.
type Phone struct {
	Number string
	Ext    string
}

// Disclose is a request about publication. The slices hold "int" and "loc".
type Disclose struct {
	Flag              bool
	Name, Org, Addr   []string
	Voice, Fax, Email bool
}

// ContactCreate makes a contact.
type ContactCreate struct {
	ID       string
	Postal   []PostalInfo // one or two
	Voice    *Phone
	Fax      *Phone
	Email    string
	AuthInfo AuthInfo
	Disclose *Disclose
}

// ContactDelete deletes a contact.
type ContactDelete struct {
	ID string
}

// PostalChange changes one postal address; nil fields stay. Org "" removes.
type PostalChange struct {
	Type string
	Name *string
	Org  *string
	Addr *Addr
}

// ContactChange is what is replaced; nil stays. An empty Phone removes.
type ContactChange struct {
	Postal   []PostalChange
	Voice    *Phone
	Fax      *Phone
	Email    *string
	AuthInfo *AuthInfo
	Disclose *Disclose
}

// ContactUpdate changes a contact. Chg is nil when absent.
type ContactUpdate struct {
	ID  string
	Add []Status
	Rem []Status
	Chg *ContactChange
}

// ContactTransfer is any of the five operations.
type ContactTransfer struct {
	Op       TransferOp
	ID       string
	AuthInfo *AuthInfo
}

// ContactCheckData answers ContactCheck; Name holds the identifier.
type ContactCheckData struct {
	Items []CheckItem
}

// ContactCreateData answers ContactCreate.
type ContactCreateData struct {
	ID     string
	CrDate time.Time
}

// ContactInfoData answers ContactInfo. The schema wants at least one status
// and one postal address; optional fields are left out when zero.
type ContactInfoData struct {
	ID       string
	ROID     string
	Statuses []Status
	Postal   []PostalInfo
	Voice    *Phone
	Fax      *Phone
	Email    string
	ClID     string
	CrID     string
	CrDate   time.Time
	UpID     string
	UpDate   time.Time
	TrDate   time.Time
	AuthInfo *AuthInfo
	Disclose *Disclose
}

// ContactTransferData answers ContactTransfer.
type ContactTransferData struct {
	ID string
	TransferData
}

// ContactPendingData tells the outcome of a pending action.
type ContactPendingData struct {
	ID string
	PendingAction
}
