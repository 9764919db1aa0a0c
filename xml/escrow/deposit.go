package escrow

import "time"

// The types of a deposit (RFC 8909 section 3).
const (
	Full         = "FULL" // the whole register at the watermark
	Differential = "DIFF" // what changed since the deposit before, of any type
	Incremental  = "INCR" // what changed since the last full deposit
)

// Deposit is the envelope.
type Deposit struct {
	Type      string // Full, Differential or Incremental
	ID        string
	PrevID    string // the deposit it builds on; "" in a full one
	Resend    int    // 0, and one more each time it is made again
	Watermark time.Time
	Objects   []string // URIs of the menu
}

// Header says what a deposit holds.
type Header struct {
	TLD    string
	Counts []Count
}

// Count is how many objects of a kind there are: in the whole deposit, or of
// those in one zone where RCDN names it.
type Count struct {
	URI  string
	RCDN string
	N    int64
}

// Event is who did something and when; the zero value is nobody.
type Event struct {
	By string // a registrar's id
	At time.Time
}

// Transfer is a change of sponsor, pending or done (trnData).
type Transfer struct {
	Status   string // as trStatus in RFC 5730
	Gaining  string // reRr
	Asked    time.Time
	Losing   string    // acRr
	Acted    time.Time // or until when to act
	ExpiryTo time.Time // exDate; zero: none
}

// ContactRef is a contact of a name in a role.
type ContactRef struct{ Role, ID string }

// DS is a delegation signer record; Key is nil where the registrar gave none.
type DS struct {
	KeyTag, Algorithm, DigestType int
	Digest                        []byte
	Key                           *Key
}

// Key is a DNSKEY record.
type Key struct {
	Flags, Protocol, Algorithm int
	PublicKey                  []byte
}

// NameServer is a name server given as an attribute of a name.
type NameServer struct {
	Name  string
	Addrs []string
}

// Domain is rdeDomain:domain.
type Domain struct {
	Name, ROID           string
	UName, IDNTable      string
	OriginalName         string
	Statuses, RGP        []string
	Registrant           string
	Contacts             []ContactRef
	Hosts                []string
	HostAttrs            []NameServer // in place of Hosts
	ClID                 string
	Created, Updated     Event
	Expires, Transferred time.Time
	MaxSigLife           int
	DS                   []DS
	Keys                 []Key // in place of DS
	Transfer             *Transfer
}

// Host is rdeHost:host.
type Host struct {
	Name, ROID       string
	Statuses         []string
	Addrs            []string
	ClID             string
	Created, Updated Event
	Transferred      time.Time
}

// Postal is one form of a contact's or registrar's address.
type Postal struct {
	Type      string // int or loc
	Name, Org string
	Street    []string
	City      string
	SP, PC    string
	CC        string
}

// Disclose is a contact's wish about publication (RFC 5733 section 2.9). Name,
// Org and Addr list forms: int, loc.
type Disclose struct {
	Flag              bool
	Name, Org, Addr   []string
	Voice, Fax, Email bool
}

// Phone is a number with its extension.
type Phone struct{ Number, Ext string }

// Contact is rdeContact:contact.
type Contact struct {
	ID, ROID         string
	Statuses         []string
	Postal           []Postal
	Voice, Fax       Phone
	Email            string
	ClID             string
	Created, Updated Event
	Transferred      time.Time
	Transfer         *Transfer
	Disclose         *Disclose
}

// Registrar is rdeRegistrar:registrar.
type Registrar struct {
	ID, Name         string
	GURID            int    // the number IANA gave it; 0: none
	Status           string // ok, readonly or terminated
	Postal           []Postal
	Voice, Fax       Phone
	Email, URL       string
	WhoisName        string
	WhoisURL         string
	Created, Updated time.Time
}

// IDNTable is rdeIDN:idnTableRef.
type IDNTable struct{ ID, URL, PolicyURL string }

// NNDN is rdeNNDN:NNDN: a name that nobody has.
type NNDN struct {
	AName, UName           string
	IDNTable, OriginalName string
	State                  string // blocked, withheld or mirrored
	MirroringNS            bool
	Created                time.Time
}

// EPPParams is rdeEppParams:eppParams: what the greeting says. The data
// collection policy is that of the greeting.
type EPPParams struct {
	Versions, Langs []string
	ObjURIs         []string
	ExtURIs         []string
}

// Policy is rdePolicy:policy: an optional element that this registry requires.
type Policy struct{ Scope, Element string }

// Extra is our own: values of an object that the RFC has no place for. Each
// value is in JSON.
type Extra struct {
	Object string // domain, contact, host, registrar, zone or nndn
	Key    string // name or id
	Values []Value
}

// Value is one value of an Extra.
type Value struct{ Name, JSON string }

// Delete names objects that are gone since the deposit before. Object is the
// namespace of their kind.
type Delete struct {
	Object string
	Names  []string
}

// CSV defines one table of the CSV model.
type CSV struct {
	Contents string // the namespace of its kind, such as NSCSVDomain
	Deletes  bool   // its rows name what is gone
	Name     string // such as domain or domainStatuses
	Sep      string // "," where not given
	Fields   []Field
	Files    []CSVFile
}

// Field is a column. A parent refers to the table's object.
type Field struct {
	Space, Name string // namespace and element, such as NSCSVDomain, fName
	Index       string // of street lines: 0, 1, 2
	Type        string // of postal data: int or loc
	Parent      bool
}

// CSVFile is a file with rows of a table. Sum is the CRC-32 of its bytes before
// compression, in hex.
type CSVFile struct {
	Name        string
	Sum         string
	Compression string // "" or gzip
	Encoding    string // "" or UTF-8
}

// Skipped is an object of a kind that we do not know.
type Skipped struct{ URI, Name string }

// Invalid is an object that is not what its kind must be. Err is a *SyntaxError.
type Invalid struct{ Err error }
