package pages

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/namekeep/namekeep/registry"
)

// confirmPage is the data of confirm.html: the form for the code, and once it is
// valid, what it is for.
type confirmPage struct {
	Form  string
	Code  string
	Fault string // what is wrong with the code
	Found *registry.Confirmation
	Wrong string // why a decision was refused
	Years []int
}

// askCode asks for an activation code (N20).
func (p *Pages) askCode(w http.ResponseWriter, r *http.Request) {
	p.show(w, http.StatusOK, "confirm", "Confirm or decline a renewal", confirmPage{Form: p.formToken(w, r)})
}

// codeFaults are what the page says to a code that does not work. None tells
// anything of a name (N21).
var codeFaults = []struct {
	err    error
	status int
	text   string
}{
	{registry.ErrLinkUnknown, http.StatusNotFound, "This code is not known. Compare it with the message: three groups of four letters and digits."},
	{registry.ErrLinkUsed, http.StatusGone, "This code has been used. If you have changed your mind, ask your registrar for a new one."},
	{registry.ErrLinkExpired, http.StatusGone, "This code is no longer valid. Ask your registrar for a new one."},
	{registry.ErrTooMany, http.StatusTooManyRequests, "There were too many tries. Wait a quarter of an hour, then try again."},
}

// codeFault answers with the form for the code and what is wrong with it.
func (p *Pages) codeFault(w http.ResponseWriter, r *http.Request, code string, err error) {
	for _, f := range codeFaults {
		if errors.Is(err, f.err) {
			if f.status == http.StatusTooManyRequests {
				w.Header().Set("Retry-After", retryAfter)
			}
			p.show(w, f.status, "confirm", "Error: this code does not work", confirmPage{Form: p.formToken(w, r), Code: code, Fault: f.text})
			return
		}
	}
	p.fail(w, r, err, "")
}

// maxTyped is the longest text that is taken for a code.
const maxTyped = 64

// checkCode shows what a valid code is for. It uses nothing up.
func (p *Pages) checkCode(w http.ResponseWriter, r *http.Request) {
	err := p.readForm(r)
	if err != nil {
		p.fail(w, r, err, "")
		return
	}
	code := r.PostForm.Get("code")
	if len(code) > maxTyped {
		code = ""
	}
	p.showCode(w, r, http.StatusOK, code, "")
}

// showCode shows the name of a valid code and asks for the decision.
func (p *Pages) showCode(w http.ResponseWriter, r *http.Request, status int, code, wrong string) {
	found, err := p.reg.FindConfirmation(r.Context(), actor(), address(r), code)
	if err != nil {
		p.codeFault(w, r, code, err)
		return
	}
	title := "Renew " + registry.ToUnicode(found.Name) + "?"
	if wrong != "" {
		title = "Error: " + title
	}
	p.show(w, status, "confirm", title, confirmPage{Form: p.formToken(w, r), Code: code, Found: &found, Wrong: wrong,
		Years: yearList(p.reg.Policy().MaxYears)})
}

// confirmedPage is the data of confirmed.html.
type confirmedPage struct {
	registry.DecisionResult
}

// decideCode takes the decision that comes with a code, and ends the code.
func (p *Pages) decideCode(w http.ResponseWriter, r *http.Request) {
	err := p.readForm(r)
	if err != nil {
		p.fail(w, r, err, "")
		return
	}
	code, choice, years := r.PostForm.Get("code"), registry.DecisionChoice(r.PostForm.Get("choice")), 0
	switch choice {
	case registry.ChoiceRenew:
		years, err = strconv.Atoi(r.PostForm.Get("years"))
	case registry.ChoiceDecline:
	default:
		p.showCode(w, r, http.StatusBadRequest, code, "Choose one: renew, or do not renew.")
		return
	}
	if err != nil || len(code) > maxTyped {
		p.fail(w, r, errBadForm, "")
		return
	}
	result, err := p.reg.DecideConfirmation(r.Context(), actor(), address(r), code, choice, years)
	switch {
	case err != nil:
		p.codeFault(w, r, code, err)
	case result.Refused != "":
		p.showCode(w, r, http.StatusConflict, code, result.Refused)
	default:
		p.show(w, http.StatusOK, "confirmed", "Thank you", confirmedPage{result})
	}
}
