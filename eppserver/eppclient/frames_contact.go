package eppclient

// Postal is a postal address of a contact (RFC 5733). Type is loc or int, ""
// means loc. In an update a nil field is left out; Street, City and the rest
// of the address go together, sent if HasAddr.
type Postal struct {
	Type      string
	Name, Org *string
	HasAddr   bool
	Street    []string // up to three lines
	City      string
	Province  string
	Postcode  string
	Country   string // ISO 3166-1 alpha-2
}

// ContactCreateOptions are the fields of a contact create. Zero values are
// left out, save AuthInfo: RFC 5733 demands the element.
type ContactCreateOptions struct {
	ID       string
	Postal   []Postal
	Voice    string // +44.1234567890
	Fax      string
	Email    string
	AuthInfo string
	// Disclose lists fields (name, org, addr, voice, fax, email) that the
	// contact wants shown, Hide those it wants withheld. One of them only.
	Disclose, Hide []string
	Nom            *ContactNom
}

// ContactUpdateOptions are the fields of a contact update; nil and empty are
// left out.
type ContactUpdateOptions struct {
	ID                   string
	AddStatus, RemStatus []string
	Postal               []Postal
	Voice, Fax, Email    *string
	AuthInfo             *string
	Disclose, Hide       []string
	Nom                  *ContactNom
}

// ContactNom is contact-nom-ext-1.0. Nil is left out, a pointer to "" clears.
type ContactNom struct {
	TradName, Type, CoNo *string
	OptOut               *string // y or n
}

// ContactCheck returns a check of several contact identifiers.
func ContactCheck(clTRID string, ids ...string) []byte {
	return check(clTRID, "contact", nsContact, "contact:id", ids)
}

// ContactInfo returns a contact info. authInfo is sent unless nil.
func ContactInfo(clTRID, id string, authInfo *string) []byte {
	f := command()
	f.object("info", "contact", nsContact, func() {
		f.text("contact:id", id)
		if authInfo != nil {
			f.authInfo("contact", *authInfo)
		}
	})
	return f.end(clTRID)
}

// ContactCreate returns a contact create.
func ContactCreate(clTRID string, o ContactCreateOptions) []byte {
	f := command()
	f.object("create", "contact", nsContact, func() {
		f.text("contact:id", o.ID)
		f.postal(o.Postal)
		f.given("contact:voice", o.Voice)
		f.given("contact:fax", o.Fax)
		f.text("contact:email", o.Email)
		f.authInfo("contact", o.AuthInfo)
		f.disclose(o.Disclose, o.Hide)
	})
	if o.Nom != nil {
		f.extension(func() { f.contactNom("create", o.Nom) })
	}
	return f.end(clTRID)
}

// ContactUpdate returns a contact update.
func ContactUpdate(clTRID string, o ContactUpdateOptions) []byte {
	f := command()
	f.object("update", "contact", nsContact, func() {
		f.text("contact:id", o.ID)
		f.statusChange("contact:add", "contact:status", o.AddStatus)
		f.statusChange("contact:rem", "contact:status", o.RemStatus)
		if len(o.Postal)+len(o.Disclose)+len(o.Hide) > 0 || o.Voice != nil || o.Fax != nil || o.Email != nil || o.AuthInfo != nil {
			f.open("contact:chg")
			f.postal(o.Postal)
			f.optional("contact:voice", o.Voice)
			f.optional("contact:fax", o.Fax)
			f.optional("contact:email", o.Email)
			if o.AuthInfo != nil {
				f.authInfo("contact", *o.AuthInfo)
			}
			f.disclose(o.Disclose, o.Hide)
			f.close("contact:chg")
		}
	})
	if o.Nom != nil {
		f.extension(func() { f.contactNom("update", o.Nom) })
	}
	return f.end(clTRID)
}

// ContactDelete returns a contact delete.
func ContactDelete(clTRID, id string) []byte {
	return remove(clTRID, "contact", nsContact, "contact:id", id)
}

// ContactTransfer returns a contact transfer; op is request, query, approve,
// reject or cancel. authInfo is sent unless nil.
func ContactTransfer(clTRID, op, id string, authInfo *string) []byte {
	f := command()
	f.open("transfer", "op", op)
	f.open("contact:transfer", "xmlns:contact", nsContact)
	f.text("contact:id", id)
	if authInfo != nil {
		f.authInfo("contact", *authInfo)
	}
	f.close("contact:transfer")
	f.close("transfer")
	return f.end(clTRID)
}

func (f *builder) postal(list []Postal) {
	for _, p := range list {
		f.open("contact:postalInfo", "type", orElse(p.Type, "loc"))
		f.optional("contact:name", p.Name)
		f.optional("contact:org", p.Org)
		if p.HasAddr {
			f.open("contact:addr")
			f.texts("contact:street", p.Street)
			f.text("contact:city", p.City)
			f.given("contact:sp", p.Province)
			f.given("contact:pc", p.Postcode)
			f.text("contact:cc", p.Country)
			f.close("contact:addr")
		}
		f.close("contact:postalInfo")
	}
}

// disclose writes the disclosure wish, its children in the schema's order.
func (f *builder) disclose(show, hide []string) {
	list, flag := show, "1"
	if len(hide) > 0 {
		list, flag = hide, "0"
	}
	if len(list) == 0 {
		return
	}
	f.open("contact:disclose", "flag", flag)
	for _, field := range []string{"name", "org", "addr", "voice", "fax", "email"} {
		for _, s := range list {
			switch {
			case s != field:
			case s == "name" || s == "org" || s == "addr":
				f.empty("contact:"+s, "type", "loc")
			default:
				f.empty("contact:" + s)
			}
		}
	}
	f.close("contact:disclose")
}

// statusChange writes add or rem with statuses unless there are none.
func (f *builder) statusChange(tag, element string, list []string) {
	if len(list) > 0 {
		f.open(tag)
		f.statuses(element, list)
		f.close(tag)
	}
}

func (f *builder) contactNom(verb string, n *ContactNom) {
	const prefix = "contact-nom-ext:"
	f.open(prefix+verb, "xmlns:contact-nom-ext", nsNominet+"contact-nom-ext-1.0")
	f.optional(prefix+"trad-name", n.TradName)
	f.optional(prefix+"type", n.Type)
	f.optional(prefix+"co-no", n.CoNo)
	f.optional(prefix+"opt-out", n.OptOut)
	f.close(prefix + verb)
}
