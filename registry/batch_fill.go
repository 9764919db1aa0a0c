package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// fillSQL finds the names that a step may have to do something with on a day,
// each part through an index of its own. It may find too many: the rules
// decide, name by name, when the row is locked.
//
// What could not be done, and what a change of E, tag or payment made due in the
// past, has the column recheck.
//
// Parameters: the step, the day, the day up to which the step was run before
// under the same policy, the registry's own tags, the zones of either profile,
// and lengths of the policy. Dates are compared as "since + n < E <= day + n",
// so that an ordinary night reads one day's names, and the first one all that
// have expired.
var fillSQL = map[Step]string{
	StepRenewals: `
		SELECT id FROM domain WHERE coalesce(auto_bill, next_bill) IS NOT NULL AND zone_id = ANY(@uk)
			AND expires - coalesce(auto_bill, next_bill) > @since::date AND expires - coalesce(auto_bill, next_bill) <= @day::date
			AND expires >= @day::date
		UNION SELECT id FROM domain WHERE expires > @since::date - 1 AND expires <= @day::date - 1
			AND zone_id = ANY(@gtld) AND delete_phase IS NULL
		UNION SELECT id FROM domain WHERE recheck AND (zone_id = ANY(@gtld) OR coalesce(auto_bill, next_bill) IS NOT NULL)`,
	StepLife: `
		SELECT domain_id AS id FROM renewal_request WHERE state = 'invoiced' AND due < @day::date
		UNION SELECT id FROM domain WHERE renew_not_required AND not_required_on IS NULL
		UNION SELECT id FROM domain WHERE recur_bill = 'bc'
			AND expires > @since::date + @advanceWarning::int AND expires <= @day::date + @advanceWarning::int
		UNION SELECT id FROM domain WHERE sponsor = ANY(@own)
			AND expires > @since::date + @advanceWarning::int AND expires <= @day::date + @advanceWarning::int
		UNION SELECT id FROM domain WHERE recur_bill = 'bc' AND expires > @since::date AND expires <= @day::date
		UNION SELECT id FROM domain WHERE sponsor = ANY(@own) AND expires > @since::date AND expires <= @day::date
		UNION SELECT d.id FROM domain d WHERE expires > @since::date AND expires <= @day::date
			AND EXISTS (SELECT FROM renewal_request q WHERE q.domain_id = d.id AND q.state = 'lapsed')
		UNION SELECT id FROM domain WHERE expires > @since::date - @reminder::int AND expires <= @day::date - @reminder::int
			AND suspended_on IS NULL AND zone_id = ANY(@uk)
		UNION SELECT id FROM domain WHERE expires > @since::date - @proForma::int AND expires <= @day::date - @proForma::int
			AND suspended_on IS NULL AND pro_forma_on IS NULL AND zone_id = ANY(@uk)
		UNION SELECT id FROM domain WHERE pro_forma_on IS NOT NULL AND suspended_on IS NULL
			AND pro_forma_on <= @day::date - @suspend::int
		UNION SELECT id FROM domain WHERE renew_not_required AND suspended_on IS NULL AND expires <= @day::date - @suspend::int
		UNION SELECT id FROM domain WHERE first_due IS NOT NULL AND NOT first_paid AND suspended_on IS NULL AND first_due < @day::date
		UNION SELECT id FROM domain WHERE suspended_on IS NOT NULL AND suspended_on <= @day::date - @cancel::int
		UNION SELECT id FROM domain WHERE delete_phase IS NOT NULL AND delete_phase_ends <= @start::timestamptz
		UNION SELECT id FROM domain WHERE recheck AND zone_id = ANY(@uk)`,
}

// longAgo stands for "never" as the day of the run before.
var longAgo = NewDate(1900, 1, 1)

// fill notes the names of the step in batch_work and returns how many they are.
func (s *batchStep) fill(ctx context.Context, tx *Tx) (int64, error) {
	p := s.r.policy
	zones := map[Profile][]int32{ProfileUK: {}, ProfileGTLD: {}}
	for _, z := range s.dir.zones {
		zones[z.Profile] = append(zones[z.Profile], z.ID)
	}
	args := pgx.StrictNamedArgs{"step": s.step, "day": s.day, "uk": zones[ProfileUK]}
	more := pgx.StrictNamedArgs{"gtld": zones[ProfileGTLD]}
	if s.step == StepLife {
		own := []int32{}
		for id, tag := range s.dir.tags {
			if p.BilledDirectly(tag) {
				own = append(own, id)
			}
		}
		more = pgx.StrictNamedArgs{"own": own, "advanceWarning": p.AdvanceWarningDays, "reminder": p.ReminderDay,
			"proForma": p.ProFormaDay, "suspend": p.SuspendAfterProFormaDays, "cancel": p.CancelAfterSuspensionDays,
			"start": s.day.Start(s.r.loc)}
	}
	for k, v := range more {
		args[k] = v
	}
	since, err := s.since(ctx, tx)
	args["since"] = since
	if err != nil {
		return 0, err
	}
	// Compiling the statement takes longer than running it. And only a plain index
	// scan marks the entries of rows that are gone, which a bitmap scan would read
	// again every night until they are vacuumed.
	tx.Queue(`SELECT set_config('jit', 'off', true), set_config('enable_bitmapscan', 'off', true)`)
	tag, err := tx.Exec(ctx, `INSERT INTO batch_work (step, day, domain_id) SELECT @step::text, @day::date, id FROM (`+
		fillSQL[s.step]+`) due ON CONFLICT DO NOTHING`, args)
	if err != nil {
		return 0, fmt.Errorf("find the names: %w", err)
	}
	return tag.RowsAffected(), nil
}

// since returns the last day up to which this step has seen every name under
// the present policy.
func (s *batchStep) since(ctx context.Context, tx *Tx) (Date, error) {
	var day Date
	err := tx.QueryRow(ctx, `SELECT CASE WHEN policy = $3 THEN day END FROM batch_run
		WHERE step = $1 AND day < $2 ORDER BY day DESC LIMIT 1
		`, s.step, s.day, s.r.policy.digest()).Scan(&day)
	switch {
	case err == pgx.ErrNoRows || err == nil && day.IsZero():
		return longAgo, nil
	case err != nil:
		return day, fmt.Errorf("read the batch runs: %w", err)
	}
	return day, nil
}
