package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/notify"
)

// registrantNotice is a notice that a name's registrant is to get. These four
// kinds are all that the registry sends registrants on its own (renewals.md).
type registrantNotice struct {
	name    *dueName
	kind    EventKind
	expires Date // E
}

// noticeKinds are the templates of the notices by event.
var noticeKinds = map[EventKind]notify.Kind{
	EventAdvanceWarning:    notify.AdvanceWarning,
	EventReminder:          notify.RenewalReminder,
	EventProForma:          notify.ProForma,
	EventNotRequiredNotice: notify.RenewalNotRequired,
}

// noticeParty is whom a notice goes to, as the register knows him that day.
type noticeParty struct {
	handle  string
	party   notify.Party
	postal  PostalValues
	printed PostalValues // the form that a document can show, if there is one
}

// correspondents are the people and registrars that a chunk's notices name.
type correspondents struct {
	contacts map[int64]*noticeParty // by contact.id
	billing  map[int64][]string     // e-mail addresses by domain.id
	agents   map[int32]notify.Agent // by registrar.id
	language map[int32]string       // of the registrar, for its registrants
}

// saveNotices issues the pro formas and queues mails and letters.
func (c *chunk) saveNotices(ctx context.Context) error {
	if len(c.notices) == 0 {
		return nil
	}
	who, err := c.readCorrespondents(ctx)
	if err != nil {
		return fmt.Errorf("read the addressees: %w", err)
	}
	var mail outgoing
	var due []registrantNotice
	for _, v := range c.notices {
		switch {
		case who.contacts[v.name.registrant] == nil:
			// Imported without one: there is nobody to write to, and the dates run all the same.
			c.out.failures = append(c.out.failures, batchFailure{v.name, v.kind.event(), "The name has no registrant to write to."})
		case v.kind == EventProForma:
			due = append(due, v)
		default:
			mail.add(c, who, v, c.renewalNotice(who, v))
		}
	}
	err = c.issueProFormas(ctx, who, due, &mail)
	if err != nil {
		return err
	}
	mail.queue(c)
	return nil
}

// renewalNotice is what a warning, reminder or not-required notice says. The
// days are those that the rules give, if nobody does anything.
func (c *chunk) renewalNotice(who correspondents, v registrantNotice) notify.Renewal {
	n := notify.Renewal{Name: v.name.rule.Name, Expires: notify.Date(v.expires.String()),
		Registrant: who.contacts[v.name.registrant].party, Registrar: who.agents[v.name.sponsor]}
	for _, e := range NextEvents(v.name.rule, c.s.day, c.s.r.policy) {
		day := notify.Date(e.Day.String())
		switch {
		case e.Kind == EventProForma && v.kind != EventNotRequiredNotice:
			n.ProForma = day
		case e.Kind == EventSuspension && v.kind != EventAdvanceWarning:
			n.Suspended = day
		case e.Kind == EventCancellation && v.kind != EventAdvanceWarning:
			n.Cancelled = day
		}
	}
	return n
}

// issueProFormas issues the pro formas of the chunk.
func (c *chunk) issueProFormas(ctx context.Context, who correspondents, due []registrantNotice, mail *outgoing) error {
	if len(due) == 0 {
		return nil
	}
	p, on := c.s.r.policy, c.s.day
	list, byID := make([]billing.ProFormaFor, len(due)), map[int64]registrantNotice{}
	for i, v := range due {
		to := who.contacts[v.name.registrant]
		byID[v.name.id] = v
		list[i] = billing.ProFormaFor{Registrar: v.name.sponsor, ContactID: v.name.registrant, ContactHandle: to.handle,
			Zone: v.name.zone.ID, DomainID: v.name.id, DomainName: v.name.rule.Name, Period: v.expires.EPPTime(),
			To: to.onPaper(), Price: c.proFormas[v.name.zone.ID]}
	}
	issued, err := billing.IssueProFormas(ctx, c.tx.Tx, p.RegistrantPaymentYears, on.EPPTime(), list)
	if err != nil {
		return err
	}
	for _, f := range issued {
		v := byID[f.DomainID]
		amount := func(minor int64) notify.Amount { return notify.Amount{Minor: minor, Currency: f.Net.Currency} }
		n := notify.ProFormaNotice{Number: f.DocumentNumber(), Name: v.name.rule.Name, Expires: notify.Date(v.expires.String()),
			Years: f.Years, Net: amount(f.Net.Minor), TaxRate: int64(f.TaxRate), Tax: amount(f.Tax), Gross: amount(f.Gross()),
			Issued: notify.Date(on.String()), Registrant: who.contacts[v.name.registrant].party, Registrar: who.agents[v.name.sponsor]}
		n.Suspended = !v.name.rule.SuspendedOn.IsZero()
		suspended := v.name.rule.SuspendedOn
		if suspended.IsZero() {
			suspended = on.AddDays(p.SuspendAfterProFormaDays)
			n.PayBy = notify.Date(suspended.String())
		}
		cancelled := suspended.AddDays(p.CancelAfterSuspensionDays)
		n.Cancelled = notify.Date(cancelled.String())
		if n.Suspended {
			n.PayBy = n.Cancelled
		}
		mail.add(c, who, v, n)
		mail.letter(c, v, f.DocumentNumber(), who.contacts[v.name.registrant].addressee(), n)
	}
	return nil
}

// readCorrespondents reads whom the chunk's notices are about, in one round trip.
func (c *chunk) readCorrespondents(ctx context.Context) (correspondents, error) {
	who := correspondents{contacts: map[int64]*noticeParty{}, billing: map[int64][]string{},
		agents: map[int32]notify.Agent{}, language: map[int32]string{}}
	var contacts, domains []int64
	var registrars []int32
	for _, v := range c.notices {
		contacts, domains, registrars = append(contacts, v.name.registrant), append(domains, v.name.id), append(registrars, v.name.sponsor)
	}
	err := c.tx.Batch(ctx, func(b *pgx.Batch) {
		b.Queue(`SELECT id, handle, email, postal FROM contact WHERE id = ANY($1)`, contacts).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				var id int64
				p := &noticeParty{}
				var postal []PostalValues
				err := rows.Scan(&id, &p.handle, &p.party.Email, &postal)
				if err != nil {
					return err
				}
				p.set(postal)
				who.contacts[id] = p
			}
			return rows.Err()
		})
		b.Queue(`SELECT dc.domain_id, c.email FROM domain_contact dc JOIN contact c ON c.id = dc.contact_id
			WHERE dc.domain_id = ANY($1) AND dc.role = 'billing' ORDER BY dc.domain_id, c.email`, domains).Query(func(rows pgx.Rows) error {
			var id int64
			var email string
			_, err := pgx.ForEachRow(rows, []any{&id, &email}, func() error {
				who.billing[id] = append(who.billing[id], email)
				return nil
			})
			return err
		})
		b.Queue(`SELECT id, name, coalesce(url, ''), kind <> 'registrar', language FROM registrar WHERE id = ANY($1)`, registrars).
			Query(func(rows pgx.Rows) error {
				var id int32
				var a notify.Agent
				var language string
				_, err := pgx.ForEachRow(rows, []any{&id, &a.Name, &a.URL, &a.Own, &language}, func() error {
					who.agents[id], who.language[id] = a, language
					return nil
				})
				return err
			})
	})
	return who, err
}

// set takes the postal information, the local form where there are two.
func (p *noticeParty) set(list []PostalValues) {
	p.party.Number, p.party.Name = p.handle, p.handle
	for i, v := range list {
		if i == 0 || v.Form == PostalLoc {
			p.postal = v
		}
	}
	p.printed = p.postal
	for _, v := range list {
		if !p.postal.printable() && v.printable() {
			p.printed = v
		}
	}
	if p.postal.Name != "" {
		p.party.Name = p.postal.Name
	}
	a := p.addressee()
	p.party.Address = a.Lines
	if a.Country != "" {
		p.party.Address = append(p.party.Address[:len(a.Lines):len(a.Lines)], a.Country)
	}
}

// addressee is what stands in the window of the envelope.
func (p *noticeParty) addressee() notify.Addressee {
	return notify.Addressee{Name: p.party.Name, Lines: p.postal.lines(), Country: p.postal.Country}
}

// onPaper is whom a document of ours is addressed to: in the international form
// where the font lacks the letters of the local one.
func (p *noticeParty) onPaper() billing.Addressee {
	a := billing.Addressee{Name: p.party.Name, Lines: p.printed.lines(), Email: p.party.Email}
	if p.printed.Country != "" {
		a.Lines = append(a.Lines, p.printed.Country)
	}
	if p.printed.Name != "" {
		a.Name = p.printed.Name
	}
	return a
}

// lines are the lines of an address below the name, without the country.
func (v PostalValues) lines() []string {
	out := []string{}
	for _, line := range append(append([]string{v.Org}, v.Street...), v.City, v.Province, v.PostalCode) {
		if line != "" {
			out = append(out, line)
		}
	}
	return out
}

// printable tells whether a document can show all of it.
func (v PostalValues) printable() bool {
	return billing.Printable(v.Name + strings.Join(v.lines(), ""))
}

// outgoing is mails and letters, column by column.
type outgoing struct {
	kinds, recipients, languages, payloads, dedups []string
	registrars                                     []int32
	domains                                        []int64
	letters                                        []notify.Letter
}

// add queues a notice to the registrant, and the reminder to the billing
// contacts too; each address gets one. The event's day is in the key: a notice
// goes out once a day at most, whatever happens.
func (m *outgoing) add(c *chunk, who correspondents, v registrantNotice, payload any) {
	to := []string{who.contacts[v.name.registrant].party.Email}
	if v.kind == EventReminder {
		to = append(to, who.billing[v.name.id]...)
	}
	text := mustJSON(payload)
	sent := map[string]bool{}
	for _, address := range to {
		if sent[lowerASCII(address)] {
			continue
		}
		sent[lowerASCII(address)] = true
		m.kinds, m.recipients = append(m.kinds, noticeKinds[v.kind]), append(m.recipients, address)
		m.languages, m.payloads = append(m.languages, who.language[v.name.sponsor]), append(m.payloads, text)
		m.registrars, m.domains = append(m.registrars, v.name.sponsor), append(m.domains, v.name.id)
		m.dedups = append(m.dedups, fmt.Sprintf("%s:%d:%s:%s", noticeKinds[v.kind], v.name.id, c.s.day, lowerASCII(address)))
	}
}

func (m *outgoing) letter(c *chunk, v registrantNotice, document string, to notify.Addressee, payload any) {
	m.letters = append(m.letters, notify.Letter{Kind: noticeKinds[v.kind], Addressee: to, Payload: payload, Document: document,
		DomainID: v.name.id, Dedup: fmt.Sprintf("%s:%d:%s", noticeKinds[v.kind], v.name.id, c.s.day), Day: c.s.day.EPPTime()})
}

func (m *outgoing) queue(c *chunk) {
	if len(m.kinds) > 0 {
		c.tx.Queue(notify.OutboxInsert+`SELECT v.kind, v.recipient, v.language, v.payload::jsonb, v.registrar, v.domain, v.dedup, $8::timestamptz
			FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::bigint[], $7::text[]) WITH ORDINALITY
				AS v (kind, recipient, language, payload, registrar, domain, dedup, n) ORDER BY v.n`+notify.OnRepeat,
			m.kinds, m.recipients, m.languages, m.payloads, m.registrars, m.domains, m.dedups, c.tx.Now)
	}
	for _, l := range m.letters {
		c.tx.Queue(notify.PostInsert+`VALUES ($1, $2, 'en', $3, $4, $5, $6, $7, $8)`+notify.OnRepeat,
			l.Kind, l.Addressee, mustJSON(l.Payload), l.Document, l.DomainID, l.Dedup, l.Day, c.tx.Now)
	}
}

// mustJSON writes plain data, which cannot fail.
func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
