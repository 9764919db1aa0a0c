package registry

import (
	"testing"
	"time"
)

func date(t testing.TB, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestDateArithmetic(t *testing.T) {
	for _, c := range []struct {
		name, from, want string
		do               func(Date) Date
	}{
		{"R4 29 February clamps to 28", "2024-02-29", "2026-02-28", func(d Date) Date { return d.AddYears(2) }},
		{"29 February to a leap year", "2024-02-29", "2028-02-29", func(d Date) Date { return d.AddYears(4) }},
		{"1900 rule", "2096-02-29", "2100-02-28", func(d Date) Date { return d.AddYears(4) }},
		{"31 January and a month", "2027-01-31", "2027-02-28", func(d Date) Date { return d.AddMonths(1) }},
		{"31 January and a month, leap", "2028-01-31", "2028-02-29", func(d Date) Date { return d.AddMonths(1) }},
		{"31 March less a month", "2027-03-31", "2027-02-28", func(d Date) Date { return d.AddMonths(-1) }},
		{"over the year's end", "2026-12-31", "2027-01-31", func(d Date) Date { return d.AddMonths(1) }},
		{"E + 1 at the year's end", "2026-12-31", "2027-01-01", func(d Date) Date { return d.AddDays(1) }},
		{"E - 182", "2027-06-30", "2026-12-30", func(d Date) Date { return d.AddDays(-182) }},
		{"28 February and a day, leap", "2028-02-28", "2028-02-29", func(d Date) Date { return d.AddDays(1) }},
	} {
		if got := c.do(date(t, c.from)); got != date(t, c.want) {
			t.Errorf("%s: %s gives %s, want %s", c.name, c.from, got, c.want)
		}
	}
	if n := date(t, "2027-03-01").Sub(date(t, "2026-03-01")); n != 365 {
		t.Errorf("Sub = %d", n)
	}
	if w := date(t, "2026-11-22").Weekday(); w != time.Sunday {
		t.Errorf("Weekday = %s", w)
	}
}

// TestMidnight pins "midnight on day D" to the end of civil day D, on the days
// of both clock changes and in zones that change the clock at midnight.
func TestMidnight(t *testing.T) {
	for _, c := range []struct{ zone, day, utc string }{
		{"Europe/London", "2026-01-15", "2026-01-16T00:00:00Z"},
		{"Europe/London", "2026-07-15", "2026-07-15T23:00:00Z"},
		{"Europe/London", "2026-03-28", "2026-03-29T00:00:00Z"}, // the night of the change to summer time
		{"Europe/London", "2026-03-29", "2026-03-29T23:00:00Z"},
		{"Europe/London", "2026-10-24", "2026-10-24T23:00:00Z"}, // the night of the change back
		{"Europe/London", "2026-10-25", "2026-10-26T00:00:00Z"},
		{"Europe/London", "2026-12-31", "2027-01-01T00:00:00Z"},
		{"Africa/Cairo", "2025-04-24", "2025-04-24T22:00:00Z"},      // 00:00 on the 25th is skipped
		{"America/Havana", "2025-11-01", "2025-11-02T04:00:00Z"},    // 00:00 on the 2nd comes twice
		{"America/Sao_Paulo", "2018-02-17", "2018-02-18T03:00:00Z"}, // 23:00 on the 17th comes twice
		{"UTC", "2024-02-28", "2024-02-29T00:00:00Z"},
	} {
		loc := location(t, c.zone)
		got := date(t, c.day).Midnight(loc)
		if s := got.UTC().Format(time.RFC3339); s != c.utc {
			t.Errorf("midnight on %s in %s = %s, want %s", c.day, c.zone, s, c.utc)
		}
		if d := DateOf(got.Add(-1), loc); d != date(t, c.day) {
			t.Errorf("%s: the instant before midnight on %s is on %s", c.zone, c.day, d)
		}
		if d := DateOf(got, loc); d != date(t, c.day).AddDays(1) {
			t.Errorf("%s: midnight on %s starts %s", c.zone, c.day, d)
		}
	}
	london := location(t, "Europe/London")
	if h := date(t, "2026-03-29").Midnight(london).Sub(date(t, "2026-03-29").Start(london)); h != 23*time.Hour {
		t.Errorf("29 March 2026 has %s", h)
	}
	if h := date(t, "2026-10-25").Midnight(london).Sub(date(t, "2026-10-25").Start(london)); h != 25*time.Hour {
		t.Errorf("25 October 2026 has %s", h)
	}
}

func TestEPPTime(t *testing.T) {
	if got := date(t, "2026-07-01").EPPTime().Format(time.RFC3339); got != "2026-07-01T00:00:00Z" {
		t.Errorf("EPPTime = %s", got)
	}
}

func TestDateDatabaseValue(t *testing.T) {
	for _, d := range []Date{{}, date(t, "2028-02-29")} {
		v, err := d.DateValue()
		if err != nil {
			t.Fatal(err)
		}
		var back Date
		if err := back.ScanDate(v); err != nil || back != d || v.Valid == d.IsZero() {
			t.Errorf("%q came back as %q (%v)", d, back, err)
		}
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-02-29", "2024-02-29", "0000-01-01", "9999-12-31", "2026-1-1", " 2026-01-01", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		if err != nil {
			if KindOf(err) != KindParamSyntax || !d.IsZero() {
				t.Errorf("%q: %v, %v", s, d, err)
			}
			return
		}
		if d.String() != s || d.AddDays(1).Sub(d) != 1 || d.AddDays(0) != d {
			t.Errorf("%q became %s", s, d)
		}
	})
}
