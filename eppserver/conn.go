package eppserver

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/xml"
)

const (
	// flushAt is how much of the answers to pipelined commands is held back for
	// one write.
	flushAt = 32 << 10
	// lingerTime and lingerBytes limit the reading after a refusal, so that the
	// client sees the answer before the connection is reset.
	lingerTime  = time.Second
	lingerBytes = 256 << 10
)

// buffers hold frames and answers; an idle session has none.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// conn is one connection: one goroutine that reads a frame, has it served and
// answers it, and so on.
type conn struct {
	srv *Server
	raw net.Conn // as accepted
	nc  net.Conn // raw, or TLS over it
	g   *gate
	p   *place
	s   *session
	in  frameReader
	out *bytes.Buffer // answers not written yet, nil if none

	svTRID, clTRID string // of the command in work

	cancel  context.CancelFunc
	mu      sync.Mutex
	waiting bool // no command is in work
	ending  bool // close as soon as none is
	drained chan struct{}
}

func newConn(srv *Server, nc net.Conn, g *gate, p *place) *conn {
	c := &conn{
		srv: srv, raw: nc, nc: nc, g: g, p: p, waiting: true,
		drained: make(chan struct{}),
		cancel:  func() {},
	}
	c.s = &session{srv: srv, l: g.cfg, address: p.address, began: time.Now(), drain: c.drain, ending: c.drained}
	return c
}

// drain has the connection closed: now if it waits, else after the command in
// work was answered.
func (c *conn) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending {
		return
	}
	c.ending = true
	close(c.drained)
	if c.waiting {
		_ = c.raw.SetReadDeadline(time.Now())
	}
}

// cut closes the connection at once.
func (c *conn) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel()
	_ = c.raw.Close()
}

// await marks the connection as waiting until the deadline; false if it is to
// end. The zero deadline is none.
func (c *conn) await(deadline time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending {
		return false
	}
	c.waiting = true
	_ = c.raw.SetReadDeadline(deadline)
	return true
}

// work marks the connection as busy: it is not interrupted by drain.
func (c *conn) work(deadline time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = false
	_ = c.raw.SetReadDeadline(deadline)
}

func (c *conn) isEnding() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending
}

// run serves the connection until it ends.
func (c *conn) run() {
	ctx, cancel := context.WithCancel(context.Background())
	c.mu.Lock()
	c.cancel = cancel
	c.mu.Unlock()
	defer cancel()
	gauge := c.srv.metrics.connections.WithLabelValues(c.g.cfg.Name)
	gauge.Inc()
	defer gauge.Dec()
	defer c.close()
	defer c.recover()
	if !c.handshake(ctx) {
		return
	}
	c.in = frameReader{
		r: bufio.NewReaderSize(c.nc, readerSize), max: c.g.cfg.Limits.MaxFrame, unframed: c.g.cfg.Lenient.Unframed,
	}
	c.greet()
	if c.flush() != nil {
		return
	}
	for c.next(ctx) {
	}
}

// recover answers 2500 after a panic, which is a bug of ours (RFC 5730: the
// state of the session is not to be trusted).
func (c *conn) recover() {
	v := recover()
	if v == nil {
		return
	}
	c.srv.metrics.panics.Inc()
	c.srv.log.Error("panic", "svTRID", c.svTRID, "panic", v, "stack", string(debug.Stack()))
	c.put(&xml.Response{
		Results: []xml.Result{{Code: xml.CodeFailedClosing}}, ClTRID: c.clTRID, SvTRID: c.svTRID,
	})
	if c.flush() == nil {
		c.linger()
	}
}

// close ends the session and the connection.
func (c *conn) close() {
	c.s.end()
	if c.out != nil {
		c.release(c.out)
	}
	_ = c.nc.Close()
	_ = c.raw.Close() // in case the handshake never was
}

// next waits for a frame, serves it and answers; false ends the connection.
func (c *conn) next(ctx context.Context) bool {
	if c.in.ready() {
		if c.isEnding() {
			return false
		}
	} else if !c.await(c.idleUntil()) {
		return false
	}
	err := c.in.wait()
	if err != nil {
		return false // hung up, idle for too long, or told to end
	}
	c.work(until(c.g.cfg.Limits.Frame))
	buf := buffers.Get().(*bytes.Buffer)
	frame, err := c.in.read(buf.AvailableBuffer())
	code := xml.CodeFailedClosing
	if err == nil {
		code = c.serve(ctx, frame)
	} else if !c.serveBroken(err) {
		return false
	}
	keepFrame(buf, frame)
	if !code.Closes() && !c.isEnding() && c.in.ready() && c.out.Len() < flushAt {
		return true
	}
	if c.flush() != nil {
		return false
	}
	if code.Closes() {
		c.linger()
		return false
	}
	return true
}

// keepFrame gives a frame's buffer back, unless it grew large.
func keepFrame(buf *bytes.Buffer, frame []byte) {
	if cap(frame) > pooledFrame {
		return
	}
	*buf = *bytes.NewBuffer(frame[:0])
	buffers.Put(buf)
}

// idleUntil is when a session that sends nothing is closed (E4).
func (c *conn) idleUntil() time.Time {
	t := until(c.g.cfg.Limits.Idle)
	if age := c.g.cfg.Limits.Age; age > 0 {
		if end := c.s.began.Add(age); t.IsZero() || end.Before(t) {
			return end
		}
	}
	return t
}

// until is a deadline after d, none for zero.
func until(d time.Duration) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return time.Now().Add(d)
}

// put adds an answer to those to be written.
func (c *conn) put(r interface{ Encode(*bytes.Buffer) }) {
	if c.out == nil {
		c.out = buffers.Get().(*bytes.Buffer)
	}
	start := c.out.Len()
	putHeader(c.out)
	r.Encode(c.out)
	frame := c.out.Bytes()[start:]
	setHeader(frame)
	c.srv.metrics.sent(len(frame))
	if c.srv.cfg.DebugXML {
		c.srv.logXML("out", c.s.address, frame[headerLen:])
	}
}

// flush writes the answers with one write.
func (c *conn) flush() error {
	if c.out == nil {
		return nil
	}
	_ = c.raw.SetWriteDeadline(until(c.g.cfg.Limits.Write))
	_, err := c.nc.Write(c.out.Bytes())
	c.release(c.out)
	return err
}

func (c *conn) release(b *bytes.Buffer) {
	c.out = nil
	if b.Cap() <= pooledFrame {
		b.Reset()
		buffers.Put(b)
	}
}

// linger lets the client read the last answer: closing with input unread would
// reset the connection under it.
func (c *conn) linger() {
	half, ok := c.nc.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	c.work(time.Now().Add(lingerTime))
	_, _ = io.CopyN(io.Discard, c.nc, lingerBytes)
}

// handshake does TLS, if the listener has it, and notes the client's certificate.
func (c *conn) handshake(ctx context.Context) bool {
	cfg := c.g.cfg
	if cfg.TLS == nil {
		return isLoopback(c.raw.RemoteAddr())
	}
	deadline := until(cfg.Limits.Handshake)
	if !c.await(deadline) {
		return false
	}
	_ = c.raw.SetWriteDeadline(deadline)
	// A place is taken when the client has begun to speak, so that one who says
	// nothing holds none.
	first := &firstByte{Conn: c.raw}
	if first.peek() != nil || !c.shake(ctx, deadline) {
		c.handshakeFailed("silent", nil)
		return false
	}
	tc := tls.Server(first, cfg.TLS)
	err := tc.HandshakeContext(ctx)
	c.g.shaken(c.p)
	if err != nil {
		c.handshakeFailed(handshakeFault(err), err)
		return false
	}
	c.nc = tc
	if peer := tc.ConnectionState().PeerCertificates; len(peer) > 0 {
		c.s.fingerprint = certs.Fingerprint(peer[0])
	}
	return true
}

// shake waits for a place among the handshakes in progress.
func (c *conn) shake(ctx context.Context, deadline time.Time) bool {
	var late <-chan time.Time
	if !deadline.IsZero() {
		t := time.NewTimer(time.Until(deadline))
		defer t.Stop()
		late = t.C
	}
	taken := 0
	for _, places := range []chan struct{}{c.p.handshakes, c.g.handshakes} {
		select {
		case places <- struct{}{}:
			taken++
			continue
		case <-late:
		case <-c.drained:
		case <-ctx.Done():
		}
		break
	}
	if taken == 1 {
		<-c.p.handshakes
	}
	return taken == 2
}

func (c *conn) handshakeFailed(reason string, err error) {
	c.srv.metrics.handshakeFailures.WithLabelValues(c.g.cfg.Name, reason).Inc()
	if err != nil {
		c.srv.log.Info("handshake failed", "listener", c.g.cfg.Name, "address", c.s.address, "reason", reason, "error", err)
	}
}

// handshakeFault sorts a failed handshake for the metrics.
func handshakeFault(err error) string {
	var ne net.Error
	switch {
	case errors.Is(err, certs.ErrNoClientCert):
		return "no certificate"
	case errors.Is(err, certs.ErrExpired):
		return "certificate expired"
	case errors.Is(err, certs.ErrRevoked):
		return "certificate revoked"
	case errors.Is(err, certs.ErrUntrusted):
		return "certificate untrusted"
	case errors.Is(err, certs.ErrWeakKey):
		return "weak key"
	case errors.Is(err, io.EOF):
		return "hung up"
	case errors.As(err, &ne) && ne.Timeout():
		return "time-out"
	}
	return "protocol"
}

// firstByte is a connection whose first byte was read ahead.
type firstByte struct {
	net.Conn
	b    [1]byte
	have bool
}

func (f *firstByte) peek() error {
	_, err := io.ReadFull(f.Conn, f.b[:])
	f.have = err == nil
	return err
}

// Read gives the byte read ahead first.
func (f *firstByte) Read(p []byte) (int, error) {
	if f.have && len(p) > 0 {
		f.have = false
		return copy(p, f.b[:]), nil
	}
	return f.Conn.Read(p)
}
