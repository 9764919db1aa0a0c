package xml

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/namekeep/namekeep/xml/xmltest"
)

var update = flag.Bool("update", false, "write the golden files")

// valid collects every frame that must satisfy the published schemas (E7).
var valid xmltest.Collector

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(valid.Main(m))
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 12, 30, 0, 0, time.UTC) }

func ptr[T any](v T) *T { return &v }

var (
	contactGolden = ContactInfoData{
		ID: "REG1", ROID: "C1-UK", Statuses: []Status{{S: "ok"}, {S: "linked"}},
		Postal: []PostalInfo{{Type: "loc", Name: "Ä. Person & Söhne", Org: "Org <Ltd>", Addr: Addr{
			Street: []string{"1 The Road", "Floor 2"}, City: "Oxford", SP: "Oxon", PC: "OX1 1AA", CC: "GB"}}},
		Voice: &Phone{Number: "+44.1865332211", Ext: "12"}, Fax: &Phone{Number: "+44.1865332212"},
		Email: "a@example.test", ClID: "TAG", CrID: "TAG", CrDate: day(2020, 1, 2),
		UpID: "TAG", UpDate: day(2021, 1, 2), TrDate: day(2022, 1, 2), AuthInfo: &AuthInfo{PW: "x\"y"},
		Disclose: &Disclose{Flag: true, Name: []string{"int", "loc"}, Org: []string{"loc"}, Addr: []string{"int"},
			Voice: true, Fax: true, Email: true},
	}
	plainContact = ContactInfoData{
		ID: "REG1", ROID: "C1-UK", Statuses: []Status{{S: "ok"}},
		Postal: []PostalInfo{{Type: "int", Name: "P", Addr: Addr{City: "Oxford", CC: "GB"}}},
		Email:  "a@example.test", ClID: "TAG", CrID: "TAG", CrDate: day(2020, 1, 2),
	}
	domainGolden = DomainInfoData{
		Name: "example.uk", ROID: "D1-UK", Statuses: []Status{{S: "ok"}, {S: "clientHold", Lang: "en", Text: "held"}},
		Registrant: "REG1", Contacts: []DomainContact{{"admin", "ADM1"}, {"tech", "TEC1"}},
		NS: &NS{HostObjs: []string{"ns1.example.uk", "ns2.example.net"}}, Hosts: []string{"ns1.example.uk"},
		ClID: "TAG", CrID: "TAG", CrDate: day(2020, 1, 2), UpID: "TAG", UpDate: day(2021, 1, 2),
		ExDate: day(2027, 1, 2), TrDate: day(2022, 1, 2), AuthInfo: &AuthInfo{PW: "2fooBAR", ROID: "C1-UK"},
	}
	plainDomain = DomainInfoData{Name: "example.uk", ROID: "D1-UK", ClID: "TAG"}
	hostGolden  = HostInfoData{
		Name: "ns1.example.uk", ROID: "H1-UK", Statuses: []Status{{S: "linked"}},
		Addrs: []HostAddr{{"v4", "192.0.2.1"}, {"v6", "2001:db8::1"}}, ClID: "TAG", CrID: "TAG",
		CrDate: day(2020, 1, 2), UpID: "TAG", UpDate: day(2021, 1, 2), TrDate: day(2022, 1, 2),
	}
	itemsGolden = []CheckItem{{Name: "free.uk", Avail: true},
		{Name: "taken.uk", Reason: "a reason that is far too long for the schema"}}
	transferGolden = TransferData{TrStatus: "pending", ReID: "NEW", ReDate: day(2026, 1, 2), AcID: "OLD", AcDate: day(2026, 1, 7)}
	pendingGolden  = PendingAction{Done: true, ClTRID: "ABC-1", SvTRID: "SV-1", Date: day(2026, 1, 2)}
	oneDS          = []DSData{{KeyTag: 12345, Alg: 13, DigestType: 2, Digest: "49FD46E6C4B45C55"}}
	oneKey         = KeyData{Flags: 257, Protocol: 3, Alg: 13, PubKey: "AQPJ"}
)

// resDataGolden has every kind of payload of <resData>.
var resDataGolden = map[string]Payload{
	"domain-check":      &DomainCheckData{Items: itemsGolden},
	"domain-create":     &DomainCreateData{Name: "example.uk", CrDate: day(2026, 1, 2), ExDate: day(2027, 1, 2)},
	"domain-info":       &domainGolden,
	"domain-info-plain": &plainDomain,
	"domain-info-attr": &DomainInfoData{Name: "example.uk", ROID: "D1-UK", ClID: "TAG", NS: &NS{HostAttrs: []HostAttr{
		{Host: "ns1.example.uk", Addrs: []HostAddr{{"v6", "2001:db8::1"}}}}}},
	"domain-renew":     &DomainRenewData{Name: "example.uk", ExDate: day(2028, 1, 2)},
	"domain-transfer":  &DomainTransferData{Name: "example.uk", TransferData: transferGolden, ExDate: day(2028, 1, 2)},
	"domain-pending":   &DomainPendingData{Name: "example.uk", PendingAction: pendingGolden},
	"contact-check":    &ContactCheckData{Items: itemsGolden},
	"contact-create":   &ContactCreateData{ID: "REG1", CrDate: day(2026, 1, 2)},
	"contact-info":     &contactGolden,
	"contact-transfer": &ContactTransferData{ID: "REG1", TransferData: transferGolden},
	"contact-pending":  &ContactPendingData{ID: "REG1", PendingAction: PendingAction{SvTRID: "SV-1", Date: day(2026, 1, 2)}},
	"host-check":       &HostCheckData{Items: itemsGolden},
	"host-create":      &HostCreateData{Name: "ns1.example.uk", CrDate: day(2026, 1, 2)},
	"host-info":        &hostGolden,
	"host-pending":     &HostPendingData{Name: "ns1.example.uk", PendingAction: pendingGolden},
	"handshake":        &HandshakeData{CaseID: "123456789012", Domains: []string{"a.uk", "b.uk"}},
	"handshake-plain":  &HandshakeData{CaseID: "1"},
	"release-pending":  &ReleasePending{Text: "Handshake requested."},
	"list":             &ListData{Domains: []string{"a.uk", "b.uk"}},
	"list-empty":       &ListData{},
	"tag-list": &TagListData{Tags: []TagInfo{{RegistrarTag: "TAG", Name: "A Ltd", TradName: "A", Handshake: true},
		{RegistrarTag: "DETAGGED", Name: "None"}}},
	"direct-rights":      &DirectRightsCheckData{},
	"direct-rights-some": &DirectRightsCheckData{ROR: "example.co.uk"},
	"renewal-list": &RenewalListData{More: true, Domains: []RenewalDomain{
		{Name: "a.uk", ExDate: day(2027, 1, 2), Status: "Renewal required"},
		{Name: "b.uk", ExDate: day(2027, 1, 3), Status: "No longer required", Decision: &RenewalDecision{Choice: "decline", On: day(2026, 12, 1)}}}},
	"renewal-list-empty": &RenewalListData{},
	"renewal-confirm":    &RenewalConfirmData{Name: "a.uk", ValidUntil: day(2027, 1, 15)},
	"renewal-auto-bill": &RenewalAutoBillData{DryRun: true, Set: 3, Unchanged: 2, Refused: 1,
		Domains: []RenewalRefusal{{Name: "a.uk", Reason: "V900 too late"}}},
	"notice-rc": &RegistrarChangeData{Orig: "p@example.test", RegistrarTag: "NEW", CaseID: "12",
		Domains: &NoticeDomains{Info: []DomainInfoData{domainGolden, plainDomain}}, Contact: contactGolden},
	"notice-rel": &ReleasedData{AccountID: "REG1", Moved: ptr(true), From: "OLD", RegistrarTag: "NEW",
		Domains: &NoticeDomains{Names: []string{"a.uk", "b.uk"}}},
	"notice-canc": &CancelledData{Domains: []string{"a.uk"}, Orig: "TAG"},
	"notice-susp": &SuspendedData{Reason: "Not renewed.", CancelDate: day(2026, 5, 1), Domains: NoticeDomains{Names: []string{"a.uk"}}},
	"notice-trn": &RegistrantTransferData{Orig: "p@example.test", AccountID: "REG1", OldAccountID: "REG0", CaseID: "12",
		Domains: &NoticeDomains{Names: []string{"a.uk"}}, Contact: plainContact},
	"notice-trn-auth": &RegistrantTransferAuthData{Orig: "p@example.test", CaseID: "12", Contact: plainContact},
	"notice-process": &ProcessData{Stage: "initial", Contact: plainContact, ProcessType: "DQ",
		SuspendDate: day(2026, 4, 1), CancelDate: day(2026, 5, 1), Domains: &NoticeDomains{Names: []string{"a.uk"}}},
	"notice-pq": &PoorQualityData{Stage: "suspend", Contact: plainContact, SuspendDate: day(2026, 4, 1),
		CancelDate: day(2026, 5, 1)},
	"notice-fail": &DomainFailData{Domain: "a.uk", Reason: "V011 refused"},
	"notice-host": &HostCancelledData{Hosts: NoticeHosts{Info: []HostInfoData{hostGolden}},
		Domains: NoticeDomains{Names: []string{"a.uk"}}},
	"notice-host-names":  &HostCancelledData{Hosts: NoticeHosts{Names: []string{"ns1.a.uk"}}, Domains: NoticeDomains{Info: []DomainInfoData{plainDomain}}},
	"notice-contact":     &ContactDeletedData{ContactID: "REG1", ROID: "C1-UK"},
	"notice-contact-old": &ContactDeletedData{ROID: "C1-UK"},
}

// extGolden has every kind of payload of <extension>.
var extGolden = map[string][]Payload{
	"renewal": {&RenewalInfoData{Status: "Renewal request being processed", Account: "17",
		Change:   &RenewalChange{Registrant: "REG2", Requested: day(2026, 12, 1), AnswerBy: day(2026, 12, 15), Confirmed: []string{"previous", "new"}},
		Decision: &RenewalDecision{Choice: "renew", Years: 2, On: day(2026, 12, 1)}, Requests: []RenewalRequest{
			{By: "TAG", Requested: day(2026, 12, 2), From: day(2027, 1, 2), Years: 2, Invoice: "INV-000001", Due: day(2027, 2, 1)},
			{By: "OLD", Requested: day(2026, 12, 3), From: day(2027, 1, 2), Years: 1}}}},
	"renewal-plain": {&RenewalInfoData{Status: "Registered until expiry date"}},
	"secdns-ds":     {&SecDNSInfoData{MaxSigLife: 604800, DS: oneDS}},
	"secdns-dsk":    {&SecDNSInfoData{DS: []DSData{{KeyTag: 1, Alg: 8, DigestType: 2, Digest: "AB", KeyData: &oneKey}}}},
	"secdns-key":    {&SecDNSInfoData{Keys: []KeyData{oneKey, oneKey}}},
	"rgp":           {&RGPInfoData{Statuses: []Status{{S: "addPeriod"}, {S: "renewPeriod", Lang: "en", Text: "endDate=2026-01-02"}}}},
	"rgp-update":    {&RGPUpdateData{Statuses: []Status{{S: "pendingRestore"}}}},
	"domain-nom-check": {
		&DomainNomCheckData{AbuseLimit: 49998}},
	"domain-nom": {&DomainNomInfoData{RegStatus: RegStatusRegistered, FirstBill: "th", RecurBill: "bc", AutoBill: ptr(0),
		AutoPeriod: ptr(1), NextBill: ptr(182), NextPeriod: ptr(9), RenewNotRequired: true,
		Notes: []string{"one", ""}, Reseller: "R"}},
	"domain-nom-renewal":  {&DomainNomInfoData{RegStatus: RegStatusRenewal}},
	"domain-nom-not":      {&DomainNomInfoData{RegStatus: RegStatusNotRequired}},
	"contact-nom":         {&ContactNomInfoData{TradName: ptr("T"), Type: ptr("LTD"), CoNo: ptr("123"), OptOut: ptr(false)}},
	"contact-nom-empty":   {&ContactNomInfoData{}},
	"data-quality":        {&DataQualityInfoData{Status: "invalid", Reason: "r", DateCommenced: day(2026, 1, 1), DateToSuspend: day(2026, 2, 1), LockApplied: ptr(true), Domains: []string{"a.uk"}}},
	"data-quality-none":   {&DataQualityInfoData{Status: "valid", Domains: []string{}}},
	"login-sec":           {&LoginSecData{Events: []LoginEvent{{Type: "certificate", Level: "warning", ExDate: day(2026, 2, 1), Lang: "en", Text: "expires"}, {Type: "stat", Name: "failedPWs", Level: "warning", Value: "3", Duration: "P1D"}}}},
	"change-poll":         {&ChangeData{State: "before", Operation: "update", Op: "lock", Date: day(2026, 1, 2), SvTRID: "SV-9", Who: "staff", CaseID: &CaseID{Type: "custom", Name: "court", ID: "1"}, Reason: "a reason longer than the schema allows", Lang: "en"}},
	"change-poll-plain":   {&ChangeData{Operation: "autoRenew", Date: day(2026, 1, 2), SvTRID: "SV-9", Who: "batch"}},
	"fee-check":           {&FeeCheckData{Currency: "GBP", Items: []FeeCheckItem{{Name: "a.uk", Avail: true, Class: "standard", Commands: []FeeCommandData{{FeeCommand: FeeCommand{Name: "create", Phase: "open", Subphase: "x", Period: &Period{2, "y"}}, Standard: true, Fees: []Fee{{Amount: "10.00", Description: "fee", Lang: "en", Refundable: ptr(true), GracePeriod: "P5D", Applied: "immediate"}}, Credits: []Credit{{Amount: "-1.00", Description: "c"}}}, {FeeCommand: FeeCommand{Name: "custom", CustomName: "x"}, Reason: "no"}}}, {Name: "b.uk", Reason: "minimum period", Lang: "en"}}}},
	"fee-create":          {&FeeData{Kind: VerbCreate, Currency: "GBP", Period: &Period{1, "y"}, Fees: []Fee{{Amount: "10.00"}}, Credits: []Credit{{Amount: "-0.50"}}, Balance: "-5.00", CreditLimit: "1000.00"}},
	"fee-renew":           {&FeeData{Kind: VerbRenew, Currency: "GBP"}},
	"fee-transfer":        {&FeeData{Kind: VerbTransfer, Currency: "GBP"}},
	"fee-update":          {&FeeData{Kind: VerbUpdate, Currency: "GBP"}},
	"fee-delete":          {&FeeData{Kind: VerbDelete, Currency: "GBP"}},
	"warn-credit":         {&WarnCreditLimit{Remaining: 40, Text: "low"}},
	"warn-glue-removed":   {&WarnGlueRemoved{NameServer: "ns1.a.uk", Text: "t"}},
	"warn-glue-ignored":   {&WarnGlueIgnored{IP: "192.0.2.1", Text: "t"}},
	"warn-deprecated":     {&WarnDeprecatedField{Field: "f", Processed: true, Text: "t"}, &WarnDeprecatedField{Field: "g"}},
	"warn-reg-type":       {&WarnRegTypeSet{SetTo: "LTD", Text: "t"}},
	"warn-account":        {&WarnAccountIDIgnored{Text: "t"}},
	"warn-moved":          {&WarnContactMoved{Original: "A1", Final: "A2", Text: "t"}},
	"warn-field":          {&WarnIgnoredField{Field: "authInfo", Text: "t"}},
	"warn-attribute":      {&WarnIgnoredAttribute{Attribute: "hosts", Text: "t"}},
	"warn-postal":         {&WarnPostalInfoIgnored{Type: "int", Text: "t"}},
	"warn-truncated":      {&WarnTruncatedField{Field: "name", Text: "t"}},
	"warn-host":           {&WarnHostIgnored{Host: "ns1.a.uk", Text: "t"}},
	"warn-account-forked": {&WarnRegistrarAccountForked{Registrant: "R-1", Text: "t"}},
}

// partsGolden has what EPP itself puts into an answer.
var partsGolden = map[string]*Response{
	"plain": {Results: []Result{{Code: CodeOK}}, ClTRID: "ABC-1", SvTRID: "SV-1"},
	"errors": {Results: []Result{{Code: CodeValueRange, Values: []ExtValue{
		{Element: &Element{NS: NSDomain, Tag: "period", Text: "0", Attrs: []Attribute{{"unit", "y"}}}, Reason: "must be from 1 to 99", Lang: "en"},
		{Element: &Element{NS: "urn:some:other", Tag: "x", Children: []Element{{Tag: "y", Text: "1"}, {NS: NSEPP, Tag: "z"}}}, Reason: "odd"},
		{Element: &Element{Tag: "clTRID", Text: "a\x01b\xff"}, Reason: "V999 <bad> & \"quoted\""},
		{Element: &Element{NS: NSFee, Prefix: "f", Tag: "not a name", Attrs: []Attribute{{"a b", "x"}}}, Reason: "names are checked"},
		{Reason: "nothing to show"}}},
		{Code: CodePolicy, Msg: "Own text", Lang: "en-GB"}}, SvTRID: "SV-1"},
	"poll": {Results: []Result{{Code: CodeOKAckToDequeue}}, MsgQ: &MsgQ{Count: 3, ID: "17", QDate: day(2026, 1, 2),
		Msg: "Domains Released Notification", Lang: "en"}, SvTRID: "SV-1",
		ResData: &ReleasedData{AccountID: "REG1", From: "OLD", RegistrarTag: "NEW"}},
	"msgq-only": {Results: []Result{{Code: CodeOK}}, MsgQ: &MsgQ{Count: 3, ID: "17"}, SvTRID: "SV-1"},
	"fractions": {Results: []Result{{Code: CodeOK}}, SvTRID: "SV-1", Fractions: true,
		ResData: &DomainRenewData{Name: "a.uk", ExDate: day(2027, 1, 2).Add(123456 * time.Microsecond)}},
	"zone": {Results: []Result{{Code: CodeOK}}, SvTRID: "SV-1",
		ResData: &DomainRenewData{Name: "a.uk", ExDate: day(2027, 7, 2).In(time.FixedZone("BST", 3600))}},
	// RFC 9038 section 4: what the client did not announce is shown as a value.
	"unhandled": {Results: []Result{{Code: CodeOKAckToDequeue, Values: []ExtValue{{
		Element: &Element{Payload: &ChangeData{Operation: "update", Date: day(2026, 1, 2), SvTRID: "SV-9", Who: "staff"}},
		Reason:  NSChangePoll + " not in login services"}}}}, MsgQ: &MsgQ{Count: 1, ID: "1", Msg: "m"}, SvTRID: "SV-1"},
	"parse-error": {Results: []Result{(&Error{Code: CodeSyntax, Reason: "not well-formed XML"}).Result()}, SvTRID: "SV-1"},
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	valid.Add(got)
	path := filepath.Join("testdata", "response", name+".xml")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs:\n got %s\nwant %s", name, got, want)
	}
	if _, err := ParseResponse(got); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// TestResponses compares every kind of answer with its golden file (E7). The
// schemas check the same frames at the end of the run.
func TestResponses(t *testing.T) {
	ok := []Result{{Code: CodeOK}}
	for name, p := range resDataGolden {
		golden(t, name, (&Response{Results: ok, ResData: p, ClTRID: "ABC-1", SvTRID: "SV-1"}).Bytes())
	}
	for name, p := range extGolden {
		golden(t, "ext-"+name, (&Response{Results: ok, Ext: p, SvTRID: "SV-1"}).Bytes())
	}
	for name, r := range partsGolden {
		golden(t, "epp-"+name, r.Bytes())
	}
	for name, p := range map[string]Profile{"uk": ProfileUK, "gtld": ProfileGTLD} {
		g := Greeting{SvID: "Namekeep", SvDate: day(2026, 1, 2), ObjURIs: p.ObjectURIs(), ExtURIs: p.ExtensionURIs()}
		golden(t, "greeting-"+name, g.Bytes())
	}
	g := Greeting{SvID: "Namekeep", SvDate: day(2026, 1, 2), Lang: []string{"en", "cy"}, ObjURIs: []string{NSDomain}, Fractions: true}
	golden(t, "greeting-plain", g.Bytes())
}

// TestResponseKinds fails when a payload type has no golden file.
func TestResponseKinds(t *testing.T) {
	files, err := os.ReadDir(filepath.Join("testdata", "response"))
	if err != nil {
		t.Fatal(err)
	}
	want := len(resDataGolden) + len(extGolden) + len(partsGolden) + 3
	if len(files) != want {
		t.Errorf("%d golden files for %d answers", len(files), want)
	}
}

// TestResultCodes checks that every code of the schema has a text and frames.
func TestResultCodes(t *testing.T) {
	for code, text := range codeText {
		if text == "" {
			t.Errorf("%d has no text", code)
		}
		valid.Add((&Response{Results: []Result{{Code: code}}, SvTRID: "SV-1"}).Bytes())
	}
	if len(codeText) != 34 {
		t.Errorf("%d codes, RFC 5730 has 34", len(codeText))
	}
	if !CodeOK.Success() || CodeSyntax.Success() || !CodeOKEndSession.Closes() || !CodeAuthClosing.Closes() || CodeFailed.Closes() {
		t.Error("code classes")
	}
}
