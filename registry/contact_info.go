package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ContactView is a contact as a certain actor may see it.
type ContactView struct {
	*Contact
	// Full is false when the actor may know the id and the name alone (rule
	// B34): the contact is another tag's, and one of the actor's names has it.
	// The data is not in the view then.
	Full bool
}

// InfoContactParams asks for a contact.
type InfoContactParams struct {
	Handle string
	// ROID finds the contact instead of Handle (contact-nom-ext, uk).
	ROID string
	// AuthInfo, when given, must be the contact's, and then shows it to another
	// tag (RFC 5733 section 3.1.2). In uk contacts have none: it is ignored.
	AuthInfo AuthInfo
}

// InfoContact shows a contact (rules C9, B34) in one round trip: all of it to
// its sponsor, to staff, and in gtld to whoever has its authInfo; id and name to
// a tag one of whose names uses it; nothing to others.
//
// Refusals: KindNotFound, KindAuthorization, KindBadAuthInfo.
func (r *Registry) InfoContact(ctx context.Context, actor Actor, p InfoContactParams) (ContactView, error) {
	sql, key := contactInfoSQL+` WHERE c.handle = $2`, any(p.Handle)
	shown := p.Handle
	if p.ROID != "" {
		sql, key, shown = contactInfoSQL+` WHERE c.id = $2`, r.contactID(p.ROID), p.ROID
	}
	var row contactRow
	var served bool
	err := r.db.Pool.QueryRow(ctx, sql, actor.Registrar, key).Scan(append(row.fields(), &served)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return ContactView{}, noContact(shown)
	}
	if err != nil {
		return ContactView{}, fmt.Errorf("read contact %s: %w", shown, err)
	}
	c, err := r.finishContact(ctx, &row)
	if err != nil {
		return ContactView{}, err
	}
	return c.view(actor, p.AuthInfo, served)
}

// contactInfoSQL is contactSQL with whether a name of the tag $1 uses it.
const contactInfoSQL = contactColumns + `,
	EXISTS (SELECT FROM domain WHERE registrant = c.id AND sponsor = $1) OR EXISTS (SELECT FROM domain_contact dc
		JOIN domain d ON d.id = dc.domain_id WHERE dc.contact_id = c.id AND d.sponsor = $1)` + contactFrom

// view decides how much of the contact the actor sees.
func (c *Contact) view(actor Actor, given AuthInfo, served bool) (ContactView, error) {
	v := ContactView{Contact: c, Full: c.checkSponsor(actor) == nil}
	if given != "" && actor.profile() == ProfileGTLD {
		// The sponsor may check its authInfo too, so a wrong one is told to both.
		if !given.Matches(c.authHash) {
			return ContactView{}, Refuse(KindBadAuthInfo, "", "The authInfo is not that of %s.", c.Handle).About(fieldContactPW, "")
		}
		v.Full = true
	}
	switch {
	case v.Full:
		return v, nil
	case !served:
		return ContactView{}, c.checkSponsor(actor)
	}
	v.Contact = c.publicPart()
	return v, nil
}

// publicPart is the contact with its id and names alone, beside what the
// register says of it.
func (c *Contact) publicPart() *Contact {
	out := *c
	out.ContactValues = ContactValues{Handle: c.Handle}
	for _, p := range c.Postal {
		out.Postal = append(out.Postal, PostalValues{Form: p.Form, Name: p.Name})
	}
	out.Disclose, out.OptOut, out.authHash = nil, false, nil
	return &out
}
