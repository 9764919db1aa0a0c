package registry

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
)

// tagTable is this process's copy of the registrars' ids and tags. Neither ever
// changes, so a copy is never wrong, only incomplete.
type tagTable struct {
	mu    sync.RWMutex
	byID  map[int32]string
	byTag map[string]int32
}

// tags returns the tags of registrars by id; 0 gives "".
func (r *Registry) tags(ctx context.Context, ids ...int32) ([]string, error) {
	out, complete := r.tagTable.find(ids)
	if complete {
		return out, nil
	}
	err := r.reloadTags(ctx)
	if err != nil {
		return nil, err
	}
	out, complete = r.tagTable.find(ids)
	if !complete {
		return nil, fmt.Errorf("a registrar of %v is not in the table", ids)
	}
	return out, nil
}

// registrarID finds a registrar by its tag; a tag that does not exist gives 0.
func (r *Registry) registrarID(ctx context.Context, tag string) (int32, error) {
	id := r.tagTable.id(tag)
	if id != 0 {
		return id, nil
	}
	err := r.reloadTags(ctx)
	if err != nil {
		return 0, err
	}
	return r.tagTable.id(tag), nil
}

func (r *Registry) reloadTags(ctx context.Context) error {
	rows, err := r.db.Pool.Query(ctx, `SELECT id, tag FROM registrar`)
	if err != nil {
		return fmt.Errorf("read the tags: %w", err)
	}
	byID, byTag := map[int32]string{}, map[string]int32{}
	var id int32
	var tag string
	_, err = pgx.ForEachRow(rows, []any{&id, &tag}, func() error {
		byID[id], byTag[tag] = tag, id
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the tags: %w", err)
	}
	r.tagTable.mu.Lock()
	r.tagTable.byID, r.tagTable.byTag = byID, byTag
	r.tagTable.mu.Unlock()
	return nil
}

func (t *tagTable) id(tag string) int32 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.byTag[tag]
}

func (t *tagTable) find(ids []int32) ([]string, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	out := make([]string, len(ids))
	for i, id := range ids {
		if id == 0 {
			continue
		}
		tag, ok := t.byID[id]
		if !ok {
			return nil, false
		}
		out[i] = tag
	}
	return out, true
}

// needTag finds a registrar by its tag and refuses one that does not exist.
func (r *Registry) needTag(ctx context.Context, tag string) (int32, error) {
	id, err := r.registrarID(ctx, tag)
	if err == nil && id == 0 {
		err = Refuse(KindNotFound, "", "There is no tag %q.", tag).About("registrarTag", tag)
	}
	return id, err
}
