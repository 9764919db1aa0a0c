package notify

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// Envelope is who mail is from.
type Envelope struct {
	From    string // address in From
	Bounces string // envelope sender, where refusals come back; "" for From
}

// Check reports addresses that are none.
func (e Envelope) Check() error {
	err := CheckAddress(e.From)
	if err == nil && e.Bounces != "" {
		err = CheckAddress(e.Bounces)
	}
	return err
}

// messageID is made from the row, so that a repeat after a crash has the same.
func messageID(row int64, queued time.Time, from string) string {
	domain := from[strings.LastIndexByte(from, '@')+1:]
	return "outbox." + strconv.FormatInt(row, 10) + "." + strconv.FormatInt(queued.UnixMicro(), 36) + "@" + domain
}

// compose makes the message of a rendered mail.
func compose(e Envelope, id Identity, to, messageID string, date time.Time, m Mail) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	// A recipient from the register is checked again: it becomes a header.
	err := CheckAddress(to)
	if err == nil {
		err = msg.To(to)
	}
	if err == nil {
		err = msg.FromFormat(id.Name, e.From)
	}
	if err == nil && e.Bounces != "" {
		err = msg.EnvelopeFrom(e.Bounces)
	}
	if err == nil {
		err = msg.ReplyTo(id.Email)
	}
	if err != nil {
		return nil, fmt.Errorf("compose: %w", err)
	}
	msg.Subject(oneLine(m.Subject))
	msg.SetMessageIDWithValue(messageID)
	msg.SetDateWithValue(date)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if m.Unsubscribe != "" {
		msg.SetGenHeader(mail.HeaderPrecedence, "bulk")
		msg.SetGenHeaderPreformatted(mail.HeaderListUnsubscribe, "<"+m.Unsubscribe+">")
		msg.SetGenHeaderPreformatted(mail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	for _, f := range m.Files {
		msg.AttachReadSeeker(oneLine(f.Name), bytes.NewReader(f.Data), mail.WithFileContentType(mail.ContentType(f.ContentType)))
	}
	return msg, nil
}
