package xml

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/beevik/etree"
)

// length checks a text against a schema's bounds. 0 characters where some are
// wanted is 2003, anything else out of bounds 2005.
func (d *decoder) length(e *etree.Element, s string, low, high int) string {
	n := utf8.RuneCountInString(s)
	switch {
	case d.err != nil:
		return ""
	case n == 0 && low > 0:
		d.fail(CodeMissingParameter, e, "empty")
	case n < low:
		d.fail(CodeValueSyntax, e, "shorter than %d characters", low)
	case n > high:
		d.fail(CodeValueSyntax, e, "longer than %d characters", high)
	}
	return s
}

// unbounded is the upper length of types without one; the limit on the text
// of an element holds all the same.
const unbounded = MaxFrame

// token reads a leaf of type xs:token.
func (d *decoder) token(e *etree.Element, low, high int, allowed ...string) string {
	return d.length(e, collapse(d.text(e, allowed...)), low, high)
}

// label is eppcom:labelType.
func (d *decoder) label(e *etree.Element, allowed ...string) string {
	return d.token(e, 1, 255, allowed...)
}

// clID is eppcom:clIDType.
func (d *decoder) clID(e *etree.Element, allowed ...string) string {
	return d.token(e, 3, 16, allowed...)
}

// line is a postal line. White space at its ends is dropped, so that a blank
// one counts as empty.
func (d *decoder) line(e *etree.Element, low int) string {
	return d.length(e, strings.Trim(normalize(d.text(e)), " "), low, 255)
}

// secret reads a password of type xs:token.
func (d *decoder) secret(e *etree.Element, low, high int) Secret {
	return Secret(d.token(e, low, high))
}

// oneOf reads a leaf that must be one of the values.
func (d *decoder) oneOf(e *etree.Element, values ...string) string {
	s := collapse(d.text(e))
	if d.err != nil {
		return ""
	}
	for _, v := range values {
		if s == v {
			return s
		}
	}
	if s == "" {
		d.fail(CodeMissingParameter, e, "empty")
	} else {
		d.fail(CodeValueSyntax, e, "must be one of %s", strings.Join(values, ", "))
	}
	return ""
}

// integer reads a whole number. No digits is 2005, out of bounds 2004.
func (d *decoder) integer(e *etree.Element, low, high int, allowed ...string) int {
	s := d.token(e, 1, unbounded, allowed...)
	if d.err != nil {
		return 0
	}
	digits := strings.TrimPrefix(s, "+")
	if digits == s {
		digits = strings.TrimPrefix(s, "-")
	}
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		d.fail(CodeValueSyntax, e, "must be a whole number")
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		d.fail(CodeValueRange, e, "must be from %d to %d", low, high)
		return 0
	}
	return n
}

// bool reads an xs:boolean.
func (d *decoder) bool(e *etree.Element) bool {
	s := d.oneOf(e, "1", "0", "true", "false")
	return s == "1" || s == "true"
}

// boolAttr reads an attribute of type xs:boolean.
func (d *decoder) boolAttr(e *etree.Element, key string, required bool) bool {
	s := d.enum(e, key, required, "1", "0", "true", "false")
	return s == "1" || s == "true"
}

// flag reads a y/n flag of the uk schemas.
func (d *decoder) flag(e *etree.Element) bool {
	s := d.oneOf(e, "y", "Y", "n", "N")
	return s == "y" || s == "Y"
}

// period reads domain:periodType.
func (d *decoder) period(e *etree.Element) *Period {
	unit := d.enum(e, "unit", true, "y", "m")
	return &Period{Value: d.integer(e, 1, 99, "unit"), Unit: unit}
}

var (
	datePattern = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})(Z|[+-]\d{2}:\d{2})?$`)
	timePattern = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)\d*(Z|[+-]\d{2}:\d{2})?$`)
)

// date reads an xs:date as a calendar date at midnight UTC. A date that does
// not exist is 2004.
func (d *decoder) date(e *etree.Element) time.Time {
	s := d.token(e, 1, unbounded)
	if d.err != nil {
		return time.Time{}
	}
	m := datePattern.FindStringSubmatch(s)
	if m == nil {
		d.fail(CodeValueSyntax, e, "must be a date such as 2027-03-31")
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, m[1])
	if err != nil {
		d.fail(CodeValueRange, e, "no such date")
		return time.Time{}
	}
	return t
}

// dateTime reads an xs:dateTime; without a time zone it is taken as UTC.
func (d *decoder) dateTime(e *etree.Element) time.Time {
	s := d.token(e, 1, unbounded)
	if d.err != nil {
		return time.Time{}
	}
	m := timePattern.FindStringSubmatch(s)
	if m == nil {
		d.fail(CodeValueSyntax, e, "must be a time such as 2027-03-31T12:00:00Z")
		return time.Time{}
	}
	zone := m[2]
	if zone == "" {
		zone = "Z"
	}
	t, err := time.Parse(time.RFC3339Nano, m[1]+zone)
	if err != nil {
		d.fail(CodeValueRange, e, "no such time")
		return time.Time{}
	}
	return t.UTC()
}

var monthPattern = regexp.MustCompile(`^\d{4}-\d{2}$`)

// month reads a year and month.
func (d *decoder) month(e *etree.Element) *YearMonth {
	s := strings.Trim(d.text(e), " \t\r\n")
	switch {
	case d.err != nil:
		return nil
	case s == "":
		d.fail(CodeMissingParameter, e, "empty")
		return nil
	case !monthPattern.MatchString(s):
		d.fail(CodeValueSyntax, e, "must be a month such as 2027-03")
		return nil
	}
	t, err := time.Parse("2006-01", s)
	if err != nil {
		d.fail(CodeValueRange, e, "no such month")
		return nil
	}
	return &YearMonth{t.Year(), t.Month()}
}

// decimalPattern bounds the digits, so that any amount fits in 64 bits of
// minor units after scaling by the caller.
var decimalPattern = regexp.MustCompile(`^[+-]?(?:\d{1,12}(?:\.\d{0,6})?|\.\d{1,6})$`)

// decimal reads an amount whose sign must be sign (1 or -1) or that is zero.
func (d *decoder) decimal(e *etree.Element, sign int, allowed ...string) string {
	s := d.token(e, 1, unbounded, allowed...)
	if d.err != nil {
		return ""
	}
	if !decimalPattern.MatchString(s) {
		d.fail(CodeValueSyntax, e, "must be an amount such as 10.00")
		return ""
	}
	s = strings.TrimPrefix(s, "+")
	n, ok := new(big.Rat).SetString(s)
	if !ok || n.Sign() == -sign {
		d.fail(CodeValueRange, e, "wrong sign")
		return ""
	}
	return s
}

// status reads a status of one of the values.
func (d *decoder) status(e *etree.Element, values []string) Status {
	st := Status{S: d.enum(e, "s", true, values...)}
	st.Lang, _ = attr(e, "lang")
	st.Text = d.length(e, strings.Trim(normalize(d.text(e, "s", "lang")), " "), 0, unbounded)
	return st
}

// authInfo reads the authInfo of domain and contact. null is allowed where a
// domain is changed.
func (d *decoder) authInfo(e *etree.Element, ns string, null bool) *AuthInfo {
	d.attrs(e)
	r := d.enter(e, ns)
	a := &AuthInfo{}
	switch {
	case null && r.next("null"):
		d.empty(r.e())
		a.Null = true
	case r.next("ext"):
		d.fail(CodeUnimplementedOption, r.e(), "authInfo of the ext form is not implemented")
	case r.need("pw"):
		if roid, ok := attr(r.e(), "roid"); ok {
			if !roidPattern.MatchString(roid) {
				d.fail(CodeValueSyntax, r.e(), "attribute roid is no repository identifier")
			}
			a.ROID = roid
		}
		a.PW = Secret(normalize(d.text(r.e(), "roid")))
	}
	r.end()
	return a
}

var roidPattern = regexp.MustCompile(`^[\pL\pM\pN\pS_]{1,80}-[\pL\pM\pN\pS]{1,8}$`)
