package pages

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/namekeep/namekeep/notify"
	"github.com/namekeep/namekeep/registry"
)

// namesOnPage is how many names a page lists.
const namesOnPage = 100

const anotherReminder = "You get a new link with the next reminder. You can also ask your registrar to renew the name."

// renewalPage is the data of renewal.html.
type renewalPage struct {
	registry.RenewalPage
	Form  string
	Path  string // of this page, with its token
	Open  int    // lines that can be decided
	Next  string // query of the next page; "": this is the last
	First bool
	Years []int
}

// showRenewal lists the names of an account and what was decided about them
// (N10, N12).
func (p *Pages) showRenewal(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	after, ok := cursor(r.URL.Query())
	if !ok {
		p.fail(w, r, errBadForm, "")
		return
	}
	found, err := p.reg.FindRenewalPage(r.Context(), token, after, namesOnPage)
	if err != nil {
		p.fail(w, r, err, anotherReminder)
		return
	}
	data := renewalPage{RenewalPage: found, Form: p.formToken(w, r), Path: p.base + "renewal/" + url.PathEscape(token),
		First: after.Due.IsZero(), Years: yearList(p.reg.Policy().MaxYears)}
	for _, l := range found.Lines {
		if undecided(l) {
			data.Open++
		}
	}
	if found.More {
		data.Next = nextPage(found.Lines).Encode()
	}
	p.show(w, http.StatusOK, "renewal", "Renew or decline", data)
}

// undecided tells a line that can still be decided from one that was acted on.
func undecided(l registry.RenewalLine) bool {
	return l.Decision == nil || l.State == registry.DecisionWaiting
}

// cursor reads where a page begins.
func cursor(q url.Values) (registry.LineCursor, bool) {
	if q.Get("after") == "" {
		return registry.LineCursor{}, true
	}
	day, err := registry.ParseDate(q.Get("due"))
	return registry.LineCursor{Due: day, Name: q.Get("after")}, err == nil
}

func nextPage(lines []registry.RenewalLine) url.Values {
	last := lines[len(lines)-1]
	return url.Values{"due": {last.Due.String()}, "after": {last.Name}}
}

func yearList(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i + 1
	}
	return list
}

// decisionsPage is the data of decisions.html.
type decisionsPage struct {
	Results   []registry.DecisionResult
	Refused   int
	Changed   int
	Automatic bool
	Path      string
	Registrar notify.Agent
}

// sendRenewal takes the decisions of the page.
func (p *Pages) sendRenewal(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	err := p.readForm(r)
	var list []registry.NameDecision
	if err == nil {
		list, err = readDecisions(r.PostForm)
	}
	var page registry.RenewalPage
	if err == nil {
		page, err = p.reg.FindRenewalPage(r.Context(), token, registry.LineCursor{}, 1)
	}
	var results []registry.DecisionResult
	if err == nil {
		results, err = p.reg.RecordDecisions(r.Context(), actor(), token, list)
	}
	if err != nil {
		p.fail(w, r, err, anotherReminder)
		return
	}
	data := decisionsPage{Path: p.base + "renewal/" + url.PathEscape(token), Automatic: page.Mode == registry.DecisionsAutomatic, Registrar: page.Registrar}
	for _, v := range results {
		if v.Refused != "" {
			data.Refused++
		}
		if v.Changed {
			data.Changed++
		}
		if v.Refused != "" || v.Changed {
			data.Results = append(data.Results, v)
		}
	}
	status := http.StatusOK
	if data.Refused > 0 && data.Changed == 0 {
		status = http.StatusConflict
	}
	p.show(w, status, "decisions", "Your decisions", data)
}

// readDecisions reads the lines of the form: for each name its E as it was
// shown, the choice and the years. "all" decides about every line alike.
func readDecisions(form url.Values) ([]registry.NameDecision, error) {
	all := form.Get("all")
	var list []registry.NameDecision
	for _, name := range form["name"] {
		d := registry.NameDecision{Name: name, Choice: registry.DecisionChoice(form.Get("choice:" + name))}
		years := form.Get("years:" + name)
		if all == "renew" || all == "decline" {
			d.Choice, years = registry.DecisionChoice(all), form.Get("all-years")
		}
		var err error
		d.Period, err = registry.ParseDate(form.Get("period:" + name))
		if err != nil {
			return nil, errBadForm
		}
		if d.Choice == registry.ChoiceRenew {
			d.Years, err = strconv.Atoi(strings.TrimSpace(years))
			if err != nil {
				return nil, errBadForm
			}
		}
		list = append(list, d)
	}
	return list, nil
}
