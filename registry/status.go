package registry

import (
	"slices"
	"strings"
)

// Status is a status value of a domain, contact or host, spelled as RFC 5731 to
// 5733 spell it. The states of RFC 3915 are of another type, RGPState.
type Status string

// The status values of the three objects.
const (
	StatusOK       Status = "ok"
	StatusInactive Status = "inactive" // domain: no name servers
	StatusLinked   Status = "linked"   // contact, host: in use

	StatusClientDeleteProhibited   Status = "clientDeleteProhibited"
	StatusClientHold               Status = "clientHold"
	StatusClientRenewProhibited    Status = "clientRenewProhibited"
	StatusClientTransferProhibited Status = "clientTransferProhibited"
	StatusClientUpdateProhibited   Status = "clientUpdateProhibited"

	StatusServerDeleteProhibited   Status = "serverDeleteProhibited"
	StatusServerHold               Status = "serverHold"
	StatusServerRenewProhibited    Status = "serverRenewProhibited"
	StatusServerTransferProhibited Status = "serverTransferProhibited"
	StatusServerUpdateProhibited   Status = "serverUpdateProhibited"

	StatusPendingCreate   Status = "pendingCreate"
	StatusPendingDelete   Status = "pendingDelete"
	StatusPendingRenew    Status = "pendingRenew"
	StatusPendingTransfer Status = "pendingTransfer"
	StatusPendingUpdate   Status = "pendingUpdate"
)

// Object is a kind of object in the register.
type Object string

// The objects of RFC 5731 to 5733.
const (
	ObjectDomain  Object = "domain"
	ObjectContact Object = "contact"
	ObjectHost    Object = "host"
)

var hostStatuses = []Status{
	StatusOK, StatusLinked,
	StatusClientDeleteProhibited, StatusClientUpdateProhibited,
	StatusServerDeleteProhibited, StatusServerUpdateProhibited,
	StatusPendingCreate, StatusPendingDelete, StatusPendingTransfer, StatusPendingUpdate,
}

var contactStatuses = append([]Status{
	StatusClientTransferProhibited, StatusServerTransferProhibited,
}, hostStatuses...)

var domainStatuses = []Status{
	StatusOK, StatusInactive,
	StatusClientDeleteProhibited, StatusClientHold, StatusClientRenewProhibited,
	StatusClientTransferProhibited, StatusClientUpdateProhibited,
	StatusServerDeleteProhibited, StatusServerHold, StatusServerRenewProhibited,
	StatusServerTransferProhibited, StatusServerUpdateProhibited,
	StatusPendingCreate, StatusPendingDelete, StatusPendingRenew, StatusPendingTransfer, StatusPendingUpdate,
}

// Statuses returns every status value that an object of this kind can have.
func (o Object) Statuses() []Status {
	switch o {
	case ObjectDomain:
		return slices.Clone(domainStatuses)
	case ObjectContact:
		return slices.Clone(contactStatuses)
	case ObjectHost:
		return slices.Clone(hostStatuses)
	}
	return nil
}

// ParseStatus reads a status value of an object of kind o; any other text is
// refused with KindParamSyntax.
func ParseStatus(o Object, text string) (Status, error) {
	s := Status(text)
	if !slices.Contains(o.Statuses(), s) {
		return "", Refuse(KindParamSyntax, "", "%q is not a status of a %s.", text, o).About(string(o)+":status", text)
	}
	return s, nil
}

// ClientSettable reports whether a registrar may set and remove s.
func (s Status) ClientSettable() bool { return strings.HasPrefix(string(s), "client") }

// StaffSettable reports whether registry staff may set and remove s. The others
// are derived (ok, inactive, linked) or belong to a procedure (pending…).
func (s Status) StaffSettable() bool {
	return s.ClientSettable() || strings.HasPrefix(string(s), "server")
}

// Pending reports whether s says that a procedure on the object is under way.
func (s Status) Pending() bool { return strings.HasPrefix(string(s), "pending") }

// StatusSet is the set of statuses stored with an object: those that somebody
// set or a procedure needs, sorted, without the derived ones.
type StatusSet []Status

// Has reports whether s is in the set.
func (set StatusSet) Has(s Status) bool { return slices.Contains(set, s) }

// HasAny returns the first of the given statuses that is in the set, "" if none
// is.
func (set StatusSet) HasAny(statuses ...Status) Status {
	for _, s := range statuses {
		if set.Has(s) {
			return s
		}
	}
	return ""
}

// With returns the set with s added. The receiver is unchanged.
func (set StatusSet) With(s Status) StatusSet {
	if set.Has(s) {
		return slices.Clone(set)
	}
	out := append(slices.Clone(set), s)
	slices.Sort(out)
	return out
}

// Without returns the set with s removed. The receiver is unchanged.
func (set StatusSet) Without(s Status) StatusSet {
	return slices.DeleteFunc(slices.Clone(set), func(have Status) bool { return have == s })
}

// Shown returns the statuses to show for an object of kind o. inUse is true for
// a contact or host that is linked and for a domain that has name servers. ok
// stands only alone (RFC 5731 2.3), save beside linked (RFC 5732, 5733).
func (set StatusSet) Shown(o Object, inUse bool) []Status {
	shown := slices.Clone([]Status(set))
	switch {
	case o == ObjectDomain && !inUse:
		shown = append(shown, StatusInactive)
	case len(set) == 0:
		shown = append(shown, StatusOK)
	}
	if o != ObjectDomain && inUse {
		shown = append(shown, StatusLinked)
	}
	slices.Sort(shown)
	return shown
}

// Operation is what somebody wants to do to an object.
type Operation string

// The operations that statuses can forbid. OpTransfer covers the RFC's pull and
// the uk release.
const (
	OpUpdate   Operation = "update"
	OpDelete   Operation = "delete"
	OpRenew    Operation = "renew"
	OpTransfer Operation = "transfer"
)

// prohibitedBy lists, per operation, the statuses that forbid it. A pending
// procedure forbids every other change (RFC 5731 2.3).
var prohibitedBy = map[Operation][]Status{
	OpUpdate: {StatusServerUpdateProhibited, StatusClientUpdateProhibited, StatusPendingDelete, StatusPendingCreate,
		StatusPendingTransfer, StatusPendingUpdate, StatusPendingRenew},
	OpDelete: {StatusServerDeleteProhibited, StatusClientDeleteProhibited, StatusPendingDelete, StatusPendingCreate,
		StatusPendingTransfer, StatusPendingUpdate, StatusPendingRenew},
	OpRenew: {StatusServerRenewProhibited, StatusClientRenewProhibited, StatusPendingDelete, StatusPendingCreate,
		StatusPendingTransfer, StatusPendingRenew},
	OpTransfer: {StatusServerTransferProhibited, StatusClientTransferProhibited, StatusPendingDelete,
		StatusPendingCreate, StatusPendingUpdate, StatusPendingRenew},
}

// CheckOperation refuses op with KindStatusProhibits when a status in the set
// forbids it, naming the status. For an update use CheckUpdate.
func (set StatusSet) CheckOperation(o Object, op Operation) error {
	if s := set.HasAny(prohibitedBy[op]...); s != "" {
		return Refuse(KindStatusProhibits, "", "The status %s forbids to %s the %s.", s, op, o).
			About(string(o)+":status", string(s))
	}
	return nil
}

// StatusChange is the part of an update that concerns statuses.
type StatusChange struct {
	Add, Remove []Status
	Other       bool // the update changes something else too
	// Beside tells that the update leaves alone what a pending one is about: that
	// forbids only a second one (C1, C6).
	Beside bool
}

// CheckUpdate decides an update and returns the statuses after it. Staff may
// set server statuses and are not bound by the prohibitions. For a registrar
// clientUpdateProhibited lets only its own removal through (RFC 5731 2.3).
// Refusals: KindStatusProhibits where a status forbids the update, KindPolicy
// for a status that may not be set, is set already, or is not there to remove.
func (set StatusSet) CheckUpdate(o Object, c StatusChange, staff bool) (StatusSet, error) {
	if !staff {
		lifting := !c.Other && len(c.Add) == 0 && len(c.Remove) == 1 && c.Remove[0] == StatusClientUpdateProhibited
		judged := set
		if lifting {
			judged = set.Without(StatusClientUpdateProhibited)
		}
		if c.Beside {
			judged = judged.Without(StatusPendingUpdate)
		}
		if err := judged.CheckOperation(o, OpUpdate); err != nil {
			return nil, err
		}
	}
	return set.change(o, c.Add, c.Remove, staff)
}

func (set StatusSet) change(o Object, add, remove []Status, staff bool) (StatusSet, error) {
	refuse := func(s Status, reason string, args ...any) error {
		return Refuse(KindPolicy, "", reason, args...).About(string(o)+":status", string(s))
	}
	settable := func(s Status) error {
		if !slices.Contains(o.Statuses(), s) {
			return refuse(s, "%s is not a status of a %s.", s, o)
		}
		if s.ClientSettable() || staff && s.StaffSettable() {
			return nil
		}
		return refuse(s, "The status %s is set and removed by the registry only.", s)
	}
	after := slices.Clone(set)
	for _, s := range remove {
		if err := settable(s); err != nil {
			return nil, err
		}
		if !after.Has(s) {
			return nil, refuse(s, "The status %s is not set, so it cannot be removed.", s)
		}
		after = after.Without(s)
	}
	for _, s := range add {
		if err := settable(s); err != nil {
			return nil, err
		}
		if set.Has(s) || after.Has(s) {
			return nil, refuse(s, "The status %s is set already.", s)
		}
		after = after.With(s)
	}
	if a, b := after.conflict(); a != "" {
		return nil, Refuse(KindStatusProhibits, "", "The statuses %s and %s cannot be combined.", a, b).
			About(string(o)+":status", string(b))
	}
	return after, nil
}

// exclusive lists the prohibitions that a pending procedure rules out
// (RFC 5731 2.3, RFC 5733 2.2).
var exclusive = map[Status][2]Status{
	StatusPendingDelete:   {StatusClientDeleteProhibited, StatusServerDeleteProhibited},
	StatusPendingRenew:    {StatusClientRenewProhibited, StatusServerRenewProhibited},
	StatusPendingTransfer: {StatusClientTransferProhibited, StatusServerTransferProhibited},
	StatusPendingUpdate:   {StatusClientUpdateProhibited, StatusServerUpdateProhibited},
}

// conflict returns two statuses of the set that RFC 5731 2.3 does not let stand
// together, or two empty ones.
func (set StatusSet) conflict() (Status, Status) {
	var pending Status
	for _, s := range set {
		if s == StatusOK && len(set) > 1 && !(len(set) == 2 && set.Has(StatusLinked)) {
			return s, set.HasAny(slices.DeleteFunc(slices.Clone(set), func(x Status) bool { return x == StatusOK })...)
		}
		if !s.Pending() {
			continue
		}
		if pending != "" {
			return pending, s
		}
		pending = s
		both := exclusive[s]
		if other := set.HasAny(both[:]...); other != "" {
			return s, other
		}
	}
	return "", ""
}
