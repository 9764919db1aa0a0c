package notify

import (
	"encoding/json"
	"fmt"
	"io"
	texttemplate "text/template"
	"text/template/parse"
)

// checkSet carries out the templates of a notice with all its samples: as they
// are, for the escaping of HTML, and once more with every branch taken.
func checkSet(s *templateSet, kind Kind) error {
	texts := []*texttemplate.Template{s.text, s.text.Lookup("subject"), s.plainHTML}
	if s.letter != nil {
		texts = append(texts, s.letter)
	}
	for _, sample := range samples[kind] {
		encoded, err := json.Marshal(sample)
		if err != nil {
			return err
		}
		payload, err := decode(kind, encoded)
		if err != nil {
			return err
		}
		_, _, _, err = s.words(payload)
		if err != nil {
			return fmt.Errorf("templates: %w", err)
		}
		for _, t := range texts {
			err = executeAll(t, payload)
			if err != nil {
				return fmt.Errorf("templates: %w", err)
			}
		}
	}
	return nil
}

// executeAll carries out a template with both branches of every condition, in
// it and in those that it calls.
func executeAll(t *texttemplate.Template, payload any) error {
	all, err := t.Clone()
	if err != nil {
		return err
	}
	for _, part := range all.Templates() {
		if part.Tree == nil || part.Root == nil {
			continue
		}
		tree := part.Copy()
		takeBranches(tree.Root)
		_, err = all.AddParseTree(part.Name(), tree)
		if err != nil {
			return err
		}
	}
	return all.ExecuteTemplate(io.Discard, t.Name(), payload)
}

// takeBranches puts both branches of every condition behind it, one after the
// other. A condition that declares a variable stays as it is, for its branches
// use the variable; samples are all that tries them.
func takeBranches(list *parse.ListNode) {
	if list == nil {
		return
	}
	var nodes []parse.Node
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.IfNode:
			takeBranches(n.List)
			takeBranches(n.ElseList)
			if len(n.Pipe.Decl) > 0 {
				break
			}
			for _, branch := range []*parse.ListNode{n.List, n.ElseList} {
				if branch != nil {
					nodes = append(nodes, branch.Nodes...)
				}
			}
			only := n.Copy().(*parse.IfNode)
			only.List, only.ElseList = &parse.ListNode{NodeType: parse.NodeList}, nil
			node = only
		case *parse.RangeNode:
			takeBranches(n.List)
			takeBranches(n.ElseList)
		case *parse.WithNode:
			takeBranches(n.List)
			takeBranches(n.ElseList)
		}
		nodes = append(nodes, node)
	}
	list.Nodes = nodes
}
