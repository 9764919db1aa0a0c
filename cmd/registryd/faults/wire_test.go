//go:build faults

package faults

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/xml"
)

// framed is a command with its length header.
func framed(frame []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(frame)+4)), frame...)
}

// hangUp ends a connection: in good order, or with a reset that throws away
// what is on its way.
func hangUp(c *eppclient.Client, reset bool) {
	if tcp, ok := c.Conn().(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// A connection is cut after each byte of a command, and after each of some
// bytes of its answer. A part of a command does nothing; a whole one is done or
// not done.
func TestConnectionCutAtEveryByte(t *testing.T) {
	w := newWorld(t, nil)
	n := w.addServer()
	w.newContacts(n.epp)
	start := time.Now()
	l := &load{w: w}
	frame := func(id string) (string, []byte) {
		name := fmt.Sprintf("n%d-cut-%s.%s", serial, id, zone)
		return name, framed(eppclient.DomainCreate("F-CUT-"+id, eppclient.DomainCreateOptions{
			Name: name, Years: 1, Registrant: contactOf(0), AuthInfo: "secret-secret-secret"}))
	}
	_, whole := frame("0000-0")
	const all = -1
	step1 := 1
	if testing.Short() {
		step1 = 9
	}
	cut := func(id string, bytes, answer int, reset bool) {
		name, data := frame(id)
		c, err := dial(t.Context(), n.epp, tags[0])
		must(t, err)
		if bytes == all {
			bytes = len(data)
		}
		must(t, c.WriteRaw(data[:bytes]))
		s := step{clTRID: "F-CUT-" + id, action: "create", name: name, end: refused}
		if bytes >= len(data) {
			s.end = unknown
		}
		if answer > 0 {
			// The first byte of an answer says that the command is done.
			_, err = io.ReadFull(c.Conn(), make([]byte, answer))
			must(t, err)
			s.end = done
		}
		hangUp(c, reset)
		w.figures.Faults["connections cut"]++
		l.steps = append(l.steps, s)
	}
	for k := 0; k < len(whole); k += step1 {
		for i, reset := range []bool{false, true} {
			cut(fmt.Sprintf("%04d-%d", k, i), k, 0, reset)
		}
	}
	for i := range 20 { // whole, and no answer awaited
		cut(fmt.Sprintf("w%d", i), all, 0, i%2 == 1)
	}
	for k := 1; k < 200; k += 2 * step1 {
		cut(fmt.Sprintf("a%d", k), all, k, k%4 == 1)
	}
	// A command that was read whole ends by itself: wait for the last ones.
	c, err := dial(t.Context(), n.epp, tags[0])
	must(t, err)
	name, data := frame("9999-9")
	must(t, c.WriteRaw(data))
	answer, err := c.ReadFrame()
	must(t, err)
	r, err := xml.ParseResponse(answer)
	must(t, err)
	if r.Results[0].Code != xml.CodeOK {
		t.Fatalf("the server answers %d after the cuts", r.Results[0].Code)
	}
	l.steps = append(l.steps, step{clTRID: "F-CUT-9999-9", action: "create", name: name, end: done})
	time.Sleep(300 * time.Millisecond)
	l.check()
	w.figures.Seconds = time.Since(start).Seconds()
	w.sound()
	w.report()
}

// metric reads one number of a server.
func (n *node) metric(name string) float64 {
	n.w.t.Helper()
	r, err := http.Get("http://" + n.metrics + "/metrics")
	must(n.w.t, err)
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	must(n.w.t, err)
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindSubmatch(text)
	if found == nil {
		n.w.t.Fatalf("the server has no metric %s", name)
	}
	v, err := strconv.ParseFloat(string(found[1]), 64)
	must(n.w.t, err)
	return v
}

// Clients that begin a frame and do not end it, send a byte now and then, ask
// much and read nothing, or vanish: the others are served, the server ends
// those, and nothing of them stays.
func TestSlowClients(t *testing.T) {
	w := newWorld(t, nil)
	n := w.addServer()
	w.newContacts(n.epp)
	pause(time.Second)
	before := n.metric("go_goroutines")
	start := time.Now()
	l := w.startLoad(4, func() []string { return []string{n.epp} })
	var clients sync.WaitGroup
	bad := func(kind string, count int, act func(c *eppclient.Client)) {
		for range count {
			c, err := dial(t.Context(), n.epp, tags[0])
			must(t, err)
			w.figures.Faults[kind]++
			clients.Go(func() {
				act(c)
				_ = c.Close()
			})
		}
	}
	closed := func(c *eppclient.Client, within time.Duration) {
		_ = c.Conn().SetReadDeadline(time.Now().Add(within))
		_, err := io.Copy(io.Discard, c.Conn())
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			t.Error("the server keeps a connection that stalls in a frame")
		}
	}
	bad("half-open clients", 100, func(c *eppclient.Client) {
		_ = c.WriteRaw([]byte{0, 0, 1})
		closed(c, 20*time.Second)
	})
	bad("clients that send a byte a second", 30, func(c *eppclient.Client) {
		_ = c.WriteRaw([]byte{0, 0, 2, 0})
		for range 15 {
			if c.WriteRaw([]byte{' '}) != nil {
				return
			}
			time.Sleep(time.Second)
		}
		closed(c, time.Second)
	})
	bad("clients that never read", 20, func(c *eppclient.Client) {
		frame := framed(eppclient.Hello())
		_ = c.Conn().SetWriteDeadline(time.Now().Add(20 * time.Second))
		for range 200_000 {
			if _, err := c.Conn().Write(frame); err != nil {
				return // the server gave up on us, as it should
			}
		}
		t.Error("the server answers a client without end that does not read")
	})
	clients.Wait()
	l.flowing(t, 10*time.Second)
	l.end()
	w.figures.Seconds = time.Since(start).Seconds()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		now := n.metric("go_goroutines")
		if now <= before+10 {
			break
		}
		if time.Now().After(end) {
			t.Errorf("%v goroutines, %v before", now, before)
			break
		}
	}
	w.sound()
	w.report()
}
