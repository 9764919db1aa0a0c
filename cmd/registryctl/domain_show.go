package main

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/namekeep/namekeep/registry"
)

type domainShow struct {
	Name string `arg:"" help:"Name."`
}

func (c *domainShow) Run(s *session) error {
	name, err := registry.ToASCII(c.Name)
	if err != nil {
		return err
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	return s.showDomain(r, actor, name)
}

// domainLine is a name of a list in JSON.
type domainLine struct {
	Name      string            `json:"name"`
	Tag       string            `json:"tag"`
	Expires   string            `json:"expires"`
	Status    string            `json:"registration_status"`
	Statuses  []registry.Status `json:"statuses"`
	Suspended string            `json:"suspended_on,omitempty"`
	Created   time.Time         `json:"created"`
}

// domainView is a name in JSON.
type domainView struct {
	domainLine
	ROID             string              `json:"roid"`
	Zone             string              `json:"zone"`
	SuspendedReason  string              `json:"suspended_reason,omitempty"`
	Registrant       string              `json:"registrant,omitempty"`
	Change           *changeView         `json:"change,omitempty"` // of the registrant, that waits for both parties
	Contacts         []domainContactView `json:"contacts"`
	NameServers      []string            `json:"name_servers"`
	Hosts            []string            `json:"hosts"`
	DS               []string            `json:"ds"`
	FirstPaid        bool                `json:"first_paid"`
	AutoBill         int                 `json:"auto_bill,omitempty"`
	AutoPeriod       int                 `json:"auto_period,omitempty"`
	NextBill         int                 `json:"next_bill,omitempty"`
	NextPeriod       int                 `json:"next_period,omitempty"`
	FirstBill        string              `json:"first_bill,omitempty"`
	RecurBill        string              `json:"recur_bill,omitempty"`
	RenewNotRequired bool                `json:"renew_not_required,omitempty"`
	Notes            []string            `json:"notes,omitempty"`
	Reseller         string              `json:"reseller,omitempty"`
	Requests         []requestView       `json:"renewal_requests"`
	Decision         string              `json:"decision,omitempty"`
	Transfer         *transferView       `json:"transfer,omitempty"`
	Creator          string              `json:"creator"`
	Updater          string              `json:"updater,omitempty"`
	Updated          *time.Time          `json:"updated,omitempty"`
	Transferred      *time.Time          `json:"transferred,omitempty"`
	Past             []historyView       `json:"past"`
	Future           []futureView        `json:"future"`
}

type domainContactView struct {
	Role   string `json:"role"`
	Handle string `json:"contact"`
}

type requestView struct {
	Period string `json:"period"`
	Tag    string `json:"tag"`
	Years  int    `json:"years"`
	State  string `json:"state"`
	Due    string `json:"due,omitempty"`
}

type transferView struct {
	Gaining string    `json:"gaining"`
	Losing  string    `json:"losing"`
	ActBy   time.Time `json:"act_by"`
}

type futureView struct {
	Day  string `json:"day"`
	What string `json:"what"`
}

// shownHistory is how many past changes "domain show" tells.
const shownHistory = 10

func (s *session) showDomain(r *registry.Registry, actor registry.Actor, name string) error {
	d, err := r.InfoDomain(s.ctx, actor, registry.InfoDomainParams{Name: name})
	if err != nil {
		return err
	}
	past, err := r.History(s.ctx, registry.HistoryFilter{Object: "domain", Name: d.Name, Limit: shownHistory})
	if err != nil {
		return err
	}
	slices.Reverse(past)
	v := viewDomain(r, d)
	change, err := r.PendingChange(s.ctx, registry.ObjectDomain, d.ID)
	if err != nil {
		return err
	}
	if change != nil {
		waits := viewChange(change)
		v.Change = &waits
	}
	decisions, err := r.DecisionsOn(s.ctx, []string{d.Name})
	if err != nil {
		return err
	}
	v.Decision = decisionText(decisions[d.Name], r.Location())
	for _, e := range past {
		v.Past = append(v.Past, viewHistory(e))
	}
	return s.print(v, func() {
		s.domainFields(v)
		fmt.Fprintln(s.stdout, "\nWhat happened")
		for _, e := range past {
			line := fmt.Sprintf("  %s  %s by %s", registry.DateOf(e.At, r.Location()), e.Action, e.Actor())
			if e.Reason != "" {
				line += ": " + e.Reason
			}
			fmt.Fprintln(s.stdout, line)
		}
		fmt.Fprintln(s.stdout, "\nWhat will happen if nobody acts")
		switch {
		case len(v.Future) > 0:
		case !v.FirstPaid && !slices.Contains(v.Statuses, "pendingCreate"):
			// The days follow from the invoice, which is not dated yet.
			fmt.Fprintln(s.stdout, "  the registration is invoiced; unpaid, the name is suspended and then cancelled")
		default:
			fmt.Fprintln(s.stdout, "  nothing")
		}
		for _, f := range v.Future {
			fmt.Fprintf(s.stdout, "  %s  %s\n", f.Day, f.What)
		}
	})
}

func viewDomain(r *registry.Registry, d registry.DomainView) domainView {
	v := domainView{
		domainLine: domainLine{Name: d.Name, Tag: d.Sponsor, Expires: d.Expires.String(), Status: string(d.Status),
			Statuses: d.Statuses.Shown(registry.ObjectDomain, len(d.Hosts) > 0), Suspended: d.SuspendedOn.String(), Created: d.Created},
		ROID: r.DomainROID(d.Domain), Zone: d.Zone.Name, SuspendedReason: d.SuspendedReason, Registrant: d.Registrant,
		Contacts: []domainContactView{}, NameServers: list(d.Hosts), Hosts: list(d.Subordinate), DS: []string{},
		FirstPaid: d.FirstPaid, AutoBill: d.Bill.Auto, AutoPeriod: d.Bill.AutoPeriod, NextBill: d.Bill.Next,
		NextPeriod: d.Bill.NextPeriod, FirstBill: string(d.FirstBill), RecurBill: string(d.RecurBill),
		RenewNotRequired: d.RenewNotRequired, Notes: d.Notes, Reseller: d.Reseller, Requests: []requestView{},
		Creator: d.Creator, Updater: d.Updater, Updated: optional(d.Updated), Transferred: optional(d.Transferred),
		Past: []historyView{}, Future: []futureView{},
	}
	for _, c := range d.Contacts {
		v.Contacts = append(v.Contacts, domainContactView{c.Role, c.Handle})
	}
	for _, ds := range d.DNSSEC.DS {
		v.DS = append(v.DS, fmt.Sprintf("%d %d %d %s", ds.KeyTag, ds.Algorithm, ds.DigestType, strings.ToUpper(hex.EncodeToString(ds.Digest))))
	}
	for _, k := range d.DNSSEC.Keys {
		v.DS = append(v.DS, fmt.Sprintf("key %d, algorithm %d", k.Tag(), k.Algorithm))
	}
	for _, q := range d.Requests {
		v.Requests = append(v.Requests, requestView{q.Period.String(), q.Tag, q.Years, string(q.State), q.Due.String()})
	}
	if t := d.Transfer; t != nil {
		v.Transfer = &transferView{t.Gaining, t.Losing, t.ActBy}
	}
	for _, f := range r.Forecast(d.Domain) {
		v.Future = append(v.Future, futureView{f.Day.String(), f.Text})
	}
	return v
}

// list is never null in JSON.
func list(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}

func (s *session) domainFields(v domainView) {
	bill := func(days, years int) string {
		switch {
		case days == 0:
			return ""
		case years == 0:
			return strconv.Itoa(days) + " days before expiry"
		}
		return fmt.Sprintf("%d days before expiry, %s", days, registry.Years(years))
	}
	var contacts, requests []string
	for _, c := range v.Contacts {
		contacts = append(contacts, c.Role+" "+c.Handle)
	}
	for _, q := range v.Requests {
		text := fmt.Sprintf("%s by %s, %s: %s", q.Period, q.Tag, registry.Years(q.Years), q.State)
		if q.Due != "" {
			text += ", due " + q.Due
		}
		requests = append(requests, text)
	}
	suspended, transfer := v.Suspended, ""
	if suspended != "" {
		suspended += ": " + v.SuspendedReason
	}
	if v.Transfer != nil {
		transfer = fmt.Sprintf("to %s, approved by itself on %s", v.Transfer.Gaining, clock(v.Transfer.ActBy))
	}
	name := v.Name
	if u := registry.ToUnicode(name); u != name {
		name = u + " (" + name + ")"
	}
	updated := ""
	if v.Updated != nil {
		updated = clock(*v.Updated) + " by " + v.Updater
	}
	first := ""
	if !v.FirstPaid {
		first = "not paid yet"
	}
	change := ""
	if h := v.Change; h != nil {
		change = fmt.Sprintf("change %d to %s waits until %s", h.Number, h.After.Contact, h.AnswerBy)
	}
	s.fields("Name", name, "Registration", v.Status, "Expires", v.Expires, "Tag", v.Tag, "Roid", v.ROID,
		"Statuses", join(v.Statuses, " "), "Suspended", suspended, "First invoice", first,
		"Registrant", v.Registrant, "", change, "Contacts", strings.Join(contacts, "\n"),
		"Name servers", strings.Join(v.NameServers, "\n"), "Hosts below", strings.Join(v.Hosts, "\n"), "DNSSEC", strings.Join(v.DS, "\n"),
		"auto-bill", bill(v.AutoBill, v.AutoPeriod), "next-bill", bill(v.NextBill, v.NextPeriod), "recur-bill", v.RecurBill,
		"Not required", yesNo(v.RenewNotRequired), "Reseller", v.Reseller, "Notes", strings.Join(v.Notes, "\n"),
		"Renewals", strings.Join(requests, "\n"), "Decision", v.Decision, "Transfer", transfer,
		"Created", clock(v.Created)+" by "+v.Creator, "Updated", updated)
}
