package eppserver

import (
	"strconv"
	"strings"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// pollCommands are the commands on the message queue.
var pollCommands = map[commandKey]handlerFunc{
	{verb: xml.VerbPoll}: poll,
}

// poll shows the oldest message or removes one (RFC 5730 section 2.9.2.3).
func poll(c *call) (answer, error) {
	if a, ok := c.cmd.Action.(*xml.PollAck); ok {
		return pollAck(c, a)
	}
	e, count, err := c.reg.PollRequest(c.ctx, c.actor)
	if err != nil {
		return answer{}, err
	}
	if e == nil {
		return answer{code: xml.CodeOKNoMessages}, nil
	}
	m := c.message(e)
	return answer{
		code:    xml.CodeOKAckToDequeue,
		msgQ:    &xml.MsgQ{Count: count, ID: strconv.FormatInt(e.ID, 10), QDate: e.Queued, Msg: m.text},
		resData: m.resData, ext: m.ext,
	}, nil
}

// pollAck removes a message. The answer names the next one, as long as there is
// one.
func pollAck(c *call, a *xml.PollAck) (answer, error) {
	text := strings.TrimSpace(a.MsgID)
	if text == "" {
		return answer{}, registry.Refuse(registry.KindParamMissing, "", "An acknowledgement needs a msgID.").About("poll", "")
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return answer{}, registry.Refuse(registry.KindNotFound, "", "There is no message %s in your queue.", text).About("poll", text)
	}
	next, count, err := c.reg.PollAck(c.ctx, c.actor, id)
	if err != nil || count == 0 {
		return answer{}, err
	}
	return answer{msgQ: &xml.MsgQ{Count: count, ID: strconv.FormatInt(next, 10)}}, nil
}

// message is a poll message as it goes over the wire.
type message struct {
	text    string
	resData xml.Payload
	ext     []xml.Payload
}

// message translates a message. In uk those for which std-notifications-1.2 has
// a payload are sent as deployed clients expect them, with the exact text.
func (c *call) message(e *registry.PollEntry) message {
	m := message{text: e.Text}
	switch p := e.Payload.(type) {
	case *registry.TransferNotice:
		t := xml.TransferData{TrStatus: p.State, ReID: p.Gaining, ReDate: p.Requested, AcID: p.Losing, AcDate: p.ActBy}
		if e.Kind == registry.PollContactTransfer {
			m.resData = &xml.ContactTransferData{ID: p.Name, TransferData: t}
		} else {
			m.resData = &xml.DomainTransferData{Name: p.Name, TransferData: t, ExDate: eppDate(p.Expires)}
		}
	case *registry.PendingNotice:
		pending := xml.PendingAction{Done: p.Done, SvTRID: shownTRID(p.SvTRID), Date: p.Date}
		if len(p.ClTRID) >= minTRID {
			pending.ClTRID = p.ClTRID
		}
		if e.Kind == registry.PollContactChange {
			m.resData = &xml.ContactPendingData{ID: p.Name, PendingAction: pending}
		} else {
			m.resData = &xml.DomainPendingData{Name: p.Name, PendingAction: pending}
		}
	case *registry.StaffChangeNotice:
		c.staffChange(&m, p)
	}
	if c.uk() {
		c.ukMessage(&m, e)
	}
	return m
}

// staffChange describes a change as RFC 8590 does: the object as it is now, and
// who changed it. Where the client did not announce the extension, the answer
// carries the object and the text alone.
func (c *call) staffChange(m *message, p *registry.StaffChangeNotice) {
	m.ext = []xml.Payload{&xml.ChangeData{State: "after", Operation: p.Operation, Date: p.Date, SvTRID: shownTRID(p.SvTRID),
		Who: orDash(p.Who), Reason: p.Reason}}
	if p.Object != registry.ObjectDomain {
		return
	}
	v, err := c.reg.InfoDomain(c.ctx, c.actor, registry.InfoDomainParams{Name: p.Name})
	if err != nil {
		return // gone meanwhile: the text says what happened
	}
	data := publicInfo(c.reg, v)
	if v.Full {
		fullInfo(data, v)
	}
	m.resData = data
}

// minTRID is the least length of a transaction identifier in the schema.
const minTRID = 3

// shownTRID is the identifier of a change. One made without any, by a staff tool
// or an import, has a word in its place: the schema wants an identifier.
func shownTRID(s string) string {
	if len(s) < minTRID {
		return "none"
	}
	return s
}

// eppDate is the instant that stands for a date, zero for none.
func eppDate(d registry.Date) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return d.EPPTime()
}
