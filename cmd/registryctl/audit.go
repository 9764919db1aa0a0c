package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/namekeep/namekeep/registry"
)

type auditCommands struct {
	List   auditList   `cmd:"" help:"List changes, the latest first."`
	Verify auditVerify `cmd:"" help:"Recompute the chain of hashes over history and ledger; any row edited, removed or slipped in is a failure."`
	Head   auditHead   `cmd:"" help:"Print the last block's number and hash, to be kept elsewhere."`
	Seal   auditSeal   `cmd:"" help:"Seal what is not sealed yet, as a server does every minute."`
}

// historyFlags choose entries of the history.
type historyFlags struct {
	Since  day   `placeholder:"DATE" help:"From this day on."`
	Until  day   `placeholder:"DATE" help:"Up to and with this day."`
	Before int64 `placeholder:"ID" help:"Entries older than this one: the next page."`
	Limit  int   `default:"50" help:"How many."`
}

func (f historyFlags) filter(r *registry.Registry) (registry.HistoryFilter, error) {
	if f.Limit < 1 || f.Limit > 10_000 {
		return registry.HistoryFilter{}, usage("--limit: 1 to 10000")
	}
	h := registry.HistoryFilter{Before: f.Before, Limit: f.Limit}
	if d := f.Since.date(); !d.IsZero() {
		h.Since = d.Start(r.Location())
	}
	if d := f.Until.date(); !d.IsZero() {
		h.Until = d.Midnight(r.Location())
	}
	return h, nil
}

type auditList struct {
	Object string `placeholder:"KIND" help:"domain, contact, host, registrar, zone, price or user."`
	Name   string `help:"Name of the object."`
	Action string `help:"What was done, such as create."`
	Tag    string `help:"Registrar who did it."`
	Staff  string `help:"Staff user who did it."`
	SvTRID string `name:"svtrid" help:"The server's transaction identifier."`
	historyFlags
}

func (c *auditList) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	f, err := c.filter(r)
	if err != nil {
		return err
	}
	f.Object, f.Name, f.Action, f.TAG, f.Staff, f.SvTRID = c.Object, c.Name, c.Action, c.Tag, c.Staff, c.SvTRID
	list, err := r.History(s.ctx, f)
	if err != nil {
		return err
	}
	return s.listHistory(list, f.Limit)
}

type historyView struct {
	ID      int64           `json:"id"`
	At      time.Time       `json:"at"`
	Object  string          `json:"object"`
	Name    string          `json:"name"`
	Action  string          `json:"action"`
	Tag     string          `json:"tag,omitempty"`
	Staff   string          `json:"staff,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	ClTRID  string          `json:"cltrid,omitempty"`
	SvTRID  string          `json:"svtrid,omitempty"`
	Changes json.RawMessage `json:"changes,omitempty"`
}

func viewHistory(e registry.HistoryEntry) historyView {
	return historyView{e.ID, e.At, e.Object, e.Name, e.Action, e.TAG, e.Staff, e.Reason, e.ClTRID, e.SvTRID, e.Changes}
}

func (s *session) listHistory(list []registry.HistoryEntry, limit int) error {
	views, rows := []historyView{}, [][]string{}
	for _, e := range list {
		views = append(views, viewHistory(e))
		what := changeText(e.Changes)
		if e.Reason != "" {
			what = strings.TrimPrefix(what+"; because: "+e.Reason, "; ")
		}
		rows = append(rows, []string{clock(e.At), e.Actor(), e.Object + " " + e.Name, e.Action, what})
	}
	err := s.list(views, []string{"When", "Who", "Object", "Action", "What"}, rows, "Nothing.")
	if err == nil && len(list) == limit {
		s.hint("There may be more: --before %d", list[len(list)-1].ID)
	}
	return err
}

// maxChangeText is how much of one field's change a table shows.
const maxChangeText = 60

// changeText writes changes in one line: field: before → after.
func changeText(raw json.RawMessage) string {
	var fields map[string][2]any
	if len(raw) == 0 || json.Unmarshal(raw, &fields) != nil {
		return ""
	}
	var parts []string
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		before, after := plain(fields[field][0]), plain(fields[field][1])
		switch {
		case before == "":
			parts = append(parts, field+": "+after)
		default:
			parts = append(parts, field+": "+before+" → "+after)
		}
	}
	return strings.Join(parts, ", ")
}

// plain writes a JSON value for people.
func plain(v any) string {
	text := ""
	switch v := v.(type) {
	case nil:
	case string:
		text = v
	case []any:
		var items []string
		for _, x := range v {
			items = append(items, plain(x))
		}
		text = strings.Join(items, " ")
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return "?"
		}
		text = string(b)
	}
	if r := []rune(text); len(r) > maxChangeText {
		text = string(r[:maxChangeText]) + "…"
	}
	return text
}
