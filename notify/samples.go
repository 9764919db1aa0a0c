package notify

import "encoding/json"

// Samples returns payloads of a kind as JSON, complete and of every variant,
// for previews; nil for an unknown kind.
func Samples(kind Kind) []json.RawMessage {
	var out []json.RawMessage
	for _, sample := range samples[kind] {
		encoded, err := json.Marshal(sample)
		if err != nil {
			return nil // plain structs always encode
		}
		out = append(out, encoded)
	}
	return out
}

var (
	sampleRegistrant = Party{Number: "C1311", Name: "Zoë Dommelsen & Söhne <GmbH>", Email: "info@dommelsen.example",
		Address: []string{"12 Quay Street", "Harbour Side", "Bristol", "BS1 4QA", "United Kingdom"}}
	sampleNewcomer = Party{Number: "C2007", Name: "O'Hara Bakeries Ltd", Email: "post@ohara.example",
		Address: []string{"3 Mill Lane", "Leeds", "LS1 2AB", "United Kingdom"}}
	sampleAgent    = Agent{Name: "Alpha Names Ltd", URL: "https://alpha.example/"}
	sampleNoAgent  = Agent{Name: "DETAGGED", Own: true}
	sampleTagParty = Party{Number: "ALPHA", Name: "Alpha Names Ltd", Email: "sales@alpha.example"}
)

const (
	sampleName    = "deliverystatus.example"
	sampleIDN     = "xn--mnchen-3ya.example"
	sampleExpiry  = Date("2027-06-01")
	sampleToken   = "6f1c8f0e-5a53-4a53-9d2c-1d7a2a9f4b11"
	samplePath    = "renewal/4f9a7c2e1b8d"
	sampleProCode = "PRO-000017"
)

func gbp(minor int64) Amount { return Amount{Minor: minor, Currency: "GBP"} }

// samples are complete payloads of each kind: one for each variant.
var samples = map[Kind][]any{
	AdvanceWarning: {
		Renewal{Name: sampleName, Expires: sampleExpiry, Registrant: sampleRegistrant, Registrar: sampleAgent, ProForma: "2027-06-01"},
		Renewal{Name: sampleIDN, Expires: sampleExpiry, Registrant: sampleRegistrant, Registrar: sampleNoAgent, ProForma: "2027-06-01"},
	},
	RenewalReminder: {Renewal{Name: sampleIDN, Expires: sampleExpiry, Registrant: sampleRegistrant, Registrar: sampleAgent,
		ProForma: "2027-06-08", Suspended: "2027-07-08", Cancelled: "2027-09-06"}},
	RenewalNotRequired: {Renewal{Name: sampleName, Expires: sampleExpiry, Registrant: sampleRegistrant, Registrar: sampleAgent,
		Suspended: "2027-07-08", Cancelled: "2027-09-06"}},
	ProForma: {
		ProFormaNotice{Number: sampleProCode, Name: sampleIDN, Expires: sampleExpiry, Years: 2, Net: gbp(8000), TaxRate: 2000,
			Tax: gbp(1600), Gross: gbp(9600), Issued: "2027-06-08", PayBy: "2027-07-08", Cancelled: "2027-09-06",
			Registrant: sampleRegistrant, Registrar: sampleAgent},
		ProFormaNotice{Number: "PRO-000018", Name: sampleName, Expires: sampleExpiry, Years: 2, Net: gbp(8000), TaxRate: 2000,
			Tax: gbp(1600), Gross: gbp(9600), Issued: "2027-06-20", PayBy: "2027-08-19", Cancelled: "2027-08-19", Suspended: true,
			Registrant: sampleRegistrant, Registrar: sampleNoAgent},
	},
	Receipt: {ReceiptNotice{Number: "REC-000009", ProForma: sampleProCode, Name: sampleName, Expires: "2029-06-01", Years: 2,
		Net: gbp(8000), TaxRate: 2000, Tax: gbp(1600), Gross: gbp(9600), Paid: "2027-06-21",
		Registrant: sampleRegistrant, Registrar: sampleAgent}},
	AccountTransferred: {AccountTransferNotice{Account: sampleRegistrant, From: sampleAgent,
		To: Agent{Name: "Beta Hosting", URL: "https://beta.example/"}, Day: "2027-06-01", Names: []string{sampleName, sampleIDN}},
		AccountTransferNotice{Account: sampleRegistrant, From: sampleAgent, To: Agent{Name: "Beta Hosting"}, Day: "2027-06-01"}},
	AdvanceList: {AdvanceListNotice{Tag: "ALPHA", Month: "2027-06", Unsubscribe: sampleToken, Names: []ExpiringName{
		{sampleName, "2027-06-01"}, {sampleIDN, "2027-06-03"}, {"an-unusually-long-name-that-somebody-registered-all-the-same.example", "2027-06-30"}}}},
	ReminderList: {
		ReminderListNotice{Reader: "sales", Party: sampleTagParty, Registrar: sampleAgent, Path: "registrar", Unsubscribe: sampleToken, Names: reminded()},
		ReminderListNotice{Reader: "registrant", Party: sampleRegistrant, Registrar: sampleAgent, Path: samplePath, Unsubscribe: sampleToken, Names: reminded()},
	},
	Invoice: {
		InvoiceNotice{Number: "INV-000123", Kind: "renewals", Tag: "ALPHA", Party: sampleTagParty, Dated: "2027-06-01", Due: "2027-07-01",
			Lines: 214, Net: gbp(107000), Tax: gbp(21400), Gross: gbp(128400)},
		InvoiceNotice{Number: "INV-000124", Kind: "registrations", Tag: "ALPHA", Party: sampleTagParty, Dated: "2027-06-01", Due: "2027-06-01",
			Lines: 1, Net: gbp(500), Tax: gbp(100), Gross: gbp(600), Paid: true},
	},
	CreditNote: {CreditNoteNotice{Number: "CRN-000004", Invoice: "INV-000123", Tag: "ALPHA", Party: sampleTagParty, Dated: "2027-06-10",
		Reason: "distance selling", Net: gbp(500), Tax: gbp(100), Gross: gbp(600)}},
	Statement: {
		StatementNotice{Tag: "ALPHA", Party: sampleTagParty, From: "2027-05-01", To: "2027-05-31", Balance: gbp(128400), Overdue: gbp(60000)},
		StatementNotice{Tag: "ALPHA", Party: sampleTagParty, From: "2027-05-01", To: "2027-05-31", Balance: gbp(0), Overdue: gbp(0)},
	},
	TagChange: {
		TagChangeNotice{Side: "gaining", Tag: "BETA", Other: "ALPHA", Day: "2027-06-02", Names: []TagChangedName{
			{sampleName, "2029-06-01", "Renewal request being processed"}, {sampleIDN, "2027-05-20", "Renewal required"}}},
		TagChangeNotice{Side: "losing", Tag: "ALPHA", Other: "BETA", Day: "2027-06-02", Names: []TagChangedName{
			{sampleName, "2029-06-01", "Registered until expiry date"}}},
	},
	CertificateExpiry: {
		CertificateNotice{Tag: "ALPHA", Subject: "CN=ALPHA", Serial: "4d3f", Fingerprint: sampleFingerprint, Expires: "2027-07-01", Days: 30, Issued: true},
		CertificateNotice{Tag: "ALPHA", Subject: "CN=epp.alpha.example", Serial: "19", Fingerprint: sampleFingerprint, Expires: "2027-06-04", Days: 3},
	},
	RenewalDecisions: {
		DecisionsNotice{Tag: "ALPHA", Registrant: sampleRegistrant, Decisions: []Decision{
			{Name: sampleName, Expires: sampleExpiry, Renew: true, Years: 2}, {Name: sampleIDN, Expires: sampleExpiry},
			{Name: "corner-shop.example", Expires: sampleExpiry, Withdrawn: true}}},
		DecisionsNotice{Tag: "ALPHA", Registrant: sampleRegistrant, Automatic: true, Decisions: []Decision{
			{Name: sampleName, Expires: sampleExpiry, Renew: true, Years: 1},
			{Name: sampleIDN, Expires: sampleExpiry, Renew: true, Years: 5, Refused: "The name is locked."}}},
	},
	RenewalConfirmation: {ConfirmationNotice{Name: sampleIDN, Expires: sampleExpiry, Registrant: sampleRegistrant, Registrar: sampleAgent,
		Code: "7KQF-2M9D-XH4T", Path: "confirm", ValidUntil: "2027-05-15"}},
	SalesSignIn: {SignInNotice{Tag: "ALPHA", Path: "registrar/sign-in/4f9a7c2e1b8d", Minutes: 15}},
	RegistrantChange: {
		RegistrantChangeNotice{Side: "previous", Names: []string{sampleName, sampleIDN}, Previous: sampleRegistrant, New: sampleNewcomer,
			Registrar: sampleAgent, Path: "change/4f9a7c2e1b8d", AnswerBy: "2027-06-15"},
		RegistrantChangeNotice{Side: "new", Names: []string{sampleName}, Previous: sampleRegistrant, New: sampleNewcomer,
			Registrar: sampleAgent, Path: "change/9b1d6a7f3c20", AnswerBy: "2027-06-15"},
		RegistrantChangeNotice{Side: "new", Names: []string{sampleName, sampleIDN}, More: 3, Previous: sampleRegistrant, New: sampleRegistrant,
			Registrar: sampleAgent, Identity: true, Changes: sampleChanges, Path: "change/5c20e4a7d913", AnswerBy: "2027-06-15"},
	},
	RegistrantChanged: {
		changed("previous", "confirmed"), changed("new", "refused"), changed("new", "expired"), changed("previous", "cancelled"),
		changed("new", "failed"), changed("previous", "decided-confirmed"), changed("new", "decided-refused"),
		RegistrantChangedNotice{Side: "previous", Names: []string{sampleName}, More: 1, Previous: sampleRegistrant, New: sampleRegistrant,
			Registrar: sampleAgent, Identity: true, Changes: sampleChanges, Outcome: "confirmed", Day: "2027-06-12"},
		RegistrantChangedNotice{Side: "new", Names: []string{sampleName}, Previous: sampleRegistrant, New: sampleRegistrant,
			Registrar: sampleAgent, Identity: true, Changes: sampleChanges, Outcome: "expired", Day: "2027-06-16"},
	},
	ContactVerification: {
		VerificationNotice{Contact: sampleNewcomer, Names: []string{sampleName}, Registrar: sampleAgent, Path: "verify/4f9a7c2e1b8d",
			AnswerBy: "2027-06-15", Suspends: true},
		VerificationNotice{Contact: sampleNewcomer, Registrar: sampleAgent, Path: "verify/4f9a7c2e1b8d", AnswerBy: "2027-06-15"},
	},
}

var sampleChanges = []ChangedField{{Field: "organisation", From: "Dommelsen & Söhne <GmbH>"},
	{Field: "e-mail", From: "info@dommelsen.example", To: "zoe@dommelsen.example"}}

const sampleFingerprint = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func reminded() []RemindedName {
	return []RemindedName{{"corner-shop.example", "2027-06-01", "0d"}, {sampleName, "2027-06-06", "5d"},
		{"denzelishome.example", "2027-08-01", "2m"}, {sampleIDN, "2027-08-01", "2m"}}
}

func changed(side, outcome string) RegistrantChangedNotice {
	return RegistrantChangedNotice{Side: side, Names: []string{sampleName}, Previous: sampleRegistrant, New: sampleNewcomer,
		Registrar: sampleAgent, Outcome: outcome, Day: "2027-06-12"}
}
