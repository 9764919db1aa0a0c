package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"
)

// contactSQL reads contacts. Whether a name uses one costs an index probe or two.
const contactSQL = contactColumns + contactFrom

const contactColumns = `SELECT c.id, c.handle, c.sponsor, c.statuses, c.postal,
	coalesce(c.voice, ''), coalesce(c.voice_ext, ''), coalesce(c.fax, ''), coalesce(c.fax_ext, ''), c.email, c.disclose,
	coalesce(c.trad_name, ''), coalesce(c.type, ''), coalesce(c.company_no, ''), c.opt_out, c.natural_person,
	c.auth_hash, c.auth_set_at, c.creator, c.created_at, coalesce(c.updater, 0), c.updated_at, c.transferred_at,
	EXISTS (SELECT FROM domain WHERE registrant = c.id) OR EXISTS (SELECT FROM domain_contact WHERE contact_id = c.id)`

const contactFrom = `
	FROM contact c`

// lockContactSQL leaves the key alone, so that names may go on being given the
// contact meanwhile.
const lockContactSQL = contactSQL + ` WHERE c.handle = $1 FOR NO KEY UPDATE OF c`

// contactUseSQL finds one name that uses a contact, an empty text if none does. It is a
// statement of its own: beside the lock it would see the state from before a
// wait for it.
const contactUseSQL = `SELECT coalesce((SELECT name FROM domain WHERE registrant = c.id LIMIT 1),
	(SELECT d.name FROM domain_contact dc JOIN domain d ON d.id = dc.domain_id WHERE dc.contact_id = c.id LIMIT 1), '')
	FROM contact c WHERE c.handle = $1`

// contactRow is a row of contactSQL before tags and JSON are looked up.
type contactRow struct {
	c                             Contact
	sponsor, creator, updater     int32
	postal, disclose              []byte
	authSet, updated, transferred *time.Time
}

func (w *contactRow) scan(row pgx.Row) error { return row.Scan(w.fields()...) }

func (w *contactRow) fields() []any {
	c := &w.c
	return []any{&c.ID, &c.Handle, &w.sponsor, &c.Statuses, &w.postal,
		&c.Voice, &c.VoiceExt, &c.Fax, &c.FaxExt, &c.Email, &w.disclose,
		&c.TradName, &c.Type, &c.CompanyNo, &c.OptOut, &c.Natural,
		&c.authHash, &w.authSet, &w.creator, &c.Created, &w.updater, &w.updated, &w.transferred, &c.Linked}
}

// finishContact turns a row into a Contact.
func (r *Registry) finishContact(ctx context.Context, w *contactRow) (*Contact, error) {
	c := &w.c
	tags, err := r.tags(ctx, w.sponsor, w.creator, w.updater)
	if err != nil {
		return nil, err
	}
	c.SponsorID, c.Sponsor, c.Creator, c.Updater = w.sponsor, tags[0], tags[1], tags[2]
	c.authSetAt, c.Updated, c.Transferred = at(w.authSet), at(w.updated), at(w.transferred)
	err = json.Unmarshal(w.postal, &c.Postal)
	if err == nil && w.disclose != nil {
		err = json.Unmarshal(w.disclose, &c.Disclose)
	}
	if err != nil {
		return nil, fmt.Errorf("read contact %s: %w", c.Handle, err)
	}
	return c, nil
}

func noContact(handle string) error {
	return Refuse(KindNotFound, "", "There is no contact %q.", handle).About("contact:id", handle)
}

// lockContact reads a contact for a change and locks its row. usedBy is a name
// that uses it, "" if none does. more adds reads that travel with it.
func (tx *Tx) lockContact(ctx context.Context, handle string, more ...reader) (c *Contact, usedBy string, err error) {
	var row contactRow
	err = tx.Batch(ctx, func(b *pgx.Batch) {
		row = contactRow{}
		b.Queue(lockContactSQL, handle).QueryRow(row.scan)
		b.Queue(contactUseSQL, handle).QueryRow(func(row pgx.Row) error { return row.Scan(&usedBy) })
		for _, add := range more {
			add(b)
		}
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, "", noContact(handle)
	}
	if err != nil {
		return nil, "", fmt.Errorf("read contact %s: %w", handle, err)
	}
	c, err = tx.r.finishContact(ctx, &row)
	if err != nil {
		return nil, "", err
	}
	c.Linked = usedBy != ""
	return c, usedBy, nil
}

// noteJSON lists a change of a value that is kept as JSON.
func noteJSON[T any](c changes, field string, before, after T) {
	if !reflect.DeepEqual(before, after) {
		c.add(field, before, after)
	}
}

// asJSON is a value for a jsonb column. Values here are plain data, which always
// encodes.
func asJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
