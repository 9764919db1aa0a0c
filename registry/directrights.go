package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// DirectRightsParams names who may have a right: a contact of the acting tag, or
// somebody by postal data and e-mail address.
type DirectRightsParams struct {
	Name       string
	Registrant string
	Postal     PostalValues
	Email      string
}

// DirectRight returns the name that gives somebody the right to register p.Name
// directly below its zone, "" for none (nom-direct-rights). Where the policy has
// it, that is the oldest name with the same label in a zone below, such as
// example.co.uk for example.uk, and the right is its registrant's.
//
// Refusals: KindParamSyntax and KindPolicy for the name, KindNotFound and
// KindAuthorization for the contact.
func (r *Registry) DirectRight(ctx context.Context, actor Actor, p DirectRightsParams) (string, error) {
	zone, name, err := r.registrable(ctx, p.Name)
	if err != nil {
		return "", err
	}
	if p.Registrant != "" {
		v, err := r.InfoContact(ctx, actor, InfoContactParams{Handle: p.Registrant})
		switch {
		case err != nil:
			return "", err
		case !v.Full || len(v.Postal) == 0:
			return "", v.checkSponsor(actor)
		}
		p.Postal, p.Email = v.Postal[0], v.Email
	}
	below, err := r.namesBelow(ctx, zone, name)
	if err != nil || len(below) == 0 {
		return "", err
	}
	holder, c, err := r.holderOf(ctx, below)
	if err != nil || c == nil || !c.is(p.Postal, p.Email) {
		return "", err
	}
	return holder, nil
}

// holderOf returns the oldest of some names and its registrant, nil if none of
// them is registered.
func (r *Registry) holderOf(ctx context.Context, names []string) (string, *Contact, error) {
	var w contactRow
	var holder string
	err := r.db.Pool.QueryRow(ctx, contactColumns+`, d.name`+contactFrom+` JOIN domain d ON d.registrant = c.id
		WHERE d.name = ANY($1) ORDER BY d.created_at, d.id LIMIT 1`, names).Scan(append(w.fields(), &holder)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("read who has a right to a name: %w", err)
	}
	c, err := r.finishContact(ctx, &w)
	return holder, c, err
}

// namesBelow are the names with the same label in the uk zones below a name's
// zone; none where the policy has no direct rights.
func (r *Registry) namesBelow(ctx context.Context, zone *Zone, name string) ([]string, error) {
	if !r.policy.DirectRights || zone.Profile != ProfileUK {
		return nil, nil
	}
	zones, err := r.Zones(ctx)
	if err != nil {
		return nil, err
	}
	label := strings.TrimSuffix(name, "."+zone.Name)
	var out []string
	for _, z := range zones {
		if z.Profile == ProfileUK && Below(z.Name, zone.Name) {
			out = append(out, label+"."+z.Name)
		}
	}
	return out, nil
}

// is tells whether the contact is the one described: the same name,
// organisation, postal code, country and e-mail address.
func (c *Contact) is(p PostalValues, email string) bool {
	return strings.EqualFold(c.Email, email) && slices.ContainsFunc(c.Postal, func(have PostalValues) bool {
		return strings.EqualFold(have.Name, p.Name) && strings.EqualFold(have.Org, p.Org) &&
			strings.EqualFold(have.PostalCode, p.PostalCode) && have.Country == p.Country
	})
}

// checkDirectRight refuses the registration of a name to which the registrant of
// a name below has the right.
func (c *creation) checkDirectRight(ctx context.Context) error {
	r := c.tx.r
	below, err := r.namesBelow(ctx, c.zone, c.name)
	if err != nil || len(below) == 0 {
		return err
	}
	holder, person, err := r.holderOf(ctx, below)
	if err != nil || person == nil || person.ID == c.refs.contacts[c.p.Registrant].id {
		return err
	}
	var w contactRow
	err = c.tx.QueryRow(ctx, contactSQL+` WHERE c.handle = $1`, c.p.Registrant).Scan(w.fields()...)
	if err != nil {
		return fmt.Errorf("read contact %s: %w", c.p.Registrant, err)
	}
	own, err := r.finishContact(ctx, &w)
	if err != nil || len(own.Postal) > 0 && person.is(own.Postal[0], own.Email) {
		return err
	}
	return Refuse(KindPolicy, CodeDirectRight, "The registrant of %s has the right to %s.", holder, c.name).About("domain:name", c.name)
}
