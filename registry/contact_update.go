package registry

import (
	"context"
	"errors"
	"slices"
)

// UpdateContactParams asks to change a contact. Nil and empty parts change
// nothing; a pointer to the zero value removes.
type UpdateContactParams struct {
	Handle         string
	AddStatuses    []Status
	RemoveStatuses []Status
	Postal         []PostalChange
	Voice, Fax     *Phone
	Email          *string
	AuthInfo       *AuthInfo // "" removes it; contacts have none in uk
	Disclose       *Disclosure

	// contact-nom-ext
	TradName, Type, CompanyNo *string
	OptOut                    *bool

	// Validate judges the data anew even where none changes (nom-data-quality):
	// the rules may be stricter than when it was given or imported.
	Validate bool
}

// PostalChange changes one form of postal information; nil parts stay. The
// address is replaced as a whole. A form that the contact does not have is added
// if name and address are given.
type PostalChange struct {
	Form PostalForm
	Name *string
	Org  *string
	// Address: Street, City, Province, PostalCode and Country of it count.
	Address *PostalValues
}

// changesData tells that something other than statuses is to change.
func (p UpdateContactParams) changesData() bool {
	return len(p.Postal) > 0 || p.Voice != nil || p.Fax != nil || p.Email != nil || p.AuthInfo != nil || p.Disclose != nil ||
		p.TradName != nil || p.Type != nil || p.CompanyNo != nil || p.OptOut != nil
}

// UpdateContact changes a contact of the acting tag (RFC 5733 section 3.2.5,
// rules C2, C5) in one transaction of two round trips. All of it happens, or
// nothing. What the uk profile has no place for is ignored and told.
//
// Refusals: KindParamMissing, also for a command that asks for nothing,
// KindParamRange, KindParamSyntax, KindNotFound, KindAuthorization,
// KindStatusProhibits, KindPolicy.
func (r *Registry) UpdateContact(ctx context.Context, actor Actor, p UpdateContactParams) (*Contact, []Ignored, error) {
	err := errors.Join(actor.needRole(RoleOperator), actor.needReason())
	if err != nil {
		return nil, nil, err
	}
	changes := p.changesData() || len(p.AddStatuses)+len(p.RemoveStatuses) > 0
	if !changes && !p.Validate {
		return nil, nil, Refuse(KindParamMissing, "", "The command asks for no change.").About("contact:id", p.Handle)
	}
	var u *contactUpdate
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		u = &contactUpdate{tx: tx, p: p}
		c, _, err := tx.lockContact(ctx, p.Handle, u.readUses)
		if err != nil {
			return err
		}
		u.before, u.after = c, *c
		err = u.decide()
		if err == nil && changes {
			u.write()
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return &u.after, u.ignored, nil
}

// contactUpdate is one change of a contact on its way.
type contactUpdate struct {
	tx      *Tx
	p       UpdateContactParams
	before  *Contact
	after   Contact
	postal  []PostalChange // those that count
	ignored []Ignored
	uses    registrantUses
	kept    []int32   // zones whose names stay with the identity of before
	wait    *Identity // the identity that both addresses have to confirm, or nil
}

// decide judges the change and makes the contact as it is to be.
func (u *contactUpdate) decide() error {
	actor := u.tx.actor
	err := u.before.checkSponsor(actor)
	if err != nil {
		return err
	}
	u.after.Statuses, err = u.before.Statuses.CheckUpdate(ObjectContact, StatusChange{
		Add: u.p.AddStatuses, Remove: u.p.RemoveStatuses, Other: u.p.changesData(),
		Beside: !u.p.namesIdentity()}, actor.IsStaff())
	if err != nil {
		return err
	}
	if !u.p.changesData() && !u.p.Validate {
		return nil
	}
	for _, step := range []func() error{u.choosePostal, u.changeIdentity, u.changeData, u.changeAuthInfo, u.checkValues, u.judgeIdentity} {
		err := step()
		if err != nil {
			return err
		}
	}
	return nil
}

// choosePostal finds what postal information is to be changed, and adds a form
// that the contact does not have. In uk there is one form: of two changes that
// of the form which the contact has counts, and a change of the other form alone
// turns the contact's into that one.
func (u *contactUpdate) choosePostal() error {
	u.postal = u.p.Postal
	list := slices.Clone(u.before.Postal)
	if u.profile() == ProfileUK && len(list) == 1 && len(u.postal) > 0 {
		u.keepOne(list[0].Form)
		list[0].Form = u.postal[0].Form
	}
	for _, c := range u.postal {
		if c.in(list) != nil {
			continue
		}
		if c.Name == nil || c.Address == nil {
			return Refuse(KindParamMissing, "", "The contact has no postalInfo of type %s; give name and address to add it.", c.Form).
				About(fieldPostalInfo, string(c.Form))
		}
		list = append(list, PostalValues{Form: c.Form})
	}
	u.after.Postal = list
	return nil
}

// in finds the form that the change is about, nil if it is not in the list.
func (c PostalChange) in(list []PostalValues) *PostalValues {
	i := slices.IndexFunc(list, func(p PostalValues) bool { return p.Form == c.Form })
	if i < 0 {
		return nil
	}
	return &list[i]
}

// changeIdentity changes what says who the contact is: name, organisation and
// e-mail. Nothing else does. Whether it may be so at once is judged when the rest
// is known to be right (judgeIdentity).
func (u *contactUpdate) changeIdentity() error {
	for _, c := range u.postal {
		p := c.in(u.after.Postal)
		set(&p.Name, c.Name)
		set(&p.Org, c.Org)
	}
	set(&u.after.Email, u.p.Email)
	return nil
}

// keepOne keeps one of several postal changes: that of the form, or the first.
func (u *contactUpdate) keepOne(form PostalForm) {
	keep := max(0, slices.IndexFunc(u.postal, func(c PostalChange) bool { return c.Form == form }))
	for i, c := range u.postal {
		if i != keep {
			u.ignored = append(u.ignored, Ignored{Field: fieldPostalInfo, Value: string(c.Form)})
		}
	}
	u.postal = u.postal[keep : keep+1]
}

// changeData changes the rest of the data.
func (u *contactUpdate) changeData() error {
	p, c := u.p, &u.after
	for _, change := range u.postal {
		if a := change.Address; a != nil {
			v := change.in(c.Postal)
			v.Street, v.City, v.Province, v.PostalCode, v.Country = a.Street, a.City, a.Province, a.PostalCode, a.Country
		}
	}
	if p.Voice != nil {
		c.Voice, c.VoiceExt = p.Voice.Number, p.Voice.Ext
	}
	if p.Fax != nil {
		c.Fax, c.FaxExt = p.Fax.Number, p.Fax.Ext
	}
	set(&c.TradName, p.TradName)
	set(&c.Type, p.Type)
	set(&c.CompanyNo, p.CompanyNo)
	set(&c.OptOut, p.OptOut)
	if p.Disclose != nil {
		c.Disclose = p.Disclose
	}
	return nil
}

func (u *contactUpdate) changeAuthInfo() error {
	given := u.p.AuthInfo
	switch {
	case given == nil:
		return nil
	case u.tx.actor.profile() == ProfileUK:
		u.ignored = append(u.ignored, Ignored{Field: fieldContactPW})
		return nil
	case *given == "":
		u.after.authHash, u.after.authSetAt = nil, at(nil)
		return nil
	}
	err := checkContactAuthInfo(*given)
	if err != nil {
		return err
	}
	u.after.authHash, u.after.authSetAt = given.Hash(), u.tx.Now
	return nil
}

// profile is whose rules the data has to meet: the actor's, save that a contact
// with two forms of postal information keeps them wherever it is changed.
func (u *contactUpdate) profile() Profile {
	if len(u.before.Postal) > 1 {
		return ProfileGTLD
	}
	return u.tx.actor.profile()
}

// checkValues judges the contact as it is to be, its nature included (C2).
func (u *contactUpdate) checkValues() error {
	err := CheckContact(u.after.ContactValues, u.profile())
	if err != nil {
		return err
	}
	err = CheckSameNature(u.before.Natural, u.after.ContactValues)
	if refusal := AsRefusal(err); refusal != nil {
		refusal.Code = u.tx.actor.code(refusal.Code)
	}
	return err
}

// write queues the rows that change; they travel with the commit.
func (u *contactUpdate) write() {
	tx, c := u.tx, &u.after
	if len(u.kept) > 0 && u.wait == nil {
		tx.keepInitial(u.before)
	}
	c.Updater, c.Updated = tx.updaterTag(), tx.Now
	tx.Queue(`UPDATE contact SET statuses = $2, postal = $3, voice = $4, voice_ext = $5, fax = $6, fax_ext = $7, email = $8,
		disclose = $9, trad_name = $10, type = $11, company_no = $12, opt_out = $13, auth_hash = $14, auth_set_at = $15,
		updater = $16, updated_at = $17 WHERE id = $1`,
		c.ID, orEmpty(c.Statuses), asJSON(c.Postal), null(c.Voice), null(c.VoiceExt), null(c.Fax), null(c.FaxExt), c.Email,
		c.discloseJSON(), null(c.TradName), null(c.Type), null(c.CompanyNo), c.OptOut, c.authHash, nullTime(c.authSetAt),
		tx.updaterID(), tx.Now)
	changed := u.before.compare(c, changes{})
	if u.wait != nil {
		changed.add("identity to be confirmed", u.before.identity(), u.wait)
	}
	tx.record("contact", c.ID, c.Handle, "update", changed)
	u.writeIdentity()
	tx.tellStaffChange(ObjectContact, c.Handle, c.SponsorID, "update")
}
