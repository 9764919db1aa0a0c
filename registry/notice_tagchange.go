package registry

import (
	"encoding/json"

	"github.com/namekeep/namekeep/notify"
)

// mail tells both tags of a change of tag, with the registration status of each
// name, whichever way it went. A tag without an address gets none: the registry's
// own have none.
func (m *tagMove) mail() {
	if len(m.moved) == 0 {
		return
	}
	tx := m.tx
	var names []notify.TagChangedName
	for _, n := range m.moved {
		names = append(names, notify.TagChangedName{Name: n.after.Name, Expires: notify.Date(n.after.Expires.String()),
			Status: string(n.change.Status)})
	}
	for _, side := range []struct {
		side, tag, other string
		id               int32
	}{{"gaining", m.to, m.from, m.toID}, {"losing", m.from, m.to, m.fromID}} {
		payload, err := json.Marshal(notify.TagChangeNotice{Side: side.side, Tag: side.tag, Other: side.other,
			Day: notify.Date(tx.today.String()), Names: names})
		if err != nil {
			panic(err) // plain data; a failure is a bug that the change must not survive
		}
		tx.Queue(notify.OutboxInsert+`SELECT $2, `+salesAddress+`, r.language, $3, r.id, NULL, NULL, $4
			FROM registrar r WHERE r.id = $1 AND `+salesAddress+` IS NOT NULL`, side.id, notify.TagChange, payload, tx.Now)
	}
}
