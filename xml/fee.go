package xml

// Amounts of the fee extension are decimal text such as "10.00"; credits are
// negative. Currency is an ISO 4217 code. This package only checks the form.

// FeeCommand names an operation whose fee is asked for or told.
type FeeCommand struct {
	Name       string // create, delete, renew, update, transfer, restore, custom
	CustomName string
	Phase      string
	Subphase   string
	Period     *Period
}

// FeeCheck asks for fees of the names in the same domain check.
type FeeCheck struct {
	Currency string // "" when absent
	Commands []FeeCommand
}

// Fee is one fee of a command or an answer.
type Fee struct {
	Amount      string
	Description string
	Lang        string
	Refundable  *bool
	GracePeriod string // XML duration, "" when absent
	Applied     string // immediate, delayed or ""
}

// Credit is one credit; Amount is zero or negative.
type Credit struct {
	Amount      string
	Description string
	Lang        string
}

// FeeTransform is what the client thinks a create, renew, transfer or update costs.
type FeeTransform struct {
	Currency string // "" when absent
	Fees     []Fee  // at least one
	Credits  []Credit
}

// FeeCheckData answers FeeCheck; at least one item.
type FeeCheckData struct {
	Currency string
	Items    []FeeCheckItem
}

// FeeCheckItem are the fees of one name.
type FeeCheckItem struct {
	Name     string
	Avail    bool
	Class    string
	Commands []FeeCommandData
	Reason   string
	Lang     string
}

// FeeCommandData are the fees of one operation.
type FeeCommandData struct {
	FeeCommand
	Standard bool
	Fees     []Fee
	Credits  []Credit
	Reason   string
	Lang     string
}

// FeeData is the fee part of a transform's answer. Kind is VerbCreate,
// VerbRenew, VerbTransfer, VerbUpdate or VerbDelete and picks the element.
type FeeData struct {
	Kind        Verb
	Currency    string
	Period      *Period
	Fees        []Fee
	Credits     []Credit
	Balance     string
	CreditLimit string
}
