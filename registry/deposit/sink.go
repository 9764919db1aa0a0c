package deposit

import (
	"io"
	"slices"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
	"github.com/namekeep/namekeep/xml/escrow"
)

// writer is what both models write; each method is called in the order of a
// deposit.
type writer interface {
	header(escrow.Deposit, escrow.Header)
	gone(escrow.Delete) error
	registrar(escrow.Registrar) error
	idnTable(escrow.IDNTable) error
	nndn(escrow.NNDN) error
	contact(escrow.Contact) error
	host(escrow.Host) error
	domain(escrow.Domain) error
	extra(escrow.Extra) error
	policies(escrow.EPPParams, []escrow.Policy)
	close() error
}

// sink hands what the register reads to a writer.
type sink struct {
	w    writer
	tld  string
	menu []string
	made escrow.Deposit
	head escrow.Header
}

// Begin writes all that is not names, hosts and contacts.
func (s *sink) Begin(c registry.EscrowContents) error {
	if s.tld == "" {
		s.tld = topLabel(c.Zones)
	}
	if s.tld == "" {
		return registry.Refuse(registry.KindParamMissing, "", "The zones have no domain in common: give --tld, or one --zone.")
	}
	s.made = escrow.Deposit{Type: c.Type, ID: c.ID, PrevID: c.PrevID, Resend: c.Resend, Watermark: c.Watermark, Objects: s.menu}
	tables := usedTables(c.Zones)
	counts := c.Counts()
	s.head = escrow.Header{TLD: s.tld, Counts: []escrow.Count{
		{URI: escrow.NSDomain, N: counts["domain"]}, {URI: escrow.NSHost, N: counts["host"]}, {URI: escrow.NSContact, N: counts["contact"]},
		{URI: escrow.NSRegistrar, N: counts["registrar"]}, {URI: escrow.NSIDN, N: int64(len(tables))},
		{URI: escrow.NSNNDN, N: counts["reserved"]}, {URI: escrow.NSEPPParams, N: 1},
	}}
	if len(c.Zones) > 1 {
		for _, z := range c.Zones {
			s.head.Counts = append(s.head.Counts, escrow.Count{URI: escrow.NSDomain, RCDN: z.Name, N: c.Domains[z.Name]})
		}
	}
	s.w.header(s.made, s.head)
	for _, d := range []escrow.Delete{{Object: escrow.NSDomain, Names: c.Gone.Domains}, {Object: escrow.NSHost, Names: c.Gone.Hosts},
		{Object: escrow.NSContact, Names: c.Gone.Contacts}, {Object: escrow.NSNNDN, Names: c.Gone.Reserved}} {
		if len(d.Names) == 0 {
			continue
		}
		err := s.w.gone(d)
		if err != nil {
			return err
		}
	}
	return s.settings(c, tables)
}

// settings writes registrars, zones, tables and what nobody can have.
func (s *sink) settings(c registry.EscrowContents, tables []string) error {
	uk := true
	for _, v := range c.Registrars {
		r, x, err := encodeRegistrar(v)
		if err == nil {
			err = s.w.registrar(r)
		}
		if err == nil {
			err = s.w.extra(x)
		}
		if err != nil {
			return err
		}
	}
	for _, t := range tables {
		err := s.w.idnTable(escrow.IDNTable{ID: t, URL: "urn:namekeep:idn-table:" + t, PolicyURL: "urn:namekeep:idn-policy:" + t})
		if err != nil {
			return err
		}
	}
	for _, z := range c.Zones {
		uk = uk && z.Settings.Profile == registry.ProfileUK
		x, err := encodeZone(z)
		if err == nil {
			err = s.w.extra(x)
		}
		if err != nil {
			return err
		}
		for _, v := range z.Reserved {
			n, x, err := encodeReservation(z, v)
			if err == nil {
				err = s.w.nndn(n)
			}
			if err == nil {
				err = s.w.extra(x)
			}
			if err != nil {
				return err
			}
		}
	}
	var policies []escrow.Policy
	profile := xml.ProfileGTLD
	if uk {
		profile = xml.ProfileUK
		policies = append(policies, escrow.Policy{Scope: "//rde:deposit/rde:contents/rdeDomain:domain", Element: "rdeDomain:registrant"})
	}
	s.w.policies(escrow.EPPParams{Versions: []string{"1.0"}, Langs: []string{"en"},
		ObjURIs: profile.ObjectURIs(), ExtURIs: profile.ExtensionURIs()}, policies)
	return nil
}

// usedTables are the IDN tables of the zones.
func usedTables(zones []registry.EscrowZone) []string {
	var out []string
	for _, z := range zones {
		if t := z.Settings.IDNTable; t != string(registry.IDNNone) && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return out
}

// Contact writes a contact.
func (s *sink) Contact(c registry.EscrowContact) error {
	out, x, err := encodeContact(c)
	if err == nil {
		err = s.w.contact(out)
	}
	if err == nil {
		err = s.w.extra(x)
	}
	return err
}

// Host writes a host.
func (s *sink) Host(h registry.EscrowHost) error { return s.w.host(encodeHost(h)) }

// Domain writes a name.
func (s *sink) Domain(d registry.EscrowDomain) error {
	out, x, err := encodeDomain(d)
	if err == nil {
		err = s.w.domain(out)
	}
	if err == nil {
		err = s.w.extra(x)
	}
	return err
}

// xmlMenu are the objects of the XML model.
var xmlMenu = []string{escrow.NSHeader, escrow.NSContact, escrow.NSHost, escrow.NSDomain, escrow.NSRegistrar, escrow.NSIDN,
	escrow.NSNNDN, escrow.NSEPPParams, escrow.NSPolicy, escrow.NSExtra}

// xmlWriter writes the XML model into one file.
type xmlWriter struct {
	out  io.Writer
	w    *escrow.Writer
	head escrow.Header
	told bool // the header was written
}

func (w *xmlWriter) header(d escrow.Deposit, h escrow.Header) {
	w.w, w.head = escrow.NewWriter(w.out, d), h
}

// contents writes the header, which begins the contents, once.
func (w *xmlWriter) contents() *escrow.Writer {
	if !w.told {
		w.told = true
		w.w.Header(w.head)
	}
	return w.w
}

func (w *xmlWriter) gone(d escrow.Delete) error         { w.w.Delete(d); return nil }
func (w *xmlWriter) registrar(r escrow.Registrar) error { w.contents().Registrar(r); return nil }
func (w *xmlWriter) idnTable(t escrow.IDNTable) error   { w.contents().IDNTable(t); return nil }
func (w *xmlWriter) nndn(n escrow.NNDN) error           { w.contents().NNDN(n); return nil }
func (w *xmlWriter) contact(c escrow.Contact) error     { w.contents().Contact(c); return nil }
func (w *xmlWriter) host(h escrow.Host) error           { w.contents().Host(h); return nil }
func (w *xmlWriter) domain(d escrow.Domain) error       { w.contents().Domain(d); return nil }
func (w *xmlWriter) extra(x escrow.Extra) error         { w.contents().Extra(x); return nil }
func (w *xmlWriter) policies(p escrow.EPPParams, list []escrow.Policy) {
	w.contents().EPPParams(p)
	for _, v := range list {
		w.contents().Policy(v)
	}
}

func (w *xmlWriter) close() error {
	w.contents()
	return w.w.Close()
}
