package billing

import (
	"fmt"
	"math/big"
	"strings"
)

// Rate is a conversion rate: units of the new currency for one unit of the old.
// It is an exact decimal (rule B1); the zero value is no rate.
type Rate struct {
	text string // digits with at most one point, no needless zeros
}

// maxRateDigits bounds each side of the point: more than any rate needs.
const maxRateDigits = 12

// ParseRate reads a rate such as "1.1743". It is more than zero and has at most
// 12 digits on each side of the point.
func ParseRate(text string) (Rate, error) {
	whole, fraction, dotted := strings.Cut(text, ".")
	if whole == "" || dotted && fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return Rate{}, fmt.Errorf("%q is not a rate such as 1.1743", text)
	}
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if len(whole) > maxRateDigits || len(fraction) > maxRateDigits {
		return Rate{}, fmt.Errorf("the rate %q has more than %d digits before or after the point", text, maxRateDigits)
	}
	if whole == "" && fraction == "" {
		return Rate{}, fmt.Errorf("the rate is more than zero, not %q", text)
	}
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return Rate{whole}, nil
}

// IsZero tells that there is no rate.
func (r Rate) IsZero() bool { return r.text == "" }

// String writes the rate as a decimal, "" for none.
func (r Rate) String() string { return r.text }

// Convert converts an amount to a currency, rounded half up to its minor unit,
// away from zero for negative amounts: what one side is debited the other is
// credited, whatever the sign (rule B32).
func (r Rate) Convert(m Money, to string) (Money, error) {
	from, err := Digits(m.Currency)
	if err != nil {
		return Money{}, err
	}
	digits, err := Digits(to)
	if err != nil {
		return Money{}, err
	}
	whole, fraction, _ := strings.Cut(r.text, ".")
	n, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return Money{}, fmt.Errorf("there is no rate from %s to %s", m.Currency, to)
	}
	n.Mul(n, new(big.Int).Abs(big.NewInt(m.Minor))).Mul(n, power10(digits))
	d := power10(from + len(fraction))
	// Half up: (2n + d) / 2d, rounded down.
	n.Add(n.Lsh(n, 1), d).Div(n, new(big.Int).Lsh(d, 1))
	if m.Minor < 0 {
		n.Neg(n)
	}
	if !n.IsInt64() {
		return Money{}, fmt.Errorf("%s at %s is too much money", m, r)
	}
	return Money{Minor: n.Int64(), Currency: to}, nil
}

func power10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }
