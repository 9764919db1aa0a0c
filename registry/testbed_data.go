package registry

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"io/fs"
	"strings"
)

// testBedName is a name of a registrar's data set: what it is for, and how it
// comes about.
type testBedName struct {
	label   string
	state   string // for people
	clone   bool   // on the clone's tag
	profile Profile
	// One of these makes it: a line of an import, or commands.
	line   map[string]string
	create bool // by domain:create, so that its first fee is unpaid
	after  testBedStep
}

// testBedStep is what follows once the name is there.
type testBedStep int

const (
	stepNone testBedStep = iota
	stepRenew
	stepDelete
	stepRelease  // from the tag to its clone, which is asked
	stepIncoming // from the clone to the tag, which is asked
)

const (
	testBedNS  = "ns1.testbed.example;ns2.testbed.example"
	testBedDS  = "7165 13 2 144ac86d05c00f559949c5db9d12a6c477292f690606ac2e8bdb2c9f9ee03406"
	testBedPW  = "Test-Bed_Transfer-0123456789" // authInfo of the gtld name to pull
	owner      = "-P"
	firm       = "-F"
	technician = "-T"
	spare      = "-X" // no name uses it
)

// testBedNames is the data set. A name is test-TAG-LABEL in the first zone of
// its profile; docs/testbed.md lists them too, and a test compares.
var testBedNames = []testBedName{
	{label: "fresh", state: "Registered just now: its first fee is unpaid, so it may be deleted.", create: true},
	{label: "paid", state: "Registered, expires in 400 days.", line: map[string]string{"expires": "today+400"}},
	{label: "expiring", state: "Expires in 20 days; a renewal is taken.", line: map[string]string{"expires": "today+20"}},
	{label: "early", state: "Expires in 300 days; a renewal is refused as too early.", line: map[string]string{"expires": "today+300"}},
	{label: "requested", state: "A renewal was asked for and is not paid.", line: map[string]string{"expires": "today+60"}, after: stepRenew},
	{label: "auto", state: "Renews by itself 10 days before it expires, in 40 days.", line: map[string]string{"expires": "today+40", "auto-bill": "10"}},
	{label: "next", state: "Renews by itself once, 5 days before it expires, in 30 days.", line: map[string]string{"expires": "today+30", "next-bill": "5"}},
	{label: "customer", state: "The registry bills the customer (recur-bill bc); expires in 90 days.", line: map[string]string{"expires": "today+90", "recur-bill": "bc"}},
	{label: "unwanted", state: "Marked as not required; expires in 15 days.", line: map[string]string{"expires": "today+15", "renew-not-required": "yes"}},
	{label: "expired", state: "Expired three days ago.", line: map[string]string{"expires": "today-3"}},
	{label: "suspended", state: "Suspended since yesterday: expired 38 days ago, nobody paid.", line: map[string]string{"expires": "today-38", "suspended": "expires+37"}},
	{label: "locked", state: "Its tag forbids update, transfer, renewal and deletion.", line: map[string]string{"expires": "today+200",
		"statuses": "clientUpdateProhibited;clientTransferProhibited;clientRenewProhibited;clientDeleteProhibited"}},
	{label: "held", state: "Its tag holds it out of the zone (clientHold).", line: map[string]string{"expires": "today+200", "statuses": "clientHold"}},
	{label: "bare", state: "Without name servers.", line: map[string]string{"expires": "today+200", "hosts": ""}},
	{label: "signed", state: "With a DS record.", line: map[string]string{"expires": "today+200", "ds": testBedDS}},
	{label: "hosts", state: "With name servers below itself, with IPv4 and IPv6 addresses.", line: map[string]string{"expires": "today+200", "hosts": "ns1.@/192.0.2.53/2001:db8::53;ns2.@/192.0.2.54"}},
	{label: "outgoing", state: "Released to the clone, which was asked and has not answered.", line: map[string]string{"expires": "today+200"}, after: stepRelease},
	{label: "incoming", state: "On the clone, which releases it to you: a handshake waits in your queue.", clone: true, line: map[string]string{"expires": "today+200"}, after: stepIncoming},
	{label: "theirs", state: "On the clone.", clone: true, line: map[string]string{"expires": "today+200"}},
	{label: "grace", state: "Registered just now, in its add grace period.", profile: ProfileGTLD, create: true},
	{label: "kept", state: "Registered, expires in 200 days.", profile: ProfileGTLD, line: map[string]string{"expires": "today+200"}},
	{label: "deleted", state: "Deleted: in its redemption period.", profile: ProfileGTLD, line: map[string]string{"expires": "today+200"}, after: stepDelete},
	{label: "pull", state: "On the clone; to pull with the authInfo " + testBedPW + ".", profile: ProfileGTLD, clone: true, create: true},
	{label: "referred", state: "Waits for the registry's decision (pendingCreate).", profile: referredProfile, create: true},
}

// referredProfile stands for a zone of the uk profile whose names are referred.
const referredProfile Profile = "referred"

// testBedHandle begins the contact ids of a tag's data set: the tag, or what is
// short enough of it with a check value.
func testBedHandle(tag string) string {
	const most = 12
	if len(tag) <= most {
		return tag
	}
	sum := sha256.Sum256([]byte(tag))
	return tag[:most-5] + "-" + strings.ToUpper(hex.EncodeToString(sum[:2]))
}

// CloneTag is the tag that a registrar's names can be moved to on a test bed;
// "" for a tag of 16 characters, which has no room for it, and for a clone.
func CloneTag(tag string) string {
	if len(tag) >= maxTag || strings.HasSuffix(tag, "_") {
		return ""
	}
	return tag + "_"
}

// maxTag is the length of the longest tag.
const maxTag = 16

// testBedFiles are the files of an import: the contacts of a tag and its names.
func testBedFiles(tag, clone string, names []placedName) (fs.FS, error) {
	h := testBedHandle(tag)
	contacts := [][]string{
		{"handle", "tag", "name", "org", "street", "city", "postal-code", "country", "voice", "email", "type", "company-no", "opt-out"},
		{h + owner, tag, "Pat Person", "", "1 Test Street", "Oxford", "OX1 1AA", "GB", "+44.1865000001", "person@testbed.example", "IND", "", "no"},
		{h + firm, tag, "Fay Firm", "Test Firm Ltd", "2 Test Street", "Leeds", "LS1 1AA", "GB", "+44.1132000002", "firm@testbed.example", "LTD", "00000002", "no"},
		{h + technician, tag, "Terry Tech", "", "3 Test Street", "Cardiff", "CF10 1AA", "GB", "+44.2920000003", "tech@testbed.example", "IND", "", "yes"},
	}
	if clone != "" {
		contacts = append(contacts, []string{h + cloneOwner, clone, "Chris Clone", "", "5 Test Street", "Bristol", "BS1 1AA", "GB",
			"+44.1170000005", "clone@testbed.example", "IND", "", "no"})
	}
	columns := []string{"name", "tag", "registrant", "tech", "created", "expires", "hosts", "ds", "statuses", "suspended", "auto-bill", "next-bill", "recur-bill", "renew-not-required"}
	domains := [][]string{columns}
	for _, n := range names {
		if n.line == nil {
			continue
		}
		row := make([]string, len(columns))
		for i, c := range columns {
			value, given := n.line[c]
			switch {
			case given:
				row[i] = strings.ReplaceAll(value, "@", n.name)
			case c == "name":
				row[i] = n.name
			case c == "tag":
				row[i] = n.tag
			case c == "registrant":
				row[i] = n.registrant
			case c == "tech":
				row[i] = map[bool]string{false: h + technician}[n.clone]
			case c == "created":
				row[i] = "expires-2y"
			case c == "hosts":
				row[i] = testBedNS
			}
		}
		domains = append(domains, row)
	}
	return zipped(map[string][][]string{ImportContacts: contacts, ImportDomains: domains})
}

// spareContact is the contact that no name uses.
func spareContact(handle string) ContactValues {
	return ContactValues{Handle: handle, Type: "IND", Voice: "+44.2890000004", Email: "spare@testbed.example",
		Postal: []PostalValues{{Form: PostalLoc, Name: "Sam Spare", Street: []string{"4 Test Street"}, City: "Belfast", PostalCode: "BT1 1AA", Country: "GB"}}}
}

// cloneOwner ends the handle of the clone's contact.
const cloneOwner = "-C"

// zipped are CSV files as a file system in memory.
func zipped(files map[string][][]string) (fs.FS, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, rows := range files {
		w, err := z.Create(name)
		if err == nil {
			err = csv.NewWriter(w).WriteAll(rows)
		}
		if err != nil {
			return nil, err
		}
	}
	err := z.Close()
	if err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
}
