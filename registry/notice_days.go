package registry

// ReminderDistance is how far before E a reminder list names a name.
type ReminderDistance struct {
	Key          string // of the payload: 0d, 15d, 2m
	Days, Months int
}

// ReminderDistances are those of the daily list, nearest first. Zero days is the
// day of expiry itself, the deletion reminder.
func ReminderDistances() []ReminderDistance {
	return []ReminderDistance{
		{Key: "0d"}, {Key: "1d", Days: 1}, {Key: "2d", Days: 2}, {Key: "3d", Days: 3}, {Key: "4d", Days: 4}, {Key: "5d", Days: 5},
		{Key: "15d", Days: 15}, {Key: "1m", Months: 1}, {Key: "2m", Months: 2}, {Key: "3m", Months: 3},
	}
}

// Day is the day on which a name with the expiry e is named at the distance.
// Months are counted back from E; where the month reached lacks the day, it is
// its last one: one month before 31 March is 28 February (29 in a leap year), as
// it is for 28, 29 and 30 March. Counted this way each name is named exactly
// once at each distance; counted forward from today, a name that expires on 31
// March would never be one month away.
func (d ReminderDistance) Day(e Date) Date { return e.AddMonths(-d.Months).AddDays(-d.Days) }

// Expiries are the dates of expiry that are at the distance on a day: one,
// several at the end of a short month, or none at the end of a long one.
func (d ReminderDistance) Expiries(day Date) []Date {
	if d.Months == 0 {
		return []Date{day.AddDays(d.Days)}
	}
	var out []Date
	first := NewDate(day.Year, day.Month, 1).AddMonths(d.Months)
	for e := first; e.Month == first.Month; e = e.AddDays(1) {
		if d.Day(e) == day {
			out = append(out, e)
		}
	}
	return out
}

// AdvanceListMonth returns the first and the last day of the month whose names
// the advance list of a day holds: on the 1st, the month three on (1 March:
// June). On any other day there is no list and ok is false.
func AdvanceListMonth(day Date) (first, last Date, ok bool) {
	if day.Day != 1 {
		return Date{}, Date{}, false
	}
	first = day.AddMonths(3)
	return first, first.AddMonths(1).AddDays(-1), true
}
