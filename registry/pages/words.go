package pages

import (
	"strconv"

	"github.com/namekeep/namekeep/registry"
)

// functions are what templates may call beside the built-in ones.
var functions = map[string]any{
	"unicode": registry.ToUnicode,
	"idn":     func(name string) bool { return registry.ToUnicode(name) != name },
	"long":    longDate,
	"years":   yearsWord,
	"open":    undecided,
	"status":  statusWord,
}

// longDate writes a date for people: 1 June 2026.
func longDate(d registry.Date) string { return d.EPPTime().Format("2 January 2006") }

func yearsWord(n int) string {
	if n == 1 {
		return "1 year"
	}
	return strconv.Itoa(n) + " years"
}

// statusWord is the registration status as the pages show it.
func statusWord(l registry.RenewalLine) string {
	if l.Suspended {
		return "Suspended"
	}
	return string(l.Status)
}
