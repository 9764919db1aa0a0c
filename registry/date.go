package registry

import (
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// Date is a civil date: a day on the calendar of the registry's time zone,
// without a time of day. The zero Date means "no date"; it is stored as NULL
// and printed as the empty string. Dates compare with ==.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// NewDate returns the civil date of the given year, month and day. Values out
// of range are carried over as time.Date does: 31 April is 1 May.
func NewDate(year int, month time.Month, day int) Date {
	return dateFromUTC(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// DateOf returns the civil date that a clock in loc shows at the instant t.
func DateOf(t time.Time, loc *time.Location) Date {
	y, m, d := t.In(loc).Date()
	return Date{Year: y, Month: m, Day: d}
}

// ParseDate reads an ISO 8601 calendar date, "2027-02-28". Only the years 1 to
// 9999 and dates that exist are taken. The error is of KindParamSyntax.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return Date{}, Refuse(KindParamSyntax, "", "%q is not a date of the form YYYY-MM-DD.", s)
	}
	return dateFromUTC(t), nil
}

func dateFromUTC(t time.Time) Date {
	y, m, d := t.Date()
	return Date{Year: y, Month: m, Day: d}
}

// IsZero reports whether d is the zero Date, "no date".
func (d Date) IsZero() bool { return d == Date{} }

// String formats d as YYYY-MM-DD; the zero Date is the empty string.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// EPPTime is the instant by which EPP shows the date: midnight UTC at its
// start, whatever the registry's time zone ("E T00:00:00Z").
func (d Date) EPPTime() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

// Midnight is "midnight on day d": the end of civil day d in loc, that is the
// first instant of the day after. It is right on the days when the clock
// changes, also in zones that change it at midnight.
func (d Date) Midnight(loc *time.Location) time.Time {
	next := d.AddDays(1)
	t := time.Date(next.Year, next.Month, next.Day, 0, 0, 0, 0, loc)
	if DateOf(t, loc).Before(next) {
		// 00:00 is skipped that day: the day starts at the change.
		_, change := t.ZoneBounds()
		return change.In(loc)
	}
	if start, _ := t.ZoneBounds(); !start.IsZero() && !DateOf(start.Add(-1), loc).Before(next) {
		// 00:00 comes twice: the day starts with the first one.
		first := start.Add(-1)
		_, offset := first.Zone()
		return next.EPPTime().Add(-time.Duration(offset) * time.Second).In(loc)
	}
	return t
}

// Start is the first instant of civil day d in loc.
func (d Date) Start(loc *time.Location) time.Time { return d.AddDays(-1).Midnight(loc) }

// AddDays returns the date n days later (earlier for negative n).
func (d Date) AddDays(n int) Date { return NewDate(d.Year, d.Month, d.Day+n) }

// AddMonths returns the same day n months later; a day that the month lacks is
// clamped to its last: 31 January plus one month is the last of February.
func (d Date) AddMonths(n int) Date {
	first := NewDate(d.Year, d.Month+time.Month(n), 1)
	return Date{Year: first.Year, Month: first.Month, Day: min(d.Day, first.daysInMonth())}
}

// AddYears returns the same day n years later; 29 February is clamped to the
// 28th where the year has none (R4).
func (d Date) AddYears(n int) Date { return d.AddMonths(12 * n) }

func (d Date) daysInMonth() int { return NewDate(d.Year, d.Month+1, 0).Day }

// Sub returns the number of days from o to d.
func (d Date) Sub(o Date) int {
	return int((d.EPPTime().Unix() - o.EPPTime().Unix()) / (24 * 60 * 60))
}

// Before reports whether d is earlier than o.
func (d Date) Before(o Date) bool { return d.Compare(o) < 0 }

// After reports whether d is later than o.
func (d Date) After(o Date) bool { return d.Compare(o) > 0 }

// Compare returns -1, 0 or +1 as d is before, the same as or after o.
func (d Date) Compare(o Date) int {
	switch {
	case d.Year != o.Year:
		return sign(d.Year - o.Year)
	case d.Month != o.Month:
		return sign(int(d.Month - o.Month))
	default:
		return sign(d.Day - o.Day)
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// latest returns the later of two dates.
func latest(a, b Date) Date {
	if a.Before(b) {
		return b
	}
	return a
}

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.EPPTime().Weekday() }

// MarshalText formats d as String does (JSON, TOML).
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	v, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// ScanDate reads a PostgreSQL date; NULL becomes the zero Date. It implements
// pgtype.DateScanner.
func (d *Date) ScanDate(v pgtype.Date) error {
	if !v.Valid {
		*d = Date{}
		return nil
	}
	if v.InfinityModifier != pgtype.Finite {
		return fmt.Errorf("registry: an infinite date cannot be a Date")
	}
	*d = dateFromUTC(v.Time)
	return nil
}

// DateValue gives the PostgreSQL date; the zero Date is NULL. It implements
// pgtype.DateValuer.
func (d Date) DateValue() (pgtype.Date, error) {
	if d.IsZero() {
		return pgtype.Date{}, nil
	}
	return pgtype.Date{Time: d.EPPTime(), Valid: true}, nil
}

// Years writes a number of years: "1 year", "2 years".
func Years(n int) string {
	if n == 1 {
		return "1 year"
	}
	return strconv.Itoa(n) + " years"
}
