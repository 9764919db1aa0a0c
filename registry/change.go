package registry

import (
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/notify"
)

// ChangePage and VerifyPage are the pages that the links of the messages lead
// to, below the address of the registry's pages, with a token behind them.
const (
	ChangePage = "change/"
	VerifyPage = "verify/"
)

// changeNames is how many names a message about a registrant lists at most.
const changeNames = 20

// changeRequest is a change that has to be confirmed, on its way into the
// register.
type changeRequest struct {
	id            int64
	object        Object
	objectID      int64
	objectName    string
	sponsor       int32
	proposed      int64 // contact.id of a new registrant; 0 for an identity
	before, after Identity
	names         []string // affected, changeNames at most
	more          int      // that are not listed
	correspondent correspondent
}

// correspondent is the registrar that registrants are told of.
type correspondent struct {
	agent    notify.Agent
	language string
}

// read looks a registrar up; sponsor is an SQL expression of its id.
func (c *correspondent) read(b *pgx.Batch, sponsor string, args ...any) {
	b.Queue(`SELECT name, coalesce(url, ''), kind <> 'registrar', language FROM registrar WHERE id = `+sponsor, args...).
		Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&c.agent.Name, &c.agent.URL, &c.agent.Own, &c.language}, func() error { return nil })
			return err
		})
}

// readChangeID draws the number of a change.
func readChangeID(b *pgx.Batch, id *int64) {
	b.Queue(`SELECT nextval('registrant_change_id_seq')`).QueryRow(func(row pgx.Row) error { return row.Scan(id) })
}

// party is an identity as messages name it.
func (i Identity) party() notify.Party {
	return notify.Party{Number: i.Handle, Name: i.Name(), Organisation: i.Org(), Email: i.Email}
}

// notice is what both parties are told, without what differs between them.
func (q changeRequest) notice() notify.RegistrantChangeNotice {
	n := notify.RegistrantChangeNotice{Names: q.names, More: q.more, Previous: q.before.party(), New: q.after.party(),
		Registrar: q.correspondent.agent, Identity: q.object == ObjectContact}
	if n.Identity {
		for _, d := range q.before.Diff(q.after) {
			n.Changes = append(n.Changes, notify.ChangedField{Field: d.Field, From: d.From, To: d.To})
		}
	}
	return n
}

// queueChange enters a change that waits, and writes to both parties: two
// messages, also to one address (C4). The caller sets pendingUpdate.
func (tx *Tx) queueChange(q changeRequest) {
	last, actBy := tx.r.policy.changeDeadline(tx.today, tx.r.loc)
	n := q.notice()
	tx.Queue(`INSERT INTO registrant_change (id, object, object_id, object_name, registrar_id, proposed, before, after, notice,
			asked_at, act_by, cltrid, svtrid)
		OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		q.id, q.object, q.objectID, q.objectName, q.sponsor, nullID(q.proposed), asJSON(q.before), asJSON(q.after),
		storedNotice(n), tx.Now, actBy, null(tx.actor.ClTRID), null(tx.actor.SvTRID))
	n.AnswerBy = notify.Date(last.String())
	for _, p := range []struct {
		side ChangeSide
		to   string
	}{{SidePrevious, q.before.Email}, {SideNew, q.after.Email}} {
		token := newToken()
		tx.Queue(`INSERT INTO registrant_change_party (change_id, side, email, token_hash) VALUES ($1, $2, $3, $4)`,
			q.id, p.side, p.to, tokenHash(token))
		n.Side, n.Path = string(p.side), ChangePage+token
		tx.mailTo(p.to, notify.RegistrantChange, q.correspondent.language, n, q.sponsor, q.domainID(),
			"registrant-change:"+itoa64(q.id)+":"+string(p.side))
	}
}

func (q changeRequest) domainID() int64 {
	if q.object == ObjectDomain {
		return q.objectID
	}
	return 0
}

// storedNotice is what the message about the end has of the one about the
// beginning.
func storedNotice(n notify.RegistrantChangeNotice) []byte {
	return asJSON(notify.RegistrantChangedNotice{Names: n.Names, More: n.More, Previous: n.Previous, New: n.New,
		Registrar: n.Registrar, Identity: n.Identity, Changes: n.Changes})
}

// mailTo queues a message; it is written with the commit.
func (tx *Tx) mailTo(to string, kind notify.Kind, language string, payload any, registrar int32, domain int64, dedup string) {
	err := notify.Enqueue(tx.Tx, notify.Message{Kind: kind, To: to, Language: language, Payload: payload,
		Registrar: registrar, DomainID: domain, Dedup: dedup})
	if err != nil {
		panic(err) // plain data; a failure is a bug that the change must not survive
	}
}

// RegistrantChange is a change that waits for both parties, or did.
type RegistrantChange struct {
	ID       int64
	Object   Object // domain: another registrant (C4); contact: another identity (C5)
	ObjectID int64
	Name     string // name, or handle when it was asked for
	TAG      string // that is told
	State    ChangeState
	Before   Identity // "(Initial data)"
	After    Identity
	Names    []string // affected, the first of them
	More     int      // names that are not listed
	Agent    notify.Agent
	Asked    time.Time // UTC
	ActBy    time.Time // UTC; the first instant at which it is too late
	LastDay  Date      // the last day to answer
	Ended    time.Time // UTC; zero while it waits
	Reason   string    // why it ended so
	ClTRID   string    // of the command
	SvTRID   string
	Parties  []ChangeParty // previous, new
}

// ChangeParty is one of the two that are asked.
type ChangeParty struct {
	Side     ChangeSide
	Email    string
	Answer   ChangeAnswer // "" while it waits
	Answered time.Time    // UTC; zero while it waits
}

// party is the one of a side.
func (c *RegistrantChange) party(side ChangeSide) *ChangeParty {
	for i := range c.Parties {
		if c.Parties[i].Side == side {
			return &c.Parties[i]
		}
	}
	return &ChangeParty{Side: side}
}

// progress is what the rules need to know.
func (c *RegistrantChange) progress() ChangeProgress {
	p := ChangeProgress{State: c.State, ActBy: c.ActBy, Answers: map[ChangeSide]ChangeAnswer{}}
	for _, v := range c.Parties {
		p.Answers[v.Side] = v.Answer
	}
	return p
}

// changeSQL reads changes with their parties.
const changeSQL = `SELECT h.id, h.object, h.object_id, h.object_name, r.tag, h.state, h.before, h.after, h.notice,
	h.asked_at, h.act_by, h.ended_at, coalesce(h.reason, ''), coalesce(h.cltrid, ''), coalesce(h.svtrid, ''),
	(SELECT jsonb_agg(jsonb_build_object('Side', p.side, 'Email', p.email, 'Answer', coalesce(p.answer, ''),
		'Answered', p.answered_at) ORDER BY p.side DESC) FROM registrant_change_party p WHERE p.change_id = h.id)
	FROM registrant_change h JOIN registrar r ON r.id = h.registrar_id`

// scanChange reads a row of changeSQL; more is what the statement adds.
func (r *Registry) scanChange(row pgx.Row, more ...any) (*RegistrantChange, error) {
	c := &RegistrantChange{}
	var notice []byte
	var ended *time.Time
	err := row.Scan(append([]any{&c.ID, &c.Object, &c.ObjectID, &c.Name, &c.TAG, &c.State, &c.Before, &c.After, &notice,
		&c.Asked, &c.ActBy, &ended, &c.Reason, &c.ClTRID, &c.SvTRID, &c.Parties}, more...)...)
	if err != nil {
		return nil, err
	}
	var n notify.RegistrantChangedNotice
	err = json.Unmarshal(notice, &n)
	c.Names, c.More, c.Agent = n.Names, n.More, n.Registrar
	c.Asked, c.ActBy, c.Ended = c.Asked.UTC(), c.ActBy.UTC(), at(ended).UTC()
	c.LastDay = DateOf(c.ActBy.Add(-time.Second), r.loc)
	return c, err
}
