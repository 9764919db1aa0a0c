package registry

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"strings"
)

// The files of an import. Each is CSV with a heading line; domains.csv is
// required. Fields that hold lists are separated by ";". docs/import.md
// describes the columns.
const (
	ImportDomains  = "domains.csv"
	ImportContacts = "contacts.csv"
	ImportHosts    = "hosts.csv"
)

// ImportOptions say how an import is done.
type ImportOptions struct {
	// Only limits the import to these names, with the contacts and hosts that
	// they use; empty means all.
	Only []string
	// AssignTags gives each name to the tag in its column tag, at once. Without
	// it names wait unassigned on the registry's tag and the column is not used
	// (rule C8).
	AssignTags bool
	// Reference is the day that dates such as today+10 count from. Without it
	// they are faults.
	Reference Date
	// Restore makes a register again from a deposit of its own: names go to their
	// tags, objects keep identifiers, dates and what the deposit says beside; zones,
	// registrars and reserved labels that are missing are made first. Only deposits
	// can be restored.
	Restore bool
	// CheckOnly validates and loads nothing.
	CheckOnly bool
	// ChunkSize is how many names one transaction loads, default 1,000.
	ChunkSize int
	// Progress, if not nil, is told after each chunk how many names are done.
	Progress func(done, total int)
}

// ImportCount says what became of one kind of object.
type ImportCount struct {
	Added int `json:"added"`
	There int `json:"already_there"` // from an earlier import
	// Gone are names that an earlier import brought and that were deleted since.
	// They stay away, unless ImportOptions.Only names them.
	Gone int `json:"deleted_since,omitempty"`
}

// ImportReport is what an import did.
type ImportReport struct {
	Domains  ImportCount `json:"domains"`
	Contacts ImportCount `json:"contacts"`
	Hosts    ImportCount `json:"hosts"`
	// Registrars and Zones are those that Restore made.
	Registrars int `json:"registrars,omitempty"`
	Zones      int `json:"zones,omitempty"`
}

// ImportFault is one thing that is wrong with the files. Line 0 is the file as
// a whole.
type ImportFault struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column string `json:"column,omitempty"`
	Reason string `json:"reason"`
}

// String is the fault as compilers write theirs.
func (f ImportFault) String() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d", f.Line)
	}
	if f.Column != "" {
		fmt.Fprintf(&b, ": %s", f.Column)
	}
	return b.String() + ": " + f.Reason
}

// ImportFaults is the error of an import whose files have faults: nothing was
// loaded.
type ImportFaults []ImportFault

// Error lists the faults, one a line.
func (f ImportFaults) Error() string {
	lines := make([]string, len(f))
	for i, v := range f {
		lines[i] = v.String()
	}
	return strings.Join(lines, "\n")
}

// importChunk is how many names one transaction loads.
const importChunk = 1000

// Import loads names with their contacts and hosts from CSV files (rule C8). It
// first validates everything, against the register too; with any fault the
// error is ImportFaults and nothing has been loaded. Then each chunk is one
// transaction: an import that was stopped is completed by running it again, and
// what an earlier import loaded is left alone. The files are held in memory,
// about three kilobytes for each name with its contact.
//
// Names count as paid until their expiry date and are not charged. Errors:
// ImportFaults, KindAuthorization, KindParamMissing without a reason, those of
// the files.
func (r *Registry) Import(ctx context.Context, actor Actor, files fs.FS, o ImportOptions) (ImportReport, error) {
	return r.importFrom(ctx, actor, o, func(im *importing) error { return im.read(files) })
}

// importFrom validates and loads what read adds.
func (r *Registry) importFrom(ctx context.Context, actor Actor, o ImportOptions, read func(*importing) error) (ImportReport, error) {
	err := actor.staffOnly(RoleOperator)
	if err == nil && !o.CheckOnly {
		err = actor.needReason()
	}
	if err != nil {
		return ImportReport{}, err
	}
	if o.ChunkSize <= 0 {
		o.ChunkSize = importChunk
	}
	o.AssignTags = o.AssignTags || o.Restore
	zones, err := r.Zones(ctx)
	if err != nil {
		return ImportReport{}, err
	}
	im := newImporting(r, actor, o, zones)
	err = read(im)
	if err == nil {
		im.completeHosts()
		err = im.limit()
	}
	if err == nil {
		err = im.check(ctx)
	}
	if err != nil {
		return ImportReport{}, err
	}
	if len(im.faults) > 0 {
		return ImportReport{}, im.faults
	}
	if o.CheckOnly {
		return ImportReport{}, nil
	}
	err = im.prepare(ctx)
	if err == nil {
		err = im.load(ctx)
	}
	return im.report, err
}

func newImporting(r *Registry, actor Actor, o ImportOptions, zones map[string]*Zone) *importing {
	return &importing{r: r, actor: actor, o: o, zones: maps.Clone(zones), today: r.Today()}
}

// begin makes room for what is read.
func (im *importing) begin() {
	im.byName, im.byHandle, im.byHost = map[string]*importDomain{}, map[string]*importContact{}, map[string]*importHost{}
}

// importing is one import on its way.
type importing struct {
	r      *Registry
	actor  Actor
	o      ImportOptions
	zones  map[string]*Zone
	today  Date
	faults ImportFaults

	domains  []*importDomain
	contacts []*importContact
	hosts    []*importHost
	byName   map[string]*importDomain
	byHandle map[string]*importContact
	byHost   map[string]*importHost

	newZones      []EscrowZone // of a deposit, with Restore
	newRegistrars []Registrar

	tags   map[string]int32 // that names may have; -1: made before loading
	report ImportReport
}

// importDomain is a line of domains.csv, or a name of a deposit.
type importDomain struct {
	file string
	line int
	Domain
	tag    string
	hosts  []string
	placed bool      // in a chunk
	last   *Transfer // Restore: the last transfer
}

// importContact is a line of contacts.csv, or a contact of a deposit.
type importContact struct {
	file string
	line int
	Contact
	tag    string
	loaded bool
	last   *Transfer // Restore
}

// importHost is a line of hosts.csv, or a host that only domains.csv mentions.
type importHost struct {
	file   string
	line   int
	name   string
	below  string // the name of ours that it lies below, "" if it is external
	addrs  []netip.Addr
	tag    string // the tag that gets it with AssignTags
	loaded bool
	was    *Host // Restore: as the deposit has it
}

func (im *importing) fault(file string, line int, column, reason string, args ...any) {
	im.faults = append(im.faults, ImportFault{file, line, column, fmt.Sprintf(reason, args...)})
}

// refused notes a refusal of a rule as a fault.
func (im *importing) refused(file string, line int, column string, err error) {
	var e *Error
	if errors.As(err, &e) {
		im.fault(file, line, column, "%s", e.Reason)
	} else if err != nil {
		im.fault(file, line, column, "%v", err)
	}
}
