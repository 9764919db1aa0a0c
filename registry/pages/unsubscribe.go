package pages

import (
	"net/http"

	"github.com/namekeep/namekeep/notify"
)

// unsubscribePage is the data of unsubscribe.html.
type unsubscribePage struct {
	Form string
	Path string
	What string // the list, in words
	Done bool
}

const anotherUnsubscribe = "Use the unsubscribe link of the newest message. If that fails, write to us."

func (p *Pages) unsubscribePage(s notify.Subscription, token string) unsubscribePage {
	what := "the daily reminders of domain names that expire"
	if s.Kind == notify.AdvanceList {
		what = "the monthly list of names on the tag " + s.TAG + " that expire in three months"
	} else if s.Contact == 0 {
		what = "the daily reminders of names on the tag " + s.TAG + " that expire"
	}
	return unsubscribePage{What: what, Path: p.base + notify.UnsubscribePath + token, Done: !s.OptedOut.IsZero()}
}

// askUnsubscribe asks whether a list is to end. The link itself ends nothing:
// mail scanners follow it.
func (p *Pages) askUnsubscribe(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	s, err := notify.FindSubscription(r.Context(), p.reg.DB(), token)
	if err != nil {
		p.fail(w, r, err, anotherUnsubscribe)
		return
	}
	data := p.unsubscribePage(s, token)
	data.Form = p.formToken(w, r)
	p.show(w, http.StatusOK, "unsubscribe", "Unsubscribe", data)
}

// unsubscribe ends a list: from our page, or by the one-click request of a mail
// program, which has no cookie and needs none (RFC 8058 section 3.2).
func (p *Pages) unsubscribe(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	err := p.readForm(r)
	if oneClick(r) {
		err = nil
	}
	var s notify.Subscription
	if err == nil {
		s, err = notify.OptOut(r.Context(), p.reg.DB(), token)
	}
	if err != nil {
		p.fail(w, r, err, anotherUnsubscribe)
		return
	}
	p.show(w, http.StatusOK, "unsubscribe", "You are unsubscribed", p.unsubscribePage(s, token))
}

// oneClick tells the request that RFC 8058 describes. It may come as a form of
// either encoding, and not from a page of another site.
func oneClick(r *http.Request) bool {
	return !crossOrigin(r) && r.PostFormValue("List-Unsubscribe") == "One-Click"
}
