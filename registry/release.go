package registry

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// ReleaseParams asks to hand over a name, or all names of a registrant on the
// acting tag. Exactly one of Name and Registrant is set.
type ReleaseParams struct {
	Name       string
	Registrant string // handle
	To         string // tag
}

// Release tells how a release went.
type Release struct {
	To    string
	Names []string
	// Case identifies the handshake that the receiver is asked for; "" when
	// the names have gone.
	Case  string
	ActBy time.Time // of the handshake
	// Contacts says what became of the registrant, once the names have gone.
	Contacts []ContactMove
}

// ReleaseDomains hands names of the acting tag to another one (epp.md
// "transfer"): at once, or after the receiver's handshake, as its setting says.
// To DETAGGED it is the detagging of R40. All names go or none.
//
// Refusals: KindPolicy V055, V016, V907 for the tag, which is judged first;
// then KindNotFound, KindAuthorization V096, KindStatusProhibits,
// KindPendingTransfer, KindNotTransferable.
func (r *Registry) ReleaseDomains(ctx context.Context, actor Actor, p ReleaseParams) (*Release, error) {
	err := actor.staffMay(RoleOperator)
	if err != nil {
		return nil, err
	}
	if !actor.IsRegistrar() {
		return nil, Refuse(KindAuthorization, "", "Only a registrar releases names; staff move them.")
	}
	p.Name, p.To = normalName(p.Name), strings.ToUpper(strings.TrimSpace(p.To))
	var out *Release
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		out, err = tx.release(ctx, p)
		return err
	})
	if pg.ConstraintName(err) == "handshake_domain_one_open" {
		return nil, Refuse(KindStatusProhibits, "", "A release waits for its handshake already.").About("domain:name", p.Name)
	}
	return out, err
}

// selection is the names that the release is about.
func (p ReleaseParams) selection(tag int32) selection {
	if p.Name != "" {
		return byName(p.Name)
	}
	// Names in gtld zones are not released; they keep the registrant.
	return selection{`d.registrant = (SELECT id FROM contact WHERE handle = $1) AND d.sponsor = $2
		AND d.zone_id IN (SELECT id FROM zone WHERE profile = 'uk')`, []any{p.Registrant, tag}}
}

// releaseFacts is what a release depends on beside the names.
type releaseFacts struct {
	target   ReleaseTarget
	targetID int32
	caseID   int64 // the id of a handshake, if one is asked for
	owner    int32 // who sponsors the registrant, 0: it does not exist
}

func (f *releaseFacts) read(b *pgx.Batch, p ReleaseParams) {
	f.target = ReleaseTarget{Tag: p.To}
	b.Queue(`SELECT id, kind = 'registrar' AND state <> 'closed', handshake FROM registrar WHERE tag = $1`, p.To).
		Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&f.targetID, &f.target.Exists, &f.target.Handshake}, func() error { return nil })
			return err
		})
	b.Queue(`SELECT nextval('handshake_id_seq'), coalesce((SELECT sponsor FROM contact WHERE handle = $1), 0)`, p.Registrant).
		QueryRow(func(row pgx.Row) error { return row.Scan(&f.caseID, &f.owner) })
}

// readKnows looks whether the receiver knows the registrant: it sponsors names
// of it, or has a contact with the same data.
func (f *releaseFacts) readKnows(b *pgx.Batch, sel selection, to string) {
	n := len(sel.args)
	target := `(SELECT id FROM registrar WHERE tag = $` + strconv.Itoa(n+1) + `)`
	ids := `(SELECT d.registrant FROM domain d WHERE ` + sel.where + `)`
	b.Queue(`SELECT EXISTS (SELECT FROM domain o WHERE o.registrant IN `+ids+` AND o.sponsor = `+target+`)
		OR EXISTS (SELECT FROM contact o JOIN contact c ON c.postal = o.postal AND lower(c.email) = lower(o.email)
			WHERE o.sponsor = `+target+` AND c.id IN `+ids+`)`, append(append([]any{}, sel.args...), to)...).
		QueryRow(func(row pgx.Row) error { return row.Scan(&f.target.Knows) })
}

func (tx *Tx) release(ctx context.Context, p ReleaseParams) (*Release, error) {
	policy := tx.r.policy
	sel := p.selection(tx.actor.Registrar)
	var f releaseFacts
	names, refs, err := tx.lockNames(ctx, sel, func(b *pgx.Batch) {
		f.read(b, p)
		f.readKnows(b, sel, p.To)
	})
	if err != nil {
		return nil, err
	}
	// The tag first, whatever the names are.
	_, err = DecideRelease(Name{Profile: ProfileUK, Name: p.Name, Sponsor: tx.actor.TAG}, tx.actor.TAG, f.target, policy)
	if err != nil && AsRefusal(err).Code != CodeReleaseOwn {
		return nil, err
	}
	if len(names) == 0 {
		return nil, p.nothing(f.owner, tx.actor.Registrar)
	}
	var decision ReleaseDecision
	for _, d := range names {
		decision, err = tx.decideRelease(d, f.target)
		if err != nil {
			return nil, err
		}
	}
	if decision.Ask {
		return tx.askHandshake(p, f, names), nil
	}
	m := &tagMove{tx: tx, from: tx.actor.TAG, fromID: tx.actor.Registrar, to: p.To, toID: f.targetID, refs: refs, action: "release"}
	return m.release(names), nil
}

// nothing tells why there is nothing to release.
func (p ReleaseParams) nothing(owner, tag int32) error {
	switch {
	case p.Name != "":
		return notRegistered(p.Name)
	case owner == 0:
		return Refuse(KindNotFound, "", "There is no contact %q.", p.Registrant).About("release:registrant", p.Registrant)
	case owner != tag:
		return Refuse(KindAuthorization, CodeNotYours, "The contact %q is not on your tag.", p.Registrant).
			About("release:registrant", p.Registrant)
	}
	return Refuse(KindNotFound, "", "No name on your tag has the registrant %q.", p.Registrant).About("release:registrant", p.Registrant)
}

func (tx *Tx) decideRelease(d *Domain, target ReleaseTarget) (ReleaseDecision, error) {
	if d.Zone.Profile != ProfileUK {
		return ReleaseDecision{}, Refuse(KindUnimplementedOption, "", "Names in .%s are transferred, not released.", d.Zone.Name).
			About("domain:name", d.Name)
	}
	dec, err := DecideRelease(d.renewalName(), tx.actor.TAG, target, tx.r.policy)
	if err != nil {
		return dec, err
	}
	if d.Handshake != 0 {
		return dec, Refuse(KindStatusProhibits, "", "A release of %s waits for its handshake already.", d.Name).About("domain:name", d.Name)
	}
	return dec, nil
}

// release moves the names and says so.
func (m *tagMove) release(names []*Domain) *Release {
	out := &Release{To: m.to}
	for _, d := range names {
		m.apply(d, d.Expires)
		out.Names = append(out.Names, d.Name)
	}
	m.tx.tagChanged(m)
	out.Contacts = m.contacts
	return out
}

// askHandshake leaves the names where they are and asks the receiver.
func (tx *Tx) askHandshake(p ReleaseParams, f releaseFacts, names []*Domain) *Release {
	out := &Release{To: p.To, Case: caseText(f.caseID), ActBy: tx.Now.Add(days24(tx.r.policy.HandshakeDays))}
	ids := make([]int64, len(names))
	var whole *int64
	if p.Registrant != "" {
		whole = &names[0].RegistrantID
	}
	for i, d := range names {
		ids[i] = d.ID
		out.Names = append(out.Names, d.Name)
		tx.record("domain", d.ID, d.Name, "release request", changes{}.add("gaining", nil, p.To).add("case", nil, out.Case))
	}
	tx.Queue(`INSERT INTO handshake (id, losing, gaining, registrant, state, asked_at, act_by)
		OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, 'pending', $5, $6)`,
		f.caseID, tx.actor.Registrar, f.targetID, whole, tx.Now, out.ActBy)
	tx.Queue(`INSERT INTO handshake_domain (handshake_id, domain_id, domain_name)
		SELECT $1, i, n FROM unnest($2::bigint[], $3::text[]) AS t (i, n)`, f.caseID, ids, out.Names)
	h := &handshake{id: f.caseID, from: tx.actor.TAG, to: p.To, fromID: tx.actor.Registrar, toID: f.targetID, actBy: out.ActBy}
	tx.tellHandshake(h, HandshakePending, names)
	return out
}

// caseText is the identifier of a handshake as clients see it: at most 12
// characters.
func caseText(id int64) string { return strconv.FormatInt(id, 10) }

// parseCase reads a case identifier; 0 is no case.
func parseCase(text string) int64 {
	id, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || id < 1 {
		return 0
	}
	return id
}
