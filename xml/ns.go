package xml

// Namespace URIs. Elements are matched by these, never by prefix.
const (
	NSEPP     = "urn:ietf:params:xml:ns:epp-1.0"     // RFC 5730
	NSDomain  = "urn:ietf:params:xml:ns:domain-1.0"  // RFC 5731
	NSHost    = "urn:ietf:params:xml:ns:host-1.0"    // RFC 5732
	NSContact = "urn:ietf:params:xml:ns:contact-1.0" // RFC 5733

	NSSecDNS         = "urn:ietf:params:xml:ns:secDNS-1.1"                       // RFC 5910
	NSRGP            = "urn:ietf:params:xml:ns:rgp-1.0"                          // RFC 3915
	NSLoginSec       = "urn:ietf:params:xml:ns:epp:loginSec-1.0"                 // RFC 8807
	NSFee            = "urn:ietf:params:xml:ns:epp:fee-1.0"                      // RFC 8748
	NSChangePoll     = "urn:ietf:params:xml:ns:changePoll-1.0"                   // RFC 8590
	NSUnhandled      = "urn:ietf:params:xml:ns:epp:unhandled-namespaces-1.0"     // RFC 9038
	NSSecureAuthInfo = "urn:ietf:params:xml:ns:epp:secure-authinfo-transfer-1.0" // RFC 9154
	NSDomainNom      = "http://www.nominet.org.uk/epp/xml/domain-nom-ext-1.2"
	NSContactNom     = "http://www.nominet.org.uk/epp/xml/contact-nom-ext-1.0"
	NSDataQuality    = "http://www.nominet.org.uk/epp/xml/nom-data-quality-1.1"
	NSWarning        = "http://www.nominet.org.uk/epp/xml/std-warning-1.1"
	NSRelease        = "http://www.nominet.org.uk/epp/xml/std-release-1.0"
	NSHandshake      = "http://www.nominet.org.uk/epp/xml/std-handshake-1.0"
	NSList           = "http://www.nominet.org.uk/epp/xml/std-list-1.0"
	NSUnrenew        = "http://www.nominet.org.uk/epp/xml/std-unrenew-1.0"
	NSFork           = "http://www.nominet.org.uk/epp/xml/std-fork-1.0"
	NSLocks          = "http://www.nominet.org.uk/epp/xml/std-locks-1.0"
	NSContactID      = "http://www.nominet.org.uk/epp/xml/std-contact-id-1.0"
	NSNotifications  = "http://www.nominet.org.uk/epp/xml/std-notifications-1.2"
	NSTag            = "http://www.nominet.org.uk/epp/xml/nom-tag-1.0"
	NSDirectRights   = "http://www.nominet.org.uk/epp/xml/nom-direct-rights-1.0"
	NSRenewal        = "urn:namekeep:epp:renewal-1.0" // our own: schema/renewal-1.0.xsd
	nsSchemaInstance = "http://www.w3.org/2001/XMLSchema-instance"
	nsXML            = "http://www.w3.org/XML/1998/namespace"
)

// Profile is the set of schemas a listener speaks.
type Profile int

// The two profiles of the specification ("The EPP interface"). The zero value
// is the default one.
const (
	ProfileUK   Profile = iota // RFC EPP and the uk extensions
	ProfileGTLD                // RFC EPP with IANA-registered URIs only
)

// rfcExtensions are the extension URIs that both profiles announce.
var rfcExtensions = []string{
	NSSecDNS, NSRGP, NSLoginSec, NSFee, NSChangePoll, NSUnhandled, NSSecureAuthInfo,
}

// ukExtensions are announced by the uk profile in addition, in the place
// where its clients expect them: the commands of their own namespaces are
// listed as extensions too, as the deployed greeting does.
var ukExtensions = []string{
	NSDomainNom, NSContactNom, NSDataQuality, NSWarning, NSRelease, NSHandshake,
	NSList, NSUnrenew, NSFork, NSLocks, NSContactID, NSNotifications, NSTag, NSDirectRights,
	NSRenewal,
}

// ObjectURIs returns the objURI list of the greeting, in its order.
func (p Profile) ObjectURIs() []string {
	return []string{NSDomain, NSContact, NSHost}
}

// ExtensionURIs returns the extURI list of the greeting, in its order.
func (p Profile) ExtensionURIs() []string {
	uris := append([]string(nil), rfcExtensions...)
	if p == ProfileUK {
		uris = append(uris, ukExtensions...)
	}
	return uris
}

// prefixes are the literal prefixes of the answers: deployed clients read
// them as text (E7).
var prefixes = map[string]string{
	NSDomain: "domain", NSHost: "host", NSContact: "contact",
	NSSecDNS: "secDNS", NSRGP: "rgp", NSLoginSec: "loginSec", NSFee: "fee", NSChangePoll: "changePoll",
	NSDomainNom: "domain-nom-ext", NSContactNom: "contact-nom-ext", NSDataQuality: "data-quality",
	NSWarning: "warning", NSRelease: "release", NSHandshake: "handshake", NSList: "list",
	NSUnrenew: "unrenew", NSFork: "fork", NSLocks: "locks", NSContactID: "cid",
	NSNotifications: "n", NSTag: "tag", NSDirectRights: "direct-rights",
	NSRenewal: "renewal",
}

// Prefix returns the prefix used in answers for a namespace of ours, or "".
func Prefix(uri string) string { return prefixes[uri] }
