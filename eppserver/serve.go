package eppserver

import (
	"bytes"
	"context"
	"errors"
	"net"
	"time"

	"github.com/namekeep/namekeep/xml"
)

// serve wraps what happens to every frame: it makes the svTRID, reads the
// command, runs it, answers, counts and logs. It returns the code of the answer.
func (c *conn) serve(ctx context.Context, frame []byte) xml.ResultCode {
	began := time.Now()
	c.svTRID, c.clTRID = newSvTRID(began), ""
	c.srv.metrics.received(len(frame) + headerLen)
	if c.srv.cfg.DebugXML {
		c.srv.logXML("in", c.s.address, frame)
	}
	cmd, fault := c.parse(frame)
	if fault == nil {
		c.clTRID = cmd.ClTRID
	}
	// What cannot be read counts as a command, too.
	err := c.admit(ctx, began)
	if err == nil {
		err = fault
	}
	if err == nil && cmd.Verb == xml.VerbHello {
		c.greet()
		c.account(began, cmd, xml.CodeOK, nil)
		return xml.CodeOK
	}
	if err != nil {
		return c.finish(began, cmd, answer{}, err)
	}
	work, cancel := ctx, context.CancelFunc(func() {})
	if d := c.g.cfg.Limits.Command; d > 0 {
		work, cancel = context.WithTimeout(ctx, d)
	}
	defer cancel()
	a, err := dispatch(&call{
		ctx: work, s: c.s, cmd: cmd, reg: c.srv.reg, actor: c.s.actor(cmd.ClTRID, c.svTRID),
	})
	return c.finish(began, cmd, a, err)
}

// parse reads a frame by the listener's rules.
func (c *conn) parse(frame []byte) (*xml.Command, error) {
	l := c.g.cfg
	if trimmed := bytes.TrimLeft(frame, " \t\r\n"); len(trimmed) < len(frame) {
		if l.Lenient.LeadingSpace {
			frame = trimmed
		} else if bytes.HasPrefix(trimmed, []byte("<?xml")) {
			return nil, refuse(xml.CodeSyntax, "white space before the XML declaration")
		}
	}
	cmd, err := xml.ParseCommand(frame, xml.Options{Profile: l.Profile, Lenient: l.Lenient.Schema})
	if err != nil {
		c.clTRID = err.ClTRID
		return nil, err
	}
	return cmd, nil
}

// admit holds a command to the session's age and the registrar's commands per
// second (E4), and whoever is not logged in to a few frames.
func (c *conn) admit(ctx context.Context, now time.Time) error {
	if c.s.login == nil {
		return c.holdBack(ctx, c.s.strangerWait(now))
	}
	if age := c.g.cfg.Limits.Age; age > 0 && now.Sub(c.s.began) > age {
		return refuse(xml.CodeSessionLimitOver, "the session is too old; open a new one")
	}
	perSecond := c.g.cfg.Limits.CommandsPerSecond
	if c.s.login.CommandsPerSecond > 0 {
		perSecond = c.s.login.CommandsPerSecond
	}
	if perSecond == 0 {
		return nil
	}
	wait, ok := c.srv.rates.take(c.s.login.Registrar, perSecond, c.srv.live.Load(), now)
	if !ok {
		return refuse(xml.CodeSessionLimitOver, "too many commands per second")
	}
	return c.holdBack(ctx, wait)
}

// holdBack waits, unless the connection is to end.
func (c *conn) holdBack(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	// The answers before this one need not wait. A fault shows at the next.
	_ = c.flush()
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-c.drained:
		// The command is in flight: it is answered, and then it ends.
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// finish answers a command, counts it and logs it.
func (c *conn) finish(began time.Time, cmd *xml.Command, a answer, err error) xml.ResultCode {
	if a.done != nil {
		defer a.done()
	}
	resp := &xml.Response{ClTRID: c.clTRID, SvTRID: c.svTRID}
	var cause error
	if err != nil {
		r, fault := resultOf(err)
		if fault {
			cause = err
		}
		resp.Results = []xml.Result{r}
	} else {
		if a.code == 0 {
			a.code = xml.CodeOK
		}
		resp.Results = []xml.Result{{Code: a.code, Values: a.values}}
		resp.MsgQ, resp.ResData = a.msgQ, a.resData
	}
	resp.Ext = a.ext // of a refusal, too: loginSec tells why a password will not do
	c.s.hideUnannounced(resp, cmd)
	c.put(resp)
	code := resp.Results[0].Code
	c.account(began, cmd, code, cause)
	return code
}

// serveBroken answers input that is no frame, with 2500 as the stream can no
// longer be trusted (RFC 5734 section 4). It returns false if there is nothing
// to answer: the connection broke.
func (c *conn) serveBroken(err error) bool {
	began := time.Now()
	c.svTRID, c.clTRID = newSvTRID(began), ""
	var fe *frameError
	var ne net.Error
	switch {
	case errors.As(err, &fe):
		c.finish(began, nil, answer{}, fe.result())
	case errors.As(err, &ne) && ne.Timeout():
		c.finish(began, nil, answer{}, refuse(xml.CodeFailedClosing, "the frame took too long"))
	case errors.Is(err, errTruncated):
		c.finish(began, nil, answer{}, refuse(xml.CodeFailedClosing, errTruncated.Error()))
	default:
		return false
	}
	return true
}
