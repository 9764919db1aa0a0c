package xml

import "time"

// PollReq asks for the oldest message.
type PollReq struct{}

// PollAck removes a message. MsgID is "" when the attribute is missing, which
// the server answers with 2003.
type PollAck struct {
	MsgID string
}

// MsgQ is the queue part of an answer. QDate and Msg are given only in the
// answer to a poll request that found a message.
type MsgQ struct {
	Count int
	ID    string
	QDate time.Time // zero: left out
	Msg   string
	Lang  string // "" means en
}

// ChangeData tells what somebody else did to an object (RFC 8590).
type ChangeData struct {
	State     string // "before" or "after"; "" means after
	Operation string // create, delete, renew, transfer, update, restore, autoRenew, autoDelete, autoPurge, custom
	Op        string // the sub-operation, or the name of a custom one
	Date      time.Time
	SvTRID    string
	Who       string
	CaseID    *CaseID
	Reason    string // cut at 32 characters, as the schema wants
	Lang      string // of Reason
}

// CaseID is the case behind a change.
type CaseID struct {
	Type string // udrp, urs or custom
	Name string // of a custom type
	ID   string
}
