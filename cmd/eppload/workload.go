package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
)

// errNoMoreNames ends a session that has no name left to renew.
var errNoMoreNames = errors.New("no more names to renew")

// maxAhead is how far ahead of today the uk profile takes a renewal (rule R2).
const maxAhead = 182

// stock is the names the load works on, shared by all sessions of a run, and
// between runs so that no name is renewed twice.
type stock struct {
	population
	// run makes the names, handles and clTRIDs of one process its own.
	run string
	// made are names created beforehand, by tag, for a register that was not
	// generated. Nil: the register was generated.
	made [][]madeName
	// renewed counts, by tag, the names taken for renewal.
	renewed []atomic.Int64
	// created numbers the objects made.
	created atomic.Int64
}

// madeName is a name that the run created for itself.
type madeName struct {
	name, contact string
	hosts         [2]string
	expiry        time.Time
}

func newStock(p population, tags int) *stock {
	return &stock{population: p, run: base36(uint64(time.Now().UnixNano())/1000%2176782336, 6), renewed: make([]atomic.Int64, tags)}
}

// subject is a name with what belongs to it.
type subject struct {
	name, contact string
	hosts         [2]string
	expiry        time.Time
}

// any returns one of a tag's names at random.
func (s *stock) any(r *rand.Rand, tag int) subject {
	if s.made != nil {
		m := &s.made[tag][r.IntN(len(s.made[tag]))]
		return subject{name: m.name, contact: m.contact, hosts: m.hosts}
	}
	return s.subject(s.pick(tag, r.Int64N(s.of(tag))))
}

func (s *stock) subject(i int64) subject {
	p := s.provider(i)
	return subject{name: s.name(i), contact: s.contact(i), hosts: [2]string{host(p, 0), host(p, 1)}, expiry: s.expiry(i)}
}

// renewable returns the next of a tag's names that can be renewed: each once
// in a generated register, with an expiry near enough in uk; a name made in
// gtld up to eight times.
func (s *stock) renewable(tag int, profile string) (subject, error) {
	for {
		n := s.renewed[tag].Add(1) - 1
		if s.made != nil {
			names := int64(len(s.made[tag]))
			if profile != "gtld" || n >= 8*names {
				return subject{}, errNoMoreNames
			}
			m := &s.made[tag][n%names]
			return subject{name: m.name, expiry: m.expiry.AddDate(int(n/names), 0, 0)}, nil
		}
		if n >= s.of(tag) {
			return subject{}, errNoMoreNames
		}
		x := s.subject(s.pick(tag, n))
		// A day less, for the run may pass midnight.
		if profile == "gtld" || x.expiry.Before(s.base.AddDate(0, 0, maxAhead-1)) {
			return x, nil
		}
	}
}

// request is one command with what its answer must say.
type request struct {
	op    operation
	frame []byte
	want  expectation
	// length is that of a bare server's answer; want is not used then.
	length int
	prefix []byte
	// result, if the command changes something, is what a later info must say.
	result *expectation
	name   string // of the name changed
}

// maker builds the requests of one session.
type maker struct {
	stock   *stock
	tag     int // the session's
	profile string
	rand    *rand.Rand
	id      string // of the session, part of every clTRID
	serial  int
	names   int // per check
	answer  int // bytes a bare server answers
}

func (m *maker) clTRID() string {
	m.serial++
	return "L" + m.stock.run + "-" + m.id + "-" + strconv.Itoa(m.serial)
}

// next builds a request of an operation.
func (m *maker) next(op operation) (request, error) {
	id := m.clTRID()
	q := request{op: op, want: expectation{codes: []string{"1000"}, clTRID: id}}
	switch op {
	case opHello:
		q.frame = eppclient.Hello()
		q.want = expectation{parts: []string{"<greeting>", "<svID>", "</greeting>"}}
	case opPoll:
		q.frame = eppclient.Poll(id)
		q.want.codes = []string{"1300", "1301"}
	case opCheck:
		m.check(&q, id)
	case opInfo:
		x := m.stock.any(m.rand, m.tag)
		q.frame = eppclient.DomainInfo(id, eppclient.DomainInfoOptions{Name: x.name})
		q.want.parts = []string{"<domain:infData", tagged("domain:name", x.name), "<domain:exDate>"}
	case opCreate:
		m.create(&q, id)
	case opRenew, opBareRenew:
		return q, m.renew(&q, id)
	case opUpdate:
		m.update(&q, id)
	case opBareEcho, opBareQuery:
		m.bareQuery(&q, id)
	default:
		m.object(&q, id)
	}
	return q, nil
}

func tagged(tag, text string) string { return "<" + tag + ">" + text + "</" + tag + ">" }

// check asks for names of the register, and for the last one, if there are
// several, for a free one.
func (m *maker) check(q *request, id string) {
	names := make([]string, m.names)
	for i := range names {
		names[i] = m.stock.any(m.rand, m.tag).name
		avail := "0"
		if i > 0 && i == len(names)-1 {
			names[i], avail = m.freshName(), "1"
		}
		q.want.parts = append(q.want.parts, `<domain:name avail="`+avail+`">`+names[i]+"</domain:name>")
	}
	q.frame = eppclient.DomainCheck(id, names...)
}

// freshName is a name nobody has, somewhere among the others.
func (m *maker) freshName() string {
	place := base36(m.rand.Uint64N(uint64(m.stock.names)*7919+1), 9)
	return "nk" + place + "x" + m.stock.run + strconv.FormatInt(m.stock.created.Add(1), 36) + "." + m.stock.zone
}

func (m *maker) create(q *request, id string) {
	x, name := m.stock.any(m.rand, m.tag), m.freshName()
	o := eppclient.DomainCreateOptions{Name: name, Years: 1, NS: x.hosts[:], Registrant: x.contact}
	if m.profile == "gtld" {
		o.AuthInfo = m.authInfo()
		o.Contacts = []eppclient.DomainContact{{Type: eppclient.ContactAdmin, ID: x.contact}, {Type: eppclient.ContactTech, ID: x.contact}}
	}
	q.frame = eppclient.DomainCreate(id, o)
	q.want.parts = []string{"<domain:creData", tagged("domain:name", name), "<domain:exDate>"}
	q.name = name
	q.result = &expectation{codes: []string{"1000"}, parts: []string{tagged("domain:name", name), tagged("domain:registrant", x.contact)}}
}

// renew renews by one year and expects the new expiry.
func (m *maker) renew(q *request, id string) error {
	x, err := m.stock.renewable(m.tag, m.profile)
	if err != nil {
		return err
	}
	before, after := x.expiry.Format(time.DateOnly), addYear(x.expiry).Format(time.DateOnly)
	q.frame = eppclient.DomainRenew(id, x.name, before, 1)
	q.want.parts = []string{"<domain:renData", tagged("domain:name", x.name), "<domain:exDate>" + after}
	q.name = x.name
	q.result = &expectation{codes: []string{"1000"}, parts: []string{tagged("domain:name", x.name), "<domain:exDate>" + after}}
	q.length, q.prefix = m.answer, []byte(x.name+" "+after)
	return nil
}

// addYear is the registry's own way to add a year: 29 February becomes the
// 28th (rule R4).
func addYear(t time.Time) time.Time {
	if t.Month() == time.February && t.Day() == 29 {
		t = t.AddDate(0, 0, -1)
	}
	return t.AddDate(1, 0, 0)
}

// update changes something that may be changed any number of times: the
// reseller in uk, the authInfo in gtld.
func (m *maker) update(q *request, id string) {
	x := m.stock.any(m.rand, m.tag)
	o := eppclient.DomainUpdateOptions{Name: x.name}
	if m.profile == "gtld" {
		secret := m.authInfo()
		o.AuthInfo = &secret
	} else {
		reseller := "Reseller " + id
		o.Nom = &eppclient.DomainNom{Reseller: &reseller}
	}
	q.frame = eppclient.DomainUpdate(id, o)
}

// authInfo is a secret of more than 128 bits with all classes of characters.
func (m *maker) authInfo() string {
	return fmt.Sprintf("aZ9-%016x%016x", m.rand.Uint64(), m.rand.Uint64())
}

// bareQuery sends the frame of a check to a bare server, which answers with
// the name, the expiry it found, if it looks, and padding.
func (m *maker) bareQuery(q *request, id string) {
	x := m.stock.any(m.rand, m.tag)
	q.frame = eppclient.DomainCheck(id, x.name)
	q.length, q.prefix = m.answer, []byte(x.name)
	if q.op == opBareQuery {
		q.prefix = []byte(x.name + " " + x.expiry.Format(time.DateOnly))
	}
}

// object builds the commands on contacts and hosts.
func (m *maker) object(q *request, id string) {
	x := m.stock.any(m.rand, m.tag)
	serial := m.stock.run + strconv.FormatInt(m.stock.created.Add(1), 36)
	switch q.op {
	case opContactCheck:
		q.frame = eppclient.ContactCheck(id, x.contact)
		q.want.parts = []string{`<contact:id avail="0">` + x.contact + "</contact:id>"}
	case opContactInfo:
		q.frame = eppclient.ContactInfo(id, x.contact, nil)
		q.want.parts = []string{"<contact:infData", tagged("contact:id", x.contact), "<contact:email>"}
	case opContactCreate:
		handle := "NKC" + serial
		q.frame = eppclient.ContactCreate(id, newContact(handle, m.authInfo()))
		q.want.parts = []string{"<contact:creData", tagged("contact:id", handle)}
	case opContactUpdate:
		// Who a registrant is would have to be confirmed first (C5).
		voice := fmt.Sprintf("+44.%010d", m.rand.Uint64()%1e10)
		q.frame = eppclient.ContactUpdate(id, eppclient.ContactUpdateOptions{ID: x.contact, Voice: &voice})
	case opHostCheck:
		q.frame = eppclient.HostCheck(id, x.hosts[0])
		q.want.parts = []string{`<host:name avail="0">` + x.hosts[0] + "</host:name>"}
	case opHostInfo:
		q.frame = eppclient.HostInfo(id, x.hosts[0])
		q.want.parts = []string{"<host:infData", tagged("host:name", x.hosts[0])}
	case opHostCreate:
		name := "ns" + serial + ".load.invalid"
		q.frame = eppclient.HostCreate(id, name)
		q.want.parts = []string{"<host:creData", tagged("host:name", name)}
	}
}

// newContact is a contact that both profiles take.
func newContact(handle, authInfo string) eppclient.ContactCreateOptions {
	name := "Load Test"
	return eppclient.ContactCreateOptions{
		ID: handle, Voice: "+44.1234567890", Email: "load@example.com", AuthInfo: authInfo,
		Postal: []eppclient.Postal{{Type: "loc", Name: &name, HasAddr: true, Street: []string{"1 Test Street"},
			City: "Oxford", Postcode: "OX1 1AA", Country: "GB"}},
	}
}
