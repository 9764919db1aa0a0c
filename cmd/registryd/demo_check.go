package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/xml"
)

// checkTimeout limits the whole of --check.
const checkTimeout = 2 * time.Minute

// check serves, runs every kind of command against the demo over TLS, prints
// each result and stops.
func (d *demo) check(ctx context.Context, s *service) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	serving, stop := context.WithCancel(ctx)
	defer stop()
	g := errgroup.Group{}
	g.Go(func() error { return s.run(serving) })
	c := &checkRun{ctx: ctx, d: d, out: d.p.stdout, id: strings.ToLower(rand.Text()[:8])}
	c.all()
	stop()
	err := g.Wait()
	if err != nil {
		return err
	}
	if c.failed > 0 {
		fmt.Fprintf(c.out, "\n%d of %d steps went wrong.\n", c.failed, c.steps)
		return errChecks
	}
	fmt.Fprintf(c.out, "\nAll %d steps went as they should.\n", c.steps)
	return nil
}

// checkRun is one run of --check.
type checkRun struct {
	ctx           context.Context
	d             *demo
	out           io.Writer
	id            string // makes the names of this run its own
	steps, failed int
}

// checkSession is one registrar's session.
type checkSession struct {
	*checkRun
	client *eppclient.Client
	tag    string
	trid   int
}

func (c *checkRun) all() {
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		c.get(path)
	}
	c.lookups()
	c.zones()
	for _, profile := range []string{"uk", "gtld"} {
		a, b, third := c.open(profile, "DEMO-A"), c.open(profile, "DEMO-B"), c.open(profile, "DEMO-C")
		if a == nil || b == nil || third == nil {
			return // nothing else can be tried
		}
		if profile == "uk" {
			c.uk(a, b, third)
		} else {
			c.gtld(a, b)
		}
		for _, s := range []*checkSession{a, b, third} {
			s.do("logout", eppclient.Logout(s.next()), xml.CodeOKEndSession)
			s.client.Close()
		}
	}
}

// line prints one step's result.
func (c *checkRun) line(ok bool, what, result string) {
	c.steps++
	word := "ok"
	if !ok {
		c.failed++
		word = "WRONG"
	}
	fmt.Fprintf(c.out, "%-6s %-50s %s\n", word, what, result)
}

// get looks at a page of metrics and health.
func (c *checkRun) get(path string) {
	u, err := url.Parse(c.d.json.Metrics)
	if err != nil {
		c.line(false, path, err.Error())
		return
	}
	u.Path = path
	req, err := http.NewRequestWithContext(c.ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		c.line(false, path, err.Error())
		return
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.line(false, path, err.Error())
		return
	}
	resp.Body.Close()
	c.line(resp.StatusCode == http.StatusOK, "GET "+path, resp.Status)
}

// open connects and logs in as a registrar; nil says that it did not work.
func (c *checkRun) open(profile, tag string) *checkSession {
	what := "connect as " + tag + " (" + profile + ")"
	d, err := eppclient.LoadDemo(c.d.dir)
	if err != nil {
		c.line(false, what, err.Error())
		return nil
	}
	r, ok := d.Registrar(tag)
	if !ok {
		c.line(false, what, "demo.json has no such registrar")
		return nil
	}
	tls, err := eppclient.TLSConfig(d.CAFile, r.CertFile, r.KeyFile)
	if err != nil {
		c.line(false, what, err.Error())
		return nil
	}
	client, err := eppclient.Dial(c.ctx, d.EPP[profile], tls)
	if err != nil {
		c.line(false, what, err.Error())
		return nil
	}
	client.Timeout = 20 * time.Second
	s := &checkSession{checkRun: c, client: client, tag: tag}
	greeting, err := client.Hello()
	c.line(err == nil, tag+" "+profile+" hello", fmt.Sprintf("greeting of %d bytes", len(greeting)))
	s.do("check before login", eppclient.DomainCheck(s.next(), "example.shop"), xml.CodeUse)
	if s.do("login", eppclient.Login(greeting, tag, r.Password, eppclient.LoginOptions{ClTRID: s.next()}), xml.CodeOK) == nil {
		client.Close()
		return nil
	}
	return s
}

// next is a new clTRID.
func (s *checkSession) next() string {
	s.trid++
	return fmt.Sprintf("CHECK-%s-%s-%d", s.id, s.tag, s.trid)
}

// do sends a command and compares the result with what is wanted. It returns
// nil if they differ.
func (s *checkSession) do(what string, frame []byte, want ...xml.ResultCode) *xml.ParsedResponse {
	r, err := s.send(frame)
	if err != nil {
		s.line(false, s.tag+" "+what, err.Error())
		return nil
	}
	got := r.Results[0]
	result := fmt.Sprintf("%d %s", got.Code, got.Msg)
	for _, v := range got.Values {
		if v.Reason != "" {
			result += ": " + v.Reason
		}
	}
	for _, code := range want {
		if got.Code == code {
			s.line(true, s.tag+" "+what, result)
			return r
		}
	}
	s.line(false, s.tag+" "+what, fmt.Sprintf("%s (wanted %v)", result, want))
	return nil
}

func (s *checkSession) send(frame []byte) (*xml.ParsedResponse, error) {
	answer, err := s.client.Do(frame)
	if err != nil {
		return nil, err
	}
	r, err := xml.ParseResponse(answer)
	if err != nil {
		return nil, err
	}
	if len(r.Results) == 0 {
		return nil, errors.New("the answer has no result")
	}
	return r, nil
}

// drain reads and acknowledges all messages of a tag. It returns the number of
// the last handshake case that one of them asks about.
func (s *checkSession) drain(what string, atLeast int) (caseID string) {
	n := 0
	for {
		r, err := s.send(eppclient.Poll(s.next()))
		if err != nil {
			s.line(false, s.tag+" poll: "+what, err.Error())
			return caseID
		}
		if r.MsgQ == nil || r.MsgQ.ID == "" || r.Results[0].Code != xml.CodeOKAckToDequeue {
			s.line(r.Results[0].Code == xml.CodeOKNoMessages && n >= atLeast, s.tag+" poll: "+what, fmt.Sprintf("%d messages", n))
			return caseID
		}
		n++
		if id := find(r.ResData, "caseId"); id != "" {
			caseID = id
		}
		_, err = s.send(eppclient.PollAck(s.next(), r.MsgQ.ID))
		if err != nil {
			s.line(false, s.tag+" poll ack", err.Error())
			return caseID
		}
	}
}

// find returns the text of the first element with a tag, wherever it is.
func find(nodes []xml.Node, tag string) string {
	for _, n := range nodes {
		if n.Tag == tag {
			return n.Text
		}
		if text := find(n.Children, tag); text != "" {
			return text
		}
	}
	return ""
}

// expiry is the exDate of an answer, as curExpDate takes it.
func expiry(r *xml.ParsedResponse) string {
	if r == nil {
		return ""
	}
	date, _, _ := strings.Cut(find(r.ResData, "exDate"), "T")
	return date
}
