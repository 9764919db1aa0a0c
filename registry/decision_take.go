package registry

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/notify"
)

// MaxDecisions is how many names one page sends at most.
const MaxDecisions = 200

// DecisionResult is what became of a decision.
type DecisionResult struct {
	NameDecision
	// Refused says why it was not taken, in words for the registrant; "" if it
	// was. A decision that was taken but could not be carried out at once (N11)
	// is not refused: it waits for the registrar.
	Refused string
	Changed bool          // it differs from what was decided before
	State   DecisionState // afterwards, if it was taken
	Expires Date          // E afterwards
}

// account is one registrant under one registrar: whom a personal link is for.
type account struct {
	contact   int64
	registrar int32
}

// accountParty is what a page and the messages about it say of an account.
type accountParty struct {
	notice   noticeParty
	agent    notify.Agent
	tag      string
	mode     DecisionMode
	language string
	sales    string // where the sales contact is told; "" for nowhere
	active   bool   // the registrar is: for a suspended one nothing is carried out
}

// read queues the look-up of an account.
func (p *accountParty) read(b *pgx.Batch, a account) {
	b.Queue(`SELECT handle, email, postal FROM contact WHERE id = $1`, a.contact).QueryRow(func(row pgx.Row) error {
		var postal []PostalValues
		err := row.Scan(&p.notice.handle, &p.notice.party.Email, &postal)
		p.notice.set(postal)
		return err
	})
	b.Queue(`SELECT r.tag, r.name, coalesce(r.url, ''), r.kind <> 'registrar', r.language, r.decisions, coalesce(`+salesAddress+`, ''), r.state = 'active'
		FROM registrar r WHERE r.id = $1`, a.registrar).QueryRow(func(row pgx.Row) error {
		return row.Scan(&p.tag, &p.agent.Name, &p.agent.URL, &p.agent.Own, &p.language, &p.mode, &p.sales, &p.active)
	})
}

// RecordDecisions takes the decisions of a renewal selection page (N10 to N12),
// all in one transaction, and tells the sales contact of those that are new. In
// mode automatic they are carried out there and then, as the tag's requests.
// The results come in the order of the list; a name that is not on the account
// of the link is refused like one that does not exist.
//
// Errors: ErrLinkUnknown, ErrLinkExpired, KindParamRange for too many names.
func (r *Registry) RecordDecisions(ctx context.Context, actor Actor, token string, list []NameDecision) ([]DecisionResult, error) {
	if len(list) > MaxDecisions {
		return nil, Refuse(KindParamRange, "", "One page decides about %d names at most.", MaxDecisions)
	}
	a, err := r.findRenewalLink(ctx, token)
	if err != nil {
		return nil, err
	}
	var results []DecisionResult
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		var err error
		results, err = tx.decide(ctx, a, list, false)
		return err
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// decide takes decisions about names of an account.
func (tx *Tx) decide(ctx context.Context, a account, list []NameDecision, byCode bool) ([]DecisionResult, error) {
	names := make([]string, len(list))
	for i := range list {
		names[i] = normalName(list[i].Name)
	}
	var who accountParty
	before := map[int64]*Decision{}
	found, err := tx.lockSelected(ctx, byNames(names), readNothing, func(b *pgx.Batch) {
		who.read(b, a)
		readDecisions(b, `rd.domain_id IN (SELECT id FROM domain WHERE name = ANY($1))`, []any{names}, before)
	})
	if err != nil {
		return nil, err
	}
	d := &deciding{tx: tx, account: a, who: &who, byCode: byCode, carries: who.mode == DecisionsAutomatic && who.active}
	results := make([]DecisionResult, len(list))
	for i, v := range list {
		results[i] = DecisionResult{NameDecision: v}
		at := slices.IndexFunc(found, func(f *Domain) bool { return f.Name == names[i] })
		if at < 0 || found[at].RegistrantID != a.contact || found[at].SponsorID != a.registrar || slices.Contains(names[:i], names[i]) {
			results[i].Refused = "This name is not on your account."
			continue
		}
		err = d.one(ctx, found[at], before[found[at].ID], &results[i])
		if err != nil {
			return nil, err
		}
	}
	d.tell()
	return results, nil
}

// deciding is some decisions of one account on their way.
type deciding struct {
	tx      *Tx
	account account
	who     *accountParty
	byCode  bool
	carries bool // N11, automatic
	told    []notify.Decision
}

// one takes a decision about a locked name.
func (g *deciding) one(ctx context.Context, d *Domain, before *Decision, out *DecisionResult) error {
	tx, v := g.tx, out.NameDecision
	if before != nil && before.Period != d.Expires && before.State(d.Expires, d.RenewNotRequired) == DecisionWaiting {
		before = nil // E went back behind it: it is about another period
	}
	err := DecideDecision(d.renewalName(), before, v, tx.today, tx.r.policy)
	out.Expires, out.State = d.Expires, DecisionWaiting
	if e := AsRefusal(err); e != nil {
		out.Refused = e.Reason
		return nil
	}
	if err != nil || before.same(v) && (before == nil || before.Refused == "" || !g.carries) {
		return err
	}
	out.Changed = true
	told := notify.Decision{Name: d.Name, Expires: notify.Date(d.Expires.String()), Renew: v.Choice == ChoiceRenew,
		Years: v.Years, Withdrawn: v.Choice == ChoiceNone}
	if g.carries && v.Choice != ChoiceNone {
		told.Refused, err = g.carryOut(ctx, d, out)
		if err != nil {
			return err
		}
	}
	g.write(d, before, v, told.Refused)
	g.told = append(g.told, told)
	return nil
}

// carryOut does at once what was decided, as the tag would (N11), and returns
// why it could not be done, if so.
func (g *deciding) carryOut(ctx context.Context, d *Domain, out *DecisionResult) (refused string, err error) {
	as := *g.tx
	as.actor = Actor{Kind: ActorRegistrar, TAG: d.Sponsor, Registrar: d.SponsorID, SvTRID: g.tx.actor.SvTRID,
		Reason: "decided by the registrant " + g.who.notice.handle}
	if out.Choice == ChoiceRenew {
		after, err := as.renew(ctx, RenewDomainParams{Name: d.Name, CurExpiry: d.Expires, Years: out.Years}, OriginPage)
		if e := AsRefusal(err); e != nil {
			return e.Reason, nil
		}
		if err != nil {
			return "", err
		}
		out.State, out.Expires = DecisionRenewed, after.Expires
		return "", nil
	}
	if d.Zone.Profile == ProfileGTLD {
		return "In ." + d.Zone.Name + " names renew by themselves; this one has to be deleted before it does.", nil
	}
	yes := true
	u := &update{tx: &as, p: UpdateDomainParams{Name: d.Name, RenewNotRequired: &yes}, before: d, after: *d}
	err = u.decide()
	if e := AsRefusal(err); e != nil {
		return e.Reason, nil
	}
	if err != nil {
		return "", err
	}
	u.write()
	out.State = DecisionNotRequired
	return "", nil
}

// write stores the decision and its history.
func (g *deciding) write(d *Domain, before *Decision, v NameDecision, refused string) {
	tx, c := g.tx, changes{}
	var was, is any
	if before != nil {
		was = before.String()
	}
	if v.Choice == ChoiceNone {
		tx.Queue(`DELETE FROM renewal_decision WHERE domain_id = $1`, d.ID)
	} else {
		is = Decision{Choice: v.Choice, Years: v.Years}.String()
		via := "selection"
		if g.byCode {
			via = "code"
		}
		tx.Queue(`INSERT INTO renewal_decision (domain_id, period, registrar_id, contact_id, choice, years, via, decided_at, refused)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (domain_id) DO UPDATE SET period = excluded.period, registrar_id = excluded.registrar_id,
				contact_id = excluded.contact_id, choice = excluded.choice, years = excluded.years, via = excluded.via,
				decided_at = excluded.decided_at, refused = excluded.refused`,
			d.ID, d.Expires, g.account.registrar, g.account.contact, v.Choice, nullInt(v.Years), via, tx.Now, null(refused))
	}
	if refused != "" {
		c.add("refused", nil, refused)
	}
	as := *tx
	as.actor.Reason = "decided by the registrant " + g.who.notice.handle
	as.record("domain", d.ID, d.Name, "decision", c.add("decision", was, is))
}

// tell mails the sales contact what was decided.
func (g *deciding) tell() {
	if len(g.told) == 0 || g.who.sales == "" {
		return
	}
	g.tx.mailTo(g.who.sales, notify.RenewalDecisions, g.who.language, notify.DecisionsNotice{Tag: g.who.tag, Registrant: g.who.notice.party,
		Automatic: g.carries, Decisions: g.told}, g.account.registrar, 0, "")
}
