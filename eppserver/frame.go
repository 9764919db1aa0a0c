package eppserver

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/namekeep/namekeep/xml"
)

const (
	headerLen = 4
	// readerSize is the one buffer a session keeps while it is idle.
	readerSize = 4 << 10
	// pooledFrame is the largest frame buffer that is kept for others.
	pooledFrame = 64 << 10
)

// frameError is input after which the stream cannot be trusted: it is answered
// once and the connection closed.
type frameError struct{ reason string }

func (e *frameError) Error() string { return e.reason }

// result is what the client is told.
func (e *frameError) result() *xml.Error { return refuse(xml.CodeFailedClosing, e.reason) }

// errTruncated is the end of the input, or of its time, within a frame.
var errTruncated = errors.New("the frame is incomplete")

// frameReader cuts the input into frames (RFC 5734 section 4).
type frameReader struct {
	r        *bufio.Reader
	max      int  // bytes of a frame with its header
	unframed bool // E2: input without a header, too
}

// wait returns when the first byte of a frame has come. Between frames without
// a header white space is dropped.
func (f *frameReader) wait() error {
	for {
		b, err := f.r.Peek(1)
		if err != nil {
			return err
		}
		if !f.unframed || !isSpace(b[0]) {
			return nil
		}
		_, _ = f.r.Discard(1) // cannot fail: the byte is there
	}
}

// read appends the next frame, without its header, to buf. Memory grows with
// what arrives, not with what the header claims.
func (f *frameReader) read(buf []byte) ([]byte, error) {
	b, err := f.r.Peek(1)
	if err != nil {
		return buf, err
	}
	if f.unframed && b[0] == '<' {
		return f.readUnframed(buf)
	}
	head, err := f.r.Peek(headerLen)
	if err != nil {
		return buf, truncated(err)
	}
	n := int64(binary.BigEndian.Uint32(head))
	if n < headerLen || n > int64(f.max) {
		return buf, &frameError{fmt.Sprintf("a frame of %d bytes cannot be: %d to %d", n, headerLen, f.max)}
	}
	_, _ = f.r.Discard(headerLen) // cannot fail: they were peeked at
	for left := int(n) - headerLen; left > 0; {
		chunk := min(left, max(cap(buf)-len(buf), readerSize))
		start := len(buf)
		buf = append(buf, make([]byte, chunk)...)
		_, err = io.ReadFull(f.r, buf[start:])
		if err != nil {
			return buf, truncated(err)
		}
		left -= chunk
	}
	return buf, nil
}

func (f *frameReader) readUnframed(buf []byte) ([]byte, error) {
	var scan rootScanner
	for len(buf) <= f.max-headerLen {
		b, err := f.r.ReadByte()
		if err != nil {
			return buf, truncated(err)
		}
		buf = append(buf, b)
		if scan.feed(b) {
			return buf, nil
		}
	}
	return buf, &frameError{fmt.Sprintf("no end within %d bytes", f.max)}
}

// ready tells whether a whole frame has been read already, so that answering
// it does not have to wait for the client.
func (f *frameReader) ready() bool {
	b, _ := f.r.Peek(f.r.Buffered())
	for f.unframed && len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	if len(b) == 0 {
		return false
	}
	if f.unframed && b[0] == '<' {
		var scan rootScanner
		for _, c := range b {
			if scan.feed(c) {
				return true
			}
		}
		return false
	}
	return len(b) >= headerLen && int64(binary.BigEndian.Uint32(b)) <= int64(len(b))
}

// truncated marks an end within a frame; a time-out stays one.
func truncated(err error) error { return fmt.Errorf("%w: %w", errTruncated, err) }

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

// putHeader makes room for a header in front of an answer; setHeader fills it.
func putHeader(b interface{ Write([]byte) (int, error) }) { _, _ = b.Write(make([]byte, headerLen)) }

func setHeader(frame []byte) {
	// An answer is far from 4 GiB.
	binary.BigEndian.PutUint32(frame, uint32(len(frame)))
}
