package pages

import (
	"net/http"
	"net/url"

	"github.com/namekeep/namekeep/registry"
)

const anotherSignIn = "Ask for a new link on the sign-in page."

// sessionSeconds is as long as a session lasts at most.
const sessionSeconds = 8 * 60 * 60

// signInPage is the data of signin.html: the form for the tag, the word that a
// link was sent, or the button of a link.
type signInPage struct {
	Form string
	Sent bool
	TAG  string // of a valid link
	Path string // of that link
}

// askSignInLink mails a sign-in link. Whether there is such a tag is not told
// (N30).
func (p *Pages) askSignInLink(w http.ResponseWriter, r *http.Request) {
	err := p.readForm(r)
	if err == nil {
		err = p.reg.RequestSignIn(r.Context(), actor(), address(r), r.PostForm.Get("tag"))
	}
	if err != nil {
		p.fail(w, r, err, "")
		return
	}
	p.show(w, http.StatusOK, "signin", "Look into your mailbox", signInPage{Sent: true})
}

// showSignIn asks before a link is used up: mail scanners follow links.
func (p *Pages) showSignIn(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	tag, err := p.reg.FindSignIn(r.Context(), token)
	if err != nil {
		p.signInFault(w, r, err)
		return
	}
	p.show(w, http.StatusOK, "signin", "Sign in for "+tag, signInPage{Form: p.formToken(w, r), TAG: tag, Path: p.base + registry.SignInPath + url.PathEscape(token)})
}

func (p *Pages) signInFault(w http.ResponseWriter, r *http.Request, err error) {
	p.fail(w, r, err, anotherSignIn)
}

// signIn begins a session.
func (p *Pages) signIn(w http.ResponseWriter, r *http.Request) {
	err := p.readForm(r)
	var session string
	if err == nil {
		session, err = p.reg.SignIn(r.Context(), actor(), r.PathValue("token"))
	}
	if err != nil {
		p.signInFault(w, r, err)
		return
	}
	// Lax: the links of reminder lists lead here from a mail program.
	p.setCookie(w, "session", session, sessionSeconds, http.SameSiteLaxMode)
	http.Redirect(w, r, p.base+"registrar/", http.StatusSeeOther)
}

// signOut ends the session.
func (p *Pages) signOut(w http.ResponseWriter, r *http.Request) {
	err := p.readForm(r)
	if err == nil {
		err = p.reg.SignOut(r.Context(), p.cookie(r, "session"))
	}
	if err != nil {
		p.fail(w, r, err, "")
		return
	}
	p.setCookie(w, "session", "", -1, http.SameSiteLaxMode)
	p.say(w, http.StatusOK, message{Heading: "You are signed out", Link: "registrar/", LinkTo: "Sign in again"})
}
