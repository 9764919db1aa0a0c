package escrow

// Namespace URIs: of the envelope, of the objects in the XML model, of the
// definitions in the CSV model, and of our own values beside each object.
const (
	NSRDE       = "urn:ietf:params:xml:ns:rde-1.0" // RFC 8909
	NSHeader    = "urn:ietf:params:xml:ns:rdeHeader-1.0"
	NSDomain    = "urn:ietf:params:xml:ns:rdeDomain-1.0"
	NSHost      = "urn:ietf:params:xml:ns:rdeHost-1.0"
	NSContact   = "urn:ietf:params:xml:ns:rdeContact-1.0"
	NSRegistrar = "urn:ietf:params:xml:ns:rdeRegistrar-1.0"
	NSIDN       = "urn:ietf:params:xml:ns:rdeIDN-1.0"
	NSNNDN      = "urn:ietf:params:xml:ns:rdeNNDN-1.0"
	NSEPPParams = "urn:ietf:params:xml:ns:rdeEppParams-1.0"
	NSPolicy    = "urn:ietf:params:xml:ns:rdePolicy-1.0"

	NSCSV          = "urn:ietf:params:xml:ns:rdeCsv-1.0"
	NSCSVDomain    = "urn:ietf:params:xml:ns:csvDomain-1.0"
	NSCSVHost      = "urn:ietf:params:xml:ns:csvHost-1.0"
	NSCSVContact   = "urn:ietf:params:xml:ns:csvContact-1.0"
	NSCSVRegistrar = "urn:ietf:params:xml:ns:csvRegistrar-1.0"
	NSCSVIDN       = "urn:ietf:params:xml:ns:csvIDN-1.0"
	NSCSVNNDN      = "urn:ietf:params:xml:ns:csvNNDN-1.0"

	// NSExtra is our own: schema/object-1.0.xsd.
	NSExtra = "urn:namekeep:rde:object-1.0"

	nsEPP            = "urn:ietf:params:xml:ns:epp-1.0"
	nsEPPDomain      = "urn:ietf:params:xml:ns:domain-1.0"
	nsEPPContact     = "urn:ietf:params:xml:ns:contact-1.0"
	nsSecDNS         = "urn:ietf:params:xml:ns:secDNS-1.1"
	nsSchemaInstance = "http://www.w3.org/2001/XMLSchema-instance"
	nsXML            = "http://www.w3.org/XML/1998/namespace"
)

// prefixes are what we write; a reader must not rely on them.
var prefixes = []struct{ prefix, uri string }{
	{"rde", NSRDE}, {"rdeHeader", NSHeader}, {"rdeDomain", NSDomain}, {"rdeHost", NSHost}, {"rdeContact", NSContact},
	{"rdeRegistrar", NSRegistrar}, {"rdeIDN", NSIDN}, {"rdeNNDN", NSNNDN}, {"rdeEppParams", NSEPPParams}, {"rdePolicy", NSPolicy},
	{"rdeCsv", NSCSV}, {"csvDomain", NSCSVDomain}, {"csvHost", NSCSVHost}, {"csvContact", NSCSVContact},
	{"csvRegistrar", NSCSVRegistrar}, {"csvIDN", NSCSVIDN}, {"csvNNDN", NSCSVNNDN},
	{"nk", NSExtra}, {"epp", nsEPP}, {"domain", nsEPPDomain}, {"contact", nsEPPContact}, {"secDNS", nsSecDNS},
}

// prefixOf is the prefix that we write for a namespace, "" for a foreign one.
func prefixOf(uri string) string {
	for _, p := range prefixes {
		if p.uri == uri {
			return p.prefix
		}
	}
	return ""
}
