package xml

import (
	"strconv"
	"time"
)

// The types of our own extension; its schema is schema/renewal-1.0.xsd. Dates
// are civil days of the registry, at midnight UTC.

// RenewalList asks for the tag's names that expire from From to To, both
// included, after the name After ("" for the first page).
type RenewalList struct {
	From, To time.Time
	After    string
}

// RenewalListData answers RenewalList. More: there are names after the last.
type RenewalListData struct {
	Domains []RenewalDomain
	More    bool
}

// RenewalDomain is one name of the list. Status is one of the five registration
// statuses.
type RenewalDomain struct {
	Name     string
	ExDate   time.Time
	Status   string
	Decision *RenewalDecision
}

// RenewalDecision is what the registrant decided: renew, with the years, or
// decline.
type RenewalDecision struct {
	Choice string
	Years  int // 0 when absent
	On     time.Time
}

// RenewalAutoBill sets auto-bill for all names of the tag; 0 switches it off.
type RenewalAutoBill struct {
	Days   int
	DryRun bool
}

// RenewalAutoBillData answers RenewalAutoBill. Domains are the first of the
// Refused ones.
type RenewalAutoBillData struct {
	DryRun    bool
	Set       int
	Unchanged int
	Refused   int
	Domains   []RenewalRefusal
}

// RenewalRefusal is a name that was not set, and why.
type RenewalRefusal struct {
	Name   string
	Reason string
}

// RenewalConfirm has the registrant of a name asked whether to renew it.
type RenewalConfirm struct {
	Name string
}

// RenewalConfirmData answers RenewalConfirm. ValidUntil is the last day of the
// registrant's activation code.
type RenewalConfirmData struct {
	Name       string
	ValidUntil time.Time
}

// MaxRenewalRefusals is how many refused names an answer lists.
const MaxRenewalRefusals = 1000

// RenewalInfoData stands beside the answer to a domain info. Zero fields are
// left out.
type RenewalInfoData struct {
	Status   string
	Requests []RenewalRequest // the open ones
	Decision *RenewalDecision
	Account  string
	Change   *RenewalChange
}

// RenewalChange is the change of a name's registrant that waits for both
// parties. Registrant is the contact that is to be it; Confirmed lists who has
// confirmed it: previous, new.
type RenewalChange struct {
	Registrant string
	Requested  time.Time
	AnswerBy   time.Time // a day
	Confirmed  []string
}

// RenewalCancelChange withdraws the change of a name's registrant, or of a
// contact's identity, that waits. One of the two is set.
type RenewalCancelChange struct {
	Domain  string
	Contact string
}

// RenewalRequest is an open renewal request.
type RenewalRequest struct {
	By        string // tag
	Requested time.Time
	From      time.Time // the expiry date before it
	Years     int
	Invoice   string    // "" when absent
	Due       time.Time // zero when absent
}

func decodeRenewalList(d *decoder, r *reader) any {
	d.attrs(r.self)
	c := &RenewalList{}
	if r.need("from") {
		c.From = d.date(r.e())
	}
	if r.need("to") {
		c.To = d.date(r.e())
	}
	if r.next("after") {
		c.After = d.label(r.e())
	}
	return c
}

func decodeRenewalAutoBill(d *decoder, r *reader) any {
	c := &RenewalAutoBill{DryRun: d.boolAttr(r.self, "dryRun", false)}
	d.attrs(r.self, "dryRun")
	if r.need("days") {
		c.Days = d.integer(r.e(), 0, 182)
	}
	return c
}

func decodeRenewalConfirm(d *decoder, r *reader) any {
	d.attrs(r.self)
	c := &RenewalConfirm{}
	if r.need("name") {
		c.Name = d.label(r.e())
	}
	return c
}

func decodeRenewalCancelChange(d *decoder, r *reader) any {
	d.attrs(r.self)
	c := &RenewalCancelChange{}
	if r.next("contact") {
		c.Contact = d.clID(r.e())
	} else if r.need("name") {
		c.Domain = d.label(r.e())
	}
	return c
}

func (d *RenewalConfirmData) encode(p out) {
	o := p.open(NSRenewal, "confirmData")
	o.text("name", d.Name)
	o.date("validUntil", d.ValidUntil)
}

func (d *RenewalListData) encode(p out) {
	o := p.open(NSRenewal, "listData").attr("more", boolean(d.More))
	for i := range d.Domains {
		n := &d.Domains[i]
		e := o.add("domain")
		e.text("name", n.Name)
		e.date("exDate", n.ExDate)
		e.text("status", n.Status)
		n.Decision.fill(e)
	}
}

func (d *RenewalDecision) fill(o out) {
	if d != nil {
		e := o.text("decision", d.Choice).attr("on", d.On.Format(time.DateOnly))
		if d.Years > 0 {
			e.attr("years", strconv.Itoa(d.Years))
		}
	}
}

func (d *RenewalAutoBillData) encode(p out) {
	o := p.open(NSRenewal, "autoBillData")
	if d.DryRun {
		o.attr("dryRun", "1")
	}
	o.num("set", d.Set)
	o.num("unchanged", d.Unchanged)
	o.num("refused", d.Refused)
	for _, n := range d.Domains[:min(len(d.Domains), MaxRenewalRefusals)] {
		e := o.add("domain")
		e.text("name", n.Name)
		e.text("reason", clip(n.Reason, 255))
	}
}

func (d *RenewalInfoData) encode(p out) {
	o := p.open(NSRenewal, "infData")
	o.text("status", d.Status)
	for i := range d.Requests {
		r := &d.Requests[i]
		e := o.add("request")
		e.text("by", r.By)
		e.time("requested", r.Requested)
		e.date("from", r.From)
		period(e, &Period{Value: r.Years, Unit: "y"})
		e.opt("invoice", r.Invoice)
		if !r.Due.IsZero() {
			e.date("due", r.Due)
		}
	}
	d.Decision.fill(o)
	o.opt("account", d.Account)
	if c := d.Change; c != nil {
		e := o.add("change")
		e.text("registrant", c.Registrant)
		e.time("requested", c.Requested)
		e.date("answerBy", c.AnswerBy)
		for _, side := range c.Confirmed {
			e.text("confirmed", side)
		}
	}
}

// date appends a child with a calendar date.
func (o out) date(tag string, t time.Time) { o.text(tag, t.Format(time.DateOnly)) }
