package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/namekeep/namekeep/registry"
)

type changeCommands struct {
	List   changeList   `cmd:"" help:"List changes of registrants that wait for both parties, or did."`
	Show   changeShow   `cmd:"" help:"Show a change: the data before and after, and who has answered."`
	Decide changeDecide `cmd:"" help:"Decide a change in the place of both parties."`
	Cancel changeCancel `cmd:"" help:"Withdraw the change of a name or contact."`
}

// Help shows examples.
func (changeCommands) Help() string {
	return `  registryctl change list
  registryctl change list --state refused --tag ALPHA
  registryctl --reason "letters of both, 3 May" change decide 17 accept
  registryctl --reason "dispute 12/7" change decide 17 refuse --why "There is a dispute about the name."
  registryctl --reason "asked by ALPHA" change cancel shop.co.example`
}

type changeList struct {
	State  string `default:"pending" enum:"pending,done,refused,expired,cancelled,failed,all" help:"In this state; all for any."`
	Tag    string `help:"Asked for by this registrar."`
	Name   string `placeholder:"NAME" help:"Of this name, or contact."`
	Before int64  `placeholder:"NUMBER" help:"Changes before this one: the next page."`
	Limit  int    `default:"100" help:"How many."`
}

func (c *changeList) Run(s *session) error {
	if c.Limit < 1 || c.Limit > 100_000 {
		return usage("--limit: 1 to 100000")
	}
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	f := registry.ChangeFilter{TAG: c.Tag, Name: c.Name, Before: c.Before, Limit: c.Limit}
	if c.State != "all" {
		f.State = registry.ChangeState(c.State)
	}
	found, err := r.Changes(s.ctx, f)
	if err != nil {
		return err
	}
	views, rows := []changeView{}, [][]string{}
	for _, h := range found {
		v := viewChange(h)
		views = append(views, v)
		rows = append(rows, []string{strconv.FormatInt(v.Number, 10), v.Object, registry.ToUnicode(v.Name), v.Tag, v.State,
			h.Before.Name(), h.After.Name(), v.AnswerBy, v.answers()})
	}
	err = s.list(views, []string{"Number", "Of", "Name", "Tag", "State", "From", "To", "Answer by", "Answers"}, rows, "No changes.")
	if err == nil && len(found) == c.Limit {
		s.hint("There may be more: --before %d", found[len(found)-1].ID)
	}
	return err
}

type changeShow struct {
	Number int64 `arg:"" help:"Number of the change."`
}

func (c *changeShow) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	h, err := r.Change(s.ctx, c.Number)
	if err != nil {
		return err
	}
	return s.showChange(h)
}

type changeDecide struct {
	Number   int64  `arg:"" help:"Number of the change."`
	Decision string `arg:"" enum:"accept,refuse" help:"accept or refuse."`
	Why      string `placeholder:"TEXT" help:"What the registrar is told."`
}

func (c *changeDecide) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	h, err := r.Change(s.ctx, c.Number)
	if err != nil {
		return err
	}
	accept := c.Decision == "accept"
	question := "The change %d of %s is refused: everything stays as it is."
	if accept {
		question = "The change %d of %s is carried out, whatever its parties answered. They and the registrar are told."
	}
	err = s.confirm(question, h.ID, registry.ToUnicode(h.Name))
	if err != nil {
		return err
	}
	h, err = r.DecideChange(s.ctx, actor, c.Number, accept, c.Why)
	if err != nil {
		return err
	}
	return s.showChange(h)
}

type changeCancel struct {
	Name    string `arg:"" help:"Name, or with --contact the id of a contact."`
	Contact bool   `help:"It is a contact whose identity was to change."`
}

func (c *changeCancel) Run(s *session) error {
	object, name := registry.ObjectContact, c.Name
	if !c.Contact {
		var err error
		object = registry.ObjectDomain
		name, err = registry.ToASCII(c.Name)
		if err != nil {
			return err
		}
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	h, err := r.CancelChange(s.ctx, actor, object, name)
	if err != nil {
		return err
	}
	return s.showChange(h)
}

// changeView is a change in JSON.
type changeView struct {
	Number   int64            `json:"number"`
	Object   string           `json:"object"`
	Name     string           `json:"name"`
	Tag      string           `json:"tag"`
	State    string           `json:"state"`
	Names    []string         `json:"names"`
	More     int              `json:"more_names,omitempty"`
	Before   identityView     `json:"before"` // the initial data
	After    identityView     `json:"after"`
	Asked    time.Time        `json:"asked"`
	AnswerBy string           `json:"answer_by"`
	Ended    *time.Time       `json:"ended,omitempty"`
	Reason   string           `json:"reason,omitempty"`
	ClTRID   string           `json:"cltrid,omitempty"`
	SvTRID   string           `json:"svtrid,omitempty"`
	Parties  []changePartView `json:"parties"`
}

type identityView struct {
	Contact string                  `json:"contact"`
	Postal  []registry.IdentityName `json:"postal"`
	Email   string                  `json:"email"`
}

type changePartView struct {
	Side     string     `json:"side"`
	Email    string     `json:"email"`
	Answer   string     `json:"answer,omitempty"`
	Answered *time.Time `json:"answered,omitempty"`
}

func viewIdentity(i registry.Identity) identityView {
	return identityView{Contact: i.Handle, Postal: i.Postal, Email: i.Email}
}

// lines are the identity for people.
func (v identityView) lines() string {
	out := []string{v.Contact}
	for _, p := range v.Postal {
		out = append(out, p.Name, p.Org)
	}
	return strings.Join(nonEmpty(append(out, v.Email)), "\n")
}

func viewChange(h *registry.RegistrantChange) changeView {
	v := changeView{Number: h.ID, Object: string(h.Object), Name: h.Name, Tag: h.TAG, State: string(h.State), Names: h.Names,
		More: h.More, Before: viewIdentity(h.Before), After: viewIdentity(h.After), Asked: h.Asked, AnswerBy: h.LastDay.String(),
		Ended: optional(h.Ended), Reason: h.Reason, ClTRID: h.ClTRID, SvTRID: h.SvTRID}
	for _, p := range h.Parties {
		v.Parties = append(v.Parties, changePartView{Side: string(p.Side), Email: p.Email, Answer: string(p.Answer), Answered: optional(p.Answered)})
	}
	return v
}

// answers says in a few words who has answered.
func (v changeView) answers() string {
	var out []string
	for _, p := range v.Parties {
		if p.Answer != "" {
			out = append(out, p.Side+" "+p.Answer)
		}
	}
	return strings.Join(out, ", ")
}

func (s *session) showChange(h *registry.RegistrantChange) error {
	v := viewChange(h)
	return s.print(v, func() {
		ended := ""
		if v.Ended != nil {
			ended = clock(*v.Ended)
		}
		pairs := []string{"Change", strconv.FormatInt(v.Number, 10), "Of", v.Object + " " + registry.ToUnicode(v.Name), "Tag", v.Tag,
			"State", v.State, "Reason", v.Reason, "From (Initial data)", v.Before.lines(), "To", v.After.lines()}
		for _, p := range v.Parties {
			answer := "no answer yet"
			if p.Answered != nil {
				answer = p.Answer + " " + clock(*p.Answered)
			}
			pairs = append(pairs, "The "+p.Side+" one", fmt.Sprintf("%s: %s", p.Email, answer))
		}
		s.fields(append(pairs, "Asked", clock(v.Asked), "Answer by", v.AnswerBy, "Ended", ended, "Names", strings.Join(v.Names, "\n"),
			"clTRID", v.ClTRID, "svTRID", v.SvTRID)...)
		if v.More > 0 {
			s.hint("And %d more names.", v.More)
		}
	})
}
