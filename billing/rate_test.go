package billing

import (
	"math"
	"testing"
)

// B1, B32: exact decimals, half up, the same for debit and credit.
func TestRateConvert(t *testing.T) {
	for _, c := range []struct {
		from Money
		rate string
		to   string
		want int64
	}{
		{Money{1000, "GBP"}, "1.25", "USD", 1250},
		{Money{-1000, "GBP"}, "1.25", "USD", -1250},
		{Money{0, "GBP"}, "1.25", "USD", 0},
		{Money{1, "GBP"}, "0.5", "USD", 1}, // half up
		{Money{-1, "GBP"}, "0.5", "USD", -1},
		{Money{1, "GBP"}, "0.499999999999", "USD", 0},
		{Money{3, "GBP"}, "0.5", "USD", 2},
		{Money{333, "GBP"}, "1.1743", "EUR", 391},   // 391.0419
		{Money{1050, "GBP"}, "1.1", "EUR", 1155},    // a float would have 1155.0000000000002
		{Money{100, "GBP"}, "187.345", "JPY", 187},  // no decimals
		{Money{187, "JPY"}, "0.005337", "GBP", 100}, // 99.8019
		{Money{100, "GBP"}, "0.3876", "KWD", 388},   // three decimals: 387.6
		{Money{1005, "KWD"}, "2.5", "GBP", 251},     // 251.25
		{Money{100, "GBP"}, "0000.10", "USD", 10},
	} {
		r, err := ParseRate(c.rate)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Convert(c.from, c.to)
		if err != nil || got != (Money{c.want, c.to}) {
			t.Errorf("%s at %s: %v, %v, want %d %s", c.from, c.rate, got, err, c.want, c.to)
		}
	}
	r, _ := ParseRate("999999999999")
	if got, err := r.Convert(Money{math.MaxInt64, "GBP"}, "USD"); err == nil {
		t.Errorf("overflow: %v", got)
	}
	if got, err := (Rate{}).Convert(Money{1, "GBP"}, "USD"); err == nil {
		t.Errorf("no rate: %v", got)
	}
}

func TestParseRate(t *testing.T) {
	for text, want := range map[string]string{"1.1743": "1.1743", "01.50": "1.5", "0.5": "0.5", "2": "2", "2.0": "2", "10": "10",
		"": "", "0": "", "0.00": "", ".5": "", "1.": "", "-1": "", "+1": "", "1e3": "", "1,5": "", "1.2.3": "", "NaN": "",
		"1234567890123": "", "1.0000000000001": "", " 1": ""} {
		r, err := ParseRate(text)
		if (err == nil) != (want != "") || r.String() != want || r.IsZero() != (want == "") {
			t.Errorf("%q: %q, %v, want %q", text, r, err, want)
		}
	}
}
