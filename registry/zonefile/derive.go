package zonefile

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry"
)

// deriveNames compares the delegations of the noted names with what is published,
// and notes the hosts that this concerns.
func (b *batch) deriveNames(ctx context.Context) error {
	var names []string
	var places []place
	for _, n := range slices.Sorted(maps.Keys(b.names)) {
		if a := b.as.around(n); b.serving(a) {
			names, places = append(names, n), append(places, place{a.id, n})
		}
	}
	if len(names) == 0 {
		return nil
	}
	now, err := readNames(ctx, b.tx, names)
	if err != nil {
		return err
	}
	published, err := readEntries(ctx, b.tx, places, KindDelegation)
	if err != nil {
		return err
	}
	var flipped []string // came into the zone or left it
	for _, at := range places {
		e, err := b.delegation(at.owner, now)
		if err != nil {
			b.p.log.Error("a name was left out of its zone", "error", err)
		}
		old := published[key{at, KindDelegation}]
		old.Owner, old.Kind = at.owner, KindDelegation
		if slices.Equal(old.Records, e.Records) {
			continue
		}
		b.diff[at.zone] = append(b.diff[at.zone], change{old, e})
		b.noteServers(b.as.byID[at.zone], old, e)
		if (len(old.Records) == 0) != (len(e.Records) == 0) {
			flipped = append(flipped, at.owner)
		}
	}
	return b.noteHostsBelow(ctx, flipped)
}

// delegation is the entry of a name, or of a zone of ours in the one above.
func (b *batch) delegation(name string, names map[string]Name) (Entry, error) {
	if a := b.as.byName[name]; a != nil && a.serves {
		return a.delegation()
	}
	n, ok := names[name]
	if !ok {
		return Entry{Owner: name, Kind: KindDelegation}, nil
	}
	e, err := n.Delegation()
	if err != nil {
		e.Records = nil
	}
	return e, err
}

// noteServers notes the hosts that only one of two states of a delegation names.
func (b *batch) noteServers(a *area, old, now Entry) {
	before, after := nameServers(old), nameServers(now)
	for _, h := range append(without(before, after), without(after, before)...) {
		b.noteHost(h, a)
	}
}

// noteHost notes a host whose use in a zone has changed: there, and in the zone
// that it lies in, where it may stand for others.
func (b *batch) noteHost(host string, a *area) {
	if registry.Below(host, a.name) {
		b.places[place{a.id, host}] = true
	}
	if nearest := b.as.around(host); nearest != nil {
		b.places[place{nearest.id, host}] = true
	}
}

// nameServers are the hosts that a delegation names.
func nameServers(e Entry) []string {
	var out []string
	for _, r := range e.Records {
		if host, ok := strings.CutPrefix(r, "NS "); ok {
			out = append(out, strings.TrimSuffix(host, "."))
		}
	}
	return out
}

func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}

// noteHostsBelow notes the hosts below names: whether the name is in the zone
// decides about them too.
func (b *batch) noteHostsBelow(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return nil
	}
	rows, err := b.tx.Query(ctx, `SELECT h.name FROM domain d JOIN host h ON h.superordinate = d.id WHERE d.name = ANY ($1)`, names)
	if err != nil {
		return fmt.Errorf("read the hosts below names: %w", err)
	}
	hosts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("read the hosts below names: %w", err)
	}
	for _, h := range hosts {
		b.hosts[h] = true
	}
	return nil
}

// deriveHosts compares the addresses of the noted hosts with what is published.
func (b *batch) deriveHosts(ctx context.Context) error {
	for h := range b.hosts {
		for _, a := range b.as.enclosing(h) {
			b.places[place{a.id, h}] = true
		}
	}
	places := slices.SortedFunc(maps.Keys(b.places), func(x, y place) int {
		return strings.Compare(x.owner, y.owner)
	})
	places = slices.DeleteFunc(places, func(at place) bool { return !b.serving(b.as.byID[at.zone]) })
	if len(places) == 0 {
		return nil
	}
	now, err := readHosts(ctx, b.tx, places)
	if err != nil {
		return err
	}
	published, err := readEntries(ctx, b.tx, places, KindAddress)
	if err != nil {
		return err
	}
	for _, at := range places {
		h := now[at]
		h.Name = at.owner
		e, err := b.as.host(h, b.as.byID[at.zone]).Glue()
		if err != nil {
			b.p.log.Error("a host was left out of its zone", "error", err)
		}
		old := published[key{at, KindAddress}]
		old.Owner, old.Kind = at.owner, KindAddress
		if !slices.Equal(old.Records, e.Records) {
			b.diff[at.zone] = append(b.diff[at.zone], change{old, e})
		}
	}
	return nil
}
