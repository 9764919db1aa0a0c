package registry

import (
	"encoding/json"
)

// changes lists what a command changed: field → before and after. Empty
// values are written as null.
type changes map[string][2]any

func (c changes) add(field string, before, after any) changes {
	c[field] = [2]any{before, after}
	return c
}

// record adds the history row of a change; it is written with the commit.
func (tx *Tx) record(object string, id int64, name, action string, c changes) {
	tx.Queue(historySQL, tx.historyArgs(object, id, name, action, c)...)
}

const historySQL = `INSERT INTO history
	(at, object, object_id, object_name, action, registrar_id, staff, reason, cltrid, svtrid, changes)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

func (tx *Tx) historyArgs(object string, id int64, name, action string, c changes) []any {
	return append(append([]any{tx.Now, object, id, name, action}, tx.actorArgs()...), c.json())
}

// actorArgs are the columns that say who acts, why and under which transaction
// identifiers: registrar_id, staff, reason, cltrid, svtrid.
func (tx *Tx) actorArgs() []any {
	var registrar *int32
	var staff *string
	switch tx.actor.Kind {
	case ActorRegistrar:
		registrar = &tx.actor.Registrar
		if tx.actor.Staff != "" {
			staff = &tx.actor.Staff
		}
	case ActorStaff:
		staff = &tx.actor.Staff
	}
	return []any{registrar, staff, null(tx.actor.Reason), null(tx.actor.ClTRID), null(tx.actor.SvTRID)}
}

func (c changes) json() []byte {
	if len(c) == 0 {
		return nil
	}
	b, err := json.Marshal(c)
	if err != nil {
		// Only plain values are ever added; a failure is a bug that the
		// command must not survive.
		panic(err)
	}
	return b
}
