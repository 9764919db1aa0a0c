package pages

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/namekeep/namekeep/notify"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/ratelimit"
)

// formField is the field that each form of ours carries: a hash under the
// secret of the visitor's cookie, which no other site can read.
const formField = "form"

// cookieName is the name of a cookie; over https no other host can set it.
func (p *Pages) cookieName(name string) string {
	if p.secure {
		return "__Host-nk-" + name
	}
	return "nk-" + name
}

func (p *Pages) setCookie(w http.ResponseWriter, name, value string, seconds int, same http.SameSite) {
	http.SetCookie(w, &http.Cookie{Name: p.cookieName(name), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: p.secure, SameSite: same})
}

func (p *Pages) cookie(r *http.Request, name string) string {
	c, err := r.Cookie(p.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// formToken returns what the forms of a page carry. A visitor without the
// cookie gets one.
func (p *Pages) formToken(w http.ResponseWriter, r *http.Request) string {
	secret := p.cookie(r, "form")
	if len(secret) < 16 {
		secret = rand.Text()
		p.setCookie(w, "form", secret, 0, http.SameSiteStrictMode)
	}
	return formHash(secret)
}

func formHash(secret string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte("form"))
	return hex.EncodeToString(m.Sum(nil))
}

var (
	errForeignForm = errors.New("the form is not one of ours")
	errBadForm     = errors.New("the form cannot be read")
)

// readForm reads a form and makes sure that the visitor sent it from a page of
// ours.
func (p *Pages) readForm(r *http.Request) error {
	if a, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		if ok, _ := p.forms.Allow(a.Addr(), p.reg.Now()); !ok {
			return registry.ErrTooMany
		}
	}
	err := r.ParseForm()
	if err != nil {
		return errBadForm
	}
	if crossOrigin(r) {
		return errForeignForm
	}
	secret := p.cookie(r, "form")
	if len(secret) < 16 || !hmac.Equal([]byte(r.PostForm.Get(formField)), []byte(formHash(secret))) {
		return errForeignForm
	}
	return nil
}

// crossOrigin tells a request that a browser says comes from another site. Our
// own pages send no referrer, so browsers write "null" as their origin.
func crossOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" || origin == "null" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || u.Host != r.Host
}

// address is whom tries are counted for: an IPv4 address, or the /64 of an IPv6
// address, which one visitor has all of.
func address(r *http.Request) string {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return ratelimit.Network(a.Addr()).String()
}

// actor is the registry acting for a visitor. The identifier is on each history
// row of the request.
func actor() registry.Actor { return registry.System(transactionID()) }

func transactionID() string { return "WEB-" + rand.Text() }

// retryAfter is in seconds: tries are counted by the quarter of an hour.
const retryAfter = "900"

// fail answers with the page that an error stands for. another says where
// another link comes from.
func (p *Pages) fail(w http.ResponseWriter, r *http.Request, err error, another string) {
	switch {
	case errors.Is(err, registry.ErrLinkUnknown), errors.Is(err, notify.ErrNoSubscription):
		p.say(w, http.StatusNotFound, message{Heading: "This link is not known", Text: []string{
			"It may have been cut off. Copy the whole link from the message into the address bar, to its last character.", another}})
	case errors.Is(err, registry.ErrLinkUsed):
		p.say(w, http.StatusGone, message{Heading: "This link has been used", Text: []string{"It works once, and it has done its work.", another}})
	case errors.Is(err, registry.ErrLinkExpired):
		p.say(w, http.StatusGone, message{Heading: "This link has expired", Text: []string{another}})
	case errors.Is(err, registry.ErrTooMany):
		w.Header().Set("Retry-After", retryAfter)
		p.say(w, http.StatusTooManyRequests, message{Heading: "Too many tries", Text: []string{
			"There were too many tries from your network. Wait a quarter of an hour, then try again."}})
	case errors.Is(err, errForeignForm):
		p.say(w, http.StatusForbidden, message{Heading: "Please send the form again", Text: []string{
			"The form was open for too long, or your browser keeps no cookies. Nothing was changed.",
			"Open the link in our message again, allow cookies for this site, and send the form from there."}})
	case errors.Is(err, errBadForm):
		p.say(w, http.StatusBadRequest, message{Heading: "The form could not be read", Text: []string{
			"Nothing was changed. Go back, reload the page and send it again."}})
	default:
		if refusal := registry.AsRefusal(err); refusal != nil {
			status := http.StatusConflict
			if k := refusal.Kind; k == registry.KindParamRange || k == registry.KindParamSyntax {
				status = http.StatusBadRequest
			}
			p.say(w, status, message{Heading: "This cannot be done now", Text: []string{refusal.Reason, another}})
			return
		}
		p.log.Error("page", "route", r.Pattern, "error", err)
		p.say(w, http.StatusInternalServerError, message{Heading: "Something went wrong on our side", Text: []string{
			"Nothing was changed. Please try again in a few minutes."}})
	}
}
