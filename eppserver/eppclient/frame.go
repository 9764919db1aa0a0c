package eppclient

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// headerLength is the size of the length field before each frame; the length
// counts it too (RFC 5734 section 4).
const headerLength = 4

// DefaultMaxFrame is the longest frame read by default, header included, in
// bytes. Answers may be longer than commands: a list holds a tag's names.
const DefaultMaxFrame = 16 << 20

// ErrFrameLength says that the length field of a frame is below 5 or above
// the limit. The stream cannot be read further.
var ErrFrameLength = errors.New("eppclient: impossible frame length")

// ReadFrame reads one frame and returns its XML. limit is the longest frame
// taken, header included, in bytes; nothing is allocated for a longer one. At
// the end of the stream the error is io.EOF, inside a frame
// io.ErrUnexpectedEOF.
func ReadFrame(r io.Reader, limit int) ([]byte, error) {
	var header [headerLength]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	length := int64(binary.BigEndian.Uint32(header[:]))
	if length <= headerLength || length > int64(limit) {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrFrameLength, length, limit)
	}
	frame := make([]byte, length-headerLength)
	if _, err := io.ReadFull(r, frame); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return frame, nil
}

// WriteFrame writes the XML as one frame, in a single Write, so that header
// and text travel in one packet.
func WriteFrame(w io.Writer, frame []byte) error {
	total := len(frame) + headerLength
	if len(frame) == 0 || int64(total) > int64(^uint32(0)) {
		return fmt.Errorf("%w: %d bytes", ErrFrameLength, total)
	}
	buf := make([]byte, headerLength, total)
	binary.BigEndian.PutUint32(buf, uint32(total))
	_, err := w.Write(append(buf, frame...))
	return err
}
