package registry

import (
	"slices"
	"testing"
)

func dates(t *testing.T, list ...string) []Date {
	t.Helper()
	var out []Date
	for _, s := range list {
		d, err := ParseDate(s)
		must(t, err)
		out = append(out, d)
	}
	return out
}

// notices.md, renewal reminder list: month ends are decided by counting back.
func TestReminderDistances(t *testing.T) {
	tests := []struct {
		day, key string
		want     []string
	}{
		{"2027-06-01", "0d", []string{"2027-06-01"}},
		{"2027-06-30", "1d", []string{"2027-07-01"}},
		{"2027-12-31", "5d", []string{"2028-01-05"}},
		{"2028-02-20", "15d", []string{"2028-03-06"}},
		{"2027-06-15", "1m", []string{"2027-07-15"}},
		{"2027-01-31", "1m", nil}, // named on 28 January at the latest: February has no 31st
		{"2027-01-28", "1m", []string{"2027-02-28"}},
		{"2027-01-29", "1m", nil},
		{"2027-02-28", "1m", []string{"2027-03-28", "2027-03-29", "2027-03-30", "2027-03-31"}},
		{"2028-02-28", "1m", []string{"2028-03-28"}},
		{"2028-02-29", "1m", []string{"2028-03-29", "2028-03-30", "2028-03-31"}},
		{"2027-04-30", "1m", []string{"2027-05-30", "2027-05-31"}},
		{"2027-12-31", "2m", nil},
		{"2027-12-29", "2m", []string{"2028-02-29"}},
		{"2027-11-30", "3m", nil},
		{"2027-11-29", "3m", []string{"2028-02-29"}},
		{"2027-11-15", "3m", []string{"2028-02-15"}},
	}
	for _, tt := range tests {
		i := slices.IndexFunc(ReminderDistances(), func(d ReminderDistance) bool { return d.Key == tt.key })
		got := ReminderDistances()[i].Expiries(dates(t, tt.day)[0])
		if !slices.Equal(got, dates(t, tt.want...)) {
			t.Errorf("%s before E on %s: %v, want %v", tt.key, tt.day, got, tt.want)
		}
	}
}

// Each name is named exactly once at each distance, whatever its E is.
func TestEachDistanceComesOnce(t *testing.T) {
	for _, d := range ReminderDistances() {
		times := map[Date]int{}
		start := NewDate(2027, 1, 1)
		for day := start; day.Before(NewDate(2029, 6, 1)); day = day.AddDays(1) {
			for _, e := range d.Expiries(day) {
				times[e]++
				if d.Day(e) != day {
					t.Errorf("%s: %s on %s, meant for %s", d.Key, e, day, d.Day(e))
				}
			}
		}
		for e := NewDate(2027, 5, 1); e.Before(NewDate(2029, 5, 1)); e = e.AddDays(1) {
			if times[e] != 1 {
				t.Errorf("%s: a name that expires on %s is named %d times", d.Key, e, times[e])
			}
		}
	}
}

// renewals-faq: 1 March 2008, the names of June 2008.
func TestAdvanceListMonth(t *testing.T) {
	for day, want := range map[string][2]string{
		"2008-03-01": {"2008-06-01", "2008-06-30"},
		"2027-11-01": {"2028-02-01", "2028-02-29"},
		"2027-12-01": {"2028-03-01", "2028-03-31"},
	} {
		first, last, ok := AdvanceListMonth(dates(t, day)[0])
		if !ok || first.String() != want[0] || last.String() != want[1] {
			t.Errorf("%s: %s to %s, %v", day, first, last, ok)
		}
	}
	for _, day := range dates(t, "2008-03-02", "2008-02-29") {
		if _, _, ok := AdvanceListMonth(day); ok {
			t.Errorf("%s has a list", day)
		}
	}
}
