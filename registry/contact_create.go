package registry

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// CreateContactParams asks for a new contact.
type CreateContactParams struct {
	ContactValues
	Sponsor  string // for staff: the tag it becomes; registrars create for themselves
	AuthInfo AuthInfo
	Disclose *Disclosure
	OptOut   bool
}

// CreateContact makes a contact on the acting tag (RFC 5733 section 3.2.1) in
// one transaction of two round trips. Where the profile is uk it takes one form
// of postal information, the local one if there are two, and no authInfo; the
// rest is ignored and told.
//
// Refusals: KindParamMissing, KindParamRange, KindParamSyntax and KindPolicy for
// the values, KindExists, KindNotFound for the tag, KindAuthorization.
func (r *Registry) CreateContact(ctx context.Context, actor Actor, p CreateContactParams) (*Contact, []Ignored, error) {
	err := errors.Join(actor.needRole(RoleOperator), actor.needReason())
	if err != nil {
		return nil, nil, err
	}
	ignored, err := p.check(actor.profile())
	if err != nil {
		return nil, nil, err
	}
	sponsor := actor.Registrar
	if !actor.IsRegistrar() {
		sponsor, err = r.needTag(ctx, p.Sponsor)
		if err != nil {
			return nil, nil, err
		}
	}
	tags, err := r.tags(ctx, sponsor)
	if err != nil {
		return nil, nil, err
	}
	var c *Contact
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		c = p.contact(tx, sponsor, tags[0])
		state, taken := "", false
		err := tx.Batch(ctx, func(b *pgx.Batch) {
			b.Queue(`SELECT nextval('contact_id_seq'), (SELECT state FROM registrar WHERE id = $1),
				EXISTS (SELECT FROM contact WHERE handle = $2)`, sponsor, c.Handle).
				QueryRow(func(row pgx.Row) error { return row.Scan(&c.ID, &state, &taken) })
		})
		switch {
		case err != nil:
			return err
		case taken:
			return contactExists(c.Handle)
		case state != "active":
			return Refuse(KindAuthorization, "", "The tag is suspended.")
		}
		tx.insertContact(c)
		tx.record("contact", c.ID, c.Handle, "create", c.snapshot())
		tx.tellStaffChange(ObjectContact, c.Handle, c.SponsorID, "create")
		return nil
	})
	if pg.ConstraintName(err) == "contact_handle_key" {
		err = contactExists(p.Handle)
	}
	if err != nil {
		return nil, nil, err
	}
	return c, ignored, nil
}

func contactExists(handle string) error {
	return Refuse(KindExists, "", "The contact id %s is in use.", handle).About("contact:id", handle)
}

// check judges the values, and takes out what the profile has no place for.
func (p *CreateContactParams) check(profile Profile) ([]Ignored, error) {
	var ignored []Ignored
	if profile == ProfileUK {
		p.Postal, ignored = onePostal(p.Postal, PostalLoc)
		if p.AuthInfo != "" {
			ignored = append(ignored, Ignored{Field: fieldContactPW})
			p.AuthInfo = ""
		}
	}
	err := CheckContact(p.ContactValues, profile)
	if err != nil {
		return nil, err
	}
	return ignored, checkContactAuthInfo(p.AuthInfo)
}

// onePostal keeps one of two forms, the preferred one if it is there.
func onePostal(list []PostalValues, prefer PostalForm) ([]PostalValues, []Ignored) {
	if len(list) < 2 {
		return list, nil
	}
	keep := max(0, slices.IndexFunc(list, func(p PostalValues) bool { return p.Form == prefer }))
	var ignored []Ignored
	for i, p := range list {
		if i != keep {
			ignored = append(ignored, Ignored{Field: fieldPostalInfo, Value: string(p.Form)})
		}
	}
	return list[keep : keep+1 : keep+1], ignored
}

// checkContactAuthInfo refuses a weak authInfo. An empty one stands for none
// (RFC 9154 section 5.1).
func checkContactAuthInfo(a AuthInfo) error {
	if a == "" {
		return nil
	}
	err := a.Check()
	if err != nil {
		return AsRefusal(err).About(fieldContactPW, "")
	}
	return nil
}

// contact is the new contact, without its id.
func (p CreateContactParams) contact(tx *Tx, sponsor int32, tag string) *Contact {
	c := &Contact{
		ContactValues: p.ContactValues, SponsorID: sponsor, Sponsor: tag, Creator: tag, Created: tx.Now,
		Disclose: p.Disclose, OptOut: p.OptOut, Natural: p.NaturalPerson(),
	}
	if p.AuthInfo != "" {
		c.authHash, c.authSetAt = p.AuthInfo.Hash(), tx.Now
	}
	return c
}

// insertContact queues a new contact's row; it travels with the commit.
func (tx *Tx) insertContact(c *Contact) {
	tx.Queue(`INSERT INTO contact (id, handle, sponsor, statuses, postal, voice, voice_ext, fax, fax_ext, email, disclose,
		trad_name, type, company_no, opt_out, natural_person, auth_hash, auth_set_at, creator, created_at)
		OVERRIDING SYSTEM VALUE
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		c.ID, c.Handle, c.SponsorID, orEmpty(c.Statuses), asJSON(c.Postal), null(c.Voice), null(c.VoiceExt), null(c.Fax),
		null(c.FaxExt), c.Email, c.discloseJSON(), null(c.TradName), null(c.Type), null(c.CompanyNo), c.OptOut, c.Natural,
		c.authHash, nullTime(c.authSetAt), c.SponsorID, c.Created)
}

func (c *Contact) discloseJSON() []byte {
	if c.Disclose == nil {
		return nil
	}
	return asJSON(c.Disclose)
}
