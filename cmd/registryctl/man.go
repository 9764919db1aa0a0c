package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// manCommand prints the manual page from the same declarations as --help.
type manCommand struct{}

func (c *manCommand) Run(s *session, k *kong.Kong) error {
	var b strings.Builder
	b.WriteString(".TH REGISTRYCTL 1 \"\" Namekeep \"Registry staff\"\n.SH NAME\nregistryctl \\- the registry staff's tool\n" +
		".SH SYNOPSIS\n.B registryctl\n[\\fIflags\\fR] \\fIcommand\\fR [\\fIarguments\\fR]\n.SH DESCRIPTION\n")
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
	manFlags(&b, k.Model.Flags)
	b.WriteString(".SH COMMANDS\n")
	manNodes(&b, k.Model.Node, "")
	b.WriteString(".SH FILES\n.TP\n.I demo/demo.json\nwhere a demo's register is\n")
	if s.g.JSON {
		return s.print(map[string]string{"man": b.String()}, nil)
	}
	_, err := io.WriteString(s.stdout, b.String())
	return err
}

// manNodes writes the commands below a node.
func manNodes(b *strings.Builder, n *kong.Node, path string) {
	for _, child := range n.Children {
		name := strings.TrimSpace(path + " " + child.Name)
		if !child.Leaf() {
			manExamples(b, name, child.Detail)
			manNodes(b, child, name)
			continue
		}
		use := name
		for _, arg := range child.Positional {
			use += " " + arg.Summary()
		}
		fmt.Fprintf(b, ".SS \"%s\"\n%s\n", roff(use), roff(child.Help))
		manFlags(b, child.Flags)
	}
}

// manExamples writes the text that --help of a noun shows.
func manExamples(b *strings.Builder, name, detail string) {
	if detail == "" {
		return
	}
	fmt.Fprintf(b, ".SS \"%s\"\n.nf\n", roff(name))
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
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, `"`, `\(dq`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
