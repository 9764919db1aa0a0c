package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
)

// purge takes names out of the register, whatever refers to them: nothing may
// stop a cancellation. A host below a name goes with it; one that other names
// use stays as an external host without addresses, until they replace it,
// because their delegation must not vanish without a word: their tags are told.
//
// What a uk name was charged and no invoice has yet is taken back; in gtld the
// grace periods decide what is refunded, and they have passed.
func (c *chunk) purge(ctx context.Context, gone []*dueName) error {
	if len(gone) == 0 {
		return nil
	}
	ids := make([]int64, len(gone))
	for i, n := range gone {
		ids[i] = n.id
	}
	tx := c.tx
	// The lock keeps new delegations out; the statements after it see all that
	// were committed before.
	tx.Queue(`SELECT FROM host WHERE superordinate = ANY($1) ORDER BY id FOR UPDATE`, ids)
	tx.Queue(`DELETE FROM domain_host WHERE domain_id = ANY($1)`, ids)
	tx.Queue(`WITH kept AS (
			UPDATE host h SET superordinate = NULL, addresses = '{}', updater = $2, updated_at = $3
			WHERE superordinate = ANY($1) AND EXISTS (SELECT FROM domain_host dh WHERE dh.host_id = h.id)
			RETURNING h.id, h.name
		), used AS (
			SELECT d.sponsor, k.name AS host, d.name AS domain, (row_number() OVER (PARTITION BY d.sponsor ORDER BY d.name, k.name) - 1) / $5 AS part
			FROM kept k JOIN domain_host dh ON dh.host_id = k.id JOIN domain d ON d.id = dh.domain_id
		), told AS (
			INSERT INTO poll_message (registrar_id, queued_at, kind, text, payload)
			SELECT u.sponsor, $3, $6, 'Name servers of names of yours lie below a name that was cancelled: replace ' ||
					min(u.host) || CASE WHEN count(DISTINCT u.host) > 1 THEN ' and others' ELSE '' END || '.',
				jsonb_build_object('hosts', jsonb_agg(DISTINCT u.host ORDER BY u.host), 'names', jsonb_agg(DISTINCT u.domain ORDER BY u.domain))
			FROM used u JOIN registrar r ON r.id = u.sponsor AND r.kind = 'registrar' GROUP BY u.sponsor, u.part
		)
		INSERT INTO history (at, object, object_id, object_name, action, svtrid, changes)
		SELECT $3, 'host', id, name, 'external', $4, jsonb_build_object('reason', jsonb_build_array(NULL, 'the name above it was cancelled')) FROM kept`,
		ids, tx.updaterID(), tx.Now, tx.actor.SvTRID, noticeNames, string(PollHostsCancelled))
	tx.queueHostsGone(ids)
	tx.Queue(`UPDATE transfer SET state = 'serverCancelled', acted_at = $2
		WHERE object = 'domain' AND object_id = ANY($1) AND state = 'pending'`, ids, tx.Now)
	tx.Queue(`UPDATE handshake_domain SET open = false WHERE domain_id = ANY($1) AND open`, ids)
	tx.endChangesOf(ObjectDomain, ChangeCancelled, "The name was cancelled.", ids...)
	err := c.takeBack(ctx, gone)
	if err != nil {
		return err
	}
	tx.Queue(`DELETE FROM domain WHERE id = ANY($1)`, ids)
	return nil
}

// takeBack reverses what uk names were charged and no invoice has yet.
func (c *chunk) takeBack(ctx context.Context, gone []*dueName) error {
	var ids []int64
	for _, n := range gone {
		if n.zone.Profile == ProfileUK {
			ids = append(ids, n.id)
		}
	}
	rows, err := c.tx.Query(ctx, `SELECT DISTINCT domain_id FROM charge WHERE domain_id = ANY($1)
		AND invoice_id IS NULL AND reversed_at IS NULL`, ids)
	if err != nil {
		return fmt.Errorf("read open charges: %w", err)
	}
	charged, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("read open charges: %w", err)
	}
	for _, id := range charged {
		billing.QueueReversalOfName(c.tx.Tx, id, c.s.day.EPPTime())
	}
	c.tx.Queue(`UPDATE renewal_request SET state = 'withdrawn', ended_on = $2 WHERE domain_id = ANY($1) AND state = 'uninvoiced'`, ids, c.s.day)
	return nil
}
