package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/notify"
	"github.com/namekeep/namekeep/registry/pg"
)

// Pages that reminder lists link to, below the address of the registry's pages;
// the first with a token behind it.
const (
	renewalPage = "renewal/"   // N10
	salesPage   = "registrar/" // N30
)

// onTheList are the names that a list is about: those with an expiry, on a tag.
const onTheList = `d.sponsor = @registrar AND d.delete_phase IS NULL AND d.referred_at IS NULL`

// reminded are the names of a reminder list, with their distance. What is not to
// be renewed is not reminded of (R32).
const reminded = `unnest(@expiries::date[], @distances::text[]) due (expires, distance)
	JOIN domain d ON d.expires = due.expires AND ` + onTheList + ` AND NOT d.renew_not_required`

// salesAddress is where a registrar's lists go.
const salesAddress = `coalesce(nullif(r.sales_email, ''), nullif(r.billing_email, ''))`

// QueueAdvanceLists queues the advance list of each tag, on the 1st of a month:
// all its names that expire in the month three on. There is none for a tag
// without such names or that opted out. It returns how many it queued; running
// it again queues nothing.
func (r *Registry) QueueAdvanceLists(ctx context.Context, day Date) (int64, error) {
	first, last, ok := AdvanceListMonth(day)
	if !ok {
		return 0, nil
	}
	return r.eachTag(ctx, "advance lists", day, func(tx *pg.Tx, args pgx.StrictNamedArgs) (int64, error) {
		args["first"], args["last"], args["month"] = first, last, first.String()[:7]
		tx.Queue(`INSERT INTO subscription (kind, registrar_id) SELECT 'advance-list', @registrar
			WHERE EXISTS (SELECT FROM domain d WHERE `+onTheList+` AND d.expires BETWEEN @first::date AND @last::date)
			ON CONFLICT DO NOTHING`, pick(args, "registrar", "first", "last"))
		tag, err := tx.Exec(ctx, notify.OutboxInsert+`
			SELECT 'advance-list', `+salesAddress+`, r.language, jsonb_build_object('tag', r.tag, 'month', @month::text,
				'unsubscribe', s.token, 'names', n.names), r.id, NULL, 'advance-list:' || @month::text || ':' || r.tag, @now::timestamptz
			FROM registrar r
			JOIN subscription s ON s.kind = 'advance-list' AND s.registrar_id = r.id AND s.contact_id = 0 AND s.opted_out_at IS NULL
			CROSS JOIN LATERAL (SELECT jsonb_agg(jsonb_build_object('name', d.name, 'expires', d.expires) ORDER BY d.expires, d.name) AS names
				FROM domain d WHERE `+onTheList+` AND d.expires BETWEEN @first::date AND @last::date) n
			WHERE r.id = @registrar AND n.names IS NOT NULL AND `+salesAddress+` IS NOT NULL`+notify.OnRepeat,
			pick(args, "registrar", "first", "last", "month", "now"))
		return tag.RowsAffected(), err
	})
}

// QueueReminderLists queues the lists of names that expire at one of the
// distances: to the sales contact, to each registrant, or to both, as the tag
// chose, but to nobody who opted out. It returns how many it queued; running it
// again on the day queues nothing.
func (r *Registry) QueueReminderLists(ctx context.Context, day Date) (int64, error) {
	var expiries []Date
	var keys []string
	for _, d := range ReminderDistances() {
		for _, e := range d.Expiries(day) {
			expiries, keys = append(expiries, e), append(keys, d.Key)
		}
	}
	err := r.forgetLinks(ctx)
	if err != nil {
		return 0, err
	}
	return r.eachTag(ctx, "reminder lists", day, func(tx *pg.Tx, args pgx.StrictNamedArgs) (int64, error) {
		args["expiries"], args["distances"] = expiries, keys
		sales, err := queueSalesReminder(ctx, tx, args)
		if err != nil {
			return 0, err
		}
		args["expires"] = tx.Now.AddDate(0, 0, r.policy.PageLinkDays)
		registrants, err := queueRegistrantReminders(ctx, tx, args)
		return sales + registrants, err
	})
}

// eachTag runs fn for each registrar in a transaction of its own: a large one
// does not hold up the others, and a stop loses one registrar's work at most.
func (r *Registry) eachTag(ctx context.Context, what string, day Date, fn func(*pg.Tx, pgx.StrictNamedArgs) (int64, error)) (int64, error) {
	rows, err := r.db.Pool.Query(ctx, `SELECT id FROM registrar WHERE kind = 'registrar' AND state <> 'closed' ORDER BY id`)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	total := int64(0)
	for _, id := range ids {
		if ctx.Err() != nil {
			return total, ctx.Err()
		}
		var n int64
		err = r.db.InTx(pg.WithPatience(ctx, batchPatience), func(tx *pg.Tx) error {
			n, err = fn(tx, pgx.StrictNamedArgs{"registrar": id, "day": day, "now": tx.Now})
			return err
		})
		if err != nil {
			return total, fmt.Errorf("%s of registrar %d: %w", what, id, err)
		}
		total += n
	}
	return total, nil
}

// pick returns the arguments that a statement names.
func pick(args pgx.StrictNamedArgs, names ...string) pgx.StrictNamedArgs {
	out := pgx.StrictNamedArgs{}
	for _, name := range names {
		out[name] = args[name]
	}
	return out
}

// remindedNames is the list in a payload.
const remindedNames = `jsonb_agg(jsonb_build_object('name', d.name, 'expires', d.expires, 'distance', due.distance) ORDER BY d.expires, d.name)`

const agent = `jsonb_build_object('name', r.name, 'url', coalesce(r.url, ''))`

func queueSalesReminder(ctx context.Context, tx *pg.Tx, args pgx.StrictNamedArgs) (int64, error) {
	tx.Queue(`INSERT INTO subscription (kind, registrar_id) SELECT 'reminder-list', r.id FROM registrar r
		WHERE r.id = @registrar AND r.reminder_reader IN ('sales', 'both') AND EXISTS (SELECT FROM `+reminded+`)
		ON CONFLICT DO NOTHING`, pick(args, "registrar", "expiries", "distances"))
	tag, err := tx.Exec(ctx, notify.OutboxInsert+`
		SELECT 'reminder-list', `+salesAddress+`, r.language, jsonb_build_object('reader', 'sales', 'registrar', `+agent+`,
			'party', jsonb_build_object('number', r.tag, 'name', r.name, 'email', `+salesAddress+`),
			'path', '`+salesPage+`', 'unsubscribe', s.token, 'names', n.names),
			r.id, NULL, 'reminder-list:' || @day::date || ':' || r.tag, @now::timestamptz
		FROM registrar r
		JOIN subscription s ON s.kind = 'reminder-list' AND s.registrar_id = r.id AND s.contact_id = 0 AND s.opted_out_at IS NULL
		CROSS JOIN LATERAL (SELECT `+remindedNames+` AS names FROM `+reminded+`) n
		WHERE r.id = @registrar AND r.reminder_reader IN ('sales', 'both') AND n.names IS NOT NULL AND `+salesAddress+` IS NOT NULL`+
		notify.OnRepeat, pick(args, "registrar", "expiries", "distances", "day", "now"))
	return tag.RowsAffected(), err
}

// queueRegistrantReminders mints the personal links with the messages: the token
// is in the message, its hash in page_token.
func queueRegistrantReminders(ctx context.Context, tx *pg.Tx, args pgx.StrictNamedArgs) (int64, error) {
	tx.Queue(`INSERT INTO subscription (kind, registrar_id, contact_id)
		SELECT DISTINCT 'reminder-list', r.id, d.registrant FROM registrar r, `+reminded+`
		WHERE r.id = @registrar AND r.reminder_reader IN ('registrant', 'both') AND d.registrant IS NOT NULL
		ON CONFLICT DO NOTHING`, pick(args, "registrar", "expiries", "distances"))
	tag, err := tx.Exec(ctx, `WITH mail AS MATERIALIZED (
			SELECT c.id AS contact, c.email, r.language, r.id AS registrar, 'reminder-list:' || @day::date || ':' || r.tag || ':' || c.id AS dedup,
				replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '') AS token,
				jsonb_build_object('reader', 'registrant', 'registrar', `+agent+`, 'unsubscribe', s.token, 'names', n.names,
					'party', jsonb_build_object('number', c.handle, 'name', coalesce(nullif(p.postal->>'name', ''), c.handle),
						'email', c.email, 'address', p.lines)) AS payload
			FROM registrar r
			CROSS JOIN (SELECT d.registrant, `+remindedNames+` AS names FROM `+reminded+` GROUP BY d.registrant) n
			JOIN contact c ON c.id = n.registrant
			JOIN subscription s ON s.kind = 'reminder-list' AND s.registrar_id = r.id AND s.contact_id = c.id AND s.opted_out_at IS NULL
			CROSS JOIN LATERAL (SELECT x.postal, ARRAY(SELECT line FROM unnest(ARRAY[x.postal->>'org']
					|| ARRAY(SELECT jsonb_array_elements_text(coalesce(x.postal->'street', '[]')))
					|| ARRAY[x.postal->>'city', x.postal->>'sp', x.postal->>'pc', x.postal->>'cc']) WITH ORDINALITY u (line, place)
					WHERE line <> '' ORDER BY place) AS lines
				FROM (SELECT coalesce((SELECT e FROM jsonb_array_elements(c.postal) e ORDER BY e->>'type' = 'loc' DESC LIMIT 1), '{}') AS postal) x) p
			WHERE r.id = @registrar AND r.reminder_reader IN ('registrant', 'both')
		), queued AS (`+notify.OutboxInsert+`
			SELECT 'reminder-list', email, language, payload || jsonb_build_object('path', '`+renewalPage+`' || token),
				registrar, NULL, dedup, @now::timestamptz FROM mail`+notify.OnRepeat+` RETURNING dedup
		)
		INSERT INTO page_token (hash, page, contact_id, registrar_id, created_at, expires_at)
		SELECT sha256(convert_to(m.token, 'UTF8')), 'renewal', m.contact, m.registrar, @now::timestamptz, @expires::timestamptz
		FROM mail m JOIN queued USING (dedup)`, pick(args, "registrar", "expiries", "distances", "day", "now", "expires"))
	return tag.RowsAffected(), err
}
