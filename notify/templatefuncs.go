package notify

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/currency"
)

// functions are what templates may call besides the built-in ones.
func functions(id Identity) map[string]any {
	return map[string]any{
		"registry":    func() Identity { return id },
		"link":        id.link,
		"unsubscribe": id.unsubscribe,
		"both":        bothForms,
		"first":       firstNames,
		"rest":        restNames,
		"groups":      groupReminders,
		"years":       func(n int) string { return plural(n, "year") },
		"plural":      plural,
		"month":       monthName,
		"percent":     percent,
	}
}

// Long writes the date for people: 1 June 2026; "" for none.
func (d Date) Long() string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return t.Format("2 January 2006")
}

// valid accepts a date, or none.
func (d Date) valid() bool {
	_, err := time.Parse(time.DateOnly, string(d))
	return d == "" || err == nil
}

// String writes the amount with its decimals, as in "5.00 GBP".
func (a Amount) String() string {
	unit, err := currency.ParseISO(a.Currency)
	digits := 0
	if err == nil {
		digits, _ = currency.Standard.Rounding(unit)
	}
	sign, s := "", strconv.FormatInt(a.Minor, 10)
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	if digits > 0 {
		s = strings.Repeat("0", max(0, digits+1-len(s))) + s
		s = s[:len(s)-digits] + "." + s[len(s)-digits:]
	}
	return sign + s + " " + a.Currency
}

// percent writes basis points: 2000 is 20 %, 1750 is 17.5 %.
func percent(basisPoints int64) string {
	s := fmt.Sprintf("%d.%02d", basisPoints/100, basisPoints%100)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") + " %"
}

// bothForms shows a name for people: an internationalised one in Unicode and as
// A-label, any other as it is.
func bothForms(name string) string {
	shown := unicodeForm(name)
	if shown == name {
		return name
	}
	return shown + " (" + name + ")"
}

// unicodeForm decodes the A-labels of a name; a label that is none stays.
func unicodeForm(name string) string {
	labels := strings.Split(name, ".")
	for i, label := range labels {
		if !strings.HasPrefix(label, "xn--") {
			continue
		}
		if u, err := idna.Registration.ToUnicode(label); err == nil {
			labels[i] = u
		}
	}
	return strings.Join(labels, ".")
}

// maxListed is how many names a message lists in its text; the whole list is in
// the attachment.
const maxListed = 500

func firstNames(list []ExpiringName) []ExpiringName { return list[:min(len(list), maxListed)] }

func restNames(list []ExpiringName) int { return max(0, len(list)-maxListed) }

// reminderGroup is the names of one distance.
type reminderGroup struct {
	Distance string // in words: today, in 5 days, in 2 months
	Today    bool
	Names    []RemindedName
	Rest     int // names beyond the first maxListed of the message
}

// distances in the order in which they are listed.
var distances = []struct{ key, text string }{
	{"0d", "today"}, {"1d", "tomorrow"}, {"2d", "in 2 days"}, {"3d", "in 3 days"}, {"4d", "in 4 days"},
	{"5d", "in 5 days"}, {"15d", "in 15 days"}, {"1m", "in 1 month"}, {"2m", "in 2 months"}, {"3m", "in 3 months"},
}

// groupReminders sorts the names by distance, nearest first, in their order.
func groupReminders(list []RemindedName) []reminderGroup {
	var groups []reminderGroup
	listed := 0
	for _, d := range distances {
		g := reminderGroup{Distance: d.text, Today: d.key == "0d"}
		for _, n := range list {
			switch {
			case n.Distance != d.key:
			case listed < maxListed:
				g.Names = append(g.Names, n)
				listed++
			default:
				g.Rest++
			}
		}
		if len(g.Names)+g.Rest > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// monthName writes 2008-06 as June 2008.
func monthName(month string) string {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		return month
	}
	return t.Format("January 2006")
}

// oneLine makes a value fit for a header or a line: control characters and line
// and paragraph separators become blanks.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s))
}
