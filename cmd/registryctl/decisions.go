package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/namekeep/namekeep/registry"
)

type renewalRequest struct {
	Name string `arg:"" help:"The name."`
}

// Run asks the registrant of a name, on its registrar's word (N20).
func (c *renewalRequest) Run(s *session) error {
	name, err := registry.ToASCII(c.Name)
	if err != nil {
		return err
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	asked, err := r.RequestConfirmation(s.ctx, actor, name)
	if err != nil {
		return err
	}
	view := map[string]string{"name": asked.Name, "expires": asked.Expires.String(), "registrant": asked.Registrant, "valid_until": asked.ValidUntil.String()}
	return s.done(view, "The registrant of %s, %s, is sent an activation code that is valid until %s.", asked.Name, asked.Registrant, asked.ValidUntil)
}

type renewalDecisions struct {
	Tag   string `placeholder:"TAG" help:"Only of names on this tag."`
	All   bool   `help:"Also those that were acted on in the last 90 days."`
	After string `placeholder:"DATE,NAME" help:"Only after this line: the next page."`
	Limit int    `default:"100" help:"Lines at most."`
}

// decisionView is a decision in JSON.
type decisionView struct {
	Name    string    `json:"name"`
	Tag     string    `json:"tag"`
	Expires string    `json:"expires"`
	Period  string    `json:"period"` // the E that it is about
	Choice  string    `json:"choice"`
	Years   int       `json:"years,omitempty"`
	By      string    `json:"registrant"`
	Decided time.Time `json:"decided"`
	ByCode  bool      `json:"by_code,omitempty"`
	State   string    `json:"state"`
	Refused string    `json:"refused,omitempty"`
}

// Run lists what registrants decided (N10 to N21).
func (c *renewalDecisions) Run(s *session) error {
	after, err := lineCursor(c.After)
	if err != nil {
		return err
	}
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	if c.Tag != "" {
		_, err = r.Registrar(s.ctx, c.Tag) // a tag that is misspelt is not one without decisions
		if err != nil {
			return err
		}
	}
	list, err := r.Decisions(s.ctx, c.Tag, c.All, after, c.Limit)
	if err != nil {
		return err
	}
	views, rows := []decisionView{}, [][]string{}
	for _, l := range list {
		v := decisionView{Name: l.Name, Tag: l.Sponsor, Expires: l.Expires.String(), Period: l.Decision.Period.String(),
			Choice: string(l.Decision.Choice), Years: l.Decision.Years, By: l.Owner, Decided: l.Decision.Decided.UTC(),
			ByCode: l.Decision.ByCode, State: string(l.State), Refused: l.Decision.Refused}
		views = append(views, v)
		state := v.State
		if v.Refused != "" {
			state += ": " + v.Refused
		}
		rows = append(rows, []string{v.Period, v.Name, v.Tag, l.Decision.String(), v.By, clock(v.Decided), state})
	}
	return s.list(views, []string{"Period from", "Name", "Tag", "Decision", "Registrant", "Decided", "State"}, rows, "No decisions wait.")
}

// lineCursor reads DATE,NAME.
func lineCursor(text string) (registry.LineCursor, error) {
	if text == "" {
		return registry.LineCursor{}, nil
	}
	if len(text) < len(time.DateOnly)+2 || text[len(time.DateOnly)] != ',' {
		return registry.LineCursor{}, usage("--after: %q is not a date and a name, as in 2027-01-31,shop.co.example", text)
	}
	day, err := registry.ParseDate(text[:len(time.DateOnly)])
	if err != nil {
		return registry.LineCursor{}, usage("--after: %v", err)
	}
	return registry.LineCursor{Due: day, Name: text[len(time.DateOnly)+1:]}, nil
}

// decisionText is a decision in a line of "domain show".
func decisionText(d *registry.Decision, loc *time.Location) string {
	if d == nil {
		return ""
	}
	text := fmt.Sprintf("%s, by the registrant %s on %s", d, d.By, registry.DateOf(d.Decided, loc))
	if d.Refused != "" {
		text += "; not done at once: " + strconv.Quote(d.Refused)
	}
	return text
}
