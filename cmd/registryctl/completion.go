package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// completionCommand prints a script made from the same declarations as --help.
type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

func (c *completionCommand) Run(s *session, k *kong.Kong) error {
	nodes := completionNodes(k.Model.Node, "")
	var b strings.Builder
	switch c.Shell {
	case "bash":
		bashCompletion(&b, nodes)
	case "zsh":
		zshCompletion(&b, nodes)
	case "fish":
		fishCompletion(&b, nodes)
	}
	if s.g.JSON {
		return s.print(map[string]string{"shell": c.Shell, "script": b.String()}, nil)
	}
	_, err := io.WriteString(s.stdout, b.String())
	return err
}

// completionNode is a place in the grammar and what may follow there.
type completionNode struct {
	path  string // "registrar create"
	words []completionWord
}

type completionWord struct{ text, help string }

func completionNodes(n *kong.Node, path string) []completionNode {
	node := completionNode{path: path}
	for _, child := range n.Children {
		node.words = append(node.words, completionWord{child.Name, child.Help})
	}
	for _, group := range n.AllFlags(true) {
		for _, f := range group {
			node.words = append(node.words, completionWord{"--" + f.Name, f.Help})
		}
	}
	if n.Leaf() {
		for _, arg := range n.Positional {
			for _, v := range arg.EnumSlice() {
				if v != "" {
					node.words = append(node.words, completionWord{v, arg.Help})
				}
			}
		}
	}
	list := []completionNode{node}
	for _, child := range n.Children {
		list = append(list, completionNodes(child, strings.TrimSpace(path+" "+child.Name))...)
	}
	return list
}

// walkPath is shell code, the same in bash and zsh, that follows the words
// typed so far through the grammar.
func walkPath(b *strings.Builder, nodes []completionNode, words string) {
	fmt.Fprintf(b, "  local path=\"\" word\n  for word in %s; do\n    case \"$path $word\" in\n", words)
	for _, n := range nodes {
		if n.path != "" {
			parent, last := "", n.path
			if i := strings.LastIndexByte(n.path, ' '); i >= 0 {
				parent, last = n.path[:i], n.path[i+1:]
			}
			fmt.Fprintf(b, "      %q) path=%q ;;\n", parent+" "+last, n.path)
		}
	}
	b.WriteString("    esac\n  done\n")
}

func bashCompletion(b *strings.Builder, nodes []completionNode) {
	b.WriteString("# bash completion of registryctl: source <(registryctl completion bash)\n_registryctl() {\n")
	walkPath(b, nodes, `"${COMP_WORDS[@]:1:COMP_CWORD-1}"`)
	b.WriteString("  local words=\"\"\n  case \"$path\" in\n")
	for _, n := range nodes {
		fmt.Fprintf(b, "    %q) words=%q ;;\n", n.path, wordList(n))
	}
	b.WriteString("  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n" +
		"complete -o default -F _registryctl registryctl\n")
}

func zshCompletion(b *strings.Builder, nodes []completionNode) {
	b.WriteString("#compdef registryctl\n# zsh completion: put it as _registryctl into a folder of $fpath\n_registryctl() {\n")
	walkPath(b, nodes, `"${(@)words[2,CURRENT-1]}"`)
	b.WriteString("  local -a choices\n  case \"$path\" in\n")
	for _, n := range nodes {
		fmt.Fprintf(b, "    %q) choices=(", n.path)
		for _, w := range n.words {
			fmt.Fprintf(b, " %s", singleQuoted(w.text+":"+w.help))
		}
		b.WriteString(" ) ;;\n")
	}
	b.WriteString("  esac\n  _describe command choices || _files\n}\ncompdef _registryctl registryctl\n")
}

func fishCompletion(b *strings.Builder, nodes []completionNode) {
	b.WriteString("# fish completion: put it as registryctl.fish into ~/.config/fish/completions\n" +
		"function __registryctl_path\n    set -l path \"\"\n    for word in (commandline -opc)[2..-1]\n        switch \"$path $word\"\n")
	for _, n := range nodes {
		if n.path != "" {
			parent, last := "", n.path
			if i := strings.LastIndexByte(n.path, ' '); i >= 0 {
				parent, last = n.path[:i], n.path[i+1:]
			}
			fmt.Fprintf(b, "            case '%s'\n                set path '%s'\n", parent+" "+last, n.path)
		}
	}
	b.WriteString("        end\n    end\n    echo -- $path\nend\n")
	for _, n := range nodes {
		for _, w := range n.words {
			kind := "-a"
			text := w.text
			if name, ok := strings.CutPrefix(w.text, "--"); ok {
				kind, text = "-l", name
			}
			fmt.Fprintf(b, "complete -c registryctl -n 'test (__registryctl_path) = \"%s\"' %s %s -d %s\n",
				n.path, kind, singleQuoted(text), singleQuoted(w.help))
		}
	}
}

func wordList(n completionNode) string {
	texts := make([]string, len(n.words))
	for i, w := range n.words {
		texts[i] = w.text
	}
	return strings.Join(texts, " ")
}

// singleQuoted quotes for all three shells; a quote inside becomes a typographic
// one, for help texts are for people.
func singleQuoted(s string) string {
	return "'" + strings.ReplaceAll(s, "'", "’") + "'"
}
