package rdap

// The JSON of RFC 9083, and of RFC 9537 for what is withheld.

// object is the top of every answer: what RFC 9083 section 4 puts there.
type object struct {
	Conformance []string   `json:"rdapConformance"`
	Notices     []notice   `json:"notices,omitempty"`
	Redacted    []redacted `json:"redacted,omitempty"`
}

type link struct {
	Value string `json:"value,omitempty"` // the context of the link
	Rel   string `json:"rel,omitempty"`
	Href  string `json:"href"`
	Type  string `json:"type,omitempty"`
}

// notice is a notice or a remark (RFC 9083 section 4.3).
type notice struct {
	Title       string   `json:"title,omitempty"`
	Type        string   `json:"type,omitempty"`
	Description []string `json:"description"`
	Links       []link   `json:"links,omitempty"`
}

type event struct {
	Action string `json:"eventAction"`
	Date   string `json:"eventDate"` // RFC 3339
}

type publicID struct {
	Type       string `json:"type"`
	Identifier string `json:"identifier"`
}

type domain struct {
	*object
	Class       string       `json:"objectClassName"`
	Handle      string       `json:"handle,omitempty"`
	LDHName     string       `json:"ldhName"`
	UnicodeName string       `json:"unicodeName,omitempty"`
	Status      []string     `json:"status"`
	Entities    []entity     `json:"entities,omitempty"`
	Events      []event      `json:"events"`
	Links       []link       `json:"links,omitempty"`
	Nameservers []nameserver `json:"nameservers,omitempty"`
	SecureDNS   secureDNS    `json:"secureDNS"`
	Remarks     []notice     `json:"remarks,omitempty"`
}

type secureDNS struct {
	DelegationSigned bool      `json:"delegationSigned"`
	DS               []dsData  `json:"dsData,omitempty"`
	Keys             []keyData `json:"keyData,omitempty"`
}

type dsData struct {
	KeyTag     int    `json:"keyTag"`
	Algorithm  int    `json:"algorithm"`
	DigestType int    `json:"digestType"`
	Digest     string `json:"digest"`
}

type keyData struct {
	Flags     int    `json:"flags"`
	Protocol  int    `json:"protocol"`
	Algorithm int    `json:"algorithm"`
	PublicKey string `json:"publicKey"` // Base64
}

type nameserver struct {
	*object
	Class       string     `json:"objectClassName"`
	Handle      string     `json:"handle,omitempty"`
	LDHName     string     `json:"ldhName"`
	UnicodeName string     `json:"unicodeName,omitempty"`
	Addresses   *addresses `json:"ipAddresses,omitempty"`
	Status      []string   `json:"status,omitempty"`
	Entities    []entity   `json:"entities,omitempty"`
	Events      []event    `json:"events,omitempty"`
	Links       []link     `json:"links,omitempty"`
}

type addresses struct {
	V4 []string `json:"v4,omitempty"`
	V6 []string `json:"v6,omitempty"`
}

type entity struct {
	*object
	Class     string     `json:"objectClassName"`
	Handle    string     `json:"handle,omitempty"`
	VCard     []any      `json:"vcardArray,omitempty"`
	Roles     []string   `json:"roles,omitempty"`
	PublicIDs []publicID `json:"publicIds,omitempty"`
	Entities  []entity   `json:"entities,omitempty"`
	Remarks   []notice   `json:"remarks,omitempty"`
	Links     []link     `json:"links,omitempty"`
	Events    []event    `json:"events,omitempty"`
}

// fault is an answer without data (RFC 9083 section 6).
type fault struct {
	*object
	Code        int      `json:"errorCode"`
	Title       string   `json:"title"`
	Description []string `json:"description"`
}

type domainResults struct {
	*object
	Domains []domain `json:"domainSearchResults"`
}

type nameserverResults struct {
	*object
	Nameservers []nameserver `json:"nameserverSearchResults"`
}

type entityResults struct {
	*object
	Entities []entity `json:"entitySearchResults"`
}

// redacted says that something is withheld, where it would have been, and how
// (RFC 9537 section 4.2).
type redacted struct {
	Name     redactedName   `json:"name"`
	PrePath  string         `json:"prePath,omitempty"`
	PostPath string         `json:"postPath,omitempty"`
	PathLang string         `json:"pathLang"`
	Method   string         `json:"method"`
	Reason   redactedReason `json:"reason"`
}

// redactedName has a type of the IANA registry, or our own words.
type redactedName struct {
	Type        string `json:"type,omitempty"`
	Description string `json:"description,omitempty"`
}

type redactedReason struct {
	Description string `json:"description"`
}
