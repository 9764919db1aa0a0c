package eppserver_test

import (
	"strings"
	"testing"

	"github.com/namekeep/namekeep/eppserver"
	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

// A bug ends its own connection, with an answer; the others go on.
func TestPanic(t *testing.T) {
	h := epptest.New(t)
	c, other := h.Login("DEMO-A"), h.Login("DEMO-B")
	restore := eppserver.PanicOnPoll()
	r := c.Want(eppclient.Poll("the-poll"), xml.CodeFailedClosing)
	restore()
	if r.ClTRID != "the-poll" || epptest.Reason(r) != "" {
		t.Errorf("answer %+v", r)
	}
	c.WantClosed()
	other.Want(eppclient.Logout(""), xml.CodeOKEndSession)
	if !strings.Contains(h.Log(), "a bug") || !strings.Contains(h.Log(), r.SvTRID) {
		t.Error("the bug is not in the log")
	}
	h.Eventually("the rows are gone", func() bool { return h.Count(`SELECT count(*) FROM epp_session`) == 0 })
}
