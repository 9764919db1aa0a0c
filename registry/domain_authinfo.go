package registry

import "context"

// IssueAuthInfo makes a new authInfo for a name, with which it can be
// transferred to another tag (RFC 9154): for its tag, or for staff who hand it
// to the tag or the registrant. The register keeps a hash, so it can be shown
// only now; a transfer clears it.
//
// Refusals: KindNotFound, KindAuthorization, KindStatusProhibits,
// KindParamMissing for staff without a reason.
func (r *Registry) IssueAuthInfo(ctx context.Context, actor Actor, name string) (AuthInfo, error) {
	d, err := r.UpdateDomain(ctx, actor, UpdateDomainParams{Name: name, IssueAuthInfo: true})
	if err != nil {
		return "", err
	}
	return d.Issued, nil
}
