package deposit

import (
	"github.com/namekeep/namekeep/xml/escrow"
)

// column is a column of a table that we write: its namespace, element and, for
// street lines, index. parent marks what names the table's object.
type column struct {
	space, name, index string
	parent             bool
}

// table is a table of the CSV model that we write, each in a file of its own.
type table struct {
	contents string
	name     string
	columns  []column
}

const (
	csvD, csvH, csvC = escrow.NSCSVDomain, escrow.NSCSVHost, escrow.NSCSVContact
	csvR, csvN       = escrow.NSCSVRegistrar, escrow.NSCSVNNDN
	csvShared        = escrow.NSCSV
)

// sponsoredColumns are who has an object, who made it and changed it, and when.
func sponsoredColumns(first ...column) []column {
	for _, name := range []string{"fClID", "fCrRr", "fCrDate", "fUpRr", "fUpDate", "fTrDate"} {
		first = append(first, column{space: csvShared, name: name})
	}
	return first
}

func transferColumns(first column) []column {
	out := []column{first}
	for _, name := range []string{"fTrStatus", "fReRr", "fReDate", "fAcRr", "fAcDate", "fExDate"} {
		out = append(out, column{space: csvShared, name: name})
	}
	return out
}

func named(space string, parent column, names ...string) []column {
	out := []column{parent}
	for _, name := range names {
		out = append(out, column{space: space, name: name})
	}
	return out
}

var (
	domainKey    = column{space: csvD, name: "fName", parent: true}
	hostKey      = column{space: csvH, name: "fName", parent: true}
	contactKey   = column{space: csvC, name: "fId", parent: true}
	registrarKey = column{space: csvR, name: "fId", parent: true}
)

func own(c column) column { c.parent = false; return c }

// The tables, by name.
var tables = func() map[string]table {
	street := []column{{space: csvC, name: "fStreet", index: "0"}, {space: csvC, name: "fStreet", index: "1"}, {space: csvC, name: "fStreet", index: "2"}}
	postal := append(named(csvC, contactKey, "fPostalType", "fName", "fOrg"), street...)
	postal = append(postal, named(csvC, column{space: csvC, name: "fCity"}, "fSp", "fPc", "fCc")...)
	list := []table{
		{csvR, "registrar", append(named(csvR, own(registrarKey), "fName", "fGurid", "fStatus"),
			column{space: csvC, name: "fEmail"}, column{space: csvShared, name: "fUrl"},
			column{space: csvShared, name: "fCrDate"}, column{space: csvShared, name: "fUpDate"})},
		{escrow.NSCSVIDN, "idnLanguage", named(csvShared, column{space: csvShared, name: "fIdnTableId"}, "fUrl", "fUrlPolicy")},
		{csvN, "NNDN", append(named(csvN, column{space: csvN, name: "fAName"}, "fNameState"),
			column{space: csvShared, name: "fUName"}, column{space: csvShared, name: "fIdnTableId"}, column{space: csvShared, name: "fCrDate"})},
		{csvC, "contact", sponsoredColumns(append(append([]column{own(contactKey)}, column{space: csvShared, name: "fRoid"}),
			named(csvC, column{space: csvC, name: "fVoice"}, "fVoiceExt", "fFax", "fFaxExt", "fEmail")...)...)},
		{csvC, "contactStatuses", named(csvC, contactKey, "fStatus")},
		{csvC, "contactPostal", postal},
		{csvC, "contactTransfer", transferColumns(contactKey)},
		{csvC, "contactDisclose", named(csvC, contactKey, "fDiscloseFlag", "fDiscloseNameLoc", "fDiscloseNameInt", "fDiscloseOrgLoc",
			"fDiscloseOrgInt", "fDiscloseAddrLoc", "fDiscloseAddrInt", "fDiscloseVoice", "fDiscloseFax", "fDiscloseEmail")},
		{csvH, "host", sponsoredColumns(own(hostKey), column{space: csvShared, name: "fRoid"})},
		{csvH, "hostStatuses", named(csvH, hostKey, "fStatus")},
		{csvH, "hostAddresses", named(csvH, hostKey, "fAddr", "fAddrVersion")},
		{csvD, "domain", append(sponsoredColumns(own(domainKey), column{space: csvShared, name: "fRoid"}, column{space: csvShared, name: "fUName"},
			column{space: csvShared, name: "fIdnTableId"}, column{space: csvD, name: "fOriginalName"}, column{space: csvShared, name: "fRegistrant"}),
			column{space: csvShared, name: "fExDate"})},
		{csvD, "domainContacts", append(named(csvD, domainKey, "fContactType"), column{space: csvC, name: "fId"})},
		{csvD, "domainStatuses", named(csvD, domainKey, "fStatus", "fRgpStatus")},
		{csvD, "domainNameServers", named(csvH, domainKey, "fName")},
		{csvD, "dnssec", named(csvD, domainKey, "fMaxSigLife", "fKeyTag", "fDsAlg", "fDigestType", "fDigest", "fFlags", "fProtocol", "fKeyAlg", "fPubKey")},
		{csvD, "domainTransfer", transferColumns(domainKey)},
		{escrow.NSExtra, "object", named(escrow.NSExtra, column{space: escrow.NSExtra, name: "fType"}, "fId", "fName", "fValue")},
	}
	out := map[string]table{}
	for _, t := range list {
		out[t.name] = t
	}
	return out
}()

// tableOrder is the order of the tables in a deposit: what is referred to comes
// first.
var tableOrder = []string{"registrar", "idnLanguage", "NNDN", "contact", "contactStatuses", "contactPostal", "contactTransfer",
	"contactDisclose", "host", "hostStatuses", "hostAddresses", "domain", "domainContacts", "domainStatuses", "domainNameServers",
	"dnssec", "domainTransfer", "object"}

// deleteTables name what is gone, by the namespace of the objects.
var deleteTables = map[string]table{
	escrow.NSDomain:  {csvD, "domain", []column{own(domainKey)}},
	escrow.NSHost:    {csvH, "host", []column{own(hostKey)}},
	escrow.NSContact: {csvC, "contact", []column{own(contactKey)}},
	escrow.NSNNDN:    {csvN, "NNDN", []column{{space: csvN, name: "fAName"}}},
}

// definition describes a table with its file.
func (t table) definition(file string, sum string, deletes bool) escrow.CSV {
	def := escrow.CSV{Contents: t.contents, Deletes: deletes, Name: t.name, Sep: ",",
		Files: []escrow.CSVFile{{Name: file, Sum: sum, Encoding: "UTF-8"}}}
	for _, c := range t.columns {
		def.Fields = append(def.Fields, escrow.Field{Space: c.space, Name: c.name, Index: c.index, Parent: c.parent})
	}
	return def
}
