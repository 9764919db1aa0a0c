package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/namekeep/namekeep/xml"
)

// output says in which form answers are printed.
type output struct {
	XML  bool `xor:"form" name:"xml" help:"Print answers as XML, indented."`
	JSON bool `xor:"form" name:"json" help:"Print answers as JSON, one object each."`
}

// show prints one answer or greeting.
func (o *output) show(w io.Writer, frame []byte) error {
	if o.XML {
		_, err := io.WriteString(w, indent(string(frame)))
		return err
	}
	p, err := xml.ParseResponse(frame)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, frame)
	}
	if o.JSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(toJSON(p))
	}
	_, err = io.WriteString(w, text(p))
	return err
}

// text is the readable form: result lines, then each payload as aligned
// fields, then the transaction identifiers.
func text(p *xml.ParsedResponse) string {
	var b strings.Builder
	if p.Greeting != nil {
		section(&b, p.Greeting)
		return b.String()
	}
	for _, r := range p.Results {
		fmt.Fprintf(&b, "%d %s\n", r.Code, printable(r.Msg))
		for _, v := range r.Values {
			var parts []string
			if v.Value != nil {
				parts = append(parts, strings.TrimSpace(v.Value.Tag+" "+flat(v.Value)))
			}
			if v.Reason != "" {
				parts = append(parts, printable(v.Reason))
			}
			fmt.Fprintf(&b, "     %s\n", strings.Join(parts, ": "))
		}
	}
	if q := p.MsgQ; q != nil {
		fmt.Fprintf(&b, "message %s, %d in the queue", printable(q.ID), q.Count)
		if !q.QDate.IsZero() {
			fmt.Fprintf(&b, ", %s", q.QDate.UTC().Format(time.RFC3339))
		}
		if q.Msg != "" {
			fmt.Fprintf(&b, ": %s", printable(q.Msg))
		}
		b.WriteByte('\n')
	}
	for i := range p.ResData {
		section(&b, &p.ResData[i])
	}
	for i := range p.Ext {
		section(&b, &p.Ext[i])
	}
	if p.ClTRID != "" {
		fmt.Fprintf(&b, "clTRID %s, ", printable(p.ClTRID))
	}
	fmt.Fprintf(&b, "svTRID %s\n", printable(p.SvTRID))
	return b.String()
}

// section prints a payload: a heading, then a table if its children are rows
// of one kind, otherwise aligned fields.
func section(b *strings.Builder, n *xml.Node) {
	heading := n.Tag
	switch prefix := xml.Prefix(n.NS); {
	case n.NS == xml.NSNotifications:
		heading = "notification " + n.Tag // its prefix says too little
	case prefix != "":
		heading = prefix + " " + n.Tag
	}
	b.WriteString(heading)
	if s := annotations(n); s != "" {
		b.WriteString(" " + s)
	}
	b.WriteByte('\n')
	if n.Text != "" && len(n.Children) == 0 {
		fmt.Fprintf(b, "  %s\n", printable(n.Text))
		return
	}
	if s, ok := asTable(n); ok {
		b.WriteString(s)
		return
	}
	var rows [][2]string
	for i := range n.Children {
		rows = fields(rows, "", &n.Children[i])
	}
	width := 0
	for _, row := range rows {
		width = max(width, len(row[0]))
	}
	for _, row := range rows {
		fmt.Fprintf(b, "  %-*s  %s\n", width, row[0], row[1])
	}
}

// fields appends a line for each leaf below n: its path and its value.
func fields(rows [][2]string, path string, n *xml.Node) [][2]string {
	name := path + n.Tag
	if len(n.Children) == 0 {
		return append(rows, [2]string{name, flat(n)})
	}
	if s := annotations(n); s != "" || n.Text != "" {
		rows = append(rows, [2]string{name, flat(n)})
	}
	for i := range n.Children {
		rows = fields(rows, name+".", &n.Children[i])
	}
	return rows
}

// flat is a node's own text and attributes in one line. A status is known by
// its s attribute.
func flat(n *xml.Node) string {
	parts := make([]string, 0, 3)
	for _, a := range n.Attrs {
		if a.Key == "s" {
			parts = append(parts, printable(a.Value))
		}
	}
	if n.Text != "" {
		parts = append(parts, printable(n.Text))
	}
	if s := annotations(n); s != "" {
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

// annotations are a node's attributes but s, in brackets.
func annotations(n *xml.Node) string {
	var parts []string
	for _, a := range n.Attrs {
		if a.Key != "s" {
			parts = append(parts, printable(a.Key+"="+a.Value))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// asTable prints children that are rows: more than one level, all of one tag,
// as the answer to a check has. It returns false if they are not.
func asTable(n *xml.Node) (string, bool) {
	if len(n.Children) == 0 || len(n.Children[0].Children) == 0 {
		return "", false
	}
	var columns []string
	column := map[string]int{}
	var cells []map[string]string
	add := func(row map[string]string, name, value string) {
		if _, known := column[name]; !known {
			column[name] = len(columns)
			columns = append(columns, name)
		}
		if row[name] != "" {
			value = row[name] + " " + value
		}
		row[name] = value
	}
	for i := range n.Children {
		child := &n.Children[i]
		if child.Tag != n.Children[0].Tag {
			return "", false
		}
		row := map[string]string{}
		for j := range child.Children {
			leaf := &child.Children[j]
			if len(leaf.Children) > 0 {
				return "", false
			}
			add(row, leaf.Tag, printable(leaf.Text))
			for _, a := range leaf.Attrs {
				add(row, a.Key, printable(a.Value))
			}
		}
		cells = append(cells, row)
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	head := make(table.Row, len(columns))
	for i, name := range columns {
		head[i] = name
	}
	t.Style().Format.Header = 0
	t.AppendHeader(head)
	for _, row := range cells {
		line := make(table.Row, len(columns))
		for i, name := range columns {
			line[i] = row[name]
		}
		t.AppendRow(line)
	}
	return t.Render() + "\n", true
}

// printable replaces control characters: an answer holds other people's data,
// and a terminal obeys escape sequences.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return ' '
		}
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return '\ufffd'
		}
		return r
	}, s)
}
