package pages

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/namekeep/namekeep/registry"
)

// salesPage is the data of sales.html (N30).
type salesPage struct {
	registry.SalesContact
	Form   string
	Views  []salesView
	View   string // of Views, the one that is shown
	Title  string
	Lines  []registry.RenewalLine
	Next   string // query of the next page; "": this is the last
	Years  []int
	Days   int    // that a code is valid
	Fault  string // what was wrong with the form that was sent
	Action string
}

// salesView is a list that the page offers.
type salesView struct {
	Key, Name, Title string
}

// The lists beside those by month.
const (
	viewDecisions = "decisions"
	viewOverdue   = "overdue"
)

// monthsAhead is how many months the page offers: as far as names can be
// renewed.
const monthsAhead = 7

// overdueDays is how far back the list of expired names goes.
const overdueDays = 200

// views are the lists on a day.
func views(today registry.Date) []salesView {
	list := []salesView{{viewDecisions, "Decisions", "Decisions waiting"}, {viewOverdue, "Expired", "Expired and not renewed"}}
	for i := range monthsAhead {
		m := registry.NewDate(today.Year, today.Month, 1).AddMonths(i)
		list = append(list, salesView{m.String()[:7], m.EPPTime().Format("Jan 2006"), m.EPPTime().Format("January 2006")})
	}
	return list
}

// showSales lists what expires and what was decided, to whom is signed in; to
// others it offers a sign-in link.
func (p *Pages) showSales(w http.ResponseWriter, r *http.Request) {
	who, err := p.reg.FindSession(r.Context(), p.cookie(r, "session"))
	if isLinkFault(err) {
		p.show(w, http.StatusOK, "signin", "Sign in", signInPage{Form: p.formToken(w, r)})
		return
	}
	if err != nil {
		p.fail(w, r, err, "")
		return
	}
	p.listSales(w, r, http.StatusOK, who, r.URL.Query(), "")
}

func isLinkFault(err error) bool {
	return errors.Is(err, registry.ErrLinkUnknown) || errors.Is(err, registry.ErrLinkUsed) || errors.Is(err, registry.ErrLinkExpired)
}

// listSales shows one of the lists. fault is what was wrong with the form that
// was sent from it.
func (p *Pages) listSales(w http.ResponseWriter, r *http.Request, status int, who registry.SalesContact, q url.Values, fault string) {
	today := p.reg.Today()
	all := views(today)
	at := slices.IndexFunc(all, func(v salesView) bool { return v.Key == q.Get("view") })
	if q.Get("view") == "" {
		at = 0
	}
	after, ok := cursor(q)
	if at < 0 || !ok {
		p.say(w, http.StatusNotFound, message{Heading: "There is no such list", Link: "registrar/", LinkTo: "To your names"})
		return
	}
	lines, err := p.salesLines(r.Context(), who.TAG, all[at].Key, after)
	if err != nil {
		p.fail(w, r, err, "")
		return
	}
	data := salesPage{SalesContact: who, Form: p.formToken(w, r), Views: all, View: all[at].Key, Title: all[at].Title, Lines: lines,
		Years: yearList(p.reg.Policy().MaxYears), Days: p.reg.Policy().CodeDays, Fault: fault, Action: p.base + "registrar/act"}
	if len(lines) > namesOnPage {
		data.Lines = lines[:namesOnPage]
		next := nextPage(data.Lines)
		next.Set("view", data.View)
		data.Next = next.Encode()
	}
	title := all[at].Title
	if fault != "" {
		title = "Error: " + title
	}
	p.show(w, status, "sales", title, data)
}

// salesLines reads one line more than a page holds.
func (p *Pages) salesLines(ctx context.Context, tag, view string, after registry.LineCursor) ([]registry.RenewalLine, error) {
	today := p.reg.Today()
	switch view {
	case viewDecisions:
		return p.reg.Decisions(ctx, tag, false, after, namesOnPage+1)
	case viewOverdue:
		return p.reg.ExpiringNames(ctx, tag, today.AddDays(-overdueDays), today, after, namesOnPage+1)
	}
	first, err := registry.ParseDate(view + "-01")
	if err != nil {
		return nil, err
	}
	from := first
	if from.Before(today) {
		from = today
	}
	return p.reg.ExpiringNames(ctx, tag, from, first.AddMonths(1), after, namesOnPage+1)
}

// actTime limits what one form does.
const actTime = 20 * time.Second

// salesResult is what became of one name.
type salesResult struct {
	Name string
	Done string // in words
	Why  string // it could not be done; "" if it was
}

// salesDone is the data of done.html.
type salesDone struct {
	registry.SalesContact
	Form    string
	Heading string
	Results []salesResult
	Failed  int
	Back    string // query of the list
}

// actSales does to the chosen names what the button says, one after the other,
// as the tag would over EPP.
func (p *Pages) actSales(w http.ResponseWriter, r *http.Request) {
	who, err := p.reg.FindSession(r.Context(), p.cookie(r, "session"))
	if isLinkFault(err) {
		p.say(w, http.StatusForbidden, message{Heading: "You are not signed in any more", Text: []string{"Nothing was done."},
			Link: "registrar/", LinkTo: "Sign in again"})
		return
	}
	if err == nil {
		err = p.readForm(r)
	}
	if err != nil {
		p.fail(w, r, err, "")
		return
	}
	form := r.PostForm
	back := url.Values{"view": {form.Get("view")}}
	names := form["pick"]
	if form.Get("all") != "" {
		names = form["name"]
	}
	do, ok := salesActions[form.Get("action")]
	if !ok || len(names) == 0 || len(names) > registry.MaxDecisions {
		p.listSales(w, r, http.StatusBadRequest, who, back, "Choose one name or more, then what is to be done.")
		return
	}
	// A visitor who goes away does not leave it half done.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), actTime)
	defer cancel()
	data := salesDone{SalesContact: who, Form: p.formToken(w, r), Heading: do.heading, Back: back.Encode()}
	a := who.Actor(transactionID())
	for _, name := range names {
		result := salesResult{Name: name}
		result.Done, err = do.run(ctx, p.reg, a, name, form)
		if err != nil {
			result.Why = p.why(r, err)
			data.Failed++
		}
		data.Results = append(data.Results, result)
	}
	p.show(w, http.StatusOK, "done", do.heading, data)
}

// why tells a refusal; a fault of ours goes to the log.
func (p *Pages) why(r *http.Request, err error) string {
	if refusal := registry.AsRefusal(err); refusal != nil {
		return refusal.Reason
	}
	p.log.Error("page", "route", r.Pattern, "error", err)
	return "Something went wrong on our side. Look at the name before you try again."
}

// salesAction is what a button does to a name.
type salesAction struct {
	heading string
	run     func(ctx context.Context, reg *registry.Registry, a registry.Actor, name string, form url.Values) (done string, err error)
}

var salesActions = map[string]salesAction{
	"renew":        {"Renewed", renewForSales},
	"ask":          {"Registrants asked", askForSales},
	"not-required": {"Marked as not to be renewed", declineForSales},
	"as-decided":   {"Decisions carried out", carryOutForSales},
}

func renewForSales(ctx context.Context, reg *registry.Registry, a registry.Actor, name string, form url.Values) (string, error) {
	years, err := strconv.Atoi(form.Get("years"))
	if err != nil {
		return "", registry.Refuse(registry.KindParamRange, "", "Choose for how many years.")
	}
	// E as the page showed it: a form that is sent twice renews once.
	expires, err := registry.ParseDate(form.Get("period:" + name))
	if err != nil {
		return "", err
	}
	d, err := reg.RenewDomain(ctx, a, registry.RenewDomainParams{Name: name, CurExpiry: expires, Years: years})
	if err != nil {
		return "", err
	}
	return "renewed until " + longDate(d.Expires), nil
}

func askForSales(ctx context.Context, reg *registry.Registry, a registry.Actor, name string, _ url.Values) (string, error) {
	asked, err := reg.RequestConfirmation(ctx, a, name)
	if err != nil {
		return "", err
	}
	return "the registrant was asked; the code is valid until " + longDate(asked.ValidUntil), nil
}

func declineForSales(ctx context.Context, reg *registry.Registry, a registry.Actor, name string, _ url.Values) (string, error) {
	yes := true
	_, err := reg.UpdateDomain(ctx, a, registry.UpdateDomainParams{Name: name, RenewNotRequired: &yes})
	if err != nil {
		return "", err
	}
	return "marked as not to be renewed", nil
}

func carryOutForSales(ctx context.Context, reg *registry.Registry, a registry.Actor, name string, form url.Values) (string, error) {
	found, err := reg.DecisionsOn(ctx, []string{name})
	if err != nil {
		return "", err
	}
	d, ok := found[name]
	if !ok {
		return "", registry.Refuse(registry.KindStatusProhibits, "", "Its registrant has not decided.")
	}
	if d.Choice == registry.ChoiceDecline {
		return declineForSales(ctx, reg, a, name, form)
	}
	form = url.Values{"years": {strconv.Itoa(d.Years)}, "period:" + name: {d.Period.String()}}
	return renewForSales(ctx, reg, a, name, form)
}
