package main

import (
	"time"

	"github.com/namekeep/namekeep/xml"
)

// jsonAnswer is an answer as --json prints it.
type jsonAnswer struct {
	Results   []jsonResult `json:"results,omitempty"`
	Message   *jsonMessage `json:"message,omitempty"`
	Data      []jsonNode   `json:"data,omitempty"`
	Extension []jsonNode   `json:"extension,omitempty"`
	Greeting  *jsonNode    `json:"greeting,omitempty"`
	ClTRID    string       `json:"clTRID,omitempty"`
	SvTRID    string       `json:"svTRID,omitempty"`
}

type jsonResult struct {
	Code   int         `json:"code"`
	Msg    string      `json:"msg"`
	Values []jsonValue `json:"values,omitempty"`
}

type jsonValue struct {
	Value  *jsonNode `json:"value,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

type jsonMessage struct {
	ID    string `json:"id,omitempty"`
	Count int    `json:"count"`
	QDate string `json:"qDate,omitempty"` // RFC 3339, UTC
	Msg   string `json:"msg,omitempty"`
}

// jsonNode is an element. The form is the same for all, so that a script
// need not care whether an element may be repeated.
type jsonNode struct {
	NS       string            `json:"ns"`
	Name     string            `json:"name"`
	Attrs    map[string]string `json:"attrs,omitempty"`
	Text     string            `json:"text,omitempty"`
	Children []jsonNode        `json:"children,omitempty"`
}

func toJSON(p *xml.ParsedResponse) jsonAnswer {
	a := jsonAnswer{ClTRID: p.ClTRID, SvTRID: p.SvTRID, Data: nodesJSON(p.ResData), Extension: nodesJSON(p.Ext), Greeting: nodeJSON(p.Greeting)}
	for _, r := range p.Results {
		result := jsonResult{Code: int(r.Code), Msg: r.Msg}
		for _, v := range r.Values {
			result.Values = append(result.Values, jsonValue{Value: nodeJSON(v.Value), Reason: v.Reason})
		}
		a.Results = append(a.Results, result)
	}
	if q := p.MsgQ; q != nil {
		a.Message = &jsonMessage{ID: q.ID, Count: q.Count, Msg: q.Msg}
		if !q.QDate.IsZero() {
			a.Message.QDate = q.QDate.UTC().Format(time.RFC3339Nano)
		}
	}
	return a
}

func nodesJSON(list []xml.Node) []jsonNode {
	var out []jsonNode
	for i := range list {
		out = append(out, *nodeJSON(&list[i]))
	}
	return out
}

func nodeJSON(n *xml.Node) *jsonNode {
	if n == nil {
		return nil
	}
	j := &jsonNode{NS: n.NS, Name: n.Tag, Text: n.Text, Children: nodesJSON(n.Children)}
	for _, a := range n.Attrs {
		if j.Attrs == nil {
			j.Attrs = map[string]string{}
		}
		j.Attrs[a.Key] = a.Value
	}
	return j
}
