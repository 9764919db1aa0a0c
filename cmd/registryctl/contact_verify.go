package main

import (
	"fmt"

	"github.com/namekeep/namekeep/registry"
)

type contactVerify struct {
	Handle string `arg:"" help:"Contact's id."`
	Ask    bool   `help:"Do not take it as verified: write to the address again, with a new link and new time."`
}

// Run notes that a contact's address is its own, or asks it again (C7).
func (c *contactVerify) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	do := r.VerifyContact
	if c.Ask {
		do = r.AskVerification
	}
	err = do(s.ctx, actor, c.Handle)
	if err != nil {
		return err
	}
	return s.showContact(r, actor, c.Handle, 0)
}

// verificationView is the state of a contact's address in JSON.
type verificationView struct {
	State    string `json:"state"`
	Asked    string `json:"asked"`
	LastDay  string `json:"last_day"`
	Verified string `json:"verified,omitempty"`
	Failed   string `json:"failed,omitempty"`
	Proof    string `json:"proof,omitempty"`
	Held     int    `json:"held_names,omitempty"`
}

// viewVerification is nil where nobody has asked.
func viewVerification(v *registry.Verification) *verificationView {
	if v == nil {
		return nil
	}
	day := func(d registry.Date) string {
		if d.IsZero() {
			return ""
		}
		return d.String()
	}
	return &verificationView{State: string(v.State), Asked: day(v.Asked), LastDay: day(v.LastDay), Verified: day(v.Verified),
		Failed: day(v.Failed), Proof: string(v.Proof), Held: v.Held}
}

// words is the state for people.
func (v *verificationView) words() string {
	switch {
	case v == nil:
		return ""
	case v.State == string(registry.Verified):
		return fmt.Sprintf("verified %s (%s)", v.Verified, v.Proof)
	case v.Held > 0:
		return fmt.Sprintf("failed %s, %d names held", v.Failed, v.Held)
	case v.State == string(registry.VerificationFailed):
		return "failed " + v.Failed
	}
	return fmt.Sprintf("unverified, asked %s, to be confirmed by %s", v.Asked, v.LastDay)
}

// revisionView is a change of who a contact is; the data before are kept.
type revisionView struct {
	Change int64  `json:"change"`
	Label  string `json:"label"` // (Initial data), or the state of the new data
	identityView
}

// viewRevisions are the data before and after each change that both addresses
// had to confirm, latest first (C5).
func viewRevisions(list []*registry.RegistrantChange) []revisionView {
	var out []revisionView
	for _, h := range list {
		out = append(out, revisionView{h.ID, "new data, " + string(h.State), viewIdentity(h.After)},
			revisionView{h.ID, "(Initial data)", viewIdentity(h.Before)})
	}
	return out
}
