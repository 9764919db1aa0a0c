package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/namekeep/namekeep/registry"
)

// print shows a result: as JSON with --json, for people otherwise.
func (s *session) print(v any, people func()) error {
	if !s.g.JSON {
		people()
		return nil
	}
	e := json.NewEncoder(s.stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// done shows the result of a change.
func (s *session) done(v any, format string, args ...any) error {
	return s.print(v, func() { fmt.Fprintf(s.stdout, format+"\n", args...) })
}

// list shows rows under headings.
func (s *session) list(v any, header []string, rows [][]string, none string) error {
	return s.print(v, func() {
		if len(rows) == 0 {
			fmt.Fprintln(s.stdout, none)
			return
		}
		s.table(header, rows)
	})
}

// hint is a word to people beside the result.
func (s *session) hint(format string, args ...any) {
	if !s.g.JSON {
		fmt.Fprintf(s.stderr, format+"\n", args...)
	}
}

// table shows rows under headings, for people.
func (s *session) table(header []string, rows [][]string) {
	t := table.NewWriter()
	t.SetStyle(plainStyle)
	t.AppendHeader(row(header))
	for _, r := range rows {
		t.AppendRow(row(r))
	}
	// Trailing blanks serve nobody.
	for line := range strings.Lines(t.Render() + "\n") {
		fmt.Fprintln(s.stdout, strings.TrimRight(line, " \n"))
	}
}

// fields shows one object, a line for each field that has a value.
func (s *session) fields(pairs ...string) {
	width := 0
	for i := 0; i < len(pairs); i += 2 {
		width = max(width, len(pairs[i]))
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		for j, line := range strings.Split(pairs[i+1], "\n") {
			switch {
			case line == "":
			case j == 0:
				fmt.Fprintf(s.stdout, "%-*s  %s\n", width, pairs[i], line)
			default:
				fmt.Fprintf(s.stdout, "%-*s  %s\n", width, "", line)
			}
		}
	}
}

var plainStyle = func() table.Style {
	st := table.StyleDefault
	st.Options = table.Options{SeparateHeader: false}
	st.Box.PaddingLeft, st.Box.PaddingRight = "", "  "
	return st
}()

func row(cells []string) table.Row {
	r := make(table.Row, len(cells))
	for i, c := range cells {
		r[i] = c
	}
	return r
}

// clock writes an instant for people, in UTC; "" for none.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// optional is a time that JSON leaves out when there is none.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}

// yesNo is empty for false.
func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// day is a civil date on the command line.
type day registry.Date

// UnmarshalText reads YYYY-MM-DD; wrong text is wrong usage.
func (d *day) UnmarshalText(text []byte) error {
	v, err := registry.ParseDate(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a date: YYYY-MM-DD", text)
	}
	*d = day(v)
	return nil
}

func (d day) date() registry.Date { return registry.Date(d) }

func join[T ~string](list []T, separator string) string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return strings.Join(out, separator)
}
