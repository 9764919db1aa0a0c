package registry

import (
	"context"
	"crypto/rand"

	"github.com/jackc/pgx/v5"
)

// registrantRef is a registrant of names that change tag.
type registrantRef struct {
	id        int64
	handle    string
	sponsor   int32
	copyID    int64       // for a copy, if one is made
	elsewhere bool        // other names use it too
	transfer  transferRow // pending, not found if none is
	pending   *Transfer   // the same with its tags
	move      *ContactMove
}

// registrants are those of a selection of names, by id.
type registrants map[int64]*registrantRef

// read locks the registrants of a selection and looks whether other names use
// them. The lock keeps new names from taking one up meanwhile.
func (refs registrants) read(b *pgx.Batch, sel selection) {
	clear(refs)
	ids := `(SELECT d.registrant FROM domain d WHERE ` + sel.where + `)`
	b.Queue(`SELECT FROM contact c WHERE c.id IN `+ids+` ORDER BY c.id FOR UPDATE OF c`, sel.args...)
	b.Queue(`SELECT c.id, c.handle, c.sponsor, nextval('contact_id_seq'),
		EXISTS (SELECT FROM domain o WHERE o.registrant = c.id
			AND NOT EXISTS (SELECT FROM domain d WHERE d.id = o.id AND `+sel.where+`))
		OR EXISTS (SELECT FROM domain_contact o WHERE o.contact_id = c.id
			AND NOT EXISTS (SELECT FROM domain d WHERE d.id = o.domain_id AND `+sel.where+`))
		FROM contact c WHERE c.id IN `+ids, sel.args...).Query(func(rows pgx.Rows) error {
		var v registrantRef
		_, err := pgx.ForEachRow(rows, []any{&v.id, &v.handle, &v.sponsor, &v.copyID, &v.elsewhere}, func() error {
			ref := v
			refs[v.id] = &ref
			return nil
		})
		return err
	})
	b.Queue(`SELECT t.object_id, t.id, t.gaining, t.losing, t.requested_at, t.act_by FROM transfer t
		WHERE t.object = 'contact' AND t.state = 'pending' AND t.object_id IN `+ids, sel.args...).Query(func(rows pgx.Rows) error {
		var contact int64
		w := transferRow{found: true}
		_, err := pgx.ForEachRow(rows, []any{&contact, &w.t.ID, &w.gaining, &w.losing, &w.t.Requested, &w.t.ActBy}, func() error {
			refs[contact].transfer = w
			return nil
		})
		return err
	})
}

// finish looks the tags of pending transfers up.
func (refs registrants) finish(ctx context.Context, r *Registry) error {
	for _, ref := range refs {
		t, err := ref.transfer.finish(ctx, r)
		if err != nil {
			return err
		}
		ref.pending = t
	}
	return nil
}

// moveRegistrant gives a uk name a registrant on the gaining tag: the same one
// if only the moved names use it, a copy otherwise. Contacts in other roles stay
// as they are, save where they are the registrant. So does a registrant that was
// not the releasing tag's to give, after an account transfer (B34).
func (m *tagMove) moveRegistrant(after *Domain) {
	ref := m.refs[after.RegistrantID]
	if ref == nil || ref.sponsor == m.toID || ref.sponsor != m.fromID && m.replace == nil {
		return
	}
	tx := m.tx
	if ref.move == nil {
		ref.move = m.decideRegistrant(ref)
		m.contacts = append(m.contacts, *ref.move)
	}
	after.Registrant, after.RegistrantID = ref.move.Final, ref.move.id
	if ref.move.id != ref.id {
		m.newRegistrants = append(m.newRegistrants, after)
		tx.Queue(`UPDATE domain_contact SET contact_id = $3 WHERE domain_id = $1 AND contact_id = $2`,
			after.ID, ref.id, ref.move.id)
		for i, c := range after.Contacts {
			if c.Handle == ref.handle {
				after.Contacts[i].Handle = ref.move.Final
			}
		}
	}
}

func (m *tagMove) decideRegistrant(ref *registrantRef) *ContactMove {
	tx := m.tx
	switch {
	case m.replace != nil:
		return &ContactMove{Original: ref.handle, Final: m.replace.handle, id: m.replace.id}
	case ref.elsewhere:
		move := &ContactMove{Original: ref.handle, Final: newHandle(), Copied: true, id: ref.copyID}
		m.copyContact(ref, move)
		return move
	}
	tx.Queue(`UPDATE contact SET sponsor = $2, auth_hash = NULL, auth_set_at = NULL, transferred_at = $3,
		statuses = array_remove(array_remove(statuses, 'pendingTransfer'), 'pendingUpdate') WHERE id = $1`, ref.id, m.toID, tx.Now)
	tx.endChangesOf(ObjectContact, ChangeCancelled, "The contact went to another tag with its names.", ref.id)
	tx.record("contact", ref.id, ref.handle, "transfer", changes{}.add("sponsor", m.from, m.to))
	if t := ref.pending; t != nil {
		t.State, t.ActBy = transferServerCancelled, tx.Now
		tx.queueTransferState(t)
		tx.tellTransfer(PollContactTransfer, ref.handle, t, "")
	}
	return &ContactMove{Original: ref.handle, Final: ref.handle, id: ref.id}
}

// copyContact makes the gaining tag's copy of a registrant.
func (m *tagMove) copyContact(ref *registrantRef, move *ContactMove) {
	m.tx.copyContact(ref.id, ref.handle, move.id, move.Final, m.toID, m.to)
}

// copyContact makes a copy of a contact on a tag. The statuses are the affair of
// whoever set them and stay behind, as does the authInfo.
func (tx *Tx) copyContact(id int64, handle string, copyID int64, copyHandle string, sponsor int32, tag string) {
	tx.Queue(`INSERT INTO contact (id, handle, sponsor, postal, voice, voice_ext, fax, fax_ext, email, disclose,
			trad_name, type, company_no, opt_out, natural_person, creator, created_at)
		OVERRIDING SYSTEM VALUE
		SELECT $2, $3, $4, postal, voice, voice_ext, fax, fax_ext, email, disclose,
			trad_name, type, company_no, opt_out, natural_person, $5, $6 FROM contact WHERE id = $1`,
		id, copyID, copyHandle, sponsor, tx.updaterID(), tx.Now)
	// What is known of the address is known of the copy's.
	tx.Queue(`INSERT INTO contact_verification (contact_id, email, state, asked_on, due_on, verified_on, failed_on, proof)
		SELECT $2, email, state, asked_on, due_on, verified_on, failed_on, proof FROM contact_verification
		WHERE contact_id = $1 AND state <> 'unverified'`, id, copyID)
	tx.record("contact", copyID, copyHandle, "copy", changes{}.add("sponsor", nil, tag).add("copy of", nil, handle))
}

// handleAlphabet has 32 characters that are not mistaken for each other.
const handleAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// newHandle makes a handle that no client chooses: 75 random bits.
func newHandle() string {
	b := make([]byte, 15)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	for i := range b {
		b[i] = handleAlphabet[b[i]%32]
	}
	return "K" + string(b)
}
