package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/notify"
)

// RenewalLine is a name as the pages of renewals list it.
type RenewalLine struct {
	Name      string
	Expires   Date
	Due       Date // the E that the line is about: before the renewal that was decided
	Status    RegistrationStatus
	Suspended bool
	Sponsor   string // tag
	Owner     string // the registrant's handle
	Decision  *Decision
	State     DecisionState // of Decision
}

// decisionHolds is when a decision counts: the same people, and E as it was then
// or moved on.
const decisionHolds = `rd.registrar_id = d.sponsor AND rd.contact_id = d.registrant AND rd.period <= d.expires`

// lineDue is the E that a name is listed under: that of a decision for a while
// after it was acted on, so that a page can show what was done (N12).
const lineDue = `CASE WHEN rd.period < d.expires AND rd.decided_at > @recent THEN rd.period ELSE d.expires END`

// linesSQL reads lines; conditions follow.
const linesSQL = `SELECT d.name, d.expires, ` + lineDue + `, d.first_paid, d.renew_not_required, d.suspended_on IS NOT NULL, r.tag, coalesce(c.handle, ''),
		EXISTS (SELECT FROM renewal_request q WHERE q.domain_id = d.id AND q.state IN ('uninvoiced', 'invoiced')),
		rd.period, rd.choice, coalesce(rd.years, 0), rd.decided_at, rd.via = 'code', coalesce(rd.refused, '')
	FROM domain d JOIN registrar r ON r.id = d.sponsor LEFT JOIN contact c ON c.id = d.registrant
	LEFT JOIN renewal_decision rd ON rd.domain_id = d.id AND ` + decisionHolds + ` AND (rd.period = d.expires OR rd.decided_at > @recent)
	WHERE d.delete_phase IS NULL AND d.referred_at IS NULL AND NOT d.unassigned`

// recentDays is how long a page shows what was done.
const recentDays = 90

// LineCursor is the last line of a page; the zero value is before the first.
type LineCursor struct {
	Due  Date
	Name string
}

// lines reads names in the order of the date they are due, then name.
func (r *Registry) lines(ctx context.Context, where string, args pgx.StrictNamedArgs, after LineCursor, limit int) ([]RenewalLine, error) {
	sql := linesSQL + ` AND ` + where
	args["recent"] = r.db.Now().AddDate(0, 0, -recentDays)
	if !after.Due.IsZero() {
		sql += ` AND (` + lineDue + `, d.name) > (@afterDue::date, @afterName::text)`
		args["afterDue"], args["afterName"] = after.Due, after.Name
	}
	args["limit"] = limit
	rows, err := r.db.Pool.Query(ctx, sql+` ORDER BY 3, 1 LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("list renewals: %w", err)
	}
	today := r.Today()
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (RenewalLine, error) {
		var l RenewalLine
		var g Registration
		var d scannedDecision
		err := row.Scan(append([]any{&l.Name, &l.Expires, &l.Due, &g.FirstPaid, &g.RenewNotRequired, &l.Suspended, &l.Sponsor, &l.Owner,
			&g.OpenRequest}, d.fields()...)...)
		g.Expiry = l.Expires
		l.Status = g.Status(today, r.policy)
		if l.Decision = d.decision(); l.Decision != nil {
			l.Decision.By = l.Owner
			l.State = l.Decision.State(l.Expires, g.RenewNotRequired)
		}
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("list renewals: %w", err)
	}
	return list, nil
}

// scannedDecision is a decision that may not be there.
type scannedDecision struct {
	period  *Date
	choice  *DecisionChoice
	years   int
	decided *time.Time
	byCode  *bool
	refused string
}

func (s *scannedDecision) fields() []any {
	return []any{&s.period, &s.choice, &s.years, &s.decided, &s.byCode, &s.refused}
}

func (s *scannedDecision) decision() *Decision {
	if s.period == nil {
		return nil
	}
	return &Decision{Period: *s.period, Choice: *s.choice, Years: s.years, Decided: *s.decided, ByCode: *s.byCode, Refused: s.refused}
}

// readDecisions queues the look-up of decisions that count, by domain.id.
func readDecisions(b *pgx.Batch, where string, args []any, into map[int64]*Decision) {
	b.Queue(`SELECT d.id, c.handle, rd.period, rd.choice, coalesce(rd.years, 0), rd.decided_at, rd.via = 'code', coalesce(rd.refused, '')
		FROM renewal_decision rd JOIN domain d ON d.id = rd.domain_id JOIN contact c ON c.id = rd.contact_id
		WHERE `+decisionHolds+` AND `+where, args...).Query(func(rows pgx.Rows) error {
		var id int64
		var by string
		var s scannedDecision
		_, err := pgx.ForEachRow(rows, append([]any{&id, &by}, s.fields()...), func() error {
			d := *s.decision()
			d.By = by
			into[id] = &d
			s = scannedDecision{}
			return nil
		})
		return err
	})
}

// DecisionsOn returns the decisions that count for names, by name.
func (r *Registry) DecisionsOn(ctx context.Context, names []string) (map[string]*Decision, error) {
	out := map[string]*Decision{}
	if len(names) == 0 {
		return out, nil
	}
	list, err := r.lines(ctx, `d.name = ANY(@names) AND rd.domain_id IS NOT NULL`, pgx.StrictNamedArgs{"names": names}, LineCursor{}, len(names))
	for _, l := range list {
		out[l.Name] = l.Decision
	}
	return out, err
}

// Decisions lists decisions, of one tag or of all (""), and unless all is set
// those only that wait.
func (r *Registry) Decisions(ctx context.Context, tag string, all bool, after LineCursor, limit int) ([]RenewalLine, error) {
	where, args := `rd.domain_id IS NOT NULL`, pgx.StrictNamedArgs{}
	if tag != "" {
		id, err := r.registrarID(ctx, tag)
		if err != nil {
			return nil, err
		}
		where, args["registrar"] = where+` AND rd.registrar_id = @registrar`, id
	}
	if !all {
		where += ` AND rd.period = d.expires AND NOT (rd.choice = 'decline' AND d.renew_not_required)`
	}
	return r.lines(ctx, where, args, after, limit)
}

// RenewalPage is what a renewal selection page shows (N10).
type RenewalPage struct {
	Account   notify.Party // the registrant
	Registrar notify.Agent
	Mode      DecisionMode
	Lines     []RenewalLine
	More      bool // there are lines after the last
}

// renewalPageMonths is how far ahead the page looks.
const renewalPageMonths = 3

// FindRenewalPage returns what a personal link shows: the names of the account
// that expire within three months, and those that have expired and are not
// renewed. It changes nothing.
//
// Errors: ErrLinkUnknown, ErrLinkExpired.
func (r *Registry) FindRenewalPage(ctx context.Context, token string, after LineCursor, limit int) (RenewalPage, error) {
	a, err := r.findRenewalLink(ctx, token)
	if err != nil {
		return RenewalPage{}, err
	}
	var who accountParty
	err = r.db.ReadBatch(ctx, func(b *pgx.Batch) { who.read(b, a) })
	if errors.Is(err, pgx.ErrNoRows) {
		return RenewalPage{}, ErrLinkExpired // the contact is gone
	}
	if err != nil {
		return RenewalPage{}, fmt.Errorf("renewal page: %w", err)
	}
	page := RenewalPage{Account: who.notice.party, Registrar: who.agent, Mode: who.mode}
	page.Lines, err = r.lines(ctx, `d.registrant = @contact AND d.sponsor = @registrar AND `+lineDue+` <= @until::date`,
		pgx.StrictNamedArgs{"contact": a.contact, "registrar": a.registrar, "until": r.Today().AddMonths(renewalPageMonths)}, after, limit+1)
	if len(page.Lines) > limit {
		page.Lines, page.More = page.Lines[:limit], true
	}
	return page, err
}

// Pages of page_token.
const (
	tokenRenewal = "renewal"
	tokenSignIn  = "sign-in"
	tokenSession = "session"
)

func (r *Registry) findRenewalLink(ctx context.Context, token string) (account, error) {
	var a account
	var err error
	a.contact, a.registrar, err = r.findToken(ctx, tokenRenewal, token)
	return a, err
}

// findToken returns whom the token of a page is for.
//
// Errors: ErrLinkUnknown, ErrLinkUsed, ErrLinkExpired.
func (r *Registry) findToken(ctx context.Context, page, token string) (contact int64, registrar int32, err error) {
	var expires time.Time
	var used *time.Time
	err = r.db.Pool.QueryRow(ctx, `SELECT contact_id, registrar_id, expires_at, used_at FROM page_token WHERE hash = $1 AND page = $2`,
		tokenHash(token), page).Scan(&contact, &registrar, &expires, &used)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, 0, ErrLinkUnknown
	case err != nil:
		return 0, 0, fmt.Errorf("find a link: %w", err)
	case used != nil:
		return 0, 0, ErrLinkUsed
	case !r.db.Now().Before(expires):
		return 0, 0, ErrLinkExpired
	}
	return contact, registrar, nil
}
