package registry

import (
	"context"
	"slices"
)

// Publication is how much of its contacts a register tells the world, in WHOIS
// and RDAP. The contact's own wishes come on top; see Publish.
type Publication string

// The policies of publication, from least to most.
const (
	PublishNone          Publication = "none"          // that there are contacts is not told
	PublishMinimal       Publication = "minimal"       // the registrant's country and region; the default
	PublishOrganisations Publication = "organisations" // legal entities in full, natural persons as in minimal
	PublishFull          Publication = "full"
)

// Publications returns all policies, from least to most.
func Publications() []Publication {
	return []Publication{PublishNone, PublishMinimal, PublishOrganisations, PublishFull}
}

// Published says which parts of a contact are told.
type Published struct {
	Name, Org bool
	Address   bool // street, city and postal code
	Region    bool // country and province
	Voice     bool
	Fax       bool
	Email     bool
}

// Identifies reports whether the contact can be told apart by what is
// published; its identifier is published then too.
func (p Published) Identifies() bool { return p.Name || p.Org || p.Email || p.Voice }

// Publish decides what of a contact is told under a policy. form is the postal
// form that is shown. The contact's disclose element (RFC 5733 section 2.9)
// adds what it allows and takes away what it withholds; opt-out withholds how
// the contact is reached (address, telephone, fax, e-mail) whatever else is
// said. A policy of none is never added to. Of a contact whose account went to
// another registrar without it no more than id and name are told (rule B34).
func Publish(policy Publication, c *Contact, form PostalForm) Published {
	var p Published
	switch {
	case policy == PublishNone:
		return p
	case policy == PublishFull, policy == PublishOrganisations && !c.Natural:
		p = Published{Name: true, Org: true, Address: true, Region: true, Voice: true, Fax: true, Email: true}
	default:
		p.Region = true
	}
	if d := c.Disclose; d != nil {
		p.wish(*d, form)
	}
	if c.OptOut {
		p.Address, p.Voice, p.Fax, p.Email = false, false, false, false
	}
	if c.held {
		p = Published{Name: p.Name}
	}
	return p
}

// wish applies a contact's disclose element.
func (p *Published) wish(d Disclosure, form PostalForm) {
	names := func(forms []PostalForm) bool {
		for _, f := range forms {
			if f == form {
				return true
			}
		}
		return false
	}
	set := func(part *bool, named bool) {
		if named {
			*part = d.Flag
		}
	}
	set(&p.Name, names(d.Name))
	set(&p.Org, names(d.Org))
	set(&p.Address, names(d.Addr))
	set(&p.Region, names(d.Addr))
	set(&p.Voice, d.Voice)
	set(&p.Fax, d.Fax)
	set(&p.Email, d.Email)
}

// leastPublication is the policy for a contact that is asked for by itself: the
// least that any zone has, for its names may lie in each of them.
func (r *Registry) leastPublication(ctx context.Context, policy Publication) (Publication, error) {
	zones, err := r.Zones(ctx)
	if err != nil {
		return policy, err
	}
	all := Publications()
	for _, z := range zones {
		if z.Publication != "" && slices.Index(all, z.Publication) < slices.Index(all, policy) {
			policy = z.Publication
		}
	}
	return policy, nil
}
