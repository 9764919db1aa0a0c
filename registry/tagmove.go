package registry

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// lockNames reads names for a change of tag: lockSelected, and how their
// registrants may go along, in one round trip. What more asks for is read first.
func (tx *Tx) lockNames(ctx context.Context, sel selection, more ...reader) ([]*Domain, registrants, error) {
	refs := registrants{}
	before := func(b *pgx.Batch) {
		for _, add := range more {
			add(b)
		}
	}
	names, err := tx.lockSelected(ctx, sel, before, func(b *pgx.Batch) { refs.read(b, sel) })
	if err != nil {
		return nil, nil, err
	}
	return names, refs, refs.finish(ctx, tx.r)
}

// tagMove is a change of tag on its way: some names go from one tag to another.
type tagMove struct {
	tx       *Tx
	from, to string
	fromID   int32
	toID     int32
	refs     registrants
	// replace, if not nil, is a contact of the gaining tag that becomes the
	// registrant (the registrant element of a handshake).
	replace *registrantRef
	// keepRegistrants leaves the registrants with whoever has them (B34).
	keepRegistrants bool
	action          string // for the history
	// pull: transfer notices tell both tags. Otherwise told says which tags get
	// a message: nobody is told what he has just been answered.
	pull       bool
	tellLosing bool

	moved    []movedName
	contacts []ContactMove
	// newRegistrants are names whose registrant is another contact than before.
	newRegistrants []*Domain
}

// movedName is a name that a tagMove has moved.
type movedName struct {
	before, after *Domain
	change        TagChange
}

// ContactMove says what became of a registrant when its names changed tag.
type ContactMove struct {
	Original string // handle before
	Final    string // handle on the gaining tag
	Copied   bool   // other names use the original: the gaining tag has a copy
	id       int64  // of Final
}

// apply moves one name: R13 bills off, R32 renew-not-required cleared, authInfo
// cleared (RFC 9154), hosts below it and its registrant along. The rows are
// written with the commit.
func (m *tagMove) apply(d *Domain, expires Date) *Domain {
	tx := m.tx
	change := DecideTagChange(d.renewalName(), m.to, tx.today, tx.r.policy)
	after := *d
	after.Sponsor, after.SponsorID = m.to, m.toID
	after.Bill, after.RenewNotRequired, after.TagChanged, after.Unassigned = BillSettings{}, false, true, false
	after.Statuses = d.Statuses.Without(StatusPendingTransfer).Without(StatusPendingUpdate)
	after.Expires, after.Transferred = expires, tx.Now
	after.Updater, after.Updated = tx.updaterTag(), tx.Now
	after.Transfer, after.Handshake, after.authHash, after.authSetAt = nil, 0, nil, at(nil)
	if d.Zone.Profile == ProfileUK && !m.keepRegistrants {
		m.moveRegistrant(&after)
	}
	tx.Queue(`UPDATE domain SET sponsor = $2, registrant = $3, statuses = $4, expires = $5, auto_bill = NULL, next_bill = NULL,
		auto_period = NULL, next_period = NULL, renew_not_required = false, tag_changed = true, unassigned = false,
		auth_hash = NULL, auth_set_at = NULL, transferred_at = $6, updater = $7, updated_at = $6 WHERE id = $1`,
		d.ID, m.toID, nullID(after.RegistrantID), orEmpty(after.Statuses), expires, tx.Now, tx.updaterID())
	if len(d.Subordinate) > 0 {
		m.moveHosts(d)
	}
	tx.endChanges(d, "The name went to another tag.")
	tx.record("domain", d.ID, d.Name, m.action, m.changes(d, &after))
	m.moved = append(m.moved, movedName{before: d, after: &after, change: change})
	return &after
}

func (m *tagMove) changes(d, after *Domain) changes {
	c := changes{}.add("sponsor", d.Sponsor, after.Sponsor)
	noteValue(c, "expires", d.Expires, after.Expires)
	noteValue(c, "registrant", d.Registrant, after.Registrant)
	noteValue(c, "auto-bill", d.Bill.Auto, 0)
	noteValue(c, "next-bill", d.Bill.Next, 0)
	noteValue(c, "renew-not-required", d.RenewNotRequired, false)
	noteList(c, "statuses", d.Statuses, after.Statuses)
	return c
}

// moveHosts hands the hosts below a name over with it.
func (m *tagMove) moveHosts(d *Domain) {
	tx := m.tx
	tx.Queue(`WITH h AS (UPDATE host SET sponsor = $2, transferred_at = $3 WHERE superordinate = $1 RETURNING id, name)
		INSERT INTO history (at, object, object_id, object_name, action, registrar_id, staff, reason, cltrid, svtrid, changes)
		SELECT $3, 'host', h.id, h.name, 'transfer', $4, $5, $6, $7, $8, $9 FROM h`,
		append(append([]any{d.ID, m.toID, tx.Now}, tx.actorArgs()...),
			changes{}.add("sponsor", m.from, m.to).json())...)
}

// endChanges ends what is pending for a name that leaves its tag or the
// register: a transfer, of which both tags are told, a handshake, and a change of
// the registrant, whose tag and parties are told why.
func (tx *Tx) endChanges(d *Domain, why string) {
	if d.Statuses.Has(StatusPendingUpdate) {
		tx.endChangesOf(ObjectDomain, ChangeCancelled, why, d.ID)
	}
	if t := d.Transfer; t != nil {
		tx.cancelTransfer(d.Name, t)
	}
	if d.Handshake == 0 {
		return
	}
	tx.Queue(`UPDATE handshake_domain SET open = false WHERE domain_id = $1 AND open`, d.ID)
	tx.Queue(`UPDATE handshake h SET state = 'cancelled', acted_at = $2 WHERE id = $1 AND state = 'pending'
		AND NOT EXISTS (SELECT FROM handshake_domain WHERE handshake_id = h.id AND open)`, d.Handshake, tx.Now)
}

// cancelTransfer ends a name's pending transfer on the registry's word and tells
// both tags. The caller takes the status off.
func (tx *Tx) cancelTransfer(name string, t *Transfer) {
	t.State, t.ActBy = transferServerCancelled, tx.Now
	tx.queueTransferState(t)
	tx.tellTransfer(PollDomainTransfer, name, t, "")
}

// tagChanged is called once for each completed change of tag, whatever its way:
// release, handshake, transfer, detagging, staff. It tells both tags; every
// other notice of a change of tag belongs here too.
func (tx *Tx) tagChanged(m *tagMove) {
	m.mail()
	for _, d := range m.newRegistrants {
		tx.queueVerification(d.RegistrantID, d.Zone)
	}
	if m.pull {
		return // the transfer's own messages say it all
	}
	var names []NoticeName
	for _, n := range m.moved {
		names = append(names, NoticeName{Name: n.after.Name, Expires: n.after.Expires, Status: n.change.Status})
	}
	for part := range slices.Chunk(names, noticeNames) {
		m.tell(part)
	}
}

// noticeNames is how many names one message lists at most, which keeps an
// answer well below the frame limit of clients.
const noticeNames = 500

func (m *tagMove) tell(names []NoticeName) {
	tx := m.tx
	account := m.moved[0].after.RegistrantID
	notice := TagChangeNotice{From: m.from, To: m.to, By: tx.updaterTag(), Names: names, Registrant: account}
	tx.queuePoll(m.toID, PollMessage{Kind: PollTagChanged, Payload: notice,
		Text: fmt.Sprintf("%s came from %s to your tag.", listed(names), m.from)})
	tx.queuePoll(m.toID, PollMessage{Kind: PollTagStatus, Payload: notice, Text: statusText(names)})
	if !m.tellLosing {
		return
	}
	release := ReleaseNotice{From: m.from, To: m.to, Names: names, Account: m.moved[0].before.Registrant, Moved: true}
	for _, c := range m.contacts {
		if c.Copied || c.Original != c.Final {
			release.Moved = false
		}
	}
	tx.queuePoll(m.fromID, PollMessage{Kind: PollReleased, Payload: release,
		Text: fmt.Sprintf("%s went from your tag to %s.", listed(names), m.to)})
}

// listed names a few names for a text.
func listed(names []NoticeName) string {
	if len(names) == 1 {
		return names[0].Name
	}
	return fmt.Sprintf("%d names, %s first,", len(names), names[0].Name)
}

// statusText tells the registration status of names that changed tag, in the
// exact words of renewals.md.
func statusText(names []NoticeName) string {
	text := "Registration status after the change of tag:"
	for i, n := range names {
		if i > 0 {
			text += ";"
		}
		text += fmt.Sprintf(" %s: %s (%s)", n.Name, n.Status, n.Expires)
	}
	return text + "."
}
