package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// selection chooses names: a condition on "domain d" and its arguments.
type selection struct {
	where string
	args  []any
}

func byName(name string) selection { return selection{`d.name = $1`, []any{name}} }

// lockSelected reads names for a change and locks their rows in the order of
// their ids, in one round trip with what is read before and after. No name is no
// error.
func (tx *Tx) lockSelected(ctx context.Context, sel selection, before, after reader) ([]*Domain, error) {
	var rows []*domainRow
	err := tx.Batch(ctx, func(b *pgx.Batch) {
		before(b)
		b.Queue(`SELECT FROM domain d WHERE `+sel.where+` ORDER BY d.id FOR NO KEY UPDATE OF d`, sel.args...)
		// The lock is taken again, for rows that have come to fit meanwhile.
		b.Queue(wholeSQL+` WHERE `+sel.where+` ORDER BY d.id FOR NO KEY UPDATE OF d`, sel.args...).Query(func(found pgx.Rows) error {
			rows = nil
			for found.Next() {
				w := &domainRow{}
				err := w.scan(found)
				if err != nil {
					return err
				}
				rows = append(rows, w)
			}
			return found.Err()
		})
		after(b)
	})
	if err != nil {
		return nil, fmt.Errorf("lock names: %w", err)
	}
	names := make([]*Domain, len(rows))
	for i, w := range rows {
		names[i], err = tx.r.finishDomain(ctx, w.d.Name, w, nil)
		if err != nil {
			return nil, err
		}
	}
	return names, nil
}

// readNothing is for lockSelected where nothing else is to be read.
func readNothing(*pgx.Batch) {}

// normalNames are names as they are stored, each once, in the order given.
func normalNames(names []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, name := range names {
		name = normalName(name)
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

func byNames(names []string) selection { return selection{`d.name = ANY($1)`, []any{names}} }

// inOrder finds the names of a list that was read. The first that is not there
// is refused with KindNotFound.
func inOrder(read []*Domain, names []string) ([]*Domain, error) {
	byName := map[string]*Domain{}
	for _, d := range read {
		byName[d.Name] = d
	}
	out := make([]*Domain, len(names))
	for i, name := range names {
		out[i] = byName[name]
		if out[i] == nil {
			return nil, notRegistered(name)
		}
	}
	return out, nil
}
