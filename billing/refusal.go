package billing

import (
	"errors"
	"fmt"
)

// Fault says what sort of refusal a Refusal is.
type Fault int

// The faults.
const (
	Invalid  Fault = iota // a value that cannot be
	Unknown               // no such invoice, registrar, document
	Excluded              // the state of things does not allow it
)

// Refusal says why money was not moved. Nothing has been changed.
type Refusal struct {
	Fault  Fault
	Field  string // what is wrong: amount, currency, invoice, …
	Value  string
	Reason string // a sentence for staff
}

// Error returns the reason.
func (r *Refusal) Error() string { return r.Reason }

// AsRefusal finds the *Refusal in err's chain, nil if there is none.
func AsRefusal(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return nil
}

func refuse(f Fault, field, value, reason string, args ...any) error {
	return &Refusal{Fault: f, Field: field, Value: value, Reason: fmt.Sprintf(reason, args...)}
}
