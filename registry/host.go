package registry

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Host is a name server as it stands in the register.
type Host struct {
	ID            int64
	Name          string // A-label form, lower case
	Superordinate string // the name of ours that it lies below; "" for an external host
	Sponsor       string // tag; below a name of ours that name's
	SponsorID     int32
	Statuses      StatusSet
	Addresses     []netip.Addr // in order; none where external
	Linked        bool         // a name uses it

	Creator     string // tag
	Created     time.Time
	Updater     string // tag, "" when never updated
	Updated     time.Time
	Transferred time.Time

	superordinateID int64
}

// HostAddress is an address as somebody gave it.
type HostAddress struct {
	Version string // v4, v6 or "" for either
	Text    string
}

// HostROID is the host's repository object identifier.
func (r *Registry) HostROID(h *Host) string { return r.roid("H", h.ID) }

// ShownStatuses are the statuses with the derived ones.
func (h *Host) ShownStatuses() []Status { return h.Statuses.Shown(ObjectHost, h.Linked) }

// checkSponsor refuses a registrar that does not sponsor the host.
func (h *Host) checkSponsor(actor Actor) error {
	if !actor.IsRegistrar() || h.SponsorID == actor.Registrar {
		return nil
	}
	return Refuse(KindAuthorization, actor.code(CodeNotYours), "The host %s is not on your tag.", h.Name).
		About("host:name", h.Name)
}

// superordinateOf is the name of one of our zones that a host lies below or is;
// "" for an external host. The zone itself holds no hosts of registrars:
// KindPolicy.
func (r *Registry) superordinateOf(ctx context.Context, host string) (string, error) {
	zones, err := r.Zones(ctx)
	if err != nil {
		return "", err
	}
	if zones[host] != nil {
		return "", Refuse(KindPolicy, "", "%s is a zone of this registry, not a host.", host).About("host:name", host)
	}
	zone, err := r.zoneOf(ctx, host)
	if err != nil || zone == nil {
		return "", err
	}
	labels := strings.TrimSuffix(host, "."+zone.Name)
	return labels[strings.LastIndexByte(labels, '.')+1:] + "." + zone.Name, nil
}

// superordinate is the row of the name that a host is to lie below.
type superordinate struct {
	name     string // "" for an external host: nothing is read
	id       int64  // 0: not registered
	sponsor  int32
	statuses StatusSet
}

// check refuses a name that is not there (KindNotFound), another tag's
// (KindAuthorization), or on its way out (KindStatusProhibits).
func (s superordinate) check(actor Actor, host string) error {
	switch {
	case s.name == "":
		return nil
	case s.id == 0:
		return Refuse(KindNotFound, "", "%s, which %s lies below, is not registered.", s.name, host).About("host:name", host)
	case actor.IsRegistrar() && s.sponsor != actor.Registrar:
		return Refuse(KindAuthorization, actor.code(CodeNotYours), "%s, which %s lies below, is not on your tag.", s.name, host).
			About("host:name", host)
	}
	if status := s.statuses.HasAny(StatusPendingDelete, StatusPendingTransfer); status != "" {
		return Refuse(KindStatusProhibits, "", "%s, which %s lies below, has the status %s.", s.name, host, status).
			About("host:name", host)
	}
	return nil
}

// parseGiven reads addresses in canonical form and order.
func parseGiven(given []HostAddress) ([]netip.Addr, error) {
	out := make([]netip.Addr, len(given))
	for i, a := range given {
		addr, err := ParseHostAddress(a.Text, a.Version)
		if err != nil {
			return nil, err
		}
		out[i] = addr
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return out, nil
}

// ignoredGlue lists addresses that an external host does not take.
func ignoredGlue(given []HostAddress) []Ignored {
	var out []Ignored
	for _, a := range given {
		out = append(out, Ignored{Field: fieldHostAddr, Value: a.Text})
	}
	return out
}
