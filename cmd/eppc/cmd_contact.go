package main

import "github.com/namekeep/namekeep/eppserver/eppclient"

type contactCommands struct {
	Check    contactCheck    `cmd:"" help:"Ask whether identifiers are free."`
	Info     contactInfo     `cmd:"" help:"Show a contact."`
	Create   contactCreate   `cmd:"" help:"Create a contact."`
	Update   contactUpdate   `cmd:"" help:"Change a contact."`
	Delete   contactDelete   `cmd:"" help:"Delete a contact."`
	Transfer contactTransfer `cmd:"" help:"Move a contact: request, query, approve, reject, cancel."`
	Rename   contactRename   `cmd:"" help:"Give a contact another identifier (uk)."`
}

type contactCheck struct {
	IDs []string `arg:"" name:"id" help:"Contact identifiers."`
}

func (c *contactCheck) Run(s *session) error {
	return s.do(eppclient.ContactCheck(s.clTRID(), c.IDs...))
}

type contactInfo struct {
	ID   string  `arg:"" help:"Contact identifier."`
	Auth *string `placeholder:"PW" help:"authInfo, to see another tag's contact."`
}

func (c *contactInfo) Run(s *session) error {
	return s.do(eppclient.ContactInfo(s.clTRID(), c.ID, c.Auth))
}

// contactFlags are the fields that create and update share.
type contactFlags struct {
	PostalType string   `enum:"loc,int" default:"loc" help:"Form of the address: loc (any script) or int (ASCII)."`
	Name       *string  `help:"Name of the person."`
	Org        *string  `help:"Organisation."`
	Street     []string `sep:"none" placeholder:"LINE" help:"Street, up to three times."`
	City       string   `help:"City."`
	Province   string   `help:"County, state or province."`
	Postcode   string   `help:"Postal code."`
	Country    string   `placeholder:"CC" help:"Country, two letters (ISO 3166-1)."`
	Voice      *string  `placeholder:"+CC.NUMBER" help:"Telephone."`
	Fax        *string  `placeholder:"+CC.NUMBER" help:"Fax."`
	Email      *string  `placeholder:"ADDRESS" help:"E-mail."`
	Auth       *string  `placeholder:"PW" help:"authInfo."`
	Disclose   []string `placeholder:"FIELD" help:"Show these: name, org, addr, voice, fax, email."`
	Hide       []string `xor:"disclose" placeholder:"FIELD" help:"Withhold these."`
	TradName   *string  `group:"uk" placeholder:"NAME" help:"Trading name."`
	Type       *string  `group:"uk" placeholder:"CODE" help:"Kind of registrant: IND, LTD, PLC, LLP, RCHAR, SCH, GOV ..."`
	CoNo       *string  `group:"uk" placeholder:"NUMBER" help:"Company number."`
	OptOut     *string  `group:"uk" placeholder:"y|n" help:"Leave the address out of WHOIS."`
}

// postal returns the address, nil if no part of it is given.
func (c *contactFlags) postal() ([]eppclient.Postal, error) {
	p := eppclient.Postal{
		Type: c.PostalType, Name: c.Name, Org: c.Org,
		Street: c.Street, City: c.City, Province: c.Province, Postcode: c.Postcode, Country: c.Country,
	}
	p.HasAddr = len(c.Street) > 0 || c.City+c.Province+c.Postcode+c.Country != ""
	if p.HasAddr && (c.City == "" || c.Country == "") {
		return nil, usageError("an address goes as a whole: --city and --country are required with it")
	}
	if len(c.Street) > 3 {
		return nil, usageError("at most three --street lines")
	}
	if len(c.Disclose) > 0 && len(c.Hide) > 0 {
		return nil, usageError("--disclose and --hide exclude each other")
	}
	if !p.HasAddr && c.Name == nil && c.Org == nil {
		return nil, nil
	}
	return []eppclient.Postal{p}, nil
}

// extension returns the uk fields, nil if none is given.
func (c *contactFlags) extension() *eppclient.ContactNom {
	if c.TradName == nil && c.Type == nil && c.CoNo == nil && c.OptOut == nil {
		return nil
	}
	return &eppclient.ContactNom{TradName: c.TradName, Type: c.Type, CoNo: c.CoNo, OptOut: c.OptOut}
}

type contactCreate struct {
	ID string `arg:"" help:"Contact identifier."`
	contactFlags
}

func (c *contactCreate) Run(s *session) error {
	postal, err := c.postal()
	if err != nil {
		return err
	}
	if len(postal) == 0 || c.Name == nil || !postal[0].HasAddr || c.Email == nil {
		return usageError("--name, --city, --country and --email are required")
	}
	return s.do(eppclient.ContactCreate(s.clTRID(), eppclient.ContactCreateOptions{
		ID: c.ID, Postal: postal, Voice: value(c.Voice), Fax: value(c.Fax), Email: *c.Email,
		AuthInfo: value(c.Auth), Disclose: c.Disclose, Hide: c.Hide, Nom: c.extension(),
	}))
}

// value returns what p points to, "" for nil.
func value(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

type contactUpdate struct {
	ID        string   `arg:"" help:"Contact identifier."`
	AddStatus []string `placeholder:"STATUS" help:"Statuses to set."`
	RemStatus []string `placeholder:"STATUS" help:"Statuses to clear."`
	contactFlags
}

func (c *contactUpdate) Run(s *session) error {
	postal, err := c.postal()
	if err != nil {
		return err
	}
	return s.do(eppclient.ContactUpdate(s.clTRID(), eppclient.ContactUpdateOptions{
		ID: c.ID, AddStatus: c.AddStatus, RemStatus: c.RemStatus, Postal: postal,
		Voice: c.Voice, Fax: c.Fax, Email: c.Email, AuthInfo: c.Auth,
		Disclose: c.Disclose, Hide: c.Hide, Nom: c.extension(),
	}))
}

type contactDelete struct {
	ID string `arg:"" help:"Contact identifier."`
}

func (c *contactDelete) Run(s *session) error {
	return s.do(eppclient.ContactDelete(s.clTRID(), c.ID))
}

type contactTransfer struct {
	Op   string  `arg:"" enum:"request,query,approve,reject,cancel" help:"${enum}."`
	ID   string  `arg:"" help:"Contact identifier."`
	Auth *string `placeholder:"PW" help:"authInfo, for a request."`
}

func (c *contactTransfer) Run(s *session) error {
	return s.do(eppclient.ContactTransfer(s.clTRID(), c.Op, c.ID, c.Auth))
}

type contactRename struct {
	ID    string `arg:"" help:"Contact identifier."`
	NewID string `arg:"" name:"new-id" help:"The new one."`
}

func (c *contactRename) Run(s *session) error {
	return s.do(eppclient.ContactRename(s.clTRID(), c.ID, c.NewID))
}
