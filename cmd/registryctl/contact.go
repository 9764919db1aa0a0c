package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/namekeep/namekeep/registry"
)

type contactCommands struct {
	Show   contactShow   `cmd:"" help:"Show a contact and the names that use it."`
	List   contactList   `cmd:"" help:"List contacts."`
	Create contactCreate `cmd:"" help:"Create a contact for a registrar."`
	Update contactUpdate `cmd:"" help:"Change a contact. Whether it is a person or an entity never changes (C2)."`
	Verify contactVerify `cmd:"" help:"Take a contact's e-mail address as verified, or ask it again (C7)."`
}

type contactShow struct {
	Handle string `arg:"" help:"Contact's id."`
	Names  int    `default:"100" help:"How many of its names to list."`
}

func (c *contactShow) Run(s *session) error {
	r, actor, err := s.user()
	if err != nil {
		return err
	}
	return s.showContact(r, actor, c.Handle, c.Names)
}

type contactList struct {
	Tag    string `help:"On this tag."`
	Prefix string `placeholder:"TEXT" help:"Ids that begin so."`
	Email  string `help:"With this e-mail address."`
	Domain string `placeholder:"NAME" help:"Used by this name."`
	After  string `placeholder:"ID" help:"Contacts after this one: the next page."`
	Limit  int    `default:"100" help:"How many."`
}

func (c *contactList) Run(s *session) error {
	if c.Limit < 1 || c.Limit > 100_000 {
		return usage("--limit: 1 to 100000")
	}
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	found, err := r.Contacts(s.ctx, registry.ContactFilter{TAG: c.Tag, Handle: c.Prefix, Email: c.Email, Domain: c.Domain,
		After: c.After, Limit: c.Limit})
	if err != nil {
		return err
	}
	views, rows := []contactView{}, [][]string{}
	for _, k := range found {
		views = append(views, viewContact(r, k))
		rows = append(rows, []string{k.Handle, k.DisplayName(), k.Sponsor, k.Email, k.Type, join(k.ShownStatuses(), " ")})
	}
	err = s.list(views, []string{"Contact", "Name", "Tag", "E-mail", "Type", "Statuses"}, rows, "No contacts.")
	if err == nil && len(found) == c.Limit {
		s.hint("There may be more: --after %s", found[len(found)-1].Handle)
	}
	return err
}

type contactCreate struct {
	Handle     string   `arg:"" help:"Id for the contact, 3 to 16 characters."`
	Tag        string   `required:"" help:"Registrar it is for."`
	Name       string   `required:"" help:"Name of the person, or of the entity's representative."`
	Org        string   `help:"Organisation."`
	Street     []string `sep:"none" help:"Line of the street address; up to three."`
	City       string   `required:"" help:"City."`
	Province   string   `help:"State or province."`
	PostalCode string   `placeholder:"CODE" help:"Postal code."`
	Country    string   `required:"" placeholder:"CC" help:"Country, ISO 3166-1, two letters."`
	Email      string   `required:"" help:"E-mail address."`
	Voice      string   `placeholder:"+CC.NUMBER" help:"Telephone."`
	Fax        string   `placeholder:"+CC.NUMBER" help:"Fax."`
	TradName   string   `help:"Trading name."`
	Type       string   `placeholder:"TYPE" help:"Type of contact-nom-ext: IND, LTD, PLC …"`
	CompanyNo  string   `placeholder:"NUMBER" help:"Company number."`
	OptOut     bool     `help:"A person who wants no address published."`
}

func (c *contactCreate) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	_, _, err = r.CreateContact(s.ctx, actor, registry.CreateContactParams{
		Sponsor: c.Tag, OptOut: c.OptOut,
		ContactValues: registry.ContactValues{
			Handle: c.Handle, Voice: c.Voice, Fax: c.Fax, Email: c.Email,
			TradName: c.TradName, Type: c.Type, CompanyNo: c.CompanyNo,
			Postal: []registry.PostalValues{{Form: registry.PostalLoc, Name: c.Name, Org: c.Org, Street: c.Street, City: c.City,
				Province: c.Province, PostalCode: c.PostalCode, Country: strings.ToUpper(c.Country)}},
		}})
	if err != nil {
		return err
	}
	return s.showContact(r, actor, c.Handle, 0)
}

type contactUpdate struct {
	Handle    string   `arg:"" help:"Contact's id."`
	Name      *string  `help:"Name."`
	Org       *string  `help:"Organisation; empty removes it."`
	Street    []string `sep:"none" help:"Line of the street address; the address is replaced as a whole."`
	City      *string  `help:"City; goes with --country."`
	Province  *string  `help:"State or province."`
	Postal    *string  `name:"postal-code" placeholder:"CODE" help:"Postal code."`
	Country   *string  `placeholder:"CC" help:"Country, two letters; goes with --city."`
	Email     *string  `help:"E-mail address."`
	Voice     *string  `placeholder:"+CC.NUMBER" help:"Telephone; empty removes it."`
	Fax       *string  `placeholder:"+CC.NUMBER" help:"Fax; empty removes it."`
	TradName  *string  `help:"Trading name; empty removes it."`
	Type      *string  `placeholder:"TYPE" help:"Type of contact-nom-ext."`
	CompanyNo *string  `placeholder:"NUMBER" help:"Company number."`
	OptOut    *bool    `negatable:"" help:"A person who wants no address published."`
	AddStatus []string `placeholder:"STATUS" help:"Statuses to set, client's or server's."`
	RemStatus []string `placeholder:"STATUS" help:"Statuses to remove."`
}

func (c *contactUpdate) Run(s *session) error {
	p := registry.UpdateContactParams{Handle: c.Handle, Email: c.Email, TradName: c.TradName, Type: c.Type,
		CompanyNo: c.CompanyNo, OptOut: c.OptOut, Voice: phone(c.Voice), Fax: phone(c.Fax)}
	for _, text := range c.AddStatus {
		p.AddStatuses = append(p.AddStatuses, registry.Status(text))
	}
	for _, text := range c.RemStatus {
		p.RemoveStatuses = append(p.RemoveStatuses, registry.Status(text))
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	before, err := r.InfoContact(s.ctx, actor, registry.InfoContactParams{Handle: c.Handle})
	if err != nil {
		return err
	}
	postal, err := c.postal(before.Postal)
	if err != nil {
		return err
	}
	p.Postal = postal
	after, _, err := r.UpdateContact(s.ctx, actor, p)
	if err != nil {
		return err
	}
	if after.Waiting != 0 {
		s.hint("Name, organisation and e-mail wait until both addresses have confirmed: change %d.", after.Waiting)
	}
	return s.showContact(r, actor, c.Handle, 0)
}

// postal is the change of the contact's first postal form; nil for none. An
// address is given whole, as in RFC 5733.
func (c *contactUpdate) postal(now []registry.PostalValues) ([]registry.PostalChange, error) {
	address := len(c.Street) > 0 || c.City != nil || c.Province != nil || c.Postal != nil || c.Country != nil
	if c.Name == nil && c.Org == nil && !address {
		return nil, nil
	}
	change := registry.PostalChange{Form: registry.PostalLoc, Name: c.Name, Org: c.Org}
	if len(now) > 0 {
		change.Form = now[0].Form
	}
	if address {
		if c.City == nil || c.Country == nil {
			return nil, usage("an address is replaced as a whole: give at least --city and --country")
		}
		v := registry.PostalValues{Form: change.Form, Street: c.Street, City: *c.City, Country: strings.ToUpper(*c.Country)}
		set(&v.Province, c.Province)
		set(&v.PostalCode, c.Postal)
		change.Address = &v
	}
	return []registry.PostalChange{change}, nil
}

func phone(text *string) *registry.Phone {
	if text == nil {
		return nil
	}
	return &registry.Phone{Number: *text}
}

type contactView struct {
	Handle        string                  `json:"contact"`
	ROID          string                  `json:"roid"`
	Tag           string                  `json:"tag"`
	Statuses      []registry.Status       `json:"statuses"`
	NaturalPerson bool                    `json:"natural_person"`
	Postal        []registry.PostalValues `json:"postal"`
	Voice         string                  `json:"voice,omitempty"`
	Fax           string                  `json:"fax,omitempty"`
	Email         string                  `json:"email"`
	TradName      string                  `json:"trad_name,omitempty"`
	Type          string                  `json:"type,omitempty"`
	CompanyNo     string                  `json:"company_no,omitempty"`
	OptOut        bool                    `json:"opt_out,omitempty"`
	Creator       string                  `json:"creator"`
	Created       time.Time               `json:"created"`
	Updater       string                  `json:"updater,omitempty"`
	Updated       *time.Time              `json:"updated,omitempty"`
	Verification  *verificationView       `json:"verification,omitempty"`
	Revisions     []revisionView          `json:"revisions,omitempty"`
	Uses          []contactUseView        `json:"uses,omitempty"`
}

type contactUseView struct {
	Name string `json:"name"`
	Role string `json:"role"`
}

func viewContact(r *registry.Registry, k *registry.Contact) contactView {
	return contactView{Handle: k.Handle, ROID: r.ContactROID(k), Tag: k.Sponsor, Statuses: k.ShownStatuses(),
		NaturalPerson: k.Natural, Postal: k.Postal, Voice: extended(k.Voice, k.VoiceExt), Fax: extended(k.Fax, k.FaxExt),
		Email: k.Email, TradName: k.TradName, Type: k.Type, CompanyNo: k.CompanyNo, OptOut: k.OptOut,
		Creator: k.Creator, Created: k.Created, Updater: k.Updater, Updated: optional(k.Updated)}
}

func extended(number, ext string) string {
	if ext == "" {
		return number
	}
	return number + "x" + ext
}

// showContact shows a contact and where it is used (C3).
func (s *session) showContact(r *registry.Registry, actor registry.Actor, handle string, names int) error {
	k, err := r.InfoContact(s.ctx, actor, registry.InfoContactParams{Handle: handle})
	if err != nil {
		return err
	}
	if !k.Full {
		return s.showForeignContact(k.Contact)
	}
	v := viewContact(r, k.Contact)
	verification, err := r.ContactVerification(s.ctx, k.ID)
	if err != nil {
		return err
	}
	v.Verification = viewVerification(verification)
	revisions, err := r.Changes(s.ctx, registry.ChangeFilter{Object: registry.ObjectContact, ID: k.ID, Limit: 10})
	if err != nil {
		return err
	}
	v.Revisions = viewRevisions(revisions)
	if names > 0 && !actor.IsRegistrar() {
		uses, err := r.ContactUses(s.ctx, handle, "", names)
		if err != nil {
			return err
		}
		for _, u := range uses {
			v.Uses = append(v.Uses, contactUseView(u))
		}
	}
	return s.print(v, func() {
		kind := "legal entity"
		if v.NaturalPerson {
			kind = "natural person"
		}
		var uses []string
		for _, u := range v.Uses {
			uses = append(uses, registry.ToUnicode(u.Name)+" ("+u.Role+")")
		}
		updated := ""
		if v.Updated != nil {
			updated = clock(*v.Updated) + " by " + v.Updater
		}
		pairs := []string{"Contact", v.Handle, "Tag", v.Tag, "Roid", v.ROID, "Statuses", join(v.Statuses, " "), "Kind", kind}
		for _, p := range v.Postal {
			lines := append([]string{p.Name, p.Org}, p.Street...)
			lines = append(lines, strings.Join(nonEmpty([]string{p.City, p.Province, p.PostalCode}), " "), p.Country)
			pairs = append(pairs, fmt.Sprintf("Address (%s)", p.Form), strings.Join(nonEmpty(lines), "\n"))
		}
		for _, p := range v.Revisions {
			pairs = append(pairs, fmt.Sprintf("Change %d", p.Change), p.Label+"\n"+p.lines())
		}
		s.fields(append(pairs, "E-mail", v.Email, "Verification", v.Verification.words(), "Voice", v.Voice, "Fax", v.Fax, "Trading name", v.TradName, "Type", v.Type,
			"Company no.", v.CompanyNo, "Opt-out", yesNo(v.OptOut), "Created", clock(v.Created)+" by "+v.Creator,
			"Updated", updated, "Used by", strings.Join(uses, "\n"))...)
		if names > 0 && len(v.Uses) >= names {
			s.hint("There may be more names: --names")
		}
	})
}

// foreignContact is what a registrar may know of a contact that is not its own
// and that one of its names uses (B34).
type foreignContact struct {
	Handle string `json:"contact"`
	Name   string `json:"name"`
}

func (s *session) showForeignContact(k *registry.Contact) error {
	v := foreignContact{Handle: k.Handle}
	if len(k.Postal) > 0 {
		v.Name = k.Postal[0].Name
	}
	return s.print(v, func() { s.fields("Contact", v.Handle, "Name", v.Name) })
}

func nonEmpty(lines []string) []string {
	var out []string
	for _, l := range lines {
		if l != "" {
			out = append(out, l)
		}
	}
	return out
}
