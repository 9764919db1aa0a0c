package registry

import "context"

// MayKeep refuses a staff user who may not copy the whole register: for
// backups and escrow deposits, which hold everything.
func (a Actor) MayKeep() error { return a.staffOnly(RoleOperator) }

// RecordUpkeep notes in the history what was done to the database as a whole:
// action is backup or restore, file the dump, sum its SHA-256. Errors:
// KindAuthorization.
func (r *Registry) RecordUpkeep(ctx context.Context, actor Actor, action, file, sum string) error {
	err := actor.MayKeep()
	if err != nil {
		return err
	}
	return r.mutate(ctx, actor, func(tx *Tx) error {
		tx.record("database", 0, file, action, changes{}.add("sha256", nil, sum))
		return nil
	})
}
