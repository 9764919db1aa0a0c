package deposit

import (
	"fmt"
	"hash/maphash"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml/escrow"
)

// maxListed is how many faults a report lists; all are counted.
const maxListed = 1000

// Report is what verifying a deposit found.
type Report struct {
	Type, ID, PrevID string
	Resend           int
	Watermark        time.Time
	TLD              string
	Encrypted        bool
	SignedBy         string // "" where no signature was asked for
	Kinds            []KindCount
	Deleted          int64
	Faults           []registry.ImportFault
	FaultCount       int
}

// KindCount compares how many objects of a kind the header says there are with
// how many were found. Header is -1 where it does not say.
type KindCount struct {
	URI    string
	Header int64
	Found  int64
}

// verifier checks one deposit. It remembers 8 bytes of each name, not the
// objects.
type verifier struct {
	rep    *Report
	seed   maphash.Seed
	found  map[string]int64
	header *escrow.Header
	keys   map[string]map[uint64]bool // by kind
	wanted []reference                // to what was not seen yet
}

type reference struct {
	Object
	kind, key, from string
}

// Verify reads a whole deposit and checks it: structure, header and counts, that
// nothing is there twice, and in a full one that everything referred to is
// there. Faults are in the report; an error is a deposit that cannot be read to
// its end.
func Verify(o *Opened) (Report, error) {
	rep := Report{Encrypted: o.Encrypted, SignedBy: o.SignedBy}
	v := &verifier{rep: &rep, seed: maphash.MakeSeed(), found: map[string]int64{}, keys: map[string]map[uint64]bool{}}
	d, err := o.Read(func(x Object) error { v.object(x); return nil })
	if err != nil {
		return rep, err
	}
	rep.Type, rep.ID, rep.PrevID, rep.Resend, rep.Watermark = d.Type, d.ID, d.PrevID, d.Resend, d.Watermark
	v.envelope(o, d)
	return rep, nil
}

func (v *verifier) fault(o Object, field, format string, args ...any) {
	v.rep.FaultCount++
	if len(v.rep.Faults) < maxListed {
		v.rep.Faults = append(v.rep.Faults, registry.ImportFault{File: o.File, Line: o.Line, Column: field, Reason: fmt.Sprintf(format, args...)})
	}
}

// refused notes an error of a rule.
func (v *verifier) refused(o Object, field string, err error) {
	if err != nil {
		v.fault(o, field, "%v", err)
	}
}

// once remembers a key and tells of a second one.
func (v *verifier) once(o Object, kind, key string) {
	v.found[kind]++
	if v.keys[kind] == nil {
		v.keys[kind] = map[uint64]bool{}
	}
	h := maphash.String(v.seed, key)
	if v.keys[kind][h] {
		v.fault(o, "", "%s is there twice", key)
	}
	v.keys[kind][h] = true
}

func (v *verifier) has(kind, key string) bool { return v.keys[kind][maphash.String(v.seed, key)] }

// refer notes what an object refers to; what is not there yet may still come.
func (v *verifier) refer(o Object, from, kind, key string) {
	if key != "" && !v.has(kind, key) {
		v.wanted = append(v.wanted, reference{Object{File: o.File, Line: o.Line}, kind, key, from})
	}
}

func (v *verifier) object(o Object) {
	switch x := o.Value.(type) {
	case *escrow.Header:
		if v.header != nil {
			v.fault(o, "header", "there is more than one header")
		}
		v.header = x
	case *escrow.Domain:
		v.domain(o, x)
	case *escrow.Host:
		v.once(o, escrow.NSHost, x.Name)
		_, err := registry.ParseHostName(x.Name)
		v.refused(o, "name", err)
		v.statuses(o, registry.ObjectHost, x.Statuses)
		for _, a := range x.Addrs {
			_, err := netip.ParseAddr(a)
			v.refused(o, "addr", err)
		}
		v.refer(o, x.Name, escrow.NSRegistrar, x.ClID)
	case *escrow.Contact:
		v.once(o, escrow.NSContact, x.ID)
		v.statuses(o, registry.ObjectContact, x.Statuses)
		if len(x.Postal) == 0 {
			v.fault(o, "postalInfo", "%s has no postal information", x.ID)
		}
		v.refer(o, x.ID, escrow.NSRegistrar, x.ClID)
	case *escrow.Registrar:
		v.once(o, escrow.NSRegistrar, x.ID)
	case *escrow.IDNTable:
		v.once(o, escrow.NSIDN, x.ID)
	case *escrow.NNDN:
		v.once(o, escrow.NSNNDN, x.AName)
	case *escrow.EPPParams:
		v.once(o, escrow.NSEPPParams, "")
	case *escrow.Delete:
		v.rep.Deleted += int64(len(x.Names))
	case *escrow.Skipped:
		v.found[x.URI]++
	case *escrow.Invalid:
		v.fault(Object{File: o.File, Line: lineOf(x.Err, o.Line)}, "", "%s", reasonOf(x.Err))
	}
}

func (v *verifier) domain(o Object, d *escrow.Domain) {
	v.once(o, escrow.NSDomain, d.Name)
	_, err := registry.ToASCII(d.Name)
	v.refused(o, "name", err)
	v.statuses(o, registry.ObjectDomain, d.Statuses)
	if d.ROID == "" {
		v.fault(o, "roid", "%s has no identifier", d.Name)
	}
	if !d.Created.At.IsZero() && !d.Expires.IsZero() && d.Expires.Before(d.Created.At) {
		v.fault(o, "exDate", "%s expires before it was created", d.Name)
	}
	v.refer(o, d.Name, escrow.NSContact, d.Registrant)
	for _, c := range d.Contacts {
		v.refer(o, d.Name, escrow.NSContact, c.ID)
	}
	for _, h := range d.Hosts {
		v.refer(o, d.Name, escrow.NSHost, h)
	}
	v.refer(o, d.Name, escrow.NSRegistrar, d.ClID)
	if d.IDNTable != "" {
		v.refer(o, d.Name, escrow.NSIDN, d.IDNTable)
	}
}

func (v *verifier) statuses(o Object, object registry.Object, list []string) {
	if len(list) == 0 {
		v.fault(o, "status", "there is no status")
	}
	for _, text := range list {
		_, err := registry.ParseStatus(object, text)
		v.refused(o, "status", err)
	}
}

// envelope checks what only the end can tell.
func (v *verifier) envelope(o *Opened, d escrow.Deposit) {
	whole := Object{File: o.fileName()}
	if d.Type == escrow.Full {
		for _, r := range v.wanted {
			if !v.has(r.kind, r.key) {
				v.fault(r.Object, "", "%s refers to %q, which is not in the deposit", r.from, r.key)
			}
		}
		if v.rep.Deleted > 0 {
			v.fault(whole, "deletes", "a full deposit deletes nothing")
		}
	} else if d.PrevID == "" {
		v.fault(whole, "prevId", "a deposit of type %s names the one that it builds on", d.Type)
	}
	if v.header == nil {
		v.fault(whole, "header", "there is no header")
		return
	}
	v.rep.TLD = v.header.TLD
	if v.rep.TLD == "" {
		v.fault(whole, "header", "the header does not say what the deposit is of")
	}
	counts := map[string]int64{}
	for _, c := range v.header.Counts {
		uri := c.URI
		if kind, ok := kindOfCSV[uri]; ok {
			uri = kind
		}
		if c.RCDN == "" {
			counts[uri] = c.N
		}
	}
	uris := slices.Sorted(maps.Keys(v.found))
	for uri := range counts {
		if _, ok := v.found[uri]; !ok {
			uris = append(uris, uri)
		}
	}
	for _, uri := range uris {
		k := KindCount{URI: uri, Header: -1, Found: v.found[uri]}
		if n, said := counts[uri]; said {
			k.Header = n
			if n != k.Found {
				v.fault(whole, "count", "the header says %d of %s, there are %d", n, uri, k.Found)
			}
		} else {
			v.fault(whole, "count", "the header does not count %s", uri)
		}
		v.rep.Kinds = append(v.rep.Kinds, k)
	}
	slices.SortFunc(v.rep.Kinds, func(a, b KindCount) int {
		if a.URI < b.URI {
			return -1
		}
		return 1
	})
}
