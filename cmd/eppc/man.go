package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// manCommand prints the manual page from the same declarations as --help.
type manCommand struct{}

func (c *manCommand) Run(s *session, k *kong.Kong) error {
	var b strings.Builder
	app := k.Model
	b.WriteString(".TH EPPC 1 \"\" Namekeep \"User commands\"\n.SH NAME\neppc \\- EPP client for people and scripts\n")
	b.WriteString(".SH SYNOPSIS\n.B eppc\n[\\fIflags\\fR] \\fIcommand\\fR [\\fIarguments\\fR]\n.SH DESCRIPTION\n")
	for line := range strings.Lines(description) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "":
			b.WriteString(".PP\n")
		case strings.HasPrefix(line, "  "):
			fmt.Fprintf(&b, ".nf\n%s\n.fi\n", roff(line))
		default:
			b.WriteString(roff(line) + "\n")
		}
	}
	b.WriteString(".SH OPTIONS\n")
	manFlags(&b, app.Flags)
	b.WriteString(".SH COMMANDS\n")
	manNodes(&b, app.Node, "")
	b.WriteString(".SH FILES\n.TP\n.I demo/demo.json\nhow to reach a demo\n.TP\n.I $XDG_STATE_HOME/eppc/history\nor the same below the user's cache directory: lines typed in the shell\n")
	_, err := fmt.Fprint(s.stdout, b.String())
	return err
}

// manNodes writes the commands below a node.
func manNodes(b *strings.Builder, n *kong.Node, path string) {
	for _, child := range n.Children {
		name := strings.TrimSpace(path + " " + child.Name)
		if len(child.Children) > 0 {
			if child.Detail != "" {
				fmt.Fprintf(b, ".SS \"%s\"\n", roff(name))
				manExamples(b, child.Detail)
			}
			manNodes(b, child, name)
			continue
		}
		usage := name
		for _, arg := range child.Positional {
			usage += " " + arg.Summary()
		}
		fmt.Fprintf(b, ".SS \"%s\"\n%s\n", roff(usage), roff(child.Help))
		manFlags(b, child.Flags)
		manExamples(b, child.Detail)
	}
}

// manExamples writes the examples that --help of a command shows.
func manExamples(b *strings.Builder, detail string) {
	if detail == "" {
		return
	}
	b.WriteString(".PP\n.nf\n")
	for line := range strings.Lines(detail) {
		b.WriteString(roff(strings.TrimRight(line, "\n")) + "\n")
	}
	b.WriteString(".fi\n")
}

func manFlags(b *strings.Builder, flags []*kong.Flag) {
	for _, flag := range flags {
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(flag.String()), roff(flag.Help))
		if len(flag.Envs) > 0 {
			fmt.Fprintf(b, "Environment: %s.\n", roff(strings.Join(flag.Envs, ", ")))
		}
	}
}

// roff escapes text for the manual page.
func roff(s string) string {
	s = strings.ReplaceAll(s, `\`, `\e`)
	s = strings.ReplaceAll(s, "-", `\-`)
	s = strings.ReplaceAll(s, `"`, `\(dq`)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
