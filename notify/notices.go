package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// notice is what the package knows of a kind.
type notice struct {
	payload func() any // a new payload to decode into
	// lists: bulk mail (N4), with an unsubscribe link and a CSV attachment.
	lists bool
	// document: an attachment comes from Sender.Documents.
	document bool
	letter   bool // it is sent by post as well, and the letter is attached
	// secret: the payload holds a token or code, which is not shown to staff.
	secret bool
}

var notices = map[Kind]notice{
	AdvanceWarning:      {payload: fresh[Renewal]},
	RenewalReminder:     {payload: fresh[Renewal]},
	RenewalNotRequired:  {payload: fresh[Renewal]},
	ProForma:            {payload: fresh[ProFormaNotice], letter: true},
	Receipt:             {payload: fresh[ReceiptNotice], document: true},
	AccountTransferred:  {payload: fresh[AccountTransferNotice]},
	AdvanceList:         {payload: fresh[AdvanceListNotice], lists: true},
	ReminderList:        {payload: fresh[ReminderListNotice], lists: true, secret: true},
	Invoice:             {payload: fresh[InvoiceNotice], document: true},
	CreditNote:          {payload: fresh[CreditNoteNotice], document: true},
	Statement:           {payload: fresh[StatementNotice], document: true},
	TagChange:           {payload: fresh[TagChangeNotice]},
	CertificateExpiry:   {payload: fresh[CertificateNotice]},
	RenewalDecisions:    {payload: fresh[DecisionsNotice]},
	RenewalConfirmation: {payload: fresh[ConfirmationNotice], secret: true},
	SalesSignIn:         {payload: fresh[SignInNotice], secret: true},
	RegistrantChange:    {payload: fresh[RegistrantChangeNotice], secret: true},
	RegistrantChanged:   {payload: fresh[RegistrantChangedNotice]},
	ContactVerification: {payload: fresh[VerificationNotice], secret: true},
}

func fresh[T any]() any { return new(T) }

// Kinds returns every kind of notice, sorted.
func Kinds() []Kind { return slices.Sorted(maps.Keys(notices)) }

// Letters reports whether a kind is sent by post.
func Letters(kind Kind) bool { return notices[kind].letter }

// HasDocument reports whether a kind comes with a document that
// Sender.Documents makes.
func HasDocument(kind Kind) bool { return notices[kind].document }

// decode reads the payload of a kind. Unknown fields and missing ones are
// errors: a notice with a gap must not go out.
func decode(kind Kind, payload []byte) (any, error) {
	n, ok := notices[kind]
	if !ok {
		return nil, fmt.Errorf("there is no notice %q", kind)
	}
	p := n.payload()
	d := json.NewDecoder(bytes.NewReader(payload))
	d.DisallowUnknownFields()
	err := d.Decode(p)
	if err == nil && d.Decode(new(any)) != io.EOF {
		err = errors.New("more than one JSON value")
	}
	if err == nil {
		err = complete(reflect.ValueOf(p).Elem(), kind)
	}
	if err != nil {
		return nil, fmt.Errorf("payload of %s: %w", kind, err)
	}
	clean(reflect.ValueOf(p).Elem())
	return p, nil
}

// complete requires a value in every text and list field without omitempty, and
// dates that are dates.
func complete(v reflect.Value, path string) error {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			field := v.Field(i)
			if options == "" && (field.Kind() == reflect.String || field.Kind() == reflect.Slice) && field.Len() == 0 {
				return fmt.Errorf("%s.%s is missing", path, name)
			}
			if d, ok := field.Interface().(Date); ok && !d.valid() {
				return fmt.Errorf("%s.%s: %q is not a date", path, name, string(d))
			}
			err := complete(field, path+"."+name)
			if err != nil {
				return err
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			err := complete(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// clean makes every text of a payload a single line, so that nothing in it can
// look like a line of its own.
func clean(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			clean(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			clean(v.Index(i))
		}
	case reflect.String:
		v.SetString(oneLine(v.String()))
	}
}
