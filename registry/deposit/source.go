package deposit

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml/escrow"
)

// Source reads a deposit for registry.ImportDeposit.
type Source struct {
	opened *Opened
	t      *registry.ImportTarget
	// extras are our own values by object, where they do not follow it (CSV).
	extras  map[string]*escrow.Extra
	pending *Object // waits for its own values, which may follow (XML)
	hosts   map[string]bool
	zones   []registry.EscrowZone
	labels  map[string][]registry.Reservation // by zone
	nndn    []nndnPart
	Skipped map[string]int // objects of kinds that a register of ours does not have
}

type nndnPart struct {
	Object
	name  string
	state string
	extra *escrow.Extra
}

// NewSource imports from an opened deposit. Only a full one can be imported: the
// others say what changed.
func NewSource(o *Opened) *Source {
	return &Source{opened: o, hosts: map[string]bool{}, labels: map[string][]registry.Reservation{}, Skipped: map[string]int{}}
}

// Objects hands everything over.
func (s *Source) Objects(t *registry.ImportTarget) error {
	s.t = t
	if s.opened.dir != "" {
		s.extras = map[string]*escrow.Extra{}
		_, err := s.opened.Read(func(o Object) error {
			if x, ok := o.Value.(*escrow.Extra); ok {
				s.extras[x.Object+" "+x.Key] = x
			}
			return nil
		})
		if err != nil {
			return err
		}
		if len(s.extras) == 0 {
			s.extras = nil
		}
	}
	d, err := s.opened.Read(s.next)
	if err == nil {
		err = s.flush(nil)
	}
	if err != nil {
		return err
	}
	if d.Type != escrow.Full {
		return registry.Refuse(registry.KindParamRange, "", "The deposit is of type %s: only a full one can be imported.", d.Type)
	}
	s.zonesAndLabels()
	return nil
}

// next takes an object; it is handed over when the one after it has shown
// whether our own values follow.
func (s *Source) next(o Object) error {
	x, ok := o.Value.(*escrow.Extra)
	if !ok {
		err := s.flush(nil)
		s.pending = &o
		return err
	}
	if s.pending != nil && x.Object+" "+x.Key == keyOf(s.pending.Value) {
		return s.flush(x)
	}
	err := s.flush(nil)
	if err == nil && x.Object == objectZone {
		err = s.zone(o, x)
	}
	return err
}

// keyOf is the object and key of the values that belong to an object.
func keyOf(v any) string {
	switch v := v.(type) {
	case *escrow.Domain:
		return objectDomain + " " + v.Name
	case *escrow.Contact:
		return objectContact + " " + v.ID
	case *escrow.Registrar:
		return objectRegistrar + " " + v.ID
	case *escrow.NNDN:
		return objectNNDN + " " + v.AName
	}
	return ""
}

func (s *Source) flush(x *escrow.Extra) error {
	if s.pending == nil {
		return nil
	}
	o := *s.pending
	s.pending = nil
	if x == nil {
		x = s.extras[keyOf(o.Value)]
	}
	fault := func(field string, err error) { s.t.Fault(o.File, o.Line, field, err.Error()) }
	switch v := o.Value.(type) {
	case *escrow.Contact:
		c, err := decodeContact(v, x)
		if err != nil {
			fault("contact", err)
			return nil
		}
		s.t.Contact(o.File, o.Line, c)
	case *escrow.Host:
		s.host(o, v)
	case *escrow.Domain:
		s.domain(o, v, x)
	case *escrow.Registrar:
		if x == nil {
			return nil // another registry's: tags are given out here
		}
		r, err := decodeRegistrar(v, x)
		if err != nil {
			fault("registrar", err)
			return nil
		}
		s.t.Registrar(r)
	case *escrow.NNDN:
		s.nndn = append(s.nndn, nndnPart{o, v.AName, v.State, x})
	case *escrow.Invalid:
		s.t.Fault(o.File, lineOf(v.Err, o.Line), "", reasonOf(v.Err))
	case *escrow.Skipped:
		s.Skipped[v.URI]++
	case *escrow.Delete:
		s.t.Fault(o.File, o.Line, "deletes", "a full deposit deletes nothing")
	}
	return nil
}

func (s *Source) zone(o Object, x *escrow.Extra) error {
	var v zoneExtra
	err := readExtra(x, &v)
	if err != nil {
		s.t.Fault(o.File, o.Line, "zone", err.Error())
		return nil
	}
	s.zones = append(s.zones, registry.EscrowZone{Name: x.Key, Settings: v.Settings})
	return nil
}

// zonesAndLabels hands the zones over, each with its labels.
func (s *Source) zonesAndLabels() {
	for _, n := range s.nndn {
		if n.extra == nil {
			continue // what another registry keeps back is no rule of this one
		}
		var v nndnExtra
		err := readExtra(n.extra, &v)
		if err != nil {
			s.t.Fault(n.File, n.Line, "NNDN", err.Error())
			continue
		}
		label, zone, _ := strings.Cut(n.name, ".")
		s.labels[zone] = append(s.labels[zone], registry.Reservation{Label: label, Kind: v.Kind, Reason: v.Reason})
	}
	for _, z := range s.zones {
		z.Reserved = s.labels[z.Name]
		s.t.Zone(z)
	}
}

func (s *Source) host(o Object, v *escrow.Host) {
	h := registry.EscrowHost{ROID: v.ROID, Host: &registry.Host{Name: v.Name, Sponsor: v.ClID, Creator: v.Created.By, Created: v.Created.At,
		Updater: v.Updated.By, Updated: v.Updated.At, Transferred: v.Transferred}}
	for _, text := range v.Addrs {
		a, err := netip.ParseAddr(text)
		if err != nil {
			s.t.Fault(o.File, o.Line, "addr", fmt.Sprintf("%s: %q is not an address", v.Name, text))
			continue
		}
		h.Addresses = append(h.Addresses, a.Unmap())
	}
	var err error
	h.Statuses, err = statuses(registry.ObjectHost, v.Statuses)
	if err != nil {
		s.t.Fault(o.File, o.Line, "status", v.Name+": "+err.Error())
		return
	}
	s.hosts[v.Name] = true
	s.t.Host(o.File, o.Line, h)
}

func (s *Source) domain(o Object, v *escrow.Domain, x *escrow.Extra) {
	if !s.t.Restoring() && slices.Contains(v.Statuses, string(registry.StatusPendingCreate)) {
		s.t.Fault(o.File, o.Line, "status", v.Name+" is not registered yet: it has the status pendingCreate")
		return
	}
	d, err := s.decodeDomain(v, x)
	if err != nil {
		s.t.Fault(o.File, o.Line, "domain", v.Name+": "+err.Error())
		return
	}
	for _, h := range v.HostAttrs {
		if !s.hosts[h.Name] {
			s.host(o, &escrow.Host{Name: h.Name, Addrs: h.Addrs, ClID: v.ClID, Created: v.Created})
		}
		if !slices.Contains(d.Hosts, h.Name) {
			d.Hosts = append(d.Hosts, h.Name)
		}
	}
	s.t.Domain(o.File, o.Line, d)
}
