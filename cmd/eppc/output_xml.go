package main

import (
	"regexp"
	"strings"
)

// markup finds tags, comments, CDATA and the declaration, so that indent can
// put them on lines. The text between them is left as it is.
var markup = regexp.MustCompile(`(?s)<!--.*?-->|<!\[CDATA\[.*?\]\]>|<[^>]*>`)

// indent puts each element of a frame on a line of its own, an element that
// holds only text on one. It changes nothing but white space between tags.
func indent(frame string) string {
	var b strings.Builder
	depth, onLine := 0, false // onLine: a start tag or its text is on the line
	line := func(s string) {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.Repeat("  ", max(depth, 0)))
		b.WriteString(s)
	}
	pos := 0
	for _, m := range markup.FindAllStringIndex(frame, -1) {
		between, tag := frame[pos:m[0]], frame[m[0]:m[1]]
		pos = m[1]
		if strings.TrimSpace(between) != "" {
			b.WriteString(strings.ReplaceAll(between, "\x1b", "\ufffd"))
		}
		switch {
		case strings.HasPrefix(tag, "<![CDATA["):
			b.WriteString(tag)
		case strings.HasPrefix(tag, "</"):
			depth--
			if onLine {
				b.WriteString(tag)
			} else {
				line(tag)
			}
			onLine = false
		case strings.HasPrefix(tag, "<?"), strings.HasPrefix(tag, "<!"), strings.HasSuffix(tag, "/>"):
			line(tag)
			onLine = false
		default:
			line(tag)
			depth++
			onLine = true
		}
	}
	b.WriteString(strings.TrimSpace(frame[pos:]))
	b.WriteByte('\n')
	return b.String()
}
