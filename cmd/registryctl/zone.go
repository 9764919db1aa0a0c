package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/namekeep/namekeep/registry"
)

type zoneCommands struct {
	Create  zoneCreate  `cmd:"" help:"Add a zone."`
	List    zoneList    `cmd:"" help:"List the zones."`
	Show    zoneShow    `cmd:"" help:"Show a zone, its reserved labels and its publication."`
	Update  zoneUpdate  `cmd:"" help:"Change a zone's settings."`
	Reserve zoneReserve `cmd:"" help:"Take labels off the market."`
	Free    zoneFree    `cmd:"" help:"Put reserved labels on the market."`
	Apex    zoneApex    `cmd:"" help:"Set what a zone says about itself; it is published from then on."`
	Publish zonePublish `cmd:"" help:"Publish zones now, as a whole, and write their files."`
}

// zoneFlags are the settings of a zone; those not given stay as they are.
type zoneFlags struct {
	Referred          *bool   `negatable:"" help:"Creations wait for the staff's decision."`
	IDNTable          *string `name:"idn-table" placeholder:"TABLE" help:"Code points of labels: none or latin."`
	DNSSECData        *string `name:"dnssec-data" enum:"ds,key,both" help:"What names bring for DNSSEC: ds, key or both."`
	MaxNS             *int    `name:"max-ns" placeholder:"N" help:"Name servers of a name, 0 to 13."`
	MaxDS             *int    `name:"max-ds" placeholder:"N" help:"DS records of a name, 0 to 32."`
	RegistrantChanges *string `name:"registrant-changes" enum:"confirm,at-once,never" help:"A change of the registrant of an active name, or of its identity: confirm (both parties), at-once, or never (the zone does not support it)."`
	VerifyDays        *int    `name:"verify-days" placeholder:"N" help:"Days in which a registrant confirms its e-mail address, 0 to 365; 0: nobody is asked."`
	VerifySuspends    *bool   `name:"verify-suspends" negatable:"" help:"Names whose registrant did not are suspended."`
	Publication       *string `enum:"default,none,minimal,organisations,full" help:"What WHOIS and RDAP tell of contacts: none, minimal, organisations, full, or default: what the configuration says."`
}

func (f zoneFlags) apply(s *registry.ZoneSettings) {
	set(&s.Referred, f.Referred)
	set(&s.IDNTable, f.IDNTable)
	set(&s.DNSSECData, f.DNSSECData)
	set(&s.MaxNS, f.MaxNS)
	if f.RegistrantChanges != nil {
		s.RegistrantChanges = registry.RegistrantChanges(*f.RegistrantChanges)
	}
	set(&s.VerifyDays, f.VerifyDays)
	set(&s.VerifySuspends, f.VerifySuspends)
	set(&s.MaxDS, f.MaxDS)
	if f.Publication != nil {
		s.Publication = registry.Publication(strings.TrimPrefix(*f.Publication, "default"))
	}
}

type zoneCreate struct {
	Name    string `arg:"" help:"Zone, such as co.example."`
	Profile string `default:"uk" enum:"uk,gtld" help:"Life cycle: uk or gtld; it never changes."`
	zoneFlags
}

func (c *zoneCreate) Run(s *session) error {
	name, err := registry.ToASCII(c.Name)
	if err != nil {
		return err
	}
	settings := registry.DefaultZoneSettings()
	settings.Profile = registry.Profile(c.Profile)
	c.apply(&settings)
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	err = r.CreateZone(s.ctx, actor, name, settings)
	if err != nil {
		return err
	}
	return s.showZone(r, name)
}

type zoneList struct{}

func (c *zoneList) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	zones, err := r.Zones(s.ctx)
	if err != nil {
		return err
	}
	views, rows := []zoneView{}, [][]string{}
	for _, name := range slices.Sorted(maps.Keys(zones)) {
		z := zones[name]
		views = append(views, viewZone(z))
		rows = append(rows, []string{registry.ToUnicode(z.Name), string(z.Profile), yesNo(z.Referred), string(z.IDNTable), string(z.DNSSECData),
			strconv.Itoa(z.MaxNS), strconv.Itoa(z.MaxDS), strconv.Itoa(len(z.Reservations()))})
	}
	return s.list(views, []string{"Zone", "Profile", "Referred", "IDN", "DNSSEC", "Max. NS", "Max. DS", "Reserved"}, rows, "No zones.")
}

type zoneShow struct {
	Name string `arg:"" help:"Zone."`
}

func (c *zoneShow) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	return s.showZone(r, c.Name)
}

type zoneUpdate struct {
	Name string `arg:"" help:"Zone."`
	zoneFlags
}

func (c *zoneUpdate) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	name, err := registry.ToASCII(c.Name)
	if err != nil {
		return err
	}
	err = r.UpdateZone(s.ctx, actor, name, c.apply)
	if err != nil {
		return err
	}
	return s.showZone(r, name)
}

type zoneReserve struct {
	Name   string   `arg:"" help:"Zone."`
	Labels []string `arg:"" name:"label" help:"Labels, without the zone."`
	Block  bool     `help:"Blocked: nobody can have them. Otherwise reserved for somebody entitled."`
	Why    string   `required:"" placeholder:"TEXT" help:"Reason that registrars are told."`
}

func (c *zoneReserve) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	kind := registry.LabelReserved
	if c.Block {
		kind = registry.LabelBlocked
	}
	var list []registry.Reservation
	for _, label := range c.Labels {
		label, err = registry.ToASCII(label)
		if err != nil {
			return err
		}
		list = append(list, registry.Reservation{Label: label, Kind: kind, Reason: c.Why})
	}
	err = r.ReserveLabels(s.ctx, actor, c.Name, list)
	if err != nil {
		return err
	}
	return s.showZone(r, c.Name)
}

type zoneFree struct {
	Name   string   `arg:"" help:"Zone."`
	Labels []string `arg:"" name:"label" help:"Labels, without the zone."`
}

func (c *zoneFree) Run(s *session) error {
	err := s.confirm("Anybody will be able to register %s in %s.", strings.Join(c.Labels, ", "), c.Name)
	if err != nil {
		return err
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	var labels []string
	for _, label := range c.Labels {
		label, err = registry.ToASCII(label)
		if err != nil {
			return err
		}
		labels = append(labels, label)
	}
	err = r.FreeLabels(s.ctx, actor, c.Name, labels)
	if err != nil {
		return err
	}
	return s.showZone(r, c.Name)
}

type zoneView struct {
	Name              string         `json:"name"`
	Profile           string         `json:"profile"`
	Referred          bool           `json:"referred"`
	IDNTable          string         `json:"idn_table"`
	DNSSECData        string         `json:"dnssec_data"`
	MaxNS             int            `json:"max_ns"`
	MaxDS             int            `json:"max_ds"`
	Publication       string         `json:"publication,omitempty"`
	RegistrantChanges string         `json:"registrant_changes"`
	VerifyDays        int            `json:"verify_days,omitempty"`
	VerifySuspends    bool           `json:"verify_suspends,omitempty"`
	Reserved          []reservedView `json:"reserved"`

	DNS *dnsView `json:"dns,omitempty"`
}

type reservedView struct {
	Label  string `json:"label"`
	Kind   string `json:"kind"`
	Reason string `json:"reason"`
}

func viewZone(z *registry.Zone) zoneView {
	v := zoneView{Name: z.Name, Profile: string(z.Profile), Referred: z.Referred, IDNTable: string(z.IDNTable),
		DNSSECData: string(z.DNSSECData), MaxNS: z.MaxNS, MaxDS: z.MaxDS, Publication: string(z.Publication),
		RegistrantChanges: string(z.RegistrantChanges), VerifyDays: z.VerifyDays, VerifySuspends: z.VerifySuspends, Reserved: []reservedView{}}
	for _, l := range z.Reservations() {
		v.Reserved = append(v.Reserved, reservedView{l.Label, l.Kind, l.Reason})
	}
	return v
}

func (s *session) showZone(r *registry.Registry, name string) error {
	name, err := registry.ToASCII(name)
	if err != nil {
		return err
	}
	zones, err := r.Zones(s.ctx)
	if err != nil {
		return err
	}
	z := zones[name]
	if z == nil {
		return registry.Refuse(registry.KindNotFound, "", "There is no zone %s.", name).About("zone", name)
	}
	v := viewZone(z)
	v.DNS, err = s.inDNS(r, name)
	if err != nil {
		return err
	}
	return s.print(v, func() {
		reserved := make([]string, 0, len(v.Reserved))
		for _, l := range v.Reserved {
			reserved = append(reserved, l.Label+" ("+l.Kind+": "+l.Reason+")")
		}
		referred := "no"
		if v.Referred {
			referred = "yes: creations wait for the staff's decision"
		}
		s.fields(append([]string{"Zone", registry.ToUnicode(v.Name), "Profile", v.Profile, "Referred", referred, "IDN table", v.IDNTable,
			"DNSSEC data", v.DNSSECData, "Name servers", "up to " + strconv.Itoa(v.MaxNS),
			"DS records", "up to " + strconv.Itoa(v.MaxDS), "Publication", cmp.Or(v.Publication, "as configured"),
			"Registrant changes", v.RegistrantChanges, "Verification", v.verification(), "Reserved", strings.Join(reserved, "\n")}, v.DNS.fields()...)...)
	})
}

// verification says what becomes of addresses that are not confirmed (C7).
func (v zoneView) verification() string {
	switch {
	case v.VerifyDays == 0:
		return "off"
	case v.VerifySuspends:
		return fmt.Sprintf("within %d days, or the names are suspended", v.VerifyDays)
	}
	return fmt.Sprintf("within %d days", v.VerifyDays)
}
