package main

import (
	"github.com/namekeep/namekeep/billing/customer"
	"github.com/namekeep/namekeep/registry"
)

type termsCommands struct {
	List    termsList    `cmd:"" help:"List terms and conditions with their versions, and service terms."`
	Create  termsCreate  `cmd:"" help:"Add a document of terms and conditions, or change its title."`
	Publish termsPublish `cmd:"" help:"Add a version of a document, in force from a day."`
	Service termsService `cmd:"" help:"Set service terms, which plans refer to."`
	Import  termsImport  `cmd:"" help:"Add documents with their versions from a CSV file; a second run adds nothing twice."`
}

type termsList struct {
	Tag string `help:"Of this registrar."`
}

type termsView struct {
	Tag     string `json:"tag"`
	Kind    string `json:"kind"` // terms and conditions, or service terms
	Code    string `json:"code"`
	Title   string `json:"title"`
	Version string `json:"version,omitempty"`
	From    string `json:"from,omitempty"`
	To      string `json:"to,omitempty"` // the last day
}

func (c *termsList) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	return s.listTerms(r, c.Tag)
}

func (s *session) listTerms(r *registry.Registry, tag string) error {
	documents, err := r.Terms(s.ctx, tag)
	if err != nil {
		return err
	}
	service, err := r.ServiceTerms(s.ctx, tag)
	if err != nil {
		return err
	}
	views := []termsView{}
	for _, t := range documents {
		if len(t.Versions) == 0 {
			views = append(views, termsView{Tag: t.TAG, Kind: "terms and conditions", Code: t.Code, Title: t.Title})
		}
		for i, v := range t.Versions {
			to := ""
			if i+1 < len(t.Versions) {
				to = civil(t.Versions[i+1].From.AddDate(0, 0, -1))
			}
			views = append(views, termsView{t.TAG, "terms and conditions", t.Code, t.Title, v.Version, civil(v.From), to})
		}
	}
	for _, t := range service {
		views = append(views, termsView{Tag: t.TAG, Kind: "service terms", Code: t.Name, Title: t.Description})
	}
	var rows [][]string
	for _, v := range views {
		rows = append(rows, []string{v.Tag, v.Kind, v.Code, v.Title, v.Version, v.From, v.To})
	}
	return s.list(views, []string{"Tag", "Kind", "Code", "Title", "Version", "From", "To"}, rows, "No terms.")
}

type termsCreate struct {
	Tag   string `arg:"" help:"Registrar."`
	Code  string `arg:"" help:"Code: small letters, digits, hyphens."`
	Title string `required:"" help:"Title."`
}

func (c *termsCreate) Run(s *session) error {
	r, actor, err := s.staff()
	if err == nil {
		err = r.PutTerms(s.ctx, actor, c.Tag, c.Code, c.Title)
	}
	if err != nil {
		return err
	}
	return s.listTerms(r, c.Tag)
}

type termsPublish struct {
	Tag     string `arg:"" help:"Registrar."`
	Code    string `arg:"" help:"Code of the document."`
	Version string `arg:"" help:"Version, such as 4.0."`
	From    day    `placeholder:"DATE" help:"Day from which it is in force. Default: today."`
}

func (c *termsPublish) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	err = s.confirm("Version %s of %s of %s will be in force; it cannot be changed.", c.Version, c.Code, c.Tag)
	if err == nil {
		err = r.PublishTerms(s.ctx, actor, c.Tag, c.Code, c.Version, c.From.date())
	}
	if err != nil {
		return err
	}
	return s.listTerms(r, c.Tag)
}

type termsService struct {
	Tag         string `arg:"" help:"Registrar."`
	Name        string `arg:"" help:"Name of the service terms."`
	Description string `help:"What they are."`
}

func (c *termsService) Run(s *session) error {
	r, actor, err := s.staff()
	if err == nil {
		err = r.PutServiceTerms(s.ctx, actor, c.Tag, customer.ServiceTerms{Name: c.Name, Description: c.Description})
	}
	if err != nil {
		return err
	}
	return s.listTerms(r, c.Tag)
}

type termsImport struct {
	File  string `arg:"" type:"existingfile" help:"CSV file with a head line: tag, code, title; and if wanted version, from. A line for each version."`
	Check bool   `help:"Validate and add nothing."`
}

func (c *termsImport) Run(s *session) error {
	return s.importCSV(c.File, c.Check, "terms", (*registry.Registry).ImportTerms)
}
