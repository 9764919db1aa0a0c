package scenario

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
)

// Event is a line of the time line.
type Event struct {
	Day     registry.Date
	What    string
	Expires registry.Date               // E afterwards; zero when the name is gone
	Status  registry.RegistrationStatus // afterwards
	Out     bool                        // suspended: out of the zone
	By      bool                        // somebody did it; otherwise the batch
	Period  registry.Date               // the E from which days are counted
}

// Timeline is what happened.
type Timeline struct {
	Scenario Scenario
	Events   []Event
}

// player is a scenario on its way.
type player struct {
	s     Scenario
	db    *pg.DB
	r     *registry.Registry
	now   time.Time
	seen  int64 // history.id up to which events were told
	line  Timeline
	staff registry.Actor

	credit string // what the last command gave back, in words
}

// Play plays a scenario on a scratch database: migrated, empty, and of nobody
// else, whose clock it sets. Prices are a pound a year.
func Play(ctx context.Context, db *pg.DB, s Scenario, policy registry.Policy) (Timeline, error) {
	p := &player{s: s, db: db, line: Timeline{Scenario: s}, staff: registry.Actor{Kind: registry.ActorStaff,
		Staff: "scenario", Role: registry.RoleAdmin, Reason: "scenario", SvTRID: "SCENARIO"}}
	p.now = s.From.EPPTime().Add(12 * time.Hour)
	db.Now = func() time.Time { return p.now }
	err := p.setUp(ctx, policy)
	if err != nil {
		return p.line, fmt.Errorf("set the scene: %w", err)
	}
	next := 0
	for day := s.From; !day.After(s.Until); day = day.AddDays(1) {
		p.now = day.Start(p.r.Location()).Add(5 * time.Minute)
		err = p.r.RunDay(ctx, day, registry.BatchOptions{Workers: 1})
		if err == nil {
			err = p.tell(ctx, day, false)
		}
		if err != nil {
			return p.line, err
		}
		p.now = day.EPPTime().Add(12 * time.Hour)
		for ; next < len(s.Steps) && s.Steps[next].Day == day; next++ {
			err = p.do(ctx, day, s.Steps[next])
			if err != nil {
				return p.line, fmt.Errorf("%s %s: %w", day, s.Steps[next], err)
			}
		}
	}
	return p.line, nil
}

// setUp makes tags, a zone, prices and the name.
func (p *player) setUp(ctx context.Context, policy registry.Policy) error {
	err := registry.Install(ctx, p.db, registry.Installation{TestBed: true, RepositoryID: "SIM", RegistryTag: policy.RegistryTag, TimeZone: "Europe/London"})
	if err != nil {
		return err
	}
	_, zone, _ := strings.Cut(p.s.Name, ".")
	err = p.db.InTx(ctx, func(tx *pg.Tx) error {
		tags := []string{p.s.Tag}
		for _, s := range p.s.Steps {
			if (s.Verb == "tag" || s.Verb == "transfer") && s.Args[0] != registry.TagDetagged && s.Args[0] != policy.RegistryTag {
				tags = append(tags, s.Args[0])
			}
		}
		tx.Queue(`INSERT INTO registrar (tag, name, created_at) SELECT DISTINCT tag, tag, $2::timestamptz FROM unnest($1::text[]) tag`, tags, tx.Now)
		tx.Queue(`INSERT INTO zone (name, profile, created_at) VALUES ($1, $2, $3)`, zone, p.s.Profile, tx.Now)
		tx.Queue(`INSERT INTO price (zone_id, operation, tier, years, currency, amount, valid_from)
			SELECT z.id, op, tier, y, 'GBP', y * 100, '2000-01-01'::date FROM zone z, unnest('{renew,transfer}'::text[]) op,
				unnest('{member,non-member}'::text[]) tier, generate_series(1, 10) y
			UNION ALL SELECT id, 'restore', 'member', 0, 'GBP', 4000, '2000-01-01'::date FROM zone`)
		tx.Queue(`INSERT INTO contact (handle, sponsor, postal, email, natural_person, creator, created_at)
			SELECT 'owner', id, '[]', 'owner@example.net', true, id, $2::timestamptz FROM registrar WHERE tag = $1`, p.s.Tag, tx.Now)
		tx.Queue(`INSERT INTO domain (name, zone_id, sponsor, registrant, expires, first_paid, creator, created_at, recheck)
			SELECT $1, z.id, r.id, c.id, $3, true, r.id, $4::timestamptz, true FROM zone z, contact c, registrar r WHERE r.tag = $2`,
			p.s.Name, p.s.Tag, p.s.Expires, tx.Now)
		return nil
	})
	if err != nil {
		return err
	}
	p.r, err = registry.New(ctx, p.db, registry.Config{Policy: policy})
	return err
}

// do carries out a command; a refusal is an event as well.
func (p *player) do(ctx context.Context, day registry.Date, s Step) error {
	err := p.command(ctx, s)
	if refusal := registry.AsRefusal(err); refusal != nil {
		return p.add(ctx, day, s.String()+": refused. "+refusal.Error(), true)
	}
	if err != nil {
		return err
	}
	switch s.Verb {
	case "renew", "tag", "pay", "registrant-pay", "delete", "restore-request", "restore-report", "transfer":
		return p.tellAs(ctx, day, s.String()+p.credit)
	default:
		return p.tellAs(ctx, day, "set "+s.String())
	}
}

func (p *player) command(ctx context.Context, s Step) error {
	p.credit = ""
	number := 0
	if len(s.Args) == 1 {
		number, _ = strconv.Atoi(s.Args[0]) // Parse has read it; 0 where it is no number
	}
	yes := len(s.Args) == 1 && s.Args[0] == "yes"
	update := registry.UpdateDomainParams{Name: p.s.Name}
	var err error
	switch s.Verb {
	case "renew":
		_, err = p.r.RenewDomain(ctx, p.staff, registry.RenewDomainParams{Name: p.s.Name, Years: number})
		return err
	case "tag":
		_, err = p.r.TransferByStaff(ctx, p.staff, p.s.Name, s.Args[0])
		return err
	case "delete", "restore-request", "restore-report", "transfer":
		return p.gtld(ctx, s)
	case "pay":
		return p.pay(ctx, s.Args[0])
	case "registrant-pay":
		return p.registrantPays(ctx)
	case "auto-bill":
		update.AutoBill = &number
	case "next-bill":
		update.NextBill = &number
	case "recur-bill":
		recur := registry.RecurBill(s.Args[0])
		update.RecurBill = &recur
	case "not-required":
		update.RenewNotRequired = &yes
	}
	_, err = p.r.UpdateDomain(ctx, p.staff, update)
	return err
}

// pay pays a tag's oldest open invoice.
func (p *player) pay(ctx context.Context, tag string) error {
	invoices, err := billing.Invoices(ctx, p.db, billing.InvoiceFilter{TAG: tag})
	if err != nil {
		return err
	}
	for _, i := range invoices {
		if i.Open > 0 {
			_, err = p.r.RecordPayment(ctx, p.staff, billing.Payment{TAG: tag, Invoice: i.DocumentNumber(),
				Amount: billing.Money{Minor: i.Open, Currency: i.Currency}, ReceivedOn: p.r.Today().EPPTime()})
			return err
		}
	}
	return registry.Refuse(registry.KindNotFound, "", "%s has no open invoice.", tag)
}

// registrantPays pays the open pro forma.
func (p *player) registrantPays(ctx context.Context) error {
	var number int64
	var gross int64
	var currency string
	err := p.db.Pool.QueryRow(ctx, `SELECT number, amount + tax, currency FROM pro_forma WHERE state = 'open'`).Scan(&number, &gross, &currency)
	if err == pgx.ErrNoRows {
		return registry.Refuse(registry.KindNotFound, "", "The registrant was not asked to pay.")
	}
	if err != nil {
		return err
	}
	_, err = p.r.RecordProFormaPayment(ctx, p.staff, fmt.Sprintf("PRO-%06d", number),
		billing.Payment{Amount: billing.Money{Minor: gross, Currency: currency}, ReceivedOn: p.r.Today().EPPTime()})
	return err
}

// words are the history's actions as the time line puts them; others are as
// they are.
var words = map[string]string{
	"renew": "renewed automatically", "lapse": "renewal request lapses unpaid", "reminder": "renewal reminder to the registrant",
	"advance warning": "advance warning to the registrant", "pro forma": "pro forma to the registrant", "suspend": "suspended",
	"cancel": "cancelled", "not-required notice": "notice that no renewal is required", "issue": "invoice to the registrar",
	"auto-renew": "expired and renewed automatically", "phase": "the next phase begins", "purge": "deleted for good",
	"transfer": "transferred, as nobody answered",
}

// tell adds what the batch did since the last event.
func (p *player) tell(ctx context.Context, day registry.Date, by bool) error {
	rows, err := p.db.Pool.Query(ctx, `SELECT id, action FROM history WHERE id > $1 AND object IN ('domain', 'invoice') ORDER BY id`, p.seen)
	if err != nil {
		return err
	}
	var action string
	var actions []string
	_, err = pgx.ForEachRow(rows, []any{&p.seen, &action}, func() error {
		actions = append(actions, action)
		return nil
	})
	if err != nil {
		return err
	}
	for _, a := range actions {
		if word := words[a]; word != "" {
			a = word
		}
		err = p.add(ctx, day, a, by)
		if err != nil {
			return err
		}
	}
	return nil
}

// tellAs adds a command in the words of the file and passes over its history.
func (p *player) tellAs(ctx context.Context, day registry.Date, what string) error {
	err := p.db.Pool.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM history`).Scan(&p.seen)
	if err != nil {
		return err
	}
	return p.add(ctx, day, what, true)
}

// add adds an event with the state of the name after it.
func (p *player) add(ctx context.Context, day registry.Date, what string, by bool) error {
	e := Event{Day: day, What: what, By: by}
	v, err := p.r.InfoDomain(ctx, p.staff, registry.InfoDomainParams{Name: p.s.Name})
	if registry.KindOf(err) == registry.KindNotFound && err != nil {
		err = nil
	} else if err == nil {
		e.Expires, e.Status, e.Out = v.Expires, v.Status, v.Suspended()
		if p.s.Profile == registry.ProfileGTLD {
			e.Status, e.Out = gtldStatus(v.RGPStates(p.now)), v.DeletePhase != ""
		}
	}
	e.Period = p.s.Expires
	p.line.Events = append(p.line.Events, e)
	return err
}
