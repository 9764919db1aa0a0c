package scenario

import (
	"fmt"
	"html"
	"strings"

	"github.com/namekeep/namekeep/registry"
)

// Rows are the time line as a table, with its head.
func (t Timeline) Rows() (head []string, rows [][]string) {
	head = []string{"Date", "Day", "What happens", "Expires", "Registration status"}
	for _, e := range t.Events {
		expires, status := e.Expires.String(), string(e.Status)
		switch {
		case e.Expires.IsZero():
			expires, status = "-", "free to be registered"
		case e.Out && t.Scenario.Profile != registry.ProfileGTLD:
			status += ", suspended"
		}
		rows = append(rows, []string{e.Day.String(), distance(e), e.What, expires, status})
	}
	return head, rows
}

// distance is the day counted from the first E, as the rules count.
func distance(e Event) string {
	switch n := e.Day.Sub(e.Period); {
	case n > 0:
		return fmt.Sprintf("E+%d", n)
	case n < 0:
		return fmt.Sprintf("E%d", n)
	}
	return "E"
}

// Markdown writes the table as Markdown.
func (t Timeline) Markdown() string {
	head, rows := t.Rows()
	var b strings.Builder
	b.WriteString("| " + strings.Join(head, " | ") + " |\n|" + strings.Repeat(" --- |", len(head)) + "\n")
	for _, row := range rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	return b.String()
}

// Measures of the picture, in pixels.
const (
	svgWidth = 960
	svgLeft  = 40
	svgBar   = 46
	svgRow   = 24
)

// stateColour is the colour of the bar while the name is in a state.
func stateColour(e Event) string {
	switch {
	case e.Expires.IsZero():
		return "#d9d9d9"
	case e.Out:
		return "#c0392b"
	case e.Status == registry.RenewalRequired:
		return "#e39b2d"
	case e.Status == registry.RenewalBeingProcessed:
		return "#4a7fb5"
	case e.Status == registry.NoLongerRequired:
		return "#9a86b8"
	default:
		return "#4f9d69"
	}
}

// SVG draws the time line: a bar whose colour is the state of the name, and
// below it the events with their days.
func (t Timeline) SVG() string {
	s := t.Scenario
	span := float64(max(s.Until.Sub(s.From), 1))
	x := func(d registry.Date) float64 { return svgLeft + float64(d.Sub(s.From))/span*(svgWidth-2*svgLeft) }
	height := svgBar + 60 + svgRow*len(t.Events)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13" role="img">`+"\n", svgWidth, height)
	fmt.Fprintf(&b, "<title>%s</title>\n<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", html.EscapeString(s.Title), svgWidth, height)
	fmt.Fprintf(&b, `<text x="%d" y="20" font-weight="bold">%s</text>`+"\n", svgLeft, html.EscapeString(s.Title))
	from, colour := s.From, "#4f9d69"
	bar := func(to registry.Date) {
		if to.After(from) {
			fmt.Fprintf(&b, `<rect x="%.1f" y="32" width="%.1f" height="16" fill="%s"/>`+"\n", x(from), x(to)-x(from), colour)
		}
		from = to
	}
	// The status also changes with the calendar: the day after E, unless covered.
	expires := s.Expires
	for _, e := range append(t.Events, Event{Day: s.Until, Expires: registry.Date{}}) {
		late := expires.AddDays(1)
		if colour == "#4f9d69" && !late.Before(from) && e.Day.After(late) && !expires.IsZero() {
			bar(late)
			colour = "#e39b2d"
		}
		bar(e.Day)
		colour, expires = stateColour(e), e.Expires
	}
	fmt.Fprintf(&b, `<line x1="%.1f" y1="28" x2="%.1f" y2="52" stroke="#222" stroke-width="2"/><text x="%.1f" y="66" text-anchor="end">E</text>`+"\n",
		x(s.Expires), x(s.Expires), x(s.Expires)-4)
	for i, e := range t.Events {
		y := svgBar + 40 + svgRow*i
		fmt.Fprintf(&b, `<path d="M%.1f 48 V%d" stroke="#999" fill="none"/><circle cx="%.1f" cy="%d" r="4" fill="%s"/>`+"\n", x(e.Day), y-4, x(e.Day), y-4, stateColour(e))
		label, anchor, at := fmt.Sprintf("%s (%s) %s", e.Day, distance(e), e.What), "start", x(e.Day)+9
		if x(e.Day) > svgWidth/2 {
			anchor, at = "end", x(e.Day)-9
		}
		weight := "normal"
		if e.By {
			weight = "bold"
		}
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="%s" font-weight="%s" stroke="#fff" stroke-width="3" paint-order="stroke">%s</text>`+"\n", at, y, anchor, weight, html.EscapeString(label))
	}
	b.WriteString("</svg>\n")
	return b.String()
}
