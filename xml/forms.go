package xml

// actions is the table of object commands: what may stand in which verb.
var actions = map[form]action{
	{VerbCheck, NSDomain, "check"}:       {"domain", decodeDomainCheck},
	{VerbInfo, NSDomain, "info"}:         {"domain", decodeDomainInfo},
	{VerbCreate, NSDomain, "create"}:     {"domain", decodeDomainCreate},
	{VerbRenew, NSDomain, "renew"}:       {"domain", decodeDomainRenew},
	{VerbUpdate, NSDomain, "update"}:     {"domain", decodeDomainUpdate},
	{VerbDelete, NSDomain, "delete"}:     {"domain", decodeDomainDelete},
	{VerbTransfer, NSDomain, "transfer"}: {"domain", decodeDomainTransfer},

	{VerbCheck, NSContact, "check"}:       {"contact", decodeContactCheck},
	{VerbInfo, NSContact, "info"}:         {"contact", decodeContactInfo},
	{VerbCreate, NSContact, "create"}:     {"contact", decodeContactCreate},
	{VerbUpdate, NSContact, "update"}:     {"contact", decodeContactUpdate},
	{VerbDelete, NSContact, "delete"}:     {"contact", decodeContactDelete},
	{VerbTransfer, NSContact, "transfer"}: {"contact", decodeContactTransfer},

	{VerbCheck, NSHost, "check"}:   {"host", decodeHostCheck},
	{VerbInfo, NSHost, "info"}:     {"host", decodeHostInfo},
	{VerbCreate, NSHost, "create"}: {"host", decodeHostCreate},
	{VerbUpdate, NSHost, "update"}: {"host", decodeHostUpdate},
	{VerbDelete, NSHost, "delete"}: {"host", decodeHostDelete},

	{VerbUpdate, NSRelease, "release"}:   {"release", decodeRelease},
	{VerbUpdate, NSHandshake, "accept"}:  {"handshake", decodeHandshakeAccept},
	{VerbUpdate, NSHandshake, "reject"}:  {"handshake", decodeHandshakeReject},
	{VerbInfo, NSList, "list"}:           {"list", decodeList},
	{VerbUpdate, NSUnrenew, "unrenew"}:   {"unrenew", decodeUnrenew},
	{VerbUpdate, NSFork, "fork"}:         {"fork", decodeFork},
	{VerbUpdate, NSLocks, "lock"}:        {"locks", decodeLock},
	{VerbUpdate, NSLocks, "unlock"}:      {"locks", decodeLock},
	{VerbUpdate, NSContactID, "update"}:  {"contact-id", decodeContactIDUpdate},
	{VerbInfo, NSTag, "list"}:            {"tag", decodeTagList},
	{VerbCheck, NSDirectRights, "check"}: {"direct-rights", decodeDirectRights},

	{VerbInfo, NSRenewal, "list"}:           {"renewal", decodeRenewalList},
	{VerbUpdate, NSRenewal, "autoBill"}:     {"renewal", decodeRenewalAutoBill},
	{VerbUpdate, NSRenewal, "confirm"}:      {"renewal", decodeRenewalConfirm},
	{VerbUpdate, NSRenewal, "cancelChange"}: {"renewal", decodeRenewalCancelChange},
}

// extensionForms is the table of command extensions: which element extends
// what.
var extensionForms = map[form]extension{
	{"", NSSecDNS, "create"}:     {VerbCreate, "domain", extSecDNSCreate},
	{"", NSSecDNS, "update"}:     {VerbUpdate, "domain", extSecDNSUpdate},
	{"", NSRGP, "update"}:        {VerbUpdate, "domain", extRGP},
	{"", NSLoginSec, "loginSec"}: {VerbLogin, "", extLoginSec},

	{"", NSFee, "check"}:    {VerbCheck, "domain", extFeeCheck},
	{"", NSFee, "create"}:   {VerbCreate, "domain", extFee},
	{"", NSFee, "renew"}:    {VerbRenew, "domain", extFee},
	{"", NSFee, "transfer"}: {VerbTransfer, "domain", extFee},
	{"", NSFee, "update"}:   {VerbUpdate, "domain", extFee},

	{"", NSDomainNom, "create"}:   {VerbCreate, "domain", extDomainNomCreate},
	{"", NSDomainNom, "update"}:   {VerbUpdate, "domain", extDomainNomUpdate},
	{"", NSContactNom, "info"}:    {VerbInfo, "contact", extContactNomInfo},
	{"", NSContactNom, "create"}:  {VerbCreate, "contact", extContactNom},
	{"", NSContactNom, "update"}:  {VerbUpdate, "contact", extContactNom},
	{"", NSDataQuality, "update"}: {VerbUpdate, "contact", extDataQuality},
	{"", NSDirectRights, "check"}: {VerbCheck, "domain", extDirectRights},
}
