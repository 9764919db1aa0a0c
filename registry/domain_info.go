package registry

import "context"

// DomainView is a name as a certain actor may see it.
type DomainView struct {
	*Domain
	// Full is false when the actor sees the public part only (rule C9): the
	// name is another tag's and no valid authInfo was given.
	Full   bool
	Status RegistrationStatus
	Today  Date
}

// InfoDomainParams asks for a name.
type InfoDomainParams struct {
	Name string
	// AuthInfo, when given, must be the name's, and then shows the whole
	// record to another tag (RFC 5731 section 3.1.2).
	AuthInfo AuthInfo
}

// InfoDomain shows a name (rule C9) in one round trip.
//
// Refusals: KindNotFound, KindBadAuthInfo.
func (r *Registry) InfoDomain(ctx context.Context, actor Actor, p InfoDomainParams) (DomainView, error) {
	d, err := r.showDomain(ctx, normalName(p.Name))
	if err != nil {
		return DomainView{}, err
	}
	v := DomainView{Domain: d, Today: r.Today()}
	v.Status = d.RegistrationStatus(v.Today, r.policy)
	v.Full = !actor.IsRegistrar() || d.SponsorID == actor.Registrar
	if p.AuthInfo == "" {
		return v, nil
	}
	// The sponsor may check its authInfo too, so a wrong one is told to both.
	if !p.AuthInfo.Matches(d.authHash) {
		return DomainView{}, Refuse(KindBadAuthInfo, "", "The authInfo is not that of %s.", d.Name).About("domain:authInfo", "")
	}
	v.Full = true
	return v, nil
}
