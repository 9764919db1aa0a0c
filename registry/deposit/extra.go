package deposit

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml/escrow"
)

// The objects of an Extra.
const (
	objectDomain    = "domain"
	objectContact   = "contact"
	objectRegistrar = "registrar"
	objectZone      = "zone"
	objectNNDN      = "nndn"
)

// domainExtra is what the RFC has no place for in a name. Money is not among it:
// a deposit has no invoices, so whether a name is paid is not said either.
type domainExtra struct {
	Expires          registry.Date     `json:"expires"` // the civil day
	Statuses         []registry.Status `json:"statuses,omitempty"`
	Unassigned       bool              `json:"unassigned,omitempty"`
	SuspendedOn      *registry.Date    `json:"suspendedOn,omitempty"`
	SuspendedReason  string            `json:"suspendedReason,omitempty"`
	AutoBill         int               `json:"autoBill,omitempty"`
	NextBill         int               `json:"nextBill,omitempty"`
	AutoPeriod       int               `json:"autoPeriod,omitempty"`
	NextPeriod       int               `json:"nextPeriod,omitempty"`
	FirstBill        string            `json:"firstBill,omitempty"`
	RecurBill        string            `json:"recurBill,omitempty"`
	RenewNotRequired bool              `json:"renewNotRequired,omitempty"`
	AdvanceWarning   *registry.Date    `json:"advanceWarningOn,omitempty"`
	Reminder         *registry.Date    `json:"reminderOn,omitempty"`
	ProForma         *registry.Date    `json:"proFormaOn,omitempty"`
	NotRequired      *registry.Date    `json:"notRequiredOn,omitempty"`
	Notes            []string          `json:"notes,omitempty"`
	Reseller         string            `json:"reseller,omitempty"`
	Referred         *time.Time        `json:"referredAt,omitempty"`
	PhaseEnds        *time.Time        `json:"deletePhaseEnds,omitempty"`
	TagChanged       bool              `json:"tagChanged,omitempty"`
	Grace            []graceExtra      `json:"grace,omitempty"`
	TransferYears    int               `json:"transferYears,omitempty"`
	AuthHash         []byte            `json:"authInfoHash,omitempty"`
	AuthSet          *time.Time        `json:"authInfoSetAt,omitempty"`
}

// graceExtra is a grace period of a gtld name.
type graceExtra struct {
	State  registry.RGPState `json:"state"`
	Tag    string            `json:"tag"`
	Years  int               `json:"years"`
	Starts time.Time         `json:"starts"`
	Ends   time.Time         `json:"ends"`
}

// contactExtra is the same for a contact.
type contactExtra struct {
	TradName  string     `json:"tradName,omitempty"`
	Type      string     `json:"type,omitempty"`
	CompanyNo string     `json:"companyNo,omitempty"`
	OptOut    bool       `json:"optOut,omitempty"`
	Natural   bool       `json:"naturalPerson"`
	AuthHash  []byte     `json:"authInfoHash,omitempty"`
	AuthSet   *time.Time `json:"authInfoSetAt,omitempty"`
}

// registrarExtra is a registrar's settings. Passwords and certificates stay
// here.
type registrarExtra struct {
	Kind     string                     `json:"kind"`
	State    registry.RegistrarState    `json:"state"`
	Settings registry.RegistrarSettings `json:"settings"`
}

// zoneExtra is a zone's settings.
type zoneExtra struct {
	Settings registry.ZoneSettings `json:"settings"`
}

// nndnExtra is what registrars are told of a label that cannot be had.
type nndnExtra struct {
	Kind   string `json:"kind"`
	Reason string `json:"reason"`
}

// extra lists the values of a struct, in the order of their names.
func extra(object, key string, v any) (escrow.Extra, error) {
	x := escrow.Extra{Object: object, Key: key}
	data, err := json.Marshal(v)
	if err != nil {
		return x, fmt.Errorf("%s %s: %w", object, key, err)
	}
	var fields map[string]json.RawMessage
	err = json.Unmarshal(data, &fields)
	if err != nil {
		return x, fmt.Errorf("%s %s: %w", object, key, err)
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		x.Values = append(x.Values, escrow.Value{Name: name, JSON: string(fields[name])})
	}
	return x, nil
}

// readExtra fills a struct with the values of an object. Names that we do not
// know are left alone: a later version may have written them.
func readExtra(x *escrow.Extra, v any) error {
	fields := map[string]json.RawMessage{}
	for _, value := range x.Values {
		if !json.Valid([]byte(value.JSON)) {
			return fmt.Errorf("%s of %s %s is not JSON", value.Name, x.Object, x.Key)
		}
		fields[value.Name] = json.RawMessage(value.JSON)
	}
	data, err := json.Marshal(fields)
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", x.Object, x.Key, err)
	}
	return nil
}

func datePtr(d registry.Date) *registry.Date {
	if d.IsZero() {
		return nil
	}
	return &d
}

func dateOf(d *registry.Date) registry.Date {
	if d == nil {
		return registry.Date{}
	}
	return *d
}

func timePtr(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	u := at.UTC()
	return &u
}

func timeOf(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return at.UTC()
}
