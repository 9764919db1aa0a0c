package billing

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"golang.org/x/text/currency"
)

// Money is an amount in the minor units of a currency (rule B1). It may be
// negative: a debit on a balance, a credit note's line.
type Money struct {
	Minor    int64
	Currency string // ISO 4217
}

// BasisPoints is a rate in hundredths of a per cent: 2000 is 20 %.
type BasisPoints int64

// Tax is the tax on a line of net minor units at rate, rounded half up to the
// minor unit, away from zero for negative lines so that a credit note undoes
// its invoice exactly (rule B1).
func Tax(net int64, rate BasisPoints) int64 {
	if net < 0 {
		return -Tax(-net, rate)
	}
	hi, lo := bits.Mul64(uint64(net), uint64(rate))
	lo, carry := bits.Add64(lo, 5000, 0)
	q, _ := bits.Div64(hi+carry, lo, 10000)
	return int64(q)
}

// Digits is the number of decimal digits of a currency's minor unit: 2 for
// GBP, 0 for JPY, 3 for KWD.
func Digits(code string) (int, error) {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return 0, fmt.Errorf("currency %q is not in ISO 4217", code)
	}
	digits, _ := currency.Standard.Rounding(unit)
	return digits, nil
}

// String writes the amount with its decimals and currency, as in "5.00 GBP".
func (m Money) String() string {
	return m.Decimal() + " " + m.Currency
}

// Decimal writes the amount without the currency, as in "-12.50".
func (m Money) Decimal() string {
	digits, err := Digits(m.Currency)
	if err != nil {
		digits = 0
	}
	s := strconv.FormatInt(m.Minor, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	if digits == 0 {
		return sign + s
	}
	for len(s) <= digits {
		s = "0" + s
	}
	return sign + s[:len(s)-digits] + "." + s[len(s)-digits:]
}

// ParseMoney reads a decimal amount such as "5", "5.00" or "-12.5" in a
// currency. More decimals than the currency has are refused, as is anything
// that does not fit.
func ParseMoney(text, code string) (Money, error) {
	digits, err := Digits(code)
	if err != nil {
		return Money{}, err
	}
	bad := fmt.Errorf("%q is not an amount of %s with at most %d decimals", text, code, digits)
	body, negative := strings.CutPrefix(text, "-")
	whole, fraction, dotted := strings.Cut(body, ".")
	if whole == "" || (dotted && fraction == "") || len(fraction) > digits || strings.Trim(whole+fraction, "0123456789") != "" {
		return Money{}, bad
	}
	fraction += strings.Repeat("0", digits-len(fraction))
	minor, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil {
		return Money{}, bad
	}
	if negative {
		minor = -minor
	}
	return Money{Minor: minor, Currency: code}, nil
}
