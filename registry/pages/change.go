package pages

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/namekeep/namekeep/registry"
)

const anotherChange = "Ask your registrar how the change stands."

// changePage is the data of change.html: the question, or how it stands.
type changePage struct {
	registry.ChangeConfirmation
	Form     string
	Path     string
	Identity bool                    // C5: the same contact with other data
	Diff     []registry.IdentityDiff // of an identity
	One      bool                    // it is about one name
	Ended    bool                    // nothing is asked any more
}

func (p *Pages) changeData(c registry.ChangeConfirmation, token string) changePage {
	return changePage{ChangeConfirmation: c, Path: p.base + registry.ChangePage + url.PathEscape(token),
		Identity: c.Change.Object == registry.ObjectContact, One: len(c.Change.Names)+c.Change.More == 1, Diff: c.Change.Before.Diff(c.Change.After)}
}

// showChange asks a party to confirm or refuse a change of registrant, or tells
// how it stands (N40, C4, C5).
func (p *Pages) showChange(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	c, err := p.reg.FindChangeConfirmation(r.Context(), token)
	if err != nil {
		p.changeEnded(w, r, token, c, err)
		return
	}
	data := p.changeData(c, token)
	data.Form = p.formToken(w, r)
	p.show(w, http.StatusOK, "change", "Change of registrant", data)
}

// changeEnded tells how a change stands that is not to be answered any more.
func (p *Pages) changeEnded(w http.ResponseWriter, r *http.Request, token string, c registry.ChangeConfirmation, err error) {
	known := errors.Is(err, registry.ErrLinkUsed) || errors.Is(err, registry.ErrLinkExpired) || errors.Is(err, registry.ErrChangeEnded)
	if !known || c.Change.ID == 0 {
		p.fail(w, r, err, anotherChange)
		return
	}
	data := p.changeData(c, token)
	data.Ended = true
	p.show(w, http.StatusGone, "change", "Change of registrant", data)
}

// answerChange takes the answer of a party.
func (p *Pages) answerChange(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	err := p.readForm(r)
	if err != nil {
		p.fail(w, r, err, anotherChange)
		return
	}
	answer := r.PostForm.Get("answer")
	if answer != "confirm" && answer != "refuse" {
		p.fail(w, r, errBadForm, "")
		return
	}
	c, err := p.reg.DecideChangeByToken(r.Context(), token, answer == "confirm")
	if err != nil {
		p.changeEnded(w, r, token, c, err)
		return
	}
	data := p.changeData(c, token)
	data.Ended = true
	p.show(w, http.StatusOK, "change", "Thank you", data)
}

const anotherVerification = "If your address has changed since, a newer message has the right link. Otherwise ask your registrar."

// verifyPage is the data of verify.html.
type verifyPage struct {
	registry.Verification
	Form string
	Path string
	Done bool
}

// showVerify asks whether an address is the contact's own (C7).
func (p *Pages) showVerify(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	v, err := p.reg.FindVerification(r.Context(), token)
	if err != nil {
		p.fail(w, r, err, anotherVerification)
		return
	}
	p.show(w, http.StatusOK, "verify", "Confirm your e-mail address", verifyPage{Verification: v, Form: p.formToken(w, r),
		Path: p.base + registry.VerifyPage + url.PathEscape(token)})
}

// verify takes the link as proof.
func (p *Pages) verify(w http.ResponseWriter, r *http.Request) {
	err := p.readForm(r)
	var v registry.Verification
	if err == nil {
		v, err = p.reg.VerifyByToken(r.Context(), r.PathValue("token"))
	}
	if err != nil {
		p.fail(w, r, err, anotherVerification)
		return
	}
	p.show(w, http.StatusOK, "verify", "Thank you", verifyPage{Verification: v, Done: true})
}
