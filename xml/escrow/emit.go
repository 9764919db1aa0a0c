package escrow

import (
	"bufio"
	stdxml "encoding/xml"
	"io"
	"strconv"
	"time"
)

// emitter writes elements. The first failure of writing sticks to the buffer
// and is returned by Writer.Close.
type emitter struct {
	w     *bufio.Writer
	depth int
}

func newEmitter(w io.Writer) *emitter { return &emitter{w: bufio.NewWriterSize(w, 64<<10)} }

func (e *emitter) raw(text string) { _, _ = e.w.WriteString(text) } // sticky

func (e *emitter) indent() {
	for range e.depth {
		e.raw("  ")
	}
}

// escape writes character data or an attribute's value.
func (e *emitter) escape(text string) {
	_ = stdxml.EscapeText(e.w, []byte(text)) // the error is the buffer's own
}

func (e *emitter) tag(name string, attrs []string) {
	e.indent()
	e.raw("<")
	e.raw(name)
	for i := 0; i+1 < len(attrs); i += 2 {
		e.raw(" " + attrs[i] + `="`)
		e.escape(attrs[i+1])
		e.raw(`"`)
	}
}

// open begins an element; attrs are names and values in turn.
func (e *emitter) open(name string, attrs ...string) {
	e.tag(name, attrs)
	e.raw(">\n")
	e.depth++
}

func (e *emitter) close(name string) {
	e.depth--
	e.indent()
	e.raw("</" + name + ">\n")
}

// text writes an element with character data.
func (e *emitter) text(name, text string, attrs ...string) {
	e.tag(name, attrs)
	e.raw(">")
	e.escape(text)
	e.raw("</" + name + ">\n")
}

// empty writes an element without content.
func (e *emitter) empty(name string, attrs ...string) {
	e.tag(name, attrs)
	e.raw("/>\n")
}

// optional writes an element unless its text is empty.
func (e *emitter) optional(name, text string, attrs ...string) {
	if text != "" {
		e.text(name, text, attrs...)
	}
}

func (e *emitter) number(name string, n int) { e.text(name, strconv.Itoa(n)) }

// time writes an instant, or nothing for the zero one.
func (e *emitter) time(name string, at time.Time) {
	if !at.IsZero() {
		e.text(name, FormatTime(at))
	}
}

// FormatTime writes an instant as deposits have it: UTC, with no more digits of
// a second than it has.
func FormatTime(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }
