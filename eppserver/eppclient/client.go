package eppclient

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
)

// DefaultTimeout bounds the connection, and each write and read after it.
const DefaultTimeout = 60 * time.Second

// readBuffer takes most answers in one read of the connection.
const readBuffer = 16 << 10

// Client is one EPP session. One goroutine may write while another reads, to
// pipeline commands; otherwise it is not for concurrent use.
type Client struct {
	// Timeout bounds each ReadFrame and WriteFrame, and both of a Do
	// separately. Zero or less means no bound.
	Timeout time.Duration
	// MaxFrame is the longest frame read, header included, in bytes.
	MaxFrame int

	conn     net.Conn
	r        *bufio.Reader
	greeting []byte
}

// Dial connects to addr (host:port), over TLS with the given settings or in
// plain text if config is nil, and reads the greeting. The context bounds all
// of it, or DefaultTimeout if it has no deadline. If config names no server
// the host of addr is the name to verify.
func Dial(ctx context.Context, addr string, config *tls.Config) (*Client, error) {
	if _, ok := ctx.Deadline(); !ok {
		limited, cancel := context.WithTimeout(ctx, DefaultTimeout)
		defer cancel()
		ctx = limited
	}
	var dialer interface {
		DialContext(ctx context.Context, network, addr string) (net.Conn, error)
	} = &net.Dialer{}
	if config != nil {
		dialer = &tls.Dialer{Config: config}
	}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("eppclient: connect to %s: %w", addr, err)
	}
	c, err := New(ctx, conn)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("eppclient: %s: %w", addr, err), conn.Close())
	}
	return c, nil
}

// New begins a session on a connection that is open already and reads the
// greeting, bounded by the context's deadline and end. After an error the
// connection is the caller's to close.
func New(ctx context.Context, conn net.Conn) (*Client, error) {
	c := &Client{Timeout: DefaultTimeout, MaxFrame: DefaultMaxFrame, conn: conn, r: bufio.NewReaderSize(conn, readBuffer)}
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	greeting, err := ReadFrame(c.r, c.MaxFrame)
	if !stop() && ctx.Err() != nil && err != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("read greeting: %w", err)
	}
	c.greeting = greeting
	return c, conn.SetDeadline(time.Time{})
}

// Greeting returns the frame the server sent on connection, or its last
// answer to Hello.
func (c *Client) Greeting() []byte { return c.greeting }

// Conn returns the connection, for its addresses and TLS state.
func (c *Client) Conn() net.Conn { return c.conn }

// ReadFrame reads the next answer.
func (c *Client) ReadFrame() ([]byte, error) {
	if err := c.conn.SetReadDeadline(c.deadline()); err != nil {
		return nil, fmt.Errorf("eppclient: read: %w", err)
	}
	frame, err := ReadFrame(c.r, c.MaxFrame)
	if err != nil {
		return nil, fmt.Errorf("eppclient: read: %w", err)
	}
	return frame, nil
}

// WriteFrame sends a command without waiting for its answer.
func (c *Client) WriteFrame(frame []byte) error {
	if err := c.conn.SetWriteDeadline(c.deadline()); err != nil {
		return fmt.Errorf("eppclient: write: %w", err)
	}
	if err := WriteFrame(c.conn, frame); err != nil {
		return fmt.Errorf("eppclient: write: %w", err)
	}
	return nil
}

// WriteRaw sends bytes as they are, without a header: for listeners that take
// such input, and to test that others refuse it.
func (c *Client) WriteRaw(data []byte) error {
	if err := c.conn.SetWriteDeadline(c.deadline()); err != nil {
		return fmt.Errorf("eppclient: write: %w", err)
	}
	if _, err := c.conn.Write(data); err != nil {
		return fmt.Errorf("eppclient: write: %w", err)
	}
	return nil
}

// Do sends a command and returns the next answer.
func (c *Client) Do(frame []byte) ([]byte, error) {
	if err := c.WriteFrame(frame); err != nil {
		return nil, err
	}
	return c.ReadFrame()
}

// Hello asks for a new greeting and returns it.
func (c *Client) Hello() ([]byte, error) {
	greeting, err := c.Do(Hello())
	if err == nil {
		c.greeting = greeting
	}
	return greeting, err
}

// Close closes the connection without a logout.
func (c *Client) Close() error { return c.conn.Close() }

// deadline is the end of an exchange begun now.
func (c *Client) deadline() time.Time {
	if c.Timeout <= 0 {
		return time.Time{}
	}
	return time.Now().Add(c.Timeout)
}
