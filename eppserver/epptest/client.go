package epptest

import (
	"context"
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/xml"
)

// Client is a client whose failures are the test's.
type Client struct {
	*eppclient.Client
	T   testing.TB
	TAG string
}

// Dial connects to an address, with TLS settings or in plain text if they are
// nil, and reads the greeting.
func (h *Harness) Dial(addr string, config *tls.Config) *Client {
	h.T.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	ec, err := eppclient.Dial(ctx, addr, config)
	if err != nil {
		h.T.Fatal(err)
	}
	ec.Timeout = 15 * time.Second
	h.T.Cleanup(func() { _ = ec.Close() })
	collected.Add(ec.Greeting())
	return &Client{Client: ec, T: h.T}
}

// Connect connects to the uk listener with a registrar's certificate, and does
// not log in.
func (h *Harness) Connect(tag string) *Client {
	h.T.Helper()
	return h.Dial(h.UK, h.ClientTLS(tag))
}

// ConnectGTLD is Connect for the gtld listener.
func (h *Harness) ConnectGTLD(tag string) *Client {
	h.T.Helper()
	return h.Dial(h.GTLD, h.ClientTLS(tag))
}

// Login returns a client that is logged in to the uk listener.
func (h *Harness) Login(tag string) *Client {
	h.T.Helper()
	return h.Connect(tag).LogIn(tag)
}

// LoginGTLD returns a client that is logged in to the gtld listener.
func (h *Harness) LoginGTLD(tag string) *Client {
	h.T.Helper()
	return h.ConnectGTLD(tag).LogIn(tag)
}

// LogIn logs in with Password and all services of the greeting.
func (c *Client) LogIn(tag string) *Client {
	c.T.Helper()
	c.Want(eppclient.Login(c.Greeting(), tag, Password, eppclient.LoginOptions{}), xml.CodeOK)
	c.TAG = tag
	return c
}

// Send sends a command and returns the answer.
func (c *Client) Send(frame []byte) *xml.ParsedResponse {
	c.T.Helper()
	err := c.WriteFrame(frame)
	if err != nil {
		c.T.Fatal(err)
	}
	return c.Read()
}

// Read reads an answer.
func (c *Client) Read() *xml.ParsedResponse {
	c.T.Helper()
	answer, err := c.ReadFrame()
	if err != nil {
		c.T.Fatal(err)
	}
	collected.Add(answer)
	r, err := xml.ParseResponse(answer)
	if err != nil {
		c.T.Fatalf("%v\n%s", err, answer)
	}
	return r
}

// Want sends a command whose answer must have the code.
func (c *Client) Want(frame []byte, code xml.ResultCode) *xml.ParsedResponse {
	c.T.Helper()
	r := c.Send(frame)
	if Code(r) != code {
		c.T.Fatalf("answer %d, want %d: %s\nto %.600s", Code(r), code, Reason(r), frame)
	}
	return r
}

// WantClosed checks that the server has closed the connection, or does so now.
func (c *Client) WantClosed() {
	c.T.Helper()
	frame, err := c.ReadFrame()
	if err == nil {
		c.T.Fatalf("the connection is open: %s", frame)
	}
	if strings.Contains(err.Error(), "timeout") {
		c.T.Fatalf("the connection is open: %v", err)
	}
}

// Code is the result code of an answer, 0 of a greeting.
func Code(r *xml.ParsedResponse) xml.ResultCode {
	if len(r.Results) == 0 {
		return 0
	}
	return r.Results[0].Code
}

// Reason is all that an answer says about why.
func Reason(r *xml.ParsedResponse) string {
	var all []string
	for _, res := range r.Results {
		for _, v := range res.Values {
			all = append(all, v.Reason)
		}
	}
	return strings.Join(all, "; ")
}

// Collect has an answer, read by other means than Read, checked against the
// schemas at the end of the run.
func (c *Client) Collect(answer []byte) { collected.Add(answer) }
