package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/namekeep/namekeep/notify"
	"github.com/namekeep/namekeep/registry"
)

type outboxCommands struct {
	List    outboxList    `cmd:"" help:"List messages, newest first."`
	Show    outboxShow    `cmd:"" help:"Show one message; links and codes stay hidden."`
	Retry   outboxRetry   `cmd:"" help:"Try failed messages again."`
	Preview outboxPreview `cmd:"" help:"Show any notice without sending it."`
}

// Help shows examples.
func (outboxCommands) Help() string {
	return `  registryctl outbox list --state failed
  registryctl outbox show 17
  registryctl outbox retry 17 18
  registryctl outbox preview pro-forma --name shop.co.example --out preview`
}

type outboxList struct {
	State  string `enum:"waiting,sent,failed," default:"" placeholder:"STATE" help:"Only waiting, sent or failed."`
	Kind   string `placeholder:"KIND" help:"Only this notice."`
	To     string `placeholder:"ADDRESS" help:"Only to this address."`
	Name   string `placeholder:"NAME" help:"Only about this domain name."`
	Tag    string `placeholder:"TAG" help:"Only of this tag."`
	Before int64  `placeholder:"ID" help:"Only older than this one: the next page."`
	Limit  int    `default:"100" help:"Messages at most."`
}

// messageView is a message in JSON.
type messageView struct {
	ID        int64           `json:"id"`
	Kind      string          `json:"kind"`
	To        string          `json:"to"`
	Tag       string          `json:"tag,omitempty"`
	Name      string          `json:"name,omitempty"`
	State     notify.State    `json:"state"`
	Created   time.Time       `json:"created"`
	Due       *time.Time      `json:"due,omitempty"`
	Settled   *time.Time      `json:"settled,omitempty"`
	Attempts  int             `json:"attempts"`
	MessageID string          `json:"message_id,omitempty"`
	SMTPCode  int             `json:"smtp_code,omitempty"`
	Error     string          `json:"error,omitempty"`
	Payload   json.RawMessage `json:"payload,omitempty"`
}

func viewMessage(q notify.Queued) messageView {
	return messageView{q.ID, q.Kind, q.To, q.TAG, q.Name, q.State, q.Created.UTC(), optional(q.Due), optional(q.Settled), q.Attempts,
		q.MessageID, q.SMTPCode, q.Error, q.Payload}
}

func (c *outboxList) Run(s *session) error {
	_, _, err := s.staff()
	if err != nil {
		return err
	}
	name := ""
	if c.Name != "" {
		name, err = registry.ToASCII(c.Name)
		if err != nil {
			return err
		}
	}
	list, err := notify.ListOutbox(s.ctx, s.db, notify.OutboxFilter{State: notify.State(c.State), Kind: c.Kind, To: c.To,
		Name: name, TAG: c.Tag, Before: c.Before, Limit: c.Limit})
	if err != nil {
		return err
	}
	views, rows := []messageView{}, [][]string{}
	for _, q := range list {
		views = append(views, viewMessage(q))
		rows = append(rows, []string{strconv.FormatInt(q.ID, 10), q.Kind, q.To, string(q.State), clock(q.Created), strconv.Itoa(q.Attempts), shorten(q.Error)})
	}
	return s.list(views, []string{"ID", "Notice", "To", "State", "Created", "Attempts", "Error"}, rows, "No messages.")
}

// shorten cuts an error for a table; show has the whole of it.
func shorten(text string) string {
	if r := []rune(text); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return text
}

type outboxShow struct {
	ID int64 `arg:"" help:"Number of the message."`
}

func (c *outboxShow) Run(s *session) error {
	_, _, err := s.staff()
	if err != nil {
		return err
	}
	q, err := notify.ShowOutbox(s.ctx, s.db, c.ID)
	if errors.Is(err, notify.ErrNoMessage) {
		return registry.Refuse(registry.KindNotFound, "", "There is no message %d.", c.ID)
	}
	if err != nil {
		return err
	}
	var text string
	if t, err := s.templates(); err == nil {
		m, err := t.PreviewOutbox(q)
		if err == nil {
			text = "\n" + m.Subject + "\n\n" + m.Text
		}
	}
	return s.print(viewMessage(q), func() {
		code := ""
		if q.SMTPCode != 0 {
			code = strconv.Itoa(q.SMTPCode)
		}
		s.fields("Notice", q.Kind, "To", q.To, "Tag", q.TAG, "Name", q.Name, "State", string(q.State), "Created", clock(q.Created),
			"Next attempt", clock(q.Due), "Settled", clock(q.Settled), "Attempts", strconv.Itoa(q.Attempts),
			"Message-ID", q.MessageID, "SMTP code", code, "Error", q.Error)
		fmt.Fprint(s.stdout, text)
	})
}

type outboxRetry struct {
	ID  []int64 `arg:"" optional:"" help:"Numbers of messages."`
	All bool    `help:"All that failed."`
}

func (c *outboxRetry) Run(s *session) error {
	if c.All == (len(c.ID) > 0) {
		return usage("give numbers of messages, or --all")
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	if c.All {
		err = s.confirm("All failed messages will be tried again.")
		if err != nil {
			return err
		}
	}
	n, err := r.RetryMessages(s.ctx, actor, c.ID, time.Now())
	if err != nil {
		return err
	}
	return s.done(map[string]int64{"retried": n}, "%d to be tried again.", n)
}

// templates loads the texts of the notices; without an [identity] in the
// configuration the registry is called by an example.
func (s *session) templates() (*notify.Templates, error) {
	cfg, err := s.config()
	if err != nil {
		return nil, err
	}
	if cfg.Identity.Email == "" && cfg.Identity.URL == "" {
		s.hint("The configuration has no [identity]: the registry's name and addresses are examples.")
		cfg.Identity.Email, cfg.Identity.URL = "help@registry.example", "https://registry.example"
	}
	return cfg.Templates()
}

type outboxPreview struct {
	Kind     string `arg:"" help:"Notice, such as pro-forma; list shows them all."`
	Name     string `placeholder:"NAME" help:"Domain name that it is about. Default: an example."`
	Variant  int    `default:"1" help:"Which of the variants of the notice."`
	Language string `default:"en" help:"Language of the templates."`
	Out      string `placeholder:"DIR" type:"path" help:"Write message.txt, message.html and the attachments into this folder."`
}

func (c *outboxPreview) Run(s *session) error {
	samples := notify.Samples(c.Kind)
	if c.Kind == "list" || len(samples) == 0 {
		return usage("notices: %s", strings.Join(notify.Kinds(), ", "))
	}
	if c.Variant < 1 || c.Variant > len(samples) {
		return usage("%s has %d variants", c.Kind, len(samples))
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	payload := samples[c.Variant-1]
	if c.Name != "" {
		payload, err = about(s, r, actor, c.Name, payload)
		if err != nil {
			return err
		}
	}
	t, err := s.templates()
	if err != nil {
		return err
	}
	m, err := t.Preview(c.Kind, c.Language, payload)
	if err != nil {
		return err
	}
	if c.Out != "" {
		return s.writePreview(c.Out, m)
	}
	return s.print(map[string]string{"subject": m.Subject, "text": m.Text, "html": m.HTML}, func() {
		fmt.Fprintf(s.stdout, "Subject: %s\n\n%s", m.Subject, m.Text)
		for _, f := range m.Files {
			fmt.Fprintf(s.stdout, "\nAttachment: %s (%d bytes)\n", f.Name, len(f.Data))
		}
	})
}

func (s *session) writePreview(dir string, m notify.Mail) error {
	files := append([]notify.File{{Name: "message.txt", Data: []byte("Subject: " + m.Subject + "\n\n" + m.Text)},
		{Name: "message.html", Data: []byte(m.HTML)}}, m.Files...)
	err := os.MkdirAll(dir, 0o755)
	var names []string
	for _, f := range files {
		if err != nil {
			return err
		}
		name := filepath.Join(dir, filepath.Base(f.Name))
		err = os.WriteFile(name, f.Data, 0o644)
		names = append(names, name)
	}
	if err != nil {
		return err
	}
	return s.done(names, "%s", strings.Join(names, "\n"))
}

// about puts a name of the register into an example of a notice: the name, its
// expiry, its registrant and its registrar. What the notice says beyond them
// stays an example.
func about(s *session, r *registry.Registry, actor registry.Actor, typed string, sample json.RawMessage) (json.RawMessage, error) {
	name, err := registry.ToASCII(typed)
	if err != nil {
		return nil, err
	}
	d, err := r.InfoDomain(s.ctx, actor, registry.InfoDomainParams{Name: name})
	if err != nil {
		return nil, err
	}
	reg, err := r.Registrar(s.ctx, d.Sponsor)
	if err != nil {
		return nil, err
	}
	party := notify.Party{Number: d.Registrant, Name: d.Registrant}
	if d.Registrant != "" {
		c, err := r.InfoContact(s.ctx, actor, registry.InfoContactParams{Handle: d.Registrant})
		if err != nil {
			return nil, err
		}
		party.Email = c.Email
		for _, p := range c.Postal {
			party.Name = p.Name
			party.Address = nil
			for _, line := range append(append([]string{p.Org}, p.Street...), p.City, p.Province, p.PostalCode, p.Country) {
				if line != "" {
					party.Address = append(party.Address, line)
				}
			}
		}
	}
	var fields map[string]any
	err = json.Unmarshal(sample, &fields)
	if err != nil {
		return nil, err
	}
	for field, value := range map[string]any{"name": name, "expires": d.Expires.String(), "registrant": party, "previous": party, "contact": party,
		"registrar": notify.Agent{Name: reg.Name, URL: reg.URL, Own: reg.Kind != "registrar"}} {
		if _, ok := fields[field]; ok {
			fields[field] = value
		}
	}
	if list, ok := fields["names"].([]any); ok {
		switch first := list[0].(type) {
		case string:
			list[0] = name
		case map[string]any:
			first["name"] = name
			if _, ok := first["expires"]; ok {
				first["expires"] = d.Expires.String()
			}
		}
	}
	s.hint("Name, expiry, registrant and registrar are those of %s; other dates, numbers and amounts are examples.", registry.ToUnicode(name))
	return json.Marshal(fields)
}
